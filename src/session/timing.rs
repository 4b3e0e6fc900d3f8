//! The latencies of one turn of the conversation, step by step.
//!
//! Owns: stamps of the turn in progress. Never does: decide anything by them.

use interview::io::{Ms, TurnTiming};

/// Collects the stamps of the turn in progress; all times on the call clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stopwatch {
    speech_end: Option<Ms>,
    transcribe_asked: Option<Ms>,
    stt: Ms,
    turn_taken: Option<Ms>,
    speak: Option<Ms>,
    started: Option<Ms>,
}

impl Stopwatch {
    pub fn speech_ended(&mut self, end: Ms) {
        // A new pause: whatever was measured of an earlier one is void.
        *self = Self { speech_end: Some(end), ..Self::default() };
    }

    /// Whether the respondent has spoken and waits for us.
    pub fn is_running(&self) -> bool {
        self.speech_end.is_some()
    }

    pub fn transcribe_asked(&mut self, now: Ms) {
        self.transcribe_asked = Some(now);
    }

    pub fn transcribed(&mut self, now: Ms) {
        if let Some(asked) = self.transcribe_asked {
            self.stt = now.saturating_sub(asked);
        }
    }

    pub fn turn_taken(&mut self, now: Ms) {
        self.turn_taken.get_or_insert(now);
    }

    pub fn speak(&mut self, now: Ms) {
        self.speak.get_or_insert(now);
    }

    pub fn first_packet(&mut self, now: Ms) {
        self.started.get_or_insert(now);
    }

    /// The finished turn, when the question's own first packet is out; none when nobody had spoken before it.
    pub fn question_started(&mut self, now: Ms) -> Option<TurnTiming> {
        let (end, taken) = (self.speech_end?, self.turn_taken?);
        let speak = self.speak.unwrap_or(taken);
        let started = self.started.unwrap_or(now);
        let stt = self.stt;
        *self = Self::default();
        Some(TurnTiming {
            speech_end_ms: end,
            endpoint: taken.saturating_sub(end),
            stt,
            decide: speak.saturating_sub(taken),
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
        watch.turn_taken(1_410);
        watch.speak(1_412);
        watch.first_packet(1_430);
        let timing = watch.question_started(1_900).unwrap();
        assert_eq!(timing.stt, 240);
        assert_eq!(timing.endpoint + timing.decide + timing.tts, timing.first_audio);
        assert_eq!((timing.first_audio, timing.question_start), (430, 900));
        assert!(watch.question_started(2_000).is_none(), "one turn is reported once");
    }
}
