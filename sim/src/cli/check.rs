//! `wavetank check`: scenarios under many seeds, with random faults if wanted, and what broke.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::exit::{Failure, violated};
use super::input::{InputArgs, report};
use super::run::Output;
use super::terminal;
use crate::fault::choice::Choice;
use crate::fault::show;
use crate::measure::{Compiled, compile, duration_text};
use crate::plan::load::is_scenario;
use crate::run::Job;
use crate::sweep::execute::{RunKey, execute, keys};
use crate::trial::group::{Group, digest, groups};
use crate::trial::shrink::shrink;
use crate::trial::{Broken, Judges, Row, Trial};

/// The arguments of `check`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wavetank check scenarios/*.yaml                        every scenario under a hundred seeds
  wavetank check scenarios/rollout.yaml --seeds 1000 --set preStop=0s
  wavetank check scenarios/*.yaml --swarm --shrink       random faults, and the fewest that break it
  wavetank check my-manifests/ --nodes 5 --swarm         plain manifests on a default cluster
  wavetank check scenarios/*.yaml --swarm -o json > check.json

Every run is judged by all invariants (see `docs/src/invariants.md`), by its scenario's expectations, and
by whether the steps of its timeline succeed. With --swarm each seed adds a random set of faults, and only
invariants are judged: nobody promised the expectations for faults that nobody wrote down.

Exit code 0 when nothing broke, 1 when something did, 2 for a mistake in the input.")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// How many seeds each scenario is run under
    #[arg(long, value_name = "N", default_value_t = 100)]
    seeds: u32,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: u64,
    /// How many threads run [default: one a core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Add random faults, drawn for each seed: a random subset of node crash, kubelet restart, proxy stop,
    /// container kill, API pause, held watch, delay, loss, restarts of scheduler and controllers
    #[arg(long)]
    swarm: bool,
    /// Of what broke, find the fewest faults that still break it under the first seed
    #[arg(long)]
    shrink: bool,
    /// Output: text, or json for programs
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// One scenario, or the plain manifests together.
struct Subject {
    /// As it was named.
    input: InputArgs,
    /// Its name: that of its file.
    name: String,
    trial: Trial,
}

/// What broke, and how to see it again.
struct Found {
    group: Group,
    replay: String,
    /// The fewest faults: their numbers and lines, of how many, and the command.
    minimal: Option<Minimal>,
}

struct Minimal {
    faults: Vec<(usize, String)>,
    of: usize,
    replay: String,
}

/// What became of a subject.
struct Verdict<'a> {
    subject: &'a Subject,
    rows: &'a [Row],
    found: Vec<Found>,
}

/// Runs the command.
///
/// # Errors
///
/// When the user has to change something.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    if args.output == Output::Yaml {
        return Err(Failure::user("check prints text or json"));
    }
    let subjects = subjects(args)?;
    let seeds: Vec<u64> = (0..u64::from(args.seeds))
        .map_while(|number| args.from.checked_add(number))
        .collect();
    let keys = keys(subjects.len(), &seeds);
    let bar = terminal::bar(keys.len() as u64);
    let rows = execute(&keys, args.jobs, |key: RunKey| {
        let row = subjects[key.point].trial.run(key.seed);
        bar.inc(1);
        row
    })
    .map_err(|error| Failure::user(format!("the threads could not be started: {error}")))?;
    bar.finish_and_clear();
    let mut verdicts = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        let rows = &rows[number * seeds.len()..(number + 1) * seeds.len()];
        verdicts.push(verdict(args, subject, rows));
    }
    let text = match args.output {
        Output::Json => format!("{:#}\n", to_json(&verdicts)),
        Output::Text | Output::Yaml => to_text(&verdicts),
    };
    out.write_all(text.as_bytes())
        .map_err(|error| Failure::user(format!("the output could not be written: {error}")))?;
    Ok(if verdicts.iter().all(|verdict| verdict.found.is_empty()) {
        ExitCode::SUCCESS
    } else {
        violated()
    })
}

/// Every scenario by itself; plain manifests together, as one more. All mistakes are told.
fn subjects(args: &Args) -> Result<Vec<Subject>, Failure> {
    let (scenarios, manifests): (Vec<String>, Vec<String>) = args
        .input
        .paths
        .iter()
        .cloned()
        .partition(|path| is_scenario(Path::new(path)));
    let mut groups: Vec<Vec<String>> = scenarios.into_iter().map(|path| vec![path]).collect();
    if !manifests.is_empty() {
        groups.push(manifests);
    }
    let mut subjects = Vec::new();
    let mut failure = None;
    for paths in groups {
        match subject(args, paths) {
            Ok(subject) => subjects.push(subject),
            Err(failed) => failure = Some(failed),
        }
    }
    failure.map_or(Ok(subjects), Err)
}

fn subject(args: &Args, paths: Vec<String>) -> Result<Subject, Failure> {
    let input_args = InputArgs {
        paths,
        ..args.input.clone()
    };
    let mut input = input_args.open()?;
    let given = input_args.overrides(&mut input);
    let loaded = input.plan(&given, &input_args.options());
    let scenario = loaded.as_ref().and_then(|loaded| loaded.scenario.as_ref());
    let compiled = scenario.map_or_else(Compiled::default, |scenario| {
        compile(scenario, &mut input.diagnostics)
    });
    let judges = Judges::of(scenario, !args.swarm);
    report(&input)?;
    let Some(mut loaded) = loaded else {
        return Err(Failure::reported());
    };
    let choice = Choice {
        swarm: args.swarm,
        only: None,
    };
    loaded.plan.parameters.extend(choice.parameters());
    Ok(Subject {
        input: input_args,
        name: loaded.plan.name.to_string(),
        trial: Trial {
            job: Job {
                plan: Arc::new(loaded.plan),
                compiled: Arc::new(compiled),
            },
            choice,
            judges,
        },
    })
}

fn verdict<'a>(args: &Args, subject: &'a Subject, rows: &'a [Row]) -> Verdict<'a> {
    let mut found = Vec::new();
    for group in groups(rows) {
        let seed = group.first;
        let arguments = subject.trial.choice.arguments();
        let minimal = args.shrink.then(|| minimal(subject, &group)).flatten();
        found.push(Found {
            replay: format!("{}{arguments}", subject.input.command(seed)),
            minimal,
            group,
        });
    }
    Verdict {
        subject,
        rows,
        found,
    }
}

/// The fewest faults that break it under the group's first seed.
fn minimal(subject: &Subject, group: &Group) -> Option<Minimal> {
    let trial = &subject.trial;
    let numbers = shrink(trial, group.first, &group.finding.broken)?;
    let steps = trial.job.schedule(group.first, &trial.choice);
    let faults = numbers.iter().map(|number| {
        let line = show::line(&steps[*number], &trial.job.plan);
        (*number, line)
    });
    let choice = Choice {
        only: Some(numbers.clone()),
        ..trial.choice.clone()
    };
    Some(Minimal {
        faults: faults.collect(),
        of: steps.len(),
        replay: format!(
            "{}{}",
            subject.input.command(group.first),
            choice.arguments()
        ),
    })
}

/// For people: what broke, then one line a scenario.
fn to_text(verdicts: &[Verdict<'_>]) -> String {
    let mut text = String::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.found.is_empty()) {
        let _ = writeln!(text, "{}", verdict.subject.input.paths.join(" "));
        for found in &verdict.found {
            found.write(&mut text, verdict.rows.len());
        }
        let _ = writeln!(text);
    }
    let width = verdicts.iter().map(|it| it.subject.name.chars().count());
    let width = width.max().unwrap_or(0) + 1;
    for verdict in verdicts {
        let name = format!("{}:", verdict.subject.name);
        let _ = writeln!(text, "{name:<width$} {}", verdict.line());
        if let Some(found) = verdict.found.iter().min_by_key(|found| found.group.first) {
            let _ = writeln!(text, "{:<width$} replay: {}", "", found.replay);
        }
    }
    text
}

impl Found {
    fn write(&self, text: &mut String, seeds: usize) {
        let group = &self.group;
        let (broken, first) = (&group.finding.broken, group.first);
        let what = match broken {
            Broken::Model => "the model failed".to_owned(),
            Broken::Invariant(id) => {
                format!("VIOLATED {id}: {}", broken.statement().unwrap_or_default())
            }
            Broken::Expectation(expectation) => format!("UNMET {expectation}"),
            Broken::Step(step) => format!("FAILED {step}"),
        };
        let _ = writeln!(text, "  {what}");
        let place = group.finding.place.map_or_else(String::new, |(at, seq)| {
            format!(", t={}, record {seq}", duration_text(at))
        });
        let _ = writeln!(
            text,
            "    under {} of {}; seed {first}{place}: {}",
            group.seeds,
            counted(seeds, "seed"),
            group.finding.text
        );
        let _ = writeln!(text, "    replay: {}", self.replay);
        let Some(minimal) = &self.minimal else {
            return;
        };
        let (left, of) = (minimal.faults.len(), minimal.of);
        let _ = writeln!(
            text,
            "    {left} of {of} faults break it: {}",
            minimal.replay
        );
        for (number, line) in &minimal.faults {
            let _ = writeln!(text, "      fault {number:<3} {line}");
        }
    }
}

impl Verdict<'_> {
    fn line(&self) -> String {
        let (mut violations, mut unmet) = (0, 0);
        for finding in self.rows.iter().flat_map(|row| &row.findings) {
            match finding.broken {
                Broken::Model | Broken::Invariant(_) => violations += 1,
                Broken::Expectation(_) | Broken::Step(_) => unmet += 1,
            }
        }
        let unmet = if self.subject.trial.judges.expectations {
            format!(", {}", counted(unmet, "unmet expectation"))
        } else {
            String::new()
        };
        let faults: usize = self.rows.iter().map(|row| row.faults).sum();
        let facts: u64 = self.rows.iter().map(|row| row.facts).sum();
        let digest = digest(self.rows);
        format!(
            "{}, {}{unmet}; {}, {facts} facts, digest {}",
            counted(self.rows.len(), "seed"),
            counted(violations, "violation"),
            counted(faults, "fault"),
            &digest[..16]
        )
    }
}

/// `1 seed`, `2 seeds`.
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// For programs.
fn to_json(verdicts: &[Verdict<'_>]) -> Value {
    let scenarios: Vec<Value> = verdicts
        .iter()
        .map(|verdict| {
            let rows = verdict.rows;
            let first = verdict.found.iter().min_by_key(|found| found.group.first);
            json!({
                "paths": verdict.subject.input.paths,
                "name": verdict.subject.name,
                "seeds": rows.len(),
                "faults": rows.iter().map(|row| row.faults).sum::<usize>(),
                "facts": rows.iter().map(|row| row.facts).sum::<u64>(),
                "digest": digest(rows),
                "found": verdict.found.iter().map(Found::to_json).collect::<Vec<_>>(),
                "replay": first.map(|found| &found.replay),
            })
        })
        .collect();
    json!({
        "ok": verdicts.iter().all(|verdict| verdict.found.is_empty()),
        "scenarios": scenarios,
    })
}

impl Found {
    fn to_json(&self) -> Value {
        let finding = &self.group.finding;
        let minimal = self.minimal.as_ref().map(|minimal| {
            let faults = minimal.faults.iter();
            json!({
                "faults": faults.map(|(number, line)| json!({"number": number, "what": line}))
                    .collect::<Vec<_>>(),
                "of": minimal.of,
                "replay": minimal.replay,
            })
        });
        // Nanoseconds after t = 0 fit: a run is shorter than 292 years.
        let at = finding.place.and_then(|(at, _)| i64::try_from(at).ok());
        json!({
            "kind": finding.broken.kind(),
            "id": finding.broken.name(),
            "statement": finding.broken.statement(),
            "seeds": self.group.seeds,
            "firstSeed": self.group.first,
            "afterZeroNanos": at,
            "seq": finding.place.map(|(_, seq)| seq),
            "text": finding.text,
            "replay": self.replay,
            "minimal": minimal,
        })
    }
}
