//! What the words of the turn mean, as soon as it is known.
//!
//! Owns: asking for vectors at each pause, and the reading of the latest one. Never does: act on it.

use super::{Interview, Target};
use crate::guide::Question;
use crate::io::{Output, PauseId};
use crate::turn::text_of;
use crate::understanding::Asked;
use crate::understanding::read::{self, Reading};

/// The words up to one pause, and what they mean.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pause: PauseId,
    text: String,
    asked: Asked,
    reading: Option<Reading>,
    vectors: Vec<Vec<f32>>,
}

impl Interview {
    /// The words of a pause are there: they are read, or vectors are asked for.
    pub(super) fn understand(&mut self, pause: PauseId) {
        let asked = self.asked();
        let text = text_of(self.turn.words());
        let reading = read::certain(self.language, asked, self.question_at_hand(), &text);
        if reading.is_none() {
            self.turn.awaits_meaning(self.now + self.policy.meaning_wait_ms);
            self.out.push(Output::Embed { pause, texts: read::texts(asked, &text) });
        }
        self.heard = Some(Heard { pause, text, asked, reading, vectors: Vec::new() });
    }

    /// The vectors asked for are there, or will never be.
    pub(super) fn embedded(&mut self, pause: PauseId, vectors: Vec<Vec<f32>>) {
        let Some((text, asked)) =
            self.heard.as_ref().filter(|heard| heard.pause == pause).map(|heard| (heard.text.clone(), heard.asked))
        else {
            return;
        };
        let reading = read::read(self.language, asked, self.question_at_hand(), &text, &vectors);
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
