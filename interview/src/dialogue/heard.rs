//! What the words of the turn mean, as soon as it is known.
//!
//! Owns: asking for vectors at each pause, and the reading of the latest pause. Never does: act on
//! it.

use super::moment::Heard;
use super::{Interview, Target};
use crate::guide::Question;
use crate::io::{Output, PauseId};
use crate::turn::text_of;
use crate::understanding::read::{self, Reading};
use crate::understanding::{Asked, Kind, Request, relevance};

impl Interview {
    /// Reads the words of a pause, or asks for their vectors.
    pub(super) fn understand(&mut self, pause: PauseId) {
        let asked = self.asked();
        let text = text_of(self.turn.words());
        let rest = self.after_a_moment(&text).to_owned();
        let reading = read::certain(self.language, asked, self.question_at_hand(), &rest);
        let mut with_question = false;
        if reading.is_none() {
            self.turn.awaits_meaning(self.now + self.policy.meaning_wait_ms);
            let answer = text_of(self.later(&self.words_so_far()));
            let pair =
                self.question_at_hand().filter(|_| asked.is_question()).and_then(|one| relevance::text(one, &answer));
            with_question = pair.is_some();
            self.out.push(Output::Embed { pause, texts: read::texts(asked, &rest).into_iter().chain(pair).collect() });
        }
        let reading = reading.map(|reading| reading.after(words_in(&text) - words_in(&rest)));
        self.heard = Some(Heard { pause, text, rest, asked, reading, vectors: Vec::new(), with_question });
    }

    /// Returns what was said since the respondent asked for a moment in this turn, or everything if
    /// there was no such request. A respondent who thinks aloud, pauses and then answers is no
    /// longer waited for.
    fn after_a_moment<'t>(&self, text: &'t str) -> &'t str {
        let Some(heard) = &self.heard else { return text };
        let asked_for_one = heard.reading.as_ref().is_some_and(|one| one.kind == Kind::Request(Request::Wait));
        // A moment that was over already stays over.
        let before =
            if asked_for_one { heard.text.as_str() } else { heard.text.strip_suffix(&heard.rest).unwrap_or("") };
        text.strip_prefix(before.trim_end()).map(str::trim_start).filter(|rest| !rest.is_empty()).unwrap_or(text)
    }

    /// Takes the vectors. They are empty if they could not be computed.
    pub(super) fn embedded(&mut self, pause: PauseId, vectors: Vec<Vec<f32>>) {
        let Some(heard) = self.heard.as_ref().filter(|heard| heard.pause == pause) else { return };
        let reading = read::read(self.language, heard.asked, self.question_at_hand(), &heard.rest, &vectors);
        let reading = reading.after(words_in(&heard.text) - words_in(&heard.rest));
        if let Some(heard) = &mut self.heard {
            heard.reading = Some(reading);
            heard.vectors = vectors;
        }
        self.turn.meaning_known();
    }

    /// Returns the meaning of these words as it was read at the pause, or else what is certain of
    /// them.
    pub(super) fn reading(&self, text: &str) -> Reading {
        let known = self.heard.as_ref().filter(|heard| heard.text == text && heard.asked == self.asked());
        known
            .and_then(|heard| heard.reading.clone())
            .unwrap_or_else(|| read::read(self.language, self.asked(), self.question_at_hand(), text, &[]))
    }

    /// Whether these words, said in reply to a question of the interviewer's own, answer the
    /// guide's question.
    pub(super) fn answers_question(&self, text: &str) -> bool {
        let vectors = self.heard.as_ref().filter(|heard| heard.text == text).map_or(&[][..], |heard| &heard.vectors);
        let reading = read::read(self.language, Asked::Question, self.question_at_hand(), text, vectors);
        reading.answer().is_some()
    }

    /// Whether the words of the turn, with what was said before in this asking, are about something
    /// else than the question.
    pub(super) fn is_off_topic(&self) -> bool {
        let text = text_of(self.turn.words());
        let heard = self.heard.as_ref().filter(|heard| heard.with_question && heard.text == text);
        let vector = heard.and_then(|heard| heard.vectors.last());
        vector.and_then(|vector| self.language.classifier.relevance().off_topic(vector)).is_some_and(relevance::is_off)
    }

    /// What the respondent's words reply to.
    pub(super) fn asked(&self) -> Asked {
        match (self.state.pending, self.target()) {
            (Some(pending), _) if pending.wants_yes_or_no() => Asked::Confirmation,
            (_, Target::Participation) => Asked::Participation,
            (_, Target::Recording) => Asked::Recording,
            _ => Asked::Question,
        }
    }

    fn question_at_hand(&self) -> Option<&Question> {
        if self.target() != Target::Question {
            return None;
        }
        self.answering().filter(|(_, follow_up)| !follow_up).map(|(question, _)| question)
    }
}

fn words_in(text: &str) -> usize {
    text.split_whitespace().count()
}
