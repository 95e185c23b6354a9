//! The binary over HTTP, beside a server that always gives the same answer of the same length.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::figures::{Failed, fact};

const CONNECTIONS: usize = 32;
const DURING: Duration = Duration::from_secs(5);

/// A server in a process of its own, which ends with this.
struct Server {
    child: Child,
    address: SocketAddr,
    began: Instant,
}

impl Server {
    fn start(mut command: Command) -> Result<Self, Failed> {
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("it is piped")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://").ok_or("it does not listen")?.parse()?;
        Ok(Self { child, address, began })
    }

    fn memory_mb(&self) -> Result<u64, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory")?;
        Ok(line.split_whitespace().next().ok_or("no number")?.parse::<u64>()? / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves `bytes` zeros, whatever is asked, until it is killed.
pub(crate) fn constant(bytes: usize) -> Result<(), Failed> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        let body: &'static str = "0".repeat(bytes).leak();
        axum::serve(listener, Router::new().fallback(get(move || async move { body }))).await?;
        Ok(())
    })
}

/// Measures the server on the data, and prints rows.
pub(crate) fn run(data: &Path) -> Result<(), Failed> {
    let this = std::env::current_exe()?;
    let lora = this.with_file_name("lora");
    if !lora.exists() {
        return Err("the binary `lora` is not beside this one: cargo build --release".into());
    }
    let mut serve = Command::new(lora);
    let server = Server::start({
        serve.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"]).arg(data);
        serve
    })?;
    let runtime = runtime()?;
    let list =
        runtime.block_on(ask(server.address, "/organisation/organisationfunktion?maksimalantalresultater=2000"))?;
    fact("cold process to first answer", &format!("{:.0} ms", server.began.elapsed().as_secs_f64() * 1e3), "");
    fact("memory of the server, idle", &format!("{} MB", server.memory_mb()?), "");
    let list = String::from_utf8(list)?;
    let uuids: Vec<&str> = list.split('"').filter(|part| part.len() == 36).collect();
    let targets: Vec<String> = uuids.iter().map(|uuid| format!("/organisation/organisationfunktion/{uuid}")).collect();
    let bytes = runtime.block_on(ask(server.address, &targets[0]))?.len();
    let ours = runtime.block_on(rate(server.address, &targets))?;
    let memory = server.memory_mb()?;
    drop(server);
    let mut other = Command::new(this);
    other.args(["constant", &bytes.to_string()]);
    let constant = Server::start(other)?;
    let theirs = runtime.block_on(rate(constant.address, &targets))?;
    let compared = format!("{:.2} × a constant answer of {bytes} bytes ({theirs:.0}/s)", ours / theirs);
    fact(&format!("HTTP reads, {CONNECTIONS} connections"), &format!("{ours:.0}/s"), &compared);
    fact("memory of the server after it", &format!("{memory} MB"), "");
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Answers a second, over connections that stay open.
async fn rate(address: SocketAddr, targets: &[String]) -> Result<f64, Failed> {
    let targets: std::sync::Arc<[String]> = targets.into();
    let begin = Instant::now();
    let mut clients = Vec::new();
    for client in 0..CONNECTIONS {
        let targets = targets.clone();
        clients.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let mut count = 0;
            while begin.elapsed() < DURING {
                request(&mut stream, &targets[(client + count * 31) % targets.len()]).await?;
                count += 1;
            }
            Ok::<_, Failed>(count)
        }));
    }
    let mut total = 0;
    for client in clients {
        total += client.await??;
    }
    Ok(total as f64 / begin.elapsed().as_secs_f64())
}

async fn ask(address: SocketAddr, target: &str) -> Result<Vec<u8>, Failed> {
    request(&mut TcpStream::connect(address).await?, target).await
}

/// Sends a request, and reads the answer with whatever framing it has.
async fn request(stream: &mut TcpStream, target: &str) -> Result<Vec<u8>, Failed> {
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: lora\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::with_capacity(8192);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&answer[..head]).to_lowercase();
        if !text.starts_with("http/1.1 200") {
            return Err(format!("{target}: {text}").into());
        }
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        let whole = match length {
            Some(length) => answer.len() >= head + 4 + length,
            None => answer.ends_with(b"\r\n0\r\n\r\n"),
        };
        if whole {
            return Ok(answer.split_off(head + 4));
        }
    }
}
