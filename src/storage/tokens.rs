//! Join tokens: 128 random bits in a link, kept as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::join_tokens;
use rand::TryRngCore as _;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::StorageError;

/// A token as told once, to whoever scheduled the interview.
#[derive(Clone)]
pub struct JoinToken {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn issue(
    db: &impl ConnectionTrait,
    workspace: Uuid,
    interview_id: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<JoinToken, StorageError> {
    let mut bits = [0_u8; 16];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bits)
        .map_err(|error| StorageError::Corrupt { what: "random source", reason: error.to_string() })?;
    let token = URL_SAFE_NO_PAD.encode(bits);
    let row = join_tokens::ActiveModel {
        id: Set(Uuid::now_v7()),
        workspace_id: Set(workspace),
        interview_id: Set(interview_id),
        token_sha256: Set(hash(&token)),
        expires_at: Set(expires_at),
        created_at: Set(Utc::now()),
    };
    row.insert(db).await?;
    Ok(JoinToken { token, expires_at })
}

pub(super) async fn find(db: &impl ConnectionTrait, token: &str) -> Result<Option<join_tokens::Model>, StorageError> {
    Ok(join_tokens::Entity::find().filter(join_tokens::Column::TokenSha256.eq(hash(token))).one(db).await?)
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
