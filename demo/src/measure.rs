//! Measures latency and turn-taking from the capture, without relying on what the engine reports.
//!
//! Owns: latencies, cut-offs and barge-ins, from levels and times alone. The module is pure. Never
//! does: know words.

use serde::Serialize;

use super::capture::{Capture, PACKET_MS, Purpose, Utterance};
use super::envelope::{Envelope, levels};

/// Silence after which sound counts as a new beginning.
const NEW_SOUND_MS: u64 = 200;
/// Silence after which the interviewer counts as stopped.
const STOPPED_MS: u64 = 400;
/// Sound that ends this shortly before the persona's onset, or later, means that the persona
/// interrupts.
const OVERLAP_MS: u64 = 100;
/// The minimum decrease of a ducked voice's level.
const DUCK_DB: f32 = 6.0;
/// The time before the onset over which the voice's normal level is measured.
const BASELINE_MS: u64 = 1_000;
/// The length of a question's beginning that is searched for.
const RECOGNISE_MS: u64 = 2_000;

/// An interruption: the persona speaks while the interviewer is speaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BargeIn {
    /// From the persona's first audible packet to the first of the interviewer's packets from which
    /// on all are at least 6 dB quieter than before.
    pub onset_to_duck_ms: u64,
    /// From the persona's first audible packet to the end of the interviewer's last audible one.
    pub onset_to_stop_ms: u64,
}

/// The measurements of one asking. Times are in ms from the persona's last sample before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// The time to the first audible packet, or `None` if the interviewer was speaking already.
    pub first_audio: Option<u64>,
    /// The time to the first packet of the question itself, or `None` if it was not recognised.
    pub question_start: Option<u64>,
    /// True if the interviewer began to speak before the persona's last sample of its answer.
    pub cut_off: bool,
}

/// Returns the persona's utterances in this asking.
pub fn utterances(capture: &Capture, asking: usize) -> impl Iterator<Item = &Utterance> {
    capture.utterances
        .iter()
        .filter(move |utterance| matches!(utterance.purpose, Purpose::Answer(i) | Purpose::Repeat(i) | Purpose::Aside(i) if i == asking))
}

/// Measures one asking. `question` is the envelope of the question, if it is known.
pub fn timing(capture: &Capture, asking: usize, question: Option<&Envelope>) -> Timing {
    let (from, to) = capture.window(asking);
    // The first answer to this asking ends the search, because a repetition comes after it.
    let until = utterances(capture, asking).map(|utterance| utterance.end_ms).next().unwrap_or(to);
    let speaking_already = capture.between(from.saturating_sub(NEW_SOUND_MS), from).any(super::capture::Heard::audible);
    let audible = |from, to| capture.between(from, to).find(|heard| heard.audible()).map(|heard| heard.arrived_ms);
    let first_audio = if speaking_already { None } else { audible(from, until) };
    let began = question.and_then(|question| {
        let heard = levels(capture.between(from, until).map(|heard| (heard.start_ms, heard.db)), from, until);
        question.beginning(RECOGNISE_MS).find_in(&heard).map(|at| from + at as u64 * PACKET_MS)
    });
    // The search has a grid of packets, so its result may be off by one packet.
    let question_start = began.and_then(|began| audible(began.saturating_sub(PACKET_MS), until));
    Timing {
        first_audio: first_audio.map(|at| at.saturating_sub(from)),
        question_start: question_start.map(|at| at.saturating_sub(from)),
        cut_off: utterances(capture, asking).any(|utterance| is_cut_off(capture, utterance)),
    }
}

/// Returns true if the interviewer began to speak during the utterance. The rest of a sentence that
/// the persona itself interrupted does not count.
fn is_cut_off(capture: &Capture, utterance: &Utterance) -> bool {
    let from = stop_of_interrupted(capture, utterance).unwrap_or(utterance.start_ms);
    let mut last = None::<u64>;
    for heard in capture.between(from.saturating_sub(NEW_SOUND_MS), utterance.end_ms).filter(|heard| heard.audible()) {
        let new = last.is_none_or(|last| heard.start_ms > last + NEW_SOUND_MS);
        if new && heard.start_ms >= from {
            return true;
        }
        last = Some(heard.start_ms);
    }
    false
}

/// Returns when the interviewer stopped speaking, if the persona interrupted it.
fn stop_of_interrupted(capture: &Capture, utterance: &Utterance) -> Option<u64> {
    let onset = utterance.start_ms;
    let mut last = capture
        .between(onset.saturating_sub(OVERLAP_MS), onset + PACKET_MS)
        .filter(|heard| heard.audible())
        .last()?
        .start_ms;
    for heard in capture.between(last, capture.end_ms()).filter(|heard| heard.audible()) {
        if heard.start_ms > last + STOPPED_MS {
            break;
        }
        last = heard.start_ms;
    }
    Some((last + PACKET_MS).max(onset))
}

/// Returns every interruption by the persona.
pub fn barge_ins(capture: &Capture) -> Vec<BargeIn> {
    capture
        .utterances
        .iter()
        .filter_map(|utterance| {
            let onset = utterance.start_ms;
            let stop = stop_of_interrupted(capture, utterance)?;
            let mut before: Vec<f32> = capture
                .between(onset.saturating_sub(BASELINE_MS), onset)
                .filter(|heard| heard.audible())
                .map(|heard| heard.db)
                .collect();
            before.sort_by(f32::total_cmp);
            let loud = before.get(before.len() * 9 / 10).copied().unwrap_or(0.0);
            let last_loud = capture
                .between(onset, stop)
                .filter(|heard| heard.db > loud - DUCK_DB)
                .last()
                .map(|heard| heard.start_ms);
            let duck = last_loud.map_or(onset, |at| at + PACKET_MS).min(stop);
            Some(BargeIn { onset_to_duck_ms: duck - onset, onset_to_stop_ms: stop - onset })
        })
        .collect()
}

/// Returns the `p` quantile (0 to 1) of the values by the nearest-rank method, or `None` if there
/// are no values.
pub fn percentile(values: &[u64], p: f64) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (p * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::super::capture::FLOOR_DB;
    use super::super::capture::tests::{asking, capture_of, utterance};
    use super::super::envelope::tests::speech;
    use super::*;

    /// Returns the levels of `ms` milliseconds of silence.
    fn silence(ms: u64) -> Vec<f32> {
        vec![FLOOR_DB; (ms / PACKET_MS) as usize]
    }

    #[test]
    fn latency_goes_from_the_last_sample_to_the_first_audible_packet_and_to_the_question() {
        let question = speech(5, 120);
        let mut heard = silence(1_400);
        heard.extend(speech(6, 30).levels()); // An acknowledgement of 600 ms,
        heard.extend(silence(200));
        heard.extend(question.levels());
        heard.extend(silence(3_000));
        let mut capture = capture_of(&heard);
        capture.utterances = vec![
            utterance("Yes.", Purpose::Recording, 500, 1_000),
            utterance("Because.", Purpose::Answer(0), 5_500, 6_500),
        ];
        capture.askings = vec![asking("q", None, 1_350)];
        let timing = timing(&capture, 0, Some(&question));
        assert_eq!(timing.first_audio, Some(400));
        let start = timing.question_start.unwrap();
        assert!(start.abs_diff(1_200) <= PACKET_MS, "{start}");
        assert!(!timing.cut_off);
    }

    #[test]
    fn speaking_into_a_pause_is_a_cut_off() {
        let mut heard = silence(1_000);
        heard.extend([-20.0; 50]);
        heard.extend(silence(3_000));
        heard.extend([-20.0; 10]);
        heard.extend(silence(3_000));
        let mut capture = capture_of(&heard);
        capture.askings = vec![asking("q", None, 900)];
        capture.utterances = vec![utterance("Well, yes.", Purpose::Answer(0), 3_000, 6_000)];
        assert!(timing(&capture, 0, None).cut_off);
        capture.utterances[0].end_ms = 4_900;
        assert!(!timing(&capture, 0, None).cut_off);
    }

    #[test]
    fn a_barge_in_is_ducked_and_stopped_and_no_cut_off() {
        let mut heard = vec![-20.0; 100]; // 2 s at full voice,
        heard.extend([-32.0; 15]); // 300 ms ducked,
        heard.extend(silence(4_000));
        let mut capture = capture_of(&heard);
        capture.askings = vec![asking("q", None, 0)];
        capture.utterances = vec![utterance("But.", Purpose::Answer(0), 1_840, 4_000)];
        assert_eq!(barge_ins(&capture), [BargeIn { onset_to_duck_ms: 160, onset_to_stop_ms: 460 }]);
        assert!(!timing(&capture, 0, None).cut_off);
    }

    #[test]
    fn no_barge_in_after_silence() {
        let mut heard = vec![-20.0; 100];
        heard.extend(silence(4_000));
        let mut capture = capture_of(&heard);
        capture.utterances = vec![utterance("Fine.", Purpose::Consent, 2_700, 4_000)];
        assert!(barge_ins(&capture).is_empty());
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values = [40, 10, 30, 20];
        assert_eq!(percentile(&values, 0.5), Some(20));
        assert_eq!(percentile(&values, 0.95), Some(40));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
