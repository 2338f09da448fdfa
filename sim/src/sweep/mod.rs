//! Sweeps: many runs of one scenario, over parameters and seeds.

pub mod execute;
