//! Volumes as the scheduler's informers bring them (S38), and pods that wait for theirs: between choice
//! and binding their volumes are bound (S136, S155).

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{MetaChange, OtherChange};
use wavetank_core::fact::pod::StatusChange;
use wavetank_core::id::{Kind, NodeId, OtherId, PodId};
use wavetank_core::object::meta::Meta;
use wavetank_core::object::other::Other;
use wavetank_core::object::spec::{ClaimRef, Spec};
use wavetank_core::state::view::View;
use wavetank_core::text::known;
use wavetank_core::time::{SimDuration, SimTime};

use super::decision::cluster::Surroundings;
use super::decision::shape::ShapeId;
use super::decision::verdict::Rejectors;
use super::decision::volumes::{Claim, PersistentVolume, Plan, Volumes};
use super::event::{ClusterEvent, StorageEvent};
use super::plugin::volume_zone::places;
use super::surroundings::name;
use super::{BINDING, Failed, NOMINATED, Nomination, Scheduler, VOLUME, refusal_text};
use crate::component::persistentvolume::SELECTED_NODE;
use crate::component::persistentvolume::write::{claim_ref, claimed};
use crate::engine::context::Context;
use crate::message::call::{Answer, Request};
use crate::message::{Message, SchedulerTimer};
use crate::network::Lane;

/// How often the scheduler looks whether the volumes of a pod are bound.
const CHECK_PERIOD: SimDuration = SimDuration::from_secs(1);
/// How long it waits for them (S3).
const TIMEOUT: SimDuration = SimDuration::from_secs(600);

/// A pod between its choice of a node and its binding.
#[derive(Clone, Debug)]
pub(super) struct PreBind {
    node: NodeId,
    /// What its claims get.
    plan: Plan,
    /// Writes without an answer yet.
    outstanding: usize,
    /// When it is looked at next; none while writes are under way.
    check_at: Option<SimTime>,
    /// When the scheduler gives up.
    deadline: SimTime,
}

impl Surroundings {
    /// A volume, a claim, a class or a node's drivers were added, changed or removed.
    pub(super) fn storage_changed(
        &mut self,
        id: OtherId,
        meta: &Meta,
        after: Option<&Other>,
        view: View<'_>,
    ) {
        let (namespace, name) = name(meta, view);
        let definitions = view.definitions();
        let spec = after.map(|other| &definitions.get_spec(other.spec).spec);
        let set = |id| definitions.get_set(id);
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "no other kind has to do with volumes"
        )]
        match view.other_kind(id) {
            Kind::PersistentVolume => {
                let volume = after.zip(spec).and_then(|(other, spec)| {
                    let Spec::PersistentVolume(spec) = spec else {
                        return None;
                    };
                    let labels = set(other.meta.labels).clone();
                    let is_going = other.meta.deletion.is_some();
                    Some(PersistentVolume::new(spec.clone(), labels, is_going))
                });
                self.volumes.set_volume(&name, volume);
            }
            Kind::PersistentVolumeClaim => {
                let claim = after.zip(spec).and_then(|(other, spec)| {
                    let Spec::PersistentVolumeClaim(spec) = spec else {
                        return None;
                    };
                    let node = set(other.meta.annotations).get(SELECTED_NODE);
                    Some(Claim {
                        spec: spec.clone(),
                        selected_node: node.map(Into::into),
                        is_going: other.meta.deletion.is_some(),
                    })
                });
                self.volumes.set_claim(namespace, &name, claim);
            }
            Kind::StorageClass => {
                let class = spec.and_then(|spec| match spec {
                    Spec::StorageClass(class) => Some(class.clone()),
                    _ => None,
                });
                self.volumes.set_class(&name, class);
            }
            Kind::CsiNode => {
                let drivers = spec.and_then(|spec| match spec {
                    Spec::CsiNode(drivers) => Some(drivers.clone()),
                    _ => None,
                });
                self.volumes.set_drivers(&name, drivers);
            }
            _ => {}
        }
    }
}

/// What an addition or a change is to the queueing hints (S37).
fn storage_event<'a>(
    before: Option<&Spec>,
    after: &Spec,
    moved: bool,
    names: (&'a str, &'a str),
) -> Option<StorageEvent<'a>> {
    let (namespace, name) = names;
    if let Spec::PersistentVolumeClaim(_) = after {
        return Some(match before {
            None => StorageEvent::ClaimAdded(namespace, name),
            Some(_) => StorageEvent::ClaimChanged(namespace, name),
        });
    }
    if let Spec::PersistentVolume(_) = after {
        return Some(match before {
            None => StorageEvent::VolumeAdded,
            Some(_) => StorageEvent::VolumeChanged { is_moved: moved },
        });
    }
    if let Spec::StorageClass(class) = after {
        return Some(match before {
            Some(Spec::StorageClass(before)) => StorageEvent::ClassChanged {
                is_moved: before.topologies != class.topologies,
            },
            Some(_) | None => StorageEvent::ClassAdded { waits: class.waits },
        });
    }
    let Spec::CsiNode(node) = after else {
        return None;
    };
    let Some(Spec::CsiNode(before)) = before else {
        return Some(StorageEvent::DriversAdded);
    };
    let is_raised = node.drivers.iter().any(|driver| {
        let old = before.drivers.iter().find(|it| it.name == driver.name);
        let limit = |limit: Option<u32>| limit.unwrap_or(u32::MAX);
        old.is_none_or(|old| limit(driver.limit) > limit(old.limit))
    });
    Some(StorageEvent::DriversChanged { is_raised })
}

impl Scheduler {
    /// An object without a table of its own was added, changed or removed.
    pub(super) fn other_changed(
        &mut self,
        id: OtherId,
        before: Option<&Other>,
        after: Option<&Other>,
        view: View<'_>,
        now: SimTime,
    ) {
        self.snapshot.around.other_changed(id, before, after, view);
        let Some(after) = after else {
            return;
        };
        let definitions = view.definitions();
        let spec = |other: &Other| &definitions.get_spec(other.spec).spec;
        let places_of = |other: &Other| places(definitions.get_set(other.meta.labels));
        let is_moved = before.is_some_and(|before| places_of(before) != places_of(after));
        let (namespace, name) = name(&after.meta, view);
        let names = (namespace, &*name);
        if let Some(event) = storage_event(before.map(spec), spec(after), is_moved, names) {
            self.wake(&ClusterEvent::Storage(event), now);
        }
    }

    /// What the claims of a pod need on the node that was chosen.
    pub(super) fn volumes_needed(&self, shape: ShapeId, node: NodeId) -> Plan {
        let pod = self.snapshot.shape(shape);
        if pod.claims.is_empty() {
            return Plan::default();
        }
        let volumes = &self.snapshot.around.volumes;
        let plan = volumes.plan(pod, self.snapshot.node(node));
        plan.unwrap_or_default() // the filter said that there is one
    }

    /// Reserve and PreBind: the volumes are given away, and that is written (S155, S164).
    pub(super) fn pre_bind(
        &mut self,
        pod: PodId,
        node: NodeId,
        plan: Plan,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let node_name = self.snapshot.node(node).name.clone();
        self.snapshot.around.volumes.assume(&plan, &node_name, pod);
        self.queue.tell_nomination(pod, Some(node));
        let nominated = [StatusChange::Nominated(Some(node))];
        let request = Request::PodStatus(pod, nominated.into());
        self.call(pod, NOMINATED, request, ctx);
        let mut requests = Vec::new();
        for (claim, volume) in &plan.bindings {
            requests.extend(give(claim, volume, view, ctx));
        }
        for claim in &plan.provisions {
            requests.extend(select(claim, &node_name, view, ctx));
        }
        let pre_bind = PreBind {
            node,
            plan,
            outstanding: requests.len(),
            check_at: None,
            deadline: ctx.now + TIMEOUT,
        };
        self.pre_binding.insert(pod, pre_bind);
        if requests.is_empty() {
            self.wait_for_volumes(pod, ctx);
        }
        for request in requests {
            self.call(pod, VOLUME, request, ctx);
        }
    }

    /// A write for the volumes of a pod was answered.
    pub(super) fn volume_answered(
        &mut self,
        pod: PodId,
        answer: &Answer,
        view: View<'_>,
        ctx: &mut Context<'_>,
    ) {
        let Some(waiting) = self.pre_binding.get_mut(&pod) else {
            return;
        };
        waiting.outstanding -= 1;
        if let Err(refusal) = answer {
            let text = refusal_text(*refusal);
            self.fail_pre_bind(pod, text, view, ctx);
        } else if waiting.outstanding == 0 {
            waiting.deadline = ctx.now + TIMEOUT;
            self.wait_for_volumes(pod, ctx);
        }
    }

    fn wait_for_volumes(&mut self, pod: PodId, ctx: &mut Context<'_>) {
        let at = ctx.now + CHECK_PERIOD;
        if let Some(waiting) = self.pre_binding.get_mut(&pod) {
            waiting.check_at = Some(at);
            let message = Message::Scheduler(SchedulerTimer::CheckVolumes(pod));
            ctx.wake(at, Lane::SCHEDULER, message);
        }
    }

    /// The scheduler looks whether the volumes of a pod are bound: then the pod is.
    pub(super) fn check_volumes(&mut self, pod: PodId, view: View<'_>, ctx: &mut Context<'_>) {
        let Some(waiting) = self.pre_binding.get(&pod) else {
            return;
        };
        if waiting.check_at != Some(ctx.now) {
            return;
        }
        match self.are_bound(waiting) {
            Err(text) => self.fail_pre_bind(pod, &text, view, ctx),
            Ok(true) => {
                let node = waiting.node;
                self.pre_binding.remove(&pod);
                self.call(pod, BINDING, Request::Bind(pod, node), ctx);
            }
            Ok(false) if ctx.now + CHECK_PERIOD > waiting.deadline => {
                self.fail_pre_bind(pod, "context deadline exceeded", view, ctx);
            }
            Ok(false) => self.wait_for_volumes(pod, ctx),
        }
    }

    /// Whether all claims have their volumes; that they never will is an error.
    fn are_bound(&self, waiting: &PreBind) -> Result<bool, String> {
        let volumes = &self.snapshot.around.volumes;
        let node = self.snapshot.node(waiting.node);
        let bindings = waiting.plan.bindings.iter().map(|it| &it.0);
        for (namespace, name) in bindings.chain(&waiting.plan.provisions) {
            let Some(claim) = volumes.claim(namespace, name) else {
                let text =
                    format!("could not find v1.PersistentVolumeClaim \"{namespace}/{name}\"");
                return Err(text);
            };
            let volume = volumes.volume(&claim.spec.volume);
            if volume.is_some_and(|volume| !volume.reaches(node)) {
                let volume = &claim.spec.volume;
                let text = format!(
                    "pv \"{volume}\" node affinity doesn't match node \"{}\"",
                    node.name
                );
                return Err(text);
            }
            if volume.is_none() || !Volumes::is_bound(claim) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The volumes of a pod were not bound: it goes back to the queue, and what it took is free again
    /// (S156).
    fn fail_pre_bind(&mut self, id: PodId, error: &str, view: View<'_>, ctx: &mut Context<'_>) {
        let Some(shape) = self.forget(id) else {
            return;
        };
        self.pod_gone(shape, ctx.now);
        let text = format!("running PreBind plugin \"VolumeBinding\": binding volumes: {error}");
        let failed = Failed {
            rejectors: Rejectors::NONE,
            reason: known::SCHEDULER_ERROR,
            text: &text,
            nomination: Nomination::Becomes(None),
        };
        self.fail(id, failed, view, ctx);
    }
}

/// The write that reserves a volume for a claim.
fn give(
    claim: &(Box<str>, Box<str>),
    volume: &str,
    view: View<'_>,
    ctx: &mut Context<'_>,
) -> Option<Request> {
    let volume = view.find(Kind::PersistentVolume, known::EMPTY, volume)?;
    let id = OtherId(volume.index);
    let spec = view.definitions().get_spec(view.other(id)?.spec);
    let namespace = view.definitions().texts.find(&claim.0)?;
    let owner = view.find(Kind::PersistentVolumeClaim, namespace, &claim.1)?;
    let owner: ClaimRef = claim_ref(owner, &claim.0, &claim.1, ctx);
    let spec = ctx.spec(claimed(spec, Some(owner), None)?);
    let change = OtherChange::Spec(spec);
    let fact = Fact::OtherChanged(Kind::PersistentVolume, id, change);
    Some(Request::Update(fact, None))
}

/// The write that says where the volume of a claim is to be made.
fn select(
    claim: &(Box<str>, Box<str>),
    node: &str,
    view: View<'_>,
    ctx: &mut Context<'_>,
) -> Option<Request> {
    let namespace = view.definitions().texts.find(&claim.0)?;
    let object = view.find(Kind::PersistentVolumeClaim, namespace, &claim.1)?;
    let id = OtherId(object.index);
    let annotations = view.definitions().get_set(view.other(id)?.meta.annotations);
    let annotations = ctx.set(annotations.with(SELECTED_NODE, node));
    let change = OtherChange::Meta(MetaChange::Annotations(annotations));
    let fact = Fact::OtherChanged(Kind::PersistentVolumeClaim, id, change);
    Some(Request::Update(fact, None))
}
