//! A log that an earlier program wrote is read for ever.

use std::path::Path;
use std::sync::Arc;

use lora_core::check::check;
use lora_core::codec::EntryKind;
use lora_core::object::{LifeCycle, ObjectId, Position, Seq};
use lora_core::storage::{Declarations, Read, Storage, Wait};
use lora_embedded::files::Folder;
use lora_embedded::{EmbeddedStore, Options, SystemClock};
use pollster::block_on;
use uuid::uuid;

/// Written on 22 November 2026 by `lora serve`: a facet put, corrected and deleted.
#[test]
fn the_log_of_format_1_is_read_and_its_index_computed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("log")).unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/log-of-format-1");
    std::fs::copy(sample, folder.path().join("log/00000000000000000001")).unwrap();
    let files = Arc::new(Folder::new(folder.path()));
    let store = EmbeddedStore::open(files, Arc::new(SystemClock), Options::default()).unwrap();

    let report = block_on(check(&store, |_| {})).unwrap();
    assert!(report.is_clean(), "{report}");
    let entries = block_on(store.ledger(Position(0), 9, Wait::Never)).unwrap();
    let kinds: Vec<EntryKind> = entries.iter().map(|entry| entry.kind).collect();
    let registration = EntryKind::Registration;
    assert_eq!(kinds, [EntryKind::Declaration, registration, registration, registration]);
    let view = block_on(store.view(None)).unwrap();
    let declarations = block_on(Declarations::of(&view)).unwrap();
    let facet = declarations.schema().unwrap().class_named("facet").unwrap();
    let object = ObjectId { class: facet.id, uuid: uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c") };
    let history = block_on(view.history(object, Seq::FIRST, 9)).unwrap();
    let stated: Vec<_> = history.iter().map(|encoded| encoded.frame.registration().unwrap()).collect();
    let acts: Vec<LifeCycle> = stated.iter().map(|registration| registration.lifecycle).collect();
    assert_eq!(acts, [LifeCycle::Imported, LifeCycle::Corrected, LifeCycle::Deleted]);
    assert_eq!(stated[0].note, "første");
    let group = facet.groups[0].id;
    let rows: Vec<usize> = stated.iter().map(|stated| stated.content.attributes(group).len()).collect();
    assert_eq!(rows, [1, 3, 0], "before, during and after the correction");
}
