//! Scanning postings: open and closed rectangles in one order, without walking through those that cannot matter.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::ops::Bound;

use lora_core::object::{ObjectId, Position};
use lora_core::storage::{Posting, Scan};
use lora_core::time::{Period, Timestamp, TransactionTime};

use crate::index::{IndexError, Row, Snapshot, Table};
use crate::rows::{Closed, Open, Place};

/// After so many rectangles in a row that do not count, the next one that can is looked up.
const WALK_MAX: u32 = 4;

type Instant = Timestamp<TransactionTime>;

/// The postings of a scan that a view shows, in the order of (key, object, valid period, opened), after one of them.
pub(super) fn scan<'a>(
    rows: &'a Snapshot,
    scan: &'a Scan,
    after: Option<&'a Posting>,
    view: Position,
) -> impl Iterator<Item = Result<Posting, IndexError>> + use<'a> {
    let wanted = Wanted { scan, view };
    let from = match after {
        Some(after) => Place { key: after.key.as_bytes(), object: after.object, valid: after.valid }.bytes(),
        None => scan.keys.from.as_bytes().to_vec(),
    };
    let open = open(rows, wanted, &from).peekable();
    // What the newest view takes for open is open: the closed rectangles have nothing to add.
    let history = scan.known.is_some() || view.0 < rows.version();
    let closed = history.then(|| ClosedRows::new(rows, wanted, &from)).into_iter().flatten().peekable();
    Merge { open, closed }.skip_while(move |posting| match (posting, after) {
        (Ok(posting), Some(after)) => place(posting) <= place(after),
        _ => false,
    })
}

fn place(posting: &Posting) -> (&lora_core::storage::Key, ObjectId, Period<lora_core::time::ValidTime>, Position) {
    (&posting.key, posting.object, posting.valid, posting.opened)
}

/// Which rectangles count.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    scan: &'a Scan,
    view: Position,
}

/// How a closed rectangle lies to what is wanted; those of one place go through these in order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lies {
    Before,
    Inside,
    After,
}

impl Wanted<'_> {
    /// Whether the keys of the scan go on here.
    fn reaches(&self, key: &[u8]) -> bool {
        self.scan.keys.to.as_ref().is_none_or(|to| key < to.as_bytes())
    }

    fn has(&self, place: &Place<'_>) -> bool {
        place.key >= self.scan.keys.from.as_bytes() && place.valid.overlaps(self.scan.valid)
    }

    fn open(&self, place: &Place<'_>, open: Open) -> Option<Posting> {
        let seen = self.has(place)
            && open.opened <= self.view
            && self.scan.known.is_none_or(|window| window.to() > open.since);
        seen.then(|| place.posting(open, Timestamp::INFINITY)).flatten()
    }

    /// Until when a closed rectangle is known, as the view sees it.
    fn known_to(&self, closed: &Closed) -> Instant {
        if closed.closed > self.view { Timestamp::INFINITY } else { closed.known_to }
    }

    fn lies(&self, closed: &Closed) -> Lies {
        let known_to = self.known_to(closed);
        let (ended, begins) = match self.scan.known {
            None => (known_to != Timestamp::INFINITY, false),
            Some(window) => (known_to <= window.from(), closed.open.since >= window.to()),
        };
        match (ended, begins || closed.open.opened > self.view) {
            (_, true) => Lies::After,
            (true, _) => Lies::Before,
            _ => Lies::Inside,
        }
    }
}

fn open<'a>(
    rows: &'a Snapshot,
    wanted: Wanted<'a>,
    from: &[u8],
) -> impl Iterator<Item = Result<Posting, IndexError>> + use<'a> {
    let rows = rows.range(Table::Open, Bound::Included(from), Bound::Unbounded);
    let read = move |row: Result<Row, IndexError>| -> Result<Option<Posting>, Option<IndexError>> {
        let (key, value) = row?;
        let place = Place::read(Table::Open, &key)?;
        if !wanted.reaches(place.key) {
            return Err(None);
        }
        Ok(wanted.open(&place, Open::read(&value)?))
    };
    rows.map(read)
        .map_while(|read| match read {
            Ok(found) => Some(found.map(Ok)),
            Err(error) => error.map(|error| Some(Err(error))),
        })
        .flatten()
}

/// The closed rectangles that count. Of one place there may be thousands, of which a moment in time needs one: those
/// before it are jumped over, and those after it.
struct ClosedRows<'a> {
    rows: &'a Snapshot,
    wanted: Wanted<'a>,
    walk: Box<dyn Iterator<Item = Result<Row, IndexError>> + 'a>,
    /// The place of the last rectangle, and how many of it in a row did not count.
    place: Vec<u8>,
    passed: u32,
    done: bool,
}

impl<'a> ClosedRows<'a> {
    fn new(rows: &'a Snapshot, wanted: Wanted<'a>, from: &[u8]) -> Self {
        let mut this =
            Self { rows, wanted, walk: Box::new(std::iter::empty()), place: Vec::new(), passed: 0, done: false };
        this.go_to(from);
        this
    }

    fn go_to(&mut self, from: &[u8]) {
        self.walk = Box::new(self.rows.range(Table::Closed, Bound::Included(from), Bound::Unbounded));
        self.passed = 0;
    }

    /// Counts a rectangle that does not count.
    fn pass(&mut self, place: &[u8]) -> bool {
        if self.place != place {
            self.place.clear();
            self.place.extend_from_slice(place);
            self.passed = 0;
        }
        self.passed += 1;
        self.passed >= WALK_MAX
    }

    fn step(&mut self) -> Result<Option<Posting>, IndexError> {
        while let Some((key, value)) = self.walk.next().transpose()? {
            let (place_bytes, closed) = Closed::read(&key, &value)?;
            let place = Place::read(Table::Closed, place_bytes)?;
            if !self.wanted.reaches(place.key) {
                return Ok(None);
            }
            let lies = if self.wanted.has(&place) { self.wanted.lies(&closed) } else { Lies::After };
            if lies == Lies::Inside {
                let Some(posting) = place.posting(closed.open, self.wanted.known_to(&closed)) else { continue };
                return Ok(Some(posting));
            }
            if self.pass(place_bytes) {
                let next = if lies == Lies::Before { self.first_not_before(place_bytes, closed)? } else { None };
                self.go_to(&next.unwrap_or_else(|| after_place(place_bytes)));
            }
        }
        Ok(None)
    }

    /// The key of the first rectangle of a place, after one, that does not lie before what is wanted.
    fn first_not_before(&self, place: &[u8], closed: Closed) -> Result<Option<Vec<u8>>, IndexError> {
        let end = after_place(place);
        let end = Bound::Excluded(end.as_slice());
        let key = |known_to| Closed { known_to, ..closed }.row(place).0;
        let is_before =
            |row: &Row| Ok::<_, IndexError>(self.wanted.lies(&Closed::read(&row.0, &row.1)?.1) == Lies::Before);
        // Nearly always it is the first one known after the window begins.
        if let Some(window) = self.wanted.scan.known {
            let (from, to) = (key(closed.known_to), key(window.from()));
            let last = self.rows.last(Table::Closed, Bound::Included(&from), Bound::Included(&to))?;
            if let Some(last) = last.filter(|last| is_before(last).unwrap_or(false)) {
                let next = self.rows.range(Table::Closed, Bound::Excluded(&last.0), end).next().transpose()?;
                return Ok(next.map(|(key, _)| key));
            }
        }
        // Else the time that is left is halved: positions and instants grow together.
        let (mut low, mut high, mut found) = (closed.known_to.sort_key(), i64::MAX, None);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let from = key(Timestamp::from_sort_key(middle).unwrap_or(Timestamp::INFINITY));
            match self.rows.range(Table::Closed, Bound::Included(&from), end).next().transpose()? {
                Some(row) if is_before(&row)? => low = Closed::read(&row.0, &row.1)?.1.known_to.sort_key(),
                Some((key, _)) => (high, found) = (middle, Some(key)),
                None => high = middle,
            }
        }
        Ok(found)
    }
}

/// The first key after all rectangles of a place: no instant has these bytes.
fn after_place(place: &[u8]) -> Vec<u8> {
    [place, &[u8::MAX; 8], &[0]].concat()
}

impl Iterator for ClosedRows<'_> {
    type Item = Result<Posting, IndexError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let posting = self.step().transpose();
        self.done = posting.as_ref().is_none_or(Result::is_err);
        posting
    }
}

/// Open and closed rectangles in one order; of one place the open one is the last.
struct Merge<O: Iterator, C: Iterator> {
    open: Peekable<O>,
    closed: Peekable<C>,
}

impl<O, C> Iterator for Merge<O, C>
where
    O: Iterator<Item = Result<Posting, IndexError>>,
    C: Iterator<Item = Result<Posting, IndexError>>,
{
    type Item = Result<Posting, IndexError>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.open.peek(), self.closed.peek()) {
            (Some(Ok(open)), Some(Ok(closed))) => match place(open).cmp(&place(closed)) {
                Ordering::Less => self.open.next(),
                _ => self.closed.next(),
            },
            (Some(_), None) | (Some(Err(_)), _) => self.open.next(),
            _ => self.closed.next(),
        }
    }
}
