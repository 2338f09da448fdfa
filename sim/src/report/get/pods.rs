//! The table of pods.

use wavetank_core::id::{ObjId, PodId};
use wavetank_core::object::condition::Truth;

use crate::report::snapshot::Snapshot;
use crate::report::status::{of_pod, restarts};
use crate::report::table::Table;

pub(super) fn table(view: &Snapshot<'_>, pods: &[ObjId], wide: bool) -> Table {
    let mut headings = vec!["NAME", "READY", "STATUS", "RESTARTS", "AGE"];
    if wide {
        headings.extend(["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]);
    }
    let mut table = Table::new(&headings);
    for object in pods {
        let id = PodId(object.index);
        let Some((pod, columns)) = view.store().pods.newest(id.0).zip(of_pod(view, id)) else {
            continue;
        };
        let mut row = vec![
            view.name(id),
            format!("{}/{}", columns.ready, columns.total),
            columns.status.clone(),
            restarts(view, &columns),
            view.age(view.store().pod_identity(id).created),
        ];
        if wide {
            let spec = &view.definitions().get_template(pod.template).spec;
            row.push(if pod.ip.is_some() {
                pod.ip.to_string()
            } else {
                "<none>".to_owned()
            });
            row.push(view.node_or_none(pod.node));
            row.push(view.node_or_none(pod.nominated));
            row.push(match spec.readiness_gates.len() {
                0 => "<none>".to_owned(),
                total => {
                    // A gate may name a condition of the model's own.
                    let is_true = |(number, gate): (usize, &str)| {
                        let own = wavetank_core::object::pod::PodConditionType::ALL;
                        let known = own.into_iter().find(|kind| kind.text() == gate);
                        known.map_or(number < 8 && pod.gates >> number & 1 == 1, |kind| {
                            pod.condition(kind).status == Truth::True
                        })
                    };
                    let gates = spec.readiness_gates.iter().map(|gate| &**gate).enumerate();
                    format!("{}/{total}", gates.filter(|gate| is_true(*gate)).count())
                }
            });
        }
        table.rows.push(row);
    }
    table
}
