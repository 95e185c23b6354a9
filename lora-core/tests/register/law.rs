//! The law of a register: what was put is what is read, now, at the instants before, and as known before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lora_core::object::{Position, Target};
use lora_core::register::{Fields, Reader, Record, Register, RegisterError};
use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field, Value};
use lora_core::service::Written;
use lora_core::storage::MemoryStore;
use lora_core::time::{Clock, ManualClock, Timestamp, TransactionTime};
use pollster::block_on;
use proptest::prelude::*;
use uuid::Uuid;

const START: i64 = 1_000;

/// What an object states, or what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct State {
    values: BTreeMap<&'static str, Value>,
    status: Option<&'static str>,
    parent: Option<Uuid>,
    links: BTreeSet<Uuid>,
}

impl State {
    fn fields(&self) -> Fields {
        let fields = self.values.iter().fold(Fields::new(), |fields, (name, value)| fields.set(name, value.clone()));
        let fields = self.status.iter().fold(fields, |fields, status| fields.state("status", status));
        let fields = self.parent.iter().fold(fields, |fields, parent| fields.relate("parent", *parent));
        self.links.iter().fold(fields, |fields, link| fields.relate("links", *link))
    }

    /// This, said as well.
    fn and(&self, more: &Self) -> Self {
        let mut next = self.clone();
        next.values.extend(more.values.clone());
        next.links.extend(&more.links);
        next.status = more.status.or(next.status);
        next.parent = more.parent.or(next.parent);
        next
    }

    fn of(record: &Record) -> Self {
        let value = |name| Some((name, record.value(name).unwrap()?.clone()));
        let links = record.targets("links").unwrap().into_iter().filter_map(Target::uuid);
        Self {
            values: ["text", "number", "flag", "list"].into_iter().filter_map(value).collect(),
            status: record.state("status").unwrap().map(|status| if status == "on" { "on" } else { "off" }),
            parent: record.target("parent").unwrap(),
            links: links.collect(),
        }
    }
}

/// From which instants on an object states what; nothing before, and nothing where it was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Story(BTreeMap<i64, State>);

impl Story {
    fn at(&self, micros: i64) -> Option<State> {
        let state = self.0.range(..=micros).next_back()?.1.clone();
        (state != State::default()).then_some(state)
    }

    fn and_from(&self, from: i64, state: State) -> Self {
        let mut story = self.clone();
        story.0.split_off(&from);
        if story.at(from).unwrap_or_default() != state {
            story.0.insert(from, state);
        }
        story
    }
}

#[derive(Debug, Clone)]
enum Act {
    Put(State),
    Create(State),
    Update(State),
    Delete,
}

/// What is known of an object from some position on.
#[derive(Debug, Clone)]
struct Stage {
    position: Position,
    instant: Timestamp<TransactionTime>,
    story: Story,
}

/// What an object was, by a map that knows nothing of two axes but to keep what it was before.
#[derive(Debug, Default)]
struct Model {
    stages: Vec<Stage>,
    /// Whether it is there.
    used: bool,
}

fn states() -> impl Strategy<Value = State> {
    let texts = prop_oneof![Just("").prop_map(Value::from), Just("x").prop_map(Value::from)];
    let numbers = (0..2_i32).prop_map(Value::from);
    let lists = prop_oneof![Just(Value::from(["a", "b"])), Just(Value::from(["b"]))];
    let id = || (1..4_u128).prop_map(Uuid::from_u128);
    let values = (
        proptest::option::of(texts),
        proptest::option::of(numbers),
        any::<Option<bool>>(),
        proptest::option::of(lists),
    );
    let status = prop_oneof![Just(None), Just(Some("on")), Just(Some("off"))];
    (values, status, proptest::option::of(id()), proptest::collection::btree_set(id(), 0..3)).prop_map(
        |((text, number, flag, list), status, parent, links)| {
            let values = [("text", text), ("number", number), ("flag", flag.map(Value::from)), ("list", list)];
            let values = values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            State { values, status, parent, links }
        },
    )
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => states().prop_map(Act::Put),
        1 => states().prop_map(Act::Create),
        4 => states().prop_map(Act::Update),
        1 => Just(Act::Delete),
    ]
}

fn perform(register: &Register<MemoryStore>, id: Uuid, act: &Act) -> Result<Written, RegisterError> {
    block_on(async {
        match act {
            Act::Put(state) => register.put("thing", id, state.fields()).await,
            Act::Create(state) => register.create("thing", id, state.fields()).await,
            Act::Update(state) => register.update("thing", id, state.fields()).await,
            Act::Delete => register.delete("thing", id).await,
        }
    })
}

impl Model {
    fn now(&self, micros: i64) -> Option<State> {
        self.stages.last()?.story.at(micros)
    }

    /// What comes of an act at an instant: the next story, and whether the object is there after it; `None` where it is
    /// refused.
    fn after(&self, act: &Act, now: i64) -> Option<(Story, bool)> {
        let story = self.stages.last().map(|stage| stage.story.clone()).unwrap_or_default();
        let known = !self.stages.is_empty();
        match act {
            Act::Put(state) => Some((story.and_from(now, state.clone()), true)),
            Act::Create(state) => (!known).then(|| (story.and_from(now, state.clone()), true)),
            Act::Update(more) => self.used.then(|| {
                let state = story.at(now).unwrap_or_default().and(more);
                (story.and_from(now, state), true)
            }),
            Act::Delete => known.then(|| (Story::default(), false)),
        }
    }
}

fn state(reader: &Reader<MemoryStore>, id: Uuid) -> Option<State> {
    block_on(reader.get("thing", id)).unwrap().map(|record| State::of(&record))
}

proptest! {
    #[test]
    fn what_was_put_is_read_now_and_before_and_as_known_before(
        steps in proptest::collection::vec((acts(), 0..2_usize, -4..5_i64), 1..12),
    ) {
        let fields = [Field::text("text"), Field::integer("number"), Field::boolean("flag"), Field::texts("list")];
        let thing = ClassDeclaration::new("thing").group("properties", fields).state("status", ["on", "off"]);
        let thing = thing.to_one("parent", []).to_many("links", []);
        let clock = Arc::new(ManualClock::at(START).unwrap());
        let register = Register::open(MemoryStore::new(clock.clone()), vec![thing], clock.clone(), || [0; 16]);
        let register = block_on(register).unwrap();
        let mut models = [Model::default(), Model::default()];
        let mut now = START;
        for (act, which, passes) in steps {
            let id = Uuid::from_u128(70 + which as u128);
            let reading = clock.now().micros().unwrap() + passes;
            clock.set(reading).unwrap();
            now = now.max(reading);
            let model = &mut models[which];
            let read = || block_on(register.get("thing", id)).unwrap().map(|record| State::of(&record));
            prop_assert_eq!(read(), model.now(now), "before {:?}", act);
            let written = perform(&register, id, &act);
            let Some((story, used)) = model.after(&act, now) else {
                prop_assert!(written.is_err(), "{:?}", written);
                continue;
            };
            let before = model.stages.last().map(|stage| &stage.story);
            let changes = before != Some(&story) || used != model.used;
            match written.unwrap() {
                Written::Registered(receipt) => {
                    prop_assert!(changes, "there was nothing to register");
                    now = now.max(receipt.instant.micros().unwrap());
                    model.stages.push(Stage { position: receipt.last, instant: receipt.instant, story });
                }
                Written::Unchanged => prop_assert!(!changes, "{:?} should be registered", story),
            }
            model.used = used;
            prop_assert_eq!(read(), model.now(now), "after {:?}", act);
        }
        for (model, id) in models.iter().zip([70, 71].map(Uuid::from_u128)) {
            let last = model.stages.last().map(|stage| stage.story.clone()).unwrap_or_default();
            for micros in START - 2..now + 2 {
                let at = register.at(Timestamp::from_micros(micros).unwrap());
                prop_assert_eq!(state(&at, id), last.at(micros), "at {}", micros);
                for stage in &model.stages {
                    let expected = stage.story.at(micros);
                    prop_assert_eq!(state(&at.clone().as_known(stage.instant), id), expected.clone(), "at {}", micros);
                    prop_assert_eq!(state(&at.clone().at_position(stage.position), id), expected, "at {}", micros);
                }
            }
        }
        let report = block_on(lora_core::check::check(register.service().store(), |_| {})).unwrap();
        prop_assert!(report.is_clean(), "{}", report);
    }
}
