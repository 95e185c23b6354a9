//! How many objects a question finds, as a whole and by what they state.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::order::{OrderValue, values};
use super::place::Slice;
use super::run::{Chain, PAGE, Run};
use super::{Answers, Limits, QueryError};
use crate::object::{Content, Target};
use crate::query::{Found, Query};
use crate::schema::FieldId;
use crate::storage::{Declarations, Read};
use crate::time::{Period, Region, ValidTime};

/// How many objects were found, and how many have each value of a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// All of them.
    pub objects: u64,
    /// How many have each value at some point at which they were found; an object that has several counts for each.
    pub groups: BTreeMap<Option<Group>, u64>,
}

/// What objects are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The value of a field or derived term.
    Value(OrderValue),
    /// The value of a state.
    State(FieldId),
    /// The target of a relation.
    Target(Target),
}

/// Counts what a question finds; `by` is the field, derived term, state or relation to group by.
///
/// Objects that state nothing of it at any point at which they were found are the group of `None`.
///
/// # Errors
/// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] for a question that is beyond the limits.
pub async fn tally<V: Read>(
    view: &V,
    declarations: &Declarations,
    query: &Query,
    by: Option<FieldId>,
    limits: Limits,
) -> Result<Tally, QueryError> {
    let mut tally = Tally::default();
    let Some(slice) = Slice::of(query.context.known) else { return Ok(tally) };
    let mut answers = Answers::after(None);
    while let Some(part) = answers.next(view, declarations, query, PAGE, limits).await? {
        tally.objects += part.len() as u64;
        let Some(by) = by else { continue };
        let uuids: Vec<Uuid> = part.iter().map(|found| found.object).collect();
        let chains = Run::new(view, declarations, limits).chains(query.select.class, slice, &uuids).await?;
        for (found, chain) in part.iter().zip(chains) {
            for group in groups(found, &chain, by) {
                *tally.groups.entry(group).or_default() += 1;
            }
        }
    }
    Ok(tally)
}

/// The groups of an object, each once.
fn groups(found: &Found, chain: &Chain<'_>, by: FieldId) -> Vec<Option<Group>> {
    let mut groups: Vec<Option<Group>> = Vec::new();
    for stated in chain.iter() {
        let here = |valid: Period<ValidTime>| {
            let row = Region::rectangle(stated.known, valid);
            !row.intersect(&found.points).is_empty()
        };
        let content = &stated.registration.content;
        let values = values(stated, by).into_iter().map(|(valid, value)| (valid, Group::Value(value)));
        let all = values.chain(states(content, by)).chain(targets(content, by));
        groups.extend(all.filter(|(valid, _)| here(*valid)).map(|(_, group)| Some(group)));
    }
    groups.sort();
    groups.dedup();
    if groups.is_empty() { vec![None] } else { groups }
}

fn states(content: &Content, by: FieldId) -> impl Iterator<Item = (Period<ValidTime>, Group)> {
    content.states(by).iter().map(|row| (row.effect.valid, Group::State(row.value)))
}

fn targets(content: &Content, by: FieldId) -> impl Iterator<Item = (Period<ValidTime>, Group)> {
    let rows = content.relations(by).iter().filter(|row| row.target != Target::Nothing);
    rows.map(|row| (row.effect.valid, Group::Target(row.target.clone())))
}
