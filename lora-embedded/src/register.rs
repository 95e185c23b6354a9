//! A register in a folder, opened in one call.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use lora_core::Error;
use lora_core::register::{self, Driver, Register};
use lora_core::schema::ClassDeclaration;
use pollster::block_on;
use uuid::Uuid;

use crate::home::{Home, HomeError};
use crate::{EmbeddedStore, OpenError, Options, SystemClock};

/// A register in a folder, without `async`.
pub type BlockingRegister = register::BlockingRegister<EmbeddedStore, OnThisThread>;

/// Runs a future on the thread that asks: an embedded store needs no runtime.
#[derive(Debug, Clone, Copy)]
pub struct OnThisThread;

impl Driver for OnThisThread {
    fn run<F: Future>(&self, future: F) -> F::Output {
        block_on(future)
    }
}

/// A register cannot be opened in a folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenRegisterError {
    /// The folder cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// What is in it cannot be read.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The classes are not sound, or the store failed.
    #[error(transparent)]
    Classes(#[from] Error),
}

/// Opens the register in a folder, which is made where there is none, for `classes`; the clock is the machine's.
///
/// One process has the folder until the last clone is gone; any number of its threads may use the register. What a write
/// acknowledges is on disk. For async use, [`BlockingRegister::register`] gives the register itself.
///
/// # Errors
/// [`OpenRegisterError`]: a folder of something else, one that another process has, classes that are not sound. Nothing is
/// changed then.
///
/// ```
/// use lora_core::oio::shipped_classes;
/// use lora_core::register::Fields;
/// use uuid::uuid;
///
/// let folder = tempfile::tempdir()?;
/// let id = uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c");
/// {
///     let register = lora_embedded::open(folder.path(), shipped_classes())?;
///     register.put("facet", id, Fields::new().set("user_key", "unit_type"))?;
///     assert!(lora_embedded::open(folder.path(), shipped_classes()).is_err(), "the folder is taken");
/// }
/// let register = lora_embedded::open(folder.path(), shipped_classes())?;
/// assert_eq!(register.get("facet", id)?.expect("it is kept").text("user_key")?, Some("unit_type"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(folder: impl AsRef<Path>, classes: Vec<ClassDeclaration>) -> Result<BlockingRegister, OpenRegisterError> {
    let files = Home::open(folder.as_ref(), "as a library")?.files();
    let store = EmbeddedStore::open(Arc::new(files), Arc::new(SystemClock), Options::default())?;
    let salts = || Uuid::new_v4().into_bytes();
    let register = block_on(Register::open(store, classes, Arc::new(SystemClock), salts))?;
    Ok(BlockingRegister::new(register, OnThisThread))
}
