//! The latencies of one turn of the conversation, step by step.
//!
//! Owns: stamps of the turn in progress. Never does: decide anything by them.

use interview::io::{Ms, TurnTiming};

/// Collects the stamps of the turn in progress; all times on the call clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stopwatch {
    speech_end: Option<Ms>,
    transcribe_asked: Option<Ms>,
    transcribed: Option<Ms>,
    speak: Option<Ms>,
    started: Option<Ms>,
}

impl Stopwatch {
    pub fn speech_ended(&mut self, end: Ms) {
        // A new pause: whatever was measured of an earlier one is void. Noise while we answer is no new turn.
        if self.speak.is_none() {
            *self = Self { speech_end: Some(end), ..Self::default() };
        }
    }

    /// What we began to say was stopped: the respondent goes on.
    pub fn interrupted(&mut self) {
        *self = Self::default();
    }

    /// What we said is over. Where it was no question (consent, say) nobody has asked for its figures: the next turn begins
    /// afresh.
    pub fn said(&mut self) {
        if self.speak.is_some() {
            *self = Self::default();
        }
    }

    /// Whether the respondent has spoken and waits for us.
    pub fn is_running(&self) -> bool {
        self.speech_end.is_some()
    }

    pub fn transcribe_asked(&mut self, now: Ms) {
        if self.speak.is_none() {
            self.transcribe_asked = Some(now);
        }
    }

    pub fn transcribed(&mut self, now: Ms) {
        if self.speak.is_none() {
            self.transcribed = Some(now);
        }
    }

    pub fn speak(&mut self, now: Ms) {
        self.speak.get_or_insert(now);
    }

    pub fn first_packet(&mut self, now: Ms) {
        self.started.get_or_insert(now);
    }

    /// The finished turn, when the question's own first packet is out; none when nobody had spoken before it.
    pub fn question_started(&mut self, now: Ms) -> Option<TurnTiming> {
        let watch = std::mem::take(self);
        let (end, speak) = (watch.speech_end?, watch.speak?);
        // A silence nobody answered had nothing to transcribe.
        let asked = watch.transcribe_asked.unwrap_or(speak).min(speak);
        let transcribed = watch.transcribed.unwrap_or(asked).clamp(asked, speak);
        let started = watch.started.unwrap_or(now);
        Some(TurnTiming {
            speech_end_ms: end,
            endpoint: asked.saturating_sub(end),
            stt: transcribed - asked,
            decide: speak - transcribed,
            tts: started.saturating_sub(speak),
            first_audio: started.saturating_sub(end),
            question_start: now.saturating_sub(end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_add_up() {
        let mut watch = Stopwatch::default();
        watch.speech_ended(1_000);
        watch.transcribe_asked(1_160);
        watch.transcribed(1_400);
        watch.speak(1_412);
        watch.first_packet(1_430);
        // A cough while we answer belongs to no turn.
        watch.speech_ended(1_500);
        watch.transcribe_asked(1_600);
        let timing = watch.question_started(1_900).unwrap();
        assert_eq!((timing.endpoint, timing.stt, timing.decide, timing.tts), (160, 240, 12, 18));
        assert_eq!(timing.endpoint + timing.stt + timing.decide + timing.tts, timing.first_audio);
        assert_eq!((timing.first_audio, timing.question_start), (430, 900));
        assert!(watch.question_started(2_000).is_none(), "one turn is reported once");
    }

    #[test]
    fn what_is_no_question_leaves_nothing_to_the_turn_after_it() {
        let mut watch = Stopwatch::default();
        watch.speech_ended(1_000);
        watch.speak(1_400);
        watch.first_packet(1_420);
        watch.said();
        watch.speech_ended(5_000);
        watch.speak(5_300);
        watch.first_packet(5_320);
        let timing = watch.question_started(6_000).unwrap();
        assert_eq!((timing.speech_end_ms, timing.first_audio, timing.question_start), (5_000, 320, 1_000));
    }
}
