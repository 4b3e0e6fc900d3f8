//! The scores of an interview (product contract, section 4), each computed in one place.
//!
//! Owns: the formulas. Never does: compare with thresholds, or raise alerts.
//!
//! A score is `None` while it is undefined, such as a mean over nothing. All scores are 0…1, except
//! the counts in [`Completion`] and `response_latency`, which is in seconds. The
//! `information_density` of one response is [`crate::analysis::density`].
//!
//! **Withheld scores.** Scores that rest on the words (`information_density`, `follow_up_value`,
//! `engagement_score`, and `data_quality_score`, which includes the first) are withheld where
//! `stt_confidence` is below [`LEAST_CONFIDENCE`], because more often than not a recognised word is
//! then not the one that was said. Scores that rest on the course of the conversation are given
//! nevertheless.

use std::collections::HashSet;

use crate::dialogue::state::InterviewState;
use crate::guide::{Guide, QuestionType};
use crate::io::{Event, Ms, Response};
use crate::lexicon;

/// The mean confidence below which words are not trusted. At 0.5 every other token is a guess, and
/// a score of guessed words would look like any other score.
pub const LEAST_CONFIDENCE: f32 = 0.5;

/// The scores that are withheld in that case.
pub const OF_WORDS: [&str; 4] = ["information_density", "follow_up_value", "engagement_score", "data_quality_score"];

/// The required questions on the path, and how many of them were answered or declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    pub answered: u32,
    pub required: u32,
}

/// Every score of one interview at this moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    pub completion_rate: Option<f32>,
    /// The mean over the responses.
    pub information_density: Option<f32>,
    pub clarification_rate: Option<f32>,
    pub follow_up_value: Option<f32>,
    pub stt_confidence: Option<f32>,
    pub stt_error_rate: Option<f32>,
    pub engagement_score: Option<f32>,
    pub data_quality_score: Option<f32>,
    /// In seconds: the mean over the turns that were timed.
    pub response_latency: Option<f32>,
    /// The words are not trusted, so that the scores [`OF_WORDS`] are withheld.
    pub uncertain: bool,
}

impl Scores {
    /// Computes the scores of a log. `median_words` is the median answer length of this guide's
    /// earlier interviews, in words. Without it, the interview is measured against its own median.
    pub fn of<'a>(guide: &Guide, events: impl IntoIterator<Item = (Ms, &'a Event)>, median_words: Option<f32>) -> Self {
        let mut state = InterviewState::default();
        let mut latencies = Vec::new();
        for (at, event) in events {
            if let Event::TurnTimed { timing, .. } = event {
                latencies.push(timing.first_audio);
            }
            state.apply(at, event);
        }
        Self { response_latency: response_latency(&latencies), ..Self::of_state(guide, &state, median_words) }
    }

    /// Computes the scores without the latencies, which the state does not hold.
    pub fn of_state(guide: &Guide, state: &InterviewState, median_words: Option<f32>) -> Self {
        let responses = &state.responses;
        let completion_rate = completion(guide, state).rate();
        let information_density = mean(spoken(responses).map(|r| r.analysis.information_density));
        let clarification_rate = clarification_rate(responses);
        let stt_confidence = stt_confidence(responses);
        let uncertain = stt_confidence.is_some_and(|confidence| confidence < LEAST_CONFIDENCE);
        let trusted = |score: Option<f32>| score.filter(|_| !uncertain);
        Self {
            completion_rate,
            information_density: trusted(information_density),
            clarification_rate,
            follow_up_value: trusted(follow_up_value(responses)),
            stt_confidence,
            stt_error_rate: stt_error_rate(state.not_understood, spoken(responses).count() as u32),
            engagement_score: trusted(engagement_score(guide, responses, median_words)),
            data_quality_score: trusted(data_quality_score(
                completion_rate,
                information_density,
                stt_confidence,
                clarification_rate,
            )),
            response_latency: None,
            uncertain,
        }
    }
}

impl Completion {
    /// `completion_rate`: answered / required. It is undefined when nothing is required.
    ///
    /// ```
    /// use interview::score::Completion;
    /// // Three of four required questions were answered or declined: 0.75
    /// assert_eq!(Completion { answered: 3, required: 4 }.rate(), Some(0.75));
    /// assert_eq!(Completion { answered: 0, required: 0 }.rate(), None);
    /// ```
    pub fn rate(self) -> Option<f32> {
        share(self.answered, self.required)
    }

    /// The projection of `completion_rate` during a call: answered so far / expected after the
    /// elapsed share of the estimated time, at most 1. It is undefined before a quarter of the
    /// time.
    ///
    /// ```
    /// use interview::score::Completion;
    /// // Half of ten minutes is over, so 5 of 10 are expected; 4 are answered: 0.8
    /// let so_far = Completion { answered: 4, required: 10 };
    /// assert_eq!(so_far.projected(300_000, 10), Some(0.8));
    /// assert_eq!(so_far.projected(100_000, 10), None);
    /// ```
    pub fn projected(self, active_ms: Ms, estimated_minutes: u32) -> Option<f32> {
        let elapsed = active_ms as f32 / (f32::from(u16::try_from(estimated_minutes).unwrap_or(u16::MAX)) * 60_000.0);
        if !elapsed.is_finite() || elapsed < 0.25 || self.required == 0 {
            return None;
        }
        Some((self.answered as f32 / (self.required as f32 * elapsed.min(1.0))).min(1.0))
    }
}

/// Counts the required questions on the path. A question that a skip condition left out is not on
/// the path. A question for which there was no time is.
pub fn completion(guide: &Guide, state: &InterviewState) -> Completion {
    let (answered, required) = state.required(guide);
    Completion { answered, required }
}

/// `clarification_rate`: responses that needed a clarifying follow-up or a rewording / responses.
///
/// ```
/// use interview::score::share;
/// // One of four responses needed it: 0.25
/// assert_eq!(share(1, 4), Some(0.25));
/// ```
pub fn clarification_rate(responses: &[Response]) -> Option<f32> {
    let needed = responses.iter().filter(|r| r.requires_clarification).count();
    share(needed as u32, responses.len() as u32)
}

/// `follow_up_value`: the mean share of the content words in a follow-up's answer that are new,
/// compared with the earlier answers to the same question.
///
/// Example: "I have clients." was answered before. The first follow-up's answer, "My clients pay
/// late.", has three content words (clients, pay, late), two of them new: 2/3. The second one,
/// "They pay late.", has two, none of them new: 0. The value is (2/3 + 0) / 2 ≈ 0.33.
pub fn follow_up_value(responses: &[Response]) -> Option<f32> {
    mean(responses.iter().enumerate().filter(|(_, r)| r.is_follow_up && !r.text.is_empty()).map(|(at, follow_up)| {
        let earlier = responses[..at].iter().filter(|r| r.question_id == follow_up.question_id);
        new_share(&follow_up.text, earlier.map(|r| r.text.as_str()))
    }))
}

/// The share of the distinct content words of a text that are in none of the earlier texts, 0…1. It
/// is 0 when the text has none.
///
/// ```
/// use interview::score::new_share;
/// // "clients", "pay", "late": of these, "clients" was said before, so 2 of 3 are new.
/// let share = new_share("My clients pay late.", ["I have clients."]);
/// assert!((share - 2.0 / 3.0).abs() < 1e-6);
/// ```
pub fn new_share<'a>(text: &str, earlier: impl IntoIterator<Item = &'a str>) -> f32 {
    let stems = |text: &str| -> HashSet<String> { lexicon::content(text).iter().map(|w| lexicon::stem(w)).collect() };
    let before: HashSet<String> = earlier.into_iter().flat_map(stems).collect();
    let said = stems(text);
    share(said.difference(&before).count() as u32, said.len() as u32).unwrap_or(0.0)
}

/// `stt_confidence`: the token probability, averaged over the words of each response, then over the
/// responses with words.
///
/// Example: a response of two words (0.9 and 0.7) and one of a single word (0.6) give (0.8 + 0.6) /
/// 2 = 0.7.
pub fn stt_confidence(responses: &[Response]) -> Option<f32> {
    mean(spoken(responses).map(|r| r.analysis.confidence))
}

/// `stt_error_rate`: segments that were rejected by the guards or not understood / segments. A
/// segment is a turn, which either became a response with words or was rejected.
///
/// ```
/// use interview::score::stt_error_rate;
/// // One rejected, nineteen understood: 1 / 20
/// assert_eq!(stt_error_rate(1, 19), Some(0.05));
/// assert_eq!(stt_error_rate(0, 0), None);
/// ```
pub fn stt_error_rate(rejected: u32, understood: u32) -> Option<f32> {
    share(rejected, rejected + understood)
}

/// `engagement_score`: the mean of the answer length against the guide's median (at most 1), 1 −
/// the hesitation share, and the share of open questions that were answered with a density of at
/// least 0.3.
///
/// Each of the first two is a mean over the responses with words, follow-ups included. Without open
/// questions, the third is left out of the mean. Example: lengths of 5 and 30 words against a
/// median of 10 give (0.5 + 1) / 2 = 0.75. A hesitation of 0.1 gives 0.9. One of two open questions
/// was answered with a density of at least 0.3, which gives 0.5. The score is (0.75 + 0.9 + 0.5) /
/// 3 ≈ 0.717.
pub fn engagement_score(guide: &Guide, responses: &[Response], median_words: Option<f32>) -> Option<f32> {
    let mut lengths: Vec<f32> = spoken(responses).map(|r| r.analysis.words as f32).collect();
    lengths.sort_by(f32::total_cmp);
    let median = median_words.filter(|m| *m > 0.0).or_else(|| lengths.get(lengths.len() / 2).copied())?;
    let length = mean(lengths.iter().map(|words| (words / median.max(1.0)).min(1.0)))?;
    let fluency = 1.0 - mean(spoken(responses).map(|r| r.analysis.hesitation))?;
    let is_open = |r: &&Response| guide.questions().any(|(_, q)| q.id == r.question_id && q.kind == QuestionType::Open);
    let dense = mean(
        responses
            .iter()
            .filter(|r| !r.is_follow_up)
            .filter(is_open)
            .map(|r| f32::from(u8::from(r.analysis.information_density >= 0.3))),
    );
    mean([Some(length), Some(fluency), dense].into_iter().flatten())
}

/// `data_quality_score`: 0.3 completion_rate + 0.3 mean information_density + 0.2 mean
/// stt_confidence + 0.2 (1 − clarification_rate).
///
/// ```
/// use interview::score::data_quality_score;
/// // 0.3·1 + 0.3·0.5 + 0.2·0.9 + 0.2·(1 − 0.25) = 0.78
/// let score = data_quality_score(Some(1.0), Some(0.5), Some(0.9), Some(0.25)).unwrap();
/// assert!((score - 0.78).abs() < 1e-6);
/// assert_eq!(data_quality_score(Some(1.0), None, Some(0.9), None), None);
/// ```
pub fn data_quality_score(
    completion_rate: Option<f32>,
    information_density: Option<f32>,
    stt_confidence: Option<f32>,
    clarification_rate: Option<f32>,
) -> Option<f32> {
    Some(
        0.3 * completion_rate? + 0.3 * information_density? + 0.2 * stt_confidence? + 0.2 * (1.0 - clarification_rate?),
    )
}

/// `response_latency` in seconds: the mean time from the respondent's last sample of speech to the
/// first audible sample of the answer. `turns` are in milliseconds. An alert is about the latency
/// of one turn, not about the mean.
///
/// ```
/// use interview::score::response_latency;
/// // Two turns, 0.8 s and 1.2 s: 1.0 s
/// assert_eq!(response_latency(&[800, 1_200]), Some(1.0));
/// assert_eq!(response_latency(&[]), None);
/// ```
pub fn response_latency(turns: &[Ms]) -> Option<f32> {
    mean(turns.iter().map(|turn| *turn as f32 / 1_000.0))
}

/// The double with the same shortest decimal form: 0.7 stays 0.7, as it is stored and compared.
///
/// ```
/// assert!((interview::score::widen(0.7) - 0.7).abs() < f64::EPSILON);
/// ```
pub fn widen(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// `part / whole`. It is undefined when `whole` is 0.
pub fn share(part: u32, whole: u32) -> Option<f32> {
    (whole > 0).then(|| part as f32 / whole as f32)
}

fn spoken(responses: &[Response]) -> impl Iterator<Item = &Response> {
    responses.iter().filter(|r| !r.text.is_empty())
}

fn mean(values: impl IntoIterator<Item = f32>) -> Option<f32> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f32)
}
