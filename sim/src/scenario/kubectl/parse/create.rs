//! Commands that create something.

use super::*;

pub(super) fn run(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn expose(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn autoscale(arguments: &Arguments) -> Parsed<Kubectl> {
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

pub(super) fn new_object(arguments: &Arguments, table: &str) -> Parsed<NewObject> {
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
