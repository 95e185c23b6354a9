//! What is written is read back as the same.

use lora_core::native::{read_filter as read_filter_of, read_question, write_filter, write_question};
use lora_core::oio::Document;
use lora_core::query::Filter;
use lora_core::schema::{Class, ClassId, Ids, Schema};
use lora_core::testing::{SmallAxis, classes, filter};
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::filters::{filters, question};
use crate::{SCHEMA, document, read_filter, written};

fn filter_of_any_class() -> impl Strategy<Value = (&'static Class, Filter)> {
    let of = |(class, filter): (ClassId, BoxedStrategy<_>)| {
        let class = SCHEMA.class(class).unwrap();
        filter.prop_map(move |filter| (class, filter)).boxed()
    };
    Union::new(filters().into_iter().map(of))
}

proptest! {
    #[test]
    fn a_filter_that_is_written_is_read_back((class, filter) in filter_of_any_class()) {
        let json = written(class, &filter);
        let read = read_filter(class, &json);
        prop_assert_eq!(read.as_ref(), Ok(&filter), "{}", json);
        prop_assert_eq!(written(class, &read.unwrap()), json, "in one form only");
    }

    #[test]
    fn a_query_that_is_written_is_read_back(question in question()) {
        let mut json = Vec::new();
        write_question(&mut json, &SCHEMA, &question);
        let json = String::from_utf8(json).unwrap();
        let read = read_question(&SCHEMA, &document(&json));
        prop_assert_eq!(read.as_ref(), Ok(&question), "{}", json);
    }
}

/// What the executor is tried with, on any classes: a test that does not fit its field is written and then refused, and
/// so is an instant that is none.
fn filter_of_any_schema() -> impl Strategy<Value = (Schema, ClassId, Filter)> {
    classes().prop_flat_map(|classes| {
        let schema = Schema::new(&classes, Ids::default()).unwrap();
        let filters = schema.classes().iter().map(|class| {
            let (id, schema) = (class.id, schema.clone());
            filter(&schema, id, 3, SmallAxis::default(), SmallAxis::default())
                .prop_map(move |filter| (schema.clone(), id, filter))
                .boxed()
        });
        Union::new(filters.collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn a_filter_of_any_classes_is_read_back_or_refused_for_what_it_says((schema, id, filter) in filter_of_any_schema()) {
        let class = schema.class(id).unwrap();
        let mut json = Vec::new();
        write_filter(&mut json, &schema, class, &filter);
        let document = Document::parse(&json).unwrap();
        match read_filter_of(&schema, class, &document) {
            Ok(read) => prop_assert_eq!(read, filter),
            Err(error) => {
                let codes = ["unfit_test", "wrong_type", "unreadable_time"];
                prop_assert!(codes.contains(&error.code), "{}: {}", error, document);
            }
        }
    }
}
