//! Addresses: which are up, which are taken.

use wavetank_core::id::NodeId;
use wavetank_core::object::pod::PodIp;
use wavetank_core::time::SimTime;

use super::process::Process;

/// The first address of the pods' network, 10.244.0.0: a /24 for each node.
const POD_NETWORK: u32 = 0x0af4_0000;
/// The first address for pods of nodes whose /24 is full: 100.64.0.0.
const SHARED_NETWORK: u32 = 0x6440_0000;
/// The first address of the nodes' network, 172.18.0.0.
const NODE_NETWORK: u32 = 0xac12_0000;

/// What answers at one pod's address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Address {
    /// Whether the sandbox's network is up.
    pub(crate) up: bool,
    /// Changes with every answer that can change.
    pub(crate) epoch: u32,
    /// The newest process of each container, by the container's number.
    pub(crate) processes: Vec<Process>,
}

impl Address {
    /// A new address in a used row.
    pub(crate) fn begin(&mut self) {
        self.up = false;
        self.epoch = 1;
        self.processes.clear();
    }

    /// Whether the address answers.
    pub(crate) const fn is_up(&self, _at: SimTime) -> bool {
        self.up
    }

    /// The sandbox's network comes up or goes dark.
    pub(crate) const fn set_up(&mut self, up: bool) {
        self.up = up;
        self.epoch += 1;
    }

    /// The newest process of a container.
    pub(crate) fn process(&self, container: u8) -> Option<&Process> {
        self.processes
            .iter()
            .find(|process| process.container == container)
    }

    /// The newest process of a container, to be changed: every answer may change with it.
    pub(crate) fn process_mut(&mut self, container: u8) -> Option<&mut Process> {
        self.epoch += 1;
        self.processes
            .iter_mut()
            .find(|process| process.container == container)
    }

    /// A new process of a container, in the place of its last one.
    pub(crate) fn start(&mut self, process: Process) {
        match self.process_mut(process.container) {
            Some(old) => *old = process,
            None => self.processes.push(process),
        }
    }
}

/// The addresses of one node's pods that are taken: 254 of a /24, in turn, each reused only after its
/// release.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    taken: [u64; 4],
    last: u8,
    /// How many came from the shared range because the node's own was full.
    shared: u32,
}

impl Pool {
    /// The next free address of the node.
    pub(crate) fn take(&mut self, node: NodeId) -> PodIp {
        for step in 1..=254_u32 {
            let host = (u32::from(self.last) + step) % 256;
            let (word, bit) = ((host / 64) as usize, host % 64);
            if host < 2 || host == 255 || self.taken[word] >> bit & 1 == 1 {
                continue;
            }
            self.taken[word] |= 1 << bit;
            self.last = u8::try_from(host).expect("below 256");
            return PodIp(POD_NETWORK.wrapping_add(node.0 << 8) + host);
        }
        self.shared += 1;
        PodIp(SHARED_NETWORK + (node.0 << 12) + self.shared)
    }

    /// The address is free again.
    pub(crate) fn release(&mut self, node: NodeId, ip: PodIp) {
        let first = POD_NETWORK.wrapping_add(node.0 << 8);
        if let Some(host) = ip.0.checked_sub(first).filter(|host| *host < 256) {
            self.taken[(host / 64) as usize] &= !(1 << (host % 64));
        }
    }
}

/// The address of a node.
pub(crate) const fn node_ip(node: NodeId) -> PodIp {
    PodIp(NODE_NETWORK + 2 + node.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_reused_only_after_their_release() {
        let mut pool = Pool::default();
        let all: Vec<PodIp> = (0..253).map(|_| pool.take(NodeId(1))).collect();
        assert_eq!(all[0].to_string(), "10.244.1.2");
        assert_eq!(all[252].to_string(), "10.244.1.254");
        assert_eq!(pool.take(NodeId(1)).to_string(), "100.64.16.1");
        pool.release(NodeId(1), all[7]);
        assert_eq!(pool.take(NodeId(1)), all[7]);
    }
}
