//! Which database, and how it is talked to.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// Where a server listens when the URL names no host.
const LOCAL_SOCKETS: &str = "/var/run/postgresql";

/// A peer that has said nothing for so long is asked whether it lives.
pub(crate) const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
/// How long it may take to answer that, and how long what was sent may be on its way.
pub(crate) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
pub(crate) const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// Which database, how many connections to it, and how long anything may take.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which database, as whom, and how safely.
    pub server: ServerUrl,
    /// How many connections there may be at once.
    pub pool: usize,
    /// How long anything may take.
    pub timeouts: Timeouts,
}

/// How long anything may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Making a connection.
    pub connect: Duration,
    /// Waiting until a connection is free.
    pub wait: Duration,
    /// One statement.
    pub statement: Duration,
    /// A transaction in which nothing happens.
    pub idle_in_transaction: Duration,
}

impl Options {
    /// The usual number of connections and times.
    pub fn new(server: ServerUrl) -> Self {
        Self { server, pool: 16, timeouts: Timeouts::default() }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            wait: Duration::from_secs(5),
            statement: Duration::from_secs(60),
            idle_in_transaction: Duration::from_secs(60),
        }
    }
}

/// The URL of a database. What is shown of it has no password.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl {
    pub(crate) config: Config,
    pub(crate) trust: Trust,
}

/// Whom a connection with TLS is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Whoever answers.
    Anybody,
    /// A server with a certificate of one of the authorities in a file.
    Certified { authorities: PathBuf },
    /// The same, and the certificate names the host of the URL.
    Named { authorities: PathBuf },
}

/// A URL cannot be used. What it holds is not repeated, because it may be a password.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// It is none of PostgreSQL.
    #[error("this is not a URL of PostgreSQL; expected one such as postgres://user@host/database")]
    Scheme,
    /// It names no database.
    #[error("the URL names no database; expected one such as postgres://user@host/database")]
    NoDatabase,
    /// It cannot be read.
    #[error("the URL cannot be read: {0}; expected one such as postgres://user@host/database")]
    Syntax(String),
    /// The mode of TLS is not one.
    #[error("the URL asks for an unknown sslmode; expected disable, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// Certificates are to be verified by nothing.
    #[error("the URL asks to verify certificates; expected sslrootcert=FILE with those of the authorities as well")]
    NoAuthorities,
}

impl FromStr for ServerUrl {
    type Err = UrlError;

    fn from_str(url: &str) -> Result<Self, UrlError> {
        let after_scheme = ["postgres://", "postgresql://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        let rest = after_scheme.ok_or(UrlError::Scheme)?;
        // As tokio-postgres reads it: whatever stands before the first `@` is user and password.
        let host = rest.find('@').map_or(0, |at| at + 1);
        let query = rest[host..].find('?').map_or(rest.len(), |at| host + at);
        let (address, query) = (&rest[..query], rest[query..].strip_prefix('?').unwrap_or_default());
        let (mut kept, mut mode, mut authorities) = (Vec::new(), None, None);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => {
                    authorities = Some(PathBuf::from(percent_decode_str(value).decode_utf8_lossy().into_owned()));
                }
                _ => kept.push(parameter),
            }
        }
        let (mode, trust) = trust(mode.unwrap_or("prefer"), authorities)?;
        let config = format!("postgres://{address}?{}", kept.join("&")).parse::<Config>();
        let mut config = config.map_err(|error| UrlError::Syntax(unreadable(&error, query)))?;
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(UrlError::NoDatabase);
        }
        config.ssl_mode(mode);
        complete(&mut config);
        Ok(Self { config, trust })
    }
}

/// What the modes of libpq mean; `require` with authorities verifies them, as it does there.
fn trust(mode: &str, authorities: Option<PathBuf>) -> Result<(SslMode, Trust), UrlError> {
    Ok(match (mode, authorities) {
        ("disable", _) => (SslMode::Disable, Trust::Anybody),
        ("prefer", _) => (SslMode::Prefer, Trust::Anybody),
        ("require", None) => (SslMode::Require, Trust::Anybody),
        ("require" | "verify-ca", Some(authorities)) => (SslMode::Require, Trust::Certified { authorities }),
        ("verify-full", Some(authorities)) => (SslMode::Require, Trust::Named { authorities }),
        ("verify-ca" | "verify-full", None) => return Err(UrlError::NoAuthorities),
        _ => return Err(UrlError::SslMode),
    })
}

/// What tokio-postgres has against it: the name of a parameter, which a stray `@` could make part of a password.
fn unreadable(error: &tokio_postgres::Error, query: &str) -> String {
    let cause = std::error::Error::source(error).filter(|_| !query.contains('@'));
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

/// What the URL leaves open: a local server, and when a silent one is given up.
fn complete(config: &mut Config) {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host_path(LOCAL_SOCKETS);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
    }
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    config.application_name("lora");
}

impl ServerUrl {
    /// The name of the database.
    pub fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }

    /// Who connects, as far as the URL says.
    pub(crate) fn role(&self) -> &str {
        self.config.get_user().unwrap_or("(the user of this process)")
    }

    fn hosts(&self) -> String {
        let ports = self.config.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let named = self.config.get_hosts().iter().enumerate().map(|(index, host)| match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{}", port(index)),
            Host::Tcp(name) => format!("{name}:{}", port(index)),
            Host::Unix(folder) => format!("{}:{}", folder.display(), port(index)),
        });
        let named: Vec<_> = named.collect();
        if !named.is_empty() {
            return named.join(",");
        }
        let addresses = self.config.get_hostaddrs().iter().enumerate();
        addresses.map(|(index, address)| format!("{address}:{}", port(index))).collect::<Vec<_>>().join(",")
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        write!(f, "{}/{}", self.hosts(), self.database())?;
        let mode = match (&self.trust, self.config.get_ssl_mode()) {
            (Trust::Certified { .. }, _) => "verify-ca",
            (Trust::Named { .. }, _) => "verify-full",
            (Trust::Anybody, SslMode::Disable) => "disable",
            (Trust::Anybody, SslMode::Require) => "require",
            (Trust::Anybody, _) => return Ok(()),
        };
        write!(f, "?sslmode={mode}")
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        url.parse::<ServerUrl>().unwrap_or_else(|error| panic!("{url}: {error}")).to_string()
    }

    fn refused(url: &str) -> String {
        url.parse::<ServerUrl>().unwrap_err().to_string()
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, expected) in [
            ("postgres://ane:secret@db.example:5433/lora", "postgres://ane@db.example:5433/lora"),
            ("postgresql://ane@db/lora?password=secret", "postgres://ane@db:5432/lora"),
            ("postgres://ane:sec?ret@db/lora", "postgres://ane@db:5432/lora"),
            ("postgres://ane:sec/ret@db/lora?sslmode=require", "postgres://ane@db:5432/lora?sslmode=require"),
            ("postgres://a,b:5433/lora?connect_timeout=3", "postgres://a:5432,b:5433/lora"),
            ("postgres://%2Ftmp%2Fhere/lora", "postgres:///tmp/here:5432/lora"),
            ("postgres:///lora", "postgres:///var/run/postgresql:5432/lora"),
            ("postgres://[::1]:1/lora?sslmode=disable", "postgres://[::1]:1/lora?sslmode=disable"),
            (
                "postgres://h/lora?sslmode=verify-full&sslrootcert=%2Fca.pem",
                "postgres://h:5432/lora?sslmode=verify-full",
            ),
            ("postgres://h/lora?sslrootcert=/ca.pem&sslmode=require", "postgres://h:5432/lora?sslmode=verify-ca"),
        ] {
            assert_eq!(shown(url), expected);
            let server: ServerUrl = url.parse().unwrap();
            assert!(!format!("{:?}", Options::new(server)).contains("sec"), "{url}");
        }
    }

    #[test]
    fn the_mode_of_tls_is_read() {
        let read = |query: &str| {
            let server: ServerUrl = format!("postgres://h/lora?{query}").parse().unwrap();
            (server.config.get_ssl_mode(), server.trust)
        };
        let authorities = || PathBuf::from("/a b.pem");
        assert_eq!(read("connect_timeout=3"), (SslMode::Prefer, Trust::Anybody));
        assert_eq!(read("sslmode=disable"), (SslMode::Disable, Trust::Anybody));
        assert_eq!(read("sslmode=require"), (SslMode::Require, Trust::Anybody));
        let certified = Trust::Certified { authorities: authorities() };
        assert_eq!(read("sslmode=verify-ca&sslrootcert=/a%20b.pem"), (SslMode::Require, certified));
        let named = Trust::Named { authorities: authorities() };
        assert_eq!(read("sslrootcert=/a%20b.pem&sslmode=verify-full"), (SslMode::Require, named));
    }

    #[test]
    fn mistakes_in_a_url_are_named_and_passwords_are_not() {
        for (url, says) in [
            ("", "not a URL"),
            ("db.example/lora", "not a URL"),
            ("host=db password=secret", "not a URL"),
            ("postgres//ane:secret@db/lora", "not a URL"),
            ("mysql://ane:secret@db/lora", "not a URL"),
            ("postgres://ane:secret@db", "no database"),
            ("postgres://ane:secret@db/", "no database"),
            ("postgres://ane:secret@db:port/lora", "`port`"),
            ("postgres://ane:secret@db/lora?pool=3", "unknown option `pool`"),
            ("postgres://ane:se@cr?secret=1@db/lora", "cannot be read"),
            ("postgres://ane:secret@db/lora?sslmode=allow", "verify-full"),
            ("postgres://ane:secret@db/lora?sslmode=verify-ca", "sslrootcert"),
            ("postgres://ane:secret@db/lora?x", "cannot be read"),
        ] {
            let message = refused(url);
            assert!(message.contains(says), "{url}: {message}");
            assert!(!message.contains("secret") && !message.contains("ane"), "{message}");
        }
    }

    #[test]
    fn what_the_url_says_of_silent_peers_stays() {
        let server: ServerUrl = "postgres://h/lora?keepalives_idle=99&tcp_user_timeout=7".parse().unwrap();
        assert_eq!(server.config.get_keepalives_idle(), Duration::from_secs(99));
        assert_eq!(server.config.get_tcp_user_timeout(), Some(&Duration::from_secs(7)));
        assert_eq!(server.config.get_keepalives_interval(), Some(KEEPALIVE_INTERVAL));
    }
}
