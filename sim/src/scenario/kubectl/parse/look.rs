//! Commands that look, wait, or run something in a container.

use super::*;

pub(super) fn exec(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn wait(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn get(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn logs(arguments: &Arguments) -> Parsed<Kubectl> {
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
