//! OIO objects as the generator builds them: facts that are known from one act on, and what follows from them.
//!
//! An [`Object`] is a list of *acts* (its registrations) and a list of *facts*. A fact says what a slot holds for a
//! span of valid time, from the act that stated it until the act that took it back, if any. What is believed after
//! an act is the facts known by then, laid over one another in the order in which they became known.

use std::borrow::Cow;

use uuid::Uuid;

use super::calendar::{Day, Instant, Span};

/// An OIO class that the generator writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Organisation,
    Unit,
    Function,
    Person,
    System,
    Facet,
    Klasse,
    Classification,
}

impl Class {
    /// The class's name on the wire, which also begins the names of its groups and its state.
    pub(super) const fn wire(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Unit => "organisationenhed",
            Self::Function => "organisationfunktion",
            Self::Person => "bruger",
            Self::System => "itsystem",
            Self::Facet => "facet",
            Self::Klasse => "klasse",
            Self::Classification => "klassifikation",
        }
    }

    const fn is_published(self) -> bool {
        matches!(self, Self::Facet | Self::Klasse | Self::Classification)
    }

    /// The name of the class's only state.
    pub(super) const fn state(self) -> &'static str {
        if self.is_published() { "publiceret" } else { "gyldighed" }
    }

    /// The state's value while the object counts.
    pub(super) const fn present(self) -> &'static str {
        if self.is_published() { "Publiceret" } else { "Aktiv" }
    }

    /// The state's value while the object does not count.
    pub(super) const fn absent(self) -> &'static str {
        if self.is_published() { "IkkePubliceret" } else { "Inaktiv" }
    }
}

/// What kind of act a registration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LifeCycle {
    Created,
    Imported,
    Corrected,
    Passivated,
    Deleted,
}

impl LifeCycle {
    pub(super) const fn wire(self) -> &'static str {
        match self {
            Self::Created => "Opstaaet",
            Self::Imported => "Importeret",
            Self::Corrected => "Rettet",
            Self::Passivated => "Passiveret",
            Self::Deleted => "Slettet",
        }
    }
}

/// One registration: when, by whom, and why.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) at: Instant,
    pub(super) life: LifeCycle,
    pub(super) actor: Uuid,
    pub(super) note: Cow<'static, str>,
    pub(super) batch: Option<Uuid>,
}

impl Act {
    /// An update.
    pub(super) fn new(at: Instant, actor: Uuid, note: impl Into<Cow<'static, str>>) -> Self {
        Self { at, life: LifeCycle::Corrected, actor, note: note.into(), batch: None }
    }

    pub(super) const fn life(mut self, life: LifeCycle) -> Self {
        self.life = life;
        self
    }

    pub(super) const fn batch(mut self, batch: Option<Uuid>) -> Self {
        self.batch = batch;
        self
    }
}

/// What a relation points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Id(Uuid),
    Urn(String),
}

/// What a slot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing: what was there before ends.
    Nothing,
    Text(Cow<'static, str>),
    Number(i64),
    Targets(Vec<Target>),
}

impl Value {
    pub(super) fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn id(id: Uuid) -> Self {
        Self::Targets(vec![Target::Id(id)])
    }

    pub(super) fn ids(ids: impl IntoIterator<Item = Uuid>) -> Self {
        Self::Targets(ids.into_iter().map(Target::Id).collect())
    }

    pub(super) fn urn(urn: String) -> Self {
        Self::Targets(vec![Target::Urn(urn)])
    }
}

/// A place in an object that holds one value at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// A field of `egenskaber`.
    Property(&'static str),
    /// A field of `udvidelser`.
    Extension(&'static str),
    State,
    /// A relation; its second member is the `objekttype`, or empty. Its targets change as one.
    Relation(&'static str, &'static str),
}

/// A statement, known from one act until it is taken back.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    known_from: Instant,
    known_to: Instant,
    span: Span,
    slot: Slot,
    pub(super) value: Value,
}

/// Which fact of an object under construction.
#[derive(Debug, Clone, Copy)]
pub(super) struct FactId(usize);

/// An object with its whole history.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) class: Class,
    pub(super) id: Uuid,
    acts: Vec<Act>,
    facts: Vec<Fact>,
}

impl Object {
    /// An object that appears with the act `first`, which is to be a creation or an import.
    pub(super) fn new(class: Class, id: Uuid, first: Act) -> Self {
        Self { class, id, acts: vec![first], facts: Vec::with_capacity(16) }
    }

    /// When the object was first registered.
    pub(super) fn created(&self) -> Instant {
        self.acts[0].at
    }

    /// Adds a registration and says when it came about.
    ///
    /// Nothing can be registered about an object before it is: an act before the first one is folded into that one.
    pub(super) fn act(&mut self, mut act: Act) -> Instant {
        if act.at <= self.created() {
            return self.created();
        }
        while self.acts.iter().any(|other| other.at == act.at) {
            act.at = act.at.plus_micros(1);
        }
        let at = act.at;
        self.acts.push(act);
        at
    }

    /// States that `slot` holds `value` for `span`, known since the act at `known`.
    pub(super) fn state_fact(&mut self, known: Instant, span: Span, slot: Slot, value: Value) -> FactId {
        self.facts.push(Fact { known_from: known, known_to: Instant::NEVER, span, slot, value });
        FactId(self.facts.len() - 1)
    }

    /// Takes a fact back: from the act at `known` on it is as if it had never been stated.
    pub(super) fn retract(&mut self, fact: FactId, known: Instant) {
        self.facts[fact.0].known_to = known;
    }

    /// States something since the first act, from `from` on.
    pub(super) fn set(&mut self, from: Day, slot: Slot, value: Value) -> FactId {
        self.state_fact(self.created(), Span::since(from), slot, value)
    }

    /// States that the object counts during `span` and, if `span` ends, not afterwards.
    pub(super) fn present(&mut self, known: Instant, span: Span) {
        let class = self.class;
        self.state_fact(known, span, Slot::State, Value::text(class.present()));
        if span.to.is_finite() {
            self.absent(known, span.to);
        }
    }

    /// States that the object does not count from `from` on.
    pub(super) fn absent(&mut self, known: Instant, from: Day) {
        let value = Value::text(self.class.absent());
        self.state_fact(known, Span::since(from), Slot::State, value);
    }

    /// States a succession of values, each from its day on, whatever the order in which they became known.
    ///
    /// A value that became known late ends where a later one begins that was known before it.
    pub(super) fn succession(&mut self, slot: Slot, values: Vec<(Instant, Day, Value)>) {
        let known: Vec<_> = values.iter().map(|(known, from, _)| (*known, *from)).collect();
        for (index, (at, from, value)) in values.into_iter().enumerate() {
            let to = known[index + 1..].iter().filter(|later| later.0 < at).map(|later| later.1).min();
            if let Some(span) = Span::new(from, to.unwrap_or(Day::INFINITY)) {
                self.state_fact(at, span, slot, value);
            }
        }
    }

    /// The history as far as it was registered before `until`, or `None` when that is nothing.
    ///
    /// A passivation or deletion is the last act: what was planned after it does not happen.
    pub(super) fn finish(mut self, until: Instant) -> Option<History> {
        self.acts.retain(|act| act.at < until);
        self.acts.sort_by_key(|act| act.at);
        let final_act = |act: &Act| matches!(act.life, LifeCycle::Passivated | LifeCycle::Deleted);
        if let Some(last) = self.acts.iter().position(final_act) {
            self.acts.truncate(last + 1);
        }
        self.facts.sort_by_key(|fact| fact.known_from);
        (!self.acts.is_empty()).then(|| History { object: self, next: 0, applied: 0, belief: Belief::default() })
    }
}

/// The rows of one slot: disjoint spans, each with the index of the fact that it comes from.
pub(super) struct Rows {
    pub(super) slot: Slot,
    pub(super) spans: Vec<(Span, usize)>,
}

/// What is believed about an object after one of its acts.
#[derive(Default)]
pub(super) struct Belief(pub(super) Vec<Rows>);

impl Belief {
    fn lay(&mut self, facts: &[Fact], index: usize) {
        let fact = &facts[index];
        let at = match self.0.iter().position(|rows| rows.slot == fact.slot) {
            Some(at) => at,
            None => {
                self.0.push(Rows { slot: fact.slot, spans: Vec::new() });
                self.0.len() - 1
            }
        };
        let old = std::mem::take(&mut self.0[at].spans);
        let mut spans = Vec::with_capacity(old.len() + 2);
        for (span, source) in old {
            let before = Span::new(span.from, span.to.min(fact.span.from));
            let after = Span::new(span.from.max(fact.span.to), span.to);
            spans.extend(before.into_iter().chain(after).map(|part| (part, source)));
        }
        if fact.value != Value::Nothing {
            spans.push((fact.span, index));
        }
        spans.sort_by_key(|(span, _)| span.from);
        spans.dedup_by(|right, left| {
            let joined = left.0.to == right.0.from && facts[left.1].value == facts[right.1].value;
            if joined {
                left.0.to = right.0.to;
            }
            joined
        });
        self.0[at].spans = spans;
    }
}

/// The registrations of an object, one after the other.
pub(super) struct History {
    object: Object,
    next: usize,
    applied: usize,
    belief: Belief,
}

/// One registration with what is believed from it on.
pub(super) struct Registration<'a> {
    pub(super) class: Class,
    pub(super) id: Uuid,
    pub(super) act: &'a Act,
    pub(super) facts: &'a [Fact],
    pub(super) belief: &'a Belief,
}

impl History {
    /// The next registration in order of time.
    pub(super) fn advance(&mut self) -> Option<Registration<'_>> {
        let act = self.object.acts.get(self.next)?;
        let facts = &self.object.facts;
        // Facts are laid over one another, so one that is taken back can only be left out from the start.
        if facts[..self.applied].iter().any(|fact| fact.known_to == act.at) {
            self.belief = Belief::default();
            self.applied = 0;
        }
        while let Some(fact) = facts.get(self.applied).filter(|fact| fact.known_from <= act.at) {
            if act.at < fact.known_to {
                self.belief.lay(facts, self.applied);
            }
            self.applied += 1;
        }
        self.next += 1;
        Some(Registration { class: self.object.class, id: self.object.id, act, facts, belief: &self.belief })
    }

    /// When the last registration was made.
    pub(super) fn last(&self) -> Instant {
        self.object.acts.last().map_or(Instant::NEVER, |act| act.at)
    }

    /// Passes over all but the last registration.
    pub(super) fn only_last(mut self) -> Self {
        self.next = self.object.acts.len().saturating_sub(1);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(seconds: i64) -> Act {
        Act::new(Day::of(2020, 1, 1).begin().plus_seconds(seconds), Uuid::nil(), "")
    }

    fn names(history: &mut History) -> Vec<(Day, Day, String)> {
        let registration = history.advance().expect("one more registration");
        let rows = &registration.belief.0[0].spans;
        rows.iter().map(|(span, fact)| (span.from, span.to, format!("{:?}", registration.facts[*fact].value))).collect()
    }

    #[test]
    fn a_fact_that_is_taken_back_leaves_what_was_below_it() {
        let (first, second) = (Day::of(2020, 1, 1), Day::of(2021, 1, 1));
        let slot = Slot::Property("x");
        let mut object = Object::new(Class::Unit, Uuid::nil(), act(0));
        object.set(first, slot, Value::Number(1));
        let wrong = object.act(act(1));
        let fact = object.state_fact(wrong, Span::since(second), slot, Value::Number(2));
        let right = object.act(act(2));
        object.retract(fact, right);

        let mut history = object.finish(Instant::NEVER).expect("three acts");
        let whole = (first, Day::INFINITY, "Number(1)".to_owned());
        assert_eq!(names(&mut history), std::slice::from_ref(&whole));
        let split = [(first, second, "Number(1)".to_owned()), (second, Day::INFINITY, "Number(2)".to_owned())];
        assert_eq!(names(&mut history), split);
        assert_eq!(names(&mut history), [whole]);
        assert!(history.advance().is_none());
    }

    #[test]
    fn a_value_that_became_known_late_ends_where_a_known_one_begins() {
        let days = [Day::of(2020, 1, 1), Day::of(2020, 2, 1), Day::of(2020, 3, 1)];
        let slot = Slot::Property("x");
        let mut object = Object::new(Class::Unit, Uuid::nil(), act(0));
        let known = [object.created(), object.act(act(9)), object.act(act(5))];
        object.succession(slot, (0..3).map(|n| (known[n], days[n], Value::Number(n as i64))).collect());

        let mut history = object.finish(Instant::NEVER).expect("three acts");
        let last: Vec<_> = (0..3).map(|_| names(&mut history)).collect();
        assert_eq!(last[1].len(), 2, "the third value is known before the second");
        assert_eq!(last[2].iter().map(|row| row.0).collect::<Vec<_>>(), days);
    }
}
