//! `lora config`: the configuration in force, with where each value comes from.

use std::fmt::Write;
use std::process::ExitCode;

use clap::ArgMatches;
use clap::parser::ValueSource;
use toml::Value;

use crate::failure::wrong_use;
use crate::serve;
use crate::settings::Settings;

/// What to show.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Look for problems, name every one, and end with 2 if there are any.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    serve: serve::Args,
}

/// Shows the configuration, or checks it.
pub fn run(args: &Args, matches: Option<&ArgMatches>) -> ExitCode {
    show(&effective(&args.serve, matches));
    match Settings::read(&args.serve) {
        Err(problems) if args.check => wrong_use(&problems),
        _ => ExitCode::SUCCESS,
    }
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn show(text: &str) {
    print!("{text}");
}

/// The configuration as TOML; options that are not given stand in comments.
fn effective(args: &serve::Args, matches: Option<&ArgMatches>) -> String {
    let text = |text: &String| Some(Value::String(text.clone()));
    let (postgres, shown) = (&args.store.postgres, args.store.postgres.shown());
    let data = (!args.memory && shown.is_none()).then(|| args.store.data().to_owned());
    let number = |text: &String| Some(text.parse().map_or_else(|_| Value::String(text.clone()), Value::Integer));
    let lines = [
        ("listen", text(&args.listen)),
        ("memory", Some(Value::Boolean(args.memory))),
        ("data", data.as_ref().and_then(text)),
        ("postgres", shown.as_ref().and_then(text)),
        ("postgres_pool", number(&postgres.pool)),
        ("postgres_connect_ms", number(&postgres.connect_ms)),
        ("postgres_wait_ms", number(&postgres.wait_ms)),
        ("postgres_statement_ms", number(&postgres.statement_ms)),
        ("postgres_idle_in_transaction_ms", number(&postgres.idle_in_transaction_ms)),
        ("postgres_replica", Some(postgres.replicas_shown().into_iter().map(Value::String).collect::<Vec<_>>().into())),
        ("tenant", number(&postgres.tenant)),
        ("demo", Some(Value::Boolean(args.demo))),
        ("classes", Some(args.classes.folders.iter().cloned().map(Value::String).collect::<Vec<_>>().into())),
        ("trust_actor_header", args.trust_actor_header.as_ref().and_then(text)),
        ("no_authentication", Some(Value::Boolean(args.no_authentication))),
        ("body_bytes_max", number(&args.body_bytes_max)),
        ("query_registrations_max", number(&args.query_registrations_max)),
        ("query_postings_max", number(&args.query_postings_max)),
        ("log_format", text(&args.log_format)),
        ("log", text(&args.log)),
    ];
    let mut toml = String::new();
    for (name, value) in lines {
        let origin = match matches.and_then(|matches| matches.value_source(name)) {
            Some(ValueSource::CommandLine) => format!("flag --{}", name.replace('_', "-")),
            Some(ValueSource::EnvVariable) => format!("environment LORA_{}", name.to_uppercase()),
            _ => "default".to_owned(),
        };
        let _ = match value {
            Some(value) => writeln!(toml, "{name} = {value} # {origin}"),
            None => writeln!(toml, "# {name} is not given"),
        };
    }
    toml
}
