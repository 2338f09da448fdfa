//! DynamicResources, for pods without claims: it scores, and every node gets nothing (S67, S138).

use super::{Plugin, PluginId};

/// Scores nodes by the devices that a pod claims; pods with claims are not modelled.
#[derive(Clone, Copy, Debug)]
pub struct DynamicResources;

impl Plugin for DynamicResources {
    fn id(&self) -> PluginId {
        PluginId::DynamicResources
    }
}
