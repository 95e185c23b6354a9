//! `check`: a store that is in order has no findings, and every single fault is found and named, and nothing besides.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use lora_core::Service;
use lora_core::check::{Finding, Part, Piece, Progress, Report, check};
use lora_core::codec::{DecodeError, Digest, EntryKind, Frame, link};
use lora_core::error::Error;
use lora_core::object::{
    AttributePatch, AttributeRow, Change, Content, ContentError, Effect, LifeCycle, ObjectId, Patch, Position,
    Registration, Seq, StateRow,
};
use lora_core::oio::shipped_classes;
use lora_core::query::Pattern;
use lora_core::query::eval::Command;
use lora_core::schema::{Class, ClassDeclaration, FieldId, Ids, Schema, Value};
use lora_core::service::{By, History, Written};
use lora_core::storage::{
    Boundary, ChainCursor, ChainPage, Chunks, CommitError, ContentHash, Draft, Encoded, IndexChange, Key, KnownAt,
    LedgerEntry, MemoryStore, MemoryView, Posting, PostingDraft, PostingPage, Read, Receipt, Scan, ScanCursor, Step,
    Storage, StoreError, Terms, Wait, changes,
};
use lora_core::testing::{self, SmallAxis};
use lora_core::time::{Clock, ManualClock, Period, Timestamp, TransactionTime, ValidTime};
use pollster::block_on;
use proptest::prelude::*;
use uuid::Uuid;

/// One thing that a store does wrong; what it gives is changed on its way out, or a step on its way in.
enum Fault {
    Nothing,
    Commit(fn(&mut Step)),
    Ledger(fn(&mut Vec<LedgerEntry>)),
    /// An entry that the store itself cannot read.
    Corrupt(Position),
    History(fn(Position, &mut Vec<Encoded>)),
    Registrations(fn(Position, &Asked, &mut Found)),
    Postings(fn(Position, &mut Vec<Posting>)),
    Terms(fn(&mut Vec<Key>)),
    Boundaries(fn(Position, &mut Vec<Boundary>)),
}

type Asked = [(ObjectId, KnownAt)];
type Found = Vec<Option<Encoded>>;

/// A store in memory with a fault.
#[derive(Clone)]
struct Tampered {
    store: MemoryStore,
    fault: Arc<Fault>,
}

struct TamperedView {
    view: MemoryView,
    fault: Arc<Fault>,
}

impl Storage for Tampered {
    type View = TamperedView;

    async fn view(&self, at: Option<Position>) -> Result<TamperedView, StoreError> {
        Ok(TamperedView { view: self.store.view(at).await?, fault: self.fault.clone() })
    }

    async fn commit(&self, mut step: Step) -> Result<Receipt, CommitError> {
        if let Fault::Commit(fault) = &*self.fault {
            fault(&mut step);
        }
        self.store.commit(step).await
    }

    async fn ledger(&self, after: Position, limit: usize, wait: Wait) -> Result<Vec<LedgerEntry>, StoreError> {
        let mut entries = self.store.ledger(Position(0), usize::MAX, wait).await?;
        if let Fault::Ledger(fault) = &*self.fault {
            fault(&mut entries);
        }
        entries.retain(|entry| entry.position > after);
        entries.truncate(limit);
        match *self.fault {
            Fault::Corrupt(position) if entries.iter().any(|entry| entry.position == position) => {
                Err(StoreError::Corrupt { position, source: DecodeError { at: 0, expected: "a checksum" } })
            }
            _ => Ok(entries),
        }
    }

    async fn put_content(&self, chunks: impl Chunks) -> Result<ContentHash, StoreError> {
        self.store.put_content(chunks).await
    }
}

impl Read for TamperedView {
    fn position(&self) -> Position {
        self.view.position()
    }

    async fn registrations(&self, of: &[(ObjectId, KnownAt)]) -> Result<Vec<Option<Encoded>>, StoreError> {
        let mut found = self.view.registrations(of).await?;
        if let Fault::Registrations(fault) = &*self.fault {
            fault(self.position(), of, &mut found);
        }
        Ok(found)
    }

    async fn history(&self, of: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        let mut found = self.view.history(of, from, limit).await?;
        match &*self.fault {
            Fault::History(fault) => fault(self.position(), &mut found),
            Fault::Corrupt(position) if found.iter().any(|encoded| encoded.position == *position) => {
                let source = DecodeError { at: 0, expected: "a checksum" };
                return Err(StoreError::Corrupt { position: *position, source });
            }
            _ => {}
        }
        Ok(found)
    }

    async fn known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        self.view.known_during(of, known, after, limit).await
    }

    async fn postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> Result<PostingPage, StoreError> {
        let mut page = self.view.postings(scans, after, limit).await?;
        if let Fault::Postings(fault) = &*self.fault {
            assert_eq!(page.next, None, "faults strike whole indexes");
            fault(self.position(), &mut page.postings);
        }
        Ok(page)
    }

    async fn terms(&self, fields: &[FieldId], pattern: &Pattern, limit: usize) -> Result<Terms, StoreError> {
        let mut terms = self.view.terms(fields, pattern, limit).await?;
        if let Fault::Terms(fault) = &*self.fault {
            fault(&mut terms.keys);
        }
        Ok(terms)
    }

    async fn boundaries(
        &self,
        within: Period<ValidTime>,
        after: Option<Boundary>,
        limit: usize,
    ) -> Result<Vec<Boundary>, StoreError> {
        let Fault::Boundaries(fault) = &*self.fault else { return self.view.boundaries(within, after, limit).await };
        let mut all = self.view.boundaries(within, None, usize::MAX).await?;
        fault(self.position(), &mut all);
        let seen = after.and_then(|after| all.iter().position(|boundary| *boundary == after)).map_or(0, |at| at + 1);
        Ok(all.drain(seen..).collect())
    }

    async fn content(&self, of: ContentHash, range: Range<u64>) -> Result<Option<Vec<u8>>, StoreError> {
        self.view.content(of, range).await
    }
}

fn days(from: i64, to: i64) -> Period<ValidTime> {
    Period::new(Timestamp::from_micros(from).unwrap(), Timestamp::from_micros(to).unwrap()).unwrap()
}

fn at(micros: i64) -> Timestamp<TransactionTime> {
    Timestamp::from_micros(micros).unwrap()
}

fn unit() -> Class {
    Schema::new(&shipped_classes(), Ids::default()).unwrap().class_named("organisation_unit").unwrap().clone()
}

fn object(number: u128) -> ObjectId {
    ObjectId { class: unit().id, uuid: Uuid::from_u128(number) }
}

/// A unit called `name`, there from day 0 to 10 and active from 0 to 5.
fn content(class: &Class, name: &str) -> Content {
    let mut content = Content::EMPTY;
    let fields = &class.groups[0].fields;
    let text = |index: usize, text: &str| (fields[index].id, Value::Text(text.to_owned()));
    let row = AttributeRow::new([text(0, "key"), text(1, name)], Effect::during(days(0, 10)));
    content.set_attributes(class.groups[0].id, vec![row]);
    let state = &class.states[0];
    let row = StateRow { value: state.values[0].id, effect: Effect::during(days(0, 5)) };
    content.set_states(state.id, vec![row]);
    content
}

fn renamed(class: &Class, name: &str) -> Patch {
    let values = [(class.groups[0].fields[1].id, Change::Set(Value::Text(name.to_owned())))].into_iter().collect();
    let rows = vec![AttributePatch { values, effect: Effect::during(days(5, 10)) }];
    Patch { attributes: [(class.groups[0].id, Change::Set(rows))].into_iter().collect(), ..Patch::default() }
}

fn empty(fault: Fault) -> (Tampered, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(1_000).unwrap());
    (Tampered { store: MemoryStore::new(clock.clone()), fault: Arc::new(fault) }, clock)
}

/// Eight entries: the classes; units 1 and 2; unit 1 renamed; unit 3 from another register, and passivated there;
/// unit 2 renamed; unit 2 deleted.
fn filled(fault: Fault) -> Tampered {
    let (store, clock) = empty(fault);
    let service = block_on(Service::open(store.clone(), shipped_classes(), || [7; 16])).unwrap();
    let class = unit();
    block_on(async {
        service.create(object(1), content(&class, "one"), By::default()).await.unwrap();
        service.create(object(2), content(&class, "two"), By::default()).await.unwrap();
        service.update(object(1), renamed(&class, "first"), By::default()).await.unwrap();
        for (micros, lifecycle) in [(100, LifeCycle::Imported), (200, LifeCycle::Passivated)] {
            let stated = content(&class, "three");
            let (registered_from, by) = (at(micros), By::default());
            let history = History { object: object(3), registered_from, lifecycle, content: stated, by };
            service.import_history(history, clock.now()).await.unwrap();
        }
        service.update(object(2), renamed(&class, "second"), By::default()).await.unwrap();
        service.delete(object(2), By::default()).await.unwrap();
    });
    store
}

fn checked<S: Storage>(store: &S) -> Report {
    block_on(check(store, |_| {})).unwrap()
}

fn findings(fault: Fault) -> Vec<Finding> {
    let report = checked(&filled(fault));
    assert_eq!(report.found, report.findings.len() as u64);
    let printed = report.to_string();
    assert!(report.findings.iter().all(|finding| printed.contains(&finding.to_string())), "{printed}");
    report.findings
}

fn shown(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n{finding}")).collect()
}

/// Gives each entry the head that follows from those before it: what somebody does who knows how.
fn relink(entries: &mut [LedgerEntry]) {
    let mut head = Digest::default();
    for entry in entries {
        head = link(&head, entry.position, entry.instant, &entry.frame.commitment());
        entry.chain = head;
    }
}

/// Changes the registration of an entry.
fn rewrite(entry: &mut LedgerEntry, change: impl FnOnce(&mut Registration)) {
    let mut registration = entry.frame.registration().unwrap();
    change(&mut registration);
    entry.frame = Arc::new(Frame::of(&registration, entry.frame.salt));
}

#[test]
fn a_store_in_order_has_no_findings() {
    assert_eq!(findings(Fault::Nothing), []);
    let report = checked(&filled(Fault::Nothing));
    assert_eq!((report.position, report.entries, report.objects), (Position(8), 8, 3));
    assert!(report.is_clean());
    assert_eq!(report.to_string(), "checked 8 entries of 3 objects up to position 8: 0 findings\n");
    assert_eq!(checked(&empty(Fault::Nothing).0), Report::default());
}

#[test]
fn progress_ends_with_everything() {
    let seen: RefCell<Vec<Progress>> = RefCell::default();
    block_on(check(&filled(Fault::Nothing), |progress| seen.borrow_mut().push(progress))).unwrap();
    let last = |part| seen.borrow().iter().rfind(|progress| progress.part == part).copied();
    assert_eq!(last(Part::Entries), Some(Progress { part: Part::Entries, done: 8, of: Some(8) }));
    assert_eq!(last(Part::Objects), Some(Progress { part: Part::Objects, done: 4, of: Some(4) }));
}

/// Breaks one thing, and says everything that must be found.
macro_rules! found {
    ($fault:expr; $($findings:tt)+) => {{
        let found = findings($fault);
        assert!(matches!(found.as_slice(), $($findings)+), "{}", shown(&found));
    }};
}

#[test]
fn an_entry_that_is_not_there() {
    found!(Fault::Ledger(|entries| _ = entries.remove(3));
        [Finding::Position { expected: Position(4), found: Some(Position(5)) }]);
    found!(Fault::Ledger(|entries| _ = entries.remove(0));
        [Finding::Position { expected: Position(1), found: Some(Position(2)) }]);
    found!(Fault::Ledger(|entries| _ = entries.pop());
        [Finding::Position { expected: Position(8), found: None }]);
}

#[test]
fn an_entry_that_the_store_cannot_read() {
    for position in [1, 2, 4, 8] {
        let found = findings(Fault::Corrupt(Position(position)));
        assert!(
            matches!(found.as_slice(), [Finding::Unreadable { position: at, .. }] if at.0 == position),
            "{}",
            shown(&found)
        );
    }
}

#[test]
fn entries_that_come_twice_or_in_another_order() {
    found!(Fault::Ledger(|entries| entries.insert(4, entries[3].clone()));
        [Finding::Position { expected: Position(5), found: Some(Position(4)) }]);
    found!(Fault::Ledger(|entries| entries.swap(3, 4));
        [Finding::Position { expected: Position(4), found: Some(Position(5)) },
        Finding::Position { expected: Position(6), found: Some(Position(4)) }]);
}

#[test]
fn entries_that_changed_places() {
    let swapped = |entries: &mut Vec<LedgerEntry>| {
        let (four, seven) = (entries[3].clone(), entries[6].clone());
        entries[3] = LedgerEntry { position: Position(4), chain: four.chain, instant: four.instant, ..seven.clone() };
        entries[6] = LedgerEntry { position: Position(7), chain: seven.chain, instant: seven.instant, ..four };
    };
    found!(Fault::Ledger(swapped);
        [Finding::Chain { position: Position(4), .. },
        Finding::Chain { position: Position(7), .. }]);
}

#[test]
fn a_chain_that_does_not_hold() {
    let flipped = |entries: &mut Vec<LedgerEntry>| {
        let mut frame = (*entries[3].frame).clone();
        *frame.content.last_mut().unwrap() ^= 1;
        entries[3].frame = Arc::new(frame);
    };
    found!(Fault::Ledger(flipped);
        [Finding::Chain { position: Position(4), .. }]);
    found!(Fault::Ledger(|entries| entries[0].chain[0] ^= 1);
        [Finding::Chain { position: Position(1), .. }]);
    found!(Fault::Ledger(|entries| entries[3].chain[0] ^= 1);
        [Finding::Chain { position: Position(4), .. }]);
    found!(Fault::Ledger(|entries| entries[7].chain[0] ^= 1);
        [Finding::Chain { position: Position(8), .. }]);
    found!(Fault::Ledger(|entries| entries[3].instant = entries[2].instant);
        [Finding::Chain { position: Position(4), .. }]);
}

#[test]
fn instants_that_go_back() {
    let back = |entries: &mut Vec<LedgerEntry>| {
        entries[3].instant = at(999);
        relink(entries);
    };
    let never = |entries: &mut Vec<LedgerEntry>| {
        entries[7].instant = Timestamp::INFINITY;
        relink(entries);
    };
    found!(Fault::Ledger(never); [Finding::Instant { position: Position(8), .. }]);
    found!(Fault::Ledger(back);
        [Finding::Instant { position: Position(4), .. }]);
}

#[test]
fn a_ledger_that_says_something_else_than_the_entry() {
    found!(Fault::Ledger(|entries| entries[3].kind = EntryKind::Declaration);
        [Finding::Listed { position: Position(4), listed_kind: EntryKind::Declaration, .. }]);
    found!(Fault::Ledger(|entries| entries[3].object = object(9));
        [Finding::Listed { position: Position(4), listed_object, .. }] if *listed_object == object(9));
}

#[test]
fn a_skeleton_or_content_that_was_never_written() {
    let skeleton = |entries: &mut Vec<LedgerEntry>| {
        entries[3].frame = Arc::new(Frame { skeleton: vec![9], ..(*entries[3].frame).clone() });
        relink(entries);
    };
    found!(Fault::Ledger(skeleton);
        [Finding::Unreadable { position: Position(4), .. }]);
    let longer = |step: &mut Step| {
        if step.entries[0].seq == Seq(2) && step.entries[0].object == object(1) {
            step.entries[0].frame.content.push(0);
        }
    };
    found!(Fault::Commit(longer); [Finding::Unreadable { position: Position(4), .. }]);
}

#[test]
fn a_declaration_that_nobody_can_read() {
    let (store, _) = empty(Fault::Commit(|step| {
        if step.entries[0].kind == EntryKind::Declaration {
            step.entries[0].frame.content = b"{}".to_vec();
        }
    }));
    let service = block_on(Service::open(store.clone(), shipped_classes(), || [7; 16])).unwrap();
    block_on(service.create(object(1), content(&unit(), "one"), By::default())).unwrap();
    let found = checked(&store).findings;
    assert!(matches!(found.as_slice(), [Finding::Unreadable { position: Position(1), .. }]), "{}", shown(&found));
}

#[test]
fn a_time_asserted_before_it_came() {
    let early = |entries: &mut Vec<LedgerEntry>| {
        rewrite(&mut entries[5], |registration| registration.asserted = Some(at(5_000)));
        relink(entries);
    };
    found!(Fault::Ledger(early); [Finding::Asserted { position: Position(6), .. }]);
}

/// Changes the registration of the fourth entry before it comes to the store, and leaves its index as it was.
fn with(step: &mut Step, change: fn(&mut Registration)) {
    let draft = &mut step.entries[0];
    if draft.seq == Seq(2) && draft.object == object(1) {
        let mut registration = draft.frame.registration().unwrap();
        change(&mut registration);
        draft.frame = Frame::of(&registration, [7; 16]);
    }
}

/// States a row of attributes once more: its postings are the same.
fn overlap(registration: &mut Registration) {
    let group = unit().groups[0].id;
    let mut rows = registration.content.attributes(group).to_vec();
    rows.push(rows[0].clone());
    registration.content.set_attributes(group, rows);
}

/// What only a writer can do wrong: the store took it as it came.
#[test]
fn registrations_that_do_not_follow() {
    found!(Fault::Commit(|step| with(step, |registration| registration.seq = Seq(3)));
        [Finding::Seq { position: Position(4), expected: Seq(2), found: Seq(3), .. }]);
    found!(Fault::Commit(|step| with(step, |registration| registration.lifecycle = LifeCycle::Created));
        [Finding::Transition { position: Position(4), from: Some(LifeCycle::Created), to: LifeCycle::Created, .. }]);
    found!(Fault::Commit(|step| with(step, overlap));
        [Finding::Unsound { position: Position(4), source: ContentError::Overlap { .. }, .. }]);
    found!(Fault::Commit(|step| with(step, |registration| registration.lifecycle = LifeCycle::Deleted));
        [Finding::DeletedStates { position: Position(4), .. }]);
}

#[test]
fn an_object_twice_in_a_step_or_not_later_than_before() {
    let (store, _) = empty(Fault::Nothing);
    block_on(Service::open(store.clone(), shipped_classes(), || [7; 16])).unwrap();
    let first = registered(1, 1, content(&unit(), "one"));
    let asserted = Registration { asserted: Some(at(10)), ..registered(1, 2, content(&unit(), "uno")) };
    let step = |registrations: &[Registration]| {
        let class = unit();
        let (mut before, mut step) = (None, Step::default());
        for next in registrations {
            step.entries.push(drafted(changes(before.map(|before| (&class, before)), &class, next), next));
            before = Some(next);
        }
        step
    };
    let first = Registration { asserted: Some(at(5)), ..first };
    block_on(store.commit(step(&[first, asserted]))).unwrap();
    let found = checked(&store).findings;
    assert!(matches!(found.as_slice(), [Finding::Twice { position: Position(3), .. }]), "{}", shown(&found));

    let late = |entries: &mut Vec<LedgerEntry>| {
        rewrite(&mut entries[1], |registration| registration.asserted = Some(at(10)));
        relink(entries);
    };
    let store = Tampered { fault: Arc::new(Fault::Ledger(late)), ..store };
    let found = checked(&store).findings;
    assert!(
        matches!(found.as_slice(), [Finding::Twice { .. }, Finding::Registered { position: Position(3), .. }]),
        "{}",
        shown(&found)
    );
}

fn registered(number: u128, seq: u32, content: Content) -> Registration {
    let lifecycle = if seq == 1 { LifeCycle::Created } else { LifeCycle::Corrected };
    let (object, note) = (object(number), String::new());
    Registration { object, seq: Seq(seq), lifecycle, actor: Uuid::nil(), note, batch: None, asserted: None, content }
}

fn drafted(index: IndexChange, next: &Registration) -> Draft {
    let (kind, frame) = (EntryKind::Registration, Frame::of(next, [7; 16]));
    Draft { kind, object: next.object, seq: next.seq, frame, asserted: next.asserted, index }
}

#[test]
fn an_object_of_a_class_that_was_not_declared_then() {
    found!(Fault::Commit(|step| if step.entries[0].kind == EntryKind::Declaration {
            let declared = String::from_utf8(step.entries[0].frame.content.clone()).unwrap();
            let mut declared: serde_json::Value = serde_json::from_str(&declared).unwrap();
            let classes = declared["classes"].as_array_mut().unwrap();
            for class in classes.iter_mut() {
                class["paths"] = serde_json::json!([]);
                for relation in class["relations"].as_array_mut().unwrap() {
                    relation["targets"] = serde_json::json!([]);
                }
            }
            classes.retain(|class| class["name"] != "organisation_unit");
            step.entries[0].frame.content = serde_json::to_vec(&declared).unwrap();
        });
        [Finding::Undeclared { position: Position(2), .. },
         Finding::Undeclared { position: Position(3), .. },
         Finding::Undeclared { position: Position(5), .. }]);
}

#[test]
fn a_chain_that_the_store_gives_in_another_way() {
    found!(Fault::History(|_, chain| chain.retain(|encoded| encoded.position != Position(4)));
        [Finding::History { view: Position(8), seq: Seq(2), expected: Some(_), found: None, .. }]);
    found!(Fault::History(|view, chain| if view.0 == 8 { chain.iter_mut().for_each(|encoded| other_bytes(encoded, 4)) });
        [Finding::History { view: Position(8), seq: Seq(2), expected: Some(_), found: Some(_), .. }]);
    found!(Fault::History(|view, chain| if view.0 == 8 { chain.iter_mut().for_each(|encoded| ended(encoded, 4)) });
        [Finding::History { view: Position(8), seq: Seq(2), expected: Some(_), found: Some(_), .. }]);
    found!(Fault::History(|view, chain| if view.0 == 8 { chain.iter_mut().for_each(|encoded| ended(encoded, 2)) });
        [Finding::History { view: Position(8), seq: Seq(1), expected: Some(_), found: Some(_), .. }]);
    found!(Fault::History(|view, chain| if view.0 == 8 && chain[0].position == Position(5) { chain.swap(0, 1) });
        [Finding::History { view: Position(8), seq: Seq(1), expected: Some(_), found: Some(_), .. }]);
}

fn other_bytes(encoded: &mut Encoded, position: u64) {
    if encoded.position.0 == position {
        encoded.frame = Arc::new(Frame { salt: [8; 16], ..(*encoded.frame).clone() });
    }
}

/// Moves the end of a registration by a microsecond, or gives it one.
fn ended(encoded: &mut Encoded, position: u64) {
    if encoded.position.0 == position {
        let end = encoded.registered.to();
        let end = if end.is_finite() { end.next() } else { at(9_999) };
        encoded.registered = Period::new(encoded.registered.from(), end).unwrap();
    }
}

#[test]
fn a_registration_that_is_found_no_more() {
    let stale = |_: Position, of: &Asked, found: &mut Found| {
        for ((of, known), found) in of.iter().zip(found) {
            if *known == KnownAt::Latest && found.as_ref().is_some_and(|found| found.position == Position(8)) {
                assert_eq!(*of, object(2));
                *found = None;
            }
        }
    };
    found!(Fault::Registrations(stale);
        [Finding::Registration { view: Position(8), known: KnownAt::Latest, expected: Some(_), found: None, .. }]);
    let too_early = |_: Position, of: &Asked, found: &mut Found| {
        let newest = found.iter().flatten().max_by_key(|encoded| encoded.position).cloned();
        for ((_, known), found) in of.iter().zip(found) {
            if matches!(known, KnownAt::Instant(instant) if *instant == at(99)) {
                *found = newest.clone();
            }
        }
    };
    found!(Fault::Registrations(too_early);
        [Finding::Registration { view: Position(8), known: KnownAt::Instant(_), expected: None, found: Some(_), .. }]);
    let at_its_beginning = |_: Position, of: &Asked, found: &mut Found| {
        for ((_, known), found) in of.iter().zip(found) {
            if matches!(known, KnownAt::Instant(instant) if *instant == at(200)) {
                *found = None;
            }
        }
    };
    found!(Fault::Registrations(at_its_beginning);
        [Finding::Registration { view: Position(8), known: KnownAt::Instant(_), expected: Some(_), found: None, .. }]);
}

/// The postings of the newest view that unit 1 has for its name.
fn name_of_one(posting: &Posting, name: &str) -> bool {
    posting.object == object(1) && posting.key == Key::text(unit().groups[0].fields[1].id, name)
}

#[test]
fn a_posting_that_is_lost() {
    found!(Fault::Postings(|view, postings| if view.0 == 8 { postings.retain(|posting| !name_of_one(posting, "first")) });
        [Finding::Missing { view: Position(8), piece: Piece::Posting(lost) }] if name_of_one(lost, "first"));
}

#[test]
fn a_posting_that_nobody_made() {
    let added = |view: Position, postings: &mut Vec<Posting>| {
        if view.0 == 8 {
            let mut posting = postings.last().unwrap().clone();
            posting.object = object(1 << 20);
            postings.push(posting);
        }
    };
    found!(Fault::Postings(added);
        [Finding::Unexpected { view: Position(8), piece: Piece::Posting(added) }] if added.object == object(1 << 20));
}

/// One posting with one thing changed: the right one is missed, and the wrong one is not expected.
fn changed(change: fn(&mut Posting)) -> Vec<Finding> {
    // The tests of this process run side by side, and faults are plain functions.
    thread_local!(static CHANGE: std::cell::Cell<fn(&mut Posting)> = const { std::cell::Cell::new(|_| {}) });
    CHANGE.set(change);
    findings(Fault::Postings(|view, postings| {
        if let Some(posting) = postings.iter_mut().find(|posting| view.0 == 8 && name_of_one(posting, "one")) {
            CHANGE.get()(posting);
            postings.sort();
        }
    }))
}

#[test]
fn a_posting_with_something_else_in_it() {
    let changes: [fn(&mut Posting); 7] = [
        |posting| posting.valid = Period::new(posting.valid.from(), posting.valid.to().next()).unwrap(),
        |posting| posting.valid = Period::new(posting.valid.from().next(), posting.valid.to()).unwrap(),
        |posting| posting.present = !posting.present,
        |posting| posting.opened = Position(3),
        |posting| posting.known = Period::new(posting.known.from().next(), posting.known.to()).unwrap(),
        |posting| posting.known = Period::new(posting.known.from(), at(9_999)).unwrap(),
        |posting| posting.object = object(9),
    ];
    for change in changes {
        let found = changed(change);
        let [unexpected, missing] = found.as_slice() else { panic!("{}", shown(&found)) };
        assert!(matches!(unexpected, Finding::Unexpected { piece: Piece::Posting(_), .. }), "{unexpected}");
        assert!(
            matches!(missing, Finding::Missing { piece: Piece::Posting(lost), .. } if name_of_one(lost, "one")),
            "{missing}"
        );
    }
}

#[test]
fn an_index_out_of_order() {
    found!(Fault::Postings(|view, postings| if view.0 == 8 { postings.swap(3, 4) });
        [Finding::Unordered { view: Position(8), piece: Piece::Posting(_) }]);
    found!(Fault::Boundaries(|view, boundaries| if view.0 == 8 { boundaries.swap(0, 1) });
        [Finding::Unordered { view: Position(8), piece: Piece::Boundary(_) }]);
}

/// A writer that keeps a rectangle open, closes one too many, or opens one that counts when it should not.
#[test]
fn an_index_that_was_changed_in_another_way_than_its_entry() {
    fn index(step: &mut Step, change: fn(&mut IndexChange)) {
        if step.entries[0].seq == Seq(2) && step.entries[0].object == object(1) {
            change(&mut step.entries[0].index);
        }
    }
    found!(Fault::Commit(|step| index(step, |index| _ = index.closes.pop()));
        [Finding::Unexpected { view: Position(8), .. }, Finding::Missing { view: Position(8), .. }, ..]);
    found!(Fault::Commit(|step| index(step, |index| index.closes.push(state_of_one())));
        [Finding::Unexpected { view: Position(8), .. }, Finding::Missing { view: Position(8), .. }, ..]);
    found!(Fault::Commit(|step| index(step, |index| index.opens[0].present = !index.opens[0].present));
        [Finding::Unexpected { view: Position(8), .. }, Finding::Missing { view: Position(8), .. }, ..]);
    found!(Fault::Commit(|step| if step.entries[0].seq == Seq(3) { step.entries[0].index.boundaries_gone.clear() });
        [Finding::Unexpected { view: Position(8), piece: Piece::Boundary(_) }, ..]);
}

fn state_of_one() -> PostingDraft {
    let state = &unit().states[0];
    PostingDraft { key: Key::state(state.id, state.values[0].id), valid: days(0, 5), present: true }
}

#[test]
fn a_boundary_that_is_lost_or_that_nobody_made() {
    found!(Fault::Boundaries(|view, boundaries| if view.0 == 8 { _ = boundaries.remove(0) });
        [Finding::Missing { view: Position(8), piece: Piece::Boundary(_) }]);
    found!(Fault::Boundaries(|view, boundaries| if view.0 == 8 { boundaries.push(Boundary {
            at: Timestamp::from_micros(77).unwrap(), object: object(1) }) });
        [Finding::Unexpected { view: Position(8), piece: Piece::Boundary(_) }]);
}

#[test]
fn a_term_that_is_lost_or_that_nobody_made() {
    let lost = |terms: &mut Vec<Key>| terms.retain(|key| key.folded() != Some(("first", true)));
    found!(Fault::Terms(lost);
        [Finding::Missing { piece: Piece::Term(key), .. }] if key.folded() == Some(("first", true)));
    let added = |terms: &mut Vec<Key>| {
        if terms.iter().any(|key| key.folded() == Some(("first", true))) {
            terms.push(Key::text(unit().groups[0].fields[1].id, "nobody"));
        }
    };
    found!(Fault::Terms(added);
        [Finding::Unexpected { piece: Piece::Term(key), .. }] if key.folded() == Some(("nobody", true)));
}

/// From the ends of steps about a third and two thirds into the history the store must show what it showed.
#[test]
fn an_older_position_that_shows_something_else() {
    found!(Fault::Postings(|view, postings| if view.0 == 3 { _ = postings.pop() });
        [Finding::Missing { view: Position(3), piece: Piece::Posting(_) }]);
    found!(Fault::Boundaries(|view, boundaries| if view.0 == 6 { _ = boundaries.pop() });
        [Finding::Missing { view: Position(6), piece: Piece::Boundary(_) }]);
    found!(Fault::History(|view, chain| if view.0 == 6 { chain.iter_mut().for_each(|encoded| ended(encoded, 4)) });
        [Finding::History { view: Position(6), seq: Seq(2), .. }]);
    let newest = |view: Position, of: &Asked, found: &mut Found| {
        if let ([(object, KnownAt::Latest)], [answer]) = (of, found.as_mut_slice())
            && (view, *object) == (Position(6), self::object(3))
        {
            *answer = None;
        }
    };
    found!(Fault::Registrations(newest);
        [Finding::Registration { view: Position(6), known: KnownAt::Latest, expected: Some(_), found: None, .. }]);
}

#[test]
fn only_so_much_is_named_and_all_of_it_counted() {
    let (store, _) = empty(Fault::Nothing);
    let service = block_on(Service::open(store.clone(), shipped_classes(), || [7; 16])).unwrap();
    for number in 1..=300 {
        block_on(service.create(object(number), content(&unit(), "unit"), By::default())).unwrap();
    }
    let store = Tampered { fault: Arc::new(Fault::Boundaries(|_, boundaries| boundaries.clear())), ..store };
    let report = checked(&store);
    assert_eq!(report.findings.len(), 1_000);
    assert!(report.found > 1_000 && report.to_string().ends_with("more\n"), "{}", report.found);
    assert!(matches!(report.findings[0], Finding::Unnamed { buckets: 44, .. }), "{}", report.findings[0]);
}

/// A writer that goes on while the store is checked, here at the latest moment: between ledger and terms.
#[test]
fn what_comes_while_the_store_is_checked_is_left_alone() {
    let store = filled(Fault::Nothing);
    let service = block_on(Service::open(store.clone(), shipped_classes(), || [7; 16])).unwrap();
    let later = RefCell::new(variants().pop());
    let report = block_on(check(&store, |_| {
        let Some(declared) = later.take() else { return };
        block_on(service.update(object(1), renamed(&unit(), "later"), By::default())).unwrap();
        let service = block_on(Service::open(store.clone(), declared, || [7; 16])).unwrap();
        block_on(service.create(object(4), content(&unit(), "latest"), By::default())).unwrap();
    }));
    assert_eq!(report.unwrap().findings, []);
    assert_eq!(checked(&store).position, Position(11));
}

/// The classes as they were shipped, and as they may be declared instead.
fn variants() -> Vec<Vec<ClassDeclaration>> {
    let changed = |change: fn(&mut ClassDeclaration)| {
        let mut classes = shipped_classes();
        change(classes.iter_mut().find(|class| class.name == "user").unwrap());
        classes
    };
    vec![
        shipped_classes(),
        changed(|class| class.presence = None),
        changed(|class| class.groups[0].fields.retain(|field| field.mandatory)),
        changed(|class| class.groups[1].fields.iter_mut().for_each(|field| field.mandatory = true)),
        changed(|class| class.derived.clear()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200), ..ProptestConfig::default() })]

    /// Whatever is done to a store through the service, and however its classes are declared meanwhile.
    #[test]
    fn a_store_that_the_service_made_is_in_order(acts in acts()) {
        let (store, _) = empty(Fault::Nothing);
        let mut service = block_on(Service::open(store.clone(), shipped_classes(), || [7; 16])).unwrap();
        let class = service.schema().class_named("user").unwrap().id;
        let variants = variants();
        for act in acts {
            match act {
                Act::Declare(index) => {
                    service = block_on(Service::open(store.clone(), variants[index].clone(), || [7; 16])).unwrap();
                }
                // Some are refused, as they are meant to be.
                Act::Command(uuid, command) => _ = block_on(run(&service, ObjectId { class, uuid }, command)),
            }
        }
        let report = checked(&store);
        prop_assert!(report.is_clean(), "{report}");
    }
}

#[derive(Debug, Clone)]
enum Act {
    Declare(usize),
    Command(Uuid, Command),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
    let command = testing::command(schema.class_named("user").unwrap(), SmallAxis::default());
    let command = (testing::uuid(), command).prop_map(|(uuid, command)| Act::Command(uuid, command));
    prop::collection::vec(prop_oneof![8 => command, 1 => (0..variants().len()).prop_map(Act::Declare)], 1..32)
}

async fn run(service: &Service<Tampered>, object: ObjectId, command: Command) -> Result<Written, Error> {
    match command {
        Command::Create(content) => service.create(object, content, By::default()).await,
        Command::Import(content) => service.import(object, content, By::default()).await,
        Command::Update(patch) => service.update(object, patch, By::default()).await,
        Command::Passivate => service.passivate(object, By::default()).await,
        Command::Delete => service.delete(object, By::default()).await,
    }
}
