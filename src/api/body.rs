//! Reading request bodies: what is wrong is said with JSON pointers, all of it at once.

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono::{DateTime, Utc};
use entity::Role;
use interview::Guide;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Fault, Kind, Problem};

/// A JSON body (or a guide in YAML where `yaml` allows it).
pub(super) fn parse(request: &HttpRequest, body: &[u8], yaml: bool) -> Result<Value, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "" => serde_json::from_slice(body).map_err(|error| unreadable("JSON", &error.to_string())),
        "application/yaml" | "application/x-yaml" | "text/yaml" if yaml => {
            let text = std::str::from_utf8(body).map_err(|error| unreadable("YAML", &error.to_string()))?;
            interview::guide::read_yaml(text).map_err(|error| unreadable("YAML", &error))
        }
        _ => {
            let wanted = if yaml { "application/json or application/yaml" } else { "application/json" };
            Err(Problem::new(Kind::UnsupportedMediaType, format!("send {wanted}")))
        }
    }
}

fn unreadable(language: &str, reason: &str) -> Problem {
    Problem::new(Kind::MalformedBody, format!("the body is not {language}")).with_errors(vec![Fault::new("", reason)])
}

/// The document as a guide, or everything that is wrong with it.
pub(super) fn guide(document: Value) -> Result<Guide, Vec<Fault>> {
    interview::guide::from_value(document).map_err(faults)
}

/// A document's problems as they are told.
pub(super) fn faults(problems: Vec<interview::guide::Problem>) -> Vec<Fault> {
    problems.into_iter().map(|problem| Fault::new(problem.path, problem.message)).collect()
}

/// The fields of a JSON object, taken one by one; faults are collected.
pub(super) struct Fields {
    object: Map<String, Value>,
    faults: Vec<Fault>,
}

impl Fields {
    pub(super) fn of(body: Value) -> Self {
        match body {
            Value::Object(object) => Self { object, faults: Vec::new() },
            _ => Self { object: Map::new(), faults: vec![Fault::new("", "an object is wanted here")] },
        }
    }

    /// One a pointer: what is said first is closest to the cause.
    pub(super) fn fault(&mut self, name: &str, detail: &str) {
        Fault::add(&mut self.faults, Fault::new(format!("/{name}"), detail));
    }

    /// Nothing for a missing field and for null.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.read(name, "a text is wanted here", |text| (!text.trim().is_empty()).then(|| text.to_owned()))
    }

    pub(super) fn id(&mut self, name: &str) -> Option<Uuid> {
        self.read(name, "a UUID is wanted here", |text| Uuid::parse_str(text).ok())
    }

    pub(super) fn time(&mut self, name: &str) -> Option<DateTime<Utc>> {
        let parse = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
        self.read(name, "a time as in RFC 3339 is wanted here, such as 2030-01-31T09:00:00Z", parse)
    }

    /// A text, read by `parse`; anything else, and what it can't read, is a fault with `wanted`.
    fn read<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        let read = value.as_str().and_then(parse);
        if read.is_none() {
            self.fault(name, wanted);
        }
        read
    }

    pub(super) fn object(&mut self, name: &str) -> Option<Value> {
        let value = self.take(name)?;
        if value.is_object() {
            return Some(value);
        }
        self.fault(name, "an object is wanted here");
        None
    }

    pub(super) fn role(&mut self, name: &str) -> Option<Role> {
        self.read(name, "admin, researcher or viewer is wanted here", |text| text.parse().ok())
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.take(name)?.as_bool();
        if flag.is_none() {
            self.fault(name, "true or false is wanted here");
        }
        flag
    }

    /// A list of at most so many; an item that `item` can't read is a fault of the whole.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        most: usize,
        wanted: &str,
        item: impl Fn(&Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(name)?;
        let items = value.as_array().filter(|items| items.len() <= most);
        let read = items.and_then(|items| items.iter().map(item).collect());
        if read.is_none() {
            self.fault(name, wanted);
        }
        read
    }

    /// No fault has been found yet.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// The field, read by `take`; that it is not there is a fault.
    pub(super) fn needed<T>(&mut self, name: &str, take: impl Fn(&mut Self, &str) -> Option<T>) -> Option<T> {
        if self.object.get(name).is_none_or(Value::is_null) {
            self.fault(name, "this is needed");
        }
        take(self, name)
    }

    /// Everything else in the object is a fault, too: most often a name spelt wrong.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> = self.object.keys().cloned().collect();
        for name in unknown {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            self.fault(&escaped, "there is no field of this name");
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid_body(self.faults)) }
    }
}
