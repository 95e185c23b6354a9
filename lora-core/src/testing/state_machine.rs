//! A store under the service against the definition: any script of commands and questions, shrunk to a short one.
//!
//! The script runs on a real service with a clock that steps forwards and back; the definition (`query::eval`) hears of
//! each command with the position and instant that the store gave it.
//! After that, and between, both answer the same questions: at the newest position, and at positions gone by.
//! Between two commands may happen to the store whatever its [`Stand`] knows of: it is closed and opened again, or lost
//! its index.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use super::SmallAxis;
pub use super::both::Stand;
use super::both::{Both, REGISTERED};
use crate::object::{Content, LifeCycle, ObjectId, Position};
use crate::oio::shipped_classes;
use crate::query::eval::{Command, SeenRegistration, consolidated};
use crate::query::{Known, Search, TimeContext};
use crate::schema::{ClassId, Ids, Schema};
use crate::service::{Answered, By};
use crate::time::{Clock, Period};

/// The classes that scripts are about: one with a derived term and two groups, one with keywords, one with a list.
const CLASSES: [&str; 4] = ["user", "class", "it_system", "organisation_function"];

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

/// A service of the shipped classes beside the definition, and the class that a script is about.
struct Machine<S: Stand> {
    both: Both<S>,
    class: ClassId,
}

impl<S: Stand> Machine<S> {
    fn object(&self, uuid: Uuid) -> ObjectId {
        ObjectId { class: self.class, uuid }
    }

    fn run(&mut self, act: &Act<S::Event>) {
        match act {
            Act::Command(uuid, command, by) => self.both.command(self.object(*uuid), command, by),
            Act::History(uuid, lifecycle, stated, after) => {
                self.both.history(self.object(*uuid), *lifecycle, stated, *after)
            }
            Act::Clock(micros) => self.both.clock.set(*micros).unwrap(),
            Act::Search(search, at) => self.search(search, self.both.one_of_the_positions(*at)),
            Act::Read(uuid, context, at) => self.read(*uuid, context, self.both.one_of_the_positions(*at)),
            Act::Event(event) => self.both.happen(event),
        }
    }

    fn search(&self, search: &Search, at: Position) {
        let view = self.both.stand.run(self.both.service().view(Some(at))).unwrap();
        let found = self.both.stand.run(self.both.service().search(&view, search)).unwrap();
        assert_eq!(found, self.both.world.search(search, at), "{search:#?} at {at}");
    }

    fn read(&self, uuid: Uuid, context: &TimeContext, at: Position) {
        let view = self.both.stand.run(self.both.service().view(Some(at))).unwrap();
        let answer = self.both.stand.run(self.both.service().read(&view, self.object(uuid), context)).unwrap();
        let found = answer.map(|answer| answer.registrations.into_iter().map(seen).collect::<Vec<_>>());
        let expected = self.both.world.read(self.object(uuid), context, at);
        assert_eq!(found, expected, "{uuid} in {context:?} at {at}");

        let whole = self.both.stand.run(self.both.service().read(&view, self.object(uuid), &context.always())).unwrap();
        for (answered, whole) in whole.map_or(vec![], |answer| {
            let whole = answer.clone().registrations;
            answer.consolidated(context).registrations.into_iter().zip(whole).collect()
        }) {
            let expected = consolidated(&whole.registration.content, context.valid);
            assert_eq!(answered.registration.content, expected, "{uuid} consolidated in {context:?}");
        }

        let uuids: Vec<Uuid> = (0..=5).rev().map(Uuid::from_u128).collect();
        let listed = self.both.stand.run(self.both.service().list(&view, self.class, &uuids, context)).unwrap();
        let listed: Vec<_> = listed
            .into_iter()
            .map(|answer| (answer.object.uuid, answer.registrations.into_iter().map(seen).collect::<Vec<_>>()))
            .collect();
        let mut expected = Vec::new();
        for uuid in uuids.into_iter().rev() {
            let read = self.both.world.read(self.object(uuid), context, at);
            let kept = read.filter(|seen| seen[0].lifecycle != LifeCycle::Deleted);
            expected.extend(kept.map(|seen| (uuid, seen)));
        }
        assert_eq!(listed, expected, "{context:?} at {at}");
    }
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

/// Runs a script on a store of a kind.
///
/// # Panics
/// Where the store and the definition differ.
pub fn run<S: Stand>(stand: S, class: ClassId, acts: &[Act<S::Event>]) {
    let mut machine = Machine { both: Both::new(stand, shipped_classes()), class };
    for act in acts {
        machine.run(act);
    }
    let newest = machine.both.newest();
    for known in [Known::Latest, Known::During(Some(Period::ALWAYS))] {
        let context = TimeContext { known, ..TimeContext::now(machine.both.clock.now()).always() };
        for number in 0..=5 {
            machine.read(Uuid::from_u128(number), &context, newest);
        }
    }
    machine.both.check();
}
