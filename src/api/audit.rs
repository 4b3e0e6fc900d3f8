//! `/api/audit/`: the audit trail, for admins. It records who changed what.

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::query::{Page, Paging, Parameters};
use super::routes::resource;
use super::{Admin, Problem};
use storage::{AuditFilter, Entry};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource!(list));
}

/// The filter on the audit trail.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The type of the changed object, such as `call_guide`, `interview_admin`, `api_key` or
    /// `user`.
    entity_type: Option<String>,
    entity_id: Option<Uuid>,
    /// Who made the change, such as `local`, `key:ID` or `user:ID`.
    actor: Option<String>,
}

/// List changes
///
/// The newest change comes first. The trail does not contain what is said in calls. Personal data
/// about a respondent in an entry remains encrypted.
#[utoipa::path(get, path = "/api/audit/", params(Wanted, Paging), responses((status = 200, body = Page<Entry>)))]
async fn list(caller: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = Parameters::of(&request);
    let (limit, after) = query.paging();
    let Wanted { entity_type, entity_id, actor } = query.read();
    let filter = AuditFilter { entity_type, entity_id, actor, after, limit: limit + 1 };
    query.finish()?;
    let rows = caller.storage.audit().list(filter).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id)))
}
