//! The program `wavetank`.

fn main() {}
