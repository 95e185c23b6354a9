//! Opening log and index after whatever happened to them.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use lora_core::object::Position;
use tracing::{info, warn};
use uuid::Uuid;

use crate::error::{Failure, OpenError};
use crate::files::Files;
use crate::index::{Index, IndexError, IndexOptions, Table};
use crate::log::{self, Anchor, Log, LogError};
use crate::rebuild::{rebuild, replay};
use crate::rows::{TIP, Tip};
use crate::store::Options;

/// The index's file.
pub(crate) const INDEX: &str = "index";

/// More missing entries than this are not worked off one by one, unless the index has even more.
const REPLAY_MAX: u64 = 20_000;

/// The log, and an index that has everything in it.
pub(crate) fn open_log_and_index(files: &Arc<dyn Files>, options: Options) -> Result<(Log, Index), OpenError> {
    let usable = usable_index(files, options.index)?;
    let tip = usable.as_ref().and_then(|(_, tip)| *tip);
    let log = open_log(files, options.log, tip)?;
    let index = match usable {
        Some((index, tip)) if is_worth_it(&index, tip, &log) => {
            catch_up(&index, tip, &log).map_err(|failure| index_cannot(&failure))?;
            index
        }
        _ => {
            info!(entries = log.last().0, "the index is computed from the log");
            rebuild(files, INDEX, options.index, &log.reader(), log.last())
                .map_err(|failure| index_cannot(&failure))?;
            Index::open(files, INDEX, options.index).map_err(|error| index_cannot(&error.into()))?
        }
    };
    Ok((log, index))
}

fn index_cannot(failure: &Failure) -> OpenError {
    OpenError::Index(Box::new(failure.to_store_error()))
}

/// The index as it is, and how far it has come; `None` where it is damaged.
fn usable_index(files: &Arc<dyn Files>, options: IndexOptions) -> Result<Option<(Index, Option<Tip>)>, OpenError> {
    let open = || {
        let index = Index::open(files, INDEX, options)?;
        let tip = index.snapshot().get(Table::Meta, TIP)?.map(|tip| Tip::read(&tip)).transpose()?;
        let position = tip.map_or(0, |tip| tip.anchor.last.0);
        Ok((index.applied() == position).then_some((index, tip)))
    };
    // The database panics at some files that were cut short.
    let panicked = |_| Err(IndexError::Damaged { name: INDEX.to_owned(), reason: "the database panicked".to_owned() });
    match panic::catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(panicked) {
        Err(error @ IndexError::Damaged { .. }) => {
            warn!(error = &error as &dyn std::error::Error, "the index cannot be used");
            Ok(None)
        }
        opened => opened.map_err(|error| index_cannot(&error.into())),
    }
}

/// The log, verified from the last step that the index knows; an index of another log says nothing about this one.
fn open_log(files: &Arc<dyn Files>, options: log::Options, tip: Option<Tip>) -> Result<Log, OpenError> {
    let refuse = |error| OpenError::Log(Box::new(error));
    let shortened = |anchor: Anchor| OpenError::Shortened { position: anchor.last };
    let id = log::id_in(files.as_ref());
    let tip = tip.filter(|tip| id.is_none_or(|id| id == tip.log));
    let known = tip.map(|tip| tip.anchor);
    match (Log::open(files.clone(), options, known.as_ref()), tip) {
        (Ok((log, cut)), _) => {
            if let Some(cut) = cut {
                warn!(
                    segment = cut.segment,
                    offset = cut.offset,
                    bytes = cut.bytes,
                    "cut off a step that a crash left in part"
                );
            }
            Ok(log)
        }
        (Err(LogError::Absent), None) => Log::create(files.clone(), Uuid::new_v4(), options).map_err(refuse),
        (Err(LogError::Absent), Some(tip)) => Err(shortened(tip.anchor)),
        (Err(LogError::Unknown(anchor)), _) => Err(shortened(anchor)),
        (Err(error), _) => Err(refuse(error)),
    }
}

/// Whether bringing the index up to the log takes less than computing it anew.
fn is_worth_it(index: &Index, tip: Option<Tip>, log: &Log) -> bool {
    let missing = log.last().0.saturating_sub(index.applied());
    tip.is_none_or(|tip| tip.log == log.id()) && missing <= REPLAY_MAX.max(index.applied())
}

fn catch_up(index: &Index, tip: Option<Tip>, log: &Log) -> Result<(), Failure> {
    let from = tip.map_or_else(|| log.reader().start(), |tip| tip.anchor.step);
    if log.last() > Position(index.applied()) { replay(index, &log.reader(), from, log.last()) } else { Ok(()) }
}
