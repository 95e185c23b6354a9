//! Reading: one entry at its place, or whole steps in order.

use std::sync::Arc;

use lora_core::object::Position;

use super::record::{self, MARKER, SEGMENT_HEADER, STEP_HEADER, StepHeader};
use super::segment::{Segment, Shared, damaged, failed};
use super::window::Window;
use super::{Damage, Entry, Landmark, LogError, LogId, Place, PlacedStep, Tip};

/// Reads a log while it is written to, without waiting for the writer.
#[derive(Clone)]
pub struct LogReader {
    pub(super) shared: Arc<Shared>,
}

impl LogReader {
    /// The id of the log.
    pub fn id(&self) -> LogId {
        self.shared.id
    }

    /// The entry at a place, verified; one read.
    ///
    /// # Errors
    /// [`LogError::NotHere`] before the first segment; [`LogError::Damaged`] when the entry is not at that place.
    pub fn entry(&self, position: Position, place: Place) -> Result<Entry, LogError> {
        let segments = self.shared.segments();
        let segment = &segments[Shared::holding(&segments, position)?];
        let offset = u64::from(place.offset);
        let flaw = |damage| damaged(segment.first, offset, position, damage);
        let opened = segment.opened(&self.shared)?;
        let (length, left) = (u64::from(place.length), segment.end().saturating_sub(offset));
        if length > left {
            return Err(flaw(Damage::Incomplete { length, left }));
        }
        let mut bytes = vec![0; place.length as usize];
        opened.file.read_at(&mut bytes, offset).map_err(failed("read", segment.first))?;
        let entry = record::decode_entry(&bytes).map_err(flaw)?;
        match entry.ledger.position {
            found if found == position => Ok(entry),
            found => Err(flaw(Damage::Position { expected: position, found })),
        }
    }

    /// The first step of the log.
    pub fn start(&self) -> Landmark {
        Landmark { position: self.shared.segments()[0].first, offset: SEGMENT_HEADER as u32 }
    }

    /// The steps from one on, up to the one that has a position: everything about them verified but the commitments.
    ///
    /// Who reads while somebody writes asks for a position that was synced. From the start of a segment on the chain is
    /// verified from the head in the segment's header; from elsewhere on, the first entry's head is believed.
    pub fn steps(&self, from: Landmark, upto: Position) -> Steps {
        Steps { walk: Some(Walk::start(self.shared.clone(), from)), upto, commitments: false }
    }
}

/// Steps of a log, in order, as [`LogReader::steps`] finds them. Ends after the first error.
pub struct Steps {
    /// Gone after an error.
    walk: Option<Result<Walk, LogError>>,
    upto: Position,
    commitments: bool,
}

impl Steps {
    /// The same steps, each entry's frame hashed and compared with its commitment.
    #[must_use]
    pub fn with_commitments(mut self) -> Self {
        self.commitments = true;
        self
    }

    fn read(&self, walk: &mut Walk) -> Result<PlacedStep, LogError> {
        let step = walk.step()?.ok_or(LogError::NotHere { position: walk.tip.next })?;
        if self.commitments {
            walk.verify_commitments(&step)?;
        }
        Ok(step)
    }
}

impl Iterator for Steps {
    type Item = Result<PlacedStep, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut walk = match self.walk.take()? {
            Ok(walk) => walk,
            Err(error) => return Some(Err(error)),
        };
        if walk.tip.next > self.upto {
            return None;
        }
        let step = self.read(&mut walk);
        if step.is_ok() {
            self.walk = Some(Ok(walk));
        }
        Some(step)
    }
}

/// Goes from step to step through the segments.
pub(super) struct Walk {
    pub(super) shared: Arc<Shared>,
    segments: Arc<Vec<Arc<Segment>>>,
    /// The segment that the window looks at.
    index: usize,
    pub(super) window: Window,
    pub(super) tip: Tip,
}

impl Walk {
    pub(super) fn start(shared: Arc<Shared>, from: Landmark) -> Result<Self, LogError> {
        let segments = shared.segments();
        let index = Shared::holding(&segments, from.position)?;
        let segment = &segments[index];
        let opened = segment.opened(&shared)?;
        let fresh = segment.first == from.position;
        let head = fresh.then_some(opened.before);
        let offset = if fresh { SEGMENT_HEADER as u64 } else { u64::from(from.offset) };
        let window = Window::new(opened.file.clone(), offset, segment.end());
        Ok(Self { shared, segments, index, window, tip: Tip { next: from.position, head } })
    }

    pub(super) fn segment(&self) -> &Arc<Segment> {
        &self.segments[self.index]
    }

    pub(super) fn in_last_segment(&self) -> bool {
        self.index + 1 == self.segments.len()
    }

    /// The next step, or `None` where the log ends as it should. Stays where it is when there is something else.
    pub(super) fn step(&mut self) -> Result<Option<PlacedStep>, LogError> {
        while self.segment_ends()? {
            if self.in_last_segment() {
                return Ok(None);
            }
            self.enter_next_segment()?;
        }
        let (segment, offset, next, id) = (self.segment().first, self.window.offset, self.tip.next, self.shared.id);
        let flaw = |damage| damaged(segment, offset, next, damage);
        let header = StepHeader::decode(self.peek(STEP_HEADER as u64)?, &id).map_err(flaw)?;
        if header.first != next {
            return Err(flaw(Damage::Position { expected: next, found: header.first }));
        }
        let decoded = record::decode_step(self.peek(header.length())?, &header);
        let (step, mut places) =
            decoded.map_err(|flaw| damaged(segment, offset + flaw.at as u64, flaw.position, flaw.damage))?;
        self.tip.follow(&step.entries).map_err(flaw)?;
        self.window.offset += header.length();
        places.shift(offset as u32);
        Ok(Some(PlacedStep { step, places, durable: header.durable }))
    }

    /// The next bytes, which must be there.
    fn peek(&mut self, length: u64) -> Result<&[u8], LogError> {
        let (segment, offset, left) = (self.segment().first, self.window.offset, self.window.left());
        if length > left {
            return Err(damaged(segment, offset, self.tip.next, Damage::Incomplete { length, left }));
        }
        self.window.peek(length).map_err(failed("read", segment))
    }

    /// Whether nothing follows in this segment, or nothing but zeros.
    fn segment_ends(&mut self) -> Result<bool, LogError> {
        let marker = self.window.left().min(MARKER.len() as u64);
        if self.peek(marker)?.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let used = self.window.used().map_err(failed("read", self.segment().first))?;
        Ok(used == self.window.offset)
    }

    fn enter_next_segment(&mut self) -> Result<(), LogError> {
        let segment = self.segments[self.index + 1].clone();
        let flaw = |damage| damaged(segment.first, 0, self.tip.next, damage);
        if segment.first != self.tip.next {
            return Err(flaw(Damage::Gap { expected: self.tip.next, found: segment.first }));
        }
        let opened = segment.opened(&self.shared)?;
        if self.tip.head.is_some_and(|head| head != opened.before) {
            return Err(flaw(Damage::Before));
        }
        self.window = Window::new(opened.file.clone(), SEGMENT_HEADER as u64, segment.end());
        self.tip.head = Some(opened.before);
        self.index += 1;
        Ok(())
    }

    /// Hashes the frames of the step just read.
    fn verify_commitments(&self, step: &PlacedStep) -> Result<(), LogError> {
        for (Entry { ledger, commitment }, place) in step.entries() {
            let (position, found) = (ledger.position, ledger.frame.commitment());
            if found != *commitment {
                let damage = Damage::Commitment { position, expected: *commitment, found };
                return Err(damaged(self.segment().first, u64::from(place.offset), position, damage));
            }
        }
        Ok(())
    }
}
