//! Passwords: Argon2id (RFC 9106) with the parameters that OWASP recommends (19 MiB, two passes)
//! and a salt for each password.
//!
//! Owns: the rules for passwords, hashing, and verification. Hashing blocks for a few hundredths of
//! a second on purpose.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

/// The minimum length in characters. There is no other rule, because length is what matters (NIST
/// SP 800-63B).
const LEAST: usize = 12;
/// The maximum length in characters. A longer password would only cost time. The API's description
/// has the same limit.
const MOST: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password must have at least {LEAST} characters")]
    Short,
    #[error("a password may have at most {MOST} characters")]
    Long,
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// Checks that a text may be used as a password.
pub fn check(password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < LEAST {
        return Err(PasswordError::Short);
    }
    if is_long(password) {
        return Err(PasswordError::Long);
    }
    Ok(())
}

fn is_long(password: &str) -> bool {
    // The bytes are compared first, so that a very long text is not counted.
    password.len() > 4 * MOST || password.chars().count() > MOST
}

/// Returns the hash as a PHC string.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    check(password)?;
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| PasswordError::Hash(error.to_string()))
}

/// Returns true if the hash is that of the password. Without a hash, because the user is unknown or
/// has no password, the function takes as long and returns false, so that the time does not reveal
/// which accounts exist.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| self::hash("nobody has this password").ok());
    if is_long(password) {
        return false;
    }
    let Some(known) = hash.or(NOBODYS.as_deref()).and_then(|hash| PasswordHash::new(hash).ok()) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &known).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_its_own_and_nobody_elses() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery", Some(&hash)));
        assert!(!verify("correct horse batterx", Some(&hash)));
        assert!(!verify("nobody has this password", None));
        assert!(!verify("correct horse battery", Some("no hash at all")));
        assert_ne!(hash, super::hash("correct horse battery").unwrap(), "each has a salt");
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused() {
        assert!(matches!(hash("elevenchars"), Err(PasswordError::Short)));
        assert!(matches!(hash(&"x".repeat(257)), Err(PasswordError::Long)));
        assert!(check(&"ä".repeat(12)).is_ok() && check(&"ä".repeat(256)).is_ok());
    }
}
