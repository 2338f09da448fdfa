//! The functions of expressions: over targets, over time, over runs.

/// Functions of a target as it is now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TargetFunction {
    /// Ready pods of a workload, or 1 and 0 for a pod or node; sums over several objects.
    Ready,
    /// Available replicas.
    Available,
    /// Replicas of the newest template.
    Updated,
    /// Replicas wanted by the status.
    Replicas,
    /// Objects that there are.
    Count,
    /// Container restarts, summed.
    Restarts,
    /// `status.phase`.
    Phase,
    /// Whether there is any such object.
    Exists,
    /// Whether a condition of that type is true.
    Condition,
    /// Any field, by path.
    Field,
    /// Whether a workload's rollout has finished, as `kubectl rollout status` decides.
    RolledOut,
}

/// Functions of expressions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Function {
    /// The least of a value over time, or of several values.
    Min,
    /// The greatest of a value over time, over runs, or of several values.
    Max,
    /// The mean over time (weighted by duration) or over runs.
    Mean,
    /// The value at the end.
    Last,
    /// The area under a value over time.
    Integral,
    /// How often a value changed.
    Changes,
    /// How long a condition held, in sum.
    Duration,
    /// When a condition first held.
    First,
    /// From an instant until a condition first held.
    Delay,
    /// From an instant until a condition held to the end.
    Recovery,
    /// The sum over the objects of a target.
    Sum,
    /// Over runs: the quantile in thousandths (`p99` = 990, `p999` = 999).
    Quantile(u16),
    /// Over runs: the share for which a condition holds.
    Share,
    /// Over runs: half the width of the confidence interval of the mean.
    HalfWidth,
}

/// Functions of targets by name.
pub(super) const TARGET_FUNCTIONS: [(&str, TargetFunction); 11] = [
    ("ready", TargetFunction::Ready),
    ("available", TargetFunction::Available),
    ("updated", TargetFunction::Updated),
    ("replicas", TargetFunction::Replicas),
    ("count", TargetFunction::Count),
    ("restarts", TargetFunction::Restarts),
    ("phase", TargetFunction::Phase),
    ("exists", TargetFunction::Exists),
    ("condition", TargetFunction::Condition),
    ("field", TargetFunction::Field),
    ("rolledOut", TargetFunction::RolledOut),
];

/// Functions by name, but quantiles.
pub(super) const FUNCTIONS: [(&str, Function); 13] = [
    ("min", Function::Min),
    ("max", Function::Max),
    ("mean", Function::Mean),
    ("last", Function::Last),
    ("integral", Function::Integral),
    ("changes", Function::Changes),
    ("duration", Function::Duration),
    ("first", Function::First),
    ("delay", Function::Delay),
    ("recovery", Function::Recovery),
    ("sum", Function::Sum),
    ("share", Function::Share),
    ("halfWidth", Function::HalfWidth),
];

impl TargetFunction {
    /// The function of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = TARGET_FUNCTIONS.iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, found)| *found)
    }

    /// Whether a second argument follows the target.
    #[must_use]
    pub const fn takes_argument(self) -> bool {
        matches!(self, Self::Condition | Self::Field)
    }
}

impl Function {
    /// The function of that name; `p50`…`p999` are quantiles.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if let Some(quantile) = quantile(name) {
            return Some(Self::Quantile(quantile));
        }
        let mut all = FUNCTIONS.iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, found)| *found)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        if let Self::Quantile(thousandths) = self {
            let digits = format!("{thousandths:03}");
            return format!("p{}", digits.strip_suffix('0').unwrap_or(&digits));
        }
        let mut all = FUNCTIONS.iter();
        let found = all.find(|(_, known)| *known == self);
        found.map_or("?", |(name, _)| *name).to_owned()
    }

    /// Fewest and most arguments.
    #[must_use]
    pub const fn arity(self) -> (usize, usize) {
        match self {
            Self::Min | Self::Max => (1, 16),
            Self::Delay | Self::Recovery => (2, 2),
            Self::Mean
            | Self::Last
            | Self::Integral
            | Self::Changes
            | Self::Duration
            | Self::First
            | Self::Sum
            | Self::Quantile(_)
            | Self::Share
            | Self::HalfWidth => (1, 1),
        }
    }
}

/// `p50` → 500, `p99` → 990, `p999` → 999: two or three digits after the p.
#[must_use]
pub(super) fn quantile(name: &str) -> Option<u16> {
    let digits = name.strip_prefix('p')?;
    let fits = matches!(digits.len(), 2 | 3) && digits.bytes().all(|b| b.is_ascii_digit());
    let number: u16 = fits.then(|| digits.parse().ok())??;
    Some(if digits.len() == 2 {
        number * 10
    } else {
        number
    })
}
