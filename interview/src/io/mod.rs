//! What goes into the interview and what comes out of it, as values only.
//!
//! Owns: the vocabulary that the pure interview and its driver share. Never does: decide anything.

mod event;
mod postponement;
mod recording;
mod turn;
mod unfit;

use serde::{Deserialize, Serialize};

pub use self::event::{EndStatus, Event, Pending, Phase, RepeatReason, Response};
pub use self::postponement::Postponement;
pub use self::recording::{Means, RecordingFault};
pub use self::turn::{EndRule, Endpointing, TurnTiming};
pub use self::unfit::Unfit;
pub use crate::call::{AskingId, Ms, PauseId, Rejection, Transcript, UtteranceId, Word};
pub use crate::meaning::When;

/// What the respondent at the page, or an operator, asks for by other means than speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Pause,
    Resume,
    /// The respondent leaves. The answers are kept, and the interview ends.
    Leave,
    /// Repeat the current question. It stays the same asking.
    Repeat,
    /// Consent to record is withdrawn. `delete_so_far`: the earlier recording is deleted as well.
    StopRecording {
        delete_so_far: bool,
        by: Means,
    },
    /// The operator cancels the interview, or the engine stops.
    Cancel,
}

/// Something that happened outside the interview.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The respondent's media connected, for the first time or after a loss or a restart.
    Connected,
    /// Voice activity began. `at` is the onset on the call clock, and is earlier than `now`.
    SpeechStarted {
        at: Ms,
    },
    /// Voice activity ended. `end` is the last sample of speech. No further message comes while the
    /// silence lasts.
    SpeechPaused {
        end: Ms,
    },
    /// The answer to [`Output::Transcribe`].
    Transcribed {
        pause: PauseId,
        transcript: Transcript,
    },
    /// The answer to [`Output::TranscribeSoFar`] with this look. Speech may have ended since.
    TranscribedSoFar {
        look: PauseId,
        transcript: Transcript,
    },
    /// The level of the speech that is under way or has just paused, in dB of full scale. It comes
    /// before the input to which it belongs. A driver that cannot measure it never sends it.
    SpeechLevel {
        db: f32,
    },
    /// The answer to [`Output::Embed`]: a vector for each text, in their order. It is empty when
    /// the vectors could not be computed.
    Embedded {
        pause: PauseId,
        vectors: Vec<Vec<f32>>,
    },
    /// The answer to [`Output::JudgeTurn`]: the probability, 0…1, that the turn is complete, judged
    /// by sound alone.
    TurnJudged {
        pause: PauseId,
        probability: f32,
    },
    /// The answer to [`Output::Propose`]. It is empty when the proposer has nothing, or failed.
    Proposed {
        pause: PauseId,
        proposals: Vec<Proposal>,
    },
    /// The first frame of this utterance was sent.
    PlaybackStarted {
        utterance: UtteranceId,
    },
    /// All of this utterance was played.
    PlaybackFinished {
        utterance: UtteranceId,
    },
    /// This utterance was stopped. `heard` is the part of its text that was played, cut at a word.
    PlaybackStopped {
        utterance: UtteranceId,
        heard: String,
    },
    /// The respondent's connection is gone. The call pauses.
    PeerLost,
    Command(Command),
    /// The time that [`Output::WakeAt`] asked for has come. A spurious one is harmless.
    Timer,
}

/// A follow-up that somebody proposes. The interview checks it and decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub action: crate::guide::Action,
    /// The question to speak. It is one question.
    pub text: String,
    /// The trigger or observation that led to it, in words for the report ("why").
    pub why: String,
    /// A higher number comes first. 1…5 as in a guide. Built-in rules use numbers below and above.
    pub priority: u8,
    /// Who proposed it: `template`, or the name of a model.
    pub source: String,
}

/// What a proposer is told: enough for a template or a language model, and no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalRequest {
    pub research_objective: String,
    pub question: crate::guide::Question,
    /// The text of the question or follow-up that was just answered.
    pub asked_text: String,
    pub answer: String,
    pub analysis: crate::analysis::Analysis,
    /// The texts asked in this interview, oldest first. None of them may be asked again.
    pub asked_before: Vec<String>,
    /// Earlier answers to this question, if this is an answer to a follow-up.
    pub earlier_answers: Vec<String>,
    pub follow_ups_left: u32,
    pub language: String,
    /// The time in milliseconds after which the templates are used instead.
    pub within_ms: Ms,
    /// The value that the answer names, in the form that the question expects.
    #[serde(default)]
    pub value: Option<crate::meaning::Value>,
    /// The guide's `interest_signals`. An answer that shows one of them gets a follow-up.
    #[serde(default)]
    pub interest_signals: Vec<crate::guide::InterestSignal>,
}

impl ProposalRequest {
    /// Makes the request for a first answer with these words, with plenty of time. For examples and
    /// tests.
    pub fn of(guide: &crate::guide::Guide, question: &crate::guide::Question, answer: &str) -> Self {
        let words: Vec<Word> = answer
            .split_whitespace()
            .map(|word| Word { text: word.to_owned(), start_ms: 0, end_ms: 1, confidence: 1.0 })
            .collect();
        Self {
            research_objective: guide.research_objective.clone(),
            question: question.clone(),
            asked_text: question.text.clone(),
            answer: answer.to_owned(),
            analysis: crate::analysis::Analysis::of(&question.text, &words),
            asked_before: vec![question.text.clone()],
            earlier_answers: Vec::new(),
            follow_ups_left: 3,
            language: guide.language.clone(),
            within_ms: 2_500,
            value: None,
            interest_signals: guide.adaptive_rules.interest_signals.clone(),
        }
    }
}

/// What the call is doing, for the page's `state` message.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    Connecting,
    /// The opening is being synthesised. It begins when neither it nor the first question will have
    /// to be waited for.
    Preparing,
    Listening,
    Thinking,
    Speaking,
    Paused,
    Ended,
}

/// Why a call is paused.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// The respondent asked for it. It lasts until the respondent resumes.
    Requested,
    /// The respondent's connection is lost. It ends when the connection is back.
    ConnectionLost,
}

/// One text to say. It is synthesised and cached by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    /// The byte from which it is said. What stands before was heard already.
    pub from: usize,
    /// The text is known beforehand, from the guide or as a built-in line. It is synthesised early
    /// and cached.
    pub scripted: bool,
}

/// Something for the driver to do. The driver carries outputs out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Say the lines one after the other. The interview never speaks over itself.
    ///
    /// `asking` is the asking whose question is the last line. Earlier lines are acknowledgements.
    /// `covers`: it only bridges the time until the next question is known, and the respondent's
    /// turn continues. `ahead` holds scripted lines that are likely to follow the answer, the most
    /// urgent first. They are synthesised while this is said. If nobody waits for it, it begins
    /// only once they are sure to be ready at its end.
    Speak { utterance: UtteranceId, lines: Vec<Line>, asking: Option<AskingId>, covers: bool, ahead: Vec<String> },
    /// Lower the interviewer's volume, because the respondent may be starting to speak.
    Duck,
    /// Return to full volume, because the sound was no interruption.
    Unduck,
    /// Stop speaking now. The answer is [`Input::PlaybackStopped`].
    StopSpeaking,
    /// Transcribe the turn so far. The answer is [`Input::Transcribed`] with this pause.
    Transcribe { pause: PauseId },
    /// Transcribe the turn so far although speech continues, so that the last word may be cut. The
    /// answer is [`Input::TranscribedSoFar`]. `look` is counted together with the pauses.
    TranscribeSoFar { look: PauseId },
    /// Compute the vectors of these texts. The answer is [`Input::Embedded`] with this pause.
    Embed { pause: PauseId, texts: Vec<String> },
    /// Ask the turn detector whether the turn is complete. The answer is [`Input::TurnJudged`].
    JudgeTurn { pause: PauseId },
    /// The turn is over, and its audio is forgotten. What is heard from now on belongs to the next
    /// turn.
    TurnTaken,
    /// The same, while sound continues that is no speech to wait for. What is heard from now on
    /// begins with an [`Input::SpeechStarted`] of its own.
    HearAnew,
    /// Ask the proposer speculatively. A later pause supersedes the request.
    Propose { pause: PauseId, request: Box<ProposalRequest> },
    /// Synthesise these lines in this order. With `soon`, they come before everything else.
    Prepare { lines: Vec<Line>, soon: bool },
    /// Append the event to the log, in this order. No event holds words before consent to take
    /// part.
    Record(Event),
    /// Tell the page.
    Notify(Notice),
    /// Consent to record was given, and audio from here on may be stored. Without this output, none
    /// is.
    StartRecording,
    /// Consent to record was withdrawn. What was said from `from_ms` of the call clock on is not
    /// kept, and nothing more is stored.
    StopRecording { from_ms: Ms },
    /// Delete what was recorded of this interview.
    DeleteRecording,
    /// From the next utterance on, multiply the speaking rate by `rate`, and raise the volume by
    /// `gain_db`.
    AdjustSpeech { rate: f32, gain_db: f32 },
    /// Send [`Input::Timer`] at this time at the latest. It replaces the earlier request.
    WakeAt(Ms),
    /// Everything has been said. Hang up.
    HangUp,
}

/// What the page is told (product contract, section 9).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Notice {
    /// What the call is doing.
    State {
        value: CallState,
        /// Set with `paused` only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<PauseReason>,
    },
    /// What is being said. A caption that is not final is replaced by the next caption of the same
    /// speaker.
    Caption { speaker: Speaker, text: String, r#final: bool, start_ms: Ms, end_ms: Ms },
    /// The question that is being asked, and how far the interview has progressed.
    Question {
        id: String,
        section: String,
        number: u32,
        of: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        follow_up_of: Option<String>,
    },
    /// What the respondent has consented to. `null` stands for a question that has not been
    /// answered.
    Consent { participation: Option<bool>, recording: Option<bool> },
    /// Something failed.
    Error {
        title: String,
        detail: String,
        /// The last part of the URL of the call whose page this is for, if it is for that page
        /// only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
    },
}

impl Notice {
    /// What the call is doing. A pause needs its reason as well.
    pub fn state(value: CallState) -> Self {
        Self::State { value, reason: None }
    }
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Interviewer,
    Respondent,
}
