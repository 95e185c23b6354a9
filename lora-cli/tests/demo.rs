//! The generated municipality in a store: everything gets in, and every planted question is answered from it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use lora_cli::demo::{fill, options_until};
use lora_cli::generate::{Options, answers};
use lora_cli::transfer::Committing;
use lora_core::Service;
use lora_core::history::{Exposure, Exposures, Matter, Point, Ranking};
use lora_core::object::{Content, ObjectId, Target};
use lora_core::oio::{point, shipped_classes};
use lora_core::query::execute::Limits;
use lora_core::query::{
    Criterion, Direction, Filter, Known, Page, Pattern, Reading, Related, Search, Selection, Steps, Test, TimeContext,
    ValueTest,
};
use lora_core::schema::Class;
use lora_core::storage::{KnownAt, MemoryStore, MemoryView, Read, Storage, Wait};
use lora_core::time::{Clock, ManualClock, Period, Timestamp, TransactionTime};
use pollster::block_on;
use serde_json::Value as Json;
use uuid::Uuid;

/// 2026-11-18, some time after the default end of the generated history.
const NOW_MICROS: i64 = 1_795_000_000_000_000;

fn filled(options: impl Fn(Options) -> Options) -> (Service<MemoryStore>, Options, u64) {
    let clock = Arc::new(ManualClock::at(NOW_MICROS).unwrap());
    let service = Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [1; 16]);
    let service = block_on(service).unwrap();
    let options = options(options_until(clock.now()));
    let count = block_on(fill(&service, bulk(&service), clock.now(), &options, |_| {})).unwrap();
    (service, options, count)
}

fn bulk(service: &Service<MemoryStore>) -> Option<Committing<MemoryStore>> {
    Some(Committing::new(service.store().clone()))
}

#[test]
fn the_municipality_fills_an_empty_store_once() {
    let (service, options, count) = filled(|options| Options { people: 100, ..options });
    assert!(count > 10 * options.people);
    let view = block_on(service.view(None)).unwrap();
    assert_eq!(view.position().0, count + 1, "one entry each, after the declarations");
    assert!(block_on(service.store().ledger(view.position(), 9, Wait::Never)).unwrap().is_empty());
    let again = block_on(fill(&service, bulk(&service), ManualClock::at(NOW_MICROS).unwrap().now(), &options, |_| {}));
    assert_eq!(again.unwrap(), 0, "a filled store is left alone");
}

#[test]
fn every_planted_question_is_answered_by_the_store() {
    let (service, options, _) = filled(|options| Options { people: 100, ..options });
    let view = block_on(service.view(None)).unwrap();
    let answers = serde_json::to_value(answers(&options).unwrap()).unwrap();
    let questions = answers["questions"].as_array().unwrap();
    assert!(questions.len() > 50, "{}", questions.len());
    for question in questions {
        let register = Register::of(&service, &view, question);
        assert_eq!(serde_json::json!(register.answer()), question["answer"], "{question}");
    }
}

/// The store from the point of both time axes that a question is asked from.
struct Register<'a> {
    service: &'a Service<MemoryStore>,
    view: &'a MemoryView,
    context: TimeContext,
    subject: Uuid,
    question: &'a Json,
}

impl<'a> Register<'a> {
    fn of(service: &'a Service<MemoryStore>, view: &'a MemoryView, question: &'a Json) -> Self {
        let text = |member: &str| question[member].as_str().unwrap();
        let known = point(text("known_at")).unwrap();
        let valid = Period::instant(point(text("valid_at")).unwrap());
        let context = TimeContext { known: Known::at(known), valid, now: known };
        Self { service, view, context, subject: text("subject").parse().unwrap(), question }
    }

    fn answer(&self) -> Vec<String> {
        let mut found = match self.question["kind"].as_str().unwrap() {
            "unit_of_person" => self.across("Engagement", "associated_users", "associated_units"),
            "people_in_unit" => self.across("Engagement", "associated_units", "associated_users"),
            "leader_of_unit" => self.across("Leder", "associated_units", "associated_users"),
            "name_of_unit" => self.texts("organisation_unit", self.subject, &["unit_name"]),
            "name_of_person" => self.texts("user", self.subject, &["given_name", "surname"]),
            "parent_of_unit" => self.targets("organisation_unit", self.subject, "parent"),
            "access_to_system" => self.access(),
            "exposure_of_account" => return self.exposure(),
            other => panic!("unknown kind {other}"),
        };
        found.sort();
        found.dedup();
        found
    }

    fn class(&self, name: &str) -> &Class {
        self.service.schema().class_named(name).unwrap()
    }

    /// Objects of a class that are present and point at something, and for functions are of a kind.
    fn pointing(&self, class: &str, kind: Option<&str>, relation: &str, at: Uuid) -> Vec<Uuid> {
        let class = self.class(class);
        let presence = class.presence.unwrap();
        let relation = class.relations.iter().find(|this| this.name == relation).unwrap().id;
        let targets = vec![Target::Uuid(at)];
        let mut criteria = vec![
            Criterion::State { state: presence.state, value: presence.value },
            Criterion::Relation { relation, object_type: None, targets },
        ];
        if let Some(kind) = kind {
            let field = class.fields().find(|(_, field)| field.name == "function_name").unwrap().1.id;
            criteria.push(Criterion::Attribute { field, test: ValueTest::Like(Pattern::exactly(kind)) });
        }
        let search = Search { class: class.id, criteria, context: self.context, page: Page::default() };
        block_on(self.service.search(self.view, &search)).unwrap()
    }

    /// What is in effect of an object that is present; nothing of one that is not.
    fn content(&self, class: &str, uuid: Uuid) -> Content {
        let class = self.class(class);
        let object = ObjectId { class: class.id, uuid };
        let answer = block_on(self.service.read(self.view, object, &self.context)).unwrap();
        let content = answer.map(|answer| answer.registrations[0].registration.content.clone()).unwrap_or_default();
        let presence = class.presence.unwrap();
        let present = content.states(presence.state).iter().any(|row| row.value == presence.value);
        if present { content } else { Content::EMPTY }
    }

    /// The texts of fields, joined by spaces; nothing where they have none.
    fn texts(&self, class: &str, uuid: Uuid, fields: &[&str]) -> Vec<String> {
        let content = self.content(class, uuid);
        let mut texts = Vec::new();
        for name in fields {
            let (group, field) = self.class(class).fields().find(|(_, field)| field.name == *name).unwrap();
            let values = content.attributes(group.id).iter().filter_map(|row| row.value(field.id));
            texts.extend(values.flat_map(|value| value.texts()).map(str::to_owned));
        }
        if texts.is_empty() { texts } else { vec![texts.join(" ")] }
    }

    fn targets(&self, class: &str, uuid: Uuid, relation: &str) -> Vec<String> {
        let content = self.content(class, uuid);
        let relation = self.class(class).relations.iter().find(|this| this.name == relation).unwrap().id;
        let uuid = |row: &lora_core::object::RelationRow| match &row.target {
            Target::Uuid(uuid) => Some(uuid.to_string()),
            _ => None,
        };
        content.relations(relation).iter().filter_map(uuid).collect()
    }

    /// From the functions of a kind that point at the subject, what they point at besides.
    fn across(&self, kind: &str, from: &str, to: &str) -> Vec<String> {
        let functions = self.pointing("organisation_function", Some(kind), from, self.subject);
        functions.into_iter().flat_map(|function| self.targets("organisation_function", function, to)).collect()
    }

    /// Holders of accounts that a binding ties to a role of the system.
    fn access(&self) -> Vec<String> {
        let mut persons = Vec::new();
        for role in self.pointing("class", None, "mappings", self.subject) {
            for binding in self.pointing("organisation_function", Some("Rollebinding"), "function_type", role) {
                for account in self.targets("organisation_function", binding, "associated_functions") {
                    let account = account.parse().unwrap();
                    persons.extend(self.targets("organisation_function", account, "associated_users"));
                }
            }
        }
        persons
    }

    /// When the account became inactive, when that was registered first, and the days between.
    fn exposure(&self) -> Vec<String> {
        let class = self.class("organisation_function");
        let presence = class.presence.unwrap();
        let values = class.state(presence.state).unwrap().values.iter().map(|value| value.id);
        let inactive = values.filter(|value| *value != presence.value).collect();
        let inactive = Filter::State { state: presence.state, values: inactive };
        let inactive = Selection { class: class.id, reading: Reading::Rows, filter: inactive };
        let active = Selection { reading: Reading::Present, filter: Filter::EVERYWHERE, ..inactive };
        let (known, valid) = (KnownAt::Instant(self.context.now), self.context.valid.unwrap().from());
        // That it is inactive, and that it is not active any more, was learned at the same time.
        let exposures = [(inactive, false), (active, true)].map(|(select, ended)| {
            let (matter, point, of) = (Matter { select, ended }, Point { known, valid }, [self.subject]);
            let learned = self.service.learned(self.view, &matter, point, &of, Limits::NONE);
            block_on(learned).unwrap()[0].exposure().unwrap()
        });
        assert_eq!(exposures[0], exposures[1]);
        let Exposure { from, to } = exposures[0];
        let show = |micros| {
            let instant = chrono::DateTime::from_timestamp_micros(micros).unwrap();
            instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
        };
        let days = exposures[0].days().unwrap();
        vec![show(from.micros().unwrap()), show(to.micros().unwrap()), days.to_string()]
    }
}

/// Which departments close accounts late: the table says what counting chain by chain says.
#[test]
fn the_league_of_exposures_by_unit_is_what_the_chains_say() {
    let (service, _, _) = filled(|options| Options { people: 100, ..options });
    let view = block_on(service.view(None)).unwrap();
    let class = service.schema().class_named("organisation_function").unwrap();
    let presence = class.presence.unwrap();
    let relation = |name: &str| class.relations.iter().find(|this| this.name == name).unwrap().id;
    let kind = class.fields().find(|(_, field)| field.name == "function_name").unwrap().1.id;
    let is_a = |kind_of: &str| Filter::Field { field: kind, test: Test::Is(value(kind_of)) };
    let follow = |relation, class, filter| Related {
        relation,
        direction: Direction::Forward,
        object_type: None,
        steps: Steps::One,
        to: Selection { class, reading: Reading::Present, filter },
    };
    let unit = service.schema().class_named("organisation_unit").unwrap().id;
    let path = [
        follow(relation("associated_functions"), class.id, is_a("Engagement")),
        follow(relation("associated_units"), unit, Filter::EVERYWHERE),
    ];
    let accounts = Selection { class: class.id, reading: Reading::Present, filter: is_a("IT-system") };
    let matter = Matter { select: accounts, ended: true };
    let point = Point { known: KnownAt::Latest, valid: ManualClock::at(NOW_MICROS).unwrap().now().as_valid() };
    let mut exposures = Exposures::new(matter, point, None, Limits::NONE);
    let table = block_on(service.league(&view, &mut exposures, &path, Ranking::Total)).unwrap();

    let always =
        TimeContext { known: Known::During(Some(Period::ALWAYS)), valid: Some(Period::ALWAYS), now: point_now() };
    let chain = |object| {
        let answer = block_on(service.read(&view, object, &always)).unwrap().unwrap();
        answer.registrations.into_iter().rev().collect::<Vec<_>>()
    };
    let every = Search {
        class: class.id,
        criteria: vec![Criterion::Attribute { field: kind, test: ValueTest::Is(value("IT-system")) }],
        context: TimeContext { known: Known::Latest, ..always },
        page: Page::default(),
    };
    let mut expected: BTreeMap<Option<Target>, (u64, i64, i64)> = BTreeMap::new();
    for uuid in block_on(service.search(&view, &every)).unwrap() {
        let chain = chain(ObjectId { class: class.id, uuid });
        let ended = |content: &Content| {
            let active = content.states(presence.state).iter().filter(|row| row.value == presence.value);
            active.map(|row| row.effect.valid.to()).max().filter(|end| *end <= point.valid)
        };
        let newest = &chain.last().unwrap().registration.content;
        let Some(end) = ended(newest) else { continue };
        let told = chain.iter().find(|answered| ended(&answered.registration.content).is_some()).unwrap();
        let late = told.registered.from().micros().unwrap() - end.micros().unwrap();
        if late <= 0 {
            continue;
        }
        let before = Timestamp::from_micros(end.micros().unwrap() - 1).unwrap();
        let target = |content: &Content, relation| {
            let row = content.relations(relation).iter().find(|row| row.effect.valid.contains(before)).cloned();
            row.map(|row| row.target)
        };
        let Some(Target::Uuid(engagement)) = target(newest, path[0].relation) else { panic!("accounts come with one") };
        let engagement = chain_of(&service, &view, ObjectId { class: class.id, uuid: engagement }, &always);
        let unit = target(&engagement, path[1].relation);
        let (objects, total, longest) = expected.entry(unit).or_default();
        (*objects, *total, *longest) = (*objects + 1, *total + late, late.max(*longest));
    }
    assert!(expected.len() > 5, "{expected:#?}");
    let found: BTreeMap<_, _> = table
        .iter()
        .map(|row| (row.owner.clone(), (row.objects, row.total_micros, row.longest.micros().unwrap())))
        .collect();
    assert_eq!(found, expected);
    assert!(table.is_sorted_by(|one, other| one.total_micros >= other.total_micros), "the worst first");
    assert!(table.iter().any(|row| row.longest.days() == Some(42)), "the planted door that was open for 42 days");
}

fn point_now() -> Timestamp<TransactionTime> {
    ManualClock::at(NOW_MICROS).unwrap().now()
}

fn value(text: &str) -> lora_core::schema::Value {
    lora_core::schema::Value::Text(text.to_owned())
}

fn chain_of(service: &Service<MemoryStore>, view: &MemoryView, object: ObjectId, context: &TimeContext) -> Content {
    let context = TimeContext { known: Known::Latest, ..*context };
    let answer = block_on(service.read(view, object, &context)).unwrap().unwrap();
    answer.registrations.into_iter().next().unwrap().registration.content
}
