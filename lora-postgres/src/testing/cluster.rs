//! A PostgreSQL server in a temporary folder.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::binaries::{self, Owner};

/// The longest that a server may take to start.
const START_WITHIN: Duration = Duration::from_secs(60);

/// Carries out orders until nobody can give any more, which is when the process of the tests has ended, however it did:
/// the pipe of the orders closes with it. Then the server stops and the folder goes away.
const KEEPER: &str = r#"
folder=$1; shift
server=
while read -r order argument; do
  case $order in
    init)  "$@" >>"$folder/log" 2>&1 </dev/null && echo done || echo failed ;;
    start) "${0%/*}/postgres" -D "$folder/data" $argument >>"$folder/log" 2>&1 </dev/null & server=$!; echo $server ;;
    stop)  children=
           [ "$argument" != KILL ] || children=$(cat "/proc/$server/task/$server/children")
           kill -"$argument" $server $children 2>/dev/null; wait $server; server=
           for child in $children; do
             while [ -n "$(tr -d '\0' <"/proc/$child/cmdline")" ]; do sleep 0.01; done
           done 2>/dev/null
           echo done ;;
  esac
done
[ -z "$server" ] || { kill -QUIT $server; wait $server; }
rm -rf "$folder"
"#;

/// Whether a server's disk is asked to keep what it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// No `fsync`: fast, and as good, as long as the machine does not lose power.
    Fast,
    /// As a server runs for users.
    Synced,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It ends all connections, and writes everything to its files.
    Clean,
    /// It ends at once, and recovers at the next start.
    Immediate,
    /// All its processes are killed.
    Killed,
}

/// A server of the tests' own, on 127.0.0.1 and a free port; stopped and removed when it goes out of scope, and when
/// this process ends, even killed.
///
/// Its superuser is `lora`, who needs no password; a role `guarded` needs one over TCP, wherever it is created.
/// Its locale orders texts as Danes do, not as bytes.
#[derive(Debug)]
pub struct TestCluster {
    folder: PathBuf,
    port: u16,
    durability: Durability,
    more: Vec<String>,
    keeper: Mutex<Keeper>,
}

#[derive(Debug)]
struct Keeper {
    process: Child,
    /// `None` once it has been told to clean up.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    postmaster: Option<u32>,
}

impl TestCluster {
    /// A server that does not wait for the disk.
    ///
    /// # Panics
    /// When there is no PostgreSQL, saying what to install, or it does not start.
    pub fn start() -> Self {
        Self::start_with(Durability::Fast, &[])
    }

    /// A server with more settings, each as `name=value`.
    ///
    /// # Panics
    /// When there is no PostgreSQL, saying what to install, or it does not start.
    pub fn start_with(durability: Durability, settings: &[&str]) -> Self {
        let options = ["--no-sync", "--auth=trust", "--username=lora", "--encoding=UTF8", "--locale=C.UTF-8"];
        let locale = ["--locale-provider=icu", "--icu-locale=da-DK"];
        let cluster = Self::made(durability, settings, "initdb", &[&options[..], &locale].concat());
        cluster.guard();
        cluster.started()
    }

    /// A replica, to which `primary` sends what it writes.
    ///
    /// # Panics
    /// When it cannot be made, or does not start.
    pub fn replica_of(primary: &Self) -> Self {
        let port = primary.port.to_string();
        let source = ["--host=127.0.0.1", "--port", &port, "--username=lora", "--checkpoint=fast", "--no-sync"];
        let options = [&source[..], &["--write-recovery-conf", "--wal-method=stream"]].concat();
        Self::made(primary.durability, &[], "pg_basebackup", &options).started()
    }

    /// A folder with the files of a server as a program makes them, which gets the name of their folder after `-D`.
    fn made(durability: Durability, settings: &[&str], program: &str, options: &[&str]) -> Self {
        let (program, owner) = (binaries::folder().join(program), Owner::of_this_process());
        let folder = tempfile::Builder::new().prefix("lora-postgres-").tempdir().expect("a temporary folder").keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
        chown(&folder, Some(owner.user), Some(owner.group)).expect("root may, and others need not");
        let cluster = Self {
            keeper: Mutex::new(Keeper::start(&folder, &program, options, owner)),
            folder,
            port: 0,
            durability,
            more: settings.iter().map(|&setting| setting.to_owned()).collect(),
        };
        let made = cluster.keeper().order("init");
        made.unwrap_or_else(|| panic!("{} failed: {}", program.display(), cluster.log()));
        cluster
    }

    fn started(mut self) -> Self {
        // Somebody may take the port before the server does.
        for _ in 0..5 {
            self.port = free_port();
            if self.try_start_again() {
                return self;
            }
        }
        panic!("PostgreSQL does not start: {}", self.log());
    }

    fn guard(&self) {
        let path = self.folder.join("data/pg_hba.conf");
        let rules = fs::read_to_string(&path).expect("initdb made it");
        fs::write(&path, format!("host all guarded all scram-sha-256\n{rules}")).expect("it is ours");
    }

    /// The URL of a database on this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://lora@127.0.0.1:{}/{database}", self.port)
    }

    /// The port of the server on 127.0.0.1; the same after it was started again.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the server: its socket, its log, and its files in `data`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the server; does nothing where it does not run.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&self, how: Stop) {
        let mut keeper = self.keeper();
        if keeper.postmaster.take().is_some() {
            let signal = match how {
                Stop::Clean => "INT",
                Stop::Immediate => "QUIT",
                Stop::Killed => "KILL",
            };
            keeper.order(&format!("stop {signal}")).expect("the server ends");
        }
    }

    /// Starts the server after it was stopped, on the same port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        assert!(self.try_start_again(), "PostgreSQL does not start again: {}", self.log());
    }

    fn try_start_again(&self) -> bool {
        let mut keeper = self.keeper();
        assert!(keeper.postmaster.is_none(), "the server runs");
        let answer = keeper.order(&format!("start {}", self.settings())).expect("the keeper lives");
        let postmaster = answer.parse().expect("a process id");
        keeper.postmaster = Some(postmaster);
        let started = Instant::now();
        while started.elapsed() < START_WITHIN {
            if self.is_ready(postmaster) {
                return true;
            }
            if has_ended(postmaster) {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        keeper.postmaster = None;
        keeper.order("stop QUIT");
        false
    }

    /// The last but one line of this file is the state (`LOCK_FILE_LINE_PM_STATUS`).
    fn is_ready(&self, postmaster: u32) -> bool {
        let state = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        let mut lines = state.lines();
        lines.next() == Some(&postmaster.to_string()) && lines.nth(6).is_some_and(|state| state.trim() == "ready")
    }

    fn settings(&self) -> String {
        let port = format!("port={}", self.port);
        let socket = format!("unix_socket_directories={}", self.folder.display());
        let fast = ["fsync=off", "full_page_writes=off"];
        let fast = if self.durability == Durability::Fast { &fast[..] } else { &[] };
        let ours = ["listen_addresses=127.0.0.1", "max_connections=200", "shared_buffers=64MB", &port, &socket];
        let more = self.more.iter().map(String::as_str);
        let all = ours.into_iter().chain(fast.iter().copied()).chain(more);
        all.map(|setting| format!("-c {setting}")).collect::<Vec<_>>().join(" ")
    }

    /// What the server logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn keeper(&self) -> std::sync::MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        let mut keeper = self.keeper();
        keeper.orders = None;
        let ended = keeper.process.wait();
        drop(keeper);
        if !thread::panicking() {
            assert!(ended.is_ok() && !self.folder.exists(), "{} is not removed", self.folder.display());
        }
    }
}

impl Keeper {
    fn start(folder: &Path, program: &Path, options: &[&str], owner: Owner) -> Self {
        let mut command = owner.command("sh");
        command.arg("-c").arg(KEEPER).arg(program).arg(folder).arg(program).arg("-D").arg(folder.join("data"));
        command.args(options);
        // A group of its own, so that a signal to the group of the tests does not end it before it has cleaned up.
        command.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("a shell starts");
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        Self { process, orders, answers, postmaster: None }
    }

    /// Gives an order and waits for the answer; `None` where it failed.
    fn order(&mut self, order: &str) -> Option<String> {
        writeln!(self.orders.as_mut()?, "{order}").ok()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).ok()?;
        let answer = answer.trim_end();
        (!answer.is_empty() && answer != "failed").then(|| answer.to_owned())
    }
}

/// A port that nobody has at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    listener.local_addr().expect("it is bound").port()
}

/// Whether a child of the keeper is there no more, or nothing but an exit code.
fn has_ended(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}
