//! `/api/users/`: the users who may sign in, for admins.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use entity::{Role, users};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::described::Described;
use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Admin, AppState, Problem, auth, body};
use storage::{NewUser, UserChanges};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list, create)).service(resource!(get, update, delete));
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CreateUser)]
#[serde(deny_unknown_fields)]
struct Create {
    #[schema(pattern = r"^\s*[^\s@]+@[^\s@]+\s*$", max_length = 254)]
    email: String,
    /// The email address if missing.
    #[schema(pattern = r"\S", max_length = 254)]
    name: Option<String>,
    role: Role,
    /// Missing for a user who signs in with the OpenID provider only.
    #[schema(min_length = 12, max_length = 256)]
    password: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ChangeUser)]
#[serde(deny_unknown_fields)]
struct Change {
    #[schema(pattern = r"\S", max_length = 254)]
    name: Option<String>,
    role: Option<Role>,
    /// False locks the user out.
    is_active: Option<bool>,
    /// A new password ends the user's sessions.
    #[schema(min_length = 12, max_length = 256)]
    password: Option<String>,
}

/// Reads a new user and the password, which is hashed by the caller.
fn read(body: Value) -> Result<(NewUser, Option<String>), Problem> {
    let mut body = Described::<Create>::of(body);
    body.check("password", auth::fit);
    let Create { email, name, role, password } = body.finish()?;
    let name = name.unwrap_or_else(|| email.trim().to_owned());
    Ok((NewUser { email, name, role, password_hash: None, oidc: None }, password))
}

fn read_changes(body: Value) -> Result<(UserChanges, Option<String>), Problem> {
    let mut body = Described::<Change>::of(body);
    body.check("password", auth::fit);
    let Change { name, role, is_active, password } = body.finish()?;
    Ok((UserChanges { name, role, is_active, password_hash: None }, password))
}

/// Create a user
#[utoipa::path(
    post,
    path = "/api/users/",
    request_body = Create,
    responses(
        (status = 201, body = users::Model, headers(("Location" = String, description = "The user's path"))),
        (status = 409, body = Problem, description = "Another user has this email address."),
        (status = 422, body = Problem, description = "The body has faults."),
    )
)]
async fn create(
    state: Data<AppState>,
    caller: Admin,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let (mut new, password) = read(body::parse(&request, &bytes, false)?)?;
    if let Some(password) = password {
        new.password_hash = Some(auth::hashed(&state, password).await?);
    }
    let row = caller.storage.users().create(new, &caller.actor).await?;
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/users/{}", row.id))).json(row))
}

/// List users
///
/// The newest user comes first.
#[utoipa::path(get, path = "/api/users/", params(Paging), responses((status = 200, body = Page<users::Model>)))]
async fn list(caller: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, cursor) = query.paging();
    query.finish()?;
    let rows = caller.storage.users().list(cursor, limit + 1).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}

/// Read a user
#[utoipa::path(
    get,
    path = "/api/users/{id}",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = users::Model))
)]
async fn get(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(caller.storage.users().get(*id).await?))
}

/// Change a user
///
/// Members that are missing are not changed. A new password or a lockout ends the user's sessions.
/// A new role applies at once.
#[utoipa::path(
    patch,
    path = "/api/users/{id}",
    params(("id" = Uuid, Path)),
    request_body = Change,
    responses(
        (status = 200, body = users::Model),
        (status = 409, body = Problem, description = "Admins cannot lock themselves out."),
        (status = 422, body = Problem, description = "The body has faults."),
    )
)]
async fn update(
    state: Data<AppState>,
    caller: Admin,
    id: Path<Uuid>,
    request: HttpRequest,
    bytes: Bytes,
) -> Result<HttpResponse, Problem> {
    let (mut changes, password) = read_changes(body::parse(&request, &bytes, false)?)?;
    caller.storage.users().get(*id).await?;
    let lowers = changes.role.is_some_and(|role| role < Role::Admin) || changes.is_active == Some(false);
    if lowers && caller.user == Some(*id) {
        return Err(itself());
    }
    if let Some(password) = password {
        changes.password_hash = Some(auth::hashed(&state, password).await?);
    }
    Ok(HttpResponse::Ok().json(caller.storage.users().update(*id, changes, &caller.actor).await?))
}

/// Delete a user
///
/// The user's sessions are deleted as well. The user's actions remain in the audit trail.
#[utoipa::path(
    delete,
    path = "/api/users/{id}",
    params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "The user was deleted."),
        (status = 409, body = Problem, description = "Admins cannot delete themselves."),
    )
)]
async fn delete(caller: Admin, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    if caller.user == Some(*id) {
        return Err(itself());
    }
    caller.storage.users().delete(*id, &caller.actor).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Returns the problem of admins who would lock themselves out. It ensures that an admin remains.
fn itself() -> Problem {
    Problem::conflict("Admins cannot lock themselves out. Another admin has to do it.")
}
