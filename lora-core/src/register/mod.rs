//! A register by names: what a program of one's own talks to.
//!
//! A [`Register`] is a [`Service`] with names in place of ids and values in place of rows. It has the present for a default
//! wherever time could be said, so that whoever does not ask about time need not know that there is any.
//!
//! # One: put and get
//!
//! ```
//! use std::sync::Arc;
//! use lora_core::register::{Fields, Register};
//! use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
//! use lora_core::storage::MemoryStore;
//! use lora_core::time::{Clock, ManualClock};
//! use uuid::uuid;
//!
//! # pollster::block_on(async {
//! // A store in memory and a clock that is set by hand; lora-embedded opens one in a folder with the clock of the machine.
//! let clock = Arc::new(ManualClock::at(1_700_000_000_000_000)?);
//! let unit = ClassDeclaration::new("unit")
//!     .group("properties", [Field::text("name").mandatory(), Field::integer("cost_centre")])
//!     .to_one("parent", ["unit"]);
//! let register = Register::open(MemoryStore::new(clock.clone()), vec![unit], clock.clone(), || [0; 16]).await?;
//!
//! let [root, finance] = [uuid!("00000000-0000-4000-8000-000000000001"), uuid!("00000000-0000-4000-8000-000000000002")];
//! register.put("unit", root, Fields::new().set("name", "Municipality")).await?;
//! register.put("unit", finance, Fields::new().set("name", "Finance").set("cost_centre", 4711).relate("parent", root)).await?;
//!
//! let record = register.get("unit", finance).await?.expect("it was just put there");
//! assert_eq!(record.text("name")?, Some("Finance"));
//! assert_eq!(record.target("parent")?, Some(root));
//!
//! // What is not named stays.
//! let before = record.registered().from();
//! clock.set(1_700_000_001_000_000)?;
//! register.update("unit", finance, Fields::new().set("name", "Economy")).await?;
//! assert_eq!(register.get("unit", finance).await?.expect("there").integer("cost_centre")?, Some(4711));
//!
//! // # Two: find
//! let below = register.ask("unit").filter(|unit| unit.field("name").like("e%") & unit.relation("parent").to(root));
//! assert_eq!(register.ids(below.clone()).await?, [finance]);
//!
//! // # Three: what held at another time. Nothing that was put is ever lost.
//! let then = register.at(before.as_valid());
//! assert_eq!(then.get("unit", finance).await?.expect("there").text("name")?, Some("Finance"));
//! assert_eq!(then.find(below).await?, []);
//! // Values can be put for any time: the unit has another name during 2024, and the end is exclusive.
//! let during = "2024-01-01T00:00:00Z".parse()?.."2025-01-01T00:00:00Z".parse()?;
//! register.update("unit", finance, Fields::new().set("name", "Money").valid(during.clone())).await?;
//! assert_eq!(register.at(during.start).get("unit", finance).await?.expect("there").text("name")?, Some("Money"));
//! assert_eq!(register.at(during.end).get("unit", finance).await?.expect("there").text("name")?, Some("Economy"));
//!
//! // # Four: what was known of that. The same instant, as known before the last update.
//! let known = register.at(during.start).as_known(before);
//! assert_eq!(known.get("unit", finance).await?.expect("there").text("name")?, Some("Finance"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # When what is said holds
//!
//! 1. Values hold **from now on**, unless [`Fields`] say from when, until when, or both. That is so for a new object, too:
//!    before it was put, it did not state anything.
//! 2. What held before goes on to have held then: putting and updating change nothing outside of the period that they say.
//!    Inside of it, [`put`](Register::put) lets nothing else hold, and [`update`](Register::update) leaves what it does not
//!    name. So what somebody planned for later is overwritten by a change from now on, unless that ends before, by
//!    [`Fields::until`].
//! 3. Reading is **as of now**, as known latest: what was put for now is what is read. [`Register::at`] reads what holds at
//!    another instant, [`Reader::as_known`] what was known at another one; both may be said, and neither follows from the
//!    other.
//! 4. [`delete`](Register::delete) takes no time: a deleted object states nothing, at any instant. As known before, it does.
//! 5. *Now* is what the clock says that the register was opened with, but it never goes back, and is never before what the
//!    register has registered: what is put is read, whatever the clock does. On several machines, what one puts from now on
//!    another one reads when its own clock has come so far.
//! 6. An object that is created or put is **present**, unless it says otherwise: where its class names a state and the value
//!    that makes objects count, and the fields do not name the state, it gets that value for as long as the fields hold.
//!    [`find`](Register::find) finds what is present, [`get`](Register::get) also gets what is not.
//! 7. Whoever says what is stated already registers nothing: [`Written::Unchanged`](crate::service::Written::Unchanged).

mod blocking;
mod error;
mod fields;
mod present;
mod read;
mod record;
mod write;

use std::sync::Arc;

use uuid::Uuid;

pub use blocking::{BlockingReader, BlockingRegister, Driver};
pub use error::RegisterError;
pub use fields::Fields;
pub use read::Reader;
pub use record::Record;

use self::present::Present;
use crate::error::Error;
use crate::object::Position;
use crate::query::build::Ask;
use crate::schema::{ClassDeclaration, Schema};
use crate::service::{By, Salts, Service};
use crate::storage::{Read, Storage, Wait};
use crate::time::{Clock, Timestamp, TransactionTime, ValidTime};

/// A store with its classes, spoken to by names. Cheap to clone; any number of tasks may use it.
///
/// See the [module](self) for when what is said holds.
#[derive(Clone)]
pub struct Register<S> {
    service: Service<S>,
    present: Arc<Present>,
    by: By,
}

impl<S: Storage> Register<S> {
    /// Opens a store for `classes`, which are then the ones in force; see [`Service::open`].
    ///
    /// # Errors
    /// [`Error::Declarations`] with every mistake, or [`Error::Store`]; nothing is stored.
    pub async fn open(
        store: S,
        classes: Vec<ClassDeclaration>,
        clock: Arc<dyn Clock>,
        salts: impl Salts,
    ) -> Result<Self, Error> {
        Self::over(Service::open(store, classes, salts).await?, clock).await
    }

    /// The register over a service that is open already.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn over(service: Service<S>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let present = Present::of(clock);
        let newest = service.view(None).await?.position();
        let before = Position(newest.0.saturating_sub(1));
        for entry in service.store().ledger(before, 1, Wait::Never).await? {
            present.not_before(entry.instant);
        }
        Ok(Self { service, present: Arc::new(present), by: By::default() })
    }

    /// The position of the newest entry: what [`at_position`](Self::at_position) can be asked for from now on.
    ///
    /// # Errors
    /// [`RegisterError::Service`] where the store fails.
    pub async fn position(&self) -> Result<Position, RegisterError> {
        Ok(self.service.view(None).await?.position())
    }

    /// The object as it is now; see [`Reader::get`].
    ///
    /// # Errors
    /// As [`Reader::get`].
    pub async fn get(&self, class: &str, id: Uuid) -> Result<Option<Record>, RegisterError> {
        self.now().get(class, id).await
    }

    /// The objects that a question finds now, in its order; see [`Reader::find`].
    ///
    /// # Errors
    /// As [`Reader::find`].
    pub async fn find(&self, ask: Ask) -> Result<Vec<Record>, RegisterError> {
        self.now().find(ask).await
    }

    /// The UUIDs of the objects that a question finds now; see [`Reader::ids`].
    ///
    /// # Errors
    /// As [`Reader::find`].
    pub async fn ids(&self, ask: Ask) -> Result<Vec<Uuid>, RegisterError> {
        self.now().ids(ask).await
    }

    /// How many objects a question finds now; see [`Reader::count`].
    ///
    /// # Errors
    /// As [`Reader::find`].
    pub async fn count(&self, ask: Ask) -> Result<u64, RegisterError> {
        self.now().count(ask).await
    }
}

impl<S: Clone> Register<S> {
    /// A question about the objects of a class, for [`find`](Self::find) and its like here and at other times.
    ///
    /// A class that is not there is an error of whoever answers the question.
    pub fn ask(&self, class: &str) -> Ask {
        Ask::of(self.service.schema(), class)
    }

    /// The same register, in which somebody acts: all that is written through it is written by this actor.
    #[must_use]
    pub fn by(&self, actor: Uuid) -> Self {
        Self { by: By { actor, ..self.by.clone() }, ..self.clone() }
    }

    /// The same register, in which all that is written has this note.
    #[must_use]
    pub fn note(&self, note: &str) -> Self {
        Self { by: By { note: note.to_owned(), ..self.by.clone() }, ..self.clone() }
    }

    /// What holds at an instant.
    pub fn at(&self, valid: Timestamp<ValidTime>) -> Reader<S> {
        self.now().at(valid)
    }

    /// What was known at an instant of what holds now.
    pub fn as_known(&self, known: Timestamp<TransactionTime>) -> Reader<S> {
        self.now().as_known(known)
    }

    /// What was committed up to a position, of what holds now.
    pub fn at_position(&self, position: Position) -> Reader<S> {
        self.now().at_position(position)
    }

    /// The classes.
    pub fn schema(&self) -> &Arc<Schema> {
        self.service.schema()
    }

    /// The service underneath, for what has no name here.
    pub const fn service(&self) -> &Service<S> {
        &self.service
    }

    fn now(&self) -> Reader<S> {
        Reader::now(self.clone())
    }
}

impl<S> std::fmt::Debug for Register<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Register").field("by", &self.by).finish_non_exhaustive()
    }
}
