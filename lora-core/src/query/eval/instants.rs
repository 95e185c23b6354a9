//! Which instants there are to look at.

use std::collections::BTreeSet;

use crate::time::{Axis, Period, Timestamp};

/// Whether some instant lies in both periods, found by trying: the bounds, and the microseconds beside them.
pub(super) fn share_an_instant<A: Axis>(one: Period<A>, other: Period<A>) -> bool {
    let bounds = [one.from(), one.to(), other.from(), other.to()];
    let tried = bounds.into_iter().flat_map(|at| [Some(at), before(at), Some(at.next())]).flatten();
    tried.into_iter().any(|at| one.contains(at) && other.contains(at))
}

fn before<A: Axis>(at: Timestamp<A>) -> Option<Timestamp<A>> {
    Timestamp::from_micros(at.micros()? - 1).ok()
}

/// All of time, cut wherever one of `periods` begins or ends: in a slot, nothing changes.
pub(super) fn slots<A: Axis>(periods: impl IntoIterator<Item = Period<A>>) -> Vec<Period<A>> {
    let mut cuts = BTreeSet::from([Timestamp::NEG_INFINITY, Timestamp::INFINITY]);
    for period in periods {
        cuts.extend([period.from(), period.to()]);
    }
    let cuts: Vec<_> = cuts.into_iter().collect();
    cuts.windows(2).filter_map(|cut| Period::new(cut[0], cut[1]).ok()).collect()
}
