//! Input that is parsed into the struct that describes it. The schema of the struct is part of the
//! API's description, and the same schema validates the input.
//!
//! Owns: the compiled schema of each body, and the wording of each violation. Never does: know the
//! rules of a route. The route adds them with [`Described::check`], so that all faults of a body
//! are reported at once.

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

/// A body that is to become a `T`.
pub(super) struct Described<T> {
    value: Value,
    faults: Vec<Fault>,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned + ToSchema + 'static> Described<T> {
    /// Validates the body against the schema of `T`.
    pub(super) fn of(value: Value) -> Self {
        let mut faults = Vec::new();
        match validator::<T>() {
            Ok(validator) => validator.iter_errors(&value).for_each(|error| tell(&error, &mut faults)),
            Err(reason) => faults.push(Fault::new("", reason)),
        }
        Self { value, faults, of: PhantomData }
    }

    /// Returns a member if it is present, not null, and valid under the schema.
    pub(super) fn get<V: DeserializeOwned>(&self, name: &str) -> Option<V> {
        let pointer = format!("/{name}");
        let spoilt = self.faults.iter().any(|fault| {
            fault.pointer == pointer || fault.pointer.strip_prefix(&pointer).is_some_and(|rest| rest.starts_with('/'))
        });
        let value = self.value.get(name).filter(|value| !value.is_null() && !spoilt)?;
        serde_json::from_value(value.clone()).ok()
    }

    /// Returns a member as it was sent, valid or not.
    pub(super) fn raw(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// Applies a rule of the route to a member that is valid under the schema.
    pub(super) fn check<V: DeserializeOwned>(&mut self, name: &str, rule: impl FnOnce(V) -> Result<(), String>) {
        if let Some(value) = self.get(name)
            && let Err(detail) = rule(value)
        {
            self.fault(name, detail);
        }
    }

    /// Adds a fault of a member. `name` is a name, or a path below the body without its first
    /// slash.
    pub(super) fn fault(&mut self, name: &str, detail: impl Into<String>) {
        add(&mut self.faults, format!("/{name}"), detail.into());
    }

    /// Returns true if no fault has been found so far.
    pub(super) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns the body, or a 422 with all of its faults.
    pub(super) fn finish(mut self) -> Result<T, Problem> {
        if self.faults.is_empty() {
            match serde_json::from_value(self.value) {
                Ok(read) => return Ok(read),
                // This happens only if the schema allows more than the type does.
                Err(error) => self.faults.push(Fault::new("", error.to_string())),
            }
        }
        Err(Problem::invalid_body(self.faults))
    }
}

/// Escapes the name of a member for use in a JSON pointer (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn add(faults: &mut Vec<Fault>, pointer: String, detail: String) {
    Fault::add(faults, Fault { pointer, detail });
}

/// Returns the compiled schema of `T`, which is made once.
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
    // References within the schema are resolved here.
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
        // The route has more exact rules for URLs.
        .with_format("uri", |_: &str| true)
        .build(schema)
        .map_err(|error| error.to_string())
}

/// One parameter of a query, as it is described.
pub(super) struct Parameter {
    pub name: String,
    /// Its JSON type, apart from null.
    kind: String,
    validator: Validator,
}

impl Parameter {
    /// Converts the text into the described value.
    ///
    /// # Errors
    /// What the value must be.
    pub(super) fn read(&self, text: &str) -> Result<Value, String> {
        let value = match self.kind.as_str() {
            "integer" | "number" => serde_json::from_str(text).ok().filter(Value::is_number),
            "boolean" => text.parse().ok().map(Value::Bool),
            _ => None,
        };
        let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
        let mut faults = Vec::new();
        self.validator.iter_errors(&value).for_each(|error| tell(&error, &mut faults));
        // The first fault of a value is enough.
        match faults.into_iter().next() {
            Some(fault) => Err(fault.detail),
            None => Ok(value),
        }
    }
}

/// Returns the parameters that `T` describes, which are made once.
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

/// Adds the faults of a violation, each at the member that it concerns.
fn tell(error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let at = error.instance_path().as_str();
    match error.kind() {
        Violation::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            add(faults, format!("{at}/{}", escaped(name)), "This is required.".to_owned());
        }
        Violation::AdditionalProperties { unexpected } => {
            for name in unexpected {
                add(faults, format!("{at}/{}", escaped(name)), "There is no field with this name.".to_owned());
            }
        }
        // The schema of an optional member is "null or the type". The type is what the client
        // meant.
        Violation::OneOfNotValid { context } | Violation::AnyOf { context } => {
            let meant = context.iter().find(|errors| !errors.iter().any(|error| is_null_wanted(error)));
            match meant {
                Some(errors) => errors.iter().for_each(|error| tell(error, faults)),
                None => add(faults, at.to_owned(), "This does not match the description of the API.".to_owned()),
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
        Violation::Type { .. } if is_null => "This is required.".to_owned(),
        Violation::Type { kind: TypeKind::Single(kind) } => format!("This must be {}.", type_name(*kind)),
        Violation::Type { kind: TypeKind::Multiple(kinds) } => {
            let names: Vec<&str> = kinds.iter().filter(|kind| *kind != JsonType::Null).map(type_name).collect();
            format!("This must be {}.", names.join(" or "))
        }
        Violation::Format { format } if format == "uuid" => "This must be a UUID.".to_owned(),
        Violation::Format { format } if format == "date-time" => {
            "This must be a time in RFC 3339 form, such as 2030-01-31T09:00:00Z.".to_owned()
        }
        Violation::Pattern { pattern } if pattern == r"\S" => "This must be a text that is not empty.".to_owned(),
        Violation::Pattern { pattern } if pattern.contains('@') => "This must be an email address.".to_owned(),
        Violation::Enum { options } => {
            let names: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("This must be one of {}.", names.join(", "))
        }
        Violation::Minimum { limit } => format!("This must be a number of at least {limit}."),
        Violation::Maximum { limit } => format!("This must be a number of at most {limit}."),
        Violation::MinLength { limit } => format!("This must have at least {limit} characters."),
        Violation::MaxLength { limit } => format!("This may have at most {limit} characters."),
        Violation::MinItems { limit } => format!("This list must have at least {limit} entries."),
        Violation::MaxItems { limit } => format!("This list may have at most {limit} entries."),
        Violation::MaxProperties { limit } => format!("This may have at most {limit} members."),
        other => format!("This does not match the description of the API ({}).", other.keyword()),
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
            ("/at", "This must be a time in RFC 3339 form, such as 2030-01-31T09:00:00Z."),
            ("/a~1b", "There is no field with this name."),
            ("/count", "This must be a number of at least 1."),
            ("/id", "This must be a text."),
            ("/inner/0/flag", "This must be true or false."),
            ("/inner/1/flag", "This is required."),
            ("/name", "This must be a text that is not empty."),
            ("/role", "This must be one of viewer, researcher, admin."),
        ]);
        assert_eq!(faults(body), expected);
        let many = json!({ "id": "x", "name": null, "inner": [{ "flag": true }, { "flag": true }, { "flag": true }] });
        let expected = told(&[
            ("/id", "This must be a UUID."),
            ("/inner", "This list may have at most 2 entries."),
            ("/name", "This is required."),
        ]);
        assert_eq!(faults(many), expected);
        assert_eq!(faults(json!([])), told(&[("", "This must be an object.")]));
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
