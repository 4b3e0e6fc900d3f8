//! Join tokens: 128 random bits and the time of expiry, with a signature of both.
//!
//! A token that this engine did not sign, or that has expired, is recognized without the database
//! ([`JoinTokens::expiry`]). Only a hash is stored, so a reader of the database cannot join a call.
//! A token is revoked by deleting its row.
//!
//! Owns: creating and verifying tokens. Never does: decide whether an interview may be joined.

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
/// The length of the signature, which is half of an HMAC-SHA-256. 128 bits cannot be guessed
/// either.
const SIGNATURE: usize = 16;

/// A token, which is returned once to the caller that scheduled the interview.
#[derive(Clone)]
pub struct JoinToken {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// The repository of join tokens.
pub struct JoinTokens<'a>(pub(super) &'a Storage);

impl JoinTokens<'_> {
    /// Returns the time at which this token expires or has expired, or `None` if it was not signed
    /// with this engine's secret.
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

/// Invalidates all existing tokens of the interview.
pub(super) async fn revoke(db: &impl ConnectionTrait, interview_id: Uuid) -> Result<(), StorageError> {
    join_tokens::Entity::delete_many().filter(join_tokens::Column::InterviewId.eq(interview_id)).exec(db).await?;
    Ok(())
}

/// Returns the row of a token that is signed and not revoked.
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
    // The comparison takes constant time.
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
