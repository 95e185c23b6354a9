//! The process that has the store open, answering the calls of others.

use std::io::{self, BufReader};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lora_core::Service;
use lora_core::storage::Storage;
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tracing::{debug, info, warn};

use super::jobs::{self, Input, Target};
use super::wire::{self, Answer, SentInput};
use super::{Listener, Said, socket};

/// How many calls run at once; more are refused, because each reads as fast as it can.
const CALLS_MAX: usize = 4;

/// How long a caller may take to say what it wants.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// How often a caller is told how far its call is.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// How long to wait before accepting again where that failed, as it does without free file handles.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Answers the calls of others on a store until it is closed.
pub(crate) struct Owner {
    folder: PathBuf,
    stop: watch::Sender<()>,
    listening: JoinHandle<()>,
}

impl Owner {
    /// Begins to answer calls in the folder of a store that this process has open.
    ///
    /// # Errors
    /// Where there can be no socket in the folder.
    pub(crate) fn listen<S: Storage>(folder: &Path, service: Service<S>) -> io::Result<Self> {
        let listener = socket::listen(folder)?;
        listener.set_nonblocking(true)?;
        let listener = UnixListener::from_std(listener)?;
        let target = Target::Service(service);
        let (stop, stopped) = watch::channel(());
        let listening = tokio::spawn(accept(listener, Arc::new(Store { folder: folder.to_owned(), target }), stopped));
        Ok(Self { folder: folder.to_owned(), stop, listening })
    }

    /// Breaks off the calls that run, and answers no more.
    pub(crate) async fn close(self) {
        socket::remove(&self.folder);
        drop(self.stop);
        let _ = self.listening.await;
    }
}

/// The store that is called.
struct Store<S> {
    folder: PathBuf,
    target: Target<S>,
}

async fn accept<S: Storage>(listener: UnixListener, store: Arc<Store<S>>, mut stopped: watch::Receiver<()>) {
    let free = Arc::new(Semaphore::new(CALLS_MAX));
    let mut calls = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted.and_then(|(stream, _)| stream.into_std()),
            _ = stopped.changed() => break,
        };
        while calls.try_join_next().is_some() {}
        match accepted {
            Ok(stream) => drop(calls.spawn(connection(stream, store.clone(), free.clone(), stopped.clone()))),
            Err(error) => {
                warn!(%error, "a call could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    while calls.join_next().await.is_some() {}
}

/// Answers a connection in a thread of its own, and breaks it off when the process is told to stop.
async fn connection<S: Storage>(
    stream: UnixStream,
    store: Arc<Store<S>>,
    free: Arc<Semaphore>,
    mut stopped: watch::Receiver<()>,
) {
    let Ok(ours) = stream.try_clone() else { return };
    let mut answering = spawn_blocking(move || {
        let place = free.try_acquire();
        if let Err(error) = answer(stream, place.is_ok(), &store) {
            debug!(%error, "a call broke off");
        }
    });
    tokio::select! {
        _ = &mut answering => {}
        _ = stopped.changed() => {
            let _ = ours.shutdown(Shutdown::Both);
            let _ = answering.await;
        }
    }
}

fn answer<S: Storage>(stream: UnixStream, has_place: bool, store: &Store<S>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(REQUEST_WITHIN))?;
    let mut from = BufReader::new(stream.try_clone()?);
    let to = Caller { stream: Mutex::new(stream), told: Mutex::new(None) };
    let request = wire::read_request(&mut from);
    let code = match request {
        Ok(_) if !has_place => to.refuse(&format!("{CALLS_MAX} other calls run on this store: try again later"))?,
        Ok(request) => {
            from.get_ref().set_read_timeout(None)?;
            info!(call = %request.call, "called through the socket");
            let input = Input::Stream(Box::new(SentInput::new(from)));
            Handle::current().block_on(jobs::run(&request.call, &store.target, &store.folder, input, &to))
        }
        Err(error) => to.refuse(&error.to_string())?,
    };
    to.send(&Answer::End(code))
}

/// The caller at the other end of the socket.
struct Caller {
    stream: Mutex<UnixStream>,
    /// When it was told last how far its call is.
    told: Mutex<Option<Instant>>,
}

impl Caller {
    fn send(&self, answer: &Answer) -> io::Result<()> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        wire::write_answer(&mut *stream, answer)
    }

    fn refuse(&self, why: &str) -> io::Result<u8> {
        self.hear(Said::Message(format!("error: {why}")))?;
        Ok(1)
    }
}

impl Listener for Caller {
    fn hear(&self, said: Said) -> io::Result<()> {
        if matches!(said, Said::Progress(_)) {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_some_and(|told| told.elapsed() < PROGRESS_EVERY) {
                return Ok(());
            }
            *told = Some(Instant::now());
        }
        self.send(&Answer::Said(said))
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use lora_core::oio::shipped_classes;
    use lora_core::storage::MemoryStore;

    use super::super::Call;
    use super::*;
    use crate::store::clock;

    async fn owner(folder: &Path) -> Owner {
        let service = Service::open(MemoryStore::new(clock()), shipped_classes(), || [1; 16]).await.unwrap();
        Owner::listen(folder, service).unwrap()
    }

    fn ended(stream: &mut UnixStream) -> (Vec<String>, u8) {
        let mut messages = Vec::new();
        loop {
            match wire::read_answer(stream).unwrap() {
                Answer::Said(Said::Message(line)) => messages.push(line),
                Answer::Said(_) => {}
                Answer::End(code) => return (messages, code),
            }
        }
    }

    /// Imports that wait for their input hold all places; one that ends makes room.
    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_than_some_calls_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let owner = owner(folder.path()).await;
        let call = |call| {
            let mut stream = socket::connect(folder.path()).unwrap();
            wire::write_request(&mut stream, &call).unwrap();
            stream
        };
        let check = || ended(&mut call(Call::Check));
        let mut waiting: Vec<_> = (0..=CALLS_MAX).map(|_| call(Call::Import { restore: false })).collect();
        waiting.iter().for_each(|stream| stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap());
        // One of them is refused, whichever, and only when the others have their places.
        let answered = |stream: &mut UnixStream| wire::read_answer(stream).is_ok();
        let one_too_many = loop {
            if let Some(index) = waiting.iter_mut().position(answered) {
                break index;
            }
        };
        waiting.remove(one_too_many);
        let refused = |(messages, code): &(Vec<String>, u8)| *code == 1 && messages[0].contains("try again");
        assert!(refused(&check()));
        drop(waiting.pop());
        let answered_at_last = iter::repeat_with(check).find(|answer| !refused(answer)).unwrap();
        assert_eq!(answered_at_last.1, 0);
        owner.close().await;
        assert!(!answered(&mut waiting[0]), "what runs is broken off");
    }
}
