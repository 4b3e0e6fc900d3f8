//! The sections of the settings, as in `default.toml`, which explains each key.

use std::path::PathBuf;

use llm::proposer::LlmPrompt;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub host: std::net::IpAddr,
    pub port: u16,
    pub public_url: String,
    pub tls_cert: String,
    pub tls_key: String,
    pub log_level: String,
    pub secret_key: String,
    pub jwt_expiration_hours: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    pub cors_origins: Vec<String>,
    pub trusted_proxies: Vec<String>,
    pub metrics_token: String,
    pub rate_limit_per_minute: u32,
    pub login_limit_per_minute: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    pub scopes: Vec<String>,
    pub role_claim: String,
    pub admins: Vec<String>,
    pub researchers: Vec<String>,
    pub viewers: Vec<String>,
    pub default_role: String,
    pub allowed_domains: Vec<String>,
    pub workspace: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub data_dir: PathBuf,
    pub models_dir: PathBuf,
    pub database_url: String,
    pub database_pool_size: u32,
    pub redis_url: String,
    pub data_retention_days: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub url: String,
    pub endpoint: String,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub max_concurrent_interviews: usize,
    pub default_interview_timeout_minutes: u32,
    pub max_follow_ups_per_question: u32,
    pub silence_detection_seconds: f32,
    pub open_before_minutes: u32,
    pub no_show_after_minutes: u32,
    pub enable_call_recording: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ice {
    pub servers: Vec<String>,
    pub port_range: String,
    pub public_addresses: Vec<String>,
    pub lost_after_seconds: f32,
    pub give_up_after_seconds: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpeechEngine {
    Local,
    Scripted,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    pub engine: SpeechEngine,
    pub whisper: String,
    pub inference_threads: usize,
    pub stt_threads: usize,
    pub tts_threads: usize,
    pub scripted_delay_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    pub min_completion_rate: f32,
    pub min_engagement_score: f32,
    pub max_response_latency: f32,
    pub component_quiet_seconds: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insights {
    pub on_completion: bool,
    pub embeddings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LlmProvider {
    None,
    Openai,
    Anthropic,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Llm {
    pub provider: LlmProvider,
    pub prompt: LlmPrompt,
    pub openai_api_key: String,
    pub openai_base_url: String,
    pub openai_model: String,
    pub anthropic_api_key: String,
    pub anthropic_base_url: String,
    pub anthropic_model: String,
    pub tokens_per_interview: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tasks {
    pub in_serve: bool,
    pub at_once: usize,
    pub interviews_at_once: usize,
    pub analytics_at_once: usize,
    pub webhooks_at_once: usize,
    pub lease_seconds: u32,
    pub kept_days: u32,
    pub open_per_caller: u32,
    pub open_per_workspace: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub allow: Vec<String>,
    pub ca_cert: String,
    pub attempts: u32,
    pub retry_first_seconds: f64,
    pub retry_longest_seconds: f64,
    pub connect_timeout_seconds: f64,
    pub timeout_seconds: f64,
    pub concurrent: usize,
    pub concurrent_per_endpoint: usize,
    pub disable_after_days: f64,
    pub secret_overlap_hours: f64,
    pub keep_days: u32,
}
