//! Steps of the timeline, faults, and their verbs.

use wavetank_core::time::SimDuration;

use super::read::At;
use super::sections::texts;
use crate::scenario::expr::Scope;
use crate::scenario::kubectl;
use crate::scenario::schema::{
    ApiAction, Corruption, Direction, KubectlLine, Messages, Step, StepTime, TargetAt, Text, Verb,
};
use crate::scenario::units;

pub(super) fn step(at: &At<'_>) -> Step {
    let window = at.get("window").and_then(|at| {
        let (from, to) = at.str().split_once("..")?;
        Some((units::duration(from).ok()?, units::duration(to).ok()?))
    });
    Step {
        name: at.get("name").map(|at| at.text()),
        time: time(at),
        within: at.get("within").map(|at| at.duration()),
        every: at.get("every").map(|at| at.dist()),
        times: at.get("times").map(|at| at.number()),
        window,
        length: at.get("for").map(|at| at.dist()),
        pick: at.get("pick").map(|at| at.pick()),
        may_fail: at.get("mayFail").is_some_and(|at| at.truth()),
        verb: verb(at),
        place: at.place(),
    }
}

fn time(at: &At<'_>) -> StepTime {
    if let Some(at) = at.get("at") {
        return StepTime::At(at.dist());
    }
    if let Some(at) = at.get("when") {
        return StepTime::When(at.expression(Scope::Now));
    }
    if let Some(at) = at.get("rate") {
        return StepTime::Rate(at.rate());
    }
    if let Some(at) = at.get("chance") {
        return StepTime::Chance(at.percent());
    }
    let Some(after) = at.get("after") else {
        return StepTime::Next;
    };
    let (step, delay) = match after.str().rsplit_once('+') {
        Some((step, delay)) => (Some(step.trim().to_owned()), delay.trim()),
        None => (None, after.str()),
    };
    StepTime::After {
        step,
        delay: units::duration(delay).unwrap_or(SimDuration::ZERO),
    }
}

/// Fields of one verb; what the check demands is there.
struct Fields<'a>(At<'a>);

impl Fields<'_> {
    fn target(&self, key: &str) -> TargetAt {
        self.0
            .get(key)
            .map_or_else(|| self.0.target(), |at| at.target())
    }

    fn text(&self, key: &str) -> Text {
        self.0
            .get(key)
            .map_or_else(|| self.0.text(), |at| at.text())
    }

    fn messages(&self) -> Messages {
        Messages {
            hop: self.0.get("hop").map(|at| at.text()),
            from: self.0.get("from").map(|at| at.target()),
            to: self.0.get("to").map(|at| at.target()),
        }
    }
}

fn verb(at: &At<'_>) -> Verb {
    let lines = at.items("kubectl");
    if !lines.is_empty() {
        return Verb::Kubectl(lines.iter().filter_map(line).collect());
    }
    let whole = |key: &str| at.get(key).map(|at| at.target());
    if let Some(target) = whole("crash") {
        return Verb::Crash(target);
    }
    if let Some(target) = whole("restart") {
        return Verb::Restart(target);
    }
    if let Some(target) = whole("freeze") {
        return Verb::Freeze(target);
    }
    if let Some(target) = whole("refuse") {
        return Verb::Refuse(target);
    }
    if let Some(reason) = at.get("stop") {
        return Verb::Stop(reason.text());
    }
    structured(at).unwrap_or(Verb::Kubectl(Vec::new()))
}

fn line(at: &At<'_>) -> Option<KubectlLine> {
    Some(KubectlLine {
        text: at.str().to_owned(),
        command: kubectl::parse(at.str()).ok()?.0,
        place: at.place(),
    })
}

/// Verbs with fields of their own. A table.
#[allow(clippy::too_many_lines)]
fn structured(at: &At<'_>) -> Option<Verb> {
    const NAMES: [&str; 12] = [
        "partition",
        "delay",
        "loss",
        "registry",
        "watch",
        "api",
        "program",
        "pressure",
        "clock",
        "leader",
        "corrupt",
        "nodes",
    ];
    let name = NAMES.into_iter().find(|name| at.get(name).is_some())?;
    let fields = Fields(at.get(name)?);
    let inner = &fields.0;
    Some(match name {
        "partition" => Verb::Partition {
            between: fields.target("between"),
            and: fields.target("and"),
            direction: match inner.get("direction") {
                Some(at) if at.is("to") => Direction::To,
                Some(at) if at.is("from") => Direction::From,
                _ => Direction::Both,
            },
        },
        "delay" => Verb::Delay {
            messages: fields.messages(),
            by: inner.get("by")?.dist(),
        },
        "loss" => Verb::Loss {
            messages: fields.messages(),
            share: inner.get("share")?.percent(),
        },
        "registry" => Verb::Registry {
            name: inner.get("name").map(|at| at.text()),
            action: fields.text("do"),
        },
        "watch" => Verb::Watch {
            to: fields.target("to"),
            kinds: texts(inner, "kinds"),
            action: fields.text("do"),
        },
        "api" => Verb::Api {
            verbs: texts(inner, "verbs"),
            kinds: texts(inner, "kinds"),
            share: inner.get("share").map(|at| at.percent()),
            action: api_action(&inner.get("do")?),
        },
        "program" => Verb::Program {
            of: fields.target("of"),
            action: fields.text("do"),
        },
        "pressure" => Verb::Pressure {
            of: fields.target("of"),
            what: fields.text("what"),
        },
        "clock" => Verb::Clock {
            of: fields.target("of"),
            by: inner.get("by")?.duration(),
        },
        "leader" => Verb::Leader {
            of: fields.target("of"),
        },
        "corrupt" => Verb::Corrupt {
            of: fields.target("of"),
            field: fields.text("field"),
            action: corruption(&inner.get("do")?),
        },
        _ => Verb::Nodes {
            add: fields.text("add"),
            count: inner.get("count").map(|at| at.number()),
        },
    })
}

fn api_action(at: &At<'_>) -> ApiAction {
    match (at.get("status"), at.get("slow")) {
        (Some(status), _) => ApiAction::Status(status.number()),
        (None, Some(slow)) => ApiAction::Slow(slow.dist()),
        (None, None) if at.is("timeout") => ApiAction::Timeout,
        (None, None) => ApiAction::Conflict,
    }
}

fn corruption(at: &At<'_>) -> Corruption {
    match at.node.get("set") {
        Some(value) => Corruption::Set(value.clone()),
        None if at.is("remove") => Corruption::Remove,
        None => Corruption::Flip,
    }
}
