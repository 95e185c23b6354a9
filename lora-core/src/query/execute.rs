//! The executor: answers a search over the set-based reads of any store.
//!
//! One term of the search drives: the one whose postings promise the fewest objects, or all objects of the class where
//! no term has postings.
//! Everything is then rechecked on the decoded registrations, so that postings need only lead to a superset.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;

use uuid::Uuid;

use super::{Criterion, Known, Page, Search, ValueTest};
use crate::object::{Content, LifeCycle, ObjectId, Registration, Seq, Target};
use crate::schema::{Class, FieldId, FieldType, Value};
use crate::storage::{Encoded, Key, KeyRange, KnownAt, Read, Scan, StoreError};
use crate::time::{Period, TransactionTime, ValidTime};

/// How many rows a single read of a store asks for.
const PAGE: usize = 512;
/// How many postings are looked at to compare two drivers.
const PROBE: usize = 64;
/// A wildcard that more texts match than this does not drive.
const TERMS_MAX: usize = 1_000;

/// The UUIDs of the objects that `search` finds, ascending.
///
/// # Errors
/// [`StoreError`] from the view.
pub async fn search<V: Read>(view: &V, class: &Class, search: &Search) -> Result<Vec<Uuid>, StoreError> {
    let finds_nothing = match search.context.known {
        Known::Latest => false,
        Known::During(window) => window.is_none(),
    };
    if finds_nothing || (search.context.valid.is_none() && search.criteria.iter().any(is_about_rows)) {
        return Ok(Vec::new());
    }
    let candidates = candidates(view, class, search).await?;
    recheck(view, search, candidates).await
}

/// A stored registration, decoded.
///
/// # Errors
/// [`StoreError::Corrupt`] when its bytes are not those of a registration.
pub fn decoded(encoded: &Encoded) -> Result<Registration, StoreError> {
    let corrupt = |source| StoreError::Corrupt { position: encoded.position, source };
    encoded.frame.registration().map_err(corrupt)
}

/// Objects among which all answers are, in order.
async fn candidates<V: Read>(view: &V, class: &Class, search: &Search) -> Result<BTreeSet<Uuid>, StoreError> {
    let named = search.criteria.iter().find_map(|criterion| match criterion {
        Criterion::Object(uuid) => Some(*uuid),
        _ => None,
    });
    let mut found: BTreeSet<Uuid> = match named {
        Some(uuid) => BTreeSet::from([uuid]),
        None => {
            let scans = driver(view, class, search).await?;
            scanned(view, &scans, class).await?
        }
    };
    if let Some(after) = search.page.after {
        found = found.split_off(&after);
        found.remove(&after);
    }
    Ok(found)
}

/// The scans that promise the fewest objects.
async fn driver<V: Read>(view: &V, class: &Class, search: &Search) -> Result<Vec<Scan>, StoreError> {
    let mut drivers: Vec<Vec<Scan>> = Vec::new();
    for criterion in &search.criteria {
        give_way().await;
        if let Some(keys) = keys(view, class, criterion).await? {
            let scan = |keys| scan(keys, search.context.valid.unwrap_or(Period::ALWAYS), search.context.known);
            drivers.push(keys.into_iter().map(scan).collect());
        }
    }
    match drivers.len() {
        0 => Ok(vec![scan(Key::existence(class.id).alone(), Period::ALWAYS, search.context.known)]),
        1 => Ok(drivers.remove(0)),
        _ => fewest(view, drivers).await,
    }
}

async fn fewest<V: Read>(view: &V, drivers: Vec<Vec<Scan>>) -> Result<Vec<Scan>, StoreError> {
    let mut best: Option<(usize, Vec<Scan>)> = None;
    for scans in drivers {
        let count = view.postings(&scans, None, PROBE).await?.postings.len();
        if best.as_ref().is_none_or(|(fewest, _)| count < *fewest) {
            best = Some((count, scans));
        }
        if count < PROBE / 8 {
            break;
        }
    }
    Ok(best.map(|(_, scans)| scans).unwrap_or_default())
}

/// The keys under which every object that meets the criterion has a posting; `None` where it cannot drive.
async fn keys<V: Read>(view: &V, class: &Class, criterion: &Criterion) -> Result<Option<Vec<KeyRange>>, StoreError> {
    let text_fields = |only: Option<FieldId>| {
        let texts = class.fields().map(|(_, field)| field);
        let texts = texts.filter(|field| !matches!(field.field_type, FieldType::Boolean | FieldType::Integer));
        texts.map(|field| field.id).filter(|id| only == Some(*id) || only.is_none()).collect::<Vec<_>>()
    };
    let (fields, pattern) = match criterion {
        Criterion::Relation { relation, object_type, targets } => {
            let range = |target: &Target| match object_type {
                Some(kind) => Key::relation(target, *relation, Some(kind)).map(Key::alone),
                None => Key::relation_prefix(target, *relation).map(Key::and_all_longer),
            };
            return Ok(targets.iter().map(range).collect());
        }
        Criterion::AnyRelation(uuid) => return Ok(Some(vec![Key::uuid_prefix(*uuid).and_all_longer()])),
        Criterion::Attribute { field, test: ValueTest::Is(value) } => {
            return Ok(match value {
                Value::Boolean(value) => Some(vec![Key::boolean(*field, *value).alone()]),
                Value::Integer(value) => Some(vec![Key::integer(*field, *value).alone()]),
                texts => texts.texts().first().map(|text| vec![Key::text(*field, text).alone()]),
            });
        }
        Criterion::Attribute { field, test: ValueTest::Like(pattern) } => (text_fields(Some(*field)), pattern),
        Criterion::AnyText(pattern) => (text_fields(None), pattern),
        _ => return Ok(None),
    };
    if let Some(text) = pattern.exact() {
        return Ok(Some(fields.into_iter().map(|field| Key::folded_text(field, text).alone()).collect()));
    }
    let terms = view.terms(&fields, pattern, TERMS_MAX).await?;
    Ok(terms.complete.then(|| terms.keys.into_iter().map(Key::alone).collect()))
}

fn scan(keys: KeyRange, valid: Period<ValidTime>, known: Known) -> Scan {
    let known = match known {
        Known::Latest => None,
        Known::During(window) => window,
    };
    Scan { keys, valid, known }
}

async fn scanned<V: Read>(view: &V, scans: &[Scan], class: &Class) -> Result<BTreeSet<Uuid>, StoreError> {
    let mut found = BTreeSet::new();
    let mut after = None;
    loop {
        let page = view.postings(scans, after.as_ref(), PAGE).await?;
        let here = page.postings.into_iter().filter(|posting| posting.object.class == class.id);
        found.extend(here.map(|posting| posting.object.uuid));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
        give_way().await;
    }
}

/// Lets other tasks run, and a time limit strike: a store that answers at once would else keep its thread to the end.
pub(crate) async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The candidates that meet the search, as far as the page goes.
async fn recheck<V: Read>(view: &V, search: &Search, candidates: BTreeSet<Uuid>) -> Result<Vec<Uuid>, StoreError> {
    let Page { skip, limit, .. } = search.page;
    let wanted = limit.map_or(usize::MAX, |limit| usize::try_from(skip.saturating_add(limit)).unwrap_or(usize::MAX));
    let candidates: Vec<Uuid> = candidates.into_iter().collect();
    let mut found = Vec::new();
    for chunk in candidates.chunks(PAGE) {
        if found.len() >= wanted {
            break;
        }
        give_way().await;
        match (search.context.known.at_most_one(), search.context.known) {
            (Some(at), _) => found.extend(meeting_at(view, search, chunk, at).await?),
            (None, Known::During(Some(window))) => {
                for uuid in chunk {
                    if meets_during(view, search, *uuid, window).await? {
                        found.push(*uuid);
                    }
                }
            }
            (None, _) => {}
        }
    }
    found.truncate(wanted);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(found.len());
    Ok(found.split_off(skip))
}

async fn meeting_at<V: Read>(view: &V, search: &Search, uuids: &[Uuid], at: KnownAt) -> Result<Vec<Uuid>, StoreError> {
    let asked = |uuid: &Uuid| (ObjectId { class: search.class, uuid: *uuid }, at);
    let asked: Vec<_> = uuids.iter().map(asked).collect();
    let mut found = Vec::new();
    for encoded in view.registrations(&asked).await?.iter().flatten() {
        let registration = decoded(encoded)?;
        if meets(&registration, search) {
            found.push(registration.object.uuid);
        }
    }
    Ok(found)
}

async fn meets_during<V: Read>(
    view: &V,
    search: &Search,
    uuid: Uuid,
    window: Period<TransactionTime>,
) -> Result<bool, StoreError> {
    let object = ObjectId { class: search.class, uuid };
    let mut from = Seq::FIRST;
    loop {
        let chain = view.history(object, from, PAGE).await?;
        for encoded in chain.iter().filter(|encoded| encoded.registered.overlaps(window)) {
            if meets(&decoded(encoded)?, search) {
                return Ok(true);
            }
        }
        if chain.last().is_none_or(|last| chain.len() < PAGE || last.registered.to() >= window.to()) {
            return Ok(false);
        }
        from = Seq(from.0.saturating_add(PAGE as u32));
    }
}

/// Whether a registration meets every criterion; a deletion does only where a life cycle is asked for.
fn meets(registration: &Registration, search: &Search) -> bool {
    let asks_life_cycle = search.criteria.iter().any(|criterion| matches!(criterion, Criterion::LifeCycle(_)));
    (registration.lifecycle != LifeCycle::Deleted || asks_life_cycle)
        && search.criteria.iter().all(|criterion| meets_one(registration, criterion, search.context.valid))
}

fn is_about_rows(criterion: &Criterion) -> bool {
    match criterion {
        Criterion::Object(_) | Criterion::LifeCycle(_) | Criterion::Actor(_) | Criterion::Note(_) => false,
        Criterion::Attribute { .. }
        | Criterion::AnyText(_)
        | Criterion::State { .. }
        | Criterion::Relation { .. }
        | Criterion::AnyRelation(_) => true,
    }
}

fn meets_one(registration: &Registration, criterion: &Criterion, window: Option<Period<ValidTime>>) -> bool {
    let content = &registration.content;
    let in_effect = |valid: Period<ValidTime>| window.is_some_and(|window| valid.overlaps(window));
    match criterion {
        Criterion::Object(uuid) => registration.object.uuid == *uuid,
        Criterion::LifeCycle(lifecycle) => registration.lifecycle == *lifecycle,
        Criterion::Actor(actor) => registration.actor == *actor,
        Criterion::Note(pattern) => !registration.note.is_empty() && pattern.matches(&registration.note),
        Criterion::Attribute { field, test } => {
            some_value(content, in_effect, |id, value| id == *field && passes(test, value))
        }
        Criterion::AnyText(pattern) => {
            some_value(content, in_effect, |_, value| value.texts().into_iter().any(|text| pattern.matches(text)))
        }
        Criterion::State { state, value } => {
            content.states(*state).iter().any(|row| row.value == *value && in_effect(row.effect.valid))
        }
        Criterion::Relation { relation, object_type, targets } => content.relations(*relation).iter().any(|row| {
            let typed = object_type.is_none() || row.object_type == *object_type;
            typed && targets.contains(&row.target) && in_effect(row.effect.valid)
        }),
        Criterion::AnyRelation(uuid) => {
            let target = Target::Uuid(*uuid);
            let mut rows = content.all_relations().flat_map(|(_, rows)| rows);
            rows.any(|row| row.target == target && in_effect(row.effect.valid))
        }
    }
}

fn some_value(
    content: &Content,
    in_effect: impl Fn(Period<ValidTime>) -> bool,
    passes: impl Fn(FieldId, &Value) -> bool,
) -> bool {
    let rows = content.all_attributes().flat_map(|(_, rows)| rows);
    rows.filter(|row| in_effect(row.effect.valid)).any(|row| row.values().any(|(field, value)| passes(field, value)))
}

fn passes(test: &ValueTest, value: &Value) -> bool {
    match test {
        ValueTest::Like(pattern) => value.texts().into_iter().any(|text| pattern.matches(text)),
        ValueTest::Is(wanted) => value == wanted,
    }
}
