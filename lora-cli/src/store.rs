//! Which store a call is about, and how it is opened.

use std::path::PathBuf;
use std::sync::Arc;

use lora_core::Service;
use lora_core::codec::Salt;
use lora_core::schema::ClassDeclaration;
use lora_core::storage::Storage;
use lora_core::time::Clock;
use lora_embedded::home::Home;
use lora_embedded::{EmbeddedStore, Options, SystemClock};
use uuid::Uuid;

use crate::failure::with_causes;
use crate::postgres::PostgresArgs;

/// Where the folder is when nobody says.
pub(crate) const DATA: &str = "./lora-data";

/// Which store.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(crate) struct StoreArgs {
    /// Keep everything in files of this folder, which is made where it is not there. [default: ./lora-data]
    #[arg(long, env = "LORA_DATA", value_name = "DIR", conflicts_with = "postgres")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) postgres: PostgresArgs,
}

/// Where a store is.
#[derive(Debug)]
pub(crate) enum Place {
    /// In memory, for as long as the process lives.
    Memory,
    /// In the files of a folder.
    Folder(PathBuf),
    /// In a database.
    Postgres(Box<lora_postgres::Site>),
}

impl StoreArgs {
    /// Where the store is.
    ///
    /// # Errors
    /// Everything that is wrong with the options, each in a line for people.
    pub(crate) fn place(&self) -> Result<Place, Vec<String>> {
        match self.postgres.site()? {
            Some(site) => Ok(Place::Postgres(Box::new(site))),
            None => Ok(Place::Folder(self.data().into())),
        }
    }

    /// The folder as it was given.
    pub(crate) fn data(&self) -> &str {
        self.data.as_deref().filter(|data| !data.is_empty()).unwrap_or(DATA)
    }
}

/// Whether the index is taken as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    Kept,
    /// Thrown away and computed anew.
    Rebuilt,
}

/// Opens the store in a folder. It is closed when its last clone is gone.
///
/// # Errors
/// Why it cannot be opened, for people.
pub(crate) fn open(home: Home, index: Index) -> Result<EmbeddedStore, String> {
    if index == Index::Rebuilt {
        home.remove_index().map_err(|error| format!("the index cannot be removed: {error}"))?;
    }
    let store = EmbeddedStore::open(Arc::new(home.files()), clock(), Options::default());
    store.map_err(|error| with_causes(&error))
}

/// The operations on a store, with these classes.
///
/// # Errors
/// Why they cannot be had, for people.
pub(crate) async fn service<S: Storage>(store: S, classes: Vec<ClassDeclaration>) -> Result<Service<S>, String> {
    Service::open(store, classes, salt).await.map_err(|error| with_causes(&error))
}

/// A salt that nobody can guess.
pub(crate) fn salt() -> Salt {
    Uuid::new_v4().into_bytes()
}

/// The machine's clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
