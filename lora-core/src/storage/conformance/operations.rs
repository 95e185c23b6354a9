//! Cases on the operations, over the shipped classes.

use uuid::Uuid;

use super::{Harness, START_MICROS, always, in_order, service};
use crate::error::{Error, ErrorKind};
use crate::object::lifecycle::TransitionError;
use crate::object::{
    AttributePatch, AttributeRow, Change, Content, ContentError, Effect, LifeCycle, ObjectId, Patch, RelationRow, Seq,
    StateRow, Target,
};
use crate::oio::shipped_classes;
use crate::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use crate::schema::{Class, FieldId, Schema, Value};
use crate::service::{By, History, Written};
use crate::storage::{Read, Storage};
use crate::time::{Clock, ManualClock, Period, Timestamp, TransactionTime, ValidTime};
use crate::{Service, codec};

/// The unit class with the ids that the cases need.
pub(super) struct Unit {
    pub(super) class: Class,
    properties: FieldId,
    key: FieldId,
    pub(super) name: FieldId,
    pub(super) activity: FieldId,
    pub(super) active: FieldId,
    pub(super) parent: FieldId,
    addresses: FieldId,
}

impl Unit {
    pub(super) fn of(schema: &Schema) -> Self {
        let class = schema.class_named("organisation_unit").expect("shipped").clone();
        let field = |name: &str| class.fields().find(|(_, field)| field.name == name).expect("declared").1.id;
        let relation = |name: &str| class.relations.iter().find(|this| this.name == name).expect("declared").id;
        let activity = &class.states[0];
        Self {
            properties: class.groups[0].id,
            key: field("user_key"),
            name: field("unit_name"),
            activity: activity.id,
            active: activity.values[0].id,
            parent: relation("parent"),
            addresses: relation("addresses"),
            class: class.clone(),
        }
    }

    pub(super) fn object(&self, number: u128) -> ObjectId {
        ObjectId { class: self.class.id, uuid: Uuid::from_u128(number) }
    }

    /// A unit called `name` from day `from` on, active, below unit 99, with an address.
    pub(super) fn content(&self, name: &str, from: i64) -> Content {
        let effect = Effect::during(days(from, None));
        let mut content = Content::EMPTY;
        let values = [(self.key, "key"), (self.name, name)].map(|(field, text)| (field, Value::Text(text.to_owned())));
        content.set_attributes(self.properties, vec![AttributeRow::new(values, effect.clone())]);
        content.set_states(self.activity, vec![StateRow { value: self.active, effect: effect.clone() }]);
        let points_at = |target| RelationRow { target, object_type: None, effect: effect.clone() };
        content.set_relations(self.parent, vec![points_at(Target::Uuid(Uuid::from_u128(99)))]);
        content.set_relations(self.addresses, vec![points_at(Target::Urn("urn:text:Gaden 1".to_owned()))]);
        content
    }

    /// The update that calls a unit `name` in a period.
    pub(super) fn renamed(&self, name: &str, valid: Period<ValidTime>) -> Patch {
        let values = [(self.name, Change::Set(Value::Text(name.to_owned())))].into_iter().collect();
        let rows = vec![AttributePatch { values, effect: Effect::during(valid) }];
        Patch { attributes: [(self.properties, Change::Set(rows))].into_iter().collect(), ..Patch::default() }
    }

    /// The names in a content, in order of time.
    fn names(&self, content: &Content) -> Vec<(Period<ValidTime>, String)> {
        let name = |row: &AttributeRow| row.value(self.name).map_or(String::new(), |name| name.texts().concat());
        let mut names: Vec<_> =
            content.attributes(self.properties).iter().map(|row| (row.effect.valid, name(row))).collect();
        names.sort();
        names
    }

    fn named(&self, pattern: &str) -> Criterion {
        let test = ValueTest::Like(Pattern::parse(pattern).expect("a pattern"));
        Criterion::Attribute { field: self.name, test }
    }
}

/// Days since 2020-01-01, the end exclusive; open to the end for `None`.
pub(super) fn days(from: i64, to: Option<i64>) -> Period<ValidTime> {
    let day = |number: i64| Timestamp::from_micros(START_MICROS + number * 86_400_000_000).expect("a finite instant");
    Period::new(day(from), to.map_or(Timestamp::INFINITY, day)).expect("a period that is not empty")
}

pub(super) fn tick(clock: &ManualClock) -> Timestamp<TransactionTime> {
    clock.set(clock.now().micros().expect("finite") + 1_000_000).expect("a finite instant");
    clock.now()
}

pub(super) fn instant(written: &Result<Written, Error>) -> Timestamp<TransactionTime> {
    match written {
        Ok(Written::Registered(receipt)) => receipt.instant,
        other => panic!("nothing was registered: {other:?}"),
    }
}

async fn latest<S: Storage>(service: &Service<S>, object: ObjectId, context: &TimeContext) -> (LifeCycle, Content) {
    let view = service.view(None).await.expect("a view");
    let answer = service.read(&view, object, context).await.expect("readable").expect("the object exists");
    let newest = answer.registrations.into_iter().next().expect("at least one").registration;
    (newest.lifecycle, newest.content)
}

async fn search<S: Storage>(service: &Service<S>, search: &Search) -> Vec<u128> {
    let view = service.view(None).await.expect("a view");
    let found = service.search(&view, search).await.expect("readable");
    found.iter().map(Uuid::as_u128).collect()
}

/// The life-cycle table, walked cell by cell.
pub async fn every_act_follows_the_life_cycle<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let (one, two) = (unit.object(1), unit.object(2));
    let by = By::default;
    let content = unit.content("Finans", 0);
    let rename = || unit.renamed("Finance", days(10, None));
    let refused = |result: Result<Written, Error>| match result {
        Err(Error::Transition { source, .. }) => source,
        other => panic!("not refused: {other:?}"),
    };
    let life = async |object| latest(&service, object, &always(&clock)).await.0;
    let illegal = |from, to| TransitionError::Illegal { from, to };
    use LifeCycle::{Corrected, Created, Deleted, Imported, Passivated};

    assert_eq!(refused(service.update(one, rename(), by()).await), TransitionError::Unknown);
    assert_eq!(refused(service.passivate(one, by()).await), TransitionError::Unknown);
    assert_eq!(refused(service.delete(one, by()).await), TransitionError::Unknown);
    service.create(one, content.clone(), by()).await.expect("new");
    assert_eq!(life(one).await, Created);
    assert_eq!(refused(service.create(one, content.clone(), by()).await), TransitionError::Exists);
    service.import(two, content.clone(), by()).await.expect("new");
    assert_eq!(life(two).await, Imported);
    service.import(two, unit.content("Andet", 5), by()).await.expect("replaced");
    let (lifecycle, replaced) = latest(&service, two, &always(&clock)).await;
    assert_eq!((lifecycle, replaced), (Corrected, unit.content("Andet", 5)));

    service.update(one, rename(), by()).await.expect("renamed");
    assert_eq!(life(one).await, Corrected);
    service.passivate(one, by()).await.expect("passivated");
    let (lifecycle, kept) = latest(&service, one, &always(&clock)).await;
    assert_eq!((lifecycle, unit.names(&kept).len()), (Passivated, 2), "the content stays");
    assert_eq!(refused(service.update(one, rename(), by()).await), illegal(Passivated, Corrected));
    assert_eq!(refused(service.passivate(one, by()).await), illegal(Passivated, Passivated));
    service.import(one, content.clone(), by()).await.expect("back");
    let (lifecycle, replaced) = latest(&service, one, &always(&clock)).await;
    assert_eq!((lifecycle, &replaced), (Imported, &content), "an import replaces, it does not merge");
    service.delete(one, by()).await.expect("deleted");
    assert_eq!(latest(&service, one, &always(&clock)).await, (Deleted, Content::EMPTY));
    assert_eq!(service.delete(one, by()).await.expect("nothing to do"), Written::Unchanged);
    assert_eq!(refused(service.update(one, rename(), by()).await), illegal(Deleted, Corrected));
    service.import(one, content.clone(), by()).await.expect("back from the dead");
    assert_eq!(latest(&service, one, &always(&clock)).await, (Imported, content), "nothing of before comes back");
    in_order(service.store()).await;
}

/// The four corners: what holds before and after, as known before and after.
pub async fn a_correction_of_the_past_leaves_what_was_known<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let one = unit.object(1);
    let created = instant(&service.create(one, unit.content("Finans", 0), By::default()).await);
    tick(&clock);
    let corrected = instant(&service.update(one, unit.renamed("Økonomi", days(5, Some(8))), By::default()).await);
    let name = async |known, day| {
        let context = TimeContext { known, valid: Period::instant(days(day, None).from()), now: clock.now() };
        unit.names(&latest(&service, one, &context).await.1).remove(0).1
    };
    let before = Timestamp::from_micros(corrected.micros().expect("finite") - 1).expect("finite");
    for (known, day, expected) in [
        (Known::at(created), 6, "Finans"),
        (Known::at(before), 6, "Finans"),
        (Known::at(corrected), 6, "Økonomi"),
        (Known::Latest, 6, "Økonomi"),
        (Known::Latest, 4, "Finans"),
        (Known::Latest, 8, "Finans"),
        (Known::at(created), 8, "Finans"),
    ] {
        assert_eq!(name(known, day).await, expected, "on day {day}, {known:?}");
    }
    let view = service.view(None).await.expect("a view");
    let whole = TimeContext { known: Known::During(Some(Period::ALWAYS)), ..always(&clock) };
    let answer = service.read(&view, one, &whole).await.expect("readable").expect("known");
    assert_eq!(answer.registrations.len(), 2);
    assert_eq!(answer.registrations[0].registered, Period::since(corrected).expect("not empty"), "newest first");
    assert_eq!(answer.registrations[1].registered, Period::new(created, corrected).expect("not empty"));
    let never = TimeContext { known: Known::During(None), ..whole };
    assert_eq!(service.read(&view, one, &never).await.expect("readable"), None);
    in_order(service.store()).await;
}

/// Nothing is registered for the second of two equal updates; a first update counts, because the life cycle changes.
pub async fn an_update_that_changes_nothing_stores_nothing<H: Harness>(harness: &H) {
    let (service, _) = service(harness).await;
    let unit = Unit::of(service.schema());
    let one = unit.object(1);
    service.create(one, unit.content("Finans", 0), By::default()).await.expect("new");
    let nothing = || service.update(one, Patch::default(), By::default());
    assert!(matches!(nothing().await, Ok(Written::Registered(_))), "created becomes corrected");
    assert!(matches!(nothing().await, Ok(Written::Unchanged)));
    let patch = unit.renamed("Finance", days(3, Some(4)));
    assert!(matches!(service.update(one, patch.clone(), By::default()).await, Ok(Written::Registered(_))));
    let before = service.view(None).await.expect("a view").position();
    assert!(matches!(service.update(one, patch, By::default()).await, Ok(Written::Unchanged)));
    assert_eq!(service.view(None).await.expect("a view").position(), before);
    in_order(service.store()).await;
}

/// Overlaps and missing values are refused by whatever verb would store them, and the position stays.
pub async fn what_is_not_sound_is_refused_and_leaves_no_trace<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let one = unit.object(1);
    service.create(one, unit.content("Finans", 0), By::default()).await.expect("new");
    let before = service.view(None).await.expect("a view").position();

    let mut twice = unit.content("Finans", 0);
    let state = twice.states(unit.activity)[0].clone();
    twice.set_states(unit.activity, vec![state.clone(), state]);
    let overlaps = |result: Result<Written, Error>| match result {
        Err(Error::Content { source: ContentError::Overlap { first, second, .. }, .. }) => {
            assert_eq!((first, second), (days(0, None), days(0, None)));
        }
        other => panic!("an overlap was stored: {other:?}"),
    };
    overlaps(service.create(unit.object(2), twice.clone(), By::default()).await);
    overlaps(service.import(one, twice, By::default()).await);
    let uncovered = unit.renamed("Before", days(-9, Some(1)));
    match service.update(one, uncovered, By::default()).await {
        Err(Error::Content { source: ContentError::Missing { field, period, .. }, .. }) => {
            assert_eq!((field.as_str(), period), ("user_key", days(-9, Some(0))));
        }
        other => panic!("a row without a key was stored: {other:?}"),
    }
    let unknown = ObjectId { class: crate::schema::ClassId::from_number(999), ..one };
    let refused = service.create(unknown, Content::EMPTY, By::default()).await.expect_err("no such class");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert_eq!(service.view(None).await.expect("a view").position(), before);
    assert_eq!(latest(&service, one, &always(&clock)).await.1, unit.content("Finans", 0));
    in_order(service.store()).await;
}

/// A list is by UUID, without repetitions, and a deleted object in the middle takes nobody with it.
pub async fn lists_leave_out_unknown_and_deleted_objects<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    for number in 1..=3 {
        service.create(unit.object(number), unit.content("Enhed", 0), By::default()).await.expect("new");
    }
    let before = tick(&clock);
    service.delete(unit.object(2), By::default()).await.expect("deleted");
    let view = service.view(None).await.expect("a view");
    let list = async |numbers: &[u128], known| {
        let uuids: Vec<Uuid> = numbers.iter().map(|number| Uuid::from_u128(*number)).collect();
        let context = TimeContext { known, ..always(&clock) };
        let answers = service.list(&view, unit.class.id, &uuids, &context).await.expect("readable");
        answers.into_iter().map(|answer| answer.object.uuid.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[3, 2, 1, 7, 3], Known::Latest).await, [1, 3]);
    let before = Timestamp::from_micros(before.micros().expect("finite") - 1).expect("finite");
    assert_eq!(list(&[3, 2, 1, 7, 3], Known::at(before)).await, [1, 2, 3], "it was there then");
    assert_eq!(list(&[2], Known::During(Some(Period::ALWAYS))).await, Vec::<u128>::new(), "the newest is a deletion");
    in_order(service.store()).await;
}

/// Every kind of criterion, in effect now and then, as known now and then.
pub async fn searches_find_by_every_criterion_on_both_axes<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let actor = Uuid::from_u128(0xac);
    let by = By { actor, note: "Oprettet af HR".to_owned(), batch: None };
    let created = instant(&service.create(unit.object(1), unit.content("Finans", 0), by.clone()).await);
    service.create(unit.object(2), unit.content("Fin_Teknik", 10), By::default()).await.expect("new");
    tick(&clock);
    service.update(unit.object(1), unit.renamed("Økonomi", days(20, None)), By::default()).await.expect("renamed");
    service.create(unit.object(3), unit.content("Finans", 0), By::default()).await.expect("new");
    service.delete(unit.object(3), By::default()).await.expect("deleted");

    let on = |day: i64| Period::instant(days(day, None).from());
    let find = async |criteria: Vec<Criterion>, valid, known| {
        let context = TimeContext { known, valid, now: clock.now() };
        search(&service, &Search { class: unit.class.id, criteria, context, page: Page::default() }).await
    };
    let latest = Known::Latest;
    assert_eq!(find(vec![unit.named("finans")], on(0), latest).await, [1]);
    assert_eq!(find(vec![unit.named("finans")], on(20), latest).await, Vec::<u128>::new());
    assert_eq!(find(vec![unit.named("finans")], on(20), Known::at(created)).await, [1], "as known before");
    assert_eq!(find(vec![unit.named("ØKO%")], on(20), latest).await, [1]);
    assert_eq!(find(vec![unit.named("%_teknik")], on(10), latest).await, [2]);
    assert_eq!(find(vec![unit.named("%_teknik")], on(9), latest).await, Vec::<u128>::new());
    assert_eq!(find(vec![unit.named("fin%")], Some(Period::ALWAYS), latest).await, [1, 2], "deletions are left out");
    assert_eq!(find(vec![unit.named("fin%")], None, latest).await, Vec::<u128>::new(), "an empty window");
    let both = vec![unit.named("Finans"), unit.named("Økonomi")];
    assert_eq!(find(both.clone(), Some(Period::ALWAYS), latest).await, [1], "each by a row of its own");
    assert_eq!(find(both, on(20), latest).await, Vec::<u128>::new());

    let active = Criterion::State { state: unit.activity, value: unit.active };
    assert_eq!(find(vec![active.clone()], on(5), latest).await, [1]);
    let parent = |object_type: Option<&str>| Criterion::Relation {
        relation: unit.parent,
        object_type: object_type.map(str::to_owned),
        targets: vec![Target::Uuid(Uuid::from_u128(98)), Target::Uuid(Uuid::from_u128(99))],
    };
    assert_eq!(find(vec![parent(None)], on(10), latest).await, [1, 2]);
    assert_eq!(find(vec![parent(Some("OrganisationEnhed"))], on(10), latest).await, Vec::<u128>::new());
    assert_eq!(find(vec![Criterion::AnyRelation(Uuid::from_u128(99)), active], on(10), latest).await, [1, 2]);
    let urn = |urn: &str| Criterion::Relation {
        relation: unit.addresses,
        object_type: None,
        targets: vec![Target::Urn(urn.to_owned())],
    };
    assert_eq!(find(vec![urn("urn:text:Gaden 1")], on(10), latest).await, [1, 2]);
    assert_eq!(find(vec![urn("urn:text:gaden 1")], on(10), latest).await, Vec::<u128>::new(), "compared exactly");
    let any = Criterion::AnyText(Pattern::parse("KEY").expect("a pattern"));
    assert_eq!(find(vec![any], on(0), latest).await, [1]);

    let note = Criterion::Note(Pattern::parse("%HR").expect("a pattern"));
    assert_eq!(find(vec![note.clone()], on(0), latest).await, Vec::<u128>::new(), "the newest has no note");
    assert_eq!(find(vec![note, Criterion::Actor(actor)], on(0), Known::at(created)).await, [1]);
    assert_eq!(find(vec![Criterion::LifeCycle(LifeCycle::Deleted)], on(0), latest).await, [3]);
    assert_eq!(find(vec![], on(0), latest).await, [1, 2]);
    assert_eq!(find(vec![Criterion::Object(Uuid::from_u128(2))], on(0), latest).await, [2]);
    let whole = Known::During(Some(Period::ALWAYS));
    assert_eq!(find(vec![unit.named("Finans")], on(0), whole).await, [1, 3], "it once was");
    let at_once = vec![unit.named("Finans"), Criterion::LifeCycle(LifeCycle::Deleted)];
    assert_eq!(find(at_once, on(0), whole).await, Vec::<u128>::new(), "one registration must meet all");
    in_order(service.store()).await;
}

/// Pages by (known, position, last one seen) agree with the whole, although writers go on between them.
pub async fn pages_are_pinned_to_a_position<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    for number in 1..=20 {
        service.create(unit.object(number), unit.content("Enhed", 0), By::default()).await.expect("new");
    }
    let pinned = service.view(None).await.expect("a view").position();
    let context = always(&clock);
    let page = |after: Option<u128>, skip, limit| Search {
        class: unit.class.id,
        criteria: vec![unit.named("enhed")],
        context,
        page: Page { after: after.map(Uuid::from_u128), skip, limit },
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let view = service.view(Some(pinned)).await.expect("reopened");
        let found = service.search(&view, &page(after, 0, Some(3))).await.expect("readable");
        let Some(last) = found.last() else { break };
        after = Some(last.as_u128());
        seen.extend(found.iter().map(|uuid| uuid.as_u128()));
        let number = last.as_u128();
        if number < 20 {
            service.delete(unit.object(number + 1), By::default()).await.expect("deleted");
        }
        service.create(unit.object(100 + number), unit.content("Enhed", 0), By::default()).await.expect("new");
    }
    assert_eq!(seen, (1..=20).collect::<Vec<_>>(), "no row twice, none missing");
    let view = service.view(Some(pinned)).await.expect("reopened");
    let skipped = service.search(&view, &page(None, 18, Some(9))).await.expect("readable");
    assert_eq!(skipped, [Uuid::from_u128(19), Uuid::from_u128(20)]);
    assert!(service.search(&view, &page(None, 0, Some(0))).await.expect("readable").is_empty());
    assert!(service.search(&view, &page(None, u64::MAX, Some(u64::MAX))).await.expect("readable").is_empty());
    in_order(service.store()).await;
}

/// Old registrations come in with their own times; what would rewrite the past or lies ahead is refused.
pub async fn history_imports_keep_their_times<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let one = unit.object(1);
    let at = |micros| Timestamp::from_micros(START_MICROS + micros).expect("finite");
    let history = |micros, lifecycle, name: &str| History {
        object: one,
        registered_from: at(micros),
        lifecycle,
        content: unit.content(name, 0),
        by: By::default(),
    };
    let import = async |this| service.import_history(this, clock.now()).await;
    import(history(-900, LifeCycle::Created, "Gammel")).await.expect("first");
    import(history(-500, LifeCycle::Corrected, "Nyere")).await.expect("second");
    for (refused, why) in [(-700, "before the newest"), (-500, "at the newest"), (9_000_000, "in the future")] {
        match import(history(refused, LifeCycle::Corrected, "Nej")).await {
            Err(Error::Asserted { after, .. }) => assert_eq!(after, at(-500), "{why}"),
            other => panic!("asserted {why}: {other:?}"),
        }
    }
    let illegal = import(history(-400, LifeCycle::Created, "Igen")).await;
    assert!(matches!(illegal, Err(Error::Transition { .. })), "{illegal:?}");
    import(history(-300, LifeCycle::Deleted, "Stands here for nothing")).await.expect("third");
    import(history(-200, LifeCycle::Imported, "Tilbage")).await.expect("fourth");
    let name = async |micros| {
        let context = TimeContext { known: Known::at(at(micros)), ..always(&clock) };
        let view = service.view(None).await.expect("a view");
        let answer = service.read(&view, one, &context).await.expect("readable")?;
        let newest = answer.registrations.into_iter().next().expect("at least one").registration;
        assert_eq!(newest.asserted.is_some(), micros < 0, "asserted times are marked");
        Some(unit.names(&newest.content).into_iter().map(|(_, name)| name).collect::<String>())
    };
    assert_eq!(name(-901).await, None);
    assert_eq!(name(-900).await.as_deref(), Some("Gammel"));
    assert_eq!(name(-300).await.as_deref(), Some(""));
    assert_eq!(name(-1).await.as_deref(), Some("Tilbage"));
    tick(&clock);
    let now = instant(&service.update(one, unit.renamed("Nu", days(0, None)), By::default()).await);
    assert_eq!(name(now.micros().expect("finite") - START_MICROS).await.as_deref(), Some("Nu"));
    in_order(service.store()).await;
}

/// The latest is what was registered last, not what a clock takes for now: one that steps back hides nothing.
pub async fn a_clock_that_steps_back_hides_nothing<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let one = unit.object(1);
    service.create(one, unit.content("Finans", 0), By::default()).await.expect("new");
    clock.set(START_MICROS - 3_600_000_000).expect("an hour earlier");
    let renamed = instant(&service.update(one, unit.renamed("Økonomi", days(0, None)), By::default()).await);
    assert!(renamed > clock.now(), "instants go on rising");
    let (_, content) = latest(&service, one, &always(&clock)).await;
    assert_eq!(unit.names(&content).remove(0).1, "Økonomi");
    let context = always(&clock);
    let criteria = vec![unit.named("Økonomi")];
    let found = search(&service, &Search { class: unit.class.id, criteria, context, page: Page::default() }).await;
    assert_eq!(found, [1]);
    in_order(service.store()).await;
}

/// An asserted time changes what was known at K for later positions, and for none before.
pub async fn an_import_changes_the_past_at_later_positions_only<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    service.create(unit.object(1), unit.content("Finans", 0), By::default()).await.expect("new");
    let before = service.view(None).await.expect("a view");
    let at = Timestamp::from_micros(START_MICROS - 1_000_000).expect("finite");
    let history = History {
        object: unit.object(2),
        registered_from: at,
        lifecycle: LifeCycle::Imported,
        content: unit.content("Finans", 0),
        by: By::default(),
    };
    service.import_history(history, clock.now()).await.expect("a time gone by");
    let context = TimeContext { known: Known::at(at), ..always(&clock) };
    let asked = Search { class: unit.class.id, criteria: vec![unit.named("finans")], context, page: Page::default() };
    for (position, expected) in [(Some(before.position()), vec![]), (None, vec![Uuid::from_u128(2)])] {
        let view = service.view(position).await.expect("a view");
        assert_eq!(service.search(&view, &asked).await.expect("readable"), expected, "at {position:?}");
    }
    in_order(service.store()).await;
}

/// Sixteen writers on one object: every one of them is registered, and the chain has no gap.
pub async fn writers_of_one_object_all_get_their_turn<H: Harness>(harness: &H) {
    let (service, _) = service(harness).await;
    let unit = Unit::of(service.schema());
    let one = unit.object(1);
    service.create(one, unit.content("Finans", 0), By::default()).await.expect("new");
    std::thread::scope(|scope| {
        for writer in 0..16_i64 {
            let (service, unit) = (&service, &unit);
            scope.spawn(move || {
                for round in 0..4_i64 {
                    let day = writer * 10 + round;
                    let patch = unit.renamed(&format!("{writer}-{round}"), days(day, Some(day + 1)));
                    let written = harness.run(service.update(one, patch, By::default()));
                    assert!(matches!(written, Ok(Written::Registered(_))), "{written:?}");
                }
            });
        }
    });
    let view = service.view(None).await.expect("a view");
    let chain = view.history(one, Seq::FIRST, 1_000).await.expect("readable");
    assert_eq!(chain.len(), 1 + 16 * 4);
    assert!(chain.windows(2).all(|pair| pair[0].registered.to() == pair[1].registered.from()), "no gap");
    let newest = chain.last().expect("65 of them").frame.registration().expect("sound");
    let names = unit.names(&newest.content);
    assert_eq!(names.iter().filter(|(_, name)| name.contains('-')).count(), 16 * 4, "nobody's update was lost");
    in_order(service.store()).await;
}

/// Answers for fixed (known, position) are compared with themselves while eight writers go on.
pub async fn for_a_fixed_position_an_answer_never_changes<H: Harness>(harness: &H) {
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    for number in 1..=8 {
        service.create(unit.object(number), unit.content("Enhed 0", 0), By::default()).await.expect("new");
    }
    std::thread::scope(|scope| {
        for number in 1..=8_u128 {
            let (service, unit) = (&service, &unit);
            scope.spawn(move || {
                for round in 1..=40 {
                    let patch = unit.renamed(&format!("Enhed {round}"), days(round, None));
                    harness.run(service.update(unit.object(number), patch, By::default())).expect("renamed");
                }
            });
        }
        let (service, unit, clock) = (&service, &unit, &clock);
        scope.spawn(move || {
            for _ in 0..40 {
                harness.run(repeats_itself(service, unit, clock));
            }
        });
    });
    in_order(service.store()).await;
}

/// Takes the newest position and its instant, asks, and asks again from a reopened view.
async fn repeats_itself<S: Storage>(service: &Service<S>, unit: &Unit, clock: &ManualClock) {
    let position = service.view(None).await.expect("a view").position();
    let entry = service.store().ledger(crate::object::Position(position.0 - 1), 1, crate::storage::Wait::Never).await;
    let at = entry.expect("the ledger").first().expect("the entry at the position").instant;
    let mut answers = Vec::new();
    for known in [Known::Latest, Known::at(at), Known::Latest, Known::at(at)] {
        let view = service.view(Some(position)).await.expect("reopened");
        let context = TimeContext { known, ..always(clock) };
        let search = Search { class: unit.class.id, criteria: vec![unit.named("%4")], context, page: Page::default() };
        let found = service.search(&view, &search).await.expect("readable");
        let uuids: Vec<Uuid> = (1..=8).map(Uuid::from_u128).collect();
        let listed = service.list(&view, unit.class.id, &uuids, &context).await.expect("readable");
        let seen: Vec<_> = listed
            .into_iter()
            .map(|answer| {
                let newest = answer.registrations.into_iter().next().expect("at least one");
                (newest.position, codec::encode_content("", &newest.registration.content))
            })
            .collect();
        answers.push((found, seen));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "at position {position} and instant {at}");
}

/// Where classes were declared anew, a service opened before refuses to write and stores nothing; it still reads.
pub async fn whoever_knows_older_declarations_may_not_write<H: Harness>(harness: &H) {
    let (before, clock) = service(harness).await;
    let unit = Unit::of(before.schema());
    before.create(unit.object(1), unit.content("Finans", 0), By::default()).await.expect("nobody declared anew");
    let mut other = shipped_classes();
    other[0].title = "Another title".to_owned();
    let after = Service::open(before.store().clone(), other, || [0x5a; 16]).await.expect("another title");
    assert_eq!(after.store_id(), before.store_id());
    let position = before.view(None).await.expect("a view").position();
    for object in [unit.object(1), unit.object(2)] {
        let refused = before.import(object, unit.content("Økonomi", 0), By::default()).await;
        assert!(matches!(refused, Err(Error::Redeclared)), "{refused:?}");
    }
    let view = before.view(None).await.expect("a view");
    assert_eq!(view.position(), position);
    assert!(before.read(&view, unit.object(1), &always(&clock)).await.expect("readable").is_some());
    after.import(unit.object(2), unit.content("Økonomi", 0), By::default()).await.expect("it knows");
    in_order(before.store()).await;
}
