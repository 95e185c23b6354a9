//! Questions by names mean what the same questions by ids do, and mistakes in them are named.

use std::sync::Arc;

use lora_core::object::{LifeCycle, Target};
use lora_core::oio::shipped_classes;
use lora_core::query::build::{Ask, Condition, Subject};
use lora_core::query::{
    Comparison, Direction, Filter, Order, Other, Pattern, Query, Reading, Related, Selection, Steps, Test, TimeContext,
};
use lora_core::schema::{Class, ClassDeclaration, FieldDeclaration as Field, FieldId, Ids, Keyword, Schema, Value};
use lora_core::storage::KnownAt;
use lora_core::time::{Allen, Axis, Period, Timestamp};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(7);

fn schema() -> Arc<Schema> {
    let thing = ClassDeclaration::new("thing")
        .group(
            "properties",
            [Field::text("name"), Field::integer("number"), Field::boolean("flag"), Field::texts("list")],
        )
        .group("more", [Field::text("note"), Field::text("name").on_wire("more_name")])
        .derived("caption", "more", ["note", "name"])
        .state("status", ["on", "off"])
        .to_one("parent", ["thing"])
        .to_many("owners", ["user", "organisation"])
        .to_many("links", []);
    let classes = shipped_classes().into_iter().chain([thing]).collect::<Vec<_>>();
    Arc::new(Schema::new(&classes, Ids::default()).unwrap())
}

fn class(schema: &Schema, name: &str) -> Class {
    schema.class_named(name).unwrap().clone()
}

fn field(class: &Class, group: &str, name: &str) -> FieldId {
    class.fields().find(|(this, field)| this.name == group && field.name == name).unwrap().1.id
}

fn relation(class: &Class, name: &str) -> FieldId {
    class.relations.iter().find(|relation| relation.name == name).unwrap().id
}

fn period<A: Axis>(from: i64, to: i64) -> Period<A> {
    let at = |micros| Timestamp::from_micros(micros).unwrap();
    Period::new(at(from), at(to)).unwrap()
}

/// The filter that a condition about things is.
fn filter(condition: impl FnOnce(Subject<'_>) -> Condition) -> Filter {
    let asked = Ask::of(&schema(), "thing").filter(condition).selection().unwrap();
    let Filter::All(mut parts) = asked.filter else { panic!("conditions are put together with all") };
    assert_eq!(parts.len(), 1);
    parts.remove(0)
}

/// What is wrong with a condition about things.
fn mistake(condition: impl FnOnce(Subject<'_>) -> Condition) -> String {
    Ask::of(&schema(), "thing").filter(condition).selection().unwrap_err().to_string()
}

#[test]
fn every_test_of_a_field_has_a_word() {
    let thing = class(&schema(), "thing");
    let [number, flag, list] = ["number", "flag", "list"].map(|name| field(&thing, "properties", name));
    let (name, note) = (field(&thing, "properties", "name"), field(&thing, "more", "note"));
    let tests = |field, test| Filter::Field { field, test };
    let like = Test::Like(Pattern::parse("Ø%").unwrap());
    assert_eq!(filter(|thing| thing.field("properties.name").is("x")), tests(name, Test::Is("x".into())));
    assert_eq!(filter(|thing| thing.field("flag").is(true)), tests(flag, Test::Is(true.into())));
    assert_eq!(filter(|thing| thing.field("list").is(["a", "b"])), tests(list, Test::Is(["a", "b"].into())));
    assert_eq!(filter(|thing| thing.field("list").has("a")), tests(list, Test::Has("a".to_owned())));
    assert_eq!(filter(|thing| thing.field("note").like("Ø%")), tests(note, like.clone()));
    assert_eq!(filter(|thing| thing.field("caption").like("Ø%")), tests(thing.derived[0].id, like));
    assert_eq!(filter(|thing| thing.field("number").given()), tests(number, Test::Given));
    let compares = |comparison, value: i32| tests(number, Test::Compares(comparison, value.into()));
    assert_eq!(filter(|thing| thing.field("number").less(3)), compares(Comparison::Less, 3));
    assert_eq!(filter(|thing| thing.field("number").at_most(3)), compares(Comparison::AtMost, 3));
    assert_eq!(filter(|thing| thing.field("number").at_least(3)), compares(Comparison::AtLeast, 3));
    assert_eq!(filter(|thing| thing.field("number").greater(3)), compares(Comparison::Greater, 3));
    let after = Test::Compares(Comparison::Greater, "m".into());
    assert_eq!(filter(|thing| thing.field("list").greater("m")), tests(list, after));
}

#[test]
fn states_relations_and_registrations_are_asked_by_name() {
    let thing = class(&schema(), "thing");
    let (state, links) = (&thing.states[0], relation(&thing, "links"));
    let values = |indexes: &[usize]| indexes.iter().map(|index| state.values[*index].id).collect::<Vec<_>>();
    assert_eq!(filter(|thing| thing.state("status").is("on")), Filter::State { state: state.id, values: values(&[0]) });
    assert_eq!(
        filter(|thing| thing.state("status").is_any(["on", "off"])),
        Filter::State { state: state.id, values: values(&[0, 1]) }
    );
    let related = |object_type, targets| Filter::Relation { relation: links, object_type, targets };
    assert_eq!(filter(|thing| thing.relation("links").to(ID)), related(None, Some(vec![Target::Uuid(ID)])));
    let urn = Target::Urn("urn:x".to_owned());
    assert_eq!(
        filter(|thing| thing.relation("links").of_type("X").to_any([urn.clone(), ID.into()])),
        related(Some("X".to_owned()), Some(vec![urn, Target::Uuid(ID)]))
    );
    assert_eq!(filter(|thing| thing.relation("links").given()), related(None, None));
    assert_eq!(filter(|thing| thing.any_relation(ID)), Filter::AnyRelation(ID));
    assert_eq!(filter(|thing| thing.any_text("x%")), Filter::AnyText(Pattern::parse("x%").unwrap()));
    assert_eq!(filter(|thing| thing.is(ID)), Filter::Object(vec![ID]));
    assert_eq!(filter(|thing| thing.is_any([ID, ID])), Filter::Object(vec![ID, ID]));
    assert_eq!(filter(|thing| thing.registered_by(ID)), Filter::Actor(vec![ID]));
    assert_eq!(filter(|thing| thing.note("x%")), Filter::Note(Pattern::parse("x%").unwrap()));
    assert_eq!(filter(|thing| thing.registered_in(period(1, 2))), Filter::RegisteredIn(period(1, 2)));
    assert_eq!(filter(|thing| thing.life_cycle([LifeCycle::Created])), Filter::LifeCycle(vec![LifeCycle::Created]));
    let changed = |part| Filter::ChangedIn { within: period(1, 2), part };
    assert_eq!(filter(|thing| thing.changed_in(period(1, 2))), changed(None));
    for (name, part) in [
        ("more", thing.groups[1].id),
        ("number", field(&thing, "properties", "number")),
        ("more.name", field(&thing, "more", "name")),
        ("status", state.id),
        ("links", links),
    ] {
        assert_eq!(filter(|thing| thing.part_changed_in(name, period(1, 2))), changed(Some(part)), "{name}");
    }
}

#[test]
fn conditions_are_put_together_and_moved_in_time() {
    let thing = class(&schema(), "thing");
    let status =
        |index: usize| Filter::State { state: thing.states[0].id, values: vec![thing.states[0].values[index].id] };
    let [on, off] = [0, 1].map(status);
    let boxed = |filter: &Filter| Box::new(filter.clone());
    fn on_of(thing: Subject<'_>) -> Condition {
        thing.state("status").is("on")
    }
    fn off_of(thing: Subject<'_>) -> Condition {
        thing.state("status").is("off")
    }
    assert_eq!(filter(|thing| on_of(thing) | off_of(thing)), Filter::Any(vec![on.clone(), off.clone()]));
    assert_eq!(filter(|thing| !on_of(thing)), Filter::Not(boxed(&on)));
    let both =
        Ask::of(&schema(), "thing").filter(|thing| on_of(thing) & off_of(thing)).filter(on_of).selection().unwrap();
    assert_eq!(both.filter, Filter::All(vec![on.clone(), off.clone(), on.clone()]));
    assert_eq!(
        filter(|_| Filter::Any(Vec::new()).into()),
        Filter::Any(Vec::new()),
        "a filter by ids is a condition, too"
    );
    let window = period(1, 9);
    assert_eq!(
        filter(|thing| on_of(thing).sometime(window)),
        Filter::Sometime { within: Some(window), filter: boxed(&on) }
    );
    assert_eq!(
        filter(|thing| on_of(thing).throughout(window)),
        Filter::Throughout { within: window, filter: boxed(&on) }
    );
    let instant = Timestamp::from_micros(4).unwrap();
    let known = |at| Filter::AsKnown { at, filter: boxed(&on) };
    assert_eq!(filter(|thing| on_of(thing).as_known(instant)), known(KnownAt::Instant(instant)));
    assert_eq!(filter(|thing| on_of(thing).as_known(KnownAt::Latest)), known(KnownAt::Latest));
    assert_eq!(
        filter(|thing| on_of(thing).first_known_in(period(1, 2))),
        Filter::FirstKnownIn { within: period(1, 2), filter: boxed(&on) }
    );
    let stand = vec![Allen::Before, Allen::Meets];
    assert_eq!(
        filter(|thing| on_of(thing).standing(stand.clone(), window)),
        Filter::Periods { of: boxed(&on), stand: stand.clone(), to: Other::Period(window) }
    );
    assert_eq!(
        filter(|thing| on_of(thing).standing_to(stand.clone(), off_of(thing))),
        Filter::Periods { of: boxed(&on), stand, to: Other::Filter(boxed(&off)) }
    );
}

#[test]
fn joins_lead_both_ways_and_any_number_of_steps() {
    let schema = schema();
    let (thing, user) = (class(&schema, "thing"), class(&schema, "user"));
    let (parent, owners) = (relation(&thing, "parent"), relation(&thing, "owners"));
    let on = Filter::State { state: thing.states[0].id, values: vec![thing.states[0].values[0].id] };
    let to = |class: &Class, filter: &Filter| Selection {
        class: class.id,
        reading: Reading::Present,
        filter: filter.clone(),
    };
    let one = Related {
        relation: parent,
        direction: Direction::Forward,
        object_type: None,
        steps: Steps::One,
        to: to(&thing, &on),
    };
    let is = |related: &Related| Filter::Related(Box::new(related.clone()));
    assert_eq!(filter(|thing| thing.relation("parent").which(|parent| parent.state("status").is("on"))), is(&one));

    let typed = Related { object_type: Some("X".to_owned()), ..one.clone() };
    let on_of = |thing: Subject<'_>| thing.state("status").is("on");
    assert_eq!(filter(|thing| thing.relation("parent").of_type("X").which(on_of)), is(&typed));
    assert_eq!(filter(|thing| thing.relation("parent").join().of_type("X").which(on_of)), is(&typed));

    let user_key = Filter::Field { field: field(&user, "properties", "user_key"), test: Test::Is("x".into()) };
    let to_user =
        Related { relation: owners, to: Selection { reading: Reading::Rows, ..to(&user, &user_key) }, ..one.clone() };
    assert_eq!(
        filter(|thing| {
            let owner = thing.relation("owners").join().in_class("user").reading(Reading::Rows);
            owner.which(|user| user.field("user_key").is("x"))
        }),
        is(&to_user)
    );

    let backward = Related { direction: Direction::Backward, ..one.clone() };
    assert_eq!(filter(|thing| thing.pointed_at_by("thing", "parent").which(on_of)), is(&backward));
    assert_eq!(
        filter(|thing| thing.pointed_at_by("thing", "parent").in_class("user").which(on_of)),
        is(&backward),
        "who points was said"
    );
    let unit = class(&schema, "organisation_unit");
    let function = class(&schema, "organisation_function");
    let leads = Related {
        relation: relation(&function, "associated_units"),
        direction: Direction::Backward,
        to: to(&function, &Filter::EVERYWHERE),
        ..one.clone()
    };
    let units = Ask::of(&schema, "organisation_unit").filter(|unit| {
        unit.pointed_at_by("organisation_function", "associated_units").which(|_| Filter::EVERYWHERE.into())
    });
    assert_eq!(units.selection().unwrap(), to(&unit, &Filter::All(vec![is(&leads)])));

    let many = |from_itself, through| is(&Related { steps: Steps::Many { from_itself, through }, ..one.clone() });
    let between = Box::new(Filter::Not(Box::new(on)));
    assert_eq!(filter(|thing| thing.relation("parent").join().repeatedly().which(on_of)), many(false, None));
    assert_eq!(filter(|thing| thing.relation("parent").join().or_itself().which(on_of)), many(true, None));
    assert_eq!(
        filter(|thing| thing
            .relation("parent")
            .join()
            .through(|one| !on_of(one))
            .or_itself()
            .repeatedly()
            .which(on_of)),
        many(true, Some(between))
    );
}

#[test]
fn a_question_has_a_reading_an_order_and_a_limit() {
    let schema = schema();
    let thing = class(&schema, "thing");
    let context = TimeContext::now(Timestamp::from_micros(5).unwrap());
    let ask = Ask::of(&schema, "thing");
    let all = Selection { class: thing.id, reading: Reading::Present, filter: Filter::EVERYWHERE };
    assert_eq!(ask.query(context).unwrap(), Query::new(all.clone(), context));
    assert_eq!(ask.limit_objects(), usize::MAX);
    let ask = ask.reading(Reading::Registered).order_by("number").order_by_descending("caption").limit(3);
    let order = vec![
        Order { by: field(&thing, "properties", "number"), descending: false },
        Order { by: thing.derived[0].id, descending: true },
    ];
    let select = Selection { reading: Reading::Registered, ..all };
    assert_eq!(ask.query(context).unwrap(), Query { select, context, order });
    assert_eq!(ask.limit_objects(), 3);
}

#[test]
fn mistakes_are_named_the_first_one_first() {
    let keywords = vec![Keyword { identifier: String::new(), description: String::new(), category: String::new() }];
    let cases = [
        (
            mistake(|thing| thing.field("nmae").is("x") & thing.state("x").is("y")),
            "`thing` has no field `nmae` (did you mean `properties.name`?): it has `properties.name`, `number`, `flag`, `list`, \
          `note`, `more.name` and `caption`",
        ),
        (
            mistake(|thing| thing.field("name").is("x")),
            "`name` of `thing` may be `properties.name` or `more.name`: say which",
        ),
        (mistake(|thing| thing.field("number").is("x")), "`number` of `thing` holds a whole number, not a text"),
        (mistake(|thing| thing.field("flag").is(3)), "`flag` of `thing` holds true or false, not a whole number"),
        (
            mistake(|thing| thing.field("list").is(Value::from(keywords))),
            "`list` of `thing` holds a list of texts, not keywords",
        ),
        (
            mistake(|thing| thing.field("number").like("x%")),
            "`number` of `thing` holds a whole number, but `like` asks for texts",
        ),
        (
            mistake(|thing| thing.field("flag").has("x")),
            "`flag` of `thing` holds true or false, but `has` asks for texts",
        ),
        (
            mistake(|thing| thing.field("flag").less(true)),
            "`flag` of `thing` holds true or false, but a comparison asks for texts or numbers",
        ),
        (mistake(|thing| thing.field("number").less("x")), "`number` of `thing` holds a whole number, not a text"),
        (
            mistake(|thing| thing.field("note").like("x\\")),
            "the pattern `x\\` must not end with the escape character `\\`; write `\\\\` for a backslash",
        ),
        (
            mistake(|thing| thing.note("\\")),
            "the pattern `\\` must not end with the escape character `\\`; write `\\\\` for a backslash",
        ),
        (
            mistake(|thing| !thing.state("status").is("onn")),
            "`thing.status` has no value `onn` (did you mean `on`?): it has `on` and `off`",
        ),
        (
            mistake(|thing| thing.state("status").is("on").standing_to([Allen::Meets], thing.state("s").is("on"))),
            "`thing` has no state `s`: it has `status`",
        ),
        (
            mistake(|thing| thing.relation("link").given()),
            "`thing` has no relation `link` (did you mean `links`?): it has `parent`, `owners` and `links`",
        ),
        (
            mistake(|thing| thing.relation("owners").which(|_| Filter::EVERYWHERE.into())),
            "`owners` of `thing` may point at `user` and `organisation`: say at which with `in_class`",
        ),
        (
            mistake(|thing| thing.relation("links").which(|_| Filter::EVERYWHERE.into())),
            "`links` of `thing` may point at objects of any class: say at which with `in_class`",
        ),
        (
            mistake(|thing| thing.relation("links").join().in_class("user").repeatedly().which(|user| user.is(ID))),
            "`links` leads from `thing` to `user`: only within one class can it be followed again and again",
        ),
        (
            mistake(|thing| thing.pointed_at_by("facet", "owner").repeatedly().which(|facet| facet.is(ID))),
            "`owner` leads from `facet` to `thing`: only within one class can it be followed again and again",
        ),
        (
            mistake(|thing| thing.pointed_at_by("facette", "owner").which(|facet| facet.is(ID))),
            "there is no class `facette` (did you mean `facet`?): there is `organisation`, `organisation_unit`, \
          `organisation_function`, `user`, `it_system`, `facet`, `class`, `classification` and `thing`",
        ),
        (
            mistake(|thing| {
                thing.relation("parent").join().through(|one| one.state("x").is("y")).which(|one| one.is(ID))
            }),
            "`thing` has no state `x`: it has `status`",
        ),
        (
            mistake(|thing| thing.relation("parent").which(|one| one.state("x").is("y"))),
            "`thing` has no state `x`: it has `status`",
        ),
        (
            mistake(|thing| thing.part_changed_in("x", period(1, 2))),
            "`thing` has no group, field, state or relation `x`: it has `properties`, `more`, `status`, `parent`, `owners`, `links`, \
          `properties.name`, `number`, `flag`, `list`, `note` and `more.name`",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
    let context = TimeContext::now(Timestamp::from_micros(5).unwrap());
    let schema = schema();
    let said = |ask: Ask| ask.query(context).unwrap_err().to_string();
    assert_eq!(
        said(Ask::of(&schema, "thing").order_by("list").order_by("nothing")),
        "`list` of `thing` holds a list of texts, but an order asks for texts, numbers, or true and false"
    );
    let unknown = Ask::of(&schema, "thingy").filter(|thing| thing.state("x").is("y")).order_by("z");
    assert!(said(unknown).starts_with("there is no class `thingy` (did you mean `thing`?)"));
}
