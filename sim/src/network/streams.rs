//! The watches of a run: how far each has been read, and what is under way.

use wavetank_core::draw::{Key, Purpose, PurposeKey};
use wavetank_core::id::{NodeId, PodId, Rev};
use wavetank_core::state::view::Cursors;
use wavetank_core::time::SimTime;

use crate::network::hold::Holds;
use crate::network::profile::Network;
use crate::network::{Lane, Process, SlotDelays, Stream, Watched};

/// The watches of a run.
#[derive(Clone, Debug)]
pub struct Streams {
    key: PurposeKey,
    /// Cursors of the control-plane processes, by [`Process`].
    cursors: [Cursors; 2],
    /// The last scheduled delivery of each control-plane stream: when, and up to where.
    scheduled: [[(SimTime, Rev); 7]; 2],
    /// When something last arrived on each control-plane stream.
    arrived: [[SimTime; 7]; 2],
    /// The delays of each control-plane stream's last slot: writes come in bursts.
    delays: [[Option<SlotDelays>; 7]; 2],
    kubelets: Vec<KubeletWatch>,
}

/// The pod watch of one kubelet.
#[derive(Clone, Debug, Default)]
struct KubeletWatch {
    /// Pod events that the kubelet has not seen yet, in order.
    undelivered: Vec<(Rev, PodId)>,
    /// When the last scheduled delivery arrives.
    scheduled: SimTime,
}

impl Streams {
    /// No watch has seen anything.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self {
            key: key.of(Purpose::WatchDelay),
            cursors: [Cursors::default(); 2],
            scheduled: [[(SimTime::ZERO, Rev::ZERO); 7]; 2],
            arrived: [[SimTime::ZERO; 7]; 2],
            delays: [[None; 7]; 2],
            kubelets: Vec::new(),
        }
    }

    /// How far a process has read.
    #[must_use]
    pub const fn cursors(&self, process: Process) -> Cursors {
        self.cursors[process as usize]
    }

    fn cursor_mut(&mut self, stream: Stream) -> &mut Rev {
        let cursors = &mut self.cursors[stream.process as usize];
        stream.watched.cursor(cursors)
    }

    /// A write was committed that the receiver of `stream` reacts to: when a delivery has to be put
    /// into the queue for it, if none is under way that carries it.
    pub fn committed(
        &mut self,
        stream: Stream,
        rev: Rev,
        at: SimTime,
        network: &Network,
        holds: &Holds,
    ) -> SimTime {
        let delays = &mut self.delays[stream.process as usize][stream.watched as usize];
        let arrival = network
            .watch
            .arrival_with(delays, stream.lane(), at, self.key);
        let arrival = holds.release(stream.lane(), arrival);
        let scheduled = &mut self.scheduled[stream.process as usize][stream.watched as usize];
        // In order even when a hold ends: never before what was committed earlier (W-1).
        let arrival = arrival.max(scheduled.0);
        *scheduled = (arrival, rev);
        arrival
    }

    /// A delivery arrived: moves the cursor, and returns where it was. None when the cursor is there
    /// already.
    pub fn deliver(&mut self, stream: Stream, upto: Rev) -> Option<Rev> {
        let cursor = self.cursor_mut(stream);
        if *cursor >= upto {
            return None;
        }
        Some(std::mem::replace(cursor, upto))
    }

    /// Something arrives on a stream at `now`: returns when something did before.
    pub fn arrives(&mut self, stream: Stream, now: SimTime) -> SimTime {
        let arrived = &mut self.arrived[stream.process as usize][stream.watched as usize];
        std::mem::replace(arrived, now)
    }

    /// A process starts anew from a list at `rev`: it has seen everything up to there.
    pub fn relist(&mut self, process: Process, rev: Rev) {
        self.cursors[process as usize] = Cursors::all(rev);
    }

    /// A write of a pod on `node` was committed: when its delivery arrives.
    pub fn pod_committed(
        &mut self,
        node: NodeId,
        pod: PodId,
        rev: Rev,
        at: SimTime,
        network: &Network,
        holds: &Holds,
    ) -> SimTime {
        let lane = Lane::kubelet_watch(node);
        let arrival = network.kubelet_watch.arrival(lane, at, self.key);
        let arrival = holds.release(lane, arrival);
        let watch = self.kubelet(node);
        watch.undelivered.push((rev, pod));
        watch.scheduled = watch.scheduled.max(arrival);
        watch.scheduled
    }

    fn kubelet(&mut self, node: NodeId) -> &mut KubeletWatch {
        if self.kubelets.len() <= node.index() {
            self.kubelets
                .resize_with(node.index() + 1, KubeletWatch::default);
        }
        &mut self.kubelets[node.index()]
    }

    /// The pods that a kubelet learns of when its watch arrives up to `upto`, in the order of their
    /// first event, each once, into `pods`.
    pub fn deliver_pods(&mut self, node: NodeId, upto: Rev, pods: &mut Vec<PodId>) {
        let watch = self.kubelet(node);
        let end = watch.undelivered.partition_point(|(rev, _)| *rev <= upto);
        for (_, pod) in watch.undelivered.drain(..end) {
            if !pods.contains(&pod) {
                pods.push(pod);
            }
        }
    }

    /// How far a kubelet sees: just before the first event that it has not got yet. What it has got is
    /// everything about its own pods, so that with nothing under way it may read the newest state.
    #[must_use]
    pub fn kubelet_cursors(&self, node: NodeId) -> Cursors {
        let first = self
            .kubelets
            .get(node.index())
            .and_then(|watch| watch.undelivered.first());
        Cursors {
            pods: first.map_or(Rev::LATEST, |(rev, _)| Rev(rev.0 - 1)),
            ..Cursors::LATEST
        }
    }

    /// The oldest revision that any watch still needs, given the newest one.
    #[must_use]
    pub fn oldest(&self, newest: Rev) -> Rev {
        let processes = self
            .cursors
            .iter()
            .map(Cursors::oldest)
            .min()
            .unwrap_or(newest);
        let kubelets = self
            .kubelets
            .iter()
            .filter_map(|watch| watch.undelivered.first())
            .map(|(rev, _)| Rev(rev.0 - 1))
            .min()
            .unwrap_or(newest);
        processes.min(kubelets).min(newest)
    }

    /// Moves the cursors of kinds of which nothing is under way to `settled`, a revision so old that it
    /// has arrived everywhere, so that versions nobody needs can be forgotten. What is skipped is what
    /// the receivers ignore.
    pub fn catch_up(&mut self, now: SimTime, settled: Rev) {
        for process in [Process::Scheduler, Process::Controllers] {
            for watched in Watched::ALL {
                let (arrival, upto) = self.scheduled[process as usize][watched as usize];
                let cursor = self.cursor_mut(Stream { process, watched });
                if arrival <= now && *cursor >= upto {
                    *cursor = settled.max(*cursor);
                }
            }
        }
    }

    /// Forgets everything, keeping capacity.
    pub fn reset(&mut self, key: &Key) {
        self.key = key.of(Purpose::WatchDelay);
        self.cursors = [Cursors::default(); 2];
        self.scheduled = [[(SimTime::ZERO, Rev::ZERO); 7]; 2];
        self.kubelets.clear();
    }
}
