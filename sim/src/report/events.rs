//! Kubernetes Events: a fold of what was recorded, in the words of Kubernetes.

use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use wavetank_core::fact::event::EventNote;
use wavetank_core::fact::{Actor, Fact, Record};
use wavetank_core::id::{Kind, ObjId, PodId, TemplateId};
use wavetank_core::object::spec::Spec;
use wavetank_core::object::template::Container;
use wavetank_core::state::Cluster;
use wavetank_core::time::{SimDuration, SimTime};

use super::clock::go_millis;
use super::names::component;
use super::snapshot::Snapshot;
use super::table::Table;

/// How long an Event is kept (C86).
const TIME_TO_LIVE: SimDuration = SimDuration::from_secs(3_600);

/// An Event: equal notes about one object by one reporter are one (K194).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// The object that it is about.
    pub object: ObjId,
    /// Who reported it.
    pub by: Actor,
    /// What it says.
    pub note: EventNote,
    /// The pod's template when it was first recorded: it has the container's name and image.
    template: Option<TemplateId>,
    /// The number of the first fact.
    pub seq: u64,
    /// When it was first recorded.
    pub first: SimTime,
    /// When it was last recorded.
    pub last: SimTime,
    /// How often it was recorded.
    pub count: u32,
}

/// All Events of a run.
#[derive(Clone, Debug, Default)]
pub struct Events {
    list: Vec<Event>,
    index: FxHashMap<(ObjId, Actor, EventNote), usize>,
}

impl Events {
    /// Takes note of a record that was applied.
    pub fn observe(&mut self, cluster: &Cluster, record: &Record) {
        let Fact::EventRecorded(object, note) = record.fact else {
            return;
        };
        let key = (object, record.by, note);
        if let Some(event) = self.index.get(&key).map(|place| &mut self.list[*place])
            && record.at.since(event.last) <= TIME_TO_LIVE
        {
            event.last = record.at;
            event.count = event.count.saturating_add(1);
            return;
        }
        let template = PodId::try_from(object)
            .ok()
            .and_then(|pod| cluster.store.pods.newest(pod.0))
            .map(|pod| pod.template);
        self.index.insert(key, self.list.len());
        self.list.push(Event {
            object,
            by: record.by,
            note,
            template,
            seq: record.seq,
            first: record.at,
            last: record.at,
            count: 1,
        });
    }

    /// The Events that are still kept at `now`, the latest last.
    #[must_use]
    pub fn at(&self, now: SimTime) -> Vec<Event> {
        let mut events: Vec<_> = self
            .list
            .iter()
            .filter(|event| now.since(event.last) <= TIME_TO_LIVE)
            .copied()
            .collect();
        events.sort_by_key(|event| (event.last, event.seq));
        events
    }

    /// The Events about an object, the latest last.
    #[must_use]
    pub fn about(&self, object: ObjId, now: SimTime) -> Vec<Event> {
        let mut events = self.at(now);
        events.retain(|event| event.object == object);
        events
    }
}

impl Event {
    /// Whether the type is `Warning`; otherwise `Normal`.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(
            self.note,
            EventNote::FailedScheduling(_) | EventNote::Unhealthy(..) | EventNote::Warning(..)
        )
    }

    /// `type`
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        if self.is_warning() {
            "Warning"
        } else {
            "Normal"
        }
    }

    /// `reason`
    #[must_use]
    pub fn reason<'a>(&self, view: &Snapshot<'a>) -> &'a str {
        match self.note {
            EventNote::Scheduled(_) => "Scheduled",
            EventNote::FailedScheduling(_) => "FailedScheduling",
            EventNote::Pulling(_) => "Pulling",
            EventNote::Present(_) | EventNote::Pulled(..) => "Pulled",
            EventNote::Created(_) => "Created",
            EventNote::Started(_) => "Started",
            EventNote::Killing(_) | EventNote::KillingBecause(..) => "Killing",
            EventNote::Unhealthy(..) => "Unhealthy",
            EventNote::SuccessfulCreate(_) => "SuccessfulCreate",
            EventNote::SuccessfulDelete(_) => "SuccessfulDelete",
            EventNote::Scaled { .. } => "ScalingReplicaSet",
            EventNote::Normal(reason, _) | EventNote::Warning(reason, _) => view.text(reason),
        }
    }

    /// `message`
    #[must_use]
    pub fn message(&self, view: &Snapshot<'_>) -> String {
        let image = |number| self.container(view, number).map_or("?", |it| &*it.image);
        let pod = |index| view.name(PodId(index));
        match self.note {
            EventNote::Scheduled(node) => format!(
                "Successfully assigned {}/{} to {}",
                view.namespace(self.object),
                view.name(self.object),
                view.name(node)
            ),
            EventNote::FailedScheduling(message)
            | EventNote::KillingBecause(_, message)
            | EventNote::Unhealthy(_, message)
            | EventNote::Normal(_, message)
            | EventNote::Warning(_, message) => view.text(message).to_owned(),
            EventNote::Pulling(number) => format!("Pulling image \"{}\"", image(number)), // K84
            EventNote::Present(number) => format!(
                "Container image \"{}\" already present on machine and can be accessed by the pod",
                image(number)
            ), // K83
            EventNote::Pulled(number, millis) => pulled(view, image(number), millis),
            EventNote::Created(_) => "Container created".to_owned(), // K92
            EventNote::Started(_) => "Container started".to_owned(),
            EventNote::Killing(number) => format!(
                "Stopping container {}",
                self.container(view, number).map_or("?", |it| &*it.name)
            ),
            EventNote::SuccessfulCreate(index) => format!("Created pod: {}", pod(index)),
            EventNote::SuccessfulDelete(index) => format!("Deleted pod: {}", pod(index)),
            EventNote::Scaled { set, from, to } => {
                let set = view.name(ObjId {
                    kind: Kind::ReplicaSet,
                    index: set,
                });
                let way = if to > from { "up" } else { "down" };
                format!("Scaled {way} replica set {set} from {from} to {to}")
            }
        }
    }

    /// `involvedObject.fieldPath`, of Events about a container (K193).
    #[must_use]
    pub fn field_path(&self, view: &Snapshot<'_>) -> Option<String> {
        let number = match self.note {
            EventNote::Pulling(number)
            | EventNote::Present(number)
            | EventNote::Pulled(number, _)
            | EventNote::Created(number)
            | EventNote::Started(number)
            | EventNote::Killing(number)
            | EventNote::KillingBecause(number, _)
            | EventNote::Unhealthy(number, _) => number,
            EventNote::Scheduled(_)
            | EventNote::FailedScheduling(_)
            | EventNote::SuccessfulCreate(_)
            | EventNote::SuccessfulDelete(_)
            | EventNote::Scaled { .. }
            | EventNote::Normal(..)
            | EventNote::Warning(..) => return None,
        };
        let spec = &view.definitions().get_template(self.template?).spec;
        let list = if usize::from(number) < spec.init_containers.len() {
            "initContainers"
        } else {
            "containers"
        };
        let name = &self.container(view, number)?.name;
        Some(format!("spec.{list}{{{name}}}"))
    }

    /// The name of the Event: its object's, and a number.
    #[must_use]
    pub fn name(&self, view: &Snapshot<'_>) -> String {
        format!("{}.{:016x}", view.name(self.object), self.seq)
    }

    fn container<'a>(&self, view: &Snapshot<'a>, number: u8) -> Option<&'a Container> {
        let template = view.definitions().get_template(self.template?);
        template.spec.all_containers().nth(usize::from(number))
    }

    /// `5s`, or `5s (x3 over 2m)` when it was recorded more than once.
    #[must_use]
    pub fn ages(&self, view: &Snapshot<'_>) -> String {
        let last = view.clock.age(view.clock.stamp(self.last), view.now);
        if self.count > 1 {
            let first = view.clock.age(view.clock.stamp(self.first), view.now);
            format!("{last} (x{} over {first})", self.count)
        } else {
            last
        }
    }

    /// The Event as an object of the API.
    #[must_use]
    pub fn to_json(&self, view: &Snapshot<'_>) -> Value {
        let object = self.object;
        let mut involved = json!({
            "apiVersion": super::object::api_version(object.kind),
            "kind": object.kind.name(),
            "name": view.name(object),
            "uid": view.uid(object),
        });
        let namespace = view.namespace(object);
        if !namespace.is_empty() {
            involved["namespace"] = json!(namespace);
        }
        if let Some(path) = self.field_path(view) {
            involved["fieldPath"] = json!(path);
        }
        let mut source = json!({ "component": component(self.by) });
        if let Actor::Kubelet(node) | Actor::Proxy(node) = self.by {
            source["host"] = json!(view.name(node));
        }
        let (first, last) = (view.clock.stamp(self.first), view.clock.stamp(self.last));
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "count": self.count,
            "firstTimestamp": view.clock.wall(first),
            "involvedObject": involved,
            "lastTimestamp": view.clock.wall(last),
            "message": self.message(view),
            "metadata": {
                "creationTimestamp": view.clock.wall(first),
                "name": self.name(view),
                "namespace": if namespace.is_empty() { "default" } else { namespace },
            },
            "reason": self.reason(view),
            "reportingComponent": component(self.by),
            "source": source,
            "type": self.kind(),
        })
    }
}

/// K84; the size is known of images that the nodes were described with.
fn pulled(view: &Snapshot<'_>, image: &str, millis: u32) -> String {
    let took = go_millis(millis);
    let mut text =
        format!("Successfully pulled image \"{image}\" in {took} ({took} including waiting).");
    let nodes = &view.store().nodes;
    let size = nodes.live_indexes().find_map(|index| {
        let spec = view.definitions().get_spec(nodes.newest(index)?.spec);
        let Spec::Node(node) = &spec.spec else {
            return None;
        };
        let found = node.images.iter().find(|(name, _)| **name == *image);
        found.map(|(_, bytes)| *bytes)
    });
    if let Some(size) = size {
        text.push_str(&format!(" Image size: {size} bytes."));
    }
    text
}

/// The table of `kubectl get events`, or that of `kubectl events` with the namespace in front.
#[must_use]
pub fn table(view: &Snapshot<'_>, events: &[Event], with_namespace: bool, wide: bool) -> Table {
    let mut headings = vec!["LAST SEEN", "TYPE", "REASON", "OBJECT"];
    if wide {
        headings.extend(["SUBOBJECT", "SOURCE"]);
    }
    headings.push("MESSAGE");
    if wide {
        headings.extend(["FIRST SEEN", "COUNT", "NAME"]);
    }
    if with_namespace {
        headings.insert(0, "NAMESPACE");
    }
    let mut table = Table::new(&headings);
    for event in events {
        let object = event.object;
        let mut row = Vec::new();
        if with_namespace {
            let namespace = view.namespace(object);
            row.push(
                if namespace.is_empty() {
                    "default"
                } else {
                    namespace
                }
                .to_owned(),
            );
        }
        row.extend([
            event.ages(view),
            event.kind().to_owned(),
            event.reason(view).to_owned(),
            format!(
                "{}/{}",
                object.kind.name().to_lowercase(),
                view.name(object)
            ),
        ]);
        if wide {
            row.push(event.field_path(view).unwrap_or_default());
            row.push(match event.by {
                Actor::Kubelet(node) | Actor::Proxy(node) => {
                    format!("{}, {}", component(event.by), view.name(node))
                }
                Actor::Scenario
                | Actor::User
                | Actor::ApiServer
                | Actor::Scheduler
                | Actor::Controller(_)
                | Actor::Client(_) => component(event.by).to_owned(),
            });
        }
        row.push(event.message(view));
        if wide {
            row.push(view.clock.age(view.clock.stamp(event.first), view.now));
            row.push(event.count.to_string());
            row.push(event.name(view));
        }
        table.rows.push(row);
    }
    table
}

/// The `Events` section of `kubectl describe`, to be aligned with the rest.
#[must_use]
pub fn section(view: &Snapshot<'_>, object: ObjId) -> String {
    let events = view.events.about(object, view.now);
    if events.is_empty() {
        return "Events:\t<none>\n".to_owned();
    }
    let mut text = String::from("Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
    text.push_str("  ----\t------\t----\t----\t-------\n");
    for event in events {
        text.push_str(&format!(
            "  {}\t{}\t{}\t{}\t{}\n",
            event.kind(),
            event.reason(view),
            event.ages(view),
            component(event.by),
            event.message(view),
        ));
    }
    text
}
