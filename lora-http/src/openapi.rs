//! `/openapi.json`: every path of the server as OpenAPI 3.1, made from the classes of the store.

mod api;
mod operations;

use axum::body::Bytes;
use lora_core::schema::{Class, Schema};
use serde_json::{Map, Value, json};

use crate::app::PREFIXES;
use crate::describe::{json_schema, services};

/// The answer to `GET /openapi.json`, which is the same for as long as the server runs.
pub(crate) fn written(schema: &Schema) -> Bytes {
    document(schema).to_string().into()
}

fn document(schema: &Schema) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "LoRA",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A register of master data with two time axes: when something holds (virkning), and when it \
                was registered (registrering). LoRA's paths stand at the root and under /lora.",
            "license": {"name": "MPL-2.0", "identifier": "MPL-2.0"},
        },
        "servers": PREFIXES.map(|prefix| json!({"url": if prefix.is_empty() { "/" } else { prefix }})),
        "tags": tags(schema),
        "paths": paths(schema),
        "components": {
            "schemas": schemas(schema),
            "parameters": operations::parameters(),
            "responses": operations::responses(),
            "headers": operations::headers(),
        },
    })
}

fn tags(schema: &Schema) -> Vec<Value> {
    let services = services(schema).into_iter().map(|service| json!({"name": service}));
    [json!({"name": "api", "description": "Our own API, with English names; docs/query.md says what queries mean"})]
        .into_iter()
        .chain(services)
        .collect()
}

fn paths(schema: &Schema) -> Value {
    let mut paths = operations::of_server();
    paths.extend(api::paths(schema));
    for service in services(schema) {
        paths.insert(format!("/{service}/classes"), operations::classes(&service));
    }
    for class in schema.classes() {
        let path = format!("/{}/{}", class.service, class.wire);
        paths.insert(path.clone(), operations::of_class(class));
        paths.insert(format!("{path}/{{uuid}}"), operations::of_object(class));
        paths.insert(format!("{path}/fields"), operations::fields(class));
        paths.insert(format!("{path}/schema"), operations::schema(class));
    }
    Value::Object(paths)
}

/// The name of a class's schema for what create and import take.
fn new_schema(class: &Class) -> String {
    format!("{}New", class.title)
}

/// The name of a class's schema for what update takes.
fn update_schema(class: &Class) -> String {
    format!("{}Update", class.title)
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn schemas(schema: &Schema) -> Value {
    let mut schemas = Map::new();
    for class in schema.classes() {
        let mut new = json_schema(class);
        if let Some(new) = new.as_object_mut() {
            for keyword in ["$schema", "id"] {
                new.remove(keyword);
            }
            for (name, definition) in new.remove("definitions").iter().filter_map(Value::as_object).flatten() {
                schemas.entry(name.clone()).or_insert_with(|| moved(definition.clone()));
            }
        }
        let new = moved(new);
        schemas.insert(update_schema(class), partial(new.clone()));
        schemas.insert(new_schema(class), new);
    }
    schemas.insert("Object".to_owned(), object_schema());
    schemas.insert("Problem".to_owned(), problem_schema());
    schemas.extend(api::schemas());
    Value::Object(schemas)
}

/// A schema whose references point at the components of this document.
fn moved(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replace("#/definitions/", "#/components/schemas/");
                    }
                    member => *member = moved(member.take()),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = moved(item.take())),
        _ => {}
    }
    schema
}

/// The schema of an update: nothing is mandatory but the virkning of each row.
fn partial(mut new: Value) -> Value {
    let Some(members) = new.as_object_mut() else { return new };
    members.remove("required");
    for section in ["attributter", "tilstande"] {
        let Some(section) = members["properties"][section].as_object_mut() else { continue };
        section.remove("required");
        for part in section["properties"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(required) = part["items"]["required"].as_array_mut() {
                required.retain(|name| name == "virkning");
            }
        }
    }
    new
}

fn object_schema() -> Value {
    let time = json!({"type": "object", "properties": {
        "tidsstempeldatotid": {"type": "string", "description": "ISO 8601 with offset, or infinity"},
        "graenseindikator": {"type": "boolean"},
    }});
    json!({
        "type": "object",
        "required": ["id", "registreringer"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "registreringer": {
                "type": "array",
                "description": "Newest first. Each holds the rows in effect, whole and not clipped.",
                "items": {
                    "type": "object",
                    "required": ["fratidspunkt", "tiltidspunkt", "livscykluskode", "brugerref"],
                    "properties": {
                        "fratidspunkt": time,
                        "tiltidspunkt": time,
                        "livscykluskode": {"enum": ["Opstaaet", "Importeret", "Rettet", "Passiveret", "Slettet"]},
                        "note": {"type": "string"},
                        "brugerref": {"type": "string", "format": "uuid"},
                        "attributter": {"type": "object"},
                        "tilstande": {"type": "object"},
                        "relationer": {"type": "object"},
                    },
                },
            },
        },
    })
}

fn problem_schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "message": text("What is wrong, as LoRA's clients look for it"),
            "context": {"description": "null, or a list that holds null, where LoRA's database would have spoken"},
            "uuid": {"type": "null", "description": "There was no body to speak of"},
            "type": text("A URN of the kind of problem (RFC 9457)"),
            "title": text("The kind of problem in words"),
            "status": {"type": "integer"},
            "detail": text("What is wrong"),
            "code": text("The kind of problem as a stable word"),
            "path": text("Where in the input: a JSON pointer into the body, or ?name of an argument"),
            "value": text("The offending value, shortened"),
            "accepted": text("What would be accepted"),
            "periods": {"type": "array", "items": {"type": "string"}, "description": "The periods in conflict"},
        },
    })
}
