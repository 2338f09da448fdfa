//! What containers have on disk: trees of files, mounted into views.
//!
//! A tree is a container's own file system or one volume. [`Disks`] owns all trees of a node, and everything
//! else names them by [`TreeId`], so that two containers share an `emptyDir` by mounting the same tree. A
//! [`View`] is what one container sees: its root and the volumes mounted into it, some read-only.
//!
//! Sizes are always right; contents are kept up to [`KEPT`] bytes a file, and what lies beyond reads as zeros, as
//! files that large are only ever measured.

mod tree;
mod view;

#[cfg(test)]
mod tests;

use wavetank_core::time::SimTime;

pub use tree::{Device, Kind, Node, NodeId, Tree};
pub(crate) use view::absolute;
pub use view::{Mount, Place, View};

/// How many bytes of a file are kept.
pub const KEPT: usize = 1 << 20;
/// How many files and directories a tree holds at most.
pub const NODES: usize = 100_000;

/// The number of a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct TreeId(pub u32);

/// All trees of a node.
#[derive(Clone, Debug, Default)]
pub struct Disks {
    trees: Vec<Tree>,
    free: Vec<TreeId>,
}

/// Why a file operation failed, with the texts of the C library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errno {
    /// ENOENT.
    NotFound,
    /// ENOTDIR.
    NotDirectory,
    /// EISDIR.
    IsDirectory,
    /// EEXIST.
    Exists,
    /// ENOTEMPTY.
    NotEmpty,
    /// EROFS.
    ReadOnly,
    /// EACCES.
    Denied,
    /// ENOSPC.
    NoSpace,
    /// ELOOP.
    TooManyLinks,
    /// EBUSY: a mount point.
    Busy,
    /// EXDEV.
    OtherDevice,
    /// EINVAL.
    Invalid,
    /// ENAMETOOLONG.
    NameTooLong,
}

impl Errno {
    /// What `strerror` says.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "No such file or directory",
            Self::NotDirectory => "Not a directory",
            Self::IsDirectory => "Is a directory",
            Self::Exists => "File exists",
            Self::NotEmpty => "Directory not empty",
            Self::ReadOnly => "Read-only file system",
            Self::Denied => "Permission denied",
            Self::NoSpace => "No space left on device",
            Self::TooManyLinks => "Too many levels of symbolic links",
            Self::Busy => "Resource busy",
            Self::OtherDevice => "Cross-device link",
            Self::Invalid => "Invalid argument",
            Self::NameTooLong => "File name too long",
        }
    }
}

impl Disks {
    /// A new tree with an empty root directory. `limit` is the most bytes that it takes, if it is bounded as a
    /// memory-backed volume is.
    pub fn add(&mut self, limit: Option<u64>) -> TreeId {
        self.place(Tree::new(limit))
    }

    /// A copy of a tree: a container starts from its image's files.
    pub fn copy(&mut self, of: TreeId) -> TreeId {
        let tree = self.tree(of).clone();
        self.place(tree)
    }

    /// Forgets a tree. Its number may be given to another one.
    pub fn remove(&mut self, tree: TreeId) {
        if let Some(slot) = self.trees.get_mut(tree.0 as usize) {
            *slot = Tree::new(None);
            self.free.push(tree);
        }
    }

    fn place(&mut self, tree: Tree) -> TreeId {
        if let Some(id) = self.free.pop() {
            self.trees[id.0 as usize] = tree;
            return id;
        }
        self.trees.push(tree);
        TreeId(u32::try_from(self.trees.len() - 1).expect("fewer than four billion trees"))
    }

    /// A tree.
    ///
    /// # Panics
    ///
    /// When nothing was ever given this number.
    #[must_use]
    pub fn tree(&self, id: TreeId) -> &Tree {
        &self.trees[id.0 as usize]
    }

    /// A tree, to be changed.
    ///
    /// # Panics
    ///
    /// When nothing was ever given this number.
    pub fn tree_mut(&mut self, id: TreeId) -> &mut Tree {
        &mut self.trees[id.0 as usize]
    }

    /// How many bytes the files of a tree take, as `du` counts them.
    #[must_use]
    pub fn usage(&self, id: TreeId) -> u64 {
        self.tree(id).usage()
    }

    /// Writes a whole file into a tree and makes the directories above it, as a kubelet does that fills a volume.
    ///
    /// # Errors
    ///
    /// When something other than a directory is in the way.
    pub fn write(
        &mut self,
        tree: TreeId,
        path: &str,
        bytes: &[u8],
        mode: u16,
        now: SimTime,
    ) -> Result<(), Errno> {
        let view = View::new(tree);
        if let Some((parent, _)) = path.trim_matches('/').rsplit_once('/') {
            view.make_directories(self, &format!("/{parent}"), now)?;
        }
        let path = format!("/{}", path.trim_start_matches('/'));
        let place = view.create(self, &path, now)?;
        let tree = self.tree_mut(place.tree);
        tree.node_mut(place.node).mode = mode;
        tree.truncate(place.node, 0, now)?;
        tree.write_at(place.node, 0, bytes, now)
    }
}
