//! The embedded store, from its own level up to HTTP.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lora_cli::generate::{Options as Municipality, lines};
use lora_cli::transfer::{self, Loading, TextFile};
use lora_core::Service;
use lora_core::object::{AttributePatch, Change, Content, Effect, ObjectId, Patch, Target};
use lora_core::oio::{shipped_classes, write_object};
use lora_core::query::{Criterion, Known, Page, Pattern, Search, TimeContext, ValueTest};
use lora_core::schema::{Class, Value};
use lora_core::service::By;
use lora_core::time::{Clock, Period};
use lora_embedded::home::Home;
use lora_embedded::{EmbeddedStore, EmbeddedView, Options, SystemClock};
use pollster::block_on;
use uuid::Uuid;

use crate::figures::{Failed, Times, fact, memory_mb, row};
use crate::yardsticks::{RawEngine, append_and_sync, per};
use crate::{corrections, http};

/// How often what takes microseconds is repeated.
const READS: usize = 20_000;
/// How often what is synced is repeated.
const WRITES: usize = 3_000;
/// Clients that write side by side.
const CLIENTS: usize = 64;

/// A store with the municipality, and what is asked of it.
struct Bench {
    service: Service<EmbeddedStore>,
    class: Class,
    /// All functions: engagements, managers, accounts …
    functions: Vec<Uuid>,
}

pub(crate) fn open(folder: &Path) -> Result<EmbeddedStore, Failed> {
    let files = Home::open(folder, "benches")?.files();
    Ok(EmbeddedStore::open(Arc::new(files), Arc::new(SystemClock), Options::default())?)
}

pub(crate) fn serve(store: EmbeddedStore) -> Result<Service<EmbeddedStore>, Failed> {
    Ok(block_on(Service::open(store, shipped_classes(), || Uuid::new_v4().into_bytes()))?)
}

/// Measures everything, and prints the table.
pub(crate) fn run(registrations: u64, folder: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir_in(folder)?;
    let (text, data) = (folder.path().join("municipality.jsonl"), folder.path().join("data"));
    let count = generate(&text, registrations)?;
    println!("| operation | p50 | p99 | beside |\n|---|---|---|---|");
    let store = load(&text, &data, count)?;
    export_and_restore(&store, folder.path(), count)?;
    drop(store);
    let begin = Instant::now();
    let store = open(&data)?;
    fact("open, in the process", &format!("{:.0} ms", begin.elapsed().as_secs_f64() * 1e3), "");
    let bench = Bench::of(serve(store)?)?;
    reads(&bench, folder.path())?;
    writes(&bench, folder.path())?;
    corrections::run(&bench.service)?;
    drop(bench);
    http::run(&data)
}

fn generate(path: &Path, registrations: u64) -> Result<u64, Failed> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut count = 0;
    for line in lines(&Municipality { registrations, ..Municipality::default() })? {
        writeln!(out, "{line}")?;
        count += 1;
    }
    out.flush()?;
    Ok(count - 1)
}

fn load(text: &Path, data: &Path, count: u64) -> Result<EmbeddedStore, Failed> {
    let service = serve(open(data)?)?;
    let input = TextFile::open(text, data)?;
    let begin = Instant::now();
    let into = Some(Loading::new(service.store().clone()));
    block_on(transfer::assert(&service, into, &input, SystemClock.now(), |_| {}))?;
    rate("import, asserted, index included", count, begin.elapsed());
    let store = service.store().clone();
    drop(service);
    drop(store);
    let bytes = size(data)?;
    fact("on disk after it", &format!("{} MB", bytes >> 20), &format!("{} bytes a registration", bytes / count));
    open(data)
}

fn export_and_restore(store: &EmbeddedStore, folder: &Path, count: u64) -> Result<(), Failed> {
    let (text, data) = (folder.join("export.jsonl"), folder.join("restored"));
    let begin = Instant::now();
    let mut out = BufWriter::new(File::create(&text)?);
    block_on(transfer::export(store, None, &mut out, |_| {}))?;
    rate("export", count, begin.elapsed());
    let restored = open(&data)?;
    let begin = Instant::now();
    let (input, salts) = (TextFile::open(&text, folder)?, || Uuid::new_v4().into_bytes());
    block_on(transfer::restore(&restored, Loading::new(restored.clone()), &input, &salts, |_| {}))?;
    rate("import, restored, index included", count, begin.elapsed());
    drop(restored);
    let bytes = size(&data)?;
    fact("on disk after it", &format!("{} MB", bytes >> 20), &format!("{} bytes a registration", bytes / count));
    fs::remove_dir_all(&data)?;
    Ok(fs::remove_file(&text)?)
}

fn rate(what: &str, count: u64, time: Duration) {
    fact(what, &format!("{:.1} s", time.as_secs_f64()), &format!("{:.0}/s", per(count as usize, time)));
}

fn size(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        total += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(total)
}

impl Bench {
    fn of(service: Service<EmbeddedStore>) -> Result<Self, Failed> {
        let class = service.schema().class_named("organisation_function").ok_or("it is shipped")?.clone();
        let all = Search {
            class: class.id,
            criteria: Vec::new(),
            context: TimeContext::now(SystemClock.now()).always(),
            page: Page::default(),
        };
        let functions = block_on(service.search(&block_on(service.view(None))?, &all))?;
        Ok(Self { service, class, functions })
    }

    /// Spread over all of them, the same in each run.
    fn object(&self, number: usize) -> ObjectId {
        ObjectId { class: self.class.id, uuid: self.functions[number * 7919 % self.functions.len()] }
    }

    fn json(&self, view: &EmbeddedView, object: ObjectId, context: &TimeContext) -> Result<Vec<u8>, Failed> {
        let mut out = Vec::with_capacity(4096);
        if let Some(answer) = block_on(self.service.read(view, object, context))? {
            write_object(&mut out, &self.class, &answer);
        }
        Ok(out)
    }

    fn search(
        &self,
        view: &EmbeddedView,
        criteria: Vec<Criterion>,
        context: &TimeContext,
    ) -> Result<Vec<Uuid>, Failed> {
        let search = Search { class: self.class.id, criteria, context: *context, page: Page::default() };
        Ok(block_on(self.service.search(view, &search))?)
    }

    fn renamed(&self, name: String) -> Patch {
        let group = &self.class.groups[0];
        let values = [(group.fields[0].id, Change::Set(Value::Text(name)))].into_iter().collect();
        let rows = vec![AttributePatch { values, effect: Effect::during(Period::ALWAYS) }];
        Patch { attributes: [(group.id, Change::Set(rows))].into_iter().collect(), ..Patch::default() }
    }

    fn content(&self, object: ObjectId) -> Result<Content, Failed> {
        let view = block_on(self.service.view(None))?;
        let context = TimeContext::now(SystemClock.now()).always();
        let answer = block_on(self.service.read(&view, object, &context))?.ok_or("it was found")?;
        Ok(answer.registrations[0].registration.content.clone())
    }
}

fn reads(bench: &Bench, folder: &Path) -> Result<(), Failed> {
    let view = block_on(bench.service.view(None))?;
    let now = TimeContext::now(SystemClock.now());
    let example = bench.json(&view, bench.object(1), &now)?.len();
    let engine = RawEngine::filled(&folder.join("raw.redb"), 100_000, 1_000)?;
    let get = engine.gets(READS)?;
    row("raw get of 1,000 bytes (redb, one transaction held)", &get, None);
    let beside = Some(("raw get", &get));
    let current = Times::of(READS, |number| bench.json(&view, bench.object(number), &now))?;
    row(&format!("read current, with OIO JSON ({example} bytes)"), &current, beside);
    let past = TimeContext { known: Known::at(view_instant(bench)?), ..now };
    let known = Times::of(READS, |number| bench.json(&view, bench.object(number), &past))?;
    row("read as known in the past", &known, Some(("read current", &current)));

    let (relation, target) = busiest_relation(bench)?;
    let by_relation = || vec![Criterion::Relation { relation, object_type: None, targets: vec![target.clone()] }];
    let hits = bench.search(&view, by_relation(), &now)?.len();
    let search = Times::of(READS / 10, |_| bench.search(&view, by_relation(), &now))?;
    row(&format!("search, one relation, {hits} hits"), &search, beside);
    let search = Times::of(READS / 10, |_| bench.search(&view, by_relation(), &past))?;
    row("the same as known in the past", &search, beside);
    let key = bench.class.groups[0].fields[0].id;
    let text = user_key(bench)?;
    let by_key = || vec![Criterion::Attribute { field: key, test: ValueTest::Like(Pattern::exactly(&text)) }];
    let search = Times::of(READS / 10, |_| bench.search(&view, by_key(), &now))?;
    row("search, one exact text", &search, beside);
    Ok(())
}

/// An instant at which about half of everything was known.
fn view_instant(bench: &Bench) -> Result<lora_core::time::Timestamp<lora_core::time::TransactionTime>, Failed> {
    let view = block_on(bench.service.view(None))?;
    let context = TimeContext::now(SystemClock.now()).always();
    let mut known = Vec::new();
    for number in 0..1_000 {
        let answer = block_on(bench.service.read(&view, bench.object(number), &context))?.ok_or("it was found")?;
        known.push(answer.registrations[0].registered.from());
    }
    known.sort();
    Ok(known[known.len() / 2])
}

/// A relation of some function whose target about 40 functions share.
fn busiest_relation(bench: &Bench) -> Result<(lora_core::schema::FieldId, Target), Failed> {
    let view = block_on(bench.service.view(None))?;
    let now = TimeContext::now(SystemClock.now());
    let mut best: Option<(usize, (lora_core::schema::FieldId, Target))> = None;
    for number in 0..50 {
        let content = bench.content(bench.object(number))?;
        for (relation, rows) in content.all_relations() {
            let target = rows[0].target.clone();
            let criteria = vec![Criterion::Relation { relation, object_type: None, targets: vec![target.clone()] }];
            let distance = bench.search(&view, criteria, &now)?.len().abs_diff(40);
            if best.as_ref().is_none_or(|(nearest, _)| distance < *nearest) {
                best = Some((distance, (relation, target)));
            }
        }
    }
    Ok(best.ok_or("functions have relations")?.1)
}

fn user_key(bench: &Bench) -> Result<String, Failed> {
    let content = bench.content(bench.object(5))?;
    let value = content.attributes(bench.class.groups[0].id)[0].value(bench.class.groups[0].fields[0].id).cloned();
    Ok(value.map(|value| value.texts().concat()).unwrap_or_default())
}

fn writes(bench: &Bench, folder: &Path) -> Result<(), Failed> {
    let raw = append_and_sync(folder, 1_000, WRITES)?;
    row("raw append of 1,000 bytes and sync", &raw, None);
    let beside = Some(("raw append", &raw));
    let update = |number: usize, name: String| -> Result<(), Failed> {
        block_on(bench.service.update(bench.object(number), bench.renamed(name), By::default()))?;
        Ok(())
    };
    row("update, durable, one client", &Times::of(WRITES, |number| update(number, format!("a{number}")))?, beside);
    let content = bench.content(bench.object(3))?;
    let create = Times::of(WRITES, |_| {
        let object = ObjectId { class: bench.class.id, uuid: Uuid::new_v4() };
        Ok(block_on(bench.service.create(object, content.clone(), By::default()))?)
    })?;
    row("create, durable, one client", &create, beside);
    let single = 1.0 / raw.median().as_secs_f64();
    for (what, seconds) in [("burst of 2 s", 2), ("sustained 60 s", 60)] {
        let (count, time, times) = many_clients(Duration::from_secs(seconds), &update)?;
        let rate = per(count, time);
        let compared = format!("{rate:.0}/s, {:.2} × raw appends of one client", rate / single);
        fact(
            &format!("updates, {CLIENTS} clients, {what}"),
            &format!("p50 {:.0} µs", times.median().as_secs_f64() * 1e6),
            &compared,
        );
    }
    fact("memory of the process after it", &format!("{} MB", memory_mb()), "");
    Ok(())
}

fn many_clients(
    during: Duration,
    update: &(impl Fn(usize, String) -> Result<(), Failed> + Sync),
) -> Result<(usize, Duration, Times), Failed> {
    let begin = Instant::now();
    let client = |client: usize| -> Result<Vec<Duration>, Failed> {
        let mut times = Vec::new();
        while begin.elapsed() < during {
            let number = client + CLIENTS * times.len();
            let called = Instant::now();
            update(number, format!("{client}-{number}"))?;
            times.push(called.elapsed());
        }
        Ok(times)
    };
    let client = &client;
    let times = thread::scope(|scope| {
        let running: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        let ended = running.into_iter().map(|thread| thread.join().map_err(|_| "a client panicked")?);
        ended.collect::<Result<Vec<_>, Failed>>()
    })?;
    let times: Vec<Duration> = times.into_iter().flatten().collect();
    Ok((times.len(), begin.elapsed(), Times::from_all(times)))
}
