//! Time, small enough that random periods meet.

use proptest::prelude::*;

use crate::time::{Axis, Period, Timestamp};

/// A few equidistant finite instants with the two infinities around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmallAxis {
    /// The first finite instant, in microseconds since 1970-01-01T00:00:00Z.
    pub first: i64,
    /// The microseconds from one to the next.
    pub step: i64,
    /// How many finite instants there are.
    pub count: u8,
}

impl Default for SmallAxis {
    /// Six instants, ten microseconds apart.
    fn default() -> Self {
        Self { first: 0, step: 10, count: 6 }
    }
}

impl SmallAxis {
    /// The instants in order, from -infinity to infinity.
    ///
    /// # Panics
    /// When the axis runs out of the finite instants.
    pub fn instants<A: Axis>(self) -> Vec<Timestamp<A>> {
        let at = |index: u8| {
            let micros = self.first + self.step * i64::from(index);
            Timestamp::from_micros(micros).expect("a small axis lies within finite time")
        };
        let finite = (0..self.count).map(at);
        [Timestamp::NEG_INFINITY].into_iter().chain(finite).chain([Timestamp::INFINITY]).collect()
    }

    /// The periods between neighbouring instants, in order; together they are all of time.
    pub fn slots<A: Axis>(self) -> Vec<Period<A>> {
        self.instants().windows(2).filter_map(|pair| Period::new(pair[0], pair[1]).ok()).collect()
    }

    /// Every period that can be made of the instants.
    pub fn periods<A: Axis>(self) -> Vec<Period<A>> {
        let instants = self.instants();
        let from = |from| instants.clone().into_iter().filter_map(move |to| Period::new(from, to).ok());
        instants.iter().flat_map(|at| from(*at)).collect()
    }
}

/// Any period of the axis.
pub fn period<A: Axis>(axis: SmallAxis) -> impl Strategy<Value = Period<A>> + Clone {
    proptest::sample::select(axis.periods())
}

/// A window to ask about: often one instant, sometimes a period, everything, or empty.
pub fn window<A: Axis>(axis: SmallAxis) -> impl Strategy<Value = Option<Period<A>>> + Clone {
    let instant = proptest::sample::select(axis.instants()).prop_map(Period::instant);
    prop_oneof![
        4 => instant,
        4 => period(axis).prop_map(Some),
        2 => Just(Some(Period::ALWAYS)),
        1 => Just(None),
    ]
}
