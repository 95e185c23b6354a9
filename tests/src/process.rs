//! The binary as a process.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
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

/// The binary with arguments, without anything from the environment that would configure it.
pub fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LORA_")) {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied());
    command
}

/// Runs the binary as a user that is not root and owns nothing.
///
/// # Panics
/// When that user cannot be taken on, or the binary not be started.
pub fn run_without_rights(arguments: &[&str]) -> Output {
    let id = Command::new("id").arg("-u").output().expect("id runs").stdout;
    if id != b"0\n" {
        return run(arguments, &[]);
    }
    // Where nobody may read the folder of the build, there is a copy.
    let copy = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().expect("a folder");
    let copied = copy.path().join("lora");
    std::fs::copy(binary(), &copied).expect("the binary can be copied");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copied).args(arguments);
    command.current_dir("/").output().expect("setpriv runs")
}

/// A running server; killed when it goes out of scope.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// A server with a store in memory, on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with a store in memory, on a free port, with more arguments.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::listening(&[&["--memory"], arguments].concat())
    }

    /// A server with the store in a folder, on a free port.
    ///
    /// # Panics
    /// When the folder's name is not UTF-8.
    pub fn on(folder: &Path) -> Self {
        Self::on_with(folder, &[])
    }

    /// A server with the store in a folder, on a free port, with more arguments.
    ///
    /// # Panics
    /// When the folder's name is not UTF-8.
    pub fn on_with(folder: &Path, arguments: &[&str]) -> Self {
        let folder = folder.to_str().expect("tests choose their names");
        Self::listening(&[&["--data", folder], arguments].concat())
    }

    /// A server with the store in a database, on a free port.
    pub fn on_postgres(url: &str) -> Self {
        Self::on_postgres_with(url, &[])
    }

    /// A server with the store in a database, on a free port, with more arguments.
    pub fn on_postgres_with(url: &str, arguments: &[&str]) -> Self {
        Self::listening(&[&["--postgres", url], arguments].concat())
    }

    fn listening(arguments: &[&str]) -> Self {
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

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells the server to stop, and waits until it has.
    ///
    /// # Panics
    /// When it does not end in time, or not as it should.
    pub fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.ended().code(), Some(0));
    }

    /// Kills the server.
    pub fn kill(self) {
        drop(self);
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
