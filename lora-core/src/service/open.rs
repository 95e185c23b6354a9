//! Opening a store: which classes it has, and under which ids.

use std::sync::Arc;

use async_lock::Mutex;
use uuid::Builder;

use super::{Salts, Service};
use crate::codec::{EntryKind, Frame, Skeleton};
use crate::error::Error;
use crate::object::{ActorId, LifeCycle, ObjectId, Seq};
use crate::schema::{ClassDeclaration, Schema};
use crate::storage::{CommitError, Declarations, Declared, Draft, IndexChange, Read, Step, Storage};

/// More than the writers that a machine runs at once, so that two objects rarely share a queue.
const QUEUES: usize = 256;

impl<S: Storage> Service<S> {
    /// Opens a store for `classes`; ids are those that the store kept, and new names get new ones.
    ///
    /// Where the declarations differ from those in force, the new ones are entered into the ledger.
    ///
    /// # Errors
    /// [`Error::Declarations`] with every mistake, or [`Error::Store`]; nothing is stored.
    pub async fn open(store: S, classes: Vec<ClassDeclaration>, salts: impl Salts) -> Result<Self, Error> {
        let salts: Arc<dyn Salts> = Arc::new(salts);
        let declarations = loop {
            let view = store.view(None).await?;
            let mut declarations = Declarations::of(&view).await?;
            let now = declared_now(&declarations, &classes, salts.as_ref())?;
            if declarations.newest() == Some(&now) {
                break declarations;
            }
            let draft = draft(declarations.head(), &now, salts.as_ref());
            let step = Step {
                seen: view.position(),
                heads: vec![(ObjectId::STORE, declarations.head())],
                entries: vec![draft.clone()],
                ..Step::default()
            };
            match store.commit(step).await {
                Ok(receipt) => {
                    declarations.enter(receipt.last, &draft.frame)?;
                    break declarations;
                }
                Err(CommitError::Moved { .. }) => {} // Another server declares at the same time: see what it said.
                Err(CommitError::Empty) => unreachable!("the step has the declaration"),
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        };
        let schema = declarations.schema().expect("there is a declaration by now").clone();
        let queues = (0..QUEUES).map(|_| Mutex::new(())).collect();
        Ok(Self { store, schema: Arc::new(schema), declarations: Arc::new(declarations), salts, queues })
    }
}

/// What is to be in force: `classes`, under the ids that the store kept.
fn declared_now(before: &Declarations, classes: &[ClassDeclaration], salts: &dyn Salts) -> Result<Declared, Error> {
    let newest = before.newest();
    let ids = newest.map(|declared| declared.ids.clone()).unwrap_or_default();
    let schema = Schema::new(classes, ids).map_err(Error::Declarations)?;
    let store = newest.map_or_else(|| Builder::from_random_bytes(salts.salt()).into_uuid(), |declared| declared.store);
    Ok(Declared { store, classes: classes.to_vec(), ids: schema.ids().clone() })
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
