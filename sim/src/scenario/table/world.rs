//! Images, programs, network, traffic.

use super::{COUNT, DIST, DURATION, KeyRule, Kind, Shape, exactly_one, field, required};

const NAME: &Kind = &Kind::Text;
const EXIT: &Kind = &Kind::Int(0, 255);
const STATUS: &Kind = &Kind::Int(100, 599);
const PORT: &Kind = &Kind::Int(1, 65_535);
const MEMORY: &Kind = &Kind::Quantity(true);

/// An image and its program.
pub(super) static IMAGE: Shape = Shape {
    name: "an image",
    one_of: &[],
    fields: &[
        field("size", MEMORY, "100Mi", "bytes that a pull moves"),
        field("layers", &Kind::List(MEMORY), "", "instead of `size`"),
        field("share", &Kind::List(NAME), "", "images with common layers"),
        field("present", &Kind::Target, "", "nodes that have it already"),
        field("registry", NAME, "default", "where it is pulled from"),
        field(
            "program",
            &Kind::Object(&PROGRAM),
            "HTTP on its containerPorts, 5ms",
            "how it behaves",
        ),
    ],
};

/// How a program behaves.
pub(super) static PROGRAM: Shape = Shape {
    name: "a program",
    one_of: &[],
    fields: &[
        field(
            "listensAfter",
            &DIST,
            "200ms",
            "from its start to its open ports",
        ),
        field("http", SERVERS, "", "HTTP servers"),
        field("tcp", SERVERS, "", "TCP servers"),
        field("grpc", SERVERS, "", "gRPC servers"),
        field(
            "runs",
            &DIST,
            "forever",
            "how long until it exits by itself",
        ),
        field("exit", EXIT, "0", "its exit code then"),
        field(
            "needs",
            &Kind::Map(KeyRule::Text, &Kind::Object(&NEED)),
            "",
            "services it depends on",
        ),
        field("onTerm", &ON_TERM, "exit", "what it does at SIGTERM"),
        field("cpu", &Kind::Object(&CPU), "", "what it uses"),
        field("memory", &Kind::Object(&MEMORY_USE), "", "what it uses"),
        field(
            "fails",
            &Kind::List(&Kind::Object(&FAILURE)),
            "",
            "when and how it fails",
        ),
        field(
            "script",
            &Kind::Words(&["interpret", "opaque"]),
            "interpret",
            "whether a shell command is played",
        ),
    ],
};
const SERVERS: &Kind = &Kind::OneOrList(&Kind::Object(&SERVER));
static SERVER: Shape = Shape {
    name: "a server",
    one_of: &[],
    fields: &[
        field("port", PORT, "containerPorts", "where it listens"),
        field("time", &DIST, "5ms", "of one request"),
        field("concurrency", COUNT, "no limit", "requests at once"),
        field("queue", COUNT, "128", "requests that wait"),
        field("status", STATUS, "200", "of its answers"),
        field(
            "paths",
            &Kind::Map(KeyRule::Text, &Kind::Object(&ANSWER)),
            "",
            "other answers by path",
        ),
    ],
};
static ANSWER: Shape = Shape {
    name: "an answer",
    one_of: &[],
    fields: &[
        field("status", STATUS, "200", "of the answer"),
        field("time", &DIST, "the server's", "until the answer"),
    ],
};
static NEED: Shape = Shape {
    name: "a need",
    one_of: &[],
    fields: &[
        field("timeout", DURATION, "1s", "of one try"),
        field("otherwise", &OTHERWISE, "wait", "what it does without"),
    ],
};
static OTHERWISE: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["wait", "unready"])),
    list: None,
    map: Some(&Kind::Object(&OTHERWISE_MAP)),
};
static OTHERWISE_MAP: Shape = Shape {
    name: "`otherwise`",
    one_of: &[exactly_one(&["status", "exit"])],
    fields: &[
        field("status", STATUS, "", "answer with it"),
        field("exit", EXIT, "", "exit with it"),
    ],
};
static ON_TERM: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["exit", "drain", "ignore"])),
    list: None,
    map: Some(&Kind::Object(&ON_TERM_MAP)),
};
static ON_TERM_MAP: Shape = Shape {
    name: "`onTerm`",
    one_of: &[],
    fields: &[required("serve", DURATION, "go on for so long, then exit")],
};
static CPU: Shape = Shape {
    name: "cpu",
    one_of: &[],
    fields: &[
        field("idle", &Kind::Quantity(false), "", "without requests"),
        field("perRequest", DURATION, "", "cpu time of one request"),
        field("start", &Kind::Object(&CPU_START), "", "while it starts"),
    ],
};
static CPU_START: Shape = Shape {
    name: "cpu.start",
    one_of: &[],
    fields: &[
        required("use", &Kind::Quantity(false), "cores"),
        required("for", DURATION, "how long"),
    ],
};
static MEMORY_USE: Shape = Shape {
    name: "memory",
    one_of: &[],
    fields: &[
        field("base", MEMORY, "", "always"),
        field("perRequest", MEMORY, "", "for each request in work"),
        field("leak", &Kind::Rate, "", "grows by: 1Mi/s"),
    ],
};
static FAILURE: Shape = Shape {
    name: "a failure",
    one_of: &[],
    fields: &[
        field("after", &DIST, "0s", "from the container's start"),
        field("for", &DIST, "forever", "how long"),
        field("every", &DIST, "once", "again after"),
        required("do", &FAILURE_DO, "what happens"),
    ],
};
static FAILURE_DO: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["hang", "unready"])),
    list: None,
    map: Some(&Kind::Object(&OTHERWISE_MAP)),
};

/// The network.
pub(super) static NETWORK: Shape = Shape {
    name: "network",
    one_of: &[],
    fields: &[
        field(
            "profile",
            &Kind::Words(&["lab", "ideal", "lan", "cloud", "wan"]),
            "lab",
            "all delays at once",
        ),
        field(
            "hops",
            &Kind::Object(&HOPS),
            "the profile's",
            "delays between components",
        ),
        field(
            "links",
            &Kind::List(&Kind::Object(&LINK)),
            "",
            "delays and losses between nodes",
        ),
        field(
            "registries",
            &Kind::Map(KeyRule::Text, &Kind::Object(&REGISTRY)),
            "",
            "image registries",
        ),
        field(
            "loadBalancers",
            &Kind::Map(KeyRule::Text, &Kind::Object(&BALANCER)),
            "",
            "external load balancers",
        ),
        field("dns", &Kind::Object(&DNS), "", "cluster DNS"),
    ],
};
static HOPS: Shape = Shape {
    name: "network.hops",
    one_of: &[],
    fields: &[
        field(
            "api",
            &DIST,
            "",
            "request to the API server, and its answer",
        ),
        field("watch", &DIST, "", "watch event"),
        field("cri", &DIST, "", "kubelet to runtime"),
        field("probe", &DIST, "", "kubelet to container"),
        field("pod", &DIST, "", "pod to pod"),
        field("client", &DIST, "", "outside to node"),
        field("dns", &DIST, "", "pod to DNS"),
        field("proxySync", &DIST, "", "one sync of a proxy"),
        field("nodeToNode", &DIST, "", "between nodes of a zone"),
        field("nodeToZone", &DIST, "", "between zones"),
    ],
};
static LINK: Shape = Shape {
    name: "a link",
    one_of: &[],
    fields: &[
        required("between", &Kind::Target, "one end"),
        required("and", &Kind::Target, "the other end"),
        field("delay", &DIST, "", "added one way"),
        field("loss", &Kind::Percent, "0%", "of messages"),
    ],
};
static REGISTRY: Shape = Shape {
    name: "a registry",
    one_of: &[],
    fields: &[
        field("bandwidth", &Kind::Rate, "", "for each node: 20Mi/s"),
        field("latency", &DIST, "", "until the first byte"),
        field("parallel", COUNT, "", "pulls at once"),
        field(
            "auth",
            &Kind::Bool,
            "false",
            "whether pull secrets are needed",
        ),
    ],
};
static BALANCER: Shape = Shape {
    name: "a load balancer",
    one_of: &[],
    fields: &[
        field("check", DURATION, "10s", "time between health checks"),
        field(
            "deregister",
            &DIST,
            "",
            "until a node gets no more requests",
        ),
    ],
};
static DNS: Shape = Shape {
    name: "dns",
    one_of: &[],
    fields: &[field("ttl", DURATION, "30s", "how long answers are kept")],
};

/// One source of requests.
pub(super) static TRAFFIC: Shape = Shape {
    name: "traffic",
    one_of: &[exactly_one(&["open", "closed"])],
    fields: &[
        required("to", &Kind::Target, "service/web[:port] or ingress/web"),
        field(
            "from",
            &Kind::Target,
            "nodes",
            "nodes, pods -l …, or outside",
        ),
        field("path", NAME, "/", "of requests"),
        field("start", DURATION, "0s", "when it begins"),
        field("stop", DURATION, "the end of the run", "when it ends"),
        field("timeout", DURATION, "1s", "of one request"),
        field("open", &Kind::Object(&OPEN), "", "requests come at a rate"),
        field(
            "closed",
            &Kind::Object(&CLOSED),
            "",
            "users wait for answers",
        ),
        field(
            "connections",
            &CONNECTIONS,
            "new",
            "how connections are used",
        ),
        field(
            "retries",
            &Kind::Object(&RETRIES),
            "",
            "what follows a failure",
        ),
    ],
};
static OPEN: Shape = Shape {
    name: "open traffic",
    one_of: &[],
    fields: &[
        required("rate", &Kind::Rate, "200/s"),
        field(
            "arrivals",
            &Kind::Words(&["even", "poisson"]),
            "even",
            "how they are spaced",
        ),
        field(
            "stages",
            &Kind::List(&Kind::Object(&RATE_STAGE)),
            "",
            "ramps",
        ),
    ],
};
static RATE_STAGE: Shape = Shape {
    name: "a stage",
    one_of: &[],
    fields: &[
        required("for", DURATION, "how long; 0s jumps"),
        required("to", &Kind::Rate, "the rate at its end"),
    ],
};
static CLOSED: Shape = Shape {
    name: "closed traffic",
    one_of: &[],
    fields: &[
        required("users", COUNT, "how many"),
        field("think", &DIST, "0s", "between answer and next request"),
        field(
            "stages",
            &Kind::List(&Kind::Object(&USER_STAGE)),
            "",
            "ramps",
        ),
    ],
};
static USER_STAGE: Shape = Shape {
    name: "a stage",
    one_of: &[],
    fields: &[
        required("for", DURATION, "how long; 0s jumps"),
        required("to", COUNT, "users at its end"),
    ],
};
static CONNECTIONS: Kind = Kind::Shaped {
    scalar: Some(&Kind::Words(&["new"])),
    list: None,
    map: Some(&Kind::Object(&CONNECTIONS_MAP)),
};
static CONNECTIONS_MAP: Shape = Shape {
    name: "connections",
    one_of: &[exactly_one(&["keep", "http2"])],
    fields: &[
        field("keep", COUNT, "", "connections kept open"),
        field("http2", &Kind::Object(&HTTP2), "", "one connection for all"),
    ],
};
static HTTP2: Shape = Shape {
    name: "http2",
    one_of: &[],
    fields: &[field("maxAge", DURATION, "", "a new connection after")],
};
static RETRIES: Shape = Shape {
    name: "retries",
    one_of: &[],
    fields: &[
        field("max", &Kind::Int(0, 100), "0", "tries after the first"),
        field("backoff", &DIST, "", "between tries"),
        field(
            "budget",
            &Kind::Percent,
            "",
            "most retries, of all requests",
        ),
        field(
            "causes",
            &Kind::List(&Kind::Words(&["refused", "timeout", "reset", "http5xx"])),
            "",
            "what is tried again",
        ),
    ],
};
