//! kube-apiserver: decides calls, one at a time, at the instant at which they commit.
//!
//! Only this component reads the store itself. What it decides are facts; the engine applies them.

mod budget;
mod create;
pub mod delete;
mod update;

pub(crate) use budget::allowance;

use wavetank_core::draw::Key;
use wavetank_core::fact::{Actor, Fact, Refusal};
use wavetank_core::id::{ObjId, Rev};
use wavetank_core::state::Cluster;

use crate::engine::context::Context;
use crate::message::call::{Answer, Call, Caller, Request, Written};
use crate::plan::Plan;

/// The API server of a run.
#[derive(Clone, Debug)]
pub struct ApiServer {
    /// The next cluster address that a Service gets, as an offset in the Service range (C207).
    next_service: u32,
    /// What the current call has decided so far.
    decided: u32,
}

impl ApiServer {
    /// A server with an empty store.
    #[must_use]
    pub const fn new(_plan: &Plan, _key: &Key) -> Self {
        Self {
            next_service: 0,
            decided: 0,
        }
    }

    /// Decides a call, and states what is committed as facts.
    pub fn handle(&mut self, call: &Call, cluster: &Cluster, ctx: &mut Context<'_>) -> Answer {
        self.decided = 0;
        let mut desk = Desk {
            server: self,
            cluster,
            by: actor(call.from),
            ctx,
        };
        match &call.request {
            Request::CreatePod(new) => desk.create_pod(new),
            Request::CreateNode(new) => desk.create_node(new),
            Request::CreateReplicaSet(new) => desk.create_replica_set(new),
            Request::CreateDeployment(new) => desk.create_deployment(new),
            Request::CreateService(new) => desk.create_service(new),
            Request::CreateSlice(new, base) => desk.create_slice(new, *base),
            Request::CreateOther(new) => desk.create_other(new),
            Request::Bind(pod, node) => desk.bind(*pod, *node),
            Request::PodStatus(pod, changes) => desk.pod_status(*pod, changes),
            Request::Update(fact, expected) => desk.update(fact, *expected),
            Request::DeletePod(pod, grace, expected) => desk.delete_pod(*pod, *grace, *expected),
            Request::Delete(object, propagation) => desk.delete(*object, *propagation),
            Request::Evict(pod, grace) => desk.evict(*pod, *grace),
        }
    }
}

/// Who asked, as facts name it.
pub const fn actor(caller: Caller) -> Actor {
    match caller {
        Caller::Controller(controller, ..) => Actor::Controller(controller),
        Caller::Scheduler(..) => Actor::Scheduler,
        Caller::Kubelet(node, ..) => Actor::Kubelet(node),
        Caller::User(..) => Actor::User,
        Caller::Scenario(_) => Actor::Scenario,
        Caller::Nobody(actor) => actor,
    }
}

/// One call on the server's desk.
struct Desk<'a, 'b> {
    server: &'a mut ApiServer,
    cluster: &'a Cluster,
    by: Actor,
    ctx: &'a mut Context<'b>,
}

impl Desk<'_, '_> {
    /// Commits a write.
    fn commit(&mut self, fact: Fact) {
        self.server.decided += 1;
        self.ctx.fact(self.by, fact);
    }

    /// The revision of the last write that this call commits.
    fn rev(&self) -> Rev {
        Rev(self.cluster.store.rev.0 + self.server.decided)
    }

    /// A call that wrote something.
    fn written(&self, object: ObjId) -> Answer {
        Ok(Written {
            object,
            rev: self.rev(),
            changed: true,
        })
    }

    /// A call that changed nothing: no revision, no event (C14).
    fn unchanged(&self, object: ObjId) -> Answer {
        let rev = self.cluster.store.rev_of(object).unwrap_or(Rev::ZERO);
        Ok(Written {
            object,
            rev,
            changed: false,
        })
    }

    /// Refuses a call.
    fn refuse(&mut self, object: ObjId, refusal: Refusal) -> Answer {
        self.ctx.fact(self.by, Fact::Refused(object, refusal));
        Err(refusal)
    }
}
