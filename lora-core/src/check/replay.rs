//! What an object has in the index, by its registrations alone.

use super::Finding;
use crate::object::{Content, LifeCycle, ObjectId, Position, Registration, validate_next};
use crate::schema::Class;
use crate::storage::{Boundary, Declarations, Encoded, Key, Posting, PostingDraft, boundaries, postings};
use crate::time::{Period, TransactionTime, ValidTime};

/// What an object has in the index, and had.
#[derive(Default)]
pub(super) struct Replay {
    /// The rectangles that the newest registration has, sorted but for `opened`.
    open: Vec<Posting>,
    /// Rectangles that ended, each with the entry that ended it.
    closed: Vec<(Posting, Position)>,
    /// Boundaries by the index of the view that shows them.
    boundaries: Vec<(usize, Boundary)>,
}

impl Replay {
    /// Registers an object's chain, of which the ledger says that it is in order; `views` are the positions from which
    /// boundaries are asked for.
    /// Findings go to `add`; `None` after one that leaves unknown what follows from the chain.
    pub(super) fn of(
        declarations: &Declarations,
        object: ObjectId,
        chain: &[Encoded],
        views: &[Position],
        mut add: impl FnMut(Finding),
    ) -> Option<Self> {
        let mut replay = Self::default();
        let mut before = Content::EMPTY;
        for (index, encoded) in chain.iter().enumerate() {
            let position = encoded.position;
            let Some(class) = declarations.class(object.class, position) else {
                add(Finding::Undeclared { position, object });
                return None;
            };
            let registration = encoded.frame.registration();
            let registration = registration.map_err(|source| add(Finding::Unreadable { position, source })).ok()?;
            if let Err(source) = validate_next(class, &before, &registration.content) {
                add(Finding::Unsound { position, object, source });
            }
            if registration.lifecycle == LifeCycle::Deleted && !registration.content.is_empty() {
                add(Finding::DeletedStates { position, object });
            }
            replay.register(class, encoded, &registration);
            let next = chain.get(index + 1).map_or(u64::MAX, |next| next.position.0);
            for (view, _) in (0..).zip(views).filter(|(_, view)| (position.0..next).contains(&view.0)) {
                let bounds = boundaries(&registration.content);
                replay.boundaries.extend(bounds.into_iter().map(|at| (view, Boundary { at, object })));
            }
            before = registration.content;
        }
        Some(replay)
    }

    /// Closes the rectangles that a registration does not have, keeps those that it has, and opens the others.
    fn register(&mut self, class: &Class, encoded: &Encoded, registration: &Registration) {
        let since = encoded.registered.from();
        let mut old = std::mem::take(&mut self.open).into_iter().peekable();
        let closed = &mut self.closed;
        let mut close = |posting: Posting| {
            let known = Period::new(posting.known.from(), since).expect("the ledger's chain registers in order");
            closed.push((Posting { known, ..posting }, encoded.position));
        };
        for draft in postings(class, registration) {
            let order = |posting: &Posting| place(posting).cmp(&(&draft.key, draft.valid, draft.present));
            while let Some(gone) = old.next_if(|posting| order(posting).is_lt()) {
                close(gone);
            }
            let kept = old.next_if(|posting| order(posting).is_eq());
            self.open.push(kept.unwrap_or_else(|| opened(draft, encoded, registration.object)));
        }
        old.for_each(close);
    }

    /// The rectangles that a view at a position shows, each with when it was known as seen from there.
    pub(super) fn postings(&self, view: Position) -> impl Iterator<Item = (&Posting, Period<TransactionTime>)> {
        let closed = self.closed.iter().map(|(posting, closed)| (posting, *closed));
        let all = closed.chain(self.open.iter().map(|posting| (posting, Position(u64::MAX))));
        all.filter(move |(posting, _)| posting.opened <= view).map(move |(posting, closed)| {
            let open = Period::since(posting.known.from()).filter(|_| closed > view);
            (posting, open.unwrap_or(posting.known))
        })
    }

    /// The boundaries that the view with an index shows.
    pub(super) fn boundaries(&self, view: usize) -> impl Iterator<Item = Boundary> {
        self.boundaries.iter().filter(move |(of, _)| *of == view).map(|(_, boundary)| *boundary)
    }
}

fn place(posting: &Posting) -> (&Key, Period<ValidTime>, bool) {
    (&posting.key, posting.valid, posting.present)
}

fn opened(draft: PostingDraft, encoded: &Encoded, object: ObjectId) -> Posting {
    let PostingDraft { key, valid, present } = draft;
    let known = Period::since(encoded.registered.from()).expect("instants of registrations are finite");
    Posting { key, object, valid, opened: encoded.position, present, known }
}
