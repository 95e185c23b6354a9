//! The command: options in, lines on standard output, complaints on standard error.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::options::{Arguments, BadOptions};
use super::{answers, lines};
use crate::failure::{complain, with_causes};

/// Why a generation did not come about.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Options(#[from] BadOptions),
    #[error("cannot write the answers to {}", .path.display())]
    Answers { path: PathBuf, source: io::Error },
    #[error("cannot write the lines to standard output")]
    Lines { source: io::Error },
}

/// Carries out `lora generate`. Exit code 0 when done or when the reader had enough, 1 failed, 2 wrong use.
pub fn run(arguments: &Arguments) -> ExitCode {
    match generate(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Lines { source }) if source.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&with_causes(&failure));
            ExitCode::from(if matches!(failure, Failure::Options(_)) { 2 } else { 1 })
        }
    }
}

fn generate(arguments: &Arguments) -> Result<(), Failure> {
    let options = arguments.options();
    let lines = lines(&options)?;
    if let Some(path) = &arguments.answers {
        write_answers(path.clone(), &answers(&options)?)?;
    }
    let mut out = BufWriter::with_capacity(1 << 18, io::stdout().lock());
    let written = lines.into_iter().try_for_each(|mut line| {
        line.push('\n');
        out.write_all(line.as_bytes())
    });
    written.and_then(|()| out.flush()).map_err(|source| Failure::Lines { source })
}

fn write_answers(path: PathBuf, answers: &super::Answers) -> Result<(), Failure> {
    let written = File::create(&path).and_then(|file| {
        let mut file = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut file, answers)?;
        file.write_all(b"\n")?;
        file.flush()
    });
    written.map_err(|source| Failure::Answers { path, source })
}
