//! What is in a database, as text to compare.

use std::process::Command;

use super::binaries;

/// Dumps a database and restores it into another, which is empty, as the manual says to.
///
/// # Panics
/// When `pg_dump` or `pg_restore` fails.
pub fn copy(from: &str, to: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("dump").display().to_string();
    run("pg_dump", &["--format=custom", "--file", &file, "--dbname", from]);
    run("pg_restore", &["--no-owner", "--exit-on-error", "--dbname", to, &file]);
}

/// The schema of a database as `pg_dump` writes it, without what depends on the server or the moment.
///
/// # Panics
/// When `pg_dump` fails.
pub fn schema(url: &str) -> String {
    let output = run("pg_dump", &["--schema-only", "--no-owner", "--no-privileges", "--dbname", url]);
    let text = String::from_utf8(output).expect("UTF-8");
    // Comments hold versions, `\restrict` a random word, and SET what the server of the dump needs.
    let noise = ["--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"];
    let kept = text.lines().filter(|line| !line.is_empty() && !noise.iter().any(|noise| line.starts_with(noise)));
    kept.map(|line| format!("{line}\n")).collect()
}

/// What a program of PostgreSQL prints.
fn run(program: &str, options: &[&str]) -> Vec<u8> {
    let output = Command::new(binaries::folder().join(program)).args(options).output();
    let output = output.unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
