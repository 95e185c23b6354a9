//! Reading and asking, as of any point of the two time axes.

use std::fmt;

use uuid::Uuid;

use super::record::{Found, Record};
use super::{Register, RegisterError};
use crate::object::slice::retain_in_effect;
use crate::object::{LifeCycle, ObjectId, Position};
use crate::query::build::Ask;
use crate::query::execute::{self, Limits, decoded};
use crate::query::{Known, TimeContext};
use crate::schema::ClassId;
use crate::storage::{Encoded, KnownAt, Read, Storage};
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// A register as of other times: what held then, as known then. Cheap to clone.
///
/// What is not said is the present: valid now, as known latest, with everything that is committed.
#[derive(Clone)]
pub struct Reader<S> {
    register: Register<S>,
    valid: Option<Timestamp<ValidTime>>,
    known: Option<Timestamp<TransactionTime>>,
    position: Option<Position>,
}

impl<S> Reader<S> {
    pub(super) const fn now(register: Register<S>) -> Self {
        Self { register, valid: None, known: None, position: None }
    }

    /// What holds at an instant; at the infinities nothing does.
    #[must_use]
    pub fn at(self, valid: Timestamp<ValidTime>) -> Self {
        Self { valid: Some(valid), ..self }
    }

    /// What was known at an instant: the registrations that were the newest then.
    #[must_use]
    pub fn as_known(self, known: Timestamp<TransactionTime>) -> Self {
        Self { known: Some(known), ..self }
    }

    /// What was committed up to a position, and nothing after it: for a fixed position, [`as_known`](Self::as_known) and
    /// [`at`](Self::at) the answer never changes.
    #[must_use]
    pub fn at_position(self, position: Position) -> Self {
        Self { position: Some(position), ..self }
    }

    fn context(&self) -> TimeContext {
        let now = self.register.present.now();
        let valid = Period::instant(self.valid.unwrap_or_else(|| now.as_valid()));
        TimeContext { known: self.known.map_or(Known::Latest, Known::at), valid, now }
    }
}

impl<S: Storage> Reader<S> {
    /// The object at this reader's time; `None` where it is unknown, deleted, or states nothing then.
    ///
    /// An object that states something but does not count is there: see [`Record::is_present`].
    ///
    /// # Errors
    /// [`RegisterError::Name`] for an unknown class, [`RegisterError::Service`] where the store fails.
    pub async fn get(&self, class: &str, id: Uuid) -> Result<Option<Record>, RegisterError> {
        let service = &self.register.service;
        let class = service.schema().class_called(class)?.id;
        let (context, view) = (self.context(), service.view(self.position).await?);
        let records = self.records(&view, context, vec![ObjectId { class, uuid: id }]).await?;
        let states_something = |record: &Record| {
            let registration = record.registration();
            registration.lifecycle != LifeCycle::Deleted && !registration.content.is_empty()
        };
        Ok(records.into_iter().next().filter(states_something))
    }

    /// The objects that a question finds at this reader's time, in its order; else by UUID.
    ///
    /// # Errors
    /// [`RegisterError::Name`] and [`RegisterError::Pattern`] for a mistake in the question,
    /// [`RegisterError::Service`] where the store fails.
    pub async fn find(&self, ask: Ask) -> Result<Vec<Record>, RegisterError> {
        let context = self.context();
        let (view, class, uuids) = self.found(&ask, context).await?;
        self.records(&view, context, uuids.into_iter().map(|uuid| ObjectId { class, uuid }).collect()).await
    }

    /// The UUIDs of the objects that a question finds, in its order; else ascending.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn ids(&self, ask: Ask) -> Result<Vec<Uuid>, RegisterError> {
        Ok(self.found(&ask, self.context()).await?.2)
    }

    /// How many objects a question finds; its order and limit do not count.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn count(&self, ask: Ask) -> Result<u64, RegisterError> {
        let service = &self.register.service;
        let query = ask.query(self.context())?;
        let view = service.view(self.position).await?;
        let tally = execute::tally(&view, service.declarations(), &query, None, Limits::NONE).await?;
        Ok(tally.objects)
    }

    async fn found(&self, ask: &Ask, context: TimeContext) -> Result<(S::View, ClassId, Vec<Uuid>), RegisterError> {
        let service = &self.register.service;
        let query = ask.query(context)?;
        let view = service.view(self.position).await?;
        let (limit, declarations) = (ask.limit_objects(), service.declarations());
        let found = execute::ranked(&view, declarations, &query, None, limit, Limits::NONE).await?;
        let uuids = found.into_iter().map(|(_, found)| found.object).collect();
        Ok((view, query.select.class, uuids))
    }

    /// The objects that have a registration at a time, in the order asked.
    async fn records(
        &self,
        view: &S::View,
        context: TimeContext,
        objects: Vec<ObjectId>,
    ) -> Result<Vec<Record>, RegisterError> {
        let known = match context.known {
            Known::Latest => Some(KnownAt::Latest),
            Known::During(window) => window.map(|window| KnownAt::Instant(window.from())),
        };
        let Some((known, valid)) = known.zip(context.valid) else { return Ok(Vec::new()) };
        let asked: Vec<_> = objects.into_iter().map(|object| (object, known)).collect();
        let found = view.registrations(&asked).await?;
        found.iter().flatten().map(|encoded| self.record(encoded, valid)).collect()
    }

    fn record(&self, encoded: &Encoded, valid: Period<ValidTime>) -> Result<Record, RegisterError> {
        let service = &self.register.service;
        let mut registration = decoded(encoded)?;
        let class = service.declarations().class(registration.object.class, encoded.position);
        let counts = class.is_none_or(|class| registration.content.presence(class).contains(valid.from()));
        let present = counts && registration.lifecycle != LifeCycle::Deleted;
        retain_in_effect(&mut registration.content, Some(valid));
        let found = Found { position: encoded.position, registered: encoded.registered, registration };
        Ok(Record::new(service.schema().clone(), found, valid.from(), present))
    }
}

impl<S> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reader");
        shown.field("valid", &self.valid).field("known", &self.known).field("position", &self.position);
        shown.finish_non_exhaustive()
    }
}
