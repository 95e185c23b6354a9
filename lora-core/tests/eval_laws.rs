//! The definition itself: worked examples of lora-semantics §5 to §7, and laws that any right answer keeps.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_core::object::{
    AttributeRow, Content, Effect, LifeCycle, ObjectId, Patch, Position, RelationRow, StateRow, Target,
};
use lora_core::oio::shipped_classes;
use lora_core::query::eval::{Command, Outcome, Refusal, Stamp, World, consolidated};
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{Class, FieldId, Ids, Schema, Value};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{Axis, Period, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

const LATEST: Position = Position(u64::MAX);

fn schema() -> Schema {
    Schema::new(&shipped_classes(), Ids::default()).unwrap()
}

fn at<A: Axis>(micros: i64) -> Timestamp<A> {
    Timestamp::from_micros(micros).unwrap()
}

fn period<A: Axis>(from: i64, to: i64) -> Period<A> {
    Period::new(at(from), at(to)).unwrap()
}

/// A world of users that are written by hand: position and instant of the n-th registration are n and 100 n.
struct Written {
    schema: Schema,
    world: World,
    next: i64,
}

impl Written {
    fn new() -> Self {
        Self { schema: schema(), world: World::default(), next: 1 }
    }

    fn class(&self) -> &Class {
        self.schema.class_named("user").unwrap()
    }

    fn user_key(&self) -> FieldId {
        self.class().groups[0].fields[0].id
    }

    fn object(&self, number: u128) -> ObjectId {
        ObjectId { class: self.class().id, uuid: Uuid::from_u128(number) }
    }

    /// A content with these keys in these periods.
    fn keys(&self, keys: &[(i64, i64, &str)]) -> Content {
        let row = |(from, to, key): &(i64, i64, &str)| {
            AttributeRow::new([(self.user_key(), Value::Text((*key).to_owned()))], Effect::during(period(*from, *to)))
        };
        let mut content = Content::EMPTY;
        content.set_attributes(self.class().groups[0].id, keys.iter().map(row).collect());
        content
    }

    fn apply(&mut self, number: u128, command: &Command) -> Outcome {
        let stamp = Stamp {
            actor: Uuid::from_u128(77),
            note: if self.next == 1 { String::new() } else { format!("note {}", self.next) },
            registered: at(100 * self.next),
            position: Position(self.next.unsigned_abs()),
        };
        let outcome = self.world.apply(&self.schema, self.object(number), command, stamp);
        if matches!(outcome, Outcome::Registered(_)) {
            self.next += 1;
        }
        outcome
    }

    fn find(&self, criteria: Vec<Criterion>, context: TimeContext) -> Vec<u128> {
        let search = Search { class: self.class().id, criteria, context, page: Page::default() };
        self.world.search(&search, LATEST).iter().map(Uuid::as_u128).collect()
    }

    fn key_is(&self, key: &str) -> Criterion {
        Criterion::Attribute { field: self.user_key(), test: ValueTest::Like(Pattern::parse(key).unwrap()) }
    }
}

fn context(known: Known, valid: Option<Period<lora_core::time::ValidTime>>) -> TimeContext {
    TimeContext { known, valid, now: at(0) }
}

fn everything() -> TimeContext {
    context(Known::Latest, Some(Period::ALWAYS))
}

#[test]
fn a_note_alone_is_no_change_but_the_first_update_always_registers() {
    let mut w = Written::new();
    let nothing = Command::Update(Patch::default());
    let content = w.keys(&[(0, 10, "a")]);
    assert_eq!(w.apply(1, &nothing), Outcome::Refused(Refusal::Unknown));
    assert_eq!(w.apply(1, &Command::Create(content.clone())), Outcome::Registered(LifeCycle::Created));
    assert_eq!(w.apply(1, &nothing), Outcome::Registered(LifeCycle::Corrected));
    assert_eq!(w.apply(1, &nothing), Outcome::Unchanged);
    assert_eq!(w.apply(1, &Command::Import(content)), Outcome::Registered(LifeCycle::Corrected));
    assert_eq!(w.apply(1, &Command::Passivate), Outcome::Registered(LifeCycle::Passivated));
    assert_eq!(w.apply(1, &nothing), Outcome::Refused(Refusal::Illegal(LifeCycle::Passivated)));
    assert_eq!(w.apply(1, &Command::Delete), Outcome::Registered(LifeCycle::Deleted));
    assert_eq!(w.apply(1, &Command::Delete), Outcome::Unchanged);
    let other = w.keys(&[(20, 30, "b")]);
    assert_eq!(w.apply(1, &Command::Import(other.clone())), Outcome::Registered(LifeCycle::Imported));
    let seen = w.world.read(w.object(1), &everything(), LATEST).unwrap();
    assert_eq!(seen[0].content, other, "an import replaces (Q13)");
}

#[test]
fn a_read_shows_whole_rows_that_share_an_instant_with_the_window() {
    let mut w = Written::new();
    let content = w.keys(&[(0, 10, "a"), (10, 20, "b")]);
    w.apply(1, &Command::Create(content.clone()));
    let seen = |valid| w.world.read(w.object(1), &context(Known::Latest, valid), LATEST).unwrap()[0].content.clone();
    assert_eq!(seen(Some(period(9, 11))), content);
    assert_eq!(seen(Period::instant(at(10))), w.keys(&[(10, 20, "b")]), "the end is exclusive");
    assert_eq!(seen(Period::instant(at(20))), Content::EMPTY, "an envelope");
    assert_eq!(seen(None), Content::EMPTY);
    assert_eq!(w.world.read(w.object(2), &everything(), LATEST), None);
}

#[test]
fn consolidating_joins_equal_rows_that_touch_and_the_window_comes_after() {
    let w = Written::new();
    let split = w.keys(&[(0, 10, "a"), (10, 20, "a"), (20, 30, "b"), (30, 40, "a"), (50, 60, "a")]);
    let joined = w.keys(&[(0, 20, "a"), (20, 30, "b"), (30, 40, "a"), (50, 60, "a")]);
    assert_eq!(consolidated(&split, Some(Period::ALWAYS)), joined);
    assert_eq!(consolidated(&split, Period::instant(at(15))), w.keys(&[(0, 20, "a")]), "joined with what is outside");
    assert_eq!(consolidated(&split, Some(period(15, 20))), w.keys(&[(0, 20, "a")]), "the window's end is out (Q11)");
    let group = w.class().groups[0].id;
    let mut noted = split.attributes(group)[..2].to_vec();
    noted[1].effect.note = "why".to_owned();
    let mut content = Content::EMPTY;
    content.set_attributes(group, noted);
    assert_eq!(
        consolidated(&content, Some(Period::ALWAYS)),
        w.keys(&[(0, 20, "a")]),
        "the first part's note stays (Q10)"
    );
}

#[test]
fn consolidating_does_not_tell_an_empty_text_from_none() {
    let w = Written::new();
    let group = &w.class().groups[0];
    let (key, other) = (group.fields[0].id, group.fields[1].id);
    let row = |from, to, name: Option<&str>| {
        let name = name.map(|name| (other, Value::Text(name.to_owned())));
        let values = [(key, Value::Text("a".to_owned()))].into_iter().chain(name);
        AttributeRow::new(values, Effect::during(period(from, to)))
    };
    let content = |rows: Vec<AttributeRow>| {
        let mut content = Content::EMPTY;
        content.set_attributes(group.id, rows);
        content
    };
    let split = content(vec![row(0, 10, None), row(10, 20, Some("")), row(20, 30, Some("x")), row(30, 40, None)]);
    let joined = content(vec![row(0, 20, Some("")), row(20, 30, Some("x")), row(30, 40, Some(""))]);
    assert_eq!(consolidated(&split, Some(Period::ALWAYS)), joined);
}

#[test]
fn a_read_shows_the_registrations_of_the_window_as_visible_at_the_position() {
    let mut w = Written::new();
    w.apply(1, &Command::Create(w.keys(&[(0, 10, "a")])));
    w.apply(1, &Command::Import(w.keys(&[(0, 10, "b")])));
    w.apply(1, &Command::Delete);
    let read = |known, position| {
        let seen = w.world.read(w.object(1), &context(known, Some(Period::ALWAYS)), position);
        seen.map(|seen| seen.into_iter().map(|one| (one.position.0, one.registered)).collect::<Vec<_>>())
    };
    let all = Known::During(Some(Period::ALWAYS));
    let open = |from| Period::since(at(from)).unwrap();
    assert_eq!(read(all, LATEST), Some(vec![(3, open(300)), (2, period(200, 300)), (1, period(100, 200))]));
    assert_eq!(read(all, Position(2)), Some(vec![(2, open(200)), (1, period(100, 200))]), "nobody knew of the third");
    assert_eq!(read(Known::Latest, Position(1)), Some(vec![(1, open(100))]));
    assert_eq!(read(Known::at(at(299)), LATEST), Some(vec![(2, period(200, 300))]));
    assert_eq!(read(Known::at(at(300)), LATEST), Some(vec![(3, open(300))]));
    assert_eq!(read(Known::at(at(99)), LATEST), None);
    assert_eq!(read(all, Position(0)), None);
    assert_eq!(read(Known::During(None), LATEST), None);
}

#[test]
fn criteria_are_met_by_different_rows_but_one_registration() {
    let mut w = Written::new();
    w.apply(1, &Command::Create(w.keys(&[(0, 10, "a"), (10, 20, "b")])));
    w.apply(2, &Command::Create(w.keys(&[(0, 10, "a")])));
    w.apply(2, &Command::Import(w.keys(&[(0, 10, "b")])));
    let both = || vec![w.key_is("A"), w.key_is("b%")];
    assert_eq!(w.find(both(), everything()), [1]);
    let ever = context(Known::During(Some(Period::ALWAYS)), Some(Period::ALWAYS));
    assert_eq!(w.find(both(), ever), [1], "not met by two registrations together");
    assert_eq!(w.find(vec![w.key_is("a")], ever), [1, 2]);
    assert_eq!(w.find(both(), context(Known::Latest, Period::instant(at(5)))), [] as [u128; 0]);
    assert_eq!(w.find(vec![w.key_is("b")], context(Known::Latest, Period::instant(at(9)))), [2]);
    assert_eq!(w.find(vec![w.key_is("b")], context(Known::Latest, None)), [] as [u128; 0]);
}

#[test]
fn deletions_are_found_by_their_life_cycle_only() {
    let mut w = Written::new();
    w.apply(1, &Command::Create(w.keys(&[(0, 10, "a")])));
    w.apply(1, &Command::Delete);
    let ever = context(Known::During(Some(Period::ALWAYS)), Some(Period::ALWAYS));
    assert_eq!(w.find(vec![], everything()), [] as [u128; 0]);
    assert_eq!(w.find(vec![], ever), [1], "by the registration before it");
    assert_eq!(w.find(vec![Criterion::LifeCycle(LifeCycle::Deleted)], everything()), [1]);
    assert_eq!(w.find(vec![Criterion::LifeCycle(LifeCycle::Deleted), w.key_is("a")], ever), [] as [u128; 0]);
    assert_eq!(w.find(vec![Criterion::Note(Pattern::parse("NOTE _").unwrap())], ever), [] as [u128; 0]);
    let second = || Criterion::Note(Pattern::parse("NOTE 2").unwrap());
    assert_eq!(w.find(vec![second(), Criterion::LifeCycle(LifeCycle::Deleted)], ever), [1]);
    assert_eq!(w.find(vec![second()], ever), [] as [u128; 0], "the note is the deletion's");
    let any = Criterion::Note(Pattern::parse("%").unwrap());
    assert_eq!(w.find(vec![any], ever), [] as [u128; 0], "an empty note never matches");
}

#[test]
fn relations_and_states_are_compared_exactly() {
    let mut w = Written::new();
    let relation = w.class().relations.iter().find(|relation| relation.name == "addresses").unwrap().id;
    let (state, active) = (w.class().states[0].id, w.class().states[0].values[0].id);
    let row = |target, object_type: Option<&str>| RelationRow {
        target,
        object_type: object_type.map(str::to_owned),
        effect: Effect::during(period(0, 10)),
    };
    let mut content = Content::EMPTY;
    let urn = || Target::Urn("urn:x".to_owned());
    content.set_relations(relation, vec![row(urn(), Some("Adresse")), row(Target::Uuid(Uuid::from_u128(9)), None)]);
    content.set_states(state, vec![StateRow { value: active, effect: Effect::during(period(0, 10)) }]);
    w.apply(1, &Command::Create(content));
    let related = |targets: Vec<Target>, object_type: Option<&str>| {
        let object_type = object_type.map(str::to_owned);
        w.find(vec![Criterion::Relation { relation, object_type, targets }], everything()) == [1]
    };
    let nine = || Target::Uuid(Uuid::from_u128(9));
    assert!(related(vec![urn()], None) && related(vec![urn()], Some("Adresse")) && related(vec![nine()], None));
    assert!(!related(vec![urn()], Some("adresse")) && !related(vec![nine()], Some("Adresse")));
    assert!(!related(vec![Target::Urn("URN:X".to_owned())], None) && !related(vec![], None));
    assert!(related(vec![Target::Uuid(Uuid::from_u128(8)), nine()], None), "one of several is enough (Q20)");
    let value = |value| w.find(vec![Criterion::State { state, value }], everything()) == [1];
    assert!(value(active) && !value(w.class().states[0].values[1].id));
    assert_eq!(w.find(vec![Criterion::AnyRelation(Uuid::from_u128(9))], everything()), [1]);
}

fn world(schema: &Schema, history: Vec<testing::Step>) -> World {
    let mut world = World::default();
    for (object, command, stamp) in history {
        world.apply(schema, object, &command, stamp);
    }
    world
}

const AXIS: SmallAxis = SmallAxis { first: 0, step: 10, count: 6 };

fn user() -> Class {
    schema().class_named("user").unwrap().clone()
}

/// The values that hold at an instant, whoever says so and for how long.
fn values(content: &Content, at: Timestamp<lora_core::time::ValidTime>) -> Vec<String> {
    let mut values = Vec::new();
    for (id, rows) in content.all_attributes() {
        let rows = rows.iter().filter(|row| row.effect.valid.contains(at));
        values.extend(rows.map(|row| {
            let shown: Vec<_> = row.values().filter(|(_, value)| !value.is_blank()).collect();
            format!("{id:?} {shown:?}")
        }));
    }
    for (id, rows) in content.all_states() {
        let rows = rows.iter().filter(|row| row.effect.valid.contains(at));
        values.extend(rows.map(|row| format!("{id:?} {:?}", row.value)));
    }
    for (id, rows) in content.all_relations() {
        let rows = rows.iter().filter(|row| row.effect.valid.contains(at));
        values.extend(rows.map(|row| format!("{id:?} {:?} {:?}", row.target, row.object_type)));
    }
    values.sort();
    values
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(100),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_position_shows_the_world_as_it_was(
        history in testing::history(&user(), AXIS, AXIS, 10),
        seen in 0..10_usize,
        search in testing::search(&user(), AXIS, AXIS),
    ) {
        let schema = schema();
        let whole = world(&schema, history.clone());
        let then = world(&schema, history.into_iter().take(seen).collect());
        let position = Position(seen as u64);
        prop_assert_eq!(whole.search(&search, position), then.search(&search, LATEST));
        for (object, _) in whole.objects() {
            let (now, before) = (whole.read(object, &search.context, position), then.read(object, &search.context, LATEST));
            prop_assert_eq!(now, before);
        }
    }

    #[test]
    fn a_search_is_ordered_and_its_pages_make_the_whole(
        history in testing::history(&user(), AXIS, AXIS, 10),
        search in testing::search(&user(), AXIS, AXIS),
        size in 1..4_u64,
    ) {
        let world = world(&schema(), history);
        let ask = |page| world.search(&Search { page, ..search.clone() }, LATEST);
        let whole = ask(Page::default());
        prop_assert!(whole.windows(2).all(|pair| pair[0] < pair[1]));
        let (mut skipped, mut followed) = (Vec::new(), Vec::new());
        loop {
            let page = ask(Page { after: None, skip: skipped.len() as u64, limit: Some(size) });
            let after = ask(Page { after: followed.last().copied(), skip: 0, limit: Some(size) });
            prop_assert_eq!(&page, &after);
            if page.is_empty() {
                break;
            }
            skipped.extend(page);
            followed.extend(after);
        }
        prop_assert_eq!(skipped, whole);
    }

    #[test]
    fn what_is_asked_in_addition_finds_no_more_and_a_wider_window_no_less(
        history in testing::history(&user(), AXIS, AXIS, 10),
        search in testing::search(&user(), AXIS, AXIS),
        more in testing::criterion(&user()),
    ) {
        prop_assume!(!matches!(more, Criterion::LifeCycle(_)), "it lets deletions in");
        let world = world(&schema(), history);
        let search = Search { page: Page::default(), ..search };
        let found = world.search(&search, LATEST);
        let criteria = search.criteria.iter().cloned().chain([more]).collect();
        let narrower = Search { criteria, ..search };
        let fewer = world.search(&narrower, LATEST);
        prop_assert!(fewer.iter().all(|uuid| found.contains(uuid)));
        let wider = world.search(&Search { context: search.context.always(), ..search }, LATEST);
        prop_assert!(found.iter().all(|uuid| wider.contains(uuid)));
    }

    #[test]
    fn consolidating_changes_no_value_that_shows_at_any_instant(content in testing::content(&user(), AXIS)) {
        let joined = consolidated(&content, Some(Period::ALWAYS));
        prop_assert_eq!(&consolidated(&joined, Some(Period::ALWAYS)), &joined);
        for at in AXIS.instants() {
            prop_assert_eq!(values(&joined, at), values(&content, at));
        }
    }

    #[test]
    fn what_is_found_can_be_read(
        history in testing::history(&user(), AXIS, AXIS, 10),
        search in testing::search(&user(), AXIS, AXIS),
    ) {
        let world = world(&schema(), history);
        let search = Search { page: Page::default(), ..search };
        let cut = search.context;
        for uuid in world.search(&search, LATEST) {
            let object = ObjectId { class: search.class, uuid };
            let seen = world.read(object, &cut, LATEST);
            prop_assert!(seen.is_some(), "what is found can be read");
        }
    }
}
