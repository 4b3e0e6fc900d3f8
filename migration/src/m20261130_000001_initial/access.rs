//! API keys, users and sessions, and the answers to requests with an `Idempotency-Key`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    blob, blob_null, boolean, string, string_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

use crate::columns::{foreign_key, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    api_keys(manager).await?;
    users(manager).await?;
    sessions(manager).await?;
    idempotency_keys(manager).await
}

/// Only a hash of the key is stored.
async fn api_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("api_keys")
                .col(string("name"))
                .col(string("prefix"))
                .col(blob("secret_sha256"))
                .col(string("role"))
                .col(string("created_by"))
                .col(timestamp_with_time_zone_null("expires_at"))
                .col(timestamp_with_time_zone_null("last_used_at"))
                .col(timestamp_with_time_zone_null("revoked_at"))
                .col(timestamp_with_time_zone("updated_at"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "api_keys", &["workspace_id"]).await?;
    unique(manager, "api_keys", &["prefix"]).await
}

/// Users sign in with a password, or at an OpenID provider.
async fn users(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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

/// Valid sessions. Signing out or changing the password deletes the row, and the token is then
/// void.
async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("sessions")
                .col(uuid("user_id"))
                .col(timestamp_with_time_zone("expires_at"))
                .foreign_key(&mut foreign_key("sessions", "user_id", "users"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "sessions", &["workspace_id", "user_id", "expires_at"]).await
}

/// Answers are kept for a day. They are encrypted, because they contain names and join links.
async fn idempotency_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("idempotency_keys")
                .col(blob("key_sha256"))
                .col(blob("request_sha256"))
                .col(blob_null("answer"))
                // This is not a foreign key, because the interview may be deleted before the answer
                // is.
                .col(uuid_null("interview_id"))
                .col(boolean("erased"))
                .col(timestamp_with_time_zone("updated_at"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "idempotency_keys", &["workspace_id", "interview_id", "created_at"]).await?;
    unique(manager, "idempotency_keys", &["workspace_id", "key_sha256"]).await
}
