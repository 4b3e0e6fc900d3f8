//! Requests and questions besides the answer, and what the interviewer says about them.
//!
//! Owns: carrying each of them out once, however the respondent continues. Never does: decide what
//! is said after that.
//!
//! A respondent who goes on speaking before the interviewer's reply was heard either repeats the
//! request or continues the answer. Neither makes it a second request, and a reply that was not
//! heard is said with whatever comes next.

use super::Interview;
use super::lines;
use super::moment::Aside;
use super::utterance::Speech;
use crate::io::{Event, Output, RepeatReason};
use crate::language::lines::fill;
use crate::understanding::{Kind, Request, Topic};

/// Each "slower" multiplies the speaking rate by this, down to [`SLOWEST`].
const SLOWER: f32 = 0.85;
const SLOWEST: f32 = 0.6;
/// Each "louder" adds this many dB, up to [`LOUDEST`].
const LOUDER: f32 = 4.0;
const LOUDEST: f32 = 12.0;

impl Interview {
    /// Whether it was carried out in this turn, or before the reply was heard.
    pub(super) fn is_met(&self, kind: Kind) -> bool {
        self.waiting.asides.iter().any(|aside| aside.kind == kind)
    }

    /// Carries out what is asked for, unless it was done before. Returns the reply.
    pub(super) fn aside(&mut self, kind: Kind, text: &str) -> Vec<String> {
        if let Some(met) = self.waiting.asides.iter().find(|aside| aside.kind == kind) {
            return met.words.clone();
        }
        let words = match kind {
            Kind::Request(Request::Slower) => vec![self.adjust(true)],
            Kind::Request(Request::Louder) => vec![self.adjust(false)],
            Kind::Request(Request::Person) => self.note_person(),
            Kind::Request(Request::Delete) => vec![self.strike_earlier()],
            Kind::Question(topic) => vec![self.answer_respondent(topic, text)],
            _ => return Vec::new(),
        };
        self.met_with(kind, words)
    }

    /// Notes that it was carried out, with this reply.
    pub(super) fn met_with(&mut self, kind: Kind, words: Vec<String>) -> Vec<String> {
        self.waiting.asides.retain(|aside| aside.kind != kind);
        self.waiting.asides.push(Aside { kind, words: words.clone(), said: false });
        words
    }

    /// Puts replies that were not heard yet before these texts.
    pub(super) fn with_unsaid(&self, texts: Vec<String>) -> Vec<String> {
        let unsaid = self.unsaid().into_iter().filter(|word| !texts.contains(word));
        unsaid.collect::<Vec<_>>().into_iter().chain(texts).collect()
    }

    /// Replies that were not heard yet.
    pub(super) fn unsaid(&self) -> Vec<String> {
        self.waiting.asides.iter().filter(|aside| !aside.said).flat_map(|aside| aside.words.clone()).collect()
    }

    /// Notes which replies were heard with this part of the speech.
    pub(super) fn asides_heard(&mut self, speech: &Speech, heard: &str) {
        let heard = heard.split_whitespace().count();
        let mut spoken = 0;
        for text in &speech.texts {
            spoken += text.split_whitespace().count();
            for aside in self.waiting.asides.iter_mut().filter(|aside| aside.words.last() == Some(text)) {
                aside.said |= spoken <= heard;
            }
        }
    }

    /// Makes the interviewer speak more slowly, or louder, from here on.
    fn adjust(&mut self, slower: bool) -> String {
        let (mut rate, mut gain_db) = (self.state.rate, self.state.gain_db);
        if slower {
            rate = (rate * SLOWER).max(SLOWEST);
        } else {
            gain_db = (gain_db + LOUDER).min(LOUDEST);
        }
        self.record(Event::SpeechAdjusted { rate, gain_db });
        self.out.push(Output::AdjustSpeech { rate, gain_db });
        let asides = &self.lines().asides;
        if slower { asides.slower.clone() } else { asides.louder.clone() }
    }

    fn note_person(&mut self) -> Vec<String> {
        // Before consent, only the request itself is known.
        self.record(Event::PersonRequested);
        let contact = self.guide.answers_to_respondents.contact.clone();
        [self.lines().asides.person.clone()].into_iter().chain(contact).collect()
    }

    fn strike_earlier(&mut self) -> String {
        let earlier = self.state.responses.iter().rev().find(|r| !r.text.is_empty()).map(|r| r.asking);
        let asides = &self.lines().asides;
        match earlier {
            Some(asking) => {
                self.record(Event::AnswerStruck { asking });
                asides.struck.clone()
            }
            None => asides.nothing_to_strike.clone(),
        }
    }

    /// Says the question in other words, from what the guide says about it, or else more slowly.
    pub(super) fn explain(&mut self) {
        self.record(Event::RespondentAsked { topic: Topic::Meaning, answered: true, text: None });
        let context = self.answering().and_then(|(question, _)| question.context.clone());
        if let Some(context) = context {
            return self.again(RepeatReason::Reworded, vec![context]);
        }
        let reworded =
            self.answering().filter(|(_, follow_up)| !follow_up).map(|(q, _)| lines::reworded(self.lines(), q));
        let differs = reworded.filter(|text| self.state.current_asking().is_some_and(|a| a.text != *text));
        if differs.is_some() {
            return self.reword();
        }
        let (rate, gain_db) = (self.state.rate, self.state.gain_db);
        self.out.push(Output::AdjustSpeech { rate: (rate * SLOWER).max(SLOWEST), gain_db });
        self.again(RepeatReason::Reworded, vec![self.lines().asides.again.clone()]);
        self.out.push(Output::AdjustSpeech { rate, gain_db });
    }

    /// Answers a question of the respondent's. If there is no answer, the question is noted for the
    /// people who run the study.
    fn answer_respondent(&mut self, topic: Topic, text: &str) -> String {
        let own = &self.guide.answers_to_respondents;
        let lines = &self.lines().answers;
        let (study, aim) = (lines::study(&self.guide), lines::aim(&self.guide));
        let of_study = |line: &str| fill(line, &[("study", study), ("aim", aim)]);
        let minutes = self.guide.estimated_duration_minutes;
        let known = match topic {
            Topic::Identity => Some(own.identity.clone().unwrap_or_else(|| of_study(&lines.identity))),
            Topic::Robot => Some(lines.robot.clone()),
            Topic::Sponsor => own.sponsor.clone(),
            Topic::Purpose => Some(own.purpose.clone().unwrap_or_else(|| of_study(&lines.purpose))),
            Topic::Duration => {
                let line = if minutes == 1 { &lines.duration_one } else { &lines.duration_many };
                Some(fill(line, &[("minutes", &minutes.to_string())]))
            }
            Topic::Remaining => Some(self.remaining()),
            Topic::Privacy => Some(own.privacy.clone().unwrap_or_else(|| lines.privacy.clone())),
            Topic::Recorded => Some(match self.state.recording {
                Some(true) => lines.recorded_yes.clone(),
                None if self.settings.recording && self.state.phase == crate::io::Phase::Consent => {
                    lines.recorded_later.clone()
                }
                _ => lines.recorded_no.clone(),
            }),
            Topic::Incentive => own.incentive.clone(),
            Topic::Contact => own.contact.clone(),
            // Outside a question, only the purpose of the call can be explained.
            Topic::Meaning => Some(own.purpose.clone().unwrap_or_else(|| of_study(&lines.purpose))),
            Topic::Source | Topic::Other => None,
        };
        let unknown = match topic {
            Topic::Sponsor => &lines.sponsor,
            Topic::Source => &lines.source,
            Topic::Incentive => &lines.incentive,
            Topic::Contact => &lines.contact,
            _ => &lines.other,
        };
        let said = known.clone().unwrap_or_else(|| format!("{unknown} {}", lines.noted));
        let answered = known.is_some();
        let noted = !answered && self.state.consent == Some(true) && !text.is_empty();
        self.record(Event::RespondentAsked { topic, answered, text: noted.then(|| text.to_owned()) });
        said
    }

    fn remaining(&self) -> String {
        let lines = &self.lines().answers;
        let open = self.guide.questions().filter(|(_, q)| !self.state.is_settled(q)).count();
        match open {
            0 => lines.remaining_none.clone(),
            1 => lines.remaining_one.clone(),
            open => fill(&lines.remaining_many, &[("questions", &open.to_string())]),
        }
    }
}
