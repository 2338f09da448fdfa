//! The Plan: a scenario at one point of a sweep, lowered to what the engine runs. Shared by the runs of
//! all seeds; nothing in it changes.

pub mod build;
pub mod fault;
pub mod image;
pub mod load;
pub mod lower;
pub mod settings;
pub mod step;
pub mod traffic;

use wavetank_core::fact::object::{NewNode, NewOther};
use wavetank_core::object::definition::Definitions;
use wavetank_core::time::SimDuration;

use crate::message::call::Request;
use crate::network::profile::Network;
use fault::PlannedFault;
use image::Images;
use settings::Settings;
use step::PlannedStep;
use traffic::Source;

/// A scenario at one point of a sweep.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario's name: its file's name.
    pub name: Box<str>,
    /// The digest over every file that was read, and the parameters.
    pub digest: [u8; 32],
    /// The parameters, as `name=value`, in the order of declaration.
    pub parameters: Vec<(Box<str>, Box<str>)>,
    /// What is interned before the run begins.
    pub definitions: Definitions,
    /// The nodes at the start: ready, with their kubelets and proxies running.
    pub nodes: Vec<NewNode>,
    /// The namespaces at the start.
    pub namespaces: Vec<NewOther>,
    /// The manifests, as calls that are made one after the other from the start on.
    pub objects: Vec<Request>,
    /// What programs the images hold.
    pub images: Images,
    /// Where requests come from.
    pub traffic: Vec<Source>,
    /// What people do, in the order of the scenario.
    pub steps: Vec<PlannedStep>,
    /// The faults, before they are expanded for a seed.
    pub faults: Vec<PlannedFault>,
    /// The latencies of all hops.
    pub network: Network,
    /// Settings of the components.
    pub settings: Settings,
    /// When t = 0 is, and when the run ends.
    pub span: Span,
    /// Play out what could be computed lazily.
    pub exact: bool,
}

/// When t = 0 is, and when the run ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Whether t = 0 waits for a steady state.
    pub warm: bool,
    /// When the run ends after t = 0; none means when it is steady.
    pub until: Option<SimDuration>,
    /// The longest a run may take after t = 0, and a warm-up before it.
    pub limit: SimDuration,
}
