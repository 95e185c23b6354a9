//! Connections: made as the store relies on them, kept, and looked at before they are used again.

use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Metrics, Pool, RecyclingMethod, Runtime,
};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};
use tokio_postgres_rustls_improved::MakeRustlsConnect;

use crate::options::{KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, Options, Timeouts, UNACKNOWLEDGED_MAX};
use crate::session::SESSION_OPTIONS;
use crate::tls::{self, TlsError};

/// A connection that somebody took within this time is taken again without a look: a look costs as much as a read, and
/// who finds that the connection has died takes another.
const LOOKED_AT_WITHIN: Duration = Duration::from_secs(1);

/// Whether a connection can be used again.
type Looked<'a> = Pin<Box<dyn Future<Output = Result<(), HookError>> + Send + 'a>>;

/// Of a pooler that hands out its connections by the transaction two sessions get the same one now and then.
const POOLER_ATTEMPTS: usize = 3;

/// A database cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// TLS cannot be set up.
    #[error("there is no TLS to {server}")]
    Tls {
        /// Where to.
        server: String,
        /// Why not.
        source: TlsError,
    },
    /// Nobody answers there, or not as PostgreSQL does.
    #[error("{server} cannot be reached")]
    Unreachable {
        /// Where.
        server: String,
        /// What happened.
        source: tokio_postgres::Error,
    },
    /// It takes too long.
    #[error("{server} did not answer within {within:?}")]
    TooSlow {
        /// Where.
        server: String,
        /// How long it might have taken.
        within: Duration,
    },
    /// The server does not let this role in.
    #[error("{server} refuses role `{role}`; needed is a role with its password, and a rule that lets it in")]
    Refused {
        /// Where.
        server: String,
        /// Who.
        role: String,
        /// What it said.
        source: tokio_postgres::Error,
    },
    /// The database is not there.
    #[error("there is no database `{database}` at {server}; needed is an empty one, which CREATE DATABASE makes")]
    NoDatabase {
        /// Where.
        server: String,
        /// Which one.
        database: String,
    },
    /// Something in between gives one connection to several of us.
    #[error(
        "{server} is a pooler that hands out its connections by the transaction; needed is the server itself, or \
         a pooler that does so by the session: prepared statements and settings live as long as a session"
    )]
    Pooler {
        /// Where.
        server: String,
    },
    /// The connections cannot be kept.
    #[error("connections to {server} cannot be kept")]
    Pool {
        /// Where.
        server: String,
        /// What is wrong.
        source: deadpool_postgres::BuildError,
    },
}

/// Connects, and keeps connections for all who ask.
///
/// Every connection has what the store relies on, whatever the server's settings are (see `settings`). One that nobody
/// has used for a while is looked at before it is used again: whether it lives, and is not inside a transaction. A server
/// that is lost is found again by the next who asks.
///
/// # Errors
/// [`ConnectError`] where there is no connection to be had, and none could be had later, or none that a store can use.
pub async fn connect(options: &Options) -> Result<Pool, ConnectError> {
    let server = &options.server;
    let tls = tls::connector(&server.trust);
    let tls = tls.map_err(|source| ConnectError::Tls { server: server.to_string(), source })?;
    let (one, other) = (session(options, &tls).await?, session(options, &tls).await?);
    refuse_pooler(options, &one, &other).await?;
    pool(options, tls)
}

/// The same without a look at what answers there, which may come later.
///
/// # Errors
/// [`ConnectError`] where there can be no connections.
pub(crate) fn connect_later(options: &Options) -> Result<Pool, ConnectError> {
    let server = &options.server;
    let tls = tls::connector(&server.trust);
    pool(options, tls.map_err(|source| ConnectError::Tls { server: server.to_string(), source })?)
}

fn pool(options: &Options, tls: MakeRustlsConnect) -> Result<Pool, ConnectError> {
    let server = &options.server;
    let mut config = server.config.clone();
    config.connect_timeout(options.timeouts.connect);
    let manager = Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let settings = settings(&options.timeouts);
    let pool = Pool::builder(manager)
        .max_size(options.pool)
        .wait_timeout(Some(options.timeouts.wait))
        .create_timeout(Some(options.timeouts.connect))
        .recycle_timeout(Some(options.timeouts.connect))
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(move |client: &mut ClientWrapper, _: &Metrics| {
            let settings = settings.clone();
            Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
        }))
        .post_recycle(Hook::async_fn(|client: &mut ClientWrapper, metrics: &Metrics| -> Looked<'_> {
            match metrics.last_used() < LOOKED_AT_WITHIN {
                true => Box::pin(ready(Ok(()))),
                false => outside_transaction(client),
            }
        }))
        .build();
    pool.map_err(|source| ConnectError::Pool { server: server.to_string(), source })
}

/// A connection that is not kept.
async fn session(options: &Options, tls: &MakeRustlsConnect) -> Result<Client, ConnectError> {
    let server = options.server.to_string();
    let within = options.timeouts.connect;
    let connected = async {
        let (client, connection) = options.server.config.connect(tls.clone()).await?;
        // Where it breaks off, the client says so to whoever uses it.
        tokio::spawn(connection);
        client.batch_execute(&settings(&options.timeouts)).await?;
        Ok(client)
    };
    match tokio::time::timeout(within, connected).await {
        Err(_) => Err(ConnectError::TooSlow { server, within }),
        Ok(connected) => connected.map_err(|source| refusal(options, source)),
    }
}

fn refusal(options: &Options, source: tokio_postgres::Error) -> ConnectError {
    let server = options.server.to_string();
    match source.code() {
        Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            ConnectError::Refused { server, role: options.server.role().to_owned(), source }
        }
        Some(&SqlState::INVALID_CATALOG_NAME) => {
            ConnectError::NoDatabase { server, database: options.server.database().to_owned() }
        }
        _ => ConnectError::Unreachable { server, source },
    }
}

/// What every connection has, whatever the settings of server, database and role are.
///
/// Commits wait at least for the disk of the server: a `synchronous_commit` below `on` is raised, a higher one is kept.
/// Rows that a policy would hide are an error and not missing.
/// The server looks whether we live as we look whether it does: from a statement to the message that ends it none of its
/// other times run, and by its own settings it would wait for two hours with the ledger held.
fn settings(timeouts: &Timeouts) -> String {
    let relied_on = SESSION_OPTIONS.split("-c ").filter_map(|option| option.trim().split_once('='));
    let relied_on = relied_on.map(|(name, value)| format!("set_config('{name}', '{value}', false), "));
    format!(
        "SELECT {} set_config('search_path', '', false), \
                set_config('standard_conforming_strings', 'on', false), \
                set_config('TimeZone', 'UTC', false), \
                set_config('default_transaction_isolation', 'read committed', false), \
                set_config('row_security', 'off', false), \
                set_config('statement_timeout', '{}', false), \
                set_config('idle_in_transaction_session_timeout', '{}', false), \
                set_config('tcp_keepalives_idle', '{}', false), \
                set_config('tcp_keepalives_interval', '{}', false), \
                set_config('tcp_user_timeout', '{}', false), \
                CASE WHEN current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') \
                     THEN set_config('synchronous_commit', 'on', false) END",
        relied_on.collect::<String>(),
        timeouts.statement.as_millis(),
        timeouts.idle_in_transaction.as_millis(),
        KEEPALIVE_IDLE.as_secs(),
        KEEPALIVE_INTERVAL.as_secs(),
        UNACKNOWLEDGED_MAX.as_millis(),
    )
}

/// Refuses a server that is none: two sessions that are open at the same time are never the same process, unless a
/// pooler hands out its connections by the transaction.
async fn refuse_pooler(options: &Options, one: &Client, other: &Client) -> Result<(), ConnectError> {
    let server = || options.server.to_string();
    for _ in 0..POOLER_ATTEMPTS {
        let process = async |client| value(client, "SELECT pg_backend_pid()").await;
        let pair = (process(one).await, process(other).await);
        match pair {
            (Ok(one), Ok(other)) if one == other => return Err(ConnectError::Pooler { server: server() }),
            (Ok(_), Ok(_)) => {}
            (Err(source), _) | (_, Err(source)) => return Err(refusal(options, source)),
        }
    }
    Ok(())
}

/// Whether a connection lives and is not inside a transaction. A transaction that was left open would swallow what is
/// acknowledged in it; inside one that failed, nothing can be asked at all.
fn outside_transaction(client: &mut ClientWrapper) -> Looked<'_> {
    Box::pin(async {
        // Outside a transaction, the statement's own begins with it.
        let outside = value(client, "SELECT transaction_timestamp() = statement_timestamp()").await;
        match outside.map_err(HookError::Backend)?.as_deref() {
            Some("t") => Ok(()),
            _ => Err(HookError::message("the connection is inside a transaction")),
        }
    })
}

/// The first column of the first row; as text, because prepared statements are what a pooler confuses.
async fn value(client: &Client, query: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let messages = client.simple_query(query).await?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(row)
}
