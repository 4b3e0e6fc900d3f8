//! The events of an interview, and what they hold.
//!
//! Owns: the names and fields that the event log keeps for years. Never does: know how they are
//! stored.

use serde::{Deserialize, Serialize};

use super::{Endpointing, Means, Postponement, RecordingFault, TurnTiming, Unfit};
use crate::analysis::Analysis;
use crate::analysis::contradiction::Earlier;
use crate::call::{AskingId, Ms, Rejection, UtteranceId, Word};
use crate::meaning::{AnswerClass, Concern, Topic, When};

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Consent,
    Introduction,
    MainInterview,
    FollowUps,
    Closing,
    Completed,
}

/// How an interview ended. The contract's other statuses are set outside the call.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndStatus {
    Completed,
    Cancelled,
    Failed,
    /// The respondent did not come, so that the call never began.
    NoShow,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatReason {
    /// The respondent asked for it.
    Requested,
    /// The question was misunderstood, or the answer fits no option.
    Reworded,
    /// The question was taken up again after an interruption or a lost connection.
    Resumed,
}

/// A finished answer to an asking, as it is stored in `interview_responses`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub asking: AskingId,
    pub question_id: String,
    pub section: String,
    /// The last full wording of what was asked.
    pub question_text: String,
    /// Empty when nothing was said.
    pub text: String,
    pub words: Vec<Word>,
    pub asked_ms: Ms,
    pub answered_ms: Ms,
    /// From the end of the question to the respondent's first word, in milliseconds.
    pub response_time_ms: Ms,
    pub is_follow_up: bool,
    /// The asking to which this is a follow-up.
    pub parent: Option<AskingId>,
    pub analysis: Analysis,
    /// `declined`, `dont_know`, `no_answer`, `cut_short`, `out_of_options`, …
    pub flags: Vec<String>,
    /// The value that the answer names, in the form that the question expects. An open answer has
    /// none.
    #[serde(default)]
    pub value: Option<serde_json::Value>,
    #[serde(default)]
    pub class: AnswerClass,
    pub is_complete: bool,
    pub requires_clarification: bool,
    pub endpointing: Endpointing,
}

impl<'a> From<&'a Response> for Earlier<'a> {
    fn from(response: &'a Response) -> Self {
        Self { asking: response.asking, text: &response.text, words: &response.words }
    }
}

/// A question of the interviewer's own within an asking. The asking goes on after its answer.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// "Shall I end the call?", after a refusal that was not clear.
    EndCall,
    /// "You would take part, but without a recording: is that right?"
    Unrecorded,
    /// "Would you like to stop the interview here?"
    Stop,
    /// "Would you like to stop the interview here?", to a respondent who asked for a person twice.
    Person,
    /// "Would you like to do this another time?"
    Callback { until: Option<When> },
    /// "Shall I delete what was recorded before?"
    DeleteRecording,
    /// "Shall I strike that out?", after a request that was not clear.
    Strike,
    /// "Would you like to go on with the interview?", after distress.
    GoOn,
    /// "Is there a grown-up with you?"
    Adult,
    /// "Which of the two is it?" The next answer is one to the question itself.
    Which,
    /// "I have seven. Is that right?", after a dictation.
    ReadBack,
}

/// Something that happened in an interview. Replaying the events in order rebuilds the interview.
///
/// An event with the respondent's `text` or `words` holds personal data ([`Event::is_personal`]).
/// No such event exists before consent to take part was given.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The respondent's media connected, for the first or a later time.
    LegConnected { leg: u32 },
    /// The respondent's media connection was lost.
    LegLost { leg: u32 },
    /// The interview entered this phase.
    PhaseEntered { phase: Phase },
    /// The respondent was asked to take part or, with `recording = true`, to be recorded.
    ConsentAsked { recording: bool },
    /// With `recording = false`, the answer is about taking part. `Ended` follows a refusal to take
    /// part.
    ConsentAnswered { recording: bool, given: bool },
    /// The first question of this section is next.
    SectionEntered { section: String },
    /// This section was left out.
    SectionSkipped { section: String, reason: String },
    /// A question or a follow-up was put to the respondent, which begins an asking.
    QuestionAsked {
        asking: AskingId,
        question_id: String,
        section: String,
        text: String,
        /// The asking to which this is a follow-up. A question of the guide has none.
        follow_up_of: Option<AskingId>,
        action: Option<crate::guide::Action>,
        /// Why a follow-up was asked.
        why: Option<String>,
        /// Who proposed a follow-up.
        source: Option<String>,
    },
    /// The question of this asking was said again.
    QuestionRepeated { asking: AskingId, reason: RepeatReason, text: String },
    /// This question was left out.
    QuestionSkipped { question_id: String, section: String, reason: String },
    /// An asking was answered. An answer may be a refusal, or silence.
    Answered { response: Box<Response> },
    /// Words of the answer to this asking that were followed by something that the interviewer
    /// said. The rest of the answer is still to come.
    AnswerBegun { asking: AskingId, words: Vec<Word> },
    /// What the respondent said besides answering: a request, a question, or words to the
    /// interviewer.
    SaidBeside { asking: Option<AskingId>, words: Vec<Word> },
    /// What the interviewer said, as far as it was heard.
    Said { utterance: UtteranceId, text: String, start_ms: Ms, end_ms: Ms, interrupted: bool },
    /// A follow-up that a model proposed to the answer of this asking was not fit to be spoken.
    ProposalRejected { asking: AskingId, reason: Unfit, source: String },
    /// A segment of speech was rejected or not understood. It counts towards `stt_error_rate`.
    NotUnderstood { reason: Rejection },
    /// The respondent asked for a person, which is an escalation.
    PersonRequested,
    /// The respondent asked something. `text` is set only after consent, and only where the
    /// question was not answered.
    RespondentAsked { topic: Topic, answered: bool, text: Option<String> },
    /// The interviewer asked a question of its own within the asking, and waits for the answer.
    ConfirmationAsked { about: Pending },
    /// The interviewer's own question is settled: it was answered, or something else came.
    ConfirmationSettled,
    /// Something that a person should look at. The interview is handed over.
    ConcernRaised { concern: Concern },
    /// Consent to record was withdrawn. Nothing from `from_ms` of the call clock on is kept.
    RecordingWithdrawn { by: Means, from_ms: Ms },
    /// What happens to the earlier recording was decided.
    RecordingSettled { keep: bool },
    /// Part of the recording is missing from here on, or the whole of it, although there was consent
    /// to record.
    RecordingIncomplete { reason: RecordingFault },
    /// The respondent withdrew the answer to this asking. It no longer counts, and its words are no
    /// longer shown.
    AnswerStruck { asking: AskingId },
    /// How the interviewer speaks from here on: a factor on the speaking rate, and a gain in dB.
    SpeechAdjusted { rate: f32, gain_db: f32 },
    /// The interview returns to `scheduled`. The next joining resumes it.
    Postponed { reason: Postponement, until: Option<When> },
    /// The call was paused.
    Paused { reason: String },
    /// The call was resumed after a pause.
    Resumed,
    /// How long the respondent waited for the question of this asking, and for which steps. It is
    /// for reports only.
    TurnTimed { asking: AskingId, timing: TurnTiming },
    /// The branch that was taken: its condition and its target section.
    Branched { condition: String, target_section: String },
    /// The interview ended.
    Ended { status: EndStatus, reason: Option<String> },
}

impl Event {
    /// The event's name as stored in `event_logs.event_type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::LegConnected { .. } => "leg_connected",
            Event::LegLost { .. } => "leg_lost",
            Event::PhaseEntered { .. } => "phase_entered",
            Event::ConsentAsked { .. } => "consent_asked",
            Event::ConsentAnswered { .. } => "consent_answered",
            Event::SectionEntered { .. } => "section_entered",
            Event::SectionSkipped { .. } => "section_skipped",
            Event::QuestionAsked { .. } => "question_asked",
            Event::QuestionRepeated { .. } => "question_repeated",
            Event::QuestionSkipped { .. } => "question_skipped",
            Event::Answered { .. } => "answered",
            Event::AnswerBegun { .. } => "answer_begun",
            Event::SaidBeside { .. } => "said_beside",
            Event::Said { .. } => "said",
            Event::ProposalRejected { .. } => "proposal_rejected",
            Event::NotUnderstood { .. } => "not_understood",
            Event::PersonRequested => "person_requested",
            Event::RespondentAsked { .. } => "respondent_asked",
            Event::ConfirmationAsked { .. } => "confirmation_asked",
            Event::ConfirmationSettled => "confirmation_settled",
            Event::ConcernRaised { .. } => "concern_raised",
            Event::RecordingWithdrawn { .. } => "recording_withdrawn",
            Event::RecordingSettled { .. } => "recording_settled",
            Event::RecordingIncomplete { .. } => "recording_incomplete",
            Event::AnswerStruck { .. } => "answer_struck",
            Event::SpeechAdjusted { .. } => "speech_adjusted",
            Event::Postponed { .. } => "postponed",
            Event::Paused { .. } => "paused",
            Event::Resumed => "resumed",
            Event::TurnTimed { .. } => "turn_timed",
            Event::Branched { .. } => "branched",
            Event::Ended { .. } => "ended",
        }
    }

    /// Whether the payload holds or quotes what the respondent said, so that it is stored
    /// encrypted.
    pub fn is_personal(&self) -> bool {
        matches!(
            self,
            Event::Answered { .. }
                | Event::AnswerBegun { .. }
                | Event::SaidBeside { .. }
                | Event::Said { .. }
                | Event::QuestionAsked { .. }
                | Event::QuestionRepeated { .. }
                | Event::RespondentAsked { text: Some(_), .. }
        )
    }
}
