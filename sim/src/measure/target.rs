//! Functions of targets, compiled: which objects, and what is asked of each.

use wavetank_core::id::Kind;
use wavetank_core::object::node::NodeConditionType;
use wavetank_core::object::pod::PodConditionType;

use super::field::Field;
use crate::scenario::expr::TargetFunction;
use crate::scenario::target::{Objects, Target};

/// A function of a target.
#[derive(Clone, Debug)]
pub(super) struct TargetLeaf {
    /// What is looked at.
    pub(super) base: Base,
    /// What is asked of each.
    pub(super) ask: Ask,
    /// How the answers become one.
    pub(super) gather: Gather,
    /// Which of them.
    pub(super) objects: Objects,
    /// The field selector, compiled: the field, whether equal, the value.
    pub(super) fields: Vec<(Field, bool, String)>,
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Base {
    /// Pods that fit.
    Pods,
    /// Pods of the workloads of this kind that fit, directly or through a ReplicaSet.
    PodsOf(Kind),
    /// Objects of this kind that fit.
    Objects(Kind),
}

/// What is asked of each object.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// Nothing: it is there.
    Nothing,
    /// Whether it is ready and, for a pod, not on its way out (C81, C82).
    Ready,
    /// Whether it is a node that is not ready.
    NotReady,
    /// How often its containers were restarted.
    Restarts,
    /// `status.availableReplicas`
    Available,
    /// `status.updatedReplicas`
    Updated,
    /// `status.replicas`
    Replicas,
    /// Whether this condition of a pod is True.
    PodCondition(PodConditionType),
    /// Whether this condition of a node is True.
    NodeCondition(NodeConditionType),
    /// Whether `Progressing`, `Available` or `ReplicaFailure` is True.
    WorkloadCondition(WorkloadCondition),
    /// Whether its rollout has finished, as `kubectl rollout status` decides.
    RolledOut,
    /// The value of a field.
    Field(Field),
}

/// A condition of a Deployment or ReplicaSet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WorkloadCondition {
    Progressing,
    Available,
    ReplicaFailure,
}

/// How the answers of several objects become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gather {
    /// Their sum.
    Sum,
    /// How many there are.
    Count,
    /// Whether there is any.
    Any,
    /// Whether there are some, and all say yes.
    All,
    /// What all of them have.
    Common,
}

impl TargetLeaf {
    /// `nodes.notReady`
    pub(super) fn nodes_not_ready() -> Self {
        Self {
            base: Base::Objects(Kind::Node),
            ask: Ask::NotReady,
            gather: Gather::Sum,
            objects: Objects::default(),
            fields: Vec::new(),
        }
    }

    /// Compiles a function of a target.
    ///
    /// # Errors
    ///
    /// With what cannot be measured.
    pub(super) fn new(
        function: TargetFunction,
        target: &Target,
        argument: Option<&str>,
    ) -> Result<Self, String> {
        let objects = match target {
            Target::Objects(objects) => objects,
            Target::Component(_) => return Err("a component in an expression".to_owned()),
        };
        let [kind] = objects.kinds.as_slice() else {
            return Err("a target of several kinds".to_owned());
        };
        let known = Kind::from_name(kind).filter(|kind| *kind != Kind::Custom);
        let kind = known.ok_or_else(|| format!("{kind} in an expression"))?;
        let (base, ask, gather) = asked(function, kind, argument)?;
        let mut fields = Vec::new();
        for wanted in &objects.fields {
            let field = Field::named(kind, &wanted.field)
                .ok_or_else(|| format!("the field `{}` of a {kind}", wanted.field))?;
            fields.push((field, wanted.equal, wanted.value.clone()));
        }
        Ok(Self {
            base,
            ask,
            gather,
            objects: objects.clone(),
            fields,
        })
    }

    /// The kinds whose writes can change the value.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        match self.base {
            Base::Pods => vec![Kind::Pod],
            Base::PodsOf(Kind::ReplicaSet) => vec![Kind::Pod, Kind::ReplicaSet],
            Base::PodsOf(kind) => vec![Kind::Pod, Kind::ReplicaSet, kind],
            Base::Objects(kind) => vec![kind],
        }
    }
}

/// What a function asks of objects of a kind.
fn asked(
    function: TargetFunction,
    kind: Kind,
    argument: Option<&str>,
) -> Result<(Base, Ask, Gather), String> {
    let has_pods = matches!(
        kind,
        Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::Job
            | Kind::ReplicationController
    );
    let (own, pods) = if kind == Kind::Pod {
        (Base::Pods, Some(Base::Pods))
    } else {
        let pods = has_pods.then_some(Base::PodsOf(kind));
        (Base::Objects(kind), pods)
    };
    let refused = |what: &str| Err(format!("{what} of a {kind}"));
    let is_scaled = matches!(kind, Kind::Deployment | Kind::ReplicaSet);
    match function {
        TargetFunction::Count => Ok((own, Ask::Nothing, Gather::Count)),
        TargetFunction::Exists => Ok((own, Ask::Nothing, Gather::Any)),
        TargetFunction::Ready => match pods {
            Some(base) => Ok((base, Ask::Ready, Gather::Sum)),
            None if kind == Kind::Node => Ok((own, Ask::Ready, Gather::Sum)),
            None => refused("`ready`"),
        },
        TargetFunction::Restarts => match pods {
            Some(base) => Ok((base, Ask::Restarts, Gather::Sum)),
            None => refused("`restarts`"),
        },
        TargetFunction::Available if is_scaled => Ok((own, Ask::Available, Gather::Sum)),
        TargetFunction::Replicas if is_scaled => Ok((own, Ask::Replicas, Gather::Sum)),
        TargetFunction::Updated if kind == Kind::Deployment => Ok((own, Ask::Updated, Gather::Sum)),
        TargetFunction::Available => refused("`available`"),
        TargetFunction::Replicas => refused("`replicas`"),
        TargetFunction::Updated => refused("`updated`"),
        TargetFunction::RolledOut if kind == Kind::Deployment => {
            Ok((own, Ask::RolledOut, Gather::All))
        }
        TargetFunction::RolledOut => refused("`rolledOut`"),
        TargetFunction::Condition => {
            let wanted = argument.unwrap_or("");
            let ask = condition(kind, wanted);
            let ask = ask.ok_or_else(|| format!("the condition `{wanted}` of a {kind}"))?;
            Ok((own, ask, Gather::All))
        }
        TargetFunction::Phase => match Field::named(kind, "status.phase") {
            Some(field) => Ok((own, Ask::Field(field), Gather::Common)),
            None => refused("`phase`"),
        },
        TargetFunction::Field => {
            let path = argument.unwrap_or("").trim_start_matches('.');
            let field = Field::named(kind, path);
            let field = field.ok_or_else(|| format!("the field `.{path}` of a {kind}"))?;
            Ok((own, Ask::Field(field), Gather::Common))
        }
    }
}

fn condition(kind: Kind, wanted: &str) -> Option<Ask> {
    if kind == Kind::Pod {
        let mut all = PodConditionType::ALL.into_iter();
        let found = all.find(|known| known.text() == wanted);
        return found.map(Ask::PodCondition);
    }
    if kind == Kind::Node {
        let mut all = NodeConditionType::ALL.into_iter();
        let found = all.find(|known| known.text() == wanted);
        return found.map(Ask::NodeCondition);
    }
    let found = match (kind, wanted) {
        (Kind::Deployment, "Progressing") => WorkloadCondition::Progressing,
        (Kind::Deployment, "Available") => WorkloadCondition::Available,
        (Kind::Deployment | Kind::ReplicaSet, "ReplicaFailure") => {
            WorkloadCondition::ReplicaFailure
        }
        _ => return None,
    };
    Some(Ask::WorkloadCondition(found))
}
