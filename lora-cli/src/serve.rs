//! `lora serve`: the dialect over HTTP until the process is told to stop.

use std::mem;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use lora_core::Service;
use lora_core::storage::{MemoryStore, Storage};
use lora_embedded::home::Home;
use lora_http::{Anonymous, HttpOptions, Identify, Metrics, Parts, TrustedHeader};
use lora_postgres::migrate::Access;
use tokio::net::TcpListener;
use tracing::{info, warn};
use uuid::Uuid;

use crate::calls::Owner;
use crate::failure::{failed, with_causes, wrong_use};
use crate::settings::{ClassArgs, Settings};
use crate::store::{self, Index, Place, StoreArgs};
use crate::transfer::{Bulk, Committing, Loading};
use crate::{demo, log, postgres};

/// How often what was counted is folded together.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Store, address and limits of a server.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "LORA_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub(crate) listen: String,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Keep everything in memory, and forget it at the end.
    #[arg(long, conflicts_with_all = ["data", "postgres"])]
    pub(crate) memory: bool,
    /// Fill an empty store with a generated municipality of 6,000 people, up to today.
    #[arg(long, env = "LORA_DEMO")]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) classes: ClassArgs,
    /// Believe this header of a request when it names the actor by UUID; on a loopback address only.
    #[arg(long, env = "LORA_TRUST_ACTOR_HEADER", value_name = "NAME")]
    pub(crate) trust_actor_header: Option<String>,
    /// Listen on an address that other machines reach although nobody has to say who they are.
    #[arg(long, env = "LORA_NO_AUTHENTICATION", value_parser = FalseyValueParser::new())]
    pub(crate) no_authentication: bool,
    /// The longest body of a request.
    #[arg(long, env = "LORA_BODY_BYTES_MAX", default_value = "16777216", value_name = "N")]
    pub(crate) body_bytes_max: String,
    /// How many registrations a part of a query's answer may look at before the query is refused.
    #[arg(long, env = "LORA_QUERY_REGISTRATIONS_MAX", default_value = "200000", value_name = "N")]
    pub(crate) query_registrations_max: String,
    /// How many postings of the index a part of a query's answer may look at before the query is refused.
    #[arg(long, env = "LORA_QUERY_POSTINGS_MAX", default_value = "2000000", value_name = "N")]
    pub(crate) query_postings_max: String,
    /// How the log on standard error is written: text or json.
    #[arg(long, env = "LORA_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: String,
    /// What is logged: a level, or targets with levels such as `info,lora_http=debug`.
    #[arg(long, env = "LORA_LOG", default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
}

/// Serves until told to stop.
pub fn run(args: &Args) -> ExitCode {
    let mut settings = match Settings::read(args) {
        Ok(settings) => settings,
        Err(problems) => return wrong_use(&problems),
    };
    log::start(settings.log_format, mem::take(&mut settings.log_filter));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no threads to work with: {error}")),
    };
    match runtime.block_on(open_and_serve(settings)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => failed("some requests did not finish in time and were given up"),
        Err(error) => failed(&error),
    }
}

async fn open_and_serve(mut settings: Settings) -> Result<bool, String> {
    match mem::replace(&mut settings.place, Place::Memory) {
        Place::Memory => committing(settings, MemoryStore::new(store::clock())).await,
        Place::Postgres(site) => {
            let store = postgres::open(&site, Access::Write).await?;
            committing(settings, store).await
        }
        Place::Folder(folder) => {
            let home = Home::open(&folder, "serve").map_err(|error| with_causes(&error))?;
            let store = store::open(home, Index::Kept)?;
            serve(settings, store.clone(), Loading::new(store), Some(&folder)).await
        }
    }
}

async fn committing<S: Storage>(settings: Settings, store: S) -> Result<bool, String> {
    serve(settings, store.clone(), Committing::new(store), None).await
}

/// Serves a store; others call it through the socket in its folder.
async fn serve<S: Storage>(
    mut settings: Settings,
    store: S,
    bulk: impl Bulk,
    folder: Option<&Path>,
) -> Result<bool, String> {
    let clock = store::clock();
    let service = store::service(store, mem::take(&mut settings.classes)).await?;
    if settings.demo {
        let now = clock.now();
        let filled = demo::fill_once(&service, Some(bulk), now, folder, demo::options_until(now)).await;
        filled.map_err(|error| format!("the demo: {}", with_causes(&error)))?;
    }
    let stop = stop_signal().map_err(|error| format!("signals cannot be listened to: {error}"))?;
    let listener = TcpListener::bind(&settings.listen[..]).await;
    let listener = listener.map_err(|error| format!("cannot listen on {:?}: {error}", settings.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;

    let metrics = Metrics::of_process();
    tokio::spawn(fold(metrics.clone()));
    let identify: Arc<dyn Identify> = match settings.actor_header {
        Some(header) => Arc::new(TrustedHeader(header)),
        None => Arc::new(Anonymous),
    };
    let owner = folder.and_then(|folder| answer_calls(folder, &service));
    let (body_bytes_max, limits) = (settings.body_bytes_max, settings.query_limits);
    let options = HttpOptions { body_bytes_max, limits, ..HttpOptions::default() };
    let finish_within = options.body_within + options.answer_within;
    let router = lora_http::router(Parts { service, clock, identify, ids: Arc::new(Uuid::new_v4), metrics, options });
    announce(&format!("listening on http://{address}"));
    let stop = async {
        stop.await;
        info!("told to stop; finishing what was asked");
    };
    let finished = lora_http::serve(listener, router, stop, finish_within).await;
    if let Some(owner) = owner {
        owner.close().await;
    }
    Ok(finished)
}

/// A full disk has no room for a socket; what is stored can be read all the same.
fn answer_calls<S: Storage>(folder: &Path, service: &Service<S>) -> Option<Owner> {
    let owner = Owner::listen(folder, service.clone());
    owner.inspect_err(|error| warn!(%error, "no socket: export and check have to wait until this process ends")).ok()
}

#[expect(clippy::print_stdout, reason = "the one line that scripts wait for")]
fn announce(line: &str) {
    println!("{line}");
}

async fn fold(metrics: Metrics) {
    let mut ticks = tokio::time::interval(FOLD_EVERY);
    loop {
        ticks.tick().await;
        metrics.fold();
    }
}

/// Ends with the first signal to stop; listening begins with the call.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        warn!(signal = name, "stopping");
    })
}
