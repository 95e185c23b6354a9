//! Cases on paths, over the shipped path `access`.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{Harness, in_order, service};
use crate::Service;
use crate::object::{AttributeRow, Content, Effect, ObjectId, Position, RelationRow, StateRow, Target};
use crate::paths::{Change, Question, Row};
use crate::query::execute::Limits;
use crate::query::{Filter, Known, Reading, Selection, TimeContext};
use crate::schema::{Class, FieldId, Value};
use crate::service::{By, Written};
use crate::storage::{KnownAt, Storage};
use crate::time::{Clock, ManualClock, Period, Timestamp, TransactionTime, ValidTime};

const SYSTEM: u128 = 1;
const OTHER_SYSTEM: u128 = 2;
const ROLE: u128 = 3;
const HEAD: u128 = 10;
const TEAM: u128 = 11;
/// People have numbers from here on; what belongs to one has the same number in the hundreds after it.
const PERSON: u128 = 100;
const ENGAGEMENT: u128 = 200;
const ACCOUNT: u128 = 300;
const BINDING: u128 = 400;

/// In microseconds; 1970-01-01 is day 0 of the cases.
const DAY: i64 = 86_400_000_000;

fn day(number: i64) -> Timestamp<ValidTime> {
    Timestamp::from_micros(number * DAY).expect("a finite instant")
}

fn days(from: i64, to: i64) -> Period<ValidTime> {
    Period::new(day(from), day(to)).expect("a period that is not empty")
}

fn since(from: i64) -> Period<ValidTime> {
    Period::since(day(from)).expect("a finite instant")
}

/// A town where people have accounts.
struct Town<S: Storage> {
    service: Service<S>,
    clock: Arc<ManualClock>,
}

/// A thing that an object points at, by which relation, and as what.
type Points = (&'static str, u128, Option<&'static str>);

impl<S: Storage> Town<S> {
    fn class(&self, name: &str) -> &Class {
        self.service.schema().class_named(name).expect("shipped")
    }

    fn object(&self, class: &str, number: u128) -> ObjectId {
        ObjectId { class: self.class(class).id, uuid: Uuid::from_u128(number) }
    }

    /// A content of something that counts in a period, is called something, and points somewhere all the time.
    fn content(&self, class: &str, name: &str, counts: Period<ValidTime>, points: &[Points]) -> Content {
        let class = self.class(class);
        let always = Effect::during(Period::ALWAYS);
        let fields = |field: &str| class.fields().find(|(_, this)| this.name == field).map(|(_, field)| field.id);
        let mut content = Content::EMPTY;
        let values = ["user_key", "title", "function_name"].into_iter().filter_map(fields);
        let values: Vec<(FieldId, Value)> = values.map(|field| (field, Value::Text(name.to_owned()))).collect();
        content.set_attributes(class.groups[0].id, vec![AttributeRow::new(values, always.clone())]);
        let presence = class.presence.expect("shipped classes have one");
        content.set_states(presence.state, vec![StateRow { value: presence.value, effect: Effect::during(counts) }]);
        let mut relations: BTreeMap<FieldId, Vec<RelationRow>> = BTreeMap::new();
        for (relation, number, kind) in points {
            let relation = class.relations.iter().find(|this| this.name == *relation).expect("declared").id;
            let (target, object_type) = (Target::Uuid(Uuid::from_u128(*number)), kind.map(str::to_owned));
            relations.entry(relation).or_default().push(RelationRow { target, object_type, effect: always.clone() });
        }
        relations.into_iter().for_each(|(relation, rows)| content.set_relations(relation, rows));
        content
    }

    /// Registers a content a second after the last one; says when.
    async fn put(
        &self,
        class: &str,
        number: u128,
        content: Content,
        note: &str,
    ) -> (Position, Timestamp<TransactionTime>) {
        self.clock.set(self.clock.now().micros().expect("finite") + 1_000_000).expect("a finite instant");
        let by = By { actor: Uuid::from_u128(7), note: note.to_owned(), batch: None };
        match self.service.import(self.object(class, number), content, by).await.expect("it is sound") {
            Written::Registered(receipt) => (receipt.last, receipt.instant),
            Written::Unchanged => panic!("an import always registers"),
        }
    }

    fn binding(&self, person: u128, counts: Period<ValidTime>) -> Content {
        let points = [("associated_functions", ACCOUNT + person, None), ("function_type", ROLE, None)];
        self.content("organisation_function", "Rollebinding", counts, &points)
    }

    fn account(&self, person: u128, system: u128, counts: Period<ValidTime>) -> Content {
        let points = [
            ("associated_it_systems", system, None),
            ("associated_users", PERSON + person, None),
            ("associated_functions", ENGAGEMENT + person, Some("engagement")),
        ];
        self.content("organisation_function", "IT-system", counts, &points)
    }

    fn engagement(&self, person: u128, unit: u128, counts: Period<ValidTime>) -> Content {
        let points = [("associated_units", unit, None), ("associated_users", PERSON + person, None)];
        self.content("organisation_function", "Engagement", counts, &points)
    }

    /// Two systems, a role, a unit with one below it, and somebody with an account in a system, employed in a unit.
    async fn settled<H: Harness<Store = S>>(harness: &H, people: &[(u128, u128)]) -> Self {
        let (service, clock) = service(harness).await;
        let town = Self { service, clock };
        for (class, number, name) in
            [("it_system", SYSTEM, "cases"), ("it_system", OTHER_SYSTEM, "mail"), ("class", ROLE, "reads")]
        {
            town.put(class, number, town.content(class, name, Period::ALWAYS, &[]), "").await;
        }
        let unit = |name, above: &[Points]| town.content("organisation_unit", name, Period::ALWAYS, above);
        town.put("organisation_unit", HEAD, unit("head", &[]), "").await;
        town.put("organisation_unit", TEAM, unit("team", &[("parent", HEAD, None)]), "").await;
        for (person, (system, unit)) in (0..).zip(people) {
            town.put("user", PERSON + person, town.content("user", "somebody", Period::ALWAYS, &[]), "").await;
            let engagement = town.engagement(person, *unit, since(0));
            town.put("organisation_function", ENGAGEMENT + person, engagement, "hired").await;
            town.put("organisation_function", ACCOUNT + person, town.account(person, *system, since(0)), "account")
                .await;
            town.put("organisation_function", BINDING + person, town.binding(person, since(0)), "granted").await;
        }
        town
    }

    fn at(&self, valid: Timestamp<ValidTime>) -> TimeContext {
        self.during(Period::instant(valid).expect("a finite instant"))
    }

    fn during(&self, window: Period<ValidTime>) -> TimeContext {
        TimeContext { valid: Some(window), ..TimeContext::now(self.clock.now()) }
    }

    fn asked(&self, context: TimeContext) -> Question {
        self.service.path("access", context).expect("it is shipped")
    }

    async fn rows(&self, question: &Question) -> Vec<Row> {
        let view = self.service.view(None).await.expect("a view");
        let page = self.service.rows(&view, question, None, usize::MAX - 1, Limits::NONE).await.expect("rows");
        assert_eq!(page.next, None);
        page.rows
    }

    /// Who has access, by the numbers of persons.
    async fn who(&self, question: &Question) -> Vec<u128> {
        self.rows(question).await.iter().map(|row| row.objects[4].expect("a person").as_u128() - PERSON).collect()
    }

    async fn changes(&self, question: &Question, compared: KnownAt) -> Vec<Change> {
        let view = self.service.view(None).await.expect("a view");
        let page = self.service.row_changes(&view, question, compared, None, usize::MAX - 1, Limits::NONE);
        page.await.expect("changes").changes
    }
}

/// A role is revoked at 14:07:30.000001: access is there one microsecond earlier and gone then.
pub async fn an_access_revoked_at_an_instant_is_there_one_microsecond_earlier<H: Harness>(harness: &H) {
    let town = Town::settled(harness, &[(SYSTEM, TEAM)]).await;
    let revoked = day(90).micros().expect("finite") + (14 * 3_600 + 7 * 60 + 30) * 1_000_000 + 1;
    let [before, then] = [revoked - 1, revoked].map(|micros| Timestamp::from_micros(micros).expect("finite"));
    let known_before = town.clock.now();
    let counts = Period::new(day(0), then).expect("a period that is not empty");
    town.put("organisation_function", BINDING, town.binding(0, counts), "revoked").await;

    let named = |number: u128| Some(Uuid::from_u128(number));
    let objects = [SYSTEM, ACCOUNT, BINDING, ROLE, PERSON, ENGAGEMENT, TEAM].map(named).to_vec();
    let row = Row { objects: objects.clone(), valid: counts };
    assert_eq!(town.rows(&town.asked(town.at(before))).await, [row]);
    assert_eq!(town.rows(&town.asked(town.at(then))).await, []);
    let then_known = TimeContext { known: Known::at(known_before), ..town.at(then) };
    let whole = Row { objects, valid: since(0) };
    assert_eq!(town.rows(&town.asked(then_known)).await, [whole], "as it was known before");
    in_order(town.service.store()).await;
}

/// Whatever node is asked about, and in whatever pages, the same rows come in the same order.
pub async fn paths_are_followed_from_every_node<H: Harness>(harness: &H) {
    let town = Town::settled(harness, &[(SYSTEM, TEAM), (OTHER_SYSTEM, HEAD), (SYSTEM, HEAD)]).await;
    let now = town.at(day(10));
    let all = town.rows(&town.asked(now)).await;
    assert_eq!(town.who(&town.asked(now)).await, [0, 2, 1], "by system and account");
    for (node, index) in
        [("system", 0), ("account", 1), ("binding", 2), ("role", 3), ("person", 4), ("engagement", 5), ("unit", 6)]
    {
        for row in &all {
            let object = row.objects[index].expect("nothing is missing");
            let expected: Vec<Row> = all.iter().filter(|row| row.objects[index] == Some(object)).cloned().collect();
            let asked = town.asked(now).only(node, [object]).expect("a node");
            assert_eq!(town.rows(&asked).await, expected, "{node} {object}");
            let both = asked.only("system", [Uuid::from_u128(SYSTEM)]).expect("a node");
            let expected: Vec<Row> =
                expected.into_iter().filter(|row| row.objects[0] == Some(Uuid::from_u128(SYSTEM))).collect();
            assert_eq!(town.rows(&both).await, expected, "{node} {object} in one system");
        }
    }
    let below = |unit: u128| town.asked(now).below("unit", [Uuid::from_u128(unit)]).expect("units lie below units");
    assert_eq!(town.who(&below(HEAD)).await, [0, 2, 1]);
    assert_eq!(town.who(&below(TEAM)).await, [0]);
    let class = town.class("user").id;
    let selection =
        Selection { class, reading: Reading::Present, filter: Filter::Object(vec![Uuid::from_u128(PERSON + 2)]) };
    assert_eq!(town.who(&town.asked(now).selected("person", selection).expect("of the class")).await, [2]);

    let view = town.service.view(None).await.expect("a view");
    for limit in 1..=4 {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = town.service.rows(&view, &town.asked(now), after, limit, Limits::NONE).await.expect("rows");
            assert!(page.rows.len() <= limit && (page.next.is_none() || page.rows.len() == limit));
            found.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, all, "in pages of {limit}");
    }
}

/// The row of an account stands without an engagement, and that of one without a unit.
pub async fn what_is_optional_may_be_missing<H: Harness>(harness: &H) {
    let town = Town::settled(harness, &[(SYSTEM, TEAM)]).await;
    let engagement = town.engagement(0, TEAM, days(10, 20));
    town.put("organisation_function", ENGAGEMENT, engagement, "hired for ten days").await;
    let rows = town.rows(&town.asked(town.during(days(5, 15)))).await;
    let found: Vec<_> =
        rows.iter().map(|row| (row.objects[5].is_some(), row.objects[6].is_some(), row.valid)).collect();
    let (before, after) = (days(0, 10), since(20));
    assert_eq!(found, [(false, false, before), (true, true, days(10, 20))], "whole, also beyond the window");
    let rows = town.rows(&town.asked(town.during(Period::ALWAYS))).await;
    let found: Vec<_> = rows.iter().map(|row| (row.objects[5].is_some(), row.valid)).collect();
    assert_eq!(found, [(false, before), (false, after), (true, days(10, 20))]);

    let homeless = town.content("organisation_function", "Engagement", since(0), &[]);
    town.put("organisation_function", ENGAGEMENT, homeless, "").await;
    let rows = town.rows(&town.asked(town.at(day(10)))).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].objects[5].is_some(), rows[0].objects[6]), (true, None));
    let asked = town.asked(town.at(day(10))).only("unit", [Uuid::from_u128(TEAM)]).expect("a node");
    assert_eq!(town.rows(&asked).await, [], "who asks for a unit does not ask for rows without one");
}

/// Each hop of a row names the registration since which it is believed, and a comparison those that made the difference.
pub async fn rows_rest_on_registrations_and_so_do_their_changes<H: Harness>(harness: &H) {
    let town = Town::settled(harness, &[(SYSTEM, TEAM), (SYSTEM, HEAD)]).await;
    let first_known = town.clock.now();
    let account = |counts| town.account(0, SYSTEM, counts);
    let (prolonged, _) = town.put("organisation_function", BINDING, town.binding(0, since(0)), "prolonged").await;
    let left = town.put("organisation_function", ACCOUNT, account(days(0, 30)), "left").await;

    let asked = town.asked(town.at(day(10))).only("person", [Uuid::from_u128(PERSON)]).expect("a node");
    let view = town.service.view(None).await.expect("a view");
    let page = town.service.rows(&view, &asked, None, 9, Limits::NONE).await.expect("rows");
    let grounds = town.service.grounds(&view, &asked, &page.rows, Limits::NONE).await.expect("grounds");
    let ([row], [grounds]) = (&page.rows[..], &grounds[..]) else { panic!("{page:?}") };
    assert_eq!(row.valid, days(0, 30));
    let notes: Vec<&str> = grounds.iter().map(|it| it.as_ref().expect("nothing is missing").note.as_str()).collect();
    assert_eq!(notes, ["", "account", "granted", "granted", "account", "account", "hired"], "whoever points says so");
    assert!(grounds.iter().flatten().all(|it| it.position < prolonged && it.registered <= first_known));

    let day_40 = town.asked(town.at(day(40)));
    let changes = town.changes(&day_40, KnownAt::Instant(first_known)).await;
    let [gone] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((&gone.before[..], &gone.after[..]), (&[since(0)][..], &[][..]));
    let causes: Vec<_> = gone.causes.iter().map(|it| (it.node, it.evidence.position, it.evidence.registered)).collect();
    assert_eq!(causes, [(1, left.0, left.1)]);
    assert_eq!(gone.causes[0].evidence.note, "left");
    assert_eq!(gone.causes[0].evidence.actor, Uuid::from_u128(7));

    assert_eq!(town.changes(&town.asked(town.at(day(10))), KnownAt::Instant(first_known)).await, [], "nothing then");
    let changes = town.changes(&town.asked(town.during(days(20, 40))), KnownAt::Instant(first_known)).await;
    let moved: Vec<_> = changes.iter().map(|change| (change.before.clone(), change.after.clone())).collect();
    assert_eq!(moved, [(vec![since(0)], vec![days(0, 30)])]);
    let earlier = TimeContext { known: Known::at(first_known), ..town.at(day(40)) };
    assert_eq!(
        town.changes(&town.asked(earlier), KnownAt::Latest).await,
        town.changes(&day_40, KnownAt::Instant(first_known)).await
    );
    assert_eq!(town.changes(&day_40, KnownAt::Latest).await, []);
}
