//! One question being answered: what was read so far, and how much of it may be read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::chains::ChainPages;
use super::place::{Place, Slice};
use super::stated::Stated;
use super::{QueryError, decoded, give_way};
use crate::object::ObjectId;
use crate::query::Selection;
use crate::schema::ClassId;
use crate::storage::{Declarations, Encoded, KnownAt, Posting, Read, Scan};
use crate::time::{Period, Region, TransactionTime};

/// How many registrations a single read of a store asks for, and how many objects are looked at together.
pub(crate) const PAGE: usize = 1_024;
/// How many postings a single read of a store asks for.
const POSTINGS: usize = 4_096;

/// How much a question may read before it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Registrations that are decoded.
    pub registrations: u64,
    /// Postings that are looked at.
    pub postings: u64,
}

impl Limits {
    /// As much as it takes.
    pub const NONE: Self = Self { registrations: u64::MAX, postings: u64::MAX };
}

/// Objects of a class with the points at which something holds; none of the regions is empty.
pub(crate) type Regions = BTreeMap<Uuid, Region>;

/// The registrations of an object that count, oldest first.
pub(crate) type Chain<'a> = Arc<[Stated<'a>]>;

/// A question being answered over a view.
pub(crate) struct Run<'a, V> {
    pub(crate) view: &'a V,
    pub(crate) declarations: &'a Declarations,
    limits: Limits,
    registrations: u64,
    postings: u64,
    chains: HashMap<(ObjectId, Slice), Chain<'a>>,
    /// Selections of which all objects are known already, because they drove.
    resolved: Vec<(&'a Selection, Place, Arc<Regions>)>,
}

impl<'a, V: Read> Run<'a, V> {
    pub(crate) fn new(view: &'a V, declarations: &'a Declarations, limits: Limits) -> Self {
        let (chains, resolved) = (HashMap::new(), Vec::new());
        Self { view, declarations, limits, registrations: 0, postings: 0, chains, resolved }
    }

    /// Forgets what was decoded, so that a long answer takes the memory of a part of it.
    pub(crate) fn forget(&mut self) {
        self.chains.clear();
    }

    /// What a selection was found to be, where all of it was asked for at a place.
    pub(super) fn resolved(&self, selection: &Selection, place: Place) -> Option<Arc<Regions>> {
        let same = |(other, at, _): &&(&Selection, Place, _)| {
            std::ptr::eq(*other, selection) && at.known == place.known && at.valid.covers(place.valid)
        };
        self.resolved.iter().find(same).map(|(_, _, regions)| regions.clone())
    }

    pub(super) fn resolve(&mut self, selection: &'a Selection, place: Place, regions: Arc<Regions>) {
        self.resolved.push((selection, place, regions));
    }

    /// All postings of the scans.
    pub(crate) async fn postings(&mut self, scans: &[Scan]) -> Result<Vec<Posting>, QueryError> {
        let mut found = Vec::new();
        let mut after = None;
        if scans.is_empty() {
            return Ok(found);
        }
        loop {
            let page = self.view.postings(scans, after.as_ref(), POSTINGS).await?;
            self.read_postings(page.postings.len())?;
            found.extend(page.postings);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
            give_way().await;
        }
    }

    pub(crate) fn read_postings(&mut self, count: usize) -> Result<(), QueryError> {
        self.postings += count as u64;
        let max = self.limits.postings;
        if self.postings > max { Err(QueryError::TooLarge { what: "postings", max }) } else { Ok(()) }
    }

    /// The chains of objects, in the order asked.
    pub(super) async fn chains(
        &mut self,
        class: ClassId,
        slice: Slice,
        uuids: &[Uuid],
    ) -> Result<Vec<Chain<'a>>, QueryError> {
        let objects: Vec<ObjectId> = uuids.iter().map(|uuid| ObjectId { class, uuid: *uuid }).collect();
        self.chains_of(slice, &objects).await
    }

    /// The chains of objects of whatever classes, in the order asked.
    pub(crate) async fn chains_of(&mut self, slice: Slice, objects: &[ObjectId]) -> Result<Vec<Chain<'a>>, QueryError> {
        let unknown = |object: &&ObjectId| !self.chains.contains_key(&(**object, slice));
        let mut missing: Vec<ObjectId> = objects.iter().filter(unknown).copied().collect();
        missing.sort_unstable();
        missing.dedup();
        for part in missing.chunks(PAGE) {
            self.load(slice, part).await?;
            give_way().await;
        }
        Ok(objects.iter().map(|object| self.chains[&(*object, slice)].clone()).collect())
    }

    async fn load(&mut self, slice: Slice, objects: &[ObjectId]) -> Result<(), QueryError> {
        let mut chains: Vec<Vec<Stated<'a>>> = objects.iter().map(|_| Vec::new()).collect();
        match slice {
            Slice::At(at) => {
                let asked: Vec<(ObjectId, KnownAt)> = objects.iter().map(|object| (*object, at)).collect();
                for (index, encoded) in self.view.registrations(&asked).await?.into_iter().enumerate() {
                    if let Some(encoded) = encoded {
                        chains[index].push(self.stated(&encoded, Period::ALWAYS)?);
                    }
                }
            }
            Slice::During(window) => {
                let mut pages = ChainPages::of(objects, window, PAGE);
                while let Some(page) = pages.next(self.view).await? {
                    for (index, encoded) in page {
                        if let Some(known) = encoded.registered.intersect(window) {
                            chains[index].push(self.stated(&encoded, known)?);
                        }
                    }
                }
            }
        }
        for (object, chain) in objects.iter().zip(chains) {
            self.chains.insert((*object, slice), chain.into());
        }
        Ok(())
    }

    fn stated(&mut self, encoded: &Encoded, known: Period<TransactionTime>) -> Result<Stated<'a>, QueryError> {
        self.registrations += 1;
        if self.registrations > self.limits.registrations {
            return Err(QueryError::TooLarge { what: "registrations", max: self.limits.registrations });
        }
        let registration = decoded(encoded)?;
        let class = self.declarations.class(registration.object.class, encoded.position);
        let class = class.ok_or(QueryError::Undeclared { class: registration.object.class })?;
        Ok(Stated { known, since: encoded.registered.from(), position: encoded.position, class, registration })
    }
}
