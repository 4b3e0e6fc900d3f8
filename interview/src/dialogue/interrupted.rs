//! Speech over the interviewer's: giving way, continuing, and resuming what was cut off without a
//! reason.
//!
//! Owns: what is done about an overlap, and the rest of what was cut off. Never does: weigh an
//! overlap by itself (`turn::overlap` does), or read an answer.
//!
//! The interviewer is quieter from the first sound on, stops when the sound turns out to be words
//! for it, and otherwise returns to full volume. If it was stopped without a reason, it resumes
//! with the clause in which it stopped.

use super::utterance::{Cut, Purpose, Utterance};
use super::{Interview, Target};
use crate::io::{Event, Ms, Output, PauseId, Rejection, Transcript, Word};
use crate::turn::overlap::{Overlap, Sign, Step};
use crate::turn::text_of;

impl Interview {
    /// Handles speech that begins while the interviewer speaks or is about to.
    pub(super) fn barge_in(&mut self) {
        let noisy = self.noise.is_around();
        let (now, onset) = (self.now, self.turn.onset());
        let Some(utterance) = self.utterance.as_mut().filter(|u| !u.stopping) else { return };
        // Nothing was heard yet, so nothing is lost by giving way at once.
        if utterance.started.is_none() && !noisy && !matches!(utterance.speech.purpose, Purpose::Goodbye(_)) {
            utterance.stopping = true;
            self.out.push(Output::StopSpeaking);
            return;
        }
        let began = onset.max(utterance.started.unwrap_or(now));
        match &mut utterance.overlap {
            Some(overlap) => overlap.again(began),
            none => *none = Some(Overlap::new(began)),
        }
        // Sound that never stops would keep the interviewer quiet for good.
        if !utterance.ducked && !noisy {
            utterance.ducked = true;
            self.out.push(Output::Duck);
        }
    }

    /// Returns what to do about the speech over the interviewer's.
    fn overlap_step(&self) -> Option<Step> {
        let utterance = self.utterance.as_ref().filter(|u| !u.stopping && !u.speech.is_farewell())?;
        let overlap = utterance.overlap.filter(|_| self.turn.is_speaking())?;
        if !self.goes_on(utterance) || self.noise.is_around() {
            return Some(overlap.next(&self.policy.overlap, self.now, self.is_for_somebody_else()));
        }
        let started = utterance.started.unwrap_or(0);
        let at = self.turn.onset().max(started) + self.policy.resume_ms;
        Some(if self.now >= at { Step::Stop } else { Step::Wait(at) })
    }

    /// Whether the answer continues. Before the question itself has begun, nothing is lost by
    /// giving way soon.
    fn goes_on(&self, utterance: &Utterance) -> bool {
        let started = utterance.started.unwrap_or(0);
        utterance.covers()
            || utterance.speech.draft.is_some()
                && self.turn.onset() < started + self.policy.spoken_ms(&utterance.speech.before())
    }

    /// Returns when there is something to do about it, at the latest.
    pub(super) fn overlap_at(&self) -> Option<Ms> {
        self.overlap_step().map(|step| if let Step::Wait(at) = step { at } else { self.now })
    }

    pub(super) fn weigh_overlap(&mut self) {
        match self.overlap_step() {
            Some(Step::Stop) => self.stop_speaking(),
            Some(Step::Rise) => {
                if let Some(overlap) = self.utterance.as_mut().and_then(|u| u.overlap.as_mut()) {
                    overlap.rises();
                }
                self.rise();
            }
            Some(Step::Look) => {
                self.next_pause += 1;
                let look = self.next_pause;
                if let Some(overlap) = self.utterance.as_mut().and_then(|u| u.overlap.as_mut()) {
                    overlap.looks(look, self.now);
                }
                self.out.push(Output::TranscribeSoFar { look });
            }
            Some(Step::Wait(_)) | None => {}
        }
    }

    /// Takes what has been said so far while the speech continues.
    pub(super) fn transcribed_so_far(&mut self, look: PauseId, transcript: Transcript) {
        let from = self.utterance.as_ref().map_or(0, |utterance| self.held_words(utterance, &transcript.words));
        if let Some(overlap) = self.utterance.as_mut().and_then(|u| u.overlap.as_mut())
            && overlap.look == Some(look)
        {
            if transcript.rejected == Some(Rejection::Failed) {
                overlap.saw_nothing(look);
            } else {
                overlap.saw(look, Sign::of(self.language, &self.policy.overlap, &transcript.words[from..]));
            }
            return;
        }
        self.noise_heard(look, transcript);
    }

    /// Returns how many of the turn's words were there before the interviewer spoke, which are
    /// those of an answer held open.
    fn held_words(&self, utterance: &Utterance, words: &[Word]) -> usize {
        let holds = |events: &Vec<Event>| events.iter().any(|event| matches!(event, Event::Answered { .. }));
        let held = utterance.covers() || utterance.speech.draft.as_ref().is_some_and(holds);
        if held { self.waiting.held.min(words.len()) } else { 0 }
    }

    pub(super) fn stop_speaking(&mut self) {
        if let Some(utterance) = self.utterance.as_mut().filter(|u| !u.stopping) {
            utterance.stopping = true;
            self.out.push(Output::StopSpeaking);
        }
    }

    fn rise(&mut self) {
        if let Some(utterance) = self.utterance.as_mut()
            && std::mem::take(&mut utterance.ducked)
        {
            self.out.push(Output::Unduck);
        }
    }

    /// Handles a pause of the speech. If it sounded like nothing, it need not be transcribed first.
    pub(super) fn overlap_paused(&mut self) {
        let overlap = self.utterance.as_ref().filter(|u| !u.stopping).and_then(|u| u.overlap);
        if overlap.is_some_and(|overlap| matches!(overlap.sign(), Some(Sign::Listening | Sign::Wordless))) {
            self.rise();
        }
    }

    /// Judges the speech, once its words, or their absence, are known.
    pub(super) fn judge_overlap(&mut self) {
        let Some(utterance) = self.utterance.as_ref().filter(|u| !u.stopping && u.overlap.is_some()) else {
            return;
        };
        if self.turn.is_speaking() || self.turn.awaits_transcript() {
            return;
        }
        // The turn may still hold the words of the answer. Only words beyond those count.
        let words = &self.turn.words()[self.held_words(utterance, self.turn.words())..];
        let share = self.spoken_share(utterance);
        let aside = self.is_for_somebody_else()
            && share < self.policy.practically_over
            && Sign::of(self.language, &self.policy.overlap, words) != Sign::Request;
        let meant = self.policy.takes_the_floor(self.language, &text_of(words), share) && !aside;
        if meant && !utterance.speech.is_farewell() {
            self.stop_speaking();
            return;
        }
        let held_open = utterance.speech.draft.is_some() || utterance.covers();
        if let Some(utterance) = self.utterance.as_mut() {
            utterance.overlap = None;
        }
        self.rise();
        if !held_open {
            self.take_floor();
        }
    }

    /// Returns about which share of the last line has been spoken by now, 0…1.
    fn spoken_share(&self, utterance: &Utterance) -> f32 {
        let Some(started) = utterance.started else { return 0.0 };
        let speech = &utterance.speech;
        let spoken = self.policy.spoken_ms(&speech.text()[..speech.from]) + self.now.saturating_sub(started);
        let before = self.policy.spoken_ms(&speech.before());
        let last = speech.texts.last().map_or(1, |text| self.policy.spoken_ms(text).max(1));
        (spoken.saturating_sub(before) as f32 / last as f32).min(1.0)
    }

    /// Whether the speech is so much quieter than this respondent's answers that it is meant for
    /// somebody else in the room.
    fn is_for_somebody_else(&self) -> bool {
        self.loudness.is_below_usual(self.policy.overlap.aside_db)
    }

    // --- Stopped for nothing ----------------------------------------------------------------------------------

    /// Resumes what was cut off if the speech over it turns out to mean nothing.
    pub(super) fn go_on_after_nothing(&mut self) -> bool {
        if self.cut.is_none() || self.turn.is_speaking() || self.turn.awaits_transcript() {
            return false;
        }
        let text = text_of(self.turn.words());
        let aside = self.is_for_somebody_else()
            && Sign::of(self.language, &self.policy.overlap, self.turn.words()) != Sign::Request;
        let nothing = !text.is_empty() && (self.language.certain.is_back_channel(&text) || aside);
        let unheard = match self.target() {
            Target::Participation | Target::Recording => {
                self.waiting.heard < self.policy.heard_share && self.waiting.resumed < 2
            }
            _ => self.was_not_heard(&text),
        };
        nothing && unheard && self.take_up_cut()
    }

    /// Says the rest of what was cut off. Returns false if there is none.
    pub(super) fn take_up_cut(&mut self) -> bool {
        let Some(speech) = self.cut.take().and_then(Cut::rest) else { return false };
        self.waiting.resumed += 1;
        self.waiting.question_end = None;
        self.take_floor();
        self.say(speech);
        true
    }
}
