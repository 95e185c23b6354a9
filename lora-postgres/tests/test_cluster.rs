//! The PostgreSQL of the tests: what it promises to the tests that use it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lora_postgres::testing::{Durability, Stop, TestCluster, TestDatabase};

#[tokio::test]
async fn every_database_is_empty_and_gone_at_the_end() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    one.connect().await.batch_execute("CREATE TABLE mine ()").await.unwrap();
    let seen = other.connect().await.query("SELECT FROM pg_class WHERE relname = 'mine'", &[]).await.unwrap();
    assert!(seen.is_empty());
    let name = one.name().to_owned();
    let _still_connected = one.connect().await;
    drop(one);
    let left = other.connect().await.query("SELECT FROM pg_database WHERE datname = $1", &[&name]).await.unwrap();
    assert!(left.is_empty());
}

#[test]
fn a_server_keeps_its_data_however_it_is_stopped() {
    let cluster = TestCluster::start_with(Durability::Synced, &["work_mem=5MB"]);
    let database = TestDatabase::create_on(&cluster);
    database.run("CREATE TABLE kept (how text)");
    for how in [Stop::Clean, Stop::Immediate, Stop::Killed] {
        database.run(&format!("INSERT INTO kept VALUES ('{how:?}')"));
        cluster.stop(how);
        assert!(std::net::TcpStream::connect(("127.0.0.1", cluster.port())).is_err(), "{how:?}");
        cluster.start_again();
    }
    assert_eq!(database.ask("SELECT string_agg(how, ' ') FROM kept"), "Clean Immediate Killed");
    assert_eq!(database.ask("SHOW work_mem"), "5MB");
    assert_eq!(database.ask("SHOW fsync"), "on");
}

/// What a killed process tells before it is killed.
const TELL: &str = "LORA_TEST_CLUSTER_OF_A_KILLED_PROCESS";

#[test]
fn a_server_goes_with_its_process_even_when_that_is_killed() {
    if std::env::var_os(TELL).is_some() {
        let cluster = TestCluster::start();
        println!("folder {}", cluster.folder().display());
        loop {
            std::thread::park();
        }
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_server_goes_with_its_process_even_when_that_is_killed", "--nocapture"]);
    let mut child = child.env(TELL, "1").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let folder = lines.find_map(|line| line.unwrap().strip_prefix("folder ").map(str::to_owned)).unwrap();
    let pid = std::fs::read_to_string(format!("{folder}/data/postmaster.pid")).unwrap();
    let postmaster = format!("/proc/{}", pid.lines().next().unwrap());
    assert!(Path::new(&postmaster).exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    while Path::new(&folder).exists() || Path::new(&postmaster).exists() {
        assert!(killed.elapsed() < Duration::from_secs(30), "{folder} or {postmaster} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}
