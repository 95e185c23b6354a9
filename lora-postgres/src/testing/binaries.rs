//! PostgreSQL's programs, and the user who may run them.

use std::path::{Path, PathBuf};
use std::process::Command;

const MISSING: &str = "these tests need PostgreSQL 15 or newer: install it (`apt-get install postgresql`), \
                       or name a server in LORA_TEST_DATABASE_URL";

/// The folder with `initdb` and `postgres`: that of the newest version in Debian's place, else one of the PATH.
pub(super) fn folder() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let newest = debian.filter(|(_, folder)| is_whole(folder)).max().map(|(_, folder)| folder);
    newest.or_else(|| std::env::split_paths(&paths).find(|folder| is_whole(folder))).expect(MISSING)
}

fn is_whole(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_dump"].iter().all(|name| folder.join(name).is_file())
}

/// Who runs a server: user and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Owner {
    /// This user; for root, whom PostgreSQL refuses, `postgres` or else `nobody`.
    pub(super) fn of_this_process() -> Self {
        let this = Self::named(None).expect("a process has a user");
        if this.user != 0 {
            return this;
        }
        let other = ["postgres", "nobody"].into_iter().find_map(|name| Self::named(Some(name)));
        other.expect("there is a user `postgres` or `nobody`, because PostgreSQL does not run as root")
    }

    fn named(name: Option<&str>) -> Option<Self> {
        let id = |option| {
            let output = Command::new("id").arg(option).args(name).output().expect("id runs");
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().parse().ok()).flatten()
        };
        Some(Self { user: id("-u")?, group: id("-g")? })
    }

    /// A program run as this owner.
    pub(super) fn command(self, program: &str) -> Command {
        if Self::named(None) == Some(self) {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        let ids = [format!("--reuid={}", self.user), format!("--regid={}", self.group)];
        command.args(ids).args(["--clear-groups", "--inh-caps=-all", program]);
        command
    }
}
