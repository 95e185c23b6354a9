//! Why a database cannot be a store's.

use super::facts::Access;

/// A database cannot be used, or not be migrated. What it had it has still.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The server is too old.
    #[error("the server is PostgreSQL {found}; needed is {needed} or newer")]
    Version {
        /// Its major version.
        found: i32,
        /// The oldest that will do.
        needed: i32,
    },
    /// The database cannot hold every text.
    #[error(
        "database `{database}` has the encoding {found}; needed is UTF8, which is given when a database is created"
    )]
    Encoding {
        /// The database.
        database: String,
        /// Its encoding.
        found: String,
    },
    /// It belongs to something else.
    #[error("database `{database}` holds other things, such as {found}; needed is an empty one, or one with a store")]
    Foreign {
        /// The database.
        database: String,
        /// Something in it.
        found: String,
    },
    /// There is nothing in it, and whoever asks makes nothing.
    #[error("there is no store in database `{database}`: `lora migrate` makes one")]
    Empty {
        /// The database.
        database: String,
    },
    /// An older program made the store.
    #[error("the store in database `{database}` lacks {missing}, which this program needs: run `lora migrate`")]
    Older {
        /// The database.
        database: String,
        /// The first migration that it lacks.
        missing: String,
    },
    /// A newer program made it.
    #[error(
        "the store in database `{database}` has migration {found}, and this program knows them up to {known}: \
         it was made by a newer program, so use that"
    )]
    Newer {
        /// The database.
        database: String,
        /// The migration that is not known here.
        found: String,
        /// The last one known here.
        known: i32,
    },
    /// Another text was applied under the same number.
    #[error(
        "migration {migration} of database `{database}` is not the one that this program has (SHA-256 {found} there, \
         {expected} here): use the program that made this store"
    )]
    Changed {
        /// The database.
        database: String,
        /// Which one.
        migration: String,
        /// The digest of what was applied.
        found: String,
        /// The digest of what this program has.
        expected: String,
    },
    /// A migration is missing before others that are there.
    #[error("the store in database `{database}` lacks migration {missing} although later ones were applied")]
    Gap {
        /// The database.
        database: String,
        /// Which one.
        missing: String,
    },
    /// The role may not do what is to be done.
    #[error("role `{role}` may not {what}; needed is: {grant}")]
    Rights {
        /// The role.
        role: String,
        /// What it may not do.
        what: String,
        /// The statement that would let it.
        grant: String,
    },
    /// The server only follows another one.
    #[error("the server is a standby, on which nothing can be written; needed is its primary")]
    Standby,
    /// A migration failed.
    #[error("migration {migration} failed, and nothing of it is kept")]
    Failed {
        /// Which one.
        migration: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// There is no connection.
    #[error("there is no connection to the server")]
    Unavailable {
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server did not answer what was asked of it.
    #[error("the server cannot be asked {what}")]
    Server {
        /// What was asked.
        what: &'static str,
        /// What happened.
        source: tokio_postgres::Error,
    },
}

impl MigrateError {
    pub(super) fn server(what: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |source| Self::Server { what, source }
    }

    /// The rights on a table that a role lacks.
    pub(super) fn table(role: &str, right: &str, table: &str, access: Access) -> Self {
        let all = match access {
            Access::Read => "SELECT",
            Access::Write => "SELECT, INSERT, UPDATE, DELETE",
        };
        Self::Rights {
            role: role.to_owned(),
            what: format!("{right} on table lora.{table}"),
            grant: format!("GRANT {all} ON ALL TABLES IN SCHEMA lora TO \"{role}\""),
        }
    }
}
