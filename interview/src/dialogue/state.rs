//! The durable state of an interview, which is exactly what its events say.
//!
//! Owns: applying events. Never does: hold anything that a replay would not restore.

use crate::guide::{Guide, Question};
use crate::io::{AskingId, EndStatus, Event, Ms, Pending, Phase, Response, UtteranceId, Word};
use crate::understanding::AnswerClass;

/// One question or follow-up that was put to the respondent.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    pub id: AskingId,
    /// The guide question. A follow-up has that of its root.
    pub question_id: String,
    pub section: String,
    /// The last full wording.
    pub text: String,
    pub follow_up_of: Option<AskingId>,
    pub asked_ms: Ms,
    /// The time of conversation when it was asked, without pauses, in milliseconds.
    pub active_ms: Ms,
}

/// What a replay of the log restores.
#[derive(Debug, Clone, PartialEq)]
pub struct InterviewState {
    pub phase: Phase,
    pub leg: u32,
    pub started_ms: Option<Ms>,
    /// Since when the call is lost or paused.
    pub idle_since: Option<Ms>,
    pub idle_ms: Ms,
    pub consent: Option<bool>,
    pub recording: Option<bool>,
    pub consent_asked: u32,
    pub recording_asked: u32,
    pub askings: Vec<Asking>,
    /// The asking that waits for its answer.
    pub current: Option<AskingId>,
    /// Words of its answer that were followed by something that the interviewer said.
    pub carried: Vec<Word>,
    /// A question of the interviewer's own within it that waits for its answer.
    pub pending: Option<Pending>,
    pub responses: Vec<Response>,
    /// Names of the sections entered, in order. The last is the current one.
    pub entered: Vec<String>,
    /// The time of conversation when the current section began, in milliseconds.
    pub section_active_ms: Ms,
    /// Section name and reason.
    pub skipped_sections: Vec<(String, String)>,
    /// Question id and reason.
    pub skipped: Vec<(String, String)>,
    /// Condition and section name.
    pub branches: Vec<(String, String)>,
    pub person_requests: u32,
    pub respondent_questions: u32,
    pub concerns: u32,
    /// Recording was stopped, and it is not known yet what happens to what was recorded before.
    pub recording_unsettled: bool,
    /// The factor on the speaking rate.
    pub rate: f32,
    /// The gain of the interviewer's voice, in dB.
    pub gain_db: f32,
    /// The interview is continued another time, at the next joining.
    pub postponed: bool,
    pub not_understood: u32,
    pub paused: bool,
    pub last_utterance: UtteranceId,
    pub ended: Option<(EndStatus, Option<String>)>,
}

impl Default for InterviewState {
    fn default() -> Self {
        Self {
            phase: Phase::Consent,
            leg: 0,
            started_ms: None,
            idle_since: None,
            idle_ms: 0,
            consent: None,
            recording: None,
            consent_asked: 0,
            recording_asked: 0,
            askings: Vec::new(),
            current: None,
            carried: Vec::new(),
            pending: None,
            responses: Vec::new(),
            entered: Vec::new(),
            section_active_ms: 0,
            skipped_sections: Vec::new(),
            skipped: Vec::new(),
            branches: Vec::new(),
            person_requests: 0,
            respondent_questions: 0,
            concerns: 0,
            recording_unsettled: false,
            rate: 1.0,
            gain_db: 0.0,
            postponed: false,
            not_understood: 0,
            paused: false,
            last_utterance: 0,
            ended: None,
        }
    }
}

/// The reason of a pause that somebody asked for.
pub const PAUSE_REQUESTED: &str = "requested";

impl InterviewState {
    /// Applies an event. Nothing else changes the state. `at` is the time of the event on the call
    /// clock.
    pub fn apply(&mut self, at: Ms, event: &Event) {
        match event {
            Event::LegConnected { leg } => {
                self.leg = *leg;
                self.postponed = false;
                self.started_ms.get_or_insert(at);
                if !self.paused {
                    self.run_again(at);
                }
            }
            Event::LegLost { .. } => {
                self.idle_since.get_or_insert(at);
            }
            Event::Paused { reason } => {
                // A pause that was asked for lasts until somebody asks to continue. Any other ends
                // when the respondent is back.
                self.paused |= reason == PAUSE_REQUESTED;
                self.idle_since.get_or_insert(at);
            }
            Event::Resumed => {
                self.paused = false;
                self.run_again(at);
            }
            Event::PhaseEntered { phase } => self.phase = *phase,
            Event::ConsentAsked { recording: false } => self.consent_asked += 1,
            Event::ConsentAsked { recording: true } => self.recording_asked += 1,
            Event::ConsentAnswered { recording: false, given } => self.consent = Some(*given),
            Event::ConsentAnswered { recording: true, given } => self.recording = Some(*given),
            Event::SectionEntered { section } => {
                self.entered.push(section.clone());
                self.section_active_ms = self.active_ms(at);
            }
            Event::SectionSkipped { section, reason } => {
                self.skipped_sections.push((section.clone(), reason.clone()));
            }
            Event::QuestionAsked { asking, question_id, section, text, follow_up_of, .. } => {
                self.current = Some(*asking);
                self.askings.push(Asking {
                    id: *asking,
                    question_id: question_id.clone(),
                    section: section.clone(),
                    text: text.clone(),
                    follow_up_of: *follow_up_of,
                    asked_ms: at,
                    active_ms: self.active_ms(at),
                });
            }
            // A rewording is a new wording of the question. A repetition has the old one.
            Event::QuestionRepeated { asking, text, .. } => {
                if let Some(asking) = self.askings.iter_mut().find(|a| a.id == *asking) {
                    asking.text.clone_from(text);
                }
            }
            Event::QuestionSkipped { question_id, reason, .. } => {
                self.skipped.push((question_id.clone(), reason.clone()));
            }
            Event::Answered { response } => {
                if self.current == Some(response.asking) {
                    self.current = None;
                    self.pending = None;
                    self.carried.clear();
                }
                self.responses.push((**response).clone());
            }
            Event::Said { utterance, .. } => self.last_utterance = self.last_utterance.max(*utterance),
            Event::NotUnderstood { .. } => self.not_understood += 1,
            Event::TurnTimed { .. }
            | Event::ProposalRejected { .. }
            | Event::SaidBeside { .. }
            | Event::RecordingIncomplete { .. } => {}
            Event::PersonRequested => self.person_requests += 1,
            Event::RespondentAsked { .. } => self.respondent_questions += 1,
            Event::ConfirmationAsked { about } => self.pending = Some(*about),
            Event::ConfirmationSettled => self.pending = None,
            Event::ConcernRaised { .. } => self.concerns += 1,
            Event::RecordingWithdrawn { .. } => {
                self.recording = Some(false);
                self.recording_unsettled = true;
            }
            Event::RecordingSettled { .. } => self.recording_unsettled = false,
            Event::AnswerBegun { words, .. } => self.carried.extend_from_slice(words),
            Event::AnswerStruck { asking } => {
                if self.current == Some(*asking) {
                    self.carried.clear();
                }
                if let Some(response) = self.responses.iter_mut().find(|r| r.asking == *asking) {
                    strike(response);
                }
            }
            Event::SpeechAdjusted { rate, gain_db } => (self.rate, self.gain_db) = (*rate, *gain_db),
            // The next joining begins with consent again, or resumes the same asking.
            Event::Postponed { .. } => {
                self.postponed = true;
                self.pending = None;
                (self.consent_asked, self.recording_asked) = (0, 0);
                self.idle_since.get_or_insert(at);
            }
            Event::Branched { condition, target_section } => {
                self.branches.push((condition.clone(), target_section.clone()));
            }
            Event::Ended { status, reason } => {
                self.ended = Some((*status, reason.clone()));
                self.current = None;
                self.pending = None;
            }
        }
    }

    fn run_again(&mut self, at: Ms) {
        if let Some(since) = self.idle_since.take() {
            self.idle_ms += at.saturating_sub(since);
        }
    }

    /// Milliseconds of conversation so far: the time since the call began, without losses and
    /// pauses.
    pub fn active_ms(&self, now: Ms) -> Ms {
        let Some(started) = self.started_ms else { return 0 };
        let idle = self.idle_ms + self.idle_since.map_or(0, |since| now.saturating_sub(since));
        now.saturating_sub(started).saturating_sub(idle)
    }

    pub fn asking(&self, id: AskingId) -> Option<&Asking> {
        self.askings.iter().find(|a| a.id == id)
    }

    pub fn current_asking(&self) -> Option<&Asking> {
        self.current.and_then(|id| self.asking(id))
    }

    pub fn next_asking(&self) -> AskingId {
        self.askings.iter().map(|a| a.id).max().unwrap_or(0) + 1
    }

    pub fn was_asked(&self, question_id: &str) -> bool {
        self.askings.iter().any(|a| a.question_id == question_id)
    }

    pub fn is_settled(&self, question: &Question) -> bool {
        self.was_asked(&question.id) || self.skipped.iter().any(|(id, _)| *id == question.id)
    }

    pub fn follow_ups_of(&self, question_id: &str) -> u32 {
        self.askings.iter().filter(|a| a.question_id == question_id && a.follow_up_of.is_some()).count() as u32
    }

    /// The number of responses in a row, counted back from the last, in which nothing was said.
    pub fn unanswered_in_a_row(&self) -> usize {
        self.responses.iter().rev().take_while(|r| r.flags.iter().any(|f| f == "no_answer")).count()
    }

    /// The number of required questions that were answered or declined, and that of the required
    /// questions on the path. A question that a condition skipped is not on the path.
    pub fn required(&self, guide: &Guide) -> (u32, u32) {
        let off_path = |section: &str, id: &str| {
            self.skipped_sections.iter().any(|(name, _)| name == section)
                || self.skipped.iter().any(|(skipped, reason)| skipped == id && reason.starts_with("condition"))
        };
        let mut answered = 0;
        let mut total = 0;
        for section in &guide.sections {
            for question in section.questions.iter().filter(|q| q.required) {
                let response = self.responses.iter().find(|r| r.question_id == question.id && !r.is_follow_up);
                let done = response.is_some_and(|r| r.flags.iter().all(|f| f != "no_answer"));
                if done || !off_path(&section.section_name, &question.id) {
                    total += 1;
                    answered += u32::from(done);
                }
            }
        }
        (answered, total)
    }

    pub fn all_required_answered(&self, guide: &Guide) -> bool {
        let (answered, total) = self.required(guide);
        answered == total
    }
}

/// Leaves of a withdrawn answer only that it was given.
fn strike(response: &mut Response) {
    response.text.clear();
    response.words.clear();
    response.value = None;
    response.analysis = crate::analysis::Analysis::default();
    response.flags = vec!["struck".to_owned()];
    response.class = AnswerClass::None;
}

/// Events that will be recorded together, and the state to which they lead.
///
/// Decisions are made on a draft, so that an answer can be held open until the next question is
/// well begun.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub state: InterviewState,
    pub events: Vec<Event>,
    at: Ms,
}

impl Draft {
    pub fn new(state: &InterviewState, at: Ms) -> Self {
        Self { state: state.clone(), events: Vec::new(), at }
    }

    pub fn push(&mut self, event: Event) {
        self.state.apply(self.at, &event);
        self.events.push(event);
    }

    pub fn enter(&mut self, phase: Phase) {
        if self.state.phase != phase {
            self.push(Event::PhaseEntered { phase });
        }
    }
}
