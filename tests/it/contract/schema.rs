//! An answer against the document: it fits the schema of its status, and holds nothing that is not described.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The served document, and which of its routes were asked.
pub struct Contract {
    document: Value,
    asked: BTreeSet<String>,
}

/// What was answered.
pub struct Answered<'a> {
    pub status: u16,
    /// Without parameters; none for an empty body.
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

impl Contract {
    pub fn new(document: Value) -> Self {
        Self { document, asked: BTreeSet::new() }
    }

    /// Holds an answer against what the document says of `route` (`get /api/call-guides/{id}`).
    pub fn hold(&mut self, route: &str, answered: &Answered<'_>) {
        let (method, path) = route.split_once(' ').unwrap();
        let operation = &self.document["paths"][path][method];
        assert!(operation.is_object(), "{route} is not described");
        self.asked.insert(route.to_owned());
        let status = answered.status.to_string();
        let described = &operation["responses"][&status];
        assert!(described.is_object(), "{route}: {status} is not described");
        let Some(kind) = answered.content_type else {
            assert!(answered.body.is_empty() && described.get("content").is_none(), "{route}: {status} has no body");
            return;
        };
        let content = &described["content"][kind];
        assert!(content.is_object(), "{route}: {status} as {kind} is not described: {described:#}");
        if !kind.ends_with("json") {
            return;
        }
        let value: Value = serde_json::from_slice(answered.body).unwrap();
        let schema = json!({ "allOf": [content["schema"]], "components": self.document["components"] });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{route} {status}: {faults:#?}\n{value:#}");
        let mut strange = Vec::new();
        self.undescribed(&content["schema"], &value, "", &mut strange);
        assert!(strange.is_empty(), "{route} {status}: not described: {strange:?}");
    }

    /// Routes that were never asked.
    pub fn left_out(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            let routes = item.as_object().unwrap().keys().map(|method| format!("{method} {path}"));
            left.extend(routes.filter(|route| !self.asked.contains(route)));
        }
        left
    }

    /// Fields of `value` that its schema does not name, however it is put together.
    fn undescribed(&self, schema: &Value, value: &Value, at: &str, strange: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                let mut properties = BTreeMap::new();
                self.properties(schema, &mut properties);
                // One without any is an object of whatever fields.
                if properties.is_empty() {
                    return;
                }
                for (name, value) in object {
                    let at = format!("{at}/{name}");
                    match properties.get(name) {
                        Some(schema) => self.undescribed(schema, value, &at, strange),
                        None => strange.push(at),
                    }
                }
            }
            Value::Array(items) => {
                let items_schema = self.resolved(schema).get("items").cloned().unwrap_or(Value::Null);
                for (index, item) in items.iter().enumerate() {
                    self.undescribed(&items_schema, item, &format!("{at}/{index}"), strange);
                }
            }
            _ => {}
        }
    }

    fn properties(&self, schema: &Value, found: &mut BTreeMap<String, Value>) {
        let schema = self.resolved(schema);
        for part in ["allOf", "oneOf", "anyOf"] {
            for schema in schema.get(part).and_then(Value::as_array).into_iter().flatten() {
                self.properties(schema, found);
            }
        }
        let own = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
        found.extend(own);
    }

    fn resolved(&self, schema: &Value) -> Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).unwrap().clone(),
            None => schema.clone(),
        }
    }
}

#[test]
fn what_is_not_described_is_found() {
    let document = json!({
        "paths": { "/a": { "get": { "responses": { "200": { "content": { "application/json": {
            "schema": { "$ref": "#/components/schemas/A" } } } } } } } },
        "components": { "schemas": {
            "A": { "allOf": [{ "$ref": "#/components/schemas/B" }, { "properties": { "list": { "type": "array",
                "items": { "$ref": "#/components/schemas/B" } } } }] },
            "B": { "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] },
        } },
    });
    let hold = |value: Value| {
        let mut contract = Contract::new(document.clone());
        let body = value.to_string();
        let answered = Answered { status: 200, content_type: Some("application/json"), body: body.as_bytes() };
        std::panic::catch_unwind(move || contract.hold("get /a", &answered)).is_ok()
    };
    assert!(hold(json!({ "n": 1, "list": [{ "n": 2 }] })));
    assert!(!hold(json!({ "n": 1, "list": [{ "n": "2" }] })), "a wrong type");
    assert!(!hold(json!({ "list": [] })), "a missing field");
    assert!(!hold(json!({ "n": 1, "list": [{ "n": 2, "m": 3 }] })), "a field of which nobody was told");
    assert_eq!(Contract::new(document).left_out(), ["get /a"]);
}
