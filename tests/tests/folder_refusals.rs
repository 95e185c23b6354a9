//! Folders that cannot be a store's: each is refused with what to do, and left as it was.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lora_tests::{Server, run, run_without_rights};

/// The calls, with whether they may make a folder.
const CALLS: [(&[&str], bool); 4] =
    [(&["serve", "--listen", "127.0.0.1:0"], true), (&["import"], true), (&["export"], false), (&["check"], false)];

/// The names in a folder with what is in those files; nothing where there is no folder.
fn picture(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap());
    let mut picture: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
        .collect();
    picture.sort();
    picture
}

/// Every call refuses the folder, and says `says`.
#[track_caller]
fn refused(folder: &Path, says: &[&str]) {
    let before = picture(folder);
    for (call, _) in CALLS {
        let output = run(&[call, &["--data", folder.to_str().unwrap()]].concat(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{call:?}: {said}");
        for text in says {
            assert!(said.contains(text), "{call:?}: no {text:?} in {said}");
        }
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(picture(folder), before);
}

#[test]
fn folders_that_are_not_ours_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    refused(folder.path(), &["letter.txt", "empty or a new folder"]);
    refused(&folder.path().join("letter.txt"), &["not a folder"]);
    refused(&folder.path().join("letter.txt/in"), &["not a folder"]);
}

#[test]
fn newer_and_damaged_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    Server::on(folder.path()).stop();
    let marker = folder.path().join("lora-store");
    fs::write(&marker, "lora embedded store\nformat 7\n").unwrap();
    refused(folder.path(), &["format 7", "up to 1", "newer program"]);
    fs::write(&marker, "lora embed").unwrap();
    refused(folder.path(), &["lora-store", "\"lora embed\"", "backup"]);
    fs::remove_file(&marker).unwrap();
    refused(folder.path(), &["holds other things"]);
}

#[test]
fn what_only_reads_makes_no_folder() {
    let parent = tempfile::tempdir().unwrap();
    for folder in [parent.path().to_owned(), parent.path().join("none")] {
        for (call, _) in CALLS.iter().filter(|(_, makes)| !makes) {
            let output = run(&[call, &["--data", folder.to_str().unwrap()][..]].concat(), &[]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(1) && said.contains("there is no store at"), "{said}");
        }
    }
    assert!(picture(parent.path()).is_empty());
}

/// Root may write anywhere, so that the binary runs as a user who may not.
#[test]
fn a_user_without_rights_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let parent = parent.path();
    let [store, empty, new] = ["store", "empty", "new"].map(|name| parent.join(name));
    Server::on(&store).stop();
    fs::create_dir(&empty).unwrap();
    let before = picture(&store);
    let allow = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    allow(&store.join("lock"), 0o444);
    let cases = [
        (&store, store.as_path(), 0o555), // May be read, and not written.
        (&store, &store, 0o000),          // May not even be looked into.
        (&empty, &empty, 0o555),          // No store may be made in it,
        (&new, parent, 0o555),            // and no folder.
    ];
    allow(parent, 0o755);
    for (folder, closed, mode) in cases {
        allow(closed, mode);
        let name = folder.to_str().unwrap();
        for (call, makes) in CALLS {
            let output = run_without_rights(&[call, &["--data", name]].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{call:?} on {name}: {said}");
            let missing = !makes && said.contains("there is no store at");
            assert!(missing || said.contains("this user may not read and write"), "{call:?} on {name}: {said}");
            assert!(said.contains(name), "{said}");
        }
        allow(closed, 0o755);
    }
    assert_eq!(picture(&store), before);
    assert!(picture(&empty).is_empty() && !new.exists());
}
