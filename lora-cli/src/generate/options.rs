//! What can be asked of the generator.

use std::path::PathBuf;

use super::calendar::Day;

/// What to generate; the same options give the same bytes, today and on any machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Persons of the population, besides the few of the planted cases: 1 to 5,000,000.
    pub people: u64,
    /// Years of registered history before `until`: 1 to 40.
    pub years: u32,
    /// The day before which everything was registered, at the latest; plans reach beyond it. Years 2000 to 2050.
    pub until: Day,
    /// Where all chance comes from.
    pub seed: u64,
    /// At least so many registrations: what is missing is made up by review rounds over the engagements.
    pub registrations: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { people: 6000, years: 12, until: Day::of(2026, 7, 1), seed: 42, registrations: 0 }
    }
}

/// Options that cannot be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOptions {
    /// Too few or too many persons: there are only so many CPR-shaped numbers.
    #[error("people {0}: must be between 1 and 5000000")]
    People(u64),
    /// No history at all, or one from before the municipality's people were born.
    #[error("years {0}: must be between 1 and 40")]
    Years(u32),
    /// A day for which the shape of CPR numbers and summer time are not settled.
    #[error("until {0}: must be a date between 2000-01-01 and 2050-12-31")]
    Until(Day),
}

impl Options {
    /// # Errors
    /// [`BadOptions`] names the first option outside its range.
    pub(super) fn check(&self) -> Result<(), BadOptions> {
        if !(1..=5_000_000).contains(&self.people) {
            return Err(BadOptions::People(self.people));
        }
        if !(1..=40).contains(&self.years) {
            return Err(BadOptions::Years(self.years));
        }
        if !(Day::of(2000, 1, 1)..Day::of(2051, 1, 1)).contains(&self.until) {
            return Err(BadOptions::Until(self.until));
        }
        Ok(())
    }
}

/// The command line of `lora generate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Persons of the population (1 to 5000000)
    #[arg(long, value_name = "N", default_value_t = Options::default().people)]
    people: u64,
    /// Years of registered history (1 to 40)
    #[arg(long, value_name = "Y", default_value_t = Options::default().years)]
    years: u32,
    /// Everything is registered before this day; plans reach beyond it
    #[arg(long, value_name = "DATE", default_value_t = Options::default().until)]
    until: Day,
    /// Where all chance comes from; the same arguments give the same bytes
    #[arg(long, value_name = "S", default_value_t = Options::default().seed)]
    seed: u64,
    /// At least so many registrations, made up by review rounds over the engagements
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    registrations: u64,
    /// Writes the planted questions and their known answers to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) answers: Option<PathBuf>,
}

impl Arguments {
    /// What to generate.
    pub fn options(&self) -> Options {
        Options {
            people: self.people,
            years: self.years,
            until: self.until,
            seed: self.seed,
            registrations: self.registrations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_outside_their_range_are_named() {
        let refused = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            options.check().expect_err("out of range").to_string()
        };
        assert_eq!(Options::default().check(), Ok(()));
        assert_eq!(refused(|options| options.people = 0), "people 0: must be between 1 and 5000000");
        assert_eq!(refused(|options| options.years = 41), "years 41: must be between 1 and 40");
        assert_eq!(
            refused(|options| options.until = Day::of(1999, 12, 31)),
            "until 1999-12-31: must be a date between 2000-01-01 and 2050-12-31"
        );
    }
}
