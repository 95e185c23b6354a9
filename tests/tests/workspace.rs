//! The workspace itself: dependencies point towards lora-core only.

use std::process::Command;

use serde_json::Value;

/// Every crate of the workspace, with the crates of the workspace that it may depend on.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("lora-core", &["lora-core"]),
    ("lora-embedded", &["lora-core", "lora-embedded"]),
    ("lora-postgres", &["lora-core", "lora-postgres"]),
    ("lora-http", &["lora-core"]),
    ("lora-cli", &["lora-core", "lora-embedded", "lora-postgres", "lora-http"]),
    ("lora-benches", &["lora-core", "lora-embedded", "lora-postgres", "lora-cli", "lora-tests"]),
    ("lora-tests", &["lora-core", "lora-embedded", "lora-postgres", "lora-http", "lora-cli"]),
];

/// What the core must not know, because it does no I/O and needs no runtime.
const NOT_IN_THE_CORE: [&str; 7] = ["tokio", "axum", "hyper", "tower", "reqwest", "tokio-postgres", "redb"];

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn dependencies(package: &Value) -> Vec<String> {
    let all = package["dependencies"].as_array().expect("dependencies");
    all.iter().map(|dependency| dependency["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn dependencies_point_towards_the_core() {
    let packages = packages();
    assert_eq!(packages.len(), ALLOWED.len(), "a new crate gets a line in ALLOWED");
    for package in &packages {
        let name = package["name"].as_str().expect("a name");
        let (_, allowed) = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name).expect("a line in ALLOWED");
        for dependency in dependencies(package).iter().filter(|dependency| dependency.starts_with("lora-")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_core_knows_no_runtime_and_no_store() {
    let packages = packages();
    let core = packages.iter().find(|package| package["name"] == "lora-core").expect("the core");
    for dependency in dependencies(core) {
        assert!(!NOT_IN_THE_CORE.contains(&dependency.as_str()), "the core must not depend on {dependency}");
    }
}

/// Every dependency in the workspace table is used, and has a row that says why.
#[test]
fn every_dependency_is_used_and_has_a_reason() {
    let root = lora_tests::workspace();
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
    let (_, table) = manifest.split_once("[workspace.dependencies]").expect("the table");
    let table = table.split_once("\n[").map_or(table, |(table, _)| table);
    let names = table.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let reasons = std::fs::read_to_string(root.join("docs/dependencies.md")).expect("the reasons");
    let used: Vec<String> = packages().iter().flat_map(dependencies).collect();
    for name in names.filter(|name| !name.starts_with("lora-")) {
        assert!(used.iter().any(|used| used == name), "{name} is used by nobody");
        let row = |line: &str| {
            line.starts_with('|')
                && line.split('|').nth(1).is_some_and(|cell| cell.split(", ").any(|this| this.trim() == name))
        };
        assert!(reasons.lines().any(row), "{name} has no row in docs/dependencies.md");
    }
}
