//! The operations, parameters and answers that the description names.

use lora_core::schema::{Class, FieldType};
use serde_json::{Map, Value, json};

use super::{new_schema, reference, update_schema};

/// A point of time for examples.
const NOON: &str = "2017-07-01T12:00:00+02:00";

/// Paths that do not depend on the classes.
pub(super) fn of_server() -> Map<String, Value> {
    let text = |summary: &str, kind: &str| {
        json!({"get": {
            "summary": summary,
            "operationId": summary.to_lowercase().replace(' ', "_"),
            "responses": {"200": {"description": summary, "content": {kind: {"schema": {"type": "string"}}}}},
        }})
    };
    let health = |summary: &str, name: &str| {
        json!({"get": {
            "summary": summary,
            "operationId": name,
            "responses": {"204": {"description": "Yes"}, "503": reference("responses", "Problem")},
        }})
    };
    let site_map = json!({"get": {
        "summary": "The paths of the dialect",
        "operationId": "site_map",
        "responses": {"200": json_answer("The paths", &json!({"type": "object"}))},
    }});
    Map::from_iter([
        ("/".to_owned(), text("What runs here", "text/html")),
        ("/site-map".to_owned(), site_map),
        ("/health/live".to_owned(), health("Whether the process answers", "health_live")),
        ("/health/ready".to_owned(), health("Whether requests can be served", "health_ready")),
        ("/metrics".to_owned(), text("Figures for Prometheus", "text/plain")),
        ("/openapi.json".to_owned(), text("This description", "application/json")),
    ])
}

pub(super) fn classes(service: &str) -> Value {
    described(service, &format!("{service}_classes"), "What the classes of the service are made of")
}

pub(super) fn fields(class: &Class) -> Value {
    described(&class.service, &format!("{}_fields", class.wire), "What the class is made of")
}

pub(super) fn schema(class: &Class) -> Value {
    described(&class.service, &format!("{}_schema", class.wire), "The JSON Schema of create and import")
}

fn described(service: &str, id: &str, summary: &str) -> Value {
    json!({"get": {
        "tags": [service],
        "summary": summary,
        "operationId": id,
        "responses": {"200": json_answer(summary, &json!({"type": "object"})), "400": reference("responses", "Problem")},
    }})
}

pub(super) fn of_class(class: &Class) -> Value {
    let (title, tags) = (&class.title, [&class.service]);
    let created = with_headers(json_answer("Created", &uuid_answer()));
    json!({
        "parameters": [reference("parameters", "lora_position")],
        "get": {
            "tags": tags,
            "summary": format!("List or search {title}"),
            "description": "With only uuid, time arguments and konsolider: the objects themselves. With any other \
                argument: the UUIDs of the objects that meet all of them; with list as well, the objects.",
            "operationId": format!("{}_find", class.wire),
            "parameters": find_parameters(class),
            "responses": answers("200", &with_headers(json_answer("What was found", &results()))),
        },
        "post": {
            "tags": tags,
            "summary": format!("Create {title}"),
            "operationId": format!("{}_create", class.wire),
            "requestBody": body(&new_schema(class), Some(&example(class))),
            "responses": answers("201", &created),
        },
    })
}

pub(super) fn of_object(class: &Class) -> Value {
    let (title, tags) = (&class.title, [&class.service]);
    let operation = |verb: &str, status: &str, body: Option<Value>| {
        let done = with_headers(json_answer("Done", &uuid_answer()));
        let mut operation = json!({
            "tags": tags,
            "summary": format!("{verb} {title}"),
            "operationId": format!("{}_{}", class.wire, verb.to_lowercase()),
            "responses": answers(status, &done),
        });
        if let Some(body) = body {
            operation["requestBody"] = body;
        }
        operation
    };
    let object = json!({"type": "object", "additionalProperties": {
        "type": "array", "items": reference("schemas", "Object"), "minItems": 1, "maxItems": 1,
    }});
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    json!({
        "parameters": [reference("parameters", "uuid_path"), reference("parameters", "lora_position")],
        "get": {
            "tags": tags,
            "summary": format!("Read {title}"),
            "operationId": format!("{}_read", class.wire),
            "parameters": time_parameters(),
            "responses": answers("200", &with_headers(json_answer("The object", &object))),
        },
        "put": operation("Import", "200", Some(body(&new_schema(class), Some(&example(class))))),
        "patch": operation("Update", "200", Some(body(&update_schema(class), None))),
        "delete": operation("Delete", "202", Some(json!({"content": {"application/json": {"schema": note}}}))),
    })
}

fn find_parameters(class: &Class) -> Vec<Value> {
    let named = |name: &str, description: String, schema: Value| json!({"name": name, "in": "query", "description": description, "schema": schema});
    let many = |item: Value| json!({"type": "array", "items": item});
    let mut parameters = time_parameters();
    for name in ["uuid", "list", "foersteresultat", "maximalantalresultater"] {
        parameters.push(reference("parameters", name));
    }
    for name in ["livscykluskode", "brugerref", "notetekst", "vilkaarligattr", "vilkaarligrel"] {
        parameters.push(reference("parameters", name));
    }
    for (_, field) in class.fields() {
        let relation = class.relations.iter().any(|relation| relation.wire == field.wire);
        let also = if relation { "; a UUID or URN asks the relation of that name" } else { "" };
        let (what, item) = match field.field_type {
            FieldType::Boolean => ("true or false", json!({"type": "string"})),
            FieldType::Integer => ("A number", json!({"type": "string"})),
            FieldType::Text | FieldType::TextList | FieldType::Keywords => {
                ("A text in any letter case; % is any run of characters", json!({"type": "string"}))
            }
        };
        parameters.push(named(&field.wire, format!("{what}{also}"), many(item)));
    }
    for state in &class.states {
        let values: Vec<&str> = state.values.iter().map(|value| value.wire.as_str()).collect();
        parameters.push(named(&state.value_wire, "A state".to_owned(), many(json!({"enum": values}))));
    }
    let attributes: Vec<&str> = class.fields().map(|(_, field)| field.wire.as_str()).collect();
    for relation in class.relations.iter().filter(|relation| !attributes.contains(&relation.wire.as_str())) {
        let what = format!(
            "A UUID or URN, of which several are alternatives; {}:TYPE asks for that objekttype",
            relation.wire
        );
        parameters.push(named(&relation.wire, what, many(json!({"type": "string"}))));
    }
    parameters
}

fn time_parameters() -> Vec<Value> {
    let names = ["virkningstid", "virkningfra", "virkningtil", "registreringstid", "registreretfra", "registrerettil"];
    names.into_iter().chain(["konsolider"]).map(|name| reference("parameters", name)).collect()
}

/// The parameters that all classes have.
pub(super) fn parameters() -> Value {
    let query = |name: &str, description: &str, schema: Value| {
        (name.to_owned(), json!({"name": name, "in": "query", "description": description, "schema": schema}))
    };
    let text = || json!({"type": "string"});
    let dated = |name: &str, description: &str, example: &str| {
        let (name, mut parameter) = query(name, description, text());
        parameter["example"] = json!(example);
        (name, parameter)
    };
    let number = || json!({"type": "integer", "minimum": 0});
    let uuid = || json!({"type": "string", "format": "uuid"});
    let lifecycles = json!({"enum": ["Opstaaet", "Importeret", "Rettet", "Passiveret", "Slettet"]});
    let path = json!({"name": "uuid", "in": "path", "required": true, "schema": uuid()});
    let demanded = "Show at least this position, which an earlier answer told";
    let demanded = json!({"name": "Lora-Position", "in": "header", "description": demanded, "schema": number()});
    Value::Object(Map::from_iter([
        ("uuid_path".to_owned(), path),
        ("lora_position".to_owned(), demanded),
        dated("virkningstid", "In effect at this point of ISO 8601; now if nothing is given", NOON),
        dated("virkningfra", "In effect at some instant from this one on", "2017-01-01"),
        dated("virkningtil", "In effect at some instant before this one", "infinity"),
        dated("registreringstid", "As it was registered at this point", NOON),
        dated("registreretfra", "Registrations that were the newest at some instant from this one on", "-infinity"),
        dated("registrerettil", "Registrations that were the newest at some instant before this one", "infinity"),
        query("konsolider", "Join rows that follow on each other; present with any value", text()),
        query("uuid", "The object", json!({"type": "array", "items": uuid()})),
        query("list", "Answer with the objects found; present with any value", text()),
        query("foersteresultat", "How many to leave out", number()),
        query("maximalantalresultater", "How many at most", number()),
        query("livscykluskode", "The registration's life cycle", lifecycles),
        query("brugerref", "Who made the registration", uuid()),
        query("notetekst", "A pattern for the registration's note", text()),
        query("vilkaarligattr", "A pattern for any text of any attribute", text()),
        query("vilkaarligrel", "A target of any relation", uuid()),
    ]))
}

/// The answers that all operations share.
pub(super) fn responses() -> Value {
    json!({"Problem": json_answer("What is wrong, and where", &reference("schemas", "Problem"))})
}

/// The headers that answers of the dialect carry.
pub(super) fn headers() -> Value {
    json!({"Lora-Position": {
        "description": "The position of the store that the answer shows, or that the write got",
        "schema": {"type": "integer"},
    }})
}

fn with_headers(mut answer: Value) -> Value {
    answer["headers"] = json!({"Lora-Position": reference("headers", "Lora-Position")});
    answer
}

fn answers(status: &str, success: &Value) -> Value {
    let mut answers = Map::from_iter([(status.to_owned(), success.clone())]);
    for status in ["400", "404", "408", "409", "410", "413", "503", "507"] {
        answers.insert(status.to_owned(), reference("responses", "Problem"));
    }
    Value::Object(answers)
}

fn json_answer(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn uuid_answer() -> Value {
    json!({"type": "object", "required": ["uuid"], "properties": {"uuid": {"type": "string", "format": "uuid"}}})
}

fn results() -> Value {
    let either = json!({"anyOf": [{"type": "string", "format": "uuid"}, reference("schemas", "Object")]});
    json!({"type": "object", "required": ["results"], "properties": {"results": {
        "type": "array", "maxItems": 1, "items": {"type": "array", "items": either},
    }}})
}

fn body(schema: &str, example: Option<&Value>) -> Value {
    let form = json!({"type": "object", "required": ["json"], "properties": {"json": reference("schemas", schema)}});
    let mut body = json!({"required": true, "content": {
        "application/json": {"schema": reference("schemas", schema)},
        "multipart/form-data": {"schema": form},
    }});
    if let Some(example) = example {
        body["content"]["application/json"]["example"] = example.clone();
    }
    body
}

/// A smallest object of the class, in effect since 2017.
fn example(class: &Class) -> Value {
    let effect = json!({"from": "2017-01-01", "to": "infinity"});
    let mandatory = class.groups.iter().filter(|group| group.fields.iter().any(|field| field.mandatory));
    let groups = mandatory.map(|group| {
        let fields = group.fields.iter().filter(|field| field.mandatory);
        let mut row: Map<String, Value> = fields.map(|field| (field.wire.clone(), json!("example"))).collect();
        row.insert("virkning".to_owned(), effect.clone());
        (group.wire.clone(), json!([row]))
    });
    let states = class.states.iter().map(|state| {
        let value = state.values.first().map(|value| value.wire.as_str());
        (state.wire.clone(), json!([{state.value_wire.as_str(): value, "virkning": effect}]))
    });
    json!({
        "attributter": groups.collect::<Map<_, _>>(),
        "tilstande": states.collect::<Map<_, _>>(),
        "note": "an example",
    })
}
