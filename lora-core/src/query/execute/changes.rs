//! What the registrations of an object state otherwise than those before them.

use super::run::Chain;
use super::stated::Stated;
use crate::object::{Content, changed};
use crate::schema::{Class, FieldId};
use crate::time::{Period, Periods, TransactionTime, ValidTime};

/// The instants about which a registration made in a period states something else than the one before it.
///
/// The chain is the whole one of its object.
pub(super) fn changed_in(
    chain: &Chain<'_>,
    within: Period<TransactionTime>,
    part: Option<FieldId>,
) -> Periods<ValidTime> {
    let befores = [None].into_iter().chain(chain.iter().map(Some));
    let made = befores.zip(chain.iter()).filter(|(_, stated)| within.contains(stated.since));
    let periods = made.map(|(before, stated)| changed(before.map(classed), classed(stated), part));
    periods.fold(Periods::none(), |found, changed| found.union(&changed))
}

fn classed<'s>(stated: &'s Stated<'_>) -> (&'s Class, &'s Content) {
    (stated.class, &stated.registration.content)
}
