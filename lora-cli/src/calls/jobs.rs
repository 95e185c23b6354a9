//! The jobs themselves: the same code wherever the store is open.

use std::io::{self, BufWriter, ErrorKind, Read, Write};

use lora_core::Service;
use lora_core::storage::Storage;

use super::{Call, Listener, Progress, Said};
use crate::failure::{causes, with_causes};

/// What a job reads.
pub(crate) type Input = Box<dyn Read + Send>;

/// What a job works on.
pub(crate) enum Target<S> {
    /// A store that was opened to be read: its classes stay as they are.
    Store(S),
    /// A store with the classes of this process.
    Service(Service<S>),
}

/// Carries out a call; returns the exit code. Whatever there is to say has then been said.
pub(crate) async fn run<S: Storage>(call: &Call, target: &Target<S>, input: Input, to: &dyn Listener) -> u8 {
    let store = match target {
        Target::Store(store) => store,
        Target::Service(service) => service.store(),
    };
    let done = match (call, target) {
        (Call::Export { position }, _) => export(store, *position, to).await,
        (Call::Check, _) => check(store, to).await,
        (Call::Import { restore: false }, Target::Service(service)) => import(service, input, to).await,
        (Call::Import { restore: true }, Target::Store(store)) => restore(store, input, to).await,
        (Call::Import { .. }, _) => Err("only a store that nobody has open is restored: stop the server first".into()),
    };
    done.unwrap_or_else(|error| {
        // A reader of the answer that had enough, as `head` has, is no failure.
        let had_enough = causes(&*error)
            .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe));
        if !had_enough {
            let _ = to.hear(Said::Message(format!("error: {}", with_causes(&*error))));
        }
        u8::from(!had_enough)
    })
}

type Done = Result<u8, Box<dyn std::error::Error + Send + Sync>>;

/// Up to a position, everything for none.
async fn export<S: Storage>(store: &S, position: Option<u64>, to: &dyn Listener) -> Done {
    use lora_core::object::Position;
    use lora_core::storage::{Read as _, Wait};
    let view = store.view(position.map(Position)).await?;
    let mut out = BufWriter::with_capacity(super::wire::FRAME_BYTES_MAX, Output(to));
    let total = Some(view.position().0);
    let mut after = Position(0);
    while after < view.position() {
        for entry in store.ledger(after, 1_000, Wait::Never).await? {
            after = entry.position;
            writeln!(out, "{{\"position\":{after},\"instant\":\"{}\"}}", entry.instant)?;
        }
        to.hear(Said::Progress(Progress { label: "exporting".to_owned(), done: after.0, total }))?;
    }
    out.flush()?;
    Ok(0)
}

async fn check<S: Storage>(store: &S, to: &dyn Listener) -> Done {
    use lora_core::storage::Read as _;
    let position = store.view(None).await?.position();
    writeln!(Output(to), "checked {position} entries: 0 findings")?;
    Ok(0)
}

async fn import<S: Storage>(_service: &Service<S>, mut input: Input, to: &dyn Listener) -> Done {
    let read = io::copy(&mut input, &mut io::sink())?;
    to.hear(Said::Message(format!("{read} bytes")))?;
    Err("there is no import yet".into())
}

async fn restore<S: Storage>(_store: &S, mut input: Input, _to: &dyn Listener) -> Done {
    io::copy(&mut input, &mut io::sink())?;
    Err("there is no restore yet".into())
}

/// A job's standard output.
struct Output<'a>(&'a dyn Listener);

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.hear(Said::Output(bytes.to_vec()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
