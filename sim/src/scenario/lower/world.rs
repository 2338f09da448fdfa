//! Images, programs, network, traffic.

use super::read::At;
use super::sections::texts;
use crate::scenario::schema::{
    Connections, Failure, FailureKind, Image, Link, Load, Need, Network, OnTerm, Otherwise,
    Program, Registry, Retries, Server, Traffic,
};

pub(super) fn image(at: &At<'_>) -> Image {
    Image {
        size: at.get("size").map(|at| at.quantity()),
        layers: at.items("layers").iter().map(At::quantity).collect(),
        share: texts(at, "share"),
        present: at.get("present").map(|at| at.target()),
        registry: at.get("registry").map(|at| at.text()),
        program: at.get("program").map(|at| program(&at)),
    }
}

pub(super) fn program(at: &At<'_>) -> Program {
    let servers = |key: &str| at.items(key).iter().map(server).collect();
    let cpu = |key: &str| at.get("cpu").and_then(|at| at.get(key));
    let memory = |key: &str| at.get("memory").and_then(|at| at.get(key));
    let start = cpu("start");
    let start = start.and_then(|at| Some((at.get("use")?.quantity(), at.get("for")?.duration())));
    Program {
        listens_after: at.get("listensAfter").map(|at| at.dist()),
        http: servers("http"),
        tcp: servers("tcp"),
        grpc: servers("grpc"),
        runs: at.get("runs").map(|at| at.dist()),
        exit: at.get("exit").map(|at| at.spanned(at.number())),
        needs: at.map("needs", need),
        on_term: at.get("onTerm").map(|at| on_term(&at)),
        cpu_idle: cpu("idle").map(|at| at.quantity()),
        cpu_per_request: cpu("perRequest").map(|at| at.duration()),
        cpu_start: start,
        memory_base: memory("base").map(|at| at.quantity()),
        memory_per_request: memory("perRequest").map(|at| at.quantity()),
        memory_leak: memory("leak").map(|at| at.rate()),
        fails: at.items("fails").iter().map(failure).collect(),
        opaque: at.get("script").is_some_and(|at| at.is("opaque")),
    }
}

fn server(at: &At<'_>) -> Server {
    Server {
        port: at.get("port").map(|at| at.spanned(at.number())),
        time: at.get("time").map(|at| at.dist()),
        concurrency: at.get("concurrency").map(|at| at.number()),
        queue: at.get("queue").map(|at| at.number()),
        status: at.get("status").map(|at| at.number()),
        paths: at.map("paths", |at| {
            let status = at.get("status").map(|at| at.number());
            (status, at.get("time").map(|at| at.dist()))
        }),
    }
}

fn need(at: &At<'_>) -> Need {
    let otherwise = match at.get("otherwise") {
        None => Otherwise::Wait,
        Some(at) => match (at.get("status"), at.get("exit")) {
            (Some(status), _) => Otherwise::Status(status.number()),
            (None, Some(exit)) => Otherwise::Exit(exit.number()),
            (None, None) if at.is("unready") => Otherwise::Unready,
            (None, None) => Otherwise::Wait,
        },
    };
    Need {
        timeout: at.get("timeout").map(|at| at.duration()),
        otherwise,
    }
}

fn on_term(at: &At<'_>) -> OnTerm {
    if let Some(serve) = at.get("serve") {
        return OnTerm::Serve(serve.span_of());
    }
    match at.str() {
        "drain" => OnTerm::Drain,
        "ignore" => OnTerm::Ignore,
        _ => OnTerm::Exit,
    }
}

fn failure(at: &At<'_>) -> Failure {
    let kind = match at.get("do") {
        None => FailureKind::Hang,
        Some(at) => match (at.get("status"), at.get("exit")) {
            (Some(status), _) => FailureKind::Status(status.number()),
            (None, Some(exit)) => FailureKind::Exit(exit.number()),
            (None, None) if at.is("unready") => FailureKind::Unready,
            (None, None) => FailureKind::Hang,
        },
    };
    Failure {
        after: at.get("after").map(|at| at.dist()),
        length: at.get("for").map(|at| at.dist()),
        every: at.get("every").map(|at| at.dist()),
        kind,
    }
}

pub(super) fn network(at: &At<'_>) -> Network {
    Network {
        profile: at.get("profile").map(|at| at.text()),
        hops: at.map("hops", At::dist),
        links: at.items("links").iter().filter_map(link).collect(),
        registries: at.map("registries", |at| Registry {
            bandwidth: at.get("bandwidth").map(|at| at.rate()),
            latency: at.get("latency").map(|at| at.dist()),
            parallel: at.get("parallel").map(|at| at.number()),
            auth: at.get("auth").is_some_and(|at| at.truth()),
        }),
        load_balancers: at.map("loadBalancers", |at| {
            let check = at.get("check").map(|at| at.duration());
            (check, at.get("deregister").map(|at| at.dist()))
        }),
        dns_ttl: at
            .get("dns")
            .and_then(|at| at.get("ttl"))
            .map(|at| at.duration()),
    }
}

fn link(at: &At<'_>) -> Option<Link> {
    Some(Link {
        between: at.get("between")?.target(),
        and: at.get("and")?.target(),
        delay: at.get("delay").map(|at| at.dist()),
        loss: at.get("loss").map(|at| at.percent()),
    })
}

pub(super) fn traffic(at: &At<'_>) -> Traffic {
    Traffic {
        to: at.get("to").map_or_else(|| at.target(), |to| to.target()),
        from: at.get("from").map(|at| at.target()),
        path: at.get("path").map(|at| at.text()),
        start: at.get("start").map(|at| at.duration()),
        stop: at.get("stop").map(|at| at.duration()),
        timeout: at.get("timeout").map(|at| at.duration()),
        load: load(at),
        connections: connections(at),
        retries: at.get("retries").map(|at| Retries {
            max: at.get("max").map_or(0, |at| at.number()),
            backoff: at.get("backoff").map(|at| at.dist()),
            budget: at.get("budget").map(|at| at.percent()),
            causes: texts(&at, "causes"),
        }),
    }
}

fn load(at: &At<'_>) -> Load {
    if let Some(closed) = at.get("closed") {
        let users = closed.get("users");
        let stage = |at: &At<'_>| {
            let to = at.get("to")?;
            Some((at.get("for")?.duration(), to.spanned(to.number())))
        };
        return Load::Closed {
            users: users.map_or_else(|| closed.spanned(0), |at| at.spanned(at.number())),
            think: closed.get("think").map(|at| at.dist()),
            stages: closed.items("stages").iter().filter_map(stage).collect(),
        };
    }
    let open = at.get("open");
    let get = |key: &str| open.as_ref().and_then(|at| at.get(key));
    let stage = |at: &At<'_>| Some((at.get("for")?.duration(), at.get("to")?.rate()));
    let stages = open
        .as_ref()
        .map(|at| at.items("stages"))
        .unwrap_or_default();
    Load::Open {
        rate: get("rate").map_or_else(|| at.rate(), |at| at.rate()),
        poisson: get("arrivals").is_some_and(|at| at.is("poisson")),
        stages: stages.iter().filter_map(stage).collect(),
    }
}

fn connections(at: &At<'_>) -> Connections {
    let Some(at) = at.get("connections") else {
        return Connections::New;
    };
    if let Some(keep) = at.get("keep") {
        return Connections::Keep(keep.number());
    }
    match at.get("http2") {
        Some(http2) => Connections::Http2(http2.get("maxAge").map(|at| at.span_of())),
        None => Connections::New,
    }
}
