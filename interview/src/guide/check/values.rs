//! The checks on single values of a guide document: whether a value is there, of its type and in
//! its range.
//!
//! Owns: one check for each kind of value. Never does: know which fields a guide has.

use serde_json::{Map, Value};

use super::hint;
use super::problems::Check;
use crate::guide::slug::slug;

impl Check {
    pub(super) fn object<'v>(&mut self, path: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.add(
                path,
                format!("must be an object with named fields, not {}{}", name_of(value), named(path, value)),
            );
        }
        object
    }

    pub(super) fn array<'v>(&mut self, path: &str, value: &'v Value) -> Option<&'v [Value]> {
        let array = value.as_array();
        if array.is_none() {
            self.add(path, format!("must be a list, not {}{}", name_of(value), hint::list(path, value)));
        }
        array.map(Vec::as_slice)
    }

    pub(super) fn child<'v>(
        &mut self,
        path: &str,
        parent: &'v Map<String, Value>,
        key: &str,
    ) -> Option<&'v Map<String, Value>> {
        match parent.get(key) {
            None | Some(Value::Null) => None,
            Some(value) => self.object(&format!("{path}/{key}"), value),
        }
    }

    pub(super) fn items<'v>(&mut self, path: &str, parent: &'v Map<String, Value>, key: &str) -> &'v [Value] {
        match parent.get(key) {
            None => &[],
            Some(value) => self.array(&format!("{path}/{key}"), value).unwrap_or_default(),
        }
    }

    pub(super) fn known(&mut self, path: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let hint = hint::near(key, known).map_or_else(String::new, |meant| match key.split_once(':') {
                Some((_, value)) => format!("write {meant}: {value}, with a space behind the colon; "),
                None => format!("write {meant}; "),
            });
            self.add(&format!("{path}/{escaped}"), format!("unknown field; {hint}known here: {}", known.join(", ")));
        }
    }

    pub(super) fn text(&mut self, path: &str, object: &Map<String, Value>, key: &str, required: bool) {
        let at = format!("{path}/{key}");
        match object.get(key) {
            None if required => self.add(&at, "is missing; write a text"),
            Some(Value::Null) if !required => {}
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.add(
                    &at,
                    if required { "is empty; write a text" } else { "is empty; write a text or leave it out" },
                );
            }
            None | Some(Value::String(_)) => {}
            Some(other) => self.add(&at, format!("must be a text, not {}{}", name_of(other), quoted(other))),
        }
    }

    pub(super) fn text_or_empty(&mut self, path: &str, object: &Map<String, Value>, key: &str) {
        if object.get(key).is_some_and(|value| value.as_str() != Some("")) {
            self.text(path, object, key, false);
        }
    }

    pub(super) fn texts(&mut self, path: &str, object: &Map<String, Value>, key: &str) {
        for (i, value) in self.items(path, object, key).iter().enumerate() {
            if let Some(hint) = hint::cut_number(self.items(path, object, key), i) {
                self.add(&format!("{path}/{key}/{i}"), hint);
            } else if value.as_str().is_none_or(|text| text.trim().is_empty()) {
                self.add(&format!("{path}/{key}/{i}"), format!("must be a text that is not empty{}", quoted(value)));
            }
        }
    }

    pub(super) fn boolean(&mut self, path: &str, object: &Map<String, Value>, key: &str) {
        if let Some(other) = object.get(key).filter(|value| !value.is_boolean()) {
            self.add(
                &format!("{path}/{key}"),
                format!("must be true or false, not {}{}", name_of(other), hint::switch(key, other)),
            );
        }
    }

    pub(super) fn integer(
        &mut self,
        path: &str,
        object: &Map<String, Value>,
        key: &str,
        min: i64,
        max: i64,
    ) -> Option<i64> {
        let value = object.get(key)?;
        if value.is_null() && key == "time_limit" {
            return None;
        }
        let number = value.as_i64().filter(|n| (min..=max).contains(n));
        if number.is_none() {
            self.add(
                &format!("{path}/{key}"),
                format!(
                    "must be a whole number from {min} to {max}, not {value}{}",
                    hint::number(key, value, min as f64, max as f64, true)
                ),
            );
        }
        number
    }

    pub(super) fn number(
        &mut self,
        path: &str,
        object: &Map<String, Value>,
        key: &str,
        min: f64,
        max: f64,
        hint: &str,
    ) {
        if let Some(value) = object.get(key)
            && !value.as_f64().is_some_and(|n| (min..=max).contains(&n))
        {
            self.add(
                &format!("{path}/{key}"),
                format!(
                    "must be a number from {min} to {max} ({hint}), not {value}{}",
                    hint::number(key, value, min, max, false)
                ),
            );
        }
    }

    pub(super) fn one_of(
        &mut self,
        path: &str,
        object: &Map<String, Value>,
        key: &str,
        allowed: &[&'static str],
        required: bool,
    ) -> Option<&'static str> {
        let at = format!("{path}/{key}");
        let Some(value) = object.get(key) else {
            if required {
                self.add(&at, format!("is missing; write one of {}", allowed.join(", ")));
            }
            return None;
        };
        let found = allowed.iter().copied().find(|name| value.as_str() == Some(name));
        if found.is_some() {
            return found;
        }
        // The intended value is used for further checks, so that they report no consequent
        // problems.
        let meant = value.as_str().and_then(|written| hint::near(written, allowed));
        let hint = meant.map_or_else(|| format!("one of {}", allowed.join(", ")), |meant| format!("{key}: {meant}"));
        self.add(&at, format!("{value} is not known; write {hint}"));
        meant
    }

    pub(super) fn id(&mut self, kind: &'static str, path: &str, object: &Map<String, Value>) {
        let at = format!("{path}/id");
        match object.get("id") {
            None => {}
            // A guide without ids is written out with empty ids. They are filled in.
            Some(Value::String(id)) if id.is_empty() => {}
            Some(Value::String(id)) => {
                if id.chars().any(|c| c.is_whitespace() || c.is_control()) {
                    self.add(&at, format!("{id:?} has spaces; write an id such as {:?}", slug(id)));
                }
                if let Some(first) = self.ids.insert((kind, id.clone()), at.clone()) {
                    self.add(
                        &at,
                        format!("the {kind} id {id:?} is used already at {first}; ids are unique in a guide"),
                    );
                }
            }
            Some(other) => self.add(&at, format!("must be a text, not {}{}", name_of(other), quoted(other))),
        }
    }
}

/// Returns what to write where a text is required.
pub(super) fn quoted(value: &Value) -> String {
    match value {
        Value::Bool(_) | Value::Number(_) => format!("; write \"{value}\", in quotes"),
        // In YAML, what follows a # is a comment, and an empty value is null.
        Value::Null => "; write a text, in quotes if it begins with #, ~, & or !".to_owned(),
        Value::Array(items) => match &items[..] {
            [Value::String(text)] => format!("; write {text:?}, without the brackets"),
            _ => "; write its items without the inner brackets".to_owned(),
        },
        Value::Object(fields) => fields.iter().next().map_or_else(String::new, |(key, value)| {
            if value.is_null() {
                return format!("; a text with braces goes in quotes: {:?}", format!("{{{key}}}"));
            }
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("; a text with a colon goes in quotes: {:?}", format!("{key}: {value}"))
        }),
        Value::String(_) => String::new(),
    }
}

/// Returns what to write where an object is required.
fn named(path: &str, value: &Value) -> String {
    let Value::String(text) = value else { return String::new() };
    let text = text.trim();
    let key = text.split_once(':').filter(|(key, rest)| !key.contains(' ') && !rest.starts_with(' '));
    match key {
        Some((key, rest)) => format!("; write {key}: {rest}, with a space behind the colon"),
        None if path.contains("/questions/") => format!("; write text: {}", Value::from(text)),
        None => String::new(),
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
