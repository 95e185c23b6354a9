//! A third opinion in plain SQL about paths: every registration of the ledger exploded into rows, one for each instant at
//! which it was believed, each instant at which it holds, and each value; a path is one SELECT over these rows.
//!
//! Judged are, of the service on this store and on the one in memory, as known latest and at an instant, in windows and
//! at instants, of all rows and of some: which rows there are, in which order, since which registrations they are
//! believed, and which came, went or moved between two times of knowledge. The SQL shares nothing with executor, index
//! and merge, nor with the definition; it has from the core what the ledger's registrations say, and the numbers of names.
//!
//! Not judged are what causes changes, pages of an answer, and restrictions by filters other than `below`: for these
//! there is the definition (`lora_core::testing::paths`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use lora_core::Service;
use lora_core::object::{Content, LifeCycle, ObjectId, Position};
use lora_core::paths::{Among, Change, Evidence, Grounds, Question, Row};
use lora_core::query::eval::Command;
use lora_core::query::execute::Limits;
use lora_core::query::{Known, TimeContext};
use lora_core::schema::{ClassDeclaration, Schema};
use lora_core::service::Written;
use lora_core::storage::{KnownAt, MemoryStore, Read, Storage};
use lora_core::testing::paths::{Script, script};
use lora_core::testing::queries::Act;
use lora_core::time::{Clock, ManualClock, Period, Timestamp, TransactionTime, ValidTime};
use lora_postgres::PostgresStore;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::exploded::{Believed, Instants, explode, load, registrations};
use crate::plain_path;
use crate::support::{TestDatabase, new_tenant, run};
use crate::told::{cases, command, history, opened};

/// The instant at which scripts begin.
const BEGIN: i64 = 1_000;
/// A service that is told a script.
struct Told<S: Storage> {
    service: Service<S>,
    clock: Arc<ManualClock>,
    /// The classes, each from a position on.
    declared: Vec<(Position, Arc<Schema>)>,
    /// The instants of the newest registrations.
    newest: BTreeMap<ObjectId, i64>,
    /// Whether what is created is taken from another register, in which several objects are of one instant.
    is_taken: bool,
}

impl<S: Storage> Told<S> {
    async fn all(store: S, clock: Arc<ManualClock>, script: &Script<()>) -> Self {
        let service = opened(store, script.classes.clone()).await;
        let is_taken = script.questions[0].2.index(2) == 1;
        let mut told = Self { service, clock, declared: Vec::new(), newest: BTreeMap::new(), is_taken };
        told.note_declared().await;
        for act in &script.acts {
            told.act(act.clone()).await;
        }
        told
    }

    async fn act(&mut self, act: Act<()>) {
        match act {
            Act::Command(object, Command::Create(content), _) if self.is_taken => {
                let now = self.clock.now().sort_key() / 10 * 10;
                self.history(object, (LifeCycle::Imported, content), now).await;
            }
            Act::Command(object, given, by) => {
                if let Ok(Written::Registered(receipt)) = command(&self.service, object, given, by).await {
                    self.newest.insert(object, receipt.instant.sort_key());
                }
            }
            Act::History(object, lifecycle, content, after) => {
                let after = self.newest.get(&object).unwrap_or(&(BEGIN - 50)) + after;
                self.history(object, (lifecycle, content), after).await;
            }
            Act::Clock(micros) => self.clock.set(micros).unwrap(),
            Act::Declare(classes) => self.declare(classes).await,
            Act::Query(..) | Act::Event(()) => {}
        }
    }

    async fn history(&mut self, object: ObjectId, stated: (LifeCycle, Content), micros: i64) {
        if history(&self.service, &self.clock, object, stated, micros).await.is_ok() {
            self.newest.insert(object, micros);
        }
    }

    async fn declare(&mut self, classes: Vec<ClassDeclaration>) {
        self.service = opened(self.service.store().clone(), classes).await;
        self.note_declared().await;
    }

    async fn note_declared(&mut self) {
        let position = self.service.view(None).await.unwrap().position();
        self.declared.push((position, self.service.schema().clone()));
    }

    async fn rows(&self, question: &Question, at: Position) -> Vec<(Row, Grounds)> {
        let view = self.service.view(Some(at)).await.unwrap();
        let rows = self.service.rows(&view, question, None, usize::MAX - 1, Limits::NONE).await.unwrap().rows;
        let grounds = self.service.grounds(&view, question, &rows, Limits::NONE).await.unwrap();
        rows.into_iter().zip(grounds).collect()
    }

    async fn changes(&self, question: &Question, compared: KnownAt, at: Position) -> Vec<Differing> {
        let view = self.service.view(Some(at)).await.unwrap();
        let page = self.service.row_changes(&view, question, compared, None, usize::MAX - 1, Limits::NONE).await;
        page.unwrap().changes.into_iter().flat_map(differing).collect()
    }
}

/// A period of objects that are known to hold together otherwise, and whether it is as known later.
type Differing = (Vec<Option<Uuid>>, bool, Period<ValidTime>);

fn differing(change: Change) -> Vec<Differing> {
    let Change { objects, before, after, causes: _ } = change;
    let before = before.into_iter().map(|period| (objects.clone(), false, period));
    before.chain(after.into_iter().map(|period| (objects.clone(), true, period))).collect()
}

/// What the tables say.
struct Plain<'a> {
    client: &'a Client,
    all: &'a [Believed],
}

impl Plain<'_> {
    async fn rows(&self, select: Option<&String>) -> Vec<(Row, Grounds)> {
        let Some(select) = select else { return Vec::new() };
        let found = self.client.query(select, &[]).await.unwrap();
        let row = |row: &tokio_postgres::Row| {
            let grounds: Vec<Option<i64>> = row.get(3);
            let grounds = grounds.into_iter().map(|position| position.map(|position| self.evidence(position)));
            (Row { objects: row.get(0), valid: period(row.get(1), row.get(2)) }, grounds.collect())
        };
        found.iter().map(row).collect()
    }

    async fn changes(&self, select: Option<&String>) -> Vec<Differing> {
        let Some(select) = select else { return Vec::new() };
        let found = self.client.query(select, &[]).await.unwrap();
        found.iter().map(|row| (row.get(0), row.get(1), period(row.get(2), row.get(3)))).collect()
    }

    fn evidence(&self, position: i64) -> Evidence {
        let position = Position(position.try_into().unwrap());
        let Believed { since, registration, .. } = self.all.iter().find(|one| one.position == position).unwrap();
        Evidence {
            object: registration.object,
            position,
            registered: *since,
            lifecycle: registration.lifecycle,
            actor: registration.actor,
            note: registration.note.clone(),
            batch: registration.batch,
        }
    }
}

fn period(from: i64, to: i64) -> Period<ValidTime> {
    let at = |key| Timestamp::from_sort_key(key).unwrap();
    Period::new(at(from), at(to)).unwrap()
}

/// How often there was what.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<&'static str, u32>>);

impl Tally {
    fn add(&self, question: &Question, rows: &[(Row, Grounds)], changes: &[Differing], all: &[Believed]) {
        let mut times = self.0.lock().unwrap();
        let mut add = |is: bool, kind| *times.entry(kind).or_default() += u32::from(is);
        let Question { path, restrictions, .. } = question;
        let missing = |(row, _): &(Row, Grounds)| row.objects.iter().any(Option::is_none);
        let superseded = |one: &Evidence| {
            all.iter().any(|later| later.registration.object == one.object && later.position > one.position)
        };
        let of = |is_later| changes.iter().filter(move |change| change.1 == is_later).map(|change| &change.0);
        let (before, after): (BTreeSet<_>, BTreeSet<_>) = (of(false).collect(), of(true).collect());
        let found = !rows.is_empty();
        add(true, "questions");
        add(found, "rows");
        add(found && path.nodes.len() > 2, "rows of a longer path");
        add(rows.iter().any(missing), "something missing");
        add(path.nodes.iter().any(|node| node.optional) && !rows.iter().all(missing), "nothing missing");
        add(rows.windows(2).any(|pair| pair[0].0.objects == pair[1].0.objects), "several periods");
        add(rows.iter().any(|(_, grounds)| grounds.iter().flatten().any(superseded)), "believed for longer");
        add(found && restrictions.iter().any(|it| matches!(it.to, Among::These(_))), "only some");
        add(found && restrictions.iter().any(|it| matches!(it.to, Among::Selected(_))), "below");
        add(!after.is_subset(&before), "came");
        add(!before.is_subset(&after), "went");
        add(!before.is_disjoint(&after), "moved");
    }

    /// The comparison means little where nothing is found; in 24 scripts there is at least so much, but for one time in
    /// thousands.
    fn assert_enough(self) {
        let times = self.0.into_inner().unwrap();
        let count = |kinds: &[&str]| kinds.iter().map(|kind| times[kind]).sum::<u32>();
        let enough = |kinds: &[&str], of: u32| assert!(count(kinds) >= cases() / of, "{kinds:?} of {times:#?}");
        enough(&["rows"], 1);
        enough(&["only some", "below"], 1);
        enough(&["something missing"], 2);
        for kind in ["rows of a longer path", "believed for longer", "came"] {
            enough(&[kind], 4);
        }
        enough(&["went", "moved"], 24);
    }
}

/// The questions of a script, restricted only as plain SQL can tell.
fn asked(script: &Script<()>) -> impl Iterator<Item = (Question, KnownAt)> {
    let is_told = |among: &Among| matches!(among, Among::These(_)) || plain_path::below(among).is_some();
    script.questions.iter().map(move |(question, compared, _)| {
        let mut question = question.clone();
        question.restrictions.retain(|restriction| is_told(&restriction.to));
        (question, *compared)
    })
}

/// Without restrictions, at instants, with other nodes optional: as known when something was registered, and what was
/// known otherwise later.
fn asked_in_turn(script: &Script<()>, all: &[Believed]) -> Vec<(Question, KnownAt)> {
    let instants: Vec<_> = all.iter().map(|one| one.since).collect::<BTreeSet<_>>().into_iter().collect();
    let some: Vec<_> = instants.into_iter().rev().step_by(2).take(4).collect();
    let in_turn = |(turn, at): (usize, &Timestamp<TransactionTime>)| {
        let (given, _, index) = &script.questions[turn % script.questions.len()];
        let mut path = given.path.clone();
        let optional = index.index(16) + turn;
        path.nodes.iter_mut().skip(1).enumerate().for_each(|(bit, node)| node.optional = optional >> bit & 1 == 1);
        let valid = Period::instant(Timestamp::from_micros(5 + 15 * turn as i64).unwrap());
        let context = TimeContext { known: Known::During(Period::instant(*at)), valid, ..given.context };
        let compared = if turn < 2 { KnownAt::Latest } else { KnownAt::Instant(some[turn - 2]) };
        (Question::new(path, context).unwrap(), compared)
    };
    some.iter().enumerate().map(in_turn).collect()
}

/// The same of the objects of a row that was found, for the last two nodes that have one, and always: where they are not
/// tied, others may be, or none.
fn only_of(question: &Question, row: &Row) -> Question {
    let objects = row.objects.iter().zip(&question.path.nodes);
    let last = objects.filter_map(|(object, node)| Some((&node.name, (*object)?))).rev().take(2);
    let always = Question { context: question.context.always(), ..question.clone() };
    last.fold(always, |question, (node, uuid)| question.only(node, [uuid]).unwrap())
}

/// Whatever lies below another object than that of a row, for the last node that something can lie below.
fn below_another(question: &Question, row: &Row) -> Option<Question> {
    let mut objects = row.objects.iter().zip(&question.path.nodes).rev();
    let (uuid, node) = objects.find_map(|(object, node)| Some(((*object)?, node.below.and(Some(node))?)))?;
    let another = Uuid::from_u128(uuid.as_u128() % 4 + 1);
    Some(question.clone().below(&node.name, [another]).unwrap())
}

/// A store and the one in memory that were told a script, what plain SQL says of it, and how often there was what.
struct Three<'a> {
    postgres: Told<PostgresStore>,
    memory: Told<MemoryStore>,
    plain: Plain<'a>,
    tally: &'a Tally,
}

impl Three<'_> {
    /// All are asked, and must say the same.
    async fn ask(&self, question: &Question, compared: KnownAt, at: Position) -> Vec<(Row, Grounds)> {
        let Self { postgres, memory, plain, tally } = self;
        let select = plain_path::rows(question, at);
        let rows = plain.rows(select.as_ref()).await;
        let found = (postgres.rows(question, at).await, memory.rows(question, at).await);
        assert_eq!(found, (rows.clone(), rows.clone()), "{question:#?} at {at}; the third opinion is {select:?}");
        let select = plain_path::changes(question, compared);
        let changes = plain.changes(select.as_ref()).await;
        let found = (postgres.changes(question, compared, at).await, memory.changes(question, compared, at).await);
        let expected = (changes.clone(), changes.clone());
        assert_eq!(found, expected, "{question:#?}, {compared:?} at {at}; the third opinion is {select:?}");
        tally.add(question, &rows, &changes, plain.all);
        rows
    }
}

async fn compare(database: &TestDatabase, script: &Script<()>, tally: &Tally) {
    let clocks: [Arc<ManualClock>; 2] = std::array::from_fn(|_| Arc::new(ManualClock::at(BEGIN).unwrap()));
    let store = PostgresStore::new(database.pool(), new_tenant(), clocks[0].clone());
    let postgres = Told::all(store.clone(), clocks[0].clone(), script).await;
    let memory = Told::all(MemoryStore::new(clocks[1].clone()), clocks[1].clone(), script).await;
    assert_eq!(postgres.declared, memory.declared);
    let all = registrations(&store).await;
    let questions: Vec<_> = asked(script).chain(asked_in_turn(script, &all)).collect();
    let mut instants = Instants::of(&all, questions.iter().map(|(question, _)| &question.context));
    instants.known.extend(questions.iter().map(|(_, compared)| plain_path::known_at(*compared)));
    let client = database.client().await;
    // What the planner cannot foresee of so small tables it takes for a single row.
    client.batch_execute("SET enable_nestloop = off; SET jit = off").await.unwrap();
    load(&client, &all, &instants).await;
    plain_path::declare(&client, &postgres.declared).await;
    let three = Three { postgres, memory, plain: Plain { client: &client, all: &all }, tally };
    // At the newest position, and at one gone by.
    let newest = store.view(None).await.unwrap().position();
    let gone_by = newest.0 - script.questions[0].2.index(newest.0.div_ceil(2) as usize) as u64;
    for at in BTreeSet::from([newest, Position(gone_by)]) {
        explode(&client, at).await;
        for (question, compared) in &questions {
            let rows = three.ask(question, *compared, at).await;
            let Some((row, _)) = rows.get(rows.len() / 2).filter(|_| at == newest) else { continue };
            let only = only_of(question, row);
            three.ask(&only, *compared, at).await;
            // Of two restrictions an answer begins with one and is checked by the other.
            let alone = rows.len() % 2 == 0;
            if let Some(below) = below_another(if alone { question } else { &only }, row) {
                three.ask(&below, *compared, at).await;
            }
        }
    }
}

#[test]
fn a_third_opinion_in_plain_sql_follows_paths_the_same() {
    let (database, tally) = (run(TestDatabase::new()), Tally::default());
    let mut runner = TestRunner::new(ProptestConfig { cases: cases(), ..ProptestConfig::default() });
    let done = runner.run(&script(None), |script| {
        run(compare(&database, &script, &tally));
        Ok(())
    });
    done.unwrap_or_else(|failure| panic!("{failure}"));
    tally.assert_enough();
}
