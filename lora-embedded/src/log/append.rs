//! The one writer.

use std::io;
use std::sync::Arc;

use lora_core::object::Position;

use super::record::{self, SEGMENT_HEADER, SegmentHeader};
use super::segment::{FOLDER, Segment, Shared, failed, failed_folder, name};
use super::{Anchor, Cut, Head, LogError, LogId, LogReader, LogStep, Options, StepPlaces, Tip, recover};
use crate::files::{File, Files};

/// A log that is open for writing; there is one at a time.
pub struct Log {
    pub(super) shared: Arc<Shared>,
    pub(super) options: Options,
    /// The last segment.
    pub(super) segment: Arc<Segment>,
    pub(super) file: Arc<dyn File>,
    /// The end of its last step.
    pub(super) end: u64,
    /// Up to where zeros were written ahead; no more are where there was no room for them.
    pub(super) allocated: u64,
    pub(super) next: Position,
    pub(super) head: Head,
    /// The last position that is on the disk for certain.
    pub(super) durable: Position,
    pub(super) broken: Option<String>,
}

impl Log {
    /// Starts a log in a folder that has none.
    ///
    /// # Errors
    /// [`LogError::Present`] where there is one; [`LogError::Io`].
    pub fn create(files: Arc<dyn Files>, id: LogId, options: Options) -> Result<Self, LogError> {
        if !files.list(FOLDER).map_err(failed_folder("list", FOLDER))?.is_empty() {
            return Err(LogError::Present);
        }
        create_segment(&*files, &SegmentHeader { id, first: Position(1), before: Head::START })?;
        Ok(Self::open(files, options, None)?.0)
    }

    /// Opens a log, verifies it from a known step on (from its start for `None`), and cuts off what a crash has left of
    /// a step that was never acknowledged. What remains is on the disk when this returns.
    ///
    /// # Errors
    /// [`LogError::Absent`] where there is none; [`LogError::Damaged`] when something is wrong that no crash explains,
    /// and [`LogError::Unknown`] when the known step is not there: nothing is changed then.
    pub fn open(
        files: Arc<dyn Files>,
        options: Options,
        known: Option<&Anchor>,
    ) -> Result<(Self, Option<Cut>), LogError> {
        recover::open(files, options, known)
    }

    /// The id of the log.
    pub fn id(&self) -> LogId {
        self.shared.id
    }

    /// The position of the last entry; zero in an empty log.
    pub fn last(&self) -> Position {
        Position(self.next.0 - 1)
    }

    /// The head that the next step continues.
    pub fn head(&self) -> Head {
        self.head
    }

    /// A reader; it sees what is appended later, too.
    pub fn reader(&self) -> LogReader {
        LogReader { shared: self.shared.clone() }
    }

    /// Writes whole steps with one write, and says where they lie. They are durable after the next [`sync`](Self::sync).
    ///
    /// # Errors
    /// [`LogError::Refused`] when a step does not continue the log; [`LogError::Io`] when the write failed and was undone:
    /// the log is as before. [`LogError::Broken`] when that failed as well, and from then on.
    pub fn append(&mut self, steps: &[LogStep]) -> Result<Vec<StepPlaces>, LogError> {
        self.refuse_if_broken()?;
        let (batch, mut places, tip) = self.encode(steps)?;
        self.start_segment_for(batch.len() as u64)?;
        self.preallocate(batch.len() as u64)?;
        if let Err(error) = self.file.write_at(&batch, self.end) {
            self.undo()?;
            return Err(failed("write to", self.segment.first)(error));
        }
        places.iter_mut().for_each(|step| step.shift(self.end as u32));
        self.end += batch.len() as u64;
        self.segment.set_end(self.end);
        self.next = tip.next;
        self.head = tip.head.unwrap_or(self.head);
        Ok(places)
    }

    /// Makes everything appended durable.
    ///
    /// # Errors
    /// [`LogError::Broken`] when the disk failed, and from then on: what it has is known only after opening it again.
    pub fn sync(&mut self) -> Result<(), LogError> {
        self.refuse_if_broken()?;
        if self.durable == self.last() {
            return Ok(());
        }
        let synced = self.file.sync();
        synced.or_else(|error| self.break_with(format!("a sync of {} failed: {error}", name(self.segment.first))))?;
        self.durable = self.last();
        Ok(())
    }

    /// The bytes of steps that continue the log, and where they lie in these bytes.
    fn encode(&self, steps: &[LogStep]) -> Result<(Vec<u8>, Vec<StepPlaces>, Tip), LogError> {
        let length = steps.iter().map(record::step_length).sum();
        if length > u64::from(u32::MAX) - SEGMENT_HEADER as u64 {
            return Err(LogError::TooLong { length });
        }
        let (mut batch, mut places) = (Vec::with_capacity(length as usize), Vec::with_capacity(steps.len()));
        let mut tip = Tip { next: self.next, head: Some(self.head) };
        for step in steps {
            let position = tip.next;
            let refused = |damage| LogError::Refused { position, damage };
            places.push(record::encode_step(&mut batch, &self.shared.id, self.durable, step).map_err(refused)?);
            tip.follow(&step.entries).map_err(refused)?;
        }
        Ok((batch, places, tip))
    }

    /// Starts a new segment if the last one is long enough, or has no room for so many bytes.
    fn start_segment_for(&mut self, length: u64) -> Result<(), LogError> {
        let empty = self.end == SEGMENT_HEADER as u64;
        let full = self.end >= u64::from(self.options.segment_size) || self.end + length > u64::from(u32::MAX);
        if empty || !full {
            return Ok(());
        }
        // A segment starts only when all before it is on the disk: what is wrong there is damage, then, and no crash.
        self.file.set_size(self.end).map_err(failed("cut", self.segment.first))?;
        self.allocated = self.end;
        self.sync()?;
        let header = SegmentHeader { id: self.shared.id, first: self.next, before: self.head };
        self.file = create_segment(&*self.shared.files, &header)?;
        self.segment = Arc::new(Segment::created(&header, self.file.clone()));
        self.shared.publish(self.segment.clone());
        (self.end, self.allocated) = (SEGMENT_HEADER as u64, SEGMENT_HEADER as u64);
        Ok(())
    }

    /// Writes zeros ahead of so many bytes. Where there is no room for zeros, there may be for the bytes.
    fn preallocate(&mut self, length: u64) -> Result<(), LogError> {
        let chunk = u64::from(self.options.preallocate);
        if chunk == 0 || self.end + length <= self.allocated {
            return Ok(());
        }
        let to = (self.end + length).next_multiple_of(chunk);
        match write_zeros(&*self.file, self.allocated, to) {
            Ok(()) => self.allocated = to,
            Err(_) => {
                self.undo()?;
                self.allocated = u64::MAX;
            }
        }
        Ok(())
    }

    /// Cuts off what a failed write may have left, and makes sure that it stays away.
    fn undo(&mut self) -> Result<(), LogError> {
        let undone = self.file.set_size(self.end).and_then(|()| self.file.sync());
        undone.or_else(|error| {
            let name = name(self.segment.first);
            self.break_with(format!("a write to {name} failed and could not be undone: {error}"))
        })
    }

    fn break_with(&mut self, reason: String) -> Result<(), LogError> {
        self.broken = Some(reason);
        self.refuse_if_broken()
    }

    fn refuse_if_broken(&self) -> Result<(), LogError> {
        match &self.broken {
            Some(reason) => Err(LogError::Broken { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}

/// Makes a segment that is on the disk, with its name, before anything is written to it.
fn create_segment(files: &dyn Files, header: &SegmentHeader) -> Result<Arc<dyn File>, LogError> {
    let name = name(header.first);
    let file = files.create(&name).map_err(failed("create", header.first))?;
    let begun = file.write_at(&header.encode(), 0).and_then(|()| file.sync()).and_then(|()| files.sync_folder(FOLDER));
    begun.map(|()| file).map_err(|error| {
        // Where that fails as well, or a crash undoes it, the segment is one without steps: opening the log repairs it.
        let _ = files.remove(&name);
        failed("begin", header.first)(error)
    })
}

fn write_zeros(file: &dyn File, from: u64, to: u64) -> io::Result<()> {
    const ZEROS: &[u8] = &[0; 64 << 10];
    let mut at = from;
    while at < to {
        let length = (to - at).min(ZEROS.len() as u64);
        file.write_at(&ZEROS[..length as usize], at)?;
        at += length;
    }
    Ok(())
}
