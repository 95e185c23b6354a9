//! Questions written with names: what [`Filter`] says with ids, with the names of a schema.
//!
//! ```
//! use std::sync::Arc;
//! use lora_core::oio::shipped_classes;
//! use lora_core::query::build::Ask;
//! use lora_core::query::{Query, TimeContext};
//! use lora_core::schema::{Ids, Schema};
//! use lora_core::time::Timestamp;
//! use uuid::uuid;
//!
//! let schema = Arc::new(Schema::new(&shipped_classes(), Ids::default()).expect("they are sound"));
//! let root = uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c");
//!
//! // Units called Øko…, directly below a certain one, that somebody leads.
//! let ask = Ask::of(&schema, "organisation_unit")
//!     .filter(|unit| unit.field("unit_name").like("øko%") & unit.relation("parent").to(root))
//!     .filter(|unit| {
//!         let leads = unit.pointed_at_by("organisation_function", "associated_units");
//!         leads.which(|function| function.field("function_name").is("leder"))
//!     })
//!     .order_by("unit_name");
//! let query: Query = ask.query(TimeContext::now(Timestamp::from_micros(0)?))?;
//! assert_eq!(query.order.len(), 1);
//!
//! // A name that is not there is an error of the whole, whatever else was asked.
//! let mistaken = Ask::of(&schema, "organisation_unit").filter(|unit| !unit.state("activty").is("active"));
//! let error = mistaken.selection().unwrap_err();
//! assert!(error.to_string().starts_with("`organisation_unit` has no state `activty` (did you mean `activity`?)"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod condition;
mod field;
mod relation;
mod subject;

use std::sync::Arc;

pub use condition::Condition;
pub use field::{SubjectField, SubjectState};
pub use relation::{Join, SubjectRelation};
pub use subject::Subject;

use super::{Filter, Order, PatternError, Query, Reading, Selection, TimeContext};
use crate::schema::{Class, ClassId, FieldType, NameError, Schema};

/// A question cannot be asked like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// A name is not declared, or what is asked of it makes no sense.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A pattern is none.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// A question about the objects of a class, by names.
///
/// It says nothing about time but what its conditions say, so that the same question can be asked as of several times.
/// The first mistake in it is the answer to [`selection`](Self::selection) and [`query`](Self::query).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    schema: Arc<Schema>,
    class: Result<ClassId, AskError>,
    reading: Reading,
    condition: Condition,
    order: Result<Vec<Order>, AskError>,
    limit: usize,
}

impl Ask {
    /// All objects of a class that count: while they are present, where the class says what that is.
    pub fn of(schema: &Arc<Schema>, class: &str) -> Self {
        Self {
            schema: schema.clone(),
            class: schema.class_called(class).map(|class| class.id).map_err(AskError::from),
            reading: Reading::Present,
            condition: Filter::EVERYWHERE.into(),
            order: Ok(Vec::new()),
            limit: usize::MAX,
        }
    }

    /// Of these the ones, at the points, where a condition holds; several are all to hold at the same point.
    #[must_use]
    pub fn filter(mut self, condition: impl FnOnce(Subject<'_>) -> Condition) -> Self {
        if let Some(class) = self.known_class() {
            let more = condition(Subject::new(&self.schema, class));
            self.condition = self.condition & more;
        }
        self
    }

    /// When objects count, in place of [`Reading::Present`].
    #[must_use]
    pub fn reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// Small values of a field, or derived term, first; of several orders the first is the most important.
    #[must_use]
    pub fn order_by(self, field: &str) -> Self {
        self.ordered(field, false)
    }

    /// Great values of a field, or derived term, first.
    #[must_use]
    pub fn order_by_descending(self, field: &str) -> Self {
        self.ordered(field, true)
    }

    /// No more than the first so many.
    #[must_use]
    pub fn limit(self, objects: usize) -> Self {
        Self { limit: objects, ..self }
    }

    /// How many are wanted at most; it is for whoever has the question answered, and no part of the [`Query`].
    pub const fn limit_objects(&self) -> usize {
        self.limit
    }

    /// Which objects are asked for, at which points.
    ///
    /// # Errors
    /// [`AskError`], the first in the order of writing.
    pub fn selection(&self) -> Result<Selection, AskError> {
        let (class, condition) = (self.class.clone()?, self.condition.clone());
        Ok(Selection { class, reading: self.reading, filter: condition.filter()? })
    }

    /// The question as of a context.
    ///
    /// # Errors
    /// [`AskError`], the first in the order of writing; one of the order last.
    pub fn query(&self, context: TimeContext) -> Result<Query, AskError> {
        Ok(Query { select: self.selection()?, context, order: self.order.clone()? })
    }

    fn known_class(&self) -> Option<&Class> {
        self.schema.class(*self.class.as_ref().ok()?)
    }

    fn ordered(mut self, field: &str, descending: bool) -> Self {
        let Some(class) = self.known_class() else { return self };
        let by = class.term_called(field).and_then(|term| match term.holds {
            FieldType::Text | FieldType::Integer | FieldType::Boolean => Ok(term.id),
            holds => Err(NameError::Test {
                of: class.name.clone(),
                field: field.to_owned(),
                holds,
                test: "an order",
                needs: "texts, numbers, or true and false",
            }),
        });
        match (by, &mut self.order) {
            (Ok(by), Ok(order)) => order.push(Order { by, descending }),
            (Err(error), Ok(_)) => self.order = Err(error.into()),
            (_, Err(_)) => {}
        }
        self
    }
}
