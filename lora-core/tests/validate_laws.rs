//! `validate`, `transition` and `Pattern` against the naive interpreter.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, BTreeSet};

use lora_core::object::lifecycle::{Act, TransitionError, transition};
use lora_core::object::{
    AttributeRow, Change, Content, ContentError, Effect, LifeCycle, ObjectId, Patch, Position, RelationRow, Section,
    Target, merge, validate, validate_patch,
};
use lora_core::oio::shipped_classes;
use lora_core::query::Pattern;
use lora_core::query::eval::{Command, Flaw, Outcome, Refusal, Stamp, World, flaws, like};
use lora_core::schema::{Class, Ids, Schema, Value};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{Period, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use uuid::Uuid;

fn schema() -> Schema {
    Schema::new(&shipped_classes(), Ids::default()).unwrap()
}

/// Runs a law over random values; as many as `PROPTEST_CASES` says, or `usual`.
fn holds_for<T: std::fmt::Debug>(what: &str, usual: u32, random: impl Strategy<Value = T>, law: impl Fn(T)) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&random, |value| {
        law(value);
        Ok(())
    });
    match run {
        Err(TestError::Fail(why, input)) => panic!("{what}: {why}\n{input:#?}"),
        run => run.unwrap(),
    }
}

/// The flaw that an error tells of.
fn flaw(error: &ContentError) -> Flaw {
    match error {
        ContentError::Overlap { section, .. } => Flaw::Overlap(id(*section)),
        ContentError::Missing { section, .. } => Flaw::Missing(id(*section)),
        ContentError::Nul | ContentError::Undeclared { .. } => Flaw::Undeclared,
        ContentError::Cuts => panic!("a small content has few rows to cut"),
    }
}

fn id(section: Section) -> lora_core::schema::FieldId {
    match section {
        Section::Attributes(id) | Section::State(id) | Section::Relation(id) => id,
    }
}

#[test]
fn validate_refuses_exactly_what_has_a_flaw_and_names_one_of_them() {
    let seen = std::cell::RefCell::new(BTreeMap::<&str, usize>::new());
    for class in schema().classes() {
        holds_for(&class.name, 150, testing::any_content(class, SmallAxis::default()), |content| {
            let flaws = flaws(class, &content);
            let kind = match validate(class, &content) {
                Ok(()) => {
                    assert_eq!(flaws, BTreeSet::new(), "passed");
                    "sound"
                }
                Err(error) => {
                    assert!(flaws.contains(&flaw(&error)), "{error}: {flaws:?}");
                    match error {
                        ContentError::Overlap { .. } => "overlap",
                        ContentError::Missing { .. } => "missing",
                        ContentError::Undeclared { .. } => "undeclared",
                        ContentError::Nul => "a NUL",
                        ContentError::Cuts => "cuts",
                    }
                }
            };
            *seen.borrow_mut().entry(kind).or_default() += 1;
        });
    }
    let seen = seen.into_inner();
    println!("{seen:?}");
    assert_eq!(seen.len(), 4, "every kind of content occurs: {seen:?}");
}

#[test]
fn validate_passes_what_is_sound() {
    for class in schema().classes() {
        holds_for(&class.name, 50, testing::content(class, SmallAxis::default()), |content| {
            assert_eq!(flaws(class, &content), BTreeSet::new());
            validate(class, &content).unwrap();
        });
        validate(class, &Content::EMPTY).unwrap();
    }
}

fn act(command: &Command) -> Act {
    match command {
        Command::Create(_) => Act::Create,
        Command::Import(_) => Act::Import,
        Command::Update(_) => Act::Update,
        Command::Passivate => Act::Passivate,
        Command::Delete => Act::Delete,
    }
}

fn stamp(number: i64) -> Stamp {
    Stamp {
        actor: Uuid::nil(),
        note: String::new(),
        registered: Timestamp::from_micros(number).unwrap(),
        position: Position(number.unsigned_abs()),
    }
}

/// Every stage of a life, with commands that lead there.
fn lives() -> [(Option<LifeCycle>, Vec<Command>); 6] {
    let create = || Command::Create(Content::EMPTY);
    [
        (None, vec![]),
        (Some(LifeCycle::Created), vec![create()]),
        (Some(LifeCycle::Imported), vec![Command::Import(Content::EMPTY)]),
        (Some(LifeCycle::Corrected), vec![create(), Command::Update(Patch::default())]),
        (Some(LifeCycle::Passivated), vec![create(), Command::Passivate]),
        (Some(LifeCycle::Deleted), vec![create(), Command::Delete]),
    ]
}

#[test]
fn transition_is_the_table_of_the_definition() {
    let schema = schema();
    let object = ObjectId { class: schema.classes()[0].id, uuid: Uuid::from_u128(1) };
    let all = [
        Command::Create(Content::EMPTY),
        Command::Import(Content::EMPTY),
        Command::Update(Patch::default()),
        Command::Passivate,
        Command::Delete,
    ];
    for (stage, life) in lives() {
        for command in &all {
            let mut world = World::default();
            for (number, earlier) in (1..).zip(&life) {
                assert!(matches!(world.apply(&schema, object, earlier, stamp(number)), Outcome::Registered(_)));
            }
            let defined = world.apply(&schema, object, command, stamp(9));
            let got = transition(stage, act(command));
            match (&defined, &got) {
                (Outcome::Registered(lifecycle), Ok(Some(same))) => assert_eq!(lifecycle, same),
                // An update without effect on a corrected object stays corrected: not the transition's business.
                (Outcome::Unchanged, Ok(Some(LifeCycle::Corrected))) => assert_eq!(stage, Some(LifeCycle::Corrected)),
                (Outcome::Unchanged, Ok(None)) => assert_eq!(stage, Some(LifeCycle::Deleted)),
                (Outcome::Refused(Refusal::Unknown), Err(TransitionError::Unknown)) => assert_eq!(stage, None),
                (Outcome::Refused(Refusal::Exists), Err(TransitionError::Exists)) => assert!(stage.is_some()),
                (Outcome::Refused(Refusal::Illegal(stage)), Err(TransitionError::Illegal { from, .. })) => {
                    assert_eq!(stage, from);
                }
                _ => panic!("{command:?} on {stage:?}: {defined:?}, but transition says {got:?}"),
            }
        }
    }
}

/// What the three pure rules make of a command, put together as the documents say.
fn composed(
    class: &Class,
    newest: Option<(LifeCycle, &Content)>,
    command: &Command,
) -> Result<Option<(LifeCycle, Content)>, ()> {
    let current = newest.map(|(lifecycle, _)| lifecycle);
    let Some(lifecycle) = transition(current, act(command)).map_err(drop)? else { return Ok(None) };
    let previous = newest.map_or(const { &Content::EMPTY }, |(_, content)| content);
    let content = match command {
        Command::Create(content) | Command::Import(content) => content.clone(),
        Command::Update(patch) => merge(class, previous, patch),
        Command::Passivate => previous.clone(),
        Command::Delete => Content::EMPTY,
    };
    validate(class, &content).map_err(drop)?;
    let unchanged = matches!(command, Command::Update(_)) && newest == Some((lifecycle, &content));
    Ok((!unchanged).then_some((lifecycle, content)))
}

#[test]
fn histories_of_the_three_rules_together_are_those_of_the_definition() {
    let (schema, axis) = (schema(), SmallAxis::default());
    let seen = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    for class in schema.classes() {
        holds_for(&class.name, 20, testing::history(class, axis, axis, 12), |history| {
            let mut world = World::default();
            let mut newest = BTreeMap::<ObjectId, (LifeCycle, Content)>::new();
            for (object, command, stamp) in history {
                let before = newest.get(&object).map(|(lifecycle, content)| (*lifecycle, content));
                let expected = composed(class, before, &command);
                let outcome = world.apply(&schema, object, &command, stamp);
                match (&outcome, &expected) {
                    (Outcome::Refused(_), Err(())) | (Outcome::Unchanged, Ok(None)) => {}
                    (Outcome::Registered(lifecycle), Ok(Some((same, _)))) if lifecycle == same => {}
                    _ => panic!("{command:?} on {before:?}: {outcome:?}, but together {expected:?}"),
                }
                *seen.borrow_mut().entry(format!("{:?} {outcome:?}", act(&command))).or_default() += 1;
                if let Ok(Some(next)) = expected {
                    newest.insert(object, next);
                }
                let last = world.objects().find(|(id, _)| *id == object).and_then(|(_, entries)| entries.last());
                let last = last.map(|entry| (entry.lifecycle, entry.content.clone()));
                assert_eq!(last.as_ref(), newest.get(&object));
            }
        });
    }
    println!("{:#?}", seen.into_inner());
}

#[test]
fn a_pattern_matches_as_its_source_says() {
    let letters = "[aAbæÆİß%_\\\\]{0,6}";
    holds_for("pattern", 2_000, (letters, "[aAbæÆİß%_\\\\]{0,6}"), |(source, text)| {
        let Ok(pattern) = Pattern::parse(&source) else { return };
        assert_eq!(pattern.source(), source);
        assert_eq!(pattern.matches(&text), like(&pattern, &text), "{source} on {text}");
        let exactly = Pattern::exactly(&text);
        assert_eq!(Pattern::parse(exactly.source()), Ok(exactly.clone()));
        assert!(exactly.matches(&text) && like(&exactly, &text));
        assert_eq!(exactly.matches(&source), like(&exactly, &source));
    });
}

/// As `FieldType::Text` says; PostgreSQL could not keep it either (Q12).
#[test]
fn a_text_with_nul_fits_no_declaration() {
    let schema = schema();
    let class = schema.class_named("it_system").unwrap();
    let group = &class.groups[0];
    let field = |name| group.fields.iter().find(|field| field.name == name).unwrap().id;
    let nul = || "a\0b".to_owned();
    for (name, value) in
        [("it_system_name", Value::Text(nul())), ("configuration_references", Value::TextList(vec![nul()]))]
    {
        let values = [(field("user_key"), Value::Text("key".to_owned())), (field(name), value)];
        let mut content = Content::EMPTY;
        content.set_attributes(group.id, vec![AttributeRow::new(values, Effect::during(Period::ALWAYS))]);
        assert_eq!(flaws(class, &content), BTreeSet::from([Flaw::Undeclared]));
        assert_eq!(validate(class, &content), Err(ContentError::Nul), "{name}");
    }
}

/// Found by fuzzing: the definition looked for NUL in the values of attributes only.
#[test]
fn a_nul_in_a_note_a_urn_or_an_object_type_is_a_flaw() {
    let schema = schema();
    let class = schema.class_named("user").unwrap();
    let relation = class.relations.iter().find(|relation| relation.name == "addresses").unwrap().id;
    let row = |target: Target, object_type: &str, note: &str| RelationRow {
        target,
        object_type: Some(object_type.to_owned()),
        effect: Effect { note: note.to_owned(), ..Effect::during(Period::ALWAYS) },
    };
    let urn = |name: &str| Target::Urn(format!("urn:{name}"));
    for (row, sound) in [
        (row(urn("a"), "b", "c"), true),
        (row(urn("a\0"), "b", "c"), false),
        (row(urn("a"), "\0b", "c"), false),
        (row(Target::Nothing, "b", "\0"), false),
    ] {
        let mut content = Content::EMPTY;
        content.set_relations(relation, vec![row]);
        let expected = if sound { BTreeSet::new() } else { BTreeSet::from([Flaw::Undeclared]) };
        assert_eq!(flaws(class, &content), expected, "{content:?}");
        assert_eq!(validate(class, &content), if sound { Ok(()) } else { Err(ContentError::Nul) });
    }
}

#[test]
fn a_patch_is_about_declared_parts_only() {
    let schema = schema();
    let (user, unit) = (schema.class_named("user").unwrap(), schema.class_named("organisation_unit").unwrap());
    for patch in [
        Patch { attributes: [(unit.groups[0].id, Change::Clear)].into_iter().collect(), ..Patch::default() },
        Patch { states: [(unit.states[0].id, Change::Clear)].into_iter().collect(), ..Patch::default() },
        Patch { relations: [(unit.relations[0].id, Change::Clear)].into_iter().collect(), ..Patch::default() },
    ] {
        assert_eq!(validate_patch(unit, &patch), Ok(()));
        assert!(matches!(validate_patch(user, &patch), Err(ContentError::Undeclared { .. })), "{patch:?}");
    }
}
