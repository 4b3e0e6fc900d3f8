//! Access from elsewhere: pages of other sites, rate limits, and sign-in with an OpenID provider.
//!
//! Owns: what these settings mean, and whether they are consistent. Never does: contact the
//! provider.

use chrono::TimeDelta;
use entity::Role;
use reqwest::Url;

use super::network::is_loopback;
use super::{ConfigError, Settings, bad};
use crate::access::oidc::OidcSettings;
use crate::access::{AccessSettings, Quotas, TrustedProxies};

impl Settings {
    pub(super) fn check_access(&self) -> Result<(), ConfigError> {
        if self.server.jwt_expiration_hours == 0 {
            return Err(bad("server.jwt_expiration_hours", "must be at least 1"));
        }
        self.access()?;
        self.oidc().map(drop)
    }

    pub fn access(&self) -> Result<AccessSettings, ConfigError> {
        let access = &self.access;
        for origin in &access.cors_origins {
            if !Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin) {
                let why = format!("{origin:?} is not an exact origin such as https://console.example.org");
                return Err(bad("access.cors_origins", &why));
            }
        }
        let trusted = TrustedProxies::read(access.trusted_proxies.iter().map(String::as_str));
        let trusted_proxies = trusted.map_err(|error| bad("access.trusted_proxies", &error.to_string()))?;
        Ok(AccessSettings {
            session_lifetime: TimeDelta::hours(i64::from(self.server.jwt_expiration_hours)),
            quotas: Quotas { requests: access.rate_limit_per_minute, logins: access.login_limit_per_minute },
            metrics_token: access.metrics_token.clone(),
            cors_origins: access.cors_origins.clone(),
            trusted_proxies,
        })
    }

    /// Returns the OpenID settings, or `None` if no provider is configured.
    pub fn oidc(&self) -> Result<Option<OidcSettings>, ConfigError> {
        let oidc = &self.oidc;
        if oidc.issuer.is_empty() {
            return Ok(None);
        }
        let issuer = Url::parse(&oidc.issuer).ok();
        let safe = issuer.is_some_and(|url| {
            url.scheme() == "https" || (url.scheme() == "http" && url.host_str().is_some_and(is_loopback))
        });
        if !safe {
            return Err(bad("oidc.issuer", "must be an https URL (http is allowed only on this machine)"));
        }
        if oidc.client_id.is_empty() {
            return Err(bad("oidc.client_id", "is required with OIDC_ISSUER"));
        }
        let default_role = match oidc.default_role.as_str() {
            "" => None,
            name => Some(name.parse::<Role>().map_err(|why| bad("oidc.default_role", &why))?),
        };
        let mapped = [&oidc.admins, &oidc.researchers, &oidc.viewers].iter().any(|values| !values.is_empty());
        if default_role.is_none() && !mapped {
            let why = "is required without OIDC_ADMINS, OIDC_RESEARCHERS and OIDC_VIEWERS, because nobody could sign \
                       in";
            return Err(bad("oidc.default_role", why));
        }
        Ok(Some(OidcSettings {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_secret: Some(oidc.client_secret.clone()).filter(|secret| !secret.is_empty()),
            scopes: oidc.scopes.clone(),
            role_claim: oidc.role_claim.clone(),
            roles: [(Role::Admin, &oidc.admins), (Role::Researcher, &oidc.researchers), (Role::Viewer, &oidc.viewers)]
                .into_iter()
                .flat_map(|(role, values)| values.iter().map(move |value| (value.clone(), role)))
                .collect(),
            default_role,
            allowed_domains: oidc.allowed_domains.iter().map(|domain| domain.to_lowercase()).collect(),
            workspace: oidc.workspace.clone(),
            redirect_url: format!("{}/api/auth/oidc/callback", self.public_url()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let found = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Settings::read(None, found).map_err(|error| error.to_string())
    }

    #[test]
    fn by_default_nobody_signs_in_elsewhere_and_no_other_page_may_ask() {
        let settings = with(&[]).unwrap();
        assert!(settings.oidc().unwrap().is_none());
        let access = settings.access().unwrap();
        assert!(access.cors_origins.is_empty() && access.metrics_token.is_empty());
        assert_eq!((access.quotas, access.session_lifetime), (Quotas::default(), TimeDelta::hours(24)));
    }

    #[test]
    fn what_makes_no_sense_names_itself() {
        let provider = ("OIDC_ISSUER", "https://login.example.org");
        for (variable, pairs) in [
            ("CORS_ORIGINS", vec![("CORS_ORIGINS", "https://console.example.org/")]),
            ("CORS_ORIGINS", vec![("CORS_ORIGINS", "*")]),
            ("TRUSTED_PROXIES", vec![("TRUSTED_PROXIES", "10.0.0.0/24, nginx")]),
            ("JWT_EXPIRATION_HOURS", vec![("JWT_EXPIRATION_HOURS", "0")]),
            ("OIDC_ISSUER", vec![("OIDC_ISSUER", "http://login.example.org")]),
            ("OIDC_CLIENT_ID", vec![provider]),
            ("OIDC_DEFAULT_ROLE", vec![provider, ("OIDC_CLIENT_ID", "x")]),
            ("OIDC_DEFAULT_ROLE", vec![provider, ("OIDC_CLIENT_ID", "x"), ("OIDC_DEFAULT_ROLE", "owner")]),
        ] {
            let error = with(&pairs).unwrap_err();
            assert!(error.contains(variable), "{error}");
        }
        let settings = with(&[provider, ("OIDC_CLIENT_ID", "x"), ("OIDC_ADMINS", "ops, leads")]).unwrap();
        let oidc = settings.oidc().unwrap().unwrap();
        assert_eq!(oidc.roles, [("ops".to_owned(), Role::Admin), ("leads".to_owned(), Role::Admin)]);
        assert_eq!(oidc.redirect_url, "http://127.0.0.1:8000/api/auth/oidc/callback");
    }
}
