//! The current value of every setting, and where it comes from.
//!
//! Owns: which values are secrets, and how they are masked. Never does: decide a value.

use std::fmt;
use std::path::Path;

use figment::Figment;
use figment::value::{Dict, Value};
use reqwest::Url;

use super::{ConfigError, ENVIRONMENT, Settings, layered};

/// The source of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Default,
    File,
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Origin::Default => "default",
            Origin::File => "file",
            Origin::Environment => "environment",
        })
    }
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, such as `server.port`.
    pub key: String,
    /// The value in TOML form. Secrets are masked.
    pub value: String,
    pub origin: Origin,
    /// The environment variable that overrides it.
    pub variable: &'static str,
}

impl Settings {
    /// Returns all settings. Values that [`Settings::read`] rejects are included, as long as they
    /// have the right type.
    pub fn explain(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<Entry>, ConfigError> {
        let without = layered(file, |_| None)?;
        let figment = layered(file, &environment)?;
        let defaults = layered(None, |_| None)?;
        let value =
            |figment: &Figment, key: &str| figment.find_value(key).map_err(|error| ConfigError::Bad(error.to_string()));
        ENVIRONMENT
            .iter()
            .map(|(variable, key)| {
                let shown = shown(key, &value(&figment, key)?);
                let origin = if environment(variable).is_some_and(|value| !value.is_empty()) {
                    Origin::Environment
                } else if value(&without, key)? != value(&defaults, key)? {
                    Origin::File
                } else {
                    Origin::Default
                };
                Ok(Entry { key: (*key).to_owned(), value: shown, origin, variable })
            })
            .collect()
    }
}

/// Returns the value in TOML form, with secrets masked.
fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{:?}", if is_secret(key) { masked(text) } else { without_password(text) }),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, number) => {
            let whole = number.to_i128().map(|number| number.to_string());
            let unsigned = || number.to_u128().map(|number| number.to_string());
            // This keeps the decimal point of a number such as 3.0.
            let fraction = || number.to_f64().map(|number| format!("{number:?}"));
            whole.or_else(unsigned).or_else(fraction).unwrap_or_default()
        }
        Value::Array(_, items) => {
            format!("[{}]", items.iter().map(|item| shown(key, item)).collect::<Vec<_>>().join(", "))
        }
        Value::Dict(_, items) => dict(key, items),
        Value::Char(..) | Value::Empty(..) => String::new(),
    }
}

fn dict(key: &str, items: &Dict) -> String {
    let items: Vec<String> =
        items.iter().map(|(name, item)| format!("{name} = {}", shown(&format!("{key}.{name}"), item))).collect();
    format!("{{ {} }}", items.join(", "))
}

/// Returns true if the name of a setting shows that it is a secret. The path of a key file is not a
/// secret.
fn is_secret(key: &str) -> bool {
    let name = key.rsplit('.').next().unwrap_or(key);
    name != "tls_key" && ["key", "secret", "token", "password"].iter().any(|word| name.ends_with(word))
}

fn masked(text: &str) -> String {
    if text.is_empty() { String::new() } else { "********".to_owned() }
}

/// Masks the password in a URL or an ICE server (`turn:user:password@host`).
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once(':') else { return text.to_owned() };
    if let Ok(mut url) = Url::parse(text)
        && url.has_host()
    {
        // This fails only for URLs that cannot have a password.
        let _ = url.password().is_some().then(|| url.set_password(Some("********")));
        return if url.password().is_some() { url.to_string() } else { text.to_owned() };
    }
    match rest.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            format!("{scheme}:{user}:********@{host}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_says_where_it_comes_from_and_keeps_its_secret() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("settings.toml");
        let text = "[server]\nport = 9000\n[storage]\nredis_url = \"redis://:violet@cache:6379/1\"\n";
        std::fs::write(&file, text).unwrap();
        let environment = |name: &str| match name {
            "SECRET_KEY" => Some("violet".to_owned()),
            "DATABASE_URL" => Some("postgres://engine:violet@db/interviews".to_owned()),
            "ICE_SERVERS" => Some("stun:one.example,turn:dana:violet@two.example?transport=tcp".to_owned()),
            _ => None,
        };
        let entries = Settings::explain(Some(&file), environment).unwrap();
        assert!(!format!("{entries:?}").contains("violet"), "{entries:#?}");
        let entry = |key: &str| entries.iter().find(|entry| entry.key == key).unwrap();
        let told = |key: &str| (entry(key).value.as_str(), entry(key).origin);
        assert_eq!(told("server.port"), ("9000", Origin::File));
        assert_eq!(told("server.host"), ("\"127.0.0.1\"", Origin::Default));
        assert_eq!(told("server.secret_key"), ("\"********\"", Origin::Environment));
        assert_eq!(told("llm.openai_api_key"), ("\"\"", Origin::Default));
        assert_eq!(told("storage.database_url").0, "\"postgres://engine:********@db/interviews\"");
        assert_eq!(told("storage.redis_url"), ("\"redis://:********@cache:6379/1\"", Origin::File));
        assert_eq!(told("ice.servers").0, "[\"stun:one.example\", \"turn:dana:********@two.example?transport=tcp\"]");
    }
}
