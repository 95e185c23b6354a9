//! What the description says of histories and paths.

use lora_core::schema::{Class, Schema};
use serde_json::{Map, Value, json};

use super::{answers, argument, bound, json_answer, known, reference, valid};

/// The paths below an object.
pub(super) fn of_object(class: &Class, object: &str) -> Map<String, Value> {
    let text = || json!({"type": "string"});
    let part = || argument("part", "A group, field, derived term, state or relation", text());
    let window = || vec![known("as which it was registered"), valid(), bound("valid", "from"), bound("valid", "to")];
    let with = |mut parameters: Vec<Value>, more: Vec<Value>| {
        parameters.extend(more);
        parameters
    };
    let number = || json!({"type": "integer", "minimum": 1});
    let drawn = json!({"description": "The picture", "content": {"image/svg+xml": {"schema": text()}}});
    let shown = |description: &str| json_answer(description, &json!({"type": "object"}));
    let operations = [
        ("timeline", "Over valid time, stage by stage", with(window(), vec![part()]), shown("The stages, or spans")),
        (
            "registrations",
            "The acts on it, each with what it changed",
            vec![
                argument("order", "The newest first, or the oldest", json!({"enum": ["newest", "oldest"]})),
                argument("seq", "The first registration of the page: the `next_seq` of the one before", number()),
                argument("limit", "How many registrations at most", number()),
            ],
            shown("A page of registrations"),
        ),
        (
            "difference",
            "One point of both time axes against another",
            vec![
                known("as which it was registered"),
                valid(),
                of_the_other_point("to_known"),
                of_the_other_point("to_valid"),
            ],
            shown("The difference, or null"),
        ),
        (
            "learned",
            "When it was known that something holds, or holds no more",
            vec![
                known("up to which it counts"),
                valid(),
                argument("where", "A filter as JSON; that the object counts, where none is given", text()),
                argument("ended", "Whether that it does not hold is asked about", json!({"type": "boolean"})),
            ],
            shown("When it was believed, and how late it was known"),
        ),
        ("history.svg", "Both time axes, drawn", with(window(), vec![part()]), drawn),
    ];
    let operation = |(name, summary, parameters, answer): (&str, &str, Vec<Value>, Value)| {
        let parameters = with(vec![reference("parameters", "uuid_path")], parameters);
        let operation = json!({"get": {
            "tags": ["api"],
            "summary": format!("An object of {}: {summary}", class.name),
            "operationId": format!("api_{}_{}", class.name, name.replace('.', "_")),
            "parameters": parameters,
            "responses": answers(&answer),
        }});
        (format!("{object}/{name}"), operation)
    };
    operations.into_iter().map(operation).collect()
}

fn of_the_other_point(name: &str) -> Value {
    argument(name, "The same of the other point", json!({"type": "string"}))
}

/// The differences of all objects of a class, or of those that a filter finds.
pub(super) fn differences(class: &Class) -> Value {
    let mut answer = json_answer("All that differ", &json!({"type": "object"}));
    answer["content"]["application/x-ndjson"] = json!({"schema": {"type": "object"}});
    json!({"get": {
        "tags": ["api"],
        "summary": format!("Objects of {}: one point of both time axes against another", class.name),
        "operationId": format!("api_{}_differences", class.name),
        "parameters": [
            known("as which they were registered"),
            valid(),
            of_the_other_point("to_known"),
            of_the_other_point("to_valid"),
            argument("where", "A filter as JSON: what it finds at either point", json!({"type": "string"})),
        ],
        "responses": answers(&answer),
    }})
}

/// Rows of declared paths.
pub(super) fn access(schema: &Schema) -> Value {
    let names: Vec<&str> = schema.paths().iter().map(|path| path.name.as_str()).collect();
    let mut nodes: Vec<&str> =
        schema.paths().iter().flat_map(|path| &path.nodes).map(|node| node.name.as_str()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut parameters = vec![
        argument("path", "Which path", json!({"enum": names, "default": "access"})),
        argument("below", "Also everything below the objects named", json!({"type": "boolean", "default": false})),
        argument("evidence", "Whether rows say what they rest on", json!({"type": "boolean", "default": true})),
        argument("compare_known", "Another time of knowledge: what changed is answered", json!({"type": "string"})),
        known("as which it was registered"),
        valid(),
        bound("valid", "from"),
        bound("valid", "to"),
    ];
    let uuids = "UUIDs with commas between them: only rows with one of these objects";
    parameters.extend(nodes.into_iter().map(|node| argument(node, uuids, json!({"type": "string"}))));
    let mut answer = json_answer("All rows, or all changes", &json!({"type": "object"}));
    answer["content"]["application/x-ndjson"] = json!({"schema": {"type": "object"}});
    answer["content"]["text/csv"] = json!({"schema": {"type": "string"}});
    json!({"get": {
        "tags": ["api"],
        "summary": "What belongs together along a declared path: who has access to what, through what, since when known",
        "operationId": "api_access",
        "parameters": parameters,
        "responses": answers(&answer),
    }})
}
