//! OIO objects as the generator builds them: acts, and facts that are known from one act on.
//!
//! An [`Object`] is a list of *acts* (its registrations) and a list of *facts*. A fact says what a slot holds for a
//! span of valid time, from the act that stated it until the act that took it back, if any. What is believed after
//! an act is the facts known by then, laid over one another in the order in which they became known.

use std::borrow::Cow;

pub(super) use lora_core::object::LifeCycle;
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
    pub(super) known_from: Instant,
    pub(super) known_to: Instant,
    pub(super) span: Span,
    pub(super) slot: Slot,
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
    pub(super) acts: Vec<Act>,
    pub(super) facts: Vec<Fact>,
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

    /// When the object was last registered before `end`.
    pub(super) fn last_before(&self, end: Instant) -> Option<Instant> {
        self.acts.iter().map(|act| act.at).filter(|at| *at < end).max()
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
}
