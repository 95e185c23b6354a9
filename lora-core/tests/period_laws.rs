//! `Period`, `Periods` and `Timeline` against sets of instants that are written out.
//!
//! On a small axis a period is known by which of the sampled instants it contains, one bit each, so every law is one
//! line of bit arithmetic. First everything there is on that axis, then random periods on a longer one.

use lora_core::testing::SmallAxis;
use lora_core::time::{Overlap, Period, Periods, Timeline, Timestamp, ValidTime};
use proptest::prelude::*;

type Valid = Timestamp<ValidTime>;
type ValidPeriod = Period<ValidTime>;
/// Bit `n` is set when the instant with that index is inside.
type Bits = u64;

/// -infinity, 0, 1, 2, 3, 4, infinity: 21 periods.
const AXIS: SmallAxis = SmallAxis { first: 0, step: 1, count: 5 };

/// Instants on both sides of every bound: period ends lie on them, so no two periods contain the same ones.
fn samples(axis: SmallAxis) -> Vec<Valid> {
    axis.instants()
}

fn bits(axis: SmallAxis, contains: impl Fn(Valid) -> bool) -> Bits {
    samples(axis).into_iter().enumerate().filter(|(_, at)| contains(*at)).map(|(index, _)| 1 << index).sum()
}

fn of(period: ValidPeriod) -> Bits {
    bits(AXIS, |at| period.contains(at))
}

fn of_all(periods: impl IntoIterator<Item = ValidPeriod>) -> Bits {
    periods.into_iter().map(of).fold(0, |all, one| all | one)
}

/// Whether the periods are in order and no two of them overlap or touch.
fn apart_and_in_order(periods: &[ValidPeriod]) -> bool {
    periods.windows(2).all(|pair| pair[0].to() < pair[1].from())
}

/// Every choice of up to `most` things, in every order, with repetitions.
fn choices<T: Clone>(things: &[T], most: usize) -> Vec<Vec<T>> {
    let mut all = vec![Vec::new()];
    let mut longest = all.clone();
    for _ in 0..most {
        longest = longest
            .iter()
            .flat_map(|some| things.iter().map(|one| [some.as_slice(), std::slice::from_ref(one)].concat()))
            .collect();
        all.extend(longest.iter().cloned());
    }
    all
}

#[test]
fn a_period_is_the_instants_from_its_beginning_to_before_its_end() {
    for from in samples(AXIS) {
        for to in samples(AXIS) {
            let Ok(period) = Period::new(from, to) else {
                assert!(from >= to, "[{from}, {to}) was refused");
                continue;
            };
            assert!(from < to && (period.from(), period.to()) == (from, to));
            assert_eq!(of(period), bits(AXIS, |at| from <= at && at < to), "{period}");
            assert!(!period.contains(Valid::INFINITY), "infinity is never reached");
        }
    }
    assert_eq!(AXIS.periods::<ValidTime>().len(), 21);
}

#[test]
fn periods_of_one_instant_and_without_an_end() {
    for at in samples(AXIS) {
        match Period::instant(at) {
            Some(period) => assert!(period.contains(at) && !period.contains(at.next()), "{period}"),
            None => assert!(!at.is_finite()),
        }
        assert_eq!(
            Period::since(at).map(of),
            (at != Valid::INFINITY).then(|| bits(AXIS, |x| x >= at && x < Valid::INFINITY))
        );
    }
    assert!(samples(AXIS).into_iter().all(|at| ValidPeriod::ALWAYS.contains(at) == (at < Valid::INFINITY)));
}

#[test]
fn two_periods_relate_as_their_instants_do() {
    for a in AXIS.periods::<ValidTime>() {
        for b in AXIS.periods() {
            let (in_a, in_b) = (of(a), of(b));
            assert_eq!(a == b, in_a == in_b);
            assert_eq!(a.overlaps(b), in_a & in_b != 0, "{a} {b}");
            assert_eq!(a.covers(b), in_b & !in_a == 0, "{a} {b}");
            assert_eq!(of_all(a.intersect(b)), in_a & in_b, "{a} {b}");
            let rest: Vec<_> = a.subtract(b).collect();
            assert_eq!(of_all(rest.iter().copied()), in_a & !in_b, "{a} without {b}");
            assert!(rest.windows(2).all(|pair| !pair[0].overlaps(pair[1]) && pair[0] < pair[1]), "{rest:?}");
            let partition = rest.into_iter().chain(a.intersect(b)).map(of);
            assert_eq!(partition.sum::<Bits>(), in_a, "the parts share no instant and leave none out");
        }
    }
}

#[test]
fn a_set_of_periods_is_the_set_of_their_instants() {
    for periods in choices(&AXIS.periods(), 3) {
        let expected = of_all(periods.iter().copied());
        let set: Periods<ValidTime> = periods.iter().copied().collect();
        let parts: Vec<_> = set.iter().collect();
        assert_eq!(of_all(parts.iter().copied()), expected, "{periods:?}");
        assert_eq!(bits(AXIS, |at| set.contains(at)), expected, "{periods:?}");
        assert_eq!(set.is_empty(), expected == 0);
        assert!(apart_and_in_order(&parts), "{parts:?}");
    }
    assert!(Periods::<ValidTime>::none().is_empty() && Periods::<ValidTime>::none().iter().next().is_none());
}

#[test]
fn parts_and_gaps_within_a_period_partition_it() {
    for periods in choices(&AXIS.periods(), 2) {
        let set: Periods<ValidTime> = periods.iter().copied().collect();
        let inside = of_all(periods);
        for window in AXIS.periods() {
            let within: Vec<_> = set.within(window).collect();
            let gaps = set.gaps_within(window);
            assert_eq!(of_all(within.iter().copied()), of(window) & inside);
            assert_eq!(of_all(gaps.iter().copied()), of(window) & !inside);
            assert!(apart_and_in_order(&within) && apart_and_in_order(&gaps), "{set:?} in {window}");
        }
    }
}

/// Every set of instants of the axis that periods can make, with its bits.
fn sets() -> Vec<(Periods<ValidTime>, Bits)> {
    let slots: Vec<ValidPeriod> = AXIS.slots();
    let chosen = |choice: usize| slots.iter().enumerate().filter(move |(index, _)| choice & (1 << index) != 0);
    let set = |choice| chosen(choice).map(|(_, slot)| *slot).collect::<Periods<ValidTime>>();
    (0..1 << slots.len()).map(|choice| (set(choice), of_all(chosen(choice).map(|(_, slot)| *slot)))).collect()
}

#[test]
fn sets_of_periods_combine_as_their_instants_do() {
    for (one, in_one) in sets() {
        for (other, in_other) in sets() {
            for (combined, expected) in [
                (one.union(&other), in_one | in_other),
                (one.intersect(&other), in_one & in_other),
                (one.subtract(&other), in_one & !in_other),
            ] {
                let parts: Vec<_> = combined.iter().collect();
                assert_eq!(of_all(parts.iter().copied()), expected, "{one:?} and {other:?}");
                assert!(apart_and_in_order(&parts), "{parts:?} of {one:?} and {other:?}");
            }
            assert_eq!(one == other, in_one == in_other, "equal sets are equal values");
        }
    }
}

#[test]
fn a_set_covers_a_period_when_it_has_all_its_instants() {
    for (set, inside) in sets() {
        for period in AXIS.periods() {
            assert_eq!(set.covers(period), of(period) & !inside == 0, "{set:?} and {period}");
        }
    }
}

/// A value over time as an array: one value for each sampled instant, `None` when two were given for one.
fn array(values: &[(ValidPeriod, char)]) -> Option<Vec<Option<char>>> {
    let at = |at| {
        let mut there = values.iter().filter(|(period, _)| period.contains(at)).map(|(_, value)| *value);
        let first = there.next();
        there.next().is_none().then_some(first)
    };
    samples(AXIS).into_iter().map(at).collect()
}

#[test]
fn a_timeline_is_an_array_of_values_and_refuses_two_for_one_instant() {
    let values: Vec<_> =
        AXIS.periods::<ValidTime>().into_iter().flat_map(|period| [(period, 'x'), (period, 'y')]).collect();
    for values in choices(&values, 3) {
        let Ok(timeline) = Timeline::new(values.iter().copied()) else {
            assert_eq!(array(&values), None, "{values:?} was refused");
            continue;
        };
        let expected = array(&values).unwrap_or_else(|| panic!("{values:?} was not refused"));
        let got: Vec<_> = samples(AXIS).into_iter().map(|at| timeline.at(at).copied()).collect();
        assert_eq!(got, expected, "{values:?}");
        let spans: Vec<_> = timeline.spans().iter().map(|span| (span.period, span.value)).collect();
        assert_eq!(array(&spans), Some(expected), "the spans are the same array");
        for pair in timeline.spans().windows(2) {
            let (left, right) = (&pair[0], &pair[1]);
            let touch = left.period.to() == right.period.from();
            assert!(left.period.to() < right.period.from() || (touch && left.value != right.value), "{timeline:?}");
        }
    }
}

#[test]
fn an_overlap_names_two_of_the_given_periods_that_share_an_instant() {
    let values: Vec<_> =
        AXIS.periods::<ValidTime>().into_iter().flat_map(|period| [(period, 'x'), (period, 'y')]).collect();
    for values in choices(&values, 3) {
        let Err(Overlap { first, second }) = Timeline::new(values.iter().copied()) else { continue };
        let given = |period| values.iter().any(|(given, _)| *given == period);
        assert!(given(first) && given(second), "{first} and {second} of {values:?}");
        assert!(first.overlaps(second) && first <= second, "{first} and {second} of {values:?}");
    }
}

fn spans(timeline: &Timeline<ValidTime, i32>) -> Vec<(ValidPeriod, i32)> {
    timeline.spans().iter().map(|span| (span.period, span.value)).collect()
}

/// Forty instants; as many bits.
const LONG: SmallAxis = SmallAxis { first: -7, step: 3, count: 38 };

fn long(period: ValidPeriod) -> Bits {
    bits(LONG, |at| period.contains(at))
}

fn long_all(periods: impl IntoIterator<Item = ValidPeriod>) -> Bits {
    periods.into_iter().map(long).fold(0, |all, one| all | one)
}

fn many() -> impl Strategy<Value = Vec<ValidPeriod>> {
    proptest::collection::vec(lora_core::testing::period(LONG), 0..12)
}

proptest! {
    #[test]
    fn many_periods_make_the_set_of_their_instants(periods in many(), window in lora_core::testing::period(LONG)) {
        let set: Periods<ValidTime> = periods.iter().copied().collect();
        let inside = long_all(periods.iter().copied());
        prop_assert_eq!(long_all(set.iter()), inside);
        prop_assert_eq!(long_all(set.within(window)), inside & long(window));
        prop_assert_eq!(long_all(set.gaps_within(window)), !inside & long(window));
        let reversed: Periods<ValidTime> = periods.into_iter().rev().collect();
        prop_assert!(set.iter().eq(reversed.iter()), "the order of the periods means nothing");
    }

    #[test]
    fn many_periods_combine_as_their_instants_do(one in many(), other in many(), window in lora_core::testing::period(LONG)) {
        let (in_one, in_other) = (long_all(one.iter().copied()), long_all(other.iter().copied()));
        let (one, other): (Periods<ValidTime>, Periods<ValidTime>) = (one.into_iter().collect(), other.into_iter().collect());
        for (combined, expected) in [
            (one.union(&other), in_one | in_other),
            (one.intersect(&other), in_one & in_other),
            (one.subtract(&other), in_one & !in_other),
        ] {
            prop_assert_eq!(long_all(combined.iter()), expected);
            prop_assert!(apart_and_in_order(&combined.iter().collect::<Vec<_>>()));
        }
        prop_assert_eq!(one.covers(window), long(window) & !in_one == 0);
    }

    #[test]
    fn coalescing_a_timeline_again_changes_nothing(periods in many(), values in proptest::collection::vec(0..2, 12)) {
        if let Ok(timeline) = Timeline::new(periods.into_iter().zip(values)) {
            let again = Timeline::new(timeline.spans().iter().map(|span| (span.period, span.value)));
            prop_assert!(again.is_ok_and(|again| spans(&again) == spans(&timeline)));
        }
    }
}
