//! What the executor reads: the most selective criterion drives, and nothing is decoded that need not be.
//!
//! The laws hold the answers; they would also hold if every search decoded every object. So here a view counts.

use std::sync::{Arc, LazyLock};

use lora_core::Service;
use lora_core::object::{AttributeRow, Content, Effect, LifeCycle, ObjectId, RelationRow, Target};
use lora_core::oio::shipped_classes;
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest, execute};
use lora_core::schema::{Class, FieldId, Value};
use lora_core::service::By;
use lora_core::storage::MemoryStore;
use lora_core::testing::{self, Watched};
use lora_core::time::{Clock, ManualClock, Period, Timestamp};
use pollster::block_on;
use uuid::Uuid;

/// More than two pages of anything, and more texts than a wildcard may drive with.
const OBJECTS: u128 = 1_300;
/// Every hundredth object.
const RARE: usize = 13;

/// A store of functions of which every hundredth has something of everything, with one whose chain is long.
struct Store {
    service: Service<MemoryStore>,
    class: Class,
}

static STORE: LazyLock<Store> = LazyLock::new(Store::filled);

/// The target of a relation of every hundredth object.
const TASK: Uuid = Uuid::from_u128(1_000_001);
/// The target of a relation of exactly as many objects as are too many to stop looking for a better driver.
const UNIT: Uuid = Uuid::from_u128(1_000_002);
/// The object with the long chain.
const LONG: Uuid = Uuid::from_u128(2_000_000);
/// Registrations of the long chain: more than two pages.
const CHAIN: i64 = 1_100;

impl Store {
    fn filled() -> Self {
        let clock = Arc::new(ManualClock::at(0).unwrap());
        let store = MemoryStore::new(clock.clone());
        let service = block_on(Service::open(store, shipped_classes(), || [3; 16])).unwrap();
        let class = service.schema().class_named("organisation_function").unwrap().clone();
        let this = Self { service, class };
        for number in 0..OBJECTS {
            let object = ObjectId { class: this.class.id, uuid: Uuid::from_u128(number + 1) };
            block_on(this.service.import(object, this.content(number), By::default())).unwrap();
        }
        let long = ObjectId { class: this.class.id, uuid: LONG };
        for number in 1..=CHAIN {
            clock.set(1_000_000 * number).unwrap();
            let by = By { note: format!("note {number}"), ..By::default() };
            block_on(this.service.import(long, this.keyed("long"), by)).unwrap();
        }
        this
    }

    fn keyed(&self, key: &str) -> Content {
        let mut content = Content::EMPTY;
        let values = [
            (self.field("user_key"), Value::Text(key.to_owned())),
            (self.field("function_name"), Value::Text("same".to_owned())),
        ];
        let group = &self.class.groups[0];
        content.set_attributes(group.id, vec![AttributeRow::new(values, Effect::during(Period::ALWAYS))]);
        content
    }

    fn content(&self, number: u128) -> Content {
        let rare = number.is_multiple_of(100);
        let mut content = self.keyed(&format!("k{number}"));
        let mut extensions = vec![
            (self.field("primary"), Value::Boolean(rare)),
            (self.field("fraction"), Value::Integer((number % 100) as i32)),
        ];
        let mut relate = |name: &str, uuid| {
            let target = Target::Uuid(uuid);
            let row = RelationRow { target, object_type: None, effect: Effect::during(Period::ALWAYS) };
            content.set_relations(self.relation(name), vec![row]);
        };
        if rare {
            extensions.push((self.field("extension_1"), Value::Text("Rare".to_owned())));
            relate("tasks", TASK);
        }
        if number < 8 {
            relate("associated_units", UNIT);
        }
        let row = AttributeRow::new(extensions, Effect::during(Period::ALWAYS));
        content.set_attributes(self.class.groups[1].id, vec![row]);
        content
    }

    fn field(&self, name: &str) -> FieldId {
        self.class.fields().find(|(_, field)| field.name == name).unwrap().1.id
    }

    fn relation(&self, name: &str) -> FieldId {
        self.class.relations.iter().find(|relation| relation.name == name).unwrap().id
    }

    fn like(&self, field: &str, pattern: &str) -> Criterion {
        let test = ValueTest::Like(Pattern::parse(pattern).unwrap());
        Criterion::Attribute { field: self.field(field), test }
    }

    fn is(&self, field: &str, value: Value) -> Criterion {
        Criterion::Attribute { field: self.field(field), test: ValueTest::Is(value) }
    }

    fn related(&self, name: &str, uuid: Uuid) -> Criterion {
        Criterion::Relation { relation: self.relation(name), object_type: None, targets: vec![Target::Uuid(uuid)] }
    }
}

/// What a search found, and what it read.
#[derive(Debug, PartialEq, Eq)]
struct Effort {
    found: usize,
    registrations: usize,
    scans: usize,
    postings: usize,
}

fn effort(criteria: Vec<Criterion>, context: TimeContext, page: Page) -> Effort {
    let watched = Watched::new(block_on(STORE.service.view(None)).unwrap());
    let search = Search { class: STORE.class.id, criteria, context, page };
    let found = block_on(execute::search(&watched, STORE.service.declarations(), &search)).unwrap().len();
    let testing::Effort { registrations, scans, postings, .. } = watched.effort();
    Effort { found, registrations, scans, postings }
}

fn now() -> TimeContext {
    TimeContext::now(ManualClock::at(i64::from(u32::MAX)).unwrap().now())
}

fn finds(criteria: Vec<Criterion>) -> Effort {
    effort(criteria, now(), Page::default())
}

#[test]
fn each_kind_of_criterion_drives_by_its_own_postings() {
    let s = &*STORE;
    for (criterion, found) in [
        (s.like("user_key", "K17"), 1),
        (s.like("user_key", "k12%"), 111),
        (s.like("extension_1", "%ar%"), RARE),
        (s.is("primary", Value::Boolean(true)), RARE),
        (s.is("fraction", Value::Integer(7)), RARE),
        (Criterion::AnyText(Pattern::parse("rare").unwrap()), RARE),
        (Criterion::AnyText(Pattern::parse("rar%").unwrap()), RARE),
        (s.related("tasks", TASK), RARE),
        (Criterion::AnyRelation(TASK), RARE),
    ] {
        let effort = finds(vec![criterion.clone()]);
        let the_index_alone = Effort { found, registrations: 0, scans: 1, postings: found };
        assert_eq!(effort, the_index_alone, "{criterion:?}");
    }
    let in_these_letters = finds(vec![s.is("user_key", Value::Text("k17".to_owned()))]);
    assert_eq!(
        in_these_letters,
        Effort { found: 1, registrations: 1, scans: 1, postings: 1 },
        "the index folds letters"
    );
    let typed = Criterion::Relation {
        relation: s.relation("tasks"),
        object_type: Some("Opgave".to_owned()),
        targets: vec![Target::Uuid(TASK), Target::Uuid(UNIT)],
    };
    assert_eq!(
        finds(vec![typed]),
        Effort { found: 0, registrations: 0, scans: 1, postings: 0 },
        "the type is in the key"
    );
}

#[test]
fn a_named_object_needs_no_postings() {
    let named = || Criterion::Object(Uuid::from_u128(18));
    assert_eq!(finds(vec![named()]), Effort { found: 1, registrations: 1, scans: 0, postings: 0 });
    let effort = finds(vec![STORE.like("function_name", "same"), named()]);
    assert_eq!(effort, Effort { found: 1, registrations: 1, scans: 0, postings: 0 });
}

#[test]
fn the_fewest_postings_drive_in_whatever_order_they_are_asked() {
    let s = &*STORE;
    let (common, rare, few) = (s.like("function_name", "same"), s.related("tasks", TASK), s.like("user_key", "k7"));
    for criteria in [[common.clone(), rare.clone()], [rare.clone(), common.clone()]] {
        let effort = finds(criteria.to_vec());
        assert_eq!(effort, Effort { found: RARE, registrations: RARE, scans: 3, postings: 64 + RARE + RARE });
    }
    let effort = finds(vec![few.clone(), common.clone(), rare]);
    assert_eq!(
        effort,
        Effort { found: 0, registrations: 1, scans: 2, postings: 2 },
        "one is few enough to stop looking"
    );
    let eight = s.related("associated_units", UNIT);
    let effort = finds(vec![eight, common, few]);
    assert_eq!(effort, Effort { found: 1, registrations: 1, scans: 4, postings: 8 + 64 + 1 + 1 }, "eight are not");
}

#[test]
fn a_wildcard_that_too_many_texts_match_does_not_drive() {
    let s = &*STORE;
    let effort = finds(vec![s.like("user_key", "k%"), s.related("tasks", TASK)]);
    assert_eq!(effort, Effort { found: RARE, registrations: RARE, scans: 1, postings: RARE });
    let effort = finds(vec![s.like("user_key", "k%")]);
    assert_eq!(
        (effort.found, effort.registrations),
        (OBJECTS as usize, OBJECTS as usize + 1),
        "all objects of the class"
    );
    assert_eq!(effort.scans, 2, "in pages");
}

#[test]
fn nothing_is_read_where_nothing_can_be_found() {
    let s = &*STORE;
    let nothing = Effort { found: 0, registrations: 0, scans: 0, postings: 0 };
    let about_rows = [
        s.like("user_key", "k1"),
        Criterion::AnyText(Pattern::parse("k1").unwrap()),
        s.related("tasks", TASK),
        Criterion::AnyRelation(TASK),
        Criterion::State { state: s.class.states[0].id, value: s.class.states[0].values[0].id },
    ];
    for criterion in about_rows {
        let empty_window = TimeContext { valid: None, ..now() };
        let effort = effort(vec![Criterion::LifeCycle(LifeCycle::Imported), criterion], empty_window, Page::default());
        assert_eq!(effort, nothing);
    }
    let never_known = TimeContext { known: Known::During(None), ..now() };
    assert_eq!(effort(vec![], never_known, Page::default()), nothing);
}

#[test]
fn a_page_is_decoded_no_further_than_it_reaches() {
    let page = Page { after: None, skip: 3, limit: Some(10) };
    let first = effort(vec![], now(), page);
    assert_eq!((first.found, first.registrations), (10, 63), "a part is twice what is wanted, and sixty-four at least");
    let later = effort(vec![], now(), Page { skip: 600, ..page });
    assert_eq!((later.found, later.registrations), (10, 1_023));
    let exactly = effort(vec![], now(), Page { skip: 500, limit: Some(11), after: None });
    assert_eq!((exactly.found, exactly.registrations), (11, 1_021), "twice as many as are wanted, but for the last");
    let after = effort(vec![], now(), Page { after: Some(Uuid::from_u128(OBJECTS)), ..page });
    assert_eq!((after.found, after.registrations), (0, 1), "only the one after the last");
}

#[test]
fn every_registration_of_a_long_chain_is_looked_at() {
    let noted = |note: &str| vec![Criterion::Object(LONG), Criterion::Note(Pattern::parse(note).unwrap())];
    let ever = |known| TimeContext { known, ..now() };
    let always = ever(Known::During(Some(Period::ALWAYS)));
    for number in [1, 512, 513, 1_024, 1_025, CHAIN] {
        let effort = effort(noted(&format!("note {number}")), always, Page::default());
        assert_eq!(effort.found, 1, "registration {number}");
    }
    assert_eq!(effort(noted("note 0"), always, Page::default()).registrations, CHAIN as usize);
    let at = |number: i64| ever(Known::at(Timestamp::from_micros(1_000_000 * number).unwrap()));
    assert_eq!(effort(noted("note 700"), at(700), Page::default()).found, 1);
    assert_eq!(effort(noted("note 700"), at(701), Page::default()).found, 0);
    assert_eq!(effort(noted("note 700"), now(), Page::default()).found, 0);
}
