//! Readings of lists in command lines: objects, `k=v`, `k-`, taints, ports.

use super::arguments::{Arguments, unsupported, usage};
use super::{Files, KubectlError, Resource, Selection, Taint};
use crate::diagnostic::nearest;
use crate::scenario::target::{self, KINDS, Namespaces};
use crate::scenario::words::Word;

/// Kinds that `get all` means.
const ALL_KINDS: [&str; 9] = [
    "Pod",
    "ReplicationController",
    "Service",
    "DaemonSet",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "Job",
    "CronJob",
];

/// The objects that a command is about; what is left of its positions is returned too.
///
/// `keep` tells which positions are something else: `web=nginx:2`, `app-`.
pub(super) fn selection(
    arguments: &Arguments,
    example: &str,
    keep: fn(&str) -> bool,
) -> Result<(Selection, Vec<Word>), KubectlError> {
    let mut found = filters(arguments)?;
    let mut others = Vec::new();
    let mut kinds: Vec<&'static str> = Vec::new();
    let mut named = false;
    for word in &arguments.positions {
        if keep(&word.text) && !(found.resources.is_empty() && kinds.is_empty()) {
            others.push(word.clone());
        } else if let Some((kind_name, name)) = word.text.split_once('/') {
            let kind = kind(kind_name, word)?;
            if name.is_empty() {
                return Err(usage(
                    word,
                    "the name after `/` is missing".to_owned(),
                    None,
                ));
            }
            named = true;
            found.resources.push(Resource {
                kind,
                name: Some(name.to_owned()),
            });
        } else if kinds.is_empty() && !named {
            kinds = kinds_of(word, arguments, example)?;
        } else {
            for &kind in &kinds {
                named = true;
                found.resources.push(Resource {
                    kind,
                    name: Some(word.text.clone()),
                });
            }
        }
    }
    if !named {
        let all = kinds.into_iter().map(|kind| Resource { kind, name: None });
        found.resources.extend(all);
    }
    if found.resources.is_empty() && found.files.is_empty() {
        let message = format!(
            "kubectl {} needs KIND/NAME: `{example}`",
            arguments.command.text
        );
        return Err(usage(&arguments.command, message, None));
    }
    Ok((found, others))
}

/// Objects of which at least one name, a selector, `--all` or a file must be given.
pub(super) fn named_selection(
    arguments: &Arguments,
    example: &str,
    keep: fn(&str) -> bool,
) -> Result<(Selection, Vec<Word>), KubectlError> {
    let (found, others) = selection(arguments, example, keep)?;
    let filtered = !found.labels.is_empty() || !found.fields.is_empty() || found.all;
    let nameless = found
        .resources
        .iter()
        .any(|resource| resource.name.is_none());
    if nameless && !filtered && found.files.is_empty() {
        let word = arguments.positions.first().unwrap_or(&arguments.command);
        let message = format!(
            "kubectl {} needs a name, -l or --all",
            arguments.command.text
        );
        return Err(usage(word, message, Some(format!("write `{example}`"))));
    }
    Ok((found, others))
}

/// Positions that are names of one kind, with or without `KIND/`.
pub(super) fn of_kind(
    arguments: &Arguments,
    kind_name: &'static str,
    example: &str,
) -> Result<Selection, KubectlError> {
    let mut found = filters(arguments)?;
    for word in &arguments.positions {
        let name = match word.text.split_once('/') {
            None => word.text.clone(),
            Some((written, name)) if target::kind(written) == Some(kind_name) => name.to_owned(),
            Some(_) => {
                let message = format!("kubectl {} works on {kind_name}s", arguments.command.text);
                return Err(usage(word, message, Some(format!("write `{example}`"))));
            }
        };
        found.resources.push(Resource {
            kind: kind_name,
            name: Some(name),
        });
    }
    if found.resources.is_empty() {
        if found.labels.is_empty() {
            let message = format!("kubectl {} needs a name or -l", arguments.command.text);
            return Err(usage(
                &arguments.command,
                message,
                Some(format!("write `{example}`")),
            ));
        }
        found.resources.push(Resource {
            kind: kind_name,
            name: None,
        });
    }
    Ok(found)
}

/// A pod by name, or a workload as KIND/NAME: what `exec` and `logs` take.
pub(super) fn pod_or_workload(
    arguments: &Arguments,
    example: &str,
) -> Result<Selection, KubectlError> {
    let mut found = filters(arguments)?;
    match arguments.positions.as_slice() {
        [] if !found.labels.is_empty() => found.resources.push(Resource {
            kind: "Pod",
            name: None,
        }),
        [] => {
            let message = format!(
                "kubectl {} needs a pod: `{example}`",
                arguments.command.text
            );
            return Err(usage(&arguments.command, message, None));
        }
        [word, ..] => {
            let (kind, name) = match word.text.split_once('/') {
                Some((written, name)) => (kind(written, word)?, name),
                None => ("Pod", word.text.as_str()),
            };
            found.resources.push(Resource {
                kind,
                name: Some(name.to_owned()),
            });
        }
    }
    Ok(found)
}

/// `-f`, `-R`, `-n`, `-l` of commands that read files.
pub(super) fn files(arguments: &Arguments) -> Result<Files, KubectlError> {
    let common = filters(arguments)?;
    if common.files.is_empty() {
        let command = &arguments.command.text;
        let message = format!("kubectl {command} needs files: `{command} -f web.yaml`");
        return Err(usage(&arguments.command, message, None));
    }
    if let Some(extra) = arguments.positions.first() {
        return Err(usage(
            extra,
            format!("`{}` is not wanted here", extra.text),
            None,
        ));
    }
    Ok(Files {
        paths: common.files,
        recursive: arguments.switch("recursive", false)?,
        namespaces: common.namespaces,
        labels: common.labels,
        server_side: arguments.switch("server-side", false)?,
    })
}

/// The flags that choose objects.
pub(super) fn filters(arguments: &Arguments) -> Result<Selection, KubectlError> {
    let mut found = Selection::default();
    for word in arguments.values("filename") {
        if word.text == "-" || word.text.contains("://") {
            let message = format!("`-f {}` cannot be read in a run", word.text);
            return Err(unsupported(
                word,
                message,
                "name a file beside the scenario".to_owned(),
            ));
        }
        found.files.push(word.text.clone());
    }
    if arguments.command.text != "run" {
        for word in arguments.values("selector") {
            found
                .labels
                .extend(target::selector(&word.text, word.start)?);
        }
    }
    for word in arguments.values("field-selector") {
        let fields = target::field_selector(&word.text, word.start)?;
        found.fields.extend(fields);
    }
    found.namespaces = namespaces(arguments)?;
    found.all = arguments.switch("all", false)?;
    Ok(found)
}

/// `-n`, `-A`.
pub(super) fn namespaces(arguments: &Arguments) -> Result<Namespaces, KubectlError> {
    if arguments.switch("all-namespaces", false)? {
        return Ok(Namespaces::All);
    }
    let named = arguments.value("namespace");
    Ok(named.map_or(Namespaces::Default, |word| {
        Namespaces::Named(word.text.clone())
    }))
}

fn kinds_of(
    word: &Word,
    arguments: &Arguments,
    example: &str,
) -> Result<Vec<&'static str>, KubectlError> {
    if word.text == "all" {
        return Ok(ALL_KINDS.to_vec());
    }
    let mut kinds = Vec::new();
    for name in word.text.split(',') {
        let found = target::kind(name);
        let lonely = arguments.positions.len() == 1 && name == word.text;
        match found {
            Some(kind) => kinds.push(kind),
            None if lonely && near_kind(name).is_none() => {
                let message = format!(
                    "kubectl {} needs KIND/NAME: `{}`",
                    arguments.command.text,
                    example.replace("NAME", name)
                );
                return Err(usage(word, message, None));
            }
            None => return Err(unknown_kind(name, word)),
        }
    }
    Ok(kinds)
}

fn kind(name: &str, word: &Word) -> Result<&'static str, KubectlError> {
    target::kind(name).ok_or_else(|| unknown_kind(name, word))
}

fn near_kind(name: &str) -> Option<&'static str> {
    nearest(
        name,
        KINDS.iter().flat_map(|(_, names)| names.iter().copied()),
    )
}

fn unknown_kind(name: &str, word: &Word) -> KubectlError {
    let help = near_kind(name).map(|near| format!("did you mean `{near}`?"));
    usage(word, format!("there is no kind `{name}`"), help)
}

/// Keys with values, and keys that are removed.
type Changes = (Vec<(String, String)>, Vec<String>);

/// `K=V` sets, `K-` removes.
pub(super) fn changes(words: &[Word], what: &str) -> Result<Changes, KubectlError> {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for word in words {
        if let Some((key, value)) = word.text.split_once('=') {
            set.push((key.to_owned(), value.to_owned()));
        } else if let Some(key) = word.text.strip_suffix('-') {
            remove.push(key.to_owned());
        } else {
            let message = format!("`{}` is no {what}: KEY=VALUE sets, KEY- removes", word.text);
            return Err(usage(word, message, None));
        }
    }
    Ok((set, remove))
}

/// `a=1,b=2`.
pub(super) fn pairs(word: &Word) -> Result<Vec<(String, String)>, KubectlError> {
    let mut found = Vec::new();
    for part in word.text.split(',') {
        let Some((key, value)) = part.split_once('=') else {
            return Err(usage(word, format!("`{part}` is not KEY=VALUE"), None));
        };
        found.push((key.to_owned(), value.to_owned()));
    }
    Ok(found)
}

/// `key=value:Effect`, `key:Effect`, `key:Effect-`, `key-`.
pub(super) fn taint(word: &Word) -> Result<TaintChange, KubectlError> {
    let (text, removes) = match word.text.strip_suffix('-') {
        Some(text) => (text, true),
        None => (word.text.as_str(), false),
    };
    let (key_value, effect) = match text.split_once(':') {
        Some((left, effect)) => (left, Some(effect)),
        None => (text, None),
    };
    let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if let Some(effect) = effect.filter(|effect| !effects.contains(effect)) {
        let near = nearest(effect, effects).unwrap_or("NoSchedule");
        let help = Some(format!("did you mean `{near}`?"));
        return Err(usage(
            word,
            format!("`{effect}` is no effect of a taint"),
            help,
        ));
    }
    let (key, value) = key_value.split_once('=').unwrap_or((key_value, ""));
    let key = key.to_owned();
    match (removes, effect) {
        (true, effect) => Ok(TaintChange::Remove(key, effect.map(str::to_owned))),
        (false, Some(effect)) => Ok(TaintChange::Add(Taint {
            key,
            value: value.to_owned(),
            effect: effect.to_owned(),
        })),
        (false, None) => {
            let help = Some(format!("write `{text}:NoSchedule`"));
            Err(usage(word, "a taint needs an effect".to_owned(), help))
        }
    }
}

/// One taint that is added or removed.
pub(super) enum TaintChange {
    Add(Taint),
    Remove(String, Option<String>),
}
