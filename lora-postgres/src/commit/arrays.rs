//! A batch as the arrays that `commit.sql` takes: one row of a table each, named by the step or the entry it is of.

use std::collections::BTreeSet;

use lora_core::codec::Digest;
use lora_core::object::ObjectId;
use lora_core::storage::{Draft, GuardKey, Key, PostingDraft, Step};
use lora_core::time::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::values::{class_number, kind_number, position_number, seq_number};

#[derive(Default)]
pub(super) struct Arrays<'a> {
    steps: Steps,
    heads: Heads,
    guards: Guards<'a>,
    entries: Entries<'a>,
    closes: Rectangles<'a>,
    opens: Rectangles<'a>,
    terms: Terms<'a>,
    gone: Instants,
    new: Instants,
}

#[derive(Default)]
struct Steps {
    entries: Vec<i32>,
    asserted: Vec<Option<i64>>,
    restored: Vec<Option<i64>>,
}

#[derive(Default)]
struct Heads {
    step: Vec<i32>,
    class: Vec<i32>,
    object: Vec<Uuid>,
    seq: Vec<Option<i64>>,
}

#[derive(Default)]
struct Guards<'a> {
    step: Vec<i32>,
    guard: Vec<&'a [u8]>,
    seen: Vec<i64>,
}

#[derive(Default)]
struct Entries<'a> {
    step: Vec<i32>,
    kind: Vec<i16>,
    class: Vec<i32>,
    object: Vec<Uuid>,
    seq: Vec<i64>,
    asserted: Vec<Option<i64>>,
    skeleton: Vec<&'a [u8]>,
    salt: Vec<&'a [u8]>,
    content: Vec<&'a [u8]>,
    commitment: Vec<Commitment>,
}

/// Owned bytes as a parameter.
type Commitment = Vec<u8>;

#[derive(Default)]
struct Rectangles<'a> {
    entry: Vec<i32>,
    key: Vec<&'a [u8]>,
    valid_from: Vec<i64>,
    valid_to: Vec<i64>,
    present: Vec<bool>,
}

#[derive(Default)]
struct Terms<'a> {
    entry: Vec<i32>,
    key: Vec<&'a [u8]>,
    folded: Vec<&'a str>,
    whole: Vec<bool>,
}

#[derive(Default)]
struct Instants {
    entry: Vec<i32>,
    at: Vec<i64>,
}

impl<'a> Arrays<'a> {
    pub(super) fn of(steps: &[&'a Step]) -> Self {
        let mut arrays = Self::default();
        for (number, step) in (1..).zip(steps) {
            arrays.add(number, step);
        }
        arrays
    }

    fn add(&mut self, number: i32, step: &'a Step) {
        self.steps.add(step);
        for (object, seen) in &step.heads {
            self.heads.add(number, *object, seen.map(seq_number));
        }
        let seen = position_number(step.seen);
        for guard in step.guards.iter().collect::<BTreeSet<&GuardKey>>() {
            self.guards.add(number, guard, seen);
        }
        for draft in &step.entries {
            let entry = self.entries.add(number, draft);
            draft.index.closes.iter().for_each(|posting| self.closes.add(entry, posting));
            draft.index.opens.iter().for_each(|posting| self.opens.add(entry, posting));
            let keys: BTreeSet<&Key> = draft.index.opens.iter().map(|posting| &posting.key).collect();
            keys.into_iter().for_each(|key| self.terms.add(entry, key));
            draft.index.boundaries_gone.iter().for_each(|at| self.gone.add(entry, *at));
            draft.index.boundaries_new.iter().for_each(|at| self.new.add(entry, *at));
        }
    }

    /// In the order of the numbers in `commit.sql`.
    pub(super) fn parameters<'s>(&'s self, tenant: &'s i16, clock: &'s i64) -> [&'s (dyn ToSql + Sync); 39] {
        let Self { steps, heads, guards, entries, closes, opens, terms, gone, new } = self;
        [
            tenant,
            clock,
            &steps.entries,
            &steps.asserted,
            &steps.restored,
            &heads.step,
            &heads.class,
            &heads.object,
            &heads.seq,
            &guards.step,
            &guards.guard,
            &guards.seen,
            &entries.step,
            &entries.kind,
            &entries.class,
            &entries.object,
            &entries.seq,
            &entries.asserted,
            &entries.skeleton,
            &entries.salt,
            &entries.content,
            &entries.commitment,
            &closes.entry,
            &closes.key,
            &closes.valid_from,
            &closes.valid_to,
            &opens.entry,
            &opens.key,
            &opens.valid_from,
            &opens.valid_to,
            &opens.present,
            &terms.entry,
            &terms.key,
            &terms.folded,
            &terms.whole,
            &gone.entry,
            &gone.at,
            &new.entry,
            &new.at,
        ]
    }
}

impl Steps {
    fn add(&mut self, step: &Step) {
        let asserted = step.entries.iter().filter_map(|draft| draft.asserted).max();
        self.entries.push(i32::try_from(step.entries.len()).unwrap_or(i32::MAX));
        self.asserted.push(asserted.map(Timestamp::sort_key));
        self.restored.push(step.restored.map(Timestamp::sort_key));
    }
}

impl Heads {
    fn add(&mut self, step: i32, object: ObjectId, seq: Option<i64>) {
        self.step.push(step);
        self.class.push(class_number(object));
        self.object.push(object.uuid);
        self.seq.push(seq);
    }
}

impl<'a> Guards<'a> {
    fn add(&mut self, step: i32, guard: &'a GuardKey, seen: i64) {
        self.step.push(step);
        self.guard.push(&guard.0);
        self.seen.push(seen);
    }
}

impl<'a> Entries<'a> {
    /// Adds an entry of a step; its number among all of the batch.
    fn add(&mut self, step: i32, draft: &'a Draft) -> i32 {
        let commitment: Digest = draft.frame.commitment();
        self.step.push(step);
        self.kind.push(kind_number(draft.kind));
        self.class.push(class_number(draft.object));
        self.object.push(draft.object.uuid);
        self.seq.push(seq_number(draft.seq));
        self.asserted.push(draft.asserted.map(Timestamp::sort_key));
        self.skeleton.push(&draft.frame.skeleton);
        self.salt.push(&draft.frame.salt);
        self.content.push(&draft.frame.content);
        self.commitment.push(commitment.to_vec());
        i32::try_from(self.step.len()).unwrap_or(i32::MAX)
    }
}

impl<'a> Rectangles<'a> {
    fn add(&mut self, entry: i32, posting: &'a PostingDraft) {
        self.entry.push(entry);
        self.key.push(posting.key.as_bytes());
        self.valid_from.push(posting.valid.from().sort_key());
        self.valid_to.push(posting.valid.to().sort_key());
        self.present.push(posting.present);
    }
}

impl<'a> Terms<'a> {
    /// Adds a key, if it is that of a text.
    fn add(&mut self, entry: i32, key: &'a Key) {
        if let Some((folded, whole)) = key.folded() {
            self.entry.push(entry);
            self.key.push(key.as_bytes());
            self.folded.push(folded);
            self.whole.push(whole);
        }
    }
}

impl Instants {
    fn add<A>(&mut self, entry: i32, at: Timestamp<A>) {
        self.entry.push(entry);
        self.at.push(at.sort_key());
    }
}
