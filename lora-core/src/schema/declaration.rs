//! What somebody writes down to declare a class, and the checks on it.

use serde::{Deserialize, Serialize};

use super::{Cardinality, FieldType, PathDeclaration};

/// An object class as declared in a TOML file.
///
/// Every part has an English `name`, used in code and in the store's ids, and a `wire` name, used in OIO JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassDeclaration {
    /// English name, such as `organisation_unit`.
    pub name: String,
    /// Wire name, such as `organisationenhed`; also the last segment of the dialect's path.
    pub wire: String,
    /// Name in messages, such as `OrganisationEnhed`.
    pub title: String,
    /// Service, the first segment of the dialect's path, such as `organisation`.
    pub service: String,
    /// Attribute groups, in the order of output.
    #[serde(default)]
    pub groups: Vec<GroupDeclaration>,
    /// States, in the order of output.
    #[serde(default)]
    pub states: Vec<StateDeclaration>,
    /// Relations, in the order of output.
    #[serde(default)]
    pub relations: Vec<RelationDeclaration>,
    /// The state value that makes an object count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<PresenceDeclaration>,
    /// Search terms made of several fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<DerivedDeclaration>,
    /// Paths through this and other classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathDeclaration>,
}

/// Attributes that change together in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupDeclaration {
    /// English name.
    pub name: String,
    /// Wire name without the class's prefix, such as `egenskaber`.
    pub wire: String,
    /// The group's fields, in the order of output.
    pub fields: Vec<FieldDeclaration>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDeclaration {
    /// English name.
    pub name: String,
    /// Wire name.
    pub wire: String,
    /// Type of the values; text when not given.
    #[serde(default, rename = "type")]
    pub field_type: FieldType,
    /// Whether every row of the group has a value.
    #[serde(default)]
    pub mandatory: bool,
    /// Whether an empty text is shown on output, where other empty texts look like none.
    #[serde(default)]
    pub shown_when_empty: bool,
    /// Whether the field stays out of the question if an update names every field of the group.
    #[serde(default)]
    pub background: bool,
}

/// A state with its possible values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateDeclaration {
    /// English name.
    pub name: String,
    /// Wire name without the class's prefix, such as `gyldighed`.
    pub wire: String,
    /// The possible values, in the order of output.
    pub values: Vec<StateValueDeclaration>,
}

/// One value of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateValueDeclaration {
    /// English name.
    pub name: String,
    /// Wire name, such as `Aktiv`.
    pub wire: String,
}

/// A relation to other objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationDeclaration {
    /// English name.
    pub name: String,
    /// Wire name.
    pub wire: String,
    /// How many targets there may be at one instant.
    pub cardinality: Cardinality,
    /// English names of the classes that the targets belong to; none means any. Targets are not checked in LoRA's dialect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
}

/// The state value that makes an object count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceDeclaration {
    /// English name of the state.
    pub state: String,
    /// English name of the value.
    pub value: String,
}

/// A search term made of several text fields of one group, such as a person's full name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivedDeclaration {
    /// English name.
    pub name: String,
    /// English name of the group that the parts belong to.
    pub group: String,
    /// English names of the fields, joined by single spaces; fields without a value are left out.
    pub parts: Vec<String>,
}

/// A mistake in a class declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    /// The text is not TOML, or not of this shape.
    #[error("{file}: {message}")]
    Syntax {
        /// Where the text came from.
        file: String,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A name is not of the accepted form.
    #[error("{path}: the {kind} name `{name}` is not usable; expected {expected}")]
    Name {
        /// Where in the declaration.
        path: String,
        /// `english` or `wire`.
        kind: &'static str,
        /// The refused name.
        name: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// Two things have the same name.
    #[error("{path}: `{name}` is declared twice")]
    Duplicate {
        /// Where in the declaration.
        path: String,
        /// The name in question.
        name: String,
    },
    /// A name refers to nothing.
    #[error("{path}: there is no `{name}`; expected one of {expected}")]
    Unknown {
        /// Where in the declaration.
        path: String,
        /// The name that refers to nothing.
        name: String,
        /// What would be accepted.
        expected: String,
    },
    /// A part is missing or has a type that does not fit.
    #[error("{path}: {message}")]
    Unfit {
        /// Where in the declaration.
        path: String,
        /// What does not fit.
        message: String,
    },
    /// The store has no number left.
    #[error(transparent)]
    Exhausted(#[from] super::ids::IdsExhausted),
}

/// First path segments that belong to the server.
const RESERVED_SERVICES: [&str; 9] =
    ["api", "graphql", "lora", "service", "health", "metrics", "openapi.json", "version", "site-map"];

/// English names that stand for other things where classes stand, under `/api/v1/`.
const RESERVED_NAMES: [&str; 4] = ["access", "batch", "changes", "query"];

/// Second path segments that every service has beside its classes.
const RESERVED_WIRES: [&str; 1] = ["classes"];

impl ClassDeclaration {
    /// The declaration written in `text`; `file` names it in errors.
    ///
    /// # Errors
    /// [`DeclarationError::Syntax`] with line and column; the parts are checked when a [`Schema`](super::Schema) is made.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, DeclarationError> {
        toml::from_str(text)
            .map_err(|error| DeclarationError::Syntax { file: file.to_owned(), message: error.to_string() })
    }

    /// Every mistake in this declaration alone, in reading order.
    pub fn problems(&self) -> Vec<DeclarationError> {
        let mut check = Check { problems: Vec::new() };
        check.class(self);
        check.problems
    }
}

/// Collects mistakes, so that all of them are reported at once.
struct Check {
    problems: Vec<DeclarationError>,
}

impl Check {
    fn class(&mut self, class: &ClassDeclaration) {
        let path = &class.name;
        self.names(path, &class.name, &class.wire);
        self.wire(path, &class.service);
        if RESERVED_NAMES.contains(&class.name.as_str()) {
            self.unfit(path, format!("`{}` is a path of the API, and cannot be the name of a class", class.name));
        }
        if RESERVED_WIRES.contains(&class.wire.as_str()) {
            self.unfit(path, format!("`{}` is a path of every service", class.wire));
        }
        if RESERVED_SERVICES.contains(&class.service.as_str()) {
            self.unfit(path, format!("the service `{}` belongs to the server itself", class.service));
        }
        for group in &class.groups {
            self.group(&format!("{path}.{}", group.name), group);
        }
        for state in &class.states {
            self.state(&format!("{path}.{}", state.name), state);
        }
        for relation in &class.relations {
            self.names(&format!("{path}.{}", relation.name), &relation.name, &relation.wire);
        }
        let english = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        self.unique(path, english(members(class).map(|(name, _)| name).collect()));
        self.unique(path, english(class.groups.iter().map(|group| group.wire.as_str()).collect()));
        self.unique(path, english(class.states.iter().map(|state| state.wire.as_str()).collect()));
        self.unique(path, english(class.relations.iter().map(|relation| relation.wire.as_str()).collect()));
        let fields = class.groups.iter().flat_map(|group| &group.fields);
        self.unique(path, english(fields.map(|field| field.wire.as_str()).collect()));
        self.presence(class);
        for derived in &class.derived {
            self.derived(class, derived);
        }
    }

    fn group(&mut self, path: &str, group: &GroupDeclaration) {
        self.names(path, &group.name, &group.wire);
        for field in &group.fields {
            self.names(&format!("{path}.{}", field.name), &field.name, &field.wire);
        }
        self.unique(path, group.fields.iter().map(|field| field.name.clone()).collect());
        if group.fields.iter().all(|field| field.background) {
            self.unfit(path, "a group needs a field, and one that is not `background`".to_owned());
        }
    }

    fn state(&mut self, path: &str, state: &StateDeclaration) {
        self.names(path, &state.name, &state.wire);
        for value in &state.values {
            self.english(path, &value.name);
            if value.wire.is_empty() {
                self.unfit(path, format!("the value `{}` needs a wire name", value.name));
            }
            if value.wire.starts_with('#') {
                self.unfit(path, format!("the wire name `{}` begins with `#`, as only numbers do", value.wire));
            }
        }
        self.unique(path, state.values.iter().map(|value| value.name.clone()).collect());
        self.unique(path, state.values.iter().map(|value| value.wire.clone()).collect());
        if state.values.is_empty() {
            self.unfit(path, "a state needs at least one value".to_owned());
        }
    }

    fn presence(&mut self, class: &ClassDeclaration) {
        let Some(presence) = &class.presence else { return };
        let path = format!("{}.presence", class.name);
        let states = class.states.iter().map(|state| state.name.as_str());
        match class.states.iter().find(|state| state.name == presence.state) {
            None => self.unknown(&path, &presence.state, states),
            Some(state) if !state.values.iter().any(|value| value.name == presence.value) => {
                self.unknown(&path, &presence.value, state.values.iter().map(|value| value.name.as_str()));
            }
            Some(_) => {}
        }
    }

    fn derived(&mut self, class: &ClassDeclaration, derived: &DerivedDeclaration) {
        let path = format!("{}.{}", class.name, derived.name);
        self.english(&path, &derived.name);
        let Some(group) = class.groups.iter().find(|group| group.name == derived.group) else {
            return self.unknown(&path, &derived.group, class.groups.iter().map(|group| group.name.as_str()));
        };
        for part in &derived.parts {
            match group.fields.iter().find(|field| field.name == *part) {
                None => self.unknown(&path, part, group.fields.iter().map(|field| field.name.as_str())),
                Some(field) if field.field_type != FieldType::Text => {
                    self.unfit(&path, format!("the part `{part}` is not a text field"));
                }
                Some(_) => {}
            }
        }
        if derived.parts.is_empty() {
            self.unfit(&path, "a derived term needs parts".to_owned());
        }
    }

    fn names(&mut self, path: &str, english: &str, wire: &str) {
        self.english(path, english);
        self.wire(path, wire);
    }

    fn english(&mut self, path: &str, name: &str) {
        self.problems.extend(english(path, name));
    }

    fn wire(&mut self, path: &str, name: &str) {
        let fits = name.starts_with(char::is_lowercase)
            && name.chars().all(|c| c.is_lowercase() || c.is_ascii_digit() || c == '_');
        if !fits {
            let expected = "a lower-case letter (also æ, ø, å) followed by letters, digits and `_`";
            self.problems.push(unusable(path, "wire", name, expected));
        }
    }

    fn unique(&mut self, path: &str, mut names: Vec<String>) {
        names.sort();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.problems.push(DeclarationError::Duplicate { path: path.to_owned(), name: pair[0].clone() });
        }
    }

    fn unknown<'a>(&mut self, path: &str, name: &str, known: impl Iterator<Item = &'a str>) {
        self.problems.push(unknown(path, name, known));
    }

    fn unfit(&mut self, path: &str, message: String) {
        self.problems.push(DeclarationError::Unfit { path: path.to_owned(), message });
    }
}

/// What is wrong with an English name.
pub(super) fn english(path: &str, name: &str) -> Option<DeclarationError> {
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (!fits).then(|| unusable(path, "english", name, "a lower-case letter followed by letters, digits and `_`"))
}

/// A name that refers to nothing, with those that would do.
pub(super) fn unknown<'a>(path: &str, name: &str, known: impl Iterator<Item = &'a str>) -> DeclarationError {
    let expected = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    DeclarationError::Unknown { path: path.to_owned(), name: name.to_owned(), expected }
}

fn unusable(path: &str, kind: &'static str, name: &str, expected: &'static str) -> DeclarationError {
    DeclarationError::Name { path: path.to_owned(), kind, name: name.to_owned(), expected }
}

/// English and wire names of what stands side by side directly below the class.
fn members(class: &ClassDeclaration) -> impl Iterator<Item = (&str, &str)> {
    let groups = class.groups.iter().map(|group| (group.name.as_str(), group.wire.as_str()));
    let states = class.states.iter().map(|state| (state.name.as_str(), state.wire.as_str()));
    let relations = class.relations.iter().map(|relation| (relation.name.as_str(), relation.wire.as_str()));
    let derived = class.derived.iter().map(|derived| (derived.name.as_str(), ""));
    groups.chain(states).chain(relations).chain(derived)
}
