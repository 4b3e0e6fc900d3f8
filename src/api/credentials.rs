//! The credentials of a request, and the caller whom they identify.
//!
//! Owns: reading API keys, tokens and the session cookie from a request, and verifying them. Never
//! does: decide whether credentials are required ([`guard`](super::guard) does).

use actix_web::http::header::{self, HeaderMap};
use cookie::{Cookie, SameSite};

use super::caller::Identity;
use super::{AppState, Kind, Problem};
use crate::access::limits::Who;
use storage::{Actor, KEY_MARK};

/// The cookie that holds the token of a session in a browser.
pub(super) const SESSION_COOKIE: &str = "interviewer_session";

/// One kind of credentials. They are never logged.
pub(super) enum Credentials {
    Key(String),
    Token(String),
    Cookie(String),
}

impl Credentials {
    /// Reads the credentials of a request. A header takes precedence over the cookie.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        if let Some(key) = headers.get("x-api-key") {
            return Ok(Some(Self::Key(key.to_str().unwrap_or_default().trim().to_owned())));
        }
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let value = value.to_str().unwrap_or_default();
            let (scheme, shown) = value.split_once(' ').unwrap_or((value, ""));
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Problem::new(Kind::KeyRequired, "The scheme of the Authorization header must be Bearer."));
            }
            let shown = shown.trim().to_owned();
            return Ok(Some(if shown.starts_with(KEY_MARK) { Self::Key(shown) } else { Self::Token(shown) }));
        }
        Ok(cookie(headers, SESSION_COOKIE).map(Self::Cookie))
    }
}

/// Returns the value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| Cookie::split_parse(value.to_owned()))
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Builds a cookie that scripts cannot read. Pages of other sites send it only when a link to the
/// engine is followed.
pub(super) fn hidden(state: &AppState, name: &'static str, value: String, path: &'static str, seconds: i64) -> String {
    Cookie::build((name, value))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.settings.public_url.starts_with("https:"))
        .path(path)
        .max_age(cookie::time::Duration::seconds(seconds))
        .build()
        .to_string()
}

impl AppState {
    /// Identifies the caller by a key or a token. Returns `None` if the credentials are not valid.
    pub(super) async fn recognise(&self, shown: &Credentials) -> Result<Option<Identity>, Problem> {
        match shown {
            Credentials::Key(key) => self.recognise_key(key).await,
            Credentials::Token(token) | Credentials::Cookie(token) => self.recognise_session(token).await,
        }
    }

    async fn recognise_key(&self, text: &str) -> Result<Option<Identity>, Problem> {
        let Some(key) = self.storage.keys().recognise(text).await? else {
            self.access.recognised.forget(text);
            return Ok(None);
        };
        self.access.recognised.remember(text, Who::Key(key.id));
        let identity = Identity {
            workspace: key.workspace_id,
            role: key.role,
            actor: Actor::key(key.id),
            counted: Some(Who::Key(key.id)),
            user: None,
            session: None,
        };
        // The answer does not depend on this update, so the request does not wait for it.
        let storage = self.storage.clone();
        actix_web::rt::spawn(async move {
            if let Err(error) = storage.keys().note_use(&key).await {
                tracing::debug!(%error, "the time of last use of a key cannot be stored");
            }
        });
        Ok(Some(identity))
    }

    pub(super) async fn recognise_session(&self, token: &str) -> Result<Option<Identity>, Problem> {
        let Some(claims) = self.access.tokens.read(token) else { return Ok(None) };
        let user = self.storage.sessions().user(claims.jti).await?.filter(|user| user.id == claims.sub);
        match &user {
            Some(user) => self.access.recognised.remember(token, Who::User(user.id)),
            None => self.access.recognised.forget(token),
        }
        Ok(user.map(|user| Identity {
            workspace: user.workspace_id,
            role: user.role,
            actor: Actor::user(user.id),
            counted: Some(Who::User(user.id)),
            user: Some(user.id),
            session: Some(claims.jti),
        }))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> Option<(&'static str, String)> {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Credentials::of(&pairs.collect()).unwrap_or(Some(Credentials::Key("refused".to_owned()))).map(|shown| {
            match shown {
                Credentials::Key(key) => ("key", key),
                Credentials::Token(token) => ("token", token),
                Credentials::Cookie(cookie) => ("cookie", cookie),
            }
        })
    }

    #[test]
    fn keys_and_tokens_come_in_headers_or_in_a_cookie() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("x-api-key", " ei_1_a ")]), Some(("key", "ei_1_a".to_owned())));
        assert_eq!(of(&[("authorization", "bearer ei_1_a")]), Some(("key", "ei_1_a".to_owned())));
        assert_eq!(of(&[("authorization", "Bearer a.b.c")]), Some(("token", "a.b.c".to_owned())));
        assert_eq!(of(&[("authorization", "Basic YTpi")]), Some(("key", "refused".to_owned())));
        let both = [("cookie", "a=b; interviewer_session=x.y.z"), ("authorization", "Bearer a.b.c")];
        assert_eq!(of(&both[..1]), Some(("cookie", "x.y.z".to_owned())));
        assert_eq!(of(&both), Some(("token", "a.b.c".to_owned())));
        assert_eq!(of(&[("cookie", "interviewer_sessions=x; y")]), None);
    }
}
