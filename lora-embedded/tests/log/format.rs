//! The format is as the documents say, and any bytes are safe to read.

use std::fs;
use std::path::Path;

use lora_embedded::testing::fuzz_log;

use super::common::*;

/// Hexadecimal, sixteen bytes a line, each line with its first offset, as in the documents.
fn dump(bytes: &[u8]) -> String {
    let line = |(index, line): (usize, &[u8])| {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String =
            line.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' }).collect();
        format!("{:04x}  {:<47}  {text}\n", index * 16, hex.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

#[test]
fn the_dump_in_the_documents_is_what_is_written() {
    let shape = Shape { contents: vec![b"content".into()], guards: vec![b"key".into()] };
    let (disk, _) = written(&[shape], PLAIN.segment_size);
    let dump = dump(&disk.bytes(FIRST_SEGMENT).unwrap());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/storage-format.md");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains(&dump), "docs/storage-format.md has not:\n{dump}");
}

/// The seeds as they are, cut short anywhere, and with each byte turned into another.
#[test]
fn fuzz_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/log_block");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let seed = fs::read(&file).unwrap();
        fuzz_log(&seed);
        for at in 0..seed.len() {
            fuzz_log(&seed[..at]);
            let mut changed = seed.clone();
            changed[at] ^= 1 << (at % 7);
            fuzz_log(&changed);
        }
    }
}

/// Writes the seeds anew, after a change of the format: `cargo test -p lora-embedded --test log -- --ignored`.
#[test]
#[ignore = "writes files"]
fn write_fuzz_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/log_block");
    fs::create_dir_all(&folder).unwrap();
    let guarded = Shape { contents: vec![b"one".into(), vec![]], guards: vec![b"key".into(), vec![]] };
    for (name, shapes) in
        [("empty", vec![]), ("step", vec![guarded.clone()]), ("steps", vec![small("a"), guarded, small("b")])]
    {
        let (disk, _) = written(&shapes, PLAIN.segment_size);
        fs::write(folder.join(name), disk.bytes(FIRST_SEGMENT).unwrap()).unwrap();
    }
    let (disk, _) = written(&[small("a"), small("b")], PLAIN.segment_size);
    let mut bytes = disk.bytes(FIRST_SEGMENT).unwrap();
    bytes.truncate(bytes.len() - 9);
    fs::write(folder.join("torn"), &bytes).unwrap();
    bytes.resize(bytes.len() + 300, 0);
    fs::write(folder.join("torn_before_zeros"), &bytes).unwrap();
}
