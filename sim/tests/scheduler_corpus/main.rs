//! Decisions that the real kube-scheduler made, compared with those of the model: the verdict of each
//! node with its reasons, the score of each plugin, and the message.
//!
//! Recordings with in-place resizes, nominated pods and gates are left out; of the others, what the
//! plugins of the model say is compared, and a node that only other plugins reject must pass.

mod lower;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use lower::{items, text};
use serde_json::Value;
use wavetank_core::id::{NodeId, PodId};
use wavetank_sim::component::scheduler::decision::cycle::Cycle;
use wavetank_sim::component::scheduler::decision::post_filter::post_filter;
use wavetank_sim::component::scheduler::decision::shape::{PodShape, ShapeId};
use wavetank_sim::component::scheduler::decision::snapshot::Snapshot;
use wavetank_sim::component::scheduler::decision::verdict::Verdict;
use wavetank_sim::component::scheduler::decision::{Outcome, Profile, plain};
use wavetank_sim::component::scheduler::plugin::{FILTERS, Plugin, SCORES, filter_of};

/// What was compared, by kind.
type Counts = BTreeMap<&'static str, usize>;

#[test]
fn decisions_are_those_of_the_real_scheduler() {
    let path = "../../shared/goldens/scheduler/corpus-a.jsonl.zst";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return;
    };
    let reader = BufReader::new(zstd::Decoder::new(file).expect("zstd"));
    let mut counts = Counts::new();
    let mut wrong = Vec::new();
    for line in reader.lines() {
        let case: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        if is_comparable(&case) {
            *counts.entry("cases").or_default() += 1;
            let before = wrong.len();
            compare(&case, &mut counts, &mut wrong);
            if wrong.len() > before {
                *counts.entry("wrong cases").or_default() += 1;
            }
        }
    }
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{counts:?}\n{}", wrong.join("\n"));
    expect_test::expect![[
        r#"{"cases": 1898, "failures": 78, "messages": 667, "scores": 3720, "verdicts": 34153}"#
    ]]
    .assert_eq(&format!("{counts:?}"));
}

/// Whether the case needs nothing that the model leaves out altogether.
fn is_comparable(case: &Value) -> bool {
    let simple = |pod: &Value| {
        let status = &pod["status"];
        status["containerStatuses"].is_null() && status["nominatedNodeName"].is_null()
    };
    let mut pods = items(&case["pods"]).chain([&case["pod"]]);
    case["result"]["gated"].is_null() && pods.all(simple)
}

fn compare(case: &Value, counts: &mut Counts, wrong: &mut Vec<String>) {
    let (snapshot, shape, lowest) = cluster(case);
    let result = &case["result"];
    let pod = snapshot.shape(shape);
    let mut differ = |what: &'static str, found: String, expected: String| {
        *counts.entry(what).or_default() += 1;
        if found != expected {
            let case = text(&case["case"]);
            wrong.push(format!("{case} {what}: found {found}, expected {expected}"));
        }
    };
    let mut all_ours = true;
    let mut cycle = Cycle::new(&snapshot, pod);
    for (node, verdict) in plain::verdicts(&mut cycle) {
        let name = &snapshot.node(node).name;
        let expected = &result["feasible"][&**name];
        let plugin = text(&expected["plugin"]);
        let is_ours = |known: &&dyn Plugin| format!("{:?}", known.id()) == plugin;
        let ours = plugin.is_empty() || FILTERS.iter().any(is_ours);
        all_ours &= ours;
        let expected = if ours {
            told(expected)
        } else {
            "fits".to_owned()
        };
        let found = said(pod, verdict);
        differ(
            "verdicts",
            format!("{name} {found}"),
            format!("{name} {expected}"),
        );
    }
    let fits = |node: &NodeId| {
        let name = &*snapshot.node(*node).name;
        result["feasible"].get(name) == Some(&Value::Null)
    };
    let feasible: Vec<NodeId> = snapshot.list().iter().copied().filter(fits).collect();
    if feasible.len() > 1 {
        let found = plain::scores(&mut cycle, &feasible);
        for (plugin, _) in SCORES {
            let id = plugin.id();
            let expected =
                recorded_scores(&result["scores"][format!("{id:?}")], &feasible, &snapshot);
            let found = found.iter().find(|it| it.0 == id).map(|it| it.1.clone());
            differ(
                "scores",
                format!("{id:?} {found:?}"),
                format!("{id:?} {expected:?}"),
            );
        }
    }
    if !all_ours || !feasible.is_empty() {
        return;
    }
    let fit_error = text(&result["fit_error"]).to_owned();
    match plain::decide(&mut Profile::new(100), &snapshot, shape) {
        Outcome::Unfit(error) => {
            differ("messages", error.text(pod, ""), fit_error);
            // Where nobody has a lower priority there is nobody to preempt.
            if lowest >= i64::from(pod.spec().priority) {
                let message = error.text(pod, &post_filter(&error, pod, &snapshot));
                let expected = text(&result["failure_message"]).to_owned();
                differ("failures", message, expected);
            }
        }
        other @ (Outcome::Chosen { .. } | Outcome::NoNodes) => {
            differ("messages", format!("{other:?}"), fit_error);
        }
    }
}

/// The recorded scores of a plugin; none when it was skipped.
fn recorded_scores(scores: &Value, nodes: &[NodeId], snapshot: &Snapshot) -> Option<Vec<i64>> {
    scores.as_object()?;
    let of = |node: &NodeId| scores[&*snapshot.node(*node).name].as_i64();
    Some(nodes.iter().filter_map(of).collect())
}

/// The cluster of a case, its incoming pod, and the lowest priority of a pod that runs.
fn cluster(case: &Value) -> (Snapshot, ShapeId, i64) {
    let mut snapshot = Snapshot::default();
    let mut ids = BTreeMap::new();
    for (index, node) in items(&case["nodes"]).enumerate() {
        let row = lower::node(node);
        ids.insert(row.name.clone(), NodeId::from_index(index));
        snapshot.set_node(NodeId::from_index(index), row);
    }
    let mut lowest = i64::MAX;
    for (index, pod) in items(&case["pods"]).enumerate() {
        if let Some(node) = ids.get(text(&pod["spec"]["nodeName"])) {
            lowest = lowest.min(pod["spec"]["priority"].as_i64().unwrap_or(0));
            let shape = snapshot.add_shape(lower::pod(pod));
            snapshot.add_pod(*node, PodId::from_index(index), shape);
        }
    }
    let shape = snapshot.add_shape(lower::pod(&case["pod"]));
    snapshot.refresh();
    (snapshot, shape, lowest)
}

/// A recorded verdict.
fn told(verdict: &Value) -> String {
    if verdict.is_null() {
        return "fits".to_owned();
    }
    if verdict["plugin"].is_null() {
        return "not asked".to_owned();
    }
    let mut reasons: Vec<&str> = items(&verdict["reasons"]).map(text).collect();
    reasons.sort_unstable();
    let (plugin, code) = (text(&verdict["plugin"]), text(&verdict["code"]));
    format!("{plugin} {code} {reasons:?}")
}

/// The model's verdict in the same form.
fn said(pod: &PodShape, verdict: Option<Verdict>) -> String {
    let Some(verdict) = verdict else {
        return "not asked".to_owned();
    };
    if verdict.fits() {
        return "fits".to_owned();
    }
    let plugin = filter_of(verdict.plugin);
    let bits = (0..32).filter(|bit| verdict.reasons >> bit & 1 == 1);
    let mut reasons: Vec<_> = bits.map(|bit| plugin.reason(pod, bit)).collect();
    reasons.sort_unstable();
    let code = if verdict.unresolvable {
        "UnschedulableAndUnresolvable"
    } else {
        "Unschedulable"
    };
    format!("{:?} {code} {reasons:?}", verdict.plugin)
}
