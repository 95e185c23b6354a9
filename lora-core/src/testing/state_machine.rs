//! A store under the service against the definition: any script of commands and questions, shrunk to a short one.
//!
//! The script runs on a real service with a clock that steps forwards and back; the definition (`query::eval`) hears of
//! each command with the position and instant that the store gave it.
//! After that, and between, both answer the same questions: at the newest position, and at positions gone by.
//! Between two commands may happen to the store whatever its [`Stand`] knows of: it is closed and opened again, or lost
//! its index.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use super::SmallAxis;
use crate::Service;
use crate::check::check;
use crate::codec::Frame;
use crate::error::Error;
use crate::object::lifecycle::TransitionError;
use crate::object::{Content, LifeCycle, ObjectId, Position};
use crate::oio::shipped_classes;
use crate::query::eval::{Command, Outcome, Refusal, SeenRegistration, Stamp, World, consolidated};
use crate::query::{Known, Search, TimeContext};
use crate::schema::{ClassId, Ids, Schema};
use crate::service::{Answered, By, History, Written};
use crate::storage::{Read, Storage, Wait};
use crate::time::{Clock, ManualClock, Period, Timestamp, TransactionTime};

/// A kind of store, and what may happen to one.
pub trait Stand {
    /// The store under test.
    type Store: Storage;
    /// Something that a store must outlive without a trace.
    type Event: Debug + Clone;

    /// An empty store whose instants come from `clock`.
    fn empty(&mut self, clock: Arc<ManualClock>) -> Self::Store;

    /// Runs a future to its end, with whatever runtime the store needs; the other methods are called outside of it.
    fn run<F: Future>(&self, future: F) -> F::Output {
        pollster::block_on(future)
    }

    /// Lets it happen to the only handle on the store, and gives back the store as it is afterwards.
    fn happen(&mut self, event: &Self::Event, store: Self::Store, clock: Arc<ManualClock>) -> Self::Store;
}

/// The classes that scripts are about: one with a derived term and two groups, one with keywords, one with a list.
const CLASSES: [&str; 4] = ["user", "class", "it_system", "organisation_function"];

const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 12 };

/// A step of a script.
#[derive(Debug, Clone)]
pub enum Act<E> {
    /// Any command, with its actor and note.
    Command(Uuid, Command, By),
    /// A registration of another register, so many microseconds after the object's newest.
    History(Uuid, LifeCycle, Content, i64),
    /// Sets the clock, also back.
    Clock(i64),
    /// A search, at one of the positions so far.
    Search(Box<Search>, Index),
    /// A read and a list, at one of the positions so far.
    Read(Uuid, TimeContext, Index),
    /// Something that happens to the store.
    Event(E),
}

fn schema() -> Schema {
    Schema::new(&shipped_classes(), Ids::default()).unwrap()
}

/// A script about objects of one class; of 24 acts about three are events, where there are any.
pub fn acts<E: Debug + Clone + 'static>(
    event: Option<BoxedStrategy<E>>,
) -> impl Strategy<Value = (ClassId, Vec<Act<E>>)> {
    let valid = SmallAxis::default();
    let of_class = move |name: &'static str| {
        let schema = schema();
        let class = schema.class_named(name).unwrap();
        let by = (super::uuid(), super::text()).prop_map(|(actor, note)| By { actor, note, batch: None });
        let lifecycle = prop_oneof![
            1 => Just(LifeCycle::Created),
            1 => Just(LifeCycle::Imported),
            3 => Just(LifeCycle::Corrected),
            1 => Just(LifeCycle::Passivated),
            1 => Just(LifeCycle::Deleted),
        ];
        let stated = super::content(class, valid);
        let usual = prop_oneof![
            10 => (super::uuid(), super::command(class, valid), by).prop_map(|(uuid, command, by)| Act::Command(uuid, command, by)),
            2 => (super::uuid(), lifecycle, stated, 0..4_i64).prop_map(|(uuid, life, stated, after)| Act::History(uuid, life, stated, after)),
            2 => (990..1_200_i64).prop_map(Act::Clock),
            6 => (super::search(class, valid, REGISTERED), any::<Index>()).prop_map(|(search, at)| Act::Search(Box::new(search), at)),
            4 => (super::uuid(), super::time_context(valid, REGISTERED), any::<Index>()).prop_map(|(uuid, context, at)| Act::Read(uuid, context, at)),
        ];
        let act = match event.clone() {
            Some(event) => prop_oneof![7 => usual, 1 => event.prop_map(Act::Event)].boxed(),
            None => usual.boxed(),
        };
        (Just(class.id), prop::collection::vec(act, 1..24))
    };
    prop::sample::select(CLASSES.to_vec()).prop_flat_map(of_class)
}

/// The system under test beside the definition.
struct Both<S: Stand> {
    stand: S,
    /// Always there, but while something happens to the store.
    service: Option<Service<S::Store>>,
    clock: Arc<ManualClock>,
    class: ClassId,
    world: World,
}

impl<S: Stand> Both<S> {
    fn new(mut stand: S, class: ClassId) -> Self {
        let clock = Arc::new(ManualClock::at(REGISTERED.first).unwrap());
        let store = stand.empty(clock.clone());
        let service = Some(stand.run(service(store)));
        Self { stand, service, clock, class, world: World::default() }
    }

    fn service(&self) -> &Service<S::Store> {
        self.service.as_ref().unwrap()
    }

    fn happen(&mut self, event: &S::Event) {
        let newest = self.newest();
        let store = self.service().store().clone();
        self.service = None;
        let store = self.stand.happen(event, store, self.clock.clone());
        self.service = Some(self.stand.run(service(store)));
        assert_eq!(self.newest(), newest, "{event:?} leaves the store as it was");
    }

    fn object(&self, uuid: Uuid) -> ObjectId {
        ObjectId { class: self.class, uuid }
    }

    fn newest(&self) -> Position {
        self.stand.run(self.service().view(None)).unwrap().position()
    }

    fn run(&mut self, act: &Act<S::Event>) {
        match act {
            Act::Command(uuid, command, by) => self.command(self.object(*uuid), command, by),
            Act::History(uuid, lifecycle, stated, after) => {
                self.history(self.object(*uuid), *lifecycle, stated, *after)
            }
            Act::Clock(micros) => self.clock.set(*micros).unwrap(),
            Act::Search(search, at) => self.search(search, self.one_of_the_positions(*at)),
            Act::Read(uuid, context, at) => self.read(*uuid, context, self.one_of_the_positions(*at)),
            Act::Event(event) => self.happen(event),
        }
    }

    /// The first position shows the declarations of the classes only.
    fn one_of_the_positions(&self, at: Index) -> Position {
        Position(at.index(self.newest().0 as usize) as u64 + 1)
    }

    fn command(&mut self, object: ObjectId, command: &Command, by: &By) {
        let by = by.clone();
        let stamp_by = by.clone();
        let result = self.stand.run(async {
            match command.clone() {
                Command::Create(content) => self.service().create(object, content, by).await,
                Command::Import(content) => self.service().import(object, content, by).await,
                Command::Update(patch) => self.service().update(object, patch, by).await,
                Command::Passivate => self.service().passivate(object, by).await,
                Command::Delete => self.service().delete(object, by).await,
            }
        });
        let (position, registered) = match &result {
            Ok(Written::Registered(receipt)) => (receipt.last, receipt.instant),
            // Where nothing should be registered the definition must not look at the stamp.
            _ => (Position(u64::MAX), Timestamp::INFINITY),
        };
        let stamp = Stamp { actor: stamp_by.actor, note: stamp_by.note, registered, position };
        let schema = self.service().schema().clone();
        let expected = self.world.apply(&schema, object, command, stamp);
        assert_same_outcome(&result, &expected);
    }

    /// A registration of another register is taken as stated, where its time and life cycle fit.
    fn history(&mut self, object: ObjectId, lifecycle: LifeCycle, stated: &Content, after: i64) {
        let newest = self.world.objects().find(|(this, _)| *this == object).and_then(|(_, entries)| entries.last());
        let newest = newest.map(|entry| entry.stamp.registered);
        let base = newest.map_or(REGISTERED.first - 50, |at| at.micros().unwrap());
        let asserted: Timestamp<TransactionTime> = Timestamp::from_micros(base + after).unwrap();
        let content = if lifecycle == LifeCycle::Deleted { Content::EMPTY } else { stated.clone() };
        let now = self.clock.now();
        let history =
            History { object, registered_from: asserted, lifecycle, content: content.clone(), by: By::default() };
        let result = self.stand.run(self.service().import_history(history, now));
        if newest.is_some_and(|newest| asserted <= newest) || asserted > now {
            assert!(matches!(result, Err(Error::Asserted { .. })), "{asserted} was taken after {newest:?}: {result:?}");
            return;
        }
        let Ok(Written::Registered(receipt)) = result else {
            assert!(matches!(result, Err(Error::Transition { .. })), "{result:?}");
            return;
        };
        let stamp = Stamp { actor: Uuid::nil(), note: String::new(), registered: asserted, position: receipt.last };
        self.world.state(object, lifecycle, content, stamp);
    }

    fn search(&self, search: &Search, at: Position) {
        let view = self.stand.run(self.service().view(Some(at))).unwrap();
        let found = self.stand.run(self.service().search(&view, search)).unwrap();
        assert_eq!(found, self.world.search(search, at), "{search:#?} at {at}");
    }

    fn read(&self, uuid: Uuid, context: &TimeContext, at: Position) {
        let view = self.stand.run(self.service().view(Some(at))).unwrap();
        let answer = self.stand.run(self.service().read(&view, self.object(uuid), context)).unwrap();
        let found = answer.map(|answer| answer.registrations.into_iter().map(seen).collect::<Vec<_>>());
        let expected = self.world.read(self.object(uuid), context, at);
        assert_eq!(found, expected, "{uuid} in {context:?} at {at}");

        let whole = self.stand.run(self.service().read(&view, self.object(uuid), &context.always())).unwrap();
        for (answered, whole) in whole.map_or(vec![], |answer| {
            let whole = answer.clone().registrations;
            answer.consolidated(context).registrations.into_iter().zip(whole).collect()
        }) {
            let expected = consolidated(&whole.registration.content, context.valid);
            assert_eq!(answered.registration.content, expected, "{uuid} consolidated in {context:?}");
        }

        let uuids: Vec<Uuid> = (0..=5).rev().map(Uuid::from_u128).collect();
        let listed = self.stand.run(self.service().list(&view, self.class, &uuids, context)).unwrap();
        let listed: Vec<_> = listed
            .into_iter()
            .map(|answer| (answer.object.uuid, answer.registrations.into_iter().map(seen).collect::<Vec<_>>()))
            .collect();
        let mut expected = Vec::new();
        for uuid in uuids.into_iter().rev() {
            let read = self.world.read(self.object(uuid), context, at);
            let kept = read.filter(|seen| seen[0].lifecycle != LifeCycle::Deleted);
            expected.extend(kept.map(|seen| (uuid, seen)));
        }
        assert_eq!(listed, expected, "{context:?} at {at}");
    }

    /// What must hold of the ledger itself.
    fn check_ledger(&self) {
        let entries = self.stand.run(self.service().store().ledger(Position(0), usize::MAX, Wait::Never)).unwrap();
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(entry.position, Position(index as u64 + 1), "positions are gapless");
            assert!(index == 0 || entries[index - 1].instant < entry.instant, "instants rise");
            if let Ok(registration) = entry.frame.registration() {
                assert_eq!(Frame::of(&registration, entry.frame.salt), *entry.frame, "the bytes are canonical");
            }
        }
    }
}

async fn service<T: Storage>(store: T) -> Service<T> {
    Service::open(store, shipped_classes(), || [3; 16]).await.unwrap()
}

fn seen(answered: Answered) -> SeenRegistration {
    let registration = answered.registration;
    SeenRegistration {
        position: answered.position,
        registered: answered.registered,
        lifecycle: registration.lifecycle,
        actor: registration.actor,
        note: registration.note,
        content: registration.content,
    }
}

fn assert_same_outcome(result: &Result<Written, Error>, expected: &Outcome) {
    let same = match (result, expected) {
        (Ok(Written::Registered(_)), Outcome::Registered(_)) | (Ok(Written::Unchanged), Outcome::Unchanged) => true,
        (Err(Error::Content { .. }), Outcome::Refused(Refusal::Flawed(_))) => true,
        (Err(Error::Transition { source, .. }), Outcome::Refused(refusal)) => match (source, refusal) {
            (TransitionError::Unknown, Refusal::Unknown) | (TransitionError::Exists, Refusal::Exists) => true,
            (TransitionError::Illegal { from, .. }, Refusal::Illegal(expected)) => from == expected,
            _ => false,
        },
        _ => false,
    };
    assert!(same, "the service says {result:?}, the definition {expected:?}");
}

/// Runs a script on a store of a kind.
///
/// # Panics
/// Where the store and the definition differ.
pub fn run<S: Stand>(stand: S, class: ClassId, acts: &[Act<S::Event>]) {
    let mut both = Both::new(stand, class);
    for act in acts {
        both.run(act);
    }
    let newest = both.newest();
    for known in [Known::Latest, Known::During(Some(Period::ALWAYS))] {
        let context = TimeContext { known, ..TimeContext::now(both.clock.now()).always() };
        for number in 0..=5 {
            both.read(Uuid::from_u128(number), &context, newest);
        }
    }
    both.check_ledger();
    let report = both.stand.run(check(both.service().store(), |_| {})).expect("the store can be read");
    assert!(report.is_clean(), "{report}");
}
