//! Servers in processes of their own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use axum::Router;
use axum::routing::any;
use tokio::net::TcpListener;

use crate::figures::{Failed, Figure, memory};

/// A server, which ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) began: Instant,
}

impl Server {
    /// The binary on a store.
    pub(crate) fn of_store(options: &[String]) -> Result<Self, Failed> {
        let lora = std::env::current_exe()?.with_file_name("lora");
        if !lora.exists() {
            return Err("the binary `lora` is not beside this one; expected: cargo build --release -p lora-cli".into());
        }
        let mut serve = Command::new(lora);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LORA_")) {
            serve.env_remove(name);
        }
        serve.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn"]).args(options);
        Self::start(serve)
    }

    /// One that always gives the same answer.
    pub(crate) fn constant(bytes: usize) -> Result<Self, Failed> {
        let mut this = Command::new(std::env::current_exe()?);
        this.args(["constant", &bytes.to_string()]);
        Self::start(this)
    }

    fn start(mut command: Command) -> Result<Self, Failed> {
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take();
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), began };
        let mut line = String::new();
        BufReader::new(stdout.ok_or("it is piped")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://");
        server.address = address.ok_or("the server does not listen; what it says stands above")?.parse()?;
        Ok(server)
    }

    /// How much memory the process has.
    pub(crate) fn memory(&self) -> Result<Figure, Failed> {
        memory(&self.child.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves `bytes` zeros, whatever is asked, until it is killed.
pub(crate) async fn serve_constant(bytes: usize) -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let body: &'static str = "0".repeat(bytes).leak();
    Ok(axum::serve(listener, Router::new().fallback(any(move || async move { body }))).await?)
}
