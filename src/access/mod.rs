//! Who somebody is, and how often they may ask.
//!
//! Owns: passwords (Argon2id), session tokens (JWT), signing in with an OpenID provider, rate limits, which proxies are
//! believed. What a role may do stands in the signatures of the API's handlers; rows of keys, users and sessions are the
//! storage's.
//! Never does: answer a request, keep a password or a token anywhere.

pub mod at_once;
pub mod limits;
pub mod oidc;
pub mod passwords;
mod provider;
pub mod proxies;
pub mod recognised;
pub mod sign_in;
pub mod tokens;

use chrono::TimeDelta;

pub use at_once::AtOnce;
pub use limits::{Limits, Quotas};
pub use oidc::{Oidc, OidcSettings};
pub use proxies::TrustedProxies;
pub use recognised::Recognised;
pub use sign_in::SignIns;
use storage::Secret;
pub use tokens::Tokens;

/// What the operator's settings fix for it.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// How long a session lasts (JWT_EXPIRATION_HOURS).
    pub session_lifetime: TimeDelta,
    pub quotas: Quotas,
    /// What `/metrics` asks for, unless a key is shown; empty: nothing but a key, where keys are needed.
    pub metrics_token: String,
    /// Other sites whose pages may read our answers: exact origins.
    pub cors_origins: Vec<String>,
    /// Whose word about a client's address counts.
    pub trusted_proxies: TrustedProxies,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            session_lifetime: TimeDelta::hours(24),
            quotas: Quotas::default(),
            metrics_token: String::new(),
            cors_origins: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
        }
    }
}

/// Everything that judging a caller takes, but for the rows.
pub struct Access {
    pub settings: AccessSettings,
    pub tokens: Tokens,
    pub limits: Limits,
    pub sign_ins: SignIns,
    pub recognised: Recognised,
    /// Long answers that are being sent.
    pub at_once: AtOnce,
    /// Where the operator has a provider.
    pub oidc: Option<Oidc>,
    /// Hashing takes a core and 19 MiB for a while, and calls need both: one after the other.
    pub hashing: tokio::sync::Semaphore,
}

impl Access {
    pub fn new(settings: AccessSettings, oidc: Option<OidcSettings>, secret: &Secret) -> Self {
        Self {
            tokens: Tokens::new(secret, settings.session_lifetime),
            limits: Limits::new(settings.quotas),
            sign_ins: SignIns::new(settings.quotas.logins > 0),
            recognised: Recognised::default(),
            at_once: AtOnce::default(),
            oidc: oidc.map(|oidc| Oidc::new(oidc, secret)),
            hashing: tokio::sync::Semaphore::new(1),
            settings,
        }
    }
}
