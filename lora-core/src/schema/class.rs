//! Declared classes with the ids under which one store knows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::IdsExhausted;
use super::{ClassDeclaration, ClassId, DeclarationError, FieldId, FieldType, Ids, Path, path};

/// The classes of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    classes: Vec<Class>,
    by_id: BTreeMap<ClassId, usize>,
    paths: Vec<Path>,
    ids: Ids,
}

/// An object class.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `ClassDeclaration`")]
pub struct Class {
    pub id: ClassId,
    pub name: String,
    pub wire: String,
    pub title: String,
    pub service: String,
    pub groups: Vec<Group>,
    pub states: Vec<State>,
    pub relations: Vec<Relation>,
    pub derived: Vec<Derived>,
    pub presence: Option<Presence>,
}

/// Attributes that change together in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Kept id.
    pub id: FieldId,
    /// English name.
    pub name: String,
    /// Wire name with the class's prefix, such as `organisationenhedegenskaber`.
    pub wire: String,
    /// The fields, in the order of output.
    pub fields: Vec<Field>,
}

/// One attribute; see [`FieldDeclaration`](super::FieldDeclaration) for the flags.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `FieldDeclaration`")]
pub struct Field {
    pub id: FieldId,
    pub name: String,
    pub wire: String,
    pub field_type: FieldType,
    pub mandatory: bool,
    pub shown_when_empty: bool,
    pub background: bool,
}

/// A state with its possible values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Kept id.
    pub id: FieldId,
    /// English name.
    pub name: String,
    /// Wire name of the state's value in a row, such as `gyldighed`.
    pub value_wire: String,
    /// Wire name with the class's prefix, such as `organisationenhedgyldighed`.
    pub wire: String,
    /// The possible values, in the order of output.
    pub values: Vec<StateValue>,
}

/// One value of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "id and the two names")]
pub struct StateValue {
    pub id: FieldId,
    pub name: String,
    pub wire: String,
}

/// A relation to other objects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of `RelationDeclaration`")]
pub struct Relation {
    pub id: FieldId,
    pub name: String,
    pub wire: String,
    pub cardinality: Cardinality,
    pub targets: Vec<String>,
}

/// How many targets a relation may have at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cardinality {
    /// At most one: rows never overlap, and an update merges by time.
    ZeroToOne,
    /// Any number: rows may overlap, and an update that names the relation replaces all of them.
    ZeroToMany,
}

/// A search term made of several text fields of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Kept id.
    pub id: FieldId,
    /// English name.
    pub name: String,
    /// The group that the parts belong to.
    pub group: FieldId,
    /// The fields, in the order in which their texts are joined.
    pub parts: Vec<FieldId>,
}

/// The state value that makes an object count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// The state.
    pub state: FieldId,
    /// Its value.
    pub value: FieldId,
}

impl Schema {
    /// The classes of `declarations`, with the ids of `ids` where the names are known and new ones otherwise.
    ///
    /// # Errors
    /// Every [`DeclarationError`], not only the first.
    pub fn new(declarations: &[ClassDeclaration], mut ids: Ids) -> Result<Self, Vec<DeclarationError>> {
        let problems = problems(declarations);
        if !problems.is_empty() {
            return Err(problems);
        }
        let classes: Result<Vec<Class>, IdsExhausted> =
            declarations.iter().map(|declaration| numbered(declaration, &mut ids)).collect();
        let classes = classes.map_err(|error| vec![error.into()])?;
        let by_id = classes.iter().enumerate().map(|(index, class)| (class.id, index)).collect();
        let paths = declarations.iter().flat_map(|class| &class.paths);
        let paths = paths.map(|path| Path::numbered(path, &classes)).collect();
        Ok(Self { classes, by_id, paths, ids })
    }

    /// The classes, in the order declared.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The class with an id of this store.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.by_id.get(&id).map(|index| &self.classes[*index])
    }

    /// The class with an English name.
    pub fn class_named(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }

    /// The class with a wire name.
    pub fn class_on_wire(&self, wire: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.wire == wire)
    }

    /// The paths, in the order declared.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The path with an English name.
    pub fn path_named(&self, name: &str) -> Option<&Path> {
        self.paths.iter().find(|path| path.name == name)
    }

    /// The ids of all names that this store ever knew.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }
}

impl Class {
    /// The group with an id.
    pub fn group(&self, id: FieldId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The state with an id.
    pub fn state(&self, id: FieldId) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// The relation with an id.
    pub fn relation(&self, id: FieldId) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.id == id)
    }

    /// The field with an id, with its group.
    pub fn field(&self, id: FieldId) -> Option<(&Group, &Field)> {
        self.fields().find(|(_, field)| field.id == id)
    }

    /// All fields of all groups, each with its group.
    pub fn fields(&self) -> impl Iterator<Item = (&Group, &Field)> {
        self.groups.iter().flat_map(|group| group.fields.iter().map(move |field| (group, field)))
    }
}

impl State {
    /// The value with an id.
    pub fn value(&self, id: FieldId) -> Option<&StateValue> {
        self.values.iter().find(|value| value.id == id)
    }
}

/// Mistakes in each declaration, names used twice between them, and relations to classes that do not exist.
fn problems(declarations: &[ClassDeclaration]) -> Vec<DeclarationError> {
    let mut problems: Vec<DeclarationError> = declarations.iter().flat_map(ClassDeclaration::problems).collect();
    for (index, class) in declarations.iter().enumerate() {
        let earlier = &declarations[..index];
        for (taken, name) in [
            (earlier.iter().any(|other| other.name == class.name), &class.name),
            (earlier.iter().any(|other| other.wire == class.wire), &class.wire),
        ] {
            if taken {
                problems.push(DeclarationError::Duplicate { path: class.name.clone(), name: name.clone() });
            }
        }
    }
    let known: Vec<&str> = declarations.iter().map(|class| class.name.as_str()).collect();
    for class in declarations {
        for relation in &class.relations {
            for target in relation.targets.iter().filter(|target| !known.contains(&target.as_str())) {
                problems.push(DeclarationError::Unknown {
                    path: format!("{}.{}", class.name, relation.name),
                    name: target.clone(),
                    expected: known.join(", "),
                });
            }
        }
    }
    problems.extend(path::problems(declarations));
    problems
}

fn numbered(declaration: &ClassDeclaration, ids: &mut Ids) -> Result<Class, IdsExhausted> {
    let path = |parts: &[&str]| format!("{}.{}", declaration.name, parts.join("."));
    let mut class = Class {
        id: ids.class(&declaration.name)?,
        name: declaration.name.clone(),
        wire: declaration.wire.clone(),
        title: declaration.title.clone(),
        service: declaration.service.clone(),
        groups: Vec::new(),
        states: Vec::new(),
        relations: Vec::new(),
        derived: Vec::new(),
        presence: None,
    };
    for group in &declaration.groups {
        let fields = group.fields.iter().map(|field| {
            Ok(Field {
                id: ids.field(&path(&[&group.name, &field.name]))?,
                name: field.name.clone(),
                wire: field.wire.clone(),
                field_type: field.field_type,
                mandatory: field.mandatory,
                shown_when_empty: field.shown_when_empty,
                background: field.background,
            })
        });
        let fields = fields.collect::<Result<_, IdsExhausted>>()?;
        let wire = format!("{}{}", declaration.wire, group.wire);
        class.groups.push(Group { id: ids.field(&path(&[&group.name]))?, name: group.name.clone(), wire, fields });
    }
    for state in &declaration.states {
        let values = state.values.iter().map(|value| {
            let id = ids.field(&path(&[&state.name, &value.name]))?;
            Ok(StateValue { id, name: value.name.clone(), wire: value.wire.clone() })
        });
        let values = values.collect::<Result<_, IdsExhausted>>()?;
        let wire = format!("{}{}", declaration.wire, state.wire);
        let (id, name) = (ids.field(&path(&[&state.name]))?, state.name.clone());
        class.states.push(State { id, name, value_wire: state.wire.clone(), wire, values });
    }
    for relation in &declaration.relations {
        class.relations.push(Relation {
            id: ids.field(&path(&[&relation.name]))?,
            name: relation.name.clone(),
            wire: relation.wire.clone(),
            cardinality: relation.cardinality,
            targets: relation.targets.clone(),
        });
    }
    for derived in &declaration.derived {
        let group = class.groups.iter().find(|group| group.name == derived.group).expect("checked by `problems`");
        let part = |name: &String| group.fields.iter().find(|field| field.name == *name).expect("checked").id;
        let (group, parts) = (group.id, derived.parts.iter().map(part).collect());
        class.derived.push(Derived {
            id: ids.field(&path(&[&derived.name]))?,
            name: derived.name.clone(),
            group,
            parts,
        });
    }
    class.presence = declaration.presence.as_ref().map(|presence| {
        let state = class.states.iter().find(|state| state.name == presence.state).expect("checked by `problems`");
        let value = state.values.iter().find(|value| value.name == presence.value).expect("checked by `problems`");
        Presence { state: state.id, value: value.id }
    });
    Ok(class)
}
