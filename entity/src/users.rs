//! A user who can sign in.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Role;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = User)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    /// The e-mail address in lower case, which is unique in the workspace.
    pub email: String,
    pub name: String,
    pub role: Role,
    /// An Argon2id hash as a PHC string, or null for a user who signs in with OpenID only.
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// The OpenID provider that identifies this user, and the user's name there.
    #[schema(required)]
    pub oidc_issuer: Option<String>,
    #[schema(required)]
    pub oidc_subject: Option<String>,
    pub is_active: bool,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_login_at: Option<DateTimeUtc>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
