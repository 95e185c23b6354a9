//! Scanning postings.

use lora_core::storage::{Key, KeyRange, Posting, PostingPage, Scan, ScanCursor, StoreError};
use tokio_postgres::Row;
use uuid::Uuid;

use super::PostgresView;
use crate::values::{class_number, column, object, one_more, period, position, position_number};

const POSTINGS: &str = include_str!("postings.sql");

/// After every key: see the first bytes in the core's `storage/key.rs`.
const AFTER_ALL_KEYS: [u8; 1] = [u8::MAX];

impl PostgresView {
    pub(super) async fn page_of_postings(
        &self,
        scans: &[Scan],
        after: Option<&ScanCursor>,
        limit: usize,
    ) -> Result<PostingPage, StoreError> {
        let first = after.map_or(0, |cursor| cursor.scan);
        let mut arrays = Scans::default();
        for (index, scan) in scans.iter().enumerate().skip(first) {
            let after = after.filter(|cursor| cursor.scan == index).map(|cursor| &cursor.posting);
            arrays.add(scan, after);
        }
        let rows = self.rows_of(&arrays, one_more(limit)).await?;
        let mut found = rows.iter().map(|row| scanned(row, first)).collect::<Result<Vec<_>, _>>()?;
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let next = if is_last { None } else { found.last().cloned() };
        let next = next.map(|(scan, posting)| ScanCursor { scan, posting });
        Ok(PostingPage { postings: found.into_iter().map(|(_, posting)| posting).collect(), next })
    }

    async fn rows_of(&self, scans: &Scans<'_>, limit: i64) -> Result<Vec<Row>, StoreError> {
        let position = position_number(self.position);
        let asked: crate::session::Parameters<'_> = &[
            &position,
            &scans.after_key,
            &scans.after_class,
            &scans.after_object,
            &scans.after_from,
            &scans.after_to,
            &scans.after_opened,
            &scans.key_to,
            &scans.valid_from,
            &scans.valid_to,
            &scans.open,
            &scans.known_from,
            &scans.known_to,
            &limit,
        ];
        self.shared.ask("read postings", POSTINGS, asked).await
    }
}

/// Scans as the arrays that `postings.sql` takes, with the place after which each begins.
#[derive(Default)]
struct Scans<'a> {
    after_key: Vec<&'a [u8]>,
    after_class: Vec<i32>,
    after_object: Vec<Uuid>,
    after_from: Vec<i64>,
    after_to: Vec<i64>,
    after_opened: Vec<i64>,
    key_to: Vec<&'a [u8]>,
    valid_from: Vec<i64>,
    valid_to: Vec<i64>,
    open: Vec<bool>,
    known_from: Vec<i64>,
    known_to: Vec<i64>,
}

impl<'a> Scans<'a> {
    fn add(&mut self, scan: &'a Scan, after: Option<&'a Posting>) {
        match after {
            Some(after) => self.begin_after(after),
            None => self.begin_with(&scan.keys),
        }
        self.key_to.push(scan.keys.to.as_ref().map_or(&AFTER_ALL_KEYS, Key::as_bytes));
        self.valid_from.push(scan.valid.from().sort_key());
        self.valid_to.push(scan.valid.to().sort_key());
        self.open.push(scan.known.is_none());
        let (from, to) =
            scan.known.map_or((i64::MIN, i64::MAX), |known| (known.from().sort_key(), known.to().sort_key()));
        self.known_from.push(from);
        self.known_to.push(to);
    }

    fn begin_after(&mut self, posting: &'a Posting) {
        self.after_key.push(posting.key.as_bytes());
        self.after_class.push(class_number(posting.object));
        self.after_object.push(posting.object.uuid);
        self.after_from.push(posting.valid.from().sort_key());
        self.after_to.push(posting.valid.to().sort_key());
        self.after_opened.push(position_number(posting.opened));
    }

    fn begin_with(&mut self, keys: &'a KeyRange) {
        self.after_key.push(keys.from.as_bytes());
        // Before every class, so that the first key is in.
        self.after_class.push(-1);
        self.after_object.push(Uuid::nil());
        self.after_from.push(i64::MIN);
        self.after_to.push(i64::MIN);
        self.after_opened.push(0);
    }
}

/// A posting and the index of the scan that it came from; the first scan asked for has the index `first`.
fn scanned(row: &Row, first: usize) -> Result<(usize, Posting), StoreError> {
    let scan = usize::try_from(column::<i64>(row, 0)?).unwrap_or(1) + first - 1;
    let opened = position(row, 6)?;
    let posting = Posting {
        key: Key::from_bytes(column(row, 1)?),
        object: object(row, 2, opened)?,
        valid: period(row, 4, opened)?,
        opened,
        present: column(row, 7)?,
        known: period(row, 8, opened)?,
    };
    Ok((scan, posting))
}
