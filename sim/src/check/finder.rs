//! How a check says what it found.

use wavetank_core::id::{ObjId, PodId};
use wavetank_core::state::Cluster;
use wavetank_core::time::SimTime;

use super::{KEPT, Violation};

/// Collects what the checks find at one place of the run.
pub(super) struct Finder<'a> {
    pub(super) violations: &'a mut Vec<Violation>,
    pub(super) more: &'a mut u64,
    pub(super) skip: &'a [&'static str],
    /// Now.
    pub(super) at: SimTime,
    /// The fact that is being looked at.
    pub(super) seq: u64,
}

impl Finder<'_> {
    /// Reports a violation, unless this invariant is skipped.
    #[cold]
    pub(super) fn report(&mut self, id: &'static str, message: String, witnesses: &[u64]) {
        debug_assert!(
            super::catalogue().any(|it| it.id == id),
            "{id} is not in the catalogue"
        );
        if self.skip.contains(&id) {
            return;
        }
        if self.violations.len() >= KEPT {
            *self.more += 1;
            return;
        }
        self.violations.push(Violation {
            id,
            at: self.at,
            seq: self.seq,
            message,
            witnesses: witnesses.to_vec(),
        });
    }
}

/// An object as people name it: `Pod default/web-x2bqk`.
pub(super) fn name(cluster: &Cluster, object: impl Into<ObjId>) -> String {
    let object = object.into();
    let texts = &cluster.definitions.texts;
    let Some((name, namespace)) = cluster.store.name_of(object) else {
        return format!("{} number {}", object.kind, object.index);
    };
    let name = name.text(texts);
    match texts.get(namespace) {
        "" => format!("{} {name}", object.kind),
        namespace => format!("{} {namespace}/{name}", object.kind),
    }
}

/// A container of a pod as people name it: `container web of Pod default/web-x2bqk`.
pub(super) fn container(cluster: &Cluster, pod: PodId, number: u8) -> String {
    let known = cluster.store.pods.newest(pod.0).and_then(|it| {
        let spec = &cluster.definitions.get_template(it.template).spec;
        let container = spec.all_containers().nth(usize::from(number))?;
        Some(container.name.to_string())
    });
    let which = known.unwrap_or_else(|| format!("{number}"));
    format!("container {which} of {}", name(cluster, pod))
}
