//! Measurements of wavetank: see `benches/` and `docs/performance.md`.
