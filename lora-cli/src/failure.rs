//! What went wrong, for people.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

/// The message with its causes, on one line.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let text = causes(error).skip(1).fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// An error, what caused it, what caused that, and so on.
pub(crate) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// Says why, and is the exit code of a call that failed.
pub(crate) fn failed(why: &str) -> ExitCode {
    complain(why);
    ExitCode::FAILURE
}

/// Says what is wrong with the arguments, and is the exit code of wrong use.
pub(crate) fn wrong_use(problems: &[String]) -> ExitCode {
    problems.iter().for_each(|problem| complain(problem));
    ExitCode::from(2)
}

/// Writes to standard error; where that is closed there is nobody left to tell.
pub(crate) fn complain(why: &str) {
    let _ = writeln!(io::stderr(), "error: {why}");
}
