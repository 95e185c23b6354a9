//! The store in a database of PostgreSQL: its options, and how it is opened.

use std::time::Duration;

use lora_postgres::migrate::{self, Access, Migrated};
use lora_postgres::{Options, PostgresStore, ServerUrl, Site, Tenant, Timeouts, connect};
use tracing::{info, warn};

use crate::failure::with_causes;
use crate::store;

/// Which database, and how it is talked to.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(crate) struct PostgresArgs {
    /// Keep everything in this database of PostgreSQL, such as postgres://user@host/database.
    #[arg(id = "postgres", long = "postgres", env = "LORA_POSTGRES", value_name = "URL", hide_env_values = true)]
    url: Option<String>,
    /// How many connections to PostgreSQL there may be at once.
    #[arg(
        id = "postgres_pool",
        long = "postgres-pool",
        env = "LORA_POSTGRES_POOL",
        default_value = "16",
        value_name = "N"
    )]
    pub(crate) pool: String,
    /// How long making a connection to PostgreSQL may take.
    #[arg(
        id = "postgres_connect_ms",
        long = "postgres-connect-ms",
        env = "LORA_POSTGRES_CONNECT_MS",
        default_value = "5000",
        value_name = "N"
    )]
    pub(crate) connect_ms: String,
    /// How long a request waits for a free connection to PostgreSQL.
    #[arg(
        id = "postgres_wait_ms",
        long = "postgres-wait-ms",
        env = "LORA_POSTGRES_WAIT_MS",
        default_value = "5000",
        value_name = "N"
    )]
    pub(crate) wait_ms: String,
    /// How long PostgreSQL may work on one statement.
    #[arg(
        id = "postgres_statement_ms",
        long = "postgres-statement-ms",
        env = "LORA_POSTGRES_STATEMENT_MS",
        default_value = "60000",
        value_name = "N"
    )]
    pub(crate) statement_ms: String,
    /// How long a transaction may be open in which nothing happens.
    #[arg(
        id = "postgres_idle_in_transaction_ms",
        long = "postgres-idle-in-transaction-ms",
        env = "LORA_POSTGRES_IDLE_IN_TRANSACTION_MS",
        default_value = "60000",
        value_name = "N"
    )]
    pub(crate) idle_in_transaction_ms: String,
    /// A replica of the database, which answers what need not be the newest; several with spaces between or given again.
    #[arg(
        id = "postgres_replica",
        long = "postgres-replica",
        env = "LORA_POSTGRES_REPLICA",
        value_name = "URL",
        value_delimiter = ' ',
        hide_env_values = true
    )]
    replicas: Vec<String>,
    /// Whose store in the database, from 0 to 32767.
    #[arg(long = "tenant", env = "LORA_TENANT", default_value = "0", value_name = "N")]
    pub(crate) tenant: String,
}

impl PostgresArgs {
    fn url(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !url.is_empty())
    }

    /// The URL without its password.
    pub(crate) fn shown(&self) -> Option<String> {
        self.url().map(shown)
    }

    /// The URLs of the replicas without their passwords.
    pub(crate) fn replicas_shown(&self) -> Vec<String> {
        self.replicas.iter().map(|url| shown(url)).collect()
    }

    /// Where the store is; `None` where no database is given.
    ///
    /// # Errors
    /// Everything that is wrong with the options, each in a line for people.
    pub(crate) fn site(&self) -> Result<Option<Site>, Vec<String>> {
        let mut problems = Vec::new();
        let url = self.url().map(str::parse::<ServerUrl>).transpose();
        let url = url.map_err(|error| problems.push(format!("--postgres: {error}"))).ok().flatten();
        let mut replicas = Vec::new();
        for given in self.replicas.iter().filter(|given| !given.is_empty()) {
            match given.parse::<ServerUrl>() {
                Ok(url) => replicas.push(url),
                Err(error) => problems.push(format!("--postgres-replica: {error}")),
            }
        }
        let tenant = self.tenant.parse::<i16>().ok().filter(|tenant| *tenant >= 0).unwrap_or_else(|| {
            let expected = "expected a number from 0 to 32767";
            problems.push(format!("--tenant: `{}` cannot be used; {expected}", self.tenant));
            0
        });
        if self.url().is_none() && (tenant != 0 || !replicas.is_empty()) {
            problems.push("--tenant and --postgres-replica: only with --postgres; a folder holds one store".to_owned());
        }
        let mut number = |option: &str, text: &str, max: u32| match text.parse::<u32>() {
            Ok(number) if (1..=max).contains(&number) => number,
            _ => {
                problems.push(format!("{option}: `{text}` cannot be used; expected a number from 1 to {max}"));
                1
            }
        };
        let pool = number("--postgres-pool", &self.pool, 10_000);
        let mut time = |option, text| Duration::from_millis(number(option, text, i32::MAX as u32).into());
        let timeouts = Timeouts {
            connect: time("--postgres-connect-ms", &self.connect_ms),
            wait: time("--postgres-wait-ms", &self.wait_ms),
            statement: time("--postgres-statement-ms", &self.statement_ms),
            idle_in_transaction: time("--postgres-idle-in-transaction-ms", &self.idle_in_transaction_ms),
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let database = |server| Options { server, pool: pool as usize, timeouts };
        Ok(url.map(|server| Site { database: database(server), replicas, tenant: Tenant(tenant) }))
    }
}

/// A URL without its password; nothing of one that cannot be read, since anything in it may be the password.
fn shown(url: &str) -> String {
    url.parse::<ServerUrl>().map_or_else(|_| "***".to_owned(), |url| url.to_string())
}

/// Opens the store in a database; where that is empty and is to be written, makes it one first.
///
/// # Errors
/// Why it cannot be opened, for people.
pub(crate) async fn open(site: &Site, access: Access) -> Result<PostgresStore, String> {
    let opened = lora_postgres::open(site, access, store::clock()).await;
    let (store, migrated) = opened.map_err(|error| with_causes(&error))?;
    tell(&migrated);
    Ok(store)
}

fn tell(migrated: &Migrated) {
    for migration in &migrated.applied {
        info!(%migration, "migrated");
    }
    for refused in &migrated.refused {
        let (migration, lost) = (refused.migration, refused.migration.optional().unwrap_or_default());
        warn!(%migration, lost, why = %refused.why, "the server refuses an optional migration");
    }
}

/// What migrating a database does, or would do, in lines for people.
///
/// # Errors
/// Why it cannot be migrated, for people.
pub(crate) async fn migrate(site: &Site, dry_run: bool) -> Result<Vec<String>, String> {
    let pool = connect(&site.database).await.map_err(|error| with_causes(&error))?;
    let mut lines: Vec<String> = Vec::new();
    if dry_run {
        let plan = migrate::plan(&pool).await.map_err(|error| with_causes(&error))?;
        lines.extend(plan.pending.iter().map(|migration| format!("would apply {migration}")));
    } else {
        let migrated = migrate::migrate(&pool).await.map_err(|error| with_causes(&error))?;
        lines.extend(migrated.applied.iter().map(|migration| format!("applied {migration}")));
        lines.extend(migrated.refused.iter().map(|refused| {
            let lost = refused.migration.optional().unwrap_or_default();
            format!("refused by the server: {} ({}); {lost}", refused.migration, refused.why)
        }));
    }
    if lines.is_empty() {
        lines.push(format!("nothing to migrate in {}", site.database.server));
    }
    Ok(lines)
}
