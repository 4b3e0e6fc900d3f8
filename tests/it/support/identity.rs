//! An OpenID provider for tests: on a port of its own, with a key of its own, and able to lie.
//!
//! Owns: discovery, keys, codes and tokens as the standard has them, PKCE and the client's secret checked. Never does: ask
//! anybody for a password.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::web::{self, Data, Form};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use parking_lot::Mutex;
use rcgen::KeyPair;
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const CLIENT: &str = "interviewer";
pub const SECRET: &str = "between-the-two-of-us";

/// What is wrong with the provider's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    Nothing,
    Nonce,
    NoNonce,
    Issuer,
    Audience,
    Expired,
    /// `alg: none`, without a signature.
    Unsigned,
    /// Signed with the client's secret.
    SharedSecret,
    /// Signed with a key that is not in the key set.
    OtherKey,
    /// Discovery names somebody else.
    Discovery,
}

pub struct Provider {
    pub issuer: String,
    /// Claims about whoever signs in next.
    pub person: Mutex<Value>,
    pub lie: Mutex<Lie>,
    key: KeyPair,
    /// What each code was given for.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
}

impl Provider {
    pub fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Arc::new(Self {
            issuer,
            person: Mutex::new(json!({})),
            lie: Mutex::new(Lie::Nothing),
            key: KeyPair::generate().unwrap(),
            codes: Mutex::default(),
        });
        let state = Data::from(Arc::clone(&provider));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .route("/.well-known/openid-configuration", web::get().to(discovery))
                .route("/keys", web::get().to(keys))
                .route("/token", web::post().to(token))
        })
        .workers(1)
        .disable_signals();
        tokio::spawn(server.listen(listener).unwrap().run());
        provider
    }

    /// What the provider's page does once somebody has signed in there: the way back, with a code.
    pub fn agree(&self, authorize: &str) -> Url {
        let url = Url::parse(authorize).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert!(authorize.starts_with(&format!("{}/authorize?", self.issuer)), "{authorize}");
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{}", asked["scope"]);
        let code = uuid::Uuid::now_v7().to_string();
        let mut back = Url::parse(&asked["redirect_uri"]).unwrap();
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked["state"]);
        self.codes.lock().insert(code, asked);
        back
    }

    fn id_token(&self, nonce: &str) -> String {
        let lie = *self.lie.lock();
        let now = chrono::Utc::now().timestamp();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
        });
        for (name, value) in self.person.lock().as_object().unwrap() {
            claims[name] = value.clone();
        }
        match lie {
            Lie::Nonce => claims["nonce"] = json!("of another sign-in"),
            Lie::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            Lie::Issuer => claims["iss"] = json!("https://login.evil.example"),
            Lie::Audience => claims["aud"] = json!("another-client"),
            Lie::Expired => claims["exp"] = json!(now - 3_600),
            _ => {}
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("one".to_owned());
        let signed = |header: &Header, key: &EncodingKey| encode(header, &claims, key).unwrap();
        match lie {
            Lie::Unsigned => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims))
            }
            Lie::SharedSecret => signed(&Header::new(Algorithm::HS256), &EncodingKey::from_secret(SECRET.as_bytes())),
            Lie::OtherKey => {
                let other = KeyPair::generate().unwrap();
                signed(&header, &EncodingKey::from_ec_der(&other.serialize_der()))
            }
            _ => signed(&header, &EncodingKey::from_ec_der(&self.key.serialize_der())),
        }
    }
}

async fn discovery(provider: Data<Provider>) -> HttpResponse {
    let issuer = &provider.issuer;
    let named = if *provider.lie.lock() == Lie::Discovery { "https://login.evil.example" } else { issuer };
    HttpResponse::Ok().json(json!({
        "issuer": named,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(provider: Data<Provider>) -> HttpResponse {
    // 4, then both coordinates.
    let point = provider.key.public_key_raw();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    HttpResponse::Ok().json(json!({
        "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", "x": x, "y": y }],
    }))
}

async fn token(provider: Data<Provider>, request: HttpRequest, form: Form<HashMap<String, String>>) -> HttpResponse {
    let refuse =
        |why: &str| HttpResponse::BadRequest().json(json!({ "error": "invalid_grant", "error_description": why }));
    let Some(asked) = form.get("code").and_then(|code| provider.codes.lock().remove(code)) else {
        return refuse("no such code");
    };
    let basic = request.headers().get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let shown = basic.and_then(|basic| String::from_utf8(STANDARD.decode(basic).ok()?).ok()).unwrap_or_default();
    if shown != format!("{CLIENT}:{SECRET}") {
        return refuse("another client");
    }
    let verifier = form.get("code_verifier").map(String::as_str).unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) != asked["code_challenge"] {
        return refuse("PKCE");
    }
    if form.get("redirect_uri") != asked.get("redirect_uri") {
        return refuse("redirect_uri");
    }
    HttpResponse::Ok().json(json!({
        "access_token": "nothing is done with it", "token_type": "Bearer", "expires_in": 300,
        "id_token": provider.id_token(&asked["nonce"]),
    }))
}
