//! A process that writes as fast as it can is killed, again and again, on the same folder.
//!
//! The process is this test binary, started anew with a folder in the environment. It says on its output what was
//! acknowledged, one line each, before it goes on.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, thread};

use lora_core::object::Position;
use lora_core::storage::{ContentHash, LedgerEntry, Read, Storage, Wait};
use lora_core::time::{Clock, Timestamp, TransactionTime};
use lora_embedded::files::Folder;
use lora_embedded::{EmbeddedStore, IndexOptions, Options, log};
use pollster::block_on;

use crate::support::{Writer, assert_links, assert_sound, declared, newest};

const FOLDER: &str = "LORA_KILL_FOLDER";
const ROUND: &str = "LORA_KILL_ROUND";
const ROUNDS: &str = "LORA_KILL_ROUNDS";
const SEED: &str = "LORA_KILL_SEED";
const WRITERS: u64 = 8;
/// So many rounds on one folder; then everything in it is compared with a store in memory, and a new one begins.
const ROUNDS_OF_FOLDER: u64 = 20;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp<TransactionTime> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_micros(since.as_micros() as i64).unwrap()
    }
}

fn open(folder: &Path) -> EmbeddedStore {
    let index = IndexOptions { memtable: 64 << 10, age: Duration::from_millis(20), ..IndexOptions::default() };
    let options = Options { log: log::Options { segment_size: 128 << 10, preallocate: 64 << 10 }, index };
    EmbeddedStore::open(Arc::new(Folder::new(folder)), Arc::new(SystemClock), options).unwrap()
}

/// What the process does that is killed; nothing where nobody asked for it.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let round: u64 = env::var(ROUND).unwrap().parse().unwrap();
    let store = open(Path::new(&folder));
    declared(&store);
    thread::scope(|scope| {
        for number in 0..WRITERS {
            let store = &store;
            scope.spawn(move || write(store, round * WRITERS + number));
        }
    });
}

/// Registers objects that nobody else does until the process ends: one of them at a time, or three.
fn write(store: &EmbeddedStore, name: u64) {
    let mut writer = Writer::new(name, if name.is_multiple_of(4) { 3 } else { 1 });
    for number in 0_u64.. {
        let receipt = block_on(store.commit(writer.next())).unwrap();
        say(&format!("done {} {} {name}\n", receipt.first.0, receipt.last.0));
        if number % 16 == 3 {
            let chunks = (0..3).map(|part| vec![(name + number + part) as u8; 30_000]);
            let hash = block_on(store.put_content(chunks)).unwrap();
            say(&format!("content {hash} {}\n", name + number));
        }
    }
}

/// A line is one write, and so all there or not.
fn say(line: &str) {
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// Numbers that look random and follow from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

fn start(folder: &Path, round: u64) -> (Child, Receiver<String>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = channel();
    thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    (child, receiver)
}

/// Lets the process write for a moment, and returns what it said. Some never get as far as to open the store.
fn killed(folder: &Path, round: u64, chance: &mut Chance) -> Vec<String> {
    let (mut child, said) = start(folder, round);
    let mut lines = Vec::new();
    if chance.below(5) > 0 {
        let first = std::iter::from_fn(|| said.recv_timeout(Duration::from_secs(60)).ok()).find(|line| is_news(line));
        lines.push(first.expect("the process writes"));
    }
    thread::sleep(Duration::from_millis(chance.below(300)));
    child.kill().unwrap();
    child.wait().unwrap();
    lines.extend(said.iter().filter(|line| is_news(line)));
    lines
}

fn is_news(line: &str) -> bool {
    line.starts_with("done ") || line.starts_with("content ")
}

#[test]
fn what_a_killed_process_acknowledged_is_there() {
    let rounds = number(ROUNDS).unwrap_or(ROUNDS_OF_FOLDER);
    let seed = number(SEED).unwrap_or_else(|| u64::from(std::process::id()));
    println!("{SEED}={seed}");
    let mut chance = Chance(seed);
    let mut done = 0;
    while done < rounds {
        let folder = tempfile::tempdir().unwrap();
        let mut verified = Vec::new();
        for round in 0..ROUNDS_OF_FOLDER.min(rounds - done) {
            let said = killed(folder.path(), round, &mut chance);
            match round {
                7 => drop(fs::remove_file(folder.path().join("index"))),
                13 => drop(fs::OpenOptions::new().write(true).open(folder.path().join("index")).map(|index| {
                    index.set_len(index.metadata().unwrap().len() / 2).unwrap();
                })),
                _ => {}
            }
            verify(&open(folder.path()), &mut verified, &said);
        }
        assert_sound(&open(folder.path()));
        done += ROUNDS_OF_FOLDER;
    }
}

/// Nothing that was there or was acknowledged is gone, nothing is half, and all of it is linked.
fn verify(store: &EmbeddedStore, verified: &mut Vec<LedgerEntry>, said: &[String]) {
    let ledger = block_on(store.ledger(Position(0), usize::MAX, Wait::Never)).unwrap();
    assert!(ledger.starts_with(verified), "what was there before is there unchanged");
    assert_links(&ledger);
    assert_eq!(newest(store), Position(ledger.len() as u64));
    let mut writers: HashMap<u64, Writer> = HashMap::new();
    for line in said {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "content" {
            assert_content(store, words[1], words[2].parse().unwrap());
            continue;
        }
        let [first, last, name] = [1, 2, 3].map(|at| words[at].parse::<u64>().unwrap());
        let writer = writers.entry(name).or_insert_with(|| Writer::new(name, u128::from(last - first + 1)));
        let step = writer.next();
        let entries = &ledger[first as usize - 1..last as usize];
        for (entry, draft) in entries.iter().zip(&step.entries) {
            assert_eq!((entry.object, &*entry.frame), (draft.object, &draft.frame), "at {}", entry.position);
        }
    }
    for step in ledger.chunk_by(|left, right| left.instant == right.instant) {
        let note = step[0].frame.registration().map_or_else(|_| "1 objects".to_owned(), |first| first.note);
        assert_eq!(note, format!("{} objects", step.len()), "half a step at {}", step[0].position);
    }
    *verified = ledger;
}

fn assert_content(store: &EmbeddedStore, hash: &str, first: u64) {
    let byte = |at: usize| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap();
    let view = block_on(store.view(None)).unwrap();
    let found = block_on(view.content(ContentHash(std::array::from_fn(byte)), 0..u64::MAX)).unwrap();
    let expected = (0..3).flat_map(|part| vec![(first + part) as u8; 30_000]).collect::<Vec<_>>();
    assert!(found == Some(expected), "content {hash}");
}
