//! The frame: what survives an erasure, and what does not.

use sha2::{Digest as _, Sha256};

use super::bytes::{DecodeError, Reader, put_uint};
use super::{decode_content, encode_content};
use crate::object::{ActorId, BatchId, LifeCycle, ObjectId, Position, Registration, Seq};
use crate::schema::ClassId;
use crate::time::{Timestamp, TransactionTime};

/// Random bytes that keep a content from being guessed from its commitment; handed in by whoever may be random.
pub type Salt = [u8; 16];

/// A SHA-256.
pub type Digest = [u8; 32];

/// The version of every byte that this module writes.
const FORMAT: u8 = 1;

/// What an entry of the ledger is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A registration of an object of a declared class.
    Registration,
    /// The classes in force from here on; its content is JSON.
    Declaration,
}

/// An entry as stored: *skeleton | salted content*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The bytes of the [`Skeleton`].
    pub skeleton: Vec<u8>,
    /// The salt of the content.
    pub salt: Salt,
    /// The canonical bytes of note and content.
    pub content: Vec<u8>,
}

/// Which act on which object: everything about an entry that an erasure leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `Registration`")]
pub struct Skeleton {
    pub kind: EntryKind,
    pub object: ObjectId,
    pub seq: Seq,
    pub lifecycle: LifeCycle,
    pub actor: ActorId,
    pub batch: Option<BatchId>,
    pub asserted: Option<Timestamp<TransactionTime>>,
}

/// The lifecycles by the number that stands for them in a skeleton.
const LIFECYCLES: [LifeCycle; 5] =
    [LifeCycle::Created, LifeCycle::Imported, LifeCycle::Corrected, LifeCycle::Passivated, LifeCycle::Deleted];

const HAS_BATCH: u8 = 1;
const HAS_ASSERTED: u8 = 1 << 1;

impl Frame {
    /// The frame of a registration.
    pub fn of(registration: &Registration, salt: Salt) -> Self {
        let skeleton = Skeleton {
            kind: EntryKind::Registration,
            object: registration.object,
            seq: registration.seq,
            lifecycle: registration.lifecycle,
            actor: registration.actor,
            batch: registration.batch,
            asserted: registration.asserted,
        };
        Self { skeleton: skeleton.encode(), salt, content: encode_content(&registration.note, &registration.content) }
    }

    /// The registration inside.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are not those of a registration.
    pub fn registration(&self) -> Result<Registration, DecodeError> {
        let skeleton = Skeleton::decode(&self.skeleton)?;
        if skeleton.kind != EntryKind::Registration {
            return Err(DecodeError { at: 1, expected: "a registration" });
        }
        let (note, content) = decode_content(&self.content)?;
        Ok(Registration {
            object: skeleton.object,
            seq: skeleton.seq,
            lifecycle: skeleton.lifecycle,
            actor: skeleton.actor,
            note,
            batch: skeleton.batch,
            asserted: skeleton.asserted,
            content,
        })
    }

    /// What the chain binds: SHA-256(skeleton ‖ SHA-256(salt ‖ content)).
    pub fn commitment(&self) -> Digest {
        let content = Sha256::new().chain_update(self.salt).chain_update(&self.content).finalize();
        Sha256::new().chain_update(&self.skeleton).chain_update(content).finalize().into()
    }
}

/// The next head of the chain: SHA-256(previous ‖ position ‖ instant ‖ commitment), numbers big-endian in 8 bytes.
pub fn link(previous: &Digest, position: Position, instant: Timestamp<TransactionTime>, commitment: &Digest) -> Digest {
    let link = Sha256::new()
        .chain_update(previous)
        .chain_update(position.0.to_be_bytes())
        .chain_update(instant.sort_key().to_be_bytes())
        .chain_update(commitment);
    link.finalize().into()
}

impl Skeleton {
    /// The skeleton's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.push(FORMAT);
        out.push(match self.kind {
            EntryKind::Registration => 1,
            EntryKind::Declaration => 2,
        });
        put_uint(&mut out, u64::from(self.object.class.number()));
        out.extend_from_slice(self.object.uuid.as_bytes());
        put_uint(&mut out, u64::from(self.seq.0));
        let lifecycle = LIFECYCLES.iter().position(|known| *known == self.lifecycle);
        out.push(lifecycle.expect("the list has every life cycle") as u8);
        out.extend_from_slice(self.actor.as_bytes());
        let batch = if self.batch.is_some() { HAS_BATCH } else { 0 };
        let asserted = if self.asserted.is_some() { HAS_ASSERTED } else { 0 };
        out.push(batch | asserted);
        out.extend(self.batch.iter().flat_map(|batch| *batch.as_bytes()));
        out.extend(self.asserted.iter().flat_map(|at| at.sort_key().to_be_bytes()));
        out
    }

    /// The skeleton that [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`DecodeError`] at the first byte that cannot be read.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != FORMAT {
            return Err(reader.error("format 1"));
        }
        let kind = match reader.byte()? {
            1 => EntryKind::Registration,
            2 => EntryKind::Declaration,
            _ => return Err(reader.error("a kind of entry")),
        };
        let object = ObjectId { class: ClassId::from_number(reader.u16()?), uuid: reader.uuid()? };
        let seq = Seq(reader.u32()?);
        let lifecycle = usize::from(reader.byte()?);
        let lifecycle = *LIFECYCLES.get(lifecycle).ok_or_else(|| reader.error("a life cycle"))?;
        let actor = reader.uuid()?;
        let flags = reader.byte()?;
        let batch = if flags & HAS_BATCH != 0 { Some(reader.uuid()?) } else { None };
        let asserted = if flags & HAS_ASSERTED != 0 { Some(instant(&mut reader)?) } else { None };
        reader.end()?;
        Ok(Self { kind, object, seq, lifecycle, actor, batch, asserted })
    }
}

fn instant(reader: &mut Reader<'_>) -> Result<Timestamp<TransactionTime>, DecodeError> {
    let bytes = reader.take(8, "an instant")?;
    let key = i64::from_be_bytes(bytes.try_into().map_err(|_| reader.error("an instant"))?);
    let instant = Timestamp::from_sort_key(key).ok().filter(|at| at.is_finite());
    instant.ok_or_else(|| reader.error("a finite instant"))
}
