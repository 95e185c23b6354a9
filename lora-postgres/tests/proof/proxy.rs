//! A line to a server that a test cuts after any number of messages.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Whose messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Towards {
    Server,
    Client,
}

/// What the server hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything up to the cut, and then the end of the stream.
    Orderly,
    /// A reset, which may overtake what was sent.
    Reset,
    /// Nothing more, ever.
    Silent,
}

/// Which messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    Everything,
    /// Those from the beginning of a transaction on, which is the first.
    FromBegin,
}

/// Where to cut: instead of passing on the message after so many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) towards: Towards,
    pub(crate) end: End,
    pub(crate) counting: Counting,
    pub(crate) after: usize,
}

/// Passes messages on between clients and a server.
pub(crate) struct Proxy {
    port: u16,
    line: Arc<Line>,
}

#[derive(Default)]
struct Line(Mutex<State>);

#[derive(Default)]
struct State {
    cut: Option<Cut>,
    /// Connections that were cut, and of which the server still has one end.
    dying: usize,
    has_cut: bool,
    has_begun: bool,
}

/// What happened since the line was to be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Happened {
    pub(crate) was_cut: bool,
    /// Whether a client sent the beginning of a transaction.
    pub(crate) had_begun: bool,
}

impl Proxy {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (port, line) = (listener.local_addr().unwrap().port(), Arc::new(Line::default()));
        let lines = line.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = lines.clone();
                tokio::spawn(async move {
                    // Where nobody listens the client hears of it by the end of its stream.
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await {
                        line.pass_on(client, server).await;
                    }
                });
            }
        });
        Self { port, line }
    }

    /// The port on which clients connect.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The line is cut once, where so many messages have passed from now on.
    pub(crate) fn cut(&self, cut: Cut) {
        let mut state = self.line.state();
        (state.cut, state.has_cut, state.has_begun) = (Some(cut), false, false);
    }

    /// Whether the line was cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.line.state().has_cut
    }

    /// The line is not cut any more. Returns when the server has nothing left of a connection that was.
    pub(crate) async fn mend(&self) -> Happened {
        self.line.state().cut = None;
        while self.line.state().dying > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let state = self.line.state();
        Happened { was_cut: state.has_cut, had_begun: state.has_begun }
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn pass_on(&self, mut client: TcpStream, mut server: TcpStream) {
        for end in [&client, &server] {
            end.set_nodelay(true).unwrap();
        }
        let end = {
            let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
            tokio::select! {
                end = self.pump(Towards::Server, from_client, to_server) => end,
                end = self.pump(Towards::Client, from_server, to_client) => end,
            }
        };
        match end {
            None => {}
            Some(End::Orderly) => {
                drop(client);
                // The server may be gone already, or end while it is listened to.
                let _ = server.shutdown().await;
                let _ = server.read_to_end(&mut Vec::new()).await;
            }
            Some(End::Reset) => {
                for end in [&client, &server] {
                    end.set_zero_linger().unwrap();
                }
            }
            Some(End::Silent) => std::future::pending().await,
        }
        if end.is_some() {
            self.state().dying -= 1;
        }
    }

    /// Passes messages on until one side ends, or the line is to be cut.
    async fn pump(
        &self,
        towards: Towards,
        mut from: impl AsyncReadExt + Unpin,
        mut to: impl AsyncWriteExt + Unpin,
    ) -> Option<End> {
        // The first message of a client has no type.
        let mut type_length = usize::from(towards == Towards::Client);
        loop {
            let message = message(&mut from, type_length).await?;
            type_length = 1;
            if let Some(end) = self.sees(towards, &message) {
                return Some(end);
            }
            to.write_all(&message).await.ok()?;
        }
    }

    /// Counts a message; how the line ends, if it is the one that is not passed on.
    fn sees(&self, towards: Towards, message: &[u8]) -> Option<End> {
        let mut state = self.state();
        state.has_begun |=
            towards == Towards::Server && message.starts_with(b"Q") && message[5..].starts_with(b"BEGIN");
        let has_begun = state.has_begun;
        let counts = |cut: &&mut Cut| cut.towards == towards && (cut.counting == Counting::Everything || has_begun);
        let cut = state.cut.as_mut().filter(counts)?;
        if cut.after > 0 {
            cut.after -= 1;
            return None;
        }
        let end = cut.end;
        (state.cut, state.has_cut) = (None, true);
        state.dying += 1;
        Some(end)
    }
}

/// The next message, whole; `None` at the end of the stream.
async fn message(from: &mut (impl AsyncReadExt + Unpin), type_length: usize) -> Option<Vec<u8>> {
    let mut message = vec![0; type_length + 4];
    from.read_exact(&mut message).await.ok()?;
    let length = message[type_length..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    message.resize(type_length + length, 0);
    from.read_exact(&mut message[type_length + 4..]).await.ok()?;
    Some(message)
}
