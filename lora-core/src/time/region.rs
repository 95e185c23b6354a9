//! Sets of points of the plane that the two time axes span.

use std::fmt;

use super::{Period, Periods, Timestamp, TransactionTime, ValidTime};

/// A stretch of transaction time with the instants of valid time that belong to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Band {
    /// During which transaction time.
    pub known: Period<TransactionTime>,
    /// Which instants of valid time.
    pub valid: Periods<ValidTime>,
}

/// A set of points (known, valid): at which the one axis says "as known then", and the other "in effect then".
///
/// Kept as bands of transaction time, sorted and disjoint, none of them empty, and no two that touch the same: equal sets
/// are equal values.
///
/// ```text
/// known
///   |        |--B--|           B: known from later on, and of a part of what was known before
///   |     |----A-----|
///   +------------------- valid
/// ```
///
/// ```
/// use lora_core::time::{Period, Region, Timestamp};
///
/// fn period<A: lora_core::time::Axis>(from: i64, to: i64) -> Period<A> {
///     let at = |micros| Timestamp::from_micros(micros).unwrap();
///     Period::new(at(from), at(to)).unwrap()
/// }
///
/// let one = Region::rectangle(period(0, 10), period(100, 200));
/// let other = Region::rectangle(period(5, 15), period(150, 300));
/// let both = one.intersect(&other);
/// assert_eq!(both, Region::rectangle(period(5, 10), period(150, 200)));
/// let (known, valid) = (Timestamp::from_micros(10).unwrap(), Timestamp::from_micros(150).unwrap());
/// assert!(!both.contains(known, valid), "ends are exclusive on both axes");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Region(Vec<Band>);

impl Region {
    /// No point.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Every point.
    pub fn everywhere() -> Self {
        Self::rectangle(Period::ALWAYS, Period::ALWAYS)
    }

    /// The points of a stretch of one axis together with one of the other.
    pub fn rectangle(known: Period<TransactionTime>, valid: Period<ValidTime>) -> Self {
        Self::band(known, [valid].into_iter().collect())
    }

    /// The points of a stretch of transaction time together with instants of valid time.
    pub fn band(known: Period<TransactionTime>, valid: Periods<ValidTime>) -> Self {
        if valid.is_empty() { Self::none() } else { Self(vec![Band { known, valid }]) }
    }

    /// Whether no point is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bands, in the order of transaction time.
    pub fn bands(&self) -> &[Band] {
        &self.0
    }

    /// Whether a point is in the set.
    pub fn contains(&self, known: Timestamp<TransactionTime>, valid: Timestamp<ValidTime>) -> bool {
        self.0.iter().any(|band| band.known.contains(known) && band.valid.contains(valid))
    }

    /// The instants of valid time that some point of the set has.
    pub fn valid(&self) -> Periods<ValidTime> {
        match &self.0[..] {
            [only] => only.valid.clone(),
            bands => bands.iter().flat_map(|band| band.valid.iter()).collect(),
        }
    }

    /// The points in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other.clone(),
            (_, true) => self.clone(),
            _ => self.combine(other, Periods::union),
        }
    }

    /// The points in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.combine(other, Periods::intersect)
    }

    /// The points of this set that are not in the other.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        if other.is_empty() { self.clone() } else { self.combine(other, Periods::subtract) }
    }

    /// The same with the instants of valid time of each band replaced; between bands nothing is.
    #[must_use]
    pub fn map_valid(&self, change: impl Fn(&Periods<ValidTime>) -> Periods<ValidTime>) -> Self {
        self.0.iter().map(|band| Band { known: band.known, valid: change(&band.valid) }).collect()
    }

    /// Combines two sets, one stretch of transaction time in which neither changes after the other.
    pub(crate) fn combine(
        &self,
        other: &Self,
        combine: impl Fn(&Periods<ValidTime>, &Periods<ValidTime>) -> Periods<ValidTime>,
    ) -> Self {
        if let ([one], [another]) = (&self.0[..], &other.0[..])
            && one.known == another.known
        {
            return Self::band(one.known, combine(&one.valid, &another.valid));
        }
        let mut cuts: Vec<Timestamp<TransactionTime>> =
            self.0.iter().chain(&other.0).flat_map(|band| [band.known.from(), band.known.to()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let nothing = Periods::none();
        let (mut left, mut right) = (&self.0[..], &other.0[..]);
        let stretches = cuts.windows(2).filter_map(|cut| Period::new(cut[0], cut[1]).ok());
        let combined = stretches.map(|known| {
            let valid =
                combine(during(&mut left, known).unwrap_or(&nothing), during(&mut right, known).unwrap_or(&nothing));
            Band { known, valid }
        });
        combined.collect()
    }
}

/// The instants of the band that holds during all of `known`; bands before it are left behind.
fn during<'a>(bands: &mut &'a [Band], known: Period<TransactionTime>) -> Option<&'a Periods<ValidTime>> {
    while let Some((first, rest)) = bands.split_first()
        && first.known.to() <= known.from()
    {
        *bands = rest;
    }
    bands.first().filter(|band| band.known.covers(known)).map(|band| &band.valid)
}

impl FromIterator<Band> for Region {
    /// Bands in the order of transaction time that do not overlap.
    fn from_iter<I: IntoIterator<Item = Band>>(bands: I) -> Self {
        let mut kept: Vec<Band> = Vec::new();
        for band in bands.into_iter().filter(|band| !band.valid.is_empty()) {
            match kept.last_mut() {
                Some(last) if last.known.to() == band.known.from() && last.valid == band.valid => {
                    last.known = Period::new(last.known.from(), band.known.to()).expect("two non-empty periods joined");
                }
                _ => kept.push(band),
            }
        }
        Self(kept)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|band| (&band.known, &band.valid))).finish()
    }
}

impl fmt::Debug for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.known, self.valid)
    }
}
