//! Images: what a node has, and pulls (K82–K87).

use wavetank_core::draw::Purpose;
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::text::known;
use wavetank_core::time::SimTime;

use super::Desk;
use super::row::Step;
use crate::world::process::Kind;

/// Whether a node has an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Image {
    /// It has.
    Present,
    /// It will have it then: somebody pulls it.
    Coming(SimTime),
    /// It has not.
    Absent,
}

impl Desk<'_, '_> {
    /// Whether the node has the image of a container.
    pub(super) fn image(&self, kind: Kind) -> Image {
        let image = self.world.catalog.image(kind);
        if self.world.catalog.is_present(image) {
            return Image::Present;
        }
        match self
            .node
            .images
            .binary_search_by_key(&image, |known| known.0)
        {
            Ok(place) if self.node.images[place].1 <= self.now() => Image::Present,
            Ok(place) => Image::Coming(self.node.images[place].1),
            Err(_) => Image::Absent,
        }
    }

    /// Pulls a container's image: one pull at a time on a node unless it is configured otherwise (K87).
    pub(super) fn pull(&mut self, container: u8, image: Image) {
        self.event(EventNote::Pulling(container)); // K84
        self.fact(RuntimeFact::PullStarted(container));
        let kind = self.kind(container);
        let attempt = self.row.containers[usize::from(container)].attempts;
        let identity = (self.row.pod.0, u32::from(container));
        let draw = self
            .ctx
            .key
            .draw(Purpose::ImagePull, identity, u64::from(attempt));
        // What comes first down the wire for somebody else need not come again.
        let has_bytes = image != Image::Absent;
        let takes = self.world.catalog.pull(kind, has_bytes, draw);
        let mut begins = self.now();
        if self.settings.kubelet.serial_pulls {
            begins = begins.max(self.node.pulls_end);
        }
        let mut ends = begins + takes;
        if let Image::Coming(at) = image {
            ends = ends.max(at);
        }
        self.node.pulls_end = self.node.pulls_end.max(ends);
        if image == Image::Absent {
            let id = self.world.catalog.image(kind);
            let images = &mut self.node.images;
            let place = images.partition_point(|known| known.0 < id);
            images.insert(place, (id, ends));
        }
        self.row.step_began = self.now();
        self.step(Step::Pull(container), ends);
    }

    /// A container's image is there.
    pub(super) fn on_pulled(&mut self, container: u8) {
        let took = self.now().since(self.row.step_began).nanos() / 1_000_000;
        let took = u32::try_from(took).unwrap_or(u32::MAX);
        self.event(EventNote::Pulled(container, took)); // K84
        self.fact(RuntimeFact::Pulled(container, took));
        self.create(container);
    }

    /// The image is not there and may not be pulled (K82, K85).
    pub(super) fn image_never(&mut self, container: u8) {
        let image = &self.container(container).image;
        let message =
            format!("Container image \"{image}\" is not present with pull policy of Never");
        let message = self.text(&message);
        self.event(EventNote::Warning(known::ERR_IMAGE_NEVER_PULL, message));
        let error = self.text("Error: ErrImageNeverPull");
        self.event(EventNote::Warning(known::FAILED, error));
        self.fail_start(container, known::ERR_IMAGE_NEVER_PULL, message);
    }
}
