//! API keys, which are returned once and stored as a hash.
//!
//! Owns: creating, finding and revoking them. Never does: know what a role may do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{Role, api_keys};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::audit::Change;
use super::crypto::random;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

/// The prefix of every key, by which people and scanners can recognize one.
pub const KEY_MARK: &str = "ei_";
/// The precision of `last_used_at`. A write for each request would cost more than it is worth.
const USED: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    pub expires_at: Option<DateTime<Utc>>,
}

/// The repository of API keys.
pub struct Keys<'a>(pub(super) &'a Storage);

impl Keys<'_> {
    /// Creates a key. The key itself is returned only here, as `ei_<prefix>_<256 random bits>`.
    pub async fn create(&self, new: NewKey, actor: &Actor) -> Result<(api_keys::Model, String), StorageError> {
        let now = Utc::now();
        let prefix = format!("{KEY_MARK}{}", hex::encode(random::<6>()?));
        let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let row = api_keys::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            name: Set(new.name),
            prefix: Set(prefix.clone()),
            secret_sha256: Set(hash(&secret)),
            role: Set(new.role),
            created_by: Set(actor.to_string()),
            expires_at: Set(new.expires_at),
            last_used_at: Set(None),
            revoked_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let tx = self.0.write().await?;
        let row = row.insert(&tx).await?;
        let told = json!({ "name": row.name, "prefix": row.prefix, "role": row.role, "expires_at": row.expires_at });
        self.0.audit().record(&tx, actor, Change::new("api_key", row.id, "api_key.created").with(told)).await?;
        tx.commit().await?;
        Ok((row, format!("{prefix}_{secret}")))
    }

    pub async fn get(&self, id: Uuid) -> Result<api_keys::Model, StorageError> {
        api_keys::Entity::find_by_id(id)
            .filter(api_keys::Column::WorkspaceId.eq(self.0.workspace))
            .one(&self.0.db)
            .await?
            .ok_or(StorageError::NotFound("API key"))
    }

    /// Lists keys, including revoked ones. The newest comes first.
    pub async fn list(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<api_keys::Model>, StorageError> {
        let mut query =
            api_keys::Entity::find().filter(api_keys::Column::WorkspaceId.eq(self.0.workspace)).limit(limit);
        if let Some(after) = after {
            query = query.filter(api_keys::Column::Id.lt(after));
        }
        Ok(query.order_by_desc(api_keys::Column::Id).all(&self.0.db).await?)
    }

    /// Revokes a key. A second call has no effect.
    pub async fn revoke(&self, id: Uuid, actor: &Actor) -> Result<api_keys::Model, StorageError> {
        let row = self.get(id).await?;
        if row.revoked_at.is_some() {
            return Ok(row);
        }
        let (tx, now) = (self.0.write().await?, Utc::now());
        let told = json!({ "name": row.name, "prefix": row.prefix });
        let mut row = row.into_active_model();
        row.revoked_at = Set(Some(now));
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        self.0.audit().record(&tx, actor, Change::new("api_key", id, "api_key.revoked").with(told)).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Returns the valid key with this text, of any workspace.
    pub async fn recognise(&self, text: &str) -> Result<Option<api_keys::Model>, StorageError> {
        let Some((prefix, secret)) = split(text) else { return Ok(None) };
        let found = api_keys::Entity::find().filter(api_keys::Column::Prefix.eq(prefix)).one(&self.0.db).await?;
        let now = Utc::now();
        Ok(found.filter(|row| {
            bool::from(row.secret_sha256.ct_eq(&hash(secret)))
                && row.revoked_at.is_none()
                && row.expires_at.is_none_or(|end| end > now)
        }))
    }

    /// Records that a key was used.
    pub async fn note_use(&self, key: &api_keys::Model) -> Result<(), StorageError> {
        let now = Utc::now();
        if key.last_used_at.is_some_and(|last| now - last < USED) {
            return Ok(());
        }
        api_keys::Entity::update_many()
            .col_expr(api_keys::Column::LastUsedAt, Expr::value(now))
            .filter(api_keys::Column::Id.eq(key.id))
            .exec(&self.0.db)
            .await?;
        Ok(())
    }
}

/// Splits a key into `ei_0123456789ab` and the part after its second underscore.
fn split(text: &str) -> Option<(&str, &str)> {
    let (prefix, secret) = text.strip_prefix(KEY_MARK)?.split_once('_')?;
    Some((&text[..KEY_MARK.len() + prefix.len()], secret))
}

/// The hash needs no salt and no stretching, because 256 random bits cannot be guessed.
fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_prefix_and_a_secret_that_may_hold_anything() {
        assert_eq!(split("ei_00ff_a_b-c"), Some(("ei_00ff", "a_b-c")));
        for other in ["", "ei_", "ei_00ff", "sk_00ff_abc", "eyJhbGciOiJIUzI1NiJ9.e30.x"] {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
