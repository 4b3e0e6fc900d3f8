//! From an utterance to its meaning: certain wordings come first, then the classifier.
//!
//! Owns: the order of these, and utterances whose parts mean different things. Never does: carry
//! out anything, or choose the thresholds ([`super::thresholds`] does).
//!
//! In doubt nothing is consent and nothing is a request. At a consent question doubt is "unclear",
//! and the question is asked again. At any other question it is an answer, which is kept.

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

/// The meaning of an utterance, or of a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub kind: Kind,
    /// 0…1. It is 1 for a certain wording.
    pub probability: f32,
    pub by: By,
    /// The words on which it rests, counted from 0 and separated by blanks.
    pub words: Range<usize>,
    /// The consent is about recording, although taking part was asked about.
    pub recording: bool,
    /// What else the utterance says.
    pub also: Vec<Reading>,
}

impl Reading {
    fn new(kind: Kind, probability: f32, by: By, words: Range<usize>) -> Self {
        Self { kind, probability, by, words, recording: false, also: Vec::new() }
    }

    /// The same reading with this many words before it, which belong to the answer.
    #[must_use]
    pub fn after(mut self, before: usize) -> Self {
        self.words = if self.kind == Kind::Answer { 0 } else { self.words.start + before }..self.words.end + before;
        self.also = self.also.into_iter().map(|one| one.after(before)).collect();
        self
    }

    /// The part of it that answers, if there is one.
    pub fn answer(&self) -> Option<&Reading> {
        std::iter::once(self).chain(&self.also).find(|one| one.kind == Kind::Answer)
    }
}

/// Returns the texts whose vectors [`read`] needs.
pub fn texts(asked: Asked, text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    parts(asked, &words).into_iter().map(|range| words[range].join(" ")).collect()
}

/// Returns the whole utterance, its sentences if there are several, and after a consent question
/// also its clauses.
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

/// Reads the meaning of `text` as a reply to what was asked. `vectors` are those of [`texts`].
/// Without them only certain wordings are known.
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
    // Within an asking, the respondent may continue the answer instead.
    if asked == Asked::Confirmation && !matches!(reading.kind, Kind::Consent(Consent::Yes | Consent::No)) {
        return Reader { asked: Asked::Question, ..reader }.at_question(&words);
    }
    reading
}

/// Reads the utterance without any vectors. Returns none where the classifier has to decide.
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
        // "Right." is a yes to a question that asks for a yes or a no, and "nothing" is an answer
        // where there is a choice.
        let answers = matches!(kind, Kind::BackChannel | Kind::Request(Request::NothingToAdd));
        let kind = if closed && answers { Kind::Answer } else { kind };
        Some(Reading::new(kind, 1.0, By::Rule, range))
    }

    /// The classifier's probabilities for a part.
    fn probabilities(&self, words: &[&str], range: &Range<usize>) -> Option<(&Layer, Vec<f32>)> {
        let place = parts(self.asked, words).iter().position(|part| part == range)?;
        let layer = self.language.classifier.layer(self.asked);
        Some((layer, layer.probabilities(self.asked, self.vectors.get(place)?)?))
    }

    /// The sum of the probabilities of these kinds. It is 1 where nothing is known.
    fn probability(&self, words: &[&str], range: &Range<usize>, of: fn(&Kind) -> bool) -> f32 {
        self.probabilities(words, range).map_or(1.0, |(layer, probabilities)| {
            layer.kinds.iter().zip(&probabilities).filter(|(kind, _)| of(kind)).map(|(_, p)| p).sum()
        })
    }

    /// The classifier's most probable meaning, and its probability.
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
        // Somebody who begins with a no has not agreed: "No, go on", after the question whether to
        // end.
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
            // "No, I would not like to" is clear, however long it continues.
            Kind::Consent(Consent::No) if self.begins_with(Consent::No, words) => Reading { probability: 1.0, ..guess },
            Kind::Question(_) if asks && guess.probability >= ASKED_BACK => guess,
            _ if guess.probability < AT_CONSENT => unclear(1.0 - guess.probability),
            _ => guess,
        }
    }

    /// Whether a yes of the classifier is open to doubt, because a clause of it refuses, or because
    /// it might be a refusal, a condition, or a child's reply.
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

    /// Whether each of its clauses is certainly a yes.
    fn agrees(&self, words: &[&str]) -> bool {
        clauses(words)
            .into_iter()
            .all(|range| self.language.certain.read(&words[range].join(" "), true) == Some(Kind::Consent(Consent::Yes)))
    }

    /// Whether its first clause certainly has this meaning.
    fn begins_with(&self, consent: Consent, words: &[&str]) -> bool {
        let head = clauses(words).first().map_or_else(String::new, |range| words[range.clone()].join(" "));
        self.language.certain.read(&head, true) == Some(Kind::Consent(consent))
    }

    /// "Yes, but don't record" answers both questions: it is a certain yes, followed by a refusal
    /// of recording.
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
        // "No, I don't think I have" is the answer to a question that asks for a yes or a no.
        let sure = match guess.kind {
            Kind::Request(Request::NothingToAdd) | Kind::BackChannel => SURE_NOTHING,
            // "B" is an option, while "I'd say seven or" is unfinished.
            Kind::Unfinished if words.len() == 1 => SURE_NOTHING,
            Kind::Request(Request::DontKnow | Request::Decline | Request::Repeat) | Kind::Concern(_) => SURE,
            _ => 0.0,
        };
        let text = words.join(" ");
        let names = |question: &Question| {
            guess.probability < sure && names_value(self.language, question, &text)
                || is_dictated(self.language, question, &text)
                // "My name is Anna" may be a child's reply, but here it is an answer.
                || guess.probability < sure
                    && question.expects == Some(Expects::Name)
                    && guess.kind == Kind::Concern(Concern::Child)
                // "I have no manager, I work for myself" answers a question about the manager.
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
            // A request at the very end of an answer.
            let last = sentences[sentences.len() - 1].clone();
            let passing = self.listed(words, last.clone()).or_else(|| self.guessed(words, last)).filter(|one| {
                one.probability >= IN_PASSING && matches!(one.kind, Kind::Request(_) | Kind::Question(_))
            });
            reading.also.extend(passing);
        } else if !matches!(reading.kind, Kind::Unfinished | Kind::BackChannel) {
            for range in sentences {
                let listed = self.listed(words, range.clone());
                // "My boss is a crook. Please delete that." has a sentence that is certainly a
                // request.
                if listed.as_ref().is_some_and(|one| one.kind == reading.kind) {
                    reading.probability = 1.0;
                }
                let content = range.len() >= CONTENT && listed.is_none();
                let said = content.then(|| self.guessed(words, range.clone())).flatten();
                // In doubt the words are content, which is kept.
                let kept = said.filter(|one| match one.kind {
                    Kind::Answer => one.probability >= BESIDE,
                    kind => kind != reading.kind && one.probability < least(kind),
                });
                reading.also.extend(kept.map(|one| Reading { kind: Kind::Answer, ..one }));
            }
        }
        reading
    }

    /// Whether the words may have this meaning. They do not if they are longer than any such
    /// utterance, or tell of another time.
    fn may_be(&self, kind: Kind, words: &[&str]) -> bool {
        let open = self.question.is_none_or(|question| question.kind == QuestionType::Open);
        match kind {
            // "Yes, that is fine" says something, however little.
            Kind::BackChannel => words.len() <= 5 && open && !self.agrees(words),
            // "None of these."
            Kind::Request(Request::NothingToAdd) => open,
            Kind::Unfinished => words.len() <= 14,
            // "I had to speak to someone at the bank" is no request for a person.
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

/// Whether the words name the value that the question asks for. Any words may be a name.
fn names_value(language: &Language, question: &Question, text: &str) -> bool {
    let limited = question.kind != QuestionType::Open || question.expects.is_some_and(|it| it != Expects::Name);
    limited
        && (value::read(language, question, text).is_some()
            || question.kind == QuestionType::Closed && is_closed_answer(text))
}

/// Whether an address or a number is being dictated. Nothing else looks like one.
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
