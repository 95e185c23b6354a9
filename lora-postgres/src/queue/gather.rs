//! Which of the waiting steps go together.

use std::collections::{HashSet, VecDeque};

use lora_core::codec::EntryKind;
use lora_core::object::ObjectId;
use lora_core::storage::{GuardKey, Step};

use super::Waiting;

/// More steps do not make a batch faster, and all of them wait for its end.
const STEPS_MAX: usize = 64;
/// More than this is not sent at once, unless a step alone is longer.
const BYTES_MAX: usize = 4 << 20;

/// Takes the next batch out of what waits: as many steps as do not touch each other, in order. None overtakes one that
/// it touches.
pub(super) fn gather(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let (mut batch, mut left) = (Vec::<Waiting>::new(), VecDeque::new());
    let (mut touched, mut bytes) = (Touched::default(), 0);
    while let Some(next) = waiting.pop_front() {
        let joins = batch.last().is_none_or(|before| follows(&before.step, &next.step) && !touched.meets(&next.step));
        touched.add(&next.step);
        if !joins {
            left.push_back(next);
            continue;
        }
        bytes += size(&next.step);
        let is_whole = declares(&next.step) || batch.len() + 1 == STEPS_MAX || bytes >= BYTES_MAX;
        batch.push(next);
        if is_whole {
            break;
        }
    }
    left.append(waiting);
    *waiting = left;
    batch
}

/// Whether a step may stand behind another in a batch: a declaration is about all objects, and instants that are restored
/// are no clock's, and must rise.
fn follows(before: &Step, step: &Step) -> bool {
    let rises = match (before.restored, step.restored) {
        (None, None) => true,
        (Some(before), Some(restored)) => before < restored,
        _ => false,
    };
    rises && !declares(step)
}

fn declares(step: &Step) -> bool {
    step.entries.iter().any(|draft| draft.kind == EntryKind::Declaration)
}

fn size(step: &Step) -> usize {
    step.entries.iter().map(|draft| draft.frame.skeleton.len() + draft.frame.content.len()).sum()
}

/// What steps read and write.
#[derive(Default)]
struct Touched {
    read: HashSet<ObjectId>,
    written: HashSet<ObjectId>,
    guards: HashSet<GuardKey>,
}

impl Touched {
    /// Whether a step reads what these write, or writes what they read or write.
    fn meets(&self, step: &Step) -> bool {
        let written = |object: &ObjectId| self.written.contains(object);
        step.heads.iter().any(|(object, _)| written(object))
            || step.entries.iter().any(|draft| written(&draft.object) || self.read.contains(&draft.object))
            || step.guards.iter().any(|guard| self.guards.contains(guard))
    }

    fn add(&mut self, step: &Step) {
        self.read.extend(step.heads.iter().map(|(object, _)| *object));
        self.written.extend(step.entries.iter().map(|draft| draft.object));
        self.guards.extend(step.guards.iter().cloned());
    }
}
