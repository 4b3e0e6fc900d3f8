//! Requests and questions at the end of an answer.
//!
//! Owns: which words of a turn belong to the answer, and which are said besides. Never does: lose
//! either, unless the respondent asks for it.

use super::Interview;
use crate::io::{Event, Pending, Phase, Word};
use crate::turn::text_of;
use crate::understanding::{By, Kind, Reading, Request, Topic};

impl Interview {
    pub(super) fn meet_after_floor(&mut self, reading: &Reading, text: &str) {
        // The recording must end where these words began, and ending the turn forgets that time.
        let began = self.turn_began();
        self.take_floor();
        self.meet(reading, text, began);
    }

    /// Handles a request or question at the end of an answer. Returns whether it replaces what
    /// would follow the answer.
    pub(super) fn in_passing(&mut self, passing: &Reading, text: &str, flags: &mut Vec<String>) -> bool {
        match passing.kind {
            Kind::Request(Request::NothingToAdd) => flags.push("nothing_to_add".to_owned()),
            Kind::Request(Request::Slower | Request::Louder) => {
                self.aside(passing.kind, text);
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
                self.drop_turn();
                self.strike(true);
                return true;
            }
            Kind::Question(topic) if topic != Topic::Meaning => {
                self.aside(passing.kind, text);
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

    /// Keeps these words of the turn for the answer, or all of them if words and text do not match.
    pub(super) fn carry_words(&mut self, range: std::ops::Range<usize>) {
        let words = self.turn.words();
        let parted = words.iter().all(|word| word.text.split_whitespace().count() == 1);
        let kept = if parted { words.get(range).unwrap_or(words) } else { words };
        let words = kept.to_vec();
        self.keep_words(words);
    }

    /// Keeps the turn's words for the answer, because the turn's audio is about to be given up.
    pub(super) fn carry(&mut self) {
        self.keep_words(self.turn.words().to_vec());
    }

    /// Keeps what is being said when the connection is lost or somebody pauses, unless it is
    /// certainly no part of an answer.
    pub(super) fn carry_broken_off(&mut self) {
        let text = text_of(self.turn.words());
        let reading = self.reading(&text);
        if self.state.pending.is_some_and(Pending::wants_yes_or_no) {
            self.keep_reply(&reading, &text);
        } else if reading.by != By::Rule || matches!(reading.kind, Kind::Answer | Kind::Unfinished) {
            self.carry();
        }
    }

    /// Keeps what the turn says besides the answer: a request, a question, or words to the
    /// interviewer.
    pub(super) fn keep_beside(&mut self) {
        // Replies to the consent questions are kept as yes or no only.
        if self.state.consent != Some(true) || self.state.phase == Phase::Consent {
            return;
        }
        let words = self.turn.words().iter().filter(|word| !self.state.carried.contains(word));
        let words: Vec<Word> = words.cloned().collect();
        let text = text_of(&words);
        if !text.is_empty() && !self.language.certain.is_back_channel(&text) {
            self.record(Event::SaidBeside { asking: self.state.current, words });
        }
    }

    fn keep_words(&mut self, words: Vec<Word>) {
        if let Some(asking) = self.state.current.filter(|_| self.state.consent == Some(true) && !words.is_empty()) {
            self.record(Event::AnswerBegun { asking, words });
        }
    }
}
