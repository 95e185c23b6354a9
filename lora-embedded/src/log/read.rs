//! Reading: one entry at its place, or whole steps in order.

use std::sync::Arc;

use lora_core::object::Position;

use super::record::{self, MARKER, SEGMENT_HEADER, STEP_HEADER, StepHeader};
use super::segment::{Segment, Shared, damaged, name};
use super::window::Window;
use super::{Damage, Entry, Landmark, LogError, LogId, Place, PlacedStep, StepPlaces, Tip};

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
        opened.file.read_at(&mut bytes, offset).map_err(LogError::io("read", name(segment.first)))?;
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
        let state = if from.position > upto { State::Done } else { State::Ready(from) };
        Steps { shared: self.shared.clone(), upto, commitments: false, state }
    }
}

/// Steps of a log, in order, as [`LogReader::steps`] finds them. Ends after the first error.
pub struct Steps {
    shared: Arc<Shared>,
    upto: Position,
    commitments: bool,
    state: State,
}

enum State {
    Ready(Landmark),
    Walking(Box<Walk>),
    Done,
}

impl Steps {
    /// The same steps, each entry's frame hashed and compared with its commitment.
    #[must_use]
    pub fn with_commitments(mut self) -> Self {
        self.commitments = true;
        self
    }

    fn read(&mut self) -> Result<PlacedStep, LogError> {
        if let State::Ready(from) = self.state {
            self.state = State::Walking(Box::new(Walk::start(self.shared.clone(), from)?));
        }
        let State::Walking(walk) = &mut self.state else {
            return Err(LogError::NotHere { position: self.upto });
        };
        let step = walk.step()?.ok_or(LogError::NotHere { position: walk.tip.next })?;
        if self.commitments {
            verify_commitments(&step).map_err(|(offset, position, damage)| walk.damaged(offset, position, damage))?;
        }
        Ok(step)
    }
}

impl Iterator for Steps {
    type Item = Result<PlacedStep, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Done) {
            return None;
        }
        let step = self.read();
        if step.as_ref().map_or(true, |step| step.last() >= self.upto) {
            self.state = State::Done;
        }
        Some(step)
    }
}

fn verify_commitments(step: &PlacedStep) -> Result<(), (u64, Position, Damage)> {
    for (Entry { ledger, commitment }, place) in step.entries() {
        let (position, found) = (ledger.position, ledger.frame.commitment());
        if found != *commitment {
            let damage = Damage::Commitment { position, expected: *commitment, found };
            return Err((u64::from(place.offset), position, damage));
        }
    }
    Ok(())
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

    fn segment(&self) -> &Arc<Segment> {
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
        places.iter_mut().for_each(|place| place.offset += offset as u32);
        let places = StepPlaces { offset: offset as u32, entries: places };
        Ok(Some(PlacedStep { step, places, durable: header.durable }))
    }

    /// The next bytes, which must be there.
    fn peek(&mut self, length: u64) -> Result<&[u8], LogError> {
        let (segment, offset, left) = (self.segment().first, self.window.offset, self.window.left());
        if length > left {
            return Err(damaged(segment, offset, self.tip.next, Damage::Incomplete { length, left }));
        }
        self.window.peek(length).map_err(LogError::io("read", name(segment)))
    }

    /// Whether nothing follows in this segment, or nothing but zeros.
    fn segment_ends(&mut self) -> Result<bool, LogError> {
        let marker = self.window.left().min(MARKER.len() as u64);
        if self.peek(marker)?.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let used = self.window.used().map_err(LogError::io("read", name(self.segment().first)))?;
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

    pub(super) fn damaged(&self, offset: u64, position: Position, damage: Damage) -> LogError {
        damaged(self.segment().first, offset, position, damage)
    }
}
