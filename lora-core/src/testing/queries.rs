//! Queries of a store against the definition: any classes, any script about their objects, shrunk to a short one.
//!
//! As in the [state machine](super::state_machine) a script runs on a real service and on the definition. Here it is
//! about objects of several classes that point at each other, the classes may be declared anew in between, and what is
//! asked is the whole language of filters: which objects are found, at which points, in which order, and how many of each kind.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use super::SmallAxis;
pub use super::both::Stand;
use super::both::{Both, REGISTERED};
use super::classes::{classes, declared_anew};
use super::filters::{parts, query};
use super::linked::{linked_command, linked_content};
use crate::object::{Content, LifeCycle, ObjectId, Position};
use crate::query::eval::{Command, FoundAt, Grouped};
use crate::query::execute::{Group, Limits, OrderValue, Rank, find, ranked, tally};
use crate::query::{Found, Query, fold};
use crate::schema::{Class, ClassDeclaration, Ids, Schema, Value};
use crate::service::By;
use crate::storage::{Read, Storage};
use crate::time::{Band, Region};

pub(super) const VALID: SmallAxis = SmallAxis { first: 0, step: 10, count: 6 };

/// Classes, and what is done with their objects.
#[derive(Debug, Clone)]
pub struct Script<E> {
    /// The classes at first.
    pub classes: Vec<ClassDeclaration>,
    /// What is done, and asked in between.
    pub acts: Vec<Act<E>>,
    /// What is asked at the end.
    pub queries: Vec<Query>,
}

/// A step of a script.
#[derive(Debug, Clone)]
pub enum Act<E> {
    /// Any command, with its actor and note.
    Command(ObjectId, Command, By),
    /// A registration of another register, so many microseconds after the object's newest.
    History(ObjectId, LifeCycle, Content, i64),
    /// Sets the clock, also back.
    Clock(i64),
    /// Declares the classes anew, with other presences and derived terms.
    Declare(Vec<ClassDeclaration>),
    /// A query, at one of the positions so far.
    Query(Box<Query>, Index),
    /// Something that happens to the store.
    Event(E),
}

/// A query, and what was found.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The query.
    pub query: Query,
    /// The objects found.
    pub found: Vec<FoundAt>,
    /// How many objects of the class there are, also deleted ones.
    pub objects: usize,
}

/// A script about objects of a few classes; of 16 acts about two are events, where there are any.
pub fn script<E: Debug + Clone + 'static>(event: Option<BoxedStrategy<E>>) -> impl Strategy<Value = Script<E>> {
    classes().prop_flat_map(move |declared| {
        let schema = Schema::new(&declared, Ids::default()).unwrap();
        let made = made(&schema);
        let further = vec(act(&schema, &declared, event.clone()), 1..16);
        let queries = vec(query(&schema, VALID, REGISTERED), 1..8);
        (Just(declared), made, further, queries).prop_map(|(classes, made, further, queries)| {
            let acts = made.into_iter().flatten().chain(further).collect();
            Script { classes, acts, queries }
        })
    })
}

fn by() -> impl Strategy<Value = By> + Clone {
    (super::uuid(), super::text()).prop_map(|(actor, note)| By { actor, note, batch: None })
}

/// Most of four objects of each class, made one step of the clock after the other.
pub(super) fn made<E: Debug + Clone + 'static>(schema: &Schema) -> impl Strategy<Value = Vec<Vec<Act<E>>>> + use<E> {
    let mut made = Vec::new();
    for number in 1..=4 {
        for class in schema.classes() {
            let object = ObjectId { class: class.id, uuid: Uuid::from_u128(number) };
            let clock = Act::Clock(REGISTERED.first + REGISTERED.step * (number as i64 - 1));
            let content = option::weighted(0.8, (linked_content(class, VALID), by()));
            let acts = content.prop_map(move |made| match made {
                Some((content, by)) => vec![clock.clone(), Act::Command(object, Command::Create(content), by)],
                None => vec![],
            });
            made.push(acts.boxed());
        }
    }
    made
}

/// Instants at which scripts are registered, and beside them.
pub(super) fn clock() -> impl Strategy<Value = i64> + Clone {
    let last = REGISTERED.first + REGISTERED.step * i64::from(REGISTERED.count);
    REGISTERED.first - 10..last
}

/// A command or a registration of another register, on an object of any class.
pub(super) fn written<E: Debug + Clone + 'static>(schema: &Schema) -> BoxedStrategy<Act<E>> {
    let of_class = |class: &Class| {
        let id = class.id;
        let object = super::uuid().prop_map(move |uuid| ObjectId { class: id, uuid });
        let lifecycle = proptest::sample::select(vec![LifeCycle::Imported, LifeCycle::Corrected, LifeCycle::Deleted]);
        let command = (object.clone(), linked_command(class, VALID), by());
        let history = (object, lifecycle, linked_content(class, VALID), 0..40_i64);
        prop_oneof![
            8 => command.prop_map(|(object, command, by)| Act::Command(object, command, by)),
            1 => history.prop_map(|(object, life, content, after)| Act::History(object, life, content, after)),
        ]
        .boxed()
    };
    proptest::strategy::Union::new(schema.classes().iter().map(of_class)).boxed()
}

fn act<E: Debug + Clone + 'static>(
    schema: &Schema,
    declared: &[ClassDeclaration],
    event: Option<BoxedStrategy<E>>,
) -> BoxedStrategy<Act<E>> {
    let asked = (query(schema, VALID, REGISTERED), any::<Index>());
    let usual = prop_oneof![
        8 => written(schema),
        3 => clock().prop_map(Act::Clock),
        1 => declared_anew(declared).prop_map(Act::Declare),
        2 => asked.prop_map(|(query, at)| Act::Query(Box::new(query), at)),
    ];
    match event {
        Some(event) => prop_oneof![7 => usual, 1 => event.prop_map(Act::Event)].boxed(),
        None => usual.boxed(),
    }
}

/// The points that squares hold together.
pub fn region(found: &FoundAt) -> Region {
    let bands = found.squares.chunk_by(|(one, _), (other, _)| one == other);
    let band =
        |squares: &[(_, _)]| Band { known: squares[0].0, valid: squares.iter().map(|(_, valid)| *valid).collect() };
    bands.map(band).collect()
}

impl<S: Stand> Both<S> {
    pub(super) fn run(&mut self, act: &Act<S::Event>) {
        match act {
            Act::Command(object, command, by) => self.command(*object, command, by),
            Act::History(object, lifecycle, stated, after) => self.history(*object, *lifecycle, stated, *after),
            Act::Clock(micros) => self.clock.set(*micros).unwrap(),
            Act::Declare(classes) => self.declare(classes),
            Act::Query(query, at) => {
                self.ask(query, self.one_of_the_positions(*at));
            }
            Act::Event(event) => self.happen(event),
        }
    }

    /// Both are asked a query at a position, and must find the same objects at the same points in the same order.
    fn ask(&self, query: &Query, at: Position) -> Asked {
        let view = self.stand.run(self.service().view(Some(at))).unwrap();
        let declarations = self.service().declarations();
        let expected = self.world.found(&|class, position| declarations.class(class, position), query, at);
        let found = self.stand.run(find(&view, declarations, query)).unwrap();
        let same = expected.iter().map(|found| Found { object: found.object, points: region(found) });
        assert_eq!(found, same.collect::<Vec<_>>(), "left the executor, right the definition, of {query:#?} at {at}");
        assert_eq!(self.in_pages(&view, query), found, "pages make up the whole answer to {query:#?} at {at}");
        self.tally(&view, query, found.len());
        let objects = self.world.objects().filter(|(object, _)| object.class == query.select.class).count();
        Asked { query: query.clone(), found: expected, objects }
    }

    /// Both count what they find by one of the class's parts.
    fn tally(&self, view: &<S::Store as Storage>::View, query: &Query, found: usize) {
        let (declarations, at) = (self.service().declarations(), view.position());
        let parts = parts(self.service().schema().class(query.select.class).unwrap());
        let part = parts[(query.select.filter.size() + found) % parts.len()];
        let expected = self.world.tallied(&|class, position| declarations.class(class, position), query, part, at);
        let counted = self.stand.run(tally(view, declarations, query, Some(part), Limits::NONE)).unwrap();
        let group = |(group, count): (Option<Grouped>, u64)| (group.map(group_of), count);
        assert_eq!(counted.groups, expected.into_iter().map(group).collect(), "{part:?} of {query:#?} at {at}");
        assert_eq!(counted.objects, found as u64);
    }

    /// The same answer, two objects at a time.
    fn in_pages(&self, view: &<S::Store as Storage>::View, query: &Query) -> Vec<Found> {
        let (mut found, mut last): (Vec<Found>, Option<Rank>) = (Vec::new(), None);
        loop {
            let page = ranked(view, self.service().declarations(), query, last.as_ref(), 2, Limits::NONE);
            let page = self.stand.run(page).unwrap();
            assert!(page.len() <= 2, "{page:?}");
            let Some((rank, _)) = page.last() else { return found };
            last = Some(rank.clone());
            found.extend(page.into_iter().map(|(_, found)| found));
        }
    }
}

fn group_of(group: Grouped) -> Group {
    match group {
        Grouped::Value(Value::Text(text)) => Group::Value(OrderValue::Text(fold(&text), text)),
        Grouped::Value(Value::Integer(number)) => Group::Value(OrderValue::Number(number)),
        Grouped::Value(value) => Group::Value(OrderValue::Number((value == Value::Boolean(true)).into())),
        Grouped::State(value) => Group::State(value),
        Grouped::Target(target) => Group::Target(target),
    }
}

/// Runs a script on a store of a kind, and says what was asked at the end.
///
/// # Panics
/// Where the store and the definition differ.
pub fn run<S: Stand>(stand: S, script: &Script<S::Event>) -> Vec<Asked> {
    let mut both = Both::new(stand, script.classes.clone());
    script.acts.iter().for_each(|act| both.run(act));
    let newest = both.newest();
    let asked = script.queries.iter().map(|query| both.ask(query, newest)).collect();
    both.check();
    asked
}
