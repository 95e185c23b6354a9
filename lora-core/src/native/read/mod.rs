//! Filters as JSON, in: each object is one operator, called by one member, with the members that belong to it.

mod related;
mod times;
mod values;

pub(super) use self::related::target;
pub(super) use self::times::{ALWAYS, NEVER, STANDS, between, bound, instant, window};
pub(super) use self::values::{COMPARISONS, TESTS, of_tests, state_value, uuid};

use super::names;
use crate::object::LifeCycle;
use crate::oio::input::{Members, Place, find, members, missing, required, text};
use crate::oio::{Document, InputError};
use crate::query::{Filter, Pattern, Reading};
use crate::schema::{Class, Schema};

/// How many operators and listed values a question may be made of.
pub const SIZE_MAX: usize = 1_000;

/// The words for the life cycles.
pub(super) const LIFECYCLES: [(&str, LifeCycle); 5] = [
    ("created", LifeCycle::Created),
    ("imported", LifeCycle::Imported),
    ("corrected", LifeCycle::Corrected),
    ("passivated", LifeCycle::Passivated),
    ("deleted", LifeCycle::Deleted),
];

/// The words for when an object counts.
pub(super) const READINGS: [(&str, Reading); 3] =
    [("present", Reading::Present), ("rows", Reading::Rows), ("registered", Reading::Registered)];

/// What an object says, by the member that calls it.
#[derive(Debug, Clone, Copy)]
enum Operator {
    All,
    Any,
    Not,
    Id,
    Field,
    AnyText,
    State,
    Relation,
    ReferredBy,
    AnyRelation,
    LifeCycle,
    Actor,
    Note,
    RegisteredIn,
    ChangedIn,
    FirstKnownIn,
    AsKnown,
    Sometime,
    Throughout,
    PeriodsOf,
}

/// Each operator with the member that calls it and those that may stand beside it.
const OPERATORS: [(&str, Operator, &[&str]); 20] = [
    ("all", Operator::All, &[]),
    ("any", Operator::Any, &[]),
    ("not", Operator::Not, &[]),
    ("id", Operator::Id, &[]),
    ("field", Operator::Field, &TESTS),
    ("any_text", Operator::AnyText, &[]),
    ("state", Operator::State, &["is", "in"]),
    ("relation", Operator::Relation, &related::RELATION),
    ("referred_by", Operator::ReferredBy, &related::REFERRED_BY),
    ("any_relation", Operator::AnyRelation, &[]),
    ("lifecycle", Operator::LifeCycle, &[]),
    ("actor", Operator::Actor, &[]),
    ("note", Operator::Note, &[]),
    ("registered_in", Operator::RegisteredIn, &[]),
    ("changed_in", Operator::ChangedIn, &["part"]),
    ("first_known_in", Operator::FirstKnownIn, &["where"]),
    ("as_known", Operator::AsKnown, &["where"]),
    ("sometime", Operator::Sometime, &["where"]),
    ("throughout", Operator::Throughout, &["where"]),
    ("periods_of", Operator::PeriodsOf, &["stand", "to", "to_periods_of"]),
];

/// Reads filters, and counts what they are made of.
#[derive(Debug)]
pub(super) struct Reader<'s> {
    schema: &'s Schema,
    size: usize,
}

/// An object of the document, and whose objects it is about.
struct Node<'n> {
    class: &'n Class,
    members: &'n Members,
    at: &'n Place<'n>,
}

impl<'n> Node<'n> {
    /// A member that must be there.
    fn required(&self, name: &str) -> Result<&'n Document, InputError> {
        required(self.members, self.at, name)
    }

    fn find(&self, name: &str) -> Option<&'n Document> {
        find(self.members, name)
    }

    fn member(&self, name: &'n str) -> Place<'n> {
        self.at.member(name)
    }
}

impl<'s> Reader<'s> {
    pub(super) const fn new(schema: &'s Schema) -> Self {
        Self { schema, size: 0 }
    }

    /// The filter of objects of a class that a document says.
    pub(super) fn filter(&mut self, class: &Class, document: &Document, at: &Place<'_>) -> Result<Filter, InputError> {
        self.count(1, at)?;
        let members = members(document, at)?;
        let (name, operator) = operator(members, at)?;
        let node = Node { class, members, at };
        let (value, place) = (node.required(name)?, at.member(name));
        Ok(match operator {
            Operator::All => Filter::All(self.filters(class, value, &place)?),
            Operator::Any => Filter::Any(self.filters(class, value, &place)?),
            Operator::Not => Filter::Not(self.boxed(class, value, &place)?),
            Operator::Id => Filter::Object(self.one_or_many(value, &place, uuid)?),
            Operator::Field => self.field(&node)?,
            Operator::AnyText => Filter::AnyText(pattern(value, &place)?),
            Operator::State => self.state(&node)?,
            Operator::Relation => self.relation(&node)?,
            Operator::ReferredBy => self.referred_by(&node)?,
            Operator::AnyRelation => Filter::AnyRelation(uuid(value, &place)?),
            Operator::LifeCycle => Filter::LifeCycle(self.one_or_many(value, &place, lifecycle)?),
            Operator::Actor => Filter::Actor(self.one_or_many(value, &place, uuid)?),
            Operator::Note => Filter::Note(pattern(value, &place)?),
            Operator::RegisteredIn
            | Operator::ChangedIn
            | Operator::FirstKnownIn
            | Operator::AsKnown
            | Operator::Sometime
            | Operator::Throughout
            | Operator::PeriodsOf => self.quantified(operator, value, &node)?,
        })
    }

    /// A filter inside another.
    fn boxed(&mut self, class: &Class, document: &Document, at: &Place<'_>) -> Result<Box<Filter>, InputError> {
        self.filter(class, document, at).map(Box::new)
    }

    fn filters(&mut self, class: &Class, document: &Document, at: &Place<'_>) -> Result<Vec<Filter>, InputError> {
        let items = document.as_list().ok_or_else(|| at.wrong_type(document, "array"))?;
        items.iter().enumerate().map(|(index, item)| self.filter(class, item, &at.item(index))).collect()
    }

    /// One value, or a list of them.
    fn one_or_many<T>(
        &mut self,
        document: &Document,
        at: &Place<'_>,
        read: impl Fn(&Document, &Place<'_>) -> Result<T, InputError>,
    ) -> Result<Vec<T>, InputError> {
        if document.as_list().is_none() {
            return Ok(vec![read(document, at)?]);
        }
        self.many(document, at, read)
    }

    /// A list of values.
    fn many<T>(
        &mut self,
        document: &Document,
        at: &Place<'_>,
        read: impl Fn(&Document, &Place<'_>) -> Result<T, InputError>,
    ) -> Result<Vec<T>, InputError> {
        let items = document.as_list().ok_or_else(|| at.wrong_type(document, "array"))?;
        self.count(items.len(), at)?;
        items.iter().enumerate().map(|(index, item)| read(item, &at.item(index))).collect()
    }

    /// Counts what the question is made of.
    pub(super) fn count(&mut self, more: usize, at: &Place<'_>) -> Result<(), InputError> {
        self.size = self.size.saturating_add(more);
        if self.size <= SIZE_MAX {
            return Ok(());
        }
        let accepted = format!("at most {SIZE_MAX} operators and listed values together");
        Err(at.error("too_many_parts", "makes the question too large", None, accepted))
    }
}

/// The operator that an object is, by the one of its members that calls one.
fn operator(members: &Members, at: &Place<'_>) -> Result<(&'static str, Operator), InputError> {
    let called = |name: &str| OPERATORS.iter().find(|(operator, ..)| *operator == name);
    let mut found = members.iter().filter_map(|(name, _)| called(name));
    let all: Vec<&str> = OPERATORS.iter().map(|(name, ..)| *name).collect();
    let Some((name, operator, beside)) = found.next() else {
        return Err(match members.first() {
            Some((name, _)) => names::unknown_member(at, name, &all),
            None => at.error("no_operator", "says nothing", None, "`{\"all\": []}` for everything".to_owned()),
        });
    };
    if let Some((other, ..)) = found.next() {
        let what = format!("has two operators, `{name}` and `{other}`");
        return Err(at.error("two_operators", &what, None, "one, or both in a list under `all` or `any`".to_owned()));
    }
    let allowed: Vec<&str> = [*name].into_iter().chain(beside.iter().copied()).collect();
    only(members, at, &allowed)?;
    Ok((name, *operator))
}

/// Refuses every member that is not one of a few, with the nearest.
pub(super) fn only(members: &Members, at: &Place<'_>, allowed: &[&str]) -> Result<(), InputError> {
    match members.iter().find(|(name, _)| !allowed.contains(&name.as_str())) {
        Some((name, _)) => Err(names::unknown_member(at, name, allowed)),
        None => Ok(()),
    }
}

/// The one of several members that is there.
fn one_of<'n>(node: &Node<'n>, names: &[&'static str]) -> Result<(&'static str, &'n Document), InputError> {
    let mut given = names.iter().filter_map(|name| Some((*name, node.find(name)?)));
    match (given.next(), given.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(missing(node.at, &names.join("` or `"))),
        (Some((one, _)), Some((other, _))) => {
            let what = format!("has two tests, `{one}` and `{other}`");
            let accepted = "one test in each object; several objects under `all` or `any`".to_owned();
            Err(node.at.error("two_tests", &what, None, accepted))
        }
    }
}

pub(super) fn lifecycle(document: &Document, at: &Place<'_>) -> Result<LifeCycle, InputError> {
    names::word(&LIFECYCLES, text(document, at)?, at)
}

/// When an object counts.
pub(super) fn reading(document: &Document, at: &Place<'_>) -> Result<Reading, InputError> {
    names::word(&READINGS, text(document, at)?, at)
}

/// A pattern as LoRA's clients write it.
pub(super) fn pattern(document: &Document, at: &Place<'_>) -> Result<Pattern, InputError> {
    pattern_in(text(document, at)?, at)
}

fn pattern_in(text: &str, at: &Place<'_>) -> Result<Pattern, InputError> {
    Pattern::parse(text).map_err(|_| {
        let accepted = r"`%` for any run of characters, `\%` for a percent sign, `\\` for a backslash".to_owned();
        at.error("unfinished_pattern", "ends in the middle of an escape", Some(text), accepted)
    })
}

/// Whether `true` or `false` stands there.
pub(super) fn boolean(document: &Document, at: &Place<'_>) -> Result<bool, InputError> {
    document.as_bool().ok_or_else(|| at.wrong_type(document, "boolean"))
}
