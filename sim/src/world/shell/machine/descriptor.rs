//! Open files, pipes and streams, shared between processes by reference as the kernel does.

use std::collections::{BTreeMap, VecDeque};

use super::{Ctx, Machine, Pid, Stream};
use crate::world::files::{Device, Errno, Kind, Place};

/// How much a pipe holds (Linux: 64 KiB).
const PIPE: usize = 64 << 10;
/// The highest descriptor.
const DESCRIPTORS: u32 = 1024;

/// The number of an open file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct OpenId(u32);

/// The number of a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PipeId(u32);

/// What a descriptor refers to. Two descriptors that came from one share its offset.
#[derive(Clone, Debug)]
enum Open {
    File {
        place: Place,
        offset: u64,
        appends: bool,
    },
    Device(Device),
    Reader(PipeId),
    Writer(PipeId),
    Stream(Pid, Stream),
    /// A here-document.
    Text(Vec<u8>, usize),
}

#[derive(Clone, Debug, Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    readers: u32,
    writers: u32,
}

/// All that is open in a container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opens {
    opens: Vec<Option<(Open, u32)>>,
    pipes: Vec<Pipe>,
}

/// What reading gave.
pub(crate) enum Read {
    Bytes(Vec<u8>),
    End,
    /// Nothing yet.
    Empty(PipeId),
    /// Zeros without end.
    Endless,
    Failed(Errno),
}

/// What writing did.
pub(crate) enum Written {
    /// So many bytes.
    Some(usize),
    Full(PipeId),
    /// Nobody reads.
    Broken,
    Failed(Errno),
    /// The descriptor is closed.
    Closed,
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Read,
    Write,
    Append,
    ReadWrite,
}

impl Opens {
    fn add(&mut self, open: Open) -> OpenId {
        let free = self.opens.iter().position(Option::is_none);
        let slot = free.unwrap_or_else(|| {
            self.opens.push(None);
            self.opens.len() - 1
        });
        self.opens[slot] = Some((open, 1));
        OpenId(u32::try_from(slot).expect("bounded by processes and descriptors"))
    }

    fn get(&mut self, id: OpenId) -> Option<&mut Open> {
        self.opens
            .get_mut(id.0 as usize)?
            .as_mut()
            .map(|(open, _)| open)
    }

    /// One more descriptor for the same open file.
    pub(crate) fn share(&mut self, id: OpenId) -> OpenId {
        if let Some(Some((_, count))) = self.opens.get_mut(id.0 as usize) {
            *count += 1;
        }
        id
    }

    /// Descriptors of another process, shared.
    pub(crate) fn share_all(&mut self, fds: &BTreeMap<u32, OpenId>) -> BTreeMap<u32, OpenId> {
        fds.iter()
            .map(|(fd, open)| (*fd, self.share(*open)))
            .collect()
    }

    /// Standard input, output and error of what is started from outside.
    pub(crate) fn standard(&mut self, of: Pid) -> BTreeMap<u32, OpenId> {
        let input = self.add(Open::Device(Device::Null));
        let out = self.add(Open::Stream(of, Stream::Out));
        let err = self.add(Open::Stream(of, Stream::Err));
        BTreeMap::from([(0, input), (1, out), (2, err)])
    }

    /// A pipe: its reading and its writing end.
    pub(crate) fn pipe(&mut self) -> (OpenId, OpenId) {
        let free = self
            .pipes
            .iter()
            .position(|it| it.readers == 0 && it.writers == 0);
        let slot = free.unwrap_or_else(|| {
            self.pipes.push(Pipe::default());
            self.pipes.len() - 1
        });
        self.pipes[slot] = Pipe {
            bytes: VecDeque::new(),
            readers: 1,
            writers: 1,
        };
        let pipe = PipeId(u32::try_from(slot).expect("bounded by processes and descriptors"));
        (self.add(Open::Reader(pipe)), self.add(Open::Writer(pipe)))
    }

    pub(crate) fn text(&mut self, text: Vec<u8>) -> OpenId {
        self.add(Open::Text(text, 0))
    }

    pub(crate) fn null(&mut self) -> OpenId {
        self.add(Open::Device(Device::Null))
    }

    fn pipe_mut(&mut self, pipe: PipeId) -> &mut Pipe {
        &mut self.pipes[pipe.0 as usize]
    }
}

impl Machine {
    /// One descriptor less on an open file; the last one closes it.
    pub(crate) fn close(&mut self, id: OpenId) {
        let Some(slot) = self.opens.opens.get_mut(id.0 as usize) else {
            return;
        };
        let Some((open, count)) = slot else { return };
        *count -= 1;
        if *count > 0 {
            return;
        }
        let open = open.clone();
        *slot = None;
        match open {
            Open::File { place, .. } => self.closed.push((place.tree, place.node)),
            Open::Reader(pipe) => {
                self.opens.pipe_mut(pipe).readers -= 1;
                self.wake_pipe(pipe);
            }
            Open::Writer(pipe) => {
                self.opens.pipe_mut(pipe).writers -= 1;
                self.wake_pipe(pipe);
            }
            Open::Device(_) | Open::Stream(..) | Open::Text(..) => (),
        }
    }

    /// Reads from an open file; a pipe gives what is there.
    pub(crate) fn read(
        &mut self,
        id: OpenId,
        most: usize,
        ctx: &crate::world::files::Disks,
    ) -> Read {
        let random = self.random;
        let Some(open) = self.opens.get(id) else {
            return Read::Failed(Errno::Invalid);
        };
        match open {
            Open::File { place, offset, .. } => {
                match ctx.tree(place.tree).read_at(place.node, *offset, most) {
                    Ok(bytes) if bytes.is_empty() => Read::End,
                    Ok(bytes) => {
                        *offset += bytes.len() as u64;
                        Read::Bytes(bytes)
                    }
                    Err(error) => Read::Failed(error),
                }
            }
            Open::Device(Device::Zero) => Read::Endless,
            Open::Device(Device::Random) => {
                self.random = random.wrapping_add(1);
                Read::Bytes(noise(random, most.min(4096)))
            }
            Open::Text(text, at) => {
                let end = at.saturating_add(most).min(text.len());
                let bytes = text[*at..end].to_vec();
                *at = end;
                if bytes.is_empty() {
                    Read::End
                } else {
                    Read::Bytes(bytes)
                }
            }
            Open::Reader(pipe) => {
                let pipe = *pipe;
                let inside = self.opens.pipe_mut(pipe);
                if inside.bytes.is_empty() {
                    return if inside.writers == 0 {
                        Read::End
                    } else {
                        Read::Empty(pipe)
                    };
                }
                let length = inside.bytes.len().min(most);
                let bytes = inside.bytes.drain(..length).collect();
                self.wake_pipe(pipe);
                Read::Bytes(bytes)
            }
            Open::Device(Device::Null | Device::Own(_)) | Open::Stream(..) | Open::Writer(_) => {
                Read::End
            }
        }
    }
}

/// Bytes that look like chance: splitmix64.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        bytes.extend_from_slice(&mix(state).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The finish of splitmix64.
pub(crate) const fn mix(state: u64) -> u64 {
    let mut word = state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Ctx<'_> {
    /// The open file of one of the process's descriptors.
    pub(crate) fn open_of(&self, fd: u32) -> Option<OpenId> {
        self.machine.processes.get(&self.pid)?.fds.get(&fd).copied()
    }

    pub(crate) fn read(&mut self, id: OpenId, most: usize) -> Read {
        self.machine.read(id, most, self.disks)
    }

    /// Opens a file by its absolute path.
    pub(crate) fn open(&mut self, path: &str, mode: Mode) -> Result<OpenId, Errno> {
        let now = self.machine.clock;
        if let Some(open) = self.descriptor_of(path) {
            return Ok(open);
        }
        self.refresh(path);
        let view = &self.machine.view;
        let place = match mode {
            Mode::Read => view.find(self.disks, path)?,
            Mode::Write | Mode::Append | Mode::ReadWrite => view.create(self.disks, path, now)?,
        };
        let device = match &self.disks.tree(place.tree).node(place.node).kind {
            Kind::Device(device) => Some(*device),
            Kind::Directory(_) if mode != Mode::Read => return Err(Errno::IsDirectory),
            Kind::Directory(_) | Kind::File(..) | Kind::Link(_) => None,
        };
        match device {
            Some(Device::Own(fd)) => {
                let own = self.open_of(fd).ok_or(Errno::NotFound)?;
                return Ok(self.machine.opens.share(own));
            }
            Some(device) => return Ok(self.machine.opens.add(Open::Device(device))),
            None => (),
        }
        let tree = self.disks.tree_mut(place.tree);
        if mode == Mode::Write {
            tree.truncate(place.node, 0, now)?;
        }
        tree.open(place.node);
        let appends = mode == Mode::Append;
        Ok(self.machine.opens.add(Open::File {
            place,
            offset: 0,
            appends,
        }))
    }

    /// Writes to one of the process's descriptors.
    pub(crate) fn write(&mut self, fd: u32, bytes: &[u8]) -> Written {
        let Some(id) = self.open_of(fd) else {
            return Written::Closed;
        };
        let now = self.machine.clock;
        self.machine.moved(bytes.len());
        let Some(open) = self.machine.opens.get(id) else {
            return Written::Closed;
        };
        match open {
            Open::File {
                place,
                offset,
                appends,
            } => {
                let tree = self.disks.tree_mut(place.tree);
                if *appends {
                    *offset = tree.node(place.node).size();
                }
                match tree.write_at(place.node, *offset, bytes, now) {
                    Ok(()) => {
                        *offset += bytes.len() as u64;
                        Written::Some(bytes.len())
                    }
                    Err(error) => Written::Failed(error),
                }
            }
            Open::Stream(of, stream) => {
                let (of, stream) = (*of, *stream);
                self.machine.print(of, stream, bytes);
                Written::Some(bytes.len())
            }
            Open::Writer(pipe) => {
                let pipe = *pipe;
                let inside = self.machine.opens.pipe_mut(pipe);
                if inside.readers == 0 {
                    return Written::Broken;
                }
                let room = PIPE - inside.bytes.len().min(PIPE);
                if room == 0 {
                    return Written::Full(pipe);
                }
                let length = room.min(bytes.len());
                inside.bytes.extend(&bytes[..length]);
                self.machine.wake_pipe(pipe);
                Written::Some(length)
            }
            Open::Device(_) => Written::Some(bytes.len()),
            Open::Reader(_) | Open::Text(..) => Written::Closed,
        }
    }

    /// Puts an open file at a descriptor, in the place of what is there.
    pub(crate) fn install(
        &mut self,
        fds: &mut BTreeMap<u32, OpenId>,
        fd: u32,
        open: OpenId,
    ) -> Result<(), Errno> {
        if fd >= DESCRIPTORS {
            self.machine.close(open);
            return Err(Errno::Invalid);
        }
        if let Some(old) = fds.insert(fd, open) {
            self.machine.close(old);
        }
        Ok(())
    }
}
