//! Session tokens that are not what they should be, over a real server: at this machine and bound to every address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use entity::{Role, users};
use interviewer::access::tokens::{AUDIENCE, ISSUER};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use storage::{Actor, NewUser, Secret};
use uuid::Uuid;

use crate::api::{App, Setup};

async fn user(app: &App) -> users::Model {
    let new = NewUser {
        email: "dana@example.org".to_owned(),
        name: "Dana".to_owned(),
        role: Role::Admin,
        password_hash: None,
        oidc: None,
    };
    app.storage.users().create(new, Actor::ENGINE).await.unwrap()
}

#[actix_web::test]
async fn only_our_own_unchanged_timely_tokens_of_sessions_that_are_on_pass() {
    for bind in ["127.0.0.1", "0.0.0.0"] {
        let app = App::start_as(Setup { bind, ..Setup::default() }).await;
        let user = user(&app).await;
        let session = app.storage.sessions().begin(&user, Utc::now() + TimeDelta::hours(1), "test").await.unwrap();
        let over = app.storage.sessions().begin(&user, Utc::now() - TimeDelta::seconds(1), "test").await.unwrap();
        let now = Utc::now().timestamp();
        let good = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": user.id, "jti": session, "iat": now, "nbf": now, "exp": now + 600,
        });
        let but = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            claims
        };
        let key = app.storage.secret().key("session");
        let signed = |algorithm: Algorithm, claims: &Value, key: &[u8]| {
            encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).unwrap()
        };
        let ours = |claims: &Value| signed(Algorithm::HS256, claims, key.bytes());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = ours(&good);
        let (head, signature) = (token.split('.').next().unwrap(), token.rsplit('.').next().unwrap());
        let forged = Secret::random().unwrap().key("session");
        let cases = [
            ("expired", ours(&but("exp", json!(now - 60)))),
            ("not yet good", ours(&but("nbf", json!(now + 60)))),
            ("wrong audience", ours(&but("aud", json!("another-api")))),
            ("wrong issuer", ours(&but("iss", json!("https://login.evil.example")))),
            ("forged", signed(Algorithm::HS256, &good, forged.bytes())),
            (
                "signed with another key of ours",
                signed(Algorithm::HS256, &good, app.storage.secret().key("join").bytes()),
            ),
            ("another algorithm", signed(Algorithm::HS384, &good, key.bytes())),
            ("alg=none", format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&good))),
            ("alg=none with a signature", format!("{}.{}.{signature}", part(&json!({ "alg": "none" })), part(&good))),
            ("changed", format!("{head}.{}.{signature}", part(&but("sub", json!(Uuid::now_v7()))))),
            ("of no session", ours(&but("jti", json!(Uuid::now_v7())))),
            ("of a session that is over", ours(&but("jti", json!(over)))),
            ("of another user's session", ours(&but("sub", json!(Uuid::now_v7())))),
            ("no token at all", "x.y.z".to_owned()),
        ];
        let asked =
            async |token: &str| app.get("/api/interviews/").bearer_auth(token).send().await.unwrap().status().as_u16();
        assert_eq!(asked(&token).await, 200, "the good one, on {bind}");
        for (what, token) in cases {
            assert_eq!(asked(&token).await, 401, "{what}, on {bind}");
            // In a cookie it is no better: at this machine it says nothing, elsewhere it opens nothing.
            let cookie = app.get("/api/auth/me").header("Cookie", format!("interviewer_session={token}"));
            let answer = cookie.send().await.unwrap();
            if bind == "127.0.0.1" {
                assert_eq!(answer.json::<Value>().await.unwrap()["actor"], "local", "{what}");
            } else {
                assert_eq!(answer.status(), 401, "{what}, on {bind}");
            }
        }
        app.storage.sessions().end(session, user.id).await.unwrap();
        assert_eq!(asked(&token).await, 401, "signed out, on {bind}");
        app.stop().await;
    }
}
