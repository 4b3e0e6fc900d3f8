//! What the words of the turn mean, as soon as it is known.
//!
//! Owns: asking for vectors at each pause, and the reading of the latest one. Never does: act on it.

use super::moment::Heard;
use super::{Interview, Target};
use crate::guide::Question;
use crate::io::{Output, PauseId};
use crate::turn::text_of;
use crate::understanding::read::{self, Reading};
use crate::understanding::{Asked, Kind, Request, relevance};

impl Interview {
    /// The words of a pause are there: they are read, or vectors are asked for.
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

    /// What was said since a moment was asked for in this turn; all of it where none was. Whoever thinks aloud, pauses
    /// and then answers is not to be waited for any longer.
    fn after_a_moment<'t>(&self, text: &'t str) -> &'t str {
        let Some(heard) = &self.heard else { return text };
        let asked_for_one = heard.reading.as_ref().is_some_and(|one| one.kind == Kind::Request(Request::Wait));
        // Where that was over already, it stays over.
        let before =
            if asked_for_one { heard.text.as_str() } else { heard.text.strip_suffix(&heard.rest).unwrap_or("") };
        text.strip_prefix(before.trim_end()).map(str::trim_start).filter(|rest| !rest.is_empty()).unwrap_or(text)
    }

    /// The vectors asked for are there, or will never be.
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

    /// What these words mean: as read at the pause, or else what is certain of them.
    pub(super) fn reading(&self, text: &str) -> Reading {
        let known = self.heard.as_ref().filter(|heard| heard.text == text && heard.asked == self.asked());
        known
            .and_then(|heard| heard.reading.clone())
            .unwrap_or_else(|| read::read(self.language, self.asked(), self.question_at_hand(), text, &[]))
    }

    /// Whether these words, said to a question of ours, answer the guide's.
    pub(super) fn answers_question(&self, text: &str) -> bool {
        let vectors = self.heard.as_ref().filter(|heard| heard.text == text).map_or(&[][..], |heard| &heard.vectors);
        let reading = read::read(self.language, Asked::Question, self.question_at_hand(), text, vectors);
        reading.answer().is_some()
    }

    /// Whether the words of the turn, with what was said before them in this asking, are about something else than the
    /// question.
    pub(super) fn is_off_topic(&self) -> bool {
        let text = text_of(self.turn.words());
        let heard = self.heard.as_ref().filter(|heard| heard.with_question && heard.text == text);
        let vector = heard.and_then(|heard| heard.vectors.last());
        vector.and_then(|vector| self.language.classifier.relevance().off_topic(vector)).is_some_and(relevance::is_off)
    }

    /// What the respondent's words are read in the light of.
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
