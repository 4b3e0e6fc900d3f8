//! What is recorded for good: the events of an interview, and what they hold.
//!
//! Owns: the names and fields that stand in the event log for years. Never does: know how they are stored.

use serde::{Deserialize, Serialize};

use super::{AskingId, Ms, Postponement, Rejection, UtteranceId, When, Word};
use crate::understanding::{AnswerClass, Concern, Topic};

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

/// How an interview ended (the rest of the contract's statuses is set outside the call).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndStatus {
    Completed,
    Cancelled,
    Failed,
    /// Nobody came: the call never began.
    NoShow,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatReason {
    /// The respondent asked for it.
    Requested,
    /// It was misunderstood, or the answer fits no option.
    Reworded,
    /// Taken up again after an interruption or a lost connection.
    Resumed,
}

/// Milliseconds of each step of a turn, for reports; filled by the driver where it knows better.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Endpointing {
    /// Last sample of speech, on the call clock.
    pub speech_end_ms: Ms,
    /// When the turn was judged over.
    pub decided_ms: Ms,
    /// The rule that ended the turn, in a word (`complete`, `closed_answer`, `timeout`, …).
    pub rule: EndRule,
    /// Silences within the answer after which it went on, in order: how this respondent pauses.
    #[serde(default)]
    pub pauses: Vec<Ms>,
}

/// Milliseconds from the respondent's last sample of speech to our answer, and what took them.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TurnTiming {
    /// Last sample of speech on the call clock.
    pub speech_end_ms: Ms,
    /// Last sample → the pause was noticed and its transcription asked for.
    pub endpoint: Ms,
    /// Asked for → the words were there.
    pub stt: Ms,
    /// Words → decision to speak: the judgement by sound, the silence the policy wants, a proposal under way.
    pub decide: Ms,
    /// Decision → first packet sent. The four steps add up to `first_audio`.
    pub tts: Ms,
    /// Last sample → first packet of anything audible.
    pub first_audio: Ms,
    /// Last sample → first packet of the question itself (after an acknowledgement).
    pub question_start: Ms,
}

/// Which rule ended the respondent's turn.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndRule {
    /// Text and sound both say complete.
    #[default]
    Complete,
    /// A short, full answer to a closed, scale or multiple choice question, or a command.
    Closed,
    /// The silence grew long enough whatever the models say.
    Silence,
    /// Nothing was said at all.
    NoAnswer,
    /// The question's or the interview's time was up.
    TimeUp,
}

/// A finished answer to an asking, as stored in `interview_responses`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub asking: AskingId,
    pub question_id: String,
    pub section: String,
    /// What was asked (the last full wording).
    pub question_text: String,
    /// Empty when nothing was said.
    pub text: String,
    pub words: Vec<Word>,
    pub asked_ms: Ms,
    pub answered_ms: Ms,
    /// From the end of the question to the respondent's first word.
    pub response_time_ms: Ms,
    pub is_follow_up: bool,
    /// The asking this follows up on.
    pub parent: Option<AskingId>,
    pub analysis: crate::analysis::Analysis,
    /// `declined`, `dont_know`, `no_answer`, `cut_short`, `out_of_options`, …
    pub flags: Vec<String>,
    /// What the answer names, as the question wants it; none for an open answer.
    #[serde(default)]
    pub value: Option<serde_json::Value>,
    #[serde(default)]
    pub class: AnswerClass,
    pub is_complete: bool,
    pub requires_clarification: bool,
    pub endpointing: Endpointing,
}

/// A question of ours within an asking, that wants an answer of its own before the asking goes on.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// "Shall I end the call?", after a refusal that was not plain.
    EndCall,
    /// "You would take part, but without a recording: is that right?"
    Unrecorded,
    /// "Would you like to stop the interview here?"
    Stop,
    /// The same, of somebody who asked for a person twice.
    Person,
    /// "Would you like to do this another time?"
    Callback { until: Option<When> },
    /// "Shall I delete what was recorded before?"
    DeleteRecording,
    /// "Shall I strike that out?", after a wish that was not plain.
    Strike,
    /// "Would you like to go on with the interview?", after distress.
    GoOn,
    /// "Is there a grown-up with you?"
    Adult,
    /// "Which of the two is it?": the next answer is one to the question itself.
    Which,
    /// "I have seven. Is that right?", after a dictation.
    ReadBack,
}

/// Where a wish came from.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    Voice,
    Page,
    Api,
}

/// Why a recording is incomplete.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFault {
    /// It could not be written: nothing more of it is kept.
    WriteFailed,
    /// The disk was too slow: packets are missing.
    TooSlow,
    /// What writes recordings has died: what was not on disk is missing.
    WriterLost,
}

/// What happened, for good. Replaying these in order rebuilds the interview.
///
/// Those with a `text` or `words` of the respondent hold personal data ([`Event::is_personal`]);
/// none of them exists before consent to take part was given.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The respondent's media connected, the first or a later time.
    LegConnected {
        leg: u32,
    },
    LegLost {
        leg: u32,
    },
    PhaseEntered {
        phase: Phase,
    },
    ConsentAsked {
        recording: bool,
    },
    /// `recording = false`: to taking part. A refusal of taking part is followed by `Ended`.
    ConsentAnswered {
        recording: bool,
        given: bool,
    },
    SectionEntered {
        section: String,
    },
    SectionSkipped {
        section: String,
        reason: String,
    },
    QuestionAsked {
        asking: AskingId,
        question_id: String,
        section: String,
        text: String,
        /// The asking this follows up on; none for a guide question.
        follow_up_of: Option<AskingId>,
        action: Option<crate::guide::Action>,
        /// For a follow-up: why it was asked.
        why: Option<String>,
        /// For a follow-up: who proposed it.
        source: Option<String>,
    },
    QuestionRepeated {
        asking: AskingId,
        reason: RepeatReason,
        text: String,
    },
    QuestionSkipped {
        question_id: String,
        section: String,
        reason: String,
    },
    Answered {
        response: Box<Response>,
    },
    /// Words of the answer to this asking that were followed by something of ours: the rest is still to come.
    AnswerBegun {
        asking: AskingId,
        words: Vec<Word>,
    },
    /// What the respondent said beside answering: a request, a question, a word to us.
    SaidBeside {
        asking: Option<AskingId>,
        words: Vec<Word>,
    },
    /// What the interviewer said, as far as it was heard.
    Said {
        utterance: UtteranceId,
        text: String,
        start_ms: Ms,
        end_ms: Ms,
        interrupted: bool,
    },
    /// A follow-up that a model proposed to the answer of this asking was not fit to be spoken.
    ProposalRejected {
        asking: AskingId,
        reason: crate::followup::check::Unfit,
        source: String,
    },
    /// A segment of speech that was rejected or not understood (counts into `stt_error_rate`).
    NotUnderstood {
        reason: Rejection,
    },
    /// The respondent asks for a person: escalation.
    PersonRequested,
    /// The respondent asked something; `text` only after consent, and only where it was not answered.
    RespondentAsked {
        topic: Topic,
        answered: bool,
        text: Option<String>,
    },
    /// A question of ours within the asking waits for its answer …
    ConfirmationAsked {
        about: Pending,
    },
    /// … and waits no more: it was answered, or something else came.
    ConfirmationSettled,
    /// Something that somebody should look at: the interview is handed to a person.
    ConcernRaised {
        concern: Concern,
    },
    /// Consent to record is taken back; from `from_ms` of the call clock on nothing is kept.
    RecordingWithdrawn {
        by: Means,
        from_ms: Ms,
    },
    /// What happens with what was recorded before.
    RecordingSettled {
        keep: bool,
    },
    /// Part of the recording is missing from here on, or the whole of it, although there was consent to record.
    RecordingIncomplete {
        reason: RecordingFault,
    },
    /// The respondent takes back the answer to this asking: it counts no more, and its words are shown no more.
    AnswerStruck {
        asking: AskingId,
    },
    /// How we speak from here on: a factor on the speaking rate, and how much louder.
    SpeechAdjusted {
        rate: f32,
        gain_db: f32,
    },
    /// The interview returns to `scheduled`; the next joining takes it up again.
    Postponed {
        reason: Postponement,
        until: Option<When>,
    },
    Paused {
        reason: String,
    },
    Resumed,
    /// How long the respondent waited for the question of this asking, and what took it. For reports only.
    TurnTimed {
        asking: AskingId,
        timing: TurnTiming,
    },
    /// The branch taken: its condition and target section.
    Branched {
        condition: String,
        target_section: String,
    },
    Ended {
        status: EndStatus,
        reason: Option<String>,
    },
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

    /// Whether the payload holds what the respondent said (or quotes it), so that it is stored encrypted.
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
