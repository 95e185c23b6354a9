//! A municipality into a store and out again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use lora_cli::generate::{Options as Municipality, lines};
use lora_cli::transfer::{self, TextFile};
use lora_core::Service;
use lora_core::object::Position;
use lora_core::oio::shipped_classes;
use lora_core::storage::{Read, Storage};
use lora_core::time::Clock;
use lora_embedded::SystemClock;
use uuid::Uuid;

use crate::figures::{Failed, Figure, Unit};
use crate::goals::Measure;
use crate::place::{Place, Raw};
use crate::report::Report;

/// People are so many that each has as many registrations as in a municipality of 6,000 with 500,000.
const REGISTRATIONS_EACH: u64 = 83;
/// A length of the values that an import is compared with, near that of a registration.
const VALUE_BYTES: usize = 430;

/// A generated municipality as JSON Lines.
pub(crate) struct Text {
    path: PathBuf,
    folder: PathBuf,
    pub(crate) registrations: u64,
}

impl Text {
    pub(crate) fn generate(folder: &Path, registrations: u64) -> Result<Self, Failed> {
        let path = folder.join("municipality.jsonl");
        let mut out = BufWriter::new(File::create(&path)?);
        let people = (registrations / REGISTRATIONS_EACH).max(1);
        let mut lines = lines(&Municipality { people, registrations, ..Municipality::default() })?;
        for line in &mut lines {
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        let registrations = lines.registrations();
        Ok(Self { path, folder: folder.to_owned(), registrations })
    }
}

/// The operations on a store.
pub(crate) async fn serve<S: Storage>(store: S) -> Result<Service<S>, Failed> {
    Ok(Service::open(store, shipped_classes(), || Uuid::new_v4().into_bytes()).await?)
}

/// Imports into an empty store, and exports.
pub(crate) async fn run<P: Place>(place: &P, text: &Text, report: &mut Report) -> Result<(), Failed> {
    let store = place.open().await?;
    let position = store.view(None).await?.position();
    if position != Position(0) {
        return Err(format!("the store has {position} entries; expected an empty one, which is filled").into());
    }
    let service = serve(store).await?;
    let raw = place.raw(text.registrations.min(100_000) as usize, VALUE_BYTES).await?;
    let before = raw.load().await?;
    let (input, bulk) = (TextFile::open(&text.path, &text.folder)?, place.bulk(service.store()));
    let begin = Instant::now();
    transfer::assert(&service, bulk, &input, SystemClock.now(), |_| {}).await?;
    let rate = Figure::rate(text.registrations as usize, begin.elapsed());
    let beside = both(before, raw.load().await?);
    report.add("import from JSON Lines, index included", rate, beside, &[Measure::Import]);
    raw.remove().await?;

    let begin = Instant::now();
    transfer::export(service.store(), None, io::sink(), |_| {}).await?;
    report.add("export", Figure::rate(text.registrations as usize, begin.elapsed()), None, &[]);
    drop(service);
    place.settle().await?;
    let each = place.on_disk().await? as f64 / text.registrations as f64;
    report.add("on disk, per registration", Figure::new(each, Unit::Bytes), None, &[Measure::OnDisk]);
    Ok(())
}

type Loaded = Option<(&'static str, Figure)>;

/// The mean of what was measured before and after.
fn both(before: Loaded, after: Loaded) -> Loaded {
    let ((name, before), (_, after)) = (before?, after?);
    Some((name, Figure::new((before.value + after.value) / 2.0, before.unit)))
}
