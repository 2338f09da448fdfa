//! Which flags each command has, whether they take a value, and whether they matter in a run.

/// A flag of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flag {
    /// The long name without dashes.
    pub(super) name: &'static str,
    /// The one-letter name.
    pub(super) short: Option<char>,
    /// Whether a value follows.
    pub(super) value: bool,
    /// Whether it changes what happens in a run.
    pub(super) effect: bool,
}

const fn value(name: &'static str) -> Flag {
    made(name, None, true, true)
}
const fn value_short(name: &'static str, short: char) -> Flag {
    made(name, Some(short), true, true)
}
const fn switch(name: &'static str) -> Flag {
    made(name, None, false, true)
}
const fn switch_short(name: &'static str, short: char) -> Flag {
    made(name, Some(short), false, true)
}
const fn idle(name: &'static str) -> Flag {
    made(name, None, false, false)
}
const fn idle_value(name: &'static str) -> Flag {
    made(name, None, true, false)
}
const fn made(name: &'static str, short: Option<char>, value: bool, effect: bool) -> Flag {
    Flag {
        name,
        short,
        value,
        effect,
    }
}

const NAMESPACE: Flag = value_short("namespace", 'n');
const SELECTOR: Flag = value_short("selector", 'l');
const FILES: Flag = value_short("filename", 'f');
const RECURSIVE: Flag = switch_short("recursive", 'R');
const ALL: Flag = switch("all");
const ALL_NAMESPACES: Flag = switch_short("all-namespaces", 'A');
const FIELDS: Flag = value("field-selector");
const CONTAINER: Flag = value_short("container", 'c');
const GRACE: Flag = value("grace-period");
const TIMEOUT: Flag = value("timeout");
const FORCE: Flag = switch("force");

/// Accepted everywhere and without effect: where and as whom kubectl connects, and how it prints.
const EVERYWHERE: &[Flag] = &[
    NAMESPACE,
    idle_value("context"),
    idle_value("kubeconfig"),
    idle_value("cluster"),
    idle_value("user"),
    idle_value("as"),
    idle_value("request-timeout"),
    idle_value("v"),
    idle_value("field-manager"),
    idle("record"),
    idle("save-config"),
    idle("show-managed-fields"),
    idle("allow-missing-template-keys"),
    idle_value("validate"),
];

/// The flags of a command, common ones included; nothing for an unknown command. A table.
#[allow(clippy::too_many_lines)]
pub(super) fn of(command: &str) -> Vec<Flag> {
    let own: &[Flag] = match command {
        "apply" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            switch("server-side"),
            idle("force-conflicts"),
            idle("overwrite"),
            idle("wait"),
            OUTPUT_IDLE,
        ],
        "create" => &[FILES, RECURSIVE, SELECTOR, OUTPUT_IDLE],
        "create deployment" => &[
            value("image"),
            value_short("replicas", 'r'),
            value("port"),
            OUTPUT_IDLE,
        ],
        "create service" => &[
            value("tcp"),
            value("clusterip"),
            idle_value("node-port"),
            OUTPUT_IDLE,
        ],
        "create data" => &[value("from-literal"), OUTPUT_IDLE],
        "create namespace" => &[OUTPUT_IDLE],
        "create job" => &[value("image"), OUTPUT_IDLE],
        "create poddisruptionbudget" => &[
            value("selector"),
            value("min-available"),
            value("max-unavailable"),
            OUTPUT_IDLE,
        ],
        "create priorityclass" => &[
            value("value"),
            value("preemption-policy"),
            idle_value("description"),
            idle("global-default"),
            OUTPUT_IDLE,
        ],
        "replace" => &[
            FILES,
            RECURSIVE,
            FORCE,
            GRACE,
            TIMEOUT,
            idle("wait"),
            OUTPUT_IDLE,
        ],
        "delete" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            FIELDS,
            ALL,
            ALL_NAMESPACES,
            GRACE,
            FORCE,
            switch("now"),
            value("cascade"),
            switch("wait"),
            TIMEOUT,
            switch("ignore-not-found"),
            OUTPUT_IDLE,
        ],
        "scale" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            ALL,
            value("replicas"),
            value("current-replicas"),
            idle_value("resource-version"),
            idle_value("timeout"),
            OUTPUT_IDLE,
        ],
        "set image" => &[FILES, RECURSIVE, SELECTOR, ALL, OUTPUT_IDLE],
        "set env" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            ALL,
            CONTAINER,
            idle("overwrite"),
            OUTPUT_IDLE,
        ],
        "set resources" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            ALL,
            CONTAINER,
            value("limits"),
            value("requests"),
            OUTPUT_IDLE,
        ],
        "rollout" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            TIMEOUT,
            value("to-revision"),
            idle_value("revision"),
            switch_short("watch", 'w'),
            OUTPUT_IDLE,
        ],
        "patch" => &[
            FILES,
            RECURSIVE,
            value_short("patch", 'p'),
            value("type"),
            value("patch-file"),
            value("subresource"),
            OUTPUT_IDLE,
        ],
        "label" | "annotate" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            FIELDS,
            ALL,
            ALL_NAMESPACES,
            switch("overwrite"),
            OUTPUT_IDLE,
        ],
        "taint" => &[SELECTOR, ALL, switch("overwrite"), OUTPUT_IDLE],
        "cordon" | "uncordon" => &[SELECTOR],
        "drain" => &[
            SELECTOR,
            switch("ignore-daemonsets"),
            switch("delete-emptydir-data"),
            FORCE,
            switch("disable-eviction"),
            GRACE,
            TIMEOUT,
            value("pod-selector"),
            idle_value("skip-wait-for-delete-timeout"),
            idle_value("chunk-size"),
        ],
        "exec" => &[
            CONTAINER,
            made("stdin", Some('i'), false, false),
            made("tty", Some('t'), false, false),
            made("quiet", Some('q'), false, false),
            idle_value("pod-running-timeout"),
        ],
        "run" => &[
            value("image"),
            value("restart"),
            value("port"),
            value_short("labels", 'l'),
            value("env"),
            switch("command"),
            switch("expose"),
            OUTPUT_IDLE,
            made("stdin", Some('i'), false, false),
            made("tty", Some('t'), false, false),
            idle("rm"),
            idle("quiet"),
            idle("attach"),
            idle_value("image-pull-policy"),
        ],
        "expose" => &[
            FILES,
            RECURSIVE,
            value("name"),
            value("port"),
            value("target-port"),
            value("type"),
            value("protocol"),
            OUTPUT_IDLE,
        ],
        "wait" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            FIELDS,
            ALL,
            ALL_NAMESPACES,
            value("for"),
            TIMEOUT,
            OUTPUT_IDLE,
        ],
        "autoscale" => &[
            FILES,
            RECURSIVE,
            value("min"),
            value("max"),
            value("cpu-percent"),
            value("cpu"),
            value("name"),
            OUTPUT_IDLE,
        ],
        "get" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            FIELDS,
            ALL_NAMESPACES,
            value_short("output", 'o'),
            switch("show-labels"),
            switch("no-headers"),
            value_short("label-columns", 'L'),
            value("sort-by"),
            idle("ignore-not-found"),
            idle_value("chunk-size"),
            idle("show-kind"),
        ],
        "describe" => &[
            FILES,
            RECURSIVE,
            SELECTOR,
            ALL_NAMESPACES,
            idle("show-events"),
        ],
        "logs" => &[
            SELECTOR,
            CONTAINER,
            switch("all-containers"),
            switch_short("previous", 'p'),
            value("tail"),
            value("since"),
            switch("timestamps"),
            switch("prefix"),
            made("follow", Some('f'), false, false),
            idle("ignore-errors"),
            idle_value("max-log-requests"),
            idle_value("limit-bytes"),
        ],
        "top" => &[
            SELECTOR,
            ALL_NAMESPACES,
            idle_value("sort-by"),
            idle("no-headers"),
            idle("containers"),
        ],
        "evict" => &[SELECTOR, GRACE],
        _ => return Vec::new(),
    };
    own.iter().chain(EVERYWHERE).copied().collect()
}

const OUTPUT_IDLE: Flag = made("output", Some('o'), true, false);
