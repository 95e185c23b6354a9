//! The planted questions with their answers, as they follow from the plan of the cases.
//!
//! Nothing here reads what was generated: an answer that disagrees with the lines is a mistake in one of the two.

use serde::Serialize;
use uuid::Uuid;

use super::calendar::Instant;
use super::options::Options;
use super::plan::Plan;
use super::planted::{PERSONS_BY_NAME, Stage, UNITS_BY_NAME};

/// The answers file.
#[derive(Debug, Serialize)]
pub struct Answers {
    format: &'static str,
    version: u32,
    people: u64,
    years: u32,
    until: String,
    seed: u64,
    questions: Vec<Question>,
}

/// A question about one subject at one instant, as known at another, and its answer.
#[derive(Debug, Serialize)]
struct Question {
    id: String,
    kind: Kind,
    question: String,
    subject: Uuid,
    valid_at: String,
    known_at: String,
    answer: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The units in which the person has an active engagement.
    UnitOfPerson,
    /// The persons with an active engagement in the unit.
    PeopleInUnit,
    /// The holders of the unit's own manager post; none while it is vacant.
    LeaderOfUnit,
    /// The name of the unit; none while it is not active.
    NameOfUnit,
    /// The unit or organisation above the unit; none while it is not active.
    ParentOfUnit,
    /// Given name and surname of the person.
    NameOfPerson,
    /// The persons with an active account in the system and an active role of the system bound to it.
    AccessToSystem,
    /// Since when the account is inactive at `valid_at`, when that was first registered, and the days in between.
    ExposureOfAccount,
}

/// What the questions are about, and when.
struct Questions {
    stage: Stage,
    list: Vec<Question>,
}

/// The planted questions of a generation, with their answers.
pub(super) fn answers(options: &Options, plan: Plan) -> Answers {
    let mut questions = Questions { stage: Stage { plan }, list: Vec::new() };
    questions.about_units();
    questions.about_managers();
    questions.about_persons();
    questions.about_access();
    questions.about_plans();
    Answers {
        format: "lora-answers",
        version: 1,
        people: options.people,
        years: options.years,
        until: options.until.to_string(),
        seed: options.seed,
        questions: questions.list,
    }
}

impl Questions {
    fn ask(&mut self, kind: Kind, subject: Uuid, (valid, known): (Instant, Instant), text: &str, answer: Vec<String>) {
        let id = format!("q{:02}", self.list.len() + 1);
        let (valid_at, known_at) = (valid.to_string(), known.to_string());
        let question = format!("{text} at {valid_at}, as known at {known_at}?");
        self.list.push(Question { id, kind, question, subject, valid_at, known_at, answer });
    }

    fn name(&mut self, unit: u64, at: (Instant, Instant), answer: &[&str]) {
        let text = format!("What was the unit called that began as {}", UNITS_BY_NAME[unit as usize]);
        let answer = answer.iter().map(|name| (*name).to_owned()).collect();
        self.ask(Kind::NameOfUnit, self.stage.unit(unit), at, &text, answer);
    }

    fn parent(&mut self, unit: u64, at: (Instant, Instant), answer: &[u64]) {
        let text = format!("Which unit was above {}", UNITS_BY_NAME[unit as usize]);
        self.ask(Kind::ParentOfUnit, self.stage.unit(unit), at, &text, self.units(answer));
    }

    fn leader(&mut self, at: (Instant, Instant), answer: &[u64]) {
        let text = format!("Who led {}", UNITS_BY_NAME[0]);
        self.ask(Kind::LeaderOfUnit, self.stage.unit(0), at, &text, self.persons(answer));
    }

    fn seat(&mut self, person: u64, at: (Instant, Instant), answer: &[u64]) {
        let (given, surname) = PERSONS_BY_NAME[person as usize];
        let text = format!("In which unit was {given} {surname} employed");
        self.ask(Kind::UnitOfPerson, self.stage.person(person), at, &text, self.units(answer));
    }

    fn people(&mut self, unit: u64, at: (Instant, Instant), answer: &[u64]) {
        let text = format!("Who was employed in {}", UNITS_BY_NAME[unit as usize]);
        self.ask(Kind::PeopleInUnit, self.stage.unit(unit), at, &text, self.persons(answer));
    }

    fn access(&mut self, at: (Instant, Instant), answer: &[u64]) {
        self.ask(Kind::AccessToSystem, self.stage.system(), at, "Who could open Børnesager", self.persons(answer));
    }

    fn units(&self, units: &[u64]) -> Vec<String> {
        sorted(units.iter().map(|unit| self.stage.unit(*unit)))
    }

    fn persons(&self, persons: &[u64]) -> Vec<String> {
        sorted(persons.iter().map(|person| self.stage.person(*person)))
    }

    fn about_units(&mut self) {
        let stage = self.stage;
        let (latest, noon) = (stage.plan.end(), move |day| stage.noon(day));
        let [before, after, unknown] = [(noon(-201), latest), (noon(-150), latest), (noon(-150), noon(-231))];
        let border = stage.day(-200).begin();
        let [at_border, just_before] = [(border, latest), (border.plus_micros(-1), latest)];
        let told = stage.morning(-230);
        let [decided, undecided] = [(noon(-150), told), (noon(-150), told.plus_micros(-1))];
        let [misspelt, corrected] = [(noon(-110), noon(-95)), (noon(-110), latest)];
        let [open, closed_late, closed] = [(noon(-90), noon(-80)), (noon(-90), latest), (noon(-101), latest)];
        self.name(1, before, &["Modtagelsen"]);
        self.name(1, after, &["Børnemodtagelsen"]);
        self.name(1, unknown, &["Modtagelsen"]);
        self.name(1, at_border, &["Børnemodtagelsen"]);
        self.name(1, just_before, &["Modtagelsen"]);
        self.name(1, decided, &["Børnemodtagelsen"]);
        self.name(1, undecided, &["Modtagelsen"]);
        self.name(2, misspelt, &["Famile og Netværk"]);
        self.name(2, corrected, &["Familie og Netværk"]);
        self.name(4, open, &["Sekretariatet for Børnecentret"]);
        self.name(4, closed_late, &[]);
        self.name(4, closed, &["Sekretariatet for Børnecentret"]);
    }

    fn about_managers(&mut self) {
        let stage = self.stage;
        let (latest, noon) = (stage.plan.end(), move |day| stage.noon(day));
        let cases: [((Instant, Instant), &[u64]); 8] = [
            ((noon(-181), latest), &[0]),
            ((noon(-150), latest), &[]),
            ((noon(-100), latest), &[1]),
            ((noon(-175), noon(-178)), &[0]),
            ((noon(-175), latest), &[]),
            ((noon(-115), noon(-118)), &[]),
            ((noon(-115), noon(-104)), &[1]),
            ((noon(-105), noon(-118)), &[1]),
        ];
        for (at, answer) in cases {
            self.leader(at, answer);
        }
    }

    fn about_persons(&mut self) {
        let stage = self.stage;
        let (latest, noon) = (stage.plan.end(), move |day| stage.noon(day));
        let seats: [(u64, (Instant, Instant), &[u64]); 18] = [
            (2, (noon(-150), noon(-120)), &[1]),
            (2, (noon(-150), latest), &[2]),
            (2, (noon(-161), latest), &[1]),
            (3, (noon(-301), latest), &[1]),
            (3, (noon(-200), latest), &[]),
            (3, (noon(-50), latest), &[3]),
            (3, (noon(-50), noon(-80)), &[]),
            (4, (noon(-120), noon(-110)), &[2]),
            (4, (noon(-120), latest), &[]),
            (5, (noon(-70), noon(-60)), &[2]),
            (5, (noon(-70), latest), &[]),
            (11, (noon(-90), noon(-80)), &[4]),
            (11, (noon(-90), latest), &[0]),
            (12, (noon(-331), latest), &[1]),
            (12, (noon(-329), latest), &[]),
            (12, (noon(-1), noon(-24)), &[]),
            (12, (noon(-1), noon(-4)), &[1]),
            (12, (noon(-1), latest), &[1]),
        ];
        let people = [
            (2, (noon(-70), noon(-60)), vec![2, 5]),
            (2, (noon(-70), latest), vec![2]),
            (2, (noon(-150), noon(-120)), vec![4]),
            (2, (noon(-150), latest), vec![2, 4]),
        ];
        let clara = self.stage.person(2);
        let deleted = self.stage.person(5);
        let names = [
            (clara, "Clara", (noon(-131), latest), Some("Clara Lindholt")),
            (clara, "Clara", (noon(-129), noon(-129)), Some("Clara Lindholt")),
            (clara, "Clara", (noon(-129), latest), Some("Clara Østerholt")),
            (deleted, "Folmer", (noon(-70), noon(-60)), Some("Folmer Tjørnebjerg")),
            (deleted, "Folmer", (noon(-70), latest), None),
        ];
        for (person, at, answer) in seats {
            self.seat(person, at, answer);
        }
        for (unit, at, answer) in people {
            self.people(unit, at, &answer);
        }
        for (subject, given, at, answer) in names {
            let text = format!("What was {given} called in full");
            self.ask(Kind::NameOfPerson, subject, at, &text, answer.into_iter().map(str::to_owned).collect());
        }
    }

    /// Person 10 always has access, 7 until 15 days from the end, 2 until her role expires 30 days before it.
    fn about_access(&mut self) {
        let stage = self.stage;
        let (latest, noon) = (stage.plan.end(), move |day| stage.noon(day));
        let cases: [((Instant, Instant), &[u64]); 8] = [
            ((noon(-200), latest), &[2, 4, 7, 9, 10]),
            ((noon(-120), noon(-110)), &[2, 4, 7, 9, 10]),
            ((noon(-120), latest), &[2, 7, 9, 10]),
            ((noon(-85), noon(-84)), &[2, 7, 8, 9, 10]),
            ((noon(-85), latest), &[2, 7, 9, 10]),
            ((noon(-40), latest), &[2, 7, 10]),
            ((noon(-40), noon(-60)), &[2, 7, 9, 10]),
            ((noon(-10), latest), &[7, 9, 10]),
        ];
        for (at, answer) in cases {
            self.access(at, answer);
        }
        // Person 4 left 140 days before the end and was closed out 98 days before it: a door open for 42 days.
        let (end, told) = (self.stage.day(-140).begin(), self.stage.morning(-98));
        let text =
            "Since when was the account of Emmy Klintrup closed, and when was that registered, how many days late,";
        let answer = vec![end.to_string(), told.to_string(), "42".to_owned()];
        self.ask(Kind::ExposureOfAccount, self.stage.account(4), (noon(-1), latest), text, answer);
    }

    fn about_plans(&mut self) {
        let stage = self.stage;
        let (latest, noon) = (stage.plan.end(), move |day| stage.noon(day));
        let next = self.stage.plan.planned.effect.time(43_200, 0);
        let access: [((Instant, Instant), &[u64]); 4] = [
            ((noon(40), latest), &[6, 9, 10]),
            ((noon(40), noon(-30)), &[7, 10]),
            ((noon(40), noon(-15)), &[6, 7, 9, 10]),
            ((noon(20), latest), &[9, 10]),
        ];
        for (at, answer) in access {
            self.access(at, answer);
        }
        self.parent(3, (next, latest), &[5]);
        self.parent(3, (noon(-1), latest), &[0]);
        self.parent(3, (next, noon(-60)), &[0]);
        self.parent(2, (next, latest), &[5]);
        self.name(5, (next, latest), &[UNITS_BY_NAME[5]]);
        self.name(5, (next, noon(-60)), &[]);
        self.name(5, (noon(-1), latest), &[]);
        self.seat(6, (noon(40), latest), &[2]);
        self.seat(6, (noon(40), noon(-30)), &[]);
        self.seat(7, (noon(40), latest), &[]);
        self.seat(7, (noon(40), noon(-15)), &[3]);
    }
}

fn sorted(ids: impl Iterator<Item = Uuid>) -> Vec<String> {
    let mut list: Vec<_> = ids.map(|id| id.to_string()).collect();
    list.sort_unstable();
    list
}
