//! The definition of queries itself: worked examples of every operator, with the answers argued by hand.
//!
//! Valid time is a few instants around 0 to 100; the n-th registration is made at 100 n, at the position n.

use lora_core::object::{AttributeRow, Content, Effect, LifeCycle, ObjectId, Position, RelationRow, StateRow, Target};
use lora_core::query::eval::{Grouped, Stamp, World};
use lora_core::query::{
    Comparison, Direction, Filter, Known, Order, Other, Pattern, Query, Reading, Related, Selection, Steps, Test,
    TimeContext,
};
use lora_core::schema::{Class, ClassDeclaration, ClassId, FieldId, Ids, Keyword, Schema, Value};
use lora_core::storage::KnownAt;
use lora_core::testing::queries::region;
use lora_core::time::{Allen, Axis, Band, Period, Region, Timestamp, TransactionTime, ValidTime};
use uuid::Uuid;

const MIN: i64 = i64::MIN;
const MAX: i64 = i64::MAX;

const UNIT: &str = r#"
    name = "unit"
    wire = "unit"
    title = "Unit"
    service = "test"
    presence = { state = "activity", value = "active" }
    relations = [
      { name = "above", wire = "above", cardinality = "zero_to_one", targets = ["unit"] },
      { name = "near", wire = "near", cardinality = "zero_to_many", targets = ["unit"] },
    ]
    derived = [{ name = "whole", group = "properties", parts = ["key", "name"] }]
    [[groups]]
    name = "properties"
    wire = "properties"
    fields = [
      { name = "key", wire = "key" },
      { name = "name", wire = "name" },
      { name = "size", wire = "size", type = "integer" },
      { name = "open", wire = "open", type = "boolean" },
      { name = "tags", wire = "tags", type = "text_list" },
      { name = "words", wire = "words", type = "keywords" },
    ]
    [[states]]
    name = "activity"
    wire = "activity"
    values = [{ name = "active", wire = "active" }, { name = "inactive", wire = "inactive" }]
"#;

const PERSON: &str = r#"
    name = "person"
    wire = "person"
    title = "Person"
    service = "test"
    relations = [{ name = "works_in", wire = "works_in", cardinality = "zero_to_many", targets = ["unit"] }]
    [[groups]]
    name = "properties"
    wire = "properties"
    fields = [{ name = "key", wire = "key" }]
"#;

fn at<A: Axis>(key: i64) -> Timestamp<A> {
    Timestamp::from_sort_key(key).unwrap()
}

fn period<A: Axis>(from: i64, to: i64) -> Period<A> {
    Period::new(at(from), at(to)).unwrap()
}

fn schema() -> Schema {
    let class = |text| ClassDeclaration::from_toml("test", text).unwrap();
    Schema::new(&[class(UNIT), class(PERSON)], Ids::default()).unwrap()
}

/// A class, with its parts by name.
#[derive(Clone)]
struct Named(Class);

impl Named {
    fn field(&self, name: &str) -> FieldId {
        let fields = self.0.fields().map(|(_, field)| (field.name.as_str(), field.id));
        let derived = self.0.derived.iter().map(|derived| (derived.name.as_str(), derived.id));
        fields.chain(derived).find(|(other, _)| *other == name).unwrap().1
    }

    fn group(&self) -> FieldId {
        self.0.groups[0].id
    }

    fn relation(&self, name: &str) -> FieldId {
        self.0.relations.iter().find(|relation| relation.name == name).unwrap().id
    }

    fn state(&self) -> FieldId {
        self.0.states[0].id
    }

    fn value(&self, name: &str) -> FieldId {
        self.0.states[0].values.iter().find(|value| value.name == name).unwrap().id
    }

    fn passes(&self, field: &str, test: Test) -> Filter {
        Filter::Field { field: self.field(field), test }
    }

    fn key(&self, key: &str) -> Filter {
        self.passes("key", Test::Is(text(key)))
    }
}

fn unit() -> Named {
    Named(schema().class_named("unit").unwrap().clone())
}

fn person() -> Named {
    Named(schema().class_named("person").unwrap().clone())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A content, row by row.
#[derive(Clone)]
struct Stated {
    class: Named,
    content: Content,
}

impl Named {
    fn states(&self) -> Stated {
        Stated { class: self.clone(), content: Content::EMPTY }
    }

    /// A content that is present in a period.
    fn active(&self, from: i64, to: i64) -> Stated {
        self.states().state(from, to, "active")
    }
}

impl Stated {
    fn row(mut self, from: i64, to: i64, values: &[(&str, Value)]) -> Self {
        let values = values.iter().map(|(field, value)| (self.class.field(field), value.clone()));
        let row = AttributeRow::new(values, Effect::during(period(from, to)));
        let group = self.class.group();
        let rows = self.content.attributes(group).iter().cloned().chain([row]).collect();
        self.content.set_attributes(group, rows);
        self
    }

    fn key(self, from: i64, to: i64, key: &str) -> Self {
        self.row(from, to, &[("key", text(key))])
    }

    fn state(mut self, from: i64, to: i64, value: &str) -> Self {
        let (state, value) = (self.class.state(), self.class.value(value));
        let row = StateRow { value, effect: Effect::during(period(from, to)) };
        let rows = self.content.states(state).iter().cloned().chain([row]).collect();
        self.content.set_states(state, rows);
        self
    }

    fn target(mut self, from: i64, to: i64, relation: &str, target: Target, object_type: Option<&str>) -> Self {
        let relation = self.class.relation(relation);
        let object_type = object_type.map(str::to_owned);
        let row = RelationRow { target, object_type, effect: Effect::during(period(from, to)) };
        let rows = self.content.relations(relation).iter().cloned().chain([row]).collect();
        self.content.set_relations(relation, rows);
        self
    }

    fn points(self, from: i64, to: i64, relation: &str, number: u128) -> Self {
        self.target(from, to, relation, Target::Uuid(uuid(number)), None)
    }
}

/// A world that is written by hand.
#[derive(Default)]
struct Written {
    world: World,
    made: i64,
}

impl Written {
    /// Makes the next registration, of an object of the content's class.
    fn make(&mut self, number: u128, lifecycle: LifeCycle, stated: &Stated) {
        self.made += 1;
        let stamp = Stamp {
            actor: uuid(70 + self.made.unsigned_abs() as u128),
            note: if self.made == 1 { String::new() } else { format!("Note {}", self.made) },
            registered: at(100 * self.made),
            position: Position(self.made.unsigned_abs()),
        };
        let object = ObjectId { class: stated.class.0.id, uuid: uuid(number) };
        self.world.state(object, lifecycle, stated.content.clone(), stamp);
    }

    fn create(&mut self, number: u128, stated: &Stated) {
        self.make(number, LifeCycle::Created, stated);
    }

    fn correct(&mut self, number: u128, stated: &Stated) {
        self.make(number, LifeCycle::Corrected, stated);
    }

    fn delete(&mut self, number: u128, class: &Named) {
        self.make(number, LifeCycle::Deleted, &class.states());
    }

    fn ask(&self, query: &Query) -> Vec<(u128, Region)> {
        let schema = schema();
        let found = self.world.found(&|class, _| schema.class(class), query, Position(u64::MAX));
        found.iter().map(|found| (found.object.as_u128(), region(found))).collect()
    }

    /// When the filter holds of objects of the class as known latest, by object.
    fn latest(&self, class: &Named, reading: Reading, filter: Filter) -> Vec<(u128, Vec<(i64, i64)>)> {
        let query = Query::new(Selection { class: class.0.id, reading, filter }, context(Known::Latest));
        let valid = |region: Region| region.valid().iter().map(|p| (p.from().sort_key(), p.to().sort_key())).collect();
        self.ask(&query).into_iter().map(|(object, region)| (object, valid(region))).collect()
    }

    /// When the filter holds of unit 1 as known latest, where all that is stated counts.
    fn rows(&self, filter: Filter) -> Vec<(i64, i64)> {
        self.of_one(Reading::Rows, filter)
    }

    fn present(&self, filter: Filter) -> Vec<(i64, i64)> {
        self.of_one(Reading::Present, filter)
    }

    fn of_one(&self, reading: Reading, filter: Filter) -> Vec<(i64, i64)> {
        let filter = Filter::Object(vec![uuid(1)]) & filter;
        self.latest(&unit(), reading, filter).pop().map(|(_, valid)| valid).unwrap_or_default()
    }

    /// At which points the filter holds of unit 1, as known whenever.
    fn ever(&self, reading: Reading, filter: Filter) -> Region {
        let select = Selection { class: unit().0.id, reading, filter: Filter::Object(vec![uuid(1)]) & filter };
        let found = self.ask(&Query::new(select, context(Known::During(Some(Period::ALWAYS)))));
        found.into_iter().next().map(|(_, region)| region).unwrap_or_default()
    }

    /// Which units are found as known latest, whenever in effect.
    fn units(&self, filter: Filter) -> Vec<u128> {
        self.latest(&unit(), Reading::Rows, filter).into_iter().map(|(unit, _)| unit).collect()
    }
}

fn context(known: Known) -> TimeContext {
    TimeContext { known, valid: Some(Period::ALWAYS), now: at(0) }
}

/// A stretch of transaction time, and those of valid time that belong to it.
type Stretch<'a> = ((i64, i64), &'a [(i64, i64)]);

/// A region, band by band.
fn points(bands: &[Stretch<'_>]) -> Region {
    let band = |((from, to), valid): &Stretch<'_>| Band {
        known: period::<TransactionTime>(*from, *to),
        valid: valid.iter().map(|(from, to)| period::<ValidTime>(*from, *to)).collect(),
    };
    bands.iter().map(band).collect()
}

fn related(class: &Named, relation: &str, direction: Direction, to: Selection) -> Related {
    Related { relation: class.relation(relation), direction, object_type: None, steps: Steps::One, to }
}

fn any_of(class: &Named, reading: Reading) -> Selection {
    Selection { class: class.0.id, reading, filter: Filter::EVERYWHERE }
}

fn joined(related: Related) -> Filter {
    Filter::Related(Box::new(related))
}

const NOWHERE: [(i64, i64); 0] = [];
const EVER: [(i64, i64); 1] = [(MIN, MAX)];

// ---- Points and readings ------------------------------------------------------------------------------------------

#[test]
fn a_row_holds_from_its_beginning_to_before_its_end_and_is_known_from_its_registration_to_before_the_next() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 10, "a"));
    w.correct(1, &unit().states().key(5, 10, "a"));
    let known = w.ever(Reading::Rows, unit().key("a"));
    assert_eq!(known, points(&[((100, 200), &[(0, 10)]), ((200, MAX), &[(5, 10)])]));
    let asked = |known, valid| {
        let select = Selection { class: unit().0.id, reading: Reading::Rows, filter: unit().key("a") };
        w.ask(&Query::new(select, TimeContext { known, valid, now: at(0) }))
    };
    let instant = |valid| Period::instant(at(valid));
    assert!(asked(Known::Latest, instant(10)).is_empty(), "the end is exclusive");
    assert!(asked(Known::at(at(99)), instant(5)).is_empty(), "nothing was known yet");
    assert!(asked(Known::at(at(200)), instant(4)).is_empty(), "what is corrected is known from that instant on");
    let everything = |valid| vec![(1, Region::rectangle(Period::ALWAYS, valid))];
    assert_eq!(asked(Known::at(at(199)), instant(0)), everything(period(0, 1)), "one instant stands for all");
    assert_eq!(asked(Known::Latest, Some(period(0, 7))), everything(period(5, 7)), "cut to the window");
    let window = Known::During(Some(period(150, 250)));
    let cut = points(&[((150, 200), &[(0, 10)]), ((200, 250), &[(5, 10)])]);
    assert_eq!(asked(window, Some(Period::ALWAYS)), [(1, cut)]);
    assert!(asked(Known::During(None), Some(Period::ALWAYS)).is_empty());
    assert!(asked(Known::Latest, None).is_empty(), "an empty window has no instant, whatever is asked");
}

#[test]
fn an_object_is_present_while_its_presence_holds_and_its_rows_count_until_it_is_deleted() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 10).state(10, 20, "inactive"));
    w.delete(1, &unit());
    let all = |reading| w.ever(reading, Filter::EVERYWHERE);
    assert_eq!(all(Reading::Present), points(&[((100, 200), &[(0, 10)])]));
    assert_eq!(all(Reading::Rows), points(&[((100, 200), &EVER)]));
    assert_eq!(all(Reading::Registered), points(&[((100, MAX), &EVER)]));
}

#[test]
fn an_object_of_a_class_without_presence_counts_whenever_it_is_not_deleted() {
    let mut w = Written::default();
    w.create(1, &person().states());
    assert_eq!(w.latest(&person(), Reading::Present, Filter::EVERYWHERE), [(1, EVER.to_vec())]);
}

#[test]
fn the_presence_that_counts_is_the_one_declared_when_the_registration_was_made() {
    let declared = |presence: &str| {
        let text = UNIT.replace("value = \"active\"", presence);
        Schema::new(&[ClassDeclaration::from_toml("test", &text).unwrap()], Ids::default()).unwrap()
    };
    let (first, second) = (declared("value = \"active\""), declared("value = \"inactive\""));
    let mut w = Written::default();
    let stated = unit().active(0, 10).state(10, 20, "inactive");
    w.create(1, &stated);
    w.correct(1, &stated);
    let classes = |class, position: Position| if position.0 < 2 { first.class(class) } else { second.class(class) };
    let select = any_of(&unit(), Reading::Present);
    let query = Query::new(select, context(Known::During(Some(Period::ALWAYS))));
    let found = w.world.found(&classes, &query, Position(u64::MAX));
    assert_eq!(region(&found[0]), points(&[((100, 200), &[(0, 10)]), ((200, MAX), &[(10, 20)])]));
}

#[test]
fn a_position_hides_what_came_after_it() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 10, "a"));
    w.correct(1, &unit().states().key(0, 10, "b"));
    let schema = schema();
    let known = |position| {
        let select = Selection { class: unit().0.id, reading: Reading::Rows, filter: unit().key("a") };
        let query = Query::new(select, context(Known::During(Some(Period::ALWAYS))));
        let found = w.world.found(&|class, _| schema.class(class), &query, Position(position));
        found.first().map(region)
    };
    assert_eq!(known(1), Some(points(&[((100, MAX), &[(0, 10)])])), "the newest visible one is open");
    assert_eq!(known(2), Some(points(&[((100, 200), &[(0, 10)])])));
    assert_eq!(known(0), None);
}

// ---- Combinations -------------------------------------------------------------------------------------------------

#[test]
fn all_and_any_are_asked_at_each_point_and_not_of_the_whole_window() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 30).key(0, 10, "a").key(20, 30, "b"));
    let (a, b) = (unit().key("a"), unit().key("b"));
    assert_eq!(w.rows(a.clone() & b.clone()), NOWHERE, "at no instant has it both keys");
    assert_eq!(w.rows(a.clone() | b), [(0, 10), (20, 30)]);
    assert_eq!(w.rows(Filter::All(vec![])), EVER);
    assert_eq!(w.rows(Filter::Any(vec![])), NOWHERE);
    assert_eq!(w.rows(!a.clone()), [(MIN, 0), (10, MAX)]);
    assert_eq!(w.present(!a), [(10, 30)], "what does not hold is asked only where the object counts");
}

#[test]
fn what_is_not_known_to_hold_does_not_hold_but_of_what_is_not_known_at_all_nothing_is_asked() {
    let mut w = Written::default();
    w.create(1, &unit().states());
    let not_a = w.ever(Reading::Registered, !unit().key("a"));
    assert_eq!(not_a, points(&[((100, MAX), &EVER)]), "not before the first registration");
}

#[test]
fn objects_are_named_by_one_of_several_uuids() {
    let mut w = Written::default();
    (1..=3).for_each(|number| w.create(number, &unit().states()));
    assert_eq!(w.units(Filter::Object(vec![uuid(3), uuid(1), uuid(9)])), [1, 3]);
    assert!(w.units(Filter::Object(vec![])).is_empty());
}

// ---- Values -------------------------------------------------------------------------------------------------------

fn keyword(identifier: &str, description: &str) -> Keyword {
    Keyword { identifier: identifier.to_owned(), description: description.to_owned(), category: String::new() }
}

#[test]
fn values_pass_tests_as_a_whole_or_by_one_of_their_texts() {
    let list = |texts: &[&str]| Value::TextList(texts.iter().map(|text| (*text).to_owned()).collect());
    let words = Value::Keywords(vec![keyword("Hus", "bolig")]);
    let mut w = Written::default();
    let values =
        [("key", text("Ab")), ("tags", list(&["x", "Y"])), ("words", words.clone()), ("size", Value::Integer(7))];
    w.create(1, &unit().states().row(0, 10, &values));
    let has = |text: &str| Test::Has(text.to_owned());
    let like = |pattern| Test::Like(Pattern::parse(pattern).unwrap());
    for (field, test, passes) in [
        ("key", Test::Is(text("Ab")), true),
        ("key", Test::Is(text("ab")), false), // in exactly these letters
        ("key", has("Ab"), true),
        ("key", has("A"), false),
        ("key", like("aB"), true),
        ("key", like("a"), false),
        ("tags", Test::Is(list(&["x", "Y"])), true),
        ("tags", Test::Is(list(&["x"])), false),
        ("tags", Test::Is(list(&["Y", "x"])), false), // order counts
        ("tags", Test::Is(text("x")), false),         // a value of another type
        ("tags", has("Y"), true),
        ("tags", has("y"), false),
        ("tags", like("y"), true),
        ("words", Test::Is(words), true),
        ("words", has("bolig"), true),
        ("words", has(""), true), // the category
        ("words", like("h%"), true),
        ("size", Test::Is(Value::Integer(7)), true),
        ("size", Test::Is(text("7")), false),
        ("size", has("7"), false), // a number has no text
        ("size", like("%"), false),
        ("open", Test::Is(Value::Boolean(false)), false), // no value is not false
    ] {
        assert_eq!(w.rows(unit().passes(field, test.clone())) == [(0, 10)], passes, "{field} {test:?}");
    }
}

#[test]
fn texts_compare_by_small_letters_and_numbers_by_size_and_nothing_else_does() {
    use Comparison::{AtLeast, AtMost, Greater, Less};
    let tags = Value::TextList(vec!["m".to_owned(), "Z".to_owned()]);
    let mut w = Written::default();
    let values = [("key", text("B")), ("size", Value::Integer(-2)), ("open", Value::Boolean(true)), ("tags", tags)];
    w.create(1, &unit().states().row(0, 10, &values));
    for (field, comparison, other, passes) in [
        ("key", Less, text("c"), true), // though B comes before c and b in ASCII, too:
        ("key", Greater, text("a"), true),
        ("key", Less, text("a"), false),
        ("key", AtMost, text("b"), true), // letter case does not count
        ("key", AtLeast, text("b"), true),
        ("key", Less, text("b"), false),
        ("key", Greater, text("b"), false),
        ("key", Less, text("å"), true), // by code point, not by alphabet
        ("key", Greater, Value::Integer(0), false),
        ("size", Less, Value::Integer(-1), true), // by number, not by digits
        ("size", AtMost, Value::Integer(-2), true),
        ("size", Greater, Value::Integer(-2), false),
        ("size", AtLeast, Value::Integer(-10), true),
        ("size", Less, text("9"), false),
        ("open", AtMost, Value::Boolean(true), false), // truth is no size
        ("tags", Less, text("n"), true),               // one of the texts is enough
        ("tags", Greater, text("y"), true),
        ("tags", AtLeast, Value::TextList(vec!["a".to_owned()]), false),
        ("name", Less, text("z"), false), // no value passes nothing
    ] {
        let test = Test::Compares(comparison, other);
        assert_eq!(w.rows(unit().passes(field, test.clone())) == [(0, 10)], passes, "{field} {test:?}");
    }
}

#[test]
fn a_value_is_given_where_it_is_not_blank() {
    let mut w = Written::default();
    let tags = |tag: &str| Value::TextList(vec![tag.to_owned()]);
    let word = Value::Keywords(vec![keyword("", "")]);
    let rows = unit()
        .states()
        .row(0, 10, &[("key", text("")), ("tags", tags("")), ("words", Value::Keywords(vec![]))])
        .row(10, 20, &[("key", text("a")), ("tags", tags("a")), ("words", word), ("open", Value::Boolean(false))]);
    w.create(1, &rows);
    for field in ["key", "tags", "words", "open", "whole"] {
        assert_eq!(w.rows(unit().passes(field, Test::Given)), [(10, 20)], "{field}");
    }
    assert_eq!(w.rows(unit().passes("size", Test::Given)), NOWHERE);
    assert_eq!(w.rows(unit().passes("key", Test::Is(text("")))), [(0, 10)], "the empty text is a value");
}

#[test]
fn a_derived_term_is_the_texts_of_one_row_with_single_spaces_between_those_that_are_not_empty() {
    let mut w = Written::default();
    let rows = unit()
        .states()
        .row(0, 10, &[("key", text("Anne")), ("name", text("Lund"))])
        .row(10, 20, &[("key", text("")), ("name", text("Lund"))])
        .row(20, 30, &[("key", text("Anne"))])
        .row(30, 40, &[("key", text(""))]);
    w.create(1, &rows);
    let whole = |test| w.rows(unit().passes("whole", test));
    assert_eq!(whole(Test::Is(text("Anne Lund"))), [(0, 10)]);
    assert_eq!(whole(Test::Has("Lund".to_owned())), [(10, 20)]);
    assert_eq!(whole(Test::Like(Pattern::parse("anne%").unwrap())), [(0, 10), (20, 30)]);
    assert_eq!(whole(Test::Compares(Comparison::AtMost, text("anne"))), [(20, 30)]);
    assert_eq!(whole(Test::Is(text(""))), NOWHERE, "of empty texts there is no term");
    assert_eq!(w.rows(Filter::AnyText(Pattern::exactly("Anne Lund"))), NOWHERE, "it is not a text of the row");
    assert_eq!(w.rows(Filter::AnyText(Pattern::exactly("anne"))), [(0, 10), (20, 30)]);
}

// ---- States, relations, registrations -----------------------------------------------------------------------------

#[test]
fn a_state_has_one_of_the_values() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 10).state(20, 30, "inactive"));
    let state = |values: &[&str]| Filter::State {
        state: unit().state(),
        values: values.iter().map(|value| unit().value(value)).collect(),
    };
    assert_eq!(w.rows(state(&["active"])), [(0, 10)]);
    assert_eq!(w.rows(state(&["inactive", "active"])), [(0, 10), (20, 30)]);
    assert_eq!(w.rows(state(&[])), NOWHERE);
}

#[test]
fn a_relation_points_at_one_of_the_targets_in_a_row_of_the_type() {
    let urn = |name: &str| Target::Urn(name.to_owned());
    let mut w = Written::default();
    let stated = unit()
        .states()
        .target(0, 10, "near", Target::Uuid(uuid(9)), Some("Unit"))
        .target(5, 20, "near", urn("urn:x"), None)
        .target(30, 40, "near", Target::Nothing, None);
    w.create(1, &stated);
    let near = |object_type: Option<&str>, targets| {
        let object_type = object_type.map(str::to_owned);
        w.rows(Filter::Relation { relation: unit().relation("near"), object_type, targets })
    };
    let nine = || Target::Uuid(uuid(9));
    assert_eq!(near(None, Some(vec![nine()])), [(0, 10)]);
    assert_eq!(near(Some("Unit"), Some(vec![nine()])), [(0, 10)]);
    assert_eq!(near(Some("unit"), Some(vec![nine()])), NOWHERE, "types are compared exactly");
    assert_eq!(near(Some("Unit"), Some(vec![urn("urn:x")])), NOWHERE, "the same row must have both");
    assert_eq!(near(None, Some(vec![urn("urn:x"), nine()])), [(0, 20)]);
    assert_eq!(near(None, Some(vec![urn("urn:X")])), NOWHERE);
    assert_eq!(near(None, None), [(0, 20)], "nothing is no target");
    assert_eq!(near(None, Some(vec![Target::Nothing])), [(30, 40)], "but it can be asked for");
    assert_eq!(near(None, Some(vec![])), NOWHERE);
    assert_eq!(near(Some("Unit"), None), [(0, 10)]);
    assert_eq!(w.rows(Filter::AnyRelation(uuid(9))), [(0, 10)]);
    assert_eq!(w.rows(Filter::AnyRelation(uuid(8))), NOWHERE);
}

#[test]
fn a_registration_is_asked_for_its_life_cycle_actor_note_and_instant_at_every_instant() {
    let mut w = Written::default();
    w.create(1, &unit().states()); // at 100, by 71, without a note
    w.correct(1, &unit().states()); // at 200, by 72, "Note 2"
    w.delete(1, &unit()); // at 300, by 73, "Note 3"
    let known = |filter| w.ever(Reading::Registered, filter);
    let during = |from, to| points(&[((from, to), &EVER)]);
    assert_eq!(known(Filter::LifeCycle(vec![LifeCycle::Created])), during(100, 200));
    let two = vec![LifeCycle::Deleted, LifeCycle::Corrected];
    assert_eq!(known(Filter::LifeCycle(two.clone())), during(200, MAX));
    assert_eq!(w.ever(Reading::Rows, Filter::LifeCycle(two)), during(200, 300), "a deletion counts as registered only");
    assert_eq!(known(Filter::Actor(vec![uuid(71), uuid(79)])), during(100, 200));
    let note = |pattern| known(Filter::Note(Pattern::parse(pattern).unwrap()));
    assert_eq!(note("note 2"), during(200, 300));
    assert_eq!(note("%"), during(200, MAX), "an empty note never matches");
    assert_eq!(known(Filter::RegisteredIn(period(100, 200))), during(100, 200), "the end is exclusive");
    assert_eq!(known(Filter::RegisteredIn(period(101, 301))), during(200, MAX));
    assert_eq!(known(Filter::RegisteredIn(period(101, 200))), Region::none());
}

// ---- Change -------------------------------------------------------------------------------------------------------

#[test]
fn a_change_is_found_where_a_registration_states_something_else_than_the_one_before_it() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 30, "a")); // at 100
    w.correct(1, &unit().states().key(0, 10, "a").key(10, 30, "b")); // at 200: b from 10 to 30
    w.correct(1, &unit().states().key(0, 30, "a")); // at 300: back again
    let changed = |from, to| w.rows(Filter::ChangedIn { within: period(from, to), part: None });
    assert_eq!(changed(100, 101), [(0, 30)], "the first registration differs from nothing");
    assert_eq!(changed(200, 201), [(10, 30)]);
    assert_eq!(changed(201, 300), NOWHERE, "nothing was registered then");
    assert_eq!(changed(150, 301), [(10, 30)], "a change there and back is a change");
    assert_eq!(changed(MIN, MAX), [(0, 30)]);
    let ever = w.ever(Reading::Rows, Filter::ChangedIn { within: period(200, 201), part: None });
    assert_eq!(ever, points(&[((100, MAX), &[(10, 30)])]), "whatever is known of");
}

#[test]
fn actors_notes_and_periods_of_effects_and_the_life_cycle_are_no_change() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 20, "a"));
    let mut noted = unit().states();
    let row = |from, to| {
        let effect = Effect { note: "why".to_owned(), actor: Some(uuid(5)), ..Effect::during(period(from, to)) };
        AttributeRow::new([(unit().field("key"), text("a"))], effect)
    };
    noted.content.set_attributes(unit().group(), vec![row(0, 10), row(10, 20)]);
    w.correct(1, &noted);
    w.make(1, LifeCycle::Passivated, &noted);
    w.correct(1, &noted);
    assert_eq!(w.rows(Filter::ChangedIn { within: period(200, 900), part: None }), NOWHERE);
    w.delete(1, &unit());
    let deleted = Filter::ChangedIn { within: period(500, 501), part: None };
    assert_eq!(w.ever(Reading::Registered, deleted), points(&[((100, MAX), &[(0, 20)])]), "a deletion takes all away");
}

#[test]
fn a_change_may_be_asked_of_one_part() {
    let mut w = Written::default();
    let named = |key, name| [("key", text(key)), ("name", text(name))];
    w.create(1, &unit().active(0, 10).row(0, 10, &named("a", "x")).points(0, 10, "near", 2));
    w.correct(1, &unit().active(0, 10).row(0, 10, &named("a", "y")).points(0, 10, "near", 3));
    w.correct(1, &unit().active(0, 5).row(0, 10, &named("", "y")).row(10, 20, &[]).points(0, 10, "near", 3));
    let changed = |within, part| w.rows(Filter::ChangedIn { within, part: Some(part) });
    let (second, third) = (period(200, 201), period(300, 301));
    let u = unit();
    for (part, in_second, in_third) in [
        (u.group(), vec![(0, 10)], vec![(0, 20)]), // an empty row is a row
        (u.field("key"), vec![], vec![(0, 10)]),
        (u.field("name"), vec![(0, 10)], vec![]),
        (u.field("whole"), vec![(0, 10)], vec![(0, 10)]),
        (u.field("size"), vec![], vec![]),
        (u.state(), vec![], vec![(5, 10)]),
        (u.relation("near"), vec![(0, 10)], vec![]),
        (u.relation("above"), vec![], vec![]),
    ] {
        assert_eq!(changed(second, part), in_second, "{part:?}");
        assert_eq!(changed(third, part), in_third, "{part:?}");
    }
}

#[test]
fn another_object_type_is_another_target() {
    let mut w = Written::default();
    let near = |object_type| unit().states().target(0, 10, "near", Target::Uuid(uuid(2)), object_type);
    w.create(1, &near(None));
    w.correct(1, &near(Some("Unit")));
    let part = Some(unit().relation("near"));
    assert_eq!(w.rows(Filter::ChangedIn { within: period(200, 201), part }), [(0, 10)]);
}

#[test]
fn a_filter_is_first_known_when_it_first_held_of_the_instant_and_not_when_it_held_again() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 10, "a")); // at 100: a from 0 to 10
    w.correct(1, &unit().states().key(5, 20, "a")); // at 200: a from 5 to 20
    w.correct(1, &unit().states().key(0, 20, "a")); // at 300: a from 0 to 20
    let first = |from, to| w.rows(Filter::FirstKnownIn { within: period(from, to), filter: Box::new(unit().key("a")) });
    assert_eq!(first(100, 101), [(0, 10)]);
    assert_eq!(first(200, 300), [(10, 20)], "of 5 to 10 it was known before");
    assert_eq!(first(300, 400), NOWHERE, "of 0 to 5 it was known before it was forgotten");
    assert_eq!(first(MIN, 100), NOWHERE);
    let never = Filter::FirstKnownIn { within: Period::ALWAYS, filter: Box::new(unit().key("b")) };
    assert_eq!(w.rows(never), NOWHERE);
    let first = Filter::FirstKnownIn { within: period(200, 300), filter: Box::new(unit().key("a")) };
    assert_eq!(w.ever(Reading::Rows, first), points(&[((100, MAX), &[(10, 20)])]), "whatever is known of");
}

#[test]
fn what_is_first_known_is_known_of_an_object_that_counts() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 5).key(0, 10, "a"));
    w.correct(1, &unit().active(0, 10).key(0, 10, "a"));
    let first = |from, to| Filter::FirstKnownIn { within: period(from, to), filter: Box::new(unit().key("a")) };
    assert_eq!(w.present(first(100, 101)), [(0, 5)]);
    assert_eq!(w.present(first(200, 201)), [(5, 10)], "it had the key before, but did not count");
    assert_eq!(w.rows(first(200, 201)), NOWHERE);
}

// ---- Other instants -----------------------------------------------------------------------------------------------

fn sometime(from: i64, to: i64, filter: Filter) -> Filter {
    Filter::Sometime { within: Some(period(from, to)), filter: Box::new(filter) }
}

fn throughout(from: i64, to: i64, filter: Filter) -> Filter {
    Filter::Throughout { within: period(from, to), filter: Box::new(filter) }
}

#[test]
fn sometime_is_at_an_instant_of_the_window_and_holds_everywhere() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 10, "a").key(20, 30, "b"));
    let a = || unit().key("a");
    assert_eq!(w.rows(sometime(9, 20, a())), EVER);
    assert_eq!(w.rows(sometime(10, 20, a())), NOWHERE, "the end of the row is exclusive");
    assert_eq!(w.rows(sometime(MIN, 0, a())), NOWHERE, "and so is the window's");
    assert_eq!(w.rows(sometime(MIN, MAX, a()) & unit().key("b")), [(20, 30)], "b now, and a once");
    assert_eq!(w.rows(Filter::Sometime { within: None, filter: Box::new(Filter::EVERYWHERE) }), NOWHERE);
    let known = w.ever(Reading::Registered, sometime(0, 1, a()));
    assert_eq!(known, points(&[((100, MAX), &EVER)]), "as known at the same instant");
}

#[test]
fn throughout_is_at_every_instant_of_the_window() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 10, "a").key(10, 20, "a"));
    let a = || unit().key("a");
    assert_eq!(w.rows(throughout(0, 20, a())), EVER, "by two rows that follow each other");
    assert_eq!(w.rows(throughout(0, 21, a())), NOWHERE);
    assert_eq!(w.rows(throughout(MIN, 20, a())), NOWHERE);
    assert_eq!(w.rows(throughout(30, 40, !a())), EVER);
}

#[test]
fn both_look_only_at_instants_at_which_the_object_counts_and_throughout_asks_it_to() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 10).key(0, 30, "a"));
    let a = || unit().key("a");
    assert_eq!(w.present(sometime(10, 30, a())), NOWHERE);
    assert_eq!(w.present(sometime(9, 30, a())), [(0, 10)]);
    assert_eq!(w.present(throughout(0, 10, a())), [(0, 10)]);
    assert_eq!(w.present(throughout(0, 11, a())), NOWHERE, "it does not count at 10");
    assert_eq!(w.present(!sometime(10, 30, a())), [(0, 10)]);
}

#[test]
fn as_known_asks_what_was_known_then_of_the_same_instant_of_an_object_that_counted() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 20).key(0, 10, "a"));
    w.correct(1, &unit().active(0, 30).key(0, 20, "b"));
    let as_known = |at, filter| Filter::AsKnown { at, filter: Box::new(filter) };
    let then = |instant| KnownAt::Instant(at(instant));
    assert_eq!(w.rows(unit().key("b") & as_known(then(199), unit().key("a"))), [(0, 10)]);
    assert_eq!(w.rows(as_known(then(200), unit().key("a"))), NOWHERE);
    assert_eq!(w.rows(as_known(then(99), !unit().key("a"))), NOWHERE, "nothing was known, not even that it is not a");
    assert_eq!(w.rows(!as_known(then(99), unit().key("a"))), EVER);
    assert_eq!(w.rows(as_known(then(MAX), Filter::EVERYWHERE)), NOWHERE, "infinity is never reached");
    assert_eq!(w.present(as_known(then(199), !unit().key("a"))), [(10, 20)], "of 20 to 30 it did not count then");
    let latest = w.ever(Reading::Rows, as_known(KnownAt::Latest, unit().key("b")));
    assert_eq!(latest, points(&[((100, MAX), &[(0, 20)])]), "whatever is known of");
}

#[test]
fn periods_are_the_longest_ones_however_many_rows_they_are_made_of() {
    let mut w = Written::default();
    w.create(1, &unit().states().key(0, 10, "a").key(10, 20, "a").key(30, 40, "a"));
    let stands = |stand: &[Allen], from, to| {
        let (of, to) = (Box::new(unit().key("a")), Other::Period(period(from, to)));
        w.rows(Filter::Periods { of, stand: stand.to_vec(), to })
    };
    assert_eq!(stands(&[Allen::Equals], 0, 20), [(0, 20)]);
    assert_eq!(stands(&[Allen::Equals], 0, 10), NOWHERE);
    assert_eq!(stands(&[Allen::Before], 25, 28), [(0, 20)]);
    assert_eq!(stands(&[Allen::Meets, Allen::MetBy], 20, 30), [(0, 20), (30, 40)]);
    assert_eq!(stands(&[Allen::Before], 20, 30), NOWHERE, "they touch");
    assert_eq!(stands(&[Allen::After], 20, 25), [(30, 40)]);
    assert_eq!(stands(&[Allen::During], MIN, MAX), [(0, 20), (30, 40)]);
    assert_eq!(stands(&[Allen::Contains], 5, 15), [(0, 20)]);
    assert_eq!(stands(&[Allen::Overlaps], 15, 35), [(0, 20)]);
    assert_eq!(stands(&[Allen::OverlappedBy], 15, 35), [(30, 40)]);
    assert_eq!(stands(&[Allen::Starts, Allen::FinishedBy], 0, 30), [(0, 20)]);
    assert_eq!(stands(&[Allen::StartedBy], 30, 35), [(30, 40)]);
    assert_eq!(stands(&[Allen::Finishes], 25, 40), [(30, 40)]);
    assert_eq!(stands(&[], 0, 20), NOWHERE);
    assert_eq!(stands(&Allen::ALL, 0, 1), [(0, 20), (30, 40)], "only where the filter holds");
}

#[test]
fn the_other_period_may_be_one_of_the_longest_of_another_filter() {
    let mut w = Written::default();
    let size = |size| [("size", Value::Integer(size))];
    let rows = unit().states().row(0, 10, &size(1)).row(10, 20, &size(2)).row(30, 40, &size(1)).row(50, 60, &size(2));
    w.create(1, &rows);
    let of_size = |size| unit().passes("size", Test::Is(Value::Integer(size)));
    let stands = |stand| {
        let (of, to) = (Box::new(of_size(1)), Other::Filter(Box::new(of_size(2))));
        w.rows(Filter::Periods { of, stand: vec![stand], to })
    };
    assert_eq!(stands(Allen::Meets), [(0, 10)]);
    assert_eq!(stands(Allen::Before), [(0, 10), (30, 40)], "one of the others is enough");
    assert_eq!(stands(Allen::After), [(30, 40)]);
    assert_eq!(stands(Allen::Equals), NOWHERE);
}

#[test]
fn a_period_ends_where_the_object_ceases_to_count() {
    let mut w = Written::default();
    w.create(1, &unit().active(5, 15).key(0, 20, "a"));
    let equals = |from, to| {
        let to = Other::Period(period(from, to));
        Filter::Periods { of: Box::new(unit().key("a")), stand: vec![Allen::Equals], to }
    };
    assert_eq!(w.present(equals(5, 15)), [(5, 15)]);
    assert_eq!(w.rows(equals(0, 20)), [(0, 20)]);
    let never = Filter::Periods {
        of: Box::new(Filter::EVERYWHERE),
        stand: vec![Allen::Equals],
        to: Other::Filter(Box::new(Filter::EVERYWHERE)),
    };
    assert_eq!(w.present(never), [(5, 15)], "the other filter is of the object where it counts, too");
}

// ---- Joins --------------------------------------------------------------------------------------------------------

#[test]
fn a_join_asks_the_other_side_at_the_same_instant() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 100).points(0, 50, "near", 2).points(40, 60, "near", 3));
    w.create(2, &unit().active(0, 100).key(30, 100, "a"));
    w.create(3, &unit().active(0, 45).key(0, 100, "a"));
    let near_a = |reading| {
        let to = Selection { class: unit().0.id, reading, filter: unit().key("a") };
        joined(related(&unit(), "near", Direction::Forward, to))
    };
    assert_eq!(w.rows(near_a(Reading::Rows)), [(30, 60)], "2 has the key from 30 on, 3 takes over at 50");
    assert_eq!(w.rows(near_a(Reading::Present)), [(30, 50)], "3 does not count from 45 on");
    let not_a = Selection { class: unit().0.id, reading: Reading::Present, filter: !unit().key("a") };
    assert_eq!(w.rows(joined(related(&unit(), "near", Direction::Forward, not_a))), [(0, 30)]);
}

#[test]
fn a_join_finds_no_target_that_is_unknown_deleted_or_of_another_class() {
    let mut w = Written::default();
    w.create(1, &unit().states().points(0, 10, "near", 2).points(0, 10, "near", 3).points(0, 10, "near", 4));
    w.create(2, &person().states());
    w.create(3, &unit().states());
    w.delete(3, &unit());
    let near = |reading, filter| {
        let to = Selection { class: unit().0.id, reading, filter };
        w.rows(joined(related(&unit(), "near", Direction::Forward, to)))
    };
    assert_eq!(near(Reading::Rows, Filter::EVERYWHERE), NOWHERE);
    assert_eq!(near(Reading::Rows, !unit().key("a")), NOWHERE, "of what is not there nothing holds, not even not");
    assert_eq!(near(Reading::Registered, Filter::EVERYWHERE), [(0, 10)], "the deleted one is registered");
    let people = any_of(&person(), Reading::Present);
    assert_eq!(w.rows(joined(related(&unit(), "near", Direction::Forward, people))), [(0, 10)]);
}

#[test]
fn a_join_asks_the_other_side_as_known_at_the_same_instant() {
    let mut w = Written::default();
    w.create(1, &unit().states().points(0, 10, "near", 2)); // at 100
    w.create(2, &unit().states().key(0, 5, "a")); // at 200
    w.correct(2, &unit().states().key(0, 10, "a")); // at 300
    w.correct(1, &unit().states()); // at 400
    let to = Selection { class: unit().0.id, reading: Reading::Rows, filter: unit().key("a") };
    let near = joined(related(&unit(), "near", Direction::Forward, to));
    assert_eq!(w.ever(Reading::Rows, near), points(&[((200, 300), &[(0, 5)]), ((300, 400), &[(0, 10)])]));
}

#[test]
fn a_join_backward_finds_who_points_here_while_the_pointing_object_counts() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 100));
    w.create(7, &person().states().key(0, 20, "a").points(10, 30, "works_in", 1));
    w.create(8, &unit().active(0, 15).points(0, 20, "near", 1));
    let works = |filter| {
        let to = Selection { class: person().0.id, reading: Reading::Present, filter };
        w.rows(joined(related(&person(), "works_in", Direction::Backward, to)))
    };
    assert_eq!(works(Filter::EVERYWHERE), [(10, 30)]);
    assert_eq!(works(person().key("a")), [(10, 20)]);
    assert_eq!(works(Filter::Object(vec![uuid(8)])), NOWHERE);
    let near = |reading| w.rows(joined(related(&unit(), "near", Direction::Backward, any_of(&unit(), reading))));
    assert_eq!(near(Reading::Rows), [(0, 20)]);
    assert_eq!(near(Reading::Present), [(0, 15)]);
}

#[test]
fn a_join_may_ask_for_the_object_type_of_the_row() {
    let mut w = Written::default();
    let stated = unit().states().target(0, 10, "near", Target::Uuid(uuid(2)), Some("Unit")).target(
        10,
        20,
        "near",
        Target::Uuid(uuid(2)),
        None,
    );
    w.create(1, &stated);
    w.create(2, &unit().states());
    let near = |direction, object_type: Option<&str>| {
        let object_type = object_type.map(str::to_owned);
        let related = related(&unit(), "near", direction, any_of(&unit(), Reading::Rows));
        w.latest(&unit(), Reading::Rows, joined(Related { object_type, ..related }))
    };
    assert_eq!(near(Direction::Forward, None), [(1, vec![(0, 20)])]);
    assert_eq!(near(Direction::Forward, Some("Unit")), [(1, vec![(0, 10)])]);
    assert_eq!(near(Direction::Backward, Some("Unit")), [(2, vec![(0, 10)])]);
    assert_eq!(near(Direction::Backward, Some("unit")), []);
}

#[test]
fn joins_and_quantifiers_stand_inside_each_other() {
    let mut w = Written::default();
    w.create(1, &unit().active(0, 10).points(0, 10, "near", 2));
    w.create(2, &unit().active(0, 30).key(20, 40, "a"));
    let near = |filter| {
        let to = Selection { class: unit().0.id, reading: Reading::Present, filter };
        joined(related(&unit(), "near", Direction::Forward, to))
    };
    assert_eq!(w.present(near(unit().key("a"))), NOWHERE, "never at the same instant");
    assert_eq!(w.present(near(sometime(0, 30, unit().key("a")))), [(0, 10)], "but the other side has it once");
    assert_eq!(w.present(near(sometime(30, 40, unit().key("a")))), NOWHERE, "when it does not count any more");
    assert_eq!(w.present(sometime(0, 30, near(unit().key("a")))), NOWHERE);
}

fn many(direction: Direction, from_itself: bool, through: Option<Filter>, to: Selection) -> Filter {
    let steps = Steps::Many { from_itself, through: through.map(Box::new) };
    joined(Related { steps, ..related(&unit(), "above", direction, to) })
}

fn up(from_itself: bool, through: Option<Filter>, key: &str, reading: Reading) -> Filter {
    let to = Selection { class: unit().0.id, reading, filter: unit().key(key) };
    many(Direction::Forward, from_itself, through, to)
}

#[test]
fn many_steps_are_all_taken_at_the_same_instant() {
    // 1 is below 2 from 0 to 20; 2 is below 3 from 10 to 30: 1 is below 3 from 10 to 20.
    let mut w = Written::default();
    w.create(1, &unit().states().key(MIN, MAX, "one").points(0, 20, "above", 2));
    w.create(2, &unit().states().key(MIN, MAX, "two").points(10, 30, "above", 3));
    w.create(3, &unit().states().key(MIN, MAX, "three"));
    assert_eq!(w.rows(up(false, None, "two", Reading::Rows)), [(0, 20)]);
    assert_eq!(w.rows(up(false, None, "three", Reading::Rows)), [(10, 20)]);
    assert_eq!(w.rows(up(false, None, "one", Reading::Rows)), NOWHERE, "not itself");
    assert_eq!(w.rows(up(true, None, "one", Reading::Rows)), EVER, "unless it counts as the other side");
    let below_three = many(Direction::Backward, false, None, any_of(&unit(), Reading::Rows));
    let found = w.latest(&unit(), Reading::Rows, below_three);
    assert_eq!(found, [(2, vec![(0, 20)]), (3, vec![(10, 30)])], "who has somebody below");
    let one = Selection { class: unit().0.id, reading: Reading::Rows, filter: unit().key("one") };
    let above_one = w.latest(&unit(), Reading::Rows, many(Direction::Backward, false, None, one));
    assert_eq!(above_one, [(2, vec![(0, 20)]), (3, vec![(10, 20)])]);
}

#[test]
fn what_is_passed_on_the_way_must_count_and_hold_and_both_ends_need_not() {
    let mut w = Written::default();
    w.create(1, &unit().states().points(0, 100, "above", 2));
    w.create(2, &unit().active(20, 80).key(0, 50, "via").points(0, 100, "above", 3));
    w.create(3, &unit().active(0, 70).key(MIN, MAX, "top"));
    let top = |through| up(false, through, "top", Reading::Present);
    assert_eq!(w.rows(top(None)), [(20, 70)], "2 counts from 20 to 80, 3 until 70; that 1 does not is not asked");
    assert_eq!(w.rows(top(Some(unit().key("via")))), [(20, 50)]);
    assert_eq!(w.rows(up(false, Some(unit().key("via")), "top", Reading::Rows)), [(0, 50)]);
    assert_eq!(
        w.rows(up(false, Some(Filter::Any(vec![])), "via", Reading::Rows)),
        [(0, 50)],
        "one step passes nothing"
    );
    assert_eq!(w.present(up(true, None, "top", Reading::Rows)), NOWHERE, "1 does not count where it is asked to");
}

#[test]
fn cycles_end_and_lead_back_to_where_they_began() {
    // 1 → 2 from 0 to 30, 2 → 1 from 10 to 40: a cycle from 10 to 30 only.
    let mut w = Written::default();
    w.create(1, &unit().states().key(MIN, MAX, "one").points(0, 30, "above", 2));
    w.create(2, &unit().states().key(MIN, MAX, "two").points(10, 40, "above", 1));
    assert_eq!(w.rows(up(false, None, "one", Reading::Rows)), [(10, 30)], "around the cycle, in two steps");
    assert_eq!(w.rows(up(false, None, "two", Reading::Rows)), [(0, 30)]);
    assert_eq!(w.rows(up(false, None, "three", Reading::Rows)), NOWHERE, "nobody has the key, and the search ends");
    w.create(3, &unit().states().points(0, 10, "above", 3));
    let itself = w.latest(&unit(), Reading::Rows, up(false, Some(Filter::Object(vec![])), "one", Reading::Rows));
    assert_eq!(itself, [(2, vec![(10, 40)])], "where nothing may be passed, only one step is left");
    let any = many(Direction::Forward, false, None, any_of(&unit(), Reading::Rows));
    let pointing = w.latest(&unit(), Reading::Rows, any);
    assert_eq!(pointing, [(1, vec![(0, 30)]), (2, vec![(10, 40)]), (3, vec![(0, 10)])], "3 is above itself");
}

// ---- Order --------------------------------------------------------------------------------------------------------

fn ordered(w: &Written, order: &[(&str, bool)], filter: Filter, known: Known) -> Vec<u128> {
    let order = order.iter().map(|(by, descending)| Order { by: unit().field(by), descending: *descending });
    let select = Selection { class: unit().0.id, reading: Reading::Rows, filter };
    let query = Query { select, context: context(known), order: order.collect() };
    w.ask(&query).into_iter().map(|(object, _)| object).collect()
}

#[test]
fn objects_stand_by_small_letters_numbers_or_truth_and_those_without_a_value_last() {
    let mut w = Written::default();
    let values = |key: Option<&str>, size: i32, open: bool| {
        let key = key.map(|key| ("key", text(key)));
        let rest = [("size", Value::Integer(size)), ("open", Value::Boolean(open))];
        unit().states().row(0, 10, &key.into_iter().chain(rest).collect::<Vec<_>>())
    };
    w.create(1, &values(Some("b"), 10, true));
    w.create(2, &values(None, 9, false));
    w.create(3, &values(Some("C"), -1, true));
    w.create(4, &values(Some("B"), 9, true));
    w.create(5, &values(Some(""), 11, true));
    let by = |order: &[(&str, bool)]| ordered(&w, order, Filter::EVERYWHERE, Known::Latest);
    assert_eq!(by(&[]), [1, 2, 3, 4, 5]);
    assert_eq!(by(&[("key", false)]), [4, 1, 3, 2, 5], "B before b, which differ in nothing else, and blank is none");
    assert_eq!(by(&[("key", true)]), [3, 1, 4, 2, 5], "last in either direction");
    assert_eq!(by(&[("size", false)]), [3, 2, 4, 1, 5], "by number, not by digits");
    assert_eq!(by(&[("open", false), ("size", true)]), [2, 5, 1, 4, 3]);
    assert_eq!(by(&[("whole", false), ("size", true)]), [4, 1, 3, 5, 2]);
    assert_eq!(by(&[("name", false)]), [1, 2, 3, 4, 5]);
}

#[test]
fn what_counts_is_the_value_at_the_first_point_at_which_the_object_is_found_and_has_one() {
    let mut w = Written::default();
    let size = |size: i32| [("size", Value::Integer(size))];
    w.create(1, &unit().states().row(10, 20, &size(5)).row(20, 30, &size(1))); // at 100
    w.create(2, &unit().states().row(0, 30, &size(3))); // at 200
    w.correct(1, &unit().states().row(0, 30, &size(9))); // at 300
    let by_size = |filter, known| ordered(&w, &[("size", false)], filter, known);
    let ever = Known::During(Some(Period::ALWAYS));
    assert_eq!(by_size(Filter::EVERYWHERE, Known::Latest), [2, 1], "3 before 9");
    assert_eq!(by_size(Filter::EVERYWHERE, Known::at(at(250))), [2, 1], "3 before 5, which comes first on valid time");
    let small = unit().passes("size", Test::Compares(Comparison::Less, Value::Integer(4)));
    assert_eq!(by_size(small.clone(), ever), [1, 2], "1 before 3: the points of 5 and 9 are not found");
    let late = Filter::RegisteredIn(period(150, 900));
    assert_eq!(by_size(late, ever), [2, 1], "3 before 9, and 5 is not found");
    let not_small = !small;
    assert_eq!(by_size(not_small, ever), [1, 2], "5 and none: 2 is found only where it has no value");
}

#[test]
fn objects_are_counted_once_for_each_thing_that_they_state_where_they_are_found() {
    let mut w = Written::default();
    w.create(
        1,
        &unit().active(0, 10).state(10, 20, "inactive").key(0, 10, "a").key(10, 20, "A").points(0, 20, "near", 3),
    );
    w.create(2, &unit().active(0, 10).key(0, 20, "a").key(20, 30, "").target(0, 10, "near", Target::Nothing, None));
    w.create(3, &unit().states());
    let tallied = |part, reading| {
        let schema = schema();
        let query = Query::new(any_of(&unit(), reading), context(Known::Latest));
        let tallied = w.world.tallied(&|class, _| schema.class(class), &query, part, Position(u64::MAX));
        tallied.into_iter().collect::<Vec<_>>()
    };
    let key = |key| Some(Grouped::Value(text(key)));
    let u = unit();
    assert_eq!(tallied(u.field("key"), Reading::Rows), [(None, 1), (key("A"), 1), (key("a"), 2)]);
    assert_eq!(tallied(u.field("key"), Reading::Present), [(key("a"), 2)], "3 does not count, and 1 not where it is A");
    assert_eq!(tallied(u.field("size"), Reading::Rows), [(None, 3)]);
    let state = |value| Some(Grouped::State(unit().value(value)));
    assert_eq!(tallied(u.state(), Reading::Rows), [(None, 1), (state("active"), 2), (state("inactive"), 1)]);
    let three = Some(Grouped::Target(Target::Uuid(uuid(3))));
    assert_eq!(tallied(u.relation("near"), Reading::Rows), [(None, 2), (three, 1)], "nothing is no target");
}

// ---- The language -------------------------------------------------------------------------------------------------

#[test]
fn other_classes_are_not_found() {
    let mut w = Written::default();
    w.create(1, &unit().states());
    w.create(2, &person().states());
    assert_eq!(w.units(Filter::EVERYWHERE), [1]);
    let nobody = Selection { class: ClassId::from_number(99), reading: Reading::Rows, filter: Filter::EVERYWHERE };
    assert!(w.ask(&Query::new(nobody, context(Known::Latest))).is_empty());
}
