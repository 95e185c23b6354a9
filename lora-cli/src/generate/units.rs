//! The plan of the three trees of units: line, pay and MED organisation.
//!
//! Each tree is laid out like a heap, so that parents and levels are arithmetic and not memory.

use super::calendar::{Day, Span};
use super::names;
use super::plan::{Plan, Reorganisation};
use super::random::Kind;

/// Children of a line unit.
const FANOUT: u64 = 6;

/// A line unit's parent in the original layout; `None` for the top.
pub(super) const fn parent(unit: u64) -> Option<u64> {
    if unit == 0 { None } else { Some((unit - 1) / FANOUT) }
}

/// Steps between a line unit and the top.
pub(super) fn level(unit: u64) -> u32 {
    std::iter::successors(parent(unit), |unit| parent(*unit)).count() as u32
}

const fn has_children(plan: &Plan, unit: u64) -> bool {
    unit * FANOUT + 1 < plan.line_units
}

/// When a line unit exists, and which reorganisation founded or closed it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) span: Span,
    pub(super) founding: Option<Reorganisation>,
    pub(super) closing: Option<Reorganisation>,
}

/// The life of a line unit. Only units at the bottom come and go, so no unit ever loses its parent.
pub(super) fn life(plan: &Plan, unit: u64) -> Life {
    let always = Life { span: plan.era(), founding: None, closing: None };
    if level(unit) < 2 || has_children(plan, unit) {
        return always;
    }
    let founded_by = |by: Reorganisation| Life { span: Span::since(by.effect), founding: Some(by), closing: None };
    let closed_by = |by: Reorganisation| Life {
        span: Span { from: plan.founded, to: by.effect },
        founding: None,
        closing: Some(by),
    };
    match plan.random(Kind::LineUnit, unit, 1).below(100) {
        0..=5 => founded_by(plan.past[0]),
        6..=12 => closed_by(plan.past[1]),
        13..=15 => founded_by(plan.planned),
        16..=18 => closed_by(plan.planned),
        _ => always,
    }
}

/// Where somebody who belongs to `unit` sits during `span`: in its parent before it is founded and after it closes.
pub(super) fn placements(plan: &Plan, unit: u64, span: Span) -> Vec<(Span, u64, Option<Reorganisation>)> {
    let life = life(plan, unit);
    let above = parent(unit).unwrap_or(0);
    let before = Span { from: Day::NEG_INFINITY, to: life.span.from };
    let after = Span::new(life.span.to, Day::INFINITY);
    let parts = [(Some(before), above, None), (Some(life.span), unit, life.founding), (after, above, life.closing)];
    let clipped = parts.into_iter().filter_map(|(part, unit, by)| Some((part?.intersect(span)?, unit, by)));
    clipped.collect()
}

/// The parents of a line unit over time: the original one, and those that reorganisations gave it.
///
/// A parent is always one level up, so no order of events can close a circle.
pub(super) fn parents(plan: &Plan, unit: u64) -> Vec<(Day, u64, Option<Reorganisation>)> {
    let Some(original) = parent(unit) else { return Vec::new() };
    let life = life(plan, unit);
    let mut parents = vec![(life.span.from, original, None)];
    if level(unit) < 2 {
        return parents;
    }
    let mut random = plan.random(Kind::LineUnit, unit, 2);
    for (by, percent) in [(plan.past[0], 20), (plan.past[1], 8), (plan.planned, 8)] {
        let moved = random.chance(percent);
        let parent = other_parent(plan, original, random.below(u64::MAX));
        if moved
            && life.span.from < by.effect
            && by.effect < life.span.to
            && parents.last().map(|last| last.1) != parent
        {
            parents.extend(parent.map(|parent| (by.effect, parent, Some(by))));
        }
    }
    parents
}

/// A unit beside `unit` that has children, and therefore always exists.
fn other_parent(plan: &Plan, unit: u64, chance: u64) -> Option<u64> {
    let first_of = |level: u32| (FANOUT.pow(level) - 1) / (FANOUT - 1);
    let level = level(unit);
    let (first, next) = (first_of(level), first_of(level + 1));
    let other = first + chance % (next - first);
    (other != unit && has_children(plan, other)).then_some(other)
}

/// The names of a line unit over time, each with the day on which it was decided.
pub(super) fn unit_names(plan: &Plan, unit: u64) -> Vec<(Day, String)> {
    let mut random = plan.random(Kind::LineUnit, unit, 3);
    let (level, life) = (level(unit), life(plan, unit).span);
    let mut list = vec![(life.from, names::unit(&mut random, level))];
    for _ in 0..plan.years.div_ceil(5) {
        let (renamed, day, name) = (random.chance(22), plan.some_day(&mut random), names::unit(&mut random, level));
        let day = day.next_month();
        let last = &list[list.len() - 1];
        if level > 0 && renamed && last.0 < day && day < life.to && last.1 != name {
            list.push((day, name));
        }
    }
    list
}

/// The user key of a line unit.
pub(super) fn unit_key(unit: u64) -> String {
    format!("L{unit:04}")
}

/// The MED committee that looks after a line unit: the one of the nearest unit upwards that has its own.
pub(super) fn committee(plan: &Plan, unit: u64) -> u64 {
    let upwards = std::iter::successors(Some(unit), |unit| parent(*unit));
    upwards.into_iter().find(|unit| *unit < plan.med_units).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::options::Options;
    use super::*;

    #[test]
    fn placements_cover_the_whole_span_without_overlap() {
        let plan = Plan::of(&Options::default()).expect("the defaults");
        let span = Span { from: plan.founded, to: Day::INFINITY };
        for unit in 0..plan.line_units {
            let parts = placements(&plan, unit, span);
            assert_eq!(parts[0].0.from, span.from);
            assert_eq!(parts[parts.len() - 1].0.to, span.to);
            assert!(parts.windows(2).all(|pair| pair[0].0.to == pair[1].0.from));
        }
    }

    #[test]
    fn reorganisations_found_close_and_move_units() {
        let plan = Plan::of(&Options::default()).expect("the defaults");
        let lives: Vec<_> = (0..plan.line_units).map(|unit| life(&plan, unit)).collect();
        assert!(lives.iter().any(|life| life.founding.is_some()) && lives.iter().any(|life| life.closing.is_some()));
        let moved = (0..plan.line_units).filter(|unit| parents(&plan, *unit).len() > 1).count();
        assert!(moved > 10, "{moved}");
    }
}
