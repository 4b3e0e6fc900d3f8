//! An API key: its hash, and what it permits.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Role;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, ToSchema)]
#[schema(as = ApiKey)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub name: String,
    /// The beginning of the key, by which it is found and distinguished from others.
    pub prefix: String,
    #[sea_orm(column_type = "Blob")]
    #[serde(skip)]
    pub secret_sha256: Vec<u8>,
    pub role: Role,
    pub created_by: String,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub expires_at: Option<DateTimeUtc>,
    /// When the key was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub last_used_at: Option<DateTimeUtc>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub revoked_at: Option<DateTimeUtc>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTimeUtc,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
