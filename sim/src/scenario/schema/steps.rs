//! Steps of the timeline, faults, and their verbs.

use wavetank_core::time::SimDuration;

use super::{Dist, Duration, Expression, Pick, Spanned, TargetAt, Text};
use crate::diagnostic::Place;
use crate::scenario::kubectl::Kubectl;
use crate::scenario::node::Node;
use crate::scenario::units::{Percent, Rate};

/// Something that is done, or happens.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// For measures and other steps; of a fault its key.
    pub name: Option<Text>,
    /// When.
    pub time: StepTime,
    /// Of `when`: or the run fails.
    pub within: Option<Duration>,
    /// Again and again.
    pub every: Option<Spanned<Dist>>,
    /// How often; none: to the end.
    pub times: Option<u32>,
    /// When random faults may come; none: the whole run.
    pub window: Option<(SimDuration, SimDuration)>,
    /// Then it is undone; none: it stays.
    pub length: Option<Spanned<Dist>>,
    /// How many of the targets; none: all.
    pub pick: Option<Pick>,
    /// Whether a failing line does not fail the run.
    pub may_fail: bool,
    /// What happens.
    pub verb: Verb,
    /// Where the step stands.
    pub place: Place,
}

/// When a step comes.
#[derive(Clone, PartialEq, Debug)]
pub enum StepTime {
    /// Right after the previous step has finished.
    Next,
    /// At an instant.
    At(Spanned<Dist>),
    /// After the end of a step; none: of the previous one.
    After {
        /// Which step.
        step: Option<String>,
        /// How long after.
        delay: SimDuration,
    },
    /// At the first instant it holds.
    When(Expression),
    /// At random, so often.
    Rate(Spanned<Rate>),
    /// Once, perhaps.
    Chance(Spanned<Percent>),
}

/// One kubectl line.
#[derive(Clone, PartialEq, Debug)]
pub struct KubectlLine {
    /// As it is written.
    pub text: String,
    /// As it was read.
    pub command: Kubectl,
    /// Where it stands; files in it are relative to that file.
    pub place: Place,
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
pub enum Verb {
    /// Command lines, one after the other.
    Kubectl(Vec<KubectlLine>),
    /// Node: power, pod: `kill -9`, component: process.
    Crash(TargetAt),
    /// Stop and start again.
    Restart(TargetAt),
    /// Neither works nor ends.
    Freeze(TargetAt),
    /// No messages between.
    Partition {
        /// One side.
        between: TargetAt,
        /// The other.
        and: TargetAt,
        /// `both`, `to`, `from`.
        direction: Direction,
    },
    /// Messages take longer.
    Delay {
        /// Which.
        messages: Messages,
        /// How much.
        by: Spanned<Dist>,
    },
    /// Messages are lost.
    Loss {
        /// Which.
        messages: Messages,
        /// How many.
        share: Spanned<Percent>,
    },
    /// Connections to a service are refused.
    Refuse(TargetAt),
    /// Pulls fail.
    Registry {
        /// Which; none: `default`.
        name: Option<Text>,
        /// `down`, `slow`, `deny`.
        action: Text,
    },
    /// Watches lag, skip, end.
    Watch {
        /// Whose.
        to: TargetAt,
        /// Of which kinds; empty: all.
        kinds: Vec<Text>,
        /// `hold`, `skip`, `stale`, `gone`, `disconnect`.
        action: Text,
    },
    /// Requests to the API fail.
    Api {
        /// Which verbs; empty: all.
        verbs: Vec<Text>,
        /// Which kinds; empty: all.
        kinds: Vec<Text>,
        /// How many; none: all.
        share: Option<Spanned<Percent>>,
        /// What happens.
        action: ApiAction,
    },
    /// Programs misbehave.
    Program {
        /// Whose.
        of: TargetAt,
        /// `hang`, `leak`, `slow`, `flap`, `ignoreTerm`.
        action: Text,
    },
    /// A node runs short.
    Pressure {
        /// Which.
        of: TargetAt,
        /// `memory`, `disk`, `pid`.
        what: Text,
    },
    /// A clock is wrong.
    Clock {
        /// Whose.
        of: TargetAt,
        /// How far ahead.
        by: Duration,
    },
    /// A leader loses its lease.
    Leader {
        /// Of which component.
        of: TargetAt,
    },
    /// A stored field changes.
    Corrupt {
        /// Which objects.
        of: TargetAt,
        /// A path: `.spec.replicas`.
        field: Text,
        /// What happens.
        action: Corruption,
    },
    /// Nodes are added.
    Nodes {
        /// To which group.
        add: Text,
        /// How many; 1.
        count: Option<u32>,
    },
    /// The run ends, with this reason.
    Stop(Text),
}

/// Which messages a partition stops, seen from `between`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// All.
    Both,
    /// Those to the other side.
    To,
    /// Those from the other side.
    From,
}

/// Which messages.
#[derive(Clone, PartialEq, Debug)]
pub struct Messages {
    /// Of which conversation; none: all.
    pub hop: Option<Text>,
    /// From whom; none: everyone.
    pub from: Option<TargetAt>,
    /// To whom; none: everyone.
    pub to: Option<TargetAt>,
}

/// What happens to requests to the API.
#[derive(Clone, PartialEq, Debug)]
pub enum ApiAction {
    /// 409.
    Conflict,
    /// No answer.
    Timeout,
    /// This status.
    Status(u16),
    /// Later by.
    Slow(Spanned<Dist>),
}

/// What happens to a stored field.
#[derive(Clone, PartialEq, Debug)]
pub enum Corruption {
    /// A bit changes.
    Flip,
    /// It is gone.
    Remove,
    /// It has another value.
    Set(Node),
}
