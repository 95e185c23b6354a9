//! A database of a test's own.

use std::sync::LazyLock;

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use uuid::Uuid;

use super::{TestCluster, in_own_runtime};
use crate::migrate::{MIGRATIONS, migrate_to};

/// The URL of the server for tests that need no server of their own.
static SERVER: LazyLock<String> = LazyLock::new(|| match std::env::var("LORA_TEST_DATABASE_URL") {
    Ok(url) if !url.is_empty() => url,
    _ => SHARED.url("postgres"),
});

/// Ends with the process; its keeper sees to that.
static SHARED: LazyLock<TestCluster> = LazyLock::new(TestCluster::start);

/// A fresh, empty database, dropped when it goes out of scope, with whoever is connected to it.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    /// Where it is dropped; `None` where it goes with its server.
    server: Option<&'static str>,
}

impl TestDatabase {
    /// An empty database.
    ///
    /// # Panics
    /// When there is no PostgreSQL, saying what to install, or it does not make a database.
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// As [`new`](Self::new), for tests without a runtime.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn create() -> Self {
        in_own_runtime(Self::new())
    }

    /// A database with the schema of this program.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub async fn migrated() -> Self {
        Self::new().await.and_migrated().await
    }

    /// An empty database with options of `CREATE DATABASE`, such as an encoding.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub async fn with(options: &str) -> Self {
        let server = SERVER.as_str();
        let name = create(server, options).await;
        Self { url: of_database(server, &name), name, server: Some(server) }
    }

    /// As [`with`](Self::with), for tests without a runtime.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn create_with(options: &str) -> Self {
        in_own_runtime(Self::with(options))
    }

    /// An empty database on a server of the test's own.
    ///
    /// # Panics
    /// When the server does not make one.
    pub async fn on(cluster: &TestCluster) -> Self {
        let name = create(&cluster.url("postgres"), "").await;
        Self { url: cluster.url(&name), name, server: None }
    }

    /// A database with the schema of this program, on a server of the test's own.
    ///
    /// # Panics
    /// As [`on`](Self::on).
    pub async fn migrated_on(cluster: &TestCluster) -> Self {
        Self::on(cluster).await.and_migrated().await
    }

    async fn and_migrated(self) -> Self {
        let migrated = migrate_to(&mut self.connect().await, MIGRATIONS).await;
        migrated.expect("an empty database can be migrated");
        self
    }

    /// As [`on`](Self::on), for tests without a runtime.
    ///
    /// # Panics
    /// As [`on`](Self::on).
    pub fn create_on(cluster: &TestCluster) -> Self {
        in_own_runtime(Self::on(cluster))
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection to it, as plain as they come.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn connect(&self) -> Client {
        connect(&self.url).await
    }

    /// Runs statements in it, for tests without a runtime.
    ///
    /// # Panics
    /// When they fail.
    pub fn run(&self, statements: &str) {
        in_own_runtime(async {
            self.connect()
                .await
                .batch_execute(statements)
                .await
                .unwrap_or_else(|error| panic!("{statements}: {error:?}"));
        });
    }

    /// The first column of the first row that a query gives at a URL, in any form as text; `None` where it fails or gives
    /// nothing. For tests without a runtime, of servers that come and go.
    pub fn ask_at(url: &str, query: &str) -> Option<String> {
        in_own_runtime(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
            tokio::spawn(connection);
            let messages = client.simple_query(query).await.ok()?;
            messages.into_iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
        })
    }

    /// The first column of the first row that a query gives, as text, for tests without a runtime.
    ///
    /// # Panics
    /// When it fails, or gives nothing.
    pub fn ask(&self, query: &str) -> String {
        in_own_runtime(async {
            let rows =
                self.connect().await.query(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
            rows.first().and_then(|row| row.get::<_, Option<String>>(0)).unwrap_or_else(|| panic!("{query}: nothing"))
        })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = self.server else { return };
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropped = in_own_runtime(async { connect(server).await.batch_execute(&statement).await });
        if !std::thread::panicking() {
            dropped.expect("a database can be dropped");
        }
    }
}

async fn create(server: &str, options: &str) -> String {
    let name = format!("lora_test_{}", Uuid::new_v4().simple());
    let statement = format!("CREATE DATABASE {name} TEMPLATE template0 {options}");
    connect(server).await.batch_execute(&statement).await.expect("a database can be made");
    name
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server takes connections");
    // Where it breaks off, the client says so to whoever uses it.
    tokio::spawn(connection);
    client
}

/// The URL of a server with another database.
fn of_database(url: &str, database: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let host = host + url[host..].find('@').map_or(0, |at| at + 1);
    let path = url[host..].find(['/', '?']).map_or(url.len(), |at| host + at);
    let parameters = url[path..].find('?').map_or("", |at| &url[path + at..]);
    format!("{}/{database}{parameters}", &url[..path])
}

#[cfg(test)]
mod tests {
    use super::of_database;

    #[test]
    fn a_url_gets_another_database() {
        let renamed = [
            ("postgres://lora@127.0.0.1:5432/postgres", "postgres://lora@127.0.0.1:5432/mine"),
            ("postgres://host", "postgres://host/mine"),
            ("postgres://a:b%2F@host?sslmode=disable", "postgres://a:b%2F@host/mine?sslmode=disable"),
            ("postgresql://a:b/c@host/old?user=x/y", "postgresql://a:b/c@host/mine?user=x/y"),
        ];
        for (url, expected) in renamed {
            assert_eq!(of_database(url, "mine"), expected);
        }
    }
}
