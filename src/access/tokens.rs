//! Session tokens: JSON Web Tokens (RFC 7519), signed with HMAC-SHA-256 and a key that is derived
//! from SECRET_KEY.
//!
//! Owns: the content of a token, and that no other kind of token is accepted. Never does: know
//! whether the session of a token is still valid. That is in its row, so that signing out
//! invalidates the token.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use storage::Secret;

pub const ISSUER: &str = "expert-interviewers";
pub const AUDIENCE: &str = "expert-interviewers-api";
/// The tolerated difference in seconds between the clocks of two engines.
const LEEWAY: u64 = 5;

#[derive(Debug, thiserror::Error)]
#[error("the token cannot be signed: {0}")]
pub struct TokenError(#[from] jsonwebtoken::errors::Error);

/// The claims of a token. The role and the workspace are looked up, so that a change applies at
/// once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user.
    pub sub: Uuid,
    /// The session.
    pub jti: Uuid,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

pub struct Tokens {
    signing: EncodingKey,
    reading: DecodingKey,
    rules: Validation,
    lifetime: TimeDelta,
}

impl Tokens {
    pub fn new(secret: &Secret, lifetime: TimeDelta) -> Self {
        let key = secret.key("session");
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY;
        Self {
            signing: EncodingKey::from_secret(key.bytes()),
            reading: DecodingKey::from_secret(key.bytes()),
            rules,
            lifetime,
        }
    }

    /// Returns the end of a session that starts now.
    pub fn end(&self) -> DateTime<Utc> {
        Utc::now() + self.lifetime
    }

    pub fn issue(&self, user: Uuid, session: Uuid, expires_at: DateTime<Utc>) -> Result<String, TokenError> {
        let now = Utc::now().timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            jti: session,
            iat: now,
            nbf: now,
            exp: expires_at.timestamp(),
        };
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &self.signing)?)
    }

    /// Returns the claims of a token, if this engine signed it and it is valid now.
    pub fn read(&self, token: &str) -> Option<Claims> {
        decode::<Claims>(token, &self.reading, &self.rules).ok().map(|token| token.claims)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        let now = Utc::now().timestamp();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::now_v7(), "jti": Uuid::now_v7(),
            "iat": now, "nbf": now, "exp": now + 60,
        })
    }

    fn signed(algorithm: Algorithm, claims: &Value, key: &[u8]) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
    }

    #[test]
    fn what_we_issue_we_read() {
        let tokens = Tokens::new(&Secret::random().unwrap(), TimeDelta::hours(1));
        let (user, session) = (Uuid::now_v7(), Uuid::now_v7());
        let claims = tokens.read(&tokens.issue(user, session, tokens.end()).unwrap()).unwrap();
        assert_eq!((claims.sub, claims.jti, claims.exp - claims.iat), (user, session, 3_600));
    }

    #[test]
    fn everything_else_is_refused() {
        let secret = Secret::random().unwrap();
        let tokens = Tokens::new(&secret, TimeDelta::hours(1));
        let key = secret.key("session");
        assert!(tokens.read(&signed(Algorithm::HS256, &good(), key.bytes())).is_some());
        let now = Utc::now().timestamp();
        for (claim, value) in [
            ("exp", json!(now - 60)),
            ("nbf", json!(now + 60)),
            ("iss", json!("somebody")),
            ("aud", json!("another-api")),
            ("sub", json!("no id")),
            ("exp", Value::Null),
            ("aud", Value::Null),
            ("iss", Value::Null),
            ("nbf", Value::Null),
            ("jti", Value::Null),
        ] {
            let mut claims = good();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(claim);
            } else {
                claims[claim] = value.clone();
            }
            assert!(tokens.read(&signed(Algorithm::HS256, &claims, key.bytes())).is_none(), "{claim}: {value}");
        }
        // These are another key of the engine, a foreign key, another algorithm, no algorithm, and
        // a changed payload.
        assert!(tokens.read(&signed(Algorithm::HS256, &good(), secret.key("join").bytes())).is_none());
        assert!(tokens.read(&signed(Algorithm::HS256, &good(), b"secret")).is_none());
        assert!(tokens.read(&signed(Algorithm::HS512, &good(), key.bytes())).is_none());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        for none in ["none", "None", "NONE"] {
            let unsigned = format!("{}.{}.", part(&json!({ "alg": none, "typ": "JWT" })), part(&good()));
            assert!(tokens.read(&unsigned).is_none(), "{none}");
        }
        let token = signed(Algorithm::HS256, &good(), key.bytes());
        let (head, signature) = (token.split('.').next().unwrap(), token.rsplit('.').next().unwrap());
        assert!(tokens.read(&format!("{head}.{}.{signature}", part(&good()))).is_none());
        assert!(tokens.read("").is_none() && tokens.read("a.b.c").is_none());
    }
}
