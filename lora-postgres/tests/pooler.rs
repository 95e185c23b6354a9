//! A pooler between us and the server: good by the session, refused by the transaction.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lora_postgres::testing::{TestCluster, TestDatabase};
use lora_postgres::{ConnectError, Options, connect};

/// A pgbouncer in front of a server; ends when it goes out of scope.
struct Pooler {
    process: Child,
    port: u16,
}

impl Pooler {
    fn start(cluster: &TestCluster, mode: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = cluster.folder().join(format!("{mode}.ini"));
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\n",
            cluster.port()
        );
        // With `any`, everybody is whoever the database says.
        fs::write(&settings, text.replace("port=", "user=lora port=")).unwrap();
        // Debian installs it where only root looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("pgbouncer");
        command.env("PATH", path);
        if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
            command.args(["--user", "nobody"]);
        }
        let process = command.arg("--quiet").arg(&settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("these tests need pgbouncer: install it (`apt-get install pgbouncer`)");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { process, port }
    }

    fn options(&self, database: &TestDatabase) -> Options {
        Options::new(format!("postgres://lora@127.0.0.1:{}/{}", self.port, database.name()).parse().unwrap())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_pooler_by_the_transaction_is_refused_and_one_by_the_session_is_not() {
    let cluster = TestCluster::start();
    let database = TestDatabase::on(&cluster).await;
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&cluster, mode);
        let error = connect(&pooler.options(&database)).await.map(drop).unwrap_err();
        assert!(matches!(error, ConnectError::Pooler { .. }), "{mode}: {error}");
    }
    let pooler = Pooler::start(&cluster, "session");
    let pool = connect(&pooler.options(&database)).await.unwrap();
    let client = pool.get().await.unwrap();
    assert_eq!(client.query_one("SHOW TimeZone", &[]).await.unwrap().get::<_, String>(0), "UTC");
}
