//! The page about the events of an interview, made from the types that are stored.

use std::fmt::Write as _;

use interview::Event;
use serde_json::Value;
use utoipa::{PartialSchema as _, ToSchema as _};

use super::{cell, head};

pub(super) fn page() -> anyhow::Result<String> {
    let mut page = head(
        "Events",
        "An interview is the list of its events. They are stored in `event_logs`, numbered from 1 without gaps \
         (`seq`), each with the call clock in milliseconds (`at_ms`). Replaying them rebuilds the interview. Payloads \
         that contain what a person said are encrypted with that person's key.",
    );
    let schema = serde_json::to_value(Event::schema())?;
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        let name = variant["properties"]["type"]["enum"][0].as_str().unwrap_or_default();
        write!(page, "\n## `{name}`\n\n")?;
        describe(&mut page, variant, &["type"])?;
    }
    page += "\n# Types within events\n";
    let mut types = Vec::new();
    Event::schemas(&mut types);
    types.sort_by(|a, b| a.0.cmp(&b.0));
    types.dedup_by(|a, b| a.0 == b.0);
    types.retain(|(name, _)| !matches!(name.as_str(), "u32" | "u64"));
    for (name, schema) in types {
        write!(page, "\n## {name}\n\n")?;
        describe(&mut page, &serde_json::to_value(schema)?, &[])?;
    }
    Ok(page)
}

/// Writes what a schema says: its description, and then its fields or its values.
fn describe(page: &mut String, schema: &Value, hidden: &[&str]) -> anyhow::Result<()> {
    if let Some(text) = schema["description"].as_str() {
        writeln!(page, "{text}\n")?;
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
        writeln!(page, "One of {}.", values.join(", "))?;
        return Ok(());
    }
    if let Some(variants) = schema["oneOf"].as_array() {
        for variant in variants {
            let text = variant["description"].as_str().map(|text| format!(": {}", cell(text))).unwrap_or_default();
            writeln!(page, "- {}{text}", kind(variant))?;
        }
        return Ok(());
    }
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let fields =
        schema["properties"].as_object().into_iter().flatten().filter(|(name, _)| !hidden.contains(&name.as_str()));
    let mut rows = String::new();
    for (name, field) in fields {
        let optional = if required(name) { "" } else { " (may be missing)" };
        writeln!(
            rows,
            "| `{name}` | {}{optional} | {} |",
            kind(field),
            cell(field["description"].as_str().unwrap_or(""))
        )?;
    }
    if rows.is_empty() {
        writeln!(page, "No fields.")?;
    } else {
        write!(page, "| field | type | |\n|---|---|---|\n{rows}")?;
    }
    Ok(())
}

/// Returns a short name of a type.
fn kind(schema: &Value) -> String {
    if let Some(of) = schema["$ref"].as_str() {
        let name = of.rsplit('/').next().unwrap_or(of);
        // A named type that is a number is shown under its own name.
        if matches!(name, "u32" | "u64") {
            return "integer".to_owned();
        }
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(parts) = schema["oneOf"].as_array().or_else(|| schema["allOf"].as_array()) {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .filter_map(Value::as_str)
            .map(|value| format!("`{value}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(kind) if kind == "array" => format!("array of {}", self::kind(&schema["items"])),
        Value::String(kind) if kind == "object" => {
            let names = schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, field)| format!("`{name}`: {}", self::kind(field)));
            format!("object of {}", names.collect::<Vec<_>>().join(", "))
        }
        Value::String(kind) => kind.clone(),
        _ => "any JSON".to_owned(),
    }
}
