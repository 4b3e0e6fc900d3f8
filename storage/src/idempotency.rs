//! Stored answers to requests with an `Idempotency-Key`, so that a request that is sent twice is
//! carried out once.
//!
//! An answer may contain names and a join link, which are stored nowhere else in plain text.
//! Therefore it is encrypted with a key that is derived from the engine's secret **and** from the
//! client's key, of which only a hash is stored. A reader of the database or of its backups cannot
//! decrypt it. An answer about an interview is marked, so that erasing a person deletes it
//! ([`Idempotency::forget`]). The others are deleted after a day.
//!
//! Owns: the claims on keys, and the answers. Never does: know more of a request than its hash.

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use chrono::Duration;
use entity::idempotency_keys;
use hmac::Mac as _;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::clock;
use super::error::StorageError;
use super::store::Storage;

const KEPT: Duration = Duration::hours(24);
/// A claim without an answer after this time was interrupted together with its process.
const ABANDONED: Duration = Duration::minutes(2);
const NONCE_BYTES: usize = 12;
const PURPOSE: &str = "idempotent answers";

/// A stored answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// The outcome of a claim on a key.
#[derive(Debug)]
pub enum Claim {
    /// The key is new. The caller carries out the request, and then calls [`Idempotency::answer`]
    /// or [`Idempotency::release`].
    Ours(Uuid),
    /// The request has been carried out.
    Answered(StoredResponse),
    /// The request has been carried out, and its answer was erased with a person's data.
    Erased,
    /// The request is being carried out.
    UnderWay,
    /// The key was used for another request.
    Different,
}

/// The repository of stored answers.
pub struct Idempotency<'a>(pub(super) &'a Storage);

impl Idempotency<'_> {
    /// Claims the key for this request, if it is free.
    pub async fn claim(&self, key: &str, request: [u8; 32]) -> Result<Claim, StorageError> {
        let tx = self.0.write().await?;
        let now = clock::now(&tx).await?;
        idempotency_keys::Entity::delete_many()
            .filter(idempotency_keys::Column::CreatedAt.lt(now - KEPT))
            .exec(&tx)
            .await?;
        let id = Uuid::now_v7();
        let row = idempotency_keys::ActiveModel {
            id: Set(id),
            workspace_id: Set(self.0.workspace),
            key_sha256: Set(hash(key)),
            request_sha256: Set(request.to_vec()),
            answer: Set(None),
            interview_id: Set(None),
            erased: Set(false),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let once = [idempotency_keys::Column::WorkspaceId, idempotency_keys::Column::KeySha256];
        let inserted = idempotency_keys::Entity::insert(row)
            .on_conflict(OnConflict::columns(once).do_nothing().to_owned())
            .exec_without_returning(&tx)
            .await?;
        let claim = if inserted > 0 { Claim::Ours(id) } else { self.taken(&tx, key, &request).await? };
        tx.commit().await?;
        Ok(claim)
    }

    async fn taken(&self, tx: &impl ConnectionTrait, key: &str, request: &[u8]) -> Result<Claim, StorageError> {
        let found = idempotency_keys::Entity::find()
            .filter(idempotency_keys::Column::WorkspaceId.eq(self.0.workspace))
            .filter(idempotency_keys::Column::KeySha256.eq(hash(key)))
            .lock_exclusive()
            .one(tx)
            .await?;
        // The key has just been released. The next attempt finds it free.
        let Some(row) = found else { return Ok(Claim::UnderWay) };
        if row.request_sha256 != request {
            return Ok(Claim::Different);
        }
        if row.erased {
            return Ok(Claim::Erased);
        }
        if let Some(sealed) = row.answer {
            return Ok(Claim::Answered(self.open(key, row.id, &sealed)?));
        }
        let now = clock::now(tx).await?;
        if row.updated_at > now - ABANDONED {
            return Ok(Claim::UnderWay);
        }
        idempotency_keys::Entity::update_many()
            .col_expr(idempotency_keys::Column::UpdatedAt, Expr::value(now))
            .filter(idempotency_keys::Column::Id.eq(row.id))
            .exec(tx)
            .await?;
        Ok(Claim::Ours(row.id))
    }

    /// Stores the answer. `interview_id` is the interview that it is about.
    pub async fn answer(
        &self,
        claim: Uuid,
        key: &str,
        interview_id: Option<Uuid>,
        answer: &StoredResponse,
    ) -> Result<(), StorageError> {
        let sealed = self.seal(key, claim, answer)?;
        idempotency_keys::Entity::update_many()
            .col_expr(idempotency_keys::Column::Answer, Expr::value(sealed))
            .col_expr(idempotency_keys::Column::InterviewId, Expr::value(interview_id))
            .col_expr(idempotency_keys::Column::UpdatedAt, Expr::value(self.0.now().await?))
            .filter(idempotency_keys::Column::Id.eq(claim))
            .exec(&self.0.db)
            .await?;
        Ok(())
    }

    /// Releases the key, because nothing was done that would have to be repeated in an answer.
    pub async fn release(&self, claim: Uuid) -> Result<(), StorageError> {
        idempotency_keys::Entity::delete_by_id(claim).exec(&self.0.db).await?;
        Ok(())
    }

    /// Deletes the answers about these interviews. Their keys remain in use, so that no request is
    /// carried out a second time.
    pub async fn forget(&self, db: &impl ConnectionTrait, interviews: &[Uuid]) -> Result<u64, StorageError> {
        let forgotten = idempotency_keys::Entity::update_many()
            .col_expr(idempotency_keys::Column::Answer, Expr::value(None::<Vec<u8>>))
            .col_expr(idempotency_keys::Column::Erased, Expr::value(true))
            .filter(idempotency_keys::Column::WorkspaceId.eq(self.0.workspace))
            .filter(idempotency_keys::Column::InterviewId.is_in(interviews.iter().copied()))
            .exec(db)
            .await?;
        Ok(forgotten.rows_affected)
    }

    fn seal(&self, key: &str, claim: Uuid, answer: &StoredResponse) -> Result<Vec<u8>, StorageError> {
        let corrupt = |reason: String| StorageError::Corrupt { what: "answer", reason };
        let plain = serde_json::to_vec(answer).map_err(|error| corrupt(error.to_string()))?;
        let nonce = Nonce::generate();
        let sealed = self
            .cipher(key)?
            .encrypt(&nonce, Payload { msg: &plain, aad: claim.as_bytes() })
            .map_err(|_| corrupt("it cannot be encrypted".to_owned()))?;
        Ok([nonce.to_vec(), sealed].concat())
    }

    fn open(&self, key: &str, claim: Uuid, sealed: &[u8]) -> Result<StoredResponse, StorageError> {
        let corrupt = |reason: &str| StorageError::Corrupt { what: "kept answer", reason: reason.to_owned() };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(|| corrupt("it is too short"))?;
        let nonce = Nonce::try_from(nonce).map_err(|_| corrupt("its nonce is too short"))?;
        let plain = self
            .cipher(key)?
            .decrypt(&nonce, Payload { msg: sealed, aad: claim.as_bytes() })
            .map_err(|_| corrupt("it was changed, or SECRET_KEY has changed"))?;
        serde_json::from_slice(&plain).map_err(|error| corrupt(&error.to_string()))
    }

    fn cipher(&self, key: &str) -> Result<ChaCha20Poly1305, StorageError> {
        let mac = self.0.secret.key(PURPOSE).mac().chain_update(self.0.workspace.as_bytes());
        let derived = mac.chain_update(key.as_bytes()).finalize().into_bytes();
        ChaCha20Poly1305::new_from_slice(&derived)
            .map_err(|error| StorageError::Corrupt { what: "derived key", reason: error.to_string() })
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}
