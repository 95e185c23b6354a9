//! What a database is, as one statement sees it.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};

use super::MigrateError;

/// The oldest server that will do.
const VERSION_MIN: i32 = 15;

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be read.
    Read,
    /// To be written as well.
    Write,
}

/// One statement, so that it sees the catalog as it is at one moment, whoever migrates meanwhile.
const FACTS: &str = "
    SELECT current_database()::text AS database,
           current_user::text AS role,
           current_setting('server_version_num')::int AS version,
           current_setting('server_encoding') AS encoding,
           pg_is_in_recovery() AS standby,
           has_database_privilege(current_database(), 'CREATE') AS may_create_schema,
           lora.oid IS NOT NULL AS has_schema,
           coalesce(has_schema_privilege(lora.oid, 'USAGE'), false) AS may_use_schema,
           coalesce(has_schema_privilege(lora.oid, 'CREATE'), false) AS may_create_table,
           migration.oid IS NOT NULL AS has_store,
           coalesce(has_table_privilege(migration.oid, 'SELECT'), false) AS may_read_migration,
           (SELECT CASE relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence '
                        ELSE 'table ' END || nspname || '.' || relname
              FROM pg_class
              JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
               AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
               AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
                                                       AND objid = pg_class.oid AND deptype = 'e')
             ORDER BY relkind <> 'r', nspname, relname
             LIMIT 1) AS something
      FROM (VALUES (1)) AS one
      LEFT JOIN pg_namespace AS lora ON lora.nspname = 'lora'
      LEFT JOIN pg_class AS migration
             ON migration.relnamespace = lora.oid AND migration.relname = 'migration' AND migration.relkind = 'r'";

/// A right on a table of the store that the role does not have.
const MISSING_RIGHT: &str = "
    SELECT wanted, relname::text
      FROM pg_class CROSS JOIN unnest($1::text[]) AS wanted
     WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'lora')
       AND relkind IN ('r', 'p') AND relname <> 'migration'
       AND NOT has_table_privilege(pg_class.oid, wanted)
     ORDER BY relname, wanted
     LIMIT 1";

/// A migration that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) number: i32,
    pub(super) name: String,
    pub(super) digest: String,
}

/// A database that may be, or become, a store's.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) database: String,
    role: String,
    standby: bool,
    may_create_schema: bool,
    pub(super) has_schema: bool,
    may_use_schema: bool,
    may_create_table: bool,
    /// What was applied, in order; `None` where there is nothing at all.
    pub(super) applied: Option<Vec<Applied>>,
}

impl Facts {
    /// Looks at the database that a connection is to.
    ///
    /// # Errors
    /// [`MigrateError`] where it cannot be a store's.
    pub(super) async fn of(client: &Client) -> Result<Self, MigrateError> {
        let row = client.query_one(FACTS, &[]).await.map_err(MigrateError::server("what the database is"))?;
        let mut facts = Self::accepted(&row)?;
        if row.get("has_store") {
            if !facts.may_use_schema {
                return Err(facts.schema_right("use", "USAGE"));
            }
            if !row.get::<_, bool>("may_read_migration") {
                return Err(MigrateError::table(&facts.role, "SELECT", "migration", Access::Read));
            }
            facts.applied = Some(applied(client, &facts.database).await?);
        }
        Ok(facts)
    }

    fn accepted(row: &Row) -> Result<Self, MigrateError> {
        let database: String = row.get("database");
        supported(row.get("version"))?;
        let encoding: String = row.get("encoding");
        if encoding != "UTF8" {
            return Err(MigrateError::Encoding { database, found: encoding });
        }
        if let (false, Some(found)) = (row.get("has_store"), row.get("something")) {
            return Err(MigrateError::Foreign { database, found });
        }
        Ok(Self {
            database,
            role: row.get("role"),
            standby: row.get("standby"),
            may_create_schema: row.get("may_create_schema"),
            has_schema: row.get("has_schema"),
            may_use_schema: row.get("may_use_schema"),
            may_create_table: row.get("may_create_table"),
            applied: None,
        })
    }

    /// Whether the role may make tables where they are to stand.
    pub(super) fn may_migrate(&self) -> Result<(), MigrateError> {
        if self.standby {
            return Err(MigrateError::Standby);
        }
        match self.has_schema {
            false if !self.may_create_schema => Err(MigrateError::Rights {
                role: self.role.clone(),
                what: format!("create a schema in database `{}`", self.database),
                grant: format!("GRANT CREATE ON DATABASE \"{}\" TO \"{}\"", self.database, self.role),
            }),
            true if !(self.may_use_schema && self.may_create_table) => {
                Err(self.schema_right("create tables in", "USAGE, CREATE"))
            }
            _ => Ok(()),
        }
    }

    /// Whether the role may do with the store what it is opened for.
    pub(super) async fn may_access(&self, client: &Client, access: Access) -> Result<(), MigrateError> {
        if self.standby && access == Access::Write {
            return Err(MigrateError::Standby);
        }
        let wanted = match access {
            Access::Read => &["SELECT"][..],
            Access::Write => &["SELECT", "INSERT", "UPDATE", "DELETE"],
        };
        let missing = client.query_opt(MISSING_RIGHT, &[&wanted]).await;
        match missing.map_err(MigrateError::server("what the role may do"))? {
            None => Ok(()),
            Some(row) => Err(MigrateError::table(&self.role, row.get(0), row.get(1), access)),
        }
    }

    fn schema_right(&self, what: &str, right: &str) -> MigrateError {
        MigrateError::Rights {
            role: self.role.clone(),
            what: format!("{what} schema lora"),
            grant: format!("GRANT {right} ON SCHEMA lora TO \"{}\"", self.role),
        }
    }
}

/// Whether a server of this version will do; versions count as in `server_version_num`.
fn supported(version: i32) -> Result<(), MigrateError> {
    match version / 10_000 {
        major if major >= VERSION_MIN => Ok(()),
        found => Err(MigrateError::Version { found, needed: VERSION_MIN }),
    }
}

async fn applied(client: &Client, database: &str) -> Result<Vec<Applied>, MigrateError> {
    let rows = client.query("SELECT number, name, sha256 FROM lora.migration ORDER BY number", &[]).await;
    let rows = rows.map_err(|source| match source.code() {
        Some(&SqlState::UNDEFINED_COLUMN) => {
            let found = "a table lora.migration that is none of ours".to_owned();
            MigrateError::Foreign { database: database.to_owned(), found }
        }
        _ => MigrateError::Server { what: "what was applied to the database", source },
    })?;
    Ok(rows.iter().map(|row| Applied { number: row.get(0), name: row.get(1), digest: row.get(2) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_before_15_are_refused() {
        for version in [150_000, 150_020, 160_001, 180_000] {
            supported(version).unwrap();
        }
        for (version, found) in [(149_999, 14), (140_012, 14), (90_624, 9)] {
            let message = supported(version).unwrap_err().to_string();
            assert_eq!(message, format!("the server is PostgreSQL {found}; needed is 15 or newer"));
        }
    }
}
