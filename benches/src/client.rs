//! A client that costs little: requests over a connection that stays open.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::figures::Failed;

/// A connection.
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> Result<Self, Failed> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Sends a request, and reads the answer with whatever framing it has.
    pub(crate) async fn send(&mut self, method: &str, target: &str, body: &str) -> Result<Vec<u8>, Failed> {
        let framing = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let request = format!("{method} {target} HTTP/1.1\r\nHost: lora\r\n{framing}\r\n{body}");
        self.0.write_all(request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(8192);
        loop {
            if self.0.read_buf(&mut answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let text = String::from_utf8_lossy(&answer[..head]).to_lowercase();
            if !text.starts_with("http/1.1 200") {
                return Err(format!("{method} {target}: {}", String::from_utf8_lossy(&answer)).into());
            }
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            let whole = match length {
                Some::<usize>(length) => answer.len() >= head + 4 + length,
                None => answer.ends_with(b"\r\n0\r\n\r\n"),
            };
            if whole {
                return Ok(answer.split_off(head + 4));
            }
        }
    }
}
