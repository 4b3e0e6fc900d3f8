//! The interviewer's voice: saying things, and knowing what was heard.
//!
//! Owns: the current utterance. Never does: decide what is said, or when to stop (`interrupted`
//! does).
//!
//! **No words are lost between an answer and the next question.** What follows an answer is decided
//! on a draft. The `Answered` event is recorded, and the turn's audio is given up, only when the
//! next question is well begun, which is about the end of the acknowledgement before it. Speech
//! before that belongs to the answer: the draft is dropped, and the same turn continues with all
//! its words.

use super::utterance::{Cut, Purpose, Speech, Utterance};
use super::{Floor, Interview};
use crate::io::{CallState, Event, Line, Ms, Notice, Output, Speaker, UtteranceId};

/// The silence that is awaited after speech before the interviewer says something of its own, in
/// milliseconds.
const POLITE_MS: Ms = 500;

impl Interview {
    /// Says something, at once or as soon as the respondent is silent. It is never said over the
    /// respondent, or over the interviewer's own speech.
    pub(super) fn say(&mut self, speech: Speech) {
        if self.utterance.is_some() || self.turn.is_speaking() && !self.noise.is_around() {
            self.queued = Some(speech);
            return;
        }
        self.cut = None;
        self.next_utterance += 1;
        let id = self.next_utterance;
        let lines = speech.lines().map(|(text, from)| Line { from, ..self.line(text.clone()) }).collect();
        let covers = speech.purpose == Purpose::Cover;
        let ahead = self.ahead(&speech);
        self.out.push(Output::Speak { utterance: id, lines, asking: speech.asking, covers, ahead });
        self.utterance = Some(Utterance { id, speech, started: None, ducked: false, stopping: false, overlap: None });
        self.floor = Floor::Speaking;
        // The opening may have to be synthesised first. The page says so until it is heard.
        let opening = id == 1 && self.state.consent.is_none();
        self.show(if opening { CallState::Preparing } else { CallState::Speaking });
    }

    /// Makes a line of a text.
    pub(super) fn line(&self, text: String) -> Line {
        Line { scripted: self.scripted.contains(&text), from: 0, text }
    }

    /// Says what had to wait for the respondent's silence.
    pub(super) fn say_queued(&mut self) -> bool {
        if self.queued_at().is_none_or(|at| self.now < at) {
            return false;
        }
        self.carry();
        if self.turn.is_open() {
            self.take_floor();
        }
        if let Some(speech) = self.queued.take() {
            self.say(speech);
        }
        true
    }

    pub(super) fn queued_at(&self) -> Option<Ms> {
        if self.turn.is_speaking() {
            return None;
        }
        let wait = if self.turn.awaits_transcript() { self.policy.transcript_wait_ms } else { POLITE_MS };
        Some(self.turn.end() + wait)
    }

    pub(super) fn playback_started(&mut self, id: UtteranceId) {
        let Some(utterance) = self.utterance.as_mut().filter(|u| u.id == id && u.started.is_none()) else { return };
        utterance.started = Some(self.now);
        self.show(CallState::Speaking);
        let Some(utterance) = &self.utterance else { return };
        let text = utterance.speech.rest();
        self.caption(Speaker::Interviewer, text, false, self.now, self.now);
        self.commit_if_heard();
    }

    /// Returns when the last line has been heard for so long that speech over it is no part of the
    /// answer before.
    pub(super) fn commit_at(&self) -> Option<Ms> {
        let utterance = self.utterance.as_ref()?;
        utterance.speech.draft.as_ref()?;
        if utterance.overlap.is_some() || utterance.stopping {
            return None;
        }
        let before = utterance.speech.before();
        utterance.started.map(|started| started + self.policy.spoken_ms(&before) + self.policy.held_open_ms)
    }

    pub(super) fn commit_if_heard(&mut self) {
        if self.commit_at().is_some_and(|at| self.now >= at) {
            self.commit();
        }
    }

    /// Makes the answer held open final, and records what was drafted.
    pub(super) fn commit(&mut self) {
        let Some(events) = self.utterance.as_mut().and_then(|u| u.speech.draft.take()) else { return };
        self.drop_turn();
        self.record_all(events);
    }

    pub(super) fn record_all(&mut self, events: Vec<Event>) {
        for event in events {
            if let Event::Answered { response } = &event
                && !response.text.is_empty()
            {
                let (start, end) =
                    (response.words.first().map_or(0, |w| w.start_ms), response.words.last().map_or(0, |w| w.end_ms));
                self.caption(Speaker::Respondent, response.text.clone(), true, start, end);
            }
            let asked = matches!(event, Event::QuestionAsked { .. });
            self.record(event);
            if asked {
                self.question_put();
            }
        }
    }

    pub(super) fn playback_finished(&mut self, id: UtteranceId) {
        if self.utterance.as_ref().is_none_or(|u| u.id != id) {
            return;
        }
        self.commit();
        let Some(utterance) = self.utterance.take() else { return };
        let text = utterance.speech.rest();
        self.asides_heard(&utterance.speech, &utterance.speech.text());
        self.said(&utterance, text, false);
        self.waiting.heard = 1.0;
        self.silent_again(&utterance);
    }

    pub(super) fn playback_stopped(&mut self, id: UtteranceId, heard: String) {
        // The speech was stopped although the interview did not ask for it, because the voice
        // failed. What was decided stands. Otherwise it would be said for ever.
        if self.utterance.as_ref().is_some_and(|u| u.id == id && !u.stopping) {
            self.commit();
        }
        let Some(utterance) = self.utterance.take_if(|u| u.id == id) else { return };
        if utterance.speech.draft.is_none() && !utterance.is_aside() {
            self.waiting.heard = self.waiting.heard.max(utterance.speech.heard_share(&heard));
            self.cut = Cut::of(&utterance, &heard);
        }
        let heard_in_all = format!("{} {heard}", &utterance.speech.text()[..utterance.speech.from]);
        self.asides_heard(&utterance.speech, &heard_in_all);
        self.said(&utterance, heard, true);
        self.silent_again(&utterance);
    }

    fn silent_again(&mut self, utterance: &Utterance) {
        if matches!(self.floor, Floor::Paused | Floor::Lost | Floor::Over) {
            return;
        }
        if let Purpose::Goodbye(farewell) = utterance.speech.purpose
            && utterance.speech.draft.is_none()
        {
            return self.finish(farewell);
        }
        let covered = self.covering.take().filter(|_| utterance.covers() && !utterance.stopping);
        if let Some((response, deadline)) =
            covered.filter(|_| !self.turn.is_speaking() && !self.turn.awaits_transcript())
        {
            self.floor = Floor::Thinking { response, deadline, covered: true };
            return self.show(CallState::Thinking);
        }
        self.floor = Floor::Listening;
        self.waiting.since = self.now;
        if utterance.speech.draft.is_none() && !utterance.is_aside() {
            self.waiting.question_end.get_or_insert(self.now);
        }
        self.show(CallState::Listening);
        if let Some(speech) = self.queued.take() {
            self.say(speech);
        }
    }

    fn said(&mut self, utterance: &Utterance, text: String, interrupted: bool) {
        if text.trim().is_empty() {
            return;
        }
        let (start_ms, end_ms) = (utterance.started.unwrap_or(self.now), self.now);
        self.caption(Speaker::Interviewer, text.clone(), true, start_ms, end_ms);
        // Until consent nothing of the conversation is logged, not even the interviewer's own
        // words.
        if self.state.consent == Some(true) {
            self.record(Event::Said { utterance: utterance.id, text, start_ms, end_ms, interrupted });
        }
    }

    pub(super) fn caption(&mut self, speaker: Speaker, text: String, r#final: bool, start_ms: Ms, end_ms: Ms) {
        self.notify(Notice::Caption { speaker, text, r#final, start_ms, end_ms });
    }
}
