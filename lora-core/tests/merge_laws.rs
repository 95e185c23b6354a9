//! `merge` against the naive interpreter (exact rows), against arrays (one value per instant), and its laws.
//!
//! The exhaustive part takes five slots of time, cut at six instants with the two infinities among them: three periods
//! have at most six bounds, so every way in which three edits can lie to each other occurs.
//! `PROPTEST_CASES` of 10,000 and more asks for the long round: all combinations of named fields in all three edits.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::{BTreeMap, BTreeSet};

use lora_core::object::{
    AttributePatch, AttributeRow, Change, Content, Effect, Patch, RelationRow, StateRow, Target, merge, validate,
};
use lora_core::oio::shipped_classes;
use lora_core::query::eval;
use lora_core::schema::{Cardinality, Class, ClassDeclaration, FieldId, Ids, Schema, Value};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{Period, Timestamp, ValidTime};
use proptest::test_runner::{Config, TestError, TestRunner};
use uuid::Uuid;

type Valid = Timestamp<ValidTime>;
type ValidPeriod = Period<ValidTime>;

/// -infinity, 0, 1, 2, 3, infinity: 5 slots, 15 periods.
const AXIS: SmallAxis = SmallAxis { first: 0, step: 1, count: 4 };

/// Two fields and one in the background, a state, a relation to one and a relation to many.
const SMALL: &str = r#"
name = "small"
wire = "lille"
title = "Lille"
service = "proeve"
relations = [
  { name = "one", wire = "en", cardinality = "zero_to_one" },
  { name = "many", wire = "mange", cardinality = "zero_to_many" },
]
[[groups]]
name = "properties"
wire = "egenskaber"
fields = [{ name = "a", wire = "a" }, { name = "b", wire = "b" }, { name = "c", wire = "c", background = true }]
[[states]]
name = "activity"
wire = "gyldighed"
values = [{ name = "active", wire = "Aktiv" }, { name = "inactive", wire = "Inaktiv" }]
"#;

fn small_class() -> Class {
    let declaration = ClassDeclaration::from_toml("small", SMALL).unwrap();
    Schema::new(&[declaration], Ids::default()).unwrap().classes()[0].clone()
}

fn cases() -> Option<u32> {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok())
}

fn long_round() -> bool {
    cases().is_some_and(|cases| cases >= 10_000)
}

/// The effect of the edit with a number, which is its actor.
fn by(edit: u128, valid: ValidPeriod) -> Effect {
    Effect { actor: Some(Uuid::from_u128(edit)), ..Effect::during(valid) }
}

/// `merge`, after holding its exact rows against the naive interpreter's.
fn judged(class: &Class, previous: &Content, patch: &Patch) -> Content {
    let merged = merge(class, previous, patch);
    assert_eq!(
        merged,
        eval::updated(class, previous, patch),
        "left: merge, right: eval; {patch:#?} over {previous:#?}"
    );
    merged
}

// ---- Everything there is on the small axis ------------------------------------------------------------------------

/// What an edit does to a field.
#[derive(Debug, Clone, Copy, PartialEq)]
enum To {
    Keep,
    Clear,
    Set,
}

/// What an edit does to `a`, `b` and the background field `c`.
type Named = [To; 3];
/// What holds in a slot: the three values, each the number of the edit that gave it, and the last edit.
type Cell = Option<([Option<u128>; 3], u128)>;

struct Attributes {
    class: Class,
    group: FieldId,
    fields: Vec<FieldId>,
    slots: Vec<ValidPeriod>,
    merges: usize,
}

impl Attributes {
    fn new() -> Self {
        let class = small_class();
        let group = class.groups[0].id;
        let fields = class.groups[0].fields.iter().map(|field| field.id).collect();
        Self { class, group, fields, slots: AXIS.slots(), merges: 0 }
    }

    fn row(&self, edit: u128, valid: ValidPeriod, named: Named) -> AttributePatch {
        let change = |to| match to {
            To::Keep => None,
            To::Clear => Some(Change::Clear),
            To::Set => Some(Change::Set(Value::Text(edit.to_string()))),
        };
        let values = self.fields.iter().zip(named).filter_map(|(field, to)| Some((*field, change(to)?)));
        AttributePatch { values: values.collect(), effect: by(edit, valid) }
    }

    fn patch(&self, rows: Vec<AttributePatch>) -> Patch {
        Patch { attributes: BTreeMap::from([(self.group, Change::Set(rows))]), ..Patch::default() }
    }

    /// The edit on the array.
    fn drawn(&self, cells: &[Cell], edit: u128, valid: ValidPeriod, named: Named) -> Vec<Cell> {
        let draw = |(slot, cell): (&ValidPeriod, &Cell)| {
            if !valid.contains(slot.from()) {
                return *cell;
            }
            let old = cell.map_or([None; 3], |(values, _)| values);
            let value = |field: usize| match named[field] {
                To::Keep => old[field],
                To::Clear => None,
                To::Set => Some(edit),
            };
            Some(([value(0), value(1), value(2)], edit))
        };
        self.slots.iter().zip(cells).map(draw).collect()
    }

    /// The content as an array.
    fn cells(&self, content: &Content) -> Vec<Cell> {
        let cell = |slot: &ValidPeriod| {
            let rows = content.attributes(self.group).iter().filter(|row| row.effect.valid.contains(slot.from()));
            let rows: Vec<_> = rows.collect();
            assert!(rows.len() <= 1, "two rows at {}: {rows:?}", slot.from());
            let row = rows.first()?;
            let number = |field: usize| match row.value(self.fields[field])? {
                Value::Text(text) => text.parse().ok(),
                other => panic!("{other:?} was never given"),
            };
            Some(([number(0), number(1), number(2)], row.effect.actor?.as_u128()))
        };
        self.slots.iter().map(cell).collect()
    }

    /// Every edit of these kinds after `content`, and every sequence of the remaining kinds after that.
    fn every_sequence(&mut self, edit: u128, kinds: &[&[Named]], content: &Content, cells: &[Cell]) {
        let Some((these, remaining)) = kinds.split_first() else { return };
        for valid in AXIS.periods() {
            for named in *these {
                let patch = self.patch(vec![self.row(edit, valid, *named)]);
                let merged = judged(&self.class, content, &patch);
                let drawn = self.drawn(cells, edit, valid, *named);
                assert_eq!(self.cells(&merged), drawn, "{patch:?} over {content:?}");
                self.merges += 1;
                self.every_sequence(edit + 1, remaining, &merged, &drawn);
            }
        }
    }
}

const ALL: [To; 3] = [To::Keep, To::Clear, To::Set];

fn all_named() -> Vec<Named> {
    ALL.iter().flat_map(|a| ALL.iter().flat_map(move |b| ALL.iter().map(move |c| [*a, *b, *c]))).collect()
}

#[test]
fn two_attribute_edits_of_every_kind() {
    let mut attributes = Attributes::new();
    let every = all_named();
    let first: Vec<Named> = every.iter().copied().filter(|named| !named.contains(&To::Clear)).collect();
    let empty = [None; 5];
    attributes.every_sequence(1, &[&first, &every], &Content::EMPTY, &empty);
    println!("{} merges", attributes.merges);
}

#[test]
fn three_attribute_edits() {
    use To::{Clear, Keep, Set};
    let mut attributes = Attributes::new();
    let few: [Named; 3] = [[Set, Set, Keep], [Set, Keep, Keep], [Keep, Set, Set]];
    let more = [few.as_slice(), &[[Set, Clear, Keep], [Set, Set, Set]]].concat();
    let every = if long_round() { all_named() } else { more };
    attributes.every_sequence(1, &[&few, &every, &every], &Content::EMPTY, &[None; 5]);
    println!("{} merges", attributes.merges);
}

#[test]
fn two_attribute_rows_in_one_edit() {
    use To::{Keep, Set};
    let attributes = Attributes::new();
    let kinds: [Named; 4] = [[Set, Set, Keep], [Set, Keep, Keep], [Keep, Set, Set], [Set, Set, Set]];
    let mut merges = 0;
    for (before, first) in product(&AXIS.periods(), &kinds) {
        let old = judged(&attributes.class, &Content::EMPTY, &attributes.patch(vec![attributes.row(1, before, first)]));
        let cells = attributes.drawn(&[None; 5], 1, before, first);
        for (left, right) in product(&AXIS.periods::<ValidTime>(), &AXIS.periods()) {
            if left.to() > right.from() {
                continue;
            }
            for (second, third) in product(&kinds, &kinds) {
                let rows = vec![attributes.row(2, left, second), attributes.row(3, right, third)];
                let merged = judged(&attributes.class, &old, &attributes.patch(rows));
                let drawn = attributes.drawn(&attributes.drawn(&cells, 2, left, second), 3, right, third);
                assert_eq!(attributes.cells(&merged), drawn);
                merges += 1;
            }
        }
    }
    println!("{merges} merges");
}

fn product<A: Clone, B: Clone>(left: &[A], right: &[B]) -> Vec<(A, B)> {
    left.iter().flat_map(|a| right.iter().map(move |b| (a.clone(), b.clone()))).collect()
}

/// Two values in each of 15 periods, and clearing.
const EDITS: usize = 31;

/// A part of a content whose rows have one value: how to write it, and how to read it.
struct Plain<'a> {
    class: &'a Class,
    patch: &'a dyn Fn(Change<Vec<(Effect, usize)>>) -> Patch,
    rows: &'a dyn Fn(&Content) -> Vec<(Effect, usize)>,
    replaces: bool,
}

/// In each slot the rows there, as value and edit.
type Cells = Vec<Vec<(usize, u128)>>;

impl Plain<'_> {
    /// Every sequence of `left` edits after `content`; each sets one of two values in one period, or clears.
    fn every_sequence(&self, edit: u128, left: u32, content: &Content, cells: &Cells) -> usize {
        if left == 0 {
            return 0;
        }
        let mut merges = 0;
        let sets = product(&AXIS.periods(), &[0, 1]).into_iter().map(Some);
        for set in sets.chain([None]) {
            let change = set.map_or(Change::Clear, |(valid, value)| Change::Set(vec![(by(edit, valid), value)]));
            let merged = judged(self.class, content, &(self.patch)(change));
            let drawn = self.drawn(edit, set, cells);
            assert_eq!(self.cells(&merged), drawn, "{set:?} over {content:?}");
            merges += 1 + self.every_sequence(edit + 1, left - 1, &merged, &drawn);
        }
        merges
    }

    fn drawn(&self, edit: u128, set: Option<(ValidPeriod, usize)>, cells: &Cells) -> Cells {
        let Some((valid, value)) = set else { return vec![Vec::new(); cells.len()] };
        let draw = |(slot, cell): (&ValidPeriod, &Vec<_>)| match valid.contains(slot.from()) {
            true => vec![(value, edit)],
            false if self.replaces => Vec::new(),
            false => cell.clone(),
        };
        AXIS.slots().iter().zip(cells).map(draw).collect()
    }

    fn cells(&self, content: &Content) -> Cells {
        let there = |slot: &ValidPeriod| {
            let rows = (self.rows)(content).into_iter().filter(|(effect, _)| effect.valid.contains(slot.from()));
            rows.map(|(effect, value)| (value, effect.actor.unwrap().as_u128())).collect()
        };
        AXIS.slots().iter().map(there).collect()
    }

    fn three_edits(&self) -> usize {
        self.every_sequence(1, 3, &Content::EMPTY, &vec![Vec::new(); AXIS.slots::<ValidTime>().len()])
    }
}

fn mapped<T, U>(change: Change<Vec<T>>, f: impl Fn(T) -> U) -> Change<Vec<U>> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(rows) => Change::Set(rows.into_iter().map(f).collect()),
    }
}

/// `Set` without rows: nothing to merge by time, and nothing to replace with.
#[test]
fn setting_no_rows_keeps_what_merges_by_time_and_empties_a_relation_to_many() {
    let class = small_class();
    let row = || RelationRow { target: Target::Nothing, object_type: None, effect: by(1, Period::ALWAYS) };
    let mut previous = Content::EMPTY;
    previous.set_states(
        class.states[0].id,
        vec![StateRow { value: class.states[0].values[0].id, effect: by(1, Period::ALWAYS) }],
    );
    class.relations.iter().for_each(|relation| previous.set_relations(relation.id, vec![row()]));
    let patch = Patch {
        attributes: [(class.groups[0].id, Change::Set(Vec::new()))].into(),
        states: [(class.states[0].id, Change::Set(Vec::new()))].into(),
        relations: class.relations.iter().map(|relation| (relation.id, Change::Set(Vec::new()))).collect(),
    };
    let merged = judged(&class, &previous, &patch);
    assert_eq!(merged.states(class.states[0].id), previous.states(class.states[0].id));
    for relation in &class.relations {
        let kept = relation.cardinality == Cardinality::ZeroToOne;
        assert_eq!(merged.relations(relation.id).len(), usize::from(kept));
    }
}

#[test]
fn three_state_edits() {
    let class = &small_class();
    let state = &class.states[0];
    let value = |index: usize| state.values[index].id;
    let patch = |change| {
        let change = mapped(change, |(effect, index)| StateRow { value: value(index), effect });
        Patch { states: BTreeMap::from([(state.id, change)]), ..Patch::default() }
    };
    let rows = |content: &Content| {
        let row = |row: &StateRow| (row.effect.clone(), usize::from(row.value != value(0)));
        content.states(state.id).iter().map(row).collect()
    };
    let merges = Plain { class, patch: &patch, rows: &rows, replaces: false }.three_edits();
    assert_eq!(merges, EDITS + EDITS.pow(2) + EDITS.pow(3));
}

fn three_relation_edits(cardinality: Cardinality) {
    let class = &small_class();
    let relation = class.relations.iter().find(|relation| relation.cardinality == cardinality).unwrap();
    let targets = [Target::Urn("urn:x".to_owned()), Target::Nothing];
    let patch = |change| {
        let row =
            |(effect, index): (_, usize)| RelationRow { target: targets[index].clone(), object_type: None, effect };
        Patch { relations: BTreeMap::from([(relation.id, mapped(change, row))]), ..Patch::default() }
    };
    let rows = |content: &Content| {
        let row = |row: &RelationRow| (row.effect.clone(), usize::from(row.target == Target::Nothing));
        content.relations(relation.id).iter().map(row).collect()
    };
    let replaces = cardinality == Cardinality::ZeroToMany;
    let merges = Plain { class, patch: &patch, rows: &rows, replaces }.three_edits();
    assert_eq!(merges, EDITS + EDITS.pow(2) + EDITS.pow(3));
}

#[test]
fn three_edits_of_a_relation_to_one() {
    three_relation_edits(Cardinality::ZeroToOne);
}

#[test]
fn three_edits_of_a_relation_to_many() {
    three_relation_edits(Cardinality::ZeroToMany);
}

// ---- Laws, over random contents and patches of the shipped classes ------------------------------------------------

/// Runs a law for the small class and every shipped one, with random previous contents and patches.
fn for_every_class(law: impl Fn(&Class, &Content, &Patch)) {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    let axis = SmallAxis::default();
    let small = small_class();
    for (class, usual) in schema.classes().iter().map(|class| (class, 24)).chain([(&small, 200)]) {
        let config = Config { cases: cases().unwrap_or(usual), failure_persistence: None, ..Config::default() };
        let random = (testing::content(class, axis), testing::patch(class, axis));
        let run = TestRunner::new(config).run(&random, |(previous, patch)| {
            law(class, &previous, &patch);
            Ok(())
        });
        if let Err(TestError::Fail(why, input)) = run {
            panic!("{}: {why}\n{input:#?}", class.name);
        }
        run.unwrap();
    }
}

/// What holds at an instant: the rows there, whatever the rest of their periods.
fn view(content: &Content, at: Valid) -> Content {
    rebuilt(content, |effect| effect.valid.contains(at).then(|| effect.moved_to(Period::ALWAYS)))
}

/// The content with each effect replaced, and its row left out where there is none.
fn rebuilt(content: &Content, change: impl Fn(&Effect) -> Option<Effect>) -> Content {
    let mut new = Content::EMPTY;
    for (id, rows) in content.all_attributes() {
        new.set_attributes(id, rows.iter().filter_map(|row| Some(row.moved_to(change(&row.effect)?))).collect());
    }
    for (id, rows) in content.all_states() {
        let row = |row: &StateRow| Some(StateRow { effect: change(&row.effect)?, ..row.clone() });
        new.set_states(id, rows.iter().filter_map(row).collect());
    }
    for (id, rows) in content.all_relations() {
        let row = |row: &RelationRow| Some(RelationRow { effect: change(&row.effect)?, ..row.clone() });
        new.set_relations(id, rows.iter().filter_map(row).collect());
    }
    new
}

/// Contents only change at bounds of their rows, so those are all the instants there are to look at.
fn assert_same_at_every_instant(left: &Content, right: &Content) {
    let bounds = [left, right].into_iter().flat_map(Content::effects).flat_map(|e| [e.valid.from(), e.valid.to()]);
    let instants: BTreeSet<Valid> = bounds.chain([Valid::NEG_INFINITY]).collect();
    for at in instants {
        assert_eq!(view(left, at), view(right, at), "at {at}");
    }
}

/// Every row that an update sets, changed, doubled or left out.
fn rewritten(patch: &Patch, change: impl Fn(&Effect) -> Vec<Effect>) -> Patch {
    fn each<T: Clone>(
        parts: &BTreeMap<FieldId, Change<Vec<T>>>,
        with: impl Fn(&T) -> Vec<T>,
    ) -> BTreeMap<FieldId, Change<Vec<T>>> {
        let rows = |change: &Change<Vec<T>>| match change {
            Change::Set(rows) => Change::Set(rows.iter().flat_map(&with).collect()),
            other => other.clone(),
        };
        parts.iter().map(|(id, change)| (*id, rows(change))).collect()
    }
    Patch {
        attributes: each(&patch.attributes, |row| {
            change(&row.effect).into_iter().map(|effect| AttributePatch { effect, ..row.clone() }).collect()
        }),
        states: each(&patch.states, |row| {
            change(&row.effect).into_iter().map(|effect| StateRow { effect, ..row.clone() }).collect()
        }),
        relations: each(&patch.relations, |row| {
            change(&row.effect).into_iter().map(|effect| RelationRow { effect, ..row.clone() }).collect()
        }),
    }
}

#[test]
fn the_rows_are_those_of_the_definition() {
    for_every_class(|class, previous, patch| drop(judged(class, previous, patch)));
}

#[test]
fn the_same_update_again_changes_nothing_at_any_instant() {
    for_every_class(|class, previous, patch| {
        let once = merge(class, previous, patch);
        assert_same_at_every_instant(&merge(class, &once, patch), &once);
    });
}

#[test]
fn keeping_everything_changes_nothing() {
    for_every_class(|class, previous, _| {
        assert_eq!(merge(class, previous, &Patch::default()), *previous);
        let keep = Patch {
            attributes: class.groups.iter().map(|group| (group.id, Change::Keep)).collect(),
            states: class.states.iter().map(|state| (state.id, Change::Keep)).collect(),
            relations: class.relations.iter().map(|relation| (relation.id, Change::Keep)).collect(),
        };
        assert_eq!(merge(class, previous, &keep), *previous);
    });
}

/// Whether every row of the update gives every mandatory value itself.
fn gives_what_is_mandatory(class: &Class, patch: &Patch) -> bool {
    class.groups.iter().all(|group| match patch.attributes.get(&group.id) {
        Some(Change::Set(rows)) => group
            .fields
            .iter()
            .filter(|field| field.mandatory)
            .all(|field| rows.iter().all(|row| matches!(row.values.get(&field.id), Some(Change::Set(_))))),
        _ => true,
    })
}

#[test]
fn what_comes_out_of_sound_things_is_sound() {
    for_every_class(|class, previous, patch| {
        validate(class, previous).expect("the generator makes sound contents");
        let merged = merge(class, previous, patch);
        match validate(class, &merged) {
            Ok(()) => {}
            Err(lora_core::object::ContentError::Missing { .. }) if !gives_what_is_mandatory(class, patch) => {}
            Err(error) => panic!("{error}"),
        }
    });
}

#[test]
fn the_order_of_an_updates_rows_means_nothing() {
    for_every_class(|class, previous, patch| {
        let mut turned = patch.clone();
        fn turn<T>(parts: &mut BTreeMap<FieldId, Change<Vec<T>>>, by: impl Fn(&mut Vec<T>)) {
            for change in parts.values_mut() {
                if let Change::Set(rows) = change {
                    by(rows);
                }
            }
        }
        turn(&mut turned.attributes, |rows| rows.reverse());
        turn(&mut turned.states, |rows| rows.reverse());
        turn(&mut turned.relations, |rows| rows.reverse());
        assert_eq!(merge(class, previous, &turned), merge(class, previous, patch));
    });
}

#[test]
fn moving_the_axis_moves_the_result() {
    let moved = |at: Valid| at.micros().map_or(at, |micros| Valid::from_micros(micros - 1_234_567).unwrap());
    let moved =
        |effect: &Effect| effect.moved_to(Period::new(moved(effect.valid.from()), moved(effect.valid.to())).unwrap());
    for_every_class(|class, previous, patch| {
        let before = rebuilt(previous, |effect| Some(moved(effect)));
        let there = merge(class, &before, &rewritten(patch, |effect| vec![moved(effect)]));
        assert_eq!(there, rebuilt(&merge(class, previous, patch), |effect| Some(moved(effect))));
    });
}

/// The halves of an effect before and after an instant.
fn halves(effect: &Effect, at: Valid) -> [Option<Effect>; 2] {
    let half = |from: Valid, to: Valid| Some(effect.moved_to(Period::new(from, to).ok()?));
    [half(effect.valid.from(), effect.valid.to().min(at)), half(effect.valid.from().max(at), effect.valid.to())]
}

/// Instants on the axis and beside it.
const CUTS: [i64; 4] = [-5, 0, 25, 50];

#[test]
fn an_update_in_two_halves_leaves_the_same_at_every_instant() {
    for_every_class(|class, previous, patch| {
        let whole = merge(class, previous, patch);
        for cut in CUTS.map(|micros| Valid::from_micros(micros).unwrap()) {
            let halved = rewritten(patch, |effect| halves(effect, cut).into_iter().flatten().collect());
            assert_same_at_every_instant(&merge(class, previous, &halved), &whole);
        }
    });
}

#[test]
fn an_update_one_half_after_the_other_leaves_the_same_at_every_instant() {
    for_every_class(|class, previous, patch| {
        let mut patch = patch.clone();
        let replaced = |id| class.relation(id).unwrap().cardinality == Cardinality::ZeroToMany;
        patch.relations.retain(|id, _| !replaced(*id));
        let whole = merge(class, previous, &patch);
        for cut in CUTS.map(|micros| Valid::from_micros(micros).unwrap()) {
            let half =
                |which: usize| rewritten(&patch, |effect| halves(effect, cut)[which].clone().into_iter().collect());
            let first = merge(class, previous, &half(0));
            assert_same_at_every_instant(&merge(class, &first, &half(1)), &whole);
            let second = merge(class, previous, &half(1));
            assert_same_at_every_instant(&merge(class, &second, &half(0)), &whole);
        }
    });
}

#[test]
fn an_update_of_one_part_leaves_the_others_as_they_were() {
    for_every_class(|class, previous, patch| {
        let merged = merge(class, previous, patch);
        for group in class.groups.iter().filter(|group| !patch.attributes.contains_key(&group.id)) {
            assert_eq!(merged.attributes(group.id), previous.attributes(group.id));
        }
        for state in class.states.iter().filter(|state| !patch.states.contains_key(&state.id)) {
            assert_eq!(merged.states(state.id), previous.states(state.id));
        }
        for relation in class.relations.iter().filter(|relation| !patch.relations.contains_key(&relation.id)) {
            assert_eq!(merged.relations(relation.id), previous.relations(relation.id));
        }
    });
}

/// Equal neighbours are not joined: LoRA shows the splits (Q27).
#[test]
fn an_equal_value_over_part_of_the_time_still_splits() {
    let attributes = Attributes::new();
    let at = |micros| Valid::from_micros(micros).unwrap();
    let text = |text: &str| Value::Text(text.to_owned());
    let whole = AttributeRow::new([(attributes.fields[0], text("x"))], Effect::during(Period::ALWAYS));
    let mut previous = Content::EMPTY;
    previous.set_attributes(attributes.group, vec![whole]);
    let part = AttributePatch {
        values: BTreeMap::from([(attributes.fields[0], Change::Set(text("x")))]),
        effect: Effect::during(Period::new(at(1), at(2)).unwrap()),
    };
    let merged = judged(&attributes.class, &previous, &attributes.patch(vec![part]));
    assert_eq!(merged.attributes(attributes.group).len(), 3);
}
