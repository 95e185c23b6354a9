//! A generated history told to a service, and what reads of it say of one point.

use std::collections::BTreeMap;
use std::sync::Arc;

use lora_core::history::Statement;
use lora_core::object::{Content, LifeCycle, ObjectId};
use lora_core::oio::shipped_classes;
use lora_core::query::eval::Command;
use lora_core::query::{Known, Reading, TimeContext};
use lora_core::schema::{Class, FieldId, Ids, Schema};
use lora_core::service::{Answered, By, Written};
use lora_core::storage::{KnownAt, MemoryStore, MemoryView, Read};
use lora_core::testing::{self, SmallAxis, Step};
use lora_core::time::{ManualClock, Period, Timestamp, TransactionTime, ValidTime};
use lora_core::{Error, Service};
use pollster::block_on;
use proptest::prelude::*;
use uuid::Uuid;

/// One with two groups and a derived term, one with keywords, one with a list, one with numbers.
pub(crate) const CLASSES: [&str; 4] = ["user", "class", "it_system", "organisation_function"];

pub(crate) const VALID: SmallAxis = SmallAxis { first: 0, step: 10, count: 6 };
pub(crate) const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 14 };

pub(crate) fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

pub(crate) fn class() -> impl Strategy<Value = Class> {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    proptest::sample::select(CLASSES.map(|name| schema.class_named(name).unwrap().clone()).to_vec())
}

pub(crate) fn history() -> impl Strategy<Value = (Class, Vec<Step>)> {
    class().prop_flat_map(|class| {
        let history = testing::history(&class, VALID, REGISTERED, 10);
        (Just(class), history)
    })
}

pub(crate) fn valid(micros: i64) -> Timestamp<ValidTime> {
    Timestamp::from_micros(micros).unwrap()
}

/// Instants of valid time between which and at which things change.
pub(crate) fn instants() -> Vec<Timestamp<ValidTime>> {
    (-1..=12).map(|number| valid(number * 5)).collect()
}

/// A service that was told something.
pub(crate) struct Told {
    pub(crate) service: Service<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Told {
    pub(crate) fn nothing() -> Self {
        let clock = Arc::new(ManualClock::at(REGISTERED.first - 10).unwrap());
        let store = MemoryStore::new(clock.clone());
        let service = block_on(Service::open(store, shipped_classes(), || [3; 16])).unwrap();
        Self { service, clock }
    }

    /// Tells the steps in order, each when the clock shows the instant of its stamp; what is refused is left out.
    pub(crate) fn of(steps: &[Step]) -> Self {
        let told = Self::nothing();
        for (object, command, stamp) in steps {
            told.clock.set(stamp.registered.micros().unwrap()).unwrap();
            let by = By { actor: stamp.actor, note: stamp.note.clone(), batch: None };
            match told.tell(*object, command, by) {
                Ok(_) | Err(Error::Content { .. } | Error::Transition { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        told
    }

    pub(crate) fn tell(&self, object: ObjectId, command: &Command, by: By) -> Result<Written, Error> {
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

    pub(crate) fn view(&self) -> MemoryView {
        block_on(self.service.view(None)).unwrap()
    }

    /// Every registration of an object, oldest first.
    pub(crate) fn chain(&self, object: ObjectId) -> Vec<Answered> {
        let always = context(Known::During(Some(Period::ALWAYS)), Some(Period::ALWAYS));
        let answer = block_on(self.service.read(&self.view(), object, &always)).unwrap();
        let mut chain = answer.map(|answer| answer.registrations).unwrap_or_default();
        chain.reverse();
        chain
    }

    pub(crate) fn newest(&self, object: ObjectId) -> Option<Answered> {
        self.chain(object).pop()
    }

    /// What a read of one point says.
    pub(crate) fn seen(
        &self,
        view: &MemoryView,
        class: &Class,
        object: ObjectId,
        known: KnownAt,
        at: Timestamp<ValidTime>,
    ) -> Seen {
        let known = match known {
            KnownAt::Latest => Known::Latest,
            KnownAt::Instant(at) => Known::at(at),
        };
        let answer = block_on(self.service.read(view, object, &context(known, Period::instant(at)))).unwrap();
        let registration = answer.map(|mut answer| answer.registrations.remove(0).registration);
        registration.map_or_else(Seen::default, |found| Seen::at(class, found.lifecycle, &found.content, at))
    }
}

pub(crate) fn context(known: Known, valid: Option<Period<ValidTime>>) -> TimeContext {
    TimeContext { known, valid, now: Timestamp::from_micros(0).unwrap() }
}

pub(crate) fn objects(class: &Class) -> Vec<ObjectId> {
    (1..=4).map(|number| ObjectId { class: class.id, uuid: Uuid::from_u128(number) }).collect()
}

/// What is stated at one point, part by part, and by which readings the object counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    pub(crate) parts: BTreeMap<FieldId, Vec<Statement>>,
    /// The values of each field.
    pub(crate) fields: BTreeMap<FieldId, Vec<Statement>>,
    pub(crate) present: bool,
    pub(crate) stated: bool,
    pub(crate) registered: bool,
}

impl Seen {
    pub(crate) fn at(class: &Class, lifecycle: LifeCycle, content: &Content, at: Timestamp<ValidTime>) -> Self {
        let deleted = lifecycle == LifeCycle::Deleted;
        let mut seen = Self { stated: !deleted, registered: true, ..Self::default() };
        seen.present = !deleted && class.presence.is_none();
        for (group, row) in content.all_attributes().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
            if row.effect.valid.contains(at) {
                let values: Vec<_> = row.values().map(|(field, value)| (field, value.clone())).collect();
                for (field, value) in &values {
                    seen.fields.entry(*field).or_default().push(Statement::Value(value.clone()));
                }
                seen.parts.entry(group).or_default().push(Statement::Row(values));
            }
        }
        for (state, row) in content.all_states().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
            if row.effect.valid.contains(at) {
                seen.parts.entry(state).or_default().push(Statement::State(row.value));
                let presence = class.presence.map(|presence| (presence.state, presence.value));
                seen.present |= !deleted && presence == Some((state, row.value));
            }
        }
        for (relation, row) in content.all_relations().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row))) {
            if row.effect.valid.contains(at) {
                let target = Statement::Target(row.target.clone(), row.object_type.clone());
                seen.parts.entry(relation).or_default().push(target);
            }
        }
        seen.parts.values_mut().chain(seen.fields.values_mut()).for_each(|statements| statements.sort());
        seen
    }

    pub(crate) fn counts(&self, reading: Reading) -> bool {
        match reading {
            Reading::Present => self.present,
            Reading::Rows => self.stated,
            Reading::Registered => self.registered,
        }
    }

    /// The statements of a group, field, state or relation.
    pub(crate) fn of(&self, part: FieldId) -> &[Statement] {
        self.parts.get(&part).or_else(|| self.fields.get(&part)).map_or(&[], Vec::as_slice)
    }

    /// The parts and fields that another point does not state the same of.
    pub(crate) fn differing(&self, other: &Self) -> Vec<FieldId> {
        let ids = [self, other].into_iter().flat_map(|seen| seen.parts.keys().chain(seen.fields.keys()));
        let mut ids: Vec<FieldId> = ids.copied().filter(|id| self.of(*id) != other.of(*id)).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// As known when: at every registration of anything, just before, and latest.
pub(crate) fn knowns(told: &Told, class: &Class) -> Vec<KnownAt> {
    let chains = objects(class).into_iter().flat_map(|object| told.chain(object));
    let instants = chains.flat_map(|answered| {
        let at = answered.registered.from();
        [at, Timestamp::<TransactionTime>::from_micros(at.micros().unwrap() - 1).unwrap()]
    });
    let mut knowns: Vec<_> = instants.collect();
    knowns.sort();
    knowns.dedup();
    knowns.into_iter().map(KnownAt::Instant).chain([KnownAt::Latest]).collect()
}

/// A view whose position is beyond doubt.
pub(crate) fn pinned(told: &Told) -> MemoryView {
    let view = told.view();
    assert!(view.position().0 > 0);
    view
}
