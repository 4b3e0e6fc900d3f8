//! What is wanted or asked in the same breath as an answer.
//!
//! Owns: which words of such a turn belong to the answer. Never does: lose them to the request, or the request to them.

use super::Interview;
use crate::understanding::{Kind, Reading, Request, Topic};

impl Interview {
    pub(super) fn meet_after_floor(&mut self, reading: &Reading, text: &str) {
        // The recording must end where these words began, so this is asked before the turn is forgotten.
        if reading.kind == Kind::Request(Request::StopRecording) {
            self.meet(reading, text);
            return self.take_floor();
        }
        self.take_floor();
        self.meet(reading, text);
    }

    /// Something wanted or asked at the end of an answer. True when it is dealt with instead of going on.
    pub(super) fn in_passing(&mut self, passing: &Reading, text: &str, flags: &mut Vec<String>) -> bool {
        match passing.kind {
            Kind::Request(Request::NothingToAdd) => flags.push("nothing_to_add".to_owned()),
            Kind::Request(Request::Slower | Request::Louder) => {
                let said = self.adjust(passing.kind == Kind::Request(Request::Slower));
                self.waiting.remarks.push(said);
            }
            Kind::Request(Request::Stop) => {
                self.carry_words(0..passing.words.start);
                self.take_floor();
                self.stop_requested(false);
                return true;
            }
            Kind::Request(Request::Wait) => {
                self.carry_words(0..passing.words.start);
                self.take_floor();
                self.be_patient();
                return true;
            }
            Kind::Request(Request::Callback | Request::StopRecording | Request::Person | Request::Repeat) => {
                self.carry_words(0..passing.words.start);
                self.meet_after_floor(passing, text);
                return true;
            }
            Kind::Request(Request::Delete) => {
                self.take_floor();
                self.strike(true);
                return true;
            }
            Kind::Question(topic) if topic != Topic::Meaning => {
                let said = self.answer_respondent(topic, text);
                self.waiting.remarks.push(said);
            }
            _ => {}
        }
        false
    }

    /// Keeps the part of the turn that answers.
    pub(super) fn carry_answer(&mut self, reading: &Reading) {
        for part in reading.also.iter().filter(|part| part.kind == Kind::Answer) {
            self.carry_words(part.words.clone());
        }
    }

    /// Keeps these words of the turn for the answer; all of them where words and text don't go together.
    fn carry_words(&mut self, range: std::ops::Range<usize>) {
        if self.state.consent != Some(true) {
            return;
        }
        let words = self.turn.words();
        let parted = words.iter().all(|word| word.text.split_whitespace().count() == 1);
        let kept = if parted { words.get(range).unwrap_or(words) } else { words };
        self.waiting.carried.extend_from_slice(kept);
    }
}
