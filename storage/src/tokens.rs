//! Join tokens: 128 random bits, when they expire, and our signature under both.
//!
//! A token that we did not sign, or that has expired, is recognised without the database ([`JoinTokens::expiry`]). What
//! is kept is a hash: who reads the database can't join a call, and a token is revoked by removing its row.
//!
//! Owns: making and recognising tokens. Never does: decide whether an interview may be joined.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::join_tokens;
use hmac::Mac as _;
use rand::TryRngCore as _;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::StorageError;
use super::secret::Secret;
use super::store::Storage;

const PURPOSE: &str = "join links";
const RANDOM: usize = 16;
/// Milliseconds since 1970, big-endian.
const EXPIRY: usize = 8;
/// Half of an HMAC-SHA-256: 128 bits can't be guessed either.
const SIGNATURE: usize = 16;

/// A token as told once, to whoever scheduled the interview.
#[derive(Clone)]
pub struct JoinToken {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// The repository of join tokens.
pub struct JoinTokens<'a>(pub(super) &'a Storage);

impl JoinTokens<'_> {
    /// When this token expires or expired; `None` for a token that this engine's secret did not sign.
    pub fn expiry(&self, token: &str) -> Option<DateTime<Utc>> {
        expiry(&self.0.secret, token)
    }
}

pub(super) async fn issue(
    db: &impl ConnectionTrait,
    secret: &Secret,
    workspace: Uuid,
    interview_id: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<JoinToken, StorageError> {
    let token = sign(secret, expires_at)?;
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

/// Every token of the interview so far is worth nothing from now on.
pub(super) async fn revoke(db: &impl ConnectionTrait, interview_id: Uuid) -> Result<(), StorageError> {
    join_tokens::Entity::delete_many().filter(join_tokens::Column::InterviewId.eq(interview_id)).exec(db).await?;
    Ok(())
}

/// The row of a token that is signed and not revoked.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    secret: &Secret,
    token: &str,
) -> Result<Option<join_tokens::Model>, StorageError> {
    if expiry(secret, token).is_none() {
        return Ok(None);
    }
    Ok(join_tokens::Entity::find().filter(join_tokens::Column::TokenSha256.eq(hash(token))).one(db).await?)
}

fn sign(secret: &Secret, expires_at: DateTime<Utc>) -> Result<String, StorageError> {
    let mut bytes = vec![0_u8; RANDOM];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| StorageError::Corrupt { what: "random source", reason: error.to_string() })?;
    bytes.extend(expires_at.timestamp_millis().to_be_bytes());
    let tag = secret.key(PURPOSE).mac().chain_update(&bytes).finalize().into_bytes();
    bytes.extend(&tag[..SIGNATURE]);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn expiry(secret: &Secret, token: &str) -> Option<DateTime<Utc>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == RANDOM + EXPIRY + SIGNATURE)?;
    let (signed, signature) = bytes.split_at_checked(RANDOM + EXPIRY)?;
    // Compares in constant time.
    secret.key(PURPOSE).mac().chain_update(signed).verify_truncated_left(signature).ok()?;
    let expiry: [u8; EXPIRY] = signed.get(RANDOM..)?.try_into().ok()?;
    DateTime::from_timestamp_millis(i64::from_be_bytes(expiry))
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_signed_is_a_token() {
        let (secret, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        let at = DateTime::from_timestamp_millis(1_900_000_000_123).unwrap();
        let token = sign(&secret, at).unwrap();
        assert_eq!(expiry(&secret, &token), Some(at));
        assert_eq!(expiry(&other, &token), None);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            assert_eq!(expiry(&secret, &URL_SAFE_NO_PAD.encode(forged)), None, "byte {at} was changed");
        }
        for short in ["", "AAAAAAAAAAAAAAAAAAAAAA", &token[..token.len() - 4], "kein/Token"] {
            assert_eq!(expiry(&secret, short), None);
        }
    }
}
