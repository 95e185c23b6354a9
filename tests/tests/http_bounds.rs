//! What no client can do: hold the server with a slow body, make it panic for good, or stop a write half-way.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lora_core::Service;
use lora_core::oio::shipped_classes;
use lora_core::storage::MemoryStore;
use lora_core::time::{Clock, ManualClock, Timestamp, TransactionTime};
use lora_http::{Anonymous, HttpOptions, Metrics, Parts, router, serve};
use lora_tests::{Connection, facet, send, uuid, wait_until};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

/// A server in this process, whose store has a clock that stands.
fn server(clock: Arc<dyn Clock>, options: HttpOptions) -> SocketAddr {
    server_with(clock, standing(), options)
}

fn server_with(clock: Arc<dyn Clock>, of_store: Arc<dyn Clock>, options: HttpOptions) -> SocketAddr {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let store = MemoryStore::new(of_store);
            let service = Service::open(store, shipped_classes(), || [0; 16]).await.unwrap();
            let (identify, ids, metrics) = (Arc::new(Anonymous), Arc::new(Uuid::new_v4), Metrics::of_process());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let router = router(Parts { service, clock, identify, ids, metrics, options });
            serve(listener, router, std::future::pending(), Duration::ZERO).await
        })
    });
    told.recv().unwrap()
}

fn standing() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(1_600_000_000_000_000).unwrap())
}

#[test]
fn a_body_that_does_not_arrive_is_given_up() {
    let options = HttpOptions { body_within: Duration::from_millis(50), ..HttpOptions::default() };
    let address = server(standing(), options);
    let mut slow = Connection::open(address);
    slow.write(b"POST /klassifikation/facet HTTP/1.1\r\nHost: lora\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{");
    let answer = slow.answer();
    assert_eq!((answer.status, answer.json()["code"].clone()), (408, json!("slow_body")));
}

/// More objects than are written at once, all there, once each and in order; deleted ones left out in the middle.
#[test]
fn a_list_is_whole_however_long_it_is() {
    let address = server(standing(), HttpOptions::default());
    let put = |number| {
        let target = format!("/klassifikation/facet/{}", uuid(number));
        assert_eq!(send(address, "PUT", target, &[], facet("a").to_string().as_bytes()).status, 200);
    };
    (0..600).for_each(put);
    assert_eq!(send(address, "DELETE", format!("/klassifikation/facet/{}", uuid(255)), &[], b"").status, 202);
    for query in ["bvn=a&list=1", "bvn=a&list=1&konsolider=1"] {
        let answer = send(address, "GET", format!("/klassifikation/facet?{query}"), &[], b"");
        let listed = answer.json();
        let ids: Vec<&str> =
            listed["results"][0].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap()).collect();
        let expected: Vec<String> = (0..600).filter(|number| *number != 255).map(uuid).collect();
        assert_eq!(ids, expected);
        assert_eq!(answer.header("lora-position"), Some("602"));
    }
    let none = send(address, "GET", "/klassifikation/facet?bvn=b&list=1", &[], b"");
    assert_eq!(none.json(), json!({"results": []}));
}

/// A clock that panics: our bug, as a client would meet it.
struct Broken;

impl Clock for Broken {
    fn now(&self) -> Timestamp<TransactionTime> {
        panic!("the clock is broken")
    }
}

#[test]
fn a_panic_is_an_answer_and_the_server_goes_on() {
    let address = server(Arc::new(Broken), HttpOptions::default());
    for _ in 0..3 {
        let answer = send(address, "GET", "/klassifikation/facet?bvn=a", &[], b"");
        assert_eq!((answer.status, answer.json()["code"].clone()), (500, json!("internal")));
        assert!(!answer.text().contains("broken"), "what it was stands in the log");
    }
    assert_eq!(send(address, "GET", "/health/ready", &[], b"").status, 204);
}

/// A clock that makes a commit wait, once it is told to.
struct Gate {
    armed: AtomicBool,
    entered: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl Clock for Gate {
    fn now(&self) -> Timestamp<TransactionTime> {
        if self.armed.load(Ordering::SeqCst) {
            self.entered.lock().unwrap().send(()).unwrap();
            self.open.lock().unwrap().recv().unwrap();
        }
        Timestamp::from_micros(1_600_000_000_000_000).unwrap()
    }
}

#[test]
fn a_client_that_leaves_does_not_take_its_write_along() {
    let ((entered, inside), (go, open)) = (channel(), channel());
    let gate = Gate { armed: AtomicBool::new(false), entered: Mutex::new(entered), open: Mutex::new(open) };
    let gate = Arc::new(gate);
    let address = server_with(standing(), gate.clone(), HttpOptions::default());
    gate.armed.store(true, Ordering::SeqCst);
    let (path, body) = (format!("/klassifikation/facet/{}", uuid(1)), facet("a").to_string());
    let head = format!("PUT {path} HTTP/1.1\r\nHost: lora\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut leaving = Connection::open(address);
    leaving.write(head.as_bytes());
    inside.recv().unwrap();
    drop(leaving);
    gate.armed.store(false, Ordering::SeqCst);
    go.send(()).unwrap();
    wait_until("the write is done", || send(address, "GET", &path, &[], b"").status == 200);
}
