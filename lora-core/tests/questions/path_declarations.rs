//! Paths in class files: what is taken, and that every mistake is reported with its place.

use lora_core::oio::shipped_classes;
use lora_core::schema::{ClassDeclaration, Condition, Ids, Schema};

const HEAD: &str = r#"
name = "thing"
wire = "ting"
title = "Ting"
service = "test"
relations = [
  { name = "owner", wire = "ejer", cardinality = "zero_to_one", targets = ["user"] },
  { name = "parent", wire = "overordnet", cardinality = "zero_to_one", targets = ["thing"] },
]
groups = [
  { name = "properties", wire = "egenskaber", fields = [{ name = "key", wire = "noegle" }, { name = "count", wire = "antal", type = "integer" }] },
  { name = "more", wire = "mere", fields = [{ name = "key", wire = "mere_noegle" }] },
]
states = [{ name = "use", wire = "brug", values = [{ name = "used", wire = "Brugt" }] }]
"#;

/// The shipped classes with one more, that declares paths.
fn declared(paths: &str) -> Result<Schema, Vec<String>> {
    let class = ClassDeclaration::from_toml("thing.toml", &format!("{HEAD}{paths}"));
    let class = class.map_err(|error| vec![error.to_string()])?;
    let classes: Vec<ClassDeclaration> = shipped_classes().into_iter().chain([class]).collect();
    let schema = Schema::new(&classes, Ids::default());
    schema.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_path_is_a_tree_of_nodes_with_the_ids_of_the_store() {
    let schema = declared(
        r#"
        [[paths]]
        name = "owned"
        nodes = [
          { name = "thing", class = "thing", below = "parent", where = [{ field = "more.key", is = "k" }, { state = "use", is = "used" }] },
          { name = "owner", class = "user", edge = { from = "thing", relation = "owner", to = "owner", object_type = "Bruger" } },
          { name = "part", class = "thing", optional = true, edge = { from = "part", relation = "parent", to = "thing" } },
        ]"#,
    )
    .unwrap();
    assert_eq!(schema.paths().iter().map(|path| path.name.as_str()).collect::<Vec<_>>(), ["access", "owned"]);
    let path = schema.path_named("owned").unwrap();
    let class = schema.class_named("thing").unwrap();
    let relation = |name: &str| class.relations.iter().find(|relation| relation.name == name).unwrap().id;
    assert_eq!(path.nodes[0].below, Some(relation("parent")));
    let (state, field) = (&class.states[0], class.groups[1].fields[0].id);
    let conditions =
        [Condition::Text { field, is: "k".to_owned() }, Condition::State { state: state.id, is: state.values[0].id }];
    assert_eq!(path.nodes[0].conditions, conditions);
    let edges: Vec<_> = path.nodes.iter().filter_map(|node| node.edge.as_ref()).collect();
    let edges: Vec<_> = edges.iter().map(|edge| (edge.to, edge.relation, edge.points_back)).collect();
    assert_eq!(edges, [(0, relation("owner"), false), (0, relation("parent"), true)]);
    assert_eq!(path.nodes.iter().map(|node| node.optional).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn declarations_without_paths_keep_their_bytes() {
    let with = ClassDeclaration::from_toml("a", &format!("{HEAD}paths = []")).unwrap();
    let without = ClassDeclaration::from_toml("a", HEAD).unwrap();
    assert_eq!(with, without);
    assert!(!serde_json::to_string(&with).unwrap().contains("paths"));
    let shipped = serde_json::to_value(shipped_classes()).unwrap();
    let with_paths: Vec<_> = shipped.as_array().unwrap().iter().filter(|class| class.get("paths").is_some()).collect();
    assert_eq!(with_paths.len(), 1, "one class has the path");
    let plain = r#"{"name":"system","class":"it_system"}"#;
    assert_eq!(
        serde_json::to_string(&with_paths[0]["paths"][0]["nodes"][0]).unwrap(),
        plain,
        "nothing that is not said"
    );
}

/// Each declaration with the one mistake that is found in it.
#[test]
fn every_mistake_says_where_what_and_what_would_do() {
    let node = |parts: &str| {
        format!(r#"paths = [{{ name = "p", nodes = [{{ name = "thing", class = "thing" }}, {{ {parts} }}] }}]"#)
    };
    let first = |parts: &str| format!(r#"paths = [{{ name = "p", nodes = [{{ {parts} }}] }}]"#);
    let owner = r#"name = "owner", class = "user""#;
    let cases = [
        (r#"paths = [{ name = "p", nodes = [] }]"#.to_owned(), "thing.paths.p: a path needs nodes"),
        (
            r#"paths = [{ name = "P", nodes = [{ name = "thing", class = "thing" }] }]"#.to_owned(),
            "thing.paths.P: the english name `P` is not usable; expected a lower-case letter followed by letters, digits and `_`",
        ),
        (
            r#"paths = [{ name = "access", nodes = [{ name = "thing", class = "thing" }] }]"#.to_owned(),
            "thing.paths.access: `access` is declared twice",
        ),
        (
            first(r#"name = "thing", class = "thong""#),
            "thing.paths.p.thing: there is no `thong`; expected one of `organisation`, `organisation_unit`, \
             `organisation_function`, `user`, `it_system`, `facet`, `class`, `classification`, `thing`",
        ),
        (
            first(r#"name = "valid", class = "thing""#),
            "thing.paths.p.valid: no node is called `valid`: questions call something else so",
        ),
        (
            first(r#"name = "thing", class = "thing", optional = true"#),
            "thing.paths.p.thing: the first node cannot be optional",
        ),
        (
            first(r#"name = "thing", class = "thing", edge = { from = "thing", relation = "owner", to = "owner" }"#),
            "thing.paths.p.thing: the first node has no `edge`: there is none before it",
        ),
        (
            first(r#"name = "thing", class = "thing", below = "owner""#),
            "thing.paths.p.thing.below: `owner` does not lead to `thing`, but to user",
        ),
        (
            first(r#"name = "thing", class = "thing", where = [{ is = "k" }]"#),
            "thing.paths.p.thing.where: a condition names either a `field` or a `state`",
        ),
        (
            first(r#"name = "thing", class = "thing", where = [{ field = "key", is = "k" }]"#),
            "thing.paths.p.thing.where: several groups have a `key`; write `properties.key` or `more.key`",
        ),
        (
            first(r#"name = "thing", class = "thing", where = [{ field = "count", is = "k" }]"#),
            "thing.paths.p.thing.where: `count` is not a text field",
        ),
        (
            first(r#"name = "thing", class = "thing", where = [{ field = "kye", is = "k" }]"#),
            "thing.paths.p.thing.where: there is no `kye`; expected one of `key`, `key`",
        ),
        (
            first(r#"name = "thing", class = "thing", where = [{ state = "using", is = "used" }]"#),
            "thing.paths.p.thing.where: there is no `using`; expected one of `use`",
        ),
        (
            first(r#"name = "thing", class = "thing", where = [{ state = "use", is = "unused" }]"#),
            "thing.paths.p.thing.where: there is no `unused`; expected one of `used`",
        ),
        (node(owner), "thing.paths.p.owner: a node after the first needs an `edge` to one before it"),
        (
            node(r#"name = "thing", class = "thing", edge = { from = "thing", relation = "parent", to = "thing" }"#),
            "thing.paths.p.thing: `thing` is declared twice",
        ),
        (
            node(&format!(r#"{owner}, edge = {{ from = "thing", relation = "owner", to = "thing" }}"#)),
            "thing.paths.p.owner.edge: either `from` or `to` is `owner`, the node itself",
        ),
        (
            node(&format!(r#"{owner}, edge = {{ from = "thong", relation = "owner", to = "owner" }}"#)),
            "thing.paths.p.owner.edge: there is no `thong`; expected one of `thing`",
        ),
        (
            node(&format!(r#"{owner}, edge = {{ from = "thing", relation = "owned", to = "owner" }}"#)),
            "thing.paths.p.owner.edge: there is no `owned`; expected one of `owner`, `parent`",
        ),
        (
            node(&format!(r#"{owner}, edge = {{ from = "thing", relation = "parent", to = "owner" }}"#)),
            "thing.paths.p.owner.edge: `parent` does not lead to `user`, but to thing",
        ),
    ];
    for (paths, expected) in cases {
        assert_eq!(declared(&paths).unwrap_err(), [expected], "{paths}");
    }
    let several =
        r#"paths = [{ name = "p", nodes = [{ name = "A", class = "thong" }, { name = "b", class = "user" }] }]"#;
    assert_eq!(declared(several).unwrap_err().len(), 3, "all of them are reported");
    let unknown =
        declared(r#"paths = [{ name = "p", nodes = [{ name = "thing", class = "thing", whre = [] }] }]"#).unwrap_err();
    assert!(unknown[0].starts_with("thing.toml: ") && unknown[0].contains("whre"), "{unknown:?}");
}
