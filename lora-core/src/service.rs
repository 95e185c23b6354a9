//! The operations on a store: open, create, import, update, passivate, delete, read, list, search; and on its history.
//!
//! Everything is by ids and rows here; [`register`](crate::register) has the same by names.
//!
//! ```
//! use std::sync::Arc;
//! use lora_core::object::ObjectId;
//! use lora_core::oio::{Document, read_new_object, read_update, shipped_classes};
//! use lora_core::query::{Known, TimeContext};
//! use lora_core::service::By;
//! use lora_core::storage::MemoryStore;
//! use lora_core::time::{Clock, ManualClock, Period};
//! use lora_core::Service;
//!
//! # pollster::block_on(async {
//! let clock = Arc::new(ManualClock::at(1_700_000_000_000_000)?);
//! let service = Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [0; 16]).await?;
//! let schema = service.schema().clone();
//! let facet = schema.class_named("facet").expect("shipped");
//! let object = ObjectId { class: facet.id, uuid: uuid::uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c") };
//!
//! // A facet from 2020 on …
//! let body = Document::parse(br#"{
//!   "attributter": {"facetegenskaber": [{"brugervendtnoegle": "org_unit_type", "beskrivelse": "Type",
//!                                        "virkning": {"from": "2020-01-01", "to": "infinity"}}]},
//!   "tilstande": {"facetpubliceret": [{"publiceret": "Publiceret",
//!                                      "virkning": {"from": "2020-01-01", "to": "infinity"}}]}}"#)?;
//! let written = service.create(object, read_new_object(facet, &body)?.content, By::default()).await?;
//! let first_known = written.receipt().expect("new").instant;
//!
//! // … described otherwise during 2022: the end is exclusive.
//! let body = Document::parse(br#"{"attributter": {"facetegenskaber": [
//!     {"beskrivelse": "Unit type", "virkning": {"from": "2022-01-01", "to": "2023-01-01"}}]}}"#)?;
//! service.update(object, read_update(facet, &body)?.patch, By::default()).await?;
//!
//! let view = service.view(None).await?;
//! let always = TimeContext::now(clock.now()).always();
//! let now = service.read(&view, object, &always).await?.expect("it exists");
//! assert_eq!(now.registrations[0].registration.content.attributes(facet.groups[0].id).len(), 3, "before, during, after");
//!
//! let then = TimeContext { known: Known::at(first_known), ..always };
//! let then = service.read(&view, object, &then).await?.expect("it was known");
//! assert_eq!(then.registrations[0].registration.content.attributes(facet.groups[0].id).len(), 1, "what we believed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod history;
mod open;
mod paths;
mod read;
mod show;
mod write;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use async_lock::Mutex;
use uuid::Uuid;

use crate::codec::Salt;
use crate::error::Error;
use crate::object::{ActorId, BatchId, ObjectId};
use crate::schema::{Class, ClassId, Schema};
use crate::storage::{Declarations, Receipt, Storage};

pub use paths::{ChangePage, RowPage};
pub use read::{Answer, Answered};
pub use write::History;

/// A store with its classes: what an application embeds.
///
/// Cheap to clone. Needs no particular runtime: any executor may drive its futures.
#[derive(Clone)]
pub struct Service<S> {
    store: S,
    schema: Arc<Schema>,
    /// All declarations that the store had when it was opened.
    declarations: Arc<Declarations>,
    salts: Arc<dyn Salts>,
    /// Writers of one object wait for each other here, so that a hot object does not make them lose races in the store.
    queues: Arc<[Mutex<()>]>,
}

/// Where the salts of contents come from: something that may be random, which the core is not.
pub trait Salts: Send + Sync + 'static {
    /// A salt that nobody can guess.
    fn salt(&self) -> Salt;
}

impl<F: Fn() -> Salt + Send + Sync + 'static> Salts for F {
    fn salt(&self) -> Salt {
        self()
    }
}

/// Who acts, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct By {
    /// Who; all zeros where nobody is known.
    pub actor: ActorId,
    /// Why, in free text; empty for none.
    pub note: String,
    /// The larger act that this belongs to.
    pub batch: Option<BatchId>,
}

impl By {
    /// Somebody, without a note.
    pub const fn actor(actor: Uuid) -> Self {
        Self { actor, note: String::new(), batch: None }
    }
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It made a registration.
    Registered(Receipt),
    /// There was nothing to do; nothing is stored.
    Unchanged,
}

impl<S> Service<S> {
    /// The classes of this store.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// All declarations that the store had when it was opened.
    pub fn declarations(&self) -> &Declarations {
        &self.declarations
    }

    /// The store itself.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Which store this is.
    pub fn store_id(&self) -> Uuid {
        self.declarations.newest().map(|declared| declared.store).unwrap_or_default()
    }

    fn class(&self, id: ClassId) -> Result<&Class, Error> {
        self.schema.class(id).ok_or(Error::UnknownClass(id))
    }

    fn queue(&self, object: ObjectId) -> &Mutex<()> {
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        &self.queues[(hasher.finish() % self.queues.len() as u64) as usize]
    }
}

impl<S: Storage> std::fmt::Debug for Service<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("classes", &self.schema.classes().len()).finish_non_exhaustive()
    }
}
