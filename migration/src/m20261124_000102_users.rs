//! Users who sign in, by a password of ours or by an OpenID provider's word.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, string, string_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("users")
                    .col(string("email"))
                    .col(string("name"))
                    .col(string("role"))
                    .col(string_null("password_hash"))
                    .col(string_null("oidc_issuer"))
                    .col(string_null("oidc_subject"))
                    .col(boolean("is_active"))
                    .col(timestamp_with_time_zone_null("last_login_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "users", &["workspace_id"]).await?;
        unique(manager, "users", &["workspace_id", "email"]).await?;
        unique(manager, "users", &["oidc_issuer", "oidc_subject"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "users").await
    }
}
