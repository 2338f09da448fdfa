//! Commands that change what is there.

use super::*;

pub(super) fn delete(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn scale(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn set(arguments: &Arguments, table: &str) -> Parsed<Kubectl> {
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

pub(super) fn rollout(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn patch(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn marks(arguments: &Arguments, noun: &str) -> Parsed<Marks> {
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

pub(super) fn taints(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn drain(arguments: &Arguments) -> Parsed<Kubectl> {
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
