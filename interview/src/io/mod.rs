//! What goes into the interview and what comes out of it: values only.
//!
//! Owns: the vocabulary shared by the pure interview and whoever drives it. Never does: decide anything.

mod event;
mod postponement;

use serde::{Deserialize, Serialize};

pub use self::event::{
    EndRule, EndStatus, Endpointing, Event, Means, Pending, Phase, RecordingFault, RepeatReason, Response, TurnTiming,
};
pub use self::postponement::{Postponement, When};

/// Milliseconds on the call clock: monotonic since the call began, continued over legs and restarts.
pub type Ms = u64;

/// Number of a pause of the respondent, counted up by the interview; answers that name an old pause are stale.
pub type PauseId = u32;

/// Number of something the interviewer says, counted up by the interview.
pub type UtteranceId = u32;

/// Number of an asking: one question (or follow-up) put to the respondent, up to the end of its answer.
pub type AskingId = u32;

/// One recognised word on the call clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    pub text: String,
    pub start_ms: Ms,
    pub end_ms: Ms,
    /// Mean token probability, 0…1.
    pub confidence: f32,
}

/// Why recognised text was thrown away by the guards against invented text.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Too little speech energy, or too little voice activity, in the audio.
    NoSpeech,
    /// The model's own no-speech or log probability says that nothing was said.
    Improbable,
    /// The text repeats itself as invented text does.
    Repetition,
    /// The engine failed; nothing is known of what was said.
    Failed,
}

/// Everything the respondent said in this turn so far, as of one pause.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Transcript {
    /// Words in order; the text is their texts joined with single spaces.
    pub words: Vec<Word>,
    /// Set when the guards rejected what was recognised (then `words` is empty).
    pub rejected: Option<Rejection>,
}

impl Transcript {
    /// The words' texts, joined by single spaces.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word.text.trim());
        }
        text
    }
}

/// What the person at the page (or an operator) asks for, beside speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Pause,
    Resume,
    /// The respondent leaves: what was answered is kept, the interview ends.
    Leave,
    /// Say the current question again (same asking).
    Repeat,
    /// Consent to record is taken back; what was recorded goes, too, or stays.
    StopRecording {
        delete_so_far: bool,
        by: Means,
    },
    /// The operator cancels the interview, or the engine is stopping.
    Cancel,
}

/// Something that happened in the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The respondent's media is connected (first leg, or a later one after loss or restart).
    Connected,
    /// Voice activity began. `at` of the call clock is the onset, earlier than `now`.
    SpeechStarted {
        at: Ms,
    },
    /// Voice activity went silent; `end` is the last sample of speech. While silence lasts no further message comes.
    SpeechPaused {
        end: Ms,
    },
    /// The answer to [`Output::Transcribe`].
    Transcribed {
        pause: PauseId,
        transcript: Transcript,
    },
    /// The answer to [`Output::TranscribeSoFar`] with this look; speech may have ended since.
    TranscribedSoFar {
        look: PauseId,
        transcript: Transcript,
    },
    /// How loud the speech is that goes on or has just paused, in dB of full scale: comes before the input it belongs to.
    /// Whoever can't tell never sends it.
    SpeechLevel {
        db: f32,
    },
    /// The answer to [`Output::Embed`]: a vector a text, in its order; none when they could not be computed.
    Embedded {
        pause: PauseId,
        vectors: Vec<Vec<f32>>,
    },
    /// The answer to [`Output::JudgeTurn`]: probability 0…1 that the turn is complete, by sound alone.
    TurnJudged {
        pause: PauseId,
        probability: f32,
    },
    /// The answer to [`Output::Propose`]; empty when the proposer has nothing (or failed).
    Proposed {
        pause: PauseId,
        proposals: Vec<Proposal>,
    },
    /// The first frame of this utterance was sent.
    PlaybackStarted {
        utterance: UtteranceId,
    },
    /// All of it was played.
    PlaybackFinished {
        utterance: UtteranceId,
    },
    /// It was stopped; `heard` is the part of its text that was played, cut at a word.
    PlaybackStopped {
        utterance: UtteranceId,
        heard: String,
    },
    /// The respondent's connection is gone; the call pauses.
    PeerLost,
    Command(Command),
    /// The time asked for by [`Output::WakeAt`] has come (spurious ones are harmless).
    Timer,
}

/// A follow-up somebody proposes; the interview checks it and decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub action: crate::guide::Action,
    /// The one question to speak.
    pub text: String,
    /// Which trigger or observation led to it, in words for the report ("why").
    pub why: String,
    /// Higher first: 1…5 as in a guide; below and above that what is built in.
    pub priority: u8,
    /// Who proposed it: `template`, or a model's name.
    pub source: String,
}

/// What a proposer is told: enough for a template or an LLM, and no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalRequest {
    pub research_objective: String,
    pub question: crate::guide::Question,
    /// Text of the question or follow-up just answered.
    pub asked_text: String,
    pub answer: String,
    pub analysis: crate::analysis::Analysis,
    /// Texts asked in this interview, oldest first: none may be asked again.
    pub asked_before: Vec<String>,
    /// Answers given to this question before (when this is an answer to a follow-up).
    pub earlier_answers: Vec<String>,
    pub follow_ups_left: u32,
    pub language: String,
    /// After this many milliseconds the templates serve.
    pub within_ms: Ms,
    /// What the answer names, as the question wants it.
    #[serde(default)]
    pub value: Option<crate::understanding::Value>,
}

impl ProposalRequest {
    /// The request for a first answer of these words, with plenty of time: for examples and tests.
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
        }
    }
}

/// Where the call stands, for the page's `state` message.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    Connecting,
    /// The opening is being made; it begins when nothing in it, nor the first question, will have to be waited for.
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
    /// The respondent wished it; it lasts until they resume.
    Requested,
    /// Nothing is heard of them; it ends when the connection is back.
    ConnectionLost,
}

/// One thing to say, in pieces that are synthesised and cached each by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    /// From this byte of it on: what stands before was heard already.
    pub from: usize,
    /// Known beforehand (from the guide or built in): made early and cached.
    pub scripted: bool,
}

/// Something to do. The driver carries them out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Say the lines one after the other. Replaces nothing: the interview never speaks over itself.
    /// `asking` is the one whose question is the LAST line (earlier lines are acknowledgements).
    /// `covers`: only a word while what follows is thought about; the respondent's turn goes on.
    /// `ahead`: scripted lines that are likely to follow the answer, in the order of need. They are made while this is
    /// said; when nobody waits for it, it begins only once they are sure to be there at its end.
    Speak { utterance: UtteranceId, lines: Vec<Line>, asking: Option<AskingId>, covers: bool, ahead: Vec<String> },
    /// Lower our voice: the respondent may be starting to speak.
    Duck,
    /// Back to full voice: it was nothing.
    Unduck,
    /// Stop speaking now; answered by [`Input::PlaybackStopped`].
    StopSpeaking,
    /// Transcribe the turn so far; answered by [`Input::Transcribed`] with this pause.
    Transcribe { pause: PauseId },
    /// Transcribe the turn so far although speech goes on: the last word may be cut. Answered by
    /// [`Input::TranscribedSoFar`]; `look` is counted with the pauses.
    TranscribeSoFar { look: PauseId },
    /// Turn these texts into vectors; answered by [`Input::Embedded`] with this pause.
    Embed { pause: PauseId, texts: Vec<String> },
    /// Ask the sound model whether the turn is complete.
    JudgeTurn { pause: PauseId },
    /// The turn is over: forget its audio. What is heard from now on belongs to the next one.
    TurnTaken,
    /// The same, while sound goes on that is no speech to wait for: what is heard from now on begins with a
    /// [`Input::SpeechStarted`] of its own.
    HearAnew,
    /// Ask the proposer, speculatively; superseded by a later pause.
    Propose { pause: PauseId, request: Box<ProposalRequest> },
    /// Have these ready to be spoken, in this order; `soon` ones before everything else.
    Prepare { lines: Vec<Line>, soon: bool },
    /// Append to the log, in this order. Never holds words before consent to take part.
    Record(Event),
    /// Tell the page.
    Notify(Notice),
    /// Consent to record was given: audio from here on may be stored. Not given: none ever is.
    StartRecording,
    /// Consent to record was taken back: what was said from `from_ms` of the call clock on is not kept, and nothing is
    /// stored any more.
    StopRecording { from_ms: Ms },
    /// What was recorded of this interview goes.
    DeleteRecording,
    /// From the next utterance on: the speaking rate times `rate`, and louder by `gain_db`.
    AdjustSpeech { rate: f32, gain_db: f32 },
    /// Send [`Input::Timer`] at this time at the latest (replaces the earlier wish).
    WakeAt(Ms),
    /// Over: everything has been said. Hang up.
    HangUp,
}

/// What the page is told (product contract, section 9).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Notice {
    /// Where the call stands.
    State {
        value: CallState,
        /// Of `paused` only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<PauseReason>,
    },
    /// What is being said. A caption that is not final is replaced by the next one of the same speaker.
    Caption { speaker: Speaker, text: String, r#final: bool, start_ms: Ms, end_ms: Ms },
    /// The question that is being asked, and how far the interview has come.
    Question {
        id: String,
        section: String,
        number: u32,
        of: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        follow_up_of: Option<String>,
    },
    /// What the respondent has consented to; `null` before the question of consent was answered.
    Consent { participation: Option<bool>, recording: Option<bool> },
    /// Something did not work.
    Error {
        title: String,
        detail: String,
        /// Meant for the page of this call only: the last part of its URL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call_id: Option<String>,
    },
}

impl Notice {
    /// Where the call stands; a pause tells its reason besides.
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
