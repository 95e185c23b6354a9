//! Valid time in columns: from one bound of what is drawn to the next.

use std::collections::BTreeSet;

use super::super::lineage::Lineage;
use super::super::statement::{rows, rows_of};
use super::super::timeline::Belief;
use super::{Options, Scale};
use crate::query::Reading;
use crate::time::{Period, Timestamp, ValidTime};

/// The most columns that are drawn.
const COLUMNS_MAX: usize = 36;

/// The columns of a picture, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) columns: Vec<Column>,
    pub(super) scale: Scale,
}

/// A stretch of valid time in which nothing that is drawn begins or ends; or several that are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) valid: Period<ValidTime>,
    /// How many bounds are left out inside; nothing is drawn where there are some.
    pub(super) left_out: usize,
    /// How its beginning is written; empty for one that has none.
    pub(super) from: String,
}

impl Axis {
    /// The columns of what is to be drawn. The first and the last have no end where the window has none.
    pub(super) fn of(lineage: &Lineage<'_>, options: &Options) -> Self {
        let window = options.window;
        let bounds: BTreeSet<Timestamp<ValidTime>> =
            lineage.beliefs().flat_map(|belief| bounds(belief, options)).collect();
        let bounds = bounds.into_iter().filter(|at| window.from() < *at && *at < window.to());
        let cuts: Vec<Timestamp<ValidTime>> = [window.from()].into_iter().chain(bounds).chain([window.to()]).collect();
        let all: Vec<Period<ValidTime>> = cuts.windows(2).filter_map(|cut| Period::new(cut[0], cut[1]).ok()).collect();
        let column = |valid: Period<ValidTime>, left_out: usize| Column {
            valid,
            left_out,
            from: valid.from().micros().map(options.instant).unwrap_or_default(),
        };
        let columns = if all.len() <= COLUMNS_MAX {
            all.into_iter().map(|valid| column(valid, 0)).collect()
        } else {
            let (first, rest) = all.split_at(COLUMNS_MAX / 2);
            let (middle, last) = rest.split_at(rest.len() - COLUMNS_MAX / 2 + 1);
            let gap = Period::new(middle[0].from(), last[0].from()).expect("what is left out comes before the last");
            let shown = |part: &[Period<ValidTime>]| part.iter().map(|valid| column(*valid, 0)).collect::<Vec<_>>();
            [shown(first), vec![column(gap, middle.len() - 1)], shown(last)].concat()
        };
        Self { columns, scale: options.scale }
    }

    /// The place of the column that begins at an instant.
    pub(super) fn beginning(&self, at: Timestamp<ValidTime>) -> usize {
        self.columns.partition_point(|column| column.valid.from() < at)
    }

    /// How wide each column is, where they may be `room` wide together and must be so wide at least.
    pub(super) fn widths(&self, room: usize, least: usize, most: usize) -> Vec<usize> {
        let count = self.columns.len().max(1);
        let even = (room / count).clamp(least, most.max(least));
        match self.scale {
            Scale::Stepwise => vec![even; self.columns.len()],
            Scale::Proportional => self.proportional(room, least, even),
        }
    }

    fn proportional(&self, room: usize, least: usize, even: usize) -> Vec<usize> {
        let length = |column: &Column| {
            let (from, to) = (column.valid.from().micros()?, column.valid.to().micros()?);
            Some(to.abs_diff(from)).filter(|_| column.left_out == 0)
        };
        let total: u128 = self.columns.iter().filter_map(length).map(u128::from).sum();
        let endless = self.columns.iter().filter(|column| length(column).is_none()).count();
        let left = room.saturating_sub(endless * even) as u128;
        let width = |column: &Column| match length(column) {
            None => even,
            Some(length) => {
                let share = (left * u128::from(length)).checked_div(total).unwrap_or(0);
                usize::try_from(share).unwrap_or(room).max(least)
            }
        };
        self.columns.iter().map(width).collect()
    }
}

/// Every instant at which something that is drawn of a registration may begin or end.
fn bounds(belief: &Belief<'_>, options: &Options) -> Vec<Timestamp<ValidTime>> {
    let registration = &belief.registration;
    let rows = match options.part {
        Some(part) => rows_of(belief.class, &registration.content, part),
        None => rows(&registration.content),
    };
    let counts = belief.counts(Reading::Present);
    let periods = rows.into_iter().map(|(valid, _, _)| valid);
    let periods: Vec<Period<ValidTime>> = periods.chain(counts.iter()).collect();
    periods.into_iter().flat_map(|valid| [valid.from(), valid.to()]).collect()
}
