//! What all functions have in common: everything that ties persons, units and systems together.

use std::borrow::Cow;

use uuid::Uuid;

use super::calendar::{Day, Span};
use super::oio::{Act, Class, Object, Slot, Value};
use super::plan::{Plan, Reorganisation};
use super::random::{Kind, Random};

/// A function of the kind `name` that counts during `span`, as known from its first act.
pub(super) fn function(
    plan: &Plan,
    id: Uuid,
    first: Act,
    name: &'static str,
    key: impl Into<Cow<'static, str>>,
    span: Span,
) -> Object {
    let mut object = Object::new(Class::Function, id, first);
    object.set(span.from, Slot::Property("brugervendtnoegle"), Value::text(key));
    object.set(span.from, Slot::Property("funktionsnavn"), Value::text(name));
    object.present(object.created(), span);
    let organisation = Value::id(plan.id(Kind::Organisation, 0, 0));
    object.set(span.from, Slot::Relation("tilknyttedeorganisationer", ""), organisation);
    object
}

/// The relation to units.
pub(super) const UNITS: Slot = Slot::Relation("tilknyttedeenheder", "");
/// The relation to persons.
pub(super) const PERSONS: Slot = Slot::Relation("tilknyttedebrugere", "");
/// The relation to the class that tells the type.
pub(super) const TYPE: Slot = Slot::Relation("organisatoriskfunktionstype", "");
/// The field of the user key.
pub(super) const KEY: Slot = Slot::Property("brugervendtnoegle");

/// An act of a reorganisation, made in the days after the decision; `order` keeps objects apart.
pub(super) fn reorganising(plan: &Plan, by: Reorganisation, order: u64, days: i32, note: &'static str) -> Act {
    let mut random: Random = plan.random(Kind::Batch, order, days.unsigned_abs().into());
    let at = by.decided.plus(days).working_day().time(36_000 + (order % 7200) as i64, random.between(0, 999_999));
    Act::new(at, plan.administrator(&mut random), note).batch(Some(by.batch))
}

/// Ends an object with its unit when a reorganisation closes that.
pub(super) fn close(plan: &Plan, object: &mut Object, closing: Option<Reorganisation>, order: u64) {
    if let Some(by) = closing {
        let known = object.act(reorganising(plan, by, order, 4, "Enheden nedlægges ved omorganiseringen"));
        object.absent(known, by.effect);
    }
}

/// Where in the migration an object has its turn, `stage` by stage.
pub(super) const fn turn(stage: i64, index: u64, width: u64) -> i64 {
    stage + (index % width) as i64
}

/// The value of an address: the URN of its scope.
pub(super) fn address_value(scope: &str, value: &str) -> Value {
    let prefix = match scope {
        "EMAIL" => "urn:mailto:",
        "PHONE" => "urn:magenta.dk:telefon:",
        "WWW" => "urn:magenta.dk:www:",
        "EAN" => "urn:magenta.dk:ean:",
        "PNUMBER" => "urn:dk:cvr:produktionsenhed:",
        "DAR" => "urn:dar:",
        _ => "urn:text:",
    };
    let mut urn = prefix.to_owned();
    if prefix == "urn:text:" {
        push_quoted(&mut urn, value)
    } else {
        urn.push_str(value)
    }
    Value::urn(urn)
}

fn push_quoted(urn: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) {
            urn.push(char::from(byte));
        } else {
            urn.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Whether `day` lies inside `span` and is not its first day: something changes there.
pub(super) fn within(span: Span, day: Day) -> bool {
    span.from < day && day < span.to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_values_are_urns_of_their_scope() {
        assert_eq!(address_value("PHONE", "+4599000001"), Value::urn("urn:magenta.dk:telefon:+4599000001".to_owned()));
        assert_eq!(address_value("TEXT", "Lokale 4"), Value::urn("urn:text:Lokale%204".to_owned()));
    }
}
