//! One tree: directories, files with sizes, symbolic links, devices.

use std::collections::BTreeMap;

use wavetank_core::time::SimTime;

use super::{Errno, KEPT, NODES};

/// The number of a node in its tree. The root is zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct NodeId(pub u32);

/// The files of a container, or of a volume.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    free: Vec<NodeId>,
    bytes: u64,
    limit: Option<u64>,
    /// Changes with every change.
    version: u64,
}

/// A file, a directory, a link, a device.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u16,
    /// When it was changed last.
    pub modified: SimTime,
    /// How many names it has.
    links: u32,
    /// How many descriptors are open on it: a file without names lives as long as they do.
    opens: u32,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Its first bytes, and its size: what is not kept reads as zeros.
    File(Vec<u8>, u64),
    /// Names in order.
    Directory(BTreeMap<String, NodeId>),
    /// Where it points.
    Link(String),
    /// A device.
    Device(Device),
}

/// Devices that scripts use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// `/dev/null`.
    Null,
    /// `/dev/zero`.
    Zero,
    /// `/dev/urandom`.
    Random,
    /// The process's own standard input, output, error: `/dev/stdout`.
    Own(u32),
}

impl Node {
    fn new(kind: Kind, mode: u16, now: SimTime) -> Self {
        Self {
            kind,
            mode,
            modified: now,
            links: 1,
            opens: 0,
        }
    }

    /// The size that `ls` shows.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match &self.kind {
            Kind::File(_, size) => *size,
            Kind::Directory(_) => 4096,
            Kind::Link(target) => target.len() as u64,
            Kind::Device(_) => 0,
        }
    }

    /// Whether it is a directory.
    #[must_use]
    pub const fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }
}

impl Tree {
    pub(super) fn new(limit: Option<u64>) -> Self {
        let root = Node::new(Kind::Directory(BTreeMap::new()), 0o755, SimTime::ZERO);
        Self {
            nodes: vec![root],
            free: Vec::new(),
            bytes: 0,
            limit,
            version: 0,
        }
    }

    /// The sizes of all files.
    #[must_use]
    pub const fn usage(&self) -> u64 {
        self.bytes
    }

    /// A number that changes whenever something in the tree does.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A node, to be changed.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        self.version += 1;
        &mut self.nodes[id.0 as usize]
    }

    /// The names in a directory.
    pub(crate) fn names(&self, id: NodeId) -> Option<&BTreeMap<String, NodeId>> {
        match &self.node(id).kind {
            Kind::Directory(names) => Some(names),
            Kind::File(..) | Kind::Link(_) | Kind::Device(_) => None,
        }
    }

    fn names_mut(&mut self, id: NodeId) -> Result<&mut BTreeMap<String, NodeId>, Errno> {
        match &mut self.node_mut(id).kind {
            Kind::Directory(names) => Ok(names),
            Kind::File(..) | Kind::Link(_) | Kind::Device(_) => Err(Errno::NotDirectory),
        }
    }

    /// Makes a node in a directory.
    pub(crate) fn make(
        &mut self,
        parent: NodeId,
        name: &str,
        kind: Kind,
        mode: u16,
        now: SimTime,
    ) -> Result<NodeId, Errno> {
        if name.len() > 255 {
            return Err(Errno::NameTooLong);
        }
        if self
            .names(parent)
            .ok_or(Errno::NotDirectory)?
            .contains_key(name)
        {
            return Err(Errno::Exists);
        }
        let node = Node::new(kind, mode, now);
        let id = if let Some(id) = self.free.pop() {
            self.nodes[id.0 as usize] = node;
            id
        } else if self.nodes.len() < NODES {
            self.nodes.push(node);
            NodeId(u32::try_from(self.nodes.len() - 1).expect("bounded by NODES"))
        } else {
            return Err(Errno::NoSpace);
        };
        self.names_mut(parent)?.insert(name.to_owned(), id);
        self.node_mut(parent).modified = now;
        Ok(id)
    }

    /// Gives a node another name.
    pub(crate) fn link(&mut self, parent: NodeId, name: &str, node: NodeId) -> Result<(), Errno> {
        self.names_mut(parent)?.insert(name.to_owned(), node);
        self.node_mut(node).links += 1;
        Ok(())
    }

    /// Takes a name away; a node without names and descriptors is gone.
    pub(crate) fn unlink(&mut self, parent: NodeId, name: &str, now: SimTime) -> Result<(), Errno> {
        let id = self
            .names_mut(parent)?
            .remove(name)
            .ok_or(Errno::NotFound)?;
        self.node_mut(parent).modified = now;
        let node = self.node_mut(id);
        node.links = node.links.saturating_sub(1);
        self.collect(id);
        Ok(())
    }

    /// One more descriptor on a node.
    pub(crate) fn open(&mut self, id: NodeId) {
        self.nodes[id.0 as usize].opens += 1;
    }

    /// One descriptor less.
    pub(crate) fn close(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.0 as usize];
        node.opens = node.opens.saturating_sub(1);
        self.collect(id);
    }

    fn collect(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.0 as usize];
        if node.links == 0 && node.opens == 0 && id != NodeId(0) {
            if let Kind::File(_, size) = node.kind {
                self.bytes -= size;
            }
            node.kind = Kind::Link(String::new());
            // Never given out twice: its links stay at zero, and its descriptors are closed.
            self.free.push(id);
        }
    }

    /// Sets the size of a file.
    pub(crate) fn truncate(&mut self, id: NodeId, to: u64, now: SimTime) -> Result<(), Errno> {
        let others = self.bytes - self.file_size(id)?;
        if to > 0
            && self
                .limit
                .is_some_and(|limit| others.saturating_add(to) > limit)
        {
            return Err(Errno::NoSpace);
        }
        let node = self.node_mut(id);
        node.modified = now;
        if let Kind::File(bytes, size) = &mut node.kind {
            *size = to;
            bytes.truncate(usize::try_from(to).unwrap_or(usize::MAX));
            self.bytes = others.saturating_add(to);
        }
        Ok(())
    }

    fn file_size(&self, id: NodeId) -> Result<u64, Errno> {
        match &self.node(id).kind {
            Kind::File(_, size) => Ok(*size),
            Kind::Directory(_) => Err(Errno::IsDirectory),
            Kind::Link(_) | Kind::Device(_) => Err(Errno::Invalid),
        }
    }

    /// Writes into a file from a place on. A hole reads as zeros.
    pub(crate) fn write_at(
        &mut self,
        id: NodeId,
        offset: u64,
        data: &[u8],
        now: SimTime,
    ) -> Result<(), Errno> {
        let old = self.file_size(id)?;
        let end = offset
            .checked_add(data.len() as u64)
            .ok_or(Errno::NoSpace)?;
        if end > old {
            self.truncate(id, end, now)?;
        }
        let node = self.node_mut(id);
        node.modified = now;
        if let Kind::File(bytes, _) = &mut node.kind
            && let Ok(start) = usize::try_from(offset)
            && start < KEPT
        {
            let kept = data.len().min(KEPT - start);
            if bytes.len() < start + kept {
                bytes.resize(start + kept, 0);
            }
            bytes[start..start + kept].copy_from_slice(&data[..kept]);
        }
        Ok(())
    }

    /// Reads at most `most` bytes of a file from a place on; none at its end.
    pub(crate) fn read_at(&self, id: NodeId, offset: u64, most: usize) -> Result<Vec<u8>, Errno> {
        let size = self.file_size(id)?;
        let Kind::File(bytes, _) = &self.node(id).kind else {
            return Err(Errno::Invalid);
        };
        let length = usize::try_from(size.saturating_sub(offset))
            .unwrap_or(usize::MAX)
            .min(most);
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let end = start.saturating_add(length).min(bytes.len());
        let mut read = bytes[start..end].to_vec();
        read.resize(length, 0);
        Ok(read)
    }
}
