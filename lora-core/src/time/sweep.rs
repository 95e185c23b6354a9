//! Going along an axis from one bound to the next.

use std::collections::BTreeMap;

use super::{Axis, Period, Periods, Timestamp};

/// The instants at which two lists of timed things differ; each thing counts as often as it is there.
///
/// ```text
/// before   |--A--|--A--|------B------)
/// after    |-----A-----|--C--|---B---)
/// result               |-----)
/// ```
pub(crate) fn differing<A: Axis, K: Ord>(
    before: impl IntoIterator<Item = (Period<A>, K)>,
    after: impl IntoIterator<Item = (Period<A>, K)>,
) -> Periods<A> {
    let mut numbers: BTreeMap<K, usize> = BTreeMap::new();
    let mut bounds: Vec<(Timestamp<A>, usize, i64)> = Vec::new();
    let before = before.into_iter().map(|timed| (-1, timed));
    for (sign, (valid, thing)) in before.chain(after.into_iter().map(|timed| (1, timed))) {
        let next = numbers.len();
        let number = *numbers.entry(thing).or_insert(next);
        bounds.push((valid.from(), number, sign));
        bounds.push((valid.to(), number, -sign));
    }
    bounds.sort_unstable();
    let mut balance = Balance { of: vec![0; numbers.len()], uneven: 0 };
    let (mut since, mut found) = (None, Vec::new());
    for together in bounds.chunk_by(|one, other| one.0 == other.0) {
        together.iter().for_each(|(_, number, by)| balance.add(*number, *by));
        since = match (since, balance.uneven) {
            (None, 0) => None,
            (None, _) => Some(together[0].0),
            (Some(from), 0) => {
                found.push(Period::new(from, together[0].0).expect("bounds come in order"));
                None
            }
            (since, _) => since,
        };
    }
    found.into_iter().collect()
}

/// How much more often each thing is there on one side than on the other.
struct Balance {
    of: Vec<i64>,
    /// How many things are not there equally often.
    uneven: usize,
}

impl Balance {
    fn add(&mut self, number: usize, by: i64) {
        let balance = &mut self.of[number];
        let was_even = *balance == 0;
        *balance += by;
        match (was_even, *balance == 0) {
            (true, false) => self.uneven += 1,
            (false, true) => self.uneven -= 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ValidTime;

    fn period(from: i64, to: i64) -> Period<ValidTime> {
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        Period::new(at(from), at(to)).unwrap()
    }

    #[test]
    fn what_is_split_states_the_same_and_what_is_there_twice_does_not() {
        let whole = [(period(0, 20), 'A')];
        let split = [(period(0, 10), 'A'), (period(10, 20), 'A')];
        assert!(differing(whole, split).is_empty());
        let twice = [(period(0, 20), 'A'), (period(5, 10), 'A')];
        assert_eq!(differing(whole, twice), [period(5, 10)].into_iter().collect());
        let other = [(period(0, 20), 'B')];
        assert_eq!(differing(whole, other), [period(0, 20)].into_iter().collect());
        let always = Period::<ValidTime>::ALWAYS;
        assert_eq!(differing([(always, 'A')], []), [always].into_iter().collect());
    }
}
