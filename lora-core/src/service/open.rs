//! Opening a store: which classes it has, and under which ids.

use std::sync::Arc;

use async_lock::Mutex;
use serde::{Deserialize, Serialize};

use super::{Salts, Service};
use crate::codec::{DecodeError, EntryKind, Frame, Skeleton};
use crate::error::Error;
use crate::object::{ActorId, LifeCycle, ObjectId, Position, Seq};
use crate::schema::{ClassDeclaration, Ids, Schema};
use crate::storage::{CommitError, Draft, Encoded, IndexChange, Read, Step, Storage, StoreError};

/// More than the writers that a machine runs at once, so that two objects rarely share a queue.
const QUEUES: usize = 256;

/// More than anybody declares; all of them are read at once.
const DECLARATIONS_MAX: usize = 1 << 20;

/// The classes in force, as a declaration entry states them.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Declared {
    classes: Vec<ClassDeclaration>,
    ids: Ids,
}

impl<S: Storage> Service<S> {
    /// Opens a store for `classes`; ids are those that the store kept, and new names get new ones.
    ///
    /// Where the declarations differ from those in force, the new ones are entered into the ledger.
    ///
    /// # Errors
    /// [`Error::Declarations`] with every mistake, or [`Error::Store`]; nothing is stored.
    pub async fn open(store: S, classes: Vec<ClassDeclaration>, salts: impl Salts) -> Result<Self, Error> {
        let salts: Arc<dyn Salts> = Arc::new(salts);
        let (schema, declared) = loop {
            let view = store.view(None).await?;
            let entered = view.history(ObjectId::STORE, Seq::FIRST, DECLARATIONS_MAX).await?;
            let entered = entered.iter().map(declared).collect::<Result<Vec<_>, StoreError>>()?;
            let before = entered.last();
            let head = before.map(|(_, seq, _)| *seq);
            let ids = before.map(|(_, _, declared)| declared.ids.clone()).unwrap_or_default();
            let schema = Schema::new(&classes, ids).map_err(Error::Declarations)?;
            let now = Declared { classes: classes.clone(), ids: schema.ids().clone() };
            let mut schemas = entered.iter().map(in_force).collect::<Result<Vec<_>, Error>>()?;
            if before.is_some_and(|(_, _, declared)| *declared == now) {
                break (schema, schemas);
            }
            let draft = draft(head, &now, salts.as_ref());
            let step = Step {
                seen: view.position(),
                heads: vec![(ObjectId::STORE, head)],
                entries: vec![draft],
                ..Step::default()
            };
            match store.commit(step).await {
                Ok(receipt) => {
                    schemas.push((receipt.last, schema.clone()));
                    break (schema, schemas);
                }
                Err(CommitError::Moved { .. }) => {} // Another server declares at the same time: see what it said.
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        };
        let queues = (0..QUEUES).map(|_| Mutex::new(())).collect();
        Ok(Self { store, schema: Arc::new(schema), declared: declared.into(), salts, queues })
    }
}

/// A declaration entry with its position and its place among the declarations.
type Entered = (Position, Seq, Declared);

fn declared(encoded: &Encoded) -> Result<Entered, StoreError> {
    let corrupt = |source| StoreError::Corrupt { position: encoded.position, source };
    let skeleton = Skeleton::decode(&encoded.frame.skeleton).map_err(corrupt)?;
    let declared = serde_json::from_slice(&encoded.frame.content)
        .map_err(|error| corrupt(DecodeError { at: error.column(), expected: "class declarations as JSON" }))?;
    Ok((encoded.position, skeleton.seq, declared))
}

fn in_force((position, _, declared): &Entered) -> Result<(Position, Schema), Error> {
    let schema = Schema::new(&declared.classes, declared.ids.clone()).map_err(Error::Declarations)?;
    Ok((*position, schema))
}

fn draft(head: Option<Seq>, declared: &Declared, salts: &dyn Salts) -> Draft {
    let skeleton = Skeleton {
        kind: EntryKind::Declaration,
        object: ObjectId::STORE,
        seq: head.map_or(Seq::FIRST, Seq::next),
        lifecycle: if head.is_some() { LifeCycle::Corrected } else { LifeCycle::Created },
        actor: ActorId::nil(),
        batch: None,
        asserted: None,
    };
    let content = serde_json::to_vec(declared).expect("declarations are plain data");
    Draft {
        kind: skeleton.kind,
        object: skeleton.object,
        seq: skeleton.seq,
        frame: Frame { skeleton: skeleton.encode(), salt: salts.salt(), content },
        asserted: None,
        index: IndexChange::default(),
    }
}
