//! The order of simultaneous messages, played in a toy: three nodes whose delays are constant and
//! whose kubelets look at their pods once a second, all at the same instants.
//!
//! Played out, every kubelet looks every second. Lazily, a look is only sent when it has something
//! to find. The facts must be the same; see `docs/src/decisions/0002-tie-order.md`.

use wavetank_core::time::{SimDuration, SimTime};
use wavetank_sim::engine::queue::{Key, Queue};

/// How ties between simultaneous messages are broken.
#[derive(Clone, Copy)]
enum TieOrder {
    /// By the rank of the stream, and then the number within it.
    Lane,
    /// By which was sent first.
    Sent,
}

/// Whether looks that find nothing are sent as well.
#[derive(Clone, Copy, PartialEq)]
enum Play {
    Exact,
    Lazy,
}

#[derive(Clone, Copy)]
enum Message {
    /// A pod was bound to the node, and the kubelet hears of it.
    Assigned { node: u32, pod: u32 },
    /// The kubelet's look at its pods.
    Tick { node: u32 },
    /// The kubelet's report that a pod runs reaches the API server.
    Running { pod: u32 },
}

const NODES: u32 = 3;
const SECOND: SimDuration = SimDuration::from_secs(1);
const REPORT: SimDuration = SimDuration::from_millis(5);

struct Toy {
    order: TieOrder,
    play: Play,
    queue: Queue<Message>,
    sent: u32,
    lanes: [u32; 7],
    waiting: [Vec<u32>; 3],
    facts: Vec<(SimTime, u32)>,
}

impl Toy {
    fn send(&mut self, at: SimTime, lane: u32, message: Message) {
        let n = &mut self.lanes[lane as usize];
        *n += 1;
        self.sent += 1;
        let (lane, n) = match self.order {
            TieOrder::Lane => (lane, *n),
            TieOrder::Sent => (0, self.sent),
        };
        self.queue.push(Key { at, lane, n }, message);
    }

    fn tick(&mut self, node: u32, at: SimTime) {
        self.send(at, 3 + node, Message::Tick { node });
    }

    fn handle(&mut self, now: SimTime, message: Message) {
        match message {
            Message::Assigned { node, pod } => {
                let waiting = &mut self.waiting[node as usize];
                waiting.push(pod);
                if self.play == Play::Lazy && waiting.len() == 1 {
                    let seconds = now.nanos() / SECOND.nanos() + 1;
                    self.tick(node, SimTime::from_secs(seconds));
                }
            }
            Message::Tick { node } => {
                for pod in std::mem::take(&mut self.waiting[node as usize]) {
                    self.send(now + REPORT, 6, Message::Running { pod });
                }
                if self.play == Play::Exact && now < SimTime::from_secs(20) {
                    self.tick(node, now + SECOND);
                }
            }
            Message::Running { pod } => self.facts.push((now, pod)),
        }
    }
}

/// The facts of a run, in their order: when, and which pod began to run.
fn facts(order: TieOrder, play: Play) -> Vec<(SimTime, u32)> {
    let mut toy = Toy {
        order,
        play,
        queue: Queue::new(),
        sent: 0,
        lanes: [0; 7],
        waiting: Default::default(),
        facts: Vec::new(),
    };
    if play == Play::Exact {
        for node in 0..NODES {
            toy.tick(node, SimTime::from_secs(1));
        }
    }
    // Pods come to the nodes in an order that is not that of the nodes.
    for pod in 0..12 {
        let at = SimTime::ZERO + SimDuration::from_millis(1_300).times(u64::from(pod / 3));
        let node = (2 + pod * 2) % NODES;
        toy.send(at, node, Message::Assigned { node, pod });
    }
    while let Some((key, message)) = toy.queue.pop() {
        toy.handle(key.at, message);
    }
    assert_eq!(toy.facts.len(), 12);
    toy.facts
}

#[test]
fn lanes_give_the_same_facts_with_and_without_idle_ticks() {
    assert_eq!(
        facts(TieOrder::Lane, Play::Exact),
        facts(TieOrder::Lane, Play::Lazy)
    );
}

/// Why messages are not ordered by when they were sent.
#[test]
fn the_order_of_sending_gives_other_facts_without_idle_ticks() {
    let (exact, lazy) = (
        facts(TieOrder::Sent, Play::Exact),
        facts(TieOrder::Sent, Play::Lazy),
    );
    assert_ne!(exact, lazy);
    // The same things happened at the same instants: only ties turned.
    let sorted = |mut facts: Vec<(SimTime, u32)>| {
        facts.sort_unstable();
        facts
    };
    assert_eq!(sorted(exact), sorted(lazy));
}
