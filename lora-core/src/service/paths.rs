//! Questions about declared paths.

use uuid::Uuid;

use super::Service;
use crate::error::Error;
use crate::paths::{Change, Changes, Grounds, PathError, Question, Row, RowKey, Rows, grounds};
use crate::query::TimeContext;
use crate::query::execute::Limits;
use crate::storage::{KnownAt, Storage};

/// Some rows of an answer, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPage {
    /// The rows.
    pub rows: Vec<Row>,
    /// The last of the rows, unless these were the last.
    pub next: Option<RowKey>,
}

/// Some changes of an answer, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes.
    pub changes: Vec<Change>,
    /// The objects of the last of them, unless these were the last.
    pub next: Option<Vec<Option<Uuid>>>,
}

impl<S: Storage> Service<S> {
    /// A question about all rows of a declared path; restrict it with [`Question::only`] and its like.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use lora_core::Service;
    /// # use lora_core::oio::shipped_classes;
    /// # use lora_core::query::TimeContext;
    /// # use lora_core::query::execute::Limits;
    /// # use lora_core::storage::MemoryStore;
    /// # use lora_core::time::{Clock, ManualClock};
    /// # pollster::block_on(async {
    /// # let clock = Arc::new(ManualClock::at(0)?);
    /// # let service = Service::open(MemoryStore::new(clock.clone()), shipped_classes(), || [0; 16]).await?;
    /// # let system = uuid::Uuid::nil();
    /// let question = service.path("access", TimeContext::now(clock.now()))?.only("system", [system])?;
    /// let view = service.view(None).await?;
    /// let page = service.rows(&view, &question, None, 100, Limits::NONE).await?;
    /// assert!(page.rows.is_empty() && page.next.is_none(), "nobody has access to a system that there is not");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error::Path`] where there is no such path, or for a context that is about more than one knowledge time.
    pub fn path(&self, name: &str, context: TimeContext) -> Result<Question, Error> {
        let Some(path) = self.schema.path_named(name) else {
            let paths = self.schema.paths().iter().map(|path| format!("`{}`", path.name));
            let expected = paths.collect::<Vec<_>>().join(", ");
            return Err(PathError::NoPath { name: name.to_owned(), expected }.into());
        };
        Ok(Question::new(path.clone(), context)?)
    }

    /// Up to `limit` rows that a question finds, after one of them; what they rest on, [`grounds`](Self::grounds) says.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] for what is beyond the limits.
    pub async fn rows(
        &self,
        view: &S::View,
        question: &Question,
        after: Option<RowKey>,
        limit: usize,
        limits: Limits,
    ) -> Result<RowPage, Error> {
        let (mut rows, mut found) = (Rows::after(after), Vec::new());
        while found.len() <= limit {
            let wanted = limit - found.len() + 1;
            let Some(part) = rows.next(view, &self.declarations, question, wanted, limits).await? else { break };
            found.extend(part);
        }
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let next = found.last().filter(|_| !is_last).map(Row::key);
        Ok(RowPage { rows: found, next })
    }

    /// What each hop of some rows rests on that a question found in the view: whose act, and since when it is believed.
    ///
    /// That reads all that was ever registered of the rows' objects, so ask for as many rows as are shown.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] for what is beyond the limits.
    pub async fn grounds(
        &self,
        view: &S::View,
        question: &Question,
        rows: &[Row],
        limits: Limits,
    ) -> Result<Vec<Grounds>, Error> {
        Ok(grounds(view, &self.declarations, question, rows, limits).await?)
    }

    /// Up to `limit` changes of what a question finds, from the earlier to the later of two knowledge times, after those
    /// of some objects.
    ///
    /// # Errors
    /// [`Error::Store`] from the view, [`Error::TooLarge`] for what is beyond the limits.
    pub async fn row_changes(
        &self,
        view: &S::View,
        question: &Question,
        compared: KnownAt,
        after: Option<Vec<Option<Uuid>>>,
        limit: usize,
        limits: Limits,
    ) -> Result<ChangePage, Error> {
        let (mut parts, mut changes) = (Changes::after(after), Vec::new());
        while changes.len() <= limit {
            let wanted = limit - changes.len() + 1;
            let part = parts.next(view, &self.declarations, question, compared, wanted, limits).await?;
            let Some(part) = part else { break };
            changes.extend(part);
        }
        let is_last = changes.len() <= limit;
        changes.truncate(limit);
        let next = changes.last().filter(|_| !is_last).map(|change: &Change| change.objects.clone());
        Ok(ChangePage { changes, next })
    }
}
