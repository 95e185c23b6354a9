//! The JSON of our own API: filters and queries in and out, what is refused and where, objects out, cursors.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod arguments;
mod documented;
mod filters;
mod objects;
mod reading;
mod refusals;
mod round_trip;

use std::sync::LazyLock;

use lora_core::oio::{Document, InputError, shipped_classes};
use lora_core::query::Filter;
use lora_core::schema::{Class, ClassDeclaration, Ids, Schema};

/// The shipped classes, and one whose names are as awkward as names may be.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let awkward = ClassDeclaration::from_toml("awkward.toml", AWKWARD).unwrap();
    let classes: Vec<_> = shipped_classes().into_iter().chain([awkward]).collect();
    Schema::new(&classes, Ids::default()).unwrap()
});

/// A field that is called as the relation, the state, the group and the derived term are, in two groups; and one that is
/// called as an argument and as a part of the effect.
const AWKWARD: &str = r#"
name = "awkward"
wire = "akavet"
title = "Akavet"
service = "test"
relations = [
  { name = "same", wire = "samme", cardinality = "zero_to_many" },
  { name = "self", wire = "selv", cardinality = "zero_to_many", targets = ["awkward"] },
  { name = "either", wire = "enten", cardinality = "zero_to_many", targets = ["awkward", "facet"] },
]
derived = [{ name = "joined", group = "first", parts = ["same", "note"] }]

[[groups]]
name = "first"
wire = "foerste"
fields = [
  { name = "same", wire = "samme" },
  { name = "note", wire = "note" },
  { name = "joined", wire = "samlet", type = "text_list" },
  { name = "words", wire = "ord", type = "keywords" },
]

[[groups]]
name = "second"
wire = "anden"
fields = [
  { name = "same", wire = "samme2", type = "integer" },
  { name = "flag", wire = "flag", type = "boolean" },
  { name = "first", wire = "foerst" },
  { name = "mood", wire = "lune" },
]

[[states]]
name = "mood"
wire = "humoer"
values = [{ name = "good", wire = "God" }, { name = "bad", wire = "Skidt" }]
"#;

fn class(name: &str) -> &'static Class {
    SCHEMA.class_named(name).unwrap()
}

fn document(json: &str) -> Document {
    Document::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn read_filter(class: &Class, json: &str) -> Result<Filter, InputError> {
    lora_core::native::read_filter(&SCHEMA, class, &document(json))
}

fn written(class: &Class, filter: &Filter) -> String {
    let mut out = Vec::new();
    lora_core::native::write_filter(&mut out, &SCHEMA, class, filter);
    String::from_utf8(out).unwrap()
}
