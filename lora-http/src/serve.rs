//! Connections: accepted until told to stop, and then answered to the end.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tracing::{debug, warn};

/// How long a client may take to send the head of a request, and to begin the next one.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// How long to wait before accepting again where that failed, as it does without free file handles.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Answers the connections that `listener` gets with `router`, until `stop`.
///
/// Then nothing new is accepted, and what has been asked is answered, for as long as `finish_within` at most.
/// Whether everything was answered is returned.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    finish_within: Duration,
) -> bool {
    let running = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "small answers may be sent late");
        }
        let service = TowerToHyperService::new(router.clone());
        let connection = running.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    tokio::time::timeout(finish_within, running.shutdown()).await.is_ok()
}
