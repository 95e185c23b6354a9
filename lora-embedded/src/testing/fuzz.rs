//! The bodies of the fuzz targets: each takes any bytes, and panics where what was accepted does not keep its law.

use std::ops::Range;
use std::sync::Arc;

use lora_core::object::Position;

use super::SimulatedDisk;
use crate::log::record::{self, SEGMENT_HEADER, STEP_HEADER, SegmentHeader};
use crate::log::{Head, Log, LogId, Options, PlacedStep};

/// The only segment of a log: opened, or refused; what is accepted is read whole, and written again gives the same bytes.
pub fn fuzz_log(bytes: &[u8]) {
    holds(bytes);
    // Once more with right checksums, so that what lies behind them is reached.
    holds(&reseal(bytes));
}

fn holds(bytes: &[u8]) {
    const SEGMENT: &str = "log/00000000000000000001";
    let disk = SimulatedDisk::new();
    disk.put(SEGMENT, bytes);
    let Ok((log, cut)) = Log::open(Arc::new(disk.clone()), Options::default(), None) else {
        return;
    };
    let reader = log.reader();
    let steps: Result<Vec<_>, _> = reader.steps(reader.start(), log.last()).collect();
    let written = rewrite(log.id(), &steps.expect("what was opened can be read"));
    assert!(bytes.starts_with(&written), "what was accepted is what is written");
    let rest = &bytes[written.len()..];
    let zeros = rest.iter().rev().take_while(|byte| **byte == 0).count();
    assert_eq!((rest.len() - zeros) as u64, cut.map_or(0, |cut| cut.bytes), "all else was cut off");
    let left = disk.bytes(SEGMENT).expect("the segment is there");
    assert!(left.starts_with(&written) && left[written.len()..].iter().all(|byte| *byte == 0));
}

/// The bytes of a segment of these steps.
fn rewrite(id: LogId, steps: &[PlacedStep]) -> Vec<u8> {
    let mut out = SegmentHeader { id, first: Position(1), before: Head::START }.encode();
    for PlacedStep { step, durable, .. } in steps {
        record::encode_step(&mut out, &id, *durable, step).expect("what was read can be written");
    }
    out
}

/// The same bytes with each checksum made right, as far as the lengths lead.
fn reseal(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.len() < SEGMENT_HEADER {
        return bytes;
    }
    seal(&mut bytes, 72, 0..72);
    let id: Vec<u8> = bytes[8..24].to_vec();
    let mut at = SEGMENT_HEADER;
    while let Some(end) = reseal_step(&mut bytes, at, &id) {
        at = end;
    }
    bytes
}

fn reseal_step(bytes: &mut [u8], at: usize, id: &[u8]) -> Option<usize> {
    let entries = at + STEP_HEADER + number(bytes, at + 40)?;
    let end = entries + number(bytes, at + 36)?;
    if end > bytes.len() {
        return None;
    }
    let mut entry = entries;
    while let Some(length) = number(bytes, entry).filter(|length| (8..=end - entry).contains(length)) {
        seal(bytes, entry + 4, entry + 8..entry + length);
        entry += length;
    }
    seal(bytes, at + 44, at + STEP_HEADER..entries);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(id), &bytes[at + 8..at + STEP_HEADER]);
    bytes[at + 4..at + 8].copy_from_slice(&checksum.to_be_bytes());
    Some(end)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(number.try_into().ok()?) as usize)
}

fn seal(bytes: &mut [u8], at: usize, sealed: Range<usize>) {
    let checksum = crc32c::crc32c(&bytes[sealed]);
    bytes[at..at + 4].copy_from_slice(&checksum.to_be_bytes());
}
