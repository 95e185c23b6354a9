//! The page of the documentation that a run makes: all of it, but for what people wrote between two markers.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lora_core::time::Clock;
use lora_embedded::SystemClock;

use crate::figures::Failed;
use crate::report::{HEAD, Report};
use crate::{goals, machine};

const BEGIN: &str = "<!-- people write from here -->";
const END: &str = "<!-- to here; all else is written by lora-benches -->";

/// A file, and what people wrote in it.
pub(crate) struct Page {
    path: PathBuf,
    remarks: String,
}

impl Page {
    /// Reads what is to be kept, before anything is measured; a new page has nothing to keep.
    pub(crate) fn open(path: &Path) -> Result<Self, Failed> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => format!("{BEGIN}\n{END}"),
            Err(error) => return Err(format!("{} cannot be read: {error}", path.display()).into()),
        };
        let between = text.split_once(BEGIN).and_then(|(_, rest)| Some(rest.split_once(END)?.0.trim()));
        let remarks = between.ok_or_else(|| {
            format!("{} has no lines `{BEGIN}` and `{END}`; expected both, with what is to be kept", path.display())
        })?;
        Ok(Self { path: path.to_owned(), remarks: remarks.to_owned() })
    }

    /// Writes the page anew.
    pub(crate) fn write(&self, report: &Report, sizes: &str) -> Result<(), Failed> {
        Ok(fs::write(&self.path, self.text(report, sizes))?)
    }

    fn text(&self, report: &Report, sizes: &str) -> String {
        let machine = machine::facts().join("; ");
        let day = SystemClock.now().to_string();
        let day = day.split('T').next().unwrap_or_default();
        let mut text = format!(
            "# Performance\n\nFigures move with the machine; read ratios, each to a yardstick of the same run. No test \
             looks at a time.\nThis page is written by the program that measures:\n\n```sh\n\
             cargo build --release -p lora-cli -p lora-benches && target/release/lora-benches all\n```\n\n\
             Measured on {day}: {machine}.\n{sizes}\nOperation and yardstick take turns. \
             Where no figure stands beside a p50, the p50 is the figure.\n"
        );
        for subject in &report.subjects {
            let rows = report.rows.iter().filter(|row| row.store == subject.store);
            let lines: Vec<String> = rows.map(|row| row.line() + "\n").collect();
            let (title, facts) = (subject.store.title(), subject.facts.join("; "));
            text += &format!("\n## {title}\n\n{facts}.\n\n{HEAD}\n{}", lines.concat());
        }
        let remarks = if self.remarks.is_empty() { String::new() } else { format!("\n{}\n", self.remarks) };
        text += &format!(
            "\n## Goals\n\n{}\n## What is missed, and why\n\n{BEGIN}\n{remarks}\n{END}\n",
            goals::table(report)
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_kept_and_all_else_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("performance.md");
        fs::write(&path, format!("old\n{BEGIN}\n\nA reason.\n\nAnother.\n\n{END}\nold")).unwrap();
        for _ in 0..2 {
            Page::open(&path).unwrap().write(&Report::default(), "").unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("{BEGIN}\n\nA reason.\n\nAnother.\n\n{END}\n")), "{text}");
        assert!(!text.contains("old"), "{text}");
    }

    #[test]
    fn a_page_without_markers_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("performance.md");
        fs::write(&path, "by hand").unwrap();
        let refused = Page::open(&path).map(drop).unwrap_err().to_string();
        assert!(refused.contains(BEGIN) && refused.contains(END), "{refused}");
    }
}
