//! The engine's secret, from which the keys for join links and sessions are derived.
//!
//! Owns: SECRET_KEY, or a secret that is generated once and stored in the data folder, and the keys
//! derived from it for each purpose. Never does: print any of them, or encrypt what people said
//! (each person has a separate key for that).

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The file in the data folder, readable by its owner only.
const FILE: &str = "secret_key";
/// A shorter SECRET_KEY can be guessed.
const LEAST_CHARACTERS: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("SECRET_KEY must have at least {LEAST_CHARACTERS} characters. `openssl rand -hex 32` generates one")]
    Short,
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "{0} is damaged. Restore it from a backup, or delete it (all existing join links and sessions then become \
         invalid)"
    )]
    Damaged(PathBuf),
    #[error("the system's random number generator failed: {0}")]
    Random(String),
}

/// The secret itself. It is never printed, not even by `Debug`.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// The key for one purpose.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Secret {
    /// Returns `configured` (SECRET_KEY) unless it is empty, or else the secret of the data folder,
    /// which is generated if there is none. Engines that share a database need the same secret, so
    /// that each recognizes the links of the others.
    pub fn load(configured: &str, data_dir: &Path) -> Result<Self, SecretError> {
        if configured.is_empty() {
            return Self::kept_in(data_dir);
        }
        if configured.chars().count() < LEAST_CHARACTERS {
            return Err(SecretError::Short);
        }
        Ok(Self(Sha256::digest(configured.as_bytes()).into()))
    }

    /// Returns a secret for this process only.
    pub fn random() -> Result<Self, SecretError> {
        let mut bytes = [0; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|error| SecretError::Random(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// Derives the key for one purpose as the HMAC-SHA-256 of its name. A derived key reveals
    /// neither the secret nor another key.
    pub fn key(&self, purpose: &str) -> Key {
        Key(mac(&self.0).chain_update(purpose.as_bytes()).finalize().into_bytes().into())
    }

    fn kept_in(data_dir: &Path) -> Result<Self, SecretError> {
        let path = data_dir.join(FILE);
        let failed = |source: io::Error| SecretError::File { path: path.clone(), source };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                // A restored backup or a copy may have lost the mode.
                std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
                let bytes = hex::decode(text.trim()).map_err(|_| SecretError::Damaged(path.clone()))?;
                Ok(Self(bytes.try_into().map_err(|_| SecretError::Damaged(path))?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(data_dir).map_err(failed)?;
                let made = Self::random()?;
                if made.keep(data_dir, &path).map_err(failed)? { Ok(made) } else { Self::kept_in(data_dir) }
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes the complete file atomically. Returns false if another process was first.
    fn keep(&self, data_dir: &Path, path: &Path) -> io::Result<bool> {
        let draft = data_dir.join(format!("{FILE}.{}.part", Uuid::now_v7()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", hex::encode(self.0))?;
        file.sync_all()?;
        // Unlike a rename, a hard link never replaces an existing file.
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft)?;
        match linked {
            Ok(()) => File::open(data_dir)?.sync_all().map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Key {
    /// Returns the bytes of the key.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns an HMAC-SHA-256 that is ready for the message.
    pub fn mac(&self) -> Hmac<Sha256> {
        mac(&self.0)
    }
}

fn mac(key: &[u8; 32]) -> Hmac<Sha256> {
    // The key is padded to the block size of the hash, as HMAC does.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_setting_it_is_made_once_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = Secret::load("", dir.path()).unwrap();
        let again = Secret::load("", dir.path()).unwrap();
        assert_eq!(first.0, again.0);
        let file = dir.path().join(FILE);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        Secret::load("", dir.path()).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left behind");
        std::fs::write(&file, "not hex").unwrap();
        assert!(matches!(Secret::load("", dir.path()), Err(SecretError::Damaged(_))));
    }

    #[test]
    fn a_setting_wins_and_must_not_be_short() {
        let dir = tempfile::tempdir().unwrap();
        let set = "0123456789abcdef";
        assert_eq!(Secret::load(set, dir.path()).unwrap().0, Secret::load(set, Path::new("/nowhere")).unwrap().0);
        assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing is kept");
        assert!(matches!(Secret::load("secret", dir.path()), Err(SecretError::Short)));
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        // RFC 4231, test case 2: HMAC-SHA-256 with the key "Jefe".
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let tag = mac(&key).chain_update(b"what do ya want for nothing?").finalize().into_bytes();
        assert_eq!(hex::encode(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let secret = Secret::random().unwrap();
        assert_ne!(secret.key("join").bytes(), secret.key("session").bytes());
        assert_eq!(format!("{secret:?} {:?}", secret.key("join")), "Secret(…) Key(…)");
    }
}
