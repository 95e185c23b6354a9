//! Calls on a store: one in a database is open to everybody; for one in a folder they are carried out here, or by the
//! process that has it open.
//!
//! ```text
//! lora export ─┬─ nobody has the folder ─► open it ─► jobs::run ──────────────────────► terminal
//!              └─ a server has it ───────► DIR/socket ─► owner: jobs::run ─► frames ──► terminal
//! ```

mod caller;
mod jobs;
mod owner;
mod show;
mod socket;
mod terminal;
mod wire;

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use lora_core::schema::ClassDeclaration;
use lora_core::storage::Storage;
use lora_embedded::home::{Home, HomeError};
use lora_postgres::Site;
use lora_postgres::migrate::Access;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::{failed, with_causes};
use crate::postgres;
use crate::store::{self, Index, Place};
use crate::transfer::{Bulk, Committing, Loading};
pub(crate) use jobs::Input;
use jobs::Target;
pub(crate) use owner::Owner;
use terminal::Terminal;

/// What is asked of a store that may be open elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "lowercase")]
pub(crate) enum Call {
    /// Its entries as JSON Lines.
    Export {
        /// Up to which position; everything for none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<u64>,
    },
    /// Whether everything in it is as it must be.
    Check,
    /// What an object states on both time axes, and how that came to be.
    Show(Shown),
    /// JSON Lines into it.
    Import {
        /// Whether positions, instants and classes are taken over, into a store that holds nothing.
        restore: bool,
    },
}

/// What is to be shown of which object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// The object; it is looked for in all classes.
    pub(crate) uuid: Uuid,
    /// The English name of the only class in which it is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) class: Option<String>,
    /// As known when, in microseconds since 1970; latest for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) known: Option<i64>,
    /// The name of the only part that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<String>,
    /// Whether it is drawn as SVG, and not as text.
    pub(crate) svg: bool,
}

/// What a job says while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Bytes of its answer, for standard output.
    Output(Vec<u8>),
    /// How far it is.
    Progress(Progress),
    /// A line for standard error.
    Message(String),
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// What it is doing.
    pub(crate) label: String,
    /// How much of it is done.
    pub(crate) done: u64,
    /// How much there is, where that is known.
    pub(crate) total: Option<u64>,
}

/// Who hears what a job says.
pub(crate) trait Listener: Send + Sync {
    /// Takes what is said; an error means that nobody hears it any more, and the job should end.
    fn hear(&self, said: Said) -> io::Result<()>;
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Export { .. } => "export",
            Self::Check => "check",
            Self::Show(_) => "show",
            Self::Import { .. } => "import",
        })
    }
}

/// Carries out a call on a store, wherever that is open. `classes` are those of a store that is opened here to be
/// written.
pub(crate) fn carry_out(place: &Place, call: &Call, classes: Vec<ClassDeclaration>, input: Input) -> ExitCode {
    match place {
        Place::Folder(folder) => in_folder(folder, call, classes, input),
        Place::Postgres(site) => in_database(site, call, classes, input),
        Place::Memory => failed("what another process has in memory cannot be asked for"),
    }
}

/// In a database every process is its own master.
fn in_database(site: &Site, call: &Call, classes: Vec<ClassDeclaration>, input: Input) -> ExitCode {
    let access = match call {
        Call::Import { .. } => Access::Write,
        Call::Export { .. } | Call::Check | Call::Show(_) => Access::Read,
    };
    let terminal = Terminal::new();
    let folder = std::env::temp_dir();
    ended(in_runtime(async {
        let store = postgres::open(site, access).await?;
        on_store(store.clone(), Committing::new(store), call, classes, &folder, input, &terminal).await
    }))
}

fn in_folder(folder: &Path, call: &Call, classes: Vec<ClassDeclaration>, input: Input) -> ExitCode {
    let home = match call {
        Call::Import { .. } => Home::open(folder, &call.to_string()),
        Call::Export { .. } | Call::Check | Call::Show(_) => Home::open_existing(folder, &call.to_string()),
    };
    let terminal = Terminal::new();
    match home {
        Ok(home) => at_home(home, Index::Kept, call, classes, input, &terminal),
        Err(HomeError::Locked { owner, .. }) => match caller::ask(folder, &owner, call, input, &terminal) {
            Ok(code) => ExitCode::from(code),
            Err(error) => failed(&with_causes(&error)),
        },
        Err(error) => failed(&with_causes(&error)),
    }
}

/// Computes the index of a store anew, and then checks it.
pub(crate) fn rebuild(folder: &Path) -> ExitCode {
    match Home::open_existing(folder, "check --rebuild") {
        Ok(home) => at_home(home, Index::Rebuilt, &Call::Check, Vec::new(), Input::None, &Terminal::new()),
        Err(error @ HomeError::Locked { .. }) => failed(&format!("{error}: stop it, then rebuild the index")),
        Err(error) => failed(&with_causes(&error)),
    }
}

fn at_home(
    home: Home,
    index: Index,
    call: &Call,
    classes: Vec<ClassDeclaration>,
    input: Input,
    terminal: &Terminal,
) -> ExitCode {
    let folder = home.path().to_owned();
    ended(store::open(home, index).and_then(|store| {
        in_runtime(async {
            on_store(store.clone(), Loading::new(store), call, classes, &folder, input, terminal).await
        })
    }))
}

/// Carries out a call on a store that was opened for it; `into` takes what is imported many at a time.
async fn on_store<S: Storage>(
    store: S,
    into: impl Bulk,
    call: &Call,
    classes: Vec<ClassDeclaration>,
    folder: &Path,
    input: Input,
    terminal: &Terminal,
) -> Result<u8, String> {
    Ok(match call {
        Call::Import { restore: true } => jobs::restore(&store, into, folder, input, terminal).await,
        Call::Import { restore: false } => {
            jobs::import(&store::service(store, classes).await?, into, folder, input, terminal).await
        }
        Call::Export { .. } | Call::Check | Call::Show(_) => {
            jobs::run(call, &Target::Store(store), folder, input, terminal).await
        }
    })
}

fn in_runtime<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("no threads to work with: {error}"))?;
    runtime.block_on(work)
}

fn ended(done: Result<u8, String>) -> ExitCode {
    match done {
        Ok(code) => ExitCode::from(code),
        Err(why) => failed(&why),
    }
}
