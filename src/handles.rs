//! File handles: how many this process may have, and how many calls and connections they allow.
//!
//! Owns: raising the soft limit to the hard limit, and dividing the handles between calls and
//! connections. Never does: count open handles.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The handles of a live call: the sockets of its media, the files of its recording, and the page's
/// connection.
pub const PER_CALL: u64 = 5;
/// The handles for everything else that an engine opens: its log, the models, files of background
/// tasks, and outgoing connections.
const RESERVED: u64 = 192;
/// The connections that are reserved for the API, however many calls are allowed.
const LEAST_CONNECTIONS: u64 = 64;
/// This is more than one engine can use.
const MOST_CONNECTIONS: u64 = 8_192;

/// The share of calls and connections in the file handles of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The file handles of the process.
    pub limit: u64,
    /// The number of simultaneous calls, at least 1 and at most the wanted number.
    pub calls: usize,
    /// The number of simultaneous HTTP connections.
    pub connections: usize,
}

impl Share {
    /// Divides the handles. `wanted` is MAX_CONCURRENT_INTERVIEWS, and `pool` is
    /// DATABASE_POOL_SIZE.
    pub fn of(limit: u64, wanted: usize, pool: u32) -> Self {
        let free = limit.saturating_sub(RESERVED + u64::from(pool));
        let possible = free.saturating_sub(LEAST_CONNECTIONS) / PER_CALL;
        let calls = possible.clamp(1, wanted.max(1) as u64);
        let connections = free.saturating_sub(calls * PER_CALL).clamp(LEAST_CONNECTIONS, MOST_CONNECTIONS);
        Self { limit, calls: calls as usize, connections: connections as usize }
    }
}

/// Raises the soft limit to the hard limit and returns it. It is [`u64::MAX`] if there is no limit.
pub fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current.unwrap_or(u64::MAX);
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(error) => {
            tracing::warn!(%error, "the limit of file handles cannot be raised");
            current.unwrap_or(u64::MAX)
        }
    }
}

/// Returns the limit after [`raise`].
pub fn hard_limit() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let limit = raise();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!((current, current.unwrap_or(u64::MAX)), (maximum, limit));
        assert_eq!(limit, hard_limit());
    }

    #[test]
    fn calls_are_bounded_by_handles_and_leave_the_api_some() {
        assert_eq!(Share::of(1_048_576, 8, 10), Share { limit: 1_048_576, calls: 8, connections: 8_192 });
        assert_eq!(Share::of(u64::MAX, 500, 10).calls, 500);
        // 1024 - 192 - 10 handles are free, and 64 of them are kept for the API.
        assert_eq!(Share::of(1_024, 8, 10), Share { limit: 1_024, calls: 8, connections: 782 });
        assert_eq!(Share::of(1_024, 1_000, 10), Share { limit: 1_024, calls: 151, connections: 67 });
        assert_eq!(Share::of(64, 8, 10), Share { limit: 64, calls: 1, connections: 64 });
        for limit in (0..5_000).step_by(37) {
            let share = Share::of(limit, 10_000, 10);
            let used = share.calls as u64 * PER_CALL + share.connections as u64 + RESERVED + 10;
            assert!(used <= limit || share.calls == 1, "{share:?}");
        }
    }
}
