//! Doing it.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::facts::Facts;
use super::plan::planned;
use super::{MigrateError, Migration};

/// What the lock of migrations is called among the locks of the database: any number, but always this one.
const LOCK: i64 = 0x6c6f_7261; // "lora"

/// A migration takes as long as it takes, and waits for others that migrate for as long as they do.
const WITHOUT_LIMITS: &str =
    "SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// For the transaction of a migration: the schema is ours, and an extension that was there before may stand in public.
const SEARCH_PATH: &str = "SET LOCAL search_path = lora, public";

const JOURNAL: &str = "
    CREATE TABLE IF NOT EXISTS lora.migration (
        number  integer     PRIMARY KEY,
        name    text        NOT NULL,
        sha256  text        NOT NULL,
        applied timestamptz NOT NULL DEFAULT now()
    )";

const ENTER: &str = "INSERT INTO lora.migration (number, name, sha256) VALUES ($1, $2, $3)";

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// What was applied, in order.
    pub applied: Vec<Migration>,
    /// What is optional, and was refused.
    pub refused: Vec<Refused>,
}

/// An optional migration that the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which one.
    pub migration: Migration,
    /// What the server said.
    pub why: String,
}

/// Brings a database up to these migrations. The connection keeps settings that no other work wants.
///
/// Of several processes that do so at the same time one migrates, and the others find it done.
///
/// # Errors
/// [`MigrateError`]; what was applied before stays, and the next call goes on from there.
pub async fn migrate_to(client: &mut Client, migrations: &[Migration]) -> Result<Migrated, MigrateError> {
    lock(client).await?;
    let migrated = apply_pending(client, migrations).await;
    let unlocked = unlock(client).await;
    let migrated = migrated?;
    unlocked?;
    Ok(migrated)
}

/// Returns when nobody else migrates.
pub(super) async fn wait_for_others(client: &Client) -> Result<(), MigrateError> {
    lock(client).await?;
    unlock(client).await
}

async fn lock(client: &Client) -> Result<(), MigrateError> {
    client.batch_execute(WITHOUT_LIMITS).await.map_err(MigrateError::server("to take its time"))?;
    let locked = client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await;
    locked.map(drop).map_err(MigrateError::server("for the lock of migrations"))
}

async fn unlock(client: &Client) -> Result<(), MigrateError> {
    let unlocked = client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await;
    unlocked.map(drop).map_err(MigrateError::server("to give the lock of migrations back"))
}

async fn apply_pending(client: &mut Client, migrations: &[Migration]) -> Result<Migrated, MigrateError> {
    let facts = Facts::of(client).await?;
    let plan = planned(&facts, migrations)?;
    let mut migrated = Migrated::default();
    if plan.pending.is_empty() {
        return Ok(migrated);
    }
    facts.may_migrate()?;
    let mut has_schema = facts.has_schema;
    for migration in plan.pending {
        match (apply(client, &migration, has_schema).await, migration.optional()) {
            (Ok(()), _) => migrated.applied.push(migration),
            (Err(error), Some(_)) if is_refusal(&error) => {
                let why = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
                migrated.refused.push(Refused { migration, why });
            }
            (Err(source), _) => return Err(MigrateError::Failed { migration: migration.to_string(), source }),
        }
        has_schema = true;
    }
    Ok(migrated)
}

/// Applies one migration, and notes that it was, in one transaction.
async fn apply(client: &mut Client, migration: &Migration, has_schema: bool) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    // A role that may not make schemas may not even make one that is there.
    if !has_schema {
        transaction.batch_execute("CREATE SCHEMA lora").await?;
    }
    transaction.batch_execute(SEARCH_PATH).await?;
    transaction.batch_execute(JOURNAL).await?;
    transaction.batch_execute(migration.text).await?;
    transaction.execute(ENTER, &[&migration.number, &migration.name, &migration.digest()]).await?;
    transaction.commit().await
}

/// Whether a server would have been able to do it, had it been allowed to, or been given the extension.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    let refusals = [
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::UNDEFINED_FILE,
        SqlState::UNDEFINED_OBJECT,
    ];
    error.code().is_some_and(|code| refusals.contains(code))
}
