//! What was measured, row by row.

use crate::figures::Figure;
use crate::goals::Measure;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Embedded,
    Postgres,
}

/// A figure and its yardstick of the same run.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) store: Kind,
    pub(crate) what: String,
    pub(crate) figure: Figure,
    pub(crate) beside: Option<(String, Figure)>,
    /// What goals are set for.
    pub(crate) measures: &'static [Measure],
}

/// What is known of a store that was measured.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) store: Kind,
    /// Versions, sizes, durability.
    pub(crate) facts: Vec<String>,
}

/// Everything measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) rows: Vec<Row>,
}

/// The head of a table of rows.
pub(crate) const HEAD: &str = "| operation | figure | p50 | p99 | beside | figure | p50 | p99 | ratio |\n\
                               |---|---|---|---|---|---|---|---|---|";

impl Kind {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Embedded => "The embedded store",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Report {
    /// Begins with a store.
    pub(crate) fn begin(&mut self, store: Kind, facts: Vec<String>) {
        println!("\n{}: {}\n\n{HEAD}", store.title(), facts.join("; "));
        self.subjects.push(Subject { store, facts });
    }

    /// Adds a row about the store begun last, and shows it.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        figure: Figure,
        beside: Option<(&str, Figure)>,
        measures: &'static [Measure],
    ) {
        let Some(Subject { store, .. }) = self.subjects.last() else { return };
        let beside = beside.map(|(name, figure)| (name.to_owned(), figure));
        let row = Row { store: *store, what: what.into(), figure, beside, measures };
        println!("{}", row.line());
        self.rows.push(row);
    }
}

impl Row {
    /// The figure in the measure of its yardstick.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.beside.as_ref().map(|(_, beside)| self.figure.value / beside.value)
    }

    /// The same of what one in a hundred exceeds.
    pub(crate) fn ratio_of_tails(&self) -> Option<f64> {
        let (_, beside) = self.beside.as_ref()?;
        Some(self.figure.times?.1 / beside.times?.1)
    }

    /// The row of the table.
    pub(crate) fn line(&self) -> String {
        let (name, beside) = match &self.beside {
            Some((name, figure)) => (name.as_str(), cells(Some(*figure))),
            None => ("", cells(None)),
        };
        let ratio = self.ratio().map_or_else(String::new, |ratio| format!("{ratio:.4} ×"));
        format!("| {} | {} | {name} | {beside} | {ratio} |", self.what, cells(Some(self.figure)))
    }
}

/// Figure, p50 and p99; a figure that is its p50 is not repeated.
fn cells(figure: Option<Figure>) -> String {
    let micros = |micros: f64| format!("{micros:.1} µs");
    match figure {
        None => " | | ".to_owned(),
        Some(figure @ Figure { times: None, .. }) => format!("{figure} | | "),
        Some(figure @ Figure { times: Some((p50, p99)), .. }) => {
            let figure = if figure.value == p50 { String::new() } else { figure.to_string() };
            format!("{figure} | {} | {}", micros(p50), micros(p99))
        }
    }
}
