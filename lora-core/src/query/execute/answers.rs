//! The answer to a question in the order of UUIDs, a part at a time.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::QueryError;
use super::drive::{Drive, Driven, Scope, conjuncts};
use super::place::{Place, Slice};
use super::related::add;
use super::run::{Limits, PAGE, Regions, Run};
use crate::object::{ObjectId, Position};
use crate::query::{Found, Query, Reading};
use crate::storage::{Declarations, Key, Posting, Read, ScanCursor};
use crate::time::{Period, Region, Timestamp};

/// The fewest candidates that are looked at together.
const PART_MIN: usize = 64;

/// Where an answer has got to. It holds nothing open in the store: every part is asked of a view that is handed in, and
/// which must always be one of the same position.
#[derive(Debug)]
pub struct Answers {
    after: Option<Uuid>,
    state: State,
}

#[derive(Debug)]
enum State {
    New,
    /// Along a key under which objects stand in the order of their UUIDs.
    Walking(Box<Walk>),
    /// Through what an index found.
    Listed {
        part: usize,
        exact: bool,
        left: std::collections::btree_map::IntoIter<Uuid, Region>,
    },
    Done,
}

#[derive(Debug)]
struct Walk {
    part: usize,
    exact: bool,
    key: Key,
    place: Place,
    cursor: Option<ScanCursor>,
    /// The last object of a page: more of it may stand on the next.
    begun: Option<(Uuid, Region)>,
}

/// A part of a question that nothing drives for.
const NO_PART: usize = usize::MAX;

impl Answers {
    /// The answer from its beginning, or only what comes after an object.
    pub const fn after(object: Option<Uuid>) -> Self {
        Self { after: object, state: State::New }
    }

    /// The next objects that the question finds, ascending; `None` at the end. `wanted` is about how many are of use.
    ///
    /// # Errors
    /// [`QueryError::Store`] from the view, [`QueryError::TooLarge`] where this part alone is beyond the limits.
    pub async fn next<V: Read>(
        &mut self,
        view: &V,
        declarations: &Declarations,
        query: &Query,
        wanted: usize,
        limits: Limits,
    ) -> Result<Option<Vec<Found>>, QueryError> {
        let Some((known, valid)) = Slice::of(query.context.known).zip(query.context.valid) else { return Ok(None) };
        let place = Place { known, valid };
        let size = wanted.saturating_mul(2).clamp(PART_MIN, PAGE);
        let mut run = Run::new(view, declarations, limits);
        loop {
            super::give_way().await;
            let Some((part, driven)) = self.candidates(&mut run, query, place, size).await? else { return Ok(None) };
            let found = run.narrowed(&query.select, part, place, driven).await?;
            if !found.is_empty() {
                return Ok(Some(found.into_iter().map(|(object, points)| Found { object, points }).collect()));
            }
            run.forget();
        }
    }

    /// The next objects that may be found, and by which part of the filter.
    async fn candidates<'a, V: Read>(
        &mut self,
        run: &mut Run<'a, V>,
        query: &'a Query,
        place: Place,
        size: usize,
    ) -> Result<Option<(usize, Driven)>, QueryError> {
        if matches!(self.state, State::New) {
            self.begin(run, query, place).await?;
        }
        let scope = Scope::of(&query.select);
        match &mut self.state {
            State::New | State::Done => Ok(None),
            State::Listed { part, exact, left } => {
                let found: Regions = left.by_ref().take(size).collect();
                Ok((!found.is_empty()).then_some((*part, Driven { found, exact: *exact })))
            }
            State::Walking(walk) => {
                let (part, exact) = (walk.part, walk.exact);
                let (found, ended) = walk.step(run, scope, size).await?;
                if ended {
                    self.state = State::Done;
                }
                Ok((!ended || !found.is_empty()).then_some((part, Driven { found, exact })))
            }
        }
    }

    async fn begin<'a, V: Read>(
        &mut self,
        run: &mut Run<'a, V>,
        query: &'a Query,
        place: Place,
    ) -> Result<(), QueryError> {
        let scope = Scope::of(&query.select);
        let plan = run.best(scope, &conjuncts(&query.select.filter), place).await?;
        let (part, drive) = match plan {
            None => {
                let exact = run.existence_is_exact(scope);
                self.walk(scope, Walk::along(NO_PART, Key::existence(scope.class), place, exact));
                return Ok(());
            }
            Some((part, Drive::Scans { ranges, place, exact })) => match &ranges[..] {
                [only] if *only == only.from.clone().alone() => {
                    self.walk(scope, Walk::along(part, only.from.clone(), place, exact));
                    return Ok(());
                }
                _ => (part, Drive::Scans { ranges, place, exact }),
            },
            Some(plan) => plan,
        };
        let driven = run.driven(scope, drive).await?;
        let mut found: BTreeMap<Uuid, Region> = driven.found;
        if let Some(after) = self.after {
            found = found.split_off(&after);
            found.remove(&after);
        }
        self.state = State::Listed { part, exact: driven.exact, left: found.into_iter() };
        Ok(())
    }

    fn walk(&mut self, scope: Scope, mut walk: Walk) {
        walk.cursor = self.after.map(|after| ScanCursor { scan: 0, posting: last_of(&walk.key, scope, after) });
        self.state = State::Walking(Box::new(walk));
    }
}

impl Walk {
    const fn along(part: usize, key: Key, place: Place, exact: bool) -> Self {
        Self { part, exact, key, place, cursor: None, begun: None }
    }

    /// The next objects that are complete, and whether these are the last.
    async fn step<V: Read>(
        &mut self,
        run: &mut Run<'_, V>,
        scope: Scope,
        size: usize,
    ) -> Result<(Regions, bool), QueryError> {
        let Some(scan) = self.place.scan(self.key.clone().alone()) else { return Ok((Regions::new(), true)) };
        let page = run.view.postings(&[scan], self.cursor.as_ref(), size).await?;
        run.read_postings(page.postings.len())?;
        let mut found: Regions = self.begun.take().into_iter().collect();
        for posting in page.postings {
            let counts = posting.present || scope.reading != Reading::Present;
            let known = self.place.known.drawn(posting.known).filter(|_| counts && posting.object.class == scope.class);
            if let (Some(known), Some(valid)) = (known, posting.valid.intersect(self.place.valid)) {
                add(&mut found, posting.object.uuid, &Region::rectangle(known, valid));
            }
        }
        self.cursor = page.next;
        if self.cursor.is_some() {
            self.begun = found.pop_last();
        }
        Ok((found, self.cursor.is_none()))
    }
}

/// Where the last rectangle of an object under a key would stand.
fn last_of(key: &Key, scope: Scope, uuid: Uuid) -> Posting {
    Posting {
        key: key.clone(),
        object: ObjectId { class: scope.class, uuid },
        valid: Period::new(Timestamp::LAST, Timestamp::INFINITY).expect("the last instant comes before infinity"),
        opened: Position(i64::MAX as u64),
        present: true,
        known: Period::ALWAYS,
    }
}
