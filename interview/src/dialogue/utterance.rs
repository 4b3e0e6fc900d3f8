//! One utterance of the interviewer, while it is planned and spoken.
//!
//! Owns: its texts, what it is for, and how much of it was heard. Never does: say it, or stop it
//! (`speaking` and `interrupted` do).

use super::lines::Farewell;
use crate::call::{AskingId, Ms, UtteranceId};
use crate::io::Event;
use crate::turn::overlap::Overlap;

/// A clause ends with one of these and a space.
const CLAUSE_ENDS: &[char] = &['.', '?', '!', ',', ';', ':', '–', '—'];

/// What an utterance is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Consent,
    /// A question, for the first time or again.
    Question,
    /// A question of the interviewer's own within an asking that asks for a yes or a no.
    Confirmation,
    /// A remark that asks for no answer.
    Aside,
    /// The same while what follows an answer is being decided. The answer is held open, and may
    /// continue.
    Cover,
    Goodbye(Farewell),
}

/// Something to say.
#[derive(Debug, Clone)]
pub(super) struct Speech {
    pub texts: Vec<String>,
    pub purpose: Purpose,
    pub asking: Option<AskingId>,
    /// The byte of its text from which it is said. What comes before was heard when it was said
    /// first.
    pub from: usize,
    /// Recorded when the last line is well begun. It is set only if an answer is held open until
    /// then.
    pub draft: Option<Vec<Event>>,
}

impl Speech {
    pub fn new(texts: Vec<String>, purpose: Purpose) -> Self {
        Self { texts, purpose, asking: None, from: 0, draft: None }
    }

    pub fn asking(mut self, asking: AskingId) -> Self {
        self.asking = Some(asking);
        self
    }

    pub fn draft(mut self, events: Vec<Event>) -> Self {
        self.draft = Some(events);
        self
    }

    /// The lines before the last, which are acknowledgements.
    pub fn before(&self) -> String {
        self.texts.split_last().map(|(_, rest)| rest.join(" ")).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        self.texts.join(" ")
    }

    /// The part of it that is said now.
    pub fn rest(&self) -> String {
        self.text().split_off(self.from)
    }

    /// The lines of it that are said now, each with the byte from which it is said.
    pub fn lines(&self) -> impl Iterator<Item = (&String, usize)> {
        let mut begins = 0;
        self.texts.iter().filter_map(move |text| {
            let from = self.from.saturating_sub(begins);
            begins += text.len() + 1;
            (from < text.len()).then_some((text, from))
        })
    }

    /// The share of the last line's words that were heard, 0…1, if `heard` of the part that is said
    /// now was heard.
    pub fn heard_share(&self, heard: &str) -> f32 {
        let count = |text: &str| text.split_whitespace().count();
        let last = self.texts.last().map_or(0, |text| count(text));
        let heard = (count(&self.text()[..self.from]) + count(heard)).saturating_sub(count(&self.before()));
        if last == 0 { 1.0 } else { (heard as f32 / last as f32).min(1.0) }
    }

    /// Whether it is a farewell that is final, so that there is nothing left to answer.
    pub fn is_farewell(&self) -> bool {
        matches!(self.purpose, Purpose::Goodbye(_)) && self.draft.is_none()
    }
}

/// The current utterance.
#[derive(Debug, Clone)]
pub(super) struct Utterance {
    pub id: UtteranceId,
    pub speech: Speech,
    pub started: Option<Ms>,
    pub ducked: bool,
    pub stopping: bool,
    /// Speech over it, until it is known whether it is meant for the interviewer.
    pub overlap: Option<Overlap>,
}

impl Utterance {
    pub fn covers(&self) -> bool {
        self.speech.purpose == Purpose::Cover
    }

    pub fn is_aside(&self) -> bool {
        matches!(self.speech.purpose, Purpose::Aside | Purpose::Cover)
    }
}

/// What the interviewer was saying when it stopped, and how much of it was heard.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    speech: Speech,
    /// The byte of its text up to which it was heard.
    heard: usize,
}

impl Cut {
    /// Returns none where nothing is lost: a farewell, and what is said again anyway.
    pub fn of(utterance: &Utterance, heard: &str) -> Option<Self> {
        let speech = &utterance.speech;
        let matters = matches!(speech.purpose, Purpose::Question | Purpose::Consent | Purpose::Confirmation);
        if !matters || !utterance.stopping || speech.draft.is_some() {
            return None;
        }
        let heard = heard.trim();
        // Words that differ from the text count as unheard.
        let heard = if speech.text()[speech.from..].starts_with(heard) { heard.len() } else { 0 };
        Some(Self { heard: speech.from + heard, speech: speech.clone() })
    }

    /// Returns the same from the beginning of the clause that was being heard, or none if all of it
    /// was heard.
    pub fn rest(self) -> Option<Speech> {
        let text = self.speech.text();
        let mut from = 0;
        let mut end = 0;
        for text in &self.speech.texts {
            let clauses = text.char_indices().filter(|(at, c)| {
                CLAUSE_ENDS.contains(c) && text[at + c.len_utf8()..].starts_with(char::is_whitespace)
            });
            let begins = clauses.map(|(at, c)| end + at + c.len_utf8() + 1);
            from =
                std::iter::once(end).chain(begins).filter(|at| *at <= self.heard + 1).max().unwrap_or(from).max(from);
            end += text.len() + 1;
        }
        (self.heard < text.len() && text.is_char_boundary(from)).then_some(Speech { from, ..self.speech })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(texts: &[&str], heard: &str) -> Option<String> {
        let speech = Speech::new(texts.iter().map(|text| (*text).to_owned()).collect(), Purpose::Question);
        let heard = heard.len();
        Cut { speech, heard }.rest().map(|speech| speech.text().split_off(speech.from))
    }

    #[test]
    fn what_was_cut_off_is_taken_up_at_the_clause_that_was_being_heard() {
        let texts = ["Thank you.", "When you work from home, what is hardest, and why?"];
        let rest = |heard| rest(&texts, heard);
        assert_eq!(rest("Thank"), Some(texts.join(" ")));
        assert_eq!(rest("Thank you."), Some(texts[1].to_owned()));
        assert_eq!(rest("Thank you. When you"), Some(texts[1].to_owned()));
        assert_eq!(rest("Thank you. When you work from home, what is"), Some("what is hardest, and why?".to_owned()));
        assert_eq!(rest("Thank you. When you work from home,"), Some("what is hardest, and why?".to_owned()));
        assert_eq!(rest(&texts.join(" ")), None);
    }

    #[test]
    fn a_number_is_no_clause() {
        assert_eq!(
            rest(&["It costs 1,000.50 pounds, does it?"], "It costs 1,000.50"),
            Some("It costs 1,000.50 pounds, does it?".to_owned())
        );
    }
}
