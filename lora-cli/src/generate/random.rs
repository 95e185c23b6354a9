//! Chance that can be looked up: everything about entity *i* follows from (seed, kind, *i*).
//!
//! No state runs through the whole generation, so any entity can be derived again, at any time, without
//! deriving the ones before it. That is what lets the generator stream in constant memory.

use uuid::{Builder, Uuid};

/// What a random sequence or an id is for; the numbers are part of the output and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Store = 1,
    Organisation = 2,
    Classification = 3,
    Facet = 4,
    Class = 5,
    System = 6,
    LineUnit = 7,
    PayUnit = 8,
    MedUnit = 9,
    UnitAddress = 10,
    Kle = 11,
    RelatedUnit = 12,
    Post = 13,
    UnitOwner = 14,
    Person = 15,
    Career = 16,
    Engagement = 17,
    Leave = 18,
    PersonAddress = 19,
    Account = 20,
    RoleBinding = 21,
    Association = 22,
    PersonOwner = 23,
    Duplicate = 24,
    Actor = 25,
    Batch = 26,
    Planted = 27,
    Dar = 28,
    External = 29,
    Seat = 30,
    Review = 31,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of SplitMix64: a bijection of 64 bits in which every input bit reaches every output bit.
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A number that depends on all four arguments and nothing else.
pub(super) const fn hash(seed: u64, kind: Kind, index: u64, part: u64) -> u64 {
    let seeded = mix(seed.wrapping_add(GOLDEN));
    let kinded = mix(seeded ^ (kind as u64).wrapping_mul(GOLDEN));
    let indexed = mix(kinded.wrapping_add(index.wrapping_mul(GOLDEN)));
    mix(indexed ^ part.wrapping_add(1).wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

/// A version-4-shaped id that depends on all four arguments and nothing else.
pub(super) fn id(seed: u64, kind: Kind, index: u64, part: u64) -> Uuid {
    let high = hash(seed, kind, index, part);
    let low = mix(high ^ hash(!seed, kind, index, part));
    let bytes = ((u128::from(high) << 64) | u128::from(low)).to_be_bytes();
    Builder::from_random_bytes(bytes).into_uuid()
}

/// A sequence of random numbers (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of entity `index` of `kind`.
    pub(super) const fn of(seed: u64, kind: Kind, index: u64, part: u64) -> Self {
        Self(hash(seed, kind, index, part))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `from..=to`; `from` when the range is empty.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = to.saturating_sub(from).max(0).unsigned_abs();
        from + self.below(width + 1) as i64
    }

    /// Days in `from..=to`.
    pub(super) fn days(&mut self, from: i32, to: i32) -> i32 {
        self.between(i64::from(from), i64::from(to)) as i32
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `values`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_give_the_same_sequence_and_other_arguments_another() {
        let draw = |index| {
            let mut random = Random::of(42, Kind::Person, index, 0);
            [random.below(1000), random.below(1000), random.below(1000)]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn ranges_include_both_ends_and_nothing_else() {
        let mut random = Random::of(42, Kind::Person, 0, 0);
        let drawn: std::collections::BTreeSet<_> = (0..1000).map(|_| random.between(-2, 2)).collect();
        assert_eq!(drawn, (-2..=2).collect());
        assert_eq!(random.between(5, 1), 5, "an empty range is its beginning");
    }

    #[test]
    fn ids_have_the_shape_of_version_4() {
        assert_eq!(id(42, Kind::Person, 7, 0).get_version_num(), 4);
    }
}
