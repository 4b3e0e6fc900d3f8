//! The limit of long answers that are sent at the same time.
//!
//! Each of them occupies a thread until the client has read it. Owns: counting them, for each
//! caller and in total. Never does: send one.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// The number of simultaneous long answers to one caller.
pub const EACH: usize = 2;
/// The number of simultaneous long answers to all callers together.
pub const ALL: usize = 16;

/// A counter of this process. Cloning it is cheap.
#[derive(Clone, Default)]
pub struct AtOnce(Arc<Mutex<HashMap<String, usize>>>);

/// A long answer that is being sent.
pub struct Turn {
    open: AtOnce,
    caller: String,
}

impl AtOnce {
    /// Starts a long answer, unless the limit of the caller or the total limit is reached.
    pub fn begin(&self, caller: &str) -> Option<Turn> {
        let mut open = self.0.lock();
        if open.values().sum::<usize>() >= ALL || open.get(caller).is_some_and(|own| *own >= EACH) {
            return None;
        }
        *open.entry(caller.to_owned()).or_default() += 1;
        Some(Turn { open: self.clone(), caller: caller.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut open = self.open.0.lock();
        if let Some(own) = open.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_some_and_all_together_a_few_more() {
        let open = AtOnce::default();
        let first: Vec<_> = (0..EACH).map(|_| open.begin("key:1").unwrap()).collect();
        assert!(open.begin("key:1").is_none());
        let others: Vec<_> =
            (0..ALL - EACH).map(|number| open.begin(&format!("key:{}", 2 + number)).unwrap()).collect();
        assert!(open.begin("key:99").is_none());
        drop(first);
        assert!(open.begin("key:99").is_some());
        drop(others);
        assert!(open.0.lock().is_empty(), "a caller without a long answer takes no memory");
    }
}
