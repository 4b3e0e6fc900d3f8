//! `/api/auth/`: signing in and out with a password, and information about the caller.
//!
//! Owns: sessions as HTTP presents them. Never does: authorize a request ([`guard`](super::guard)
//! does).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use actix_web::http::header;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use entity::{Role, users};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::credentials::{SESSION_COOKIE, hidden};
use super::described::Described;
use super::routes::resource;
use super::{AppState, Kind, Problem, Viewer, body, limits};
use crate::access::limits::Who;
use crate::access::passwords;
use crate::access::sign_in::Account;
use storage::{StorageError, UserChanges};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(methods))
        .service(resource!(login))
        .service(resource!(logout))
        .service(resource!(me))
        .service(resource!(change_password));
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    #[schema(pattern = r"\S", max_length = 254)]
    email: String,
    #[schema(pattern = r"\S", max_length = 256)]
    password: String,
    /// The name or the id of a workspace; `default` if missing.
    #[schema(pattern = r"\S", max_length = 100)]
    workspace: Option<String>,
    /// If true, the session is also kept in a cookie. This is for browsers.
    cookie: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    #[schema(pattern = r"\S", max_length = 256)]
    current_password: String,
    #[schema(min_length = 12, max_length = 256)]
    new_password: String,
}

/// A session that has been started.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    /// The token, to be sent as `Authorization: Bearer …`.
    pub token: String,
    token_type: &'static str,
    pub expires_at: DateTime<Utc>,
    user: users::Model,
}

/// The authenticated caller.
#[derive(Serialize, ToSchema)]
struct Me {
    /// `local`, `key:ID` or `user:ID`. Changes are recorded under this name.
    actor: String,
    role: Role,
    workspace_id: Uuid,
    /// The user, if the caller has signed in as one.
    #[schema(required)]
    user: Option<users::Model>,
}

/// The ways in which people may sign in to this engine.
#[derive(Serialize, ToSchema)]
struct SignInMethods {
    /// With an e-mail address and a password, at `/api/auth/login`.
    password: bool,
    /// With the operator's OpenID provider, at `/api/auth/oidc/login`.
    oidc: bool,
}

/// Checks that a text can be used as a password.
// A rule of a body takes the member by value.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn fit(password: String) -> Result<(), String> {
    passwords::check(&password).map_err(|error| super::error::sentence(&error))
}

/// Hashes the password on a thread that may block.
pub(super) async fn hashed(state: &AppState, password: String) -> Result<String, Problem> {
    let failed = |reason: String| {
        tracing::error!(reason, "a password cannot be hashed");
        Problem::internal()
    };
    let _turn = state.access.hashing.acquire().await.map_err(|error| failed(error.to_string()))?;
    let hash = web::block(move || passwords::hash(&password)).await.map_err(|error| failed(error.to_string()))?;
    hash.map_err(|error| failed(error.to_string()))
}

async fn verified(state: &AppState, password: String, hash: Option<String>) -> bool {
    let Ok(_turn) = state.access.hashing.acquire().await else { return false };
    web::block(move || passwords::verify(&password, hash.as_deref())).await.unwrap_or(false)
}

/// An attempt to sign in. It is counted before anything is looked up or hashed.
struct Attempt<'a> {
    state: &'a AppState,
    account: Account,
    from: IpAddr,
    settled: bool,
}

impl<'a> Attempt<'a> {
    fn begin(state: &'a AppState, request: &HttpRequest, account: Account) -> Result<Self, Problem> {
        let from = limits::client_address(request).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let too_many = |seconds| {
            tracing::warn!(retry_after_s = seconds, "too many attempts to sign in");
            limits::too_many(seconds)
        };
        let status = state.access.limits.login(&Who::at(from));
        if let Some(seconds) = status.and_then(|status| status.retry_after_s) {
            return Err(too_many(seconds));
        }
        state.access.sign_ins.begin(account, from, Instant::now()).map_err(too_many)?;
        Ok(Self { state, account, from, settled: false })
    }

    /// Records whether the password was right.
    fn settle(mut self, right: bool) {
        self.settled = true;
        if right {
            self.state.access.sign_ins.succeeded(self.account, self.from, Instant::now());
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        // The attempt failed for another reason, such as an unavailable database, so it does not
        // count towards a pause.
        if !self.settled {
            self.state.access.sign_ins.undecided(self.account, self.from);
        }
    }
}

/// Starts a session for an authenticated user.
pub(super) async fn begin(state: &AppState, user: users::Model, how: &str) -> Result<Session, Problem> {
    let expires_at = state.access.tokens.end();
    let session = state.storage.sessions().begin(&user, expires_at, how).await?;
    let token = state.access.tokens.issue(user.id, session, expires_at).map_err(|error| {
        tracing::error!(%error, "a session token cannot be signed");
        Problem::internal()
    })?;
    Ok(Session { token, token_type: "Bearer", expires_at, user })
}

/// Returns the session cookie, which expires with the session.
pub(super) fn session_cookie(state: &AppState, session: &Session) -> String {
    let seconds = (session.expires_at - Utc::now()).num_seconds();
    hidden(state, SESSION_COOKIE, session.token.clone(), "/", seconds)
}

/// How to sign in
///
/// Tells pages what to offer: always a password, and the OpenID provider if one is configured.
#[utoipa::path(get, path = "/api/auth/methods", responses((status = 200, body = SignInMethods)))]
// Handlers are async even if they never wait.
#[allow(clippy::unused_async)]
async fn methods(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(SignInMethods { password: true, oidc: state.access.oidc.is_some() })
}

/// Sign in
///
/// Signs in with a password. The token is valid until `expires_at`, until the user signs out, or
/// until the password is changed. After five wrong passwords for one account from one address, the
/// waiting time doubles with each further attempt.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    request_body = Login,
    responses(
        (status = 200, body = Session,
            headers(("Set-Cookie" = String, description = "The session cookie, if `cookie` is true."))),
        (status = 401, body = Problem, description = "The user is unknown or the password is wrong."),
        (status = 429, body = Problem,
            description = "There were too many attempts from this address, or from this address for this account.",
            headers(("Retry-After" = u64))),
        (status = 422, body = Problem, description = "The body has faults."),
        (status = 503, body = Problem, description = "The database cannot be used at present."),
    )
)]
async fn login(state: Data<AppState>, request: HttpRequest, bytes: Bytes) -> Result<HttpResponse, Problem> {
    let body = Described::<Login>::of(body::parse(&request, &bytes, false)?);
    let Login { email, password, workspace, cookie } = body.finish()?;
    let cookie = cookie.unwrap_or(false);
    let attempt = Attempt::begin(&state, &request, Account::named(workspace.as_deref(), &email))?;
    let workspace = match workspace {
        None => Some(migration::DEFAULT_WORKSPACE),
        Some(name) => match state.storage.workspaces().find(&name).await {
            Ok(found) => Some(found.id),
            // The answer must not reveal whether the workspace exists.
            Err(StorageError::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    let user = match workspace {
        Some(workspace) => state.storage.of(workspace).users().by_email(&email).await?,
        None => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = verified(&state, password, hash).await;
    let user = user.filter(|user| right && user.is_active);
    attempt.settle(user.is_some());
    let user = user.ok_or_else(|| Problem::new(Kind::SignInFailed, "The user is unknown or the password is wrong."))?;
    let session = begin(&state, user, "password").await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if cookie {
        response.insert_header((header::SET_COOKIE, session_cookie(&state, &session)));
    }
    Ok(response.json(session))
}

/// Sign out
///
/// The token of the session becomes invalid. The request has no effect for API keys.
#[utoipa::path(post, path = "/api/auth/logout", responses((status = 204, description = "The session has ended.")))]
async fn logout(state: Data<AppState>, caller: Viewer) -> Result<HttpResponse, Problem> {
    if let (Some(session), Some(user)) = (caller.session, caller.user) {
        caller.storage.sessions().end(session, user).await?;
    }
    let gone = hidden(&state, SESSION_COOKIE, String::new(), "/", 0);
    Ok(HttpResponse::NoContent().insert_header((header::SET_COOKIE, gone)).finish())
}

/// Get the caller
#[utoipa::path(get, path = "/api/auth/me", responses((status = 200, body = Me)))]
async fn me(caller: Viewer) -> Result<HttpResponse, Problem> {
    let user = match caller.user {
        Some(id) => Some(caller.storage.users().get(id).await?),
        None => None,
    };
    Ok(HttpResponse::Ok().json(Me {
        actor: caller.actor.to_string(),
        role: caller.role,
        workspace_id: caller.workspace,
        user,
    }))
}

/// Change your own password
///
/// Ends all sessions of the user, including the one that sends this request.
#[utoipa::path(
    post,
    path = "/api/auth/password",
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The password was changed. Sign in again with the new one."),
        (status = 409, body = Problem, description = "The caller is an API key, which has no password."),
        (status = 422, body = Problem, description = "The body has faults, or the current password is wrong."),
    )
)]
async fn change_password(
    state: Data<AppState>,
    caller: Viewer,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut body = Described::<ChangePassword>::of(body::parse(&request, &bytes, false)?);
    body.check("new_password", fit);
    let ChangePassword { current_password, new_password } = body.finish()?;
    let Some(id) = caller.user else {
        return Err(Problem::conflict("Only users have passwords. Sign in first."));
    };
    let attempt = Attempt::begin(&state, &request, Account::user(id))?;
    let user = caller.storage.users().get(id).await?;
    let right = verified(&state, current_password, user.password_hash).await;
    attempt.settle(right);
    if !right {
        let fault = super::Fault::new("/current_password", "This is not the current password.");
        return Err(Problem::invalid_body(vec![fault]));
    }
    let changes = UserChanges { password_hash: Some(hashed(&state, new_password).await?), ..UserChanges::default() };
    caller.storage.users().update(id, changes, &caller.actor).await?;
    Ok(HttpResponse::NoContent().finish())
}
