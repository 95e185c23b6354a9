//! A service over a store beside the definition, told the same.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use proptest::sample::Index;
use uuid::Uuid;

use super::SmallAxis;
use crate::Service;
use crate::check::check;
use crate::codec::Frame;
use crate::error::Error;
use crate::object::lifecycle::TransitionError;
use crate::object::{Content, LifeCycle, ObjectId, Position};
use crate::query::eval::{Command, Outcome, Refusal, Stamp, World};
use crate::schema::ClassDeclaration;
use crate::service::{By, History, Written};
use crate::storage::{Read, Storage, Wait};
use crate::time::{Clock, ManualClock, Timestamp, TransactionTime};

/// A kind of store, and what may happen to one.
pub trait Stand {
    /// The store under test.
    type Store: Storage;
    /// Something that a store must outlive without a trace.
    type Event: Debug + Clone;

    /// An empty store whose instants come from `clock`.
    fn empty(&mut self, clock: Arc<ManualClock>) -> Self::Store;

    /// Runs a future to its end, with whatever runtime the store needs; the other methods are called outside of it.
    fn run<F: Future>(&self, future: F) -> F::Output {
        pollster::block_on(future)
    }

    /// Lets it happen to the only handle on the store, and gives back the store as it is afterwards.
    fn happen(&mut self, event: &Self::Event, store: Self::Store, clock: Arc<ManualClock>) -> Self::Store;
}

/// The instants around which scripts are registered.
pub(super) const REGISTERED: SmallAxis = SmallAxis { first: 1_000, step: 10, count: 12 };

/// The system under test beside the definition.
pub(super) struct Both<S: Stand> {
    pub(super) stand: S,
    /// Always there, but while something happens to the store.
    service: Option<Service<S::Store>>,
    pub(super) clock: Arc<ManualClock>,
    classes: Vec<ClassDeclaration>,
    pub(super) world: World,
}

impl<S: Stand> Both<S> {
    pub(super) fn new(mut stand: S, classes: Vec<ClassDeclaration>) -> Self {
        let clock = Arc::new(ManualClock::at(REGISTERED.first).unwrap());
        let store = stand.empty(clock.clone());
        let service = Some(stand.run(service(store, &classes)));
        Self { stand, service, clock, classes, world: World::default() }
    }

    pub(super) fn service(&self) -> &Service<S::Store> {
        self.service.as_ref().unwrap()
    }

    /// Lets something happen to the store, which leaves it as it was.
    pub(super) fn happen(&mut self, event: &S::Event) {
        let newest = self.newest();
        let store = self.service().store().clone();
        self.service = None;
        let store = self.stand.happen(event, store, self.clock.clone());
        self.service = Some(self.stand.run(service(store, &self.classes)));
        assert_eq!(self.newest(), newest, "{event:?} leaves the store as it was");
    }

    /// Declares the classes anew.
    pub(super) fn declare(&mut self, classes: &[ClassDeclaration]) {
        self.classes = classes.to_vec();
        let store = self.service().store().clone();
        self.service = Some(self.stand.run(service(store, classes)));
    }

    pub(super) fn newest(&self) -> Position {
        self.stand.run(self.service().view(None)).unwrap().position()
    }

    /// The first position shows the declarations of the classes only.
    pub(super) fn one_of_the_positions(&self, at: Index) -> Position {
        Position(at.index(self.newest().0 as usize) as u64 + 1)
    }

    /// Both are given a command, and must say the same of it.
    pub(super) fn command(&mut self, object: ObjectId, command: &Command, by: &By) {
        let by = by.clone();
        let stamp_by = by.clone();
        let result = self.stand.run(async {
            match command.clone() {
                Command::Create(content) => self.service().create(object, content, by).await,
                Command::Import(content) => self.service().import(object, content, by).await,
                Command::Update(patch) => self.service().update(object, patch, by).await,
                Command::Passivate => self.service().passivate(object, by).await,
                Command::Delete => self.service().delete(object, by).await,
            }
        });
        let (position, registered) = match &result {
            Ok(Written::Registered(receipt)) => (receipt.last, receipt.instant),
            // Where nothing should be registered the definition must not look at the stamp.
            _ => (Position(u64::MAX), Timestamp::INFINITY),
        };
        let stamp = Stamp { actor: stamp_by.actor, note: stamp_by.note, registered, position };
        let schema = self.service().schema().clone();
        let expected = self.world.apply(&schema, object, command, stamp);
        assert_same_outcome(&result, &expected);
    }

    /// A registration of another register, so many microseconds after the object's newest, is taken as stated, where
    /// its time and life cycle fit.
    pub(super) fn history(&mut self, object: ObjectId, lifecycle: LifeCycle, stated: &Content, after: i64) {
        let newest = self.world.objects().find(|(this, _)| *this == object).and_then(|(_, entries)| entries.last());
        let newest = newest.map(|entry| entry.stamp.registered);
        let base = newest.map_or(REGISTERED.first - 50, |at| at.micros().unwrap());
        let asserted: Timestamp<TransactionTime> = Timestamp::from_micros(base + after).unwrap();
        let content = if lifecycle == LifeCycle::Deleted { Content::EMPTY } else { stated.clone() };
        let now = self.clock.now();
        let history =
            History { object, registered_from: asserted, lifecycle, content: content.clone(), by: By::default() };
        let result = self.stand.run(self.service().import_history(history, now));
        if newest.is_some_and(|newest| asserted <= newest) || asserted > now {
            assert!(matches!(result, Err(Error::Asserted { .. })), "{asserted} was taken after {newest:?}: {result:?}");
            return;
        }
        let Ok(Written::Registered(receipt)) = result else {
            assert!(matches!(result, Err(Error::Transition { .. })), "{result:?}");
            return;
        };
        let stamp = Stamp { actor: Uuid::nil(), note: String::new(), registered: asserted, position: receipt.last };
        self.world.state(object, lifecycle, content, stamp);
    }

    /// What must hold of the ledger itself, and of everything that the store keeps beside it.
    pub(super) fn check(&self) {
        let entries = self.stand.run(self.service().store().ledger(Position(0), usize::MAX, Wait::Never)).unwrap();
        for (index, entry) in entries.iter().enumerate() {
            assert_eq!(entry.position, Position(index as u64 + 1), "positions are gapless");
            assert!(index == 0 || entries[index - 1].instant < entry.instant, "instants rise");
            if let Ok(registration) = entry.frame.registration() {
                assert_eq!(Frame::of(&registration, entry.frame.salt), *entry.frame, "the bytes are canonical");
            }
        }
        let report = self.stand.run(check(self.service().store(), |_| {})).expect("the store can be read");
        assert!(report.is_clean(), "{report}");
    }
}

async fn service<T: Storage>(store: T, classes: &[ClassDeclaration]) -> Service<T> {
    Service::open(store, classes.to_vec(), || [3; 16]).await.unwrap()
}

fn assert_same_outcome(result: &Result<Written, Error>, expected: &Outcome) {
    let same = match (result, expected) {
        (Ok(Written::Registered(_)), Outcome::Registered(_)) | (Ok(Written::Unchanged), Outcome::Unchanged) => true,
        (Err(Error::Content { .. }), Outcome::Refused(Refusal::Flawed(_))) => true,
        (Err(Error::Transition { source, .. }), Outcome::Refused(refusal)) => match (source, refusal) {
            (TransitionError::Unknown, Refusal::Unknown) | (TransitionError::Exists, Refusal::Exists) => true,
            (TransitionError::Illegal { from, .. }, Refusal::Illegal(expected)) => from == expected,
            _ => false,
        },
        _ => false,
    };
    assert!(same, "the service says {result:?}, the definition {expected:?}");
}
