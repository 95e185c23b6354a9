//! Entries as lines.

use std::io::{self, Write};

use lora_core::codec::DecodeError;
use lora_core::object::Position;
use lora_core::oio::json_lines::{Header, write_entry, write_header};
use lora_core::storage::{Declarations, Read, Storage, StoreError, Wait};

use super::{Phase, Progress};

/// How many entries are held at once.
const PAGE: usize = 1024;

/// An export did not come about; what was written of it is no whole file, and no import takes it.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store failed, or is not yet where the export is to end.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Nobody takes the lines.
    #[error("the lines cannot be written")]
    Write(#[from] io::Error),
}

/// Writes everything that was committed up to a position, or up to now; returns the position of the last entry.
///
/// The same entries give the same bytes. Writers go on meanwhile: what they commit is not in it.
///
/// # Errors
/// [`ExportError`]; what was written stays cut short.
pub async fn export<S: Storage>(
    store: &S,
    at: Option<Position>,
    mut out: impl Write,
    mut progress: impl FnMut(Progress),
) -> Result<Position, ExportError> {
    let view = store.view(at).await?;
    let (declarations, last) = (Declarations::of(&view).await?, view.position());
    let mut text = Vec::new();
    write_header(&mut text, &header(&declarations, last));
    text.push(b'\n');
    let mut written = Position::default();
    while written < last {
        out.write_all(&text)?;
        text.clear();
        let page = store.ledger(written, PAGE, Wait::Never).await?;
        let missing = DecodeError { at: 0, expected: "the entry at the next position" };
        let gap = || StoreError::Corrupt { position: Position(written.0 + 1), source: missing };
        written = page.last().ok_or_else(gap)?.position.min(last);
        for entry in page.iter().take_while(|entry| entry.position <= last) {
            write_entry(&mut text, &declarations, entry)?;
            text.push(b'\n');
        }
        progress(Progress { phase: Phase::Export, done: written.0, total: Some(last.0) });
    }
    out.write_all(&text)?;
    out.flush()?;
    Ok(last)
}

fn header(declarations: &Declarations, last: Position) -> Header {
    let newest = declarations.newest();
    Header {
        store: newest.map(|declared| declared.store).unwrap_or_default(),
        entries: Some(last.0),
        position: Some(last),
        classes: newest.map(|declared| declared.classes.clone()).unwrap_or_default(),
    }
}
