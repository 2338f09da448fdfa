//! PreEnqueue: a pod with scheduling gates does not enter the queue (S24).

use super::shape::PodShape;

/// Why a pod is refused before it enters the queue; none when it has no gates.
#[must_use]
pub fn waiting_for_gates(pod: &PodShape) -> Option<String> {
    let gates = &pod.spec().scheduling_gates;
    (!gates.is_empty()).then(|| format!("waiting for scheduling gates: [{}]", gates.join(" ")))
}
