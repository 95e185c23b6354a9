//! Histories that are drawn, told to a store and to the one in memory: whatever is asked of history, both say the same.
//!
//! What the store in memory says is held to reads, instant by instant, by the tests of history.

use std::fmt::Debug;
use std::sync::Arc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::{Harness, START_MICROS, in_order, service};
use crate::Service;
use crate::error::Error;
use crate::history::{Between, Chronology, Differences, Exposures, Matter, Point, Ranking};
use crate::object::{LifeCycle, ObjectId, Position, Seq};
use crate::oio::shipped_classes;
use crate::query::eval::Command;
use crate::query::execute::Limits;
use crate::query::{Direction, Filter, Reading, Related, Selection, Steps};
use crate::schema::Class;
use crate::service::{By, History};
use crate::storage::{KnownAt, MemoryStore, Read, Storage};
use crate::testing::{self, SmallAxis, Step};
use crate::time::{Clock, ManualClock, Period, Timestamp, TransactionTime, ValidTime};

const VALID: SmallAxis = SmallAxis { first: START_MICROS, step: 10, count: 6 };
const REGISTERED: SmallAxis = SmallAxis { first: START_MICROS + 1_000, step: 10, count: 14 };

/// About as many times of knowledge are asked about.
const KNOWNS: usize = 5;

/// Of which classes, with a relation within the class where there is one.
const CLASSES: [&str; 3] = ["organisation_unit", "organisation_function", "user"];

/// A store with the clock that it is told the time by.
struct Twin<S: Storage> {
    service: Service<S>,
    clock: Arc<ManualClock>,
    class: Class,
}

/// A question and its answer, in words.
type Said = (String, String);

/// At the newest position and at one gone by, before and after registrations were taken back.
pub async fn history_is_what_the_store_in_memory_says<H: Harness>(harness: &H) {
    let mut runner = TestRunner::deterministic();
    for name in CLASSES {
        let (service, clock) = service(harness).await;
        let class = service.schema().class_named(name).expect("shipped").clone();
        let drawn = testing::history(&class, VALID, REGISTERED, 10).new_tree(&mut runner).expect("any history");
        let mut twin = Twin { service, clock, class: class.clone() };
        let mut memory = Twin::in_memory(class).await;
        let told = twin.told(&drawn.current()).await;
        assert_eq!(memory.told(&drawn.current()).await, told);
        let newest = memory.newest().await;
        assert_eq!(twin.newest().await, newest);
        for at in [Position(newest.0.div_ceil(2)), newest] {
            agree(twin.asked(at).await, memory.asked(at).await, at);
        }
        agree(twin.rewritten().await, memory.rewritten().await, newest);
        let rewritten = memory.newest().await;
        for at in [newest, rewritten] {
            agree(twin.asked(at).await, memory.asked(at).await, at);
        }
        in_order(twin.service.store()).await;
    }
}

fn agree(store: Vec<Said>, memory: Vec<Said>, at: Position) {
    assert_eq!(store.len(), memory.len());
    for (store, memory) in store.into_iter().zip(memory) {
        assert_eq!(store, memory, "as of {at}");
    }
}

impl Twin<MemoryStore> {
    async fn in_memory(class: Class) -> Self {
        let clock = super::clock();
        let store = MemoryStore::new(clock.clone());
        let service = Service::open(store, shipped_classes(), || [0x5a; 16]).await.expect("an empty store opens");
        Self { service, clock, class }
    }
}

impl<S: Storage> Twin<S> {
    fn object(&self, number: u128) -> ObjectId {
        ObjectId { class: self.class.id, uuid: Uuid::from_u128(number) }
    }

    /// Those that histories are of, one that asserts its times, and one that nobody knows.
    fn objects(&self) -> Vec<ObjectId> {
        [1, 2, 3, 4, 0, 6, 7].map(|number| self.object(number)).to_vec()
    }

    async fn newest(&self) -> Position {
        self.service.view(None).await.expect("a view").position()
    }

    /// Tells a history, and one of another register; says what became of each act.
    async fn told(&mut self, steps: &[Step]) -> Vec<String> {
        let mut outcomes = Vec::new();
        for (object, command, stamp) in steps {
            self.clock.set(stamp.registered.micros().expect("finite")).expect("a finite instant");
            let by = By { actor: stamp.actor, note: stamp.note.clone(), batch: None };
            let written = match command.clone() {
                Command::Create(content) => self.service.create(*object, content, by).await,
                Command::Import(content) => self.service.import(*object, content, by).await,
                Command::Update(patch) => self.service.update(*object, patch, by).await,
                Command::Passivate => self.service.passivate(*object, by).await,
                Command::Delete => self.service.delete(*object, by).await,
            };
            outcomes.push(format!("{written:?}"));
        }
        let contents = steps.iter().filter_map(|(_, command, _)| match command {
            Command::Create(content) | Command::Import(content) => Some(content.clone()),
            _ => None,
        });
        let stages = [LifeCycle::Imported, LifeCycle::Corrected, LifeCycle::Corrected];
        for ((content, lifecycle), number) in contents.zip(stages).zip(0..) {
            let registered_from = Timestamp::from_micros(REGISTERED.first - 50 + 45 * number).expect("finite");
            let object = self.object(6);
            let history = History { object, registered_from, lifecycle, content, by: By::default() };
            let written = self.service.import_history(history, self.clock.now()).await;
            outcomes.push(format!("{written:?}"));
        }
        outcomes
    }

    /// Each registration taken back and each put back again, as far as that is allowed.
    async fn rewritten(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        for object in self.objects() {
            for seq in (0..6).map(Seq) {
                let undone = self.service.undo(object, seq, By::default()).await;
                said.push((format!("undo {seq:?} of {object:?}"), format!("{undone:?}")));
                let restored = self.service.restore(object, seq, By::default()).await;
                said.push((format!("restore {seq:?} of {object:?}"), format!("{restored:?}")));
            }
        }
        said
    }

    async fn asked(&self, at: Position) -> Vec<Said> {
        let view = self.service.view(Some(at)).await.expect("a view");
        let mut said = Vec::new();
        for object in self.objects() {
            for order in [Chronology::OldestFirst, Chronology::NewestFirst] {
                for (from, limit) in [(None, 99), (Some(Seq(2)), 2)] {
                    let found = self.service.registrations(&view, object, order, from, limit).await;
                    said.push(answered(format!("registrations {object:?} {order:?} {from:?}"), found));
                }
            }
        }
        let knowns = self.knowns(&view).await;
        for (number, known) in knowns.iter().enumerate() {
            said.extend(self.timelines(&view, *known).await);
            // An instant of valid time for each: on a border, just before, and in between.
            let valid = |micros| Timestamp::<ValidTime>::from_micros(VALID.first + micros).expect("finite");
            let number = number as i64;
            let to = Point { known: *known, valid: valid(number * 7 % 55 / 5 * 5 - number % 2) };
            let from = Point { known: knowns[number as usize / 2], valid: valid(number * 3 % 50 / 10 * 10) };
            for (from, to) in [(from, to), (to, from)] {
                said.extend(self.compared(&view, Between { from, to }).await);
            }
            said.extend(self.learned(&view, to).await);
        }
        said
    }

    /// Some instants at which something was registered, some a microsecond before that, and latest.
    async fn knowns(&self, view: &S::View) -> Vec<KnownAt> {
        let mut knowns = Vec::new();
        for object in self.objects() {
            let chain = self.service.registrations(view, object, Chronology::OldestFirst, None, 99).await;
            for at in chain.expect("readable").into_iter().map(|one| one.registered.from()) {
                let before: Timestamp<TransactionTime> =
                    Timestamp::from_micros(at.micros().expect("finite") - 1).expect("finite");
                knowns.extend([at, before]);
            }
        }
        // An odd step, so that both kinds come.
        let step = (knowns.len() / KNOWNS) | 1;
        let knowns = knowns.into_iter().step_by(step).map(KnownAt::Instant);
        [KnownAt::Latest, KnownAt::Instant(Timestamp::INFINITY)].into_iter().chain(knowns).collect()
    }

    async fn timelines(&self, view: &S::View, known: KnownAt) -> Option<Said> {
        let asked: Vec<_> = self.objects().into_iter().map(|object| (object, known)).collect();
        let found = self.service.timelines(view, &asked).await.expect("readable");
        let found = found.into_iter().map(|belief| {
            belief.map(|belief| {
                let stages: Vec<_> = belief.stages(Period::ALWAYS).collect();
                (belief.position, belief.registered, belief.registration, stages)
            })
        });
        Some((format!("timelines {known:?}"), format!("{:?}", found.collect::<Vec<_>>())))
    }

    async fn compared(&self, view: &S::View, between: Between) -> Vec<Said> {
        let mut said = Vec::new();
        for reading in [Reading::Present, Reading::Rows, Reading::Registered] {
            let found = self.service.differences(view, &self.objects(), between, reading).await;
            said.push(answered(format!("differences {between:?} {reading:?}"), found));
        }
        for select in self.selections() {
            let mut all = Differences::new(&select, between, None, Limits::NONE);
            let mut found = Vec::new();
            while let Some(part) = self.service.next_differences(view, &mut all).await.expect("readable") {
                found.extend(part);
            }
            said.push((format!("differences {between:?} {select:?}"), format!("{found:?}")));
        }
        said
    }

    /// All, those in a state, and those from which a relation leads to an object, followed any number of times.
    fn selections(&self) -> Vec<Selection> {
        let state = &self.class.states[0];
        let select = |reading, filter| Selection { class: self.class.id, reading, filter };
        let one = select(Reading::Present, Filter::Object(vec![Uuid::from_u128(1)]));
        let within = self.class.relations.iter().find(|relation| relation.name == "parent");
        let relation = within.unwrap_or(&self.class.relations[0]).id;
        let steps = Steps::Many { from_itself: true, through: None };
        let below = Related { relation, direction: Direction::Forward, object_type: None, steps, to: one };
        vec![
            select(Reading::Registered, Filter::EVERYWHERE),
            select(Reading::Rows, Filter::State { state: state.id, values: vec![state.values[0].id] }),
            select(Reading::Present, Filter::Related(Box::new(below))),
        ]
    }

    async fn learned(&self, view: &S::View, point: Point) -> Vec<Said> {
        let mut said = Vec::new();
        let uuids: Vec<Uuid> = self.objects().into_iter().map(|object| object.uuid).collect();
        let everybody = Selection { class: self.class.id, reading: Reading::Rows, filter: Filter::EVERYWHERE };
        let relation = self.class.relations[0].id;
        let (direction, steps) = (Direction::Forward, Steps::One);
        let path = [Related { relation, direction, object_type: None, steps, to: everybody }];
        for (number, select) in self.selections().into_iter().enumerate() {
            let matter = Matter { select, ended: number == 1 };
            let asked = format!("{matter:?} {point:?}");
            let learned = self.service.learned(view, &matter, point, &uuids, Limits::NONE).await;
            said.push(answered(format!("learned {asked}"), learned));
            let mut all = Exposures::new(matter.clone(), point, None, Limits::NONE);
            let exposed = self.service.next_exposures(view, &mut all).await;
            said.push(answered(format!("exposed {asked}"), exposed));
            let mut all = Exposures::new(matter, point, None, Limits::NONE);
            let league = self.service.league(view, &mut all, &path, Ranking::Total).await;
            said.push(answered(format!("league {asked}"), league));
        }
        said
    }
}

fn answered<T: Debug>(asked: String, answer: Result<T, Error>) -> Said {
    (asked, format!("{:?}", answer.expect("readable")))
}
