//! Parses a model's text into a value that fits the schema.
//!
//! Owns: extracting the JSON from a text, and validating it. Never does: repair it, or quote it in
//! an error.

use jsonschema::Validator;
use serde_json::Value;

use super::LlmError;

/// A compiled schema.
pub struct Schema(Validator);

impl Schema {
    pub fn new(schema: &Value) -> Result<Self, LlmError> {
        // The schemas are the engine's own, so an invalid one is a bug and needs no detailed
        // message.
        let validator = jsonschema::validator_for(schema)
            .map_err(|_| LlmError::Invalid("the engine's own schema is invalid".to_owned()))?;
        Ok(Self(validator))
    }

    pub fn read(&self, text: &str) -> Result<Value, LlmError> {
        let value: Value = serde_json::from_str(bare(text)).map_err(|error| {
            LlmError::Invalid(format!("it is not JSON (line {}, column {})", error.line(), error.column()))
        })?;
        // The path in the schema describes the fault without quoting the answer.
        let broken = self.0.iter_errors(&value).next().map(|error| error.schema_path().to_string());
        broken.map_or(Ok(value), |rule| Err(LlmError::Invalid(format!("it violates the schema at {rule}"))))
    }
}

/// Returns the text without a code fence, and without text before and after the object.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").map(|rest| rest.split_once('\n').map_or(rest, |(_, body)| body));
    let text = inner.map_or(text, |body| body.rsplit_once("```").map_or(body, |(body, _)| body)).trim();
    match (text.find('{'), text.rfind('}')) {
        (Some(from), Some(to)) if from < to => &text[from..=to],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_found_with_and_without_a_fence() {
        let schema = Schema::new(&json!({
            "type": "object", "required": ["n"], "additionalProperties": false,
            "properties": { "n": { "type": "integer", "maximum": 9 } }
        }))
        .unwrap();
        for text in ["{\"n\": 3}", " ```json\n{\"n\": 3}\n``` ", "```\n{\"n\":3}```", "Here you are: {\"n\": 3}. Bye."]
        {
            assert_eq!(schema.read(text), Ok(json!({ "n": 3 })), "{text}");
        }
        for text in
            ["", "no", "{\"n\": 3", "{\"n\": \"violet\"}", "{\"n\": 10}", "{\"n\": 1, \"violet\": 2}", "[3]", "}{"]
        {
            let error = schema.read(text).unwrap_err().to_string();
            assert!(!error.contains("violet"), "{error}");
        }
    }
}
