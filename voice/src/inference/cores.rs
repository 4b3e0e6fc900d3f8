//! The number of cores that a run of a model may use.
//!
//! Owns: measuring how busy the machine is, whatever keeps it busy. Never does: reserve anything.

use std::fs;
use std::thread;
use std::time::Duration;

/// The number of measurements. A thread may be runnable for a moment only, so the smallest count is
/// used.
const LOOKS: usize = 3;
const BETWEEN: Duration = Duration::from_millis(1);

/// Returns how many of the `wanted` threads have a core of their own at this moment. The calling
/// thread is one of them. If this cannot be measured, returns `wanted`. Blocks for a few
/// milliseconds.
pub fn free(wanted: usize) -> usize {
    if wanted < 2 {
        return wanted;
    }
    let cores = thread::available_parallelism().map_or(wanted, usize::from);
    let mut most = 0;
    for look in 0..LOOKS {
        if look > 0 {
            thread::sleep(BETWEEN);
        }
        let Some(runnable) = fs::read_to_string("/proc/loadavg").ok().as_deref().and_then(runnable) else {
            return wanted;
        };
        most = most.max(share(wanted, cores, runnable));
    }
    most
}

/// Returns the number of runnable threads on the machine: 3 for `0.20 0.18 0.12 3/80 11206`.
fn runnable(loadavg: &str) -> Option<usize> {
    loadavg.split_whitespace().nth(3)?.split_once('/')?.0.parse().ok()
}

/// Returns the share of the cores. `runnable` includes the calling thread, which has a core
/// already.
fn share(wanted: usize, cores: usize, runnable: usize) -> usize {
    let others = runnable.saturating_sub(1);
    wanted.min(cores.saturating_sub(others)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_no_core_with_what_else_is_running() {
        assert_eq!(share(2, 2, 1), 2, "nobody but the caller");
        assert_eq!(share(2, 2, 2), 1, "a synthesis, or a compiler");
        assert_eq!(share(2, 2, 15), 1, "never less than one");
        assert_eq!(share(2, 16, 9), 2);
        assert_eq!(share(4, 8, 7), 2);
        assert_eq!(share(2, 1, 1), 1, "there is but one core");
    }

    #[test]
    fn the_kernels_line_is_read_or_nothing() {
        assert_eq!(runnable("0.20 0.18 0.12 3/80 11206\n"), Some(3));
        for line in ["", "0.20 0.18 0.12", "0.20 0.18 0.12 3 11206", "a b c d/e f"] {
            assert_eq!(runnable(line), None, "{line:?}");
        }
    }

    #[test]
    fn one_thread_asks_for_no_look() {
        assert_eq!((free(1), free(0)), (1, 0));
    }
}
