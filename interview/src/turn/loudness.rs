//! How loudly the respondent speaks to the interviewer.
//!
//! Owns: comparing the level of speech now with that of the answers so far. Never does: measure a
//! level.
//!
//! The levels are lost in a crash. Until two answers are known again, no speech counts as quiet.

use std::collections::VecDeque;

/// Answers needed to know somebody's level, and the most that are remembered.
const LEAST: usize = 2;
const MOST: usize = 15;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loudness {
    now_db: Option<f32>,
    answers_db: VecDeque<f32>,
}

impl Loudness {
    /// Speech began, and its level is not known yet.
    pub fn unknown(&mut self) {
        self.now_db = None;
    }

    pub fn heard(&mut self, db: f32) {
        self.now_db = db.is_finite().then_some(db);
    }

    /// The speech that was heard last was an answer.
    pub fn answered(&mut self) {
        if let Some(db) = self.now_db {
            if self.answers_db.len() == MOST {
                self.answers_db.pop_front();
            }
            self.answers_db.push_back(db);
        }
    }

    /// Whether speech now is quieter than the answers by at least this many dB.
    pub fn is_below_usual(&self, by_db: f32) -> bool {
        let mut sorted: Vec<f32> = self.answers_db.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let usual = sorted.get(sorted.len() / 2).filter(|_| sorted.len() >= LEAST);
        usual.zip(self.now_db).is_some_and(|(usual, now)| now < usual - by_db)
    }
}

#[cfg(test)]
mod tests {
    use super::Loudness;

    #[test]
    fn quiet_is_meant_against_the_answers_so_far() {
        let mut loudness = Loudness::default();
        loudness.heard(-40.0);
        assert!(!loudness.is_below_usual(10.0), "nothing is known of them");
        for db in [-21.0, -24.0, -22.0] {
            loudness.heard(db);
            loudness.answered();
        }
        assert!(!loudness.is_below_usual(10.0));
        loudness.heard(-33.0);
        assert!(loudness.is_below_usual(10.0));
        loudness.unknown();
        assert!(!loudness.is_below_usual(10.0));
    }
}
