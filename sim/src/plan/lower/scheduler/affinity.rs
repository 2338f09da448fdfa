//! `NodeAffinityArgs.addedAffinity`: node terms, as pods have them.

use super::reader::{At, Reader};
use wavetank_core::object::scheduling::{Affinity, NodeOperator, NodeRequirement, NodeTerm};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Reads `addedAffinity`.
pub(super) fn added(reader: &mut Reader<'_>, args: &At<'_>) -> Affinity {
    let mut affinity = Affinity::default();
    let Some(at) = args.get("addedAffinity") else {
        return affinity;
    };
    if !reader.map(&at, "a node affinity", &[REQUIRED, PREFERRED]) {
        return affinity;
    }
    if let Some(required) = at.get(REQUIRED)
        && reader.map(&required, "a node selector", &["nodeSelectorTerms"])
    {
        let terms = reader.items(&required, "nodeSelectorTerms");
        let terms: Vec<NodeTerm> = terms.iter().map(|at| term(reader, at)).collect();
        if terms.is_empty() {
            let message = "a node selector without terms selects no node".to_owned();
            reader.wrong(
                message,
                &required,
                "nodeSelectorTerms: [{matchExpressions: […]}]",
            );
        }
        affinity.node_required = Some(terms);
    }
    for at in reader.items(&at, PREFERRED) {
        if !reader.map(&at, "a preference", &["weight", "preference"]) {
            continue;
        }
        let weight = reader.number(&at, "weight", 1..=100).unwrap_or(1);
        if let Some(preference) = at.get("preference") {
            let weight = i32::try_from(weight).unwrap_or(1);
            let preference = term(reader, &preference);
            affinity.node_preferred.push((weight, preference));
        }
    }
    affinity
}

fn term(reader: &mut Reader<'_>, at: &At<'_>) -> NodeTerm {
    let mut term = NodeTerm::default();
    if reader.map(at, "a term", &["matchExpressions", "matchFields"]) {
        let list = reader.items(at, "matchExpressions");
        term.expressions = list
            .iter()
            .filter_map(|at| requirement(reader, at))
            .collect();
        let list = reader.items(at, "matchFields");
        term.fields = list
            .iter()
            .filter_map(|at| requirement(reader, at))
            .collect();
    }
    term
}

fn requirement(reader: &mut Reader<'_>, at: &At<'_>) -> Option<NodeRequirement> {
    if !reader.map(at, "a requirement", &["key", "operator", "values"]) {
        return None;
    }
    let of = "a requirement";
    let key = reader.needed(at, "key", of, "the label of the nodes");
    let words = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
    reader.needed(
        at,
        "operator",
        of,
        "`In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`",
    )?;
    let operator = match reader.word(at, "operator", &words)? {
        "In" => NodeOperator::In,
        "NotIn" => NodeOperator::NotIn,
        "Exists" => NodeOperator::Exists,
        "DoesNotExist" => NodeOperator::DoesNotExist,
        "Gt" => NodeOperator::Gt,
        _ => NodeOperator::Lt,
    };
    let items = reader.items(at, "values");
    let values = items.iter().filter_map(|item| reader.as_text(item));
    let values: Vec<Box<str>> = values.map(Into::into).collect();
    let fits = match operator {
        NodeOperator::In | NodeOperator::NotIn => !values.is_empty(),
        NodeOperator::Exists | NodeOperator::DoesNotExist => values.is_empty(),
        NodeOperator::Gt | NodeOperator::Lt => values.len() == 1,
    };
    if !fits {
        let message = format!("{} values do not go with this operator", values.len());
        let help = "In and NotIn have one or more, Gt and Lt one, Exists and DoesNotExist none";
        reader.wrong(message, at, help);
    }
    Some(NodeRequirement {
        key: key?.into(),
        operator,
        values,
    })
}
