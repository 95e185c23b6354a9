//! Committing a batch: one exchange with the server, and what is known of it afterwards.
//!
//! Four messages go out together: BEGIN, the lock of the tenant's ledger, one statement that does everything
//! (`commit.sql`), COMMIT. The lock comes first and alone because a statement sees the state of its beginning: the one
//! after it begins when the ledger is ours, and sees all that was committed before.
//! The client is not asked anything between: one that freezes holds no lock.

mod arrays;
mod outcome;

use deadpool_postgres::{Object, Pool};
use futures_util::future::join4;
use lora_core::storage::{CommitError, Receipt, Step};
use lora_core::time::{Timestamp, TransactionTime};

use self::arrays::Arrays;
use self::outcome::{Outcome, Replies};
use crate::error::{Failure, is_gone};
use crate::session;
use crate::store::Tenant;
use crate::wake::announce;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const LOCK: &str = "SELECT position FROM lora.ledger WHERE tenant = $1 FOR UPDATE";
const COMMIT: &str = include_str!("commit.sql");
/// The row of a tenant who never committed anything.
const FIRST_ROW: &str = "INSERT INTO lora.ledger (tenant, position, instant, chain) \
                         VALUES ($1, 0, $2, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING";
const ACTION: &str = "commit";
/// How often a batch is sent again that the server has certainly not carried out, because it ended the session.
const ATTEMPTS: usize = 8;

/// What became of each step of a batch, in its order.
pub(crate) type Answers = Vec<Result<Receipt, CommitError>>;

/// Carries out a batch of steps that do not touch each other.
///
/// # Errors
/// [`Failure`]: then nothing was stored, unless it says that this is unknown.
pub(crate) async fn commit(
    pool: &Pool,
    tenant: Tenant,
    clock: Timestamp<TransactionTime>,
    steps: &[&Step],
) -> Result<Answers, Failure> {
    let arrays = Arrays::of(steps);
    let mut attempt = 1;
    loop {
        let client = pool.get().await.map_err(|error| Failure::pool(ACTION, error))?;
        match send(&client, tenant, clock, &arrays).await? {
            Outcome::Committed(rows) => {
                announce(client, tenant);
                return outcome::answers(steps, &rows);
            }
            Outcome::NoLedger => {
                let insert = client.prepare_cached(FIRST_ROW).await;
                let insert = insert.map_err(|error| Failure::server(ACTION, error))?;
                let never = Timestamp::<TransactionTime>::NEG_INFINITY.sort_key();
                let inserted = client.execute(&insert, &[&tenant.0, &never]).await;
                inserted.map_err(|error| Failure::server(ACTION, error))?;
            }
            Outcome::SessionEnded(failure) if attempt == ATTEMPTS => return Err(failure),
            Outcome::SessionEnded(_) => {
                drop(Object::take(client));
                attempt += 1;
            }
        }
    }
}

/// Sends a batch and hears all replies.
async fn send(
    client: &Object,
    tenant: Tenant,
    clock: Timestamp<TransactionTime>,
    arrays: &Arrays<'_>,
) -> Result<Outcome, Failure> {
    let prepared = async { Ok((client.prepare_cached(LOCK).await?, client.prepare_cached(COMMIT).await?)) };
    let (lock, statement) = match prepared.await {
        Ok(statements) => statements,
        // Nothing was asked for as yet.
        Err(error) if is_gone(&error) => return Ok(Outcome::SessionEnded(Failure::server(ACTION, error))),
        Err(error) => return Err(Failure::server(ACTION, error)),
    };
    if client.is_closed() {
        return Ok(Outcome::SessionEnded(Failure::Closed { action: ACTION }));
    }
    let clock = clock.sort_key();
    let parameters = arrays.parameters(&tenant.0, &clock);
    let own: session::Parameters<'_> = &[&tenant.0];
    // Polled in this order, each is sent at its first poll without waiting for the one before.
    let (begun, locked, done, committed) = join4(
        client.batch_execute(BEGIN),
        client.query(&lock, own),
        client.query(&statement, &parameters),
        client.batch_execute("COMMIT"),
    )
    .await;
    Replies { begun, locked, done, committed }.outcome()
}
