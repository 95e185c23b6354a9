//! What rows rest on: for each hop the registration since which it is believed.

use std::collections::HashMap;

use uuid::Uuid;

use super::Question;
use super::rows::Row;
use super::shape::Shape;
use super::walk::pointed;
use crate::object::{ActorId, BatchId, LifeCycle, ObjectId, Position};
use crate::query::execute::place::Slice;
use crate::query::execute::run::{Chain, Run};
use crate::query::execute::stated::Stated;
use crate::query::execute::{Limits, QueryError};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Period, Region, Timestamp, TransactionTime, ValidTime};

/// A registration: who stated it, when and why, and where it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The object that it is a registration of.
    pub object: ObjectId,
    /// Its place in the ledger.
    pub position: Position,
    /// When it was registered.
    pub registered: Timestamp<TransactionTime>,
    /// What kind of act it was.
    pub lifecycle: LifeCycle,
    /// Who acted.
    pub actor: ActorId,
    /// Why; empty for none.
    pub note: String,
    /// The larger act that it belongs to.
    pub batch: Option<BatchId>,
}

/// What each hop of a row rests on; nothing for one that is missing.
///
/// A hop rests on the registration since which it is believed, without a gap up to the instant of the question, that the
/// hop holds throughout the part of the row's period that lies in the window. That is one of the hop's object, or of the
/// object before it where that is the one that points; where both were registered at that instant, the one with the
/// later position.
pub type Grounds = Vec<Option<Evidence>>;

/// How many rows are looked at together: what was registered of their objects is in memory at once.
const TOGETHER: usize = 128;

/// What each of some rows rests on, which the question has found.
///
/// # Errors
/// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where a part of these rows is beyond the limits.
pub async fn grounds<V: Read>(
    view: &V,
    declarations: &Declarations,
    question: &Question,
    rows: &[Row],
    limits: Limits,
) -> Result<Vec<Grounds>, QueryError> {
    let asked = question.context.known.at_most_one().zip(question.context.valid);
    let Some((known, window)) = asked else { return Ok(Vec::new()) };
    let slice = Slice::During(match known {
        KnownAt::Latest => Period::ALWAYS,
        KnownAt::Instant(at) => Period::new(Timestamp::NEG_INFINITY, at.next()).expect("an instant comes after that"),
    });
    let shape = Shape::new(question, slice, Vec::new(), window);
    let mut found = Vec::with_capacity(rows.len());
    for rows in rows.chunks(TOGETHER) {
        let objects = rows.iter().flat_map(|row| row.objects.iter().enumerate());
        let objects = objects.filter_map(|(node, uuid)| Some(shape.object(node, (*uuid)?)));
        let mut objects: Vec<ObjectId> = objects.collect();
        objects.sort_unstable();
        objects.dedup();
        let chains = Run::new(view, declarations, limits).chains_of(slice, &objects).await?;
        let mut hops = Hops { shape: &shape, chains: objects.into_iter().zip(chains).collect(), held: HashMap::new() };
        found.extend(rows.iter().map(|row| hops.grounds(row, window)));
    }
    Ok(found)
}

struct Hops<'s, 'a> {
    shape: &'s Shape<'a>,
    chains: HashMap<ObjectId, Chain<'a>>,
    /// Where hops hold that several rows have.
    held: HashMap<(usize, Uuid, Option<Uuid>), Region>,
}

impl Hops<'_, '_> {
    fn grounds(&mut self, row: &Row, window: Period<ValidTime>) -> Grounds {
        let Some(asked) = row.valid.intersect(window) else { return vec![None; row.objects.len()] };
        let hop = |node: usize| {
            let before = self.shape.nodes[node].before().and_then(|before| row.objects[before]);
            self.ground(node, row.objects[node]?, before, asked)
        };
        (0..row.objects.len()).map(hop).collect()
    }

    fn ground(&mut self, node: usize, uuid: Uuid, before: Option<Uuid>, asked: Period<ValidTime>) -> Option<Evidence> {
        let (shape, chains) = (self.shape, &self.chains);
        let stating = stating(shape, chains, node, uuid, before);
        let held = self.held.entry((node, uuid, before)).or_insert_with(|| hop(shape, chains, node, uuid, before));
        evidence(&stating, believed_since(held, asked)?)
    }
}

/// Where a hop holds.
fn hop(
    shape: &Shape<'_>,
    chains: &HashMap<ObjectId, Chain<'_>>,
    node: usize,
    uuid: Uuid,
    before: Option<Uuid>,
) -> Region {
    let own = &chains[&shape.object(node, uuid)];
    let holds = shape.nodes[node].holds(own);
    let (Some(edge), Some(before)) = (&shape.nodes[node].node.edge, before) else { return holds };
    let stated = if edge.points_back {
        pointed(own, edge).remove(&before)
    } else {
        pointed(&chains[&shape.object(edge.to, before)], edge).remove(&uuid)
    };
    stated.map_or(Region::none(), |stated| stated.intersect(&holds))
}

/// The chains of the objects whose registrations state a hop.
pub(super) fn stating<'c, 'a>(
    shape: &Shape<'_>,
    chains: &'c HashMap<ObjectId, Chain<'a>>,
    node: usize,
    uuid: Uuid,
    before: Option<Uuid>,
) -> Vec<&'c Chain<'a>> {
    let edge = shape.nodes[node].node.edge.as_ref().filter(|edge| !edge.points_back);
    let pointing = edge.zip(before).map(|(edge, before)| shape.object(edge.to, before));
    let own = shape.object(node, uuid);
    [Some(own), pointing].into_iter().flatten().filter_map(|object| chains.get(&object)).collect()
}

/// The registration made at an instant; of several, the last one in the ledger.
pub(super) fn evidence(stating: &[&Chain<'_>], at: Timestamp<TransactionTime>) -> Option<Evidence> {
    let made = stating.iter().flat_map(|chain| chain.iter()).filter(|stated| stated.since == at);
    made.max_by_key(|stated| stated.position).map(Evidence::of)
}

/// Since when, up to the end of what is looked at, all of a period is believed.
fn believed_since(held: &Region, valid: Period<ValidTime>) -> Option<Timestamp<TransactionTime>> {
    let mut since = None;
    for band in held.bands().iter().rev() {
        let goes_on = since.is_none_or(|since| band.known.to() == since);
        if !goes_on || !band.valid.covers(valid) {
            break;
        }
        since = Some(band.known.from());
    }
    since
}

impl Evidence {
    fn of(stated: &Stated<'_>) -> Self {
        let registration = &stated.registration;
        Self {
            object: registration.object,
            position: stated.position,
            registered: stated.since,
            lifecycle: registration.lifecycle,
            actor: registration.actor,
            note: registration.note.clone(),
            batch: registration.batch,
        }
    }
}
