//! History as JSON: stages, registrations with what they changed, differences, and when something was learned.
//!
//! ```text
//! stage       {"valid": {"from", "to"}, "present", "stated": {PART: [STATEMENT, …], …}}
//! registered  {"seq", "position", "registered": {"from", "to"}, "lifecycle", "actor", "note", "batch"?, "asserted"?,
//!              "presence": [PERIOD, …], "changed": {PART: [PERIOD, …], …}}
//! difference  {"id", "became": "appears" | "disappears" | "changes",
//!              "parts": {PART: {"before": [STATEMENT, …], "after": [STATEMENT, …]}, …},
//!              "causes": [{"seq", "position", "registered", "lifecycle", "actor", "note", "parts": [PART, …]}, …]}
//! learned     {"believed": [PERIOD, …], "first_known"?, "period"?: PERIOD, "exposure"?: {"from", "to", "days", "micros"}}
//! ```
//!
//! A part is called by its English name. A statement of a group is an object of its fields, one of a state the name of
//! its value, one of a relation `{"to", "type"?}`.

use super::names::word_for;
use super::output::{bounds, number, period};
use super::read::LIFECYCLES;
use super::write::{instant, texts, write_target, write_value};
use crate::history::{Became, Cause, Difference, Learned, Names, Registered, Stage, Statement};
use crate::oio::output::{list, name, object, separated, text, uuid};
use crate::time::{Axis, Period, Periods, Timestamp, ValidTime};

/// Writes the history of objects of one class.
#[derive(Debug, Clone, Copy)]
pub struct HistoryWriter<'n, 'a> {
    /// What the parts of the class are called.
    pub names: &'n Names<'a>,
}

impl HistoryWriter<'_, '_> {
    /// Appends a stage of a timeline.
    pub fn stage(self, out: &mut Vec<u8>, stage: &Stage) {
        object(out, |out| {
            period(out, "valid", stage.period);
            name(out, "present");
            separated(out, if stage.present { b"true" } else { b"false" });
            name(out, "stated");
            object(out, |out| {
                for (part, statements) in stage.stated.parts() {
                    name(out, &self.names.part(part));
                    self.statements(out, statements);
                }
            });
        });
    }

    /// Appends a stretch of the timeline of one part.
    pub fn span(self, out: &mut Vec<u8>, valid: Period<ValidTime>, statements: &[Statement]) {
        object(out, |out| {
            period(out, "valid", valid);
            name(out, "stated");
            self.statements(out, statements);
        });
    }

    fn statements(self, out: &mut Vec<u8>, statements: &[Statement]) {
        list(out, statements, |out, statement| match statement {
            Statement::Row(values) => object(out, |out| {
                for (field, value) in values {
                    name(out, &self.names.part(*field));
                    write_value(out, value);
                }
            }),
            Statement::Value(value) => write_value(out, value),
            Statement::State(value) => text(out, &self.names.state_value(*value)),
            Statement::Target(target, object_type) => object(out, |out| {
                name(out, "to");
                write_target(out, target);
                if let Some(object_type) = object_type {
                    texts(out, "type", object_type);
                }
            }),
        });
    }

    /// Appends a registration with what it changed.
    pub fn registered(self, out: &mut Vec<u8>, registered: &Registered) {
        object(out, |out| {
            number(out, "seq", u64::from(registered.seq.0));
            number(out, "position", registered.position.0);
            period(out, "registered", registered.registered);
            texts(out, "lifecycle", word_for(&LIFECYCLES, registered.lifecycle));
            name(out, "actor");
            uuid(out, registered.actor);
            texts(out, "note", &registered.note);
            if let Some(batch) = registered.batch {
                name(out, "batch");
                uuid(out, batch);
            }
            if let Some(asserted) = registered.asserted {
                instants(out, "asserted", asserted);
            }
            periods(out, "presence", &registered.changes.presence);
            name(out, "changed");
            object(out, |out| {
                for (part, changed) in registered.changes.parts() {
                    periods(out, &self.names.part(part), changed);
                }
            });
        });
    }

    /// Appends a difference.
    pub fn difference(self, out: &mut Vec<u8>, difference: &Difference) {
        let became = match difference.became() {
            Became::Appears => "appears",
            Became::Disappears => "disappears",
            Became::Changes => "changes",
        };
        object(out, |out| {
            name(out, "id");
            uuid(out, difference.object.uuid);
            texts(out, "became", became);
            name(out, "parts");
            object(out, |out| {
                for (part, [before, after]) in &difference.parts {
                    name(out, &self.names.part(*part));
                    object(out, |out| {
                        name(out, "before");
                        self.statements(out, before);
                        name(out, "after");
                        self.statements(out, after);
                    });
                }
            });
            name(out, "causes");
            list(out, &difference.causes, |out, cause| self.cause(out, cause));
        });
    }

    fn cause(self, out: &mut Vec<u8>, cause: &Cause) {
        object(out, |out| {
            number(out, "seq", u64::from(cause.seq.0));
            number(out, "position", cause.position.0);
            instants(out, "registered", cause.registered);
            texts(out, "lifecycle", word_for(&LIFECYCLES, cause.lifecycle));
            name(out, "actor");
            uuid(out, cause.actor);
            texts(out, "note", &cause.note);
            name(out, "parts");
            list(out, &cause.parts, |out, part| text(out, &self.names.part(*part)));
        });
    }
}

/// Appends when something was learned.
pub fn write_learned(out: &mut Vec<u8>, learned: &Learned) {
    object(out, |out| {
        periods(out, "believed", &learned.believed);
        if let Some(first) = learned.first_known() {
            instants(out, "first_known", first);
        }
        if let Some(around) = learned.period {
            period(out, "period", around);
        }
        let exposure = learned.exposure();
        if let Some((exposure, (micros, days))) = exposure.and_then(|one| Some((one, one.micros().zip(one.days())?))) {
            name(out, "exposure");
            object(out, |out| {
                instants(out, "from", exposure.from);
                instants(out, "to", exposure.to);
                name(out, "days");
                separated(out, days.to_string().as_bytes());
                name(out, "micros");
                separated(out, micros.to_string().as_bytes());
            });
        }
    });
}

fn instants<A: Axis>(out: &mut Vec<u8>, member: &str, at: Timestamp<A>) {
    name(out, member);
    instant(out, at);
}

fn periods<A: Axis>(out: &mut Vec<u8>, member: &str, periods: &Periods<A>) {
    name(out, member);
    let periods: Vec<Period<A>> = periods.iter().collect();
    list(out, &periods, |out, period| bounds(out, *period));
}
