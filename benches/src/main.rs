//! `lora-benches all`: what the stores do, each figure beside its yardstick of the same run, and the goals.
//!
//! A store is a [`Place`]; the scenario is the same for all of them, and is data: `scenario.rs` at the
//! level of a store, `traffic.rs` over HTTP.

#![expect(clippy::print_stdout, reason = "figures are its output")]

mod client;
mod embedded;
mod figures;
mod goals;
mod http;
mod load;
mod machine;
mod page;
mod place;
mod postgres;
mod questions;
mod register;
mod report;
mod scenario;
mod server;
mod traffic;
mod writers;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::embedded::Folder;
use crate::figures::Failed;
use crate::load::Text;
use crate::page::Page;
use crate::place::Place;
use crate::postgres::Database;
use crate::report::{Kind, Report};

/// Measures, prints tables, and writes the page of the documentation.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The embedded store at its own level.
    Embedded(Args),
    /// The store on PostgreSQL at its own level.
    Postgres(Args),
    /// The binary over HTTP, on both stores.
    Http(Args),
    /// Both stores, at their own level and over HTTP; writes docs/performance.md.
    All(Args),
    /// A server that always gives the same answer; the yardstick of the others.
    #[command(hide = true)]
    Constant {
        /// How long the answer is.
        bytes: usize,
    },
}

#[derive(Debug, Clone, clap::Args)]
struct Args {
    /// How many registrations the generated municipality has at least.
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    registrations: u64,
    /// Where the files go, on the disk that is measured; they are removed at the end.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// How long updates are sustained; HTTP takes as long again, several times.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// An empty database, which stays filled; else there is a private server in the folder for temporary files (TMPDIR).
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// The page to write.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// What is measured.
struct Plan {
    stores: &'static [Kind],
    store_level: bool,
    http_level: bool,
    args: Args,
}

fn main() {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let (stores, store_level, http_level, args) = match Cli::parse().what {
        What::Embedded(args) => (&[Kind::Embedded][..], true, false, args),
        What::Postgres(args) => (&[Kind::Postgres][..], true, false, args),
        What::Http(args) => (&[Kind::Embedded, Kind::Postgres][..], false, true, args),
        What::All(mut args) => {
            args.write.get_or_insert_with(|| "docs/performance.md".into());
            (&[Kind::Embedded, Kind::Postgres][..], true, true, args)
        }
        What::Constant { bytes } => {
            return runtime.block_on(server::serve_constant(bytes)).unwrap_or_else(|error| failed(&error));
        }
    };
    // In a task, as handlers run: who waits for a connection's answer is then on the same thread as the connection.
    let run = runtime.spawn(run(Plan { stores, store_level, http_level, args }));
    let done = runtime.block_on(run).unwrap_or_else(|panicked| Err(panicked.into()));
    done.unwrap_or_else(|error| failed(&error));
}

fn failed(error: &Failed) {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    std::process::exit(1);
}

async fn run(plan: Plan) -> Result<(), Failed> {
    let page = plan.args.write.as_deref().map(Page::open).transpose()?;
    let folder = tempfile::tempdir_in(&plan.args.folder)?;
    let text = Text::generate(folder.path(), plan.args.registrations)?;
    let mut report = Report::default();
    for store in plan.stores {
        match store {
            Kind::Embedded => plan.measure(&Folder::inside(folder.path()), &text, &mut report).await?,
            Kind::Postgres => {
                let database = Database::at(plan.args.postgres.clone()).await?;
                plan.measure(&database, &text, &mut report).await?;
            }
        }
    }
    let sizes = format!(
        "The generated municipality, {} registrations; updates sustained for {} s; everything in the page cache.",
        text.registrations, plan.args.seconds
    );
    println!("\n{sizes}\n\n{}", goals::table(&report));
    page.map_or(Ok(()), |page| page.write(&report, &sizes))
}

impl Plan {
    async fn measure<P: Place>(&self, place: &P, text: &Text, report: &mut Report) -> Result<(), Failed> {
        let sustained = Duration::from_secs(self.args.seconds);
        report.begin(P::KIND, place.facts().await?);
        load::run(place, text, report).await?;
        if self.store_level {
            scenario::run(place, text.registrations, sustained, report).await?;
        }
        if self.http_level {
            http::run(place, sustained, report).await?;
        }
        Ok(())
    }
}
