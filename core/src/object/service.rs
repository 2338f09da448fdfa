//! Services and their EndpointSlices.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, PodId, ServiceId, SpecId};
use crate::object::meta::Meta;
use crate::object::pod::PodIp;

/// What changes of a Service: the value that the store versions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Service {
    /// `metadata`
    pub meta: Meta,
    /// Selector, ports, policies: [`crate::object::spec::ServiceSpec`].
    pub spec: SpecId,
    /// `spec.clusterIP`; none for a headless Service or an ExternalName.
    pub cluster_ip: PodIp,
    /// How many writes this object has seen.
    pub version: u32,
}

/// An EndpointSlice: the value that the store versions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EndpointSlice {
    /// `metadata`
    pub meta: Meta,
    /// The Service it belongs to.
    pub service: ServiceId,
    /// `ports`: name and number, one port set a slice (C201).
    pub ports: Arc<[SlicePort]>,
    /// `endpoints`, at most 100 (C201).
    pub endpoints: Arc<[Endpoint]>,
    /// How many writes this object has seen.
    pub version: u32,
}

/// A port of a slice, resolved to a number (C212).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SlicePort {
    /// `name`, empty when not given.
    pub name: Box<str>,
    /// `port`
    pub port: u16,
    /// `protocol`
    pub protocol: crate::object::template::Protocol,
}

/// An endpoint of a slice (C199).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// `targetRef`
    pub pod: PodId,
    /// `addresses[0]`
    pub ip: PodIp,
    /// `nodeName`
    pub node: Option<NodeId>,
    /// `conditions.ready`
    pub ready: bool,
    /// `conditions.serving`
    pub serving: bool,
    /// `conditions.terminating`
    pub terminating: bool,
}
