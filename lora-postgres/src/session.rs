//! What the store relies on in every session, and how it asks questions.

use deadpool_postgres::{Object, Pool};
use lora_core::storage::StoreError;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::{Failure, is_gone};

/// What every connection that a store gets from its pool must have set, written as startup options;
/// [`connect`](crate::connect()) sees to it.
///
/// The statements are written so that each has one sound plan, by index, at any size. The server makes it once per
/// connection (`plan_cache_mode`), perhaps while the tables are still empty and a sequential scan would look cheaper
/// (`enable_seqscan`). Compiling such plans takes longer than carrying them out (`jit`).
pub const SESSION_OPTIONS: &str = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";

/// Values for a statement's parameters.
pub(crate) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Carries out a statement that only reads, and again where the pool's connection had died since it was used last.
pub(crate) async fn ask(
    pool: &Pool,
    action: &'static str,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, StoreError> {
    loop {
        let client = connection(pool, action).await?;
        let was_idle = Object::metrics(&client).recycle_count > 0;
        match ask_on(&client, statement, parameters).await {
            Ok(rows) => return Ok(rows),
            // Each turn takes a connection out of the pool, so that this ends.
            Err(error) if was_idle && is_gone(&error) => drop(Object::take(client)),
            Err(error) => return Err(Failure::server(action, error).to_store_error()),
        }
    }
}

async fn ask_on(
    client: &Object,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let statement = client.prepare_cached(statement).await?;
    client.query(&statement, parameters).await
}

/// A connection of the pool.
pub(crate) async fn connection(pool: &Pool, action: &'static str) -> Result<Object, StoreError> {
    pool.get().await.map_err(|error| Failure::pool(action, error).to_store_error())
}

/// Carries out a statement that writes, once: whether it happened is not known where the connection breaks.
pub(crate) async fn tell(
    pool: &Pool,
    action: &'static str,
    statement: &str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>, StoreError> {
    let client = connection(pool, action).await?;
    let told = ask_on(&client, statement, parameters).await;
    told.map_err(|error| Failure::server(action, error).to_store_error())
}
