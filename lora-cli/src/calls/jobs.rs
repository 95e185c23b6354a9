//! The jobs themselves: the same code wherever the store is open.

use std::error::Error;
use std::fs::File;
use std::future::{Future, poll_fn};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Poll;

use lora_core::Service;
use lora_core::check::{self, check};
use lora_core::object::Position;
use lora_core::storage::Storage;

use super::wire::FRAME_BYTES_MAX;
use super::{Call, Listener, Progress, Said, show};
use crate::failure::{causes, with_causes};
use crate::store::{clock, salt};
use crate::transfer::{self, Bulk, Imported, Loading, Phase, TextFile, assert, export};

/// What a job reads.
pub(crate) enum Input {
    /// Nothing.
    None,
    /// A file of this machine.
    File(PathBuf),
    /// Whatever comes.
    Stream(Box<dyn Read + Send>),
}

/// What a job works on.
pub(crate) enum Target<S> {
    /// A store that was opened to be read: its classes stay as they are.
    Store(S),
    /// A store with the classes of this process.
    Service(Service<S>),
}

pub(super) type Done = Result<u8, Box<dyn Error + Send + Sync>>;

/// Carries out a call on the store in `folder`; returns the exit code. What there is to say has then been said.
pub(crate) async fn run<S: Storage>(
    call: &Call,
    target: &Target<S>,
    folder: &Path,
    input: Input,
    to: &dyn Listener,
) -> u8 {
    let store = match target {
        Target::Store(store) => store,
        Target::Service(service) => service.store(),
    };
    let done = match (call, target) {
        (Call::Export { position }, _) => exported(store, *position, to).await,
        (Call::Check, _) => checked(store, to).await,
        (Call::Show(shown), _) => show::show(store, shown, to).await,
        (Call::Import { restore: false }, Target::Service(service)) => {
            imported(service, None::<Loading>, folder, input, to).await
        }
        (Call::Import { .. }, _) => Err("only a store that nobody has open is restored: stop the server first".into()),
    };
    code(done, to)
}

/// Asserts the input into a store that nobody else has; returns the exit code.
pub(super) async fn import<S: Storage>(
    service: &Service<S>,
    into: impl Bulk,
    folder: &Path,
    input: Input,
    to: &dyn Listener,
) -> u8 {
    code(imported(service, Some(into), folder, input, to).await, to)
}

/// Restores the input into a store that holds nothing; returns the exit code.
pub(super) async fn restore<S: Storage>(
    store: &S,
    into: impl Bulk,
    folder: &Path,
    input: Input,
    to: &dyn Listener,
) -> u8 {
    let restored = async {
        let lines = input.lines(folder)?;
        summary(transfer::restore(store, into, &lines, &salt, |progress| say(to, progress)).await?, "restored", to)
    };
    code(restored.await, to)
}

fn code(done: Done, to: &dyn Listener) -> u8 {
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

async fn exported<S: Storage>(store: &S, position: Option<u64>, to: &dyn Listener) -> Done {
    let mut out = BufWriter::with_capacity(FRAME_BYTES_MAX, Output(to));
    export(store, position.map(Position), &mut out, |progress| say(to, progress)).await?;
    out.flush()?;
    Ok(0)
}

/// Ends early where nobody hears it any more.
async fn checked<S: Storage>(store: &S, to: &dyn Listener) -> Done {
    let unheard = OnceLock::new();
    let progress = |check::Progress { part, done, of }| {
        let label = match part {
            check::Part::Entries => "checking entries",
            check::Part::Objects => "checking objects",
            check::Part::Postings => "checking the index",
        };
        if let Err(error) = hint(to, label, done, of) {
            let _ = unheard.set(error.kind());
        }
    };
    let mut checking = pin!(check(store, progress));
    let heard = poll_fn(|context| match unheard.get() {
        Some(kind) => Poll::Ready(Err(io::Error::from(*kind))),
        None => checking.as_mut().poll(context).map(Ok),
    });
    let report = heard.await??;
    write!(Output(to), "{report}")?;
    Ok(u8::from(!report.is_clean()))
}

async fn imported<S: Storage>(
    service: &Service<S>,
    into: Option<impl Bulk>,
    folder: &Path,
    input: Input,
    to: &dyn Listener,
) -> Done {
    let lines = input.lines(folder)?;
    summary(assert(service, into, &lines, clock().now(), |progress| say(to, progress)).await?, "imported", to)
}

fn summary(imported: Imported, verb: &str, to: &dyn Listener) -> Done {
    let Imported { entered, present } = imported;
    to.hear(Said::Message(format!("{verb} {entered} entries; {present} were there already")))?;
    Ok(0)
}

fn say(to: &dyn Listener, progress: transfer::Progress) {
    let label = match progress.phase {
        Phase::Export => "exporting",
        Phase::Verify => "verifying",
        Phase::Enter => "importing",
    };
    // Nobody has to hear how far it is: an answer that nobody hears ends it, and an import goes on.
    let _ = hint(to, label, progress.done, progress.total);
}

fn hint(to: &dyn Listener, label: &str, done: u64, total: Option<u64>) -> io::Result<()> {
    to.hear(Said::Progress(Progress { label: label.to_owned(), done, total }))
}

impl Input {
    /// To read it once from the start to the end.
    pub(super) fn stream(self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => Box::new(io::empty()),
            Self::File(path) => Box::new(File::open(path)?),
            Self::Stream(stream) => stream,
        })
    }

    /// To read it twice; what comes only once is copied into a folder, as a file that goes away with the result.
    fn lines(self, folder: &Path) -> io::Result<TextFile> {
        match self {
            Self::File(path) => TextFile::open(&path, folder),
            other => TextFile::spooled(other.stream()?, folder),
        }
    }
}

/// A job's standard output.
pub(super) struct Output<'a>(pub(super) &'a dyn Listener);

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.hear(Said::Output(bytes.to_vec()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use lora_core::oio::shipped_classes;
    use lora_core::storage::MemoryStore;

    use super::*;

    /// Leaves after it has heard something once.
    #[derive(Default)]
    struct Impatient(AtomicUsize);

    impl Listener for Impatient {
        fn hear(&self, _: Said) -> io::Result<()> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(()),
                _ => Err(ErrorKind::BrokenPipe.into()),
            }
        }
    }

    #[tokio::test]
    async fn a_check_that_nobody_hears_any_more_ends() {
        let store = MemoryStore::new(clock());
        Service::open(store.clone(), shipped_classes(), || [1; 16]).await.unwrap();
        let (to, target) = (Impatient::default(), Target::<MemoryStore>::Store(store));
        assert_eq!(run(&Call::Check, &target, Path::new(""), Input::None, &to).await, 0);
        assert_eq!(to.0.load(Ordering::Relaxed), 2, "the first part, the second, and no report");
    }
}
