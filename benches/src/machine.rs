//! What the figures were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::figures::number_after;

const LOCK: &str = include_str!("../../Cargo.lock");

/// Processors, memory and compiler.
pub(crate) fn facts() -> Vec<String> {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let gigabytes = number_after(&memory, "MemTotal:").unwrap_or(0).div_ceil(1 << 20);
    let profile = if cfg!(debug_assertions) { "debug build, so that times say nothing" } else { "release build" };
    vec![
        format!("{cores} cores ({})", name.map_or("unknown", |(_, name)| name)),
        format!("{gigabytes} GB of memory"),
        said("rustc", &["--version"]),
        profile.to_owned(),
    ]
}

/// The kind of the file system on which a folder lies.
pub(crate) fn file_system(folder: &Path) -> String {
    let said = said("df", &["--output=fstype", &folder.display().to_string()]);
    said.lines().last().unwrap_or("unknown").to_owned()
}

/// The version of a crate that was built in.
pub(crate) fn locked(name: &str) -> &'static str {
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")));
    let version = entry.and_then(|entry| entry.split_once("version = \"")?.1.split('"').next());
    version.unwrap_or("unknown")
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| format!("unknown {program}"))
}
