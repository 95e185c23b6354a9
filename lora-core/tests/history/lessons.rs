//! When something was learned, point by point against reads.

use lora_core::history::{Exposures, Matter, Point};
use lora_core::object::ObjectId;
use lora_core::query::execute::Limits;
use lora_core::query::{Filter, Reading, Selection, Test};
use lora_core::schema::{Class, Value};
use lora_core::storage::KnownAt;
use lora_core::time::{Period, Timestamp, TransactionTime};
use pollster::block_on;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use crate::support::{Seen, Told, config, history, instants, knowns, objects, pinned, valid};

/// Something simple to believe.
#[derive(Debug, Clone)]
enum Claim {
    State(Index),
    Key(&'static str),
    Not(Box<Claim>),
}

fn claim() -> impl Strategy<Value = Claim> {
    let simple = prop_oneof![
        any::<Index>().prop_map(Claim::State),
        proptest::sample::select(vec!["a", "", "A"]).prop_map(Claim::Key),
    ];
    let not = simple.clone().prop_map(|claim| Claim::Not(Box::new(claim)));
    prop_oneof![3 => simple, 1 => not]
}

impl Claim {
    fn filter(&self, class: &Class) -> Filter {
        match self {
            Self::State(index) => {
                let state = &class.states[0];
                Filter::State { state: state.id, values: vec![state.values[index.index(state.values.len())].id] }
            }
            Self::Key(text) => {
                let key = class.fields().find(|(_, field)| field.name == "user_key").unwrap().1.id;
                Filter::Field { field: key, test: Test::Is(Value::Text((*text).to_owned())) }
            }
            Self::Not(claim) => !claim.filter(class),
        }
    }

    fn holds(&self, class: &Class, seen: &Seen) -> bool {
        use lora_core::history::Statement;
        match (self, self.filter(class)) {
            (Self::Not(claim), _) => !claim.holds(class, seen),
            (_, Filter::State { state, values }) => seen.of(state).contains(&Statement::State(values[0])),
            (_, Filter::Field { field, test: Test::Is(value) }) => seen.of(field).contains(&Statement::Value(value)),
            (_, other) => panic!("{other:?}"),
        }
    }
}

/// Every instant of transaction time at which something may be believed otherwise than before.
fn believing(told: &Told, object: ObjectId) -> Vec<Timestamp<TransactionTime>> {
    let at = |micros| Timestamp::from_micros(micros).unwrap();
    let registered = told.chain(object).into_iter().map(|answered| answered.registered.from().micros().unwrap());
    let around = registered.flat_map(|micros| [at(micros - 1), at(micros), at(micros + 1)]);
    around.chain([at(0), at(100_000)]).collect()
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn what_was_believed_at_an_instant_is_what_reads_as_known_then_say(
        (class, steps) in history(),
        claim in claim(),
        ended in any::<bool>(),
        reading in proptest::sample::select(vec![Reading::Present, Reading::Rows, Reading::Registered]),
        [known, at] in any::<[Index; 2]>(),
    ) {
        let told = Told::of(&steps);
        let view = pinned(&told);
        let (knowns, instants) = (knowns(&told, &class), instants());
        let point = Point { known: knowns[known.index(knowns.len())], valid: instants[at.index(instants.len())] };
        let matter = Matter { select: Selection { class: class.id, reading, filter: claim.filter(&class) }, ended };
        let uuids: Vec<Uuid> = objects(&class).iter().map(|object| object.uuid).collect();
        let learned = block_on(told.service.learned(&view, &matter, point, &uuids, Limits::NONE)).unwrap();
        for (object, learned) in objects(&class).into_iter().zip(learned) {
            let holds = |known, at| {
                let seen = told.seen(&view, &class, object, known, at);
                let held = seen.counts(reading) && claim.holds(&class, &seen);
                if ended { seen.registered && !held } else { held }
            };
            let cut = |at| match point.known {
                KnownAt::Instant(known) if known < at => known,
                _ => at,
            };
            for at in believing(&told, object) {
                let expected = holds(KnownAt::Instant(cut(at)), point.valid);
                prop_assert_eq!(learned.believed.contains(at), expected, "{:?} at {}", learned, at);
            }
            let first = believing(&told, object).into_iter()
                .filter(|at| cut(*at) == *at && holds(KnownAt::Instant(*at), point.valid)).min();
            prop_assert_eq!(learned.first_known(), first);
            prop_assert_eq!(learned.period.is_some(), holds(point.known, point.valid));
            if let Some(period) = learned.period {
                prop_assert!(instants.iter().filter(|at| period.contains(**at)).all(|at| holds(point.known, *at)));
                for edge in [period.from().micros().map(|from| from - 1), period.to().micros()].into_iter().flatten() {
                    prop_assert!(!holds(point.known, valid(edge)), "the longest period");
                }
                let begin = period.from().micros();
                let late = begin.zip(first.and_then(Timestamp::micros)).map(|(from, to)| to - from).filter(|late| *late > 0);
                prop_assert_eq!(learned.exposure().and_then(|exposure| exposure.micros()), late);
            } else {
                prop_assert_eq!(learned.exposure(), None);
            }
        }
        let mut exposures = Exposures::new(matter.clone(), point, None, Limits::NONE);
        let mut found = Vec::new();
        while let Some(part) = block_on(told.service.next_exposures(&view, &mut exposures)).unwrap() {
            found.extend(part);
        }
        for (uuid, learned) in uuids.iter().zip(block_on(told.service.learned(&view, &matter, point, &uuids, Limits::NONE)).unwrap()) {
            let exposed = found.iter().find(|exposed| exposed.object == *uuid);
            let object = ObjectId { class: class.id, uuid: *uuid };
            let held_before = || told.service.schema().class(class.id).is_some_and(|_| {
                let seen = |at| told.seen(&view, &class, object, point.known, at);
                instants.iter().filter(|at| **at < point.valid).any(|at| seen(*at).counts(reading) && claim.holds(&class, &seen(*at)))
            });
            let expected = learned.exposure().filter(|_| !ended || held_before());
            prop_assert_eq!(exposed.map(|exposed| exposed.exposure), expected);
        }
        prop_assert!(found.is_sorted_by_key(|exposed| exposed.object));
    }
}

#[test]
fn an_instant_without_a_successor_teaches_nothing() {
    let told = Told::nothing();
    let class = told.service.schema().class_named("user").unwrap().clone();
    let select = Selection { class: class.id, reading: Reading::Rows, filter: Filter::EVERYWHERE };
    let point = Point { known: KnownAt::Latest, valid: Timestamp::INFINITY };
    let matter = Matter { select, ended: false };
    let uuids = [Uuid::from_u128(1)];
    let learned = block_on(told.service.learned(&told.view(), &matter, point, &uuids, Limits::NONE)).unwrap();
    assert_eq!((learned[0].first_known(), learned[0].period), (None, None::<Period<_>>));
}
