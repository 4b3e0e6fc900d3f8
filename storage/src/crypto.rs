//! Personal payloads, which are encrypted with a key for each person.
//!
//! Owns: the keys and the encryption (ChaCha20-Poly1305, RFC 8439). Never does: log a key or a
//! plain text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, Key, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use chrono::Utc;
use entity::person_keys;
use rand::TryRngCore as _;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::StorageError;

const NONCE_BYTES: usize = 12;

/// The key of one person, ready for use.
pub(super) struct PersonKey(ChaCha20Poly1305);

impl PersonKey {
    /// Returns the respondent's key, or `None` if it does not exist or has been destroyed.
    pub(super) async fn find(
        db: &impl ConnectionTrait,
        workspace: Uuid,
        respondent_id: &str,
    ) -> Result<Option<Self>, StorageError> {
        let row = person_keys::Entity::find()
            .filter(person_keys::Column::WorkspaceId.eq(workspace))
            .filter(person_keys::Column::RespondentId.eq(respondent_id))
            .one(db)
            .await?;
        row.map(|row| Self::from_bytes(&row.secret)).transpose()
    }

    /// Creates the respondent's key if there is none. This is called only when an interview is
    /// scheduled, so that later events of an erased person cannot bring a key back.
    pub(super) async fn ensure(
        db: &impl ConnectionTrait,
        workspace: Uuid,
        respondent_id: &str,
    ) -> Result<(), StorageError> {
        let secret = Key::<ChaCha20Poly1305>::generate();
        let row = person_keys::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(workspace),
            respondent_id: Set(respondent_id.to_owned()),
            secret: Set(secret.to_vec()),
            created_at: Set(Utc::now()),
        };
        let once = OnConflict::columns([person_keys::Column::WorkspaceId, person_keys::Column::RespondentId])
            .do_nothing()
            .to_owned();
        person_keys::Entity::insert(row).on_conflict(once).exec_without_returning(db).await?;
        Ok(())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StorageError> {
        let cipher = ChaCha20Poly1305::new_from_slice(bytes)
            .map_err(|_| StorageError::Corrupt { what: "person key", reason: format!("{} bytes", bytes.len()) })?;
        Ok(Self(cipher))
    }

    /// Encrypts a payload as `{"enc": base64(nonce + ciphertext)}`. It is bound to its place in the
    /// log, so that it cannot be moved.
    pub(super) fn seal(&self, interview: Uuid, seq: i64, plain: &Value) -> Result<Value, StorageError> {
        self.seal_at(&place(interview, seq), plain)
    }

    /// Encrypts a payload for the log of another type of entity.
    pub(super) fn seal_beside(&self, kind: &str, entity: Uuid, seq: i64, plain: &Value) -> Result<Value, StorageError> {
        self.seal_at(&[kind.as_bytes(), &place(entity, seq)].concat(), plain)
    }

    fn seal_at(&self, place: &[u8], plain: &Value) -> Result<Value, StorageError> {
        let nonce = Nonce::generate();
        let sealed = self
            .0
            .encrypt(&nonce, Payload { msg: plain.to_string().as_bytes(), aad: place })
            .map_err(|_| StorageError::Corrupt { what: "payload", reason: "it cannot be encrypted".to_owned() })?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(json!({ "enc": STANDARD.encode(bytes) }))
    }

    /// Decrypts what [`PersonKey::seal`] has encrypted.
    pub(super) fn open(&self, interview: Uuid, seq: i64, encoded: &str) -> Result<Value, StorageError> {
        self.open_at(&place(interview, seq), encoded)
    }

    /// Decrypts what [`PersonKey::seal_beside`] has encrypted.
    pub(super) fn open_beside(&self, kind: &str, entity: Uuid, seq: i64, encoded: &str) -> Result<Value, StorageError> {
        self.open_at(&[kind.as_bytes(), &place(entity, seq)].concat(), encoded)
    }

    fn open_at(&self, place: &[u8], encoded: &str) -> Result<Value, StorageError> {
        let corrupt = |reason: &str| StorageError::Corrupt { what: "encrypted payload", reason: reason.to_owned() };
        let bytes = STANDARD.decode(encoded).map_err(|_| corrupt("it is not base64"))?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(|| corrupt("it is too short"))?;
        let nonce = Nonce::try_from(nonce).map_err(|_| corrupt("its nonce is too short"))?;
        let plain = self
            .0
            .decrypt(&nonce, Payload { msg: sealed, aad: place })
            .map_err(|_| corrupt("it was changed, or encrypted with another key"))?;
        serde_json::from_slice(&plain).map_err(|_| corrupt("it is not JSON"))
    }
}

/// Returns cryptographically secure random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StorageError> {
    let mut bits = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bits)
        .map_err(|error| StorageError::Corrupt { what: "random source", reason: error.to_string() })?;
    Ok(bits)
}

fn place(interview: Uuid, seq: i64) -> [u8; 24] {
    let mut place = [0; 24];
    place[..16].copy_from_slice(interview.as_bytes());
    place[16..].copy_from_slice(&seq.to_be_bytes());
    place
}
