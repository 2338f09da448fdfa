use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use wavetank_core::draw::Key;
use wavetank_core::fact::object::{EndpointChange, NewSlice, SliceChange};
use wavetank_core::fact::runtime::RuntimeFact;
use wavetank_core::fact::traffic::Outcome;
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::{ClientId, PodId, ServiceId, SliceId};
use wavetank_core::object::pod::PodIp;
use wavetank_core::object::service::{Endpoint, SlicePort};
use wavetank_core::object::template::Protocol;
use wavetank_core::state::Cluster;
use wavetank_core::state::view::View;
use wavetank_core::time::{SimDuration, SimTime};

use super::Traffic;
use super::connect::Servers;
use crate::component::proxy::Proxies;
use crate::engine::context::Effect;
use crate::engine::outcome::Requests;
use crate::message::call::Request;
use crate::message::{Message, NO_CAUSE};
use crate::network::Lane;
use crate::plan::Plan;
use crate::plan::build::PlanBuilder;
use crate::plan::traffic::Source;
use crate::world::Connection;

/// A pod's server, in milliseconds: its address, its listener, its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Life {
    listens: u64,
    stops: u64,
    ended: u64,
    dark: u64,
    /// The longest answer, and the status from `stops` − 200 on.
    answer: u64,
    last_status: u16,
    /// Whether its steps are known before they happen.
    known: bool,
}

/// The servers of a test: pod `i` is the i-th.
struct Fake(Vec<Life>);

const SICK: u64 = 200;

fn at(millis: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_millis(millis)
}

impl Life {
    fn status(&self, now: SimTime) -> u16 {
        if now >= at(self.stops.saturating_sub(SICK)) {
            self.last_status
        } else {
            200
        }
    }

    fn steps(&self) -> [SimTime; 5] {
        let sick = self.stops.saturating_sub(SICK);
        [self.listens, sick, self.stops, self.ended, self.dark].map(at)
    }
}

impl Servers for Fake {
    fn connect(&self, pod: PodId, _: u16, _: &str, index: u64, now: SimTime) -> Connection {
        let life = &self.0[pod.index()];
        if now >= at(life.dark) {
            return Connection::Silent;
        }
        if now < at(life.listens) || now >= at(life.stops) {
            return Connection::Refused;
        }
        Connection::Served {
            time: SimDuration::from_millis(index * 7_919 % (life.answer + 1)),
            status: life.status(now),
        }
    }

    fn cut_at(&self, pod: PodId, _: u16, _: SimTime) -> Option<SimTime> {
        let life = &self.0[pod.index()];
        // The node's end: nobody says a word.
        (life.dark != life.ended).then(|| at(life.ended))
    }

    fn certain(&self, pod: PodId, _: u16, _: &str, now: SimTime) -> Option<(SimDuration, u16)> {
        let life = &self.0[pod.index()];
        let up = now >= at(life.listens) && now < at(life.stops) && now < at(life.dark);
        up.then(|| (SimDuration::from_millis(life.answer), life.status(now)))
    }

    fn next_step(&self, pod: PodId, now: SimTime) -> Option<SimTime> {
        let life = &self.0[pod.index()];
        let steps = life.steps().into_iter().filter(|step| *step > now);
        steps.min().filter(|_| life.known)
    }
}

/// A write of the slice, at a millisecond.
type Write = (u64, Vec<EndpointChange>);

fn endpoint(pod: u32, ready: bool, terminating: bool) -> Endpoint {
    Endpoint {
        pod: PodId(pod),
        ip: PodIp(pod + 1),
        node: None,
        ready,
        serving: true,
        terminating,
    }
}

fn plan(exact: bool, source: &Source) -> Plan {
    static EMPTY: LazyLock<PlanBuilder> =
        LazyLock::new(|| PlanBuilder::new("traffic").nodes(3).service("web"));
    let mut builder = EMPTY.clone();
    builder.plan().exact = exact;
    builder.plan().traffic.push(source.clone());
    builder.build()
}

fn source() -> Source {
    Source {
        name: "load".into(),
        namespace: "default".into(),
        service: "web".into(),
        port: None,
        path: "/".into(),
        on_nodes: true,
        rate_milli: 200_000,
        poisson: false,
        start: SimDuration::ZERO,
        stop: None,
        timeout: SimDuration::from_secs(1),
    }
}

/// What a run of the traffic came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Story {
    facts: Vec<Record>,
    requests: Vec<Requests>,
    messages: u32,
}

/// The engine in little: writes, lives and clients, in the order of the engine.
struct Run {
    cluster: Cluster,
    proxies: Proxies,
    traffic: Traffic,
    servers: Fake,
    queue: BTreeMap<(SimTime, Lane, u32), What>,
    n: u32,
    story: Story,
}

#[derive(Clone, Debug)]
enum What {
    Begin,
    Fact(Fact),
    Message(Message),
}

impl Run {
    fn push(&mut self, at: SimTime, lane: Lane, what: What) {
        self.n += 1;
        self.queue.insert((at, lane, self.n), what);
    }

    fn commit(&mut self, now: SimTime, lane: Lane, by: Actor, fact: Fact, cause: u32) {
        let seq = self.cluster.next_seq;
        let cause = if cause == NO_CAUSE {
            seq
        } else {
            u64::from(cause)
        };
        let record = Record {
            seq,
            at: now,
            cause,
            by,
            fact,
        };
        self.cluster.apply(&record);
        if let Some(endpoints) = crate::component::proxy::programmed(&record.fact) {
            let rev = self.cluster.store.rev;
            for (at, lane, message) in self.proxies.committed(rev, now, endpoints) {
                self.push(at, lane, What::Message(message));
            }
        }
        let own = u32::try_from(seq).unwrap();
        for (lane, message) in self.traffic.observe(&record, own, lane) {
            self.push(now, lane, What::Message(message));
        }
        self.story.facts.push(record);
    }

    fn drain(&mut self, now: SimTime, lane: Lane, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Because(by, fact, cause) => self.commit(now, lane, by, fact, cause),
                Effect::Wake(at, lane, message) => self.push(at, lane, What::Message(message)),
                Effect::Fact(..) | Effect::Call(..) => panic!("not from traffic: {effect:?}"),
            }
        }
    }

    fn step(&mut self, now: SimTime, lane: Lane, what: What) {
        self.story.messages += 1;
        let mut effects = Vec::new();
        match what {
            What::Begin => self.traffic.begin(now, now, &mut effects),
            What::Fact(fact) => return self.commit(now, lane, Actor::Scenario, fact, NO_CAUSE),
            What::Message(Message::Proxy(node, number)) => {
                if let Some((at, lane, message)) = self.proxies.play(node, number, now) {
                    self.push(at, lane, What::Message(message));
                }
            }
            What::Message(Message::Traffic(client, kind, number)) => {
                let view = View::latest(&self.cluster);
                let (proxies, servers) = (&mut self.proxies, &self.servers);
                let traffic = &mut self.traffic;
                traffic.play(
                    client,
                    kind,
                    number,
                    now,
                    proxies,
                    servers,
                    view,
                    &mut effects,
                );
            }
            What::Message(message) => panic!("not in this test: {message:?}"),
        }
        self.drain(now, lane, effects);
    }
}

/// The facts of a rollout under traffic that begins at `begin` and ends with the run, in milliseconds.
fn story(
    plan: &Plan,
    seed: u64,
    lives: &[Life],
    writes: &[Write],
    (begin, end): (u64, u64),
) -> Story {
    let key = Key::new(seed, &[0; 32]);
    let mut run = Run {
        cluster: Cluster::new(plan.definitions.clone()),
        proxies: Proxies::new(plan, &key),
        traffic: Traffic::new(plan, &key),
        servers: Fake(lives.to_vec()),
        queue: BTreeMap::new(),
        n: 0,
        story: Story::default(),
    };
    let Some(Request::CreateService(service)) = plan.objects.first() else {
        panic!("the plan begins with a Service")
    };
    let mut meta = service.meta;
    meta.name = plan.definitions.clone().name("web");
    let slice = NewSlice {
        meta,
        service: ServiceId(0),
        ports: vec![SlicePort {
            name: "".into(),
            port: 8_080,
            protocol: Protocol::Tcp,
        }],
        endpoints: Vec::new(),
    };
    let created = Fact::ServiceCreated(ServiceId(0), service.clone());
    run.push(SimTime::ZERO, Lane::API, What::Fact(created));
    let created = Fact::SliceCreated(SliceId(0), Box::new(slice));
    run.push(SimTime::ZERO, Lane::API, What::Fact(created));
    for (millis, changes) in writes {
        let change = SliceChange::Endpoints(changes.clone().into());
        let fact = Fact::SliceChanged(SliceId(0), change);
        run.push(at(*millis), Lane::API, What::Fact(fact));
    }
    for (index, life) in lives.iter().enumerate() {
        let pod = PodId::from_index(index);
        // Some changes come from faults, before clients; others from kubelets, after them.
        let lane = if index % 2 == 0 {
            Lane::FAULT
        } else {
            Lane(5_000)
        };
        for (step, fact) in [
            (life.listens, RuntimeFact::Listening(0, 8_080)),
            (life.stops.saturating_sub(SICK), RuntimeFact::Started(0)),
            (life.stops, RuntimeFact::ListenStopped(0, 8_080)),
            (life.ended, RuntimeFact::Exited(0, 0, false)),
            (life.dark, RuntimeFact::SandboxStopped),
        ] {
            run.push(at(step), lane, What::Fact(Fact::Runtime(pod, fact)));
        }
    }
    run.push(at(begin), Lane::USER, What::Begin);
    while let Some(((now, lane, _), what)) = run.queue.pop_first() {
        if now > at(end) {
            break;
        }
        run.step(now, lane, what);
    }
    let mut effects = Vec::new();
    let view = View::latest(&run.cluster);
    let (proxies, servers) = (&mut run.proxies, &run.servers);
    run.traffic
        .close(at(end), proxies, servers, view, &mut effects);
    run.drain(at(end), Lane::SCENARIO, effects);
    run.story.requests = run.traffic.finish();
    run.story
}

/// Always there.
const FINE: Life = Life {
    listens: 0,
    stops: 1_000_000_000,
    ended: 1_000_000_000,
    dark: 1_000_000_001,
    answer: 5,
    last_status: 200,
    known: false,
};

fn ready(pods: impl IntoIterator<Item = u32>) -> Vec<EndpointChange> {
    let pods = pods.into_iter();
    pods.map(|pod| EndpointChange::Set(endpoint(pod, true, false)))
        .collect()
}

#[test]
fn ten_minutes_of_answered_requests_are_counted() {
    let plan = plan(false, &source());
    let writes = [(1_000, ready(0..4))];
    let story = story(&plan, 1, &[FINE; 4], &writes, (10_000, 610_000));
    assert!(story.messages < 100, "{} messages", story.messages);
    assert_eq!(story.requests[0].sent, 120_000);
    assert_eq!(story.requests[0].lost(), 0);
}

#[test]
fn a_pod_that_is_killed_loses_its_share_until_the_next_sync() {
    let source = source();
    let killed = Life {
        stops: 20_000,
        ended: 20_000,
        dark: 20_150,
        ..FINE
    };
    // A sync has just been at 19.9 s, so the removal at 20.02 s waits.
    let gone = vec![EndpointChange::Removed(PodId(0))];
    let writes = [(1_000, ready(0..4)), (19_900, ready(0..4)), (20_020, gone)];
    let lives = [killed, FINE, FINE, FINE];
    let story = story(&plan(false, &source), 1, &lives, &writes, (10_000, 30_000));
    let lost = |outcome: Outcome| story.requests[0].ended[outcome as usize];
    // A quarter of 200 a second: 0.15 s refused, and then nobody answers for 0.85 s.
    assert!(lost(Outcome::Refused).abs_diff(8) < 6);
    assert!(lost(Outcome::ConnectTimeout).abs_diff(42) < 20);
    assert_eq!(story.requests[0].sent, 4_000);
}

#[test]
fn rules_without_endpoints_refuse() {
    let writes = [
        (1_000, ready([0])),
        (15_000, vec![EndpointChange::Removed(PodId(0))]),
    ];
    let story = story(
        &plan(false, &source()),
        1,
        &[FINE],
        &writes,
        (10_000, 20_000),
    );
    let refused = story.requests[0].ended[Outcome::NoEndpoint as usize];
    assert!(refused > 900, "{refused}");
    // Each loss is explained by the write, and each tally by nothing.
    let is_write = |record: &&Record| matches!(record.fact, Fact::SliceChanged(..));
    let write = story.facts.iter().rfind(is_write).expect("a write").seq;
    let told = story.facts.iter();
    for record in told.filter(|record| record.by == Actor::Client(ClientId(0))) {
        let is_loss = matches!(record.fact, Fact::RequestEnded(_));
        let cause = if is_loss { write } else { record.seq };
        assert_eq!(record.cause, cause);
    }
}

fn life() -> impl Strategy<Value = Life> {
    (
        0_u64..6_000,
        0_u64..6_000,
        0_u64..300,
        0_u64..300,
        prop_oneof![3 => 0_u64..20, 1 => 0_u64..1_300],
        prop::sample::select(vec![200_u16, 200, 503]),
        any::<bool>(),
    )
        .prop_map(
            |(listens, lasts, drains, dark, answer, last_status, known)| Life {
                listens,
                stops: listens + lasts,
                ended: listens + lasts + drains,
                dark: listens + lasts + drains + dark,
                answer,
                last_status,
                known,
            },
        )
}

fn change(pods: u32) -> impl Strategy<Value = EndpointChange> {
    (0..pods, 0_u8..4).prop_map(|(pod, kind)| match kind {
        0 | 1 => EndpointChange::Set(endpoint(pod, true, false)),
        2 => EndpointChange::Set(endpoint(pod, false, true)),
        _ => EndpointChange::Removed(PodId(pod)),
    })
}

const PODS: u32 = 5;

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = (0_u64..12_000, prop::collection::vec(change(PODS), 1..4));
    prop::collection::vec(write, 0..12)
}

proptest! {
    /// Requests that are only counted come to the same as requests that are played.
    #[test]
    fn lazy_traffic_is_exact(
        lives in prop::collection::vec(life(), PODS as usize),
        steady in 0_usize..4,
        writes in writes(),
        seed: u64,
        rate in 1_000_u64..100_000,
        poisson: bool,
        on_nodes: bool,
        stop in prop::option::of(100_u64..12_000),
    ) {
        let source = Source {
            rate_milli: rate,
            poisson,
            on_nodes,
            stop: stop.map(SimDuration::from_millis),
            ..source()
        };
        let mut lives = lives;
        lives[..steady].fill(FINE);
        let span = (2_000, 13_000);
        let lazy = story(&plan(false, &source), seed, &lives, &writes, span);
        let exact = story(&plan(true, &source), seed, &lives, &writes, span);
        prop_assert_eq!(&lazy.requests, &exact.requests);
        prop_assert_eq!(&lazy.facts, &exact.facts);
        prop_assert!(lazy.messages <= exact.messages);
        let requests = &lazy.requests[0];
        let ended: u64 = requests.ended.iter().sum();
        prop_assert!(ended <= requests.sent, "each ends at most once (EP-10)");
    }
}
