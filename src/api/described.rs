//! Input that is read by what describes it: the struct whose schema stands in the API's description is the one that is
//! filled, and the schema itself says what is wrong.
//!
//! Owns: the compiled schema of each body, and how a violation of it is told. Never does: know a route's own rules; the
//! route adds them by [`Described::check`], so that all faults of a body are told at once.

use std::any::TypeId;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use chrono::DateTime;
use jsonschema::error::{TypeKind, ValidationErrorKind as Violation};
use jsonschema::{JsonType, ValidationError, Validator};
use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Fault, Problem};

/// A body on its way to becoming a `T`.
pub(super) struct Described<T> {
    value: Value,
    faults: Vec<Fault>,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned + ToSchema + 'static> Described<T> {
    /// Holds the body against the schema of `T`.
    pub(super) fn of(value: Value) -> Self {
        let mut faults = Vec::new();
        match validator::<T>() {
            Ok(validator) => validator.iter_errors(&value).for_each(|error| tell(&error, &mut faults)),
            Err(reason) => faults.push(Fault::new("", reason)),
        }
        Self { value, faults, of: PhantomData }
    }

    /// A member, where it is there, not null, and as it is described.
    pub(super) fn get<V: DeserializeOwned>(&self, name: &str) -> Option<V> {
        let pointer = format!("/{name}");
        let spoilt = self.faults.iter().any(|fault| {
            fault.pointer == pointer || fault.pointer.strip_prefix(&pointer).is_some_and(|rest| rest.starts_with('/'))
        });
        let value = self.value.get(name).filter(|value| !value.is_null() && !spoilt)?;
        serde_json::from_value(value.clone()).ok()
    }

    /// A member as it was sent, whatever it is.
    pub(super) fn raw(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// A rule of the route's own for a member that is as it is described.
    pub(super) fn check<V: DeserializeOwned>(&mut self, name: &str, rule: impl FnOnce(V) -> Result<(), String>) {
        if let Some(value) = self.get(name)
            && let Err(detail) = rule(value)
        {
            self.fault(name, detail);
        }
    }

    /// What is wrong with a member (a name, or a path below the body without its first slash).
    pub(super) fn fault(&mut self, name: &str, detail: impl Into<String>) {
        add(&mut self.faults, format!("/{name}"), detail.into());
    }

    /// No fault has been found yet.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// The body, or all that is wrong with it (422).
    pub(super) fn finish(mut self) -> Result<T, Problem> {
        if self.faults.is_empty() {
            match serde_json::from_value(self.value) {
                Ok(read) => return Ok(read),
                // Only where the schema allows more than the type: the type has the last word.
                Err(error) => self.faults.push(Fault::new("", error.to_string())),
            }
        }
        Err(Problem::invalid_body(self.faults))
    }
}

/// A member of an object, as a JSON pointer has it (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn add(faults: &mut Vec<Fault>, pointer: String, detail: String) {
    Fault::add(faults, Fault { pointer, detail });
}

/// The compiled schema of `T`, made once.
fn validator<T: ToSchema + 'static>() -> Result<Arc<Validator>, String> {
    static COMPILED: LazyLock<RwLock<HashMap<TypeId, Arc<Validator>>>> = LazyLock::new(RwLock::default);
    let of = TypeId::of::<T>();
    if let Some(known) = COMPILED.read().get(&of) {
        return Ok(Arc::clone(known));
    }
    let mut within = Vec::new();
    T::schemas(&mut within);
    let schema = |schema| serde_json::to_value(schema).map_err(|error| format!("{}: {error}", T::name()));
    let within = within.into_iter().map(|(name, of)| Ok((name, schema(of)?)));
    let within = within.collect::<Result<Map<_, _>, String>>()?;
    let mut whole = schema(T::schema())?;
    // Where references within the schema lead.
    whole["components"] = json!({ "schemas": within });
    let compiled = Arc::new(compiled(&whole)?);
    COMPILED.write().insert(of, Arc::clone(&compiled));
    Ok(compiled)
}

fn compiled(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .should_validate_formats(true)
        .with_format("uuid", |text: &str| Uuid::parse_str(text).is_ok())
        .with_format("date-time", |text: &str| DateTime::parse_from_rfc3339(text).is_ok())
        // Which URLs are taken, the route says better.
        .with_format("uri", |_: &str| true)
        .build(schema)
        .map_err(|error| error.to_string())
}

/// One parameter of a query, as it is described.
pub(super) struct Parameter {
    pub name: String,
    /// Its type in JSON, null aside.
    kind: String,
    validator: Validator,
}

impl Parameter {
    /// The text as the value that is described; what is wanted instead.
    pub(super) fn read(&self, text: &str) -> Result<Value, String> {
        let value = match self.kind.as_str() {
            "integer" | "number" => serde_json::from_str(text).ok().filter(Value::is_number),
            "boolean" => text.parse().ok().map(Value::Bool),
            _ => None,
        };
        let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
        let mut faults = Vec::new();
        self.validator.iter_errors(&value).for_each(|error| tell(&error, &mut faults));
        // Where several things are wrong with one value, the first says enough.
        match faults.into_iter().next() {
            Some(fault) => Err(fault.detail),
            None => Ok(value),
        }
    }
}

/// The parameters that `T` describes, made once.
pub(super) fn parameters<T: IntoParams + 'static>() -> Result<Arc<[Parameter]>, String> {
    static COMPILED: LazyLock<RwLock<HashMap<TypeId, Arc<[Parameter]>>>> = LazyLock::new(RwLock::default);
    let of = TypeId::of::<T>();
    if let Some(known) = COMPILED.read().get(&of) {
        return Ok(Arc::clone(known));
    }
    let described = T::into_params(|| Some(ParameterIn::Query)).into_iter().map(|parameter| {
        let schema = serde_json::to_value(&parameter.schema).map_err(|error| error.to_string())?;
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            kind => vec![kind.clone()],
        };
        let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("string").to_owned();
        let validator = compiled(&schema)?;
        Ok(Parameter { name: parameter.name, kind, validator })
    });
    let described: Arc<[Parameter]> = described.collect::<Result<_, String>>()?;
    COMPILED.write().insert(of, Arc::clone(&described));
    Ok(described)
}

/// A violation in words, at the member that it is about.
fn tell(error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let at = error.instance_path().as_str();
    match error.kind() {
        Violation::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            add(faults, format!("{at}/{}", escaped(name)), "this is needed".to_owned());
        }
        Violation::AdditionalProperties { unexpected } => {
            for name in unexpected {
                add(faults, format!("{at}/{}", escaped(name)), "there is no field of this name".to_owned());
            }
        }
        // Of "null or such a thing" it is the thing that was meant.
        Violation::OneOfNotValid { context } | Violation::AnyOf { context } => {
            let meant = context.iter().find(|errors| !errors.iter().any(|error| is_null_wanted(error)));
            match meant {
                Some(errors) => errors.iter().for_each(|error| tell(error, faults)),
                None => add(faults, at.to_owned(), "this is not as described".to_owned()),
            }
        }
        kind => add(faults, at.to_owned(), wanted(kind, error.instance().is_null())),
    }
}

fn is_null_wanted(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Violation::Type { kind: TypeKind::Single(JsonType::Null) })
}

fn wanted(violation: &Violation, is_null: bool) -> String {
    match violation {
        Violation::Type { .. } if is_null => "this is needed".to_owned(),
        Violation::Type { kind: TypeKind::Single(kind) } => format!("{} is wanted here", type_name(*kind)),
        Violation::Type { kind: TypeKind::Multiple(kinds) } => {
            let names: Vec<&str> = kinds.iter().filter(|kind| *kind != JsonType::Null).map(type_name).collect();
            format!("{} is wanted here", names.join(" or "))
        }
        Violation::Format { format } if format == "uuid" => "a UUID is wanted here".to_owned(),
        Violation::Format { format } if format == "date-time" => {
            "a time as in RFC 3339 is wanted here, such as 2030-01-31T09:00:00Z".to_owned()
        }
        Violation::Pattern { pattern } if pattern == r"\S" => "a text is wanted here".to_owned(),
        Violation::Pattern { pattern } if pattern.contains('@') => "an e-mail address is wanted here".to_owned(),
        Violation::Enum { options } => {
            let names: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("one of {} is wanted here", names.join(", "))
        }
        Violation::Minimum { limit } => format!("a number of at least {limit} is wanted here"),
        Violation::Maximum { limit } => format!("a number of at most {limit} is wanted here"),
        Violation::MinLength { limit } => format!("at least {limit} characters are wanted here"),
        Violation::MaxLength { limit } => format!("at most {limit} characters are taken"),
        Violation::MinItems { limit } => format!("at least {limit} of these are wanted here"),
        Violation::MaxItems { limit } => format!("at most {limit} of these are taken"),
        Violation::MaxProperties { limit } => format!("at most {limit} are taken"),
        other => format!("this is not as described ({})", other.keyword()),
    }
}

fn type_name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a text",
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use entity::Role;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[schema(pattern = r"\S", max_length = 5)]
        name: String,
        id: Uuid,
        role: Option<Role>,
        #[schema(minimum = 1, maximum = 10)]
        count: Option<u32>,
        at: Option<DateTime<Utc>>,
        #[schema(max_items = 2)]
        inner: Option<Vec<Inner>>,
    }

    #[derive(Debug, PartialEq, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        flag: bool,
    }

    fn faults(body: Value) -> Vec<(String, String)> {
        let mut told: Vec<_> =
            Described::<Sample>::of(body).faults.into_iter().map(|fault| (fault.pointer, fault.detail)).collect();
        told.sort();
        told
    }

    fn told(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(at, detail)| ((*at).to_owned(), (*detail).to_owned())).collect()
    }

    #[test]
    fn what_is_as_described_is_read_null_and_missing_alike() {
        let id = "0191f7a0-0000-7000-8000-000000000001";
        let body =
            json!({ "name": "Ada", "id": id, "role": "admin", "count": null, "at": "2030-01-31T09:00:00+01:00" });
        let read = Described::<Sample>::of(body).finish().unwrap();
        assert_eq!((read.name.as_str(), read.role, read.count), ("Ada", Some(Role::Admin), None));
        assert_eq!(read.at.unwrap().to_rfc3339(), "2030-01-31T08:00:00+00:00");
    }

    #[test]
    fn every_fault_is_told_at_once_each_at_its_place() {
        let body = json!({
            "name": " ", "id": 7, "role": "king", "count": 0, "at": "tomorrow", "a/b": 1,
            "inner": [{ "flag": "yes" }, {}],
        });
        let expected = told(&[
            ("/at", "a time as in RFC 3339 is wanted here, such as 2030-01-31T09:00:00Z"),
            ("/a~1b", "there is no field of this name"),
            ("/count", "a number of at least 1 is wanted here"),
            ("/id", "a text is wanted here"),
            ("/inner/0/flag", "true or false is wanted here"),
            ("/inner/1/flag", "this is needed"),
            ("/name", "a text is wanted here"),
            ("/role", "one of viewer, researcher, admin is wanted here"),
        ]);
        assert_eq!(faults(body), expected);
        let many = json!({ "id": "x", "name": null, "inner": [{ "flag": true }, { "flag": true }, { "flag": true }] });
        let expected = told(&[
            ("/id", "a UUID is wanted here"),
            ("/inner", "at most 2 of these are taken"),
            ("/name", "this is needed"),
        ]);
        assert_eq!(faults(many), expected);
        assert_eq!(faults(json!([])), told(&[("", "an object is wanted here")]));
    }

    #[test]
    fn a_rule_of_the_route_is_asked_only_about_what_is_as_described() {
        let mut body = Described::<Sample>::of(json!({ "name": "Ada", "id": 7 }));
        body.check("name", |name: String| if name == "Ada" { Err("somebody else".to_owned()) } else { Ok(()) });
        body.check("id", |_: Uuid| Err("never asked".to_owned()));
        let told: Vec<_> = body.faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(told, ["/id", "/name"]);
    }
}
