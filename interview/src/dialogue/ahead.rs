//! What will be said next, while something is being said.
//!
//! Owns: the lines that follow the answer to the current speech, the most urgent first, as far as
//! they are known before the answer, and when there is time for anything else. Never does: decide
//! what follows.

use super::selection::{self, Next};
use super::state::Draft;
use super::utterance::{Purpose, Speech};
use super::{Farewell, Floor, Interview, Target, lines};
use crate::followup;

impl Interview {
    /// Whether the respondent speaks, is expected to speak, or waits for what the interviewer says.
    /// Other work of the machine would then make the respondent wait longer.
    pub fn is_attentive(&self) -> bool {
        self.hears() && (self.turn.is_open() || !matches!(self.floor, Floor::Speaking))
    }

    /// Returns the lines that follow the answer to this speech.
    pub(super) fn ahead(&self, speech: &Speech) -> Vec<String> {
        match speech.purpose {
            Purpose::Consent => self.after_consent(),
            Purpose::Question => self.after_question(speech),
            Purpose::Confirmation | Purpose::Aside | Purpose::Cover | Purpose::Goodbye(_) => Vec::new(),
        }
    }

    /// Returns the lines from consent up to the first question. They come before the lines for
    /// respondents who refuse.
    fn after_consent(&self) -> Vec<String> {
        let (consent, asides) = (&self.lines().consent, &self.lines().asides);
        let asks_recording = self.target() == Target::Participation && self.settings.recording;
        let before = asks_recording.then(|| [asides.thanks.clone(), consent.recording.clone()]);
        let mut texts: Vec<String> = before.into_iter().flatten().collect();
        texts.push(asides.begin.clone());
        texts.push(self.next_line(Draft::new(&self.state, self.now)));
        if self.target() == Target::Recording {
            texts.push(consent.not_recorded.clone());
        }
        texts
    }

    /// Returns the next question and the guide's own follow-ups. Others depend on the answer.
    fn after_question(&self, speech: &Speech) -> Vec<String> {
        let Some(asking) = speech.asking else { return Vec::new() };
        let mut draft = Draft::new(&self.state, self.now);
        for event in speech.draft.iter().flatten() {
            draft.push(event.clone());
        }
        let put = draft.state.askings.iter().find(|put| put.id == asking && put.follow_up_of.is_none());
        let question = put.and_then(|put| self.guide.questions().find(|(_, question)| question.id == put.question_id));
        let follow_ups: Vec<String> =
            question.into_iter().flat_map(|(_, question)| followup::scripted_of(question)).collect();
        std::iter::once(self.next_line(draft)).chain(follow_ups).collect()
    }

    /// Returns the next question of the guide, or the farewell.
    fn next_line(&self, mut draft: Draft) -> String {
        match selection::next(&self.guide, self.budget(), &mut draft, self.now) {
            Next::Ask(section, question) => {
                lines::question(self.lines(), &self.guide.sections[section].questions[question])
            }
            Next::AllAsked => Farewell::Done.text(self.lines()).to_owned(),
            Next::TimeUp => Farewell::TimeUp.text(self.lines()).to_owned(),
        }
    }
}
