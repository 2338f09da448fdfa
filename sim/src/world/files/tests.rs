//! Trees seen through views.

use wavetank_core::time::SimTime;

use super::{Disks, Errno, View};

const NOW: SimTime = SimTime::ZERO;

#[test]
fn two_views_share_a_volume() {
    let mut disks = Disks::default();
    let volume = disks.add(None);
    let (one, two) = (disks.add(None), disks.add(None));
    let (mut writer, mut reader) = (View::new(one), View::new(two));
    writer
        .mount(&mut disks, "/out", volume, None, false)
        .unwrap();
    reader
        .mount(&mut disks, "/in/deep", volume, None, true)
        .unwrap();
    let place = writer.create(&mut disks, "/out/file", NOW).unwrap();
    disks
        .tree_mut(place.tree)
        .write_at(place.node, 0, b"text", NOW)
        .unwrap();
    assert_eq!(reader.read(&disks, "/in/deep/file").unwrap(), b"text");
    assert_eq!(
        reader.create(&mut disks, "/in/deep/new", NOW),
        Err(Errno::ReadOnly)
    );
    assert_eq!(
        reader.remove(&mut disks, "/in/deep/file", NOW),
        Err(Errno::ReadOnly)
    );
    assert_eq!(writer.remove(&mut disks, "/out", NOW), Err(Errno::Busy));
    assert_eq!(disks.usage(volume), 4);
}

#[test]
fn a_part_of_a_volume_is_mounted() {
    let mut disks = Disks::default();
    let (root, volume) = (disks.add(None), disks.add(None));
    disks
        .write(volume, "/conf/app.yaml", b"a: 1", 0o644, NOW)
        .unwrap();
    let mut view = View::new(root);
    view.mount(
        &mut disks,
        "/etc/app.yaml",
        volume,
        Some("conf/app.yaml"),
        true,
    )
    .unwrap();
    assert_eq!(view.read(&disks, "/etc/app.yaml").unwrap(), b"a: 1");
    assert_eq!(view.list(&disks, "/etc").unwrap(), ["app.yaml"]);
}

#[test]
fn links_and_limits() {
    let mut disks = Disks::default();
    let root = disks.add(Some(10));
    let view = View::new(root);
    disks
        .write(root, "/data/v1/key", b"one", 0o644, NOW)
        .unwrap();
    view.make_link(&mut disks, "/data/current", "v1", NOW)
        .unwrap();
    view.make_link(&mut disks, "/loop", "loop", NOW).unwrap();
    assert_eq!(view.read(&disks, "/data/current/key").unwrap(), b"one");
    assert_eq!(
        view.real_path(&disks, "/data/current/../v1/./key").unwrap(),
        "/data/v1/key"
    );
    assert_eq!(view.find(&disks, "/loop"), Err(Errno::TooManyLinks));
    let error = disks.write(root, "/big", b"01234567", 0o644, NOW);
    assert_eq!(error, Err(Errno::NoSpace));
    view.remove(&mut disks, "/data/v1/key", NOW).unwrap();
    disks.write(root, "/big", b"01234567", 0o644, NOW).unwrap();
    assert_eq!(view.remove(&mut disks, "/data", NOW), Err(Errno::NotEmpty));
}
