//! Settings: a commented default file, overridden by the user's file and then by environment
//! variables.
//!
//! Owns: reading and checking them once, at the start. Never does: change them later, or print
//! secrets.

mod access;
mod explain;
mod files;
mod llm;
pub mod network;
mod quality;
mod sections;
mod tasks;
mod webhooks;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use explain::{Entry, Origin};
pub use sections::{
    Access, Calls, Files, Ice, Insights, Llm, LlmProvider, Oidc, Quality, Server, Speech, SpeechEngine, Storage, Tasks,
    Webhooks,
};

pub(crate) const DEFAULTS: &str = include_str!("default.toml");

/// The environment variables that are read, and the setting that each one overrides.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("API_HOST", "server.host"),
    ("API_PORT", "server.port"),
    ("PUBLIC_URL", "server.public_url"),
    ("TLS_CERT", "server.tls_cert"),
    ("TLS_KEY", "server.tls_key"),
    ("LOG_LEVEL", "server.log_level"),
    ("SECRET_KEY", "server.secret_key"),
    ("JWT_EXPIRATION_HOURS", "server.jwt_expiration_hours"),
    ("CORS_ORIGINS", "access.cors_origins"),
    ("TRUSTED_PROXIES", "access.trusted_proxies"),
    ("METRICS_TOKEN", "access.metrics_token"),
    ("RATE_LIMIT_PER_MINUTE", "access.rate_limit_per_minute"),
    ("LOGIN_LIMIT_PER_MINUTE", "access.login_limit_per_minute"),
    ("OIDC_ISSUER", "oidc.issuer"),
    ("OIDC_CLIENT_ID", "oidc.client_id"),
    ("OIDC_CLIENT_SECRET", "oidc.client_secret"),
    ("OIDC_SCOPES", "oidc.scopes"),
    ("OIDC_ROLE_CLAIM", "oidc.role_claim"),
    ("OIDC_ADMINS", "oidc.admins"),
    ("OIDC_RESEARCHERS", "oidc.researchers"),
    ("OIDC_VIEWERS", "oidc.viewers"),
    ("OIDC_DEFAULT_ROLE", "oidc.default_role"),
    ("OIDC_ALLOWED_DOMAINS", "oidc.allowed_domains"),
    ("OIDC_WORKSPACE", "oidc.workspace"),
    ("DATA_DIR", "storage.data_dir"),
    ("MODELS_DIR", "storage.models_dir"),
    ("DATABASE_URL", "storage.database_url"),
    ("DATABASE_POOL_SIZE", "storage.database_pool_size"),
    ("REDIS_URL", "storage.redis_url"),
    ("DATA_RETENTION_DAYS", "storage.data_retention_days"),
    ("FILES_URL", "files.url"),
    ("FILES_ENDPOINT", "files.endpoint"),
    ("AWS_REGION", "files.region"),
    ("AWS_ACCESS_KEY_ID", "files.access_key_id"),
    ("AWS_SECRET_ACCESS_KEY", "files.secret_access_key"),
    ("AWS_SESSION_TOKEN", "files.session_token"),
    ("MAX_CONCURRENT_INTERVIEWS", "calls.max_concurrent_interviews"),
    ("DEFAULT_INTERVIEW_TIMEOUT_MINUTES", "calls.default_interview_timeout_minutes"),
    ("MAX_FOLLOW_UPS_PER_QUESTION", "calls.max_follow_ups_per_question"),
    ("SILENCE_DETECTION_SECONDS", "calls.silence_detection_seconds"),
    ("OPEN_BEFORE_MINUTES", "calls.open_before_minutes"),
    ("NO_SHOW_AFTER_MINUTES", "calls.no_show_after_minutes"),
    ("ENABLE_CALL_RECORDING", "calls.enable_call_recording"),
    ("ICE_SERVERS", "ice.servers"),
    ("ICE_PORT_RANGE", "ice.port_range"),
    ("ICE_PUBLIC_ADDRESSES", "ice.public_addresses"),
    ("ICE_LOST_AFTER_SECONDS", "ice.lost_after_seconds"),
    ("ICE_GIVE_UP_AFTER_SECONDS", "ice.give_up_after_seconds"),
    ("SPEECH_ENGINE", "speech.engine"),
    ("WHISPER_MODEL", "speech.whisper"),
    ("INFERENCE_THREADS", "speech.inference_threads"),
    ("STT_THREADS", "speech.stt_threads"),
    ("TTS_THREADS", "speech.tts_threads"),
    ("SCRIPTED_DELAY_MS", "speech.scripted_delay_ms"),
    ("MIN_COMPLETION_RATE", "quality.min_completion_rate"),
    ("MIN_ENGAGEMENT_SCORE", "quality.min_engagement_score"),
    ("MAX_RESPONSE_LATENCY", "quality.max_response_latency"),
    ("COMPONENT_QUIET_SECONDS", "quality.component_quiet_seconds"),
    ("TASKS_IN_SERVE", "tasks.in_serve"),
    ("TASKS_AT_ONCE", "tasks.at_once"),
    ("TASKS_INTERVIEWS_AT_ONCE", "tasks.interviews_at_once"),
    ("TASKS_ANALYTICS_AT_ONCE", "tasks.analytics_at_once"),
    ("TASKS_WEBHOOKS_AT_ONCE", "tasks.webhooks_at_once"),
    ("TASKS_LEASE_SECONDS", "tasks.lease_seconds"),
    ("TASKS_KEPT_DAYS", "tasks.kept_days"),
    ("TASKS_OPEN_PER_CALLER", "tasks.open_per_caller"),
    ("TASKS_OPEN_PER_WORKSPACE", "tasks.open_per_workspace"),
    ("INSIGHTS_ON_COMPLETION", "insights.on_completion"),
    ("INSIGHTS_EMBEDDINGS", "insights.embeddings"),
    ("LLM_PROVIDER", "llm.provider"),
    ("OPENAI_API_KEY", "llm.openai_api_key"),
    ("OPENAI_BASE_URL", "llm.openai_base_url"),
    ("OPENAI_MODEL", "llm.openai_model"),
    ("ANTHROPIC_API_KEY", "llm.anthropic_api_key"),
    ("ANTHROPIC_BASE_URL", "llm.anthropic_base_url"),
    ("ANTHROPIC_MODEL", "llm.anthropic_model"),
    ("LLM_PROMPT", "llm.prompt"),
    ("LLM_TOKENS_PER_INTERVIEW", "llm.tokens_per_interview"),
    ("WEBHOOKS_ALLOW", "webhooks.allow"),
    ("WEBHOOKS_CA_CERT", "webhooks.ca_cert"),
    ("WEBHOOKS_ATTEMPTS", "webhooks.attempts"),
    ("WEBHOOKS_RETRY_FIRST_SECONDS", "webhooks.retry_first_seconds"),
    ("WEBHOOKS_RETRY_LONGEST_SECONDS", "webhooks.retry_longest_seconds"),
    ("WEBHOOKS_CONNECT_TIMEOUT_SECONDS", "webhooks.connect_timeout_seconds"),
    ("WEBHOOKS_TIMEOUT_SECONDS", "webhooks.timeout_seconds"),
    ("WEBHOOKS_CONCURRENT", "webhooks.concurrent"),
    ("WEBHOOKS_CONCURRENT_PER_ENDPOINT", "webhooks.concurrent_per_endpoint"),
    ("WEBHOOKS_DISABLE_AFTER_DAYS", "webhooks.disable_after_days"),
    ("WEBHOOKS_SECRET_OVERLAP_HOURS", "webhooks.secret_overlap_hours"),
    ("WEBHOOKS_KEEP_DAYS", "webhooks.keep_days"),
];

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("settings file {0} does not exist")]
    NoFile(PathBuf),
    #[error("settings: {0}")]
    Bad(String),
}

/// All settings, which have been checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub server: Server,
    pub access: Access,
    pub oidc: Oidc,
    pub storage: Storage,
    pub files: Files,
    pub calls: Calls,
    pub ice: Ice,
    pub speech: Speech,
    pub quality: Quality,
    pub tasks: Tasks,
    pub insights: Insights,
    pub llm: Llm,
    pub webhooks: Webhooks,
}

impl Settings {
    /// Reads the defaults, then `file`, and then the environment of the process.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::read(file, |name| std::env::var(name).ok())
    }

    /// Reads the settings with another environment, for tests.
    pub fn read(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let figment = layered(file, environment)?;
        let settings: Self = figment.extract().map_err(|errors| {
            let named = |error: figment::Error| match variable(&error.path.join(".")) {
                Some(variable) => format!("{error} ({variable})"),
                None => error.to_string(),
            };
            ConfigError::Bad(errors.into_iter().map(named).collect::<Vec<_>>().join("; "))
        })?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.check_network()?;
        self.check_access()?;
        self.delivery()?;
        self.files_place()?;
        self.check_quality()?;
        if self.calls.max_concurrent_interviews == 0 {
            return Err(bad("calls.max_concurrent_interviews", "must be at least 1"));
        }
        if !(0.3..=30.0).contains(&self.calls.silence_detection_seconds) {
            return Err(bad("calls.silence_detection_seconds", "must be between 0.3 and 30 seconds"));
        }
        if self.calls.no_show_after_minutes == 0 {
            return Err(bad("calls.no_show_after_minutes", "must be at least 1, because respondents are rarely early"));
        }
        if self.speech.inference_threads < 2 {
            return Err(bad(
                "speech.inference_threads",
                "must be at least 2, so that background work never blocks a turn",
            ));
        }
        if self.storage.database_pool_size == 0 {
            return Err(bad("storage.database_pool_size", "must be at least 1"));
        }
        self.check_tasks()?;
        self.llm_server().map(drop)
    }

    /// Returns `DATABASE_URL`, or the URL of SQLite in the data folder.
    pub fn database_url(&self) -> String {
        if self.storage.database_url.is_empty() {
            format!("sqlite://{}?mode=rwc", self.storage.data_dir.join("interviews.db").display())
        } else {
            self.storage.database_url.clone()
        }
    }
}

/// Builds the error about a setting that cannot be used. It names both the key in the file and the
/// variable.
fn bad(key: &str, why: &str) -> ConfigError {
    ConfigError::Bad(match variable(key) {
        Some(variable) => format!("{key} ({variable}): {why}"),
        None => format!("{key}: {why}"),
    })
}

fn variable(key: &str) -> Option<&'static str> {
    ENVIRONMENT.iter().find(|(_, known)| *known == key).map(|(variable, _)| *variable)
}

/// Returns the defaults, overridden by `file`, overridden by the environment.
fn layered(file: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Figment, ConfigError> {
    let mut figment = Figment::from(Toml::string(DEFAULTS));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        figment = figment.merge(Toml::file(file));
    }
    for (name, key) in ENVIRONMENT {
        // An empty variable counts as missing, because compose files often set such variables.
        let Some(value) = environment(name).filter(|value| !value.is_empty()) else { continue };
        let known = figment.find_value(key).map_err(|error| ConfigError::Bad(error.to_string()))?;
        let value = typed(&known, &value).ok_or_else(|| {
            ConfigError::Bad(format!("{name}={value:?} is not a value for {key} (such as {known:?})"))
        })?;
        figment = figment.merge(Serialized::default(key, value));
    }
    Ok(figment)
}

/// Converts the text of a variable to the type of the default.
fn typed(known: &figment::value::Value, text: &str) -> Option<figment::value::Value> {
    use figment::value::Value;
    Some(match known {
        Value::String(..) => Value::from(text.to_owned()),
        Value::Bool(..) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Value::from(true),
            "false" | "0" | "no" | "off" => Value::from(false),
            _ => return None,
        },
        Value::Num(_, figment::value::Num::F64(_) | figment::value::Num::F32(_)) => {
            Value::from(text.parse::<f64>().ok()?)
        }
        Value::Num(..) => Value::from(text.parse::<i64>().ok()?),
        Value::Array(..) => Value::from(text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::read(None, |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
    }

    #[test]
    fn defaults_need_nothing() {
        let settings = with(&[]).unwrap();
        assert_eq!(settings.public_url(), "http://127.0.0.1:8000");
        assert_eq!(settings.udp_ports().unwrap(), 49152..=49999);
        assert!(settings.database_url().starts_with("sqlite://data/interviews.db"));
    }

    #[test]
    fn the_environment_wins_and_bad_values_name_themselves() {
        let settings =
            with(&[("API_PORT", "9001"), ("ENABLE_CALL_RECORDING", "no"), ("SPEECH_ENGINE", "scripted")]).unwrap();
        assert_eq!((settings.server.port, settings.calls.enable_call_recording), (9001, false));
        assert_eq!(settings.speech.engine, SpeechEngine::Scripted);
        for (name, value) in
            [("API_PORT", "many"), ("SPEECH_ENGINE", "cloud"), ("ICE_PORT_RANGE", "9-1"), ("API_HOST", "nowhere")]
        {
            let error = with(&[(name, value)]).unwrap_err().to_string();
            let key = ENVIRONMENT.iter().find(|entry| entry.0 == name).unwrap().1;
            assert!(error.contains(name) && error.contains(key), "{error}");
        }
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_named_as_in_a_file_and_as_a_variable() {
        let provider = ("OIDC_ISSUER", "https://login.example.org");
        for (name, value) in [
            ("MAX_CONCURRENT_INTERVIEWS", "0"),
            ("SILENCE_DETECTION_SECONDS", "0"),
            ("NO_SHOW_AFTER_MINUTES", "0"),
            ("INFERENCE_THREADS", "1"),
            ("DATABASE_POOL_SIZE", "0"),
            ("MIN_COMPLETION_RATE", "2"),
            ("COMPONENT_QUIET_SECONDS", "0"),
            ("TASKS_AT_ONCE", "1"),
            ("TASKS_LEASE_SECONDS", "0"),
            ("WEBHOOKS_ATTEMPTS", "0"),
            ("WEBHOOKS_ALLOW", "10.0.0.0/99"),
            ("PUBLIC_URL", "nowhere"),
            ("CORS_ORIGINS", "*"),
            ("TRUSTED_PROXIES", "proxy.example.org"),
            ("OIDC_CLIENT_ID", ""),
            ("API_PORT", "70000"),
            ("DATA_RETENTION_DAYS", "-1"),
            ("FILES_URL", "shared"),
            ("FILES_ENDPOINT", "https://s3.example.org"),
        ] {
            let pairs = [(name, value), provider];
            let asked = if name == "OIDC_CLIENT_ID" { &pairs[..] } else { &pairs[..1] };
            let error = with(asked).unwrap_err().to_string();
            let key = ENVIRONMENT.iter().find(|entry| entry.0 == name).unwrap().1;
            assert!(error.contains(name) && error.contains(key), "{name}: {error}");
        }
    }

    #[test]
    fn every_variable_names_a_setting_and_every_setting_has_one() {
        let figment = Figment::from(Toml::string(DEFAULTS));
        for (name, key) in ENVIRONMENT {
            assert!(figment.find_value(key).is_ok(), "{name} names {key}, which has no default");
            assert!(DEFAULTS.contains(&format!("# {name}")), "default.toml does not explain {name}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("settings.toml");
        std::fs::write(&file, "[server]\nprot = 1\n").unwrap();
        assert!(Settings::read(Some(&file), |_| None).unwrap_err().to_string().contains("prot"));
    }
}
