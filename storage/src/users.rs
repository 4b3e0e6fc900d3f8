//! Users: who may sign in, and with which role.
//!
//! Owns: their rows, and that a changed password, role or state ends their sessions if necessary.
//! Never does: hash or verify passwords (the engine's `access` does).

use chrono::Utc;
use entity::{Role, sessions, users};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, SqlErr,
};
use serde_json::json;
use uuid::Uuid;

use super::audit::Change;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

const ENTITY: &str = "user";

#[derive(Clone)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password_hash: Option<String>,
    /// The issuer and the subject.
    pub oidc: Option<(String, String)>,
}

/// The changes to make. By default, nothing is changed.
#[derive(Clone, Default)]
pub struct UserChanges {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub is_active: Option<bool>,
    pub password_hash: Option<String>,
}

/// The repository of users.
pub struct Users<'a>(pub(super) &'a Storage);

impl Users<'_> {
    /// Creates a user. If the workspace already has a user with this address, this is a
    /// [`StorageError::Conflict`].
    pub async fn create(&self, new: NewUser, actor: &Actor) -> Result<users::Model, StorageError> {
        let now = Utc::now();
        let (oidc_issuer, oidc_subject) = new.oidc.unzip();
        let row = users::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.0.workspace),
            email: Set(normalised(&new.email)),
            name: Set(new.name),
            role: Set(new.role),
            password_hash: Set(new.password_hash),
            oidc_issuer: Set(oidc_issuer),
            oidc_subject: Set(oidc_subject),
            is_active: Set(true),
            last_login_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let tx = self.0.write().await?;
        let row = row.insert(&tx).await.map_err(|error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => {
                StorageError::Conflict("another user has this email address".to_owned())
            }
            _ => error.into(),
        })?;
        self.0
            .audit()
            .record(&tx, actor, Change::new(ENTITY, row.id, "user.created").with(json!({ "role": row.role })))
            .await?;
        tx.commit().await?;
        Ok(row)
    }

    pub async fn get(&self, id: Uuid) -> Result<users::Model, StorageError> {
        self.find(&self.0.db, id).await
    }

    pub async fn by_email(&self, email: &str) -> Result<Option<users::Model>, StorageError> {
        Ok(users::Entity::find()
            .filter(users::Column::WorkspaceId.eq(self.0.workspace))
            .filter(users::Column::Email.eq(normalised(email)))
            .one(&self.0.db)
            .await?)
    }

    /// Returns the user whom this provider identifies by this subject, in any workspace.
    pub async fn by_identity(&self, issuer: &str, subject: &str) -> Result<Option<users::Model>, StorageError> {
        Ok(users::Entity::find()
            .filter(users::Column::OidcIssuer.eq(issuer))
            .filter(users::Column::OidcSubject.eq(subject))
            .one(&self.0.db)
            .await?)
    }

    /// Lists users. The newest comes first.
    pub async fn list(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<users::Model>, StorageError> {
        let mut query = users::Entity::find().filter(users::Column::WorkspaceId.eq(self.0.workspace)).limit(limit);
        if let Some(after) = after {
            query = query.filter(users::Column::Id.lt(after));
        }
        Ok(query.order_by_desc(users::Column::Id).all(&self.0.db).await?)
    }

    /// Changes a user. A new password or a lockout ends the user's sessions. A new role applies at
    /// once.
    pub async fn update(&self, id: Uuid, changes: UserChanges, actor: &Actor) -> Result<users::Model, StorageError> {
        let tx = self.0.write().await?;
        let mut row = self.find(&tx, id).await?.into_active_model();
        let told = json!({
            "role": changes.role,
            "is_active": changes.is_active,
            "password": changes.password_hash.is_some(),
        });
        let ends_sessions = changes.password_hash.is_some() || changes.is_active == Some(false);
        if let Some(name) = changes.name {
            row.name = Set(name);
        }
        if let Some(role) = changes.role {
            row.role = Set(role);
        }
        if let Some(is_active) = changes.is_active {
            row.is_active = Set(is_active);
        }
        if let Some(hash) = changes.password_hash {
            row.password_hash = Set(Some(hash));
        }
        row.updated_at = Set(Utc::now());
        let row = row.update(&tx).await?;
        if ends_sessions {
            end_sessions(&tx, id).await?;
        }
        self.0.audit().record(&tx, actor, Change::new(ENTITY, id, "user.updated").with(told)).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Links the user to an identity at the provider.
    pub async fn link(
        &self,
        id: Uuid,
        issuer: &str,
        subject: &str,
        actor: &Actor,
    ) -> Result<users::Model, StorageError> {
        let tx = self.0.write().await?;
        let mut row = self.find(&tx, id).await?.into_active_model();
        row.oidc_issuer = Set(Some(issuer.to_owned()));
        row.oidc_subject = Set(Some(subject.to_owned()));
        row.updated_at = Set(Utc::now());
        let row = row.update(&tx).await?;
        self.0
            .audit()
            .record(&tx, actor, Change::new(ENTITY, id, "user.linked").with(json!({ "issuer": issuer })))
            .await?;
        tx.commit().await?;
        Ok(row)
    }

    pub async fn delete(&self, id: Uuid, actor: &Actor) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        self.find(&tx, id).await?;
        end_sessions(&tx, id).await?;
        users::Entity::delete_by_id(id).exec(&tx).await?;
        self.0.audit().record(&tx, actor, Change::new(ENTITY, id, "user.deleted")).await?;
        Ok(tx.commit().await?)
    }

    async fn find(&self, db: &impl ConnectionTrait, id: Uuid) -> Result<users::Model, StorageError> {
        users::Entity::find_by_id(id)
            .filter(users::Column::WorkspaceId.eq(self.0.workspace))
            .one(db)
            .await?
            .ok_or(StorageError::NotFound("user"))
    }
}

async fn end_sessions(db: &impl ConnectionTrait, user: Uuid) -> Result<(), StorageError> {
    sessions::Entity::delete_many().filter(sessions::Column::UserId.eq(user)).exec(db).await?;
    Ok(())
}

/// Addresses that differ only in case are the same.
fn normalised(email: &str) -> String {
    email.trim().to_lowercase()
}
