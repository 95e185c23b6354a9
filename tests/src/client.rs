//! HTTP by hand: one request a connection, any bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::DEADLINE;

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// A connection on which bytes are sent piece by piece.
#[derive(Debug)]
pub struct Connection(TcpStream);

impl Connection {
    /// A connection to a server.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("the time is not zero");
        Self(stream)
    }

    /// Sends bytes. A server that does not listen any more is no mistake: its answer tells.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Reads until the bytes seen end with `end`.
    ///
    /// # Panics
    /// When the connection ends before.
    pub fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !seen.ends_with(end) {
            self.0.read_exact(&mut byte).expect("more bytes come");
            seen.push(byte[0]);
        }
        seen
    }

    /// Reads the answer to the end of the connection.
    ///
    /// # Panics
    /// When it is none.
    pub fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        let ended = self.0.read_to_end(&mut bytes);
        parsed(&bytes).unwrap_or_else(|| panic!("no answer ({ended:?}): {}", String::from_utf8_lossy(&bytes)))
    }
}

/// Sends a request and reads the answer. `target` goes out as it is, `headers` are whole lines.
pub fn send(address: SocketAddr, method: &str, target: impl AsRef<[u8]>, headers: &[&str], body: &[u8]) -> Answer {
    let mut connection = Connection::open(address);
    let mut head = Vec::from(method);
    head.push(b' ');
    head.extend_from_slice(target.as_ref());
    head.extend_from_slice(b" HTTP/1.1\r\nHost: lora\r\nConnection: close\r\n");
    for header in headers {
        head.extend_from_slice(header.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    if !body.is_empty() {
        head.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    connection.write(&head);
    connection.write(body);
    connection.answer()
}

fn parsed(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let mut answer = Answer { status, headers, body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(&answer.body)?;
    }
    Some(answer)
}

/// The body that chunks make up (RFC 9112 §7.1); `None` where the last one is missing.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
