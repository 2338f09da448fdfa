//! What one container sees: a root and mounts, and the operations of a C library on them.

use std::collections::BTreeMap;

use wavetank_core::time::SimTime;

use super::{Disks, Errno, Kind, NodeId, TreeId};

/// How many symbolic links a path may follow (Linux: 40).
const LINKS: u32 = 40;
/// The longest path (PATH_MAX).
const PATH: usize = 4096;

/// A node somewhere on the disks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// Its tree.
    pub tree: TreeId,
    /// Its number there.
    pub node: NodeId,
    /// Whether it is seen through a read-only mount.
    pub read_only: bool,
}

/// A tree, or something in it, put over a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// The absolute path, without a slash at its end.
    pub at: String,
    /// What is mounted there.
    pub place: Place,
}

/// What one container sees.
#[derive(Clone, Debug)]
pub struct View {
    root: Place,
    /// The newest last: it lies on top.
    mounts: Vec<Mount>,
}

/// Where a path leads: the directory, the last name, and what it names if it does.
struct Target {
    parent: Place,
    name: String,
    found: Option<Place>,
    /// The absolute path without links.
    path: String,
}

impl View {
    /// A view of one tree alone.
    #[must_use]
    pub const fn new(root: TreeId) -> Self {
        Self {
            root: Place {
                tree: root,
                node: NodeId(0),
                read_only: false,
            },
            mounts: Vec::new(),
        }
    }

    /// The tree at the root.
    #[must_use]
    pub const fn root(&self) -> TreeId {
        self.root.tree
    }

    /// The root cannot be written (`readOnlyRootFilesystem`).
    pub const fn protect(&mut self) {
        self.root.read_only = true;
    }

    /// Mounts a tree, or the directory or file `sub_path` of it, at an absolute path. The mount point is made, as a
    /// runtime does; a sub-path that does not exist becomes a directory.
    ///
    /// # Errors
    ///
    /// When something other than a directory is in the way.
    pub fn mount(
        &mut self,
        disks: &mut Disks,
        at: &str,
        tree: TreeId,
        sub_path: Option<&str>,
        read_only: bool,
    ) -> Result<(), Errno> {
        let at = absolute("/", at)?;
        let source = Self::new(tree);
        let sub_path = sub_path.unwrap_or("/");
        let inside = match source.find(disks, &format!("/{sub_path}")) {
            Ok(place) => place,
            Err(_) => source.make_directories(disks, &format!("/{sub_path}"), SimTime::ZERO)?,
        };
        let is_file = !disks.tree(tree).node(inside.node).is_directory();
        // The runtime makes mount points before it protects the root.
        let was_read_only = std::mem::replace(&mut self.root.read_only, false);
        let made = match at.rsplit_once('/') {
            Some((parent, _)) if is_file => self
                .make_directories(disks, parent, SimTime::ZERO)
                .and_then(|_| self.create(disks, &at, SimTime::ZERO)),
            Some(_) | None => self.make_directories(disks, &at, SimTime::ZERO),
        };
        self.root.read_only = was_read_only;
        made?;
        self.mounts.push(Mount {
            at,
            place: Place {
                read_only,
                ..inside
            },
        });
        Ok(())
    }

    /// What a path names; the last link is followed.
    ///
    /// # Errors
    ///
    /// As `stat`.
    pub fn find(&self, disks: &Disks, path: &str) -> Result<Place, Errno> {
        self.walk(disks, path, true)?.found.ok_or(Errno::NotFound)
    }

    /// What a path names; the last link is not followed.
    ///
    /// # Errors
    ///
    /// As `lstat`.
    pub fn find_link(&self, disks: &Disks, path: &str) -> Result<Place, Errno> {
        self.walk(disks, path, false)?.found.ok_or(Errno::NotFound)
    }

    /// The absolute path without links of something that exists.
    ///
    /// # Errors
    ///
    /// As `stat`.
    pub fn real_path(&self, disks: &Disks, path: &str) -> Result<String, Errno> {
        let target = self.walk(disks, path, true)?;
        target.found.map(|_| target.path).ok_or(Errno::NotFound)
    }

    /// Finds a file, or makes it empty.
    ///
    /// # Errors
    ///
    /// As `open` with O_CREAT | O_WRONLY.
    pub fn create(&self, disks: &mut Disks, path: &str, now: SimTime) -> Result<Place, Errno> {
        let target = self.walk(disks, path, true)?;
        if let Some(place) = target.found {
            let node = disks.tree(place.tree).node(place.node);
            return match node.kind {
                Kind::Directory(_) => Err(Errno::IsDirectory),
                Kind::File(..) if place.read_only => Err(Errno::ReadOnly),
                Kind::File(..) | Kind::Link(_) | Kind::Device(_) => Ok(place),
            };
        }
        self.make(disks, &target, Kind::File(Vec::new(), 0), 0o644, now)
    }

    fn make(
        &self,
        disks: &mut Disks,
        target: &Target,
        kind: Kind,
        mode: u16,
        now: SimTime,
    ) -> Result<Place, Errno> {
        if target.found.is_some() {
            return Err(Errno::Exists);
        }
        if target.parent.read_only {
            return Err(Errno::ReadOnly);
        }
        let tree = disks.tree_mut(target.parent.tree);
        let node = tree.make(target.parent.node, &target.name, kind, mode, now)?;
        Ok(Place {
            node,
            ..target.parent
        })
    }

    /// Makes one directory.
    ///
    /// # Errors
    ///
    /// As `mkdir`.
    pub fn make_directory(&self, disks: &mut Disks, path: &str, now: SimTime) -> Result<(), Errno> {
        let target = self.walk(disks, path, false)?;
        self.make(disks, &target, Kind::Directory(BTreeMap::new()), 0o755, now)
            .map(|_| ())
    }

    /// Makes a directory and those above it; what is there already is fine.
    ///
    /// # Errors
    ///
    /// As `mkdir -p`.
    pub fn make_directories(
        &self,
        disks: &mut Disks,
        path: &str,
        now: SimTime,
    ) -> Result<Place, Errno> {
        let path = absolute("/", path)?;
        let mut made = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            made.push('/');
            made.push_str(part);
            match self.find(disks, &made) {
                Ok(place) if disks.tree(place.tree).node(place.node).is_directory() => (),
                Ok(_) => return Err(Errno::NotDirectory),
                Err(Errno::NotFound) => self.make_directory(disks, &made, now)?,
                Err(other) => return Err(other),
            }
        }
        self.find(disks, &path)
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    ///
    /// As `symlink`.
    pub fn make_link(
        &self,
        disks: &mut Disks,
        path: &str,
        to: &str,
        now: SimTime,
    ) -> Result<(), Errno> {
        let target = self.walk(disks, path, false)?;
        self.make(disks, &target, Kind::Link(to.to_owned()), 0o777, now)
            .map(|_| ())
    }

    /// Makes a device.
    ///
    /// # Errors
    ///
    /// As `mknod`.
    pub fn make_device(
        &self,
        disks: &mut Disks,
        path: &str,
        device: super::Device,
    ) -> Result<(), Errno> {
        let target = self.walk(disks, path, false)?;
        self.make(disks, &target, Kind::Device(device), 0o666, SimTime::ZERO)
            .map(|_| ())
    }

    /// Gives a file a second name.
    ///
    /// # Errors
    ///
    /// As `link`.
    pub fn link(&self, disks: &mut Disks, from: &str, to: &str) -> Result<(), Errno> {
        let source = self.find_link(disks, from)?;
        let target = self.walk(disks, to, false)?;
        if target.found.is_some() {
            return Err(Errno::Exists);
        }
        if target.parent.tree != source.tree {
            return Err(Errno::OtherDevice);
        }
        if target.parent.read_only {
            return Err(Errno::ReadOnly);
        }
        disks
            .tree_mut(source.tree)
            .link(target.parent.node, &target.name, source.node)
    }

    /// Removes a file, a link, or an empty directory.
    ///
    /// # Errors
    ///
    /// As `remove` of the C library.
    pub fn remove(&self, disks: &mut Disks, path: &str, now: SimTime) -> Result<(), Errno> {
        let target = self.walk(disks, path, false)?;
        let place = target.found.ok_or(Errno::NotFound)?;
        if target.path == "/" || self.mounts.iter().any(|mount| mount.at == target.path) {
            return Err(Errno::Busy);
        }
        if target.parent.read_only {
            return Err(Errno::ReadOnly);
        }
        let tree = disks.tree_mut(target.parent.tree);
        if tree
            .names(place.node)
            .is_some_and(|names| !names.is_empty())
        {
            return Err(Errno::NotEmpty);
        }
        tree.unlink(target.parent.node, &target.name, now)
    }

    /// Renames within one tree; a file that has the new name is replaced.
    ///
    /// # Errors
    ///
    /// As `rename`: [`Errno::OtherDevice`] between trees.
    pub fn rename(
        &self,
        disks: &mut Disks,
        from: &str,
        to: &str,
        now: SimTime,
    ) -> Result<(), Errno> {
        let source = self.walk(disks, from, false)?;
        let target = self.walk(disks, to, false)?;
        let place = source.found.ok_or(Errno::NotFound)?;
        let taken = |path: &str| self.mounts.iter().any(|mount| mount.at == path);
        if source.path == "/" || taken(&source.path) || taken(&target.path) {
            return Err(Errno::Busy);
        }
        if source.parent.tree != target.parent.tree {
            return Err(Errno::OtherDevice);
        }
        if source.parent.read_only || target.parent.read_only {
            return Err(Errno::ReadOnly);
        }
        if target.path == source.path {
            return Ok(());
        }
        // A directory cannot be moved into itself.
        if target.path.starts_with(&format!("{}/", source.path)) {
            return Err(Errno::Invalid);
        }
        let tree = disks.tree_mut(source.parent.tree);
        if let Some(old) = target.found {
            match (tree.names(old.node), tree.node(place.node).is_directory()) {
                (Some(_), false) => return Err(Errno::IsDirectory),
                (None, true) => return Err(Errno::NotDirectory),
                (Some(names), true) if !names.is_empty() => return Err(Errno::NotEmpty),
                (Some(_), true) | (None, false) => (),
            }
            tree.unlink(target.parent.node, &target.name, now)?;
        }
        tree.link(target.parent.node, &target.name, place.node)?;
        tree.unlink(source.parent.node, &source.name, now)
    }

    /// The names in a directory, mount points included.
    ///
    /// # Errors
    ///
    /// As `opendir`.
    pub fn list(&self, disks: &Disks, path: &str) -> Result<Vec<String>, Errno> {
        let place = self.find(disks, path)?;
        let names = disks
            .tree(place.tree)
            .names(place.node)
            .ok_or(Errno::NotDirectory)?;
        Ok(names.keys().cloned().collect())
    }

    /// The bytes of a file, as far as they are kept.
    ///
    /// # Errors
    ///
    /// As `open` and `read`.
    pub fn read(&self, disks: &Disks, path: &str) -> Result<Vec<u8>, Errno> {
        let place = self.find(disks, path)?;
        disks.tree(place.tree).read_at(place.node, 0, super::KEPT)
    }

    /// Follows a path from the root. Paths are absolute here.
    #[allow(clippy::too_many_lines)] // one step of a path after the other
    fn walk(&self, disks: &Disks, path: &str, follow_last: bool) -> Result<Target, Errno> {
        if path.is_empty() {
            return Err(Errno::NotFound);
        }
        let mut rest: Vec<String> = parts(path)?;
        rest.reverse();
        let mut links = 0;
        // The directories that were entered, with their names; the root is below them.
        let mut stack: Vec<(String, Place)> = Vec::new();
        let must_be_directory = path.ends_with('/') || path.ends_with("/.");
        while let Some(part) = rest.pop() {
            if part == ".." {
                stack.pop();
                continue;
            }
            let parent = stack.last().map_or(self.root, |(_, place)| *place);
            let names = disks
                .tree(parent.tree)
                .names(parent.node)
                .ok_or(Errno::NotDirectory)?;
            let found = names.get(&part).map(|node| Place {
                node: *node,
                ..parent
            });
            let found = found.map(|place| self.mounted(&stack, &part, place));
            let Some(place) = found else {
                return if rest.is_empty() {
                    let path = joined(&stack, Some(&part));
                    Ok(Target {
                        parent,
                        name: part,
                        found: None,
                        path,
                    })
                } else {
                    Err(Errno::NotFound)
                };
            };
            if let Kind::Link(to) = &disks.tree(place.tree).node(place.node).kind
                && (follow_last || !rest.is_empty() || must_be_directory)
            {
                links += 1;
                if links > LINKS {
                    return Err(Errno::TooManyLinks);
                }
                if to.starts_with('/') {
                    stack.clear();
                }
                rest.extend(parts(to)?.into_iter().rev());
                continue;
            }
            stack.push((part, place));
        }
        let path = joined(&stack, None);
        let Some((name, place)) = stack.pop() else {
            let (name, found) = (String::new(), Some(self.root));
            return Ok(Target {
                parent: self.root,
                name,
                found,
                path,
            });
        };
        if must_be_directory && !disks.tree(place.tree).node(place.node).is_directory() {
            return Err(Errno::NotDirectory);
        }
        let parent = stack.last().map_or(self.root, |(_, place)| *place);
        Ok(Target {
            parent,
            name,
            found: Some(place),
            path,
        })
    }

    /// What is mounted over a path, or what lies there.
    fn mounted(&self, stack: &[(String, Place)], name: &str, below: Place) -> Place {
        if self.mounts.is_empty() {
            return below;
        }
        let path = joined(stack, Some(name));
        let mount = self.mounts.iter().rev().find(|mount| mount.at == path);
        mount.map_or(below, |mount| mount.place)
    }
}

fn joined(stack: &[(String, Place)], last: Option<&str>) -> String {
    let mut path = String::new();
    for name in stack.iter().map(|(name, _)| name.as_str()).chain(last) {
        path.push('/');
        path.push_str(name);
    }
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// The names in a path.
fn parts(path: &str) -> Result<Vec<String>, Errno> {
    if path.len() > PATH {
        return Err(Errno::NameTooLong);
    }
    let names = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    Ok(names.map(str::to_owned).collect())
}

/// A path seen from a directory, as an absolute one without `.`, `..` and a slash at its end.
pub(crate) fn absolute(directory: &str, path: &str) -> Result<String, Errno> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{directory}/{path}")
    };
    let mut names: Vec<String> = Vec::new();
    for part in parts(&whole)? {
        if part == ".." {
            names.pop();
        } else {
            names.push(part);
        }
    }
    Ok(format!("/{}", names.join("/")))
}
