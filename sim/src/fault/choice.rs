//! Which faults a run has: those of its scenario, a swarm besides, or only some of them.

use wavetank_core::draw::Key;

use super::{schedule, swarm};
use crate::plan::Plan;
use crate::plan::fault::FaultStep;

/// Which faults a run has. Part of what makes the run: it is kept in the header of its log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choice {
    /// Whether a swarm joins the scenario's own faults.
    pub swarm: bool,
    /// The numbers of the steps of the schedule that happen, from 0, ascending; none: all of them.
    pub only: Option<Vec<usize>>,
}

/// The name of [`Choice::swarm`] on the command line and among the parameters of a log.
const SWARM: &str = "--swarm";
/// The name of [`Choice::only`] there.
const ONLY: &str = "--only-faults";

impl Choice {
    /// The explicit schedule of a run, by time. Times count from t = 0.
    #[must_use]
    pub fn schedule(&self, plan: &Plan, key: &Key) -> Vec<FaultStep> {
        let mut faults = plan.faults.clone();
        if self.swarm {
            faults.extend(swarm::swarm(plan, key));
        }
        self.chosen(schedule(&faults, key))
    }

    /// Those of the steps of a whole schedule that happen.
    #[must_use]
    pub fn chosen(&self, steps: Vec<FaultStep>) -> Vec<FaultStep> {
        let Some(only) = &self.only else {
            return steps;
        };
        let numbered = steps.into_iter().enumerate();
        let happens = numbered.filter(|(number, _)| only.contains(number));
        happens.map(|(_, step)| step).collect()
    }

    /// What it adds to a run's parameters: nothing when all is as the scenario says.
    #[must_use]
    pub fn parameters(&self) -> Vec<(Box<str>, Box<str>)> {
        let mut list: Vec<(Box<str>, Box<str>)> = Vec::new();
        if self.swarm {
            list.push((SWARM.into(), "true".into()));
        }
        if let Some(only) = &self.only {
            list.push((ONLY.into(), numbers_text(only).into()));
        }
        list
    }

    /// What it adds to a command line, beginning with a space.
    #[must_use]
    pub fn arguments(&self) -> String {
        let swarm = if self.swarm { " --swarm" } else { "" };
        let only = self.only.as_deref().map(numbers_text);
        let only = only.map_or_else(String::new, |only| format!(" {ONLY} {only}"));
        format!("{swarm}{only}")
    }

    /// Takes what [`Self::parameters`] gave out of a log's parameters; false when it is none of that.
    ///
    /// # Errors
    ///
    /// When it is, and its value makes no sense.
    pub fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        match name {
            SWARM => self.swarm = true,
            ONLY => self.only = Some(numbers(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Numbers of steps as people write them: `0,3,7`, or `none`.
///
/// # Errors
///
/// With what was expected.
pub fn numbers(text: &str) -> Result<Vec<usize>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let parts = text.split(',').map(str::trim);
    let parsed: Result<Vec<usize>, _> = parts.map(str::parse).collect();
    let mut numbers =
        parsed.map_err(|_| format!("`{text}` is not a list of numbers such as 0,3,7, or none"))?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

fn numbers_text(numbers: &[usize]) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[usize], &str>) {
        let found = numbers(text);
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{text}");
        if let Ok(found) = found {
            assert_eq!(numbers(&numbers_text(&found)), Ok(found));
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_printed() {
        check("none", Ok(&[]));
        check("7, 0,3,0", Ok(&[0, 3, 7]));
        let message = "`1,x` is not a list of numbers such as 0,3,7, or none";
        check("1,x", Err(message));
    }

    #[test]
    fn a_choice_survives_the_header_of_a_log() {
        let choice = Choice {
            swarm: true,
            only: Some(vec![1, 4]),
        };
        let mut read = Choice::default();
        for (name, value) in choice.parameters() {
            assert_eq!(read.take(&name, &value), Ok(true));
        }
        assert_eq!(read, choice);
        assert_eq!(read.arguments(), " --swarm --only-faults 1,4");
        assert_eq!(read.take("preStop", "2s"), Ok(false));
    }
}
