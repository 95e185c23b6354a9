//! The documents do what they say: every console block is run against a server of its own, line by line.

use std::io::Write;
use std::process::{Command, Stdio};

use lora_tests::{Server, workspace};

/// A command of a document and what it is said to print.
struct Step {
    command: String,
    printed: String,
}

/// The steps of all ```` ```console ```` blocks, in order.
fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { command: command.to_owned(), printed: String::new() }),
                (None, Some(last)) if is_open(&last.command) => last.command += &format!("\n{line}"),
                (None, Some(last)) => last.printed += &format!("{line}\n"),
                (None, None) => panic!("a block begins with output: {line}"),
            },
        }
    }
    steps
}

/// Whether a quotation goes on in the next line.
fn is_open(command: &str) -> bool {
    command.matches('\'').count() % 2 == 1
}

fn run(name: &str) {
    const END: &str = "=== end of a step";
    let document = std::fs::read_to_string(workspace().join(name)).expect("the document is there");
    let steps = steps(&document);
    assert!(steps.len() >= 5, "{name} has steps to run");
    let server = Server::start();
    let mut script = String::new();
    for step in &steps {
        let command = step.command.replace("127.0.0.1:8080", &server.address.to_string());
        script += &format!("{command}\necho\necho '{END}'\n");
    }
    let bash = Command::new("bash").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut bash = bash.expect("bash runs");
    bash.stdin.take().expect("it is piped").write_all(script.as_bytes()).expect("bash reads");
    let output = bash.wait_with_output().expect("bash ends");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let printed: Vec<&str> = printed.split(END).map(str::trim).collect();
    assert_eq!(printed.len(), steps.len() + 1, "{printed:#?}");
    for (step, printed) in steps.iter().zip(printed) {
        assert_eq!(printed, step.printed.trim(), "{name}: $ {}", step.command);
    }
}

#[test]
fn the_readme_does_what_it_says() {
    run("README.md");
}

#[test]
fn the_example_in_time_md_comes_out_as_told() {
    run("docs/time.md");
}

#[test]
fn the_access_in_access_md_is_as_told() {
    run("docs/access.md");
}

#[test]
fn the_queries_in_query_md_find_what_they_say() {
    run("docs/query.md");
}

/// Every guarantee in time.md names a test, and that test exists.
#[test]
fn every_guarantee_names_its_test() {
    let document = std::fs::read_to_string(workspace().join("docs/time.md")).expect("the document is there");
    let (_, guarantees) = document.split_once("## Part two").expect("there is a second part");
    let sources = [
        "lora-core/src/storage/conformance/seam.rs",
        "lora-core/src/storage/conformance/operations.rs",
        "lora-core/src/storage/conformance/windows.rs",
        "lora-embedded/tests/proof/kill.rs",
        "lora-embedded/tests/proof/crashes.rs",
        "lora-embedded/tests/proof/flips.rs",
        "lora-cli/tests/transfer/round_trip.rs",
        "lora-postgres/tests/proof/concurrency.rs",
        "lora-postgres/tests/proof/cuts.rs",
        "lora-postgres/tests/proof/damage.rs",
        "lora-postgres/tests/proof/kill.rs",
        "lora-postgres/tests/proof/restored.rs",
        "lora-postgres/tests/replicas.rs",
        "tests/tests/postgres_scale.rs",
    ];
    let sources = sources.map(|file| std::fs::read_to_string(workspace().join(file)).expect("a source"));
    let named: Vec<&str> = guarantees.split('`').skip(1).step_by(2).filter(|name| name.contains('_')).collect();
    assert!(named.len() >= 15, "{named:?}");
    for name in named {
        let functions = ["<", "("].map(|after| format!("fn {name}{after}"));
        let is_in = |source: &String| functions.iter().any(|function| source.contains(function));
        assert!(sources.iter().any(is_in), "there is no test {name}");
    }
}
