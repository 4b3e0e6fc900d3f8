//! Sign-in with an OpenID provider: the authorization code flow with PKCE, by the `openidconnect`
//! crate.
//!
//! Owns: discovery, the redirects, the allowed signature algorithms of ID tokens, and the mapping
//! of claims to roles. Never does: store the state of a sign-in (the browser carries it,
//! encrypted), or access rows.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce as SealNonce};
use chrono::Utc;
use entity::Role;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::provider::{Provider, ProviderError};
use storage::Secret;

/// How long a user may take at the provider, in seconds.
pub const FLOW_SECONDS: i64 = 600;
/// How long the provider's metadata and keys are cached.
const KNOWN_FOR: Duration = Duration::from_mins(10);
const NONCE_BYTES: usize = 12;

/// Only public-key signatures are allowed. With a shared secret, anyone who has the engine's secret
/// could sign, and `none` is not a signature.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 7] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The operator's settings for the provider.
#[derive(Clone)]
pub struct OidcSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// The scopes in addition to `openid`.
    pub scopes: Vec<String>,
    pub role_claim: String,
    /// Values of that claim with their roles. The highest matching role is used.
    pub roles: Vec<(String, Role)>,
    pub default_role: Option<Role>,
    /// The allowed domains of verified email addresses, in lower case. Empty allows every domain.
    pub allowed_domains: Vec<String>,
    /// The name or the id of a workspace.
    pub workspace: String,
    pub redirect_url: String,
}

#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The state that the browser returns is wrong, or it comes too late.
    #[error("this sign-in was not started here or has expired. Start it again")]
    Flow,
    #[error("the provider refused the sign-in: {0}")]
    Refused(String),
    #[error("the provider cannot be used: {0}")]
    Provider(String),
    #[error("the provider's token is not valid: {0}")]
    Token(String),
    #[error("{0}")]
    NotAllowed(&'static str),
}

impl From<ProviderError> for OidcError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error.to_string())
    }
}

/// The person whom the provider has identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub issuer: String,
    pub subject: String,
    pub email: String,
    /// Only with a verified address may the person take over an existing account with that address.
    pub email_verified: bool,
    pub name: Option<String>,
    pub role: Role,
}

/// The state of a sign-in, which the browser carries encrypted.
#[derive(Serialize, Deserialize)]
struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    /// The path on this engine to redirect to after signing in.
    next: String,
    expires_at: i64,
}

/// All claims that the standard does not define.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    #[serde(flatten)]
    claims: HashMap<String, Value>,
}

impl AdditionalClaims for Extra {}

type Fields = IdTokenFields<
    Extra,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Relying = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The operator's provider.
pub struct Oidc {
    pub settings: OidcSettings,
    provider: Provider,
    known: Mutex<Option<(Instant, CoreProviderMetadata)>>,
    seal: ChaCha20Poly1305,
}

impl Oidc {
    pub fn new(settings: OidcSettings, secret: &Secret) -> Self {
        let seal = ChaCha20Poly1305::new(secret.key("oidc-flow").bytes().into());
        Self { settings, provider: Provider::default(), known: Mutex::new(None), seal }
    }

    /// Starts a sign-in. Returns the URL to redirect the browser to, and the encrypted state that
    /// it has to bring back.
    pub async fn begin(&self, next: &str) -> Result<(String, String), OidcError> {
        let client = self.client(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request =
            client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        for scope in &self.settings.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let flow = Flow {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next: if is_own_path(next) { next.to_owned() } else { "/".to_owned() },
            expires_at: Utc::now().timestamp() + FLOW_SECONDS,
        };
        Ok((url.to_string(), self.sealed(&flow)?))
    }

    /// Completes a sign-in. Returns the person, and the path to redirect to.
    pub async fn finish(&self, sealed: &str, state: &str, code: String) -> Result<(Person, String), OidcError> {
        let flow =
            self.opened(sealed).filter(|flow| flow.expires_at > Utc::now().timestamp()).ok_or(OidcError::Flow)?;
        if !bool::from(flow.state.as_bytes().ct_eq(state.as_bytes())) {
            return Err(OidcError::Flow);
        }
        let client = self.client(false).await?;
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Provider(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier));
        let tokens = request
            .request_async(&|request| self.provider.send(request))
            .await
            .map_err(|error| OidcError::Refused(error.to_string()))?;
        let token =
            tokens.id_token().ok_or_else(|| OidcError::Token("the provider returned no ID token".to_owned()))?;
        let nonce = Nonce::new(flow.nonce);
        let claims = match token.claims(&verifier(&client), &nonce) {
            Ok(claims) => claims.clone(),
            // The provider may have changed its keys since they were fetched.
            Err(openidconnect::ClaimsVerificationError::SignatureVerification(_)) => {
                let client = self.client(true).await?;
                token.claims(&verifier(&client), &nonce).map_err(|error| OidcError::Token(error.to_string()))?.clone()
            }
            Err(error) => return Err(OidcError::Token(error.to_string())),
        };
        Ok((self.person(&claims)?, flow.next))
    }

    async fn client(&self, anew: bool) -> Result<Relying, OidcError> {
        let broken = |error: &dyn std::fmt::Display| OidcError::Provider(error.to_string());
        let mut known = self.known.lock().await;
        let metadata = match known.as_ref() {
            Some((since, metadata)) if !anew && since.elapsed() < KNOWN_FOR => metadata.clone(),
            _ => {
                let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|error| broken(&error))?;
                // The crate checks that the metadata names the configured issuer.
                let found = CoreProviderMetadata::discover_async(issuer, &|request| self.provider.send(request)).await;
                let found = found.map_err(|error| broken(&error))?;
                *known = Some((Instant::now(), found.clone()));
                found
            }
        };
        let redirect = RedirectUrl::new(self.settings.redirect_url.clone()).map_err(|error| broken(&error))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        Ok(Client::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect))
    }

    fn person(&self, claims: &IdTokenClaims<Extra, CoreGenderClaim>) -> Result<Person, OidcError> {
        let email = claims.email().ok_or(OidcError::NotAllowed("the provider returned no email address"))?.to_string();
        let email_verified = claims.email_verified().unwrap_or(false);
        let domains = &self.settings.allowed_domains;
        let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()).unwrap_or_default();
        let welcome = domains.is_empty() || (email_verified && domains.contains(&domain));
        if !welcome {
            return Err(OidcError::NotAllowed("accounts with this email domain are not allowed"));
        }
        let told = claims.additional_claims().claims.get(&self.settings.role_claim);
        let role = role_of(told, &self.settings.roles).or(self.settings.default_role);
        Ok(Person {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            role: role.ok_or(OidcError::NotAllowed("this account has no role"))?,
            email,
            email_verified,
        })
    }

    fn sealed(&self, flow: &Flow) -> Result<String, OidcError> {
        let nonce = SealNonce::generate();
        let text = serde_json::to_vec(flow).map_err(|error| OidcError::Provider(error.to_string()))?;
        let sealed = self.seal.encrypt(&nonce, text.as_slice());
        let sealed = sealed.map_err(|_| {
            OidcError::Provider(
                "the state of the sign-in cannot be \
            encrypted"
                    .to_owned(),
            )
        })?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn opened(&self, sealed: &str) -> Option<Flow> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let text = self.seal.decrypt(&SealNonce::try_from(nonce).ok()?, sealed).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// The crate checks the issuer, the audience, the times, the signature and the nonce. The engine
/// chooses the algorithms.
fn verifier(client: &Relying) -> openidconnect::IdTokenVerifier<'_, CoreJsonWebKey> {
    client.id_token_verifier().set_allowed_algs(ALGORITHMS)
}

/// Returns the highest role that one of the claim's values leads to.
fn role_of(claim: Option<&Value>, roles: &[(String, Role)]) -> Option<Role> {
    let values: Vec<&str> = match claim? {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    roles.iter().filter(|(value, _)| values.contains(&value.as_str())).map(|(_, role)| *role).max()
}

/// Returns true for a path on this engine that cannot lead to another site.
fn is_own_path(next: &str) -> bool {
    next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_role_of_a_claim_counts() {
        let roles = [("ops".to_owned(), Role::Admin), ("staff".to_owned(), Role::Viewer)];
        assert_eq!(role_of(Some(&json!(["staff", "ops", 3])), &roles), Some(Role::Admin));
        assert_eq!(role_of(Some(&json!("staff")), &roles), Some(Role::Viewer));
        for nobody in [json!([]), json!("Ops"), json!(null), json!({ "ops": true })] {
            assert_eq!(role_of(Some(&nobody), &roles), None, "{nobody}");
        }
        assert_eq!(role_of(None, &roles), None);
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert!(is_own_path("/") && is_own_path("/console?x=1"));
        for away in ["//evil.example", "/\\evil.example", "https://evil.example", "", "console", "/a\r\nb"] {
            assert!(!is_own_path(away), "{away}");
        }
    }
}
