//! What a query reads: calls of the store as many as the question is deep, and nothing decoded that the index tells.

use std::sync::{Arc, LazyLock};

use lora_core::Service;
use lora_core::object::{AttributeRow, Content, Effect, ObjectId, RelationRow, StateRow, Target};
use lora_core::oio::shipped_classes;
use lora_core::query::{
    Criterion, Direction, Filter, Known, Page, Pattern, Query, Reading, Related, Search, Selection, Steps, Test,
    TimeContext, execute,
};
use lora_core::schema::{Class, Value};
use lora_core::service::By;
use lora_core::storage::MemoryStore;
use lora_core::testing::{Effort, Watched};
use lora_core::time::{Clock, ManualClock, Period, Timestamp};
use pollster::block_on;
use uuid::Uuid;

/// A unit with ten units below it, a hundred below these, and a thousand below those; each has an engagement.
const UNITS: u128 = 1_111;

struct Town {
    service: Service<MemoryStore>,
    units: Class,
    functions: Class,
}

static TOWN: LazyLock<Town> = LazyLock::new(Town::founded);

impl Town {
    fn founded() -> Self {
        let clock = Arc::new(ManualClock::at(0).unwrap());
        let service = Service::open(MemoryStore::new(clock), shipped_classes(), || [3; 16]);
        let service = block_on(service).unwrap();
        let class = |name| service.schema().class_named(name).unwrap().clone();
        let (units, functions) = (class("organisation_unit"), class("organisation_function"));
        for number in 0..UNITS {
            let parent = (number > 0).then(|| ("parent", Uuid::from_u128(1 + (number - 1) / 10)));
            put(&service, &units, 1 + number, &format!("unit {number}"), parent.as_slice());
            let unit = [("associated_units", Uuid::from_u128(1 + number))];
            put(&service, &functions, 10_000 + number, &format!("function {number}"), &unit);
        }
        Self { service, units, functions }
    }

    fn unit(&self, filter: Filter) -> Selection {
        Selection { class: self.units.id, reading: Reading::Present, filter }
    }

    fn function(&self, filter: Filter) -> Selection {
        Selection { class: self.functions.id, reading: Reading::Present, filter }
    }

    /// Of which unit something is below, or which it is.
    fn below(&self, unit: u128) -> Filter {
        Filter::Related(Box::new(Related {
            relation: relation(&self.units, "parent"),
            direction: Direction::Forward,
            object_type: None,
            steps: Steps::Many { from_itself: true, through: None },
            to: self.unit(Filter::Object(vec![Uuid::from_u128(unit)])),
        }))
    }

    fn in_unit(&self, unit: Selection) -> Filter {
        Filter::Related(Box::new(Related {
            relation: relation(&self.functions, "associated_units"),
            direction: Direction::Forward,
            object_type: None,
            steps: Steps::One,
            to: unit,
        }))
    }

    fn has_function(&self, function: Selection) -> Filter {
        Filter::Related(Box::new(Related {
            relation: relation(&self.functions, "associated_units"),
            direction: Direction::Backward,
            object_type: None,
            steps: Steps::One,
            to: function,
        }))
    }

    fn keyed(class: &Class, pattern: &str) -> Filter {
        let field = class.fields().find(|(_, field)| field.name == "user_key").unwrap().1.id;
        Filter::Field { field, test: Test::Like(Pattern::parse(pattern).unwrap()) }
    }
}

fn relation(class: &Class, name: &str) -> lora_core::schema::FieldId {
    class.relations.iter().find(|relation| relation.name == name).unwrap().id
}

fn put(service: &Service<MemoryStore>, class: &Class, number: u128, key: &str, targets: &[(&str, Uuid)]) {
    let always = || Effect::during(Period::ALWAYS);
    let mut content = Content::EMPTY;
    let (group, field) = class.fields().find(|(_, field)| field.name == "user_key").unwrap();
    let row = AttributeRow::new([(field.id, Value::Text(key.to_owned()))], always());
    content.set_attributes(group.id, vec![row]);
    let state = &class.states[0];
    content.set_states(state.id, vec![StateRow { value: state.values[0].id, effect: always() }]);
    for (name, target) in targets {
        let row = RelationRow { target: Target::Uuid(*target), object_type: None, effect: always() };
        content.set_relations(relation(class, name), vec![row]);
    }
    let object = ObjectId { class: class.id, uuid: Uuid::from_u128(number) };
    block_on(service.import(object, content, By::default())).unwrap();
}

fn asked(select: Selection, known: Known) -> (usize, Effort) {
    let watched = Watched::new(block_on(TOWN.service.view(None)).unwrap());
    let now = ManualClock::at(i64::from(u32::MAX)).unwrap().now();
    let query = Query::new(select, TimeContext { known, ..TimeContext::now(now) });
    let found = block_on(execute::find(&watched, TOWN.service.declarations(), &query)).unwrap().len();
    (found, watched.effort())
}

/// As known latest, and as known at an instant: the same calls.
fn both(select: &Selection) -> (usize, Effort) {
    let latest = asked(select.clone(), Known::Latest);
    assert_eq!(asked(select.clone(), Known::at(Timestamp::from_micros(1_000_000).unwrap())), latest);
    latest
}

#[test]
fn a_subtree_takes_a_call_a_level_and_decodes_its_root_alone() {
    let (found, effort) = both(&TOWN.unit(TOWN.below(1)));
    assert_eq!(found as u128, UNITS);
    // The root, and the levels below it, the last of which is found to be the last.
    assert_eq!(effort, Effort { calls: 5, scans: 4, registrations: 1, postings: UNITS as usize - 1 });
    let (found, effort) = both(&TOWN.unit(TOWN.below(2)));
    assert_eq!((found, effort.calls, effort.registrations), (111, 4, 1));
}

#[test]
fn all_that_counts_is_found_without_decoding_any_of_it() {
    let (found, effort) = both(&TOWN.unit(Filter::EVERYWHERE));
    assert_eq!((found as u128, effort.registrations), (UNITS, 0));
}

#[test]
fn a_cycle_ends() {
    let town = &*TOWN;
    // Nothing of the town is changed: a cycle needs a store of its own.
    let clock = Arc::new(ManualClock::at(0).unwrap());
    let service = block_on(Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [3; 16])).unwrap();
    for number in 1..=3_u128 {
        put(&service, &town.units, number, "round", &[("parent", Uuid::from_u128(number % 3 + 1))]);
    }
    let view = block_on(service.view(None)).unwrap();
    let query = Query::new(town.unit(town.below(2)), TimeContext::now(clock.now()));
    let found = block_on(execute::find(&view, service.declarations(), &query)).unwrap();
    assert_eq!(found.len(), 3);
}

#[test]
fn a_join_over_a_subtree_adds_one_call() {
    let selection = TOWN.function(TOWN.in_unit(TOWN.unit(TOWN.below(2))));
    let (found, effort) = both(&selection);
    assert_eq!((found, effort.calls, effort.registrations), (111, 5, 1));
}

#[test]
fn units_by_what_points_at_them_are_looked_up_on_the_fewest() {
    let pointed_at = TOWN.has_function(TOWN.function(Town::keyed(&TOWN.functions, "function 11%")));
    let (found, effort) = both(&TOWN.unit(pointed_at.clone()));
    // Function 11, 11x, and 1100 to 1110.
    assert_eq!(found, 22);
    assert!(effort.calls <= 4 && effort.registrations <= 44, "{effort:?}");
    let (found, effort) = both(&TOWN.unit(pointed_at & Town::keyed(&TOWN.units, "unit 1105")));
    assert_eq!(found, 1);
    assert!(effort.registrations <= 2, "{effort:?}");
}

#[test]
fn ancestors_are_read_a_level_at_a_time() {
    let above = Filter::Related(Box::new(Related {
        relation: relation(&TOWN.units, "parent"),
        direction: Direction::Backward,
        object_type: None,
        steps: Steps::Many { from_itself: false, through: None },
        to: TOWN.unit(Filter::Object(vec![Uuid::from_u128(UNITS)])),
    }));
    let (found, effort) = both(&TOWN.unit(above));
    assert_eq!((found, effort.scans), (3, 0));
    assert!(effort.calls <= 4 && effort.registrations == 4, "{effort:?}");
}

#[test]
fn a_search_for_what_points_at_an_object_and_is_present_now_decodes_nothing() {
    let town = &*TOWN;
    let presence = town.functions.presence.unwrap();
    let unit = Target::Uuid(Uuid::from_u128(7));
    let relation = relation(&town.functions, "associated_units");
    let criteria = vec![
        Criterion::State { state: presence.state, value: presence.value },
        Criterion::Relation { relation, object_type: None, targets: vec![unit] },
    ];
    let now = TimeContext::now(ManualClock::at(i64::from(u32::MAX)).unwrap().now());
    let searched = |context| {
        let watched = Watched::new(block_on(town.service.view(None)).unwrap());
        let search = Search { class: town.functions.id, criteria: criteria.clone(), context, page: Page::default() };
        let found = block_on(execute::search(&watched, town.service.declarations(), &search)).unwrap();
        (found.len(), watched.effort())
    };
    assert_eq!(searched(now), (1, Effort { calls: 1, scans: 1, registrations: 0, postings: 1 }));
    // In a window each may hold at an instant of its own, which the index does not tell.
    let (found, effort) = searched(now.always());
    assert_eq!((found, effort.registrations), (1, 1));
}

#[test]
fn what_is_beyond_the_limits_is_given_up() {
    let view = block_on(TOWN.service.view(None)).unwrap();
    let context = TimeContext::now(ManualClock::at(i64::from(u32::MAX)).unwrap().now());
    let query = Query::new(TOWN.unit(TOWN.below(1)), context);
    let limits = execute::Limits { registrations: 10, postings: 1_000 };
    let given_up = block_on(execute::ranked(&view, TOWN.service.declarations(), &query, None, 10, limits)).unwrap_err();
    assert!(matches!(given_up, execute::QueryError::TooLarge { what: "postings", max: 1_000 }), "{given_up}");
}
