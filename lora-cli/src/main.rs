//! The `lora` binary.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lora_cli::generate;

/// A bitemporal register of master data.
#[derive(Debug, Parser)]
#[command(name = "lora", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A synthetic municipality with history, as JSON Lines on standard output.
    Generate(generate::Arguments),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Generate(arguments) => generate::run(&arguments),
    }
}
