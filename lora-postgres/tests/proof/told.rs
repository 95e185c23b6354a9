//! What the scripts of third opinions tell a service, and how many of them there are.

use lora_core::Service;
use lora_core::error::Error;
use lora_core::object::{Content, LifeCycle, ObjectId};
use lora_core::query::eval::Command;
use lora_core::schema::ClassDeclaration;
use lora_core::service::{By, History, Written};
use lora_core::storage::Storage;
use lora_core::time::{Clock, ManualClock, Timestamp};

pub(crate) async fn opened<S: Storage>(store: S, classes: Vec<ClassDeclaration>) -> Service<S> {
    Service::open(store, classes, || [3; 16]).await.unwrap()
}

/// Gives a service a command.
pub(crate) async fn command<S: Storage>(
    service: &Service<S>,
    object: ObjectId,
    command: Command,
    by: By,
) -> Result<Written, Error> {
    match command {
        Command::Create(content) => service.create(object, content, by).await,
        Command::Import(content) => service.import(object, content, by).await,
        Command::Update(patch) => service.update(object, patch, by).await,
        Command::Passivate => service.passivate(object, by).await,
        Command::Delete => service.delete(object, by).await,
    }
}

/// Gives a service a registration that another register made at an instant.
pub(crate) async fn history<S: Storage>(
    service: &Service<S>,
    clock: &ManualClock,
    object: ObjectId,
    (lifecycle, content): (LifeCycle, Content),
    micros: i64,
) -> Result<Written, Error> {
    let registered_from = Timestamp::from_micros(micros).unwrap();
    let content = if lifecycle == LifeCycle::Deleted { Content::EMPTY } else { content };
    let history = History { object, registered_from, lifecycle, content, by: By::default() };
    service.import_history(history, clock.now()).await
}

pub(crate) fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}
