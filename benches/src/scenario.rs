//! What is measured at the level of a store: lines of data, and one function that carries out any of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lora_core::oio::write_object;
use lora_core::query::TimeContext;
use lora_core::service::Answer;
use lora_core::storage::Storage;
use lora_core::time::Clock;
use lora_embedded::SystemClock;

use crate::figures::{Failed, Figure, Times, Unit, memory};
use crate::goals::Measure;
use crate::load::serve;
use crate::place::{Place, Raw};
use crate::register::{Register, known_at};
use crate::report::Report;
use crate::writers;

/// Yardstick and operation take turns so often.
const ROUNDS: usize = 20;

/// Something that takes time.
#[derive(Debug, Clone, Copy)]
enum Task {
    RawRead,
    RawDocument,
    RawWrite,
    /// A function as OIO JSON.
    Read(When),
    SearchRelation(When),
    SearchThree,
    SearchKey,
    /// Of the two facets the one that was never corrected, and the one that often was.
    ReadSeldom(When),
    ReadOften(When),
    SearchSeldom(When),
    SearchOften(When),
    /// Everything below the root of the tree.
    Subtree(When),
    /// All rows of one system now.
    Access,
    /// The same with what they rest on.
    AccessGrounds,
    /// All rows of one system in a year, and what was known otherwise in the past.
    AccessInYear,
    /// As many raw reads as the tree has units, or the answer rows.
    RawReads(Count),
    Update,
    Create,
}

/// How many.
#[derive(Debug, Clone, Copy)]
enum Count {
    Units,
    Rows,
}

/// As known when.
#[derive(Debug, Clone, Copy)]
enum When {
    Now,
    Past,
    /// Half-way through the corrections.
    Middle,
}

/// How often something is repeated, as a part of the registrations.
#[derive(Debug, Clone, Copy)]
enum Often {
    Reads,
    Searches,
    Writes,
    /// A few times: of questions with thousands of answers.
    Whole,
}

/// A line of the scenario: what it is called, what is done, what it is compared with.
struct Line(&'static str, Task, Task, Often, &'static [Measure]);

use Often::{Reads, Searches, Whole, Writes};
use When::{Middle, Now, Past};

const READS: &[Line] = &[
    Line("read current, with OIO JSON", Task::Read(Now), Task::RawDocument, Reads, &[Measure::ReadCurrent]),
    Line("read as known in the past", Task::Read(Past), Task::Read(Now), Reads, &[Measure::ReadPast]),
    Line(
        "search, one relation and presence",
        Task::SearchRelation(Now),
        Task::RawRead,
        Searches,
        &[Measure::SearchRelation],
    ),
    Line("the same as known in the past", Task::SearchRelation(Past), Task::RawRead, Searches, &[]),
    Line("search, three terms", Task::SearchThree, Task::RawRead, Searches, &[Measure::SearchThree]),
    Line("search, one exact text", Task::SearchKey, Task::RawRead, Searches, &[]),
    Line(
        "read an object corrected often, now",
        Task::ReadOften(Now),
        Task::ReadSeldom(Now),
        Searches,
        &[Measure::CorrectedRead],
    ),
    Line(
        "the same as known half-way",
        Task::ReadOften(Middle),
        Task::ReadSeldom(Middle),
        Searches,
        &[Measure::CorrectedReadPast],
    ),
    Line("search its key, now", Task::SearchOften(Now), Task::SearchSeldom(Now), Searches, &[]),
    Line(
        "the same as known half-way",
        Task::SearchOften(Middle),
        Task::SearchSeldom(Middle),
        Searches,
        &[Measure::CorrectedSearchPast],
    ),
    Line("subtree", Task::Subtree(Now), Task::RawReads(Count::Units), Whole, &[Measure::Subtree]),
    Line(
        "the same as known before units moved",
        Task::Subtree(Past),
        Task::RawReads(Count::Units),
        Whole,
        &[Measure::SubtreePast],
    ),
    Line("access to one system now", Task::Access, Task::RawReads(Count::Rows), Whole, &[Measure::Access]),
    Line("the same with evidence of every hop", Task::AccessGrounds, Task::RawReads(Count::Rows), Whole, &[]),
    Line(
        "access in a year, with differences",
        Task::AccessInYear,
        Task::RawReads(Count::Rows),
        Whole,
        &[Measure::AccessInYear],
    ),
];

const WRITES: &[Line] = &[
    Line("update, durable, one client", Task::Update, Task::RawWrite, Writes, &[Measure::Update]),
    Line("create, durable, one client", Task::Create, Task::RawWrite, Writes, &[Measure::Create]),
];

/// Measures a filled store.
pub(crate) async fn run<P: Place>(
    place: &P,
    registrations: u64,
    sustained: Duration,
    report: &mut Report,
) -> Result<(), Failed> {
    let begin = Instant::now();
    let store = place.open().await?;
    let opened = begin.elapsed().as_secs_f64() * 1e3;
    report.add("open, in the process", Figure::new(opened, Unit::Millis), None, &[]);
    let corrections = (registrations / 50).clamp(40, 10_000) as usize;
    let units = (registrations / 100).clamp(40, 5_000) as usize;
    let register = Arc::new(Register::of(serve(store).await?, corrections, units).await?);
    place.settle().await?;
    report.add("a registration in the store", Figure::new(register.bytes as f64, Unit::Bytes), None, &[]);
    let bench = Bench::<P>::of(place, register.clone(), registrations).await?;
    for line in READS.iter().chain(WRITES) {
        bench.line(line, report).await?;
    }
    writers::run(place, &register, &bench.raw, sustained, report).await?;
    report.add("memory of this process after it", memory("self")?, None, &[]);
    bench.raw.remove().await
}

/// A register, its yardsticks, and a view that all reads share.
struct Bench<P: Place> {
    register: Arc<Register<P::Store>>,
    raw: P::Raw,
    view: <P::Store as Storage>::View,
    /// A document to be written again and again.
    hot: Answer,
    registrations: usize,
}

impl<P: Place> Bench<P> {
    async fn of(place: &P, register: Arc<Register<P::Store>>, registrations: u64) -> Result<Self, Failed> {
        let raw = place.raw(registrations.min(100_000) as usize, register.bytes).await?;
        let view = register.service.view(None).await?;
        let hot = register.read(&view, register.function(1), TimeContext::now(SystemClock.now())).await?;
        Ok(Self { register, raw, view, hot, registrations: registrations as usize })
    }

    /// Measures a line beside its yardstick, in turns.
    async fn line(&self, line: &Line, report: &mut Report) -> Result<(), Failed> {
        let Line(what, task, yardstick, often, measures) = *line;
        let each = (often.times(self.registrations) / ROUNDS).max(1);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            self.timed(yardstick, round * each..(round + 1) * each, &mut theirs).await?;
            self.timed(task, round * each..(round + 1) * each, &mut ours).await?;
        }
        let [ours, theirs] = [ours, theirs].map(|times| Figure::time(&Times::new(times)));
        let name = yardstick.name::<P::Raw>();
        let what = match task {
            Task::SearchRelation(Now) => format!("{what}, {} hits", self.register.criteria.hits),
            Task::Subtree(Now) => format!("{what} of {} units", self.register.tree.units),
            Task::Access => format!("{what}, {} rows", self.register.access.rows),
            _ => what.to_owned(),
        };
        report.add(what, ours, Some((name, theirs)), measures);
        Ok(())
    }

    async fn timed(
        &self,
        task: Task,
        numbers: std::ops::Range<usize>,
        times: &mut Vec<Duration>,
    ) -> Result<(), Failed> {
        for number in numbers {
            let begin = Instant::now();
            self.carry_out(task, number).await?;
            times.push(begin.elapsed());
        }
        Ok(())
    }

    async fn carry_out(&self, task: Task, number: usize) -> Result<(), Failed> {
        let Self { register, view, raw, .. } = self;
        let (criteria, corrected) = (&register.criteria, &register.corrected);
        match task {
            Task::RawRead => raw.read(number).await,
            Task::RawDocument => {
                raw.read(number).await?;
                if P::Raw::DOCUMENT_IS_WRITTEN {
                    self.write_document(&self.hot);
                }
                Ok(())
            }
            Task::RawWrite => raw.write().await,
            Task::Read(when) => {
                let context = self.context(when);
                // An object that was not known then is an answer as well.
                if let Some(answer) = register.service.read(view, register.function(number), &context).await? {
                    self.write_document(&answer);
                }
                Ok(())
            }
            Task::SearchRelation(when) => {
                let asked = vec![criteria.relation.clone(), criteria.presence.clone()];
                register.find(view, &register.class, asked, self.context(when)).await.map(drop)
            }
            Task::SearchThree => {
                let asked = vec![criteria.relation.clone(), criteria.presence.clone(), criteria.name.clone()];
                register.find(view, &register.class, asked, self.context(Now)).await.map(drop)
            }
            Task::SearchKey => {
                let asked = vec![criteria.key.clone()];
                register.find(view, &register.class, asked, self.context(Now)).await.map(drop)
            }
            Task::ReadSeldom(when) => register.read(view, corrected.seldom, self.context(when)).await.map(drop),
            Task::ReadOften(when) => register.read(view, corrected.often, self.context(when)).await.map(drop),
            Task::SearchSeldom(when) => self.find_one("seldom", when).await,
            Task::SearchOften(when) => self.find_one("flip", when).await,
            Task::Subtree(when) => {
                let found = register.tree.ask(&register.service, view, matches!(when, Past)).await?;
                is_all(found, register.tree.units)
            }
            Task::Access => {
                let rows = register.access.ask(&register.service, view).await?;
                is_all(rows, register.access.rows)
            }
            Task::AccessGrounds => {
                let rows = register.access.ask_grounds(&register.service, view).await?;
                is_all(rows, register.access.rows)
            }
            Task::AccessInYear => {
                register.access.ask_year(&register.service, view, register.past).await.map(std::hint::black_box)?;
                Ok(())
            }
            Task::RawReads(count) => {
                let count = match count {
                    Count::Units => register.tree.units,
                    Count::Rows => register.access.rows,
                };
                for read in 0..count {
                    raw.read(number + read).await?;
                }
                Ok(())
            }
            Task::Update => register.update(number, &format!("renamed {number}")).await,
            Task::Create => register.create().await,
        }
    }

    async fn find_one(&self, key: &str, when: When) -> Result<(), Failed> {
        let corrected = &self.register.corrected;
        let asked = vec![corrected.key(key)];
        match self.register.find(&self.view, &corrected.class, asked, self.context(when)).await?.len() {
            1 => Ok(()),
            found => Err(format!("{found} facets are called {key}; expected one").into()),
        }
    }

    fn context(&self, when: When) -> TimeContext {
        match when {
            Now => TimeContext::now(SystemClock.now()),
            Past => known_at(self.register.past),
            Middle => known_at(self.register.corrected.middle),
        }
    }

    fn write_document(&self, answer: &Answer) {
        let mut out = Vec::with_capacity(4096);
        write_object(&mut out, &self.register.class, answer);
        std::hint::black_box(out);
    }
}

fn is_all(found: usize, expected: usize) -> Result<(), Failed> {
    if found == expected { Ok(()) } else { Err(format!("{found} were found; expected {expected}").into()) }
}

impl Task {
    /// What it is called as a yardstick.
    fn name<R: Raw>(self) -> &'static str {
        match self {
            Self::RawRead => R::READ,
            Self::RawDocument => R::DOCUMENT,
            Self::RawWrite => R::WRITE,
            Self::Read(_) => "read current",
            Self::RawReads(Count::Units) => "a raw read for each unit",
            Self::RawReads(Count::Rows) => "a raw read for each row",
            _ => "one never corrected",
        }
    }
}

impl Often {
    fn times(self, registrations: usize) -> usize {
        match self {
            Self::Reads => (registrations / 20).clamp(ROUNDS, 20_000),
            Self::Searches | Self::Writes => (registrations / 100).clamp(ROUNDS, 3_000),
            Self::Whole => ROUNDS,
        }
    }
}
