//! What a registration states otherwise than the one before it, and of which instants.

use std::collections::BTreeMap;

use super::timeline::Belief;
use crate::object::{Content, changed_parts};
use crate::query::Reading;
use crate::schema::FieldId;
use crate::time::{Period, Periods, Timestamp, ValidTime, differing};

/// What changed from one registration of an object to the next: by part, the instants of valid time about which
/// something else is stated.
///
/// Parts are attribute groups, their fields, states and relations. Values and targets count, and neither actors nor
/// notes of effects, nor how rows are split. A group changes where one of its fields does, and where a row without
/// values comes or goes.
///
/// ```text
/// before   name  |------Finans------|------Finans------)
/// after    name  |--Finans--|-Regnskab-|----Finans-----)
/// changes  name             |----------)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The instants at which the object counts after and did not before, or the other way round.
    pub presence: Periods<ValidTime>,
    parts: BTreeMap<FieldId, Periods<ValidTime>>,
}

impl Changes {
    /// What changed from one registration of an object to the next; from nothing at all for `None`.
    pub fn between(before: Option<&Belief<'_>>, after: &Belief<'_>) -> Self {
        let counts = |belief: &Belief<'_>| belief.counts(Reading::Present);
        let nothing = Content::EMPTY;
        let old = before.map_or(&nothing, |before| &before.registration.content);
        let counted = before.map_or(Periods::none(), counts);
        Self {
            presence: differing(counted.iter().map(once), counts(after).iter().map(once)),
            parts: changed_parts(old, &after.registration.content),
        }
    }

    /// Whether the same is stated of every instant, by an object that counts at the same ones.
    pub fn is_empty(&self) -> bool {
        self.presence.is_empty() && self.parts.is_empty()
    }

    /// The parts that changed, each with the instants about which it states something else.
    pub fn parts(&self) -> impl Iterator<Item = (FieldId, &Periods<ValidTime>)> {
        self.parts.iter().map(|(part, periods)| (*part, periods))
    }

    /// The instants about which a part states something else; none for a part that did not change.
    pub fn of(&self, part: FieldId) -> &Periods<ValidTime> {
        const NONE: &Periods<ValidTime> = &Periods::none();
        self.parts.get(&part).unwrap_or(NONE)
    }

    /// The instants about which anything else is stated.
    pub fn stated(&self) -> Periods<ValidTime> {
        self.parts.values().flat_map(Periods::iter).collect()
    }

    /// The parts that state something else of an instant.
    pub fn parts_at(&self, at: Timestamp<ValidTime>) -> impl Iterator<Item = FieldId> {
        self.parts.iter().filter(move |(_, periods)| periods.contains(at)).map(|(part, _)| *part)
    }
}

fn once(valid: Period<ValidTime>) -> (Period<ValidTime>, ()) {
    (valid, ())
}
