//! From a line to a command.

use wavetank_core::time::SimDuration;

use super::arguments::{Arguments, unsupported, usage};
use super::lists::{
    TaintChange, changes, files, filters, named_selection, namespaces, of_kind, pairs,
    pod_or_workload, selection, taint,
};
use super::{
    Cascade, Delete, Drain, Ineffective, Kubectl, KubectlError, Logs, Marks, NewObject, Output,
    PatchKind, RolloutAction, RunPod, WaitFor,
};
use crate::diagnostic::nearest;
use crate::scenario::target;
use crate::scenario::words::{Word, words};

/// The commands that a run knows.
const COMMANDS: [&str; 24] = [
    "apply",
    "create",
    "delete",
    "replace",
    "scale",
    "set",
    "rollout",
    "patch",
    "label",
    "annotate",
    "taint",
    "cordon",
    "uncordon",
    "drain",
    "exec",
    "run",
    "expose",
    "wait",
    "autoscale",
    "get",
    "describe",
    "logs",
    "top",
    "evict",
];

/// Commands of kubectl without effect in a run, and what to use instead.
const WITHOUT_EFFECT: [(&str, &str); 12] = [
    ("port-forward", "use `traffic` for requests"),
    ("proxy", "use `traffic` for requests"),
    ("attach", "use `logs`"),
    ("cp", "use `exec` to change files"),
    ("debug", "use `exec`"),
    ("edit", "use `patch` or `set`"),
    ("diff", "compare two runs with `wavetank diff`"),
    ("events", "use `get events`"),
    ("explain", "use `wavetank explain KIND/NAME --log FILE`"),
    ("config", "a run has one cluster"),
    (
        "kustomize",
        "render first: kustomize build . | wavetank run s.yaml -f -",
    ),
    ("auth", "a run has no users"),
];

type Parsed<T> = Result<T, KubectlError>;

/// Reads one kubectl line, with or without the word `kubectl` in front; flags without effect are
/// listed.
///
/// # Errors
///
/// With the part of the line that kubectl, or a run, does not accept.
pub fn parse(line: &str) -> Result<(Kubectl, Vec<Ineffective>), KubectlError> {
    let all = words(line).map_err(|at| KubectlError {
        message: "a quote is not closed".to_owned(),
        start: at,
        length: 1,
        help: None,
        unsupported: false,
    })?;
    let rest = match all.split_first() {
        Some((first, rest)) if first.text == "kubectl" => rest,
        _ => &all,
    };
    // Flags may stand before the command: kubectl -n shop get pods.
    let skip = leading_flags(rest);
    let Some((command, after)) = rest[skip..].split_first() else {
        return Err(KubectlError {
            message: "a kubectl command is wanted here".to_owned(),
            start: 0,
            length: 1,
            help: Some(format!("commands are {}", COMMANDS.join(", "))),
            unsupported: false,
        });
    };
    let mut words: Vec<Word> = after.to_vec();
    let dashes = words.iter().position(|word| word.text == "--");
    let end = dashes.unwrap_or(words.len());
    words.splice(end..end, rest[..skip].iter().cloned());
    let (command, table, words) = with_subcommand(command, words)?;
    let arguments = Arguments::read(command, &table, &words)?;
    let parsed = command_of(&arguments, &table)?;
    Ok((parsed, arguments.ineffective))
}

/// How many words before the command are flags with their values.
fn leading_flags(words: &[Word]) -> usize {
    let mut skip = 0;
    while let Some(word) = words.get(skip).filter(|word| word.text.starts_with('-')) {
        let apart = matches!(word.text.as_str(), "-n" | "--namespace" | "--context");
        skip += 1 + usize::from(apart);
    }
    skip.min(words.len())
}

/// Joins `set image` and the like into one command, and finds its table of flags.
fn with_subcommand(command: &Word, mut rest: Vec<Word>) -> Parsed<(Word, String, Vec<Word>)> {
    let name = command.text.as_str();
    if !COMMANDS.contains(&name) {
        return Err(unknown_command(command));
    }
    let takes_one = match name {
        "set" | "rollout" => true,
        "create" => rest.first().is_some_and(|word| !word.text.starts_with('-')),
        _ => false,
    };
    if !takes_one {
        return Ok((command.clone(), name.to_owned(), rest));
    }
    let known: &[&str] = match name {
        "set" => &["image", "env", "resources"],
        "rollout" => &["restart", "undo", "pause", "resume", "status"],
        _ => &[
            "deployment",
            "service",
            "namespace",
            "configmap",
            "secret",
            "job",
            "poddisruptionbudget",
            "priorityclass",
        ],
    };
    if rest.is_empty() {
        let message = format!("kubectl {name} needs one of {}", known.join(", "));
        return Err(usage(command, message, None));
    }
    let sub = rest.remove(0);
    let canonical = match (name, sub.text.as_str()) {
        ("create", written) => target::kind(written).map(str::to_lowercase),
        (_, written) => Some(written.to_owned()),
    };
    let canonical = canonical.filter(|found| known.contains(&found.as_str()));
    let Some(canonical) = canonical else {
        let near = nearest(&sub.text, known.iter().copied());
        let help = near.map_or_else(
            || format!("there are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("`{name} {}` has no effect in a run", sub.text);
        return Err(unsupported(&sub, message, help));
    };
    let table = match (name, canonical.as_str()) {
        ("rollout", _) => "rollout".to_owned(),
        ("create", "configmap" | "secret") => "create data".to_owned(),
        _ => format!("{name} {canonical}"),
    };
    let joined = Word {
        text: format!("{name} {canonical}"),
        start: command.start,
        length: sub.start + sub.length - command.start,
    };
    Ok((joined, table, rest))
}

fn unknown_command(command: &Word) -> KubectlError {
    let name = command.text.as_str();
    let supported = format!("supported: {}", COMMANDS.join(", "));
    if let Some((_, instead)) = WITHOUT_EFFECT.iter().find(|(known, _)| *known == name) {
        let message = format!("`{name}` has no effect in a run; {instead}");
        return unsupported(command, message, supported);
    }
    let help = match nearest(name, COMMANDS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => supported,
    };
    unsupported(
        command,
        format!("kubectl has no command `{name}` in a run"),
        help,
    )
}

fn command_of(arguments: &Arguments, table: &str) -> Parsed<Kubectl> {
    match table {
        "apply" => files(arguments).map(Kubectl::Apply),
        "create" => files(arguments).map(Kubectl::Create),
        "replace" => Ok(Kubectl::Replace {
            files: files(arguments)?,
            force: arguments.switch("force", false)?,
        }),
        "delete" => delete(arguments),
        "scale" => scale(arguments),
        "set image" | "set env" | "set resources" => set(arguments, table),
        "rollout" => rollout(arguments),
        "patch" => patch(arguments),
        "label" => marks(arguments, "label").map(Kubectl::Label),
        "annotate" => marks(arguments, "annotation").map(Kubectl::Annotate),
        "taint" => taints(arguments),
        "cordon" => of_kind(arguments, "Node", "cordon worker-1").map(Kubectl::Cordon),
        "uncordon" => of_kind(arguments, "Node", "uncordon worker-1").map(Kubectl::Uncordon),
        "drain" => drain(arguments),
        "exec" => exec(arguments),
        "run" => run(arguments),
        "expose" => expose(arguments),
        "wait" => wait(arguments),
        "autoscale" => autoscale(arguments),
        "get" => get(arguments),
        "describe" => {
            let (what, _) = selection(arguments, "describe pod/NAME", |_| false)?;
            Ok(Kubectl::Describe(what))
        }
        "logs" => logs(arguments),
        "top" => {
            let (what, _) = selection(arguments, "top pods", |_| false)?;
            Ok(Kubectl::Top(what))
        }
        "evict" => Ok(Kubectl::Evict {
            what: of_kind(arguments, "Pod", "evict web-0")?,
            grace_period: arguments.grace()?,
        }),
        _ => Ok(Kubectl::CreateObject(
            new_object(arguments, table)?,
            namespaces(arguments)?,
        )),
    }
}

fn delete(arguments: &Arguments) -> Parsed<Kubectl> {
    let (what, _) = named_selection(arguments, "delete pod/NAME", |_| false)?;
    let force = arguments.switch("force", false)?;
    let now = arguments.switch("now", false)?;
    let mut grace_period = arguments.grace()?;
    if now {
        if let (Some(_), Some(word)) = (grace_period, arguments.flag_word("now")) {
            let message = "--now and --grace-period cannot be used together".to_owned();
            return Err(usage(word, message, None));
        }
        grace_period = Some(1);
    }
    if grace_period == Some(0) && !force {
        // Like kubectl: without --force, zero becomes one and the deletion is waited for.
        grace_period = Some(1);
    }
    if force && grace_period.is_none() {
        grace_period = Some(0);
    }
    let cascade = match arguments.value("cascade") {
        None => Cascade::Background,
        Some(word) => match word.text.as_str() {
            "background" | "true" => Cascade::Background,
            "foreground" => Cascade::Foreground,
            "orphan" | "false" => Cascade::Orphan,
            _ => {
                let message = "--cascade is background, foreground or orphan".to_owned();
                return Err(usage(word, message, None));
            }
        },
    };
    Ok(Kubectl::Delete(Delete {
        what,
        grace_period,
        force,
        cascade,
        wait: arguments.switch("wait", !force)?,
        timeout: arguments.duration("timeout")?,
        ignore_not_found: arguments.switch("ignore-not-found", false)?,
    }))
}

fn scale(arguments: &Arguments) -> Parsed<Kubectl> {
    let replicas: Option<u32> = arguments.number("replicas")?;
    let example = format!("scale deployment/NAME --replicas={}", replicas.unwrap_or(3));
    let (what, _) = named_selection(arguments, &example, |_| false)?;
    let Some(replicas) = replicas else {
        let message = "kubectl scale needs --replicas=N".to_owned();
        return Err(usage(&arguments.command, message, None));
    };
    Ok(Kubectl::Scale {
        what,
        replicas,
        current_replicas: arguments.number("current-replicas")?,
    })
}

fn set(arguments: &Arguments, table: &str) -> Parsed<Kubectl> {
    let change = |text: &str| text.contains('=') || text.ends_with('-');
    let container = arguments.value("container").map(|word| word.text.clone());
    match table {
        "set image" => {
            let example = "set image deployment/web web=web:2";
            let (what, others) = named_selection(arguments, example, change)?;
            let (images, removed) = changes(&others, "image")?;
            if images.is_empty() || !removed.is_empty() {
                let message = format!("kubectl set image needs CONTAINER=IMAGE: `{example}`");
                return Err(usage(&arguments.command, message, None));
            }
            Ok(Kubectl::SetImage { what, images })
        }
        "set env" => {
            let example = "set env deployment/web MODE=fast";
            let (what, others) = named_selection(arguments, example, change)?;
            let (set, remove) = changes(&others, "variable")?;
            Ok(Kubectl::SetEnv {
                what,
                container,
                set,
                remove,
            })
        }
        _ => {
            let example = "set resources deployment/web --limits=cpu=200m,memory=512Mi";
            let (what, _) = named_selection(arguments, example, change)?;
            let list = |name| arguments.value(name).map_or(Ok(Vec::new()), pairs);
            Ok(Kubectl::SetResources {
                what,
                container,
                limits: list("limits")?,
                requests: list("requests")?,
            })
        }
    }
}

fn rollout(arguments: &Arguments) -> Parsed<Kubectl> {
    let action = match arguments.command.text.as_str() {
        "rollout restart" => RolloutAction::Restart,
        "rollout undo" => RolloutAction::Undo {
            to_revision: arguments.number("to-revision")?.unwrap_or(0),
        },
        "rollout pause" => RolloutAction::Pause,
        "rollout resume" => RolloutAction::Resume,
        _ => RolloutAction::Status,
    };
    let example = format!("{} deployment/NAME", arguments.command.text);
    let (what, _) = selection(arguments, &example, |_| false)?;
    let timeout = arguments.duration("timeout")?;
    Ok(Kubectl::Rollout {
        action,
        what,
        timeout,
    })
}

fn patch(arguments: &Arguments) -> Parsed<Kubectl> {
    let example = "patch deployment/NAME -p '{\"spec\":{\"replicas\":3}}'";
    let (what, _) = named_selection(arguments, example, |_| false)?;
    let kind = match arguments.value("type") {
        None => PatchKind::Strategic,
        Some(word) => match word.text.as_str() {
            "strategic" => PatchKind::Strategic,
            "merge" => PatchKind::Merge,
            "json" => PatchKind::Json,
            _ => {
                let message = "--type is strategic, merge or json".to_owned();
                return Err(usage(word, message, None));
            }
        },
    };
    let Some(body) = arguments.value("patch") else {
        let message = "kubectl patch needs -p".to_owned();
        return Err(usage(
            &arguments.command,
            message,
            Some(format!("write `{example}`")),
        ));
    };
    Ok(Kubectl::Patch {
        what,
        kind,
        body: body.text.clone(),
    })
}

fn marks(arguments: &Arguments, noun: &str) -> Parsed<Marks> {
    let example = format!("{} pod/NAME tier=front", arguments.command.text);
    let change = |text: &str| text.contains('=') || text.ends_with('-');
    let (what, others) = named_selection(arguments, &example, change)?;
    let (set, remove) = changes(&others, noun)?;
    if set.is_empty() && remove.is_empty() {
        let message = format!("kubectl {} needs KEY=VALUE or KEY-", arguments.command.text);
        return Err(usage(
            &arguments.command,
            message,
            Some(format!("write `{example}`")),
        ));
    }
    Ok(Marks {
        what,
        set,
        remove,
        overwrite: arguments.switch("overwrite", false)?,
    })
}

fn taints(arguments: &Arguments) -> Parsed<Kubectl> {
    let example = "taint nodes worker-1 gpu=true:NoSchedule";
    let change = |text: &str| text.contains(':') || text.contains('=') || text.ends_with('-');
    let (what, others) = named_selection(arguments, example, change)?;
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for word in &others {
        match taint(word)? {
            TaintChange::Add(taint) => add.push(taint),
            TaintChange::Remove(key, effect) => remove.push((key, effect)),
        }
    }
    if others.is_empty() {
        let message = format!("kubectl taint needs KEY=VALUE:EFFECT: `{example}`");
        return Err(usage(&arguments.command, message, None));
    }
    Ok(Kubectl::Taint {
        what,
        add,
        remove,
        overwrite: arguments.switch("overwrite", false)?,
    })
}

fn drain(arguments: &Arguments) -> Parsed<Kubectl> {
    let selector = arguments.value("pod-selector");
    let pod_selector = match selector {
        Some(word) => target::selector(&word.text, word.start)?,
        None => Vec::new(),
    };
    Ok(Kubectl::Drain(Drain {
        what: of_kind(arguments, "Node", "drain worker-1 --ignore-daemonsets")?,
        ignore_daemonsets: arguments.switch("ignore-daemonsets", false)?,
        delete_emptydir_data: arguments.switch("delete-emptydir-data", false)?,
        force: arguments.switch("force", false)?,
        disable_eviction: arguments.switch("disable-eviction", false)?,
        grace_period: arguments.grace()?,
        timeout: arguments.duration("timeout")?,
        pod_selector,
    }))
}

fn exec(arguments: &Arguments) -> Parsed<Kubectl> {
    let example = "exec web-0 -- ls /";
    let what = pod_or_workload(arguments, example)?;
    if arguments.tail.is_empty() {
        let message = format!("kubectl exec needs a command after `--`: `{example}`");
        return Err(usage(&arguments.command, message, None));
    }
    Ok(Kubectl::Exec {
        what,
        container: arguments.value("container").map(|word| word.text.clone()),
        command: texts(&arguments.tail),
    })
}

fn run(arguments: &Arguments) -> Parsed<Kubectl> {
    let example = "run debug --image=busybox -- sleep 60";
    let (Some(name), Some(image)) = (arguments.positions.first(), arguments.value("image")) else {
        let message = format!("kubectl run needs a name and --image: `{example}`");
        return Err(usage(&arguments.command, message, None));
    };
    let mut env = Vec::new();
    for word in arguments.values("env") {
        env.extend(changes(std::slice::from_ref(word), "variable")?.0);
    }
    let labels = arguments.value("labels").map_or(Ok(Vec::new()), pairs)?;
    Ok(Kubectl::Run(RunPod {
        name: name.text.clone(),
        image: image.text.clone(),
        restart: arguments.value("restart").map(|word| word.text.clone()),
        port: arguments.number("port")?,
        labels,
        env,
        command: arguments.switch("command", false)?,
        arguments: texts(&arguments.tail),
        namespaces: namespaces(arguments)?,
        expose: arguments.switch("expose", false)?,
    }))
}

fn expose(arguments: &Arguments) -> Parsed<Kubectl> {
    let (what, _) = named_selection(arguments, "expose deployment/NAME --port=80", |_| false)?;
    let text = |name| arguments.value(name).map(|word| word.text.clone());
    Ok(Kubectl::Expose {
        what,
        name: text("name"),
        port: arguments.number("port")?,
        target_port: text("target-port"),
        service_type: text("type"),
        protocol: text("protocol"),
    })
}

fn wait(arguments: &Arguments) -> Parsed<Kubectl> {
    let example = "wait --for=condition=Ready pod/NAME --timeout=60s";
    let (what, _) = named_selection(arguments, example, |_| false)?;
    let Some(word) = arguments.value("for") else {
        let message = format!("kubectl wait needs --for: `{example}`");
        return Err(usage(&arguments.command, message, None));
    };
    let until = match word.text.split_once('=') {
        None if word.text == "delete" => WaitFor::Delete,
        None if word.text == "create" => WaitFor::Create,
        Some(("condition", rest)) => {
            let (kind, status) = rest.split_once('=').unwrap_or((rest, "True"));
            WaitFor::Condition {
                kind: kind.to_owned(),
                status: status.to_owned(),
            }
        }
        Some(("jsonpath", rest)) => {
            let split = rest.find("}=").map(|at| (&rest[..=at], &rest[at + 2..]));
            let (path, value) = split.map_or((rest, None), |(path, value)| (path, Some(value)));
            WaitFor::JsonPath {
                path: path.trim_matches(['{', '}']).to_owned(),
                value: value.map(str::to_owned),
            }
        }
        _ => {
            let message = format!("--for={} is not understood", word.text);
            let help = "condition=TYPE, jsonpath='{.path}'=VALUE, delete or create".to_owned();
            return Err(usage(word, message, Some(help)));
        }
    };
    Ok(Kubectl::Wait {
        what,
        until,
        timeout: arguments
            .duration("timeout")?
            .unwrap_or(SimDuration::from_secs(30)),
    })
}

fn autoscale(arguments: &Arguments) -> Parsed<Kubectl> {
    let example = "autoscale deployment/NAME --min=2 --max=10 --cpu=80%";
    let (what, _) = named_selection(arguments, example, |_| false)?;
    let Some(max) = arguments.number("max")? else {
        let message = format!("kubectl autoscale needs --max: `{example}`");
        return Err(usage(&arguments.command, message, None));
    };
    let cpu = arguments
        .value("cpu")
        .or_else(|| arguments.value("cpu-percent"));
    let cpu_percent = match cpu {
        None => None,
        Some(word) => {
            let number = word.text.trim_end_matches('%').parse();
            let message = format!("`{}` is not a percentage of the cpu request", word.text);
            Some(number.map_err(|_| usage(word, message, None))?)
        }
    };
    Ok(Kubectl::Autoscale {
        what,
        min: arguments.number("min")?,
        max,
        cpu_percent,
        name: arguments.value("name").map(|word| word.text.clone()),
    })
}

fn get(arguments: &Arguments) -> Parsed<Kubectl> {
    let (what, _) = selection(arguments, "get pods", |_| false)?;
    let output = match arguments.value("output") {
        None => Output::Table,
        Some(word) => match word.text.as_str() {
            "wide" => Output::Wide,
            "name" => Output::Name,
            "yaml" => Output::Yaml,
            "json" => Output::Json,
            other => match other.split_once('=') {
                Some(("jsonpath", template)) => Output::JsonPath(template.to_owned()),
                Some(("custom-columns", columns)) => Output::CustomColumns(columns.to_owned()),
                _ => {
                    let message = format!("`-o {other}` is not known in a run");
                    let help = "wide, name, yaml, json, jsonpath=…, custom-columns=…";
                    return Err(unsupported(word, message, help.to_owned()));
                }
            },
        },
    };
    let columns = arguments.values("label-columns");
    let columns = columns.flat_map(|word| word.text.split(',').map(str::to_owned));
    Ok(Kubectl::Get {
        what,
        output,
        show_labels: arguments.switch("show-labels", false)?,
        no_headers: arguments.switch("no-headers", false)?,
        label_columns: columns.collect(),
        sort_by: arguments.value("sort-by").map(|word| word.text.clone()),
    })
}

fn logs(arguments: &Arguments) -> Parsed<Kubectl> {
    let mut tail: Option<i64> = arguments.number("tail")?;
    tail = tail.filter(|lines| *lines >= 0);
    let second = arguments.positions.get(1).map(|word| word.text.clone());
    let container = arguments.value("container").map(|word| word.text.clone());
    Ok(Kubectl::Logs(Logs {
        what: pod_or_workload(arguments, "logs web-0")?,
        container: container.or(second),
        all_containers: arguments.switch("all-containers", false)?,
        previous: arguments.switch("previous", false)?,
        tail: tail.map(|lines| u32::try_from(lines).unwrap_or(u32::MAX)),
        since: arguments.duration("since")?,
        timestamps: arguments.switch("timestamps", false)?,
        prefix: arguments.switch("prefix", false)?,
    }))
}

fn new_object(arguments: &Arguments, table: &str) -> Parsed<NewObject> {
    filters(arguments).map(drop)?;
    let command = arguments.command.text.as_str();
    let name = |index: usize, example: &str| match arguments.positions.get(index) {
        Some(word) => Ok(word.text.clone()),
        None => {
            let message = format!("kubectl {command} needs a name: `{example}`");
            Err(usage(&arguments.command, message, None))
        }
    };
    let text = |name: &str| arguments.value(name).map(|word| word.text.clone());
    let required = |flag: &str| {
        let message = format!("kubectl {command} needs --{flag}");
        text(flag).ok_or_else(|| usage(&arguments.command, message, None))
    };
    match table {
        "create deployment" => Ok(NewObject::Deployment {
            name: name(0, "create deployment web --image=nginx")?,
            images: {
                required("image")?;
                texts_of(arguments.values("image"))
            },
            replicas: arguments.number("replicas")?.unwrap_or(1),
            port: arguments.number("port")?,
            command: texts(&arguments.tail),
        }),
        "create service" => service(arguments),
        "create namespace" => Ok(NewObject::Namespace(name(0, "create namespace shop")?)),
        "create data" => {
            let secret = command == "create secret";
            let kind = if secret { "Secret" } else { "ConfigMap" };
            let literals = arguments
                .values("from-literal")
                .cloned()
                .collect::<Vec<Word>>();
            Ok(NewObject::Data {
                kind,
                name: name(
                    usize::from(secret),
                    "create configmap web --from-literal=k=v",
                )?,
                literals: changes(&literals, "literal")?.0,
            })
        }
        "create job" => Ok(NewObject::Job {
            name: name(0, "create job migrate --image=busybox -- true")?,
            image: required("image")?,
            command: texts(&arguments.tail),
        }),
        "create poddisruptionbudget" => {
            let word = arguments.value("selector");
            let selector = word.map_or(Ok(Vec::new()), |word| {
                target::selector(&word.text, word.start)
            })?;
            Ok(NewObject::PodDisruptionBudget {
                name: name(0, "create pdb web --selector=app=web --min-available=1")?,
                selector,
                min_available: text("min-available"),
                max_unavailable: text("max-unavailable"),
            })
        }
        _ => Ok(NewObject::PriorityClass {
            name: name(0, "create priorityclass high --value=1000")?,
            value: arguments.number("value")?.unwrap_or(0),
            never_preempts: text("preemption-policy").as_deref() == Some("Never"),
        }),
    }
}

fn service(arguments: &Arguments) -> Parsed<NewObject> {
    let example = "create service clusterip web --tcp=80:8080";
    let [kind, name] = arguments.positions.as_slice() else {
        let message = format!("kubectl create service needs a type and a name: `{example}`");
        return Err(usage(&arguments.command, message, None));
    };
    let service_type = match kind.text.as_str() {
        "clusterip" => "ClusterIP",
        "nodeport" => "NodePort",
        "loadbalancer" => "LoadBalancer",
        other => {
            let message = format!("`{other}` is no type of service here");
            let help = Some("clusterip, nodeport or loadbalancer".to_owned());
            return Err(usage(kind, message, help));
        }
    };
    let mut ports = Vec::new();
    for word in arguments.values("tcp") {
        for part in word.text.split(',') {
            let (port, target) = part.split_once(':').unwrap_or((part, part));
            let message = format!("`{part}` is not PORT:TARGET");
            let port = port.parse().map_err(|_| usage(word, message, None))?;
            ports.push((port, target.to_owned()));
        }
    }
    let headless = arguments
        .value("clusterip")
        .is_some_and(|word| word.text == "None");
    if ports.is_empty() && !headless {
        let message = format!("kubectl create service needs --tcp: `{example}`");
        return Err(usage(&arguments.command, message, None));
    }
    Ok(NewObject::Service {
        service_type,
        name: name.text.clone(),
        ports,
        headless,
    })
}

fn texts(words: &[Word]) -> Vec<String> {
    texts_of(words.iter())
}

fn texts_of<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<String> {
    words.map(|word| word.text.clone()).collect()
}
