//! History: read from a view, and taken back by what follows on it.

use uuid::Uuid;

use super::write::{ATTEMPTS, replaced};
use super::{By, Service, Written};
use crate::error::Error;
use crate::history::{
    self, Belief, Between, Chronology, Difference, Differences, Exposed, Exposures, Learned, Matter, Point, Ranking,
    Registered, Standing,
};
use crate::object::{ObjectId, Registration, Seq};
use crate::query::execute::Limits;
use crate::query::{Reading, Related};
use crate::schema::Class;
use crate::storage::{KnownAt, Storage};

/// What a registration is to be made from an earlier one.
#[derive(Debug, Clone, Copy)]
enum Rewrite {
    Undo(Seq),
    Restore(Seq),
}

impl<S: Storage> Service<S> {
    /// What was believed of an object at a time: one registration over all of valid time, with its
    /// [stages](Belief::stages) and the timeline of each [part](Belief::part). `None` where it was not known.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn timeline(
        &self,
        view: &S::View,
        object: ObjectId,
        known: KnownAt,
    ) -> Result<Option<Belief<'_>>, Error> {
        Ok(self.timelines(view, &[(object, known)]).await?.pop().flatten())
    }

    /// The same of many objects, in the order asked.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn timelines(
        &self,
        view: &S::View,
        of: &[(ObjectId, KnownAt)],
    ) -> Result<Vec<Option<Belief<'_>>>, Error> {
        Ok(history::beliefs(view, &self.declarations, of).await?)
    }

    /// Up to `limit` registrations of an object, each with what it changed; `from` is the first of them, the newest or
    /// oldest of all for `None`.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn registrations(
        &self,
        view: &S::View,
        object: ObjectId,
        chronology: Chronology,
        from: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Registered>, Error> {
        Ok(history::registrations(view, &self.declarations, object, chronology, from, limit).await?)
    }

    /// How each object differs between two points, in the order asked; it is there where it counts by a reading.
    ///
    /// # Errors
    /// [`Error::Store`] from the view.
    pub async fn differences(
        &self,
        view: &S::View,
        objects: &[ObjectId],
        between: Between,
        reading: Reading,
    ) -> Result<Vec<Difference>, Error> {
        Ok(history::differences(view, &self.declarations, objects, between, reading).await?)
    }

    /// The next differences of all objects that a selection finds at either of two points; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] where a part is beyond the limits of `all`.
    pub async fn next_differences(
        &self,
        view: &S::View,
        all: &mut Differences,
    ) -> Result<Option<Vec<Difference>>, Error> {
        Ok(all.next(view, &self.declarations).await?)
    }

    /// When each object was known to be what is asked, at the valid instant of a point and as far as is known there.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] where it is beyond the limits.
    pub async fn learned(
        &self,
        view: &S::View,
        matter: &Matter,
        point: Point,
        objects: &[Uuid],
        limits: Limits,
    ) -> Result<Vec<Learned>, Error> {
        Ok(history::learned(view, &self.declarations, matter, point, objects, limits).await?)
    }

    /// The next objects that became what is asked without anybody knowing; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] where a part is beyond the limits of `all`.
    pub async fn next_exposures(&self, view: &S::View, all: &mut Exposures) -> Result<Option<Vec<Exposed>>, Error> {
        Ok(all.next(view, &self.declarations).await?)
    }

    /// What is left of `all` as a table by those to whom the objects belong along a path of relations, the worst first.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] where a part is beyond the limits of `all`.
    pub async fn league(
        &self,
        view: &S::View,
        all: &mut Exposures,
        path: &[Related],
        by: Ranking,
    ) -> Result<Vec<Standing>, Error> {
        Ok(history::league(view, &self.declarations, all, path, by).await?)
    }

    /// Takes back what a registration changed, by a new one: what it changed is as it was before it, and the rest stays.
    /// [`Written::Unchanged`] where that is so already.
    ///
    /// A registration that made the object is taken back by deleting it, a deletion by an import; an object that was
    /// passive when it was deleted is in use then.
    ///
    /// # Errors
    /// [`Error::Overlaid`] where later registrations changed the same parts of the same instants of valid time;
    /// [`Error::NoRegistration`], [`Error::Transition`] and [`Error::Content`] as for the act itself.
    pub async fn undo(&self, object: ObjectId, seq: Seq, by: By) -> Result<Written, Error> {
        self.rewrite(object, Rewrite::Undo(seq), by).await
    }

    /// Puts an object as it was as of a registration, by a new one: whether it is in use, and its whole content.
    /// [`Written::Unchanged`] where it is so already.
    ///
    /// # Errors
    /// [`Error::NoRegistration`], [`Error::Transition`] and [`Error::Content`] as for the act itself.
    pub async fn restore(&self, object: ObjectId, seq: Seq, by: By) -> Result<Written, Error> {
        self.rewrite(object, Rewrite::Restore(seq), by).await
    }

    /// Finds out from the object's chain what it is to be next, and commits that, until nobody else was faster.
    async fn rewrite(&self, object: ObjectId, rewrite: Rewrite, by: By) -> Result<Written, Error> {
        let class = self.class(object.class)?;
        let _turn = self.queue(object).lock().await;
        for _ in 0..ATTEMPTS {
            let view = self.store.view(None).await?;
            let next = match rewrite {
                Rewrite::Undo(seq) => history::undo(&view, &self.declarations, object, seq).await?,
                Rewrite::Restore(seq) => history::restore(&view, &self.declarations, object, seq).await?,
            };
            let Some(act) = next.act else { return Ok(Written::Unchanged) };
            let act = |_: &Class, current: Option<&Registration>| replaced(object, current, act, &next.content);
            if let Some(written) = self.attempt(&view, class, object, &by, None, act).await? {
                return Ok(written);
            }
        }
        Err(Error::Contended { object, attempts: ATTEMPTS })
    }
}
