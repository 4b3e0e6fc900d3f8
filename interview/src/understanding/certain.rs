//! Short utterances whose meaning is certain because they are on a list.
//!
//! Owns: matching whole utterances with the lists of `languages/<code>/utterances.toml`, and the
//! words that keep anything else from counting as a yes. Never does: look for a phrase inside a
//! sentence. "I usually have to google it" is not "I have to go".

use crate::language::certain::{Certain, Keeping};
use crate::lexicon as lex;
use crate::meaning::{Consent, Kind, Request};

/// An utterance with more words than this is no mere sign of listening.
const LISTENING_WORDS: usize = 6;

impl Keeping {
    /// Returns the wishes of a clause, in order. True stands for keeping the recording.
    fn wishes(&self, clause: &[String]) -> Vec<bool> {
        let is = |list: &[String], at: usize| {
            list.iter().find_map(|phrase| {
                let words = lex::tokens(phrase);
                clause[at..].starts_with(&words).then_some(words.len())
            })
        };
        let (mut wishes, mut turned, mut at) = (Vec::new(), false, 0);
        while at < clause.len() {
            if let Some(length) = is(&self.not_negations, at) {
                at += length;
                continue;
            }
            turned |= clause[at].ends_with("n't") || is(&self.not, at).is_some();
            let keeps = is(&self.keep, at).is_some();
            if keeps || is(&self.delete, at).is_some() {
                wishes.push(keeps != turned);
            }
            at += 1;
        }
        wishes
    }
}

impl Certain {
    /// Returns the meaning of the whole utterance if it is certain. `consent`: the interviewer
    /// asked for a yes or a no.
    pub fn read(&self, text: &str, consent: bool) -> Option<Kind> {
        let mut tokens = lex::tokens(text);
        let whole = tokens.join(" ");
        while tokens.len() > 1 && self.fillers.contains(&tokens[0]) {
            tokens.remove(0);
        }
        // A "please" at the end asks politely for the same thing.
        if tokens.len() > 2 && tokens.last().is_some_and(|word| word == "please") {
            tokens.pop();
        }
        let said = tokens.join(" ");
        let either = |list: &[String]| list.contains(&whole) || list.contains(&said);
        if consent {
            let found = self.consent.get(&whole).or_else(|| self.consent.get(&said));
            if let Some(found) = found {
                // "Okay?" is a question in return, and "Why not?" is none.
                let asks = text.trim_end().ends_with('?') && self.agreed(&tokens).iter().all(|agreed| !agreed);
                return (!asks || *found == Consent::No).then_some(Kind::Consent(*found));
            }
        }
        if let Some(kind) = self.others.get(&whole).or_else(|| self.others.get(&said)) {
            return fits(*kind, consent).then_some(*kind);
        }
        // After a question of the interviewer, a sign of listening is less certain than during its
        // speech.
        if !consent && either(&self.back_channel) {
            return Some(Kind::BackChannel);
        }
        // Fillers count here, because "so so" is an answer.
        self.unfinished.contains(&whole).then_some(Kind::Unfinished)
    }

    /// Whether the earlier recording is to be kept, where the words say so themselves. Returns none
    /// if they say neither or both, or ask.
    pub fn keeps(&self, text: &str) -> Option<bool> {
        let clauses = text.split([',', '.', ';', '!', '?']);
        let wishes: Vec<bool> = clauses.flat_map(|clause| self.keeping.wishes(&lex::tokens(clause))).collect();
        let first = *wishes.first()?;
        let asks = first && text.trim_end().ends_with('?');
        (!asks && wishes.iter().all(|wish| *wish == first)).then_some(first)
    }

    /// Whether a word keeps the text from being a yes: a word of refusal, doubt or condition,
    /// unless it is part of a wording that agrees, such as "no problem".
    pub fn may_refuse(&self, text: &str) -> bool {
        let tokens = lex::tokens(text);
        let refuses = |word: &String| self.refusing.contains(word) || word.ends_with("n't");
        tokens.iter().zip(self.agreed(&tokens)).any(|(word, agreed)| refuses(word) && !agreed)
    }

    /// Whether the text tells of what is done or was done, and therefore asks for nothing now.
    pub fn tells(&self, text: &str) -> bool {
        let tokens = lex::tokens(text);
        self.telling.iter().any(|phrase| tokens.windows(phrase.len().max(1)).any(|words| words == phrase.as_slice()))
    }

    /// For each word, whether it is part of a wording that agrees.
    fn agreed(&self, tokens: &[String]) -> Vec<bool> {
        let mut agreed = vec![false; tokens.len()];
        for phrase in &self.agreeing {
            for at in 0..tokens.len().saturating_sub(phrase.len().saturating_sub(1)) {
                if tokens[at..].starts_with(phrase) {
                    agreed[at..at + phrase.len()].fill(true);
                }
            }
        }
        agreed
    }

    /// Whether the text is about being recorded.
    pub fn mentions_recording(&self, text: &str) -> bool {
        lex::tokens(text).iter().any(|word| self.recording.contains(word))
    }

    /// Whether the text makes a condition.
    pub fn has_condition(&self, text: &str) -> bool {
        lex::tokens(text).iter().any(|word| self.conditions.contains(word))
    }

    /// Whether the text consists of signs of listening only.
    pub fn is_back_channel(&self, text: &str) -> bool {
        let tokens = lex::tokens(text);
        (1..=LISTENING_WORDS).contains(&tokens.len()) && self.only_listens(&tokens)
    }

    /// The same, or whether it may become one when the last word is complete.
    pub fn begins_back_channel(&self, text: &str) -> bool {
        let tokens = lex::tokens(text);
        let begins = |tokens: &[String]| {
            let said = tokens.join(" ");
            self.back_channel.iter().any(|sign| sign.starts_with(&said))
        };
        tokens.len() <= LISTENING_WORDS
            && (0..=tokens.len()).any(|at| self.only_listens(&tokens[..at]) && begins(&tokens[at..]))
    }

    /// Whether the words are signs of listening, one after the other.
    fn only_listens(&self, tokens: &[String]) -> bool {
        let mut whole = vec![true];
        for end in 1..=tokens.len() {
            let one = (0..end).any(|from| whole[from] && self.back_channel.contains(&tokens[from..end].join(" ")));
            whole.push(one);
        }
        whole[tokens.len()]
    }
}

/// Whether the meaning is possible after such a question. A respondent who declines at a consent
/// question refuses, whatever else the words would mean elsewhere.
fn fits(kind: Kind, consent: bool) -> bool {
    !consent
        || !matches!(kind, Kind::Request(Request::Stop | Request::Decline | Request::NothingToAdd | Request::DontKnow))
}

#[cfg(test)]
mod tests {
    use crate::language::Language;

    #[test]
    fn what_was_recorded_is_kept_only_where_that_is_said() {
        let keeps = |text: &str| Language::english().certain.keeps(text);
        for text in [
            "Keep it.",
            "Yes, keep it.",
            "No, you can keep that.",
            "It can stay.",
            "Please don't delete it.",
            "No need to delete it.",
            "I don't want it to be deleted.",
            "I don't mind, keep it.",
            "Leave it.",
            "Don't delete it, keep it.",
        ] {
            assert_eq!(keeps(text), Some(true), "{text}");
        }
        for text in [
            "Delete it.",
            "No, delete it.",
            "Yes, please erase everything.",
            "I don't want you to keep it.",
            "You may not keep that.",
            "I don't mind if you delete it.",
            "Why don't you just delete it?",
            "I need it gone.",
            "Delete it, don't keep any of it.",
        ] {
            assert_eq!(keeps(text), Some(false), "{text}");
        }
        for text in
            ["Yes.", "No.", "Hm.", "", "Can you keep it?", "Keep it or delete it, I don't care.", "I want to leave."]
        {
            assert_eq!(keeps(text), None, "{text}");
        }
    }
}
