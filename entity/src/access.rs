//! The roles that decide what somebody may do.

use std::str::FromStr;

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role. Each role includes the roles before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May read.
    Viewer,
    /// May also write guides, schedule and cancel interviews, and take notes.
    Researcher,
    /// May do everything, including keys, users, erasure and settings.
    Admin,
}

impl Role {
    /// Returns the name in JSON and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Researcher => "researcher",
            Role::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "viewer" => Ok(Role::Viewer),
            "researcher" => Ok(Role::Researcher),
            "admin" => Ok(Role::Admin),
            _ => Err(format!("{name:?} is not a role; it must be admin, researcher or viewer")),
        }
    }
}
