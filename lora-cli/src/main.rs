//! The one binary of the register.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use.

mod clock;
mod config;
mod log;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// A bitemporal register of organisational master data.
#[derive(Debug, Parser)]
#[command(name = "lora", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves LoRA's dialect over HTTP.
    Serve(serve::Args),
    /// Shows the configuration in force, and checks it.
    Config(config::Args),
}

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Config(args) => config::run(&args, matches.subcommand_matches("config")),
    }
}
