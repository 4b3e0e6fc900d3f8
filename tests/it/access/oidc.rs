//! Signing in with an OpenID provider that the test starts: the way there and back, and everything that must fail.

use std::sync::Arc;

use entity::Role;
use interviewer::access::{AccessSettings, OidcSettings, Quotas};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};
use storage::{Actor, NewUser};

use crate::api::{App, Setup, problem};
use crate::support::identity::{CLIENT, Lie, Provider, SECRET};

struct Stage {
    app: App,
    provider: Arc<Provider>,
    browser: Client,
}

fn settings(provider: &Provider) -> OidcSettings {
    OidcSettings {
        issuer: provider.issuer.clone(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.to_owned()),
        scopes: vec!["email".to_owned()],
        role_claim: "groups".to_owned(),
        roles: vec![("leads".to_owned(), Role::Admin), ("staff".to_owned(), Role::Researcher)],
        default_role: None,
        allowed_domains: vec!["example.org".to_owned()],
        workspace: "default".to_owned(),
        redirect_url: String::new(),
    }
}

fn person() -> Value {
    json!({
        "sub": "dana-1", "email": "dana@example.org", "email_verified": true, "name": "Dana", "groups": ["staff", "x"],
    })
}

/// Whatever a browser would keep of an answer's cookies.
fn cookies(answer: &Response) -> String {
    let all = answer.headers().get_all("set-cookie").iter();
    let kept = all.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
    kept.filter(|cookie| !cookie.ends_with('=')).collect::<Vec<_>>().join("; ")
}

impl Stage {
    async fn start() -> Self {
        let provider = Provider::start();
        *provider.person.lock() = person();
        // This test signs in more often in a minute than anybody does.
        let quotas = Quotas { logins: 0, ..Quotas::default() };
        let access = AccessSettings { quotas, ..AccessSettings::default() };
        let setup = Setup { bind: "0.0.0.0", access, oidc: Some(settings(&provider)), ..Setup::default() };
        let browser = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { app: App::start_as(setup).await, provider, browser }
    }

    async fn get(&self, url: &str, cookies: &str) -> Response {
        self.browser.get(url).header("cookie", cookies).send().await.unwrap()
    }

    /// To the provider, signed in there, and on the way back: the address, and what the browser remembers.
    async fn there(&self, next: &str) -> (Url, String) {
        let begun = self.get(&format!("{}/api/auth/oidc/login?next={next}", self.app.base), "").await;
        assert_eq!(begun.status(), 302);
        let cookie = begun.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let back = self.provider.agree(begun.headers()["location"].to_str().unwrap());
        (back, cookies(&begun))
    }

    async fn sign_in(&self) -> Response {
        let (back, kept) = self.there("/").await;
        self.get(back.as_str(), &kept).await
    }
}

#[actix_web::test]
async fn somebody_signs_in_and_the_session_opens_what_the_role_allows() {
    let stage = Stage::start().await;
    let (back, kept) = stage.there("/console").await;
    let signed_in = stage.get(back.as_str(), &kept).await;
    assert_eq!(signed_in.status(), 302, "{:?}", signed_in.text().await);
    assert_eq!(signed_in.headers()["location"], "/console");
    let session = cookies(&signed_in);
    let me: Value = stage.get(&format!("{}/api/auth/me", stage.app.base), &session).await.json().await.unwrap();
    assert_eq!((&me["role"], &me["user"]["email"]), (&json!("researcher"), &json!("dana@example.org")));
    assert!(me["user"].get("password_hash").is_none());

    // Changes need our own Origin beside the cookie.
    let url = format!("{}/api/call-guides/validate", stage.app.base);
    let post = |origin: Option<&str>| {
        let mut request = stage.browser.post(&url).header("cookie", &session).json(&json!({}));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        request.send()
    };
    problem(post(None).await.unwrap(), 403).await;
    problem(post(Some("https://evil.example")).await.unwrap(), 403).await;
    assert_eq!(post(Some(&stage.app.base)).await.unwrap().status(), 200);

    // The same person, with another role by now, is the same user.
    stage.provider.person.lock()["groups"] = json!("leads");
    let session = cookies(&stage.sign_in().await);
    let again: Value = stage.get(&format!("{}/api/auth/me", stage.app.base), &session).await.json().await.unwrap();
    assert_eq!((&again["role"], &again["user"]["id"]), (&json!("admin"), &me["user"]["id"]));
    stage.app.stop().await;
}

#[actix_web::test]
async fn a_word_of_the_provider_that_is_not_valid_opens_nothing() {
    let stage = Stage::start().await;
    for lie in [
        Lie::Nonce,
        Lie::NoNonce,
        Lie::Issuer,
        Lie::Audience,
        Lie::Expired,
        Lie::Unsigned,
        Lie::SharedSecret,
        Lie::OtherKey,
    ] {
        *stage.provider.lie.lock() = lie;
        let refused = stage.sign_in().await;
        assert!(refused.headers().get("set-cookie").is_none(), "{lie:?}");
        assert_eq!(refused.status(), 401, "{lie:?}");
        problem(refused, 401).await;
    }
    *stage.provider.lie.lock() = Lie::Nothing;
    assert_eq!(stage.sign_in().await.status(), 302, "the truth does");
    stage.app.stop().await;

    let fresh = Stage::start().await;
    *fresh.provider.lie.lock() = Lie::Discovery;
    problem(fresh.get(&format!("{}/api/auth/oidc/login", fresh.app.base), "").await, 502).await;
    fresh.app.stop().await;
}

#[actix_web::test]
async fn what_another_browser_began_is_not_finished_here() {
    let stage = Stage::start().await;
    let (back, kept) = stage.there("/").await;
    // Without what this browser was sent away with, with another's, changed, or with another state.
    problem(stage.get(back.as_str(), "").await, 401).await;
    let (other, others) = stage.there("/").await;
    problem(stage.get(back.as_str(), &others).await, 401).await;
    problem(stage.get(back.as_str(), &format!("{kept}A")).await, 401).await;
    let mut foreign = back.clone();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    foreign.query_pairs_mut().clear().append_pair("code", &code).append_pair("state", "guessed");
    problem(stage.get(foreign.as_str(), &kept).await, 401).await;
    // Another's code with one's own state: PKCE binds the code to the browser that asked for it.
    let others_code = other.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let own_state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut mixed = back.clone();
    mixed.query_pairs_mut().clear().append_pair("code", &others_code).append_pair("state", &own_state);
    problem(stage.get(mixed.as_str(), &kept).await, 401).await;
    // A code is good once.
    assert_eq!(stage.get(back.as_str(), &kept).await.status(), 302);
    problem(stage.get(back.as_str(), &kept).await, 401).await;
    problem(stage.get(&format!("{}/api/auth/oidc/callback?error=access_denied", stage.app.base), &kept).await, 401)
        .await;
    stage.app.stop().await;
}

#[actix_web::test]
async fn only_those_the_operator_wants_come_in() {
    let stage = Stage::start().await;
    let signs_in = async |change: &dyn Fn(&mut Value)| {
        let mut somebody = person();
        change(&mut somebody);
        *stage.provider.person.lock() = somebody;
        stage.sign_in().await.status().as_u16()
    };
    assert_eq!(signs_in(&|p| p["groups"] = json!(["others"])).await, 403, "no role");
    assert_eq!(signs_in(&|p| p["email"] = json!("dana@evil.example")).await, 403, "another domain");
    assert_eq!(signs_in(&|p| p["email_verified"] = json!(false)).await, 403, "an address that anybody can claim");
    // An account that is there already is the person's, since the address is verified; and it stays locked.
    let new = NewUser {
        email: "Kim@Example.org".to_owned(),
        name: "Kim".to_owned(),
        role: Role::Viewer,
        password_hash: None,
        oidc: None,
    };
    let kim = stage.app.storage.users().create(new, Actor::ENGINE).await.unwrap();
    let as_kim = |p: &mut Value| {
        p["sub"] = json!("kim-1");
        p["email"] = json!("kim@example.org");
    };
    assert_eq!(signs_in(&as_kim).await, 302);
    let kim = stage.app.storage.users().get(kim.id).await.unwrap();
    assert_eq!((kim.role, kim.oidc_subject.as_deref()), (Role::Researcher, Some("kim-1")));
    // Somebody else with that address is not Kim.
    assert_eq!(
        signs_in(&|p| {
            p["sub"] = json!("kim-2");
            p["email"] = json!("kim@example.org");
        })
        .await,
        403
    );
    let locked = storage::UserChanges { is_active: Some(false), ..Default::default() };
    stage.app.storage.users().update(kim.id, locked, Actor::ENGINE).await.unwrap();
    assert_eq!(signs_in(&as_kim).await, 403, "locked out");
    stage.app.stop().await;
}

#[actix_web::test]
async fn without_a_provider_there_is_no_such_way() {
    let app = App::start().await;
    problem(app.get("/api/auth/oidc/login").send().await.unwrap(), 404).await;
    problem(app.get("/api/auth/oidc/callback").send().await.unwrap(), 404).await;
    app.stop().await;
}
