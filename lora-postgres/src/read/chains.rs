//! Registrations: of an object the newest, the one known at an instant, those known in a window, and all of them.

use lora_core::object::{ObjectId, Position, Seq};
use lora_core::storage::{ChainCursor, ChainPage, Encoded, KnownAt, StoreError};
use lora_core::time::{Period, Timestamp, TransactionTime};
use tokio_postgres::Row;

use super::PostgresView;
use crate::error::Failure;
use crate::values::{class_number, column, frame, one_more, period, position, position_number, seq_number};

const REGISTRATIONS: &str = include_str!("registrations.sql");
const HISTORY: &str = include_str!("history.sql");
const KNOWN_DURING: &str = include_str!("known_during.sql");

impl PostgresView {
    pub(super) async fn registrations_of(
        &self,
        of: &[(ObjectId, KnownAt)],
    ) -> Result<Vec<Option<Encoded>>, StoreError> {
        let instant = |known: KnownAt| match known {
            KnownAt::Latest => Timestamp::<TransactionTime>::INFINITY.sort_key(),
            KnownAt::Instant(at) => at.sort_key(),
        };
        let classes: Vec<i32> = of.iter().map(|(object, _)| class_number(*object)).collect();
        let objects: Vec<_> = of.iter().map(|(object, _)| object.uuid).collect();
        let known: Vec<i64> = of.iter().map(|(_, known)| instant(*known)).collect();
        let (upto, position) = self.upto();
        let asked: crate::session::Parameters<'_> = &[&upto, &position, &classes, &objects, &known];
        let rows = self.shared.ask("read registrations", REGISTRATIONS, asked).await?;
        let mut found = vec![None; of.len()];
        for row in &rows {
            let number = usize::try_from(column::<i64>(row, 0)?).unwrap_or(0).wrapping_sub(1);
            let place = found.get_mut(number).ok_or_else(|| {
                Failure::Damaged { what: format!("the answer about object {number}") }.to_store_error()
            })?;
            *place = Some(encoded(row, 1)?);
        }
        Ok(found)
    }

    pub(super) async fn history_of(&self, of: ObjectId, from: Seq, limit: usize) -> Result<Vec<Encoded>, StoreError> {
        let (upto, position) = self.upto();
        let (class, from, limit) = (class_number(of), seq_number(from), one_more(limit));
        let asked: crate::session::Parameters<'_> = &[&upto, &position, &class, &of.uuid, &from, &limit];
        let rows = self.shared.ask("read a history", HISTORY, asked).await?;
        rows.iter().map(|row| encoded(row, 0)).collect()
    }

    pub(super) async fn page_known_during(
        &self,
        of: &[ObjectId],
        known: Period<TransactionTime>,
        after: Option<ChainCursor>,
        limit: usize,
    ) -> Result<ChainPage, StoreError> {
        let done = after.map_or(0, |after| after.object);
        let rest = of.get(done..).unwrap_or_default();
        let mut earliest = vec![i64::MIN; rest.len()];
        if let (Some(first), Some(after)) = (earliest.first_mut(), after) {
            *first = after.registered_from.sort_key().saturating_add(1);
        }
        let rows = self.rows_known_during(rest, &earliest, known, one_more(limit)).await?;
        let numbered = |row: &Row| {
            let number = usize::try_from(column::<i64>(row, 0)?).unwrap_or(1);
            Ok((done + number - 1, encoded(row, 1)?))
        };
        let found = rows.iter().map(numbered).collect::<Result<Vec<_>, StoreError>>()?;
        let is_last = found.len() <= limit;
        let mut page = ChainPage { found, next: None };
        page.found.truncate(limit);
        page.next = if is_last { None } else { page.end() };
        Ok(page)
    }

    async fn rows_known_during(
        &self,
        of: &[ObjectId],
        earliest: &[i64],
        known: Period<TransactionTime>,
        limit: i64,
    ) -> Result<Vec<Row>, StoreError> {
        let classes: Vec<i32> = of.iter().map(|object| class_number(*object)).collect();
        let objects: Vec<_> = of.iter().map(|object| object.uuid).collect();
        let (from, to) = (known.from().sort_key(), known.to().sort_key());
        let (upto, position) = self.upto();
        let asked: crate::session::Parameters<'_> =
            &[&upto, &position, &classes, &objects, &earliest, &from, &to, &limit];
        self.shared.ask("read what was known in a window", KNOWN_DURING, asked).await
    }

    /// The last instant and the last position that the view shows.
    fn upto(&self) -> (i64, i64) {
        (self.instant.sort_key(), position_number(self.position))
    }
}

/// Position, period of registration and frame, from one column on.
fn encoded(row: &Row, place: usize) -> Result<Encoded, StoreError> {
    let at: Position = position(row, place)?;
    Ok(Encoded { position: at, registered: period(row, place + 1, at)?, frame: frame(row, place + 3, at)? })
}
