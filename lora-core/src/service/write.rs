//! Writing: one act on one object, merged over what is there, retried when somebody else was faster.

use super::{By, Service, Written};
use crate::codec::{EntryKind, Frame};
use crate::error::Error;
use crate::object::lifecycle::{Act, may_follow, transition};
use crate::object::{
    Content, LifeCycle, ObjectId, Patch, Position, Registration, Seq, joined, merge, validate, validate_next,
    validate_patch,
};
use crate::query::execute::decoded;
use crate::schema::Class;
use crate::storage::{CommitError, Draft, IndexChange, KnownAt, Read, Receipt, Step, Storage, changes};
use crate::time::{Timestamp, TransactionTime};

/// Enough for writers of one object in other processes; those in this one queue up.
pub(super) const ATTEMPTS: u32 = 32;

/// A registration of another register, as a history import states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The object.
    pub object: ObjectId,
    /// When the other register stated it, on the axis of transaction time.
    pub registered_from: Timestamp<TransactionTime>,
    /// What kind of act it was there.
    pub lifecycle: LifeCycle,
    /// The whole content from then on; a deletion states nothing, whatever stands here.
    pub content: Content,
    /// Who acted there, and why.
    pub by: By,
}

/// What an act makes of an object's newest registration.
pub(super) enum Outcome {
    Register(LifeCycle, Content),
    Nothing,
}

impl<S: Storage> Service<S> {
    /// Creates an object that does not exist yet.
    ///
    /// # Errors
    /// [`Error::Transition`] where it exists, [`Error::Content`] where the content is not sound.
    pub async fn create(&self, object: ObjectId, content: Content, by: By) -> Result<Written, Error> {
        self.write(object, by, None, |_, current| replaced(object, current, Act::Create, &content)).await
    }

    /// Puts an object as it is: a new one with an id of its own, or in place of everything an existing one stated.
    ///
    /// # Errors
    /// [`Error::Content`] where the content is not sound.
    pub async fn import(&self, object: ObjectId, content: Content, by: By) -> Result<Written, Error> {
        self.write(object, by, None, |_, current| replaced(object, current, Act::Import, &content)).await
    }

    /// Merges `patch` into an object; [`Written::Unchanged`] where that changes neither content nor life cycle.
    ///
    /// # Errors
    /// [`Error::Transition`] where the object is unknown, passive or deleted; [`Error::Content`] where the merged
    /// content would not be sound.
    pub async fn update(&self, object: ObjectId, patch: Patch, by: By) -> Result<Written, Error> {
        let update = |class: &Class, current: Option<&Registration>| {
            let lifecycle = next_lifecycle(object, current, Act::Update)?;
            validate_patch(class, &patch).map_err(|source| Error::Content { object, source })?;
            let previous = current.expect("what does not exist has no lifecycle to go on from");
            let content = merge(class, &previous.content, &patch);
            let unchanged = content == previous.content && lifecycle == Some(previous.lifecycle);
            Ok(lifecycle.filter(|_| !unchanged).map_or(Outcome::Nothing, |next| Outcome::Register(next, content)))
        };
        self.write(object, by, None, update).await
    }

    /// Carries out a create, import or update whose content is computed from what the object states, as often as others
    /// are faster; [`Written::Unchanged`] where the object is in use and states the same already.
    ///
    /// # Errors
    /// As [`create`](Self::create), [`import`](Self::import) and [`update`](Self::update).
    pub(crate) async fn restate(
        &self,
        object: ObjectId,
        act: Act,
        next: impl Fn(&Class, &Content) -> Content,
        by: By,
    ) -> Result<Written, Error> {
        let restated = |class: &Class, current: Option<&Registration>| {
            let lifecycle = next_lifecycle(object, current, act)?;
            let nothing = Content::EMPTY;
            let content = next(class, current.map_or(&nothing, |current| &current.content));
            let unchanged = current.is_some_and(|current| {
                let gone = matches!(current.lifecycle, LifeCycle::Passivated | LifeCycle::Deleted);
                !gone && joined(current.content.clone()) == content
            });
            Ok(lifecycle.filter(|_| !unchanged).map_or(Outcome::Nothing, |next| Outcome::Register(next, content)))
        };
        self.write(object, by, None, restated).await
    }

    /// Takes an object out of use; its content stays.
    ///
    /// # Errors
    /// [`Error::Transition`] where the object is unknown, passive or deleted.
    pub async fn passivate(&self, object: ObjectId, by: By) -> Result<Written, Error> {
        let keep = |_: &Class, current: Option<&Registration>| {
            let content = current.map(|registration| registration.content.clone()).unwrap_or_default();
            replaced(object, current, Act::Passivate, &content)
        };
        self.write(object, by, None, keep).await
    }

    /// Deletes an object: from now on it states nothing. [`Written::Unchanged`] where it is deleted already.
    ///
    /// # Errors
    /// [`Error::Transition`] where the object is unknown.
    pub async fn delete(&self, object: ObjectId, by: By) -> Result<Written, Error> {
        self.write(object, by, None, |_, current| replaced(object, current, Act::Delete, &Content::EMPTY)).await
    }

    /// Enters a registration of another register with the time that it was stated there.
    ///
    /// The life cycle must be one that may follow; `now` is the instant of the request.
    ///
    /// # Errors
    /// [`Error::Asserted`] unless the time lies after the object's newest registration and not after `now`;
    /// [`Error::Transition`] and [`Error::Content`] as for the act itself.
    pub async fn import_history(&self, history: History, now: Timestamp<TransactionTime>) -> Result<Written, Error> {
        let History { object, registered_from, lifecycle, content, by } = history;
        let content = if lifecycle == LifeCycle::Deleted { Content::EMPTY } else { content };
        let stated = |_: &Class, current: Option<&Registration>| {
            let legal = may_follow(current.map(|registration| registration.lifecycle), lifecycle);
            legal.map_err(|source| Error::Transition { object, source })?;
            Ok(Outcome::Register(lifecycle, content.clone()))
        };
        self.write(object, by, Some((registered_from, now)), stated).await
    }

    /// The step that enters a history which was found sound, as what follows on the registration `after` of its object.
    ///
    /// For who enters so many that nothing is read in between. The step says nothing about the index: the store, or who
    /// hands it over, computes that from the entries.
    ///
    /// # Errors
    /// [`Error::UnknownClass`], or [`Error::Content`] where the content is not sound.
    pub fn history_step(&self, history: History, after: Option<Seq>, seen: Position) -> Result<Step, Error> {
        let History { object, registered_from, lifecycle, content, by } = history;
        validate(self.class(object.class)?, &content).map_err(|source| Error::Content { object, source })?;
        let next = Registration {
            object,
            seq: after.map_or(Seq::FIRST, Seq::next),
            lifecycle,
            actor: by.actor,
            note: by.note,
            batch: by.batch,
            asserted: Some(registered_from),
            content,
        };
        Ok(self.step(seen, after, &next, IndexChange::default()))
    }

    /// Reads the object, lets `act` decide, and commits what it decided, until nobody else was faster.
    async fn write(
        &self,
        object: ObjectId,
        by: By,
        asserted: Option<(Timestamp<TransactionTime>, Timestamp<TransactionTime>)>,
        act: impl Fn(&Class, Option<&Registration>) -> Result<Outcome, Error>,
    ) -> Result<Written, Error> {
        let class = self.class(object.class)?;
        let _turn = self.queue(object).lock().await;
        for _ in 0..ATTEMPTS {
            let view = self.store.view(None).await?;
            if let Some(written) = self.attempt(&view, class, object, &by, asserted, &act).await? {
                return Ok(written);
            }
        }
        Err(Error::Contended { object, attempts: ATTEMPTS })
    }

    /// The same once, from a view; `None` where somebody else was faster.
    pub(super) async fn attempt(
        &self,
        view: &S::View,
        class: &Class,
        object: ObjectId,
        by: &By,
        asserted: Option<(Timestamp<TransactionTime>, Timestamp<TransactionTime>)>,
        act: impl Fn(&Class, Option<&Registration>) -> Result<Outcome, Error>,
    ) -> Result<Option<Written>, Error> {
        let newest = view.registrations(&[(object, KnownAt::Latest)]).await?.remove(0);
        let current = newest.as_ref().map(decoded).transpose()?;
        if let Some((asserted, now)) = asserted {
            let after = newest.as_ref().map_or(Timestamp::NEG_INFINITY, |newest| newest.registered.from());
            if asserted <= after || asserted > now {
                return Err(Error::Asserted { object, asserted, after, now });
            }
        }
        let outcome = act(class, current.as_ref())?;
        let Outcome::Register(lifecycle, content) = outcome else { return Ok(Some(Written::Unchanged)) };
        let nothing = Content::EMPTY;
        let before = current.as_ref().map_or(&nothing, |current| &current.content);
        validate_next(class, before, &content).map_err(|source| Error::Content { object, source })?;
        let previous = newest.as_ref().zip(current.as_ref());
        let indexed_as = |position| self.declarations.class(object.class, position).unwrap_or(class);
        let previous = previous.map(|(encoded, current)| (indexed_as(encoded.position), current));
        let next = Registration {
            object,
            seq: current.as_ref().map_or(Seq::FIRST, |current| current.seq.next()),
            lifecycle,
            actor: by.actor,
            note: by.note.clone(),
            batch: by.batch,
            asserted: asserted.map(|(at, _)| at),
            content,
        };
        let head = current.as_ref().map(|current| current.seq);
        let step = self.step(view.position(), head, &next, changes(previous, class, &next));
        match self.store.commit(step).await {
            Ok(receipt) => Ok(Some(Written::Registered(receipt))),
            Err(CommitError::Moved { heads, .. }) if heads.contains(&ObjectId::STORE) => Err(Error::Redeclared),
            Err(CommitError::Moved { .. }) => Ok(None),
            Err(CommitError::Empty) => unreachable!("the step has the registration"),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    fn step(&self, seen: Position, head: Option<Seq>, next: &Registration, index: IndexChange) -> Step {
        let draft = Draft {
            kind: EntryKind::Registration,
            object: next.object,
            seq: next.seq,
            frame: Frame::of(next, self.salts.salt()),
            asserted: next.asserted,
            index,
        };
        // An entry is indexed by the declarations before it: whoever knows older ones must not write.
        let heads = vec![(next.object, head), (ObjectId::STORE, self.declarations.head())];
        Step { seen, heads, entries: vec![draft], ..Step::default() }
    }
}

impl Written {
    /// The receipt, where something was registered.
    pub const fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Registered(receipt) => Some(receipt),
            Self::Unchanged => None,
        }
    }
}

/// `content` in place of whatever the object stated, where `act` may follow.
pub(super) fn replaced(
    object: ObjectId,
    current: Option<&Registration>,
    act: Act,
    content: &Content,
) -> Result<Outcome, Error> {
    let lifecycle = next_lifecycle(object, current, act)?;
    Ok(lifecycle.map_or(Outcome::Nothing, |next| Outcome::Register(next, content.clone())))
}

fn next_lifecycle(object: ObjectId, current: Option<&Registration>, act: Act) -> Result<Option<LifeCycle>, Error> {
    let lifecycle = transition(current.map(|registration| registration.lifecycle), act);
    lifecycle.map_err(|source| Error::Transition { object, source })
}
