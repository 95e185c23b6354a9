//! Waking who waits for the ledger.

use tokio::sync::watch;

/// Wakes who waits, as often as something may have been committed.
#[derive(Clone)]
pub(crate) struct Wakers(watch::Sender<()>);

impl Wakers {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    pub(crate) fn wake(&self) {
        self.0.send_replace(());
    }

    /// What hears of every waking from now on.
    pub(crate) fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
