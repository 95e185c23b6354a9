//! A register without `async`, for programs that have no runtime and want none.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

use super::{Fields, Reader, Record, Register, RegisterError};
use crate::object::Position;
use crate::query::build::Ask;
use crate::schema::Schema;
use crate::service::Written;
use crate::storage::Storage;
use crate::time::{Timestamp, TransactionTime, ValidTime};

/// What runs a future to its end on the thread that asks for it.
pub trait Driver: Clone + Send + Sync + 'static {
    /// What the future gives.
    fn run<F: Future>(&self, future: F) -> F::Output;
}

/// A [`Register`] each of whose operations returns when it is done.
///
/// Cheap to clone; any number of threads may use it. It must not be used by the tasks of an async runtime, whose thread it
/// would hold up: there, use the [`Register`] itself.
#[derive(Clone)]
pub struct BlockingRegister<S, D> {
    register: Register<S>,
    driver: D,
}

impl<S: Storage, D: Driver> BlockingRegister<S, D> {
    /// A register whose operations `driver` runs.
    pub const fn new(register: Register<S>, driver: D) -> Self {
        Self { register, driver }
    }

    /// The register itself, for async use.
    pub const fn register(&self) -> &Register<S> {
        &self.register
    }

    /// See [`Register::put`].
    ///
    /// # Errors
    /// As there.
    pub fn put(&self, class: &str, id: Uuid, fields: Fields) -> Result<Written, RegisterError> {
        self.driver.run(self.register.put(class, id, fields))
    }

    /// See [`Register::create`].
    ///
    /// # Errors
    /// As there.
    pub fn create(&self, class: &str, id: Uuid, fields: Fields) -> Result<Written, RegisterError> {
        self.driver.run(self.register.create(class, id, fields))
    }

    /// See [`Register::update`].
    ///
    /// # Errors
    /// As there.
    pub fn update(&self, class: &str, id: Uuid, fields: Fields) -> Result<Written, RegisterError> {
        self.driver.run(self.register.update(class, id, fields))
    }

    /// See [`Register::delete`].
    ///
    /// # Errors
    /// As there.
    pub fn delete(&self, class: &str, id: Uuid) -> Result<Written, RegisterError> {
        self.driver.run(self.register.delete(class, id))
    }

    /// See [`Register::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get(&self, class: &str, id: Uuid) -> Result<Option<Record>, RegisterError> {
        self.now().get(class, id)
    }

    /// See [`Register::find`].
    ///
    /// # Errors
    /// As there.
    pub fn find(&self, ask: Ask) -> Result<Vec<Record>, RegisterError> {
        self.now().find(ask)
    }

    /// See [`Register::ids`].
    ///
    /// # Errors
    /// As there.
    pub fn ids(&self, ask: Ask) -> Result<Vec<Uuid>, RegisterError> {
        self.now().ids(ask)
    }

    /// See [`Register::count`].
    ///
    /// # Errors
    /// As there.
    pub fn count(&self, ask: Ask) -> Result<u64, RegisterError> {
        self.now().count(ask)
    }

    /// See [`Register::position`].
    ///
    /// # Errors
    /// As there.
    pub fn position(&self) -> Result<Position, RegisterError> {
        self.driver.run(self.register.position())
    }

    /// See [`Register::ask`].
    pub fn ask(&self, class: &str) -> Ask {
        self.register.ask(class)
    }

    /// See [`Register::by`].
    #[must_use]
    pub fn by(&self, actor: Uuid) -> Self {
        Self::new(self.register.by(actor), self.driver.clone())
    }

    /// See [`Register::note`].
    #[must_use]
    pub fn note(&self, note: &str) -> Self {
        Self::new(self.register.note(note), self.driver.clone())
    }

    /// See [`Register::at`].
    pub fn at(&self, valid: Timestamp<ValidTime>) -> BlockingReader<S, D> {
        self.now().at(valid)
    }

    /// See [`Register::as_known`].
    pub fn as_known(&self, known: Timestamp<TransactionTime>) -> BlockingReader<S, D> {
        self.now().as_known(known)
    }

    /// See [`Register::at_position`].
    pub fn at_position(&self, position: Position) -> BlockingReader<S, D> {
        self.now().at_position(position)
    }

    /// The classes.
    pub fn schema(&self) -> &Arc<Schema> {
        self.register.schema()
    }

    fn now(&self) -> BlockingReader<S, D> {
        BlockingReader { reader: self.register.now(), driver: self.driver.clone() }
    }
}

/// A [`Reader`] each of whose operations returns when it is done.
#[derive(Clone)]
pub struct BlockingReader<S, D> {
    reader: Reader<S>,
    driver: D,
}

impl<S: Storage, D: Driver> BlockingReader<S, D> {
    /// See [`Reader::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get(&self, class: &str, id: Uuid) -> Result<Option<Record>, RegisterError> {
        self.driver.run(self.reader.get(class, id))
    }

    /// See [`Reader::find`].
    ///
    /// # Errors
    /// As there.
    pub fn find(&self, ask: Ask) -> Result<Vec<Record>, RegisterError> {
        self.driver.run(self.reader.find(ask))
    }

    /// See [`Reader::ids`].
    ///
    /// # Errors
    /// As there.
    pub fn ids(&self, ask: Ask) -> Result<Vec<Uuid>, RegisterError> {
        self.driver.run(self.reader.ids(ask))
    }

    /// See [`Reader::count`].
    ///
    /// # Errors
    /// As there.
    pub fn count(&self, ask: Ask) -> Result<u64, RegisterError> {
        self.driver.run(self.reader.count(ask))
    }

    /// See [`Reader::at`].
    #[must_use]
    pub fn at(self, valid: Timestamp<ValidTime>) -> Self {
        Self { reader: self.reader.at(valid), ..self }
    }

    /// See [`Reader::as_known`].
    #[must_use]
    pub fn as_known(self, known: Timestamp<TransactionTime>) -> Self {
        Self { reader: self.reader.as_known(known), ..self }
    }

    /// See [`Reader::at_position`].
    #[must_use]
    pub fn at_position(self, position: Position) -> Self {
        Self { reader: self.reader.at_position(position), ..self }
    }
}

// Derives would ask the same of the store and of what drives it.
impl<S, D> fmt::Debug for BlockingRegister<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.register, f)
    }
}
impl<S, D> fmt::Debug for BlockingReader<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.reader, f)
    }
}
