//! Replays of logs that were made here.

use std::io::Cursor;
use std::sync::Arc;

use wavetank_core::log::{LogWriter, RecordWriter, RecordingLevel};
use wavetank_core::time::SimDuration;

use super::*;
use crate::engine::Engine;
use crate::engine::record::Recorder;
use crate::plan::build::PlanBuilder;

/// The facts of a run, as a log with a checkpoint after every `every` facts; `wrong` says which of the
/// checkpoints, counted from 0, is not that of the state.
fn log(every: usize, wrong: Option<usize>) -> Reader<Cursor<Vec<u8>>> {
    let mut builder = PlanBuilder::new("replay").nodes(2);
    builder = builder.deployment("web", 2, |_| {});
    builder.plan().span.until = Some(SimDuration::from_secs(20));
    let plan = Arc::new(builder.build());
    let (recorder, checks) = (Recorder::memory(), Checks::none());
    let mut engine = Engine::new(plan, 1, Vec::new(), recorder, checks);
    while engine.step() {}
    let records = engine.recorder().kept.clone().expect("kept");
    let mut cluster = Cluster::new(engine.cluster().definitions.clone());
    let header = Header {
        model_version: "test".into(),
        scenario: wavetank_core::log::Digest([0; 32]),
        scenario_name: "replay".into(),
        parameters: Vec::new(),
        seed: 1,
        level: RecordingLevel::Facts,
        clock_phase: 0,
        zero: SimTime::ZERO,
        epoch_seconds: 0,
    };
    let writer = LogWriter::create(Vec::new(), &header).expect("a log in memory");
    let mut writer = RecordWriter::new(writer);
    let definitions = engine.cluster().definitions.clone();
    writer
        .definitions(SimTime::ZERO, &definitions)
        .expect("definitions");
    for (number, record) in records.iter().enumerate() {
        writer.record(record).expect("a record");
        cluster.apply(record);
        if (number + 1) % every == 0 {
            let is_wrong = wrong == Some((number + 1) / every - 1);
            let digest = state_digest(&cluster) ^ u128::from(is_wrong);
            writer.log().checkpoint(digest).expect("a checkpoint");
        }
    }
    let (bytes, _) = writer.finish().expect("the end");
    Reader::open(Cursor::new(bytes)).expect("a whole log")
}

fn options(until: Until) -> Options<'static> {
    Options {
        until,
        judges: true,
        faults: Some(&[]),
    }
}

#[test]
fn a_log_is_replayed_to_its_end_and_to_any_place() {
    let whole = replay(log(10, None), options(Until::End), |_, _| true).expect("a log");
    assert!(whole.is_ok(), "{:?}", whole.violations);
    assert_eq!(whole.agreed, whole.facts / 10);
    let part = replay(log(10, None), options(Until::Seq(25)), |_, _| true).expect("a log");
    assert_eq!((part.facts, part.agreed, part.is_ok()), (25, 2, true));
    let stopped = replay(log(10, None), options(Until::End), |_, it| it.seq < 4);
    assert_eq!(stopped.expect("a log").facts, 5);
}

#[test]
fn a_state_that_is_not_the_runs_is_found() {
    let found = replay(log(10, Some(1)), options(Until::End), |_, _| true).expect("a log");
    assert_eq!((found.facts, found.agreed, found.is_ok()), (20, 1, false));
    assert!(matches!(
        found.disagreement,
        Some(RecordError::StateDiffers { next_seq: 20, .. })
    ));
}
