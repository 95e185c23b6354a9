//! Who works where and when: employments, and the posts of managers with their vacancies.

use super::calendar::{Day, Instant, Span};
use super::people::birth;
use super::plan::{Habit, Plan, Reorganisation};
use super::random::{Kind, Random};
use super::units::{life, placements};

/// One employment of a person.
#[derive(Debug, Clone)]
pub(super) struct Employment {
    pub(super) number: u64,
    pub(super) span: Span,
    /// When it was first registered.
    pub(super) known: Instant,
    /// When its end was registered; none while no end is in sight.
    pub(super) ended: Option<Instant>,
    pub(super) primary: bool,
    /// Never begun: registered by mistake or called off, and deleted.
    pub(super) called_off: bool,
    pub(super) places: Vec<Place>,
}

/// A unit where an employment is placed from a day on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) from: Day,
    pub(super) unit: u64,
    pub(super) by: Option<Reorganisation>,
}

/// A person's time in the post of a unit's manager.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seat {
    pub(super) person: u64,
    pub(super) span: Span,
}

/// Of those who belong to a unit, so many may come to lead it.
const CANDIDATES: u64 = 8;

/// The unit to which a person belongs first.
pub(super) const fn home(plan: &Plan, person: u64) -> u64 {
    person % plan.line_units
}

/// Those who hold the post of a unit's manager, in order; between them it may stand vacant.
pub(super) fn seats(plan: &Plan, unit: u64) -> Vec<Seat> {
    let mut random = plan.random(Kind::Post, unit, 0);
    let unit_life = life(plan, unit).span;
    let mut seats: Vec<Seat> = Vec::new();
    let mut from = unit_life.from;
    while from < unit_life.to.min(plan.until.plus(40)) {
        let (lasting, length, vacancy) = (random.chance(20), random.days(90, 2800), random.days(20, 270));
        let Some(person) = candidate(plan, unit, from, &seats) else { break };
        // Whoever came before the history is still there when it begins.
        let end = if lasting { Day::INFINITY } else { from.max(plan.start.plus(30)).plus(length) };
        let to = end.min(birth(plan, person).plus_years(70)).min(unit_life.to);
        let to = if to < plan.until.plus(60) || to == unit_life.to { to } else { Day::INFINITY };
        seats.extend(Span::new(from, to).map(|span| Seat { person, span }));
        from = if random.chance(65) { to.plus(vacancy) } else { to };
    }
    seats
}

/// The first of a unit's people who is of an age to lead it for a while and has not led it before.
fn candidate(plan: &Plan, unit: u64, from: Day, before: &[Seat]) -> Option<u64> {
    let people = (0..CANDIDATES).map(|slot| unit + slot * plan.line_units).take_while(|person| *person < plan.people);
    people.into_iter().find(|person| {
        let birth = birth(plan, *person);
        let fits = birth.plus_years(25) <= from && from.max(plan.start).plus(400) < birth.plus_years(70);
        fits && before.iter().all(|seat| seat.person != *person)
    })
}

/// The employments of a person, earliest first.
pub(super) fn careers(plan: &Plan, person: u64, birth: Day) -> Vec<Employment> {
    let mut random = plan.random(Kind::Career, person, 0);
    let home = home(plan, person);
    let may_lead = person / plan.line_units < CANDIDATES;
    let post = may_lead.then(|| seats(plan, home)).into_iter().flatten().find(|seat| seat.person == person);
    if let Some(seat) = post {
        let promoted_after = if random.chance(50) { random.days(30, 1500) } else { 0 };
        let from = seat.span.from.plus(-promoted_after).max(plan.founded).max(birth.plus_years(19));
        return vec![employment(plan, &mut random, 0, Span { from, to: seat.span.to }, &[(from, home)])];
    }
    let span = first_span(plan, &mut random, birth);
    let mut list = vec![ordinary(plan, &mut random, 0, span, home)];
    if span.to < plan.until.plus(-200) && random.chance(14) {
        let from = span.to.plus(random.days(90, 900));
        let to = from.plus(random.days(400, 5000)).min(birth.plus_years(70));
        if let Some(again) = Span::new(from, to).filter(|_| from < plan.until) {
            list.push(ordinary(plan, &mut random, 1, open_far(plan, again), home));
        }
    } else if random.chance(5) {
        let from = span.from.max(plan.start).plus(random.days(60, 400));
        if let Some(beside) = Span::new(from, span.to).filter(|_| from < plan.until) {
            list.push(Employment { primary: false, ..ordinary(plan, &mut random, 2, beside, home + 1) });
        }
    } else if random.chance(2) {
        let from = plan.some_day(&mut random).next_month();
        if from < span.from.plus(-120) {
            let mut off = ordinary(plan, &mut random, 3, Span::since(from), home);
            off.called_off = true;
            off.known = plan.office_hour(&mut random, from.plus(-30));
            list.push(off);
        }
    }
    list
}

/// When an ordinary person is employed first.
fn first_span(plan: &Plan, random: &mut Random, birth: Day) -> Span {
    let history = plan.until.days_since(plan.start);
    let from = if random.chance(52) {
        plan.founded.plus(random.days(0, plan.start.days_since(plan.founded)))
    } else {
        plan.start.plus(random.days(0, history + 50))
    };
    let from = from.max(birth.plus_years(19)).min(birth.plus_years(58)).max(plan.founded);
    let half = random.days(50, 5200);
    let to = from.plus(200 + random.days(0, half) + half).min(birth.plus_years(70)).max(from.plus(100));
    let to = if to < plan.start.plus(60) { plan.start.plus(60 + random.days(0, history)) } else { to };
    open_far(plan, Span { from, to })
}

/// An end that lies far ahead is not known yet.
fn open_far(plan: &Plan, span: Span) -> Span {
    if span.to < plan.until.plus(70) { span } else { Span::since(span.from) }
}

fn ordinary(plan: &Plan, random: &mut Random, number: u64, span: Span, home: u64) -> Employment {
    let mut units = vec![(span.from, home % plan.line_units)];
    for _ in 0..random.below(3) {
        let day = plan.some_day(random).next_month();
        let unit = random.below(plan.line_units);
        if units[units.len() - 1].0 < day && day < span.to && random.chance(60) {
            units.push((day, unit));
        }
    }
    employment(plan, random, number, span, &units)
}

fn employment(plan: &Plan, random: &mut Random, number: u64, span: Span, units: &[(Day, u64)]) -> Employment {
    // Somebody who begins close to the end of the history is registered in time to be in it.
    let latest = plan.office_hour(random, plan.until.plus(-6));
    let known = plan.registered(random, span.from, Habit::Planned).min(latest);
    let ended = span.to.is_finite().then(|| {
        let at = plan.registered(random, span.to, Habit::Planned);
        at.max(known.plus_seconds(86_400))
    });
    let mut places: Vec<Place> = Vec::new();
    for (index, (from, unit)) in units.iter().enumerate() {
        let to = units.get(index + 1).map_or(span.to, |next| next.0);
        let Some(part) = Span::new(*from, to) else { continue };
        for (part, unit, by) in placements(plan, *unit, part) {
            let moved = part.from != *from;
            if places.last().is_none_or(|last| last.unit != unit) {
                places.push(Place { from: part.from, unit, by: by.filter(|_| moved) });
            }
        }
    }
    Employment { number, span, known, ended, primary: true, called_off: false, places }
}

#[cfg(test)]
mod tests {
    use super::super::options::Options;
    use super::*;

    #[test]
    fn managers_are_employed_in_their_unit_while_they_hold_the_post() {
        let plan = Plan::of(&Options::default()).expect("the defaults");
        for unit in 0..plan.line_units {
            for seat in seats(&plan, unit) {
                let employments = careers(&plan, seat.person, birth(&plan, seat.person));
                assert!(employments[0].span.from <= seat.span.from && seat.span.to <= employments[0].span.to);
                let place = employments[0].places.iter().rfind(|place| place.from <= seat.span.from);
                assert_eq!(place.map(|place| place.unit), Some(unit));
            }
        }
    }

    #[test]
    fn posts_do_not_overlap() {
        let plan = Plan::of(&Options::default()).expect("the defaults");
        for unit in 0..plan.line_units {
            assert!(seats(&plan, unit).windows(2).all(|pair| pair[0].span.to <= pair[1].span.from));
        }
    }
}
