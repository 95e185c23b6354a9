//! This process's standard output and standard error as the listener of a job.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Listener, Progress, Said};

/// The terminal, with a bar while a job runs.
pub(crate) struct Terminal {
    bar: ProgressBar,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        // A bar and an answer on one screen would write over each other.
        let screen =
            if io::stdout().is_terminal() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, screen).with_style(style("{human_pos}"));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar }
    }

    fn show(&self, progress: Progress) {
        if self.bar.length() != progress.total {
            match progress.total {
                Some(total) => {
                    self.bar.set_length(total);
                    self.bar.set_style(style("{wide_bar} {human_pos} of {human_len}, {eta} left"));
                }
                None => {
                    self.bar.unset_length();
                    self.bar.set_style(style("{human_pos}"));
                }
            }
        }
        self.bar.set_message(progress.label);
        self.bar.set_position(progress.done);
    }
}

impl Listener for Terminal {
    fn hear(&self, said: Said) -> io::Result<()> {
        match said {
            Said::Output(bytes) => {
                let mut out = io::stdout().lock();
                out.write_all(&bytes)?;
                out.flush()
            }
            Said::Progress(progress) => {
                self.show(progress);
                Ok(())
            }
            Said::Message(line) => self.bar.suspend(|| writeln!(io::stderr(), "{line}")),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(counted: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(&format!("{{spinner}} {{msg}}: {counted}"));
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}
