//! Plans of one node, runs of them, and what they write as text.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::Expect;
use wavetank_core::dist::Dist;
use wavetank_core::fact::pod::{ContainerChange, PodChange, StatusChange};
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::{NodeId, PodId};
use wavetank_core::object::pod::PodConditionType;
use wavetank_core::object::template::{Handler, PodSpec};
use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::check::Checks;
use wavetank_sim::engine::Engine;
use wavetank_sim::engine::record::Recorder;
use wavetank_sim::message::call::Request;
use wavetank_sim::network::profile::Network;
use wavetank_sim::plan::Plan;
use wavetank_sim::plan::build::PlanBuilder;
use wavetank_sim::plan::fault::FaultStep;
use wavetank_sim::plan::image::{Image, Program};

/// When a pod of the test vectors is added, in milliseconds (K217): the engine begins there.
pub(crate) const ADDED: u64 = 250;

/// A plan of one node, and one pod on it, with the canonical profile.
pub(crate) fn canonical(program: Program, edit: impl FnOnce(&mut PodSpec)) -> Plan {
    let mut plan = bound(PlanBuilder::new("kubelet").nodes(1).pod("p", |spec| {
        spec.containers[0].name = "c".into();
        edit(spec);
    }));
    plan.network = Network::canonical(SimDuration::from_millis(1_000 - ADDED));
    plan.images.default.present = true;
    plan.images.default.program = program;
    plan
}

/// The plan with all its pods bound to the first node.
pub(crate) fn bound(builder: PlanBuilder) -> Plan {
    let mut plan = builder.build();
    for request in &mut plan.objects {
        if let Request::CreatePod(pod) = request {
            pod.node = Some(NodeId(0));
        }
    }
    plan
}

/// Runs a plan until `seconds`, with calls of the user at some milliseconds of the test vectors' time.
pub(crate) fn play(
    mut plan: Plan,
    seconds: u64,
    seed: u64,
    calls: &[(u64, Request)],
) -> (Vec<Record>, Engine) {
    plan.span.until = Some(SimDuration::from_secs(seconds));
    run(plan, seed, calls, Vec::new())
}

fn run(
    plan: Plan,
    seed: u64,
    calls: &[(u64, Request)],
    faults: Vec<FaultStep>,
) -> (Vec<Record>, Engine) {
    let recorder = Recorder::memory();
    let mut engine = Engine::new(Arc::new(plan), seed, faults, recorder, Checks::none());
    for (millis, request) in calls {
        let at = SimTime::ZERO + SimDuration::from_millis(millis - ADDED);
        engine.call_at(at, request.clone());
    }
    while engine.step() {}
    let records = engine.recorder().kept.clone().expect("they are kept");
    (records, engine)
}

/// The facts of a pod, one line each, in the time of the test vectors.
pub(crate) fn lines(records: &[Record], engine: &Engine, pod: PodId) -> String {
    let texts = &engine.cluster().definitions.texts;
    let mut out = String::new();
    for record in records {
        if record.fact.object() != Some(pod.into()) {
            continue;
        }
        let millis = record.at.nanos() / 1_000_000 + ADDED;
        let what = match &record.fact {
            Fact::PodCreated(..) => "ADDED".to_owned(),
            Fact::PodChanged(_, PodChange::Status(changes)) => {
                let text = |id| texts.get(id).to_owned();
                let all: Vec<String> = changes.iter().map(|change| show(change, text)).collect();
                format!("-> {}", all.join(", "))
            }
            Fact::PodChanged(_, change) => format!("-> {change:?}"),
            Fact::Runtime(_, fact) => format!("   {fact:?}"),
            Fact::EventRecorded(_, note) => {
                format!("   event {}", resolve(&format!("{note:?}"), texts))
            }
            other => format!("{other:?}"),
        };
        let by = match record.by {
            Actor::Kubelet(_) => "",
            _ => "(not the kubelet) ",
        };
        writeln!(out, "{}.{:03} {by}{what}", millis / 1_000, millis % 1_000).expect("a string");
    }
    out
}

/// A note with its texts in the place of their numbers.
fn resolve(note: &str, texts: &wavetank_core::text::Texts) -> String {
    let mut parts = note.split("TextId(");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (number, rest) = part.split_once(')').expect("a number");
        let id = wavetank_core::id::TextId(number.parse().expect("digits"));
        write!(out, "{:?}{rest}", texts.get(id)).expect("a string");
    }
    out
}

fn show(change: &StatusChange, text: impl Fn(wavetank_core::id::TextId) -> String) -> String {
    match change {
        StatusChange::Phase(phase) => format!("phase {}", phase.text()),
        StatusChange::Ip(ip) => format!("ip {ip}"),
        StatusChange::Started(_) => "startTime".to_owned(),
        StatusChange::ObservedGeneration(generation) => format!("og {generation}"),
        StatusChange::Condition(kind, status, reason, _) => {
            let kind = match kind {
                PodConditionType::PodReadyToStartContainers => "RTS",
                PodConditionType::ContainersReady => "CR",
                PodConditionType::Ready => "Rdy",
                PodConditionType::Initialized => "Init",
                PodConditionType::PodScheduled | PodConditionType::DisruptionTarget => kind.text(),
            };
            format!("{kind} {} {}", status.text(), text(*reason))
                .trim_end()
                .to_owned()
        }
        StatusChange::ConditionMessage(_, message) => format!("({})", text(*message)),
        StatusChange::Container(number, change) => match change {
            ContainerChange::Waiting(reason) => format!("{number} W {}", text(*reason)),
            ContainerChange::Running(_) => format!("{number} running"),
            ContainerChange::Terminated(code, reason, ..) => {
                format!("{number} T {code} {}", text(*reason))
            }
            ContainerChange::LastTerminated(code, reason, ..) => {
                format!("{number} LS {code} {}", text(*reason))
            }
            ContainerChange::Message(message) => format!("({})", text(*message)),
            ContainerChange::Restarts(count) => format!("{number} rc{count}"),
            ContainerChange::Ready(ready) => format!("{number} ready {ready}"),
            ContainerChange::Started(started) => {
                format!("{number} started {}", started == &Some(true))
            }
            ContainerChange::Attempt(_) => format!("{number} containerID"),
            ContainerChange::LastState => format!("{number} LS"),
        },
        other => format!("{other:?}"),
    }
}

pub(crate) fn check(plan: Plan, seconds: u64, expected: &Expect) {
    check_with(plan, seconds, &[], expected);
}

/// As [`check`], with faults.
pub(crate) fn check_faults(
    mut plan: Plan,
    seconds: u64,
    faults: Vec<FaultStep>,
    expected: &Expect,
) {
    plan.span.until = Some(SimDuration::from_secs(seconds));
    let (records, engine) = run(plan, 1, &[], faults);
    expected.assert_eq(&lines(&records, &engine, PodId(0)));
}

/// As [`check`], with calls of the user.
pub(crate) fn check_with(plan: Plan, seconds: u64, calls: &[(u64, Request)], expected: &Expect) {
    let (records, engine) = play(plan, seconds, 1, calls);
    expected.assert_eq(&lines(&records, &engine, PodId(0)));
}

/// A program that listens at once and runs for ever.
pub(crate) fn server() -> Program {
    Program {
        listens_after: Dist::Constant(SimDuration::ZERO),
        ..Program::default()
    }
}

/// DELETE of the pod at 10 s.
pub(crate) fn delete(grace: Option<u32>) -> [(u64, Request); 1] {
    [(10_000, Request::DeletePod(PodId(0), grace, None))]
}

/// A program that listens so long after its start.
pub(crate) fn listens_after(seconds: u64) -> Program {
    Program {
        listens_after: Dist::Constant(SimDuration::from_secs(seconds)),
        ..server()
    }
}

/// preStop of so many seconds.
pub(crate) fn pre_stop(seconds: u32) -> impl FnOnce(&mut PodSpec) {
    move |spec| spec.containers[0].pre_stop = Some(Handler::Sleep(seconds))
}

/// The main container of [`canonical`], as an init container `name` of another image.
pub(crate) fn init(spec: &mut PodSpec, name: &str) {
    let mut container = spec.containers[0].clone();
    container.name = name.into();
    container.image = "init:1".into();
    spec.init_containers.push(container);
}

/// The plan with a program for the init containers.
pub(crate) fn with_init(mut plan: Plan, seconds: u64, exit_code: i32) -> Plan {
    let program = Program {
        runs: Some(Dist::Constant(SimDuration::from_secs(seconds))),
        exit_code,
        ..server()
    };
    let image = Image {
        program,
        ..plan.images.default.clone()
    };
    plan.images.named.push(("init".into(), image));
    plan
}
