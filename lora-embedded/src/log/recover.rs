//! Opening a log after whatever happened to it.

use std::io;
use std::sync::Arc;

use lora_core::object::Position;

use super::read::Walk;
use super::record::{MARKER, SEGMENT_HEADER, STEP_HEADER, StepHeader};
use super::segment::{FOLDER, Segment, Shared, damaged, failed, failed_folder, name, read_header};
use super::window::Window;
use super::{Anchor, Damage, Landmark, Log, LogError, LogId, Options, PlacedStep};
use crate::files::Files;

/// What a crash had left of something never acknowledged, and opening the log has removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment; it is gone where `offset` is 0.
    pub segment: String,
    /// From which byte on.
    pub offset: u64,
    /// How many bytes, up to the zeros at the end.
    pub bytes: u64,
}

/// See [`Log::open`].
pub(super) fn open(
    files: Arc<dyn Files>,
    options: Options,
    known: Option<&Anchor>,
) -> Result<(Log, Option<Cut>), LogError> {
    let mut firsts = segments(&*files)?;
    let unmade = unmade(&*files, firsts.last().copied())?;
    if unmade.is_some() {
        firsts.pop();
    }
    let Some(first) = firsts.first().copied() else {
        return nothing(&*files, unmade.as_ref(), known);
    };
    if first != Position(1) {
        return Err(damaged(first, 0, Position(1), Damage::Gap { expected: Position(1), found: first }));
    }
    let id = id(&*files, first)?;
    let listed = firsts.iter().map(|first| Arc::new(Segment::listed(*first))).collect();
    let shared = Arc::new(Shared::new(files, id, listed));
    let mut walk = walk_from(&shared, known)?;
    let mut doubt = Doubt { segment: walk.segment().first, durable: Position(0), from: walk.window.offset };
    let torn = walk_to_end(&mut walk, unmade.is_none(), &mut doubt)?;

    if let Some(cut) = &torn {
        walk.window.file.set_size(cut.offset).map_err(failed("cut", walk.segment().first))?;
    }
    if let Some(cut) = &unmade {
        remove(&*shared.files, cut)?;
    }
    doubt.write_again(&walk).map_err(failed("write to", walk.segment().first))?;
    Ok((settle(&shared, options, &walk)?, torn.or(unmade)))
}

/// The end of the last segment, of which nothing says that it was ever synced.
///
/// A sync that failed leaves it in the system's cache, from where it was read, and no later sync writes it to the disk.
struct Doubt {
    segment: Position,
    /// What the steps from `from` on call durable.
    durable: Position,
    from: u64,
}

impl Doubt {
    fn pass(&mut self, walk: &Walk, step: &PlacedStep) {
        if (walk.segment().first, step.durable) != (self.segment, self.durable) {
            let from = u64::from(step.places.offset);
            *self = Self { segment: walk.segment().first, durable: step.durable, from };
        }
    }

    fn write_again(&self, walk: &Walk) -> io::Result<()> {
        let in_last = self.segment == walk.segment().first;
        // Where no step of the segment is durable for certain, its header is not either.
        let from = if in_last && self.from > SEGMENT_HEADER as u64 { self.from } else { 0 };
        let mut bytes = vec![0; (walk.window.offset - from) as usize];
        walk.window.file.read_at(&mut bytes, from)?;
        if bytes.is_empty() { Ok(()) } else { walk.window.file.write_at(&bytes, from) }
    }
}

/// The segments by their names, oldest first.
fn segments(files: &dyn Files) -> Result<Vec<Position>, LogError> {
    let names = files.list(FOLDER).map_err(failed_folder("list", FOLDER))?;
    let first = |file: String| {
        let number = file.parse().ok().map(Position).filter(|first| name(*first) == format!("{FOLDER}/{file}"));
        number.ok_or(LogError::Stray { file: format!("{FOLDER}/{file}") })
    };
    names.into_iter().map(first).collect()
}

/// The last segment, if a crash came while it was made: its header is synced before anything follows it.
fn unmade(files: &dyn Files, last: Option<Position>) -> Result<Option<Cut>, LogError> {
    let Some(last) = last else { return Ok(None) };
    let (file, Err(Damage::SegmentHeader)) = read_header(files, last)? else { return Ok(None) };
    let size = file.size().map_err(failed("measure", last))?;
    let rest = Window::new(file, 0, size);
    let bytes = rest.used().map_err(failed("read", last))?;
    Ok((bytes <= SEGMENT_HEADER as u64).then(|| Cut { segment: name(last), offset: 0, bytes }))
}

/// The answer where there is no segment, or just one that was never made.
fn nothing<T>(files: &dyn Files, unmade: Option<&Cut>, known: Option<&Anchor>) -> Result<T, LogError> {
    match (known, unmade) {
        (Some(known), _) => return Err(LogError::Unknown(*known)),
        (None, Some(cut)) => remove(files, cut)?,
        (None, None) => {}
    }
    Err(LogError::Absent)
}

fn remove(files: &dyn Files, cut: &Cut) -> Result<(), LogError> {
    let failed = |source| LogError::Io { action: "remove", file: cut.segment.clone(), source };
    files.remove(&cut.segment).map_err(failed)
}

fn id(files: &dyn Files, first: Position) -> Result<LogId, LogError> {
    let (_, header) = read_header(files, first)?;
    Ok(header.map_err(|damage| damaged(first, 0, first, damage))?.id)
}

/// The id of the log in a folder; `None` where there is no log, or none that can be told: opening it says why.
pub fn id_in(files: &dyn Files) -> Option<LogId> {
    id(files, *segments(files).ok()?.first()?).ok()
}

/// A walk that has passed the known step, or stands at the start of the log.
fn walk_from(shared: &Arc<Shared>, known: Option<&Anchor>) -> Result<Walk, LogError> {
    let Some(known) = known else {
        let start = Landmark { position: Position(1), offset: SEGMENT_HEADER as u32 };
        return Walk::start(shared.clone(), start);
    };
    let mut walk = Walk::start(shared.clone(), known.step)?;
    match walk.step()? {
        Some(step) if step.anchor() == *known => Ok(walk),
        _ => Err(LogError::Unknown(*known)),
    }
}

/// Walks to the end of the log, which may be a torn step if the last segment was open for writing.
fn walk_to_end(walk: &mut Walk, open: bool, doubt: &mut Doubt) -> Result<Option<Cut>, LogError> {
    loop {
        match walk.step() {
            Ok(Some(step)) => doubt.pass(walk, &step),
            Ok(None) => return Ok(None),
            Err(error) if open && walk.in_last_segment() => return torn(walk, error).map(Some),
            Err(error) => return Err(error),
        }
    }
}

/// What to cut off for an error, or the error itself, if a crash does not explain it.
fn torn(walk: &Walk, error: LogError) -> Result<Cut, LogError> {
    let first = walk.segment().first;
    let explained = matches!(&error, LogError::Damaged { damage, .. } if damage.may_be_torn());
    if !explained || was_durable(walk).map_err(failed("read", first))? {
        return Err(error);
    }
    let offset = walk.window.offset;
    let bytes = walk.window.used().map_err(failed("read", first))? - offset;
    Ok(Cut { segment: name(first), offset, bytes })
}

/// Whether a later step was written when the one expected here was on the disk already.
fn was_durable(walk: &Walk) -> io::Result<bool> {
    let id = walk.shared.id;
    let witness = |bytes: &[u8]| {
        let header = StepHeader::decode(bytes, &id).ok();
        header.is_some_and(|header| header.first > walk.tip.next && header.durable >= walk.tip.next)
    };
    walk.window.scan(STEP_HEADER as u64 - 1, |_, bytes| {
        bytes.windows(STEP_HEADER).any(|bytes| bytes.starts_with(MARKER) && witness(bytes))
    })
}

/// The log where a walk has ended, with everything before on the disk: it may have been read from a cache.
fn settle(shared: &Arc<Shared>, options: Options, walk: &Walk) -> Result<Log, LogError> {
    let (segment, file) = (walk.segment().clone(), walk.window.file.clone());
    file.sync().map_err(failed("sync", segment.first))?;
    for folder in [FOLDER, ""] {
        shared.files.sync_folder(folder).map_err(failed_folder("sync", folder))?;
    }
    let end = walk.window.offset;
    segment.set_end(end);
    let allocated = file.size().map_err(failed("measure", segment.first))?;
    Ok(Log {
        shared: shared.clone(),
        options,
        segment,
        file,
        end,
        allocated,
        next: walk.tip.next,
        head: walk.tip.head.expect("a walk knows the head once it has begun a segment or passed a step"),
        durable: Position(walk.tip.next.0 - 1),
        broken: None,
    })
}
