//! Messages as the log of level `messages` has them.

use wavetank_core::delivery::{Call as Asked, Delivery};
use wavetank_core::fact::Actor;
use wavetank_core::id::{Kind, ObjId};

use super::Engine;
use crate::check::Routed;
use crate::component::apiserver::actor;
use crate::message::call::{CallId, Request};
use crate::message::{Envelope, Message, NO_CAUSE, SchedulerTimer};
use crate::network::Lane;

impl Engine {
    /// Records the delivery of a message that is about to be handled.
    pub(super) fn record_delivery(&mut self, envelope: Envelope) {
        let delivery = match envelope.message {
            Message::Call(id) => {
                let (by, call, about, _) = self.describe(id);
                Delivery::Call { by, call, about }
            }
            Message::Reply(id) => {
                let (to, call, about, refused) = self.describe(id);
                Delivery::Reply {
                    to,
                    call,
                    about,
                    refused,
                }
            }
            Message::Watch(stream, upto) => Delivery::Watch {
                lane: stream.lane().0,
                upto,
            },
            Message::KubeletWatch(node, upto) => Delivery::Watch {
                lane: Lane::kubelet_watch(node).0,
                upto,
            },
            Message::Sync(controller, key) => Delivery::Sync(controller, key),
            Message::QueueTimer(controller, key) => {
                timer(Lane::CONTROLLERS, controller as u16, key.index)
            }
            Message::Send(id) => timer(Lane::API, 0, id.0),
            Message::Controller(_, it) => timer(Lane::CONTROLLERS, it.kind, it.about),
            Message::Scheduler(it) => match it {
                SchedulerTimer::Cycle => timer(Lane::SCHEDULER, 0, 0),
                SchedulerTimer::Decide(pod) => timer(Lane::SCHEDULER, 1, pod.0),
                SchedulerTimer::BackOff(generation) => timer(Lane::SCHEDULER, 2, generation),
                SchedulerTimer::Flush => timer(Lane::SCHEDULER, 3, 0),
                SchedulerTimer::CheckVolumes(pod) => timer(Lane::SCHEDULER, 4, pod.0),
            },
            Message::Kubelet(node, it) => Delivery::Kubelet(node, it.kind, it.pod),
            Message::Proxy(node, number) => timer(Lane::proxy(node), 0, number),
            Message::Traffic(client, _, number) => Delivery::Traffic(client, number),
            Message::Step(step, number) => Delivery::Step(step, number),
            Message::Fault(fault, begins) => Delivery::Fault(fault, begins),
        };
        let cause = (envelope.cause != NO_CAUSE).then_some(u64::from(envelope.cause));
        self.recorder.delivery(self.now, cause, &delivery);
    }

    /// Records which rules sent a new connection on.
    pub(super) fn record_route(&mut self, connection: &Routed) {
        let delivery = Delivery::Routed {
            client: connection.client,
            number: connection.number,
            node: connection.node,
            rules: connection.rev,
        };
        self.recorder.delivery(self.now, None, &delivery);
    }

    /// Who called, what was asked, about what, and whether it was refused.
    fn describe(
        &mut self,
        id: CallId,
    ) -> (
        Actor,
        Asked,
        Option<ObjId>,
        Option<wavetank_core::fact::Refusal>,
    ) {
        let call = self.calls.get_mut(id);
        let (asked, about) = match &call.request {
            Request::CreatePod(_) => (Asked::Create(Kind::Pod), None),
            Request::CreateNode(_) => (Asked::Create(Kind::Node), None),
            Request::CreateReplicaSet(_) => (Asked::Create(Kind::ReplicaSet), None),
            Request::CreateDeployment(_) => (Asked::Create(Kind::Deployment), None),
            Request::CreateService(_) => (Asked::Create(Kind::Service), None),
            Request::CreateSlice(..) => (Asked::Create(Kind::EndpointSlice), None),
            Request::CreateOther(new) => (Asked::Create(new.kind), None),
            Request::Bind(pod, _) => (Asked::Bind, Some((*pod).into())),
            Request::PodStatus(pod, _) => (Asked::Status, Some((*pod).into())),
            Request::Update(fact, _) => (Asked::Update, fact.object()),
            Request::DeletePod(pod, ..) => (Asked::Delete, Some((*pod).into())),
            Request::Delete(object, _) => (Asked::Delete, Some(*object)),
            Request::Evict(pod, _) => (Asked::Evict, Some((*pod).into())),
        };
        let (written, refused) = match &call.answer {
            Some(Ok(written)) => (Some(written.object), None),
            Some(Err(refusal)) => (None, Some(*refusal)),
            None => (None, None),
        };
        (actor(call.from), asked, about.or(written), refused)
    }
}

const fn timer(lane: Lane, kind: u16, about: u32) -> Delivery {
    Delivery::Timer {
        lane: lane.0,
        kind,
        about,
    }
}
