//! The recordings of the real LoRA, replayed step by step against the real binary, on memory, on files and on PostgreSQL.
//!
//! The folder with the recordings is `$LORA_CONFORMANCE`, or `../shared/conformance` beside the workspace.
//! `docs/deviations.tsv` names the steps on which we differ on purpose; a line that excuses nothing fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use lora_postgres::testing::TestDatabase;
use lora_tests::{Server, run, workspace};

#[test]
fn every_recorded_step_is_answered_as_recorded_or_differs_on_purpose() {
    let folder = std::env::var_os("LORA_CONFORMANCE").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| workspace().join("../shared/conformance")).join("lora");
    if !folder.join("replay.py").is_file() {
        let message = format!("no recordings in {}: set LORA_CONFORMANCE to their folder", folder.display());
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
        println!("skipped: {message}");
        return;
    }
    for prefix in ["", "/lora"] {
        println!("in memory, under `{prefix}`: {}", replay(&folder, &Server::start(), prefix));
        let data = tempfile::tempdir().expect("a folder");
        let server = Server::on(data.path());
        println!("in files, under `{prefix}`: {}", replay(&folder, &server, prefix));
        server.stop();
        let check = run(&["check", "--data", &data.path().to_string_lossy()], &[]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
        let database = TestDatabase::create();
        let server = Server::on_postgres(database.url());
        println!("on PostgreSQL, under `{prefix}`: {}", replay(&folder, &server, prefix));
        server.stop();
        let check = run(&["check", "--postgres", database.url()], &[]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    }
}

/// Replays all recordings; returns how many steps were as recorded.
fn replay(folder: &Path, server: &Server, prefix: &str) -> String {
    let replay = Command::new("python3")
        .arg(folder.join("replay.py"))
        .arg(folder.join("lora-2026"))
        .args(["--base-url", &format!("http://{}{prefix}", server.address), "--loose-errors", "--deviations"])
        .arg(workspace().join("docs/deviations.tsv"))
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&replay.stdout);
    let last = said.lines().last().unwrap_or_default();
    assert!(
        replay.status.success() && last.ends_with(", 0 failed"),
        "{said}{}",
        String::from_utf8_lossy(&replay.stderr)
    );
    last.to_owned()
}
