//! The command as a user meets it.

use std::io::Read;
use std::process::{Command, Output, Stdio};

fn lora(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lora"));
    command.arg("generate").args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    lora(arguments).output().expect("the binary runs")
}

fn complaint(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn wrong_use_is_named_and_ends_with_2() {
    assert_eq!(complaint(&["--people", "0"], 2), "error: people 0: must be between 1 and 5000000\n");
    assert_eq!(complaint(&["--years", "0"], 2), "error: years 0: must be between 1 and 40\n");
    let message = complaint(&["--until", "2026-02-30"], 2);
    assert!(message.contains("`2026-02-30` is not a date; expected YYYY-MM-DD"), "{message}");
    let message = complaint(&["--until", "1850-01-01"], 2);
    assert!(message.contains("between 2000-01-01 and 2050-12-31"), "{message}");
    assert!(complaint(&["--people", "many"], 2).contains("--people"));
}

#[test]
fn answers_that_cannot_be_written_end_with_1_before_any_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("missing").join("answers.json");
    let path = path.to_str().expect("text");
    let message = complaint(&["--people", "1", "--answers", path], 1);
    assert!(message.starts_with(&format!("error: cannot write the answers to {path}: ")), "{message}");
}

#[test]
fn answers_and_lines_are_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("answers.json");
    let output = run(&["--people", "3", "--years", "2", "--answers", path.to_str().expect("text")]);
    assert!(output.status.success() && output.stderr.is_empty());
    let answers: serde_json::Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
    assert_eq!(answers["format"], "lora-answers");
    assert_eq!(answers["people"], 3);
    assert!(output.stdout.ends_with(b"}\n"));
    assert_eq!(output.stdout, run(&["--people", "3", "--years", "2"]).stdout);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let mut child = lora(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut begin = [0; 100];
    child.stdout.take().expect("a pipe").read_exact(&mut begin).expect("a hundred bytes");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
