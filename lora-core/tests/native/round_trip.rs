//! What is written is read back as the same.

use lora_core::native::{read_question, write_question};
use lora_core::schema::{Class, ClassId};
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::filters::{filters, question};
use crate::{SCHEMA, document, read_filter, written};

fn filter_of_any_class() -> impl Strategy<Value = (&'static Class, lora_core::query::Filter)> {
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
