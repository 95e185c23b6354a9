//! The bodies of the fuzz targets: each takes any bytes, and panics where what was accepted does not keep its law.
//!
//! `fuzz/fuzz_targets/` calls these under a nightly toolchain; `tests/fuzz_seeds.rs` runs them over the committed seeds
//! with the stable one.

use std::sync::{Arc, OnceLock};

use pollster::block_on;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{SmallAxis, history, search, shown};
use crate::Service;
use crate::codec::{Frame, Skeleton, decode_content, encode_content};
use crate::native::{Cursor, Question, digest, read_filter, read_question, write_filter, write_question};
use crate::object::{Content, LifeCycle, ObjectId, Position, Registration, Seq, merge, validate};
use crate::oio::json_lines::{read_entry, read_header, read_restored, write_entry, write_header};
use crate::oio::{
    Document, DocumentErrorKind, InputError, TimeTextError, point, read_new_object, read_note, read_update,
    shipped_classes, virkning_bound, window_bound, write_content, write_registration_time, write_virkning_bound,
};
use crate::query::eval::{Command, Outcome, World, flaws, like, updated};
use crate::query::{Pattern, fold};
use crate::schema::{Class, ClassDeclaration, Ids, Schema};
use crate::service::{By, Written};
use crate::storage::{Declarations, LedgerEntry, MemoryStore, Storage, postings};
use crate::time::{ManualClock, Timestamp, TransactionTime, ValidTime};

/// JSON as any shipped class reads it: what is accepted is written and read back as the same content.
///
/// # Panics
/// Where it is not, or where a rule and its definition differ about what was read.
pub fn oio_json(data: &[u8]) {
    let Ok(document) = Document::parse(data) else { return };
    let written = document.to_string();
    assert_eq!(Document::parse(written.as_bytes()).as_ref(), Ok(&document), "{written}");
    let _ = read_note(&document);
    for class in shipped().classes() {
        if let Ok(read) = read_new_object(class, &document) {
            let shown = shown(class, &read.content);
            let again = Document::parse(&json(class, &read.content)).expect("what we write is JSON");
            let again = read_new_object(class, &again).expect("what we write is accepted");
            assert_eq!(again.content, shown);
            assert_eq!(json(class, &again.content), json(class, &read.content));
            stored(class, &read.content);
        }
        if let Ok(read) = read_update(class, &document) {
            let merged = merge(class, &Content::EMPTY, &read.patch);
            if stored(class, &merged) {
                assert_eq!(merged, updated(class, &Content::EMPTY, &read.patch));
                let twice = merge(class, &merged, &read.patch);
                assert_eq!(twice, updated(class, &merged, &read.patch));
                stored(class, &twice);
            }
        }
    }
}

fn json(class: &Class, content: &Content) -> Vec<u8> {
    let mut out = vec![b'{'];
    write_content(&mut out, class, content);
    out.push(b'}');
    out
}

/// Whether the content is sound; if so, it is also indexed, encoded and decoded.
fn stored(class: &Class, content: &Content) -> bool {
    let flaws = flaws(class, content);
    let verdict = validate(class, content);
    assert_eq!(verdict.is_ok(), flaws.is_empty(), "{verdict:?}, but {flaws:?}");
    if verdict.is_ok() {
        let bytes = encode_content("", content);
        assert_eq!(decode_content(&bytes), Ok((String::new(), content.clone())));
        let registration = Registration {
            object: ObjectId { class: class.id, uuid: Uuid::nil() },
            seq: Seq::FIRST,
            lifecycle: LifeCycle::Created,
            actor: Uuid::nil(),
            note: String::new(),
            batch: None,
            asserted: None,
            content: content.clone(),
        };
        let postings = postings(class, &registration);
        assert!(postings.windows(2).all(|pair| pair[0] < pair[1]), "postings are sorted, and each is there once");
    }
    verdict.is_ok()
}

/// A line of a file: what is restored from it is written, and restored from that as the same.
///
/// # Panics
/// Where it is not.
pub fn json_lines(data: &[u8]) {
    let Ok(document) = Document::parse(data) else { return };
    if let Ok(header) = read_header(&document) {
        let mut line = Vec::new();
        write_header(&mut line, &header);
        let again = Document::parse(&line).expect("what we write is JSON");
        assert_eq!(read_header(&again), Ok(header));
    }
    let declarations = declarations();
    if let Ok(asserted) = read_entry(shipped(), &document)
        && let Some(history) = asserted.entry
    {
        let class = shipped().class(history.object.class).expect("it is one of these classes");
        assert_eq!(validate(class, &history.content), Ok(()));
    }
    let Ok(read) = read_restored(declarations, &document) else { return };
    if read.position == Position::default() {
        return; // Before the declarations there is no class.
    }
    let draft = read.entry.clone().into_draft(Seq::FIRST, [7; 16]);
    let (kind, object, frame) = (draft.kind, draft.object, Arc::new(draft.frame));
    let entry =
        LedgerEntry { position: read.position, instant: read.instant, kind, object, frame, chain: Default::default() };
    let mut line = Vec::new();
    write_entry(&mut line, declarations, &entry).expect("what was restored can be exported");
    let again = Document::parse(&line).expect("what we write is JSON");
    assert_eq!(read_restored(declarations, &again), Ok(read));
}

/// The declarations of a store with the shipped classes.
fn declarations() -> &'static Declarations {
    static DECLARATIONS: OnceLock<Declarations> = OnceLock::new();
    let view = || block_on(fixed().0.view(None)).expect("a view");
    DECLARATIONS.get_or_init(|| block_on(Declarations::of(&view())).expect("memory has no faults"))
}

/// Texts for instants: what is accepted is written and read back as the same instant.
///
/// # Panics
/// Where it is not.
pub fn time_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let now = Timestamp::<TransactionTime>::from_micros(1_700_000_000_123_456).expect("a finite instant");
    let bound = virkning_bound(text);
    let window: Result<Timestamp<ValidTime>, TimeTextError> = window_bound(text, now);
    let point: Result<Timestamp<ValidTime>, TimeTextError> = point(text);
    if let Ok(bound) = bound {
        assert_eq!(window.as_ref(), Ok(&bound), "what a virkning takes, a window takes as well");
    }
    assert!(point.as_ref().is_ok_and(|at| at.is_finite()) || point.is_err(), "a point is finite");
    for at in [bound, window, point].into_iter().flatten() {
        let mut written = Vec::new();
        write_virkning_bound(&mut written, at);
        let written = String::from_utf8(written).expect("we write texts");
        assert_eq!(virkning_bound(&written), Ok(at), "{written}");
        let mut written = Vec::new();
        write_registration_time(&mut written, at);
        let written = String::from_utf8(written).expect("we write texts");
        assert_eq!(window_bound(&written, now), Ok(at), "{written}");
    }
}

/// Bytes of a content, of a skeleton, of a frame: what is decoded is encoded canonically.
///
/// # Panics
/// Where encoding and decoding what was decoded gives something else.
pub fn codec(data: &[u8]) {
    if let Ok((note, content)) = decode_content(data) {
        let bytes = encode_content(&note, &content);
        let again = decode_content(&bytes).expect("what we encode can be decoded");
        assert_eq!(encode_content(&again.0, &again.1), bytes, "the bytes are canonical");
        assert_eq!(again, (note, content));
        for class in shipped().classes() {
            stored(class, &again.1);
        }
    }
    if let Ok(skeleton) = Skeleton::decode(data) {
        let bytes = skeleton.encode();
        assert_eq!(Skeleton::decode(&bytes), Ok(skeleton));
    }
    if let Some((length, rest)) = data.split_first() {
        let (skeleton, content) = rest.split_at(usize::from(*length).min(rest.len()));
        let frame = Frame { skeleton: skeleton.to_vec(), salt: [7; 16], content: content.to_vec() };
        if let Ok(registration) = frame.registration() {
            assert_eq!(Frame::of(&registration, [7; 16]).registration(), Ok(registration));
        }
    }
}

/// A class file: what is accepted goes through JSON unchanged, and keeps its ids when it is declared again.
///
/// # Panics
/// Where it does not.
pub fn class_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(declaration) = ClassDeclaration::from_toml("fuzzed.toml", text) else { return };
    let sound = declaration.problems().is_empty();
    let json = serde_json::to_vec(&declaration).expect("declarations are plain data");
    assert_eq!(serde_json::from_slice::<ClassDeclaration>(&json).ok().as_ref(), Some(&declaration));

    let before = shipped();
    let declared: Vec<ClassDeclaration> = shipped_classes().into_iter().chain([declaration.clone()]).collect();
    let Ok(schema) = Schema::new(&declared, before.ids().clone()) else { return };
    assert!(sound, "a declaration with problems was taken");
    assert_eq!(&schema.classes()[..before.classes().len()], before.classes(), "nothing is renumbered");
    let json = serde_json::to_vec(schema.ids()).expect("ids are plain data");
    let kept: Ids = serde_json::from_slice(&json).expect("what we write can be read");
    let again = Schema::new(&declared, kept).expect("what was taken is taken again");
    assert_eq!(again, schema, "the ids are kept");
    let class = schema.class_named(&declaration.name).expect("it was declared");
    let (fields, states) = (class.fields().map(|(_, field)| field.id), &class.states);
    let values = states.iter().flat_map(|state| state.values.iter().map(|value| value.id).chain([state.id]));
    let others = class.relations.iter().map(|relation| relation.id).chain(class.groups.iter().map(|group| group.id));
    let mut ids: Vec<_> =
        fields.chain(values).chain(others).chain(class.derived.iter().map(|derived| derived.id)).collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "every part has an id of its own");
}

/// JSON as a query, as a filter of every shipped class, and as a cursor: what is read is written, and read back as the
/// same in the one form that there is.
///
/// # Panics
/// Where it is not.
pub fn query_json(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(cursor) = Cursor::read(text, Uuid::nil(), [0; 32])
    {
        assert_eq!(cursor.written(), text);
    }
    let Ok(document) = Document::parse(data) else { return };
    let schema = shipped();
    if let Ok(question) = read_question(schema, &document) {
        let mut json = Vec::new();
        write_question(&mut json, schema, &question);
        same_again(&json, &question, |document| read_question(schema, document));
        let other = Question { after: None, limit: None, ..question.clone() };
        assert_eq!(digest(schema, &other), digest(schema, &question), "pages of one query have one digest");
    }
    for class in schema.classes() {
        let Ok(filter) = read_filter(schema, class, &document) else { continue };
        let mut json = Vec::new();
        write_filter(&mut json, schema, class, &filter);
        same_again(&json, &filter, |document| read_filter(schema, class, document));
    }
}

/// What stands for several filters is written out, which may make it larger or deeper than what may be read.
fn same_again<T: PartialEq>(json: &[u8], one: &T, read: impl Fn(&Document) -> Result<T, InputError>) {
    let json_text = String::from_utf8_lossy(json);
    match Document::parse(json) {
        Ok(document) => match read(&document) {
            Ok(again) => assert!(again == *one, "{json_text}"),
            Err(error) => assert_eq!(error.code, "too_many_parts", "{error}: {json_text}"),
        },
        Err(error) => assert_eq!(error.kind, DocumentErrorKind::TooDeep, "{json_text}"),
    }
}

/// A pattern, a line feed and a text; and a search of a fixed store, drawn with the bytes as seed.
///
/// # Panics
/// Where pattern or executor and the definition differ.
pub fn query(data: &[u8]) {
    let (source, text) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len()));
    if let (Ok(source), Ok(text)) = (std::str::from_utf8(source), std::str::from_utf8(text)) {
        pattern(source, text.trim_start_matches('\n'));
    }
    let (service, world) = fixed();
    let class = service.schema().class_named("class").expect("shipped");
    let Some(search) = drawn(search(class, SmallAxis::default(), REGISTERED), Sha256::digest(data).into()) else {
        return;
    };
    let (newest, at) = (world.newest, Position(1 + u64::from(data.last().copied().unwrap_or(0)) % world.newest));
    for at in [Position(newest), at] {
        let view = block_on(service.view(Some(at))).expect("a position that there is");
        let found = block_on(service.search(&view, &search)).expect("memory has no faults");
        assert_eq!(found, world.world.search(&search, at), "{search:?} at {at}");
    }
}

fn pattern(source: &str, text: &str) {
    // The definition tries every way, so it gets little to try.
    if source.len() > 64 || text.len() > 64 || source.matches('%').count() > 6 {
        return;
    }
    let exactly = Pattern::exactly(text);
    assert!(exactly.matches(text) && like(&exactly, text));
    assert_eq!(Pattern::parse(exactly.source()).as_ref(), Ok(&exactly));
    let Ok(pattern) = Pattern::parse(source) else { return };
    assert_eq!(pattern.source(), source);
    let matches = pattern.matches(text);
    assert_eq!(matches, like(&pattern, text), "{source} on {text}");
    if matches {
        assert!(fold(text).starts_with(pattern.prefix()));
    }
    if let Some(exact) = pattern.exact() {
        assert_eq!(matches, fold(text) == exact);
    }
}

/// What a generator makes from a seed.
fn drawn<T: std::fmt::Debug>(random: impl Strategy<Value = T>, seed: [u8; 32]) -> Option<T> {
    let config = Config { failure_persistence: None, ..Config::default() };
    // Handing the bytes through as random numbers would be finer, but draws for ever once they run out.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let tree = random.new_tree(&mut TestRunner::new_with_rng(config, rng)).ok()?;
    Some(tree.current())
}

fn shipped() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::new(&shipped_classes(), Ids::default()).expect("shipped with the crate and tested"))
}

const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 12 };

/// The definition's world, with the newest position in the ledger beside it.
struct Fixed {
    world: World,
    newest: u64,
}

/// A store of a few objects with a few registrations each, the same in every run.
fn fixed() -> &'static (Service<MemoryStore>, Fixed) {
    static FIXED: OnceLock<(Service<MemoryStore>, Fixed)> = OnceLock::new();
    FIXED.get_or_init(|| {
        let clock = Arc::new(ManualClock::at(REGISTERED.first).expect("a finite instant"));
        let store = MemoryStore::new(clock.clone());
        let service = block_on(Service::open(store, shipped_classes(), || [3; 16])).expect("shipped classes are sound");
        let class = service.schema().class_named("class").expect("shipped");
        let mut world = World::default();
        let mut runner = TestRunner::deterministic();
        let steps = history(class, SmallAxis::default(), REGISTERED, 24);
        let steps = steps.new_tree(&mut runner).expect("the generators refuse nothing").current();
        for (object, command, mut stamp) in steps {
            clock.set(stamp.registered.micros().expect("a finite instant")).expect("a finite instant");
            let by = By { actor: stamp.actor, note: stamp.note.clone(), batch: None };
            let written = block_on(async {
                match command.clone() {
                    Command::Create(content) => service.create(object, content, by).await,
                    Command::Import(content) => service.import(object, content, by).await,
                    Command::Update(patch) => service.update(object, patch, by).await,
                    Command::Passivate => service.passivate(object, by).await,
                    Command::Delete => service.delete(object, by).await,
                }
            });
            if let Ok(Written::Registered(receipt)) = written {
                (stamp.registered, stamp.position) = (receipt.instant, receipt.last);
                let outcome = world.apply(service.schema(), object, &command, stamp);
                assert!(matches!(outcome, Outcome::Registered(_)), "{outcome:?}");
            }
        }
        let newest = crate::storage::Read::position(&block_on(service.store().view(None)).expect("a view")).0;
        (service, Fixed { world, newest })
    })
}
