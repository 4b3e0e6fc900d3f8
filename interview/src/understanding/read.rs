//! From an utterance to its meaning: certain wordings first, then the classifier, doubt resolved to what does no harm.
//!
//! Owns: the order of these, and the parts of an utterance that mean different things. Never does: carry out anything, or
//! choose how sure is sure enough ([`super::thresholds`] does).
//!
//! In doubt nothing is consent and nothing is a request: at a question of consent doubt is "unclear" (asked again), at
//! any other question it is an answer (kept).

use std::ops::Range;

use super::clauses::{clauses, sentences};
use super::parts;
use super::thresholds::{
    AGAINST, AGAINST_A_CLAUSE, ASKED_BACK, AT_CONSENT, BESIDE, CONCERN, CONTENT, IN_PASSING, PLAIN, SURE, SURE_NOTHING,
    YES, least,
};
use super::value;
use super::whole::is_closed_answer;
use crate::guide::{Expects, Question, QuestionType};
use crate::language::Language;
use crate::language::classifier::{Asked, Layer};
use crate::meaning::{By, Concern, Consent, Kind, Request};

/// What an utterance, or a part of it, means.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub kind: Kind,
    /// 0…1; of a certain wording 1.
    pub probability: f32,
    pub by: By,
    /// The words it rests on, counted from 0 as blanks part them.
    pub words: Range<usize>,
    /// Whether a consent is about recording, though taking part was asked about.
    pub recording: bool,
    /// What else was said in the same breath.
    pub also: Vec<Reading>,
}

impl Reading {
    fn new(kind: Kind, probability: f32, by: By, words: Range<usize>) -> Self {
        Self { kind, probability, by, words, recording: false, also: Vec::new() }
    }

    /// The same where so many words stand before it: they belong to the answer.
    #[must_use]
    pub fn after(mut self, before: usize) -> Self {
        self.words = if self.kind == Kind::Answer { 0 } else { self.words.start + before }..self.words.end + before;
        self.also = self.also.into_iter().map(|one| one.after(before)).collect();
        self
    }

    /// The part of it that answers, if any does.
    pub fn answer(&self) -> Option<&Reading> {
        std::iter::once(self).chain(&self.also).find(|one| one.kind == Kind::Answer)
    }
}

/// The texts whose vectors [`read`] wants.
pub fn texts(asked: Asked, text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    parts(asked, &words).into_iter().map(|range| words[range].join(" ")).collect()
}

/// The whole, its sentences when there are several, and at a question of consent its clauses, too.
fn parts(asked: Asked, words: &[&str]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let finer = if asked.is_question() { Vec::new() } else { clauses(words) };
    for range in std::iter::once(0..words.len()).chain(sentences(words)).chain(finer) {
        if !parts.contains(&range) {
            parts.push(range);
        }
    }
    parts
}

/// What `text` means, said when this was asked. `vectors`: of [`texts`]; without them only what is certain is known.
pub fn read(
    language: &Language,
    asked: Asked,
    question: Option<&Question>,
    text: &str,
    vectors: &[Vec<f32>],
) -> Reading {
    let words: Vec<&str> = text.split_whitespace().collect();
    let reader = Reader { language, asked, question, vectors };
    if asked.is_question() {
        return reader.at_question(&words);
    }
    let reading = reader.at_consent(&words);
    // Within an asking they may go on with their answer instead.
    if asked == Asked::Confirmation && !matches!(reading.kind, Kind::Consent(Consent::Yes | Consent::No)) {
        return Reader { asked: Asked::Question, ..reader }.at_question(&words);
    }
    reading
}

/// What the utterance certainly is, without any vectors: none where the classifier has to be asked.
pub fn certain(language: &Language, asked: Asked, question: Option<&Question>, text: &str) -> Option<Reading> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Reader { language, asked, question, vectors: &[] }.listed(&words, 0..words.len())
}

struct Reader<'a> {
    language: &'a Language,
    asked: Asked,
    question: Option<&'a Question>,
    vectors: &'a [Vec<f32>],
}

impl Reader<'_> {
    fn listed(&self, words: &[&str], range: Range<usize>) -> Option<Reading> {
        let text = words[range.clone()].join(" ");
        let kind = self.language.certain.read(&text, !self.asked.is_question())?;
        let closed = self.question.is_some_and(|question| question.kind != QuestionType::Open);
        // "Right." to a question that wants a yes or a no is one, and "nothing" an answer where there is a choice.
        let answers = matches!(kind, Kind::BackChannel | Kind::Request(Request::NothingToAdd));
        let kind = if closed && answers { Kind::Answer } else { kind };
        Some(Reading::new(kind, 1.0, By::Rule, range))
    }

    /// What the classifier makes of a part.
    fn probabilities(&self, words: &[&str], range: &Range<usize>) -> Option<(&Layer, Vec<f32>)> {
        let place = parts(self.asked, words).iter().position(|part| part == range)?;
        let layer = self.language.classifier.layer(self.asked);
        Some((layer, layer.probabilities(self.asked, self.vectors.get(place)?)?))
    }

    /// The sum of the probabilities of such kinds; 1 where nothing is known.
    fn probability(&self, words: &[&str], range: &Range<usize>, of: fn(&Kind) -> bool) -> f32 {
        self.probabilities(words, range).map_or(1.0, |(layer, probabilities)| {
            layer.kinds.iter().zip(&probabilities).filter(|(kind, _)| of(kind)).map(|(_, p)| p).sum()
        })
    }

    /// The classifier's best guess, and how sure it is.
    fn guessed(&self, words: &[&str], range: Range<usize>) -> Option<Reading> {
        let (layer, probabilities) = self.probabilities(words, &range)?;
        let best = (0..probabilities.len()).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]))?;
        Some(Reading::new(layer.kinds[best], probabilities[best], By::Model, range))
    }

    fn at_consent(&self, words: &[&str]) -> Reading {
        let all = 0..words.len();
        let unclear = |p: f32| Reading::new(Kind::Consent(Consent::Unclear), p, By::Model, all.clone());
        if let Some(listed) = self.listed(words, all.clone()) {
            return listed;
        }
        if let Some(both) = self.without_recording(words) {
            return both;
        }
        // "No, go on" when asked whether to end: whoever begins with a no has not agreed to anything.
        if self.asked == Asked::Confirmation && self.begins_with(Consent::No, words) {
            return Reading::new(Kind::Consent(Consent::No), 1.0, By::Rule, all);
        }
        let Some(guess) = self.guessed(words, all.clone()) else { return unclear(0.0) };
        let text = words.join(" ");
        let asks = text.trim_end().ends_with('?');
        match guess.kind {
            Kind::Consent(Consent::Yes) if asks || self.is_doubtful(words, guess.probability) => {
                unclear(guess.probability)
            }
            // "Leave the recorder off" refuses a recording that has not begun.
            Kind::Request(Request::StopRecording) if self.asked == Asked::Recording => {
                Reading { kind: Kind::Consent(Consent::No), ..guess }
            }
            // "No, I would not like to" is plain, however long it goes on.
            Kind::Consent(Consent::No) if self.begins_with(Consent::No, words) => Reading { probability: 1.0, ..guess },
            Kind::Question(_) if asks && guess.probability >= ASKED_BACK => guess,
            _ if guess.probability < AT_CONSENT => unclear(1.0 - guess.probability),
            _ => guess,
        }
    }

    /// Whether what the classifier takes for a yes is not beyond doubt: a clause of it refuses, or it might be a
    /// refusal, a condition, or a child's.
    fn is_doubtful(&self, words: &[&str], probability: f32) -> bool {
        let clauses = clauses(words);
        let certainly = |range: &Range<usize>| self.language.certain.read(&words[range.clone()].join(" "), true);
        let says = |consent| clauses.iter().any(|clause| certainly(clause) == Some(Kind::Consent(consent)));
        let refusal = |kind: &Kind| *kind == Kind::Consent(Consent::No);
        let against = |kind: &Kind| matches!(kind, Kind::Consent(Consent::No | Consent::Conditional));
        let all = 0..words.len();
        let refused = || {
            says(Consent::No)
                || clauses.iter().any(|clause| self.probability(words, clause, refusal) > AGAINST_A_CLAUSE)
        };
        probability < YES
            || self.probability(words, &all, against) > AGAINST
            || self.probability(words, &all, |kind| matches!(kind, Kind::Concern(_))) > CONCERN
            || probability < PLAIN && refused()
    }

    /// Whether every clause of it is certainly a yes.
    fn agrees(&self, words: &[&str]) -> bool {
        clauses(words)
            .into_iter()
            .all(|range| self.language.certain.read(&words[range].join(" "), true) == Some(Kind::Consent(Consent::Yes)))
    }

    /// Whether its first clause is certainly this.
    fn begins_with(&self, consent: Consent, words: &[&str]) -> bool {
        let head = clauses(words).first().map_or_else(String::new, |range| words[range.clone()].join(" "));
        self.language.certain.read(&head, true) == Some(Kind::Consent(consent))
    }

    /// "Yes, but don't record" answers both questions: a certain yes, then something about recording that refuses.
    fn without_recording(&self, words: &[&str]) -> Option<Reading> {
        if self.asked != Asked::Participation {
            return None;
        }
        let certain = &self.language.certain;
        let end = words.iter().position(|word| word.ends_with([',', '.', ';', '!']))? + 1;
        let (head, tail) = words.split_at_checked(end)?;
        let tail = tail.join(" ");
        let agrees = certain.read(&head.join(" "), true) == Some(Kind::Consent(Consent::Yes));
        if !agrees || !certain.mentions_recording(&tail) || !certain.may_refuse(&tail) || certain.has_condition(&tail) {
            return None;
        }
        let mut reading = Reading::new(Kind::Consent(Consent::Yes), 1.0, By::Rule, 0..end);
        let mut other = Reading::new(Kind::Consent(Consent::No), 1.0, By::Rule, end..words.len());
        other.recording = true;
        reading.also.push(other);
        Some(reading)
    }

    fn at_question(&self, words: &[&str]) -> Reading {
        let all = 0..words.len();
        if let Some(listed) = self.listed(words, all.clone()) {
            return listed;
        }
        let answer = |p: f32| Reading::new(Kind::Answer, p, By::Model, all.clone());
        let Some(guess) = self.guessed(words, all.clone()) else { return answer(0.0) };
        let asks = words.last().is_some_and(|word| word.ends_with('?'));
        let enough = match guess.kind {
            Kind::Question(_) if asks => ASKED_BACK,
            kind => least(kind),
        };
        // "No, I don't think I have" to a question that wants a yes or a no is its answer.
        let sure = match guess.kind {
            Kind::Request(Request::NothingToAdd) | Kind::BackChannel => SURE_NOTHING,
            // "B" is one; "I'd say seven or" goes on.
            Kind::Unfinished if words.len() == 1 => SURE_NOTHING,
            Kind::Request(Request::DontKnow | Request::Decline | Request::Repeat) | Kind::Concern(_) => SURE,
            _ => 0.0,
        };
        let text = words.join(" ");
        let names = |question: &Question| {
            guess.probability < sure && names_value(self.language, question, &text)
                || is_dictated(self.language, question, &text)
                // "My name is Anna", as children begin who tell who is there.
                || guess.probability < sure
                    && question.expects == Some(Expects::Name)
                    && guess.kind == Kind::Concern(Concern::Child)
                // "I have no manager, I work for myself" to a question about the manager.
                || matches!(guess.kind, Kind::Concern(_)) && parts::denies(self.language, &question.text, &text)
        };
        if self.question.is_some_and(names) {
            return answer(1.0);
        }
        let mut reading = if guess.probability >= enough && self.may_be(guess.kind, words) {
            guess
        } else {
            answer(1.0 - guess.probability)
        };
        let sentences = sentences(words);
        if sentences.len() < 2 {
            return reading;
        }
        if reading.kind == Kind::Answer {
            // A wish at the very end of an answer.
            let last = sentences[sentences.len() - 1].clone();
            let passing = self.listed(words, last.clone()).or_else(|| self.guessed(words, last)).filter(|one| {
                one.probability >= IN_PASSING && matches!(one.kind, Kind::Request(_) | Kind::Question(_))
            });
            reading.also.extend(passing);
        } else if !matches!(reading.kind, Kind::Unfinished | Kind::BackChannel) {
            for range in sentences {
                let listed = self.listed(words, range.clone());
                // "My boss is a crook. Please delete that." holds a sentence that is certainly this.
                if listed.as_ref().is_some_and(|one| one.kind == reading.kind) {
                    reading.probability = 1.0;
                }
                let content = range.len() >= CONTENT && listed.is_none();
                let said = content.then(|| self.guessed(words, range.clone())).flatten();
                // In doubt it is content, which is kept.
                let kept = said.filter(|one| match one.kind {
                    Kind::Answer => one.probability >= BESIDE,
                    kind => kind != reading.kind && one.probability < least(kind),
                });
                reading.also.extend(kept.map(|one| Reading { kind: Kind::Answer, ..one }));
            }
        }
        reading
    }

    /// What is longer than such a thing ever is, or tells of another time, is something else.
    fn may_be(&self, kind: Kind, words: &[&str]) -> bool {
        let open = self.question.is_none_or(|question| question.kind == QuestionType::Open);
        match kind {
            // "Yes, that is fine" says something, however little.
            Kind::BackChannel => words.len() <= 5 && open && !self.agrees(words),
            // "None of these."
            Kind::Request(Request::NothingToAdd) => open,
            Kind::Unfinished => words.len() <= 14,
            // "I had to speak to someone at the bank" wants nobody now.
            Kind::Request(
                Request::DontKnow
                | Request::Person
                | Request::Wait
                | Request::Repeat
                | Request::Callback
                | Request::Stop,
            ) => !self.language.certain.tells(&words.join(" ")),
            _ => true,
        }
    }
}

/// Whether the words name what a question that wants a value wants. Any words are a name.
fn names_value(language: &Language, question: &Question, text: &str) -> bool {
    let limited = question.kind != QuestionType::Open || question.expects.is_some_and(|it| it != Expects::Name);
    limited
        && (value::read(language, question, text).is_some()
            || question.kind == QuestionType::Closed && is_closed_answer(text))
}

/// Whether an address or a number is being dictated, which nothing else looks like.
fn is_dictated(language: &Language, question: &Question, text: &str) -> bool {
    matches!(question.expects, Some(Expects::Email | Expects::Phone))
        && (value::read(language, question, text).is_some() || value::is_partial(language, question, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understanding::Topic;

    fn at(asked: Asked, text: &str) -> Kind {
        read(Language::english(), asked, None, text, &[]).kind
    }

    #[test]
    fn without_vectors_only_what_is_certain_is_known() {
        assert_eq!(at(Asked::Participation, "Yes."), Kind::Consent(Consent::Yes));
        assert_eq!(at(Asked::Participation, "Um, sure, go ahead."), Kind::Consent(Consent::Yes));
        assert_eq!(at(Asked::Participation, "No, thank you."), Kind::Consent(Consent::No));
        assert_eq!(at(Asked::Participation, "I'm fine, thanks."), Kind::Consent(Consent::No));
        assert_eq!(at(Asked::Participation, "Okay?"), Kind::Consent(Consent::Unclear));
        assert_eq!(at(Asked::Participation, "The weather is nice."), Kind::Consent(Consent::Unclear));
        assert_eq!(at(Asked::Question, "Could you repeat that, please?"), Kind::Request(Request::Repeat));
        assert_eq!(at(Asked::Question, "Are you a robot?"), Kind::Question(Topic::Robot));
        assert_eq!(at(Asked::Question, "I have to go through three different screens."), Kind::Answer);
        assert_eq!(at(Asked::Question, "Um."), Kind::Unfinished);
        assert_eq!(at(Asked::Question, "Mm-hm."), Kind::BackChannel);
    }

    #[test]
    fn a_yes_without_a_recording_answers_both_questions() {
        let reading = read(Language::english(), Asked::Participation, None, "Yes, but don't record it.", &[]);
        assert_eq!(reading.kind, Kind::Consent(Consent::Yes));
        assert!(reading.also[0].recording && reading.also[0].kind == Kind::Consent(Consent::No));
        assert_eq!(at(Asked::Participation, "Yes, but only if you don't record it."), Kind::Consent(Consent::Unclear));
    }

    #[test]
    fn sentences_are_parted_where_they_end() {
        assert_eq!(texts(Asked::Question, "I use Excel. Sorry, can you speak up?").len(), 3);
        assert_eq!(texts(Asked::Question, "I use Excel"), ["I use Excel"]);
        assert_eq!(texts(Asked::Question, ""), [""]);
        assert_eq!(texts(Asked::Recording, "Well, yes."), ["Well, yes.", "Well,", "yes."]);
    }
}
