//! The header: what a run was made from.

use std::io::Read;

use super::bytes::Fields;
use super::digest::Digest;
use super::error::LogError;
use crate::draw::{Key, Purpose};
use crate::time::{NANOS_PER_SECOND, SimTime};

/// The format that this program writes and reads.
pub const FORMAT_VERSION: u16 = 1;

/// The longest header, in bytes.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

const MAGIC: [u8; 8] = *b"WAVETANK";
/// Magic, format, level, flags, length: all that is needed to read the rest.
const PREFIX_BYTES: usize = 16;
const CRC_BYTES: usize = 4;

const MAX_MODEL_VERSION_BYTES: usize = 64;
const MAX_NAME_BYTES: usize = 1024;
const MAX_KEY_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 4096;

/// What a log keeps. What happens in the run, and the run digest, are the same at every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordingLevel {
    /// Nothing but the digest: no file is written, so no file has this level.
    None,
    /// Facts and definitions.
    Facts,
    /// Facts, definitions, and every delivery.
    Messages,
}

/// What a run was made from, and how its log is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the model, at most 64 bytes. Equal versions behave equally.
    pub model_version: String,
    /// BLAKE3 of the scenario's bytes.
    pub scenario: Digest,
    /// What the scenario is called, at most 1,024 bytes. For people: not part of the run digest.
    pub scenario_name: String,
    /// Parameters in the order in which they were set: keys of at most 256 bytes, values of at most
    /// 4,096.
    pub parameters: Vec<(String, String)>,
    /// The seed of all draws.
    pub seed: u64,
    /// What the log keeps. Not part of the run digest.
    pub level: RecordingLevel,
    /// Where within a wall second the run began: nanoseconds below one second.
    pub clock_phase: u32,
    /// The instant that people call *t = 0*. For people: not part of the run digest.
    pub zero: SimTime,
    /// The wall clock's whole seconds since 1970 at the beginning of the run.
    pub epoch_seconds: u64,
}

impl Header {
    /// The header's bytes in a file, checksum included.
    ///
    /// # Errors
    ///
    /// [`LogError::HeaderInvalid`] when a field is outside its bounds.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LogError> {
        self.check()?;
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.push(self.level.to_byte());
        bytes.push(0); // flags
        bytes.extend_from_slice(&[0; 4]); // length: known at the end
        bytes.extend_from_slice(&self.zero.nanos().to_le_bytes());
        self.identity(&mut bytes);
        put_text(&mut bytes, &self.scenario_name);

        let length = bytes.len() + CRC_BYTES;
        let stored = u32::try_from(length).ok();
        let (Some(stored), true) = (stored, length <= MAX_HEADER_BYTES) else {
            return Err(invalid("it is longer than 64 KiB"));
        };
        bytes[12..16].copy_from_slice(&stored.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// The key from which the uids of the run's objects are derived: see
    /// [`uid`](crate::object::meta::uid).
    #[must_use]
    pub fn uid_key(&self) -> u64 {
        Key::new(self.seed, &self.scenario.0).draw(Purpose::Uid, 0_u64, 0)
    }

    /// Appends the fields that make the run what it is: those that the run digest covers.
    pub(crate) fn identity(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.seed.to_le_bytes());
        bytes.extend_from_slice(&self.epoch_seconds.to_le_bytes());
        bytes.extend_from_slice(&self.clock_phase.to_le_bytes());
        bytes.extend_from_slice(&self.scenario.0);
        put_text(bytes, &self.model_version);
        let count = u16::try_from(self.parameters.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&count.to_le_bytes());
        for (key, value) in &self.parameters {
            put_text(bytes, key);
            put_text(bytes, value);
        }
    }

    /// Reads a header from the beginning of `source`, and returns it with its length in bytes.
    ///
    /// # Errors
    ///
    /// When the source fails, or does not begin with a header that this program reads.
    pub fn read(source: &mut impl Read) -> Result<(Self, u64), LogError> {
        let (header, bytes) = Self::read_raw(source)?;
        Ok((header, bytes.len() as u64))
    }

    /// Reads a header, and returns it with its bytes.
    pub(crate) fn read_raw(source: &mut impl Read) -> Result<(Self, Vec<u8>), LogError> {
        let mut bytes = Vec::with_capacity(256);
        read_to(source, &mut bytes, PREFIX_BYTES)?;
        if !bytes.starts_with(&MAGIC) {
            let cut = MAGIC.starts_with(&bytes) && !bytes.is_empty();
            if cut {
                return Err(cut_at(&bytes, PREFIX_BYTES));
            }
            bytes.truncate(MAGIC.len());
            return Err(LogError::NotALog { found: bytes });
        }
        let mut fields = Fields(&bytes[MAGIC.len()..]);
        if let Some(found) = fields.u16()
            && found != FORMAT_VERSION
        {
            return Err(LogError::UnknownFormat { found });
        }
        let (Some(_level), Some(_flags), Some(length)) = (fields.u8(), fields.u8(), fields.u32())
        else {
            return Err(cut_at(&bytes, PREFIX_BYTES));
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if !(PREFIX_BYTES + CRC_BYTES..=MAX_HEADER_BYTES).contains(&length) {
            return Err(invalid("its length is not between 20 bytes and 64 KiB"));
        }
        read_to(source, &mut bytes, length)?;
        if bytes.len() < length {
            return Err(cut_at(&bytes, length));
        }
        Ok((Self::parse(&bytes)?, bytes))
    }

    /// Reads the header from its bytes, of which magic, format and length are known to be right.
    fn parse(bytes: &[u8]) -> Result<Self, LogError> {
        let (covered, stored) = bytes.split_at(bytes.len() - CRC_BYTES);
        let expected = crc32c::crc32c(covered);
        let found = Fields(stored).u32().unwrap_or_default();
        if found != expected {
            return Err(LogError::HeaderChecksum { found, expected });
        }
        let mut fields = Fields(&covered[MAGIC.len() + 2..]);
        let header = Self::parse_fields(&mut fields)?
            .ok_or(invalid("a field passes its end, or is not UTF-8"))?;
        if !fields.0.is_empty() {
            return Err(invalid("it is longer than its fields"));
        }
        header.check()?;
        Ok(header)
    }

    fn parse_fields(fields: &mut Fields<'_>) -> Result<Option<Self>, LogError> {
        let (Some(level), Some(found)) = (fields.u8(), fields.u8()) else {
            return Ok(None);
        };
        if found != 0 {
            return Err(LogError::UnknownFlags { found });
        }
        let level = RecordingLevel::from_byte(level).ok_or(invalid("its level is unknown"))?;
        Ok(Self::parse_rest(level, fields))
    }

    fn parse_rest(level: RecordingLevel, fields: &mut Fields<'_>) -> Option<Self> {
        fields.u32()?; // length
        let zero = SimTime::from_nanos(fields.u64()?);
        let seed = fields.u64()?;
        let epoch_seconds = fields.u64()?;
        let clock_phase = fields.u32()?;
        let scenario = Digest(fields.array()?);
        let model_version = take_text(fields)?;
        let count = fields.u16()?;
        let mut parameters = Vec::new();
        for _ in 0..count {
            parameters.push((take_text(fields)?, take_text(fields)?));
        }
        Some(Self {
            model_version,
            scenario,
            scenario_name: take_text(fields)?,
            parameters,
            seed,
            level,
            clock_phase,
            zero,
            epoch_seconds,
        })
    }

    fn check(&self) -> Result<(), LogError> {
        let too_long = |(key, value): &(String, String)| {
            key.len() > MAX_KEY_BYTES || value.len() > MAX_VALUE_BYTES
        };
        if self.level == RecordingLevel::None {
            Err(invalid("a run recorded at level none has no log"))
        } else if self.model_version.len() > MAX_MODEL_VERSION_BYTES {
            Err(invalid("the model version is longer than 64 bytes"))
        } else if self.scenario_name.len() > MAX_NAME_BYTES {
            Err(invalid("the scenario's name is longer than 1,024 bytes"))
        } else if self.parameters.iter().any(too_long) {
            Err(invalid(
                "a parameter's key is longer than 256 bytes, or its value longer than 4,096",
            ))
        } else if self.parameters.len() >= usize::from(u16::MAX) {
            Err(invalid("there are more than 65,534 parameters"))
        } else if u64::from(self.clock_phase) >= NANOS_PER_SECOND {
            Err(invalid("the clock's phase is not below one second"))
        } else {
            Ok(())
        }
    }
}

impl RecordingLevel {
    fn to_byte(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Facts => 1,
            Self::Messages => 2,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::None),
            1 => Some(Self::Facts),
            2 => Some(Self::Messages),
            _ => None, // a later version's
        }
    }
}

fn invalid(what: &'static str) -> LogError {
    LogError::HeaderInvalid { what }
}

fn cut_at(bytes: &[u8], expected: usize) -> LogError {
    LogError::HeaderCut {
        found: bytes.len() as u64,
        expected: expected as u64,
    }
}

/// Reads until `bytes` has `length` bytes, or the source ends.
fn read_to(source: &mut impl Read, bytes: &mut Vec<u8>, length: usize) -> Result<(), LogError> {
    let missing = length.saturating_sub(bytes.len()) as u64;
    source
        .take(missing)
        .read_to_end(bytes)
        .map(drop)
        .map_err(LogError::Read)
}

/// Appends a text with its length. Texts are checked to be short before they are written.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
}

fn take_text(fields: &mut Fields<'_>) -> Option<String> {
    let length = fields.u16()?;
    let text = fields.take(usize::from(length))?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}
