//! `lora export`, `lora import` and `lora check`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::calls::{self, Call, Input};
use crate::failure::{failed, wrong_use};
use crate::settings::{ClassArgs, read_classes};
use crate::store::StoreArgs;

/// What to export.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Only up to this position.
    #[arg(long, value_name = "N")]
    position: Option<u64>,
}

/// What to import.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    classes: ClassArgs,
    /// Take over positions, instants and classes as well, into a store that holds nothing.
    #[arg(long, conflicts_with = "classes")]
    restore: bool,
    /// A file of JSON Lines; standard input for - or none.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// What to check.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Throw the index away and compute it anew first; only where nobody has the store open.
    #[arg(long)]
    rebuild: bool,
}

/// Writes the entries of a store to standard output, as JSON Lines.
pub fn export(args: &ExportArgs) -> ExitCode {
    let call = Call::Export { position: args.position };
    with_folder(&args.store, |folder| calls::carry_out(folder, &call, Vec::new(), Box::new(io::empty())))
}

/// Reads entries into a store.
pub fn import(args: &ImportArgs) -> ExitCode {
    let classes = match read_classes(&args.classes) {
        Ok(classes) => classes,
        Err(problems) => return wrong_use(&problems),
    };
    let input: Input = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => Box::new(io::stdin()),
        Some(file) => match File::open(file) {
            Ok(open) => Box::new(open),
            Err(error) => return failed(&format!("{} cannot be read: {error}", file.display())),
        },
    };
    let call = Call::Import { restore: args.restore };
    with_folder(&args.store, |folder| calls::carry_out(folder, &call, classes, input))
}

/// Checks a store; exit code 1 where something in it is wrong.
pub fn check(args: &CheckArgs) -> ExitCode {
    with_folder(&args.store, |folder| match args.rebuild {
        true => calls::rebuild(folder),
        false => calls::carry_out(folder, &Call::Check, Vec::new(), Box::new(io::empty())),
    })
}

fn with_folder(store: &StoreArgs, call: impl FnOnce(&Path) -> ExitCode) -> ExitCode {
    match store.folder() {
        Ok(folder) => call(&folder),
        Err(problem) => wrong_use(&[problem]),
    }
}
