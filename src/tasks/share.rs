//! Which queue gets a worker's free places.
//!
//! Owns: the arithmetic. Never does: take tasks.
//!
//! Each queue has places of its own, so that none blocks another, and all together are bounded. What is free goes to the most
//! urgent queue first; but one place stays free for every queue that has nothing running, so none starves.

use entity::Queue;

/// How many tasks may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub all: usize,
    /// In the order of [`Queue::ALL`].
    pub each: [usize; 3],
}

impl Places {
    /// How many tasks of `queue` may be begun while so many of each run.
    pub fn free(&self, queue: Queue, running: [usize; 3]) -> usize {
        let index = queue as usize;
        let own = self.each[index].saturating_sub(running[index]);
        // One for each other queue that has nothing running.
        let kept = (0..3).filter(|&other| other != index && self.each[other] > 0 && running[other] == 0).count();
        let taken: usize = running.iter().sum();
        let common = self.all.saturating_sub(taken + kept);
        // A queue's first place is its own, whatever the others do.
        let first = usize::from(running[index] == 0);
        own.min(common.max(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places = Places { all: 8, each: [6, 2, 6] };

    #[test]
    fn a_queue_has_its_own_places_and_leaves_one_to_each_other() {
        assert_eq!(PLACES.free(Queue::Interviews, [0, 0, 0]), 6);
        assert_eq!(PLACES.free(Queue::Analytics, [6, 0, 0]), 1);
        assert_eq!(PLACES.free(Queue::Webhooks, [6, 0, 0]), 1);
        assert_eq!(PLACES.free(Queue::Webhooks, [0, 2, 0]), 5);
        assert_eq!(PLACES.free(Queue::Interviews, [6, 1, 1]), 0);
        assert_eq!(PLACES.free(Queue::Analytics, [0, 2, 0]), 0);
    }

    #[test]
    fn nothing_starves_and_nothing_goes_over_the_bound() {
        for interviews in 0..=6 {
            for analytics in 0..=2 {
                for webhooks in 0..=6 {
                    let running = [interviews, analytics, webhooks];
                    if running.iter().sum::<usize>() > PLACES.all {
                        continue;
                    }
                    for queue in Queue::ALL {
                        let free = PLACES.free(queue, running);
                        let mut after = running;
                        after[queue as usize] += free;
                        assert!(after[queue as usize] <= PLACES.each[queue as usize], "{running:?} {queue:?}");
                        if running[queue as usize] == 0 {
                            assert!(free > 0, "{running:?} {queue:?}: it would starve");
                        } else {
                            assert!(after.iter().sum::<usize>() <= PLACES.all, "{running:?} {queue:?}");
                        }
                    }
                }
            }
        }
    }
}
