//! Endpoints and traffic (EP): slices say what pods are, proxies follow slices, requests end once.

use wavetank_core::fact::object::{EndpointChange, SliceChange};
use wavetank_core::fact::traffic::{Outcome, RequestEnd};
use wavetank_core::fact::{Controller, Fact};
use wavetank_core::id::{ClientId, PodId, Rev, ServiceId, SliceId};
use wavetank_core::label::Selector;
use wavetank_core::object::service::Endpoint;
use wavetank_core::object::spec::Spec;
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;
use wavetank_core::time::SimTime;

use super::Routed;
use super::catalogue::{Invariant, Observes, Tag};
use super::finder::{Finder, name};
use crate::client::script::{Script, Step};
use crate::engine::outcome::Requests;
use crate::message::call::Request;

/// What this group checks.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "EP-1",
        tag: Tag::View,
        statement: "A pod that a slice lists is selected, has an address, and is not done",
        source: "ShouldPodBeInEndpoints",
        observes: Observes::Decisions,
    },
    Invariant {
        id: "EP-2",
        tag: Tag::View,
        statement: "An endpoint is serving when its pod is Ready, terminating when its pod is being deleted, and ready when the Service wants it so or it is serving and not terminating",
        source: "podToEndpoint",
        observes: Observes::Decisions,
    },
    Invariant {
        id: "EP-3",
        tag: Tag::Always,
        statement: "A slice has 100 endpoints at most, and no pod twice",
        source: "EndpointSlice controller: maxEndpointsPerSlice",
        observes: Observes::Facts,
    },
    Invariant {
        id: "EP-6",
        tag: Tag::Always,
        statement: "A new connection goes to an endpoint of the slices that the node's rules were made from, and rules never become older",
        source: "kube-proxy",
        observes: Observes::Connections,
    },
    Invariant {
        id: "EP-7",
        tag: Tag::Always,
        statement: "Rules choose ready endpoints if there are any, else serving ones that are terminating, else nothing",
        source: "KEP-1669",
        observes: Observes::Connections,
    },
    Invariant {
        id: "EP-10",
        tag: Tag::Always,
        statement: "Every request ends once, in one way; what was sent has ended or is under way",
        source: "conservation",
        observes: Observes::Facts,
    },
];

/// `maxEndpointsPerSlice`
const SLICE_MAX: usize = 100;
/// Requests of a source beyond this number are not looked at one by one: the memory would be unbounded.
const NUMBERS_MAX: u32 = 1 << 26;
/// Connections whose verdict is remembered.
const VERDICTS: usize = 1 << 10;

/// What is remembered of traffic.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointChecks {
    /// The newest rules of each node.
    rules: Vec<Rev>,
    /// Connections that were found to be right: the same rules, Service and pod.
    verdicts: Vec<(ServiceId, Rev, Option<PodId>)>,
    clients: Vec<Client>,
}

/// What is remembered of a source of traffic.
#[derive(Clone, Debug, Default)]
struct Client {
    /// A bit for each request that ended with a fact of its own.
    ended: Vec<u64>,
    counts: [u64; 8],
}

impl EndpointChecks {
    /// EP-6, EP-7.
    pub(super) fn routed(
        &mut self,
        connection: &Routed,
        rules: View<'_>,
        newest: Rev,
        found: &mut Finder<'_>,
    ) {
        let Routed {
            service,
            node,
            rev,
            pod,
            ..
        } = *connection;
        if self.rules.len() <= node.index() {
            self.rules.resize(node.index() + 1, Rev::ZERO);
        }
        let request = || {
            format!(
                "request {} of source {}",
                connection.number, connection.client.0
            )
        };
        let known = &mut self.rules[node.index()];
        // Rules that are newer than everything are those of a proxy without delay.
        let rev = rev.min(newest);
        if rev < *known {
            let message = format!(
                "{} meets rules of {} after rules of {}",
                request(),
                rev.0,
                known.0
            );
            found.report("EP-6", message, &[]);
        }
        *known = rev.max(*known);
        if self.verdicts.is_empty() {
            self.verdicts = vec![(ServiceId(u32::MAX), Rev::ZERO, None); VERDICTS];
        }
        let verdict = (service, rev, pod);
        let pod_part = pod.map_or(0, |pod| pod.0.wrapping_add(1));
        let place = pod_part
            .wrapping_mul(31)
            .wrapping_add(rev.0)
            .wrapping_mul(31)
            .wrapping_add(service.0);
        let place = place as usize % VERDICTS;
        if self.verdicts[place] == verdict {
            return;
        }
        match chosen(connection, rules) {
            None => self.verdicts[place] = verdict,
            Some((id, what)) => found.report(id, format!("{} {what}", request()), &[]),
        }
    }

    fn client(&mut self, client: ClientId) -> &mut Client {
        if self.clients.len() <= client.index() {
            // A source's number comes from a log: no more of them than lanes have room for.
            let len = client.index().min(4_096) + 1;
            self.clients
                .resize_with(len.max(self.clients.len()), Client::default);
        }
        let last = self.clients.len() - 1;
        &mut self.clients[client.index().min(last)]
    }

    /// EP-10 of a request with a fact of its own.
    pub(super) fn ended(&mut self, end: &RequestEnd, at: SimTime, found: &mut Finder<'_>) {
        let client = self.client(end.client);
        client.counts[end.outcome as usize] += 1;
        if end.number < NUMBERS_MAX {
            let (word, bit) = (end.number as usize / 64, 1_u64 << (end.number % 64));
            if client.ended.len() <= word {
                client.ended.resize(word + 1, 0);
            }
            if client.ended[word] & bit != 0 {
                let message = format!(
                    "request {} of source {} ends again",
                    end.number, end.client.0
                );
                found.report("EP-10", message, &[]);
            }
            client.ended[word] |= bit;
        }
        // An address without rules answers nobody: that is a timeout without a pod (C223).
        let is_odd = match end.pod {
            Some(_) => end.outcome == Outcome::NoEndpoint,
            None => !matches!(end.outcome, Outcome::NoEndpoint | Outcome::ConnectTimeout),
        };
        if is_odd || u64::from(end.took_micros) * 1_000 > at.nanos() {
            let message = format!(
                "request {} of source {} ends as {} with pod {:?} after {} µs",
                end.number,
                end.client.0,
                end.outcome.name(),
                end.pod,
                end.took_micros
            );
            found.report("EP-10", message, &[]);
        }
    }

    /// Requests without facts of their own.
    pub(super) fn succeeded(&mut self, client: ClientId, ok: u32) {
        self.client(client).counts[Outcome::Ok as usize] += u64::from(ok);
    }

    /// EP-10 of all requests.
    pub(super) fn finish(&self, requests: &[Requests], found: &mut Finder<'_>) {
        for (index, seen) in requests.iter().enumerate() {
            let counts = self
                .clients
                .get(index)
                .map_or([0; 8], |client| client.counts);
            let ended: u64 = seen.ended.iter().sum();
            if ended > seen.sent || counts[1..] != seen.ended[1..] || counts[0] > seen.ended[0] {
                let message = format!(
                    "source {index} sent {}, ended {:?}, and its facts say {counts:?}",
                    seen.sent, seen.ended
                );
                found.report("EP-10", message, &[]);
            }
        }
    }
}

/// What is wrong with the choice of an endpoint.
fn chosen(connection: &Routed, rules: View<'_>) -> Option<(&'static str, String)> {
    let service = rules.service(connection.service);
    let spec = service.map(|it| &rules.definitions().get_spec(it.spec).spec);
    let is_local =
        matches!(spec, Some(Spec::Service(it)) if it.internal_local || it.external_local);
    let mut own: Option<Endpoint> = None;
    let (mut ready, mut terminating) = (false, false);
    for (_, slice) in rules.slices_of(connection.service) {
        for endpoint in slice.endpoints.iter() {
            ready |= endpoint.ready;
            terminating |= endpoint.serving && endpoint.terminating;
            if Some(endpoint.pod) == connection.pod {
                // A pod may be in two slices for a moment (EP-4): the better entry counts.
                own = own.filter(|known| known.ready).or(Some(*endpoint));
            }
        }
    }
    let Some(pod) = connection.pod else {
        let wrong = (ready || terminating) && !is_local && service.is_some();
        return wrong.then(|| ("EP-7", "finds no endpoint, and there is one".to_owned()));
    };
    let Some(endpoint) = own else {
        return Some((
            "EP-6",
            format!(
                "goes to {}, which is no endpoint of the rules",
                rules.pod_name(pod)
            ),
        ));
    };
    let is_fit =
        endpoint.ready || (endpoint.serving && endpoint.terminating && (!ready || is_local));
    (!is_fit).then(|| {
        (
            "EP-7",
            format!("goes to {}, which others go before", rules.pod_name(pod)),
        )
    })
}

/// EP-1, EP-2 of what the EndpointSlice controller writes.
pub(super) fn decided(
    controller: Controller,
    view: View<'_>,
    script: &Script,
    found: &mut Finder<'_>,
) {
    if controller != Controller::EndpointSlice {
        return;
    }
    for request in requests(script) {
        match request {
            Request::CreateSlice(new, _) => {
                for endpoint in &new.endpoints {
                    listed(endpoint, new.service, view, found);
                }
            }
            Request::Update(Fact::SliceChanged(slice, SliceChange::Endpoints(changes)), _) => {
                let Some(service) = view.slice(*slice).map(|it| it.service) else {
                    continue;
                };
                for change in changes {
                    if let EndpointChange::Set(endpoint) = change {
                        listed(endpoint, service, view, found);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The writes of a script, in order.
pub(super) fn requests(script: &Script) -> impl Iterator<Item = &Request> {
    script.steps.iter().flat_map(|step| match step {
        Step::Write(request) | Step::Try(request) | Step::Insist(request) => {
            std::slice::from_ref(request).iter()
        }
        Step::Parallel(requests) | Step::SlowStart(requests) => requests.iter(),
    })
}

fn listed(endpoint: &Endpoint, service: ServiceId, view: View<'_>, found: &mut Finder<'_>) {
    let Some(it) = view.service(service) else {
        return;
    };
    let Spec::Service(spec) = &view.definitions().get_spec(it.spec).spec else {
        return;
    };
    let Some(pod) = view.pod(endpoint.pod) else {
        let message = format!(
            "pod {} is listed, which the controller does not know",
            endpoint.pod.0
        );
        return found.report("EP-1", message, &[]);
    };
    let who = || view.pod_name(endpoint.pod);
    let labels = view.definitions().get_set(pod.labels);
    let is_selected = spec
        .selector
        .as_ref()
        .is_some_and(|it: &Selector| it.matches(labels));
    if !is_selected || pod.phase.is_terminal() || !pod.ip.is_some() {
        let message = format!(
            "{} is listed: selected {is_selected}, phase {}, address {}",
            who(),
            pod.phase.text(),
            pod.ip
        );
        found.report("EP-1", message, &[]);
    }
    let (serving, terminating) = (pod.is_ready(), pod.deletion.is_some());
    let ready = spec.publish_not_ready || (serving && !terminating);
    if (endpoint.serving, endpoint.terminating, endpoint.ready) != (serving, terminating, ready) {
        let message = format!(
            "{} is listed as serving {}, terminating {}, ready {}, and is {serving}, {terminating}, {ready}",
            who(),
            endpoint.serving,
            endpoint.terminating,
            endpoint.ready
        );
        found.report("EP-2", message, &[]);
    }
}

/// EP-3, after the write.
pub(super) fn after(id: SliceId, cluster: &Cluster, found: &mut Finder<'_>) {
    let Some(slice) = cluster.store.slices.newest(id.0) else {
        return;
    };
    let count = slice.endpoints.len();
    let is_new = slice.version == 0;
    let is_twice = |at: usize| {
        let pod = slice.endpoints[at].pod;
        slice.endpoints[..at].iter().any(|it| it.pod == pod)
    };
    // A change sets an endpoint in its place, so that only a new slice can have one twice.
    if count > SLICE_MAX || (is_new && (0..count).any(is_twice)) {
        let message = format!("{} has {count} endpoints, or one twice", name(cluster, id));
        found.report("EP-3", message, &[]);
    }
}
