//! A full disk: writes are refused with 507, reads go on, and nothing that was acknowledged is lost.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lora_tests::{Server, facet, run, uuid};
use serde_json::Value;

/// A small file system of its own, gone with this.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount(size: &str) -> Option<Self> {
        let path = tempfile::tempdir().unwrap().keep();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        fs::remove_dir(&path).unwrap();
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

fn path(number: u32) -> String {
    format!("/klassifikation/facet/{}", uuid(number))
}

/// Puts a facet of some 10 kB; whether that was acknowledged.
fn put(server: &Server, number: u32) -> Result<(), Value> {
    let answer = server.send("PUT", &path(number), &facet(&format!("{number}-{}", "x".repeat(10_000))));
    match answer.status {
        200 => Ok(()),
        507 => Err(answer.json()),
        other => panic!("{other}: {}", answer.text()),
    }
}

#[track_caller]
fn all_there(server: &Server, acknowledged: &[u32]) {
    for number in acknowledged {
        let answer = server.get(&path(*number));
        assert!(answer.status == 200 && answer.text().contains(&format!("\"{number}-xxx")), "{number} is lost");
    }
}

fn stored(folder: &Path, call: &str) -> String {
    let output = run(&[call, "--data", folder.to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_full_disk_refuses_writes_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount("24m") else {
        println!("SKIPPED: this user may not mount a small file system; run the tests as root");
        return;
    };
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1; 12 << 20]).unwrap();
    let folder = disk.0.join("store");
    let server = Server::on(&folder);
    let mut acknowledged = Vec::new();
    let refusal = (1..).find_map(|number| match put(&server, number) {
        Ok(()) => {
            acknowledged.push(number);
            None
        }
        Err(refusal) => Some(refusal),
    });
    let refusal = refusal.unwrap();
    assert_eq!(refusal["code"], "store_full");
    assert!(refusal["accepted"].as_str().is_some_and(|accepted| accepted.contains("free space")), "{refusal}");
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());

    // Full for a while: every write is refused, every read is right.
    let newest = *acknowledged.last().unwrap();
    for number in newest + 1..newest + 20 {
        match put(&server, number) {
            Ok(()) => acknowledged.push(number),
            Err(refusal) => assert_eq!(refusal["code"], "store_full"),
        }
    }
    all_there(&server, &acknowledged);
    for path in ["/health/live", "/health/ready", "/metrics", "/klassifikation/facet?bvn=1-%25"] {
        assert!(matches!(server.get(path).status, 200 | 204), "{path}");
    }
    let position = server.position();
    assert!(stored(&folder, "check").contains(": 0 findings"));

    // A server can start on the full disk, and reads.
    server.kill();
    let server = Server::on(&folder);
    assert_eq!(server.position(), position);
    all_there(&server, &acknowledged);

    // Space returns: so does writing, without a restart.
    assert!((90_000..).find_map(|number| put(&server, number).err()).is_some(), "it is still full");
    fs::remove_file(&ballast).unwrap();
    for number in 100_000..100_020 {
        put(&server, number).expect("there is room again");
        acknowledged.push(number);
    }
    all_there(&server, &acknowledged);
    server.stop();
    assert!(stored(&folder, "check").contains(": 0 findings"));
    let server = Server::on(&folder);
    all_there(&server, &acknowledged);
}
