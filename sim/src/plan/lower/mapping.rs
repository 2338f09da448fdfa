//! Small translations that several kinds need.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use wavetank_core::label::{Labels, Operator, Selector};
use wavetank_core::object::resources::Resources;
use wavetank_core::object::spec::IntOrPercent;
use wavetank_core::object::template::PortRef;

use crate::manifest::{Amounts, amounts};

/// Labels or annotations.
pub(crate) fn labels(map: Option<&BTreeMap<String, String>>) -> Labels {
    map.into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

/// Finalizers, as a set with empty values.
pub(super) fn finalizers(list: Option<&Vec<String>>) -> Labels {
    list.into_iter()
        .flatten()
        .map(|name| (name.as_str(), ""))
        .collect()
}

/// A label selector; what validation lets through cannot fail.
pub(crate) fn selector(selector: &LabelSelector) -> Selector {
    let labels = selector.match_labels.iter().flatten();
    let labels = labels.map(|(key, value)| (key.as_str(), value.as_str()));
    let expressions = selector
        .match_expressions
        .iter()
        .flatten()
        .filter_map(|expression| {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => return None,
            };
            let values = expression
                .values
                .iter()
                .flatten()
                .map(String::as_str)
                .collect();
            Some((expression.key.as_str(), operator, values))
        });
    Selector::from_parts(labels, expressions).unwrap_or_else(|_| Selector::everything())
}

/// A selector of plain pairs.
pub(crate) fn plain_selector(map: &BTreeMap<String, String>) -> Selector {
    let labels = map
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    Selector::from_parts(labels, []).unwrap_or_else(|_| Selector::everything())
}

/// Amounts of resources. What the scheduler would drop is dropped (S42).
pub(super) fn resources(amounts: &Amounts) -> Resources {
    let mut resources = Resources::default();
    for (name, amount) in amounts {
        match name.as_str() {
            "cpu" => resources.cpu = *amount,
            "memory" => resources.memory = *amount,
            "ephemeral-storage" => resources.storage = *amount,
            "pods" => resources.pods = *amount,
            name if is_scalar(name) => resources.extended.push((name.into(), *amount)),
            _ => {}
        }
    }
    resources.extended.sort();
    resources
}

/// Whether a resource is one that the scheduler counts besides the four (S42).
fn is_scalar(name: &str) -> bool {
    name.starts_with("hugepages-")
        || name.starts_with("attachable-volumes-")
        || name.contains("kubernetes.io/")
        || (name.contains('/') && !name.starts_with("requests."))
}

/// Amounts of an optional resource list.
pub(crate) fn quantities(list: Option<&BTreeMap<String, Quantity>>) -> Resources {
    list.map_or_else(Resources::default, |list| resources(&amounts(list)))
}

/// A number or a percentage.
pub(super) fn int_or_percent(value: &IntOrString) -> IntOrPercent {
    match value {
        IntOrString::Int(number) => IntOrPercent::Int(u32::try_from(*number).unwrap_or(0)),
        IntOrString::String(text) => {
            let percent = text
                .strip_suffix('%')
                .and_then(|percent| percent.parse().ok());
            IntOrPercent::Percent(percent.unwrap_or(0))
        }
    }
}

/// A port by number or name.
pub(super) fn port_ref(value: &IntOrString) -> PortRef {
    match value {
        IntOrString::Int(number) => PortRef::Number(port(*number)),
        IntOrString::String(name) => name
            .parse()
            .map_or_else(|_| PortRef::Name(name.as_str().into()), PortRef::Number),
    }
}

/// A port number; validation has seen that it is one.
pub(super) fn port(number: i32) -> u16 {
    u16::try_from(number).unwrap_or(0)
}

/// A count that validation has seen is not negative.
pub(super) fn count<T: TryInto<u32>>(number: T) -> u32 {
    number.try_into().unwrap_or(0)
}

/// A text that may be missing.
pub(super) fn text(text: Option<&String>) -> Box<str> {
    text.map_or("", String::as_str).into()
}
