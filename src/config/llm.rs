//! The language model, if one is configured.
//!
//! Owns: what these settings mean, and whether they are consistent. Never does: send a request. A
//! key is used only for the provider that LLM_PROVIDER names.

use std::net::IpAddr;

use ::llm::{Llm, LlmServer, Protocol};
use reqwest::Url;

use super::network::is_loopback;
use super::{ConfigError, LlmProvider, Settings};

impl Settings {
    /// Returns the model that the settings name, or `None` if LLM_PROVIDER is `none`.
    pub fn language_model(&self) -> Option<Llm> {
        // Inconsistent settings have been rejected before anything starts.
        self.llm_server().ok().flatten().map(Llm::new)
    }

    /// Returns the server of the model, or `None` if LLM_PROVIDER is `none`.
    pub fn llm_server(&self) -> Result<Option<LlmServer>, ConfigError> {
        let llm = &self.llm;
        let (protocol, base, model, key, [base_name, model_name, key_name]) = match llm.provider {
            LlmProvider::None => return Ok(None),
            LlmProvider::Openai => (
                Protocol::OpenAi,
                &llm.openai_base_url,
                &llm.openai_model,
                &llm.openai_api_key,
                ["OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY"],
            ),
            LlmProvider::Anthropic => (
                Protocol::Anthropic,
                &llm.anthropic_base_url,
                &llm.anthropic_model,
                &llm.anthropic_api_key,
                ["ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "ANTHROPIC_API_KEY"],
            ),
        };
        let provider = if protocol == Protocol::OpenAi { "openai" } else { "anthropic" };
        let bad = |variable: &str, why: &str| Err(super::bad(&format!("llm.{}", variable.to_lowercase()), why));
        if base.is_empty() {
            return bad(
                base_name,
                &format!(
                    "is required with LLM_PROVIDER={provider}, because it names the server \
                                            that receives the answers"
                ),
            );
        }
        let Some(url) = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        else {
            return bad(base_name, "must be a URL such as https://api.openai.com/v1");
        };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return bad(base_name, &format!("must contain neither credentials nor a query. Set {key_name} instead"));
        }
        let near = url.host_str().is_some_and(is_near);
        if url.scheme() == "http" && !near {
            return bad(
                base_name,
                "must be https, because http would send answers unencrypted (http is allowed only \
                                   in this network)",
            );
        }
        if model.is_empty() {
            return bad(model_name, &format!("is required with LLM_PROVIDER={provider}"));
        }
        if model == interview::followup::TEMPLATE {
            return bad(model_name, "is the name for follow-ups without a model. Give the model another name");
        }
        let free = protocol == Protocol::OpenAi && near;
        if key.is_empty() && !free {
            return bad(key_name, &format!("is required with LLM_PROVIDER={provider} for {}", url.as_str()));
        }
        if key.chars().any(|c| !c.is_ascii_graphic()) {
            return bad(key_name, "contains a character that is not allowed in a key");
        }
        Ok(Some(LlmServer {
            protocol,
            base_url: base.trim_end_matches('/').to_owned(),
            model: model.clone(),
            key: Some(key.clone()).filter(|key| !key.is_empty()),
        }))
    }
}

/// Returns true for this machine or this network: a private address, or a name that only a local
/// resolver can know.
pub(super) fn is_near(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    is_loopback(host)
        || match address {
            Ok(IpAddr::V4(address)) => address.is_private() || address.is_link_local(),
            Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
            Err(_) => !host.contains('.'),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Option<LlmServer>, String> {
        let found = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        let settings = Settings::read(None, found).map_err(|error| error.to_string())?;
        settings.llm_server().map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_in_the_environment_asks_nobody() {
        let keys =
            [("OPENAI_API_KEY", "k"), ("OPENAI_MODEL", "m"), ("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_MODEL", "m")];
        assert_eq!(with(&keys), Ok(None));
    }

    #[test]
    fn what_is_missing_names_itself() {
        let openai = ("LLM_PROVIDER", "openai");
        let far = ("OPENAI_BASE_URL", "https://api.example.org/v1");
        let model = ("OPENAI_MODEL", "some-model");
        for (variable, pairs) in [
            ("OPENAI_BASE_URL", vec![openai, model]),
            ("OPENAI_BASE_URL", vec![openai, model, ("OPENAI_BASE_URL", "api.example.org")]),
            ("OPENAI_BASE_URL", vec![openai, model, ("OPENAI_BASE_URL", "http://api.example.org/v1")]),
            ("OPENAI_BASE_URL", vec![openai, model, ("OPENAI_BASE_URL", "https://me:secret@api.example.org/v1")]),
            ("OPENAI_MODEL", vec![openai, far]),
            ("OPENAI_MODEL", vec![openai, far, ("OPENAI_API_KEY", "k"), ("OPENAI_MODEL", "template")]),
            ("OPENAI_API_KEY", vec![openai, far, model]),
            ("OPENAI_API_KEY", vec![openai, far, model, ("OPENAI_API_KEY", "a b")]),
            ("ANTHROPIC_MODEL", vec![("LLM_PROVIDER", "anthropic")]),
            ("ANTHROPIC_API_KEY", vec![("LLM_PROVIDER", "anthropic"), ("ANTHROPIC_MODEL", "m")]),
        ] {
            let error = with(&pairs).unwrap_err();
            assert!(error.contains(variable) && !error.contains("secret"), "{error}");
        }
        // The key of another provider is not used.
        assert!(with(&[openai, far, model, ("ANTHROPIC_API_KEY", "k")]).is_err());
    }

    #[test]
    fn a_server_nearby_needs_no_key() {
        for base in ["http://127.0.0.1:8080/v1/", "http://localhost:1/v1", "http://10.0.0.7/v1", "http://llm:8080/v1"] {
            let pairs = [("LLM_PROVIDER", "openai"), ("OPENAI_BASE_URL", base), ("OPENAI_MODEL", "m")];
            let server = with(&pairs).unwrap().unwrap();
            assert_eq!((server.key, server.protocol), (None, Protocol::OpenAi));
            assert!(!server.base_url.ends_with('/'));
        }
    }
}
