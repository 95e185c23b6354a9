//! The schema: numbered files, applied in order, each once and whole.
//!
//! What was applied stands in `lora.migration`, each file in the transaction that applied it. So a migration that is
//! killed leaves nothing half, and is gone on with by the next. A lock of the database lets one process migrate at a
//! time; others wait, and find it done.

mod apply;
mod error;
mod facts;
mod plan;

use deadpool_postgres::{ClientWrapper, HookError, Object, Pool, PoolError};
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

pub use apply::{Migrated, Refused, migrate_to};
pub use error::MigrateError;
pub use facts::Access;
pub use plan::{Plan, plan_to};

/// One numbered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1 on.
    pub number: i32,
    /// What it is about.
    pub name: &'static str,
    /// Its statements, which neither begin nor end a transaction. Names that they give no schema are looked for in
    /// `lora` and `public`, where extensions may stand, and are made in `lora`.
    ///
    /// A first line `-- optional: REASON` says that a server may refuse it for want of rights or of an extension, and
    /// what is lost then.
    pub text: &'static str,
}

/// The migrations of this program.
pub const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "store", text: include_str!("../../migrations/0001_store.sql") },
    Migration { number: 2, name: "trigram", text: include_str!("../../migrations/0002_trigram.sql") },
];

/// Looks at a database, and changes nothing.
///
/// # Errors
/// [`MigrateError`] where it cannot be a store's.
pub async fn plan(pool: &Pool) -> Result<Plan, MigrateError> {
    plan_to(&*connection(pool).await?, MIGRATIONS).await
}

/// Brings a database up to the migrations of this program.
///
/// # Errors
/// [`MigrateError`]; what was applied before stays, and the next call goes on from there.
pub async fn migrate(pool: &Pool) -> Result<Migrated, MigrateError> {
    migrate_to(&mut *connection(pool).await?, MIGRATIONS).await
}

/// Looks whether a database holds a store that can be opened; where it is empty and the store is to be written, makes
/// one, and says how.
///
/// # Errors
/// [`MigrateError`] where it cannot, with what is needed.
pub async fn prepare(pool: &Pool, access: Access) -> Result<Migrated, MigrateError> {
    prepare_to(&mut *connection(pool).await?, access, MIGRATIONS).await
}

/// As [`prepare`], with other migrations than those of this program.
///
/// # Errors
/// As [`prepare`].
pub async fn prepare_to(
    client: &mut Client,
    access: Access,
    migrations: &[Migration],
) -> Result<Migrated, MigrateError> {
    let mut migrated = Migrated::default();
    let plan = plan_to(client, migrations).await?;
    if plan.is_empty && access == Access::Write {
        migrated = migrate_to(client, migrations).await?;
    } else if plan.is_usable().is_err() {
        // Another process may be on its way.
        apply::wait_for_others(client).await?;
    }
    plan::usable(client, access, migrations).await?;
    Ok(migrated)
}

/// A connection that does not go back, because migrating changes its settings.
async fn connection(pool: &Pool) -> Result<ClientWrapper, MigrateError> {
    let unavailable = |error| MigrateError::Unavailable {
        source: match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => Box::new(error),
            other => Box::new(other),
        },
    };
    Ok(Object::take(pool.get().await.map_err(unavailable)?))
}

impl Migration {
    /// What is lost where the server refuses it; `None` where it must not.
    pub fn optional(&self) -> Option<&'static str> {
        self.text.lines().next()?.strip_prefix("-- optional:").map(str::trim)
    }

    /// The SHA-256 of its text, in hexadecimal.
    pub fn digest(&self) -> String {
        Sha256::digest(self.text).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Display for Migration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04} {}", self.number, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_migration_in_its_place() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        let listed = MIGRATIONS.iter().map(|migration| format!("{:04}_{}.sql", migration.number, migration.name));
        assert_eq!(names, listed.collect::<Vec<_>>());
        assert!(MIGRATIONS.iter().map(|migration| migration.number).eq(1..=MIGRATIONS.len() as i32));
        for (migration, name) in MIGRATIONS.iter().zip(names) {
            let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
            assert_eq!(migration.text, text, "{name}");
        }
    }
}
