//! `docs/query.md`: its JSON is read, and the Rust beside it is the same filter.

use lora_core::native::read_question;
use lora_core::object::{LifeCycle, Target};
use lora_core::query::{
    Comparison, Direction, Filter, Other, Pattern, PatternError, Reading, Related, Selection, Steps, Test,
};
use lora_core::schema::{ClassId, FieldId, Value};
use lora_core::storage::KnownAt;
use lora_core::time::{Allen, Axis, Period, Timestamp};
use uuid::{Uuid, uuid};

use crate::{SCHEMA, class, document, read_filter, written};

const DOCUMENT: &str = include_str!("../../../docs/query.md");

/// A block of JSON with the class that it is about, if it is a filter, and the Rust behind it.
struct Block {
    class: Option<&'static str>,
    json: String,
    rust: Option<String>,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut parts = DOCUMENT.split("\n```");
    parts.next();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (kind, text) = block.split_once('\n').unwrap_or((block, ""));
        match kind.split_once(' ').unwrap_or((kind, "")) {
            ("json", class) => {
                let class = Some(class).filter(|class| !class.is_empty());
                blocks.push(Block { class, json: text.to_owned(), rust: None });
            }
            ("rust", _) => blocks.last_mut().expect("JSON goes before").rust = Some(text.to_owned()),
            _ => {}
        }
    }
    blocks
}

/// Filters, each with its text.
macro_rules! told {
    ($({ $($rust:tt)* })*) => { vec![$((stringify!($($rust)*), $($rust)*)),*] };
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn id(class_name: &str, part: &str) -> FieldId {
    let class = class(class_name);
    let fields = class.fields().map(|(_, field)| (&field.name, field.id));
    let derived = class.derived.iter().map(|derived| (&derived.name, derived.id));
    let states = class.states.iter().map(|state| (&state.name, state.id));
    let values = class.states.iter().flat_map(|state| state.values.iter().map(|value| (&value.name, value.id)));
    let relations = class.relations.iter().map(|relation| (&relation.name, relation.id));
    let mut all = fields.chain(derived).chain(states).chain(values).chain(relations);
    all.find(|(name, _)| *name == part).unwrap_or_else(|| panic!("{class_name} has no {part}")).1
}

fn january<A: Axis>() -> Period<A> {
    let at = |second: i64| Timestamp::from_micros(second * 1_000_000).unwrap();
    Period::new(at(1_735_689_600), at(1_738_368_000)).unwrap()
}

#[expect(clippy::too_many_lines, reason = "one entry for each block of Rust")]
fn in_rust() -> Result<Vec<(&'static str, Filter)>, PatternError> {
    let of_unit = |part| id("organisation_unit", part);
    let [user_key, unit_name, parent, addresses] = ["user_key", "unit_name", "parent", "addresses"].map(of_unit);
    let [activity, active, inactive] = ["activity", "active", "inactive"].map(of_unit);
    let of_function = |part| id("organisation_function", part);
    let [fraction, associated_units, associated_users] =
        ["fraction", "associated_units", "associated_users"].map(of_function);
    let configuration_references = id("it_system", "configuration_references");
    let full_name = id("user", "full_name");
    let of_class = |name: &str| -> ClassId { class(name).id };
    let [organisation_unit, organisation_function, user] =
        ["organisation_unit", "organisation_function", "user"].map(of_class);
    let finance: Uuid = uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c");
    let text = |text: &str| Test::Is(Value::Text(text.to_owned()));
    let name_is = |name| Filter::Field { field: unit_name, test: text(name) };
    let key_is = |key| Filter::Field { field: user_key, test: text(key) };
    let (january, in_january) = (january(), january());
    Ok(told! {
        {
            name_is("Løn") & !(key_is("a") | key_is("b"))
        }
        {
            Filter::Field { field: unit_name, test: Test::Is(Value::Text("Økonomi".to_owned())) }
        }
        {
            Filter::Any(vec![name_is("Økonomi"), name_is("Finans")])
        }
        {
            Filter::Field { field: configuration_references, test: Test::Has("https://example.org".to_owned()) }
        }
        {
            Filter::Field { field: unit_name, test: Test::Like(Pattern::parse("%skole%")?) }
        }
        {
            Filter::Field { field: unit_name, test: Test::Like(Pattern::parse(r"100\%%")?) }
        }
        {
            Filter::Field { field: unit_name, test: Test::Like(Pattern::parse("%skole%")?) }
        }
        {
            Filter::Field { field: fraction, test: Test::Compares(Comparison::AtLeast, Value::Integer(50)) }
        }
        {
            !Filter::Field { field: unit_name, test: Test::Given }
        }
        {
            Filter::Field { field: full_name, test: Test::Like(Pattern::parse("anna % jensen")?) }
        }
        {
            Filter::AnyText(Pattern::parse("%skole%")?)
        }
        {
            Filter::State { state: activity, values: vec![active] }
        }
        {
            Filter::State { state: activity, values: vec![active, inactive] }
        }
        {
            Filter::Relation { relation: parent, object_type: None, targets: Some(vec![Target::Uuid(finance)]) }
        }
        {
            Filter::Relation {
                relation: addresses,
                object_type: Some("DAR".to_owned()),
                targets: Some(vec![Target::Urn("urn:dar:1".to_owned()), Target::Urn("urn:dar:2".to_owned())]),
            }
        }
        {
            !Filter::Relation { relation: parent, object_type: None, targets: None }
        }
        {
            Filter::AnyRelation(finance)
        }
        {
            Filter::Related(Box::new(Related {
                relation: parent,
                direction: Direction::Forward,
                object_type: None,
                steps: Steps::One,
                to: Selection { class: organisation_unit, reading: Reading::Present, filter: name_is("Økonomi") },
            }))
        }
        {
            Filter::Related(Box::new(Related {
                relation: associated_units,
                direction: Direction::Backward,
                object_type: None,
                steps: Steps::One,
                to: Selection {
                    class: organisation_function,
                    reading: Reading::Present,
                    filter: Filter::Related(Box::new(Related {
                        relation: associated_users,
                        direction: Direction::Forward,
                        object_type: None,
                        steps: Steps::One,
                        to: Selection {
                            class: user,
                            reading: Reading::Present,
                            filter: Filter::Field { field: full_name, test: Test::Is(Value::Text("Anna Jensen".to_owned())) },
                        },
                    })),
                },
            }))
        }
        {
            Filter::Related(Box::new(Related {
                relation: parent,
                direction: Direction::Forward,
                object_type: None,
                steps: Steps::Many {
                    from_itself: true,
                    through: Some(Box::new(Filter::State { state: activity, values: vec![active] })),
                },
                to: Selection { class: organisation_unit, reading: Reading::Rows, filter: name_is("Kommune") },
            }))
        }
        {
            Filter::Object(vec![finance])
        }
        {
            Filter::LifeCycle(vec![LifeCycle::Created, LifeCycle::Imported])
        }
        {
            Filter::Actor(vec![finance])
        }
        {
            Filter::Note(Pattern::parse("%brev%")?)
        }
        {
            Filter::RegisteredIn(january)
        }
        {
            Filter::ChangedIn { within: january, part: Some(unit_name) }
        }
        {
            Filter::FirstKnownIn {
                within: january,
                filter: Box::new(Filter::State { state: activity, values: vec![inactive] }),
            }
        }
        {
            Filter::All(vec![
                name_is("Økonomi"),
                Filter::AsKnown { at: KnownAt::Instant(january.from()), filter: Box::new(name_is("Finans")) },
            ])
        }
        {
            Filter::Sometime { within: Some(in_january), filter: Box::new(name_is("Finans")) }
        }
        {
            Filter::Throughout { within: in_january, filter: Box::new(name_is("Finans")) }
        }
        {
            !Filter::Sometime {
                within: Some(Period::ALWAYS),
                filter: Box::new(Filter::Relation { relation: parent, object_type: None, targets: None }),
            }
        }
        {
            Filter::Periods {
                of: Box::new(name_is("Finans")),
                stand: vec![Allen::During, Allen::Starts, Allen::Finishes, Allen::Equals],
                to: Other::Period(in_january),
            }
        }
        {
            Filter::Periods {
                of: Box::new(name_is("Økonomi")),
                stand: vec![Allen::MetBy],
                to: Other::Filter(Box::new(name_is("Finans"))),
            }
        }
    })
}

#[test]
fn the_json_of_the_document_is_what_its_rust_says() {
    let told = in_rust().unwrap();
    let mut next = told.iter();
    for block in blocks() {
        let Some(class_name) = block.class else {
            read_question(&SCHEMA, &document(&block.json)).unwrap_or_else(|error| panic!("{error}: {}", block.json));
            continue;
        };
        let of_class = class(class_name);
        let read = read_filter(of_class, &block.json).unwrap_or_else(|error| panic!("{error}: {}", block.json));
        let (source, filter) = next.next().unwrap_or_else(|| panic!("no Rust here for {}", block.json));
        let shown = block.rust.unwrap_or_else(|| panic!("no Rust there for {}", block.json));
        assert_eq!(squeezed(&shown), squeezed(source), "the Rust of the document is the one that is compiled");
        assert_eq!(&read, filter, "{}", block.json);
        assert_eq!(read_filter(of_class, &written(of_class, filter)).as_ref(), Ok(filter));
    }
    assert!(next.next().is_none());
}

/// Every operator and every test stands in an example of the document, in JSON.
#[test]
fn the_document_has_every_operator() {
    let json: String = blocks().into_iter().map(|block| block.json).collect();
    let error = read_filter(class("facet"), r#"{"nothing": 1}"#).unwrap_err();
    let tests = read_filter(class("facet"), r#"{"field": "plan", "nothing": 1}"#).unwrap_err();
    let names = |accepted: &str| accepted.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let operators = [names(&error.accepted), names(&tests.accepted)].concat();
    assert!(operators.len() > 30, "{operators:?}");
    let told = ["less", "at_most", "greater"];
    for operator in operators.iter().filter(|operator| !told.contains(&operator.as_str())) {
        assert!(json.contains(&format!("\"{operator}\":")), "no example of `{operator}`");
    }
    for operator in told {
        assert!(DOCUMENT.contains(&format!("`{operator}`")));
    }
}
