//! The declarations of a store: its classes as they were declared from each position on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Encoded, IndexChange, Read, StoreError, changes};
use crate::codec::{DecodeError, Frame, Skeleton};
use crate::object::{ObjectId, Position, Registration, Seq};
use crate::schema::{Class, ClassDeclaration, ClassId, FieldId, Ids, Presence, Schema};

/// More than anybody declares; all of them are read at once.
const DECLARATIONS_MAX: usize = 1 << 20;

/// What a declaration entry states; its content is this as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Which store this is; the same in all declarations of one, and in what was restored from it.
    pub store: Uuid,
    /// The classes in force from the entry on.
    pub classes: Vec<ClassDeclaration>,
    /// Which number each declared name has.
    pub ids: Ids,
}

/// All declarations of a store, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Declarations {
    entered: Vec<Entered>,
}

#[derive(Debug, Clone)]
struct Entered {
    position: Position,
    seq: Seq,
    declared: Declared,
    schema: Schema,
}

impl Declarations {
    /// The declarations that a view shows.
    ///
    /// # Errors
    /// [`StoreError`] from the view, also where a declaration cannot be read.
    pub async fn of<V: Read>(view: &V) -> Result<Self, StoreError> {
        let mut declarations = Self::default();
        for Encoded { position, frame, .. } in view.history(ObjectId::STORE, Seq::FIRST, DECLARATIONS_MAX).await? {
            declarations.enter(position, &frame)?;
        }
        Ok(declarations)
    }

    /// Adds the declaration of an entry, which follows those that are here.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the frame is none of a declaration.
    pub fn enter(&mut self, position: Position, frame: &Frame) -> Result<(), StoreError> {
        let corrupt = |source| StoreError::Corrupt { position, source };
        let skeleton = Skeleton::decode(&frame.skeleton).map_err(corrupt)?;
        let declared: Declared = serde_json::from_slice(&frame.content)
            .map_err(|error| corrupt(DecodeError { at: error.column(), expected: "class declarations as JSON" }))?;
        let schema = Schema::new(&declared.classes, declared.ids.clone())
            .map_err(|_| corrupt(DecodeError { at: 0, expected: "class declarations without mistakes" }))?;
        self.entered.push(Entered { position, seq: skeleton.seq, declared, schema });
        Ok(())
    }

    /// The newest declaration.
    pub fn newest(&self) -> Option<&Declared> {
        self.entered.last().map(|entered| &entered.declared)
    }

    /// The classes of the newest declaration.
    pub fn schema(&self) -> Option<&Schema> {
        self.entered.last().map(|entered| &entered.schema)
    }

    /// The place of the newest declaration among all of them.
    pub fn head(&self) -> Option<Seq> {
        self.entered.last().map(|entered| entered.seq)
    }

    /// All fields and derived terms that were ever declared.
    pub(crate) fn text_fields(&self) -> BTreeSet<FieldId> {
        let classes = self.entered.iter().flat_map(|entered| entered.schema.classes());
        classes
            .flat_map(|class| {
                class.fields().map(|(_, field)| field.id).chain(class.derived.iter().map(|derived| derived.id))
            })
            .collect()
    }

    /// All fields that a class ever had.
    pub(crate) fn fields_of(&self, class: ClassId) -> BTreeSet<FieldId> {
        let classes = self.declared(class);
        classes.flat_map(|class| class.fields().map(|(_, field)| field.id)).collect()
    }

    /// Whether a class always said when its objects count.
    pub(crate) fn always_has_presence(&self, class: ClassId) -> bool {
        self.declared(class).all(|class| class.presence.is_some())
    }

    /// What a class always took for presence; `None` where it declared none or several.
    pub(crate) fn only_presence(&self, class: ClassId) -> Option<Presence> {
        let mut declared = self.declared(class).map(|class| class.presence);
        let first = declared.next()??;
        declared.all(|presence| presence == Some(first)).then_some(first)
    }

    /// A class as it was declared from time to time, oldest first.
    pub(crate) fn declared(&self, class: ClassId) -> impl Iterator<Item = &Class> {
        self.entered.iter().filter_map(move |entered| entered.schema.class(class))
    }

    /// A class as it was declared for an entry at a position: the way in which that entry is indexed.
    pub fn class(&self, class: ClassId, position: Position) -> Option<&Class> {
        let count = self.entered.partition_point(|entered| entered.position <= position);
        self.entered[..count].last().and_then(|entered| entered.schema.class(class))
    }

    /// How an entry changes the index, from the entries alone: what a store needs to compute its index anew.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the class was not declared at that position.
    pub fn changes(
        &self,
        previous: Option<(Position, &Registration)>,
        position: Position,
        next: &Registration,
    ) -> Result<IndexChange, StoreError> {
        let class = |position| {
            let source = DecodeError { at: 0, expected: "an object of a class that is declared" };
            self.class(next.object.class, position).ok_or(StoreError::Corrupt { position, source })
        };
        let previous = previous.map(|(position, previous)| Ok((class(position)?, previous))).transpose()?;
        Ok(changes(previous, class(position)?, next))
    }
}
