//! Queries as JSON, in and out.

use super::names::{self, Kind};
use super::read::{READINGS, Reader, only, reading};
use super::when::When;
use super::write::{texts, write_filter};
use crate::oio::input::{Place, find, members, required, text};
use crate::oio::output::{list, name, object, separated, text as write_text};
use crate::oio::{Document, InputError};
use crate::query::{Filter, Order, Query, Reading, Selection, TimeContext};
use crate::schema::{Class, FieldId, FieldType, Schema};

/// How many objects a page may have.
pub const LIMIT_MAX: usize = 10_000;
/// By how many fields an answer may be ordered.
pub const ORDER_MAX: usize = 8;

/// The members of a query.
const MEMBERS: [&str; 11] =
    ["class", "known", "valid", "reading", "where", "order", "limit", "after", "show", "count", "group_by"];
/// Those that are about objects one by one, and so not about their number.
const OF_OBJECTS: [&str; 4] = ["order", "limit", "after", "show"];

const SHOWS: [(&str, Show); 3] = [("ids", Show::Ids), ("points", Show::Points), ("objects", Show::Objects)];

/// A query, before the present is known, and which part of its answer in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which objects, at which points.
    pub select: Selection,
    /// From which point of time.
    pub when: When,
    /// In which order.
    pub order: Vec<Order>,
    /// What is to be said of them.
    pub wants: Wants,
    /// How many at most.
    pub limit: Option<usize>,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// What is to be said of the objects that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Each of them.
    Objects(Show),
    /// How many there are, and how many have each value of a field, derived term, state or relation.
    Count(Option<FieldId>),
}

/// What is shown of an object; each has what the one before has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Show {
    /// Its id.
    #[default]
    Ids,
    /// The points at which it was found.
    Points,
    /// What it states, as registered at the first of them.
    Objects,
}

impl Question {
    /// All objects of a class that count now.
    pub fn of(select: Selection) -> Self {
        let wants = Wants::Objects(Show::Ids);
        Self { select, when: When::default(), order: Vec::new(), wants, limit: None, after: None }
    }

    /// What the executor is asked, from a point of time.
    pub fn query(&self, context: TimeContext) -> Query {
        Query { select: self.select.clone(), context, order: self.order.clone() }
    }
}

/// Reads a query.
///
/// # Errors
/// [`InputError`] for the first member that may not stand where it stands.
pub fn read_question(schema: &Schema, document: &Document) -> Result<Question, InputError> {
    let at = &Place::Root;
    let given = members(document, at)?;
    only(given, at, &MEMBERS)?;
    let place = at.member("class");
    let class = names::class(schema, text(required(given, at, "class")?, &place)?, &place)?;
    let when = When::of_members(find(given, "known"), find(given, "valid"), at)?;
    let reading = match find(given, "reading") {
        Some(document) => reading(document, &at.member("reading"))?,
        None => Reading::default(),
    };
    let filter = match find(given, "where") {
        Some(document) => Reader::new(schema).filter(class, document, &at.member("where"))?,
        None => Filter::EVERYWHERE,
    };
    let order = match find(given, "order") {
        Some(document) => orders(class, document, &at.member("order"))?,
        None => Vec::new(),
    };
    let select = Selection { class: class.id, reading, filter };
    let wants = wants(class, &|name| find(given, name), at)?;
    let limit = find(given, "limit").map(|document| limit(document, &at.member("limit"))).transpose()?;
    let after = find(given, "after").map(|document| text(document, &at.member("after")).map(str::to_owned));
    Ok(Question { select, when, order, wants, limit, after: after.transpose()? })
}

/// What is to be said of the objects, by the members `count`, `group_by` and `show`.
pub(super) fn wants<'d>(
    class: &Class,
    find: &dyn Fn(&str) -> Option<&'d Document>,
    above: &Place<'_>,
) -> Result<Wants, InputError> {
    let counts = match find("count") {
        Some(document) => {
            let at = above.member("count");
            document.as_bool().ok_or_else(|| at.wrong_type(document, "boolean"))?
        }
        None => false,
    };
    if !counts {
        if find("group_by").is_some() {
            let accepted = "`\"count\": true` beside it".to_owned();
            return Err(above.member("group_by").error("not_counted", "is about counts", None, accepted));
        }
        let show = find("show").map(|document| {
            let at = above.member("show");
            names::word(&SHOWS, text(document, &at)?, &at)
        });
        return Ok(Wants::Objects(show.transpose()?.unwrap_or_default()));
    }
    if let Some(name) = OF_OBJECTS.into_iter().find(|name| find(name).is_some()) {
        let accepted = "`count` and `group_by` without it".to_owned();
        return Err(above.member(name).error("counted", "is about objects, not about their number", None, accepted));
    }
    let by = find("group_by").map(|document| {
        let at = above.member("group_by");
        let part = names::resolve(class, Kind::Stated, text(document, &at)?, &at)?;
        single(part.field_type(), "grouped by", &at)?;
        Ok(part.id())
    });
    Ok(Wants::Count(by.transpose()?))
}

/// Reads a list of names, or of objects with a name and a direction.
fn orders(class: &Class, document: &Document, at: &Place<'_>) -> Result<Vec<Order>, InputError> {
    let items = document.as_list().ok_or_else(|| at.wrong_type(document, "array"))?;
    within_order(items.len(), at)?;
    let order = |(index, item): (usize, &Document)| {
        let at = at.item(index);
        if let Some(name) = item.as_text() {
            return order(class, name, false, &at);
        }
        let given = members(item, &at)?;
        only(given, &at, &["by", "descending"])?;
        let descending = match find(given, "descending") {
            Some(document) => {
                document.as_bool().ok_or_else(|| at.member("descending").wrong_type(document, "boolean"))?
            }
            None => false,
        };
        let place = at.member("by");
        order(class, text(required(given, &at, "by")?, &place)?, descending, &place)
    };
    items.iter().enumerate().map(order).collect()
}

/// Refuses more fields than an answer may be ordered by.
pub(super) fn within_order(count: usize, at: &Place<'_>) -> Result<(), InputError> {
    if count <= ORDER_MAX {
        return Ok(());
    }
    let accepted = format!("at most {ORDER_MAX} fields");
    Err(at.error("too_many_parts", "orders by too much", Some(&count.to_string()), accepted))
}

/// An order by the field or derived term with a name.
pub(super) fn order(class: &Class, name: &str, descending: bool, at: &Place<'_>) -> Result<Order, InputError> {
    let part = names::resolve(class, Kind::Value, name, at)?;
    single(part.field_type(), "ordered by", at)?;
    Ok(Order { by: part.id(), descending })
}

/// Refuses a field of lists.
fn single(field_type: Option<FieldType>, what: &str, at: &Place<'_>) -> Result<(), InputError> {
    match field_type {
        Some(FieldType::TextList | FieldType::Keywords) => {
            let accepted = "a field of texts, numbers or booleans".to_owned();
            Err(at.error("unfit_field", &format!("is a field of lists, and cannot be {what}"), None, accepted))
        }
        _ => Ok(()),
    }
}

/// Reads how many objects at most.
pub(super) fn limit(document: &Document, at: &Place<'_>) -> Result<usize, InputError> {
    let number = document.as_integer().and_then(|number| usize::try_from(number).ok());
    number.filter(|number| (1..=LIMIT_MAX).contains(number)).ok_or_else(|| {
        let accepted = format!("a whole number from 1 to {LIMIT_MAX}");
        at.error("out_of_range", "is no number of objects", Some(&document.shortened()), accepted)
    })
}

/// Appends a query as JSON, which [`read_question`] reads back as the same.
pub fn write_question(out: &mut Vec<u8>, schema: &Schema, question: &Question) {
    write(out, schema, question, true);
}

/// Appends what a query and those of its other pages have in common.
pub(super) fn write_common(out: &mut Vec<u8>, schema: &Schema, question: &Question) {
    write(out, schema, question, false);
}

fn write(out: &mut Vec<u8>, schema: &Schema, question: &Question, with_page: bool) {
    let select = &question.select;
    let Some(class) = schema.class(select.class) else { return separated(out, b"null") };
    object(out, |out| {
        texts(out, "class", &class.name);
        question.when.write_members(out);
        texts(out, "reading", names::word_for(&READINGS, select.reading));
        name(out, "where");
        write_filter(out, schema, class, &select.filter);
        if !question.order.is_empty() {
            name(out, "order");
            list(out, &question.order, |out, order| write_order(out, class, *order));
        }
        match question.wants {
            Wants::Objects(show) => texts(out, "show", names::word_for(&SHOWS, show)),
            Wants::Count(by) => {
                name(out, "count");
                separated(out, b"true");
                if let Some(by) = by {
                    texts(out, "group_by", &names::name_of(class, Kind::Stated, by));
                }
            }
        }
        if let Some(limit) = question.limit.filter(|_| with_page) {
            name(out, "limit");
            separated(out, limit.to_string().as_bytes());
        }
        if let Some(after) = question.after.as_ref().filter(|_| with_page) {
            texts(out, "after", after);
        }
    });
}

fn write_order(out: &mut Vec<u8>, class: &Class, order: Order) {
    let by = names::name_of(class, Kind::Value, order.by);
    if !order.descending {
        return write_text(out, &by);
    }
    object(out, |out| {
        texts(out, "by", &by);
        name(out, "descending");
        separated(out, b"true");
    });
}
