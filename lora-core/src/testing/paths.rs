//! Paths of a store against the definition: any classes with any paths, any script about their objects.
//!
//! As in [`queries`](super::queries) a script runs on a real service and on the definition. Asked are rows, whole and in
//! pages, what they rest on, and what is known otherwise at another time.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use super::both::{Both, REGISTERED};
use super::classes::{classes, declared_anew};
use super::filters::filter;
use super::linked::frequent_text;
pub use super::queries::Stand;
use super::queries::{Act, VALID, clock, made, written};
use super::{time_context, uuid};
use crate::object::Position;
use crate::paths::{Change, Question, Row};
use crate::query::execute::Limits;
use crate::query::{Known, Reading, Selection};
use crate::schema::{
    ClassDeclaration, ConditionDeclaration, EdgeDeclaration, Ids, NodeDeclaration, Path, PathDeclaration, Schema,
};
use crate::storage::KnownAt;

/// The path of the scripts.
const PATH: &str = "path";
const NODES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Classes with a path, what is done with their objects, and what is asked in the end.
#[derive(Debug, Clone)]
pub struct Script<E> {
    /// The classes at first.
    pub classes: Vec<ClassDeclaration>,
    /// What is done.
    pub acts: Vec<Act<E>>,
    /// What is asked, at the end and at one of the positions so far.
    pub questions: Vec<(Question, KnownAt, Index)>,
}

/// What was found in the end.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// The rows.
    pub rows: Vec<Row>,
    /// What is known otherwise.
    pub changes: Vec<Change>,
}

/// A script about a path; of 16 acts about two are events, where there are any.
pub fn script<E: Debug + Clone + 'static>(event: Option<BoxedStrategy<E>>) -> impl Strategy<Value = Script<E>> {
    let declared = classes().prop_flat_map(|classes| {
        let path = path(&classes);
        (Just(classes), path).prop_map(|(mut classes, path)| {
            classes[0].paths.push(path);
            classes
        })
    });
    declared.prop_flat_map(move |declared| {
        let schema = Schema::new(&declared, Ids::default()).unwrap();
        let written = prop_oneof![
            8 => written(&schema),
            3 => clock().prop_map(Act::Clock),
            1 => declared_anew(&declared).prop_map(Act::Declare),
        ];
        let act = match event.clone() {
            Some(event) => prop_oneof![7 => written, 1 => event.prop_map(Act::Event)].boxed(),
            None => written.boxed(),
        };
        let questions = vec((question(&schema), compared(), any::<Index>()), 1..8);
        (Just(declared), made(&schema), vec(act, 0..16), questions).prop_map(|(classes, made, further, questions)| {
            let acts = made.into_iter().flatten().chain(further).collect();
            Script { classes, acts, questions }
        })
    })
}

/// Any tree of up to five nodes that the classes' relations allow.
fn path(classes: &[ClassDeclaration]) -> impl Strategy<Value = PathDeclaration> + use<> {
    let classes = classes.to_vec();
    let drawn = (any::<[Index; 5]>(), condition(), option::weighted(0.1, Just("Bruger".to_owned())), 0..10_u8);
    vec(drawn, 1..=5).prop_map(move |drawn| {
        let mut nodes: Vec<NodeDeclaration> = Vec::new();
        for (choices, condition, object_type, optional) in drawn {
            let class = choices[0].get(&classes);
            let (class, edge) = match nodes.is_empty() {
                true => (class, None),
                false => {
                    let before = choices[1].get(&nodes);
                    let Some((class, edge)) = edge(&classes, before, NODES[nodes.len()], choices, object_type) else {
                        continue;
                    };
                    (class, Some(edge))
                }
            };
            let within = class.relations.iter().find(|relation| leads_to(relation, &class.name));
            nodes.push(NodeDeclaration {
                name: NODES[nodes.len()].to_owned(),
                class: class.name.clone(),
                conditions: condition.map(|condition| condition.of(class)).into_iter().collect(),
                optional: edge.is_some() && optional < 4,
                edge,
                below: within.map(|relation| relation.name.clone()),
            });
        }
        PathDeclaration { name: PATH.to_owned(), nodes }
    })
}

fn leads_to(relation: &crate::schema::RelationDeclaration, class: &str) -> bool {
    relation.targets.is_empty() || relation.targets.iter().any(|target| target == class)
}

/// An edge between a node and a new one of whatever class the relation allows.
fn edge<'c>(
    classes: &'c [ClassDeclaration],
    before: &NodeDeclaration,
    name: &str,
    choices: [Index; 5],
    object_type: Option<String>,
) -> Option<(&'c ClassDeclaration, EdgeDeclaration)> {
    let points_back = choices[2].index(2) == 0;
    let other = classes.iter().find(|class| class.name == before.class).unwrap();
    let (from, to) = if points_back { (name, before.name.as_str()) } else { (before.name.as_str(), name) };
    let mut possible = Vec::new();
    for class in classes {
        let (pointing, target) = if points_back { (class, other) } else { (other, class) };
        let relations = pointing.relations.iter().filter(|relation| leads_to(relation, &target.name));
        possible.extend(relations.map(|relation| (class, relation.name.clone())));
    }
    let (class, relation) = (!possible.is_empty()).then(|| choices[3].get(&possible).clone())?;
    Some((class, EdgeDeclaration { from: from.to_owned(), relation, to: to.to_owned(), object_type }))
}

/// What may be asked of an object of any class.
#[derive(Debug, Clone)]
enum Wanted {
    Key(String),
    State(Index),
}

impl Wanted {
    fn of(self, class: &ClassDeclaration) -> ConditionDeclaration {
        match self {
            Self::Key(is) => ConditionDeclaration { field: Some("properties.key".to_owned()), state: None, is },
            Self::State(index) => {
                let state = &class.states[0];
                let is = index.get(&state.values).name.clone();
                ConditionDeclaration { field: None, state: Some(state.name.clone()), is }
            }
        }
    }
}

fn condition() -> impl Strategy<Value = Option<Wanted>> {
    let wanted = prop_oneof![frequent_text().prop_map(Wanted::Key), any::<Index>().prop_map(Wanted::State)];
    option::weighted(0.15, wanted)
}

/// A question about the path, with up to two restrictions.
fn question(schema: &Schema) -> BoxedStrategy<Question> {
    let path = schema.path_named(PATH).unwrap().clone();
    let restriction = restriction(schema, &path);
    let context = time_context(VALID, REGISTERED).prop_filter("one knowledge time", |context| {
        context.known == Known::During(None) || context.known.at_most_one().is_some()
    });
    let context = prop_oneof![2 => context.clone(), 3 => context.prop_map(|context| context.always())];
    let restrictions =
        prop_oneof![2 => vec(restriction.clone(), 0..=0), 2 => vec(restriction.clone(), 1), 1 => vec(restriction, 2)];
    (context, restrictions)
        .prop_map(move |(context, restrictions)| {
            let question = Question::new(path.clone(), context).unwrap();
            restrictions.into_iter().fold(question, |question, restriction| restriction.put_on(question))
        })
        .boxed()
}

#[derive(Debug, Clone)]
enum Restricted {
    Only(String, Vec<Uuid>),
    Below(String, Vec<Uuid>),
    Selected(String, Selection),
}

impl Restricted {
    fn put_on(self, question: Question) -> Question {
        match self {
            Self::Only(node, uuids) => question.only(&node, uuids).unwrap(),
            // Where nothing lies below, the objects themselves are asked about.
            Self::Below(node, uuids) => match question.clone().below(&node, uuids.clone()) {
                Ok(below) => below,
                Err(_) => question.only(&node, uuids).unwrap(),
            },
            Self::Selected(node, selection) => question.selected(&node, selection).unwrap(),
        }
    }
}

fn restriction(schema: &Schema, path: &Path) -> impl Strategy<Value = Restricted> + Clone + use<> {
    let (schema, nodes) = (schema.clone(), path.nodes.clone());
    select(nodes).prop_flat_map(move |node| {
        let uuids = || vec(uuid(), 1..3);
        let (only, below, selected) = (node.name.clone(), node.name.clone(), node.name.clone());
        let class = node.class;
        let readings = select(vec![Reading::Present, Reading::Rows, Reading::Registered]);
        let filter = filter(&schema, class, 2, VALID, REGISTERED);
        prop_oneof![
            4 => uuids().prop_map(move |uuids| Restricted::Only(only.clone(), uuids)),
            2 => uuids().prop_map(move |uuids| Restricted::Below(below.clone(), uuids)),
            1 => (readings, filter).prop_map(move |(reading, filter)| {
                Restricted::Selected(selected.clone(), Selection { class, reading, filter })
            }),
        ]
    })
}

fn compared() -> impl Strategy<Value = KnownAt> {
    let instants = REGISTERED.instants();
    let finite = select(instants[1..instants.len() - 1].to_vec()).prop_map(KnownAt::Instant);
    prop_oneof![1 => Just(KnownAt::Latest), 3 => finite]
}

impl<S: Stand> Both<S> {
    /// Both are asked about a path at a position, and must find the same rows, grounds and changes in the same order.
    fn follow(&self, question: &Question, compared: KnownAt, at: Position) -> Asked {
        let view = self.stand.run(self.service().view(Some(at))).unwrap();
        let declarations = self.service().declarations();
        let classes = |class, position| declarations.class(class, position);
        let expected = self.world.rows(&classes, question, at);
        let page = self.service().rows(&view, question, None, usize::MAX - 1, Limits::NONE);
        let found = self.stand.run(page).unwrap().rows;
        let grounds = self.stand.run(self.service().grounds(&view, question, &found, Limits::NONE)).unwrap();
        let answer: Vec<_> = found.iter().cloned().zip(grounds).collect();
        assert_eq!(answer, expected, "left the service, right the definition, of {question:#?} at {at}");
        let (mut after, mut in_pages) = (None, Vec::new());
        loop {
            let page = self.service().rows(&view, question, after, 2, Limits::NONE);
            let page = self.stand.run(page).unwrap();
            in_pages.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(in_pages, found, "pages make up the whole answer to {question:#?} at {at}");
        let expected = self.world.row_changes(&classes, question, compared, at);
        let page = self.service().row_changes(&view, question, compared, None, usize::MAX - 1, Limits::NONE);
        let changes = self.stand.run(page).unwrap().changes;
        assert_eq!(changes, expected, "what {question:#?} finds otherwise than at {compared:?}, at {at}");
        Asked { question: question.clone(), rows: found, changes }
    }
}

/// Runs a script on a store of a kind, and says what was asked at the end.
///
/// # Panics
/// Where the store and the definition differ.
pub fn run<S: Stand>(stand: S, script: &Script<S::Event>) -> Vec<Asked> {
    let mut both = Both::new(stand, script.classes.clone());
    script.acts.iter().for_each(|act| both.run(act));
    let newest = both.newest();
    let asked = script.questions.iter().map(|(question, compared, at)| {
        both.follow(question, *compared, both.one_of_the_positions(*at));
        both.follow(question, *compared, newest)
    });
    asked.collect()
}
