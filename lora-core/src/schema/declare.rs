//! Declaring a class in Rust, where a TOML file would say the same.

use super::{
    Cardinality, ClassDeclaration, DerivedDeclaration, FieldDeclaration, FieldType, GroupDeclaration,
    PresenceDeclaration, RelationDeclaration, StateDeclaration, StateValueDeclaration,
};

/// The service of classes for which nobody said another.
const OWN_SERVICE: &str = "own";

impl ClassDeclaration {
    /// A class with an English name, and nothing in it yet.
    ///
    /// Wire names are the English ones until [`on_wire`](Self::on_wire) and [`FieldDeclaration::on_wire`] say otherwise.
    /// Nothing is checked here: opening a store checks a declaration from Rust as it does one from TOML, and reports
    /// every mistake.
    ///
    /// ```
    /// use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field, Ids, Schema};
    ///
    /// let case = ClassDeclaration::new("case")
    ///     .group("properties", [Field::text("number").mandatory(), Field::text("title"), Field::integer("weight")])
    ///     .state("status", ["open", "closed"])
    ///     .present_while("status", "open")
    ///     .to_one("unit", ["organisation_unit"])
    ///     .to_many("parties", []);
    /// let toml = r#"
    ///     name = "case"
    ///     wire = "case"
    ///     title = "case"
    ///     service = "own"
    ///     presence = { state = "status", value = "open" }
    ///     relations = [
    ///       { name = "unit", wire = "unit", cardinality = "zero_to_one", targets = ["organisation_unit"] },
    ///       { name = "parties", wire = "parties", cardinality = "zero_to_many" },
    ///     ]
    ///     [[groups]]
    ///     name = "properties"
    ///     wire = "properties"
    ///     fields = [
    ///       { name = "number", wire = "number", mandatory = true },
    ///       { name = "title", wire = "title" },
    ///       { name = "weight", wire = "weight", type = "integer" },
    ///     ]
    ///     [[states]]
    ///     name = "status"
    ///     wire = "status"
    ///     values = [{ name = "open", wire = "open" }, { name = "closed", wire = "closed" }]"#;
    /// assert_eq!(case, ClassDeclaration::from_toml("case.toml", toml)?);
    ///
    /// let mistakes = Schema::new(&[case], Ids::default()).unwrap_err();
    /// assert_eq!(mistakes[0].to_string(), "case.unit: there is no `organisation_unit`; expected one of case");
    /// # Ok::<(), lora_core::schema::DeclarationError>(())
    /// ```
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            wire: name.to_owned(),
            title: name.to_owned(),
            service: OWN_SERVICE.to_owned(),
            groups: Vec::new(),
            states: Vec::new(),
            relations: Vec::new(),
            presence: None,
            derived: Vec::new(),
            paths: Vec::new(),
        }
    }

    /// Where LoRA's dialect has the class, `/{service}/{wire}`, and its name in messages.
    #[must_use]
    pub fn on_wire(self, service: &str, wire: &str, title: &str) -> Self {
        Self { service: service.to_owned(), wire: wire.to_owned(), title: title.to_owned(), ..self }
    }

    /// A group of fields that change together in time.
    #[must_use]
    pub fn group(mut self, name: &str, fields: impl IntoIterator<Item = FieldDeclaration>) -> Self {
        let fields = fields.into_iter().collect();
        self.groups.push(GroupDeclaration { name: name.to_owned(), wire: name.to_owned(), fields });
        self
    }

    /// A state and its possible values.
    #[must_use]
    pub fn state<'a>(mut self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let value = |value: &str| StateValueDeclaration { name: value.to_owned(), wire: value.to_owned() };
        let values = values.into_iter().map(value).collect();
        self.states.push(StateDeclaration { name: name.to_owned(), wire: name.to_owned(), values });
        self
    }

    /// The value of a state that makes an object count; without one it always does.
    #[must_use]
    pub fn present_while(self, state: &str, value: &str) -> Self {
        let presence = PresenceDeclaration { state: state.to_owned(), value: value.to_owned() };
        Self { presence: Some(presence), ..self }
    }

    /// A relation to at most one object at a time, of one of these classes; none means any.
    #[must_use]
    pub fn to_one<'a>(self, name: &str, classes: impl IntoIterator<Item = &'a str>) -> Self {
        self.relation(name, Cardinality::ZeroToOne, classes)
    }

    /// A relation to any number of objects, of these classes; none means any.
    #[must_use]
    pub fn to_many<'a>(self, name: &str, classes: impl IntoIterator<Item = &'a str>) -> Self {
        self.relation(name, Cardinality::ZeroToMany, classes)
    }

    /// A search term made of text fields of one group, such as a full name.
    #[must_use]
    pub fn derived<'a>(mut self, name: &str, group: &str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts = parts.into_iter().map(str::to_owned).collect();
        self.derived.push(DerivedDeclaration { name: name.to_owned(), group: group.to_owned(), parts });
        self
    }

    fn relation<'a>(
        mut self,
        name: &str,
        cardinality: Cardinality,
        classes: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let targets = classes.into_iter().map(str::to_owned).collect();
        let (name, wire) = (name.to_owned(), name.to_owned());
        self.relations.push(RelationDeclaration { name, wire, cardinality, targets });
        self
    }
}

impl FieldDeclaration {
    /// A field of a type.
    pub fn new(name: &str, field_type: FieldType) -> Self {
        let (name, wire) = (name.to_owned(), name.to_owned());
        Self { name, wire, field_type, mandatory: false, shown_when_empty: false, background: false }
    }

    /// A field that holds a text.
    pub fn text(name: &str) -> Self {
        Self::new(name, FieldType::Text)
    }

    /// A field that holds a list of texts.
    pub fn texts(name: &str) -> Self {
        Self::new(name, FieldType::TextList)
    }

    /// A field that holds a whole number of 32 bits.
    pub fn integer(name: &str) -> Self {
        Self::new(name, FieldType::Integer)
    }

    /// A field that holds true or false.
    pub fn boolean(name: &str) -> Self {
        Self::new(name, FieldType::Boolean)
    }

    /// The same field with a value in every row of its group.
    #[must_use]
    pub fn mandatory(self) -> Self {
        Self { mandatory: true, ..self }
    }

    /// The same field under a wire name of its own.
    #[must_use]
    pub fn on_wire(self, wire: &str) -> Self {
        Self { wire: wire.to_owned(), ..self }
    }
}
