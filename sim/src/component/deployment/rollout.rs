//! One sync of a Deployment: what it sees, and the script that it writes (C101, C102).

use wavetank_core::fact::Fact;
use wavetank_core::fact::object::{DeploymentChange, NewReplicaSet, ReplicaSetChange};
use wavetank_core::id::{DeploymentId, ReplicaSetId, Rev};
use wavetank_core::label::{Operator, Requirement, Selector};
use wavetank_core::object::condition::Truth;
use wavetank_core::object::definition::EMPTY_SET;
use wavetank_core::object::meta::Meta;
use wavetank_core::object::spec::{DeploymentSpec, ReplicaSetSpec, Spec, SpecDefinition, Strategy};
use wavetank_core::object::template::PodTemplate;
use wavetank_core::object::workload::{Deployment, DeploymentStatus};
use wavetank_core::state::view::View;
use wavetank_core::text::known;

use super::set::Set;
use super::{hash, status};
use crate::client::script::{Script, Step};
use crate::engine::context::Context;
use crate::message::call::Request;

/// A sync of a Deployment.
pub(super) struct Rollout<'a, 'b, 'c> {
    pub(super) id: DeploymentId,
    pub(super) deployment: &'a Deployment,
    pub(super) spec: &'a DeploymentSpec,
    /// Its ReplicaSets, in the order of creation; one that the sync creates is the last.
    pub(super) sets: Vec<Set>,
    pub(super) view: View<'a>,
    pub(super) ctx: &'b mut Context<'c>,
    pub(super) script: Script,
    /// The status that the next write of the status starts from, and the revision annotation.
    pub(super) status: DeploymentStatus,
    pub(super) revision: u32,
    /// The resourceVersion that writes of the Deployment carry.
    pub(super) base: Rev,
}

impl<'a, 'b, 'c> Rollout<'a, 'b, 'c> {
    pub(super) fn new(
        id: DeploymentId,
        deployment: &'a Deployment,
        spec: &'a DeploymentSpec,
        sets: Vec<Set>,
        view: View<'a>,
        ctx: &'b mut Context<'c>,
    ) -> Self {
        Self {
            id,
            deployment,
            spec,
            sets,
            view,
            ctx,
            script: Script::default(),
            status: deployment.status,
            revision: deployment.revision,
            base: view.deployment_rev(id),
        }
    }

    /// The order of C101.
    pub(super) fn play(mut self) -> Script {
        if self.deployment.meta.deletion.is_some() {
            if self.sync_revision() {
                self.sync_status_only();
            }
            return self.script;
        }
        self.check_paused();
        if !self.sync_revision() {
            return self.script;
        }
        if self.deployment.paused {
            self.scale();
            self.clean_up();
            self.sync_status_only();
        } else if self.is_scaling() {
            self.scale();
            self.sync_status_only();
        } else {
            match self.spec.strategy {
                Strategy::Recreate => self.recreate(),
                Strategy::RollingUpdate { .. } => self.roll(),
            }
        }
        self.script
    }

    /// `spec.replicas` of the Deployment.
    pub(super) const fn replicas(&self) -> u32 {
        self.deployment.replicas
    }

    /// maxSurge as a number, rounded up (C104).
    pub(super) fn surge(&self) -> u32 {
        match self.spec.strategy {
            Strategy::Recreate => 0,
            Strategy::RollingUpdate { max_surge, .. } => max_surge.of_rounded_up(self.replicas()),
        }
    }

    /// maxUnavailable as a number, rounded down, not more than there are replicas (C104).
    pub(super) fn max_unavailable(&self) -> u32 {
        match self.spec.strategy {
            Strategy::Recreate => 0,
            Strategy::RollingUpdate {
                max_unavailable, ..
            } => {
                let number = max_unavailable.of_rounded_down(self.replicas());
                let number = if number == 0 && self.surge() == 0 {
                    1
                } else {
                    number
                };
                number.min(self.replicas())
            }
        }
    }

    /// The place of the new ReplicaSet: the oldest with the wanted template (C102).
    pub(super) fn new_set(&self) -> Option<usize> {
        self.sets.iter().position(|set| set.is_wanted)
    }

    /// The places of the old ReplicaSets, oldest first.
    pub(super) fn old_sets(&self) -> Vec<usize> {
        let new = self.new_set();
        (0..self.sets.len())
            .filter(|place| Some(*place) != new)
            .collect()
    }

    /// The sum of `spec.replicas`, as decided so far.
    pub(super) fn total(&self) -> u32 {
        self.sets.iter().map(|set| set.replicas).sum()
    }

    /// The greatest revision of the old ReplicaSets, and one more.
    fn next_revision(&self) -> u32 {
        let new = self.new_set();
        let old = self.sets.iter().enumerate();
        let old = old.filter(|(place, _)| Some(*place) != new);
        old.map(|(_, set)| set.revision).max().unwrap_or(0) + 1
    }

    /// Brings revision and minReadySeconds of an existing new ReplicaSet up to date (C102). Returns
    /// whether the sync goes on.
    fn sync_revision(&mut self) -> bool {
        let Some(place) = self.new_set() else {
            return true;
        };
        let next = self.next_revision();
        let set = self.sets[place];
        let id = set.id.expect("it was seen");
        let seen = self.view.replica_set(id).expect("it was seen");
        let spec = crate::component::replicaset::spec_of(self.view, seen);
        let mut changes = Vec::new();
        if set.revision < next {
            changes.push(ReplicaSetChange::Revision(next));
        }
        if spec.min_ready_seconds != self.spec.min_ready_seconds {
            let spec = Spec::ReplicaSet(ReplicaSetSpec {
                min_ready_seconds: self.spec.min_ready_seconds,
                ..spec.clone()
            });
            let manifest = "".into();
            let spec = self.ctx.spec(SpecDefinition { spec, manifest });
            changes.push(ReplicaSetChange::Spec(spec));
        }
        if !changes.is_empty() {
            let base = self.view.replica_set_rev(id);
            for change in changes {
                let fact = Fact::ReplicaSetChanged(id, change);
                self.script.write(Request::Update(fact, Some(base)));
            }
            // The sync looks at its ReplicaSets twice, and writes the same again from what it listed: a
            // certain conflict, and the sync is repeated.
            self.script.failed = true;
            return false;
        }
        let mut needs_write = false;
        if self.revision != set.revision {
            self.revision = set.revision;
            needs_write = true;
        }
        if self.status.progressing.status == Truth::Absent {
            let name = seen.meta.name.text(&self.view.definitions().texts);
            let message = self.ctx.text(&format!("Found new replica set \"{name}\""));
            let reason = known::FOUND_NEW_REPLICA_SET;
            self.status.progressing =
                status::condition(Truth::True, reason, message, self.ctx.stamp());
            needs_write = true;
        }
        if needs_write {
            // What this returns is not used: a later write of the status is a conflict (C110).
            self.write_status(self.status);
        }
        true
    }

    /// Writes the status, with the revision annotation (C16).
    pub(super) fn write_status(&mut self, status: DeploymentStatus) {
        let change = DeploymentChange::Status(Box::new((self.revision, status)));
        let fact = Fact::DeploymentChanged(self.id, change);
        self.script.write(Request::Update(fact, Some(self.base)));
    }

    /// The condition of a pause and of its end (C101).
    fn check_paused(&mut self) {
        let reason = self.status.progressing.reason;
        let is_noted = reason == known::DEPLOYMENT_PAUSED;
        if reason == known::PROGRESS_DEADLINE_EXCEEDED || is_noted == self.deployment.paused {
            return;
        }
        let (reason, message) = if self.deployment.paused {
            (known::DEPLOYMENT_PAUSED, "Deployment is paused")
        } else {
            (known::DEPLOYMENT_RESUMED, "Deployment is resumed")
        };
        let message = self.ctx.text(message);
        let condition = status::condition(Truth::Unknown, reason, message, self.ctx.stamp());
        status::set(&mut self.status.progressing, condition);
        self.write_status(self.status);
        self.base = Rev::LATEST; // this write's answer is used
    }

    /// Whether somebody has scaled the Deployment since its ReplicaSets were (C101).
    fn is_scaling(&self) -> bool {
        self.sets
            .iter()
            .any(|set| set.replicas > 0 && set.desired != 0 && set.desired != self.replicas())
    }

    /// Writes the size of a ReplicaSet, with its annotations, if anything differs.
    pub(super) fn resize(&mut self, place: usize, replicas: u32) {
        let (desired, maximum) = (self.replicas(), self.replicas() + self.surge());
        let set = &mut self.sets[place];
        if (set.replicas, set.desired, set.maximum) == (replicas, desired, maximum) {
            return;
        }
        let Some(id) = set.id else {
            unreachable!("a new ReplicaSet is created with its size")
        };
        let base = set.base(self.view.replica_set_rev(id));
        (set.replicas, set.desired, set.maximum) = (replicas, desired, maximum);
        set.is_written = true;
        let change = ReplicaSetChange::Scaled {
            replicas,
            desired,
            maximum,
        };
        let fact = Fact::ReplicaSetChanged(id, change);
        self.script.write(Request::Update(fact, Some(base)));
    }

    /// Scales a ReplicaSet, if that changes its size. Returns whether it does.
    pub(super) fn scale_set(&mut self, place: usize, replicas: u32) -> bool {
        let changes = self.sets[place].replicas != replicas;
        if changes {
            self.resize(place, replicas);
        }
        changes
    }

    /// Creates the new ReplicaSet (C102, C103). Returns whether the sync goes on.
    pub(super) fn create_set(&mut self) -> bool {
        let definitions = self.view.definitions();
        let template = definitions.get_template(self.spec.template);
        let hash = hash::of(template, self.status.collisions, definitions);
        let base = self.deployment.meta.name.text(&definitions.texts);
        let name = format!("{base}-{hash}");
        let replicas = self.new_size();
        let revision = self.next_revision();
        let new = self.new_replica_set(&name, &hash, template, replicas, revision);
        let taken = self.view.find(
            wavetank_core::id::Kind::ReplicaSet,
            self.deployment.meta.namespace,
            &name,
        );
        let known = taken.and_then(|it| ReplicaSetId::try_from(it).ok());
        if known.is_some_and(|id| self.view.replica_set(id).is_some()) {
            // It is there and is another one, else it would be the new one (C103).
            let create = Request::CreateReplicaSet(Box::new(new));
            self.script.steps.push(Step::Try(create));
            self.status.collisions += 1;
            self.write_status(self.status);
            self.script.failed = true;
            return false;
        }
        self.script.write(Request::CreateReplicaSet(Box::new(new)));
        self.sets.push(Set::created(replicas, revision));
        self.revision = revision;
        let message = self
            .ctx
            .text(&format!("Created new replica set \"{name}\""));
        let reason = known::NEW_REPLICA_SET_CREATED;
        let condition = status::condition(Truth::True, reason, message, self.ctx.stamp());
        status::set(&mut self.status.progressing, condition);
        self.write_status(self.status); // C110: its answer is not used
        true
    }

    fn new_replica_set(
        &mut self,
        name: &str,
        hash: &str,
        template: &PodTemplate,
        replicas: u32,
        revision: u32,
    ) -> NewReplicaSet {
        let definitions = self.view.definitions();
        let labels = definitions.get_set(template.labels).with(hash::LABEL, hash);
        let labels = self.ctx.set(labels);
        let template = self.ctx.template(PodTemplate {
            labels,
            ..template.clone()
        });
        let equal = Requirement::new(hash::LABEL, Operator::In, [hash]).expect("a plain label");
        let mut requirements = self.spec.selector.requirements().to_vec();
        requirements.push(equal);
        let spec = self.ctx.spec(SpecDefinition {
            spec: Spec::ReplicaSet(ReplicaSetSpec {
                selector: Selector::new(requirements),
                template,
                min_ready_seconds: self.spec.min_ready_seconds,
            }),
            manifest: "".into(),
        });
        let meta = Meta {
            name: self.ctx.name(name),
            namespace: self.deployment.meta.namespace,
            created: self.ctx.stamp(),
            labels,
            annotations: self.deployment.meta.annotations,
            finalizers: EMPTY_SET,
            owner: Some(self.id.into()),
            generation: 1,
            deletion: None,
        };
        NewReplicaSet {
            meta,
            spec,
            replicas,
            revision,
            desired: self.replicas(),
            maximum: self.replicas() + self.surge(),
        }
    }

    /// How large the new ReplicaSet is to be (C105).
    pub(super) fn new_size(&self) -> u32 {
        let now = self.new_set().map_or(0, |place| self.sets[place].replicas);
        match self.spec.strategy {
            Strategy::Recreate => self.replicas(),
            Strategy::RollingUpdate { .. } => {
                let limit = self.replicas() + self.surge();
                let total = self.total();
                if total >= limit {
                    return now;
                }
                now + (limit - total).min(self.replicas().saturating_sub(now))
            }
        }
    }
}
