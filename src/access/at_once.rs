//! Long answers that are being sent: how many at once.
//!
//! Each takes a thread for as long as its reader takes. Owns: counting them, for each caller and for all. Never does: send one.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// Long answers to one caller at once.
pub const EACH: usize = 2;
/// To all callers together.
pub const ALL: usize = 16;

/// A counter of this process; cheap to clone.
#[derive(Clone, Default)]
pub struct AtOnce(Arc<Mutex<HashMap<String, usize>>>);

/// A long answer is being sent.
pub struct Turn {
    open: AtOnce,
    caller: String,
}

impl AtOnce {
    /// Begins one, if neither the caller nor all together have as many as they may.
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
        assert!(open.0.lock().is_empty(), "nothing is kept of who has none");
    }
}
