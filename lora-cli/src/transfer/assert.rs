//! Lines asserted into a living store: each registration is entered with the time that it says it was made.

use std::collections::{HashMap, HashSet};
use std::mem;

use futures_util::TryStreamExt;
use futures_util::stream::FuturesUnordered;
use lora_core::Service;
use lora_core::codec::{Skeleton, encode_content};
use lora_core::error::Error;
use lora_core::object::{ObjectId, Registration, Seq};
use lora_core::oio::json_lines::{Chain, Header, Line, Order, Positions, read_entry, write_registration};
use lora_core::query::execute::decoded;
use lora_core::service::History;
use lora_core::storage::{Encoded, KnownAt, Read, Storage, StoreError};
use lora_core::time::{Timestamp, TransactionTime};

use super::lines::{Chunk, Chunks, Verified, read_ahead};
use super::{Bulk, ImportError, Imported, Input, Phase, Progress, Refusal};

/// Enters the registrations of an input into a store with classes of its own; `now` is the instant of the request.
///
/// A registration that the store has, with the same time, is skipped. Declarations are skipped as well.
/// `into` takes what is more than the store has already, where nobody else writes to the store; without it, and for
/// less, registrations are entered one by one.
///
/// # Errors
/// [`ImportError::Refused`] for the first line that is not sound, whose class is not declared, or that would rewrite
/// what the store has of an object; nothing is stored then. Other [`ImportError`]s may come later.
pub async fn assert<S: Storage>(
    service: &Service<S>,
    into: Option<impl Bulk>,
    input: &impl Input,
    now: Timestamp<TransactionTime>,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let Verification { view, todo, present, digests, .. } = verify(service, input, now, &mut progress).await?;
    let total = todo.iter().filter(|todo| **todo).count() as u64;
    if total == 0 {
        return Ok(Imported { entered: 0, present });
    }
    let mut todo = todo.into_iter();
    let mut verified = Verified { chunks: open(service, input)?.1, digests: digests.into_iter() };
    let into = into.filter(|_| total > view.position().0);
    let mut enter = Enter { service, now, bulk: into.map(|into| Filling { into, view, heads: HashMap::new() }) };
    let (mut entered, mut last) = (0, 1);
    while let Some(lines) = verified.next().await? {
        last = lines.last().map_or(last, |(line, _)| *line);
        let lines = lines.into_iter().filter(|_| todo.next() == Some(true));
        entered += enter.chunk(lines.filter_map(|(line, read)| Some((line, read.entry?))).collect()).await?;
        progress(Progress { phase: Phase::Enter, done: entered, total: Some(total) });
    }
    enter.finish(last).await?;
    Ok(Imported { entered, present })
}

/// A line; `None` for a declaration, which is skipped.
type Asserted = Line<Option<History>>;

fn open<S: Storage>(service: &Service<S>, input: &impl Input) -> Result<(Header, Chunks<Asserted>), ImportError> {
    let schema = service.schema().clone();
    read_ahead(input, move |line| read_entry(&schema, line))
}

async fn verify<'a, S: Storage>(
    service: &'a Service<S>,
    input: &impl Input,
    now: Timestamp<TransactionTime>,
    progress: &mut impl FnMut(Progress),
) -> Result<Verification<'a, S>, ImportError> {
    let (header, mut chunks) = open(service, input)?;
    let mut verification = Verification {
        service,
        view: service.store().view(None).await?,
        now,
        order: Order::new(Positions::Increasing),
        chains: HashMap::new(),
        todo: Vec::new(),
        present: 0,
        digests: Vec::new(),
    };
    while let Some(chunk) = chunks.recv().await {
        verification.chunk(&chunk?).await?;
        let done = verification.order.entries();
        progress(Progress { phase: Phase::Verify, done, total: header.entries });
    }
    verification.order.end(&header).map_err(|error| ImportError::refused(1, error))?;
    Ok(verification)
}

/// What is known about the lines so far.
struct Verification<'a, S: Storage> {
    service: &'a Service<S>,
    view: S::View,
    now: Timestamp<TransactionTime>,
    order: Order,
    /// The last line of each object, and whether nothing follows on it in the store.
    chains: HashMap<ObjectId, (Chain, bool)>,
    /// For each line whether it is to be entered.
    todo: Vec<bool>,
    /// How many registrations are in the store already.
    present: u64,
    /// Of each chunk.
    digests: Vec<u64>,
}

impl<S: Storage> Verification<'_, S> {
    async fn chunk(&mut self, chunk: &Chunk<Asserted>) -> Result<(), ImportError> {
        let histories = chunk.lines.iter().filter_map(|(_, line)| line.entry.as_ref());
        let both = |history: &History| {
            [KnownAt::Instant(history.registered_from), KnownAt::Latest].map(|known| (history.object, known))
        };
        let asked: Vec<_> = histories.flat_map(both).collect();
        let mut found = self.view.registrations(&asked).await?.into_iter();
        for (number, line) in &chunk.lines {
            let object = line.entry.as_ref().map_or(ObjectId::STORE, |history| history.object);
            self.order.admit(line, object).map_err(|error| ImportError::refused(*number, error))?;
            let todo = match &line.entry {
                None => false,
                Some(history) => {
                    let (at, newest) = (found.next().flatten(), found.next().flatten());
                    self.is_new(*number, history, at.as_ref(), newest.as_ref())?
                }
            };
            self.todo.push(todo);
        }
        self.digests.push(chunk.digest);
        Ok(())
    }

    /// Whether a registration is to be entered; `at` is what the store has for its time, `newest` what it has last.
    fn is_new(
        &mut self,
        line: u64,
        history: &History,
        at: Option<&Encoded>,
        newest: Option<&Encoded>,
    ) -> Result<bool, ImportError> {
        let from = history.registered_from;
        let next = Chain { lifecycle: history.lifecycle, registered_from: from };
        if let Some(same) = at.filter(|at| at.registered.from() == from) {
            if !states(same, history)? {
                return Err(self.conflict(line, history, same)?);
            }
            let is_last = same.registered.to() == Timestamp::INFINITY;
            self.chains.insert(history.object, (next, is_last));
            self.present += 1;
            return Ok(false);
        }
        let (previous, is_last) = match self.chains.get(&history.object) {
            Some((previous, is_last)) => (Some(*previous), *is_last),
            None => {
                let stored = newest.map(chain).transpose()?;
                (stored, stored.is_none_or(|stored| stored.registered_from < from))
            }
        };
        if let Some(newest) = newest.filter(|_| !is_last) {
            return Err(self.conflict(line, history, newest)?);
        }
        next.follow(previous.as_ref(), self.now).map_err(|error| ImportError::refused(line, error))?;
        self.chains.insert(history.object, (next, true));
        Ok(true)
    }

    fn conflict(&self, line: u64, history: &History, held: &Encoded) -> Result<ImportError, StoreError> {
        let stated = Registration {
            object: history.object,
            seq: Seq::FIRST,
            lifecycle: history.lifecycle,
            actor: history.by.actor,
            note: history.by.note.clone(),
            batch: history.by.batch,
            asserted: Some(history.registered_from),
            content: history.content.clone(),
        };
        let held = self.shown(held.registered.from(), &decoded(held)?);
        let stated = self.shown(history.registered_from, &stated);
        Ok(ImportError::refused(line, Refusal::Conflict { held, stated }))
    }

    fn shown(&self, from: Timestamp<TransactionTime>, registration: &Registration) -> String {
        let mut text = Vec::new();
        if let Some(class) = self.service.schema().class(registration.object.class) {
            write_registration(&mut text, class, from, registration);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Whether the store's registration is the one of the history, asserted there or not.
fn states(stored: &Encoded, history: &History) -> Result<bool, StoreError> {
    let skeleton = skeleton(stored)?;
    let by = &history.by;
    Ok((skeleton.lifecycle, skeleton.actor, skeleton.batch) == (history.lifecycle, by.actor, by.batch)
        && stored.frame.content == encode_content(&by.note, &history.content))
}

fn chain(stored: &Encoded) -> Result<Chain, StoreError> {
    Ok(Chain { lifecycle: skeleton(stored)?.lifecycle, registered_from: stored.registered.from() })
}

fn skeleton(stored: &Encoded) -> Result<Skeleton, StoreError> {
    let corrupt = |source| StoreError::Corrupt { position: stored.position, source };
    Skeleton::decode(&stored.frame.skeleton).map_err(corrupt)
}

/// What is entered, and how.
struct Enter<'a, S: Storage, B> {
    service: &'a Service<S>,
    now: Timestamp<TransactionTime>,
    bulk: Option<Filling<S::View, B>>,
}

/// Registrations that are entered many at once.
struct Filling<V, B> {
    into: B,
    /// The store as it was before.
    view: V,
    /// The newest registration of each object that was met.
    heads: HashMap<ObjectId, Option<Seq>>,
}

impl<S: Storage, B: Bulk> Enter<'_, S, B> {
    async fn chunk(&mut self, histories: Vec<(u64, History)>) -> Result<u64, ImportError> {
        let Some(filling) = &mut self.bulk else { return enter(self.service, self.now, histories).await };
        filling.meet(histories.iter().map(|(_, history)| history.object)).await?;
        let count = histories.len() as u64;
        for (line, history) in histories {
            let head = filling.heads.entry(history.object).or_default();
            let step = self.service.history_step(history, *head, filling.view.position());
            *head = Some(head.map_or(Seq::FIRST, Seq::next));
            let step = step.map_err(|source| ImportError::Entry { line, source })?;
            filling.into.step(step).await.map_err(|source| ImportError::Step { line, source })?;
        }
        Ok(count)
    }

    async fn finish(self, last: u64) -> Result<(), ImportError> {
        let Some(filling) = self.bulk else { return Ok(()) };
        filling.into.finish().await.map_err(|source| ImportError::Step { line: last + 1, source })
    }
}

impl<V: Read, B> Filling<V, B> {
    /// Looks up objects that were not met before.
    async fn meet(&mut self, objects: impl Iterator<Item = ObjectId>) -> Result<(), StoreError> {
        let new: HashSet<ObjectId> = objects.filter(|object| !self.heads.contains_key(object)).collect();
        let asked: Vec<_> = new.into_iter().map(|object| (object, KnownAt::Latest)).collect();
        let found = self.view.registrations(&asked).await?;
        for ((object, _), newest) in asked.into_iter().zip(found) {
            self.heads.insert(object, newest.map(|newest| Ok::<_, StoreError>(skeleton(&newest)?.seq)).transpose()?);
        }
        Ok(())
    }
}

/// Enters registrations, those of one object one after the other and those of different objects at the same time.
async fn enter<S: Storage>(
    service: &Service<S>,
    now: Timestamp<TransactionTime>,
    histories: Vec<(u64, History)>,
) -> Result<u64, ImportError> {
    let mut objects = HashMap::new();
    let mut chains: Vec<Vec<(u64, History)>> = Vec::new();
    for (line, history) in histories {
        let index = *objects.entry(history.object).or_insert(chains.len());
        if index == chains.len() {
            chains.push(Vec::new());
        }
        chains[index].push((line, history));
    }
    let running: FuturesUnordered<_> =
        chains.iter_mut().map(|chain| one_by_one(service, now, mem::take(chain))).collect();
    running.try_fold(0, async |sum, entered| Ok(sum + entered)).await
}

async fn one_by_one<S: Storage>(
    service: &Service<S>,
    now: Timestamp<TransactionTime>,
    chain: Vec<(u64, History)>,
) -> Result<u64, ImportError> {
    let count = chain.len() as u64;
    for (line, history) in chain {
        let entered = service.import_history(history, now).await;
        entered.map_err(|source: Error| ImportError::Entry { line, source })?;
    }
    Ok(count)
}
