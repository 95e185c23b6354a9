//! Cases on history: exact to the microsecond on both axes, open at the end, at the newest position and at those gone by.

use std::sync::Arc;

use uuid::Uuid;

use super::operations::{Unit, days, instant, tick};
use super::{Harness, in_order, service};
use crate::Service;
use crate::error::{Error, ErrorKind};
use crate::history::{
    Became, Between, Chronology, Difference, Differences, Exposure, Exposures, Learned, Matter, Point, Ranking,
    Registered, Stage, Standing, Statement,
};
use crate::object::{Change, Effect, LifeCycle, ObjectId, Patch, Position, RelationRow, Seq, Target};
use crate::query::execute::Limits;
use crate::query::{Direction, Filter, Reading, Related, Selection, Steps, Test};
use crate::schema::{FieldId, Value};
use crate::service::{By, Written};
use crate::storage::{KnownAt, Read, Storage};
use crate::time::{Axis, ManualClock, Period, Periods, Timestamp, TransactionTime, ValidTime};

type Known = Timestamp<TransactionTime>;
type Valid = Timestamp<ValidTime>;

const LATEST: KnownAt = KnownAt::Latest;

/// Two heads, and a unit that is called Finans from day 0 on, below head 99; a second later Økonomi from day 5 to day 8;
/// then Regnskab from day 7 on; then below head 98 from day 10 on.
struct Renamed<S: Storage> {
    service: Service<S>,
    clock: Arc<ManualClock>,
    unit: Unit,
    one: ObjectId,
    /// When each of the four was registered, and where it stands in the ledger.
    at: [Known; 4],
    positions: [Position; 4],
}

fn day(number: i64) -> Valid {
    days(number, None).from()
}

/// One microsecond earlier.
fn before<A: Axis>(at: Timestamp<A>) -> Timestamp<A> {
    Timestamp::from_micros(at.micros().expect("finite") - 1).expect("finite")
}

fn only(period: Period<ValidTime>) -> Periods<ValidTime> {
    [period].into_iter().collect()
}

impl<S: Storage> Renamed<S> {
    async fn of<H: Harness<Store = S>>(harness: &H) -> Self {
        let (service, clock) = service(harness).await;
        let unit = Unit::of(service.schema());
        let one = unit.object(1);
        for head in [98, 99] {
            let mut content = unit.content("Direktion", 0);
            content.set_relations(unit.parent, Vec::new());
            service.create(unit.object(head), content, By::default()).await.expect("new");
        }
        let patches =
            [unit.renamed("Økonomi", days(5, Some(8))), unit.renamed("Regnskab", days(7, None)), moved(&unit)];
        tick(&clock);
        let mut written = vec![service.create(one, unit.content("Finans", 0), noted("created")).await];
        for (patch, note) in patches.into_iter().zip(["a project", "renamed", "moved"]) {
            tick(&clock);
            written.push(service.update(one, patch, noted(note)).await);
        }
        let at = [0, 1, 2, 3].map(|number| instant(&written[number]));
        let positions = [0, 1, 2, 3].map(|number| position(&written[number]));
        Self { service, clock, unit, one, at, positions }
    }

    async fn view(&self, at: Option<Position>) -> S::View {
        self.service.view(at).await.expect("a view")
    }

    /// The names of the unit as known at a time, over all of valid time; `None` where it was not known.
    async fn names(&self, view: &S::View, known: KnownAt) -> Option<Vec<(Period<ValidTime>, String)>> {
        let belief = self.service.timeline(view, self.one, known).await.expect("readable")?;
        let names = belief.part(self.unit.name, Period::ALWAYS).expect("not too many");
        Some(names.spans().iter().map(|span| (span.period, in_words(&span.value))).collect())
    }

    async fn registrations(&self, view: &S::View, chronology: Chronology) -> Vec<Registered> {
        self.service.registrations(view, self.one, chronology, None, 99).await.expect("readable")
    }

    async fn difference(&self, view: &S::View, from: Point, to: Point) -> Difference {
        let between = Between { from, to };
        let found = self.service.differences(view, &[self.one], between, Reading::Present).await.expect("readable");
        let [found] = <[Difference; 1]>::try_from(found).expect("one for each object");
        found
    }

    /// All differences of what is selected.
    async fn selected(&self, view: &S::View, select: &Selection, from: Point, to: Point) -> Vec<Difference> {
        let mut all = Differences::new(select, Between { from, to }, None, Limits::NONE);
        let mut found = Vec::new();
        while let Some(part) = self.service.next_differences(view, &mut all).await.expect("readable") {
            found.extend(part);
        }
        found
    }

    fn select(&self, filter: Filter) -> Selection {
        Selection { class: self.unit.class.id, reading: Reading::Present, filter }
    }

    fn named(&self, name: &str) -> Matter {
        let filter = Filter::Field { field: self.unit.name, test: Test::Is(Value::from(name)) };
        Matter { select: self.select(filter), ended: false }
    }

    fn above(&self, steps: Steps, filter: Filter) -> Related {
        let (relation, to) = (self.unit.parent, self.select(filter));
        Related { relation, direction: Direction::Forward, object_type: None, steps, to }
    }

    async fn learned(&self, view: &S::View, matter: &Matter, point: Point) -> Learned {
        let learned = self.service.learned(view, matter, point, &[self.one.uuid], Limits::NONE).await;
        learned.expect("readable").remove(0)
    }
}

fn noted(note: &str) -> By {
    By { actor: Uuid::from_u128(7), note: note.to_owned(), batch: None }
}

fn moved(unit: &Unit) -> Patch {
    let row = |number, valid| {
        let target = Target::Uuid(Uuid::from_u128(number));
        RelationRow { target, object_type: None, effect: Effect::during(valid) }
    };
    let rows = vec![row(99, days(0, Some(10))), row(98, days(10, None))];
    Patch { relations: [(unit.parent, Change::Set(rows))].into_iter().collect(), ..Patch::default() }
}

fn position(written: &Result<Written, Error>) -> Position {
    match written {
        Ok(Written::Registered(receipt)) => receipt.last,
        other => panic!("nothing was registered: {other:?}"),
    }
}

fn in_words(statements: &[Statement]) -> String {
    let text = |statement: &Statement| match statement {
        Statement::Value(value) => value.texts().concat(),
        other => panic!("{other:?} is no value"),
    };
    statements.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn called(names: &[(Period<ValidTime>, &str)]) -> Option<Vec<(Period<ValidTime>, String)>> {
    Some(names.iter().map(|(period, name)| (*period, (*name).to_owned())).collect())
}

/// What was believed changes with the microsecond of a registration, and what is believed with that of an effect.
pub async fn timelines_turn_at_the_microsecond_and_are_open_at_the_end<H: Harness>(harness: &H) {
    let town = Renamed::of(harness).await;
    let [created, project, renamed, moved] = town.at;
    let at_first = called(&[(days(0, None), "Finans")]);
    let meanwhile = called(&[(days(0, Some(5)), "Finans"), (days(5, Some(8)), "Økonomi"), (days(8, None), "Finans")]);
    let at_last = called(&[(days(0, Some(5)), "Finans"), (days(5, Some(7)), "Økonomi"), (days(7, None), "Regnskab")]);
    let view = town.view(None).await;
    for (known, expected) in [
        (Timestamp::NEG_INFINITY, &None),
        (before(created), &None),
        (created, &at_first),
        (before(project), &at_first),
        (project, &meanwhile),
        (before(renamed), &meanwhile),
        (renamed, &at_last),
        (moved, &at_last),
    ] {
        assert_eq!(&town.names(&view, KnownAt::Instant(known)).await, expected, "as known at {known}");
    }
    assert_eq!(town.names(&view, LATEST).await, at_last);

    // As known at a time that the view does not show yet: what it shows last.
    let nobody = Position(town.positions[0].0 - 1);
    for (pinned, expected) in [
        (nobody, &None),
        (town.positions[0], &at_first),
        (town.positions[1], &meanwhile),
        (town.positions[3], &at_last),
    ] {
        let view = town.view(Some(pinned)).await;
        for known in [LATEST, KnownAt::Instant(moved), KnownAt::Instant(Timestamp::LAST)] {
            assert_eq!(&town.names(&view, known).await, expected, "{known:?} at {pinned}");
        }
    }

    let belief = town.service.timeline(&view, town.one, LATEST).await.expect("readable").expect("known");
    let stages: Vec<Stage> = belief.stages(Period::ALWAYS).collect();
    let until = |to| Period::new(Timestamp::NEG_INFINITY, to).expect("not empty");
    let periods: Vec<_> = stages.iter().map(|stage| (stage.period, stage.present)).collect();
    let expected = [
        (until(day(0)), false),
        (days(0, Some(5)), true),
        (days(5, Some(7)), true),
        (days(7, Some(10)), true),
        (days(10, None), true),
    ];
    assert_eq!(periods, expected);
    assert!(stages[0].stated.is_empty());
    assert_eq!(belief.at(before(day(7))), stages[2].stated);
    assert_eq!(belief.at(day(7)), stages[3].stated);
}

/// Each registration says until when it was believed, and about which instants it says something else.
pub async fn registrations_say_what_they_changed<H: Harness>(harness: &H) {
    let town = Renamed::of(harness).await;
    let [created, project, renamed, moved] = town.at;
    town.service.delete(town.one, noted("closed")).await.expect("deleted");
    let newest = town.view(None).await;
    let found = town.registrations(&newest, Chronology::OldestFirst).await;
    let closed = found[4].registered.from();
    let period = |from, to| Period::new(from, to).expect("not empty");
    let registered: Vec<_> = found.iter().map(|one| one.registered).collect();
    let expected = [
        period(created, project),
        period(project, renamed),
        period(renamed, moved),
        period(moved, closed),
        period(closed, Timestamp::INFINITY),
    ];
    assert_eq!(registered, expected);
    let notes: Vec<_> = found.iter().map(|one| (one.seq.0, one.actor.as_u128(), one.note.as_str())).collect();
    assert_eq!(notes, [(1, 7, "created"), (2, 7, "a project"), (3, 7, "renamed"), (4, 7, "moved"), (5, 7, "closed")]);
    let positions: Vec<_> = found[..4].iter().map(|one| one.position).collect();
    assert_eq!(positions, town.positions);
    assert_eq!(found[4].lifecycle, LifeCycle::Deleted);

    let everything = || only(days(0, None));
    let changed = |part: FieldId| found.iter().map(|one| one.changes.of(part).clone()).collect::<Vec<_>>();
    assert_eq!(
        changed(town.unit.name),
        [everything(), only(days(5, Some(8))), only(days(7, None)), Periods::none(), everything()]
    );
    assert_eq!(
        changed(town.unit.parent),
        [everything(), Periods::none(), Periods::none(), only(days(10, None)), everything()]
    );
    let presence: Vec<_> = found.iter().map(|one| one.changes.presence.clone()).collect();
    let none = Periods::none;
    assert_eq!(presence, [everything(), none(), none(), none(), everything()]);

    let mut backwards = town.registrations(&newest, Chronology::NewestFirst).await;
    backwards.reverse();
    assert_eq!(backwards, found);
    for (count, at) in (1..).zip(town.positions) {
        let view = town.view(Some(at)).await;
        let mut expected = found[..count].to_vec();
        expected[count - 1].registered = Period::since(expected[count - 1].registered.from()).expect("not empty");
        assert_eq!(town.registrations(&view, Chronology::OldestFirst).await, expected, "as of {at}");
    }
    in_order(town.service.store()).await;
}

/// Two points a microsecond apart on either axis, and who brought the difference.
pub async fn differences_are_exact_to_the_microsecond_and_name_their_causes<H: Harness>(harness: &H) {
    let town = Renamed::of(harness).await;
    let [created, project, renamed, moved] = town.at;
    let view = town.view(None).await;
    let known = KnownAt::Instant;
    let same: Option<(&str, &str)> = None;
    for (from, to, names, causes) in [
        ((known(created), before(day(5))), (LATEST, before(day(5))), same, &[][..]),
        ((known(created), day(5)), (LATEST, day(5)), Some(("Finans", "Økonomi")), &[2]),
        ((known(created), before(day(7))), (LATEST, before(day(7))), Some(("Finans", "Økonomi")), &[2]),
        ((known(created), day(7)), (LATEST, day(7)), Some(("Finans", "Regnskab")), &[2, 3]),
        ((known(created), before(day(8))), (LATEST, before(day(8))), Some(("Finans", "Regnskab")), &[2, 3]),
        ((known(created), day(8)), (LATEST, day(8)), Some(("Finans", "Regnskab")), &[3]),
        ((known(created), before(day(8))), (known(project), before(day(8))), Some(("Finans", "Økonomi")), &[2]),
        ((known(created), day(8)), (known(project), day(8)), same, &[]),
        ((known(created), day(6)), (known(before(project)), day(6)), same, &[]),
        ((known(before(project)), day(6)), (known(project), day(6)), Some(("Finans", "Økonomi")), &[2]),
        ((known(project), day(7)), (known(before(renamed)), day(7)), same, &[]),
        ((known(before(renamed)), day(7)), (known(renamed), day(7)), Some(("Økonomi", "Regnskab")), &[3]),
        ((known(renamed), day(7)), (known(moved), day(7)), same, &[]),
        ((known(before(created)), day(0)), (known(created), day(0)), Some(("", "Finans")), &[1]),
        ((known(before(created)), before(day(0))), (known(created), before(day(0))), same, &[]),
        ((LATEST, before(day(7))), (LATEST, day(7)), Some(("Økonomi", "Regnskab")), &[]),
        ((LATEST, before(day(5))), (known(created), day(6)), same, &[2]),
    ] {
        let point = |(known, valid)| Point { known, valid };
        let (from, to) = (point(from), point(to));
        let found = town.difference(&view, from, to).await;
        let group = town.unit.class.groups[0].id;
        let name = found.fields(group).get(&town.unit.name).map(|sides| {
            let text = |values: &[&Value]| values.iter().flat_map(|value| value.texts()).collect::<String>();
            (text(&sides[0]), text(&sides[1]))
        });
        assert_eq!(name, names.map(|(old, new)| (old.to_owned(), new.to_owned())), "{from:?} {to:?}");
        let seqs: Vec<u32> = found.causes.iter().map(|cause| cause.seq.0).collect();
        assert_eq!(seqs, causes, "{from:?} {to:?}");
        for cause in &found.causes {
            let index = cause.seq.0 as usize - 1;
            assert_eq!((cause.registered, cause.position), (town.at[index], town.positions[index]));
        }
        let back = town.difference(&view, to, Point { valid: to.valid, ..from }).await;
        let forth = town.difference(&view, Point { valid: to.valid, ..from }, to).await;
        assert_eq!(back.causes, forth.causes, "who brought it also takes it away");
    }

    // A view of a position knows nothing of what came later, whatever time is asked about.
    let view = town.view(Some(town.positions[1])).await;
    for latest in [LATEST, known(moved)] {
        let point = |known| Point { known, valid: day(8) };
        let found = town.difference(&view, point(known(created)), point(latest)).await;
        assert!(found.is_none() && found.causes.is_empty());
        let found = town.difference(&view, point(known(before(created))), point(latest)).await;
        assert_eq!(found.became(), Became::Appears);
        assert_eq!(found.causes.iter().map(|cause| cause.seq.0).collect::<Vec<_>>(), [1]);
    }
}

/// A class, what is called so, and a subtree: what came, went or changed, at the microsecond.
pub async fn differences_of_sets_and_subtrees_are_of_what_is_found_at_either_point<H: Harness>(harness: &H) {
    let town = Renamed::of(harness).await;
    let [created, .., moved] = town.at;
    let view = town.view(None).await;
    let point = |known, valid| Point { known, valid };
    let known = KnownAt::Instant;
    let head = Filter::Object(vec![Uuid::from_u128(99)]);
    let many = Steps::Many { from_itself: true, through: None };
    let subtree = town.select(Filter::Related(Box::new(town.above(many, head))));
    let everything = town.select(Filter::EVERYWHERE);
    let finance = town.named("Finans").select;
    for (select, from, to, became) in [
        (&everything, point(known(created), day(10)), point(LATEST, day(10)), Some((Became::Changes, 2))),
        (&everything, point(known(created), day(0)), point(LATEST, before(day(5))), None),
        (&everything, point(known(before(created)), day(0)), point(LATEST, day(0)), Some((Became::Appears, 1))),
        (&finance, point(LATEST, before(day(5))), point(LATEST, day(5)), Some((Became::Disappears, 0))),
        (&finance, point(known(created), day(8)), point(LATEST, day(8)), Some((Became::Disappears, 1))),
        (&finance, point(LATEST, day(8)), point(known(created), day(8)), Some((Became::Appears, 1))),
        (&finance, point(LATEST, day(8)), point(LATEST, day(9)), None),
        (&subtree, point(known(before(moved)), day(10)), point(LATEST, day(10)), Some((Became::Disappears, 1))),
        (&subtree, point(known(before(moved)), before(day(10))), point(LATEST, before(day(10))), None),
        (&subtree, point(LATEST, before(day(10))), point(LATEST, day(10)), Some((Became::Disappears, 0))),
        (&subtree, point(known(created), day(6)), point(LATEST, day(6)), Some((Became::Changes, 1))),
    ] {
        let found = town.selected(&view, select, from, to).await;
        let outline: Vec<_> = found.iter().map(|one| (one.object, one.became(), one.causes.len())).collect();
        let expected: Vec<_> = became.map(|(became, causes)| (town.one, became, causes)).into_iter().collect();
        assert_eq!(outline, expected, "{select:?} {from:?} {to:?}");
    }
    let pinned = town.view(Some(town.positions[2])).await;
    let (from, to) = (point(known(created), day(10)), point(LATEST, day(10)));
    assert_eq!(town.selected(&pinned, &subtree, from, to).await.len(), 1, "renamed");
    assert_eq!(town.selected(&pinned, &subtree, from, to).await[0].there, [true, true], "and not moved yet");
}

/// Many objects with many registrations each: parts of a set, and pages of chains, make up the whole.
pub async fn differences_of_many_objects_are_whole<H: Harness>(harness: &H) {
    const OBJECTS: u128 = 70;
    let (service, clock) = service(harness).await;
    let unit = Unit::of(service.schema());
    let mut last = Timestamp::NEG_INFINITY;
    for number in 1..=OBJECTS {
        let written = service.create(unit.object(number), unit.content("Enhed", 0), By::default()).await;
        last = instant(&written);
    }
    for name in ["Første", "Andet"] {
        tick(&clock);
        for number in 1..=OBJECTS {
            let patch = unit.renamed(name, days(3, None));
            service.update(unit.object(number), patch, noted(name)).await.expect("renamed");
        }
    }
    let view = service.view(None).await.expect("a view");
    let point = |known| Point { known, valid: day(3) };
    let between = Between { from: point(KnownAt::Instant(last)), to: point(LATEST) };
    let select = Selection { class: unit.class.id, reading: Reading::Present, filter: Filter::EVERYWHERE };
    let mut all = Differences::new(&select, between, None, Limits::NONE);
    let mut found = Vec::new();
    while let Some(part) = service.next_differences(&view, &mut all).await.expect("readable") {
        found.extend(part);
    }
    let objects: Vec<_> = (1..=OBJECTS).map(|number| unit.object(number)).collect();
    let named = service.differences(&view, &objects, between, Reading::Present).await.expect("readable");
    assert_eq!(found, named);
    assert_eq!(found.iter().map(|one| one.object).collect::<Vec<_>>(), objects);
    for difference in &found {
        let causes: Vec<_> = difference.causes.iter().map(|cause| (cause.seq.0, cause.note.as_str())).collect();
        assert_eq!(causes, [(2, "Første"), (3, "Andet")]);
    }
}

/// Since when it is believed, how late that was, and whose it is: at the instants of both axes, as known then.
pub async fn what_was_learned_is_believed_from_the_microsecond_it_was_registered<H: Harness>(harness: &H) {
    let town = Renamed::of(harness).await;
    let [created, project, renamed, _] = town.at;
    let view = town.view(None).await;
    let period = |from, to| Period::new(from, to).expect("not empty");
    let since = |at| Period::since(at).expect("not empty");
    let known = KnownAt::Instant;
    for (name, at, valid, believed, holds) in [
        ("Finans", LATEST, before(day(0)), None, None),
        ("Finans", LATEST, day(0), Some(since(created)), Some(days(0, Some(5)))),
        ("Finans", LATEST, before(day(5)), Some(since(created)), Some(days(0, Some(5)))),
        ("Finans", LATEST, day(5), Some(period(created, project)), None),
        ("Finans", LATEST, day(8), Some(period(created, renamed)), None),
        ("Finans", known(before(renamed)), day(8), Some(since(created)), Some(days(8, None))),
        ("Finans", known(created), day(5), Some(since(created)), Some(days(0, None))),
        ("Finans", known(before(created)), day(5), None, None),
        ("Økonomi", LATEST, day(5), Some(since(project)), Some(days(5, Some(7)))),
        ("Økonomi", LATEST, before(day(7)), Some(since(project)), Some(days(5, Some(7)))),
        ("Økonomi", LATEST, day(7), Some(period(project, renamed)), None),
        ("Økonomi", known(before(renamed)), day(7), Some(since(project)), Some(days(5, Some(8)))),
        ("Regnskab", LATEST, day(7), Some(since(renamed)), Some(days(7, None))),
    ] {
        let learned = town.learned(&view, &town.named(name), Point { known: at, valid }).await;
        let believed = believed.into_iter().collect::<Periods<_>>();
        assert_eq!(learned, Learned { believed, period: holds }, "{name} on {valid}, {at:?}");
    }

    // Day 0 is a second before anybody knew of the unit.
    let finance = town.named("Finans");
    let point = Point { known: LATEST, valid: day(0) };
    let exposure = Exposure { from: day(0), to: created };
    assert_eq!(town.learned(&view, &finance, point).await.exposure(), Some(exposure));
    for (pinned, expected) in [(town.positions[0].0 - 1, 0), (town.positions[0].0, 1), (town.positions[3].0, 1)] {
        let view = town.view(Some(Position(pinned))).await;
        let mut all = Exposures::new(finance.clone(), point, None, Limits::NONE);
        let found = town.service.next_exposures(&view, &mut all).await.expect("readable").unwrap_or_default();
        assert_eq!(found.len(), expected, "at {pinned}");
        assert!(found.iter().all(|one| one.object == town.one.uuid && one.exposure == exposure));
    }
    league_is_by_whoever_it_belonged_to_then(&town, &view, exposure).await;
}

async fn league_is_by_whoever_it_belonged_to_then<S: Storage>(town: &Renamed<S>, view: &S::View, exposure: Exposure) {
    let other = town.unit.object(2);
    tick(&town.clock);
    let written = town.service.create(other, town.unit.content("Finans", 0), By::default()).await;
    let later = Exposure { from: day(0), to: instant(&written) };
    let path = [town.above(Steps::One, Filter::EVERYWHERE)];
    let owner = |number| Some(Target::Uuid(Uuid::from_u128(number)));
    let micros = |exposure: Exposure| exposure.micros().expect("finite");
    let alone = Standing {
        owner: owner(99),
        objects: 1,
        total_micros: micros(exposure),
        longest: exposure,
        longest_of: town.one.uuid,
    };
    let both = Standing {
        owner: owner(99),
        objects: 2,
        total_micros: micros(exposure) + micros(later),
        longest: later,
        longest_of: other.uuid,
    };
    let newest = town.view(None).await;
    let point = Point { known: LATEST, valid: day(0) };
    for (view, expected) in [(view, alone), (&newest, both)] {
        for by in [Ranking::Total, Ranking::Longest] {
            let mut all = Exposures::new(town.named("Finans"), point, None, Limits::NONE);
            let table = town.service.league(view, &mut all, &path, by).await.expect("readable");
            assert_eq!(table, std::slice::from_ref(&expected), "the view is one of its position");
        }
    }
}

/// What nobody changed since is as it was; else those are named who did, with the instants, and nothing is registered.
pub async fn a_registration_is_taken_back_or_refused<H: Harness>(harness: &H) {
    let town = Renamed::of(harness).await;
    let (service, one) = (&town.service, town.one);
    let position = async || town.view(None).await.position();
    let newest = position().await;
    match service.undo(one, Seq(2), noted("no project")).await {
        Err(Error::Overlaid { object, seq, obstacles }) => {
            assert_eq!((object, seq), (one, Seq(2)));
            let [obstacle] = &obstacles[..] else { panic!("{obstacles:?}") };
            assert_eq!((obstacle.seq, obstacle.part), (Seq(3), Some(town.unit.name)));
            assert_eq!((obstacle.registered, obstacle.position), (town.at[2], town.positions[2]));
            assert_eq!(obstacle.valid, only(days(7, Some(8))), "both spoke of that day");
        }
        other => panic!("not refused: {other:?}"),
    }
    for seq in [0, 5, u32::MAX] {
        let refused = service.undo(one, Seq(seq), By::default()).await;
        assert!(matches!(refused, Err(Error::NoRegistration { newest: Seq(4), .. })), "{refused:?}");
    }
    let unknown = service.undo(town.unit.object(7), Seq::FIRST, By::default()).await.expect_err("nobody knows it");
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert_eq!(position().await, newest, "what is refused leaves no trace");

    // Under a later one about something else; and then the one that stood in the way is gone.
    service.undo(one, Seq(3), noted("the old name")).await.expect("only the move came later");
    let view = town.view(None).await;
    let meanwhile = called(&[(days(0, Some(5)), "Finans"), (days(5, Some(8)), "Økonomi"), (days(8, None), "Finans")]);
    assert_eq!(town.names(&view, LATEST).await, meanwhile);
    let found = town.registrations(&view, Chronology::NewestFirst).await;
    assert_eq!((found[0].seq, found[0].note.as_str()), (Seq(5), "the old name"));
    let group = town.unit.class.groups[0].id;
    let changed: Vec<_> = found[0].changes.parts().map(|(part, valid)| (part, valid.clone())).collect();
    assert_eq!(changed, [(town.unit.name, only(days(7, None))), (group, only(days(7, None)))], "and nothing else");

    assert!(matches!(service.restore(one, Seq(5), By::default()).await, Ok(Written::Unchanged)));
    service.restore(one, Seq(1), noted("as it began")).await.expect("restored");
    let (first, restored) = (KnownAt::Instant(town.at[0]), town.view(None).await);
    let beliefs = service.timelines(&restored, &[(one, first), (one, LATEST)]).await.expect("readable");
    let contents: Vec<_> = beliefs.into_iter().flatten().map(|belief| belief.registration.content).collect();
    assert_eq!(contents[0], contents[1]);
    service.undo(one, Seq(6), noted("not as it began")).await.expect("the newest");
    assert_eq!(town.names(&town.view(None).await, LATEST).await, meanwhile);

    let other = town.unit.object(2);
    service.create(other, town.unit.content("Ny", 0), By::default()).await.expect("new");
    service.undo(other, Seq(1), By::default()).await.expect("made by mistake");
    let gone = town.service.timeline(&town.view(None).await, other, LATEST).await.expect("readable").expect("known");
    assert_eq!((gone.registration.lifecycle, gone.counts(Reading::Rows)), (LifeCycle::Deleted, Periods::none()));
    service.undo(other, Seq(2), By::default()).await.expect("deleted by mistake");
    let back = town.service.timeline(&town.view(None).await, other, LATEST).await.expect("readable").expect("known");
    assert_eq!(back.registration.content, town.unit.content("Ny", 0));
    assert_eq!(town.names(&view, LATEST).await, meanwhile, "a view shows what it showed");
    in_order(service.store()).await;
}
