//! Texts that YAML takes for another type: `Yes`, `5`, `1.10`, `007`.
//!
//! Owns: which fields of a guide are texts, and keeping what was written there without quotes as it
//! was spelled. Never does: change a field that must be a number or a switch, or that holds the
//! author's own content.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::read::yaml_options;

/// Fields whose values are texts or lists of texts, wherever they are.
const TEXTS: &[&str] = &[
    "name",
    "language",
    "research_objective",
    "expertise_level",
    "industry",
    "role",
    "tags",
    "voice",
    "accent",
    "id",
    "section_name",
    "objective",
    "skip_conditions",
    "text",
    "context",
    "expected_response_patterns",
    "options",
    "condition",
    "template",
    "target_section",
    "identity",
    "sponsor",
    "purpose",
    "privacy",
    "incentive",
    "contact",
];
/// Fields whose content is the author's own.
const FREE: &[&str] = &["demographics", "experience_years", "time_management", "pitch_variation", "energy_level"];

/// Returns the document that was read from `yaml`, with its texts as they were spelled.
pub(super) fn kept(value: Value, yaml: &str) -> Value {
    let spelled = serde_saphyr::with_deserializer_from_str_with_options(yaml, yaml_options(), |deserializer| {
        Like(&value).deserialize(deserializer)
    });
    // A text that could be read once can be read again. Otherwise the document stays as it is, and
    // the checks report it.
    match spelled {
        Ok(spelled) => restored(value, spelled, false),
        Err(_) => value,
    }
}

/// Replaces texts. `spelled` has the shape of `value`, with its scalars as they were written.
fn restored(value: Value, spelled: Value, is_text: bool) -> Value {
    match (value, spelled) {
        (Value::Object(fields), Value::Object(mut spelled)) => {
            let field = |(key, value): (String, Value)| {
                let spelled = spelled.remove(&key).unwrap_or_default();
                let here = is_text && !spelled.is_object() || TEXTS.contains(&key.as_str());
                let value = if FREE.contains(&key.as_str()) { value } else { restored(value, spelled, here) };
                (key, value)
            };
            Value::Object(fields.into_iter().map(field).collect())
        }
        (Value::Array(items), Value::Array(spelled)) => Value::Array(
            items.into_iter().zip(spelled).map(|(item, spelled)| restored(item, spelled, is_text)).collect(),
        ),
        (Value::Bool(_) | Value::Number(_), spelled @ Value::String(_)) if is_text => spelled,
        (value, _) => value,
    }
}

/// Reads a document a second time along the first reading, taking every scalar as it was spelled.
struct Like<'a>(&'a Value);

impl<'de> DeserializeSeed<'de> for Like<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Value::Null => IgnoredAny::deserialize(deserializer).map(|_| Value::Null),
            Value::Array(_) => deserializer.deserialize_seq(self),
            Value::Object(_) => deserializer.deserialize_map(self),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                String::deserialize(deserializer).map(Value::String)
            }
        }
    }
}

impl<'de> Visitor<'de> for Like<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the document that was read before")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        for item in self.0.as_array().into_iter().flatten() {
            items.push(list.next_element_seed(Like(item))?.ok_or_else(|| A::Error::custom("an item is missing"))?);
        }
        // The reader requires that the end of the list is read.
        list.next_element::<IgnoredAny>()?;
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let spelled = map.next_value_seed(Like(self.0.get(&key).unwrap_or(&Value::Null)))?;
            fields.insert(key, spelled);
        }
        Ok(Value::Object(fields))
    }
}
