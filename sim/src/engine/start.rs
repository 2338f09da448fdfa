//! The beginning of a run: nodes are there, manifests are applied one after the other.

use std::sync::Arc;

use wavetank_core::fact::{Actor, Fact};
use wavetank_core::id::{FaultId, NodeId, OtherId};
use wavetank_core::object::definition::Named;

use super::Engine;
use crate::message::call::{Call, Caller};
use crate::message::{Message, NO_CAUSE};
use crate::network::Lane;
use wavetank_core::time::{SimDuration, SimTime};

impl Engine {
    /// Makes the nodes, starts the components, and sends the first manifest.
    pub(super) fn start(&mut self) {
        let plan = Arc::clone(&self.plan);
        self.name_parts();
        self.recorder.begin(&plan, self.seed, self.phase);
        self.checks.begin(self.phase);
        if !plan.span.warm {
            self.measure(SimTime::ZERO);
        }
        let mut last = NO_CAUSE;
        for (index, node) in plan.nodes.iter().enumerate() {
            let id = NodeId::from_index(index);
            let fact = Fact::NodeCreated(id, Box::new(node.clone()));
            last = self.commit(Actor::Scenario, fact, NO_CAUSE);
        }
        for (index, namespace) in plan.namespaces.iter().enumerate() {
            let fact = Fact::OtherCreated(OtherId::from_index(index), Box::new(*namespace));
            last = self.commit(Actor::Scenario, fact, NO_CAUSE);
        }
        // What components do by themselves from here on goes back to the last node.
        self.start_components(last);
        self.drain(last);
        self.apply_next(0);
    }

    /// Notes what the scenario calls its sources of traffic, its steps and the faults of this run.
    fn name_parts(&mut self) {
        let definitions = &mut self.cluster.definitions;
        for source in &self.plan.traffic {
            definitions.named(Named::Client, &source.name);
        }
        for step in &self.plan.steps {
            definitions.named(Named::Step, step.title());
        }
        for fault in &self.faults {
            definitions.named(Named::Fault, &fault.name);
        }
    }

    /// The meter begins: a second time does nothing.
    fn measure(&mut self, zero: SimTime) {
        if let Some(meter) = &mut self.meter {
            meter.begin(
                zero,
                self.faults.iter().map(|step| &*step.name),
                &self.cluster,
            );
        }
    }

    fn start_components(&mut self, cause: u32) {
        use super::context::Context;
        use super::route::context;
        use crate::network::Process;
        use wavetank_core::state::view::View;

        // Everything so far was there before the components were: they list it.
        for process in [Process::Scheduler, Process::Controllers] {
            self.streams.relist(process, self.cluster.store.rev);
            self.checks
                .relisted(process, self.cluster.store.rev, self.now);
        }
        let view = View::latest(&self.cluster);
        let mut ctx = context!(self, cause);
        let parts = &mut self.parts;
        // Kubelets first: the controllers ask for their leases.
        parts
            .kubelets
            .start(view, &mut parts.world, &mut parts.leases, &mut ctx);
        parts.scheduler.restart(view, &mut ctx);
        parts.manager.restart(view, &parts.leases, &mut ctx);
    }

    /// Sends the manifest with this number, or begins the timeline after the last one.
    pub(super) fn apply_next(&mut self, number: u32) {
        let Some(request) = self.plan.objects.get(number as usize).cloned() else {
            if !self.plan.span.warm {
                self.begin();
            }
            return;
        };
        let call = Call {
            from: Caller::Scenario(number),
            request,
            answer: None,
        };
        self.send(call, SimDuration::ZERO, NO_CAUSE);
    }

    /// The API server has answered the manifest with this number.
    ///
    /// # Panics
    ///
    /// When it refused it: the Plan was checked before the run.
    pub(super) fn applied(&mut self, number: u32, granted: bool) {
        assert!(granted, "manifest {number} was refused");
        self.applied = number + 1;
        self.apply_next(number + 1);
    }

    /// t = 0: the timeline, the traffic and the faults begin.
    pub(super) fn begin(&mut self) {
        let zero = if self.plan.span.warm {
            self.now
        } else {
            SimTime::ZERO
        };
        self.zero = Some(zero);
        self.recorder.zero(zero);
        self.measure(zero);
        self.steady.restart(self.now);
        for (index, fault) in self.faults.clone().iter().enumerate() {
            let id = FaultId::from_index(index);
            let at = (zero + fault.at.since(SimTime::ZERO)).max(self.now);
            self.push(at, Lane::FAULT, Message::Fault(id, true), NO_CAUSE);
            self.faults_left += 1;
        }
        let effects = &mut self.outbox.effects;
        self.parts.timeline.begin(zero, self.now, effects);
        self.parts.traffic.begin(zero, self.now, effects);
        self.drain(NO_CAUSE);
    }
}
