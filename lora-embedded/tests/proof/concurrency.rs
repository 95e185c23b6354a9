//! Many at once: readers that stay where they are, writers that go away, and stores that close under both.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use lora_core::object::{ObjectId, Position};
use lora_core::storage::{KnownAt, Read, Storage, Wait};
use lora_embedded::files::Folder;
use lora_embedded::testing::SimulatedDisk;
use lora_embedded::{EmbeddedStore, Options};
use pollster::block_on;

use crate::support::{Expected, Writer, assert_sound, declared, newest, open, script, small};

const WRITERS: u64 = 8;

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Writes in the background until the returned flag is set.
fn busy<T>(store: &EmbeddedStore, steps: usize, meanwhile: impl FnOnce(&AtomicBool) -> T + Send) -> T
where
    T: Send,
{
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let mut writer = Writer::new(number, 2);
                scope.spawn(move || {
                    (0..steps).for_each(|_| {
                        block_on(store.commit(writer.next())).unwrap();
                    })
                })
            })
            .collect();
        let meanwhile = scope.spawn(|| meanwhile(&done));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::SeqCst);
        meanwhile.join().unwrap()
    })
}

fn heads<V: Read>(view: &V, of: &[ObjectId]) -> Vec<u32> {
    let asked: Vec<_> = of.iter().map(|object| (*object, KnownAt::Latest)).collect();
    let found = block_on(view.registrations(&asked)).unwrap();
    found.iter().map(|found| found.as_ref().map_or(0, |found| found.frame.registration().unwrap().seq.0)).collect()
}

#[test]
fn a_pinned_view_never_changes_and_none_shows_part_of_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&Folder::new(folder.path()), small(Duration::ZERO));
    declared(&store);
    let looks = busy(&store, 30, |done| {
        let (mut looks, mut last) = (0, Vec::new());
        while !done.load(Ordering::SeqCst) {
            let view = block_on(store.view(None)).unwrap();
            let mut seen = Vec::new();
            for writer in 0..WRITERS {
                let of = Writer::new(writer, 2).objects();
                let heads = heads(&view, &of);
                assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?} at {}", view.position());
                seen.push(heads[0]);
            }
            assert_eq!(seen.iter().sum::<u32>() as u64 * 2 + 1, view.position().0, "every entry up to the position");
            assert!(seen.iter().zip(&last).all(|(now, before)| now >= before), "nothing goes away again");
            last = seen;
            looks += 1;
        }
        looks
    });
    assert!(looks > 0);
    assert_eq!(newest(&store), Position(1 + WRITERS * 30 * 2));
    assert_sound(&store);
}

#[test]
fn a_view_answers_the_same_while_others_write() {
    let disk = SimulatedDisk::new();
    let expected = Expected::of(script(14));
    let store = open(&disk, small(Duration::ZERO));
    expected.go_on(&store, 0);
    let pinned = newest(&store);
    let repeated = busy(&store, 20, |done| {
        let mut repeated = 0;
        while !done.load(Ordering::SeqCst) || repeated == 0 {
            expected.assert_view(&block_on(store.view(Some(pinned))).unwrap());
            repeated += 1;
        }
        repeated
    });
    assert!(repeated > 0);
}

/// Whoever goes away after asking has asked: the step is done whole, or not at all.
#[test]
fn a_commit_that_nobody_waits_for_is_done_or_not() {
    let disk = SimulatedDisk::new();
    let options = small(Duration::ZERO);
    let store = open(&disk, options);
    declared(&store);
    let mut writer = Writer::new(0, 3);
    for _ in 0..20 {
        let _ = poll_once(store.commit(writer.next()));
    }
    drop(store);
    let store = open(&disk, options);
    let view = block_on(store.view(None)).unwrap();
    let heads = heads(&view, &writer.objects());
    assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
    assert_eq!(newest(&store).0, 1 + u64::from(heads[0]) * 3);
    block_on(store.commit(Writer::new(1, 1).next())).unwrap();
    assert_sound(&store);
}

#[test]
fn who_waits_for_the_ledger_is_woken_and_may_go_away() {
    let store = open(&SimulatedDisk::new(), small(Duration::ZERO));
    declared(&store);
    for _ in 0..1_000 {
        assert!(poll_once(store.ledger(Position(1), 10, Wait::ForEntries)).is_pending());
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut seen = Position(1);
                while seen < Position(1 + WRITERS * 5 * 2) {
                    let entries = block_on(store.ledger(seen, 3, Wait::ForEntries)).unwrap();
                    assert_eq!(entries[0].position, Position(seen.0 + 1));
                    seen = entries.last().unwrap().position;
                    assert_eq!(seen.0 % 2, 1, "a page ends with a step");
                }
            });
        }
        busy(&store, 5, |_| ());
    });
}

/// A view that outlives its store answers right or not at all, and does no harm to the next one on the same files.
#[test]
fn a_view_may_outlive_its_store() {
    let disk = SimulatedDisk::new();
    let options = small(Duration::ZERO);
    let expected = Expected::of(script(14));
    let store = open(&disk, options);
    let half = expected.steps.len() / 2;
    for step in &expected.steps[..half] {
        block_on(store.commit(step.clone())).unwrap();
    }
    let view = block_on(store.view(None)).unwrap();
    drop(store);
    let _ = block_on(view.boundaries(lora_core::time::Period::ALWAYS, None, 9));
    let store = open(&disk, options);
    assert_eq!(expected.steps_of(&store), half);
    for step in &expected.steps[half..] {
        block_on(store.commit(step.clone())).unwrap();
    }
    drop(view);
    let killed = disk.after_kill();
    assert_eq!(expected.steps_of(&store), expected.steps.len());
    assert_eq!(expected.steps_of(&open(&killed, options)), expected.steps.len());
    drop(store);
    let store = open(&disk, options);
    assert_eq!(expected.steps_of(&store), expected.steps.len());
}

#[test]
fn the_last_handle_may_go_while_others_still_write() {
    let folder = tempfile::tempdir().unwrap();
    let files = Folder::new(folder.path());
    let options: Options = small(Duration::from_secs(3_600));
    let store = open(&files, options);
    declared(&store);
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let store = store.clone();
            thread::spawn(move || {
                let mut writer = Writer::new(number, 2);
                (0..10).filter(|_| block_on(store.commit(writer.next())).is_ok()).count() as u64
            })
        })
        .collect();
    drop(store);
    let acknowledged: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    let store = open(&files, options);
    assert_eq!(newest(&store), Position(1 + acknowledged * 2));
    assert_sound(&store);
}
