//! The dialect's description of itself: `/fields`, `/schema`, `/classes` and `/site-map`, all from the classes.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use lora_core::schema::{Cardinality, Class, ClassId, Field, FieldType, Group, Relation, Schema};
use lora_core::storage::Storage;
use serde_json::{Map, Value, json};

use crate::answer::json as answer;
use crate::api;
use crate::app::{App, PREFIXES};
use crate::error::Problem;
use crate::params::{Arguments, read_uuid};

/// `GET /site-map`: the paths of the dialect.
pub(crate) async fn site_map<S: Storage>(State(app): State<App<S>>) -> Response {
    let schema = app.service.schema();
    let mut paths = vec!["/".to_owned(), "/site-map".to_owned()];
    paths.extend(services(schema).into_iter().map(|service| format!("/{service}/classes")));
    for class in schema.classes() {
        let path = format!("/{}/{}", class.service, class.wire);
        paths.extend(["/fields", "/schema", "/{uuid}", ""].map(|end| format!("{path}{end}")));
    }
    paths.sort();
    answer(StatusCode::OK, &json!({"site-map": paths}))
}

/// `GET /{service}/classes`: what the classes of a service are made of. Takes any argument.
pub(crate) async fn classes<S: Storage>(app: App<S>, service: String) -> Response {
    let mut classes: Vec<&Class> = app.service.schema().classes().iter().collect();
    classes.retain(|class| class.service == service);
    classes.sort_by(|a, b| a.wire.cmp(&b.wire));
    let described = classes.into_iter().map(|class| (class.wire.clone(), structure(class)));
    answer(StatusCode::OK, &Value::Object(described.collect()))
}

/// `GET /{service}/{class}/fields`: what a class is made of.
pub(crate) async fn fields<S: Storage>(app: App<S>, class: ClassId, request: Request) -> Result<Response, Problem> {
    Arguments::of(request.uri())?.only(|_| false)?;
    Ok(answer(StatusCode::OK, &structure(app.class(class)?)))
}

/// `GET /{service}/{class}/schema`: the JSON Schema of what create and import take. Takes any argument.
pub(crate) async fn schema<S: Storage>(app: App<S>, class: ClassId) -> Result<Response, Problem> {
    Ok(answer(StatusCode::OK, &json_schema(app.class(class)?)))
}

/// The services that have classes, in order.
pub(crate) fn services(schema: &Schema) -> Vec<String> {
    let mut services: Vec<String> = schema.classes().iter().map(|class| class.service.clone()).collect();
    services.sort();
    services.dedup();
    services
}

/// Whether a path is one of our own API, or one of the dialect's under one of the prefixes.
pub(crate) fn is_served(schema: &Schema, path: &str) -> bool {
    if api::is_served(schema, path) {
        return true;
    }
    let inside = |prefix: &str| path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
    PREFIXES.iter().rev().filter_map(|prefix| inside(prefix)).any(|path| {
        let segments: Vec<&str> = path.split('/').collect();
        let has = |service: &str, wire: &str| {
            schema.classes().iter().any(|class| class.service == service && class.wire == wire)
        };
        match segments[..] {
            ["site-map"] => true,
            [service, "classes"] => schema.classes().iter().any(|class| class.service == service),
            [service, class] => has(service, class),
            [service, class, "fields" | "schema"] => has(service, class),
            [service, class, uuid] => has(service, class) && read_uuid(uuid).is_some(),
            _ => false,
        }
    })
}

fn structure(class: &Class) -> Value {
    let short = |wire: &str| wire.strip_prefix(class.wire.as_str()).unwrap_or(wire).to_owned();
    let wires = |group: &Group| group.fields.iter().map(|field| json!(field.wire)).collect();
    let groups: Map<_, _> = class.groups.iter().map(|group| (short(&group.wire), Value::Array(wires(group)))).collect();
    let about = class.groups.iter().map(|group| (short(&group.wire), metadata(group)));
    let about: Map<_, _> = about.filter(|(_, fields)| fields.as_object().is_some_and(|map| !map.is_empty())).collect();
    let states = class.states.iter().map(|state| {
        let values = state.values.iter().map(|value| json!(value.wire)).collect();
        (state.value_wire.clone(), Value::Array(values))
    });
    let relations = |cardinality| -> Vec<&str> { of(class, cardinality).map(|relation| &*relation.wire).collect() };
    json!({
        "attributter": groups,
        "attributter_metadata": about,
        "tilstande": states.collect::<Map<_, _>>(),
        "relationer_nul_til_en": relations(Cardinality::ZeroToOne),
        "relationer_nul_til_mange": relations(Cardinality::ZeroToMany),
    })
}

fn of(class: &Class, cardinality: Cardinality) -> impl Iterator<Item = &Relation> {
    class.relations.iter().filter(move |relation| relation.cardinality == cardinality)
}

fn metadata(group: &Group) -> Value {
    let about = |field: &Field| {
        let mut about = Map::new();
        let kind = match field.field_type {
            FieldType::Text => None,
            FieldType::Boolean => Some("boolean"),
            FieldType::Integer => Some("int"),
            FieldType::TextList => Some("text[]"),
            FieldType::Keywords => Some("soegeord"),
        };
        about.extend(kind.map(|kind| ("type".to_owned(), json!(kind))));
        about.extend(field.mandatory.then(|| ("mandatory".to_owned(), json!(true))));
        about
    };
    let fields = group.fields.iter().map(|field| (field.wire.clone(), about(field)));
    fields.filter(|(_, about)| !about.is_empty()).map(|(wire, about)| (wire, Value::Object(about))).collect()
}

/// The JSON Schema of a class, as LoRA publishes it.
pub(crate) fn json_schema(class: &Class) -> Value {
    let mandatory = class.groups.iter().filter(|group| group.fields.iter().any(|field| field.mandatory));
    let groups = class.groups.iter().map(|group| (group.wire.clone(), json!({"type": "array", "items": row(group)})));
    let states = class.states.iter().map(|state| {
        let values: Vec<&str> = state.values.iter().map(|value| value.wire.as_str()).collect();
        let value = (state.value_wire.clone(), json!({"type": "string", "enum": values}));
        let row = object([value, effect()], [state.value_wire.clone(), "virkning".to_owned()]);
        (state.wire.clone(), json!({"type": "array", "items": row}))
    });
    // In LoRA's order, which is not that of its answers.
    let relations = of(class, Cardinality::ZeroToMany).chain(of(class, Cardinality::ZeroToOne));
    let relations = relations.map(|relation| (relation.wire.clone(), json!({"type": "array", "items": target()})));
    let sections = [
        ("attributter".to_owned(), object(groups, mandatory.map(|group| group.wire.clone()))),
        ("tilstande".to_owned(), object(states, class.states.iter().map(|state| state.wire.clone()))),
        ("relationer".to_owned(), object(relations, [])),
        ("note".to_owned(), json!({"type": "string"})),
        ("livscyklus".to_owned(), json!({"type": "string"})),
    ];
    let mut schema = object(sections, ["attributter".to_owned(), "tilstande".to_owned()]);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema");
    schema["id"] = json!("http://github.com/magenta-aps/mox");
    schema["definitions"] = definitions();
    schema
}

/// An object that takes these members and no others.
fn object(members: impl IntoIterator<Item = (String, Value)>, required: impl IntoIterator<Item = String>) -> Value {
    let members: Map<String, Value> = members.into_iter().collect();
    let required: Vec<String> = required.into_iter().collect();
    let mut object = json!({"type": "object", "properties": members, "additionalProperties": false});
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn row(group: &Group) -> Value {
    let fields = group.fields.iter().map(|field| (field.wire.clone(), field_schema(field)));
    let mandatory = group.fields.iter().filter(|field| field.mandatory).map(|field| field.wire.clone());
    object(fields.chain([effect()]), mandatory.chain(["virkning".to_owned()]))
}

fn field_schema(field: &Field) -> Value {
    match field.field_type {
        FieldType::Text => json!({"type": "string"}),
        FieldType::Boolean => json!({"type": "boolean"}),
        FieldType::Integer => json!({"type": "integer"}),
        FieldType::TextList => json!({"type": "array", "items": {"type": "string"}}),
        FieldType::Keywords => {
            json!({"type": "array", "items": {"type": "array", "items": {"type": "string"}}, "maxItems": 2})
        }
    }
}

fn effect() -> (String, Value) {
    ("virkning".to_owned(), definition("virkning"))
}

fn definition(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// A row of a relation: to a UUID, to a URN, or to nothing.
fn target() -> Value {
    let typed = |kind: &str| {
        let object_type = ("objekttype".to_owned(), json!({"type": "string"}));
        object([(kind.to_owned(), definition(kind)), effect(), object_type], [kind.to_owned(), "virkning".to_owned()])
    };
    let empty = |kind: &str| (kind.to_owned(), definition("empty_string"));
    let required = ["urn", "uuid", "virkning"].map(str::to_owned);
    let nothing = object([empty("urn"), empty("uuid"), effect()], required);
    json!({"oneOf": [typed("uuid"), typed("urn"), nothing]})
}

fn definitions() -> Value {
    let text = || json!({"type": "string"});
    let member = |name: &str, schema: Value| (name.to_owned(), schema);
    let effect = [
        member("from", text()),
        member("to", text()),
        member("from_included", json!({"type": "boolean"})),
        member("to_included", json!({"type": "boolean"})),
        member("aktoerref", definition("uuid")),
        member("aktoertypekode", text()),
        member("notetekst", text()),
    ];
    let publicity = [member("alternativtitel", text()), member("hjemmel", text())];
    json!({
        "urn": {"type": "string", "pattern": "^urn:."},
        "uuid": {
            "type": "string",
            "pattern": "^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$",
        },
        "empty_string": {"type": "string", "pattern": "^$"},
        "virkning": object(effect, ["from", "to"].map(str::to_owned)),
        "offentlighedundtaget": object(publicity, ["alternativtitel", "hjemmel"].map(str::to_owned)),
    })
}
