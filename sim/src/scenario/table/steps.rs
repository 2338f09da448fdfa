//! Steps of the timeline, faults, and their verbs.

use super::{COUNT, DIST, DURATION, Field, Kind, Shape, exactly_one, field, required};
use crate::scenario::expr::Scope;

const TARGET: &Kind = &Kind::Target;
const NAME: &Kind = &Kind::Text;
const NAMES: &Kind = &Kind::List(&Kind::Text);

/// The verbs of steps, in the order of the reference.
pub const VERBS: [&str; 18] = [
    "kubectl",
    "crash",
    "restart",
    "freeze",
    "partition",
    "delay",
    "loss",
    "refuse",
    "registry",
    "watch",
    "api",
    "program",
    "pressure",
    "clock",
    "leader",
    "corrupt",
    "nodes",
    "stop",
];

// The timeline and the faults have the same fields; which of them may stand where is checked apart.
macro_rules! step_fields {
    ($($extra:expr),* $(,)?) => {
        &[
            $($extra,)*
            field("if", &Kind::Expr(Scope::Parameters), "true", "only then"),
            field("at", &DIST, "after the previous step", "when, from t = 0"),
            field("after", &Kind::After, "", "how long after the previous step, or NAME + D"),
            field("when", &Kind::Expr(Scope::Now), "", "the first instant it holds"),
            field("within", DURATION, "", "of `when`: or the run fails"),
            field("every", &DIST, "", "again and again"),
            field("times", COUNT, "to the end", "of `every`"),
            field("rate", &Kind::Rate, "", "faults: at random, so often"),
            field("chance", &Kind::Percent, "", "faults: once, perhaps"),
            field("window", &Kind::Window, "the whole run", "faults: of `rate` and `chance`"),
            field("for", &DIST, "", "then it is undone"),
            field("pick", &Kind::IntOrPercent, "all", "how many of the targets"),
            field("mayFail", &Kind::Bool, "false", "a failing line does not fail the run"),
            VERB_FIELDS[0], VERB_FIELDS[1], VERB_FIELDS[2], VERB_FIELDS[3], VERB_FIELDS[4],
            VERB_FIELDS[5], VERB_FIELDS[6], VERB_FIELDS[7], VERB_FIELDS[8], VERB_FIELDS[9],
            VERB_FIELDS[10], VERB_FIELDS[11], VERB_FIELDS[12], VERB_FIELDS[13], VERB_FIELDS[14],
            VERB_FIELDS[15], VERB_FIELDS[16], VERB_FIELDS[17],
        ]
    };
}

/// A step of the timeline.
pub(super) static STEP: Shape = Shape {
    name: "a step",
    one_of: &[],
    fields: step_fields![field(
        "name",
        &Kind::Identifier,
        "",
        "for measures and other steps"
    )],
};

/// A fault.
pub(super) static FAULT: Shape = Shape {
    name: "a fault",
    one_of: &[],
    fields: step_fields![],
};

static VERB_FIELDS: [Field; 18] = [
    field(
        "kubectl",
        &Kind::OneOrList(&Kind::Kubectl),
        "",
        "command lines",
    ),
    field(
        "crash",
        TARGET,
        "",
        "node: power, pod: kill -9, component: process",
    ),
    field("restart", TARGET, "", "stop and start again"),
    field("freeze", TARGET, "", "neither works nor ends"),
    field("partition", &Kind::Object(&CUT), "", "no messages between"),
    field("delay", &Kind::Object(&DELAY), "", "messages take longer"),
    field("loss", &Kind::Object(&LOSS), "", "messages are lost"),
    field("refuse", TARGET, "", "connections to a service are refused"),
    field("registry", &Kind::Object(&REGISTRY), "", "pulls fail"),
    field("watch", &Kind::Object(&WATCH), "", "watches lag, skip, end"),
    field("api", &Kind::Object(&API), "", "requests fail"),
    field("program", &Kind::Object(&PROGRAM), "", "programs misbehave"),
    field(
        "pressure",
        &Kind::Object(&PRESSURE),
        "",
        "a node runs short",
    ),
    field("clock", &Kind::Object(&CLOCK), "", "a clock is wrong"),
    field(
        "leader",
        &Kind::Object(&LEADER),
        "",
        "a leader loses its lease",
    ),
    field(
        "corrupt",
        &Kind::Object(&CORRUPT),
        "",
        "a stored field changes",
    ),
    field("nodes", &Kind::Object(&NODES), "", "nodes are added"),
    field("stop", NAME, "", "the run ends, with this reason"),
];

static CUT: Shape = Shape {
    name: "a partition",
    one_of: &[],
    fields: &[
        required("between", TARGET, "one side"),
        required("and", TARGET, "the other side"),
        field(
            "direction",
            &Kind::Words(&["both", "to", "from"]),
            "both",
            "which messages",
        ),
    ],
};
static DELAY: Shape = Shape {
    name: "a delay",
    one_of: &[],
    fields: &[
        field("hop", HOP, "all", "which conversation"),
        field("from", TARGET, "everyone", "sender"),
        field("to", TARGET, "everyone", "receiver"),
        required("by", &DIST, "how much longer"),
    ],
};
static LOSS: Shape = Shape {
    name: "a loss",
    one_of: &[],
    fields: &[
        field("hop", HOP, "all", "which conversation"),
        field("from", TARGET, "everyone", "sender"),
        field("to", TARGET, "everyone", "receiver"),
        required("share", &Kind::Percent, "of messages"),
    ],
};
const HOP: &Kind = &Kind::Words(&[
    "api",
    "watch",
    "cri",
    "probe",
    "pod",
    "client",
    "dns",
    "proxySync",
    "nodeToNode",
    "nodeToZone",
]);
static REGISTRY: Shape = Shape {
    name: "a registry fault",
    one_of: &[],
    fields: &[
        field("name", NAME, "default", "which registry"),
        required(
            "do",
            &Kind::Words(&["down", "slow", "deny"]),
            "what happens",
        ),
    ],
};
static WATCH: Shape = Shape {
    name: "a watch fault",
    one_of: &[],
    fields: &[
        required("to", TARGET, "whose watches"),
        field("kinds", NAMES, "all", "of which kinds"),
        required(
            "do",
            &Kind::Words(&["hold", "skip", "stale", "gone", "disconnect"]),
            "what happens",
        ),
    ],
};
static API: Shape = Shape {
    name: "an API fault",
    one_of: &[],
    fields: &[
        field(
            "verbs",
            NAMES,
            "all",
            "get, list, create, update, patch, delete, watch",
        ),
        field("kinds", NAMES, "all", "of which kinds"),
        field("share", &Kind::Percent, "100%", "of requests"),
        required("do", &API_DO, "what happens"),
    ],
};
static API_DO: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["conflict", "timeout"])),
    list: None,
    map: Some(&Kind::Object(&API_DO_MAP)),
};
static API_DO_MAP: Shape = Shape {
    name: "`do`",
    one_of: &[exactly_one(&["status", "slow"])],
    fields: &[
        field("status", &Kind::Int(100, 599), "", "answer with it"),
        field("slow", &DIST, "", "answer later by"),
    ],
};
static PROGRAM: Shape = Shape {
    name: "a program fault",
    one_of: &[],
    fields: &[
        required("of", TARGET, "whose programs"),
        required(
            "do",
            &Kind::Words(&["hang", "leak", "slow", "flap", "ignoreTerm"]),
            "what happens",
        ),
    ],
};
static PRESSURE: Shape = Shape {
    name: "pressure",
    one_of: &[],
    fields: &[
        required("of", TARGET, "which nodes"),
        required("what", &Kind::Words(&["memory", "disk", "pid"]), "of what"),
    ],
};
static CLOCK: Shape = Shape {
    name: "a clock fault",
    one_of: &[],
    fields: &[
        required("of", TARGET, "whose clock"),
        required("by", DURATION, "how far ahead"),
    ],
};
static LEADER: Shape = Shape {
    name: "a leader fault",
    one_of: &[],
    fields: &[
        required("of", TARGET, "of which component"),
        required("do", &Kind::Words(&["lose"]), "what happens"),
    ],
};
static CORRUPT: Shape = Shape {
    name: "a corruption",
    one_of: &[],
    fields: &[
        required("of", TARGET, "which objects"),
        required("field", NAME, "a path: .spec.replicas"),
        required("do", &CORRUPT_DO, "what happens"),
    ],
};
static CORRUPT_DO: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["flip", "remove"])),
    list: None,
    map: Some(&Kind::Object(&CORRUPT_SET)),
};
static CORRUPT_SET: Shape = Shape {
    name: "`do`",
    one_of: &[],
    fields: &[required("set", &Kind::Any, "the new value")],
};
static NODES: Shape = Shape {
    name: "a change of nodes",
    one_of: &[],
    fields: &[
        required("add", NAME, "a group of cluster.nodes"),
        field("count", COUNT, "1", "how many"),
    ],
};
