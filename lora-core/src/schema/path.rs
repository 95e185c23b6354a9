//! Paths: which objects of which classes belong together along relations, as data.
//!
//! A path is a tree of nodes. Each node but the first is tied by an edge to one that stands before it: a relation with
//! which the one of the two points at the other. An optional node may be missing, with everything that is tied to it.

use serde::{Deserialize, Serialize};

use super::{Class, ClassDeclaration, ClassId, DeclarationError, FieldId, FieldType};

/// A path as declared in a class file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathDeclaration {
    /// English name, unique among the paths of all classes.
    pub name: String,
    /// The nodes; each is tied to one before it.
    pub nodes: Vec<NodeDeclaration>,
}

/// A node of a path: an object of a class, where it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeDeclaration {
    /// English name.
    pub name: String,
    /// English name of the class.
    pub class: String,
    /// What must hold of the object besides.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionDeclaration>,
    /// What ties it to a node before it; all but the first node have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<EdgeDeclaration>,
    /// Whether the rest of the path stands also where there is no such object.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// English name of the relation to the object above, for questions about one and everything below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
}

/// A relation between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeDeclaration {
    /// The node that points: this one, or the one before.
    pub from: String,
    /// English name of the relation of the class that points.
    pub relation: String,
    /// The node that is pointed at.
    pub to: String,
    /// The object type that the row must have; none is any or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_type: Option<String>,
}

/// Something that must hold of an object: a text field, or a state, has a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionDeclaration {
    /// English name of the text field, with that of its group and a `.` in front where two groups have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// English name of the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The text in exactly these letters, or the English name of the state's value.
    pub is: String,
}

/// A path with the ids of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// English name.
    pub name: String,
    /// The nodes; each is tied to one before it.
    pub nodes: Vec<PathNode>,
}

/// A node of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathNode {
    /// English name.
    pub name: String,
    /// The class.
    pub class: ClassId,
    /// What must hold of the object besides that it counts.
    pub conditions: Vec<Condition>,
    /// What ties it to a node before it; none for the first.
    pub edge: Option<PathEdge>,
    /// Whether the rest stands also where there is no such object.
    pub optional: bool,
    /// The relation to the object above.
    pub below: Option<FieldId>,
}

/// A relation between a node and one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathEdge {
    /// The index of the node before.
    pub to: usize,
    /// The relation.
    pub relation: FieldId,
    /// The object type that the row must have; `None` is any or none.
    pub object_type: Option<String>,
    /// Whether this node points at the one before, and not the other way.
    pub points_back: bool,
}

/// Something that must hold of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A text field has this value.
    Text {
        /// The field.
        field: FieldId,
        /// The text, in exactly these letters.
        is: String,
    },
    /// A state has this value.
    State {
        /// The state.
        state: FieldId,
        /// Its value.
        is: FieldId,
    },
}

impl Path {
    /// The index of the node with an English name.
    pub fn node_named(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// The path with the ids of `classes`; the declaration has no mistakes.
    pub(super) fn numbered(declaration: &PathDeclaration, classes: &[Class]) -> Self {
        let nodes = declaration.nodes.iter().map(|node| PathNode::numbered(node, declaration, classes));
        Self { name: declaration.name.clone(), nodes: nodes.collect() }
    }
}

impl PathNode {
    fn numbered(node: &NodeDeclaration, path: &PathDeclaration, classes: &[Class]) -> Self {
        let class = class_of(node, classes);
        let edge = node.edge.as_ref().map(|edge| {
            let points_back = edge.from == node.name;
            let other = if points_back { &edge.to } else { &edge.from };
            let to = path.nodes.iter().position(|node| node.name == *other).expect("checked by `problems`");
            let pointing = if points_back { class } else { class_of(&path.nodes[to], classes) };
            PathEdge {
                to,
                relation: relation(pointing, &edge.relation),
                object_type: edge.object_type.clone(),
                points_back,
            }
        });
        Self {
            name: node.name.clone(),
            class: class.id,
            conditions: node.conditions.iter().map(|condition| Condition::numbered(condition, class)).collect(),
            edge,
            optional: node.optional,
            below: node.below.as_ref().map(|name| relation(class, name)),
        }
    }
}

impl Condition {
    fn numbered(condition: &ConditionDeclaration, class: &Class) -> Self {
        if let Some(name) = &condition.state {
            let state = class.states.iter().find(|state| state.name == *name).expect("checked by `problems`");
            let value = state.values.iter().find(|value| value.name == condition.is).expect("checked by `problems`");
            return Self::State { state: state.id, is: value.id };
        }
        let name = condition.field.as_deref().expect("checked by `problems`");
        let (_, field) = class.field_called(name).expect("checked by `problems`");
        Self::Text { field: field.id, is: condition.is.clone() }
    }
}

fn class_of<'c>(node: &NodeDeclaration, classes: &'c [Class]) -> &'c Class {
    classes.iter().find(|class| class.name == node.class).expect("checked by `problems`")
}

fn relation(class: &Class, name: &str) -> FieldId {
    class.relations.iter().find(|relation| relation.name == name).expect("checked by `problems`").id
}

/// Whether a field of a group is meant by a name, with or without the group's.
fn is_named(name: &str, group: &str, field: &str) -> bool {
    name == field || name.split_once('.') == Some((group, field))
}

/// What questions about a path call something else.
const RESERVED_NODES: [&str; 12] = [
    "path",
    "below",
    "evidence",
    "valid",
    "valid_from",
    "valid_to",
    "known",
    "compare_known",
    "now",
    "position",
    "limit",
    "after",
];

/// Every mistake in the paths of all classes, in reading order.
pub(super) fn problems(classes: &[ClassDeclaration]) -> Vec<DeclarationError> {
    let mut check = Check { classes, problems: Vec::new() };
    let mut names: Vec<&str> = Vec::new();
    for class in classes {
        for path in &class.paths {
            let at = format!("{}.paths.{}", class.name, path.name);
            check.name(&at, &path.name);
            check.unique(&at, &path.name, &names);
            check.path(&at, path);
            names.push(&path.name);
        }
    }
    check.problems
}

/// Collects mistakes, so that all of them are reported at once.
struct Check<'c> {
    classes: &'c [ClassDeclaration],
    problems: Vec<DeclarationError>,
}

impl<'c> Check<'c> {
    fn path(&mut self, at: &str, path: &PathDeclaration) {
        if path.nodes.is_empty() {
            self.unfit(at, "a path needs nodes".to_owned());
        }
        let mut before: Vec<&NodeDeclaration> = Vec::new();
        for node in &path.nodes {
            let at = format!("{at}.{}", node.name);
            self.name(&at, &node.name);
            let names: Vec<&str> = before.iter().map(|node| node.name.as_str()).collect();
            self.unique(&at, &node.name, &names);
            if RESERVED_NODES.contains(&node.name.as_str()) {
                self.unfit(&at, format!("no node is called `{}`: questions call something else so", node.name));
            }
            self.node(&at, node, &before);
            before.push(node);
        }
    }

    fn node(&mut self, at: &str, node: &NodeDeclaration, before: &[&NodeDeclaration]) {
        let class = self.class(at, node);
        match (&node.edge, before.is_empty()) {
            (Some(_), true) => self.unfit(at, "the first node has no `edge`: there is none before it".to_owned()),
            (None, false) => self.unfit(at, "a node after the first needs an `edge` to one before it".to_owned()),
            (Some(edge), false) => self.edge(at, node, edge, before),
            (None, true) => {}
        }
        if node.optional && before.is_empty() {
            self.unfit(at, "the first node cannot be optional".to_owned());
        }
        let Some(class) = class else { return };
        for condition in &node.conditions {
            self.condition(at, condition, class);
        }
        if let Some(below) = &node.below {
            self.relation(&format!("{at}.below"), below, class, class);
        }
    }

    fn edge(&mut self, at: &str, node: &NodeDeclaration, edge: &EdgeDeclaration, before: &[&NodeDeclaration]) {
        let at = format!("{at}.edge");
        let points_back = edge.from == node.name;
        if !points_back && edge.to != node.name {
            return self.unfit(&at, format!("either `from` or `to` is `{}`, the node itself", node.name));
        }
        let other = if points_back { &edge.to } else { &edge.from };
        let Some(other) = before.iter().find(|before| before.name == *other) else {
            return self.unknown(&at, other, before.iter().map(|node| node.name.as_str()));
        };
        let named = |node: &NodeDeclaration| self.classes.iter().find(|class| class.name == node.class);
        let (Some(this), Some(other)) = (named(node), named(other)) else { return };
        let (pointing, target) = if points_back { (this, other) } else { (other, this) };
        self.relation(&at, &edge.relation, pointing, target);
    }

    /// A relation of the one class that may lead to the other.
    fn relation(&mut self, at: &str, name: &str, class: &'c ClassDeclaration, target: &ClassDeclaration) {
        let Some(relation) = class.relations.iter().find(|relation| relation.name == name) else {
            return self.unknown(at, name, class.relations.iter().map(|relation| relation.name.as_str()));
        };
        if !relation.targets.is_empty() && !relation.targets.contains(&target.name) {
            let targets = relation.targets.join(", ");
            self.unfit(at, format!("`{name}` does not lead to `{}`, but to {targets}", target.name));
        }
    }

    fn condition(&mut self, at: &str, condition: &ConditionDeclaration, class: &'c ClassDeclaration) {
        let at = format!("{at}.where");
        match (&condition.field, &condition.state) {
            (Some(field), None) => self.field(&at, field, class),
            (None, Some(state)) => {
                let states = || class.states.iter();
                let Some(found) = states().find(|this| this.name == *state) else {
                    return self.unknown(&at, state, states().map(|state| state.name.as_str()));
                };
                if !found.values.iter().any(|value| value.name == condition.is) {
                    self.unknown(&at, &condition.is, found.values.iter().map(|value| value.name.as_str()));
                }
            }
            _ => self.unfit(&at, "a condition names either a `field` or a `state`".to_owned()),
        }
    }

    fn field(&mut self, at: &str, name: &str, class: &'c ClassDeclaration) {
        let all = || class.groups.iter().flat_map(|group| group.fields.iter().map(move |field| (group, field)));
        let found: Vec<_> = all().filter(|(group, field)| is_named(name, &group.name, &field.name)).collect();
        let texts = || all().filter(|(_, field)| field.field_type == FieldType::Text);
        match found[..] {
            [] => self.unknown(at, name, texts().map(|(_, field)| field.name.as_str())),
            [(_, field)] if field.field_type == FieldType::Text => {}
            [_] => self.unfit(at, format!("`{name}` is not a text field")),
            _ => {
                let whole = found.iter().map(|(group, field)| format!("`{}.{}`", group.name, field.name));
                let whole = whole.collect::<Vec<_>>().join(" or ");
                self.unfit(at, format!("several groups have a `{name}`; write {whole}"));
            }
        }
    }

    fn class(&mut self, at: &str, node: &NodeDeclaration) -> Option<&'c ClassDeclaration> {
        let found = self.classes.iter().find(|class| class.name == node.class);
        if found.is_none() {
            self.unknown(at, &node.class, self.classes.iter().map(|class| class.name.as_str()));
        }
        found
    }

    fn name(&mut self, at: &str, name: &str) {
        self.problems.extend(super::declaration::english(at, name));
    }

    fn unique(&mut self, at: &str, name: &str, taken: &[&str]) {
        if taken.contains(&name) {
            self.problems.push(DeclarationError::Duplicate { path: at.to_owned(), name: name.to_owned() });
        }
    }

    fn unknown<'n>(&mut self, at: &str, name: &str, known: impl Iterator<Item = &'n str>) {
        self.problems.push(super::declaration::unknown(at, name, known));
    }

    fn unfit(&mut self, at: &str, message: String) {
        self.problems.push(DeclarationError::Unfit { path: at.to_owned(), message });
    }
}
