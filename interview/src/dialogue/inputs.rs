//! What each input does to the conversation.
//!
//! Owns: the connection and loss of the respondent, what is heard, and commands from outside. Never
//! does: decide what follows, which is done when `handle` settles.

use super::lines::Farewell;
use super::{Floor, Interview, Target};
use crate::io::{
    CallState, Command, EndStatus, Event, Means, Ms, Output, PauseId, Pending, Phase, RepeatReason, Speaker, Transcript,
};
use crate::turn::text_of;

impl Interview {
    pub(super) fn connected(&mut self) {
        self.commit();
        // A new leg may replace a live one.
        if self.turn.is_open() {
            self.carry_broken_off();
            self.take_floor();
        }
        self.turn.reset();
        self.stop_speaking();
        self.utterance = None;
        self.queued = None;
        let leg = self.state.leg.saturating_add(1);
        self.record(Event::LegConnected { leg });
        if leg == 1 {
            self.enter_first();
        } else if self.state.consent.is_some() {
            // The page may be a new one as well.
            self.notify_consent();
            self.show_question();
        }
        let lines = self.scripted_texts().into_iter().map(|text| self.line(text)).collect();
        self.out.push(Output::Prepare { lines, soon: false });
        if self.state.paused {
            self.floor = Floor::Paused;
            self.show(CallState::Paused);
        } else {
            self.take_up();
        }
    }

    fn enter_first(&mut self) {
        self.record(Event::PhaseEntered { phase: Phase::Consent });
    }

    /// Continues from where the interview is, after connecting, a loss, a pause or a restart.
    fn take_up(&mut self) {
        self.floor = Floor::Listening;
        self.waiting.since = self.now;
        // Nobody said what happens to a recording that was stopped, so it is deleted.
        if self.state.recording_unsettled && self.state.pending.is_none() {
            self.settle_recording(false);
        }
        if (self.state.rate, self.state.gain_db) != (1.0, 0.0) {
            self.out.push(Output::AdjustSpeech { rate: self.state.rate, gain_db: self.state.gain_db });
        }
        if self.state.consent == Some(false) {
            return self.close(Farewell::ConsentDeclined);
        }
        if self.state.phase == Phase::Closing {
            let done = self.state.all_required_answered(&self.guide);
            return self.close(if done { Farewell::Done } else { Farewell::Stopped });
        }
        if let Some(pending) = self.state.pending.filter(|pending| pending.wants_yes_or_no()) {
            return self.put_pending(Vec::new(), pending);
        }
        match self.target() {
            Target::Participation => self.ask_consent(false, false),
            Target::Recording => self.ask_consent(true, false),
            Target::Question => self.again(RepeatReason::Resumed, vec![self.lines().asides.go_on.clone()]),
            Target::Nothing => self.ask_next(vec![self.lines().asides.begin.clone()]),
        }
    }

    pub(super) fn speech_started(&mut self, at: Ms) {
        if !self.hears() {
            return;
        }
        self.turn.started(at);
        self.loudness.unknown();
        self.noise.sound(at);
        match self.floor {
            // The answer continues, so what was about to follow it is dropped.
            Floor::Thinking { .. } => {
                self.floor = Floor::Listening;
                self.show(CallState::Listening);
            }
            Floor::Speaking => self.barge_in(),
            _ => {}
        }
    }

    pub(super) fn speech_paused(&mut self, end: Ms) {
        if !self.hears() || !self.turn.is_speaking() {
            return;
        }
        self.overlap_paused();
        self.pause(end);
    }

    /// Notes that the respondent's speech pauses here.
    pub(super) fn pause(&mut self, end: Ms) {
        self.next_pause += 1;
        let pause = self.next_pause;
        self.turn.paused(end, pause);
        self.out.push(Output::Transcribe { pause });
        self.out.push(Output::JudgeTurn { pause });
    }

    pub(super) fn transcribed(&mut self, pause: PauseId, transcript: Transcript) {
        let understood = transcript.words.iter().any(|w| !w.text.trim().is_empty());
        if !self.turn.transcribed(pause, transcript) || !understood {
            return;
        }
        self.noise.words();
        self.understand(pause);
        if self.state.consent == Some(true) {
            let words = self.turn.words();
            let (start, end) = (words.first().map_or(0, |w| w.start_ms), words.last().map_or(0, |w| w.end_ms));
            let text = text_of(words);
            self.caption(Speaker::Respondent, text, false, start, end);
            // Words over a question that is not over yet are no answer to think about.
            let over_us =
                self.utterance.as_ref().is_some_and(|u| u.speech.draft.is_none() && !u.stopping && !u.covers());
            if self.target() == Target::Question && !over_us {
                self.propose_early();
            }
        }
    }

    pub(super) fn peer_lost(&mut self) {
        if matches!(self.floor, Floor::Lost | Floor::Connecting) {
            return;
        }
        self.commit();
        self.record(Event::LegLost { leg: self.state.leg });
        // The respondent may not return to say what happens to the recording, so it is deleted.
        if self.state.recording_unsettled {
            self.settle_pending();
            self.settle_recording(false);
        }
        self.carry_broken_off();
        // The words are carried over, so their audio must be forgotten. Otherwise the same leg
        // would bring them again.
        self.take_floor();
        self.turn.reset();
        // Otherwise the speech would continue into the question that is put again.
        self.stop_speaking();
        self.utterance = None;
        self.queued = None;
        self.floor = Floor::Lost;
        // Nobody is left to hear the farewell.
        if self.state.consent == Some(false) {
            return self.end(EndStatus::Cancelled, Farewell::ConsentDeclined.reason());
        }
        if self.state.phase == Phase::Closing {
            let done = self.state.all_required_answered(&self.guide);
            let status = if done { EndStatus::Completed } else { EndStatus::Cancelled };
            return self.end(status, (!done).then_some("respondent_left"));
        }
        self.show(CallState::Paused);
    }

    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Pause if !self.state.paused && self.state.phase != Phase::Closing => {
                self.commit();
                self.record(Event::Paused { reason: super::state::PAUSE_REQUESTED.to_owned() });
                self.carry_broken_off();
                self.take_floor();
                self.turn.reset();
                self.queued = None;
                self.stop_speaking();
                if !matches!(self.floor, Floor::Lost | Floor::Connecting) {
                    self.floor = Floor::Paused;
                }
                self.show(CallState::Paused);
            }
            Command::Resume if self.state.paused => {
                self.record(Event::Resumed);
                if matches!(self.floor, Floor::Paused) {
                    self.take_up();
                }
            }
            Command::Repeat if matches!(self.floor, Floor::Listening) => self.repeat_on_command(),
            Command::Leave => self.leave(EndStatus::Cancelled, "respondent_left"),
            Command::Cancel => self.leave(EndStatus::Cancelled, "cancelled"),
            Command::StopRecording { delete_so_far, by } => self.stop_recording_on_command(delete_so_far, by),
            Command::Pause | Command::Resume | Command::Repeat => {}
        }
    }

    /// Stops recording on a command of the page or the API. It says what happens to the earlier
    /// recording, so nothing needs to be asked.
    fn stop_recording_on_command(&mut self, delete_so_far: bool, by: Means) {
        if self.state.recording == Some(true) {
            self.stop_recording(by, self.now);
            self.settle_recording(!delete_so_far);
        } else if delete_so_far && self.state.consent.is_some() {
            // Recording is off already. What was recorded before is deleted.
            self.settle_recording(false);
        } else {
            return;
        }
        // It is no longer a question.
        if self.state.pending == Some(Pending::DeleteRecording) {
            self.settle_pending();
            if self.hears() {
                self.stop_speaking();
                self.resume_asking(RepeatReason::Resumed, Vec::new());
            }
        }
    }

    fn repeat_on_command(&mut self) {
        if self.queued.is_some() {
            return;
        }
        if let Some(pending) = self.state.pending.filter(|pending| pending.wants_yes_or_no()) {
            return self.put_pending(Vec::new(), pending);
        }
        match self.target() {
            Target::Participation => self.ask_consent(false, false),
            Target::Recording => self.ask_consent(true, false),
            Target::Question => self.again(RepeatReason::Requested, vec![self.lines().asides.of_course.clone()]),
            Target::Nothing => {}
        }
    }
}
