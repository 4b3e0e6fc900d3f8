//! `/api/auth/oidc/`: signing in with the operator's OpenID provider, in a browser.
//!
//! Owns: the redirects over HTTP, and the choice of the account. Never does: verify the provider's
//! token ([`access::oidc`](crate::access::oidc) does).

use std::net::IpAddr;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use entity::users;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::credentials::{cookie, hidden};
use super::query::Parameters;
use super::routes::resource;
use super::{AppState, Kind, Problem, auth, limits};
use crate::access::limits::Who;
use crate::access::oidc::{FLOW_SECONDS, Person};
use crate::access::{Oidc, oidc::OidcError};
use storage::{Actor, NewUser, UserChanges};

const FLOW_COOKIE: &str = "interviewer_sign_in";
const HERE: &str = "/api/auth/oidc";

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(begin)).service(resource!(finish));
}

/// The page to show after signing in.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Begin {
    /// The path on this engine to redirect to after signing in; `/` if missing.
    next: Option<String>,
}

/// The parameters that the provider adds to the callback.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Finish {
    code: Option<String>,
    state: Option<String>,
    /// The error that the provider reports instead of a code.
    error: Option<String>,
}

fn provider(state: &AppState) -> Result<&Oidc, Problem> {
    state.access.oidc.as_ref().ok_or_else(|| Problem::not_found("No OpenID provider is configured (OIDC_ISSUER)."))
}

fn refusal(error: &OidcError) -> Problem {
    let kind = match error {
        OidcError::Flow | OidcError::Refused(_) | OidcError::Token(_) => Kind::OidcSignInFailed,
        OidcError::NotAllowed(_) => Kind::OidcAccountNotAllowed,
        OidcError::Provider(_) => Kind::OidcProviderUnavailable,
    };
    tracing::warn!(%error, "signing in with the OpenID provider failed");
    // The details are logged only, so that a forger learns nothing from the answer.
    let detail = match error {
        OidcError::Token(_) => "The provider's token is not valid.".to_owned(),
        OidcError::Provider(_) => "The provider cannot be used at present.".to_owned(),
        OidcError::Refused(_) => "The provider refused the sign-in.".to_owned(),
        OidcError::Flow | OidcError::NotAllowed(_) => super::error::sentence(error),
    };
    Problem::new(kind, detail)
}

/// Counts an attempt, both on the way to the provider and on the way back. The limit is the same as
/// for passwords.
fn count(state: &AppState, request: &HttpRequest, who: fn(IpAddr) -> Who) -> Result<(), Problem> {
    let status = limits::client_address(request).and_then(|address| state.access.limits.login(&who(address)));
    match status.and_then(|status| status.retry_after_s) {
        Some(seconds) => Err(limits::too_many(seconds)),
        None => Ok(()),
    }
}

/// Sign in with the OpenID provider
///
/// This is for browsers. It redirects to the provider, which redirects back.
#[utoipa::path(
    get,
    path = "/api/auth/oidc/login",
    params(Begin),
    responses(
        (status = 302, description = "A redirect to the provider.",
            headers(("Location" = String), ("Set-Cookie" = String))),
        (status = 404, body = Problem, description = "No provider is configured."),
        (status = 502, body = Problem, description = "The provider cannot be used at present."),
    )
)]
async fn begin(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let provider = provider(&state)?;
    let mut query = Parameters::of(&request);
    let next = query.read::<Begin>().next.unwrap_or_else(|| "/".to_owned());
    query.finish()?;
    count(&state, &request, Who::at)?;
    let (url, flow) = provider.begin(&next).await.map_err(|error| refusal(&error))?;
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::SET_COOKIE, hidden(&state, FLOW_COOKIE, flow, HERE, FLOW_SECONDS)))
        .finish())
}

/// Return from the OpenID provider
///
/// The provider redirects browsers here. The session is kept in a cookie that scripts cannot read.
#[utoipa::path(
    get,
    path = "/api/auth/oidc/callback",
    params(Finish),
    responses(
        (status = 302, description = "The user is signed in.", headers(("Location" = String), ("Set-Cookie" = String))),
        (status = 401, body = Problem,
            description = "The sign-in was not started here or was refused, or the provider's token is not valid."),
        (status = 404, body = Problem, description = "No provider is configured."),
        (status = 502, body = Problem, description = "The provider cannot be used at present."),
        (status = 503, body = Problem, description = "The database cannot be used at present."),
    )
)]
async fn finish(state: Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let provider = provider(&state)?;
    let mut query = Parameters::of(&request);
    let Finish { code, state: given, error } = query.read();
    query.finish()?;
    count(&state, &request, Who::returning)?;
    let flow = cookie(request.headers(), FLOW_COOKIE).ok_or_else(|| refusal(&OidcError::Flow))?;
    if let Some(error) = error {
        return Err(refusal(&OidcError::Refused(error)));
    }
    let (given, code) = (given.unwrap_or_default(), code.unwrap_or_default());
    let (person, next) = provider.finish(&flow, &given, code).await.map_err(|error| refusal(&error))?;
    let user = account(&state, provider, person).await?;
    let session = auth::begin(&state, user, "oidc").await?;
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, next))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .append_header((header::SET_COOKIE, hidden(&state, FLOW_COOKIE, String::new(), HERE, 0)))
        .append_header((header::SET_COOKIE, auth::session_cookie(&state, &session)))
        .finish())
}

/// Returns the person's account. It is the account that the provider vouched for before, or else
/// one with the same email address if the provider has verified it, or else a new one. The role
/// that the provider reports is applied at each sign-in.
async fn account(state: &AppState, provider: &Oidc, person: Person) -> Result<users::Model, Problem> {
    let known = state.storage.users().by_identity(&person.issuer, &person.subject).await?;
    let workspace = match &known {
        Some(user) => user.workspace_id,
        None => {
            state
                .storage
                .workspaces()
                .find(&provider.settings.workspace)
                .await
                .map_err(|error| {
                    tracing::error!(%error, "OIDC_WORKSPACE cannot be used");
                    Problem::internal()
                })?
                .id
        }
    };
    let storage = state.storage.of(workspace);
    let actor = Actor::named("oidc");
    let Person { issuer, subject, email, email_verified, name, role } = person;
    let user = match known {
        Some(user) => user,
        None => match storage.users().by_email(&email).await? {
            Some(user) if email_verified && user.oidc_subject.is_none() => {
                storage.users().link(user.id, &issuer, &subject, &actor).await?
            }
            Some(_) => return Err(refusal(&OidcError::NotAllowed("another account has this email address"))),
            None => {
                let name = name.unwrap_or_else(|| email.clone());
                let oidc = Some((issuer, subject));
                return Ok(storage
                    .users()
                    .create(NewUser { email, name, role, password_hash: None, oidc }, &actor)
                    .await?);
            }
        },
    };
    if !user.is_active {
        return Err(refusal(&OidcError::NotAllowed("this account is locked")));
    }
    if user.role == role {
        return Ok(user);
    }
    Ok(storage.users().update(user.id, UserChanges { role: Some(role), ..UserChanges::default() }, &actor).await?)
}
