//! What follows from an object's acts and facts: one registration after the other, each with all that is believed.

use uuid::Uuid;

use super::calendar::{Instant, Span};
use super::oio::{Act, Class, Fact, LifeCycle, Object, Slot, Value};

impl Object {
    /// The history as far as it was registered before `until`, or `None` when that is nothing.
    ///
    /// After a passivation or deletion only an import happens, which revives the object; what else was planned does not.
    pub(super) fn finish(mut self, until: Instant) -> Option<History> {
        self.acts.retain(|act| act.at < until);
        self.acts.sort_by_key(|act| act.at);
        let mut ended = false;
        self.acts.retain(|act| {
            let kept = !ended || act.life == LifeCycle::Imported;
            ended = if kept { matches!(act.life, LifeCycle::Passivated | LifeCycle::Deleted) } else { ended };
            kept
        });
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

    /// Passes over all but the last registration.
    pub(super) fn only_last(mut self) -> Self {
        self.next = self.object.acts.len().saturating_sub(1);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::Day;
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
