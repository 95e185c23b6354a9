//! Declarations of classes that point at each other.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::schema::{
    Cardinality, ClassDeclaration, DerivedDeclaration, FieldDeclaration, FieldType, GroupDeclaration,
    PresenceDeclaration, RelationDeclaration, StateDeclaration, StateValueDeclaration,
};

static NAMES: [&str; 3] = ["unit", "person", "thing"];

/// Two or three classes of few fields, states and relations, of every type and kind: with and without presence, and
/// with relations within a class and to every other.
pub fn classes() -> impl Strategy<Value = Vec<ClassDeclaration>> {
    prop_oneof![2 => Just(2), 1 => Just(3)].prop_flat_map(|count: usize| {
        let names = &NAMES[..count];
        names.iter().map(|name| class(name, names)).collect::<Vec<_>>()
    })
}

/// The same classes with other presences, and derived terms of other parts.
pub fn declared_anew(classes: &[ClassDeclaration]) -> impl Strategy<Value = Vec<ClassDeclaration>> + use<> {
    let anew = |class: &ClassDeclaration| {
        let derived = derived(&class.groups).prop_map(|derived| derived.into_iter().collect::<Vec<_>>());
        // A term that queries name stays declared.
        let kept = class.derived.clone();
        let derived = derived.prop_map(move |new| if kept.len() == new.len() { new } else { kept.clone() });
        let class = class.clone();
        (presence(&class.states), derived).prop_map(move |(presence, derived)| ClassDeclaration {
            presence,
            derived,
            ..class.clone()
        })
    };
    classes.iter().map(|class| anew(class).boxed()).collect::<Vec<_>>()
}

fn class(name: &'static str, all: &'static [&'static str]) -> BoxedStrategy<ClassDeclaration> {
    (groups(), states(), relations(name, all))
        .prop_flat_map(|(groups, states, relations)| {
            let (derived, presence) = (derived(&groups), presence(&states));
            (Just(groups), Just(states), Just(relations), derived, presence)
        })
        .prop_map(move |(groups, states, relations, derived, presence)| ClassDeclaration {
            name: name.to_owned(),
            wire: name.to_owned(),
            title: name.to_owned(),
            service: "test".to_owned(),
            groups,
            states,
            relations,
            presence,
            derived: derived.into_iter().collect(),
            paths: Vec::new(),
        })
        .boxed()
}

/// One group that has a key, and often another.
fn groups() -> impl Strategy<Value = Vec<GroupDeclaration>> {
    use FieldType::{Boolean, Integer, Keywords, Text, TextList};
    let first = vec![("name", Text), ("number", Integer), ("open", Boolean), ("tags", TextList), ("words", Keywords)];
    let second = vec![("remark", Text), ("rank", Integer), ("labels", TextList)];
    (any::<bool>(), subsequence(first, 0..=5), subsequence(second, 0..=3)).prop_map(|(mandatory, first, second)| {
        let field = |(name, field_type): (&str, FieldType)| FieldDeclaration {
            name: name.to_owned(),
            wire: name.to_owned(),
            field_type,
            mandatory: false,
            shown_when_empty: false,
            background: false,
        };
        let key = FieldDeclaration { mandatory, ..field(("key", Text)) };
        let group = |name: &str, fields| GroupDeclaration { name: name.to_owned(), wire: name.to_owned(), fields };
        let mut groups = vec![group("properties", [key].into_iter().chain(first.into_iter().map(field)).collect())];
        if !second.is_empty() {
            groups.push(group("extra", second.into_iter().map(field).collect()));
        }
        groups
    })
}

/// One state or two.
fn states() -> impl Strategy<Value = Vec<StateDeclaration>> {
    (1..=2_usize, 2..=3_usize).prop_map(|(states, values)| {
        let state = |(name, values): (&str, &[&str])| StateDeclaration {
            name: name.to_owned(),
            wire: name.to_owned(),
            values: values
                .iter()
                .map(|value| StateValueDeclaration { name: (*value).to_owned(), wire: (*value).to_owned() })
                .collect(),
        };
        let all: [(&str, &[&str]); 2] =
            [("activity", &["active", "inactive", "closed"][..values]), ("level", &["low", "high"])];
        all.into_iter().take(states).map(state).collect()
    })
}

/// One to at most one and one to many within the class, and one to each other class.
fn relations(name: &'static str, all: &'static [&'static str]) -> BoxedStrategy<Vec<RelationDeclaration>> {
    use Cardinality::{ZeroToMany, ZeroToOne};
    let within = vec![("above", ZeroToOne, name), ("near", ZeroToMany, name)];
    let other = |other: &'static str| {
        let relation = match other {
            "unit" => "its_unit",
            "person" => "its_person",
            _ => "its_thing",
        };
        select(vec![ZeroToOne, ZeroToMany]).prop_map(move |cardinality| (relation, cardinality, other))
    };
    let others: Vec<_> = all.iter().filter(|class| **class != name).map(|class| other(class)).collect();
    (subsequence(within, 1..=2), others, any::<bool>())
        .prop_map(|(within, others, says_where)| {
            let relation = |(name, cardinality, target): (&str, Cardinality, &str)| RelationDeclaration {
                name: name.to_owned(),
                wire: name.to_owned(),
                cardinality,
                targets: if says_where { vec![target.to_owned()] } else { vec![] },
            };
            within.into_iter().chain(others).map(relation).collect()
        })
        .boxed()
}

/// The first state's first or second value, or nothing.
fn presence(states: &[StateDeclaration]) -> impl Strategy<Value = Option<PresenceDeclaration>> + use<> {
    let state = &states[0];
    let of = |index: usize| PresenceDeclaration { state: state.name.clone(), value: state.values[index].name.clone() };
    prop_oneof![2 => Just(None), 3 => Just(Some(of(0))), 1 => Just(Some(of(1)))]
}

/// Texts of the first group.
fn derived(groups: &[GroupDeclaration]) -> BoxedStrategy<Option<DerivedDeclaration>> {
    let group = &groups[0];
    let texts = group.fields.iter().filter(|field| field.field_type == FieldType::Text);
    let texts: Vec<String> = texts.map(|field| field.name.clone()).collect();
    let count = texts.len();
    let group = group.name.clone();
    let whole = (subsequence(texts, 1..=count), any::<bool>()).prop_map(move |(mut parts, reversed)| {
        if reversed {
            parts.reverse();
        }
        Some(DerivedDeclaration { name: "whole".to_owned(), group: group.clone(), parts })
    });
    prop_oneof![3 => whole, 1 => Just(None)].boxed()
}
