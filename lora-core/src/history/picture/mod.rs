//! The plane of both time axes, drawn: transaction time downwards, valid time to the right.
//!
//! [`Picture`] says what is drawn; [`text`] and [`svg`] draw it. All of it is pure.

mod axis;
mod cells;
mod label;
pub mod svg;
pub mod text;

use super::lineage::Lineage;
use super::names::Names;
use crate::object::{LifeCycle, Position, Seq};
use crate::schema::FieldId;
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

use axis::Axis;
pub use label::visible;

/// The most registrations that are drawn.
pub const REGISTRATIONS_MAX: u32 = 30;

/// What to draw of an object, and how.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The part to draw: a group, field, derived term, state or relation. All of it for `None`.
    pub part: Option<FieldId>,
    /// The valid time to draw.
    pub window: Period<ValidTime>,
    /// How wide periods are.
    pub scale: Scale,
    /// How a finite instant is written, given in microseconds since 1970.
    pub instant: fn(i64) -> String,
}

/// How wide the periods of valid time are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// All alike.
    #[default]
    Stepwise,
    /// As long as they last, as far as they can still be seen.
    Proportional,
}

impl Default for Options {
    /// All of the object over all of valid time, with instants in UTC.
    fn default() -> Self {
        Self { part: None, window: Period::ALWAYS, scale: Scale::default(), instant: in_utc }
    }
}

fn in_utc(micros: i64) -> String {
    let text = Timestamp::<ValidTime>::from_micros(micros).map_or_else(|_| micros.to_string(), |at| at.to_string());
    text.strip_suffix("T00:00:00Z").map_or_else(|| text.clone(), str::to_owned)
}

/// What is drawn of an object: a row for each registration, in each row what is stated along valid time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The object, and which part of it.
    title: String,
    axis: Axis,
    rows: Vec<Row>,
    /// After how many rows how many registrations are left out.
    left_out: Option<(usize, u32)>,
    /// What is stated at every point at which anything is, in words.
    throughout: Vec<String>,
    /// What else is stated, by the number of a span's content.
    contents: Vec<Drawn>,
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    seq: Seq,
    position: Position,
    lifecycle: LifeCycle,
    registered: String,
    /// In the order of time; where nothing is stated there is none.
    spans: Vec<Span>,
}

/// A stretch of columns with the same content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// The first column.
    from: usize,
    /// The first column after it.
    to: usize,
    /// Whether the object counts.
    present: bool,
    /// Which of the contents.
    content: usize,
}

/// Something stated, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Drawn {
    /// A letter, or several.
    letter: String,
    /// A short text that may stand in place of the letter.
    short: Option<String>,
    /// All of it but what is stated throughout, a line for each part.
    lines: Vec<String>,
}

impl Picture {
    /// What is to be drawn of the registrations of an object.
    pub fn of(lineage: &Lineage<'_>, names: &Names<'_>, options: &Options) -> Self {
        let axis = Axis::of(lineage, options);
        let stated = cells::stated(lineage, names, options, &axis);
        let rows = lineage.beliefs().zip(stated.rows).map(|(belief, spans)| Row {
            seq: belief.registration.seq,
            position: belief.position,
            lifecycle: belief.registration.lifecycle,
            registered: instant(belief.registered.from(), options),
            spans,
        });
        let class = &names.class().name;
        let object = format!("{class} {}", lineage.object.uuid);
        Self {
            title: options.part.map_or_else(|| object.clone(), |part| format!("{object}: {}", names.part(part))),
            axis,
            rows: rows.collect(),
            left_out: (lineage.left_out > 0).then_some((lineage.first.len(), lineage.left_out)),
            throughout: stated.throughout,
            contents: stated.contents,
        }
    }

    /// How wide each column is, where they may be `room` wide together and one must be so wide at least; ends at which
    /// nothing is drawn, and what is left out, are as narrow as can be.
    fn widths(&self, room: usize, least: usize, most: usize) -> Vec<usize> {
        let spans = || self.rows.iter().flat_map(|row| &row.spans);
        let is_drawn = |column: usize| spans().any(|span| span.from <= column && column < span.to);
        let last = self.axis.columns.len().saturating_sub(1);
        let narrow = |column: usize| (column == 0 || column == last) && !is_drawn(column);
        let mut widths = self.axis.widths(room, least, most);
        for (column, width) in widths.iter_mut().enumerate() {
            if narrow(column) || self.axis.columns[column].left_out > 0 {
                *width = least;
            }
        }
        widths
    }
}

impl Drawn {
    /// What stands in so much room: the short text where it fits, else the letter.
    fn label(&self, room: usize) -> &str {
        let fits = |short: &&String| short.chars().count() <= room;
        self.short.as_ref().filter(fits).unwrap_or(&self.letter)
    }
}

fn instant(at: Timestamp<TransactionTime>, options: &Options) -> String {
    at.micros().map_or_else(|| at.to_string(), options.instant)
}

/// The act as it is called in pictures.
const fn act(lifecycle: LifeCycle) -> &'static str {
    match lifecycle {
        LifeCycle::Created => "created",
        LifeCycle::Imported => "imported",
        LifeCycle::Corrected => "corrected",
        LifeCycle::Passivated => "passivated",
        LifeCycle::Deleted => "deleted",
    }
}
