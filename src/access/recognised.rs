//! The keys and session tokens that were valid a moment ago, so that a request can be counted under
//! its caller before anything is looked up.
//!
//! Owns: this bounded memory, which contains only hashes. Never does: admit anybody. Only the row
//! of the key or session does.

use sha2::{Digest as _, Sha256};

use super::limits::{Recent, Who};

const MOST: usize = 10_000;

/// Half of a SHA-256.
type Fingerprint = [u8; 16];

pub struct Recognised(Recent<Fingerprint, Who>);

impl Default for Recognised {
    fn default() -> Self {
        Self(Recent::new(MOST))
    }
}

impl Recognised {
    /// Returns the caller of a key or token at its last look-up.
    pub fn who(&self, shown: &str) -> Option<Who> {
        self.0.with(|known| known.get(&fingerprint(shown)).copied())
    }

    pub fn remember(&self, shown: &str, who: Who) {
        self.0.with(|known| known.put(fingerprint(shown), who));
    }

    /// Removes a key or token that is no longer valid. From now on it is counted as a guess.
    pub fn forget(&self, shown: &str) {
        self.0.with(|known| known.pop(&fingerprint(shown)));
    }

    /// Returns the number of remembered keys and tokens.
    pub fn known(&self) -> usize {
        self.0.len()
    }
}

fn fingerprint(shown: &str) -> Fingerprint {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(shown.as_bytes())[..16]);
    short
}
