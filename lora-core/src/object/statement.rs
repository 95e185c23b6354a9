//! What somebody says of an object for one period, and the content after it.

use std::collections::BTreeMap;

use super::content::{ChangeRows, Row};
use super::merge::remainder;
use super::{AttributePatch, AttributeRow, Change, Content, Effect, Patch, RelationRow, StateRow, Target, merge};
use crate::schema::{Cardinality, Class, FieldId, Value};
use crate::time::{Period, Periods, ValidTime};

/// Values, states and targets of an object, all for one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// When it holds.
    pub(crate) valid: Period<ValidTime>,
    /// By group and field.
    pub(crate) attributes: BTreeMap<FieldId, BTreeMap<FieldId, Change<Value>>>,
    /// By state: its value, or none.
    pub(crate) states: BTreeMap<FieldId, Option<FieldId>>,
    /// By relation.
    pub(crate) relations: BTreeMap<FieldId, Pointing>,
}

/// What is said of the targets of a relation. What is added stays, whatever is removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pointing {
    /// Whether nothing else is pointed at.
    pub(crate) only: bool,
    /// These are.
    pub(crate) add: Vec<Target>,
    /// These are not.
    pub(crate) remove: Vec<Target>,
}

impl Statement {
    pub(crate) const fn during(valid: Period<ValidTime>) -> Self {
        Self { valid, attributes: BTreeMap::new(), states: BTreeMap::new(), relations: BTreeMap::new() }
    }

    /// The content that states this, and nothing else, during the period, and outside of it what `previous` does.
    ///
    /// ```text
    /// previous   |----- A -----|---- B ----)
    /// statement         |--- C ---)
    /// result     |- A --|--- C ---|-- B ---)
    /// ```
    pub(crate) fn instead_of(&self, class: &Class, previous: &Content) -> Content {
        let mut outside = previous.clone();
        outside.for_each_list(&CutOut(self.valid));
        self.over(class, &outside)
    }

    /// The content that states this as well, and otherwise what `previous` does.
    ///
    /// Targets of a relation to many are added and removed one by one.
    pub(crate) fn over(&self, class: &Class, previous: &Content) -> Content {
        let mut next = merge(class, previous, &self.values());
        for group in self.attributes.keys() {
            // What takes values away must not leave a row that states nothing, nor make one where there was none.
            let blank = |row: &&AttributeRow| self.valid.covers(row.effect.valid) && row.values().next().is_none();
            let rows = next.attributes(*group).iter().filter(|row| !blank(row)).cloned().collect();
            next.set_attributes(*group, rows);
        }
        for (state, value) in &self.states {
            let mut rows = remainder(previous.states(*state), [self.valid].into_iter());
            rows.extend(value.map(|value| StateRow { value, effect: Effect::during(self.valid) }));
            next.set_states(*state, rows);
        }
        for relation in &class.relations {
            if let Some(pointing) = self.relations.get(&relation.id) {
                let one = relation.cardinality == Cardinality::ZeroToOne;
                let only = pointing.only || (one && !pointing.add.is_empty());
                let rows = self.pointed(previous.relations(relation.id), pointing, only);
                next.set_relations(relation.id, rows);
            }
        }
        joined(next)
    }

    fn values(&self) -> Patch {
        let rows = self.attributes.iter().map(|(group, values)| {
            let row = AttributePatch { values: values.clone(), effect: Effect::during(self.valid) };
            (*group, Change::Set(vec![row]))
        });
        Patch { attributes: rows.collect(), ..Patch::default() }
    }

    fn pointed(&self, previous: &[RelationRow], pointing: &Pointing, only: bool) -> Vec<RelationRow> {
        let (gone, mut rows): (Vec<_>, Vec<_>) = previous.iter().cloned().partition(|row| {
            let removed = pointing.remove.contains(&row.target) && !pointing.add.contains(&row.target);
            removed || (only && !pointing.add.contains(&row.target))
        });
        rows.extend(remainder(&gone, [self.valid].into_iter()));
        for target in &pointing.add {
            let there = rows.iter().filter(|row| row.target == *target).map(|row| row.effect.valid);
            let there: Periods<ValidTime> = there.collect();
            let missing = there.gaps_within(self.valid).into_iter().map(|valid| RelationRow {
                target: target.clone(),
                object_type: None,
                effect: Effect::during(valid),
            });
            let missing: Vec<_> = missing.collect();
            rows.extend(missing);
        }
        rows
    }
}

/// The same content with rows joined that follow on each other and state the same of the same actor and note.
pub(crate) fn joined(mut content: Content) -> Content {
    content.for_each_list(&Joined);
    content
}

struct CutOut(Period<ValidTime>);

impl ChangeRows for CutOut {
    fn apply<R: Row>(&self, rows: &mut Vec<R>) {
        *rows = remainder(rows, [self.0].into_iter());
        rows.sort();
    }
}

struct Joined;

impl ChangeRows for Joined {
    /// Rows stand by what they state and then by time, so what can be joined stands side by side.
    fn apply<R: Row>(&self, rows: &mut Vec<R>) {
        let mut joined: Vec<R> = Vec::with_capacity(rows.len());
        for row in rows.drain(..) {
            let valid = row.effect().valid;
            let goes_on = |last: &&mut R| {
                let before = last.effect().valid;
                before.to() == valid.from() && last.states_same_as(&row) && last.during(valid) == row
            };
            match joined.last_mut().filter(goes_on) {
                Some(last) => {
                    let from = last.effect().valid.from();
                    *last = last.during(Period::new(from, valid.to()).expect("two non-empty periods joined"));
                }
                None => joined.push(row),
            }
        }
        *rows = joined;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::schema::{ClassDeclaration, FieldDeclaration, Ids, Schema};
    use crate::time::Timestamp;

    const LAST: i64 = 6;

    fn class() -> Class {
        let fields = [FieldDeclaration::text("a"), FieldDeclaration::text("b")];
        let declaration = ClassDeclaration::new("thing").group("properties", fields).state("status", ["on", "off"]);
        let declaration = declaration.to_one("one", []).to_many("many", []);
        Schema::new(&[declaration], Ids::default()).unwrap().classes()[0].clone()
    }

    fn at(micros: i64) -> Timestamp<ValidTime> {
        Timestamp::from_micros(micros).unwrap()
    }

    /// What a content states at one instant, said without any period.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    struct Moment {
        values: BTreeMap<FieldId, Value>,
        status: Option<FieldId>,
        one: Option<Target>,
        many: Vec<Target>,
    }

    fn moment(class: &Class, content: &Content, instant: Timestamp<ValidTime>) -> Moment {
        let holds = |effect: &Effect| effect.valid.contains(instant);
        let rows = content.attributes(class.groups[0].id).iter().filter(|row| holds(&row.effect));
        let states = content.states(class.states[0].id).iter().filter(|row| holds(&row.effect));
        let targets = |index: usize| {
            let rows = content.relations(class.relations[index].id).iter().filter(|row| holds(&row.effect));
            rows.map(|row| row.target.clone()).collect::<Vec<_>>()
        };
        Moment {
            values: rows.flat_map(AttributeRow::values).map(|(field, value)| (field, value.clone())).collect(),
            status: states.map(|row| row.value).next(),
            one: targets(0).into_iter().next(),
            many: targets(1),
        }
    }

    fn after(class: &Class, before: &Moment, said: &Statement, replaces: bool) -> Moment {
        let mut now = if replaces { Moment::default() } else { before.clone() };
        for (field, change) in said.attributes.values().flatten() {
            match change {
                Change::Set(value) => drop(now.values.insert(*field, value.clone())),
                Change::Clear => drop(now.values.remove(field)),
                Change::Keep => {}
            }
        }
        if let Some(status) = said.states.values().next() {
            now.status = *status;
        }
        if let Some(one) = said.relations.get(&class.relations[0].id) {
            let gone = one.only || now.one.as_ref().is_some_and(|target| one.remove.contains(target));
            now.one = one.add.first().cloned().or_else(|| now.one.filter(|_| !gone));
        }
        if let Some(many) = said.relations.get(&class.relations[1].id) {
            now.many.retain(|target| !many.only && !many.remove.contains(target));
            now.many.extend(many.add.iter().cloned());
            now.many.sort();
            now.many.dedup();
        }
        now
    }

    fn statements() -> impl Strategy<Value = (Statement, bool)> {
        let class = class();
        let [a, b] = [0, 1].map(|index| class.groups[0].fields[index].id);
        let (group, state) = (class.groups[0].id, class.states[0].id);
        let [on, off] = [0, 1].map(|index| class.states[0].values[index].id);
        let [one, many] = [0, 1].map(|index| class.relations[index].id);
        let change = || {
            let text = prop_oneof![Just(""), Just("x"), Just("y")];
            prop_oneof![text.prop_map(|text| Change::Set(Value::from(text))), Just(Change::Clear)]
        };
        let target = || (1..4_u128).prop_map(|number| Target::from(Uuid::from_u128(number)));
        let values = proptest::collection::btree_map(prop_oneof![Just(a), Just(b)], change(), 0..3);
        let status = prop_oneof![Just(None), Just(Some(None)), Just(Some(Some(on))), Just(Some(Some(off)))];
        let pointing = move |max: usize| {
            let parts = (any::<bool>(), proptest::collection::vec(target(), 0..=max));
            let parts = (parts, proptest::collection::vec(target(), 0..=max));
            let pointing = parts.prop_map(|((only, add), remove)| Pointing { only, add, remove });
            proptest::option::of(pointing)
        };
        let period = (0..LAST, 1..=LAST).prop_map(|(from, length)| {
            let to = if from + length >= LAST { Timestamp::INFINITY } else { at(from + length) };
            Period::new(at(from), to).unwrap()
        });
        (period, values, status, pointing(1), pointing(2), any::<bool>()).prop_map(
            move |(valid, values, status, points_at, points_at_many, replaces)| {
                let mut said = Statement::during(valid);
                if !values.is_empty() {
                    said.attributes.insert(group, values);
                }
                said.states.extend(status.map(|value| (state, value)));
                said.relations.extend(points_at.map(|pointing| (one, pointing)));
                said.relations.extend(points_at_many.map(|pointing| (many, pointing)));
                (said, replaces)
            },
        )
    }

    proptest! {
        /// Instant by instant: inside of its period a statement says what it says, outside nothing has changed.
        #[test]
        fn a_statement_changes_what_it_names_while_it_holds_and_nothing_else(
            said in proptest::collection::vec(statements(), 1..6),
        ) {
            let class = class();
            let mut content = Content::EMPTY;
            for (said, replaces) in said {
                let next = if replaces { said.instead_of(&class, &content) } else { said.over(&class, &content) };
                for instant in (-1..=LAST + 1).map(at) {
                    let before = moment(&class, &content, instant);
                    let expected = if said.valid.contains(instant) {
                        after(&class, &before, &said, replaces)
                    } else {
                        before
                    };
                    prop_assert_eq!(moment(&class, &next, instant), expected, "at {}", instant);
                }
                prop_assert_eq!(crate::object::validate(&class, &next), Ok(()));
                prop_assert_eq!(joined(next.clone()), next.clone(), "nothing is left to join");
                let again = if replaces { said.instead_of(&class, &next) } else { said.over(&class, &next) };
                prop_assert_eq!(&again, &next, "saying it twice changes nothing");
                content = next;
            }
        }
    }
}
