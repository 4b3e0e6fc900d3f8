//! Values that answers of the development sets name.

use std::path::Path;

use interview::guide::slug;
use interview::language::Language;
use interview::understanding::utterances::Utterances;
use interview::understanding::value;
use serde_json::{Value, json};

/// The percentage of the cases that must be read correctly.
const PERCENT: usize = 97;

#[test]
fn values_of_the_development_sets_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/understanding/development");
    let (mut all, mut wrong) = (0, Vec::new());
    for name in ["values.toml", "values_2.toml", "values_3.toml"] {
        let set: Utterances = toml::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        for block in &set.blocks {
            let Some(question) = block.asked.question() else { continue };
            for case in &block.cases {
                let read = json!(value::read(Language::english(), question, &case.text));
                all += 1;
                if read != wanted(&case.value) {
                    wrong.push(format!("{read} instead of {} ← {} ← {}", case.value, case.text, question.text));
                }
            }
        }
    }
    let right = all - wrong.len();
    let list = wrong.join("\n");
    println!("{right} of {all} values are right:\n{list}");
    assert!(right * 100 >= all * PERCENT, "{right} of {all} values are right:\n{list}");
}

/// Options are written as their texts. `{}` names nothing.
fn wanted(value: &Value) -> Value {
    match value.get("options").and_then(Value::as_array) {
        Some(options) => json!({ "options": options.iter().filter_map(Value::as_str).map(slug).collect::<Vec<_>>() }),
        None if value.as_object().is_some_and(serde_json::Map::is_empty) => Value::Null,
        None => value.clone(),
    }
}
