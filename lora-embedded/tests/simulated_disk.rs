//! The simulated disk loses and keeps what a disk does.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::ErrorKind;

use lora_embedded::files::Files;
use lora_embedded::testing::{SimulatedDisk, Torn};

/// A durable file `a/b` with the bytes `synced`.
fn disk() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let file = disk.create("a/b").unwrap();
    file.write_at(b"synced", 0).unwrap();
    file.sync().unwrap();
    disk.sync_folder("a").unwrap();
    disk.sync_folder("").unwrap();
    disk
}

#[test]
fn what_was_not_synced_is_lost_or_not() {
    let disk = disk();
    let file = disk.open("a/b").unwrap();
    file.write_at(b"SYN", 0).unwrap();
    file.write_at(b" then more", 6).unwrap();
    let after = |torn| disk.crash(torn).bytes("a/b").unwrap();
    assert_eq!(after(Torn::Nothing), b"synced");
    assert_eq!(after(Torn::Everything), b"SYNced then more");
    assert_eq!(after(Torn::LastWriteCutAt(5)), b"SYNced then");
    assert_eq!(disk.after_kill().crash(Torn::Nothing).bytes("a/b").unwrap(), b"synced");
    let mut seen: Vec<Vec<u8>> = (0..200).map(|seed| after(Torn::Seed(seed))).collect();
    assert_eq!(after(Torn::Seed(3)), seen[3], "a seed always says the same");
    seen.sort();
    seen.dedup();
    assert!(seen.len() > 6 && seen.contains(&b"synced".to_vec()), "{seen:?}");
}

#[test]
fn a_name_needs_a_sync_of_its_folder() {
    let disk = SimulatedDisk::new();
    let file = disk.create("a/b").unwrap();
    file.write_at(b"x", 0).unwrap();
    file.sync().unwrap();
    assert_eq!(disk.crash(Torn::Nothing).bytes("a/b"), None);
    disk.sync_folder("a").unwrap();
    assert_eq!(disk.crash(Torn::Nothing).bytes("a/b"), None, "the folder has no name yet");
    disk.sync_folder("").unwrap();
    assert_eq!(disk.crash(Torn::Nothing).bytes("a/b").unwrap(), b"x");

    disk.rename("a/b", "a/c").unwrap();
    assert_eq!(disk.crash(Torn::Nothing).list("a").unwrap(), ["b"]);
    disk.sync_folder("a").unwrap();
    assert_eq!(disk.crash(Torn::Nothing).list("a").unwrap(), ["c"]);
    disk.remove("a/c").unwrap();
    assert_eq!((disk.list("a").unwrap().len(), disk.crash(Torn::Nothing).list("a").unwrap().len()), (0, 1));
}

#[test]
fn what_a_failed_sync_left_is_never_durable() {
    let disk = disk();
    let file = disk.open("a/b").unwrap();
    file.write_at(b"lost", 6).unwrap();
    disk.fail_sync(1, ErrorKind::Other);
    assert!(file.sync().is_err());
    assert!(file.sync().is_ok());
    assert_eq!(disk.bytes("a/b").unwrap(), b"syncedlost");
    assert_eq!(disk.crash(Torn::Nothing).bytes("a/b").unwrap(), b"synced");
}

#[test]
fn writes_fail_when_told_and_when_there_is_no_room() {
    let disk = disk();
    let file = disk.open("a/b").unwrap();
    disk.fail_write(2, ErrorKind::Other);
    file.write_at(b"S", 0).unwrap();
    assert_eq!(file.write_at(b"1234", 6).unwrap_err().kind(), ErrorKind::Other);
    assert_eq!(disk.bytes("a/b").unwrap(), b"Synced12", "half of it is there");
    disk.set_room(3);
    assert_eq!(file.write_at(b"123456", 6).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(disk.bytes("a/b").unwrap(), b"Synced12345");
    file.set_size(6).unwrap();
    file.write_at(b"abcde", 6).unwrap();
    disk.heal();
    disk.fail_writes_from(1, ErrorKind::Other);
    assert!(disk.create("d").is_err() && disk.remove("a/b").is_err() && file.set_size(0).is_err());
    assert_eq!(disk.bytes("a/b").unwrap(), b"Syncedabcde");
}

#[test]
fn a_renamed_file_is_durable_with_the_folders_that_it_lies_in() {
    let disk = disk();
    let file = disk.create("arriving/c").unwrap();
    file.write_at(b"whole", 0).unwrap();
    file.sync().unwrap();
    disk.rename("arriving/c", "d/e/f").unwrap();
    let after = || disk.crash(Torn::Nothing).bytes("d/e/f");
    for folder in ["d/e", "d", ""] {
        assert_eq!(after(), None);
        disk.sync_folder(folder).unwrap();
    }
    assert_eq!(after().unwrap(), b"whole");
}
