//! Filters as JSON, out: in one form only, so that equal filters are equal bytes.

use super::names::{self, Kind};
use super::read::{ALWAYS, COMPARISONS, LIFECYCLES, NEVER, READINGS, STANDS};
use super::write_instant;
use crate::object::Target;
use crate::oio::output::{list, name, object, quoted, separated, text, uuid};
use crate::query::{Comparison, Direction, Filter, Other, Reading, Related, Steps, Test};
use crate::schema::{Class, FieldId, Keyword, Schema, Value};
use crate::storage::KnownAt;
use crate::time::{Axis, Period, Timestamp};

/// Appends a filter of objects of a class as JSON, which [`read_filter`](super::read_filter) reads back as the same.
///
/// A filter that nothing of the class stands behind, such as a test that does not fit the type of its field, is written
/// all the same, and not read.
pub fn write_filter(out: &mut Vec<u8>, schema: &Schema, class: &Class, filter: &Filter) {
    Writer { schema }.filter(out, class, filter);
}

struct Writer<'s> {
    schema: &'s Schema,
}

impl Writer<'_> {
    fn filter(&self, out: &mut Vec<u8>, class: &Class, filter: &Filter) {
        object(out, |out| self.members(out, class, filter));
    }

    fn members(&self, out: &mut Vec<u8>, class: &Class, filter: &Filter) {
        match filter {
            Filter::All(parts) => self.parts(out, "all", class, parts),
            Filter::Any(parts) => self.parts(out, "any", class, parts),
            Filter::Not(filter) => self.inside(out, "not", class, filter),
            Filter::Object(uuids) => one_or_many(out, "id", uuids, |out, id| uuid(out, *id)),
            Filter::Field { field, test } => {
                texts(out, "field", &names::name_of(class, Kind::Value, *field));
                test_member(out, test);
            }
            Filter::AnyText(pattern) => texts(out, "any_text", pattern.source()),
            Filter::State { state, values } => state_members(out, class, *state, values),
            Filter::Relation { relation, object_type, targets } => {
                texts(out, "relation", &relation_name(class, *relation));
                match targets {
                    Some(targets) => one_or_many(out, "to", targets, write_target),
                    None => flag(out, "is_empty", false),
                }
                typed(out, object_type.as_deref());
            }
            Filter::AnyRelation(target) => {
                name(out, "any_relation");
                uuid(out, *target);
            }
            Filter::LifeCycle(stages) => {
                one_or_many(out, "lifecycle", stages, |out, stage| text(out, names::word_for(&LIFECYCLES, *stage)));
            }
            Filter::Actor(actors) => one_or_many(out, "actor", actors, |out, actor| uuid(out, *actor)),
            Filter::Note(pattern) => texts(out, "note", pattern.source()),
            Filter::RegisteredIn(within) => windows(out, "registered_in", Some(*within)),
            Filter::ChangedIn { within, part } => {
                windows(out, "changed_in", Some(*within));
                if let Some(part) = part {
                    texts(out, "part", &names::name_of(class, Kind::Any, *part));
                }
            }
            Filter::Related(related) => self.related(out, class, related),
            Filter::FirstKnownIn { .. }
            | Filter::AsKnown { .. }
            | Filter::Sometime { .. }
            | Filter::Throughout { .. }
            | Filter::Periods { .. } => self.quantified(out, class, filter),
        }
    }

    fn quantified(&self, out: &mut Vec<u8>, class: &Class, filter: &Filter) {
        let filter = match filter {
            Filter::FirstKnownIn { within, filter } => {
                windows(out, "first_known_in", Some(*within));
                filter
            }
            Filter::AsKnown { at, filter } => {
                name(out, "as_known");
                match at {
                    KnownAt::Latest => text(out, "latest"),
                    KnownAt::Instant(at) => instant(out, *at),
                }
                filter
            }
            Filter::Sometime { within, filter } => {
                windows(out, "sometime", *within);
                filter
            }
            Filter::Throughout { within, filter } => {
                windows(out, "throughout", Some(*within));
                filter
            }
            Filter::Periods { of, stand, to } => {
                self.inside(out, "periods_of", class, of);
                one_or_many(out, "stand", stand, |out, stand| text(out, names::word_for(&STANDS, *stand)));
                return match to {
                    Other::Period(period) => windows(out, "to", Some(*period)),
                    Other::Filter(filter) => self.inside(out, "to_periods_of", class, filter),
                };
            }
            _ => return,
        };
        self.inside(out, "where", class, filter);
    }

    fn related(&self, out: &mut Vec<u8>, class: &Class, related: &Related) {
        let Related { relation, direction, object_type, steps, to } = related;
        // Every class of a selection that was read is one of the schema.
        let far = self.schema.class(to.class).unwrap_or(class);
        match direction {
            Direction::Forward => {
                texts(out, "relation", &relation_name(class, *relation));
                texts(out, "class", &far.name);
            }
            Direction::Backward => {
                texts(out, "referred_by", &far.name);
                texts(out, "through", &relation_name(far, *relation));
            }
        }
        typed(out, object_type.as_deref());
        if to.reading != Reading::default() {
            texts(out, "reading", names::word_for(&READINGS, to.reading));
        }
        if let Steps::Many { from_itself, through } = steps {
            texts(out, "steps", "many");
            if *from_itself {
                flag(out, "from_itself", true);
            }
            if let Some(through) = through {
                self.inside(out, "passing", far, through);
            }
        }
        self.inside(out, "where", far, &to.filter);
    }

    fn parts(&self, out: &mut Vec<u8>, operator: &str, class: &Class, parts: &[Filter]) {
        name(out, operator);
        list(out, parts, |out, part| self.filter(out, class, part));
    }

    fn inside(&self, out: &mut Vec<u8>, member: &str, class: &Class, filter: &Filter) {
        name(out, member);
        self.filter(out, class, filter);
    }
}

fn state_members(out: &mut Vec<u8>, class: &Class, id: FieldId, values: &[FieldId]) {
    let state = class.state(id);
    texts(out, "state", &state.map_or_else(|| format!("#{}", id.number()), |state| state.name.clone()));
    let value = |out: &mut Vec<u8>, id: &FieldId| {
        let value = state.and_then(|state| state.value(*id));
        text(out, &value.map_or_else(|| format!("#{}", id.number()), |value| value.name.clone()));
    };
    match values {
        [only] => {
            name(out, "is");
            value(out, only);
        }
        values => {
            name(out, "in");
            list(out, values, value);
        }
    }
}

fn test_member(out: &mut Vec<u8>, test: &Test) {
    match test {
        Test::Is(value) => {
            name(out, "is");
            write_value(out, value);
        }
        Test::Has(wanted) => texts(out, "has", wanted),
        Test::Like(pattern) => texts(out, "like", pattern.source()),
        Test::Compares(comparison, value) => {
            name(out, names::word_for::<Comparison>(&COMPARISONS, *comparison));
            write_value(out, value);
        }
        Test::Given => flag(out, "is_empty", false),
    }
}

/// Appends a value: a text, `true`, a number, a list of texts, or a list of objects for keywords.
pub(super) fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(value) => text(out, value),
        Value::Boolean(value) => separated(out, if *value { b"true" } else { b"false" }),
        Value::Integer(number) => separated(out, number.to_string().as_bytes()),
        Value::TextList(values) => list(out, values, |out, value| text(out, value)),
        Value::Keywords(keywords) => list(out, keywords, |out, keyword| {
            let Keyword { identifier, description, category } = keyword;
            object(out, |out| {
                texts(out, "identifier", identifier);
                texts(out, "description", description);
                texts(out, "category", category);
            });
        }),
    }
}

/// Appends a target: a UUID, a URN, or `null` for a row that says that there is nothing.
pub(super) fn write_target(out: &mut Vec<u8>, target: &Target) {
    match target {
        Target::Uuid(target) => uuid(out, *target),
        Target::Urn(urn) => text(out, urn),
        Target::Nothing => separated(out, b"null"),
    }
}

/// Appends a window: `always`, `never`, or an object with the bounds that are finite.
pub(super) fn write_window<A: Axis>(out: &mut Vec<u8>, window: Option<Period<A>>) {
    let Some(window) = window else { return text(out, NEVER) };
    if window == Period::ALWAYS {
        return text(out, ALWAYS);
    }
    object(out, |out| {
        if window.from() != Timestamp::NEG_INFINITY {
            name(out, "from");
            instant(out, window.from());
        }
        if window.to() != Timestamp::INFINITY {
            name(out, "to");
            instant(out, window.to());
        }
    });
}

/// Appends an instant as a text of JSON.
pub(super) fn instant<A: Axis>(out: &mut Vec<u8>, at: Timestamp<A>) {
    quoted(out, |out| write_instant(out, at));
}

fn windows<A: Axis>(out: &mut Vec<u8>, member: &str, window: Option<Period<A>>) {
    name(out, member);
    write_window(out, window);
}

/// Appends a member that is a text.
pub(super) fn texts(out: &mut Vec<u8>, member: &str, value: &str) {
    name(out, member);
    text(out, value);
}

fn flag(out: &mut Vec<u8>, member: &str, value: bool) {
    name(out, member);
    separated(out, if value { b"true" } else { b"false" });
}

fn typed(out: &mut Vec<u8>, object_type: Option<&str>) {
    if let Some(object_type) = object_type {
        texts(out, "type", object_type);
    }
}

fn one_or_many<T>(out: &mut Vec<u8>, member: &str, values: &[T], value: impl Fn(&mut Vec<u8>, &T)) {
    name(out, member);
    match values {
        [only] => value(out, only),
        values => list(out, values, value),
    }
}

fn relation_name(class: &Class, id: FieldId) -> String {
    class.relation(id).map_or_else(|| format!("#{}", id.number()), |relation| relation.name.clone())
}
