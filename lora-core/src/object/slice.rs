//! Cutting answers out of contents.

use super::Content;
use super::content::{ChangeRows, Row};
use crate::time::{Period, Timestamp, ValidTime};

/// Leaves the rows of `content` whose effect shares an instant with `window`; the rows themselves are not clipped.
///
/// ```text
/// window          |------)
/// rows    |--A--|-----B-----|---C---)
/// stay            |---B-----)              whole, and C only if the window reaches into it
/// ```
pub fn retain_in_effect(content: &mut Content, window: Option<Period<ValidTime>>) {
    content.for_each_list(&InEffect(window));
}

/// The longest window around `window` in which the same rows are in effect.
///
/// ```text
/// rows    |--A--)     |-----B-----)    |--C--)
/// window                 |-)
/// result        |----------------------)
/// ```
pub fn unchanging(content: &Content, window: Period<ValidTime>) -> Period<ValidTime> {
    let (mut from, mut to) = (Timestamp::NEG_INFINITY, Timestamp::INFINITY);
    for valid in content.effects().map(|effect| effect.valid) {
        if valid.to() <= window.from() {
            from = from.max(valid.to());
        } else if valid.from() >= window.to() {
            to = to.min(valid.from());
        }
    }
    Period::new(from, to).unwrap_or(window)
}

/// Joins rows that follow on each other and state the same (LoRA's *konsolider*); the first one's actor and note stay.
///
/// What answers do not tell apart is the same: an empty text and none.
pub fn consolidate(content: &mut Content) {
    content.for_each_list(&Consolidated);
}

struct InEffect(Option<Period<ValidTime>>);

impl ChangeRows for InEffect {
    fn apply<R: Row>(&self, rows: &mut Vec<R>) {
        rows.retain(|row| self.0.is_some_and(|window| row.effect().valid.overlaps(window)));
    }
}

struct Consolidated;

impl ChangeRows for Consolidated {
    /// Rows stand by what they state and then by time, so what can be joined stands side by side.
    fn apply<R: Row>(&self, rows: &mut Vec<R>) {
        R::unify(rows);
        let mut joined: Vec<R> = Vec::with_capacity(rows.len());
        for row in rows.drain(..) {
            let valid = row.effect().valid;
            match joined.last_mut() {
                Some(last) if last.states_same_as(&row) && last.effect().valid.to() == valid.from() => {
                    let from = last.effect().valid.from();
                    *last = last.during(Period::new(from, valid.to()).expect("two non-empty periods joined"));
                }
                _ => joined.push(row),
            }
        }
        *rows = joined;
    }
}
