//! Waking who waits for the ledger: by the commits of this store at once, by those of others through NOTIFY.
//!
//! A notification only wakes. Who waits looks at the ledger, and looks again every second in any case, so that nothing
//! depends on the listening connection.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::future::join;
use futures_util::stream::{StreamExt, poll_fn};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Config, Error, Socket};

use crate::store::Tenant;

/// How long who waits sleeps where nobody wakes it, and how long the listener does where it lost its connection.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

const LISTEN: &str = "LISTEN lora";
const NOTIFY: &str = "SELECT pg_notify('lora', $1)";

/// Wakes who waits, as often as something may have been committed.
#[derive(Clone)]
pub(crate) struct Wakers {
    woken: watch::Sender<()>,
    listener: Arc<Listener>,
}

/// The task that hears of other stores' commits; it starts when somebody waits.
#[derive(Default)]
struct Listener {
    start: OnceLock<Start>,
    running: OnceLock<AbortHandle>,
}

type Start = Box<dyn Fn(watch::Sender<()>) -> AbortHandle + Send + Sync>;

impl Wakers {
    pub(crate) fn new() -> Self {
        Self { woken: watch::Sender::new(()), listener: Arc::default() }
    }

    pub(crate) fn wake(&self) {
        self.woken.send_replace(());
    }

    /// What hears of every waking from now on.
    pub(crate) fn listen(&self) -> watch::Receiver<()> {
        self.woken.subscribe()
    }

    /// Sleeps until it is time to look.
    pub(crate) async fn sleep(&self, woken: &mut watch::Receiver<()>) {
        if let Some(start) = self.listener.start.get() {
            self.listener.running.get_or_init(|| start(self.woken.clone()));
        }
        // Woken, or long enough asleep: either way it is time.
        let _ = timeout(LOOK_AGAIN, woken.changed()).await;
    }

    /// From now on other stores' commits wake, too, as soon as somebody waits. The first one who says how is heard.
    pub(crate) fn hear_others<T>(&self, tenant: Tenant, config: Config, tls: T)
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let start = move |woken: watch::Sender<()>| {
            let (config, tls) = (config.clone(), tls.clone());
            let listening = async move {
                loop {
                    if let Err(error) = hear(&config, tls.clone(), tenant, &woken).await {
                        tracing::debug!(%error, "the connection that listens for commits is lost");
                    }
                    sleep(LOOK_AGAIN).await;
                }
            };
            tokio::spawn(listening).abort_handle()
        };
        // There is one way to listen, and it is there already where this fails.
        let _ = self.listener.start.set(Box::new(start));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(running) = self.running.get() {
            running.abort();
        }
    }
}

/// Wakes for every notification until the connection ends.
async fn hear<T>(config: &Config, tls: T, tenant: Tenant, woken: &watch::Sender<()>) -> Result<(), Error>
where
    T: MakeTlsConnect<Socket>,
{
    let (client, mut connection) = config.connect(tls).await?;
    let messages = poll_fn(move |context| connection.poll_message(context));
    let listen = async {
        let listening = client.batch_execute(LISTEN).await;
        // What was committed before is not announced again.
        woken.send_replace(());
        listening
    };
    let hear = async {
        let (mut messages, own) = (pin!(messages), tenant.0.to_string());
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(notification) = message?
                && notification.payload() == own
            {
                woken.send_replace(());
            }
        }
        Ok(())
    };
    let (listening, heard) = join(listen, hear).await;
    listening.and(heard)
}

/// Tells the other stores of a commit, in the background.
pub(crate) fn announce(client: Object, tenant: Tenant) {
    tokio::spawn(async move {
        let announced = async {
            let notify = client.prepare_cached(NOTIFY).await?;
            client.execute(&notify, &[&tenant.0.to_string()]).await
        };
        if let Err(error) = announced.await {
            tracing::debug!(%error, "a commit is not announced; others find it within a second");
        }
    });
}
