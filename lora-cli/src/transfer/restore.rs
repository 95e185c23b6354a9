//! Lines restored into an empty store: positions, instants and marks are taken over.

use std::collections::{HashMap, VecDeque};
use std::mem;

use lora_core::codec::EntryKind;
use lora_core::object::{ObjectId, Position, Seq};
use lora_core::oio::InputError;
use lora_core::oio::json_lines::{Chain, Header, Line, Order, Positions, Restored, read_restored};
use lora_core::service::Salts;
use lora_core::storage::{Declarations, Declared, LedgerEntry, Read, Step, Storage, StoreError, Wait};
use lora_core::time::Timestamp;

use super::lines::{Chunk, Chunks, Verified, read_ahead};
use super::{Bulk, ImportError, Imported, Input, Phase, Progress, Refusal};

/// Makes of an empty store the one that the input was exported from, with salts of its own.
///
/// A store in which the same restore was interrupted is gone on with.
///
/// # Errors
/// [`ImportError::Refused`] for the first line that an export would not have written there, or that is not what the
/// store has at its position; nothing is stored then. Other [`ImportError`]s may come later.
pub async fn restore<S: Storage>(
    store: &S,
    mut into: impl Bulk,
    input: &impl Input,
    salts: &impl Salts,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let (entries, present, digests) = verify(store, input, &mut progress).await?;
    let mut verified = Verified { chunks: open(input)?.1, digests: digests.into_iter() };
    let mut steps = Steps::after(present);
    while let Some(lines) = verified.next().await? {
        let done = lines.first().map_or(entries, |(_, line)| line.position.0 - 1);
        progress(Progress { phase: Phase::Enter, done, total: Some(entries) });
        for (number, line) in lines {
            if let Some(step) = steps.push(line, salts) {
                into.step(step).await.map_err(|source| ImportError::Step { line: number, source })?;
            }
        }
    }
    let ended = |source| ImportError::Step { line: entries + 2, source };
    if let Some(step) = steps.take() {
        into.step(step).await.map_err(ended)?;
    }
    into.finish().await.map_err(ended)?;
    progress(Progress { phase: Phase::Enter, done: entries, total: Some(entries) });
    Ok(Imported { entered: entries - present, present })
}

fn open(input: &impl Input) -> Result<(Header, Chunks<Line<Restored>>), ImportError> {
    let mut declarations = Declarations::default();
    read_ahead(input, move |line| {
        let line = read_restored(&declarations, line)?;
        if line.entry.skeleton().kind == EntryKind::Declaration {
            let frame = line.entry.clone().into_draft(Seq::FIRST, [0; 16]).frame;
            declarations.enter(line.position, &frame).expect("a declaration is read before it is returned");
        }
        Ok(line)
    })
}

/// Steps out of lines.
struct Steps {
    /// How many entries the store has already.
    present: u64,
    seqs: HashMap<ObjectId, Seq>,
    pending: Step,
}

impl Steps {
    fn after(present: u64) -> Self {
        Self { present, seqs: HashMap::new(), pending: Step::default() }
    }

    /// Takes a line; returns the step before it where the line begins a new one.
    fn push(&mut self, line: Line<Restored>, salts: &impl Salts) -> Option<Step> {
        let object = line.entry.skeleton().object;
        let head = self.seqs.get(&object).copied();
        let seq = head.map_or(Seq::FIRST, Seq::next);
        self.seqs.insert(object, seq);
        if line.position.0 <= self.present {
            return None;
        }
        let before = if self.pending.restored == Some(line.instant) { None } else { self.take() };
        if self.pending.restored.is_none() {
            self.pending.seen = Position(line.position.0 - 1);
            self.pending.restored = Some(line.instant);
        }
        self.pending.heads.push((object, head));
        self.pending.entries.push(line.entry.into_draft(seq, salts.salt()));
        before
    }

    fn take(&mut self) -> Option<Step> {
        Some(mem::take(&mut self.pending)).filter(|step| !step.entries.is_empty())
    }
}

/// Returns how many entries there are, how many of them the store has already, and the digest of each chunk.
async fn verify<S: Storage>(
    store: &S,
    input: &impl Input,
    progress: &mut impl FnMut(Progress),
) -> Result<(u64, u64, Vec<u64>), ImportError> {
    let (header, mut chunks) = open(input)?;
    let present = store.view(None).await?.position().0;
    let mut verification = Verification {
        order: Order::new(Positions::Consecutive),
        chains: HashMap::new(),
        declared: None,
        stored: Stored { store, newest: present, entries: VecDeque::new() },
    };
    let mut digests = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk?;
        digests.push(chunk.digest);
        verification.chunk(&chunk).await?;
        let done = verification.order.entries();
        progress(Progress { phase: Phase::Verify, done, total: header.entries });
    }
    let entries = verification.order.entries();
    verification.end(&header).map_err(|error| ImportError::refused(1, error))?;
    if present > entries {
        return Err(ImportError::refused(entries + 2, Refusal::NotEmpty { position: entries + 1 }));
    }
    Ok((entries, present, digests))
}

/// What is known about the lines so far.
struct Verification<'a, S> {
    order: Order,
    chains: HashMap<ObjectId, Chain>,
    declared: Option<Declared>,
    stored: Stored<'a, S>,
}

impl<S: Storage> Verification<'_, S> {
    async fn chunk(&mut self, chunk: &Chunk<Line<Restored>>) -> Result<(), ImportError> {
        for (number, line) in &chunk.lines {
            self.line(line).map_err(|error| ImportError::refused(*number, error))?;
            if self
                .stored
                .next(line)
                .await?
                .is_some_and(|stored| stored.instant != line.instant || !line.entry.is(&stored))
            {
                let refusal = Refusal::NotEmpty { position: line.position.0 };
                return Err(ImportError::refused(*number, refusal));
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line<Restored>) -> Result<(), InputError> {
        let skeleton = line.entry.skeleton();
        self.order.admit(line, skeleton.object)?;
        let registered_from = skeleton.asserted.unwrap_or(line.instant);
        let chain = Chain { lifecycle: skeleton.lifecycle, registered_from };
        let previous = self.chains.insert(skeleton.object, chain);
        chain.follow(previous.as_ref(), Timestamp::INFINITY)?;
        self.declared = line.entry.declared().or(self.declared.take());
        Ok(())
    }

    /// Whether the header is one for these lines.
    fn end(&self, header: &Header) -> Result<(), InputError> {
        self.order.end(header)?;
        header.check_whole(self.declared.as_ref())
    }
}

/// The entries of the store, one after the other.
struct Stored<'a, S> {
    store: &'a S,
    newest: u64,
    entries: VecDeque<LedgerEntry>,
}

impl<S: Storage> Stored<'_, S> {
    /// What the store has at the position of a line.
    async fn next(&mut self, line: &Line<Restored>) -> Result<Option<LedgerEntry>, StoreError> {
        const PAGE: usize = 1024;
        if line.position.0 > self.newest {
            return Ok(None);
        }
        if self.entries.is_empty() {
            self.entries = self.store.ledger(Position(line.position.0 - 1), PAGE, Wait::Never).await?.into();
        }
        Ok(self.entries.pop_front())
    }
}
