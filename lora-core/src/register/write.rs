//! Writing: one statement about one object.

use uuid::Uuid;

use super::fields::of_a_new_object;
use super::{Fields, Register, RegisterError};
use crate::error::Error;
use crate::object::lifecycle::Act;
use crate::object::{Content, ObjectId};
use crate::schema::Class;
use crate::service::Written;
use crate::storage::Storage;

impl<S: Storage> Register<S> {
    /// Makes the object state exactly these fields while they hold, whether or not it is there.
    ///
    /// Where the class has a presence and the fields do not name its state, the object is present. A deleted object comes
    /// back. [`Written::Unchanged`] where it states the same already.
    ///
    /// # Errors
    /// [`RegisterError::Name`] for what the class does not have, [`RegisterError::Missing`] for a mandatory field that is
    /// not set, [`RegisterError::Empty`] for values that never hold, [`RegisterError::Unsound`] for a NUL in a text.
    pub async fn put(&self, class: &str, id: Uuid, fields: Fields) -> Result<Written, RegisterError> {
        self.state(class, id, &fields, Act::Import).await
    }

    /// As [`put`](Self::put), for an object that is not there and never was.
    ///
    /// # Errors
    /// As [`put`](Self::put), and [`RegisterError::Exists`].
    pub async fn create(&self, class: &str, id: Uuid, fields: Fields) -> Result<Written, RegisterError> {
        self.state(class, id, &fields, Act::Create).await
    }

    /// Lets the object state these fields as well while they hold; fields that are not named stay what they are.
    ///
    /// [`Written::Unchanged`] where it states the same already.
    ///
    /// # Errors
    /// As [`put`](Self::put); [`RegisterError::NotThere`] and [`RegisterError::Gone`] for an object that is not in use;
    /// [`RegisterError::Unsound`], with the period, where a mandatory field would have no value.
    pub async fn update(&self, class: &str, id: Uuid, fields: Fields) -> Result<Written, RegisterError> {
        self.state(class, id, &fields, Act::Update).await
    }

    /// Deletes the object: it states nothing any more, whatever instant is asked about. What it stated stays readable as
    /// known before. [`Written::Unchanged`] where it is deleted already.
    ///
    /// To let something end that did exist, say so in a state, or put an end to its fields with [`Fields::until`].
    ///
    /// # Errors
    /// [`RegisterError::Name`] for an unknown class, [`RegisterError::NotThere`] where the object never was.
    pub async fn delete(&self, class: &str, id: Uuid) -> Result<Written, RegisterError> {
        let class = self.service.schema().class_called(class)?;
        let object = ObjectId { class: class.id, uuid: id };
        self.written(class, id, self.service.delete(object, self.by.clone()).await)
    }

    async fn state(&self, class: &str, id: Uuid, fields: &Fields, act: Act) -> Result<Written, RegisterError> {
        let class = self.service.schema().class_called(class)?;
        let statement = fields.statement(class, self.present.now())?;
        let statement = if act == Act::Update { statement } else { of_a_new_object(class, statement)? };
        let next = |class: &Class, previous: &Content| match act {
            Act::Update => statement.over(class, previous),
            _ => statement.instead_of(class, previous),
        };
        let object = ObjectId { class: class.id, uuid: id };
        self.written(class, id, self.service.restate(object, act, next, self.by.clone()).await)
    }

    fn written(&self, class: &Class, id: Uuid, written: Result<Written, Error>) -> Result<Written, RegisterError> {
        let written = written.map_err(|error| RegisterError::of_write(&class.name, id, error))?;
        if let Some(receipt) = written.receipt() {
            self.present.not_before(receipt.instant);
        }
        Ok(written)
    }
}
