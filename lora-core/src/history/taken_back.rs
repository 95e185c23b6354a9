//! A content without what one registration changed.

use std::collections::BTreeSet;

use crate::object::{AttributeRow, Content, Row, rows_differ};
use crate::schema::FieldId;
use crate::time::{Period, Periods, Timestamp, ValidTime};

/// The newest content, where what changed from `before` to `undone` is as it was before.
///
/// Total, and right where nothing that was changed was changed again later. What no later registration touched gets
/// the rows of before, as they were split.
///
/// ```text
/// before   |----------A----------)
/// undone   |--A--|--B--|----A----)
/// current  |--A--|--B--|-A-|--C--)
/// result   |--A--|--A--|-A-|--C--)
/// ```
pub(super) fn taken_back(before: &Content, undone: &Content, current: &Content) -> Content {
    let mut result = current.clone();
    let all = [before, undone, current];
    for group in ids(all.map(|content| content.all_attributes().map(|(id, _)| id))) {
        let rows = all.map(|content| content.attributes(group));
        result.set_attributes(group, attributes(rows));
    }
    for state in ids(all.map(|content| content.all_states().map(|(id, _)| id))) {
        result.set_states(state, rows(all.map(|content| content.states(state))));
    }
    for relation in ids(all.map(|content| content.all_relations().map(|(id, _)| id))) {
        result.set_relations(relation, rows(all.map(|content| content.relations(relation))));
    }
    result
}

fn ids(of: [impl Iterator<Item = FieldId>; 3]) -> BTreeSet<FieldId> {
    of.into_iter().flatten().collect()
}

/// Rows that change as a whole.
fn rows<R: Row>([before, undone, current]: [&[R]; 3]) -> Vec<R> {
    if undone == current {
        return before.to_vec();
    }
    let changed = rows_differ(before, undone);
    let kept = current.iter().flat_map(|row| outside(row, &changed));
    let old = before.iter().flat_map(|row| changed.within(row.effect().valid).map(|valid| row.during(valid)));
    kept.chain(old).collect()
}

/// Rows of which a later registration may have changed other fields.
fn attributes([before, undone, current]: [&[AttributeRow]; 3]) -> Vec<AttributeRow> {
    if undone == current {
        return before.to_vec();
    }
    let changed = rows_differ(before, undone);
    let mut result: Vec<AttributeRow> = current.iter().flat_map(|row| outside(row, &changed)).collect();
    let mut sides = [before, undone, current].map(ByTime::of);
    let mut pieces: Vec<AttributeRow> = Vec::new();
    for valid in elementary(&changed, [before, undone, current]) {
        let [before, undone, current] = sides.each_mut().map(|side| side.during(valid));
        let Some(row) = row_taken_back(before, undone, current) else { continue };
        let row = row.during(valid);
        match pieces.last_mut() {
            Some(last) if goes_on(last, &row) => {
                let joined = Period::new(last.effect.valid.from(), valid.to());
                *last = row.during(joined.expect("two non-empty periods joined"));
            }
            _ => pieces.push(row),
        }
    }
    result.append(&mut pieces);
    result
}

/// The row of the newest content without what was changed of it; who says so stays where a later registration spoke.
fn row_taken_back(
    before: Option<&AttributeRow>,
    undone: Option<&AttributeRow>,
    current: Option<&AttributeRow>,
) -> Option<AttributeRow> {
    let same = |one: Option<&AttributeRow>, other: Option<&AttributeRow>| match (one, other) {
        (Some(one), Some(other)) => one.during(Period::ALWAYS) == other.during(Period::ALWAYS),
        (one, other) => one.is_none() && other.is_none(),
    };
    match (before, undone, current) {
        (before, undone, current) if same(undone, current) => before.cloned(),
        (Some(before), Some(undone), Some(current)) => {
            let fields: BTreeSet<FieldId> =
                [before, undone, current].into_iter().flat_map(AttributeRow::values).map(|(field, _)| field).collect();
            let values = fields.into_iter().filter_map(|field| {
                let was_changed = before.value(field) != undone.value(field);
                let value = if was_changed { before.value(field) } else { current.value(field) };
                Some((field, value?.clone()))
            });
            Some(AttributeRow::new(values, current.effect.clone()))
        }
        (None, ..) => None,
        (_, _, current) => current.cloned(),
    }
}

fn goes_on(last: &AttributeRow, row: &AttributeRow) -> bool {
    last.effect.valid.to() == row.effect.valid.from() && last.during(Period::ALWAYS) == row.during(Period::ALWAYS)
}

fn outside<'r, R: Row>(row: &'r R, changed: &Periods<ValidTime>) -> impl Iterator<Item = R> + use<'r, R> {
    changed.gaps_within(row.effect().valid).into_iter().map(|valid| row.during(valid))
}

/// The longest periods inside of `changed` in which no row begins or ends, in order.
fn elementary(changed: &Periods<ValidTime>, rows: [&[AttributeRow]; 3]) -> Vec<Period<ValidTime>> {
    let bounds = |valid: Period<ValidTime>| [valid.from(), valid.to()];
    let rows = rows.into_iter().flatten().map(|row| row.effect.valid);
    let cuts: BTreeSet<Timestamp<ValidTime>> = rows.chain(changed.iter()).flat_map(bounds).collect();
    let cuts: Vec<_> = cuts.into_iter().collect();
    let pieces = cuts.windows(2).filter_map(|cut| Period::new(cut[0], cut[1]).ok());
    pieces.filter(|piece| changed.covers(*piece)).collect()
}

/// Rows that do not overlap, asked for in the order of time.
struct ByTime<'r> {
    rows: std::iter::Peekable<std::vec::IntoIter<&'r AttributeRow>>,
}

impl<'r> ByTime<'r> {
    fn of(rows: &'r [AttributeRow]) -> Self {
        let mut rows: Vec<&AttributeRow> = rows.iter().collect();
        rows.sort_by_key(|row| row.effect.valid);
        Self { rows: rows.into_iter().peekable() }
    }

    /// The row that holds during a period in which none begins or ends.
    fn during(&mut self, valid: Period<ValidTime>) -> Option<&'r AttributeRow> {
        while self.rows.next_if(|row| row.effect.valid.to() <= valid.from()).is_some() {}
        self.rows.peek().copied().filter(|row| row.effect.valid.covers(valid))
    }
}
