//! What the whole generation has in common: sizes, the calendar of events, ids and hands.

use uuid::Uuid;

use super::calendar::{Day, Instant, Span};
use super::oio::{Act, LifeCycle};
use super::options::{BadOptions, Options};
use super::random::{Kind, Random, id};

/// Everything that is the same for all entities; small, so that it is copied and never shared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) people: u64,
    pub(super) years: u32,
    pub(super) seed: u64,
    /// The register was put into use, and filled from its predecessor.
    pub(super) start: Day,
    /// The line organisation as it is was founded.
    pub(super) founded: Day,
    /// Nothing is registered on this day or later.
    pub(super) until: Day,
    pub(super) line_units: u64,
    pub(super) pay_units: u64,
    pub(super) med_units: u64,
    pub(super) past: [Reorganisation; 2],
    pub(super) planned: Reorganisation,
}

/// A change of the organisation that is decided once and registered as one batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reorganisation {
    pub(super) effect: Day,
    pub(super) decided: Day,
    pub(super) batch: Uuid,
}

/// Whose hand makes a registration.
#[derive(Debug, Clone, Copy)]
pub(super) enum Actor {
    Migration,
    Payroll,
    Directory,
    Administrator(u64),
}

/// How registration follows the event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Habit {
    /// Mostly weeks ahead, sometimes late.
    Planned,
    /// About the same day.
    Prompt,
}

impl Plan {
    pub(super) fn of(options: &Options) -> Result<Self, BadOptions> {
        options.check()?;
        let Options { people, years, until, seed, .. } = *options;
        let start = until.plus_years(-(years as i32));
        let share = |percent: i32| start.plus(years as i32 * 365 / 100 * percent).next_month();
        let reorganisation = |number: u64, effect: Day, decided: Day| Reorganisation {
            effect,
            decided: decided.working_day(),
            batch: id(seed, Kind::Batch, number, 0),
        };
        let coming_year = Day::of(until.plus(75).year() + 1, 1, 1);
        let line_units = (people / 18).max(7);
        Ok(Self {
            people,
            years,
            seed,
            start,
            founded: Day::of(2007.min(start.year() - 8), 1, 1),
            until,
            line_units,
            pay_units: line_units.div_ceil(3),
            med_units: (line_units / 10).max(3),
            past: [(1, share(30)), (2, share(70))].map(|(number, day)| reorganisation(number, day, day.plus(-60))),
            planned: reorganisation(3, coming_year, until.plus(-40)),
        })
    }

    pub(super) fn id(&self, kind: Kind, index: u64, part: u64) -> Uuid {
        id(self.seed, kind, index, part)
    }

    pub(super) const fn random(&self, kind: Kind, index: u64, part: u64) -> Random {
        Random::of(self.seed, kind, index, part)
    }

    pub(super) fn actor(&self, actor: Actor) -> Uuid {
        let index = match actor {
            Actor::Migration => 0,
            Actor::Payroll => 1,
            Actor::Directory => 2,
            Actor::Administrator(index) => 3 + index % 24,
        };
        self.id(Kind::Actor, index, 0)
    }

    /// One of the administrators.
    pub(super) fn administrator(&self, random: &mut Random) -> Uuid {
        self.actor(Actor::Administrator(random.below(24)))
    }

    /// The end of registration.
    pub(super) const fn end(&self) -> Instant {
        self.until.begin()
    }

    /// The calendar from the founding on.
    pub(super) const fn era(&self) -> Span {
        Span::since(self.founded)
    }

    /// An instant of the migration: `seconds` after it began. It lasts three days at most.
    pub(super) const fn migration(&self, seconds: i64) -> Instant {
        self.start.time(seconds, 0)
    }

    /// An office hour of the first working day from `day` on.
    pub(super) fn office_hour(&self, random: &mut Random, day: Day) -> Instant {
        day.working_day().time(random.between(27_000, 59_400), random.between(0, 999_999))
    }

    /// When an event of `day` is registered.
    pub(super) fn registered(&self, random: &mut Random, day: Day, habit: Habit) -> Instant {
        let lag = match (habit, random.below(20)) {
            (Habit::Planned, 0..=12) => random.days(-45, -8),
            (Habit::Planned, 13..=16) => random.days(-7, 4),
            (Habit::Planned, _) => random.days(8, 75),
            (Habit::Prompt, 0..=16) => random.days(-5, 2),
            (Habit::Prompt, _) => random.days(5, 40),
        };
        self.office_hour(random, day.plus(lag))
    }

    /// The first act of an object: an import if it was there before the register was, else a creation.
    ///
    /// `migrated` is the object's turn in the migration, in seconds.
    pub(super) fn first(&self, at: Instant, migrated: i64, actor: Uuid, note: &'static str) -> Act {
        let migrated = self.migration(migrated);
        if at <= migrated {
            let actor = self.actor(Actor::Migration);
            Act::new(migrated, actor, "Overført fra det tidligere system").life(LifeCycle::Imported)
        } else {
            Act::new(at, actor, note).life(LifeCycle::Created)
        }
    }

    /// A day of registered history, not in its first month or last week.
    pub(super) fn some_day(&self, random: &mut Random) -> Day {
        self.start.plus(random.days(30, self.until.days_since(self.start) - 7))
    }
}
