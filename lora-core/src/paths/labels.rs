//! What the objects of rows are called.

use std::collections::HashMap;

use uuid::Uuid;

use super::Question;
use crate::object::{AttributeRow, Content, ObjectId, derived_text};
use crate::query::execute::{QueryError, decoded};
use crate::schema::{Class, Field};
use crate::storage::{Declarations, KnownAt, Read};
use crate::time::{Timestamp, ValidTime};

/// Objects of a path's nodes, and the instant at which they are named.
pub type Named<'r> = (&'r [Option<Uuid>], Timestamp<ValidTime>);

/// What each object is called, at an instant and as known in the question: its class's first derived term, else its title,
/// else the first field whose name ends with `_name`, else its user key. Nothing for one that is missing or says nothing.
///
/// # Errors
/// [`QueryError::Store`] from the view.
pub async fn labels<V: Read>(
    view: &V,
    declarations: &Declarations,
    question: &Question,
    rows: &[Named<'_>],
) -> Result<Vec<Vec<Option<String>>>, QueryError> {
    let known = question.context.known.at_most_one().unwrap_or(KnownAt::Latest);
    let object = |node: usize, uuid| ObjectId { class: question.path.nodes[node].class, uuid };
    let all = rows.iter().flat_map(|(objects, _)| objects.iter().enumerate());
    let mut asked: Vec<(ObjectId, KnownAt)> =
        all.filter_map(|(node, uuid)| Some((object(node, (*uuid)?), known))).collect();
    asked.sort_unstable_by_key(|(object, _)| *object);
    asked.dedup();
    let mut contents: HashMap<ObjectId, (Content, &Class)> = HashMap::new();
    for ((object, _), encoded) in asked.iter().zip(view.registrations(&asked).await?) {
        let Some(encoded) = encoded else { continue };
        let class = declarations.class(object.class, encoded.position);
        let class = class.ok_or(QueryError::Undeclared { class: object.class })?;
        contents.insert(*object, (decoded(&encoded)?.content, class));
    }
    let called = |node: usize, uuid: Option<Uuid>, at| {
        let (content, class) = contents.get(&object(node, uuid?))?;
        label(content, class, at)
    };
    let row =
        |(objects, at): &Named<'_>| objects.iter().enumerate().map(|(node, uuid)| called(node, *uuid, *at)).collect();
    Ok(rows.iter().map(row).collect())
}

fn label(content: &Content, class: &Class, at: Timestamp<ValidTime>) -> Option<String> {
    let in_effect = |row: &&AttributeRow| row.effect.valid.contains(at);
    let derived = class.derived.iter().find_map(|derived| {
        content.attributes(derived.group).iter().filter(in_effect).find_map(|row| derived_text(derived, row))
    });
    let of_field = |called: &dyn Fn(&Field) -> bool| {
        let (group, field) = class.fields().find(|(_, field)| called(field))?;
        let value = content.attributes(group.id).iter().filter(in_effect).find_map(|row| row.value(field.id))?;
        value.texts().first().filter(|text| !text.is_empty()).map(|text| (*text).to_owned())
    };
    derived
        .or_else(|| of_field(&|field| field.name == "title"))
        .or_else(|| of_field(&|field| field.name.ends_with("_name")))
        .or_else(|| of_field(&|field| field.name == "user_key"))
}
