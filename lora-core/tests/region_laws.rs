//! `Region` against sets of squares that are written out, and `Allen` against the table that it draws.
//!
//! On a plane of three slots by three a region is known by which of the nine squares it holds, one bit each, so every law
//! is one line of bit arithmetic over all 512 regions there are. Random ones on a larger plane follow.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use lora_core::testing::SmallAxis;
use lora_core::time::{Allen, Axis, Band, Period, Periods, Region, Timestamp, TransactionTime, ValidTime};
use proptest::prelude::*;

/// Bit `3 n + m` is set when the square of the n-th slot of transaction time and the m-th of valid time is inside.
type Bits = u64;

/// -infinity to 0 to 10 to infinity: three slots.
const AXIS: SmallAxis = SmallAxis { first: 0, step: 10, count: 2 };

/// Eight slots by eight; as many bits as there are.
const LONG: SmallAxis = SmallAxis { first: -50, step: 7, count: 7 };

/// A region, one band a slot.
fn region(axis: SmallAxis, bits: Bits) -> Region {
    let (known, valid) = (axis.slots(), axis.slots());
    let inside = |n: usize, m: usize| bits & (1 << (n * valid.len() + m)) != 0;
    let periods = |n: usize| valid.iter().enumerate().filter(|(m, _)| inside(n, *m)).map(|(_, slot)| *slot).collect();
    known.iter().enumerate().map(|(n, known)| Band { known: *known, valid: periods(n) }).collect()
}

/// The squares of which the first point is inside.
fn bits(axis: SmallAxis, region: &Region) -> Bits {
    let (known, valid) = (axis.slots::<TransactionTime>(), axis.slots::<ValidTime>());
    let mut bits = 0;
    for (n, known) in known.iter().enumerate() {
        for (m, slot) in valid.iter().enumerate() {
            if region.contains(known.from(), slot.from()) {
                bits |= 1 << (n * valid.len() + m);
            }
        }
    }
    bits
}

fn all(axis: SmallAxis) -> Vec<(Region, Bits)> {
    (0..1 << 9).map(|bits| (region(axis, bits), bits)).collect()
}

/// Whether the bands are as the type says: sorted and disjoint, not empty, no two that touch the same.
fn is_canonical(region: &Region) -> bool {
    let empty = region.bands().iter().any(|band| band.valid.is_empty());
    let pairs = region.bands().windows(2).all(|pair| {
        let (left, right) = (&pair[0], &pair[1]);
        left.known.to() < right.known.from() || (left.known.to() == right.known.from() && left.valid != right.valid)
    });
    !empty && pairs
}

#[test]
fn a_region_is_the_set_of_its_points_and_equal_sets_are_equal_values() {
    for (one, squares) in all(AXIS) {
        assert_eq!(bits(AXIS, &one), squares);
        assert!(is_canonical(&one), "{one:?}");
        assert_eq!(one.is_empty(), squares == 0);
        for (other, others) in all(AXIS) {
            assert_eq!(one == other, squares == others, "{one:?} {other:?}");
        }
    }
}

fn at<A: Axis>(micros: i64) -> Timestamp<A> {
    Timestamp::from_micros(micros).unwrap()
}

#[test]
fn ends_are_exclusive_on_both_axes_and_infinity_is_never_reached() {
    let one = Region::rectangle(Period::new(at(0), at(10)).unwrap(), Period::new(at(0), at(10)).unwrap());
    let inside = |known, valid| one.contains(at(known), at(valid));
    assert!(inside(0, 0) && inside(9, 9));
    assert!(!inside(10, 9) && !inside(9, 10) && !inside(-1, 0) && !inside(0, -1));
    let everywhere = Region::everywhere();
    assert!(everywhere.contains(Timestamp::NEG_INFINITY, Timestamp::NEG_INFINITY));
    assert!(!everywhere.contains(Timestamp::INFINITY, at(0)) && !everywhere.contains(at(0), Timestamp::INFINITY));
}

/// That what comes out is canonical is in it being equal to what is.
#[test]
fn regions_combine_as_their_points_do() {
    let all = all(AXIS);
    for (one, in_one) in &all {
        for (other, in_other) in &all {
            for (combined, expected) in [
                (one.union(other), in_one | in_other),
                (one.intersect(other), in_one & in_other),
                (one.subtract(other), in_one & !in_other),
            ] {
                assert_eq!(combined, all[expected as usize].0, "{one:?} and {other:?}");
            }
        }
    }
}

#[test]
fn the_simple_regions_are_what_they_say() {
    assert_eq!(bits(AXIS, &Region::none()), 0);
    assert!(Region::none().is_empty() && Region::none() == Region::default());
    assert_eq!(bits(AXIS, &Region::everywhere()), 0x1ff);
    assert!(Region::band(Period::ALWAYS, Periods::none()).is_empty());
    for known in AXIS.periods::<TransactionTime>() {
        for valid in AXIS.periods::<ValidTime>() {
            let rectangle = Region::rectangle(known, valid);
            let inside = |(n, m): (usize, usize)| known.covers(AXIS.slots()[n]) && valid.covers(AXIS.slots()[m]);
            let squares =
                (0..9).filter(|square| inside((square / 3, square % 3))).map(|square| 1 << square).sum::<Bits>();
            assert_eq!(rectangle, region(AXIS, squares), "{known} × {valid}");
            assert_eq!(Region::band(known, [valid].into_iter().collect()), rectangle);
        }
    }
}

#[test]
fn the_valid_time_of_a_region_is_that_of_some_of_its_points() {
    for (one, squares) in all(AXIS) {
        let some = (squares | squares >> 3 | squares >> 6) & 7;
        let expected: Periods<ValidTime> =
            AXIS.slots().into_iter().enumerate().filter(|(m, _)| some & (1 << m) != 0).map(|(_, slot)| slot).collect();
        assert_eq!(one.valid(), expected, "{one:?}");
    }
}

#[test]
fn what_changes_on_valid_time_changes_in_each_band_and_what_becomes_the_same_becomes_one() {
    let complement =
        |valid: &Periods<ValidTime>| [Period::ALWAYS].into_iter().collect::<Periods<ValidTime>>().subtract(valid);
    let everything = |_: &Periods<ValidTime>| [Period::ALWAYS].into_iter().collect();
    for (one, squares) in all(AXIS) {
        let rows = [7, 7 << 3, 7 << 6];
        let touched: Bits = rows.into_iter().filter(|row| squares & row != 0).sum();
        assert_eq!(one.map_valid(complement), region(AXIS, touched & !squares), "between bands nothing is: {one:?}");
        let whole = one.map_valid(everything);
        assert_eq!(whole, region(AXIS, touched));
        assert!(is_canonical(&whole), "{whole:?}");
        assert!(one.map_valid(|_| Periods::none()).is_empty());
    }
}

proptest! {
    #[test]
    fn larger_regions_combine_as_their_points_do(one in any::<u64>(), other in any::<u64>(), blur in any::<u64>()) {
        // Whole slots of nothing and of everything are rare in random bits.
        let (in_one, in_other) = (one & (blur | blur << 8 | 0xff), other | (blur & blur >> 8));
        let (one, other) = (region(LONG, in_one), region(LONG, in_other));
        prop_assert_eq!(one.union(&other), region(LONG, in_one | in_other));
        prop_assert_eq!(one.intersect(&other), region(LONG, in_one & in_other));
        prop_assert_eq!(one.subtract(&other), region(LONG, in_one & !in_other));
        prop_assert_eq!(bits(LONG, &one), in_one);
        prop_assert!(is_canonical(&one) && is_canonical(&other));
    }
}

// ---- Allen's relations --------------------------------------------------------------------------------------------

/// -infinity, 0, 1, 2, 3, 4, infinity: 21 periods, 441 pairs.
const PAIRS: SmallAxis = SmallAxis { first: 0, step: 1, count: 5 };

/// What each relation says, as inequalities between the four ends.
fn says<A: Axis>(relation: Allen, one: Period<A>, other: Period<A>) -> bool {
    let (a, b, c, d) = (one.from(), one.to(), other.from(), other.to());
    match relation {
        Allen::Before => b < c,
        Allen::Meets => b == c,
        Allen::Overlaps => a < c && c < b && b < d,
        Allen::Starts => a == c && b < d,
        Allen::During => c < a && b < d,
        Allen::Finishes => c < a && b == d,
        Allen::Equals => a == c && b == d,
        Allen::FinishedBy => a < c && b == d,
        Allen::Contains => a < c && d < b,
        Allen::StartedBy => a == c && d < b,
        Allen::OverlappedBy => c < a && a < d && d < b,
        Allen::MetBy => d == a,
        Allen::After => d < a,
    }
}

#[test]
fn between_two_periods_exactly_one_relation_holds() {
    let mut seen = Vec::new();
    for one in PAIRS.periods::<ValidTime>() {
        for other in PAIRS.periods() {
            let holding: Vec<Allen> = Allen::ALL.into_iter().filter(|relation| says(*relation, one, other)).collect();
            assert_eq!(holding, [Allen::between(one, other)], "{one} and {other}");
            seen.extend(holding);
        }
    }
    assert!(Allen::ALL.iter().all(|relation| seen.contains(relation)), "all thirteen occur");
}

#[test]
fn the_inverse_holds_from_the_other_side() {
    for one in PAIRS.periods::<ValidTime>() {
        for other in PAIRS.periods() {
            let relation = Allen::between(one, other);
            assert_eq!(Allen::between(other, one), relation.inverse(), "{one} and {other}");
        }
    }
    assert!(Allen::ALL.into_iter().all(|relation| relation.inverse().inverse() == relation));
}

#[test]
fn the_relations_are_as_they_are_drawn() {
    // The pictures of `Allen`, in order; the other period is from column 7 to column 15.
    let drawn = [
        "|---)",
        "   |---)",
        "     |---)",
        "       |---)",
        "         |---)",
        "           |---)",
        "       |-------)",
        "     |---------)",
        "     |-----------)",
        "       |---------)",
        "          |------)",
        "               |---)",
        "                 |---)",
    ];
    let other = "       |-------)";
    for (picture, relation) in drawn.into_iter().zip(Allen::ALL) {
        assert_eq!(Allen::between(read(picture), read(other)), relation, "{picture}");
    }
}

/// The period that a picture shows.
fn read(picture: &str) -> Period<ValidTime> {
    let column = |mark| at(picture.find(mark).unwrap() as i64);
    Period::new(column('|'), column(')')).unwrap()
}
