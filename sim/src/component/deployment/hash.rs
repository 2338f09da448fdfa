//! Template hashes (C11), and which templates are the same (C102).

use wavetank_core::object::definition::Definitions;
use wavetank_core::object::template::PodTemplate;

/// The label that carries the hash.
pub(super) const LABEL: &str = "pod-template-hash";
/// The symbols of generated names (C10).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The hash of a template and a collision count: a 32-bit FNV-1a in decimal, its digits mapped to the
/// symbols of generated names (C11).
pub(super) fn of(template: &PodTemplate, collisions: u32, definitions: &Definitions) -> String {
    let mut hash = 0x811c_9dc5_u32;
    let mut feed = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
        // Parts are kept apart.
        hash = (hash ^ 0xff).wrapping_mul(0x0100_0193);
    };
    feed(template.manifest.as_bytes());
    for set in [template.labels, template.annotations] {
        for (key, value) in definitions.get_set(set).iter() {
            feed(key.as_bytes());
            feed(value.as_bytes());
        }
        feed(b"");
    }
    if collisions > 0 {
        feed(&collisions.to_le_bytes());
    }
    hash.to_string()
        .bytes()
        .map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()]))
        .collect()
}

/// Whether two templates are the same but for the label of the hash (C102).
pub(super) fn are_equal(a: &PodTemplate, b: &PodTemplate, definitions: &Definitions) -> bool {
    let labels = |template: &PodTemplate| definitions.get_set(template.labels).without(LABEL);
    a.annotations == b.annotations
        && a.finalizers == b.finalizers
        && a.manifest == b.manifest
        && labels(a) == labels(b)
        && a.spec == b.spec
}
