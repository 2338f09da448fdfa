//! The ReplicaSet controller: as many pods as `spec.replicas` says (C90–C98).

mod counts;
mod expectations;
mod status;
mod victims;

use rustc_hash::FxHashMap;
use wavetank_core::draw::{Key, Purpose};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::pod::PodChange;
use wavetank_core::fact::{Actor, Controller, Fact, Refusal};
use wavetank_core::id::{Kind, ObjId, PodId, ReplicaSetId, Rev, TextId};
use wavetank_core::object::pod::Pod;
use wavetank_core::object::spec::{ReplicaSetSpec, Spec};
use wavetank_core::object::workload::ReplicaSet;
use wavetank_core::state::table::Change;
use wavetank_core::state::view::View;
use wavetank_core::text::known;

use crate::client::script::{Script, Step};
use crate::component::manager::{Note, PodEvent, Selected, Wakes};
use crate::engine::context::Context;
use crate::message::call::{Answer, CreatePod, NewName, Request};
use counts::Counts;
use expectations::Expectations;

/// How many pods one sync creates or deletes at most (C92, C94).
const BURST: usize = 500;
/// Who this is.
const SELF: Controller = Controller::ReplicaSet;

/// The ReplicaSet controller's memory.
#[derive(Debug)]
pub struct ReplicaSets {
    sets: FxHashMap<ReplicaSetId, SetState>,
    /// Which ReplicaSets select orphans with a label set.
    selected: Selected,
    /// The key of uids, for ties (C95).
    uid_key: u64,
}

/// What is remembered of one ReplicaSet.
#[derive(Clone, Debug, Default)]
struct SetState {
    counts: Counts,
    expectations: Expectations,
    /// The newest revisions that own writes returned: of pods, and of the status (C45).
    wrote_pods: Rev,
    wrote_status: Rev,
    /// Pods may have to be adopted or released (C44).
    claims: bool,
}

/// What is fixed of a ReplicaSet.
pub(crate) fn spec_of<'a>(view: View<'a>, set: &ReplicaSet) -> &'a ReplicaSetSpec {
    let Spec::ReplicaSet(spec) = &view.definitions().get_spec(set.spec).spec else {
        unreachable!("a ReplicaSet has such a specification")
    };
    spec
}

impl ReplicaSets {
    /// Nothing is known.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self {
            sets: FxHashMap::default(),
            selected: Selected::default(),
            uid_key: key.draw(Purpose::Uid, 0_u64, 0),
        }
    }

    /// The process starts: expectations are forgotten, pods are counted (C41).
    pub(crate) fn restart(&mut self, view: View<'_>, wakes: &mut Wakes) {
        self.sets.clear();
        self.selected.clear();
        for (id, set) in view.replica_sets() {
            self.sets.insert(id, Self::listed(id, set, view));
            wakes.now(SELF, id);
        }
    }

    fn listed(id: ReplicaSetId, set: &ReplicaSet, view: View<'_>) -> SetState {
        SetState {
            counts: Counts::of(id, set, view),
            claims: true,
            ..SetState::default()
        }
    }

    /// An event of a ReplicaSet: every one is looked at, the echo of own writes too (C91).
    pub(crate) fn on_set(
        &mut self,
        change: &Change<'_, ReplicaSet>,
        view: View<'_>,
        wakes: &mut Wakes,
    ) {
        let id = ReplicaSetId(change.index);
        match (change.before, change.after) {
            (None, Some(set)) => {
                self.selected.clear();
                self.sets.insert(id, Self::listed(id, set, view));
            }
            (Some(before), Some(after)) => {
                if before.spec != after.spec
                    && let Some(state) = self.sets.get_mut(&id)
                {
                    self.selected.clear();
                    state.counts = Counts::of(id, after, view);
                }
            }
            (_, None) => {
                self.selected.clear();
                self.sets.remove(&id);
            }
        }
        wakes.now(SELF, id);
    }

    /// An event of a pod (C91).
    pub(crate) fn on_pod(&mut self, event: &PodEvent<'_>, view: View<'_>, wakes: &mut Wakes) {
        let owner = |pod: Option<&Pod>| pod?.owner.and_then(|it| ReplicaSetId::try_from(it).ok());
        let (before, after) = (owner(event.before), owner(event.after));
        if before.is_some() || after.is_some() {
            self.count(before, event.before, after, event.after, view);
        }
        if let Some(set) = before.filter(|_| before != after && !event.is_removal()) {
            wakes.now(SELF, set);
        }
        let Some(set) = after.or(before) else {
            return self.on_orphan(event, view, wakes);
        };
        let Some(state) = self.sets.get_mut(&set) else {
            return;
        };
        if event.is_creation() {
            state.expectations.created();
        }
        // The beginning of the deletion is the deletion (C91).
        if event.deletion_began || event.is_removal() {
            state.expectations.deleted(event.id);
        }
        if event.labels_changed || event.owner_changed {
            state.claims |= !event.is_creation() && !event.is_removal();
        }
        let matters = event.is_creation()
            || event.is_removal()
            || event.activity_changed
            || event.readiness_changed
            || event.phase_changed
            || event.labels_changed
            || event.owner_changed;
        if matters {
            wakes.now(SELF, set);
        }
    }

    /// Keeps the counts of the ReplicaSets that an event of a pod concerns.
    fn count(
        &mut self,
        before: Option<ReplicaSetId>,
        pod_before: Option<&Pod>,
        after: Option<ReplicaSetId>,
        pod_after: Option<&Pod>,
        view: View<'_>,
    ) {
        if let (Some(set), Some(pod)) = (before, pod_before)
            && let Some(state) = self.sets.get_mut(&set)
        {
            state.counts.leave(pod, view);
        }
        if let (Some(set), Some(pod)) = (after, pod_after)
            && let Some(state) = self.sets.get_mut(&set)
        {
            state.counts.enter(pod, view);
        }
    }

    /// A pod without owner: whoever selects it looks at it (C44).
    fn on_orphan(&mut self, event: &PodEvent<'_>, view: View<'_>, wakes: &mut Wakes) {
        let Some(pod) = event.after else {
            return;
        };
        let is_news = event.is_creation() || event.labels_changed || event.owner_changed;
        if !is_news || pod.owner.is_some() || !pod.is_active() || self.sets.is_empty() {
            return;
        }
        let namespace = view.pod_identity(event.id).namespace;
        let labels = view.definitions().get_set(pod.labels);
        let sets = self.selected.of(namespace, pod.labels, || {
            view.replica_sets()
                .filter(|(_, set)| set.meta.namespace == namespace)
                .filter(|(_, set)| spec_of(view, set).selector.matches(labels))
                .map(|(id, _)| id.0)
                .collect()
        });
        for set in sets {
            let id = ReplicaSetId(*set);
            if let Some(state) = self.sets.get_mut(&id) {
                state.claims = true;
                wakes.now(SELF, id);
            }
        }
    }

    /// One decision (C90).
    pub(crate) fn sync(&mut self, key: ObjId, view: View<'_>, ctx: &mut Context<'_>) -> Script {
        let id = ReplicaSetId(key.index);
        let Some(set) = view.replica_set(id) else {
            self.sets.remove(&id);
            return Script::gone();
        };
        let uid_key = self.uid_key;
        let state = self
            .sets
            .entry(id)
            .or_insert_with(|| Self::listed(id, set, view));
        let seen = view.cursors();
        if seen.pods < state.wrote_pods || seen.replica_sets < state.wrote_status {
            return Script::failure(); // C45
        }
        (state.wrote_pods, state.wrote_status) = (Rev::ZERO, Rev::ZERO);
        debug_assert_eq!(state.counts, Counts::of(id, set, view), "counts of {id:?}");

        let mut script = Script::default();
        let mut counts = state.counts;
        if std::mem::take(&mut state.claims) {
            claim(id, set, &mut counts, view, &mut script);
        }
        let mut failure = known::EMPTY;
        let active = counts.active as usize;
        let wanted = set.replicas as usize;
        let may_manage = set.meta.deletion.is_none() && state.expectations.are_met(ctx.now);
        if may_manage && active < wanted {
            failure = known::FAILED_CREATE;
            let count = (wanted - active).min(BURST); // C92
            state.expectations.create(count, ctx.now);
            script
                .steps
                .push(Step::SlowStart(creations(id, set, count, view, ctx)));
        } else if may_manage && active > wanted {
            failure = known::FAILED_DELETE;
            let count = (active - wanted).min(BURST); // C94
            let victims = victims::choose(id, set, count, view, uid_key, ctx);
            state.expectations.delete(&victims, ctx.now);
            let requests = victims
                .into_iter()
                .map(|pod| Request::DeletePod(pod, None, None));
            script.steps.push(Step::Parallel(requests.collect()));
        }
        status::write(id, set, &counts, failure, view, ctx, &mut script);
        script
    }

    /// An answer to a write: expectations, the guard, Events. Returns the refusal that counts as an error.
    pub(crate) fn answered(
        &mut self,
        key: ObjId,
        note: Note,
        answer: &Answer,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) -> Option<Refusal> {
        let id = ReplicaSetId(key.index);
        let mut unknown = SetState::default();
        let state = self.sets.get_mut(&id).unwrap_or(&mut unknown);
        let actor = Actor::Controller(SELF);
        match (note, answer) {
            (Note::CreatePod, Ok(written)) => {
                state.wrote_pods = state.wrote_pods.max(written.rev);
                let event = EventNote::SuccessfulCreate(written.object.index);
                ctx.event(actor, key, event);
                None
            }
            (Note::CreatePod, Err(refusal)) => {
                if *refusal == Refusal::Forbidden && is_going(key, view) {
                    return None; // C93: the expectation stays open
                }
                state.expectations.created();
                Some(*refusal)
            }
            (Note::DeletePod(pod), Ok(_)) => {
                ctx.event(actor, key, EventNote::SuccessfulDelete(pod.0));
                None
            }
            (Note::DeletePod(pod), Err(refusal)) => {
                state.expectations.deleted(pod);
                Some(*refusal).filter(|refusal| *refusal != Refusal::NotFound)
            }
            (Note::SetStatus, Ok(written)) => {
                state.wrote_status = state.wrote_status.max(written.rev);
                None
            }
            (Note::AdoptPod, Ok(written)) => {
                state.wrote_pods = state.wrote_pods.max(written.rev);
                None
            }
            (_, Err(refusal)) => Some(*refusal).filter(|refusal| *refusal != Refusal::NotFound),
            (Note::CreateSet(_) | Note::Scale { .. } | Note::Other, Ok(_)) => None,
        }
    }

    /// Creations that will not be sent are not expected any more (C43).
    pub(crate) fn skipped(&mut self, key: ObjId, count: usize) {
        if let Some(state) = self.sets.get_mut(&ReplicaSetId(key.index)) {
            for _ in 0..count {
                state.expectations.created();
            }
        }
    }
}

/// Whether the namespace of a ReplicaSet is being deleted (C93).
fn is_going(set: ObjId, view: View<'_>) -> bool {
    let Some(meta) = view.meta(set) else {
        return true;
    };
    view.find(Kind::Namespace, known::EMPTY, view.text(meta.namespace))
        .is_some_and(|it| {
            view.meta(it)
                .is_none_or(|namespace| namespace.deletion.is_some())
        })
}

/// The creations of `count` pods (C92).
fn creations(
    id: ReplicaSetId,
    set: &ReplicaSet,
    count: usize,
    view: View<'_>,
    ctx: &mut Context<'_>,
) -> Vec<Request> {
    let new = CreatePod {
        namespace: set.meta.namespace,
        name: NewName::Generate(pod_name_base(set, view, ctx)),
        template: spec_of(view, set).template,
        owner: Some(id.into()),
        node: None,
    };
    (0..count)
        .map(|_| Request::CreatePod(Box::new(new)))
        .collect()
}

fn pod_name_base(set: &ReplicaSet, view: View<'_>, ctx: &mut Context<'_>) -> TextId {
    let mut base = set.meta.name.text(&view.definitions().texts);
    base.push('-');
    ctx.text(&base)
}

/// Adopts the orphans that the selector selects, and releases owned pods that it no longer does (C44).
fn claim(
    id: ReplicaSetId,
    set: &ReplicaSet,
    counts: &mut Counts,
    view: View<'_>,
    script: &mut Script,
) {
    let selector = &spec_of(view, set).selector;
    let mut patches = Vec::new();
    let mut patch = |pod: PodId, owner: Option<ObjId>| {
        let fact = Fact::PodChanged(pod, PodChange::Owner(owner));
        patches.push(Request::Update(fact, None));
    };
    for (pod_id, pod) in view.pods_of_owner(id.into()) {
        if pod.is_active() && !selector.matches(view.definitions().get_set(pod.labels)) {
            counts.leave(pod, view);
            patch(pod_id, None);
        }
    }
    if set.meta.deletion.is_none() {
        for (pod_id, pod) in view.pods_selected(set.meta.namespace, selector) {
            if pod.owner.is_none() && pod.is_active() {
                counts.enter(pod, view);
                patch(pod_id, Some(id.into()));
            }
        }
    }
    if !patches.is_empty() {
        script.steps.push(Step::Parallel(patches));
    }
}
