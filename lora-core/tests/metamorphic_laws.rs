//! What answers do when the input is changed: laws that need no second opinion on any single answer.
//!
//! Shift an axis, split an update, reorder what is independent, rename: a history is told twice, once as drawn and once
//! rewritten, to two services, and the answers must differ as the histories do and in nothing else.
//! This also judges the definition's readers: a mistake that service and definition share would have to keep these laws.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lora_core::object::{ActorId, Content, Effect, LifeCycle, ObjectId, Patch, Position};
use lora_core::oio::shipped_classes;
use lora_core::query::eval::Command;
use lora_core::query::{Criterion, Known, Page, Search, TimeContext};
use lora_core::schema::{Cardinality, Class, FieldId, Ids, Schema};
use lora_core::service::{By, Written};
use lora_core::storage::{MemoryStore, Read};
use lora_core::testing::rewriting::{Rewriting, later, period_later};
use lora_core::testing::{self, SmallAxis, Step};
use lora_core::time::{ManualClock, Period, Timestamp, TransactionTime, ValidTime};
use lora_core::{Error, Service};
use pollster::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

/// One with two groups and a derived term, one with keywords, one with a list, one with numbers.
const CLASSES: [&str; 4] = ["user", "class", "it_system", "organisation_function"];

const VALID: SmallAxis = SmallAxis { first: 0, step: 10, count: 6 };
const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 14 };

fn schema() -> Schema {
    Schema::new(&shipped_classes(), Ids::default()).unwrap()
}

fn class() -> impl Strategy<Value = Class> {
    let schema = schema();
    proptest::sample::select(CLASSES.map(|name| schema.class_named(name).unwrap().clone()).to_vec())
}

/// A history of a class, and questions about it.
fn case() -> impl Strategy<Value = (Class, Vec<Step>, Vec<Search>)> {
    class().prop_flat_map(|class| {
        let history = testing::history(&class, VALID, REGISTERED, 10);
        let searches = proptest::collection::vec(testing::search(&class, VALID, REGISTERED), 6);
        (Just(class), history, searches)
    })
}

// ---- Telling and asking -------------------------------------------------------------------------------------------

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Registered,
    Unchanged,
    Refused,
}

/// A service that was told a history.
struct Told {
    service: Service<MemoryStore>,
    became: Vec<Became>,
}

/// Tells the steps in order, each when the clock shows the instant of its stamp.
fn told(steps: &[Step]) -> Told {
    let micros = |step: &Step| step.2.registered.micros().unwrap();
    let first = steps.iter().map(micros).min().unwrap_or(REGISTERED.first) - 10;
    let clock = Arc::new(ManualClock::at(first).unwrap());
    let service = block_on(Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [3; 16])).unwrap();
    let mut told = Told { service, became: Vec::new() };
    for step in steps {
        clock.set(micros(step)).unwrap();
        let became = match told.tell(step) {
            Ok(Written::Registered(_)) => Became::Registered,
            Ok(Written::Unchanged) => Became::Unchanged,
            Err(Error::Content { .. } | Error::Transition { .. }) => Became::Refused,
            Err(other) => panic!("{other}"),
        };
        told.became.push(became);
    }
    told
}

/// A registration as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    position: Position,
    registered: Period<TransactionTime>,
    lifecycle: LifeCycle,
    actor: ActorId,
    note: String,
    content: Content,
}

impl Told {
    fn tell(&self, (object, command, stamp): &Step) -> Result<Written, Error> {
        let (object, by) = (*object, By { actor: stamp.actor, note: stamp.note.clone(), batch: None });
        block_on(async {
            match command.clone() {
                Command::Create(content) => self.service.create(object, content, by).await,
                Command::Import(content) => self.service.import(object, content, by).await,
                Command::Update(patch) => self.service.update(object, patch, by).await,
                Command::Passivate => self.service.passivate(object, by).await,
                Command::Delete => self.service.delete(object, by).await,
            }
        })
    }

    fn newest(&self) -> Position {
        block_on(self.service.view(None)).unwrap().position()
    }

    fn found(&self, search: &Search, at: Position) -> Vec<Uuid> {
        let view = block_on(self.service.view(Some(at))).unwrap();
        block_on(self.service.search(&view, search)).unwrap()
    }

    fn read(&self, object: ObjectId, context: &TimeContext, at: Position) -> Vec<Seen> {
        let view = block_on(self.service.view(Some(at))).unwrap();
        let answer = block_on(self.service.read(&view, object, context)).unwrap();
        let seen = |answered: lora_core::service::Answered| Seen {
            position: answered.position,
            registered: answered.registered,
            lifecycle: answered.registration.lifecycle,
            actor: answered.registration.actor,
            note: answered.registration.note,
            content: answered.registration.content,
        };
        answer.map(|answer| answer.registrations.into_iter().map(seen).collect()).unwrap_or_default()
    }

    /// Every registration of an object, newest first, each with its whole content.
    fn chain(&self, object: ObjectId) -> Vec<Seen> {
        self.read(object, &everything(Known::During(Some(Period::ALWAYS))), self.newest())
    }
}

fn everything(known: Known) -> TimeContext {
    TimeContext { known, valid: Some(Period::ALWAYS), now: Timestamp::from_micros(0).unwrap() }
}

fn objects(class: &Class) -> Vec<ObjectId> {
    (1..=4).map(|number| ObjectId { class: class.id, uuid: Uuid::from_u128(number) }).collect()
}

// ---- Rewriting ----------------------------------------------------------------------------------------------------

fn seen_rewritten(rewriting: &Rewriting<'_>, seen: Seen) -> Seen {
    Seen { actor: (rewriting.uuid)(seen.actor), content: rewriting.content(&seen.content), ..seen }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(50)
}

// ---- The laws -----------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shifting_the_axis_of_registrations_shifts_answers(
        (class, history, searches) in case(),
        micros in -900_000_000_000_i64..900_000_000_000,
        at in any::<Index>(),
    ) {
        let shifted = |(object, command, stamp): &Step| {
            let mut stamp = stamp.clone();
            stamp.registered = later(stamp.registered, micros);
            (*object, command.clone(), stamp)
        };
        let one = told(&history);
        let other = told(&history.iter().map(shifted).collect::<Vec<_>>());
        prop_assert_eq!(&one.became, &other.became);
        let at = Position(at.index(one.newest().0 as usize) as u64 + 1);
        for search in searches {
            let known = match search.context.known {
                Known::During(Some(window)) => Known::During(Some(period_later(window, micros))),
                known => known,
            };
            let context = TimeContext { known, now: later(search.context.now, micros), ..search.context };
            prop_assert_eq!(one.found(&search, at), other.found(&Search { context, ..search.clone() }, at));
            for object in objects(&class) {
                let expected: Vec<Seen> = one.read(object, &search.context, at).into_iter()
                    .map(|seen| Seen { registered: period_later(seen.registered, micros), ..seen })
                    .collect();
                prop_assert_eq!(other.read(object, &context, at), expected);
            }
        }
    }

    #[test]
    fn shifting_the_axis_of_effects_shifts_answers(
        (class, history, searches) in case(),
        micros in -9_000_000_000_000_000_i64..9_000_000_000_000_000,
        at in any::<Index>(),
    ) {
        let effect = |effect: &Effect| Some(effect.moved_to(period_later(effect.valid, micros)));
        let shift = Rewriting { effect: &effect, uuid: &|uuid| uuid };
        let one = told(&history);
        let other = told(&history.iter().map(|step| shift.step(step)).collect::<Vec<_>>());
        prop_assert_eq!(&one.became, &other.became);
        let at = Position(at.index(one.newest().0 as usize) as u64 + 1);
        for search in searches {
            let valid = search.context.valid.map(|window| period_later(window, micros));
            let context = TimeContext { valid, ..search.context };
            prop_assert_eq!(one.found(&search, at), other.found(&Search { context, ..search.clone() }, at));
            for object in objects(&class) {
                let expected: Vec<Seen> =
                    one.read(object, &search.context, at).into_iter().map(|seen| seen_rewritten(&shift, seen)).collect();
                prop_assert_eq!(other.read(object, &context, at), expected);
            }
        }
    }

    #[test]
    fn an_update_split_in_two_at_an_instant_gives_the_same_value_at_every_instant(
        (class, history, searches) in case(),
        cut in proptest::sample::select(VALID.instants::<ValidTime>()[1..7].to_vec()),
    ) {
        let one = told(&history);
        let steps = history.iter().zip(&one.became).flat_map(|(step, became)| match (&step.1, became) {
            (Command::Update(patch), Became::Registered | Became::Unchanged) => {
                let (before, after) = split(&class, patch, cut);
                vec![(step.0, Command::Update(before), step.2.clone()), (step.0, Command::Update(after), step.2.clone())]
            }
            _ => vec![step.clone()],
        });
        let steps: Vec<Step> = steps.collect();
        let other = told(&steps);
        let refused = |told: &Told| told.became.iter().filter(|became| **became == Became::Refused).count();
        prop_assert_eq!(refused(&one), refused(&other), "no half of an update is refused that was not refused whole");
        for object in objects(&class) {
            let latest = |told: &Told| told.read(object, &everything(Known::Latest), told.newest());
            let (one, other) = (latest(&one), latest(&other));
            prop_assert_eq!(one.len(), other.len());
            for (one, other) in one.iter().zip(&other) {
                prop_assert_eq!(one.lifecycle, other.lifecycle);
                for at in VALID.instants().into_iter().filter(|at| *at < Timestamp::INFINITY) {
                    prop_assert_eq!(view(&one.content, at), view(&other.content, at), "at {}", at);
                }
            }
        }
        for mut search in searches {
            // A half may register where the whole changed nothing: it cuts a row.
            search.criteria.retain(|criterion| !matches!(criterion, Criterion::Actor(_) | Criterion::Note(_)));
            search.context.known = Known::Latest;
            prop_assert_eq!(one.found(&search, one.newest()), other.found(&search, other.newest()), "{:?}", search);
        }
    }

    #[test]
    fn the_order_between_objects_leaves_answers_as_they_are(
        (class, history, searches) in case(),
        turns in Just((0..40_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let order = interleaved(&history, &turns);
        let steps = order.iter().zip(&history).map(|(index, now)| {
            let (object, command, stamp) = &history[*index];
            let mut stamp = stamp.clone();
            stamp.registered = now.2.registered;
            (*object, command.clone(), stamp)
        });
        let steps: Vec<Step> = steps.collect();
        let (one, other) = (told(&history), told(&steps));
        for (place, index) in order.iter().enumerate() {
            prop_assert_eq!(one.became[*index], other.became[place], "{:?}", history[*index]);
        }
        let nowhere = |seen: Vec<Seen>| {
            let always = |seen| Seen { position: Position(0), registered: Period::ALWAYS, ..seen };
            seen.into_iter().map(always).collect::<Vec<_>>()
        };
        for object in objects(&class) {
            prop_assert_eq!(nowhere(one.chain(object)), nowhere(other.chain(object)));
        }
        for mut search in searches {
            if let Known::During(_) = search.context.known {
                search.context.known = Known::During(Some(Period::ALWAYS));
            }
            prop_assert_eq!(one.found(&search, one.newest()), other.found(&search, other.newest()), "{:?}", search);
        }
    }

    #[test]
    fn renaming_ids_renames_answers(
        (class, history, searches) in case(),
        names in Just((1..=4_u128).map(Uuid::from_u128).collect::<Vec<_>>()).prop_shuffle(),
        at in any::<Index>(),
    ) {
        let renamed = |uuid: Uuid| match uuid.as_u128() {
            number @ 1..=4 => names[number as usize - 1],
            _ => uuid,
        };
        let rename = Rewriting { effect: &|effect| Some(effect.clone()), uuid: &renamed };
        let one = told(&history);
        let other = told(&history.iter().map(|step| rename.step(step)).collect::<Vec<_>>());
        prop_assert_eq!(&one.became, &other.became);
        let at = Position(at.index(one.newest().0 as usize) as u64 + 1);
        for search in searches {
            // Pages follow the order of the ids, which a renaming does not keep.
            let search = Search { page: Page::default(), ..search };
            let mut expected: Vec<Uuid> = one.found(&search, at).into_iter().map(renamed).collect();
            expected.sort();
            let criteria = search.criteria.iter().map(|criterion| rename.criterion(criterion)).collect();
            prop_assert_eq!(other.found(&Search { criteria, ..search.clone() }, at), expected);
            for object in objects(&class) {
                let there = ObjectId { uuid: renamed(object.uuid), ..object };
                let seen = one.read(object, &search.context, at).into_iter().map(|seen| seen_rewritten(&rename, seen));
                prop_assert_eq!(other.read(there, &search.context, at), seen.collect::<Vec<_>>());
            }
        }
    }
}

/// The update before an instant, and the update from then on; what replaces all rows of a relation comes with the second.
fn split(class: &Class, patch: &Patch, at: Timestamp<ValidTime>) -> (Patch, Patch) {
    let part = |part: Period<ValidTime>| {
        let effect = |effect: &Effect| Some(effect.moved_to(effect.valid.intersect(part)?));
        Rewriting { effect: &effect, uuid: &|uuid| uuid }.patch(patch)
    };
    let to_many = |id: &FieldId| class.relation(*id).unwrap().cardinality == Cardinality::ZeroToMany;
    let mut before = part(Period::new(Timestamp::NEG_INFINITY, at).unwrap());
    let mut after = part(Period::since(at).unwrap());
    before.relations.retain(|id, _| !to_many(id));
    after.relations.extend(patch.relations.iter().filter(|(id, _)| to_many(id)).map(|(id, rows)| (*id, rows.clone())));
    (before, after)
}

/// What holds at an instant: the rows there, whatever the rest of their periods.
fn view(content: &Content, at: Timestamp<ValidTime>) -> Content {
    let effect = |effect: &Effect| effect.valid.contains(at).then(|| effect.moved_to(Period::ALWAYS));
    Rewriting { effect: &effect, uuid: &|uuid| uuid }.content(content)
}

/// The steps' indexes in another order, in which those of one object follow each other as before.
fn interleaved(history: &[Step], turns: &[usize]) -> Vec<usize> {
    let mut queues: BTreeMap<ObjectId, VecDeque<usize>> = BTreeMap::new();
    for (index, (object, ..)) in history.iter().enumerate() {
        queues.entry(*object).or_default().push_back(index);
    }
    let turns = turns.iter().filter(|turn| **turn < history.len());
    turns.map(|turn| queues.get_mut(&history[*turn].0).unwrap().pop_front().unwrap()).collect()
}
