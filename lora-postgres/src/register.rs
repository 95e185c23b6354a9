//! A register on PostgreSQL, opened in one call.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lora_core::Error;
use lora_core::register::{self, Driver, Register};
use lora_core::schema::ClassDeclaration;
use lora_core::time::{Clock, Timestamp, TransactionTime};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::migrate::Access;
use crate::{OpenError, Options, PostgresStore, Site, Tenant, UrlError};

/// Connections are waited for by their own tasks; what is computed is computed on the thread that asks.
const RUNTIME_THREADS: usize = 2;

/// A register on PostgreSQL, without `async`.
pub type BlockingRegister = register::BlockingRegister<PostgresStore, OwnRuntime>;

/// Runs a future on the thread that asks, with a tokio runtime of its own for what goes on behind it.
#[derive(Debug, Clone)]
pub struct OwnRuntime(Arc<Runtime>);

impl Driver for OwnRuntime {
    fn run<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// A register cannot be opened on a database.
#[derive(Debug, thiserror::Error)]
pub enum OpenRegisterError {
    /// The URL cannot be used.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The database cannot be talked to, or is none for a store.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The classes are not sound, or the store failed.
    #[error(transparent)]
    Classes(#[from] Error),
    /// There is no runtime to be had.
    #[error("the threads that wait for the database cannot be started")]
    Runtime(#[source] io::Error),
}

/// Opens the register in a database for `classes`; an empty database is made one. The clock is the machine's.
///
/// Any number of processes may have the same database open. For other tenants, replicas and limits see
/// [`open`](crate::open()) and [`Register::open`].
///
/// # Errors
/// [`OpenRegisterError`] with what is needed.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn open_register(
    url: &str,
    classes: Vec<ClassDeclaration>,
) -> Result<Register<PostgresStore>, OpenRegisterError> {
    let (clock, database) = (Arc::new(SystemClock), Options::new(url.parse()?));
    let site = Site { database, replicas: Vec::new(), tenant: Tenant::default() };
    let (store, _) = crate::open(&site, Access::Write, clock.clone()).await?;
    Ok(Register::open(store, classes, clock, || Uuid::new_v4().into_bytes()).await?)
}

/// As [`open_register`], for programs that have no runtime.
///
/// # Errors
/// As [`open_register`].
///
/// # Panics
/// Within a tokio runtime; so do the operations of the register.
pub fn open_blocking(url: &str, classes: Vec<ClassDeclaration>) -> Result<BlockingRegister, OpenRegisterError> {
    let runtime = Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).enable_all().build();
    let runtime = OwnRuntime(Arc::new(runtime.map_err(OpenRegisterError::Runtime)?));
    let register = runtime.run(open_register(url, classes))?;
    Ok(BlockingRegister::new(register, runtime))
}

/// The clock of the machine; stands still at 1970 where the machine believes in an earlier year.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp<TransactionTime> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(0);
        Timestamp::from_micros(micros).unwrap_or_else(|_| Timestamp::from_micros(0).expect("1970 is an instant"))
    }
}
