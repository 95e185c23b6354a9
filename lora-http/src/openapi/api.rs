//! What the description says of our own API.

use lora_core::native::{Argument, LIMIT_MAX, ORDER_MAX, Takes, arguments_of};
use lora_core::schema::{Class, Field, FieldType, Schema};
use serde_json::{Map, Value, json};

use super::reference;

mod history;

/// The paths of the API.
pub(super) fn paths(schema: &Schema) -> Map<String, Value> {
    let mut paths = Map::from_iter([("/api/v1/query".to_owned(), query())]);
    for class in schema.classes() {
        paths.insert(format!("/api/v1/{}", class.name), of_class(class));
        paths.insert(format!("/api/v1/{}/differences", class.name), history::differences(class));
        let object = format!("/api/v1/{}/{{uuid}}", class.name);
        paths.extend(history::of_object(class, &object));
        paths.insert(object, of_object(class));
    }
    paths.insert("/api/v1/access".to_owned(), history::access(schema));
    for path in paths.values_mut() {
        path["servers"] = json!([{"url": "/"}]);
        path["parameters"] = json!([reference("parameters", "lora_position")]);
    }
    paths
}

fn query() -> Value {
    let example = json!({
        "class": "organisation_unit", "valid": "always", "where": {"field": "unit_name", "prefix": "Øko"},
        "order": ["user_key"], "limit": 10, "show": "points",
    });
    let body = json!({"required": true, "content": {
        "application/json": {"schema": reference("schemas", "api.query"), "example": example},
    }});
    json!({"post": {
        "tags": ["api"],
        "summary": "Objects, or their number, by a query",
        "operationId": "api_query",
        "requestBody": body,
        "responses": answers(&found()),
    }})
}

fn of_class(class: &Class) -> Value {
    json!({"get": {
        "tags": ["api"],
        "summary": format!("Objects of {}, or their number, by arguments", class.name),
        "description": "All arguments must hold; of several values of one argument one is enough. A test may stand \
            behind a name, with a dot in between: `user_key.prefix`.",
        "operationId": format!("api_{}_find", class.name),
        "parameters": parameters_of(class),
        "responses": answers(&found()),
    }})
}

fn of_object(class: &Class) -> Value {
    let not_modified = json!({"description": "The client has it already"});
    let shown = json_answer("The object", &object_schema_of(class));
    let mut answers = answers(&shown);
    answers["304"] = not_modified;
    answers["200"]["headers"]["ETag"] = json!({"schema": {"type": "string"}});
    json!({"get": {
        "tags": ["api"],
        "summary": format!("One object of {}", class.name),
        "operationId": format!("api_{}_read", class.name),
        "parameters": [
            reference("parameters", "uuid_path"),
            known("as which it was registered"), valid(), bound("valid", "from"), bound("valid", "to"),
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": answers,
    }})
}

fn argument(name: &str, description: &str, schema: Value) -> Value {
    let mut argument = json!({"name": name, "in": "query", "description": description});
    argument["schema"] = schema;
    argument
}

fn known(what: &str) -> Value {
    let description = format!("`latest`, or the instant {what}");
    argument("known", &description, json!({"type": "string", "default": "latest"}))
}

fn valid() -> Value {
    argument("valid", "`now`, `always`, or an instant of valid time", json!({"type": "string", "default": "now"}))
}

fn bound(axis: &str, end: &str) -> Value {
    let description = format!("A window of the axis `{axis}`, in place of an instant: its `{end}`");
    argument(&format!("{axis}_{end}"), &description, reference("schemas", "api.bound"))
}

fn parameters_of(class: &Class) -> Vec<Value> {
    let text = || json!({"type": "string"});
    let several = |items: Value| json!({"type": "array", "items": items});
    let uuids = || several(json!({"type": "string", "format": "uuid"}));
    let mut parameters = vec![known("at which it was known"), bound("known", "from"), bound("known", "to")];
    parameters.extend([valid(), bound("valid", "from"), bound("valid", "to")]);
    parameters.extend([
        argument("reading", "When an object counts", readings()),
        argument("order", "Fields, with commas between them; `-` in front of one for great values first", text()),
        argument("limit", "How many objects at most", limit()),
        argument("after", "The `next` of the page before", text()),
        argument("show", "What is shown of an object", shows()),
        argument("count", "Whether only their number is asked for", json!({"type": "boolean"})),
        argument("group_by", "By what they are counted", text()),
        argument("id", "The object", uuids()),
        argument("lifecycle", "The life cycle of the registration", several(lifecycles())),
        argument("actor", "Who registered it", uuids()),
        argument("note", "A pattern for the note of the registration", several(text())),
        argument("any_text", "A pattern for any text", several(text())),
        argument("any_relation", "A target of any relation", uuids()),
    ]);
    parameters.extend(arguments_of(class).iter().map(stated));
    parameters
}

fn stated(of: &Argument<'_>) -> Value {
    let (what, item) = match of.takes {
        Takes::Values(FieldType::Boolean) => ("A value", json!({"type": "boolean"})),
        Takes::Values(FieldType::Integer) => ("A value", json!({"type": "integer"})),
        Takes::Values(FieldType::Text) => ("A value", json!({"type": "string"})),
        Takes::Values(FieldType::TextList | FieldType::Keywords) => ("One of its texts", json!({"type": "string"})),
        Takes::Targets => ("A UUID or URN that it leads to", json!({"type": "string"})),
        Takes::States(state) => {
            let values: Vec<&str> = state.values.iter().map(|value| value.name.as_str()).collect();
            ("A state", json!({"enum": values}))
        }
    };
    let tests = of.tests.iter().map(|test| format!("`.{test}`")).collect::<Vec<_>>().join(", ");
    argument(&of.name, &format!("{what}; with {tests}"), json!({"type": "array", "items": item}))
}

fn readings() -> Value {
    json!({"enum": ["present", "rows", "registered"], "default": "present"})
}

fn shows() -> Value {
    json!({"enum": ["ids", "points", "objects"], "default": "ids"})
}

fn lifecycles() -> Value {
    json!({"enum": ["created", "imported", "corrected", "passivated", "deleted"]})
}

fn limit() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": 100})
}

fn json_answer(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn found() -> Value {
    let either = json!({"oneOf": [reference("schemas", "api.page"), reference("schemas", "api.count")]});
    let mut answer = json_answer("A page, or the number of objects", &either);
    answer["content"]["application/x-ndjson"] = json!({"schema": reference("schemas", "api.found")});
    answer["content"]["text/csv"] = json!({"schema": {"type": "string"}});
    answer
}

fn answers(success: &Value) -> Value {
    let mut answers = Map::from_iter([("200".to_owned(), success.clone())]);
    answers["200"]["headers"] = json!({
        "Lora-Position": reference("headers", "Lora-Position"),
        "Lora-Context": {"description": "The point of time of the answer, as JSON", "schema": {"type": "string"}},
    });
    for status in ["400", "404", "406", "409", "410", "413", "422", "503"] {
        answers.insert(status.to_owned(), reference("responses", "Problem"));
    }
    Value::Object(answers)
}

/// The schemas that the operations name.
pub(super) fn schemas() -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let instant = json!({
        "type": "string", "format": "date-time", "example": "2025-03-12T09:00:00+01:00",
        "description": "RFC 3339 with an offset; `infinity` or `-infinity` where a period may be unbounded",
    });
    let point = json!({
        "type": "object", "required": ["valid"],
        "properties": {
            "known": reference("schemas", "api.period"),
            "valid": {"type": "array", "items": reference("schemas", "api.period")},
        },
    });
    let found = json!({
        "type": "object", "required": ["id"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "points": {"type": "array", "items": point},
            "object": {"type": "object", "description": "As `GET /api/v1/{class}/{uuid}` shows it"},
        },
    });
    let page = json!({
        "type": "object", "required": ["context", "found"],
        "properties": {
            "context": reference("schemas", "api.context"),
            "found": {"type": "array", "items": reference("schemas", "api.found")},
            "next": {"type": "string", "description": "The cursor of the next page; absent on the last"},
        },
    });
    let group = json!({"type": "object", "properties": {"value": {}, "objects": {"type": "integer"}}});
    let count = json!({
        "type": "object", "required": ["context", "objects"],
        "properties": {
            "context": reference("schemas", "api.context"),
            "objects": {"type": "integer"},
            "groups": {"type": "array", "items": group},
        },
    });
    let context = json!({
        "type": "object", "required": ["known", "valid", "now", "position"],
        "properties": {"known": {}, "valid": {}, "now": reference("schemas", "api.bound"), "position": {"type": "integer"}},
    });
    let period = json!({"type": "object", "properties": {
        "from": reference("schemas", "api.bound"), "to": reference("schemas", "api.bound"),
    }});
    let window = json!({"oneOf": [{"const": "always"}, reference("schemas", "api.period")]});
    let order = json!({"oneOf": [text(), {
        "type": "object", "required": ["by"], "properties": {"by": text(), "descending": {"type": "boolean"}},
    }]});
    let query = json!({
        "type": "object", "required": ["class"], "additionalProperties": false,
        "properties": {
            "class": text(),
            "known": {"default": "latest", "description": "`latest`, an instant, or a window"},
            "valid": {"default": "now", "description": "`now`, `always`, an instant, or a window"},
            "reading": readings(),
            "where": reference("schemas", "api.filter"),
            "order": {"type": "array", "maxItems": ORDER_MAX, "items": order},
            "limit": limit(),
            "after": {"type": "string", "description": "The `next` of the page before"},
            "show": shows(),
            "count": {"type": "boolean", "default": false},
            "group_by": text(),
        },
    });
    let named = [
        ("api.bound", instant),
        ("api.period", period),
        ("api.window", window),
        ("api.context", context),
        ("api.found", found),
        ("api.page", page),
        ("api.count", count),
        ("api.query", query),
        ("api.filter", filter()),
    ];
    named.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// One operator in each object; `docs/query.md` has them with pictures.
fn filter() -> Value {
    let filter = || reference("schemas", "api.filter");
    let filters = || json!({"type": "array", "items": filter()});
    let window = || reference("schemas", "api.window");
    let text = || json!({"type": "string"});
    let one_or_many = |item: Value| json!({"oneOf": [item.clone(), {"type": "array", "items": item}]});
    let uuid = || json!({"type": "string", "format": "uuid"});
    let boolean = || json!({"type": "boolean"});
    let join = || {
        vec![
            ("type", text()),
            ("where", filter()),
            ("reading", readings()),
            ("steps", json!({"enum": ["one", "many"]})),
        ]
        .into_iter()
        .chain([("from_itself", boolean()), ("passing", filter())])
    };
    let tests = ["is", "has", "like", "prefix", "contains", "less", "at_most", "at_least", "greater"];
    let tests = tests.map(|test| (test, json!({})));
    let tests = tests.into_iter().chain([("in", json!({"type": "array"})), ("is_empty", boolean())]);
    let target = one_or_many(json!({"type": ["string", "null"]}));
    let relation = [("to", target), ("is_empty", boolean()), ("class", text())].into_iter().chain(join());
    let states = [("is", text()), ("in", json!({"type": "array", "items": text()}))];
    let periods = [("stand", one_or_many(text())), ("to", window()), ("to_periods_of", filter())];
    let carried = || [("where", filter())];
    let operators = [
        operator("all", filters(), []),
        operator("any", filters(), []),
        operator("not", filter(), []),
        operator("id", one_or_many(uuid()), []),
        operator("field", text(), tests),
        operator("any_text", text(), []),
        operator("state", text(), states),
        operator("relation", text(), relation),
        operator("referred_by", text(), [("through", text())].into_iter().chain(join())),
        operator("any_relation", uuid(), []),
        operator("lifecycle", one_or_many(lifecycles()), []),
        operator("actor", one_or_many(uuid()), []),
        operator("note", text(), []),
        operator("registered_in", window(), []),
        operator("changed_in", window(), [("part", text())]),
        operator("first_known_in", window(), carried()),
        operator("as_known", text(), carried()),
        operator("sometime", window(), carried()),
        operator("throughout", window(), carried()),
        operator("periods_of", filter(), periods),
    ];
    json!({"description": "What holds at some points (known, valid) of an object", "oneOf": operators})
}

fn operator(name: &str, value: Value, beside: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let members = beside.into_iter().map(|(name, schema)| (name.to_owned(), schema));
    let members: Map<String, Value> = [(name.to_owned(), value)].into_iter().chain(members).collect();
    json!({"type": "object", "required": [name], "additionalProperties": false, "properties": members})
}

/// An object of a class, as it is shown.
fn object_schema_of(class: &Class) -> Value {
    let rows = |mut members: Map<String, Value>| {
        let effect = [
            ("valid", reference("schemas", "api.period")),
            ("actor", json!({"type": "string", "format": "uuid"})),
            ("actor_kind", json!({"type": "string"})),
            ("note", json!({"type": "string"})),
        ];
        for (name, schema) in effect {
            members.insert(name.to_owned(), schema);
        }
        json!({"type": "array", "items": {"type": "object", "required": ["valid"], "properties": members}})
    };
    let groups = class.groups.iter().map(|group| {
        let fields = group.fields.iter().map(|field| (field.name.clone(), field_schema(field)));
        (group.name.clone(), rows(fields.collect()))
    });
    let states = class.states.iter().map(|state| {
        let values: Vec<&str> = state.values.iter().map(|value| value.name.as_str()).collect();
        (state.name.clone(), rows(Map::from_iter([("value".to_owned(), json!({"enum": values}))])))
    });
    let relations = class.relations.iter().map(|relation| {
        let to = ("to".to_owned(), json!({"type": ["string", "null"], "description": "A UUID, a URN, or nothing"}));
        let row = Map::from_iter([to, ("type".to_owned(), json!({"type": "string"}))]);
        (relation.name.clone(), rows(row))
    });
    let section = |members: Map<String, Value>| json!({"type": "object", "properties": members});
    let registration = json!({"type": "object", "properties": {
        "seq": {"type": "integer"}, "position": {"type": "integer"},
        "registered": reference("schemas", "api.period"), "lifecycle": lifecycles(),
        "actor": {"type": "string", "format": "uuid"}, "note": {"type": "string"},
        "batch": {"type": "string", "format": "uuid"},
    }});
    json!({
        "type": "object",
        "required": ["id", "class", "registration", "attributes", "states", "relations"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "class": {"const": class.name},
            "registration": registration,
            "attributes": section(groups.collect()),
            "states": section(states.collect()),
            "relations": section(relations.collect()),
        },
    })
}

fn field_schema(field: &Field) -> Value {
    match field.field_type {
        FieldType::Text => json!({"type": "string"}),
        FieldType::Boolean => json!({"type": "boolean"}),
        FieldType::Integer => json!({"type": "integer"}),
        FieldType::TextList => json!({"type": "array", "items": {"type": "string"}}),
        FieldType::Keywords => {
            let members =
                ["identifier", "description", "category"].map(|name| (name.to_owned(), json!({"type": "string"})));
            json!({"type": "array", "items": {"type": "object", "properties": Map::from_iter(members)}})
        }
    }
}
