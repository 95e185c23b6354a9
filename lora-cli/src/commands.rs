//! `lora export`, `lora import`, `lora check`, `lora show` and `lora migrate`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lora_core::oio::window_bound;
use lora_core::schema::ClassDeclaration;
use lora_core::time::TransactionTime;
use uuid::Uuid;

use crate::calls::{self, Call, Input, Shown};
use crate::failure::{failed, wrong_use};
use crate::postgres;
use crate::settings::{ClassArgs, read_classes};
use crate::store::{Place, StoreArgs, clock};

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

/// What to show.
#[derive(Debug, Clone, clap::Args)]
pub struct ShowArgs {
    /// The UUID of the object.
    #[arg(value_name = "UUID")]
    uuid: Uuid,
    #[command(flatten)]
    store: StoreArgs,
    /// Only the object of this class, such as organisation_unit; a UUID may be that of objects of several.
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// As it was known at this time, such as 2026-01-31 or "2026-01-31 12:00:00+01"; without an offset it is Copenhagen's.
    #[arg(long, value_name = "TIME")]
    known: Option<String>,
    /// Only this part: an attribute, state or relation, such as unit_name, activity or parent.
    #[arg(long, value_name = "NAME")]
    part: Option<String>,
    /// Draw it as SVG.
    #[arg(long)]
    svg: bool,
}

/// What to migrate.
#[derive(Debug, Clone, clap::Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// Writes the entries of a store to standard output, as JSON Lines.
pub fn export(args: &ExportArgs) -> ExitCode {
    let call = Call::Export { position: args.position };
    carry_out(&args.store, &call, Vec::new(), Input::None)
}

/// Reads entries into a store.
pub fn import(args: &ImportArgs) -> ExitCode {
    let classes = match read_classes(&args.classes) {
        Ok(classes) => classes,
        Err(problems) => return wrong_use(&problems),
    };
    let input = match args.file.as_deref().filter(|file| *file != Path::new("-")) {
        None => Input::Stream(Box::new(io::stdin())),
        Some(file) => match File::open(file) {
            Ok(_) => Input::File(file.to_owned()),
            Err(error) => return failed(&format!("{} cannot be read: {error}", file.display())),
        },
    };
    let call = Call::Import { restore: args.restore };
    carry_out(&args.store, &call, classes, input)
}

/// Checks a store; exit code 1 where something in it is wrong.
pub fn check(args: &CheckArgs) -> ExitCode {
    match (args.rebuild, args.store.place()) {
        (true, Ok(Place::Folder(folder))) => calls::rebuild(&folder),
        (true, Ok(_)) => wrong_use(&["--rebuild: only a store in a folder has an index that can be lost".to_owned()]),
        (true, Err(problems)) => wrong_use(&problems),
        (false, _) => carry_out(&args.store, &Call::Check, Vec::new(), Input::None),
    }
}

/// Shows an object on both time axes.
pub fn show(args: &ShowArgs) -> ExitCode {
    let ShowArgs { uuid, store, class, known, part, svg } = args.clone();
    let known = known.map(|text| (window_bound::<TransactionTime>(&text, clock().now()), text)).map(|(at, text)| {
        let at = at.map_err(|error| format!("--known: {error}"))?;
        at.micros().ok_or_else(|| format!("--known: nothing is known at {text}; expected a time"))
    });
    match known.transpose() {
        Ok(known) => carry_out(&store, &Call::Show(Shown { uuid, class, known, part, svg }), Vec::new(), Input::None),
        Err(problem) => wrong_use(&[problem]),
    }
}

/// Changes the schema of a store to the one that this program knows, or says how.
pub fn migrate(args: &MigrateArgs) -> ExitCode {
    let site = match args.store.place() {
        Ok(Place::Postgres(site)) => site,
        Ok(_) => return say(&["nothing to migrate: a store in a folder has no schema".to_owned()]),
        Err(problems) => return wrong_use(&problems),
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| format!("no threads to work with: {error}"));
    match runtime.and_then(|runtime| runtime.block_on(postgres::migrate(&site, args.dry_run))) {
        Ok(lines) => say(&lines),
        Err(why) => failed(&why),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn say(lines: &[String]) -> ExitCode {
    lines.iter().for_each(|line| println!("{line}"));
    ExitCode::SUCCESS
}

fn carry_out(store: &StoreArgs, call: &Call, classes: Vec<ClassDeclaration>, input: Input) -> ExitCode {
    match store.place() {
        Ok(place) => calls::carry_out(&place, call, classes, input),
        Err(problems) => wrong_use(&problems),
    }
}
