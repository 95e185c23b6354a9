//! The binary as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::client::{Answer, send};
use crate::wait_until;

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// The binary, built once in each process of tests, with the profile of the tests.
///
/// # Panics
/// When it cannot be built.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test is a file");
        let folder = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.current_dir(workspace()).args(["build", "--quiet", "--package", "lora-cli"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "the binary does not build");
        folder.join("lora")
    })
}

/// Runs the binary to its end, without anything from the environment that would configure it.
///
/// # Panics
/// When it cannot be started.
pub fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command(arguments, environment).output().expect("the binary runs")
}

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LORA_")) {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied());
    command
}

/// A running server with an empty store; killed when it goes out of scope.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// A server on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server on a free port, with more arguments.
    ///
    /// # Panics
    /// When it does not say that it listens.
    pub fn start_with(arguments: &[&str]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0", "--log", "warn"], arguments].concat();
        let mut child = command(&arguments, &[]).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server speaks");
        let address = line.trim().strip_prefix("listening on http://").map(str::parse);
        let address = address.unwrap_or_else(|| panic!("unexpected: {line:?}")).expect("an address");
        Self { child, address }
    }

    /// Sends a request without a body.
    pub fn get(&self, target: &str) -> Answer {
        send(self.address, "GET", target, &[], b"")
    }

    /// Sends a request with a JSON body.
    pub fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        send(self.address, method, target, &["Content-Type: application/json"], body.to_string().as_bytes())
    }

    /// The position of the store.
    ///
    /// # Panics
    /// When the server does not tell.
    pub fn position(&self) -> u64 {
        let answer = self.get("/klassifikation/facet");
        answer.header("lora-position").and_then(|text| text.parse().ok()).expect("answers tell the position")
    }

    /// Tells the server to stop.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// Waits for the process to end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the server has ended", || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        status.expect("it has ended")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
