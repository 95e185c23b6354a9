//! The service without `async`, for programs that have no runtime and want none.

use lora_core::Service;
use lora_core::error::Error;
use lora_core::object::{Content, ObjectId, Patch, Position};
use lora_core::query::{Search, TimeContext};
use lora_core::schema::{ClassDeclaration, ClassId, Schema};
use lora_core::service::{Answer, By, History, Salts, Written};
use lora_core::time::{Timestamp, TransactionTime};
use pollster::block_on;
use uuid::Uuid;

use crate::{EmbeddedStore, EmbeddedView};

/// The operations of a [`Service`] on an embedded store, each of which returns when it is done.
///
/// Cheap to clone; any number of threads may call it. Must not be called from within an async runtime's tasks, whose
/// thread it would hold up: there, use [`Service`] itself.
///
/// ```
/// use std::sync::Arc;
/// use lora_core::object::{Content, ObjectId};
/// use lora_core::oio::shipped_classes;
/// use lora_core::query::TimeContext;
/// use lora_core::service::By;
/// use lora_core::time::Clock;
/// use lora_embedded::home::Home;
/// use lora_embedded::{BlockingService, EmbeddedStore, Options, SystemClock};
///
/// let folder = tempfile::tempdir()?;
/// let clock = Arc::new(SystemClock);
/// let files = Home::open(folder.path(), "an example")?.files();
/// let store = EmbeddedStore::open(Arc::new(files), clock.clone(), Options::default())?;
/// let service = BlockingService::open(store, shipped_classes(), || uuid::Uuid::new_v4().into_bytes())?;
///
/// let facet = service.schema().class_named("facet").expect("shipped").id;
/// let object = ObjectId { class: facet, uuid: uuid::uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c") };
/// service.import(object, Content::EMPTY, By::default())?;
///
/// let view = service.view(None)?;
/// let answer = service.read(&view, object, &TimeContext::now(clock.now()))?.expect("it was just put there");
/// assert_eq!(answer.registrations.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct BlockingService {
    service: Service<EmbeddedStore>,
}

impl BlockingService {
    /// See [`Service::open`].
    pub fn open(store: EmbeddedStore, classes: Vec<ClassDeclaration>, salts: impl Salts) -> Result<Self, Error> {
        Ok(Self { service: block_on(Service::open(store, classes, salts))? })
    }

    /// The service itself.
    pub fn service(&self) -> &Service<EmbeddedStore> {
        &self.service
    }

    /// The classes of this store.
    pub fn schema(&self) -> &Schema {
        self.service.schema()
    }

    /// See [`Service::create`].
    pub fn create(&self, object: ObjectId, content: Content, by: By) -> Result<Written, Error> {
        block_on(self.service.create(object, content, by))
    }

    /// See [`Service::import`].
    pub fn import(&self, object: ObjectId, content: Content, by: By) -> Result<Written, Error> {
        block_on(self.service.import(object, content, by))
    }

    /// See [`Service::update`].
    pub fn update(&self, object: ObjectId, patch: Patch, by: By) -> Result<Written, Error> {
        block_on(self.service.update(object, patch, by))
    }

    /// See [`Service::passivate`].
    pub fn passivate(&self, object: ObjectId, by: By) -> Result<Written, Error> {
        block_on(self.service.passivate(object, by))
    }

    /// See [`Service::delete`].
    pub fn delete(&self, object: ObjectId, by: By) -> Result<Written, Error> {
        block_on(self.service.delete(object, by))
    }

    /// See [`Service::import_history`].
    pub fn import_history(&self, history: History, now: Timestamp<TransactionTime>) -> Result<Written, Error> {
        block_on(self.service.import_history(history, now))
    }

    /// See [`Service::view`].
    pub fn view(&self, at: Option<Position>) -> Result<EmbeddedView, Error> {
        block_on(self.service.view(at))
    }

    /// See [`Service::read`].
    pub fn read(&self, view: &EmbeddedView, object: ObjectId, context: &TimeContext) -> Result<Option<Answer>, Error> {
        block_on(self.service.read(view, object, context))
    }

    /// See [`Service::list`].
    pub fn list(
        &self,
        view: &EmbeddedView,
        class: ClassId,
        uuids: &[Uuid],
        context: &TimeContext,
    ) -> Result<Vec<Answer>, Error> {
        block_on(self.service.list(view, class, uuids, context))
    }

    /// See [`Service::search`].
    pub fn search(&self, view: &EmbeddedView, search: &Search) -> Result<Vec<Uuid>, Error> {
        block_on(self.service.search(view, search))
    }
}
