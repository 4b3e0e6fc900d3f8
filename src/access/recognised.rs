//! Which keys were good a moment ago, so that a request is counted under its key before the key is looked up.
//!
//! Owns: that memory, bounded, and of hashes only. Never does: let anybody in; the key's row alone does.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::limits::Recent;

const MOST: usize = 10_000;

/// Half of a key's SHA-256.
type Fingerprint = [u8; 16];

pub struct Recognised(Recent<Fingerprint, Uuid>);

impl Default for Recognised {
    fn default() -> Self {
        Self(Recent::new(MOST))
    }
}

impl Recognised {
    /// The id of the key that this text was when it was last looked up.
    pub fn id(&self, key: &str) -> Option<Uuid> {
        self.0.with(|known| known.get(&fingerprint(key)).copied())
    }

    pub fn remember(&self, key: &str, id: Uuid) {
        self.0.with(|known| known.put(fingerprint(key), id));
    }

    /// It is good no longer: from now on it is counted as a guess.
    pub fn forget(&self, key: &str) {
        self.0.with(|known| known.pop(&fingerprint(key)));
    }

    /// How many keys are remembered.
    pub fn known(&self) -> usize {
        self.0.len()
    }
}

fn fingerprint(key: &str) -> Fingerprint {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(key.as_bytes())[..16]);
    short
}
