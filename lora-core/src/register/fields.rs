//! What somebody says of an object: values by their names, and when they hold.

use std::collections::BTreeMap;
use std::ops::Range;

use super::RegisterError;
use crate::object::{Change, Pointing, Statement, Target};
use crate::schema::{Cardinality, Class, FieldId, NameError, Value};
use crate::time::{Period, Timestamp, TransactionTime, ValidTime};

/// Values of an object by their names, and when they hold: from now on, unless it says otherwise.
///
/// Names are checked against the class by whoever is handed this. Of two values for one field or state the last counts.
///
/// ```
/// use lora_core::register::Fields;
/// use lora_core::time::Timestamp;
/// use uuid::uuid;
///
/// let day = |day: &str| format!("{day}T00:00:00Z").parse();
/// let renamed = Fields::new()
///     .set("unit_name", "Finance")
///     .state("activity", "active")
///     .relate("parent", uuid!("5e2ae0f2-5b33-4d8a-9a20-fd9f1a4e1b7c"))
///     .valid(day("2024-01-01")?..day("2025-01-01")?);
/// # Ok::<(), lora_core::time::TimestampError>(())
/// ```
///
/// Only instants of valid time say when values hold; when they were known is the register's business:
///
/// ```compile_fail
/// use lora_core::register::Fields;
/// use lora_core::time::{Timestamp, TransactionTime};
///
/// let known: Timestamp<TransactionTime> = "2024-01-01T00:00:00Z".parse().unwrap();
/// Fields::new().set("unit_name", "Finance").from(known);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    said: Vec<Said>,
    from: Option<Timestamp<ValidTime>>,
    until: Option<Timestamp<ValidTime>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    Field { name: String, change: Change<Value> },
    State { name: String, value: Option<String> },
    Relate { name: String, target: Target },
    Unrelate { name: String, target: Target },
    UnrelateAll { name: String },
}

impl Fields {
    /// Nothing, from now on.
    pub fn new() -> Self {
        Self::default()
    }

    /// A field, alone or as `group.field`, has this value.
    #[must_use]
    pub fn set(self, field: &str, value: impl Into<Value>) -> Self {
        self.and(Said::Field { name: field.to_owned(), change: Change::Set(value.into()) })
    }

    /// A field has no value.
    #[must_use]
    pub fn clear(self, field: &str) -> Self {
        self.and(Said::Field { name: field.to_owned(), change: Change::Clear })
    }

    /// A state has this value.
    #[must_use]
    pub fn state(self, state: &str, value: &str) -> Self {
        self.and(Said::State { name: state.to_owned(), value: Some(value.to_owned()) })
    }

    /// A state has no value.
    #[must_use]
    pub fn clear_state(self, state: &str) -> Self {
        self.and(Said::State { name: state.to_owned(), value: None })
    }

    /// A relation points at this one: in place of any other where it points at one at a time, else beside others.
    #[must_use]
    pub fn relate(self, relation: &str, target: impl Into<Target>) -> Self {
        self.and(Said::Relate { name: relation.to_owned(), target: target.into() })
    }

    /// A relation does not point at this one.
    #[must_use]
    pub fn unrelate(self, relation: &str, target: impl Into<Target>) -> Self {
        self.and(Said::Unrelate { name: relation.to_owned(), target: target.into() })
    }

    /// A relation points at nothing but what is [related](Self::relate) here.
    #[must_use]
    pub fn unrelate_all(self, relation: &str) -> Self {
        self.and(Said::UnrelateAll { name: relation.to_owned() })
    }

    /// All of it holds from an instant on.
    #[must_use]
    pub fn from(self, from: Timestamp<ValidTime>) -> Self {
        Self { from: Some(from), ..self }
    }

    /// All of it holds until an instant, at which it no longer does.
    #[must_use]
    pub fn until(self, until: Timestamp<ValidTime>) -> Self {
        Self { until: Some(until), ..self }
    }

    /// All of it holds from an instant until another one.
    #[must_use]
    pub fn valid(self, valid: Range<Timestamp<ValidTime>>) -> Self {
        self.from(valid.start).until(valid.end)
    }

    /// All of it holds always, and always did.
    #[must_use]
    pub fn always(self) -> Self {
        self.valid(Timestamp::NEG_INFINITY..Timestamp::INFINITY)
    }

    fn and(mut self, said: Said) -> Self {
        self.said.push(said);
        self
    }

    /// The same with the ids of a class, where the present is `now`.
    pub(super) fn statement(&self, class: &Class, now: Timestamp<TransactionTime>) -> Result<Statement, RegisterError> {
        let from = self.from.unwrap_or_else(|| now.as_valid());
        let mut statement = Statement::during(Period::new(from, self.until.unwrap_or(Timestamp::INFINITY))?);
        for said in &self.said {
            said.enter(class, &mut statement)?;
        }
        one_target_each(class, &statement.relations)?;
        demanded(class, &statement, |said| said != Some(&Change::Clear))?;
        Ok(statement)
    }
}

/// Checks what is said of every field that a class demands.
fn demanded(
    class: &Class,
    statement: &Statement,
    suffices: impl Fn(Option<&Change<Value>>) -> bool,
) -> Result<(), RegisterError> {
    let said = |group: FieldId, field| statement.attributes.get(&group).and_then(|values| values.get(&field));
    let mut fields = class.fields().filter(|(_, field)| field.mandatory);
    match fields.find(|(group, field)| !suffices(said(group.id, field.id))) {
        Some((_, field)) => Err(RegisterError::Missing { class: class.name.clone(), field: field.name.clone() }),
        None => Ok(()),
    }
}

/// The statement of a new object: with what its class demands, and present unless it says otherwise.
pub(super) fn of_a_new_object(class: &Class, mut statement: Statement) -> Result<Statement, RegisterError> {
    let is_set = |said: Option<&Change<Value>>| matches!(said, Some(Change::Set(_)));
    demanded(class, &statement, is_set)?;
    if let Some(presence) = class.presence {
        statement.states.entry(presence.state).or_insert(Some(presence.value));
    }
    Ok(statement)
}

impl Said {
    fn enter(&self, class: &Class, statement: &mut Statement) -> Result<(), NameError> {
        match self {
            Self::Field { name, change } => {
                let (group, field) = class.field_called(name)?;
                if let Change::Set(value) = change
                    && value.field_type() != field.field_type
                {
                    let (of, holds, given) = (class.name.clone(), field.field_type, value.field_type());
                    return Err(NameError::Type { of, field: name.clone(), holds, given });
                }
                statement.attributes.entry(group.id).or_default().insert(field.id, change.clone());
            }
            Self::State { name, value } => {
                let state = class.state_called(name)?;
                let value = value.as_ref().map(|value| class.value_called(state, value)).transpose()?;
                statement.states.insert(state.id, value.map(|value| value.id));
            }
            Self::Relate { name, target } => {
                let pointing = pointing(class, statement, name)?;
                if !pointing.add.contains(target) {
                    pointing.add.push(target.clone());
                }
            }
            Self::Unrelate { name, target } => pointing(class, statement, name)?.remove.push(target.clone()),
            Self::UnrelateAll { name } => pointing(class, statement, name)?.only = true,
        }
        Ok(())
    }
}

fn pointing<'a>(class: &Class, statement: &'a mut Statement, name: &str) -> Result<&'a mut Pointing, NameError> {
    Ok(statement.relations.entry(class.relation_called(name)?.id).or_default())
}

fn one_target_each(class: &Class, relations: &BTreeMap<FieldId, Pointing>) -> Result<(), NameError> {
    let to_one = class.relations.iter().filter(|relation| relation.cardinality == Cardinality::ZeroToOne);
    let counted = to_one.map(|relation| (relation, relations.get(&relation.id).map_or(0, |said| said.add.len())));
    match counted.into_iter().find(|(_, count)| *count > 1) {
        Some((relation, count)) => {
            Err(NameError::OneTarget { of: class.name.clone(), relation: relation.name.clone(), count })
        }
        None => Ok(()),
    }
}
