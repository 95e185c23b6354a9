//! `cargo run --release -p lora-benches -- embedded`: what the embedded store does in the time of its yardsticks.
//!
//! Figures move with the machine; ratios to a yardstick of the same run move less. No test looks at them.

#![expect(clippy::print_stdout, reason = "figures are its output")]

mod corrections;
mod embedded;
mod figures;
mod http;
mod yardsticks;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures, and prints a table.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The embedded store, at its level and over HTTP.
    Embedded {
        /// How many registrations the generated municipality has at least.
        #[arg(long, default_value_t = 500_000)]
        registrations: u64,
        /// Where the files go, on the disk that is measured; they are removed at the end.
        #[arg(long, default_value = ".")]
        folder: PathBuf,
    },
    /// A server that always gives the same answer; the yardstick of the others.
    #[command(hide = true)]
    Constant {
        /// How long the answer is.
        bytes: usize,
    },
}

fn main() {
    let done = match Cli::parse().what {
        What::Embedded { registrations, folder } => embedded::run(registrations, &folder),
        What::Constant { bytes } => http::constant(bytes),
    };
    if let Err(error) = done {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}
