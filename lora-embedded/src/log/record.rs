//! The bytes of the log, without a disk. Integers are big-endian; checksums are CRC-32C (Castagnoli).

use std::sync::Arc;

use lora_core::codec::{EntryKind, Frame, Skeleton};
use lora_core::object::Position;
use lora_core::storage::{GuardKey, LedgerEntry};
use lora_core::time::{Timestamp, TransactionTime};

use super::{Damage, Entry, Head, LogId, LogStep, Place, StepPlaces};

/// The version of every byte that this module writes.
pub(super) const FORMAT: u8 = 1;
/// How a segment begins.
const MAGIC: &[u8; 7] = b"LORALOG";
/// How a step begins; not zero, because zeros are the end.
pub(super) const MARKER: &[u8; 4] = b"STEP";

/// How long a segment header is.
pub(crate) const SEGMENT_HEADER: usize = 76;
/// How long a step is without guards and entries.
pub(crate) const STEP_HEADER: usize = 48;
/// How long an entry is without skeleton and content.
const ENTRY_HEADER: usize = 107;

/// The kinds of entries by the number that stands for them; 3 is kept for boundaries, 4 for erasures, 5 for checkpoints.
const KINDS: [(u8, EntryKind); 2] = [(1, EntryKind::Registration), (2, EntryKind::Declaration)];
/// The bit that is kept for entries whose salt and content gave way to SHA-256(salt ‖ content).
const ERASED: u8 = 1 << 7;

/// What a segment begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) id: LogId,
    pub(crate) first: Position,
    /// The head before the first entry.
    pub(crate) before: Head,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEGMENT_HEADER);
        out.extend_from_slice(MAGIC);
        out.push(FORMAT);
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&self.first.0.to_be_bytes());
        out.extend_from_slice(&self.before.instant.sort_key().to_be_bytes());
        out.extend_from_slice(&self.before.chain);
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_be_bytes());
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let mut fields = Fields(bytes);
        if fields.take::<7>().ok_or(Damage::SegmentHeader)? != *MAGIC {
            return Err(Damage::SegmentHeader);
        }
        match fields.take().ok_or(Damage::SegmentHeader)? {
            [FORMAT] => {}
            [0] => return Err(Damage::SegmentHeader),
            [found] => return Err(Damage::Format { found }),
        }
        let (body, checksum) = bytes.split_last_chunk().ok_or(Damage::SegmentHeader)?;
        if bytes.len() != SEGMENT_HEADER || crc32c::crc32c(body) != u32::from_be_bytes(*checksum) {
            return Err(Damage::SegmentHeader);
        }
        let id = LogId::from_bytes(fields.field()?);
        let first = Position(u64::from_be_bytes(fields.field()?));
        let before = Head { instant: instant(fields.field()?)?, chain: fields.field()? };
        Ok(Self { id, first, before })
    }
}

/// What a step begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepHeader {
    count: u32,
    pub(super) first: Position,
    instant: Timestamp<TransactionTime>,
    pub(super) durable: Position,
    entries: u32,
    guards: u32,
    guards_checksum: u32,
}

impl StepHeader {
    /// The checksum binds the header to its log, so that no content can pass for a header.
    fn checksum(id: &LogId, fields: &[u8]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c(id.as_bytes()), fields)
    }

    fn encode(&self, id: &LogId) -> [u8; STEP_HEADER] {
        let mut fields = Vec::with_capacity(STEP_HEADER - 8);
        fields.extend_from_slice(&self.count.to_be_bytes());
        fields.extend_from_slice(&self.first.0.to_be_bytes());
        fields.extend_from_slice(&self.instant.sort_key().to_be_bytes());
        fields.extend_from_slice(&self.durable.0.to_be_bytes());
        fields.extend_from_slice(&self.entries.to_be_bytes());
        fields.extend_from_slice(&self.guards.to_be_bytes());
        fields.extend_from_slice(&self.guards_checksum.to_be_bytes());
        let mut header = [0; STEP_HEADER];
        header[..4].copy_from_slice(MARKER);
        header[4..8].copy_from_slice(&Self::checksum(id, &fields).to_be_bytes());
        header[8..].copy_from_slice(&fields);
        header
    }

    /// The header in the first bytes.
    pub(super) fn decode(bytes: &[u8], id: &LogId) -> Result<Self, Damage> {
        let header = bytes.get(..STEP_HEADER).ok_or(Damage::StepHeader)?;
        let mut fields = Fields(header);
        let marker = fields.field::<4>()?;
        let checksum = u32::from_be_bytes(fields.field()?);
        if marker != *MARKER || checksum != Self::checksum(id, fields.0) {
            return Err(Damage::StepHeader);
        }
        Ok(Self {
            count: u32::from_be_bytes(fields.field()?),
            first: Position(u64::from_be_bytes(fields.field()?)),
            instant: instant(fields.field()?)?,
            durable: Position(u64::from_be_bytes(fields.field()?)),
            entries: u32::from_be_bytes(fields.field()?),
            guards: u32::from_be_bytes(fields.field()?),
            guards_checksum: u32::from_be_bytes(fields.field()?),
        })
    }

    /// How long the whole step is.
    pub(super) fn length(&self) -> u64 {
        STEP_HEADER as u64 + u64::from(self.guards) + u64::from(self.entries)
    }
}

/// How long a step will be.
pub(super) fn step_length(step: &LogStep) -> u64 {
    let guards: usize = step.guards.iter().map(|key| 4 + key.0.len()).sum();
    let entries: usize = step.entries.iter().map(entry_length).sum();
    (STEP_HEADER + guards + entries) as u64
}

fn entry_length(entry: &Entry) -> usize {
    ENTRY_HEADER + entry.ledger.frame.skeleton.len() + entry.ledger.frame.content.len()
}

/// Appends a step of at least one entry and less than 4 GiB; the places count from the start of `out`.
pub(crate) fn encode_step(
    out: &mut Vec<u8>,
    id: &LogId,
    durable: Position,
    step: &LogStep,
) -> Result<StepPlaces, Damage> {
    let start = out.len();
    let first = &step.entries.first().ok_or(Damage::Empty)?.ledger;
    out.extend_from_slice(&[0; STEP_HEADER]);
    for key in &step.guards {
        out.extend_from_slice(&(key.0.len() as u32).to_be_bytes());
        out.extend_from_slice(&key.0);
    }
    let entries_start = out.len();
    let guards = &out[start + STEP_HEADER..];
    let (guards, guards_checksum) = (guards.len() as u32, crc32c::crc32c(guards));
    let entries = step.entries.iter().map(|entry| encode_entry(out, entry)).collect::<Result<Vec<_>, _>>()?;
    let header = StepHeader {
        count: entries.len() as u32,
        first: first.position,
        instant: first.instant,
        durable,
        entries: (out.len() - entries_start) as u32,
        guards,
        guards_checksum,
    };
    out[start..start + STEP_HEADER].copy_from_slice(&header.encode(id));
    Ok(StepPlaces { offset: start as u32, entries })
}

fn encode_entry(out: &mut Vec<u8>, entry: &Entry) -> Result<Place, Damage> {
    let Entry { ledger, commitment } = entry;
    let skeleton = Skeleton::decode(&ledger.frame.skeleton)?;
    if (skeleton.kind, skeleton.object) != (ledger.kind, ledger.object) {
        return Err(Damage::Mismatch { kind: skeleton.kind, object: skeleton.object });
    }
    let tag = KINDS.iter().find(|(_, kind)| *kind == ledger.kind).map(|(tag, _)| *tag);
    let (start, length) = (out.len(), entry_length(entry));
    out.extend_from_slice(&(length as u32).to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(tag.expect("the list has every kind"));
    out.extend_from_slice(&ledger.position.0.to_be_bytes());
    out.extend_from_slice(&ledger.instant.sort_key().to_be_bytes());
    out.extend_from_slice(commitment);
    out.extend_from_slice(&ledger.chain);
    out.extend_from_slice(&ledger.frame.salt);
    out.extend_from_slice(&(ledger.frame.skeleton.len() as u16).to_be_bytes());
    out.extend_from_slice(&ledger.frame.skeleton);
    out.extend_from_slice(&ledger.frame.content);
    let checksum = crc32c::crc32c(&out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&checksum.to_be_bytes());
    Ok(Place { offset: start as u32, length: length as u32 })
}

/// Where in a step something is wrong.
#[derive(Debug)]
pub(super) struct Flaw {
    /// The byte, from the start of the step.
    pub(super) at: usize,
    /// The position expected there.
    pub(super) position: Position,
    pub(super) damage: Damage,
}

/// The step of a header; `bytes` are exactly the step's. The places count from its start.
pub(super) fn decode_step(bytes: &[u8], header: &StepHeader) -> Result<(LogStep, StepPlaces), Flaw> {
    let flaw = |damage| Flaw { at: 0, position: header.first, damage };
    let (guards, mut rest) = bytes[STEP_HEADER..].split_at(header.guards as usize);
    if crc32c::crc32c(guards) != header.guards_checksum {
        return Err(flaw(Damage::Guards));
    }
    let guards = decode_guards(guards).ok_or_else(|| flaw(Damage::Contents))?;
    let (mut entries, mut places) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        let position = Position(header.first.0 + entries.len() as u64);
        let flaw = |damage| Flaw { at, position, damage };
        let length = Fields(rest).take().map_or(usize::MAX, |length| u32::from_be_bytes(length) as usize);
        let (entry, after) = rest.split_at_checked(length).ok_or_else(|| flaw(Damage::Entry))?;
        entries.push(decode_entry(entry).map_err(flaw)?);
        places.push(Place { offset: at as u32, length: length as u32 });
        rest = after;
    }
    let first = entries.first().map(|entry| (entry.ledger.position, entry.ledger.instant));
    if entries.len() != header.count as usize || first != Some((header.first, header.instant)) {
        return Err(flaw(Damage::Contents));
    }
    Ok((LogStep { guards, entries }, StepPlaces { offset: 0, entries: places }))
}

fn decode_guards(mut bytes: &[u8]) -> Option<Vec<GuardKey>> {
    let mut guards = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk()?;
        let (key, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        guards.push(GuardKey(key.to_vec()));
        bytes = rest;
    }
    Some(guards)
}

/// The entry that `bytes` are, all of them.
pub(super) fn decode_entry(bytes: &[u8]) -> Result<Entry, Damage> {
    let mut fields = Fields(bytes);
    let length = u32::from_be_bytes(fields.take().ok_or(Damage::Entry)?);
    let checksum = u32::from_be_bytes(fields.take().ok_or(Damage::Entry)?);
    if length as usize != bytes.len() || bytes.len() < ENTRY_HEADER || checksum != crc32c::crc32c(fields.0) {
        return Err(Damage::Entry);
    }
    let [tag] = fields.field()?;
    let kind = KINDS.iter().find(|(known, _)| *known == tag).map(|(_, kind)| *kind);
    let kind = kind.ok_or(if tag & ERASED != 0 { Damage::Erased } else { Damage::Kind { tag } })?;
    let position = Position(u64::from_be_bytes(fields.field()?));
    let instant = instant(fields.field()?)?;
    let (commitment, chain, salt) = (fields.field()?, fields.field()?, fields.field()?);
    let skeleton_length = usize::from(u16::from_be_bytes(fields.field()?));
    let (skeleton, content) = fields.0.split_at_checked(skeleton_length).ok_or(Damage::Contents)?;
    let Skeleton { kind: stated, object, .. } = Skeleton::decode(skeleton)?;
    if stated != kind {
        return Err(Damage::Mismatch { kind: stated, object });
    }
    let frame = Arc::new(Frame { skeleton: skeleton.to_vec(), salt, content: content.to_vec() });
    Ok(Entry { ledger: LedgerEntry { position, instant, kind, object, frame, chain }, commitment })
}

fn instant(bytes: [u8; 8]) -> Result<Timestamp<TransactionTime>, Damage> {
    let found = i64::from_be_bytes(bytes);
    Timestamp::from_sort_key(found).map_err(|_| Damage::NoInstant { found })
}

/// Fields of fixed length, from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    /// A field of bytes whose length was checked before.
    fn field<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        self.take().ok_or(Damage::Contents)
    }
}
