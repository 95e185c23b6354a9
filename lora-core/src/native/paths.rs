//! Rows of a path, and how they changed between two knowledge times, as JSON and as CSV.
//!
//! ```text
//! row     {"valid": {"from", "to"}, NODE: {"id", "name"?, "since"?: EVIDENCE} | null, …}
//! change  {"became": "gained" | "lost" | "moved", "before": [PERIOD, …], "after": [PERIOD, …],
//!          NODE: {"id", "name"?} | null, …, "causes": [{"node", …EVIDENCE}, …]}
//! EVIDENCE {"position", "registered", "lifecycle", "actor", "note", "batch"?}
//! ```
//!
//! In CSV each node has a column for its id and one for its name; of a row also where it stands in the ledger, when, by
//! whom and why it was registered, if that was asked; of a change these of all its causes, with `; ` in between.

use uuid::Uuid;

use super::csv::{line, written};
use super::names::word_for;
use super::output::{bounds, number, period};
use super::read::LIFECYCLES;
use super::write::{instant, texts};
use crate::oio::output::{list, name, object, text_member, uuid};
use crate::paths::{Change, Evidence, Grounds, Row};
use crate::schema::Path;
use crate::time::{Period, ValidTime};

/// Writes what a path's question finds.
#[derive(Debug, Clone, Copy)]
pub struct PathWriter<'p> {
    /// The path.
    pub path: &'p Path,
    /// Whether rows say what they rest on.
    pub evidence: bool,
}

/// One thing that is found, with what its objects are called.
#[derive(Debug, Clone, Copy)]
pub enum Rendered<'r> {
    /// A row, and what it rests on, if that was asked.
    Row(&'r Row, Option<&'r Grounds>, &'r [Option<String>]),
    /// A change.
    Change(&'r Change, &'r [Option<String>]),
}

impl PathWriter<'_> {
    /// Appends something that was found as a JSON object.
    pub fn json(self, out: &mut Vec<u8>, found: Rendered<'_>) {
        object(out, |out| match found {
            Rendered::Row(row, grounds, labels) => {
                period(out, "valid", row.valid);
                self.nodes(out, &row.objects, labels, |out, node| {
                    if let Some(evidence) = grounds.and_then(|grounds| grounds[node].as_ref()) {
                        name(out, "since");
                        object(out, |out| members(out, evidence));
                    }
                });
            }
            Rendered::Change(change, labels) => {
                texts(out, "became", became(change));
                for (member, periods) in [("before", &change.before), ("after", &change.after)] {
                    name(out, member);
                    list(out, periods, |out, period| bounds(out, *period));
                }
                self.nodes(out, &change.objects, labels, |_, _| {});
                name(out, "causes");
                list(out, &change.causes, |out, cause| {
                    object(out, |out| {
                        texts(out, "node", &self.path.nodes[cause.node].name);
                        members(out, &cause.evidence);
                    });
                });
            }
        });
    }

    fn nodes(
        self,
        out: &mut Vec<u8>,
        objects: &[Option<Uuid>],
        labels: &[Option<String>],
        more: impl Fn(&mut Vec<u8>, usize),
    ) {
        for (index, (node, id)) in self.path.nodes.iter().zip(objects).enumerate() {
            name(out, &node.name);
            match id {
                None => crate::oio::output::separated(out, b"null"),
                Some(id) => object(out, |out| {
                    name(out, "id");
                    uuid(out, *id);
                    text_member(out, "name", labels[index].as_deref().unwrap_or_default());
                    more(out, index);
                }),
            }
        }
    }

    /// Appends the line of names; `changes` says what the lines are about.
    pub fn csv_header(self, out: &mut Vec<u8>, changes: bool) {
        let of_node = |node: &str| {
            let asked = self.evidence && !changes;
            let more: &[&str] = if asked { &["position", "registered", "actor", "note"] } else { &[] };
            let more = more.iter().map(|more| format!("{node}_{more}"));
            [node.to_owned(), format!("{node}_name")].into_iter().chain(more).collect::<Vec<_>>()
        };
        let (first, last): (&[&str], &[&str]) = match changes {
            false => (&["valid_from", "valid_to"], &[]),
            true => (&["became", "before", "after"], &["positions", "registered", "actors", "notes"]),
        };
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let nodes = self.path.nodes.iter().flat_map(|node| of_node(&node.name));
        line(out, own(first).into_iter().chain(nodes).chain(own(last)));
    }

    /// Appends the line of something that was found.
    pub fn csv(self, out: &mut Vec<u8>, found: Rendered<'_>) {
        let id = |id: &Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let mut cells = Vec::new();
        match found {
            Rendered::Row(row, grounds, labels) => {
                cells.extend([written(row.valid.from()), written(row.valid.to())]);
                for (node, (object, label)) in row.objects.iter().zip(labels).enumerate() {
                    cells.extend([id(object), label.clone().unwrap_or_default()]);
                    let evidence = |grounds: &Grounds| grounds[node].as_ref().map(evidence_cells).unwrap_or_default();
                    cells.extend(grounds.map(evidence).into_iter().flatten());
                }
            }
            Rendered::Change(change, labels) => {
                cells.extend([became(change).to_owned(), periods(&change.before), periods(&change.after)]);
                change.objects.iter().zip(labels).for_each(|(object, label)| {
                    cells.extend([id(object), label.clone().unwrap_or_default()]);
                });
                let causes: Vec<_> = change.causes.iter().map(|cause| evidence_cells(&cause.evidence)).collect();
                let column =
                    |column: usize| causes.iter().map(|cells| cells[column].as_str()).collect::<Vec<_>>().join("; ");
                cells.extend((0..4).map(column));
            }
        }
        line(out, cells.into_iter());
    }
}

fn became(change: &Change) -> &'static str {
    match (change.before.is_empty(), change.after.is_empty()) {
        (true, _) => "gained",
        (_, true) => "lost",
        _ => "moved",
    }
}

fn members(out: &mut Vec<u8>, evidence: &Evidence) {
    number(out, "position", evidence.position.0);
    name(out, "registered");
    instant(out, evidence.registered);
    texts(out, "lifecycle", word_for(&LIFECYCLES, evidence.lifecycle));
    name(out, "actor");
    uuid(out, evidence.actor);
    texts(out, "note", &evidence.note);
    if let Some(batch) = evidence.batch {
        name(out, "batch");
        uuid(out, batch);
    }
}

fn evidence_cells(evidence: &Evidence) -> [String; 4] {
    [evidence.position.to_string(), written(evidence.registered), evidence.actor.to_string(), evidence.note.clone()]
}

fn periods(periods: &[Period<ValidTime>]) -> String {
    let period = |period: &Period<ValidTime>| format!("{}/{}", written(period.from()), written(period.to()));
    periods.iter().map(period).collect::<Vec<_>>().join(" ")
}
