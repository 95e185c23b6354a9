//! What history reads of a store: calls by the page, whatever the number of objects.

use lora_core::history::{
    Between, Chronology, Difference, Differences, Exposures, Matter, Point, Ranking, Standing, differences, league,
    registrations,
};
use lora_core::object::{AttributeRow, Content, Effect, ObjectId, RelationRow, StateRow, Target};
use lora_core::query::eval::Command;
use lora_core::query::execute::Limits;
use lora_core::query::{Direction, Filter, Reading, Related, Selection, Steps};
use lora_core::schema::{Class, Value};
use lora_core::service::By;
use lora_core::storage::{KnownAt, MemoryView};
use lora_core::testing::Watched;
use lora_core::time::{Period, Timestamp, TransactionTime};
use pollster::block_on;
use uuid::Uuid;

use crate::support::{Told, valid};

/// How many objects history looks at together.
const PART: usize = 64;
/// How many registrations of theirs a call gives.
const TOGETHER: usize = 2 * PART;

const ROOT: u128 = 1;
const HEADS: u128 = 10;
const UNITS: u128 = 1_000;

/// Two heads below a root, and units below one of the heads each, all active; renamed so many times afterwards.
struct Town {
    told: Told,
    class: Class,
    /// Before anything was renamed.
    founded: Timestamp<TransactionTime>,
    units: Vec<ObjectId>,
}

impl Town {
    fn of(units: usize, renamed: usize) -> Self {
        let told = Told::nothing();
        let class = told.service.schema().class_named("organisation_unit").unwrap().clone();
        let object = |number: u128| ObjectId { class: class.id, uuid: Uuid::from_u128(number) };
        let units: Vec<ObjectId> = (0..units as u128).map(|number| object(UNITS + number)).collect();
        let mut town = Self { told, class: class.clone(), founded: Timestamp::NEG_INFINITY, units };
        town.put(object(ROOT), "root", None);
        (0..2).for_each(|number| town.put(object(HEADS + number), "head", Some(ROOT)));
        for unit in town.units.clone() {
            town.put(unit, "unit", Some(HEADS + unit.uuid.as_u128() % 2));
        }
        town.founded = town.last();
        for time in 0..renamed {
            for unit in town.units.clone() {
                town.put(unit, &format!("unit {time}"), Some(HEADS + unit.uuid.as_u128() % 2));
            }
        }
        town
    }

    fn put(&self, object: ObjectId, name: &str, parent: Option<u128>) {
        let since = || Effect::during(Period::since(valid(10)).unwrap());
        let (group, field) = self.class.fields().find(|(_, field)| field.name == "user_key").unwrap();
        let presence = self.class.presence.unwrap();
        let mut content = Content::EMPTY;
        content.set_attributes(group.id, vec![AttributeRow::new([(field.id, Value::from(name))], since())]);
        content.set_states(presence.state, vec![StateRow { value: presence.value, effect: since() }]);
        let parent = parent.map(|number| Target::Uuid(Uuid::from_u128(number)));
        let rows = parent.map(|target| RelationRow { target, object_type: None, effect: since() });
        content.set_relations(self.parent(), rows.into_iter().collect());
        self.told.tell(object, &Command::Import(content), By::default()).unwrap();
    }

    fn parent(&self) -> lora_core::schema::FieldId {
        self.class.relations.iter().find(|relation| relation.name == "parent").unwrap().id
    }

    fn last(&self) -> Timestamp<TransactionTime> {
        let last = self.units.last().unwrap();
        self.told.chain(*last).last().unwrap().registered.from()
    }

    fn view(&self) -> Watched<MemoryView> {
        Watched::new(self.told.view())
    }

    fn select(&self, filter: Filter) -> Selection {
        Selection { class: self.class.id, reading: Reading::Present, filter }
    }

    /// What was founded, against what is known now.
    fn between(&self) -> Between {
        let point = |known| Point { known, valid: valid(20) };
        Between { from: point(KnownAt::Instant(self.founded)), to: point(KnownAt::Latest) }
    }

    fn above(&self, steps: Steps, head: Filter) -> Related {
        let (relation, to) = (self.parent(), self.select(head));
        Related { relation, direction: Direction::Forward, object_type: None, steps, to }
    }

    /// Below the root.
    fn subtree(&self) -> Selection {
        let root = Filter::Object(vec![Uuid::from_u128(ROOT)]);
        let steps = Steps::Many { from_itself: true, through: None };
        self.select(Filter::Related(Box::new(self.above(steps, root))))
    }

    /// Those of the units, and how many calls it took to find them.
    fn differences(&self) -> (Vec<Difference>, usize) {
        let (view, declarations) = (self.view(), self.told.service.declarations());
        let found = differences(&view, declarations, &self.units, self.between(), Reading::Present);
        (block_on(found).unwrap(), view.effort().calls)
    }

    fn selected(&self, select: &Selection) -> (Vec<Difference>, usize) {
        let (view, mut found) = (self.view(), Vec::new());
        let mut all = Differences::new(select, self.between(), None, Limits::NONE);
        while let Some(part) = block_on(all.next(&view, self.told.service.declarations())).unwrap() {
            found.extend(part);
        }
        (found, view.effort().calls)
    }

    /// Everybody became active before that was known.
    fn exposures(&self) -> Exposures {
        let presence = self.class.presence.unwrap();
        let active = Filter::State { state: presence.state, values: vec![presence.value] };
        let matter = Matter { select: self.select(active), ended: false };
        Exposures::new(matter, Point { known: KnownAt::Latest, valid: valid(20) }, None, Limits::NONE)
    }

    fn exposed(&self) -> (usize, usize) {
        let (view, mut all, mut found) = (self.view(), self.exposures(), 0);
        while let Some(part) = block_on(all.next(&view, self.told.service.declarations())).unwrap() {
            found += part.len();
        }
        (found, view.effort().calls)
    }

    fn league(&self, depth: usize) -> (Vec<Standing>, usize) {
        let (view, mut all) = (self.view(), self.exposures());
        let path = vec![self.above(Steps::One, Filter::EVERYWHERE); depth];
        let table = league(&view, self.told.service.declarations(), &mut all, &path, Ranking::Total);
        (block_on(table).unwrap(), view.effort().calls)
    }
}

#[test]
fn objects_are_compared_with_two_calls_a_part_and_one_for_each_page_of_what_lies_between() {
    for (units, renamed) in [(1, 1), (60, 1), (PART, 1), (600, 1), (60, 4), (600, 4)] {
        let town = Town::of(units, renamed);
        let (found, calls) = town.differences();
        assert!(found.iter().all(|difference| difference.causes.len() == renamed), "each new name is a cause");
        // Of each object also the registration before is read, against which the first of them changed something.
        let pages = |objects: usize| (objects * (1 + renamed)).div_ceil(TOGETHER);
        let expected: usize = town.units.chunks(PART).map(|part| 1 + pages(part.len())).sum();
        assert_eq!((found.len(), calls), (units, expected), "{units} units, renamed {renamed} times");
    }
}

#[test]
fn what_is_not_known_otherwise_needs_no_chain() {
    let town = Town::of(300, 1);
    let same = Point { known: KnownAt::Instant(town.founded), valid: valid(20) };
    let view = town.view();
    let between = Between { from: Point { valid: valid(0), ..same }, to: same };
    let found = differences(&view, town.told.service.declarations(), &town.units, between, Reading::Present);
    assert!(block_on(found).unwrap().iter().all(|difference| difference.there == [false, true]));
    assert_eq!(view.effort().calls, 300_usize.div_ceil(PART));
}

/// A selection, a subtree, exposures and a league table.
#[test]
fn sets_take_as_many_calls_for_a_few_objects_as_for_a_part_of_them() {
    let effort = |units| {
        let town = Town::of(units, 1);
        let ((all, of_all), (below, of_below)) =
            (town.selected(&town.select(Filter::EVERYWHERE)), town.selected(&town.subtree()));
        assert_eq!((all.len(), below.len()), (units, units), "neither the root nor the heads were renamed");
        let ((exposed, of_exposures), (league, of_league)) = (town.exposed(), town.league(2));
        assert_eq!(exposed, units + 3);
        let objects = league.iter().map(|standing| standing.objects).collect::<Vec<_>>();
        assert_eq!(objects, [units as u64, 3], "those below the root, and those above whom nobody stands twice");
        [of_all, of_below, of_exposures, of_league]
    };
    let few = effort(4);
    assert_eq!(few, [4, 10, 3, 8]);
    assert_eq!(effort(60), few);
    let parts = 600_usize.div_ceil(PART);
    for (many, few) in effort(600).into_iter().zip(few) {
        assert!(many <= parts * few, "{many} calls for {parts} parts, {few} for one");
    }
}

#[test]
fn a_chain_is_read_in_pages() {
    let town = Town::of(1, 99);
    for (chronology, newest) in [(Chronology::OldestFirst, 0), (Chronology::NewestFirst, 1)] {
        let view = town.view();
        let found = registrations(&view, town.told.service.declarations(), town.units[0], chronology, None, 1_000);
        assert_eq!(block_on(found).unwrap().len(), 100);
        assert_eq!(view.effort().calls, newest + 100_usize.div_ceil(16), "{chronology:?}");
    }
}
