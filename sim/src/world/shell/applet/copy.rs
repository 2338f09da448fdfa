//! `cp`, `mv`, `ln`, `install`, `dd`.

use super::basic::failed;
use super::{Done, flags, size};
use crate::world::files::{Errno, Kind};
use crate::world::shell::machine::Ctx;

/// How many files one `cp` copies.
const FILES: usize = 10_000;

pub(super) fn run(words: &[String], ctx: &mut Ctx<'_>) -> Option<Done> {
    Some(match words[0].as_str() {
        "cp" | "install" | "mv" | "ln" | "link" => transfer(words, ctx),
        "dd" => dd(&words[1..], ctx),
        _ => return None,
    })
}

/// Sources and a target that may be a directory.
fn transfer(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, mut operands) = flags(words, if words[0] == "install" { "mogt" } else { "t" });
    let name = &words[0];
    if name == "install" && flags.contains_key(&'d') {
        let mut inner = vec!["mkdir".to_owned(), "-p".to_owned()];
        inner.extend(operands);
        return super::files::run(&inner, ctx).unwrap_or_default();
    }
    if let Some(target) = flags.get(&'t') {
        operands.push(target.clone());
    }
    if operands.len() == 1 && name == "ln" {
        operands.push(".".to_owned());
    }
    let Some((target, sources)) = operands.split_last().filter(|(_, it)| !it.is_empty()) else {
        return failed(&format!("{name}: missing operand"), 1);
    };
    let target_path = ctx.path(target);
    let is_directory = is_directory(&target_path, ctx) && !flags.contains_key(&'T');
    if sources.len() > 1 && !is_directory {
        return failed(&format!("{name}: target '{target}': Not a directory"), 1);
    }
    let mut done = Done::default();
    for source in sources {
        let mut to = target_path.clone();
        let mut shown = target.clone();
        if is_directory {
            let base = source
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            to = format!("{to}/{base}");
            shown = format!("{}/{base}", shown.trim_end_matches('/'));
        }
        let has = |letter: char| flags.contains_key(&letter);
        let recursive = has('r') || has('R') || has('a');
        let result = match name.as_str() {
            "cp" | "install" => copy(source, &to, recursive, has('n'), ctx),
            "mv" => rename(source, &to, has('n'), ctx),
            _ => make_link(source, &to, has('s'), has('f'), ctx),
        };
        if let Err((is_source, error)) = result {
            let text = match (name.as_str(), is_source) {
                ("cp" | "install", true) if error == Errno::IsDirectory => {
                    format!("cp: omitting directory '{source}'")
                }
                ("cp" | "install", true) => format!("cp: can't stat '{source}': {}", error.text()),
                ("cp" | "install", false) => {
                    format!("cp: can't create '{shown}': {}", error.text())
                }
                ("mv", _) => format!("mv: can't rename '{source}': {}", error.text()),
                _ => format!("ln: {shown}: {}", error.text()),
            };
            done.err.extend(format!("{text}\n").into_bytes());
            done.code = 1;
        }
    }
    done
}

/// An error, and whether it lies with the source.
type Outcome = Result<(), (bool, Errno)>;

fn is_directory(path: &str, ctx: &Ctx<'_>) -> bool {
    let place = ctx.machine.view.find(ctx.disks, path);
    place.is_ok_and(|place| ctx.disks.tree(place.tree).node(place.node).is_directory())
}

fn copy(source: &str, to: &str, recursive: bool, keeps: bool, ctx: &mut Ctx<'_>) -> Outcome {
    let from = ctx.path(source);
    let mut todo = vec![(from, to.to_owned())];
    let now = ctx.machine.clock;
    let mut count = 0;
    while let Some((from, to)) = todo.pop() {
        count += 1;
        if count > FILES {
            return Err((false, Errno::NoSpace));
        }
        let view = &ctx.machine.view;
        let place = if recursive {
            view.find_link(ctx.disks, &from)
        } else {
            view.find(ctx.disks, &from)
        };
        let place = place.map_err(|error| (true, error))?;
        let node = ctx.disks.tree(place.tree).node(place.node).clone();
        match node.kind {
            Kind::Directory(_) if !recursive => return Err((true, Errno::IsDirectory)),
            Kind::Directory(names) => {
                if to.starts_with(&format!("{}/", from.trim_end_matches('/'))) {
                    return Err((false, Errno::Invalid));
                }
                match view.make_directory(ctx.disks, &to, now) {
                    Ok(()) | Err(Errno::Exists) => (),
                    Err(error) => return Err((false, error)),
                }
                todo.extend(
                    names
                        .keys()
                        .map(|name| (format!("{from}/{name}"), format!("{to}/{name}"))),
                );
            }
            Kind::Link(target) => {
                view.make_link(ctx.disks, &to, &target, now)
                    .map_err(|error| (false, error))?;
            }
            Kind::File(bytes, size) => {
                if keeps && view.find(ctx.disks, &to).is_ok() {
                    continue;
                }
                let created = view
                    .create(ctx.disks, &to, now)
                    .map_err(|error| (false, error))?;
                if created == place {
                    return Err((false, Errno::Exists));
                }
                let tree = ctx.disks.tree_mut(created.tree);
                tree.node_mut(created.node).mode = node.mode;
                let written = tree
                    .truncate(created.node, 0, now)
                    .and_then(|()| tree.write_at(created.node, 0, &bytes, now))
                    .and_then(|()| tree.truncate(created.node, size, now));
                written.map_err(|error| (false, error))?;
            }
            Kind::Device(_) => {
                view.create(ctx.disks, &to, now)
                    .map_err(|error| (false, error))?;
            }
        }
    }
    Ok(())
}

fn rename(source: &str, to: &str, keeps: bool, ctx: &mut Ctx<'_>) -> Outcome {
    let from = ctx.path(source);
    let now = ctx.machine.clock;
    if keeps && ctx.machine.view.find(ctx.disks, to).is_ok() {
        return Ok(());
    }
    match ctx.machine.view.rename(ctx.disks, &from, to, now) {
        Ok(()) => Ok(()),
        // Between file systems it is a copy, and the source is removed.
        Err(Errno::OtherDevice) => {
            copy(source, to, true, false, ctx)?;
            let removed = super::remove_all(&ctx.machine.view, ctx.disks, &from, now);
            removed.map_err(|error| (true, error))
        }
        Err(error) => Err((true, error)),
    }
}

fn make_link(source: &str, to: &str, symbolic: bool, forced: bool, ctx: &mut Ctx<'_>) -> Outcome {
    let now = ctx.machine.clock;
    if forced && ctx.machine.view.find_link(ctx.disks, to).is_ok() {
        let removed = ctx.machine.view.remove(ctx.disks, to, now);
        removed.map_err(|error| (false, error))?;
    }
    let result = if symbolic {
        ctx.machine.view.make_link(ctx.disks, to, source, now)
    } else {
        let from = ctx.path(source);
        ctx.machine.view.link(ctx.disks, &from, to)
    };
    result.map_err(|error| (false, error))
}

/// `dd if= of= bs= count= seek=`: zeros are counted, other bytes are copied.
fn dd(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let get = |name: &str| {
        words
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let number = |name: &str, default: u64| match get(name) {
        None => Ok(default),
        Some(text) => size(&text).ok_or_else(|| failed(&format!("dd: invalid number '{text}'"), 1)),
    };
    let (block, count) = match (number("bs", 512), number("count", u64::MAX)) {
        (Ok(block), Ok(count)) => (block, count),
        (Err(done), _) | (_, Err(done)) => return done,
    };
    let (Some(input), Some(output)) = (get("if"), get("of")) else {
        return failed("dd: only with if= and of=", 1);
    };
    let from = ctx.path(&input);
    let to = ctx.path(&output);
    let now = ctx.machine.clock;
    let source = match ctx.machine.view.find(ctx.disks, &from) {
        Ok(place) => ctx.disks.tree(place.tree).node(place.node).clone(),
        Err(error) => return failed(&format!("dd: can't open '{input}': {}", error.text()), 1),
    };
    let wanted = block.saturating_mul(count);
    let (bytes, length) = match source.kind {
        Kind::File(bytes, size) => (bytes, size.min(wanted)),
        Kind::Device(_) => (Vec::new(), wanted),
        Kind::Directory(_) | Kind::Link(_) => return failed("dd: read error: Is a directory", 1),
    };
    let keep = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let result = ctx
        .machine
        .view
        .create(ctx.disks, &to, now)
        .and_then(|place| {
            let tree = ctx.disks.tree_mut(place.tree);
            if !matches!(tree.node(place.node).kind, Kind::File(..)) {
                return Ok(());
            }
            tree.truncate(place.node, 0, now)?;
            tree.write_at(place.node, 0, &bytes[..keep], now)?;
            tree.truncate(place.node, length, now)
        });
    if let Err(error) = result {
        return failed(
            &format!("dd: error writing '{output}': {}", error.text()),
            1,
        );
    }
    let (whole, part) = (length / block.max(1), u64::from(length % block.max(1) > 0));
    let text = format!("{whole}+{part} records in\n{whole}+{part} records out\n");
    Done {
        err: text.into_bytes(),
        ..Done::default()
    }
}
