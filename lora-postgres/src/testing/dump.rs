//! What is in a database, as text to compare.

use std::process::Command;

use super::binaries;

/// The schema of a database as `pg_dump` writes it, without what depends on the server or the moment.
///
/// # Panics
/// When `pg_dump` fails.
pub fn schema(url: &str) -> String {
    let mut dump = Command::new(binaries::folder().join("pg_dump"));
    let output = dump.args(["--schema-only", "--no-owner", "--no-privileges", "--dbname", url]).output();
    let output = output.expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // Comments hold versions, `\restrict` a random word, and SET what the server of the dump needs.
    let noise = ["--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"];
    let kept = text.lines().filter(|line| !line.is_empty() && !noise.iter().any(|noise| line.starts_with(noise)));
    kept.map(|line| format!("{line}\n")).collect()
}
