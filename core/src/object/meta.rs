//! What every object has: name, labels, owner, deletion.

use serde::{Deserialize, Serialize};

use crate::id::{ObjId, SetId, TextId};
use crate::object::name::ObjectName;
use crate::time::Stamp;

/// `metadata` of an object other than a pod. A uid is derived from the identity, see [`uid`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Meta {
    /// `metadata.name`.
    pub name: ObjectName,
    /// `metadata.namespace`; empty for kinds without one.
    pub namespace: TextId,
    /// `metadata.creationTimestamp`, by the API server's clock (C4).
    pub created: Stamp,
    /// `metadata.labels`.
    pub labels: SetId,
    /// `metadata.annotations`, less those that the model keeps as typed fields.
    pub annotations: SetId,
    /// `metadata.finalizers`, as a set with empty values.
    pub finalizers: SetId,
    /// The owner with `controller: true`.
    pub owner: Option<ObjId>,
    /// `metadata.generation` (C15).
    pub generation: u32,
    /// `metadata.deletionTimestamp` and its grace, once set.
    pub deletion: Option<Deletion>,
}

/// That an object is being deleted (C54–C60).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deletion {
    /// `metadata.deletionTimestamp`: when the grace ends, by the API server's clock.
    pub at: Stamp,
    /// `metadata.deletionGracePeriodSeconds`.
    pub grace_seconds: u32,
}

/// The uid of an object: drawn from the run's key and the identity, so it needs no storage, and its
/// order is random (C7).
///
/// `key` is drawn once a run, for purpose `Uid`: [`crate::log::Header::uid_key`].
#[must_use]
pub fn uid(key: u64, object: ObjId) -> u128 {
    let identity = (object.kind as u64) << 32 | u64::from(object.index);
    let high = mix(key ^ identity.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let low = mix(high ^ key.rotate_left(32) ^ identity);
    u128::from(high) << 64 | u128::from(low)
}

/// The text of a uid, in the form of RFC 9562 version 4.
#[must_use]
pub fn uid_text(uid: u128) -> String {
    let hex = format!("{uid:032x}");
    format!(
        "{}-{}-4{}-{}{}-{}",
        &hex[0..8],
        &hex[8..12],
        &hex[13..16],
        ["8", "9", "a", "b"][(uid >> 62) as usize & 3],
        &hex[17..20],
        &hex[20..32]
    )
}

/// A frozen 64-bit finalizer: two multiplications, each folded.
fn mix(mut value: u64) -> u64 {
    value = (value ^ value >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    value = (value ^ value >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^ value >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PodId;

    /// These texts are a promise: uids are in every export.
    #[test]
    fn uids_are_frozen() {
        expect_test::expect!["793f9bd7-3383-484a-9081-3d3802c67667"]
            .assert_eq(&uid_text(uid(7, PodId(0).into())));
    }
}
