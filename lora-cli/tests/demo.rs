//! The generated municipality in a store: everything gets in, and every planted question is answered from it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::Arc;

use lora_cli::demo::{fill, options_until};
use lora_cli::generate::{Options, answers};
use lora_cli::transfer::Committing;
use lora_core::Service;
use lora_core::object::{Content, ObjectId, Target};
use lora_core::oio::{point, shipped_classes};
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::Class;
use lora_core::storage::{MemoryStore, MemoryView, Read, Storage, Wait};
use lora_core::time::{Clock, ManualClock, Period};
use pollster::block_on;
use serde_json::Value;
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
    question: &'a Value,
}

impl<'a> Register<'a> {
    fn of(service: &'a Service<MemoryStore>, view: &'a MemoryView, question: &'a Value) -> Self {
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
        let object = ObjectId { class: class.id, uuid: self.subject };
        let until = Period::new(lora_core::time::Timestamp::NEG_INFINITY, self.context.now.next()).unwrap();
        let context = TimeContext { known: Known::During(Some(until)), ..self.context };
        let answer = block_on(self.service.read(self.view, object, &context)).unwrap().unwrap();
        let presence = class.presence.unwrap();
        let ended = |content: &Content| {
            let inactive = content.states(presence.state).iter().find(|row| row.value != presence.value);
            inactive.map(|row| row.effect.valid.from())
        };
        let told = answer.registrations.iter().rev().find(|this| ended(&this.registration.content).is_some()).unwrap();
        let ended = ended(&told.registration.content).unwrap().micros().unwrap();
        let registered = told.registered.from().micros().unwrap();
        let show = |micros| {
            let instant = chrono::DateTime::from_timestamp_micros(micros).unwrap();
            instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
        };
        vec![show(ended), show(registered), ((registered - ended) / 86_400_000_000).to_string()]
    }
}
