//! Which keys and session tokens were good a moment ago, so that a request is counted under its caller before anything is
//! looked up.
//!
//! Owns: that memory, bounded, and of hashes only. Never does: let anybody in; the row of the key or session alone does.

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
    /// Whose key or token this text was when it was last looked up.
    pub fn who(&self, shown: &str) -> Option<Who> {
        self.0.with(|known| known.get(&fingerprint(shown)).copied())
    }

    pub fn remember(&self, shown: &str, who: Who) {
        self.0.with(|known| known.put(fingerprint(shown), who));
    }

    /// It is good no longer: from now on it is counted as a guess.
    pub fn forget(&self, shown: &str) {
        self.0.with(|known| known.pop(&fingerprint(shown)));
    }

    /// How many are remembered.
    pub fn known(&self) -> usize {
        self.0.len()
    }
}

fn fingerprint(shown: &str) -> Fingerprint {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(shown.as_bytes())[..16]);
    short
}
