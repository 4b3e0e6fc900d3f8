//! Secrets that the engine has to read (those of webhooks), encrypted with a key that is derived
//! from the engine's secret, so that a reader of the database or of its backups cannot decrypt
//! them.
//!
//! Owns: the encryption (ChaCha20-Poly1305, RFC 8439). Never does: store what people said (each
//! person has a separate key).

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};

use super::error::StorageError;
use super::secret::Secret;

const NONCE_BYTES: usize = 12;

pub(super) struct Vault(ChaCha20Poly1305);

impl Vault {
    /// Derives the key for one purpose. It cannot decrypt the secrets of another purpose.
    pub(super) fn of(secret: &Secret, purpose: &str) -> Result<Self, StorageError> {
        let cipher = ChaCha20Poly1305::new_from_slice(secret.key(purpose).bytes())
            .map_err(|error| StorageError::Corrupt { what: "derived key", reason: error.to_string() })?;
        Ok(Self(cipher))
    }

    /// Returns the nonce and the ciphertext, which is bound to `place`, so that it cannot be moved.
    pub(super) fn seal(&self, place: &[u8], plain: &str) -> Result<Vec<u8>, StorageError> {
        let nonce = Nonce::generate();
        let sealed = self
            .0
            .encrypt(&nonce, Payload { msg: plain.as_bytes(), aad: place })
            .map_err(|_| StorageError::Corrupt { what: "secret", reason: "it cannot be encrypted".to_owned() })?;
        Ok([nonce.to_vec(), sealed].concat())
    }

    pub(super) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<String, StorageError> {
        let corrupt = |reason: &str| StorageError::Corrupt { what: "sealed secret", reason: reason.to_owned() };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(|| corrupt("it is too short"))?;
        let nonce = Nonce::try_from(nonce).map_err(|_| corrupt("its nonce is too short"))?;
        let plain = self
            .0
            .decrypt(&nonce, Payload { msg: sealed, aad: place })
            .map_err(|_| corrupt("it was changed, or SECRET_KEY has changed"))?;
        String::from_utf8(plain).map_err(|_| corrupt("it is not valid UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_it_at_the_same_place() {
        let secret = Secret::random().unwrap();
        let vault = Vault::of(&secret, "one").unwrap();
        let sealed = vault.seal(b"here", "whsec_x").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"whsec_x"));
        assert_eq!(vault.open(b"here", &sealed).unwrap(), "whsec_x");
        assert!(vault.open(b"there", &sealed).is_err());
        assert!(Vault::of(&secret, "other").unwrap().open(b"here", &sealed).is_err());
        assert!(vault.open(b"here", b"short").is_err());
    }
}
