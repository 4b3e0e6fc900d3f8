//! Sessions that are good. The token names one; without its row it is worth nothing.

use chrono::{DateTime, Utc};
use entity::{sessions, users};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

/// The repository of sessions.
pub struct Sessions<'a>(pub(super) &'a Storage);

impl Sessions<'_> {
    /// The user signs in until `expires_at`. `how` is `password` or `oidc`. Sessions that ended by themselves go.
    pub async fn begin(&self, user: &users::Model, expires_at: DateTime<Utc>, how: &str) -> Result<Uuid, StorageError> {
        let (id, now) = (Uuid::now_v7(), Utc::now());
        let own = self.0.of(user.workspace_id);
        let tx = self.0.write().await?;
        sessions::Entity::delete_many().filter(sessions::Column::ExpiresAt.lte(now)).exec(&tx).await?;
        let row = sessions::ActiveModel {
            id: Set(id),
            workspace_id: Set(user.workspace_id),
            user_id: Set(user.id),
            expires_at: Set(expires_at),
            created_at: Set(now),
        };
        row.insert(&tx).await?;
        let mut row = user.clone().into_active_model();
        row.last_login_at = Set(Some(now));
        row.update(&tx).await?;
        let told = json!({ "session": id, "how": how });
        own.audit()
            .record(&tx, &Actor::user(user.id), Change::new("user", user.id, "user.signed_in").with(told))
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Who the session is, if it is still good and its user may still come in.
    pub async fn user(&self, id: Uuid) -> Result<Option<users::Model>, StorageError> {
        let session =
            sessions::Entity::find_by_id(id).filter(sessions::Column::ExpiresAt.gt(Utc::now())).one(&self.0.db).await?;
        let Some(session) = session else { return Ok(None) };
        let user = users::Entity::find_by_id(session.user_id).one(&self.0.db).await?;
        Ok(user.filter(|user| user.is_active))
    }

    /// The user signs out: the token is worth nothing from now on.
    pub async fn end(&self, id: Uuid, user: Uuid) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        let ended = sessions::Entity::delete_by_id(id).filter(sessions::Column::UserId.eq(user)).exec(&tx).await?;
        if ended.rows_affected > 0 {
            let told = json!({ "session": id });
            self.0
                .audit()
                .record(&tx, &Actor::user(user), Change::new("user", user, "user.signed_out").with(told))
                .await?;
        }
        Ok(tx.commit().await?)
    }
}
