//! Sections at the top: parameters, cluster, manifests, patches, run, expectations, sweeps.

use super::steps::{FAULT, STEP};
use super::world::{IMAGE, NETWORK, PROGRAM, TRAFFIC};
use super::{COUNT, DIST, DURATION, KeyRule, Kind, Shape, exactly_one, field, required};
use crate::scenario::expr::Scope;

const EXPR_PARAMETERS: &Kind = &Kind::Expr(Scope::Parameters);
const EXPR_RUN: &Kind = &Kind::Expr(Scope::Run);
const EXPR_RUNS: &Kind = &Kind::Expr(Scope::Runs);
const TEXTS: &Kind = &Kind::List(&Kind::Text);
const LABELS: &Kind = &Kind::Map(KeyRule::Text, &Kind::Text);

/// The whole file.
pub static SCENARIO: Shape = Shape {
    name: "a scenario",
    one_of: &[],
    fields: &[
        required("apiVersion", &Kind::Format, "the format: wavetank/v1"),
        required("kind", &Kind::Words(&["Scenario"]), "always Scenario"),
        field(
            "requires",
            &Kind::Text,
            "",
            "the oldest program that may run it: \">=0.4\"",
        ),
        field("about", &Kind::Text, "", "the heading of reports"),
        field(
            "include",
            &Kind::List(&Kind::Path),
            "",
            "files that this one is laid over",
        ),
        field(
            "parameters",
            &Kind::Map(KeyRule::Identifier, &Kind::Object(&PARAMETER)),
            "",
            "named values that --set and sweeps change",
        ),
        field(
            "cluster",
            &Kind::Object(&CLUSTER),
            "three nodes",
            "the cluster",
        ),
        field(
            "manifests",
            &Kind::List(&Kind::Path),
            "",
            "files, directories, globs, in this order",
        ),
        field(
            "patches",
            &Kind::List(&Kind::Object(&PATCH)),
            "",
            "changes to manifests",
        ),
        field(
            "images",
            &Kind::Map(KeyRule::Text, &Kind::Object(&IMAGE)),
            "built-in images",
            "how programs behave, by image",
        ),
        field(
            "containers",
            &Kind::Map(KeyRule::Text, &Kind::Object(&PROGRAM)),
            "",
            "how programs behave, by workload and container",
        ),
        field(
            "network",
            &Kind::Object(&NETWORK),
            "profile lab",
            "delays, losses, registries",
        ),
        field(
            "traffic",
            &Kind::Map(KeyRule::Identifier, &Kind::Object(&TRAFFIC)),
            "",
            "who sends requests where",
        ),
        field(
            "timeline",
            &Kind::List(&Kind::Object(&STEP)),
            "",
            "what people do, in order",
        ),
        field(
            "faults",
            &Kind::Map(KeyRule::Identifier, &Kind::Object(&FAULT)),
            "",
            "what happens by itself",
        ),
        field(
            "swarm",
            &Kind::Object(&SWARM),
            "",
            "random subsets of faults for `check --swarm`",
        ),
        field(
            "run",
            &Kind::Object(&RUN),
            "",
            "how long, with which seed, what is recorded",
        ),
        field(
            "measures",
            &Kind::Map(KeyRule::Identifier, EXPR_RUN),
            "",
            "columns of every table",
        ),
        field("expect", &Kind::List(&EXPECT), "", "what must hold"),
        field(
            "invariants",
            &Kind::Object(&INVARIANTS),
            "all that apply",
            "checks on every run",
        ),
        field(
            "sweep",
            &Kind::Object(&SWEEP),
            "",
            "which parameters, how many seeds",
        ),
        field("report", &Kind::Object(&REPORT), "", "titles and plots"),
    ],
};

/// One declared parameter.
pub static PARAMETER: Shape = Shape {
    name: "a parameter",
    one_of: &[super::OneOf {
        names: &["default", "expr"],
        required: false,
    }],
    fields: &[
        field(
            "type",
            &Kind::Words(&[
                "bool",
                "int",
                "number",
                "duration",
                "quantity",
                "rate",
                "percent",
                "intOrPercent",
                "string",
                "enum",
                "file",
            ]),
            "that of the default",
            "what kind of value",
        ),
        field(
            "default",
            &Kind::Any,
            "must be given",
            "its value unless set",
        ),
        field(
            "expr",
            EXPR_PARAMETERS,
            "",
            "computed from other parameters",
        ),
        field("min", &Kind::Any, "", "the least allowed value"),
        field("max", &Kind::Any, "", "the greatest allowed value"),
        field("values", &Kind::List(&Kind::Any), "", "the allowed values"),
        field("help", &Kind::Text, "", "what it is for"),
    ],
};

static CLUSTER: Shape = Shape {
    name: "cluster",
    one_of: &[],
    fields: &[
        field("kubernetes", &Kind::Version, "\"1.36\"", "the version"),
        field(
            "from",
            &Kind::Path,
            "",
            "a dump: kubectl get nodes,pods -A -o yaml",
        ),
        field(
            "zones",
            TEXTS,
            "[]",
            "labels topology.kubernetes.io/zone; nodes go round",
        ),
        field("nodes", &NODES, "3", "how many, or groups of them"),
        field(
            "config",
            &Kind::Object(&CONFIG),
            "",
            "configuration of components",
        ),
        field(
            "featureGates",
            &Kind::Map(KeyRule::Text, &Kind::Bool),
            "",
            "of all components",
        ),
    ],
};
static NODES: Kind = Kind::Shaped {
    scalar: Some(&Kind::Int(0, 1_000_000)),
    list: None,
    map: Some(&Kind::Map(KeyRule::Text, &Kind::Object(&NODE_GROUP))),
};
static NODE_GROUP: Shape = Shape {
    name: "a node group",
    one_of: &[],
    fields: &[
        required("count", &Kind::Int(0, 1_000_000), "how many nodes"),
        field(
            "capacity",
            &Kind::Object(&RESOURCES),
            "cpu 4, memory 16Gi, pods 110",
            "of each node",
        ),
        field("reserved", &Kind::Object(&RESOURCES), "", "not for pods"),
        field("zones", TEXTS, "the cluster's", "zones of this group"),
        field("labels", LABELS, "", "labels of each node"),
        field("taints", TEXTS, "", "\"gpu=true:NoSchedule\""),
        field(
            "config",
            &Kind::Object(&NODE_CONFIG),
            "",
            "kubelet and kube-proxy of these nodes",
        ),
        field(
            "autoscale",
            &Kind::List(COUNT),
            "",
            "[min, max] for the cluster autoscaler",
        ),
        field("readyAfter", &DIST, "", "how long a new node takes"),
    ],
};
static RESOURCES: Shape = Shape {
    name: "a list of resources",
    one_of: &[],
    fields: &[
        field("cpu", &Kind::Quantity(false), "4", "cores"),
        field("memory", &Kind::Quantity(true), "16Gi", "bytes"),
        field("ephemeral-storage", &Kind::Quantity(true), "", "bytes"),
        field("pods", &Kind::Int(0, 100_000), "110", "most pods"),
        field(
            "nvidia.com/gpu",
            &Kind::Int(0, 100_000),
            "",
            "graphics processors",
        ),
    ],
};

const DOCUMENT: &Kind = &Kind::Shaped {
    scalar: Some(&Kind::Path),
    list: None,
    map: Some(&Kind::Any),
};
static CONFIG: Shape = Shape {
    name: "cluster.config",
    one_of: &[],
    fields: &[
        field(
            "kubelet",
            DOCUMENT,
            "",
            "fields of KubeletConfiguration, or a file",
        ),
        field(
            "kube-proxy",
            DOCUMENT,
            "",
            "fields of KubeProxyConfiguration, or a file",
        ),
        field(
            "kube-scheduler",
            DOCUMENT,
            "",
            "fields of KubeSchedulerConfiguration, or a file",
        ),
        field("kube-apiserver", DOCUMENT, "", "flags without dashes"),
        field(
            "kube-controller-manager",
            DOCUMENT,
            "",
            "flags without dashes",
        ),
        field("cluster-autoscaler", DOCUMENT, "", "flags without dashes"),
    ],
};
static NODE_CONFIG: Shape = Shape {
    name: "config of a node group",
    one_of: &[],
    fields: &[
        field(
            "kubelet",
            DOCUMENT,
            "",
            "fields of KubeletConfiguration, or a file",
        ),
        field(
            "kube-proxy",
            DOCUMENT,
            "",
            "fields of KubeProxyConfiguration, or a file",
        ),
    ],
};

static PATCH: Shape = Shape {
    name: "a patch",
    one_of: &[exactly_one(&["merge", "json", "remove"])],
    fields: &[
        required("to", &Kind::Target, "which objects"),
        field("if", EXPR_PARAMETERS, "true", "only then"),
        field("merge", &Kind::Any, "", "a strategic merge patch"),
        field("json", &Kind::List(&Kind::Object(&JSON_OP)), "", "RFC 6902"),
        field("remove", &Kind::Bool, "", "take the objects away"),
    ],
};
static JSON_OP: Shape = Shape {
    name: "a JSON patch operation",
    one_of: &[],
    fields: &[
        required(
            "op",
            &Kind::Words(&["add", "remove", "replace", "move", "copy", "test"]),
            "what",
        ),
        required("path", &Kind::Text, "a JSON pointer"),
        field("from", &Kind::Text, "", "of move and copy"),
        field("value", &Kind::Any, "", "of add, replace and test"),
    ],
};

static SWARM: Shape = Shape {
    name: "swarm",
    one_of: &[],
    fields: &[
        field(
            "add",
            &Kind::List(&Kind::Words(&[
                "network",
                "watch",
                "apiserver",
                "control",
                "kubelet",
                "node",
                "runtime",
                "container",
                "human",
            ])),
            "",
            "catalogue groups besides the faults",
        ),
        field(
            "intensity",
            &Kind::Text,
            "0.1..10",
            "limits of the factor on all rates",
        ),
        field("heal", DURATION, "5m", "quiet time at the end"),
    ],
};

static RUN: Shape = Shape {
    name: "run",
    one_of: &[],
    fields: &[
        field(
            "warmup",
            &Kind::WordsOr(&["none", "steady"], &Kind::Expr(Scope::Now)),
            "none",
            "until when the cluster settles before t = 0",
        ),
        field(
            "until",
            &Kind::WordsOr(&["steady"], &Kind::DurationOr(Scope::Now)),
            "steady",
            "when the run ends",
        ),
        field("limit", DURATION, "10m", "when it ends at the latest"),
        field("seed", &Kind::Int(0, i64::MAX), "1", "of all random draws"),
        field(
            "record",
            &Kind::Words(&["none", "facts", "messages"]),
            "facts",
            "what the log keeps",
        ),
    ],
};

static EXPECT: Kind = Kind::Shaped {
    scalar: Some(EXPR_RUN),
    list: None,
    map: Some(&Kind::Object(&EXPECTATION)),
};
static EXPECTATION: Shape = Shape {
    name: "an expectation",
    one_of: &[exactly_one(&[
        "holds",
        "always",
        "never",
        "eventually",
        "overRuns",
        "violates",
    ])],
    fields: &[
        field("holds", EXPR_RUN, "", "at the end"),
        field(
            "always",
            &Kind::Expr(Scope::Now),
            "",
            "from t = 0 to the end",
        ),
        field("never", &Kind::Expr(Scope::Now), "", "at no instant"),
        field("eventually", &Kind::Expr(Scope::Now), "", "at some instant"),
        field("within", DURATION, "", "of `eventually`: how soon"),
        field(
            "since",
            &Kind::DurationOr(Scope::Run),
            "0s",
            "of `eventually`: from when",
        ),
        field("overRuns", EXPR_RUNS, "", "over all runs of a sweep"),
        field("confidence", &Kind::Percent, "95%", "of `overRuns`"),
        field("violates", &Kind::Text, "", "an invariant that must break"),
        field("if", EXPR_PARAMETERS, "true", "only then"),
    ],
};
static INVARIANTS: Shape = Shape {
    name: "invariants",
    one_of: &[],
    fields: &[
        field(
            "skip",
            LABELS,
            "",
            "invariants that are not judged, each with a reason",
        ),
        field(
            "enforce",
            TEXTS,
            "",
            "invariants judged although something suspends them",
        ),
        field(
            "onViolation",
            &Kind::Words(&["stop", "continue"]),
            "stop",
            "what follows",
        ),
    ],
};

static SWEEP: Shape = Shape {
    name: "sweep",
    one_of: &[],
    fields: &[
        field(
            "vary",
            &Kind::Map(KeyRule::Text, &AXIS),
            "",
            "values of each parameter",
        ),
        field(
            "cases",
            &Kind::List(&Kind::Map(KeyRule::Text, &Kind::Any)),
            "",
            "rows beside the grid",
        ),
        field("design", &DESIGN, "grid", "how axes are combined"),
        field("where", EXPR_PARAMETERS, "true", "points that are kept"),
        field("seeds", &SEEDS, "30", "runs a point"),
        field(
            "baseline",
            &Kind::Map(KeyRule::Text, &Kind::Any),
            "",
            "what other points are compared with",
        ),
        field(
            "find",
            &Kind::Object(&FIND),
            "",
            "the smallest or largest value that is good enough",
        ),
    ],
};
static AXIS: Kind = Kind::Shaped {
    scalar: None,
    list: Some(&Kind::List(&Kind::Any)),
    map: Some(&Kind::Object(&AXIS_MAP)),
};
static AXIS_MAP: Shape = Shape {
    name: "an axis",
    one_of: &[exactly_one(&["from", "random"])],
    fields: &[
        field("from", &Kind::Any, "", "the first value"),
        field("to", &Kind::Any, "", "the last value"),
        field("step", &Kind::Any, "", "the distance"),
        field("points", &Kind::Int(2, 100_000), "", "how many values"),
        field(
            "scale",
            &Kind::Words(&["linear", "log"]),
            "linear",
            "how points are spread",
        ),
        field("random", &DIST, "", "one draw a point"),
    ],
};
static DESIGN: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["grid", "zip"])),
    list: None,
    map: Some(&Kind::Object(&DESIGN_MAP)),
};
static DESIGN_MAP: Shape = Shape {
    name: "a design",
    one_of: &[exactly_one(&["lhs", "sobol", "morris"])],
    fields: &[
        field("lhs", &Kind::Object(&POINTS), "", "Latin hypercube"),
        field("sobol", &Kind::Object(&POINTS), "", "Sobol sequence"),
        field("morris", &Kind::Object(&PATHS), "", "elementary effects"),
    ],
};
static POINTS: Shape = Shape {
    name: "a design",
    one_of: &[],
    fields: &[required(
        "points",
        &Kind::Int(1, 1_000_000),
        "how many points",
    )],
};
static PATHS: Shape = Shape {
    name: "a design",
    one_of: &[],
    fields: &[required(
        "paths",
        &Kind::Int(1, 1_000_000),
        "how many paths",
    )],
};
static SEEDS: Kind = Kind::Shaped {
    scalar: Some(&Kind::Int(1, 1_000_000_000)),
    list: None,
    map: Some(&Kind::Object(&SEEDS_MAP)),
};
static SEEDS_MAP: Shape = Shape {
    name: "seeds",
    one_of: &[exactly_one(&["from", "until"])],
    fields: &[
        field("from", &Kind::Int(0, i64::MAX), "", "the first seed"),
        field(
            "count",
            &Kind::Int(1, 1_000_000_000),
            "",
            "with `from`: how many",
        ),
        field(
            "min",
            &Kind::Int(1, 1_000_000_000),
            "",
            "with `until`: at least",
        ),
        field(
            "max",
            &Kind::Int(1, 1_000_000_000),
            "",
            "with `until`: at most",
        ),
        field("until", EXPR_RUNS, "", "enough runs when this holds"),
    ],
};
static FIND: Shape = Shape {
    name: "find",
    one_of: &[exactly_one(&["smallest", "largest"])],
    fields: &[
        field("smallest", &Kind::Text, "", "of which parameter"),
        field("largest", &Kind::Text, "", "of which parameter"),
        required("such", EXPR_RUNS, "what must hold over runs"),
        field("confidence", &Kind::Percent, "95%", "how surely"),
    ],
};
static REPORT: Shape = Shape {
    name: "report",
    one_of: &[],
    fields: &[
        field("title", &Kind::Text, "the file's name", "the title"),
        field(
            "question",
            &Kind::Text,
            "`about`",
            "the question that the report answers",
        ),
        field(
            "worst",
            &Kind::Text,
            "",
            "the measure whose worst runs are shown",
        ),
        field(
            "plots",
            &Kind::List(&Kind::Words(&["distribution", "heatmap", "sensitivity"])),
            "",
            "what is drawn",
        ),
        field("html", &Kind::Bool, "true", "write a page"),
    ],
};
