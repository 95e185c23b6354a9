//! Opening a store with everything that belongs to it.

use std::sync::Arc;

use lora_core::time::Clock;

use crate::connect::{ConnectError, connect, connect_later};
use crate::migrate::{self, Access, MigrateError, Migrated};
use crate::options::{Options, ServerUrl};
use crate::store::{PostgresStore, Tenant};
use crate::tls;

/// Where a tenant's store is.
#[derive(Debug, Clone)]
pub struct Site {
    /// The database.
    pub database: Options,
    /// Replicas of it, to which everything but writes may go; connected as the database is.
    pub replicas: Vec<ServerUrl>,
    /// Whose.
    pub tenant: Tenant,
}

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be talked to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It is none for a store.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

/// Opens a store, and says what was migrated for that; an empty database is made one where it is to be written.
///
/// A replica may come up later, and go away: as long as it does not answer, the database does.
///
/// # Errors
/// [`OpenError`] with what is needed.
pub async fn open(site: &Site, access: Access, clock: Arc<dyn Clock>) -> Result<(PostgresStore, Migrated), OpenError> {
    let Site { database, replicas, tenant } = site;
    let pool = connect(database).await?;
    let migrated = migrate::prepare(&pool, access).await?;
    let replica = |server: &ServerUrl| connect_later(&Options { server: server.clone(), ..database.clone() });
    let replicas = replicas.iter().map(replica).collect::<Result<Vec<_>, _>>()?;
    let server = &database.server;
    let tls = tls::connector(&server.trust);
    let tls = tls.map_err(|source| ConnectError::Tls { server: server.to_string(), source })?;
    let store = PostgresStore::new(pool, *tenant, clock).with_replicas(replicas);
    Ok((store.hearing_others(server.config.clone(), tls), migrated))
}
