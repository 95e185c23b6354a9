//! What is stated in each column of each row, with the same letter for the same.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::lineage::Lineage;
use super::super::names::Names;
use super::super::statement::{Statement, rows_of};
use super::super::timeline::{Belief, Stage, Stages};
use super::axis::{Axis, Column};
use super::label::{is_even, letter, visible};
use super::{Drawn, Options, Span};
use crate::query::Reading;
use crate::schema::FieldId;

/// The longest text of a statement, in characters.
const WORDS_MAX: usize = 80;
/// The most things that are named of a part that states several.
const SEVERAL_MAX: usize = 8;
/// The most parts that are named of a content.
const LINES_MAX: usize = 40;

/// What is stated in a picture.
pub(super) struct Stated {
    pub(super) rows: Vec<Vec<Span>>,
    pub(super) throughout: Vec<String>,
    pub(super) contents: Vec<Drawn>,
}

/// Something stated at an instant: in words, which may leave something out, and a number that does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Content {
    lines: Vec<String>,
    whole: u64,
}

/// What the registrations state in each column.
pub(super) fn stated(lineage: &Lineage<'_>, names: &Names<'_>, options: &Options, axis: &Axis) -> Stated {
    let mut contents: Vec<Content> = Vec::new();
    let mut numbers: BTreeMap<Content, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for belief in lineage.beliefs() {
        let mut spans: Vec<Span> = Vec::new();
        for (column, stage) in stages(belief, options, axis) {
            let Some(content) = content(&stage, names, options) else { continue };
            let number = *numbers.entry(content.clone()).or_insert_with(|| {
                contents.push(content);
                contents.len() - 1
            });
            let span = Span { from: column, to: column + 1, present: stage.present, content: number };
            match spans.last_mut() {
                Some(last) if last.to == column && (last.present, last.content) == (span.present, number) => {
                    last.to += 1;
                }
                _ => spans.push(span),
            }
        }
        rows.push(spans);
    }
    let throughout = common(&contents);
    let drawn = contents.iter().enumerate().map(|(number, content)| drawn(number, content, &throughout, options));
    Stated { rows, contents: drawn.collect(), throughout }
}

/// Each column in which something is drawn, with what is stated during it.
fn stages<'s>(
    belief: &'s Belief<'_>,
    options: &'s Options,
    axis: &'s Axis,
) -> impl Iterator<Item = (usize, Stage)> + 's {
    let runs = axis.columns.split(|column| column.left_out > 0).filter(|run| !run.is_empty());
    runs.flat_map(move |run: &'s [Column]| {
        let window = crate::time::Period::new(run[0].valid.from(), run[run.len() - 1].valid.to());
        let window = window.expect("columns follow each other");
        let stages = match options.part {
            None => belief.stages(window),
            Some(part) => {
                let rows = rows_of(belief.class, &belief.registration.content, part);
                Stages::new(rows, &belief.counts(Reading::Present), window)
            }
        };
        stages.flat_map(move |stage| {
            let columns = axis.beginning(stage.period.from())..axis.beginning(stage.period.to());
            columns.map(move |column| (column, stage.clone()))
        })
    })
}

/// What is stated, in words; `None` for nothing.
fn content(stage: &Stage, names: &Names<'_>, options: &Options) -> Option<Content> {
    if stage.stated.is_empty() {
        return None;
    }
    let mut whole = DefaultHasher::new();
    stage.stated.hash(&mut whole);
    let mut lines: Vec<String> = Vec::new();
    let mut left_out = 0_usize;
    for (part, statements) in stage.stated.parts() {
        let said =
            if options.part.is_some() { vec![words(statements, names)] } else { part_lines(part, statements, names) };
        let room = LINES_MAX.saturating_sub(lines.len());
        left_out += said.len().saturating_sub(room);
        lines.extend(said.into_iter().take(room));
    }
    if left_out > 0 {
        lines.push(format!("… and {left_out} more"));
    }
    Some(Content { lines, whole: whole.finish() })
}

/// The fields of a group, or a state or relation, each with what it states.
fn part_lines(part: FieldId, statements: &[Statement], names: &Names<'_>) -> Vec<String> {
    match statements {
        [Statement::Row(values)] if !values.is_empty() => {
            let said = |value: &crate::schema::Value| words(&[Statement::Value(value.clone())], names);
            values.iter().map(|(field, value)| format!("{}: {}", names.part(*field), said(value))).collect()
        }
        statements => vec![format!("{}: {}", names.part(part), words(statements, names))],
    }
}

fn words(statements: &[Statement], names: &Names<'_>) -> String {
    let mut said: Vec<String> = statements
        .iter()
        .take(SEVERAL_MAX)
        .map(|statement| match visible(&names.statement(statement), WORDS_MAX) {
            nothing if nothing.is_empty() => "a row without values".to_owned(),
            said => said,
        })
        .collect();
    if statements.len() > SEVERAL_MAX {
        said.push(format!("… and {} more", statements.len() - SEVERAL_MAX));
    }
    said.join(", ")
}

/// The lines that all contents have; none where there are not several.
fn common(contents: &[Content]) -> Vec<String> {
    let Some((first, others)) = contents.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let everywhere = |line: &&String| others.iter().all(|content| content.lines.contains(*line));
    first.lines.iter().filter(everywhere).cloned().collect()
}

fn drawn(number: usize, content: &Content, throughout: &[String], options: &Options) -> Drawn {
    let lines: Vec<String> = content.lines.iter().filter(|line| !throughout.contains(*line)).cloned().collect();
    let short = match &lines[..] {
        [only] if options.part.is_some() && is_even(only) => Some(only.clone()),
        _ => None,
    };
    Drawn { letter: letter(number), short, lines }
}
