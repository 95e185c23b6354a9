//! What is asked in the native language: a wide tree as a subtree, and who has access to a system.

use lora_core::Service;
use lora_core::object::{Change, Effect, ObjectId, Patch, RelationRow, Target};
use lora_core::paths::Question;
use lora_core::query::build::Ask;
use lora_core::query::execute::{self, Limits};
use lora_core::query::{Query, TimeContext};
use lora_core::schema::Class;
use lora_core::service::By;
use lora_core::storage::{KnownAt, Storage};
use lora_core::time::{Clock, Period, Timestamp, TransactionTime};
use lora_embedded::SystemClock;
use uuid::Uuid;

use crate::figures::Failed;
use crate::register::{content, known_at};

/// Each unit of the tree has so many right below it.
const BREADTH: usize = 8;
/// One unit of so many is moved below another one later.
const MOVED: usize = 10;
/// In microseconds.
const YEAR: i64 = 365 * 86_400 * 1_000_000;
/// More rows than there are.
const ALL: usize = usize::MAX / 2;

/// A unit with many units below it.
pub(crate) struct Tree {
    class: Class,
    root: Uuid,
    pub(crate) units: usize,
    /// Before units were moved.
    past: Timestamp<TransactionTime>,
}

impl Tree {
    /// Plants one, and moves some of its units to other places of it.
    pub(crate) async fn planted<S: Storage>(service: &Service<S>, units: usize) -> Result<Self, Failed> {
        let class = service.schema().class_named("organisation_unit").ok_or("it is shipped")?.clone();
        let unit = |number: usize| Uuid::from_u128(0x7ee << 64 | number as u128);
        let object = |number| ObjectId { class: class.id, uuid: unit(number) };
        let mut past = None;
        for number in 0..units {
            let mut content = content(&class, &format!("unit {number}"));
            if number > 0 {
                let parent =
                    class.relations.iter().find(|relation| relation.name == "parent").ok_or("it is shipped")?;
                content.set_relations(parent.id, vec![below(unit((number - 1) / BREADTH))]);
            }
            let written = service.import(object(number), content, By::default()).await?;
            past = written.receipt().map(|receipt| receipt.instant);
        }
        let parent = class.relations.iter().find(|relation| relation.name == "parent").ok_or("it is shipped")?.id;
        for number in (MOVED..units).step_by(MOVED) {
            let relations = [(parent, Change::Set(vec![below(unit(number / BREADTH / 2))]))].into_iter().collect();
            service.update(object(number), Patch { relations, ..Patch::default() }, By::default()).await?;
        }
        Ok(Self { root: unit(0), units, past: past.ok_or("a tree has units")?, class })
    }

    /// How many units lie below the root now, or before some were moved, the root included.
    pub(crate) async fn ask<S: Storage>(
        &self,
        service: &Service<S>,
        view: &S::View,
        in_past: bool,
    ) -> Result<usize, Failed> {
        let below = |ask: Ask| {
            ask.filter(|unit| unit.relation("parent").join().repeatedly().or_itself().which(|unit| unit.is(self.root)))
        };
        let context = if in_past { known_at(self.past) } else { TimeContext::now(SystemClock.now()) };
        let query: Query = below(Ask::of(service.schema(), &self.class.name)).query(context)?;
        Ok(execute::find(view, service.declarations(), &query).await?.len())
    }
}

fn below(parent: Uuid) -> RelationRow {
    RelationRow { target: Target::Uuid(parent), object_type: None, effect: Effect::during(Period::ALWAYS) }
}

/// The system to which the most access is given.
pub(crate) struct Access {
    system: Uuid,
    /// How many rows the answer has.
    pub(crate) rows: usize,
}

impl Access {
    pub(crate) async fn found<S: Storage>(
        service: &Service<S>,
        view: &S::View,
        systems: Vec<Uuid>,
    ) -> Result<Self, Failed> {
        let mut most = None;
        for system in systems {
            let access = Self { system, rows: 0 };
            let rows = access.ask(service, view).await?;
            if most.as_ref().is_none_or(|most: &Self| most.rows < rows) {
                most = Some(Self { rows, ..access });
            }
        }
        most.ok_or_else(|| "a municipality has systems".into())
    }

    /// All rows at an instant.
    pub(crate) async fn ask<S: Storage>(&self, service: &Service<S>, view: &S::View) -> Result<usize, Failed> {
        let question = self.question(service, TimeContext::now(SystemClock.now()))?;
        Ok(service.rows(view, &question, None, ALL, Limits::NONE).await?.rows.len())
    }

    /// The same with what each row rests on.
    pub(crate) async fn ask_grounds<S: Storage>(&self, service: &Service<S>, view: &S::View) -> Result<usize, Failed> {
        let question = self.question(service, TimeContext::now(SystemClock.now()))?;
        let rows = service.rows(view, &question, None, ALL, Limits::NONE).await?.rows;
        Ok(service.grounds(view, &question, &rows, Limits::NONE).await?.len())
    }

    /// All rows of the last year, and in what way they were known otherwise at an instant.
    pub(crate) async fn ask_year<S: Storage>(
        &self,
        service: &Service<S>,
        view: &S::View,
        compared: Timestamp<TransactionTime>,
    ) -> Result<(usize, usize), Failed> {
        let now = SystemClock.now();
        let begin = Timestamp::from_sort_key(now.sort_key() - YEAR)?;
        let year = Period::new(begin, now.as_valid())?;
        let question = self.question(service, TimeContext { valid: Some(year), ..TimeContext::now(now) })?;
        let rows = service.rows(view, &question, None, ALL, Limits::NONE).await?;
        let compared = KnownAt::Instant(compared);
        let changes = service.row_changes(view, &question, compared, None, ALL, Limits::NONE).await?;
        Ok((rows.rows.len(), changes.changes.len()))
    }

    fn question<S: Storage>(&self, service: &Service<S>, context: TimeContext) -> Result<Question, Failed> {
        Ok(service.path("access", context)?.only("system", [self.system])?)
    }
}
