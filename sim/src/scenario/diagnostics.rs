//! Every message about a scenario file, one function a kind of mistake.
//!
//! Codes are stable: S001–S022 as documented for the format, from S023 on what any reader of YAML,
//! expressions and command lines must be able to say.

use crate::diagnostic::{Diagnostic, Place, Span, nearest};
use crate::scenario::node::shortened;

/// S026: a file that cannot be read.
pub fn unreadable_file(name: &str, reason: &str, help: &str, from: Option<&Place>) -> Diagnostic {
    let mut message = Diagnostic::error("S026", format!("cannot read `{name}`: {reason}"));
    message.place = from.cloned();
    if help.is_empty() {
        message
    } else {
        message.help(help)
    }
}

/// S026: a file without a document.
pub fn empty_file(name: &str) -> Diagnostic {
    Diagnostic::error("S026", format!("`{name}` is empty")).help(
        "the smallest scenario is: apiVersion: wavetank/v1, kind: Scenario, manifests: [app.yaml]",
    )
}

/// S025: too many levels.
pub fn too_deep(span: Span, most: usize) -> Diagnostic {
    Diagnostic::error("S025", format!("more than {most} levels of nesting")).at(span)
}

/// S025: aliases that multiply.
pub fn too_many_aliases(span: Span, most: usize) -> Diagnostic {
    Diagnostic::error(
        "S025",
        format!("aliases add more than {most} nodes to this file"),
    )
    .at(span)
}

/// S023: an alias inside of what it names.
pub fn open_alias(span: Span) -> Diagnostic {
    Diagnostic::error("S023", "this alias stands inside the node that it names").at(span)
}

/// S024: the same key twice in one map.
pub fn duplicate_key(key: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        "S024",
        format!("`{}` stands twice in one map", shortened(key)),
    )
    .at(again)
    .label(first, "first here")
}

/// S023: a list or a map as a key.
pub fn compound_key(span: Span) -> Diagnostic {
    Diagnostic::error("S023", "a key must be a text, not a list or a map").at(span)
}

/// S023: `<<` followed by something else than maps.
pub fn merge_key_needs_map(span: Span) -> Diagnostic {
    Diagnostic::error("S023", "`<<` needs a map or a list of maps").at(span)
}

/// S006, S007, S023: the YAML parser gave up; common causes are recognised by the line.
pub fn yaml_syntax(info: &str, place: Span, line: &str, before: &str) -> Diagnostic {
    const DISTRIBUTIONS: [&str; 7] = [
        "uniform(",
        "lognormal(",
        "normal(",
        "exponential(",
        "pareto(",
        "empirical(",
        "mixture(",
    ];
    for (text, offset) in [(line, 0), (before, 1)] {
        if let Some((at, name)) = DISTRIBUTIONS.iter().find_map(|d| Some((text.find(d)?, d))) {
            let span = Span {
                line: place.line - offset,
                column: column(text, at),
                length: column(name, name.len()) - 1,
                ..place
            };
            return call_as_distribution(name.trim_end_matches('('), span);
        }
        let braces = text
            .find("{")
            .is_some_and(|open| text[open..].contains("${"));
        if let Some(at) = text.find("${").filter(|_| braces) {
            let name: String = text[at + 2..].chars().take_while(|c| *c != '}').collect();
            let span = Span {
                line: place.line - offset,
                column: column(text, at),
                length: column(&name, name.len()) + 2,
                ..place
            };
            return reference_in_flow(&name, span);
        }
    }
    let message = Diagnostic::error("S023", format!("this is not YAML: {info}")).at(place);
    let tab = line
        .chars()
        .take_while(|c| c.is_whitespace())
        .any(|c| c == '\t');
    if tab || info.contains("tab") {
        message.help("indent with spaces; YAML allows no tabs there")
    } else if line.contains(": ") && line.matches(": ").count() > 1 {
        message.help("a text that contains `: ` must be quoted")
    } else {
        message
    }
}

/// S006: `lognormal(p50: 12ms, …)`.
pub fn call_as_distribution(name: &str, span: Span) -> Diagnostic {
    let example = match name {
        "uniform" => "{uniform: {min: 1s, max: 3s}}",
        "normal" => "{normal: {mean: 10ms, sd: 2ms}}",
        "exponential" => "{exponential: {mean: 10ms}}",
        "pareto" => "{pareto: {p50: 12ms, p99: 80ms}}",
        "empirical" => "{empirical: {file: latencies.csv}}",
        "mixture" => "{mixture: [{share: 90%, of: 5ms}, {share: 10%, of: 1s}]}",
        _ => "{lognormal: {p50: 12ms, p99: 80ms}}",
    };
    Diagnostic::error(
        "S006",
        "YAML ends the value at `: `; a distribution is a map",
    )
    .at(span)
    .note(format!("write `{example}`"))
}

/// S007: `${x}` inside `{ }`.
pub fn reference_in_flow(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("S007", "inside `{ }` YAML reads `{` as a new map")
        .at(span)
        .note(format!("write `${name}` or `\"${{{name}}}\"`"))
}

/// S001: an unknown section of the file.
pub fn unknown_section(name: &str, place: Place, known: &[&str]) -> Diagnostic {
    Diagnostic::error("S001", format!("unknown section `{}`", shortened(name)))
        .at(place)
        .did_you_mean(nearest(name, known.iter().copied()))
        .help(format!(
            "there are {}; keys `x-…` are ignored",
            listed(known)
        ))
}

/// S014: an unknown field.
pub fn unknown_field(name: &str, place: Place, of: &str, known: &[&str]) -> Diagnostic {
    let message = Diagnostic::error("S014", format!("unknown field `{}`", shortened(name)))
        .at(place)
        .did_you_mean(nearest(name, known.iter().copied()));
    if known.is_empty() {
        message
    } else {
        message.help(format!("{of} has {}", listed(known)))
    }
}

/// S010: a selector that YAML split at its comma.
pub fn split_selector(key: &str, place: Place, whole: Option<&str>) -> Diagnostic {
    let message = format!(
        "YAML split the selector at the comma (unknown key `{}`)",
        shortened(key)
    );
    let message = Diagnostic::error("S010", message).at(place);
    match whole {
        Some(first) => message.help(format!("quote it: \"{first},{key}\"")),
        None => message.help("quote the whole selector"),
    }
}

/// S002: a manifest where the scenario should be.
pub fn scenario_is_not_first(what: &str, place: Place, has_scenario: bool) -> Diagnostic {
    let message = format!("the scenario must be the first document; this file starts with {what}");
    let help = if has_scenario {
        "move the scenario up, or run the directory without a scenario"
    } else {
        "a scenario starts with `apiVersion: wavetank/v1` and `kind: Scenario`; manifests alone run as `wavetank run FILE`"
    };
    Diagnostic::error("S002", message).at(place).help(help)
}

/// S002: the wrong version of the format.
pub fn unknown_version(version: &str, place: Place) -> Diagnostic {
    let message = format!("the format `{}` is not known here", shortened(version));
    Diagnostic::error("S002", message)
        .at(place)
        .note("write `wavetank/v1`")
}

/// S003: a duration without a unit, or not a duration.
pub fn not_a_duration(text: &str, place: Place, problem: &str, missing_unit: bool) -> Diagnostic {
    if missing_unit {
        return Diagnostic::error("S003", "a duration needs a unit")
            .at(place)
            .note(format!("`{text}s`, `{text}ms` or `{text}m`?"));
    }
    let message = format!("`{}` {problem}: a duration is wanted", shortened(text));
    Diagnostic::error("S003", message)
        .at(place)
        .help("durations are written 250us, 20ms, 90s, 10m, 1h30m")
}

/// S003: a rate, a percentage or a quantity that is none.
pub fn not_a_measure(text: &str, place: Place, wanted: &str, example: &str) -> Diagnostic {
    let message = format!("`{}` is not {wanted}", shortened(text));
    Diagnostic::error("S003", message)
        .at(place)
        .help(format!("write it like {example}"))
}

/// S004: thousandths of a byte.
pub fn millibytes(text: &str, place: Place) -> Diagnostic {
    let number = text.trim_end_matches('m');
    let message = format!("`{text}` is {number} thousandths of a byte");
    Diagnostic::error("S004", message)
        .at(place)
        .note(format!("for mebibytes write `{number}Mi`"))
}

/// S005: a default that two types fit.
pub fn ambiguous_default(text: &str, place: Place) -> Diagnostic {
    let message = format!("`{text}` may be a duration or a quantity");
    Diagnostic::error("S005", message)
        .at(place)
        .help("add `type: duration` or `type: quantity`")
}

/// S008, S021: a reference to a parameter that is not declared.
pub fn unknown_parameter(
    name: &str,
    written: &str,
    place: Place,
    declared: &[(&str, u32)],
) -> Diagnostic {
    let near = nearest(name, declared.iter().map(|(name, _)| *name));
    let shell = !name.chars().any(|c| c.is_ascii_lowercase());
    let (code, message) = if shell {
        let message = format!("no parameter `{name}`; for a literal write `${written}`");
        ("S008", message)
    } else {
        ("S021", format!("`{written}` is not a parameter"))
    };
    let mut message = Diagnostic::error(code, message).at(place);
    if let Some(near) = near {
        message = message.note(format!("did you mean `{}`?", written.replace(name, near)));
    }
    let list: Vec<String> = declared
        .iter()
        .map(|(name, line)| format!("{name} (line {line})"))
        .collect();
    let known = match list.len() {
        0 => "no parameters are declared".to_owned(),
        _ => format!("declared are {}", list.join(", ")),
    };
    let rest = if shell {
        "manifest files are never substituted"
    } else {
        "a dollar sign is written $$"
    };
    message.help(format!("{known}; {rest}"))
}

/// S021: an override of a parameter that is not declared.
pub fn unknown_override(name: &str, place: Place, declared: &[(&str, u32)]) -> Diagnostic {
    let near = nearest(name, declared.iter().map(|(name, _)| *name));
    Diagnostic::error("S021", format!("`{name}` is not a parameter"))
        .at(place)
        .did_you_mean(near)
        .help("a path into the document has a dot: traffic.users.open.rate=400/s")
}

/// S021: an accessor that the parameter's type does not have.
pub fn unknown_accessor(name: &str, accessor: &str, of: &str, place: Place) -> Diagnostic {
    let message = format!("`{name}` is {of} and has no `.{accessor}`");
    Diagnostic::error("S021", message)
        .at(place)
        .help("durations have .seconds and .millis, quantities have .bytes and .millicores")
}

/// S021: a parameter without a value.
pub fn parameter_without_value(name: &str, place: Place) -> Diagnostic {
    Diagnostic::error(
        "S021",
        format!("parameter `{name}` has no default and was not given"),
    )
    .at(place)
    .help(format!("add `--set {name}=VALUE`, or `default:`"))
}

/// S027: a value of the wrong type for a parameter, or beyond its limits.
pub fn parameter_value(name: &str, problem: &str, place: Place, declared: Place) -> Diagnostic {
    let same = place.line == declared.line && place.file == declared.file;
    let message = Diagnostic::error("S030", format!("parameter `{name}`: {problem}")).at(place);
    if same {
        message
    } else {
        message.label(declared, "declared here")
    }
}

/// S029: parameters that are computed from each other in a circle.
pub fn parameter_cycle(names: &[&str], place: Place) -> Diagnostic {
    let message = format!("parameters depend on each other: {}", names.join(" → "));
    Diagnostic::error("S029", message).at(place)
}

/// S009: a duration that does not fit a field of whole seconds.
pub fn not_whole_seconds(
    value: &str,
    accessor: &str,
    field: &str,
    place: Place,
    set_at: &Place,
) -> Diagnostic {
    let message = format!("{value} is not a whole number of seconds, which `{field}` needs");
    Diagnostic::error("S009", message)
        .at(place)
        .label(set_at.clone(), "this value")
        .help(format!(
            "use whole seconds, or exec [sleep, \"{accessor}\"]"
        ))
}

/// S015: no verb, or more than one.
pub fn verbs_of_step(found: &[(&str, Span)], place: Place, verbs: &[&str]) -> Diagnostic {
    if found.is_empty() {
        return Diagnostic::error("S015", "a step has exactly one verb; this one has none")
            .at(place)
            .help(format!("verbs are {}", listed(verbs)));
    }
    let each: Vec<String> = found
        .iter()
        .map(|(verb, span)| format!("{verb} (line {})", span.line))
        .collect();
    let message = format!(
        "a step has exactly one verb; this one has {}",
        each.join(" and ")
    );
    let mut message = Diagnostic::error("S015", message).at(place);
    for (verb, span) in found.iter().skip(1) {
        message = message.label(*span, format!("and {verb}"));
    }
    message.help("write one step for each")
}

/// S016: a random time in the timeline.
pub fn random_time_in_timeline(field: &str, place: Place) -> Diagnostic {
    let message = format!("random times belong in `faults`; a timeline runs in order (`{field}`)");
    Diagnostic::error("S016", message)
        .at(place)
        .help("use `at: {uniform: {min: 10s, max: 60s}}` for a random instant")
}

/// S017: a version that YAML read as a number.
pub fn version_is_text(written: &str, place: Place) -> Diagnostic {
    Diagnostic::error("S017", "a version is text; YAML reads 1.30 as 1.3")
        .at(place)
        .note(format!("write `\"{written}\"`"))
}

/// S020: files that include each other.
pub fn include_cycle(names: &[String], places: &[Place]) -> Diagnostic {
    let mut message = Diagnostic::error("S020", format!("include cycle: {}", names.join(" → ")));
    message.place = places.last().cloned();
    for place in places.iter().rev().skip(1) {
        message = message.label(place.clone(), "included here");
    }
    message.help("a file must not include itself, not even through others")
}

/// S020: a symbolic link out of the project.
pub fn outside_project(name: &str, target: &str, place: Option<&Place>) -> Diagnostic {
    let message = format!("`{name}` is a link to `{target}`, outside the project");
    let mut message = Diagnostic::error("S020", message);
    message.place = place.cloned();
    message.help("copy the file into the project, so that the scenario can be run elsewhere")
}

/// S022: an expression that adds or compares different units.
pub fn unit_mismatch(message: String, place: Place) -> Diagnostic {
    Diagnostic::error("S022", message).at(place)
}

/// S027: a value of the wrong kind.
pub fn wrong_type(wanted: &str, found: &str, place: Place) -> Diagnostic {
    Diagnostic::error("S027", format!("{wanted} is wanted here, not {found}")).at(place)
}

/// S027: a word that is none of those that may stand here.
pub fn unknown_word(word: &str, place: Place, known: &[&str]) -> Diagnostic {
    Diagnostic::error("S027", format!("`{}` cannot stand here", shortened(word)))
        .at(place)
        .did_you_mean(nearest(word, known.iter().copied()))
        .help(format!("one of {}", listed(known)))
}

/// S028: a field that must be there.
pub fn missing_field(name: &str, place: Place, of: &str, help: &str) -> Diagnostic {
    Diagnostic::error("S028", format!("{of} needs `{name}`"))
        .at(place)
        .help(format!("`{name}`: {help}"))
}

/// S028: several fields of which exactly one may stand there.
pub fn exactly_one(names: &[&str], found: &[&str], place: Place, of: &str) -> Diagnostic {
    let tail = match found {
        [] => "; there is none".to_owned(),
        several => format!("; there are {}", listed(several)),
    };
    let message = format!("{of} needs exactly one of {}{tail}", listed(names));
    Diagnostic::error("S028", message).at(place)
}

/// S029: an expression that cannot be read.
pub fn expression(message: &str, place: Place, help: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error("S029", message.to_owned()).at(place);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// S030: a number beyond its limits.
pub fn out_of_range(found: &str, limits: &str, place: Place) -> Diagnostic {
    Diagnostic::error("S030", format!("`{found}` is out of range"))
        .at(place)
        .note(limits)
}

/// S031: a target that cannot be read.
pub fn target(message: &str, place: Place, help: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error("S031", message.to_owned()).at(place);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// S012: a kubectl line that kubectl would refuse.
pub fn kubectl_usage(message: String, place: Place, help: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::error("S012", message).at(place);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// S013: a kubectl command or flag that a run cannot honour.
pub fn kubectl_unsupported(message: String, place: Place, help: String) -> Diagnostic {
    Diagnostic::error("S013", message).at(place).help(help)
}

/// S013 as a warning: a flag that changes nothing in a run.
pub fn kubectl_no_effect(flag: &str, place: Place) -> Diagnostic {
    Diagnostic::warning("S013", format!("`{flag}` has no effect in a run")).at(place)
}

/// S032: the same name twice where names must differ.
pub fn repeated_name(name: &str, place: Place, first: Place) -> Diagnostic {
    Diagnostic::error("S032", format!("the name `{name}` is taken"))
        .at(place)
        .label(first, "first here")
}

/// S032: a name that expressions could not read.
pub fn not_an_identifier(name: &str, place: Place) -> Diagnostic {
    let message = format!("`{}` cannot be a name", shortened(name));
    Diagnostic::error("S032", message)
        .at(place)
        .help("names begin with a small letter and go on with letters and digits: zoneB, first2")
}

/// S033: something that is part of the format and not built yet.
pub fn not_there_yet(what: &str, place: Place, help: &str) -> Diagnostic {
    Diagnostic::error("S033", format!("{what} is not there yet"))
        .at(place)
        .help(help)
}

/// S034: an override that cannot be applied.
pub fn bad_override(message: String, place: Place, help: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("S034", message).at(place);
    if help.is_empty() {
        diagnostic
    } else {
        diagnostic.help(help)
    }
}

/// S035: a sweep that cannot be laid out.
pub fn sweep(message: String, place: Place, help: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("S035", message).at(place);
    if help.is_empty() {
        diagnostic
    } else {
        diagnostic.help(help)
    }
}

/// `a, b and c`, at most twenty of them.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 40;
    match names {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= SHOWN_MAX => {
            format!("{} and {last}", first.join(", "))
        }
        many => format!(
            "{} and {} more",
            many[..SHOWN_MAX].join(", "),
            many.len() - SHOWN_MAX
        ),
    }
}

/// The column, from 1, of a byte of a line.
fn column(line: &str, byte: usize) -> u32 {
    let count = line[..byte.min(line.len())].chars().count();
    u32::try_from(count).unwrap_or(u32::MAX - 1) + 1
}
