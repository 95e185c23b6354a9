//! What a content states, part by part, and where another one states something else.
//!
//! Values and targets count, and neither actors nor notes of effects, nor how rows are split.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::content::Row;
use super::{AttributeRow, Content, RelationRow, Target, derived_text};
use crate::schema::{Class, FieldId, Value};
use crate::time::{Period, Periods, ValidTime, differing};

/// One thing that a part states: a row without its effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said<'c> {
    /// The values of a row of an attribute group, in the order of their ids.
    Row(Vec<(FieldId, &'c Value)>),
    /// The value of a field, or of a derived term.
    Value(Cow<'c, Value>),
    /// The value of a state.
    State(FieldId),
    /// The target of a relation, with the object type that it is said to have.
    Target(&'c Target, Option<&'c str>),
}

/// What is said, and when it holds.
pub(crate) type SaidDuring<'c> = (Period<ValidTime>, Said<'c>);

/// All that a content states, by attribute group, state and relation.
pub(crate) fn said(content: &Content) -> BTreeMap<FieldId, Vec<SaidDuring<'_>>> {
    let groups = content.all_attributes().map(|(group, rows)| (group, rows.iter().map(whole).collect()));
    let states = content.all_states().map(|(state, _)| (state, states(content, state).collect()));
    let relations = content.all_relations().map(|(relation, rows)| (relation, rows.iter().map(target).collect()));
    groups.chain(states).chain(relations).collect()
}

/// What one part alone states: a group, field, derived term, state or relation.
pub(crate) fn said_of<'c>(class: &Class, content: &'c Content, part: FieldId) -> Vec<SaidDuring<'c>> {
    let mut said: Vec<SaidDuring<'c>> = content.attributes(part).iter().map(whole).collect();
    content.all_attributes().for_each(|(_, rows)| said.extend(values(rows, part)));
    if let Some(derived) = class.derived.iter().find(|derived| derived.id == part) {
        let text = |row| Some(Said::Value(Cow::Owned(Value::Text(derived_text(derived, row)?))));
        let rows = content.attributes(derived.group).iter();
        said.extend(rows.filter_map(|row| Some((row.effect.valid, text(row)?))));
    }
    said.extend(states(content, part));
    said.extend(content.relations(part).iter().map(target));
    said
}

/// By group, field, state and relation, the instants about which one content states something else than the one before.
///
/// A group changes where one of its fields does, and where a row without values comes or goes.
pub(crate) fn changed_parts(before: &Content, after: &Content) -> BTreeMap<FieldId, Periods<ValidTime>> {
    let mut parts = changed_rows(before, after);
    let groups: Vec<FieldId> = parts.keys().copied().collect();
    for group in groups {
        let [old, new] = [before, after].map(|content| content.attributes(group));
        let fields: BTreeSet<FieldId> =
            old.iter().chain(new).flat_map(AttributeRow::values).map(|(field, _)| field).collect();
        parts.extend(fields.into_iter().map(|field| (field, differing(values(old, field), values(new, field)))));
    }
    parts.retain(|_, periods| !periods.is_empty());
    parts
}

/// The instants about which a content states something else than the one before it, or than nothing: of one part, or of
/// anything for `None`. Each comes with its class as it was declared then.
pub(crate) fn changed(
    before: Option<(&Class, &Content)>,
    (class, content): (&Class, &Content),
    part: Option<FieldId>,
) -> Periods<ValidTime> {
    let Some(part) = part else {
        let rows = changed_rows(before.map_or(&Content::EMPTY, |(_, content)| content), content);
        return rows.values().flat_map(Periods::iter).collect();
    };
    let before = before.map(|(class, content)| said_of(class, content, part));
    differing(before.into_iter().flatten(), said_of(class, content, part))
}

/// The instants at which two lists of rows are not the same, also in who says so and why.
pub(crate) fn rows_differ<R: Row>(old: &[R], new: &[R]) -> Periods<ValidTime> {
    if old == new {
        return Periods::none();
    }
    let timeless = |row: &R| (row.effect().valid, row.during(Period::ALWAYS));
    differing(old.iter().map(timeless), new.iter().map(timeless))
}

/// By group, state and relation alone.
fn changed_rows(before: &Content, after: &Content) -> BTreeMap<FieldId, Periods<ValidTime>> {
    let [mut old, mut new] = [before, after].map(said);
    let ids: BTreeSet<FieldId> = old.keys().chain(new.keys()).copied().collect();
    let mut of = |id| [old.remove(&id), new.remove(&id)].map(Option::unwrap_or_default);
    let rows = ids.into_iter().map(|id| (id, of(id))).filter(|(_, [old, new])| old != new);
    rows.map(|(id, [old, new])| (id, differing(old, new))).filter(|(_, periods)| !periods.is_empty()).collect()
}

fn whole(row: &AttributeRow) -> SaidDuring<'_> {
    (row.effect.valid, Said::Row(row.values().collect()))
}

fn values(rows: &[AttributeRow], field: FieldId) -> impl Iterator<Item = SaidDuring<'_>> {
    rows.iter().filter_map(move |row| Some((row.effect.valid, Said::Value(Cow::Borrowed(row.value(field)?)))))
}

fn states(content: &Content, state: FieldId) -> impl Iterator<Item = SaidDuring<'_>> {
    content.states(state).iter().map(|row| (row.effect.valid, Said::State(row.value)))
}

fn target(row: &RelationRow) -> SaidDuring<'_> {
    (row.effect.valid, Said::Target(&row.target, row.object_type.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Effect, StateRow};
    use crate::schema::{ClassDeclaration, DerivedDeclaration, FieldDeclaration, Ids, Schema};
    use crate::time::Timestamp;

    /// A thing with a first name and a last name, and a name that is made of some of them.
    fn class(parts: &[&str]) -> Class {
        let names = [FieldDeclaration::text("first"), FieldDeclaration::text("last")];
        let mut thing = ClassDeclaration::new("thing").group("names", names).state("status", ["on", "off"]);
        let parts = parts.iter().map(|part| (*part).to_owned()).collect();
        thing.derived = vec![DerivedDeclaration { name: "full".to_owned(), group: "names".to_owned(), parts }];
        let schema = Schema::new(&[thing.to_many("many", [])], Ids::default()).unwrap();
        schema.class_named("thing").unwrap().clone()
    }

    fn period(from: i64, to: i64) -> Period<ValidTime> {
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        Period::new(at(from), at(to)).unwrap()
    }

    fn named(class: &Class, rows: &[(Period<ValidTime>, &[&str])]) -> Content {
        let fields = &class.groups[0].fields;
        let values = |texts: &[&str]| -> Vec<_> {
            fields.iter().zip(texts).map(|(field, text)| (field.id, Value::from(*text))).collect()
        };
        let row = |(valid, texts): &(_, &[&str])| AttributeRow::new(values(texts), Effect::during(*valid));
        let mut content = Content::EMPTY;
        content.set_attributes(class.groups[0].id, rows.iter().map(row).collect());
        content
    }

    #[test]
    fn a_derived_term_changes_where_its_text_does_whatever_its_parts_are() {
        let class = class(&["first", "last"]);
        let full = Some(class.derived[0].id);
        let [first, last] = [0, 1].map(|index| Some(class.groups[0].fields[index].id));
        let before = named(&class, &[(period(0, 20), &["Ada", ""]), (period(20, 30), &["Ada", "Lund"])]);
        let after = named(&class, &[(period(0, 10), &["Ada"]), (period(10, 30), &["", "Ada"])]);
        let changed = |part| changed(Some((&class, &before)), (&class, &after), part);
        let only = |from, to| [period(from, to)].into_iter().collect::<Periods<_>>();
        assert_eq!(changed(full), only(20, 30), "an empty part is none, and so is its place");
        assert_eq!(changed(first), only(10, 30));
        assert_eq!(changed(last), only(0, 30), "an empty text is another value than none");
        assert_eq!(changed(None), only(0, 30));
        assert_eq!(changed(Some(class.groups[0].id)), only(0, 30));
        assert_eq!(changed(Some(class.states[0].id)), Periods::none());
    }

    #[test]
    fn each_content_is_seen_as_its_class_was_declared_then() {
        let [both, last] = [class(&["first", "last"]), class(&["last"])];
        let content = named(&both, &[(period(0, 10), &["Ada", "Lund"]), (period(10, 20), &["", "Holm"])]);
        let full = Some(both.derived[0].id);
        assert_eq!(last.derived[0].id, both.derived[0].id);
        let found = changed(Some((&both, &content)), (&last, &content), full);
        assert_eq!(found, [period(0, 10)].into_iter().collect());
        assert_eq!(changed(Some((&both, &content)), (&last, &content), None), Periods::none());
        assert_eq!(changed(None, (&last, &content), full), [period(0, 20)].into_iter().collect());
    }

    #[test]
    fn who_says_so_and_how_rows_are_split_is_no_change_and_a_target_that_stands_twice_is() {
        let class = class(&["first"]);
        let (state, many) = (&class.states[0], class.relations[0].id);
        let content = |rows: &[(Period<ValidTime>, &str)], kinds: &[Option<&str>]| {
            let effect = |(valid, note): &(_, &str)| Effect { note: (*note).to_owned(), ..Effect::during(*valid) };
            let mut content = Content::EMPTY;
            let value = state.values[0].id;
            content.set_states(state.id, rows.iter().map(|row| StateRow { value, effect: effect(row) }).collect());
            let pointing = |kind: &Option<&str>| {
                let object_type = kind.map(str::to_owned);
                RelationRow { target: Target::Nothing, object_type, effect: Effect::during(period(0, 20)) }
            };
            content.set_relations(many, kinds.iter().map(pointing).collect());
            content
        };
        let whole = content(&[(period(0, 20), "")], &[None]);
        let split = content(&[(period(0, 10), "so"), (period(10, 20), "also so")], &[None]);
        assert_eq!(changed_parts(&whole, &split), BTreeMap::new());
        assert_eq!(rows_differ(whole.states(state.id), split.states(state.id)), [period(0, 20)].into_iter().collect());
        let once: Periods<_> = [period(0, 20)].into_iter().collect();
        for other in [content(&[(period(0, 20), "")], &[None, None]), content(&[(period(0, 20), "")], &[Some("kind")])]
        {
            assert_eq!(changed_parts(&whole, &other), BTreeMap::from([(many, once.clone())]));
            assert_eq!(changed(Some((&class, &whole)), (&class, &other), Some(many)), once);
        }
    }
}
