//! Shared by the suites: the real binary, started and stopped, and a plain client that hides nothing.

mod client;
mod process;

pub use client::{Answer, Connection, send};
pub use process::{Server, binary, command, run, run_without_rights, workspace};

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest time that anything here waits for what must come.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until `done`.
///
/// # Panics
/// When that takes longer than [`DEADLINE`].
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < DEADLINE, "still waiting until {what}");
        std::thread::yield_now();
    }
}

/// A facet that is in effect from 2017 on.
pub fn facet(user_key: &str) -> Value {
    let effect = json!({"from": "2017-01-01", "to": "infinity"});
    json!({
        "attributter": {"facetegenskaber": [{"brugervendtnoegle": user_key, "virkning": effect}]},
        "tilstande": {"facetpubliceret": [{"publiceret": "Publiceret", "virkning": effect}]},
    })
}

/// A UUID that the tests choose: `number` in its last digits.
pub fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}
