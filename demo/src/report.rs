//! The demo's report (product contract, section 10) and its verdict.
//!
//! Owns: joining what the engine stored with what was sent and received. The module is pure:
//! transcription and synthesis are done before. Never does: print, which [`super::render`] does.

use interview::Guide;
use serde::Serialize;
use serde_json::Value;

use super::api_view::{self, Analysis, Rejected, Row};
use super::capture::{Asking, Capture, Purpose};
use super::heard::{FOUND, contains, lost_words, share_found};
use super::measure::{BargeIn, Timing, barge_ins, percentile, utterances};
use super::persona::Persona;
use voice::stt::wer::wer;

/// The end of a question that an interrupting persona talks over, in s, and the interviewer's
/// speaking rate in words/s. What was talked over cannot have been heard.
const INTERRUPTED_S: f32 = 1.6;
const WORDS_PER_S: f32 = 2.5;

/// This many missing words are more than a recognition error, if they are also a large enough part
/// of an answer.
const LOST_WORDS: usize = 3;
const LOST_SHARE: f32 = 0.25;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Question,
    FollowUp,
}

/// The latency of the reply that put this question, in ms. The first two times are measured in the
/// received audio, from the persona's last sample. The others are the engine's own, where it
/// reports them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Latency {
    pub first_audio: Option<u64>,
    pub question_start: Option<u64>,
    pub endpoint: Option<u64>,
    pub stt: Option<u64>,
    pub decide: Option<u64>,
    pub tts: Option<u64>,
}

/// One asking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turn {
    pub kind: Kind,
    pub question_id: String,
    pub follow_up_of: Option<String>,
    pub required: bool,
    pub asked_text: String,
    /// The transcript of the received audio, including acknowledgements before the question.
    pub heard_text: String,
    /// The answer as the engine stored it.
    pub response_text: String,
    /// The answer as the persona spoke it.
    pub truth_text: String,
    /// How often the persona asked for a repetition.
    pub repeats: u32,
    pub latency_ms: Latency,
    /// For a follow-up: why it was asked.
    pub why: Option<String>,
    /// For a follow-up: who worded it, `template` or a model's name.
    pub source: Option<String>,
    pub analysis: Analysis,
    pub cut_off: bool,
}

/// The p50 and the p95 in ms, and the number of turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spread {
    pub p50: Option<u64>,
    pub p95: Option<u64>,
    pub turns: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub first_audio_ms: Spread,
    pub question_start_ms: Spread,
    /// The same for guide questions alone, and for follow-ups alone.
    pub question_first_audio_ms: Spread,
    pub follow_up_first_audio_ms: Spread,
}

/// Whether the demo succeeded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    pub passed: bool,
    /// The reasons for a failure.
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The interview as the API returns it.
    pub interview: Value,
    pub guide: String,
    pub persona: String,
    pub turns: Vec<Turn>,
    pub required_asked_once: bool,
    pub facts_recovered: Vec<String>,
    pub facts_total: usize,
    /// The number of turns in which the engine became audible before the persona's last sample.
    pub cut_offs: usize,
    pub barge_ins: Vec<BargeIn>,
    /// The word error rate of the stored responses over all turns, at least 0, or `None` if nothing
    /// was answered.
    pub wer: Option<f32>,
    /// Paths or URLs.
    pub recording: Option<String>,
    pub transcript: Option<String>,
    /// Follow-ups that a model proposed, and that were rejected.
    pub follow_ups_rejected: Vec<Rejected>,
    pub summary: Summary,
    pub verdict: Verdict,
}

/// Results for one asking that only the caller can determine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    pub heard_text: String,
    pub timing: Timing,
}

/// The input of the report. `found` has one entry for each of `capture.askings`.
pub struct Material<'a> {
    pub guide: &'a Guide,
    pub persona: &'a Persona,
    pub capture: &'a Capture,
    pub interview: Value,
    pub transcript: &'a Value,
    pub found: &'a [Found],
    pub recording: Option<String>,
    pub transcript_at: Option<String>,
    /// The error of the call itself, if there was one.
    pub trouble: Option<String>,
}

/// Returns the row of each asking. Askings and rows are matched in order, and each row is used
/// once.
pub fn rows_of_askings(askings: &[Asking], rows: &[Row]) -> Vec<Option<usize>> {
    let mut taken = vec![false; rows.len()];
    askings
        .iter()
        .map(|asking| {
            let found = rows.iter().enumerate().position(|(i, row)| {
                let same = row.question_id == asking.question_id
                    || (asking.follow_up_of.is_some() && asking.follow_up_of == row.follow_up_of);
                !taken[i] && same && row.is_follow_up == asking.follow_up_of.is_some()
            })?;
            taken[found] = true;
            Some(found)
        })
        .collect()
}

pub fn make(material: Material<'_>) -> Report {
    let Material { guide, persona, capture, transcript, found, .. } = material;
    let rows = api_view::rows(&material.interview, transcript);
    let row_of = rows_of_askings(&capture.askings, &rows);
    let turns: Vec<Turn> = capture
        .askings
        .iter()
        .enumerate()
        .map(|(i, asking)| {
            let row = row_of[i].map(|row| &rows[row]);
            turn(guide, capture, i, asking, row, found.get(i))
        })
        .collect();
    let barge_ins = barge_ins(capture);
    let problems = required_problems(guide, &turns, &rows, capture);
    let mut reasons = Vec::new();
    reasons.extend(material.trouble);
    match api_view::text(&material.interview, "status").as_deref() {
        Some("completed") => {}
        status => {
            let why = api_view::text(&material.interview, "status_reason").map_or(String::new(), |r| format!(" ({r})"));
            reasons
                .push(format!("the interview was not completed: its status is {}{why}", status.unwrap_or("unknown")));
        }
    }
    let required_asked_once = problems.is_empty();
    reasons.extend(problems);
    reasons.extend(words_lost(&turns, capture));
    Report {
        guide: guide.name.clone(),
        persona: persona.name.clone(),
        required_asked_once,
        facts_recovered: persona
            .facts
            .iter()
            .filter(|fact| rows.iter().any(|row| contains(&row.response_text, &fact.text)))
            .map(|fact| fact.id.clone())
            .collect(),
        facts_total: persona.facts.len(),
        cut_offs: turns.iter().filter(|turn| turn.cut_off).count(),
        barge_ins,
        wer: error_rate(&turns),
        recording: material.recording,
        transcript: material.transcript_at,
        follow_ups_rejected: api_view::rejected(&material.interview),
        summary: summary(&turns),
        verdict: Verdict { passed: reasons.is_empty(), reasons },
        interview: material.interview,
        turns,
    }
}

fn turn(
    guide: &Guide,
    capture: &Capture,
    index: usize,
    asking: &Asking,
    row: Option<&Row>,
    found: Option<&Found>,
) -> Turn {
    let question = guide
        .sections
        .iter()
        .flat_map(|section| &section.questions)
        .find(|question| question.id == asking.question_id && asking.follow_up_of.is_none());
    let asked_text =
        row.map(|row| row.question_text.clone()).or_else(|| question.map(|question| question.text.clone()));
    let asked_text = asked_text.unwrap_or_default();
    let Found { heard_text, timing } = found.cloned().unwrap_or_default();
    let engine = row.map(|row| row.engine).unwrap_or_default();
    // The question was not recognised by its sound, but nothing was said before it.
    let question_start = timing.question_start.or_else(|| {
        let beginning: Vec<&str> = asked_text.split_whitespace().take(3).collect();
        let spoken: Vec<&str> = heard_text.split_whitespace().take(3).collect();
        (share_found(&beginning.join(" "), &spoken.join(" ")) >= FOUND).then_some(timing.first_audio).flatten()
    });
    let said = |wanted: fn(&Purpose) -> bool| utterances(capture, index).filter(move |u| wanted(&u.purpose));
    let truth: Vec<&str> = said(|p| matches!(p, Purpose::Answer(_))).map(|u| u.text.as_str()).collect();
    Turn {
        kind: if asking.follow_up_of.is_some() { Kind::FollowUp } else { Kind::Question },
        question_id: asking.question_id.clone(),
        follow_up_of: asking.follow_up_of.clone(),
        required: question.is_some_and(|question| question.required),
        asked_text,
        heard_text,
        response_text: row.map(|row| row.response_text.clone()).unwrap_or_default(),
        truth_text: truth.join(" "),
        repeats: said(|p| matches!(p, Purpose::Repeat(_))).count() as u32,
        latency_ms: Latency {
            first_audio: timing.first_audio,
            question_start,
            endpoint: engine.endpoint,
            stt: engine.stt,
            decide: engine.decide,
            tts: engine.tts,
        },
        why: row.and_then(|row| row.why.clone()),
        source: row.and_then(|row| row.source.clone()),
        analysis: row.map(|row| row.analysis.clone()).unwrap_or_default(),
        cut_off: timing.cut_off,
    }
}

/// Returns what contradicts "every required question was asked once, and heard", according to the
/// stored responses and the received audio.
fn required_problems(guide: &Guide, turns: &[Turn], rows: &[Row], capture: &Capture) -> Vec<String> {
    let mut problems = Vec::new();
    let required = guide.sections.iter().flat_map(|section| &section.questions).filter(|question| question.required);
    for question in required {
        let stored = rows.iter().filter(|row| row.question_id == question.id && !row.is_follow_up).count();
        if stored != 1 {
            problems.push(format!("required question `{}` has {stored} stored responses instead of one", question.id));
        }
        let heard = turns
            .iter()
            .enumerate()
            .filter(|(i, turn)| {
                let interrupted = turn.question_id == question.id && was_interrupted(capture, *i);
                share_found(&question.text, &turn.heard_text) >= needed_share(&question.text, interrupted)
            })
            .count();
        if heard != 1 {
            problems.push(format!("required question `{}` was heard in {heard} askings instead of one", question.id));
        }
    }
    problems
}

/// Returns a message for each answer of which a part is stored neither with its question nor with
/// the next one.
fn words_lost(turns: &[Turn], capture: &Capture) -> Vec<String> {
    let lost = |(index, turn): (usize, &Turn)| {
        let stored = |index: usize| turns.get(index).map_or("", |turn| turn.response_text.as_str());
        let stored = format!("{} {}", stored(index), stored(index + 1));
        utterances(capture, index)
            .filter(|utterance| matches!(utterance.purpose, Purpose::Answer(_)))
            .filter(|utterance| {
                let (missing, all) = lost_words(&utterance.text, &stored);
                let much = missing >= LOST_WORDS && missing as f32 > LOST_SHARE * all as f32;
                much || turn.response_text.trim().is_empty()
            })
            .map(|utterance| format!("words were lost from the answer “{}”: “{}”", utterance.text, turn.response_text))
            .collect::<Vec<_>>()
    };
    turns.iter().enumerate().flat_map(lost).collect()
}

/// Returns the share of the words that must be found. It is smaller if the persona talked over the
/// end.
fn needed_share(text: &str, interrupted: bool) -> f32 {
    let words = text.split_whitespace().count().max(1) as f32;
    let lost = if interrupted { (INTERRUPTED_S * WORDS_PER_S / words).min(0.5) } else { 0.0 };
    FOUND * (1.0 - lost)
}

fn was_interrupted(capture: &Capture, asking: usize) -> bool {
    utterances(capture, asking).any(|utterance| {
        let from = utterance.start_ms.saturating_sub(100);
        capture.between(from, utterance.start_ms).any(super::capture::Heard::audible)
    })
}

/// Returns the number of word errors over all turns divided by the number of words spoken.
fn error_rate(turns: &[Turn]) -> Option<f32> {
    let joined = |text: fn(&Turn) -> &str| turns.iter().map(text).collect::<Vec<_>>().join(" ");
    let truth = joined(|turn| &turn.truth_text);
    let stored = joined(|turn| &turn.response_text);
    (!truth.trim().is_empty()).then(|| wer(&truth, &stored))
}

fn summary(turns: &[Turn]) -> Summary {
    let spread = |wanted: fn(&Turn) -> bool, value: fn(&Latency) -> Option<u64>| {
        let values: Vec<u64> = turns.iter().filter(|t| wanted(t)).filter_map(|t| value(&t.latency_ms)).collect();
        Spread { p50: percentile(&values, 0.5), p95: percentile(&values, 0.95), turns: values.len() }
    };
    Summary {
        first_audio_ms: spread(|_| true, |latency| latency.first_audio),
        question_start_ms: spread(|_| true, |latency| latency.question_start),
        question_first_audio_ms: spread(|turn| turn.kind == Kind::Question, |latency| latency.first_audio),
        follow_up_first_audio_ms: spread(|turn| turn.kind == Kind::FollowUp, |latency| latency.first_audio),
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
