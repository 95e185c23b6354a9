//! Taking a registration back: what the next content is, or what stands against it.

use std::collections::BTreeMap;
use std::fmt;

use super::registrations::Chain;
use super::taken_back::taken_back;
use super::timeline::Belief;
use crate::error::Error;
use crate::object::lifecycle::{Act, TransitionError};
use crate::object::{AttributeRow, Content, LifeCycle, ObjectId, Position, Registration, Seq, rows_differ};
use crate::schema::FieldId;
use crate::storage::{Declarations, Read};
use crate::time::{Period, Periods, Timestamp, TransactionTime, ValidTime, differing};

/// How many obstacles are named.
const OBSTACLES_MAX: usize = 100;

/// What a later registration changed of what is to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The place of the later registration in the object's chain.
    pub seq: Seq,
    /// Its place in the ledger.
    pub position: Position,
    /// When it was registered.
    pub registered: Timestamp<TransactionTime>,
    /// The group, field, state or relation that both changed; `None` for whether the object is in use, passive or deleted.
    pub part: Option<FieldId>,
    /// The instants about which both changed it.
    pub valid: Periods<ValidTime>,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Some(part) => write!(f, "{:?} at {}: {part:?} during {:?}", self.seq, self.registered, self.valid),
            None => write!(f, "{:?} at {}: whether the object is in use", self.seq, self.registered),
        }
    }
}

/// What the object is to be next.
#[derive(Debug)]
pub(crate) struct Next {
    /// By which act; `None` where there is nothing to do.
    pub(crate) act: Option<Act>,
    /// The whole content.
    pub(crate) content: Content,
}

/// Whether an object is used, as its registrations say one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Active,
    Passive,
    /// Also before the first registration.
    Gone,
}

impl Use {
    fn of(registration: Option<&Registration>) -> Self {
        match registration.map(|registration| registration.lifecycle) {
            Some(LifeCycle::Created | LifeCycle::Imported | LifeCycle::Corrected) => Self::Active,
            Some(LifeCycle::Passivated) => Self::Passive,
            Some(LifeCycle::Deleted) | None => Self::Gone,
        }
    }
}

impl Next {
    /// What makes a content and a use of the newest registration.
    ///
    /// A deleted object that was passive before comes back in use, because nothing else may follow a deletion.
    fn new(current: &Registration, used: Use, content: Content) -> Self {
        let now = Use::of(Some(current));
        let content = if used == Use::Gone { Content::EMPTY } else { content };
        let act = match (now, used) {
            _ if now == used && content == current.content => None,
            (_, Use::Gone) => Some(Act::Delete),
            (Use::Active, Use::Passive) => Some(Act::Passivate),
            (Use::Active, Use::Active) | (Use::Passive, Use::Passive) => Some(Act::Update),
            (Use::Passive | Use::Gone, Use::Active) | (Use::Gone, Use::Passive) => Some(Act::Import),
        };
        Self { act, content }
    }
}

/// What an object is to be next so that one of its registrations is taken back, and what is unrelated stays.
///
/// # Errors
/// [`Error::Overlaid`] where later registrations changed the same parts of the same instants.
pub(crate) async fn undo<V: Read>(
    view: &V,
    declarations: &Declarations,
    object: ObjectId,
    seq: Seq,
) -> Result<Next, Error> {
    let mut chain = Chain::before(object, seq);
    let (before, undone) = registered(&mut chain, view, declarations, object, seq).await?;
    let touched = Touched::between(before.as_ref(), &undone);
    let used = if touched.used { Use::of(before.as_ref()) } else { Use::of(Some(&undone)) };
    let everything = touched.used && used == Use::Gone;
    let mut obstacles = Vec::new();
    let mut current = undone.clone();
    while let Some((earlier, later)) = chain.next(view, declarations).await? {
        let since = Touched::between(earlier.map(|earlier| &earlier.registration), &later.registration);
        let both = if everything { since.all() } else { touched.and(&since) };
        let left = OBSTACLES_MAX - obstacles.len();
        obstacles.extend(both.into_iter().take(left).map(|(part, valid)| Obstacle::of(later, part, valid)));
        current = later.registration.clone();
    }
    if !obstacles.is_empty() {
        return Err(Error::Overlaid { object, seq, obstacles });
    }
    let nothing = Content::EMPTY;
    let old = before.as_ref().map_or(&nothing, |before| &before.content);
    let content = taken_back(old, &undone.content, &current.content);
    let used = if touched.used { used } else { Use::of(Some(&current)) };
    Ok(Next::new(&current, used, content))
}

/// What an object is to be next so that it states what it did as of one of its registrations.
pub(crate) async fn restore<V: Read>(
    view: &V,
    declarations: &Declarations,
    object: ObjectId,
    seq: Seq,
) -> Result<Next, Error> {
    let mut chain = Chain::before(object, seq);
    let (_, then) = registered(&mut chain, view, declarations, object, seq).await?;
    let newest = view.registrations(&[(object, crate::storage::KnownAt::Latest)]).await?;
    let newest = newest.iter().flatten().next().map(crate::query::execute::decoded).transpose()?;
    let current = newest.as_ref().unwrap_or(&then);
    Ok(Next::new(current, Use::of(Some(&then)), then.content.clone()))
}

/// A registration of an object, with the one before it.
async fn registered<'a, V: Read>(
    chain: &mut Chain<'a>,
    view: &V,
    declarations: &'a Declarations,
    object: ObjectId,
    seq: Seq,
) -> Result<(Option<Registration>, Registration), Error> {
    let mut newest = None;
    while let Some((before, belief)) = chain.next(view, declarations).await? {
        if belief.registration.seq == seq {
            return Ok((before.map(|before| before.registration.clone()), belief.registration.clone()));
        }
        newest = Some(belief.registration.seq);
    }
    match newest {
        Some(_) => {}
        None => newest = super::registrations::newest(view, object).await?,
    }
    Err(match newest {
        Some(newest) => Error::NoRegistration { object, seq, newest },
        None => Error::Transition { object, source: TransitionError::Unknown },
    })
}

impl Obstacle {
    fn of(later: &Belief<'_>, part: Option<FieldId>, valid: Periods<ValidTime>) -> Self {
        let seq = later.registration.seq;
        Self { seq, position: later.position, registered: later.registered.from(), part, valid }
    }
}

/// What a registration changed, as far as taking it back is concerned.
///
/// Fields of a group change apart from each other; a row that comes or goes concerns all fields. States and relations
/// change also where only their actors and notes do.
#[derive(Debug, Default)]
struct Touched {
    used: bool,
    fields: BTreeMap<FieldId, BTreeMap<FieldId, Periods<ValidTime>>>,
    /// By group, where a row came or went.
    existence: BTreeMap<FieldId, Periods<ValidTime>>,
    rows: BTreeMap<FieldId, Periods<ValidTime>>,
}

type Parts = Vec<(Option<FieldId>, Periods<ValidTime>)>;

impl Touched {
    fn between(before: Option<&Registration>, after: &Registration) -> Self {
        let nothing = Content::EMPTY;
        let old = before.map_or(&nothing, |before| &before.content);
        let new = &after.content;
        let mut touched = Self { used: Use::of(before) != Use::of(Some(after)), ..Self::default() };
        for (group, _) in old.all_attributes().chain(new.all_attributes()) {
            touched.group(group, old.attributes(group), new.attributes(group));
        }
        for (state, _) in old.all_states().chain(new.all_states()) {
            touched.rows.insert(state, rows_differ(old.states(state), new.states(state)));
        }
        for (relation, _) in old.all_relations().chain(new.all_relations()) {
            touched.rows.insert(relation, rows_differ(old.relations(relation), new.relations(relation)));
        }
        touched
    }

    fn group(&mut self, group: FieldId, old: &[AttributeRow], new: &[AttributeRow]) {
        if old == new {
            return;
        }
        let exists = |row: &AttributeRow| (row.effect.valid, ());
        self.existence.insert(group, differing(old.iter().map(exists), new.iter().map(exists)));
        let fields = self.fields.entry(group).or_default();
        for field in old.iter().chain(new).flat_map(AttributeRow::values).map(|(field, _)| field) {
            let value = |row: &'_ AttributeRow| Some((row.effect.valid, row.value(field)?.clone()));
            let differ = || differing(old.iter().filter_map(value), new.iter().filter_map(value));
            fields.entry(field).or_insert_with(differ);
        }
    }

    /// All parts, each with the instants about which it was changed.
    fn all(&self) -> Parts {
        let used = self.used.then(|| (None, [Period::ALWAYS].into_iter().collect()));
        let fields = self.fields.values().flatten();
        let rows = fields.chain(&self.existence).chain(&self.rows).map(|(part, valid)| (Some(*part), valid.clone()));
        used.into_iter().chain(rows.filter(|(_, valid)| !valid.is_empty())).collect()
    }

    /// What both changed.
    fn and(&self, other: &Self) -> Parts {
        let none = Periods::none();
        let mut both: Parts = Vec::new();
        if self.used && other.used {
            both.push((None, [Period::ALWAYS].into_iter().collect()));
        }
        for (group, fields) in &self.fields {
            let Some(others) = other.fields.get(group) else { continue };
            for (field, valid) in fields {
                both.push((Some(*field), valid.intersect(others.get(field).unwrap_or(&none))));
            }
            let one = self.existence[group].intersect(&other.any(*group));
            let another = other.existence[group].intersect(&self.any(*group));
            both.push((Some(*group), one.union(&another)));
        }
        for (part, valid) in &self.rows {
            both.push((Some(*part), valid.intersect(other.rows.get(part).unwrap_or(&none))));
        }
        both.retain(|(_, valid)| !valid.is_empty());
        both
    }

    /// The instants about which anything of a group was changed.
    fn any(&self, group: FieldId) -> Periods<ValidTime> {
        let fields = self.fields[&group].values().flat_map(Periods::iter);
        fields.chain(self.existence[&group].iter()).collect()
    }
}
