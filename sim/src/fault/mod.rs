//! Faults: expanding what a scenario says into an explicit schedule, before the run.
