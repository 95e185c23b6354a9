//! `lora generate`: a synthetic municipality with its whole history, as JSON Lines.
//!
//! The history is bitemporal in earnest: hirings, moves and reorganisations are registered ahead of time or weeks
//! late, mistakes are corrected, terminations come with retroactive effect, and plans reach beyond the last
//! registration. Names, CPR-shaped numbers and task numbers are invented by rule.
//!
//! Everything about entity *i* follows from the seed and *i*, so the lines come one object after the other, in
//! constant memory, and the same [`Options`] give the same bytes anywhere. `position` is therefore the order of
//! import, and `registered` the asserted time of the history, which increases along each object and not overall.
//!
//! A small planted centre has a history written by hand; [`answers`] tells what is to be found there.
//!
//! ```
//! use lora_cli::generate::{Options, lines};
//!
//! let options = Options { people: 20, years: 2, ..Options::default() };
//! let mut lines = lines(&options)?;
//! assert!(lines.next().is_some_and(|header| header.contains("lora-json-lines")));
//! assert!(lines.next().is_some_and(|line| line.starts_with(r#"{"position":1,"#)));
//! # Ok::<(), lora_cli::generate::BadOptions>(())
//! ```

mod answers;
mod calendar;
mod careers;
mod classes;
mod command;
mod employment_objects;
mod function;
mod history;
mod it;
mod names;
mod oio;
mod options;
mod people;
mod plan;
mod planted;
mod posts;
mod random;
mod render;
mod unit_objects;
mod units;

pub use answers::Answers;
pub use calendar::{Day, NotADate};
pub use command::run;
pub use options::{Arguments, BadOptions, Options};

use history::History;
use oio::Object;
use plan::Plan;
use random::Kind;

/// The lines of a generation, without line ends: the header, then one registration each.
pub struct Lines {
    plan: Plan,
    wanted: u64,
    objects: Box<dyn Iterator<Item = Object> + Send>,
    history: Option<History>,
    position: u64,
    begun: bool,
    reviewing: bool,
}

/// The lines of a generation.
///
/// # Errors
/// [`BadOptions`] when an option is outside its range.
pub fn lines(options: &Options) -> Result<Lines, BadOptions> {
    let plan = Plan::of(options)?;
    Ok(Lines {
        plan,
        wanted: options.registrations,
        objects: Box::new(objects(plan)),
        history: None,
        position: 0,
        begun: false,
        reviewing: false,
    })
}

/// The planted questions of a generation with their answers; serialises as the answers file.
///
/// # Errors
/// [`BadOptions`] when an option is outside its range.
pub fn answers(options: &Options) -> Result<Answers, BadOptions> {
    Ok(answers::answers(options, Plan::of(options)?))
}

impl Lines {
    /// How many registrations have been given out so far.
    pub fn registrations(&self) -> u64 {
        self.position
    }

    /// Takes up the next object; after the last one of the history, the next review if one is wanted.
    fn next_history(&mut self) -> Option<History> {
        loop {
            if self.reviewing && self.wanted <= self.position {
                return None;
            }
            if let Some(object) = self.objects.next() {
                match object.finish(self.plan.end()) {
                    Some(history) if self.reviewing => return Some(history.only_last()),
                    Some(history) => return Some(history),
                    None => continue,
                }
            }
            if self.reviewing || self.wanted <= self.position {
                return None;
            }
            self.reviewing = true;
            self.objects = Box::new(reviews(self.plan, self.wanted - self.position));
        }
    }
}

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if !self.begun {
            self.begun = true;
            return Some(render::header(self.plan.id(Kind::Store, 0, 0)));
        }
        loop {
            if let Some(registration) = self.history.as_mut().and_then(History::advance) {
                self.position += 1;
                let instant = self.plan.until.begin_utc().plus_micros(self.position as i64);
                return Some(render::line(self.position, instant, &registration));
            }
            self.history = Some(self.next_history()?);
        }
    }
}

/// Every object, in the order in which they refer to one another as far as that is possible.
fn objects(plan: Plan) -> impl Iterator<Item = Object> + Send {
    classes::roots(plan)
        .chain(it::systems(plan))
        .chain(classes::classes(plan))
        .chain((0..plan.line_units).flat_map(move |unit| unit_objects::line(plan, unit)))
        .chain((0..plan.pay_units).flat_map(move |unit| unit_objects::pay(plan, unit)))
        .chain((0..plan.med_units).flat_map(move |unit| unit_objects::med(plan, unit)))
        .chain((0..plan.people).flat_map(move |person| employment_objects::person(plan, person)))
        .chain((0..plan.line_units).flat_map(move |unit| posts::post(&plan, unit)))
        .chain(std::iter::once_with(move || planted::objects(plan)).flatten())
}

/// At least `missing` further registrations: rounds over the first engagement of every person.
fn reviews(plan: Plan, missing: u64) -> impl Iterator<Item = Object> + Send {
    let rounds = missing.div_ceil(plan.people);
    let rounds_and_people = (1..=rounds).flat_map(move |round| (0..plan.people).map(move |person| (round, person)));
    rounds_and_people.filter_map(move |(round, person)| {
        let person = people::Person::of(&plan, person);
        employment_objects::review(&plan, &person, person.employments.first()?, round, rounds)
    })
}
