//! What queries answer when they are said otherwise: laws that need no second opinion on any single answer.
//!
//! A history is told twice, as drawn and moved on an axis or of objects of other names, and answers must follow. And one
//! history is asked twice, by filters that mean the same whatever they are made of.

use std::convert::Infallible;
use std::sync::Arc;

use lora_core::object::{Effect, LifeCycle, ObjectId};
use lora_core::query::eval::Command;
use lora_core::query::execute::find;
use lora_core::query::{Filter, Found, Known, Other, Query, Reading, Related, Selection, Steps, TimeContext};
use lora_core::schema::{Class, ClassId, Ids, Schema};
use lora_core::service::By;
use lora_core::storage::{KnownAt, MemoryStore};
use lora_core::testing::queries::{Act, Script, script};
use lora_core::testing::rewriting::{Asking, Rewriting, later, period_later};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{Allen, Band, ManualClock, Period, Region, Timestamp, TransactionTime, ValidTime};
use lora_core::{Error, Service};
use pollster::block_on;
use proptest::prelude::*;
use uuid::Uuid;

const VALID: SmallAxis = SmallAxis { first: 0, step: 10, count: 6 };
const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 12 };

// ---- Telling and asking -------------------------------------------------------------------------------------------

type Told = Service<MemoryStore>;

/// A script of commands only, with what it says rewritten, and its clock so many microseconds later.
fn told(script: &Script<Infallible>, rewriting: &Rewriting<'_>, micros: i64) -> Told {
    let clock = Arc::new(ManualClock::at(REGISTERED.first + micros).unwrap());
    let open = |store, classes: &[_]| block_on(Service::open(store, classes.to_vec(), || [3; 16])).unwrap();
    let mut service = open(MemoryStore::new(clock.clone()), &script.classes);
    for act in &script.acts {
        match act {
            Act::Clock(at) => clock.set(at + micros).unwrap(),
            Act::Declare(classes) => service = open(service.store().clone(), classes),
            Act::Command(object, command, by) => {
                let object = ObjectId { uuid: (rewriting.uuid)(object.uuid), ..*object };
                let by = By { actor: (rewriting.uuid)(by.actor), ..by.clone() };
                match block_on(commanded(&service, object, rewriting.command(command), by)) {
                    Ok(()) | Err(Error::Content { .. } | Error::Transition { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            Act::History(..) | Act::Query(..) => {}
            Act::Event(event) => match *event {},
        }
    }
    service
}

async fn commanded(service: &Told, object: ObjectId, command: Command, by: By) -> Result<(), Error> {
    match command {
        Command::Create(content) => service.create(object, content, by).await.map(|_| ()),
        Command::Import(content) => service.import(object, content, by).await.map(|_| ()),
        Command::Update(patch) => service.update(object, patch, by).await.map(|_| ()),
        Command::Passivate => service.passivate(object, by).await.map(|_| ()),
        Command::Delete => service.delete(object, by).await.map(|_| ()),
    }
}

fn as_it_is() -> Rewriting<'static> {
    Rewriting { effect: &|effect: &Effect| Some(effect.clone()), uuid: &|uuid| uuid }
}

fn found(told: &Told, query: &Query) -> Vec<Found> {
    let view = block_on(told.view(None)).unwrap();
    block_on(find(&view, told.declarations(), query)).unwrap()
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

/// The points with both axes moved.
fn moved(
    points: &Region,
    known: impl Fn(Period<TransactionTime>) -> Period<TransactionTime>,
    valid: impl Fn(Period<ValidTime>) -> Period<ValidTime>,
) -> Region {
    let band = |band: &Band| Band { known: known(band.known), valid: band.valid.iter().map(&valid).collect() };
    points.bands().iter().map(band).collect()
}

// ---- Two filters that mean the same -------------------------------------------------------------------------------

/// What laws are about: a class, two filters of its objects, and instants.
#[derive(Debug, Clone)]
struct Parts {
    class: ClassId,
    one: Filter,
    other: Filter,
    window: Period<ValidTime>,
    within: Period<TransactionTime>,
    cut: Timestamp<TransactionTime>,
    at: KnownAt,
    related: Option<Related>,
}

fn parts(schema: &Schema, class: &Class) -> BoxedStrategy<Parts> {
    let filter = |class: ClassId| testing::filter(schema, class, 2, VALID, REGISTERED);
    let joins = proptest::collection::vec(testing::filter(schema, class.id, 3, VALID, REGISTERED), 8);
    let related = joins.prop_map(|filters| {
        filters.into_iter().find_map(|filter| if let Filter::Related(related) = filter { Some(*related) } else { None })
    });
    let instants = proptest::sample::select(REGISTERED.instants());
    let at = prop_oneof![Just(KnownAt::Latest), instants.clone().prop_map(KnownAt::Instant)];
    let (window, within) = (testing::period(VALID), testing::period(REGISTERED));
    let class = class.id;
    (filter(class), filter(class), window, within, instants, at, related)
        .prop_map(move |(one, other, window, within, cut, at, related)| Parts {
            class,
            one,
            other,
            window,
            within,
            cut,
            at,
            related,
        })
        .boxed()
}

fn sometime(window: Period<ValidTime>, filter: Filter) -> Filter {
    Filter::Sometime { within: Some(window), filter: Box::new(filter) }
}

fn throughout(within: Period<ValidTime>, filter: Filter) -> Filter {
    Filter::Throughout { within, filter: Box::new(filter) }
}

/// A filter for each of the two halves of a period, which an instant makes of it.
fn halves(
    within: Period<TransactionTime>,
    cut: Timestamp<TransactionTime>,
    filter: impl Fn(Period<TransactionTime>) -> Filter,
) -> Filter {
    let cut = cut.clamp(within.from(), within.to());
    let halves = [Period::new(within.from(), cut), Period::new(cut, within.to())];
    Filter::Any(halves.into_iter().flatten().map(filter).collect())
}

/// Pairs of filters that hold at the same points, by whatever reading.
fn laws(parts: &Parts) -> Vec<(&'static str, Filter, Filter)> {
    let (a, b) = (|| parts.one.clone(), || parts.other.clone());
    let (window, within, at) = (parts.window, parts.within, parts.at);
    let as_known = |filter| Filter::AsKnown { at, filter: Box::new(filter) };
    let first = |within| Filter::FirstKnownIn { within, filter: Box::new(a()) };
    let changed = |within| Filter::ChangedIn { within, part: None };
    let periods =
        |stand: &[Allen]| Filter::Periods { of: Box::new(a()), stand: stand.to_vec(), to: Other::Period(window) };
    let some = &[Allen::Before, Allen::Overlaps, Allen::Equals, Allen::Contains];
    let rest: Vec<Allen> = Allen::ALL.into_iter().filter(|relation| !some.contains(relation)).collect();
    vec![
        ("not not", !!a(), a()),
        ("De Morgan of all", !(a() & b()), !a() | !b()),
        ("De Morgan of any", !(a() | b()), !a() & !b()),
        ("all distributes over any", a() & (b() | !a()), a() & b() | a() & !a()),
        ("absorption", a() & (a() | b()), a()),
        ("nothing is and is not", a() & !a(), !Filter::EVERYWHERE),
        ("everything is or is not", a() | !a(), Filter::EVERYWHERE),
        ("order does not count", a() & b(), b() & a()),
        ("sometime of any", sometime(window, a() | b()), sometime(window, a()) | sometime(window, b())),
        ("throughout of all", throughout(window, a() & b()), throughout(window, a()) & throughout(window, b())),
        (
            "sometime of sometime",
            sometime(window, sometime(Period::ALWAYS, a())),
            sometime(Period::ALWAYS, a()) & sometime(window, Filter::EVERYWHERE),
        ),
        ("what is known then of any", as_known(a() | b()), as_known(a()) | as_known(b())),
        ("what is known then of all", as_known(a() & b()), as_known(a()) & as_known(b())),
        ("first known in either half", first(within), halves(within, parts.cut, first)),
        ("changed in either half", changed(within), halves(within, parts.cut, changed)),
        ("registered in either half", Filter::RegisteredIn(within), halves(within, parts.cut, Filter::RegisteredIn)),
        ("periods that stand somehow", periods(&Allen::ALL), a()),
        ("periods that stand so or otherwise", a(), periods(some) | periods(&rest)),
    ]
}

/// Pairs that hold at the same points of objects that count at every instant, or at none.
fn laws_of_rows(parts: &Parts) -> Vec<(&'static str, Filter, Filter)> {
    let (a, window) = (parts.one.clone(), parts.window);
    vec![
        ("throughout is not sometime not", throughout(window, a.clone()), !sometime(window, !a.clone())),
        ("sometime is not throughout not", sometime(window, a.clone()), !throughout(window, !a)),
    ]
}

/// Pairs that are about a join.
fn laws_of_joins(related: &Related, class: ClassId, reading: Reading) -> Vec<(&'static str, Filter, Filter)> {
    let join = |related| Filter::Related(Box::new(related));
    let to = |filter| Selection { filter, ..related.to };
    let with =
        |steps, filter| join(Related { steps, to: to(filter), object_type: related.object_type.clone(), ..*related });
    let filter = || related.to.filter.clone();
    let steps = || related.steps.clone();
    let either = |one, other| filter() & one | filter() & other;
    let one = || Filter::LifeCycle(vec![LifeCycle::Created]);
    let mut laws = vec![
        (
            "a join of any",
            with(steps(), either(one(), !one())),
            with(steps(), filter() & one()) | with(steps(), filter() & !one()),
        ),
        ("a join of nothing", with(steps(), filter() & !filter()), Filter::Any(vec![])),
    ];
    if related.to.class == class {
        let many = |from_itself| Steps::Many { from_itself, through: None };
        let next =
            Related { steps: many(false), to: to(filter()), object_type: related.object_type.clone(), ..*related };
        laws.push((
            "many steps are one, or one to many",
            with(many(false), filter()),
            with(Steps::One, filter() | join(next)),
        ));
        if related.to.reading == reading {
            laws.push(("many steps from itself", with(many(true), filter()), with(many(false), filter()) | filter()));
        }
    }
    laws
}

/// A script, and something to ask of its first class.
fn case() -> impl Strategy<Value = (Script<Infallible>, Parts, Reading)> {
    script(None).prop_flat_map(|script| {
        let schema = Schema::new(&script.classes, Ids::default()).unwrap();
        let parts = parts(&schema, &schema.classes()[0]);
        let reading = proptest::sample::select(vec![Reading::Present, Reading::Rows, Reading::Registered]);
        (Just(script), parts, reading)
    })
}

fn assert_same(told: &Told, class: ClassId, reading: Reading, laws: &[(&'static str, Filter, Filter)]) {
    for known in [Known::Latest, Known::During(Some(Period::ALWAYS))] {
        let context = TimeContext { known, valid: Some(Period::ALWAYS), now: Timestamp::from_micros(0).unwrap() };
        for (name, one, other) in laws {
            let ask = |filter: &Filter| {
                found(told, &Query::new(Selection { class, reading, filter: filter.clone() }, context))
            };
            assert_eq!(ask(one), ask(other), "{name}, {reading:?}: {one:#?} and {other:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filters_that_mean_the_same_find_the_same((script, parts, reading) in case()) {
        let told = told(&script, &as_it_is(), 0);
        assert_same(&told, parts.class, reading, &laws(&parts));
        assert_same(&told, parts.class, Reading::Rows, &laws_of_rows(&parts));
        if let Some(related) = &parts.related {
            assert_same(&told, parts.class, reading, &laws_of_joins(related, parts.class, reading));
        }
    }

    #[test]
    fn shifting_the_axis_of_effects_shifts_the_points(
        script in script(None),
        micros in -9_000_000_000_000_000_i64..9_000_000_000_000_000,
    ) {
        let effect = |effect: &Effect| Some(effect.moved_to(period_later(effect.valid, micros)));
        let one = told(&script, &as_it_is(), 0);
        let other = told(&script, &Rewriting { effect: &effect, uuid: &|uuid| uuid }, 0);
        let asking = Asking { valid: &|at| later(at, micros), known: &|at| at, uuid: &|uuid| uuid };
        for query in &script.queries {
            let expected = found(&one, query).into_iter().map(|found| {
                let points = moved(&found.points, |known| known, |valid| period_later(valid, micros));
                Found { points, ..found }
            });
            prop_assert_eq!(found(&other, &asking.query(query)), expected.collect::<Vec<_>>(), "{:#?}", query);
        }
    }

    #[test]
    fn shifting_the_axis_of_registrations_shifts_the_points(
        script in script(None),
        micros in -900_000_000_000_i64..900_000_000_000,
    ) {
        let (one, other) = (told(&script, &as_it_is(), 0), told(&script, &as_it_is(), micros));
        let asking = Asking { valid: &|at| at, known: &|at| later(at, micros), uuid: &|uuid| uuid };
        for query in &script.queries {
            let expected = found(&one, query).into_iter().map(|found| {
                let points = moved(&found.points, |known| period_later(known, micros), |valid| valid);
                Found { points, ..found }
            });
            prop_assert_eq!(found(&other, &asking.query(query)), expected.collect::<Vec<_>>(), "{:#?}", query);
        }
    }

    #[test]
    fn renaming_objects_renames_what_is_found(
        script in script(None),
        names in Just((1..=4_u128).map(Uuid::from_u128).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let renamed = |uuid: Uuid| match uuid.as_u128() {
            number @ 1..=4 => names[number as usize - 1],
            _ => uuid,
        };
        let one = told(&script, &as_it_is(), 0);
        let rename = Rewriting { effect: &|effect: &Effect| Some(effect.clone()), uuid: &renamed };
        let other = told(&script, &rename, 0);
        let asking = Asking { valid: &|at| at, known: &|at| at, uuid: &renamed };
        for query in &script.queries {
            // Ties are broken by the UUID, which a renaming does not keep.
            let query = Query { order: vec![], ..query.clone() };
            let rename = |found: Found| Found { object: renamed(found.object), ..found };
            let mut expected: Vec<Found> = found(&one, &query).into_iter().map(rename).collect();
            expected.sort_by_key(|found| found.object);
            prop_assert_eq!(found(&other, &asking.query(&query)), expected, "{:#?}", query);
        }
    }

    #[test]
    fn a_narrower_window_finds_the_points_inside_it(script in script(None), known in testing::period(REGISTERED), valid in testing::period(VALID)) {
        let told = told(&script, &as_it_is(), 0);
        let inside = Region::rectangle(known, valid);
        for query in &script.queries {
            let ask = |known, valid| {
                let context = TimeContext { known: Known::During(Some(known)), valid: Some(valid), ..query.context };
                found(&told, &Query { context, order: vec![], ..query.clone() })
            };
            let cut = ask(Period::ALWAYS, Period::ALWAYS).into_iter().map(|found| {
                Found { points: found.points.intersect(&inside), ..found }
            });
            let expected: Vec<Found> = cut.filter(|found| !found.points.is_empty()).collect();
            prop_assert_eq!(ask(known, valid), expected, "{:#?}", query);
        }
    }
}
