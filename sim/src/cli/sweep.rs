//! `wavetank sweep`.
