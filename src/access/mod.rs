//! The identity of callers, and the limits on their requests.
//!
//! Owns: passwords (Argon2id), session tokens (JWT), sign-in with an OpenID provider, rate limits,
//! and trusted proxies. What a role may do is in the signatures of the API's handlers. The rows of
//! keys, users and sessions belong to the storage. Never does: answer a request, or store a
//! password or a token.

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

/// The operator's settings for access.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// How long a session lasts (JWT_EXPIRATION_HOURS).
    pub session_lifetime: TimeDelta,
    pub quotas: Quotas,
    /// The token that `/metrics` requires, unless the request has a key. If it is empty, `/metrics`
    /// requires a key wherever keys are required.
    pub metrics_token: String,
    /// The exact origins of other sites whose pages may read answers.
    pub cors_origins: Vec<String>,
    /// The proxies whose headers about a client's address are trusted.
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

/// Everything that is needed to judge a caller, except the rows.
pub struct Access {
    pub settings: AccessSettings,
    pub tokens: Tokens,
    pub limits: Limits,
    pub sign_ins: SignIns,
    pub recognised: Recognised,
    /// The long answers that are being sent.
    pub at_once: AtOnce,
    /// The OpenID provider, if one is configured.
    pub oidc: Option<Oidc>,
    /// Hashing occupies a core and 19 MiB for a while, and calls need both. Therefore only one hash
    /// is computed at a time.
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
