//! A picture in letters of one width.
//!
//! ```text
//!                                      2020-01-01      2021-01-01      2022-01-01
//! #1  2026-01-05T08:00:00Z  created    ├─ Finans ────────────────────────────────────►
//! #2  2026-02-11T09:30:00Z  corrected  ├─ Finans ─────├─ Regnskab ────├─ Finans ─────►
//! ```

use super::axis::Axis;
use super::{Drawn, Picture, Row, Span, act};

/// How wide valid time is drawn, where its columns have room in that.
const WIDTH: usize = 100;
/// The narrowest column: a beginning, a letter and something that it goes on in.
const COLUMN_MIN: usize = 4;

/// Draws a picture, with an end of line after each line.
pub fn draw(picture: &Picture) -> String {
    let heads = heads(picture);
    let margin = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0) + 2;
    let grid = Grid::of(picture);
    let mut lines = vec![picture.title.clone(), String::new()];
    lines.push(format!("{}{}", " ".repeat(margin), grid.ruler()));
    for (number, (head, row)) in heads.iter().zip(&picture.rows).enumerate() {
        if let Some((after, count)) = picture.left_out
            && after == number
        {
            lines.push(format!("  … {count} registrations …"));
        }
        lines.push(format!("{head:margin$}{}", grid.row(row, &picture.contents)));
    }
    let legend = legend(picture, &grid);
    if !legend.is_empty() {
        lines.push(String::new());
        lines.extend(legend);
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What stands before each row.
fn heads(picture: &Picture) -> Vec<String> {
    let number = |row: &Row| format!("#{}", row.seq.0);
    let wide =
        |text: &dyn Fn(&Row) -> String| picture.rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (numbers, times) = (wide(&number), wide(&|row| row.registered.clone()));
    let head = |row: &Row| format!("{:numbers$}  {:times$}  {:10}", number(row), row.registered, act(row.lifecycle));
    picture.rows.iter().map(head).collect()
}

/// Where columns stand.
struct Grid<'p> {
    axis: &'p Axis,
    widths: Vec<usize>,
    /// Whether the columns have room for their beginnings; else they have numbers.
    dated: bool,
}

impl<'p> Grid<'p> {
    fn of(picture: &'p Picture) -> Self {
        let axis = &picture.axis;
        let label = axis.columns.iter().map(|column| column.from.chars().count()).max().unwrap_or(0);
        let widths = picture.widths(WIDTH, COLUMN_MIN, label + 6);
        let mut labelled = axis.columns.iter().zip(&widths).rev().skip(1);
        let dated = labelled.all(|(column, width)| column.from.chars().count() < *width);
        Self { axis, widths, dated }
    }

    /// The beginnings of the columns, or their numbers.
    fn ruler(&self) -> String {
        let mark = |(number, column): (usize, &super::axis::Column)| match (self.dated, column.from.is_empty()) {
            (true, _) => column.from.clone(),
            (false, true) => String::new(),
            (false, false) => self.number(number).to_string(),
        };
        let marks = self.axis.columns.iter().enumerate().map(mark);
        marks.zip(&self.widths).map(|(mark, width)| format!("{mark:width$}")).collect()
    }

    /// The number of a column with a beginning, from 1 on.
    fn number(&self, column: usize) -> usize {
        column + usize::from(!self.axis.columns[0].from.is_empty())
    }

    fn row(&self, row: &Row, contents: &[Drawn]) -> String {
        let mut line = String::new();
        let mut column = 0;
        for span in &row.spans {
            (column..span.from).for_each(|column| line.push_str(&self.blank(column)));
            line.push_str(&self.span(*span, row, &contents[span.content]));
            column = span.to;
        }
        (column..self.widths.len()).for_each(|column| line.push_str(&self.blank(column)));
        line
    }

    fn blank(&self, column: usize) -> String {
        let mark = if self.axis.columns[column].left_out > 0 { " …" } else { "" };
        format!("{mark:width$}", width = self.widths[column])
    }

    fn span(&self, span: Span, row: &Row, drawn: &Drawn) -> String {
        let width = self.width(span);
        let line = if span.present { '─' } else { '┄' };
        let valid = |column: usize| self.axis.columns[column].valid;
        let begin = if valid(span.from).from().is_finite() { '├' } else { '◄' };
        let label = drawn.label(self.room(span));
        let mut text: Vec<char> = if label.chars().count() + 4 <= width {
            format!("{begin}{line} {label} ").chars().collect()
        } else {
            format!("{begin}{label}").chars().take(width).collect()
        };
        text.resize(width, line);
        let goes_on = row.spans.iter().any(|other| other.from == span.to);
        if let Some(last) = text.last_mut()
            && [line, ' '].contains(last)
        {
            match valid(span.to - 1).to().is_finite() {
                false => *last = '►',
                true if !goes_on => *last = '┤',
                true => {}
            }
        }
        text.into_iter().collect()
    }

    fn width(&self, span: Span) -> usize {
        self.widths[span.from..span.to].iter().sum()
    }

    /// How long a text in a span may be.
    fn room(&self, span: Span) -> usize {
        self.width(span).saturating_sub(5)
    }
}

/// What letters and numbers mean, as far as some are drawn.
fn legend(picture: &Picture, grid: &Grid<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let spans = || picture.rows.iter().flat_map(|row| &row.spans);
    for (number, drawn) in picture.contents.iter().enumerate() {
        let is_letter = |span: &Span| span.content == number && drawn.label(grid.room(*span)) == drawn.letter;
        if spans().any(is_letter) {
            let nothing = [String::from("(what is stated throughout)")];
            let said = if drawn.lines.is_empty() { &nothing[..] } else { &drawn.lines };
            lines.push(format!("{:3} {}", drawn.letter, said[0]));
            lines.extend(said[1..].iter().map(|line| format!("    {line}")));
        }
    }
    if !picture.throughout.is_empty() {
        lines.push("in all of them".to_owned());
        lines.extend(picture.throughout.iter().map(|line| format!("    {line}")));
    }
    if !grid.dated {
        let dated = picture.axis.columns.iter().enumerate().filter(|(_, column)| !column.from.is_empty());
        let dates = dated.map(|(number, column)| format!("{} = {}", grid.number(number), column.from));
        lines.push("valid from".to_owned());
        lines.extend(dates.collect::<Vec<_>>().chunks(4).map(|dates| format!("    {}", dates.join("   "))));
    }
    if spans().any(|span| !span.present) {
        lines.push("┄   the object does not count".to_owned());
    }
    lines
}
