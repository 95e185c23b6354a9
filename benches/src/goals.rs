//! What is asked of both stores, as data.

use crate::report::{Kind, Report, Row};

/// What a goal is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    ReadCurrent,
    ReadPast,
    SearchRelation,
    SearchThree,
    Subtree,
    SubtreePast,
    Access,
    AccessInYear,
    Update,
    Create,
    Burst,
    Sustained,
    WrittenPerUpdate,
    Import,
    CorrectedRead,
    CorrectedReadPast,
    CorrectedSearchPast,
    OnDisk,
    HttpRead,
    Cold,
    Memory,
}

/// A bound on a figure, or on its ratio to the yardstick.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// At most so often the yardstick.
    Times(f64),
    /// The same, of the p99.
    TailTimes(f64),
    /// At least this share of the yardstick.
    Share(f64),
    AtMost(f64),
    AtLeast(f64),
}

use Limit::{AtLeast, AtMost, Share, TailTimes, Times};

/// The goals: for what, in words, and the limits for the embedded store and for PostgreSQL.
const GOALS: &[(Measure, &str, Option<Limit>, Option<Limit>)] = &[
    (Measure::ReadCurrent, "read current, with OIO JSON", Some(Times(1.3)), Some(Times(1.3))),
    (Measure::ReadPast, "read as known in the past", Some(Times(1.25)), Some(Times(1.25))),
    (Measure::SearchRelation, "search, one relation and presence", Some(Times(10.0)), Some(Times(2.5))),
    (Measure::SearchThree, "search, three terms", Some(Times(50.0)), Some(Times(6.0))),
    (Measure::Subtree, "subtree", Some(AtMost(5_000.0)), Some(AtMost(15_000.0))),
    (Measure::SubtreePast, "subtree as known in the past", Some(AtMost(5_000.0)), Some(AtMost(15_000.0))),
    (Measure::Access, "access to one system at one instant", Some(AtMost(50_000.0)), Some(AtMost(150_000.0))),
    (Measure::AccessInYear, "access in a year, with differences", Some(AtMost(500_000.0)), Some(AtMost(1_000_000.0))),
    (Measure::Update, "durable update, one client", Some(Times(1.3)), Some(Times(2.0))),
    (Measure::Update, "durable update, p99", Some(TailTimes(3.0)), None),
    (Measure::Create, "durable create, one client", Some(Times(1.3)), Some(Times(2.0))),
    (Measure::Create, "durable create, p99", Some(TailTimes(3.0)), None),
    (Measure::Burst, "updates, 64 clients, burst", Some(Share(4.0)), Some(Share(0.5))),
    (Measure::Sustained, "updates, 64 clients, sustained", Some(Share(1.0)), Some(Share(0.5))),
    (Measure::WrittenPerUpdate, "bytes written per update, 64 clients", Some(Times(40.0)), Some(AtMost(12_000.0))),
    (Measure::Import, "import from JSON Lines, index included", Some(AtLeast(40_000.0)), Some(Share(0.25))),
    (Measure::CorrectedRead, "an object corrected often: current read", Some(Times(1.2)), Some(Times(1.2))),
    (Measure::CorrectedReadPast, "an object corrected often: as-of read", Some(Times(1.5)), Some(Times(1.5))),
    (Measure::CorrectedSearchPast, "an object corrected often: as-of search", Some(Times(2.0)), Some(Times(2.0))),
    (Measure::OnDisk, "bytes on disk per registration", Some(AtMost(1_100.0)), Some(AtMost(1_600.0))),
    (Measure::HttpRead, "HTTP read, 32 connections", Some(Share(0.6)), Some(Share(0.25))),
    (Measure::Cold, "cold process to first answer", Some(AtMost(1_000.0)), Some(AtMost(300.0))),
    (Measure::Memory, "memory of the server under load", Some(AtMost(250.0)), Some(AtMost(150.0))),
];

/// The table of goals, as far as they were measured.
pub(crate) fn table(report: &Report) -> String {
    let mut table = "| goal | store | measured | ratio | goal | |\n|---|---|---|---|---|---|\n".to_owned();
    for (measure, what, embedded, postgres) in GOALS {
        for (store, limit) in [(Kind::Embedded, embedded), (Kind::Postgres, postgres)] {
            let measured = report.rows.iter().find(|row| row.store == store && row.measures.contains(measure));
            if let (Some(row), Some(limit)) = (measured, limit) {
                table += &line(what, row, *limit);
            }
        }
    }
    table
}

fn line(what: &str, row: &Row, limit: Limit) -> String {
    let value = row.figure.value;
    let (measured, ratio, asked, reached) = match limit {
        Times(most) => (row.figure.to_string(), row.ratio(), format!("≤ {most} ×"), at_most(row.ratio(), most)),
        TailTimes(most) => {
            let tail = row.figure.times.map_or_else(String::new, |(_, p99)| format!("{p99:.1} µs"));
            (tail, row.ratio_of_tails(), format!("≤ {most} ×"), at_most(row.ratio_of_tails(), most))
        }
        Share(least) => {
            let reached = row.ratio().is_some_and(|ratio| ratio >= least);
            (row.figure.to_string(), row.ratio(), format!("≥ {least} ×"), reached)
        }
        AtMost(most) => (row.figure.to_string(), None, format!("≤ {most}"), value <= most),
        AtLeast(least) => (row.figure.to_string(), None, format!("≥ {least}"), value >= least),
    };
    let beside = row.beside.as_ref().map_or("", |(name, _)| name);
    let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.4} × {beside}"));
    let verdict = if reached { "reached" } else { "missed" };
    format!("| {what} | {} | {measured} | {ratio} | {asked} | {verdict} |\n", row.store.title())
}

fn at_most(ratio: Option<f64>, most: f64) -> bool {
    ratio.is_some_and(|ratio| ratio <= most)
}
