//! From a line to a command.

mod change;
mod create;
mod look;

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
use change::{delete, drain, marks, patch, rollout, scale, set, taints};
use create::{autoscale, expose, new_object, run};
use look::{exec, get, logs, wait};

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

fn texts(words: &[Word]) -> Vec<String> {
    texts_of(words.iter())
}

fn texts_of<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<String> {
    words.map(|word| word.text.clone()).collect()
}
