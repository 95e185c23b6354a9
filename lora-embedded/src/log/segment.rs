//! The files of a log, as its writer and its readers share them.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use lora_core::object::Position;

use super::record::{SEGMENT_HEADER, SegmentHeader};
use super::{Damage, Head, LogError, LogId};
use crate::files::{File, Files};

/// The folder of the segments.
pub(super) const FOLDER: &str = "log";

/// The name of the segment that begins with a position.
pub(super) fn name(first: Position) -> String {
    format!("{FOLDER}/{:020}", first.0)
}

/// One log: its files, its id, and the list of its segments, which only grows.
pub(super) struct Shared {
    pub(super) files: Arc<dyn Files>,
    pub(super) id: LogId,
    segments: RwLock<Arc<Vec<Arc<Segment>>>>,
}

/// A file of the log, opened when somebody first asks for it.
pub(super) struct Segment {
    pub(super) first: Position,
    opened: OnceLock<Opened>,
    /// How far readers may look: the end of the last step, or of the file where nobody writes any more.
    end: AtomicU64,
}

/// An open segment whose header was verified.
pub(super) struct Opened {
    pub(super) file: Arc<dyn File>,
    /// The head before its first entry.
    pub(super) before: Head,
}

impl Shared {
    pub(super) fn new(files: Arc<dyn Files>, id: LogId, segments: Vec<Arc<Segment>>) -> Self {
        Self { files, id, segments: RwLock::new(Arc::new(segments)) }
    }

    /// The segments as they are now, oldest first.
    pub(super) fn segments(&self) -> Arc<Vec<Arc<Segment>>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a segment; readers find it from now on.
    pub(super) fn publish(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut segments).push(segment);
    }

    /// The index of the segment that has a position, or would have it.
    pub(super) fn holding(segments: &[Arc<Segment>], position: Position) -> Result<usize, LogError> {
        let index = segments.partition_point(|segment| segment.first <= position);
        index.checked_sub(1).ok_or(LogError::NotHere { position })
    }
}

impl Segment {
    /// A segment that is there, unseen.
    pub(super) fn listed(first: Position) -> Self {
        Self { first, opened: OnceLock::new(), end: AtomicU64::new(0) }
    }

    /// A segment that was just made.
    pub(super) fn created(header: &SegmentHeader, file: Arc<dyn File>) -> Self {
        let opened = OnceLock::from(Opened { file, before: header.before });
        Self { first: header.first, opened, end: AtomicU64::new(SEGMENT_HEADER as u64) }
    }

    /// The open file, with its header verified.
    pub(super) fn opened(&self, shared: &Shared) -> Result<&Opened, LogError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let (file, header) = read_header(&*shared.files, self.first)?;
        let header = header.and_then(|header| self.verified(header, shared.id));
        let before = header.map_err(|damage| damaged(self.first, 0, self.first, damage))?.before;
        let size = file.size().map_err(failed("measure", self.first))?;
        Ok(self.opened.get_or_init(|| {
            self.set_end(size);
            Opened { file, before }
        }))
    }

    /// The header, if it is this segment's.
    fn verified(&self, header: SegmentHeader, id: LogId) -> Result<SegmentHeader, Damage> {
        if header.id != id {
            return Err(Damage::ForeignLog { expected: id, found: header.id });
        }
        if header.first != self.first {
            return Err(Damage::Gap { expected: self.first, found: header.first });
        }
        if header.first == Position(1) && header.before != Head::START {
            return Err(Damage::Before);
        }
        Ok(header)
    }

    /// How far readers of an open segment may look.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// Lets readers look further.
    pub(super) fn set_end(&self, end: u64) {
        self.end.store(end, Ordering::Release);
    }
}

/// An open file, and the header in it.
type HeaderRead = (Arc<dyn File>, Result<SegmentHeader, Damage>);

/// Opens a segment and reads what should be its header.
pub(super) fn read_header(files: &dyn Files, first: Position) -> Result<HeaderRead, LogError> {
    let file = files.open(&name(first)).map_err(failed("open", first))?;
    let size = file.size().map_err(failed("measure", first))?;
    let mut bytes = vec![0; size.min(SEGMENT_HEADER as u64) as usize];
    file.read_at(&mut bytes, 0).map_err(failed("read", first))?;
    Ok((file, SegmentHeader::decode(&bytes)))
}

/// The error for something wrong at a byte of a segment.
pub(super) fn damaged(segment: Position, offset: u64, position: Position, damage: Damage) -> LogError {
    LogError::Damaged { segment: name(segment), offset, position, damage }
}

/// The error for what the operating system did not do with a segment.
pub(super) fn failed(action: &'static str, segment: Position) -> impl FnOnce(io::Error) -> LogError {
    move |source| LogError::Io { action, file: name(segment), source }
}

/// The error for what the operating system did not do with a folder.
pub(super) fn failed_folder(action: &'static str, folder: &'static str) -> impl FnOnce(io::Error) -> LogError {
    move |source| LogError::Io { action, file: format!("the folder \"{folder}\""), source }
}
