//! The `lora` binary. Exit codes: 0 done, 1 failed, 2 wrong use.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use lora_cli::{commands, config, generate, serve};

/// A bitemporal register of master data.
#[derive(Debug, Parser)]
#[command(name = "lora", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve LoRA's dialect over HTTP.
    Serve(serve::Args),
    /// Write what a store holds to standard output, as JSON Lines.
    Export(commands::ExportArgs),
    /// Read JSON Lines into a store: all of them, or none.
    Import(commands::ImportArgs),
    /// Look whether everything in a store is as it must be.
    Check(commands::CheckArgs),
    /// Show an object on both time axes, and how it came to be.
    Show(commands::ShowArgs),
    /// Change the schema of a store to the one that this program knows.
    Migrate(commands::MigrateArgs),
    /// Show the configuration in force, or check it.
    Config(config::Args),
    /// A synthetic municipality with history, as JSON Lines on standard output.
    Generate(generate::Arguments),
}

fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    match Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).command {
        Command::Serve(args) => serve::run(&args),
        Command::Export(args) => commands::export(&args),
        Command::Import(args) => commands::import(&args),
        Command::Check(args) => commands::check(&args),
        Command::Show(args) => commands::show(&args),
        Command::Migrate(args) => commands::migrate(&args),
        Command::Config(args) => config::run(&args, matches.subcommand_matches("config")),
        Command::Generate(arguments) => generate::run(&arguments),
    }
}
