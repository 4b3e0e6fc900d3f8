//! The dialogue: one interview from the greeting to hanging up.
//!
//! Owns: what is done about every input, in what order, and the interview's log. Never does: I/O,
//! wait, or guess the time.
//!
//! | file | holds |
//! |---|---|
//! | `state` | the durable state: what the events say |
//! | `inputs` | what each input does |
//! | `consent` | the two questions before everything else |
//! | `selection`, `timing` | the cursor: order, branches, skips, time budgets |
//! | `askings` | from an answer to what is asked next |
//! | `heard` | what the words of the turn mean, as soon as it is known |
//! | `answers` | what they mean for the current asking |
//! | `passing` | requests and questions at the end of an answer |
//! | `settings` | what the operator decides for every interview |
//! | `asides` | requests and questions besides the answer, carried out once |
//! | `naming` | the value that the answer names, and the one question that is asked about it |
//! | `requests` | requests and concerns of a respondent who does not answer |
//! | `confirmations` | the interviewer's own questions about them, and what their answers mean |
//! | `silence` | what happens when nothing is said |
//! | `moment` | what is not recorded, and is empty when a replay starts |
//! | `ahead` | what will be said next, so that it can be synthesised |
//! | `utterance` | what is said, while it is planned and spoken |
//! | `speaking` | the interviewer's voice: holding answers open |
//! | `interrupted` | speech over the interviewer's: giving way, or resuming |
//! | `noise` | sound that never stops |
//! | `lines` | what the interviewer says of its own accord |
//!
//! The durable state changes only when an event is applied ([`state::InterviewState::apply`]), so
//! that a replay of the log restores it exactly. Everything else in [`Interview`] belongs to the
//! moment, and `Input::Connected` rebuilds it. Events carry no time of their own: the driver stamps
//! each with the `now` of the `handle` that recorded it.

use std::collections::HashSet;
use std::sync::Arc;

mod ahead;
mod answers;
mod asides;
mod askings;
pub mod confirmations;
mod consent;
mod heard;
mod inputs;
mod interrupted;
pub(crate) mod lines;
mod moment;
mod naming;
mod noise;
mod passing;
mod requests;
mod selection;
mod settings;
mod silence;
mod speaking;
pub mod state;
pub(crate) mod timing;
mod utterance;

use lines::Farewell;
use moment::{Heard, Noise, Waiting};
use state::InterviewState;
use utterance::{Cut, Speech, Utterance};

pub use settings::Settings;

use crate::guide::Guide;
use crate::io::{
    CallState, Event, Input, Ms, Notice, Output, PauseId, PauseReason, Phase, Proposal, Response, UtteranceId,
};
use crate::language::Language;
use crate::language::lines::Lines;
use crate::turn::loudness::Loudness;
use crate::turn::overlap::Limits;
use crate::turn::{Policy, Turn, Verdict};

/// How long a call may exceed its time before it ends in any case, in milliseconds.
const OVERRUN_MS: Ms = 60_000;
/// The silence after an answer that proposals may take, in milliseconds. After that, the answer is
/// acknowledged while they are awaited.
const COVER_MS: Ms = 1_000;

/// Who has the floor.
#[derive(Debug, Clone)]
enum Floor {
    /// Nobody is connected yet.
    Connecting,
    Listening,
    /// An answer is complete and waits for proposals.
    Thinking {
        response: Box<Response>,
        deadline: Ms,
        /// It has been acknowledged.
        covered: bool,
    },
    Speaking,
    /// Paused on request.
    Paused,
    /// The respondent's connection is lost.
    Lost,
    Over,
}

/// What an answer would reply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Participation,
    Recording,
    Question,
    Nothing,
}

/// One interview: the guide, its state, and what it waits for.
#[derive(Debug, Clone)]
pub struct Interview {
    guide: Arc<Guide>,
    settings: Settings,
    policy: Policy,
    language: &'static Language,
    scripted: HashSet<String>,
    state: InterviewState,
    // The fields from here on belong to the moment. A replay starts with these empty.
    now: Ms,
    floor: Floor,
    turn: Turn,
    waiting: Waiting,
    heard: Option<Heard>,
    utterance: Option<Utterance>,
    queued: Option<Speech>,
    /// What was cut off last, until it is known why.
    cut: Option<Cut>,
    loudness: Loudness,
    noise: Noise,
    /// The pause whose proposals are awaited, or have come.
    asked_for: Option<PauseId>,
    proposals: Option<Vec<Proposal>>,
    /// The answer that is being acknowledged while proposals are awaited, and until when they are.
    covering: Option<(Box<Response>, Ms)>,
    /// The last acknowledgement, which is not said twice in a row.
    acknowledged: Option<String>,
    next_pause: PauseId,
    next_utterance: UtteranceId,
    shown: Option<CallState>,
    wake: Option<Ms>,
    out: Vec<Output>,
}

impl Interview {
    pub fn new(guide: Arc<Guide>, settings: Settings) -> Self {
        let scripted = lines::scripted(&guide, settings.respondent_name.as_deref(), settings.recording);
        let policy = Policy { silence_ms: settings.silence_ms, ..Policy::default() };
        let language = Language::of(&guide.language).unwrap_or_else(Language::english);
        Self {
            guide,
            policy,
            language,
            scripted: scripted.into_iter().collect(),
            settings,
            state: InterviewState::default(),
            now: 0,
            floor: Floor::Connecting,
            turn: Turn::default(),
            waiting: Waiting::default(),
            heard: None,
            utterance: None,
            queued: None,
            cut: None,
            loudness: Loudness::default(),
            noise: Noise::default(),
            asked_for: None,
            proposals: None,
            covering: None,
            acknowledged: None,
            next_pause: 0,
            next_utterance: 0,
            shown: None,
            wake: None,
            out: Vec::new(),
        }
    }

    /// The same interview with other limits of overlap, for comparisons.
    #[must_use]
    pub fn with_overlap(mut self, limits: Limits) -> Self {
        self.policy.overlap = limits;
        self
    }

    /// Rebuilds the interview from its log. `Input::Connected` then resumes the same asking.
    pub fn replay<'a>(
        guide: Arc<Guide>,
        settings: Settings,
        events: impl IntoIterator<Item = (Ms, &'a Event)>,
    ) -> Self {
        let mut interview = Self::new(guide, settings);
        for (at, event) in events {
            interview.now = interview.now.max(at);
            interview.state.apply(at, event);
        }
        interview.next_utterance = interview.state.last_utterance;
        if interview.state.ended.is_some() {
            interview.floor = Floor::Over;
        } else if interview.state.leg > 0 {
            interview.floor = Floor::Lost;
        }
        interview
    }

    /// Handles what happened at `now`, and returns what is to be done about it, in order. It never
    /// panics, whatever the input is.
    pub fn handle(&mut self, now: Ms, input: Input) -> Vec<Output> {
        // A time beyond all centuries would only overflow sums.
        self.now = self.now.max(now.min(Ms::MAX / 2));
        if matches!(self.floor, Floor::Over) {
            return Vec::new();
        }
        match input {
            Input::Connected => self.connected(),
            Input::SpeechStarted { at } => self.speech_started(at.min(self.now)),
            Input::SpeechPaused { end } => self.speech_paused(end.min(self.now)),
            Input::Transcribed { pause, transcript } => self.transcribed(pause, transcript),
            Input::TranscribedSoFar { look, transcript } => self.transcribed_so_far(look, transcript),
            Input::SpeechLevel { db } => self.loudness.heard(db),
            Input::Embedded { pause, vectors } => self.embedded(pause, vectors),
            Input::TurnJudged { pause, probability } => self.turn.judged(pause, probability),
            Input::Proposed { pause, proposals } => self.proposed(pause, proposals),
            Input::PlaybackStarted { utterance } => self.playback_started(utterance),
            Input::PlaybackFinished { utterance } => self.playback_finished(utterance),
            Input::PlaybackStopped { utterance, heard } => self.playback_stopped(utterance, heard),
            Input::PeerLost => self.peer_lost(),
            Input::Command(command) => self.command(command),
            Input::Timer => self.wake = None,
        }
        self.settle();
        self.wish_to_wake();
        std::mem::take(&mut self.out)
    }

    /// Returns every text that will or may be spoken and is known beforehand, the most urgent
    /// first.
    pub fn scripted_texts(&self) -> Vec<String> {
        lines::scripted(&self.guide, self.settings.respondent_name.as_deref(), self.settings.recording)
    }

    pub fn is_over(&self) -> bool {
        self.state.ended.is_some()
    }

    pub fn guide(&self) -> &Arc<Guide> {
        &self.guide
    }

    /// The durable state. A replay of the events recorded so far has the same.
    pub fn state(&self) -> &InterviewState {
        &self.state
    }

    // --- Between inputs -------------------------------------------------------------------------------------

    /// Does everything that is due now.
    fn settle(&mut self) {
        // Each step changes what there is to do. No input causes more than a handful.
        for _ in 0..8 {
            if !self.step() {
                return;
            }
        }
    }

    fn step(&mut self) -> bool {
        if self.hears() && self.budget().overrun(&self.state, self.now) >= OVERRUN_MS {
            self.commit();
            self.keep_begun_answer();
            self.finish(Farewell::TimeUp);
            return false;
        }
        if matches!(self.floor, Floor::Listening) && self.heed_noise() {
            return true;
        }
        match &self.floor {
            Floor::Listening if self.queued.is_some() => self.say_queued(),
            Floor::Listening => self.listen(),
            Floor::Thinking { response, deadline, covered } => {
                let (response, deadline, covered) = (response.as_ref().clone(), *deadline, *covered);
                if self.proposals.is_some() || self.now >= deadline {
                    self.advance(response, covered);
                } else if !covered && self.now >= self.cover_at() {
                    self.cover(response, deadline);
                } else {
                    return false;
                }
                true
            }
            Floor::Speaking => {
                self.weigh_overlap();
                self.judge_overlap();
                self.commit_if_heard();
                false
            }
            Floor::Connecting | Floor::Paused | Floor::Lost | Floor::Over => false,
        }
    }

    /// Returns when waiting for proposals would become a silence.
    fn cover_at(&self) -> Ms {
        self.turn.end() + COVER_MS
    }

    fn wish_to_wake(&mut self) {
        let deadline = self.next_deadline();
        if let Some(at) = deadline
            && self.wake != Some(at)
        {
            self.wake = Some(at);
            self.out.push(Output::WakeAt(at));
        }
    }

    fn next_deadline(&self) -> Option<Ms> {
        if !self.hears() {
            return None;
        }
        let budget = self.budget();
        let total_left = budget.left(&self.state, self.now);
        let mut deadlines = vec![Some(self.now + budget.over_in(&self.state, self.now, OVERRUN_MS))];
        if matches!(self.floor, Floor::Listening) {
            deadlines.push(self.noise_at());
        }
        match &self.floor {
            Floor::Listening if self.queued.is_some() => deadlines.push(self.queued_at()),
            Floor::Listening => {
                let target = self.target();
                match self.turn.verdict(self.now, &self.policy, |text| self.read(target, text)) {
                    Verdict::Wait(at) => deadlines.push(Some(at)),
                    Verdict::Silent => deadlines.push(Some(self.no_answer_at())),
                    _ => {}
                }
                deadlines.push((total_left > 0).then_some(self.now + total_left));
            }
            Floor::Thinking { deadline, covered, .. } => {
                deadlines.extend([Some(*deadline), (!covered).then(|| self.cover_at())]);
            }
            Floor::Speaking => deadlines.extend([self.commit_at(), self.overlap_at()]),
            _ => {}
        }
        deadlines.into_iter().flatten().min().map(|at| at.max(self.now))
    }

    // --- Small things ---------------------------------------------------------------------------------------

    /// Whether the respondent is connected and nothing is paused, so that what is said counts.
    fn hears(&self) -> bool {
        matches!(self.floor, Floor::Listening | Floor::Thinking { .. } | Floor::Speaking)
    }

    fn target(&self) -> Target {
        if self.state.consent.is_none() {
            Target::Participation
        } else if self.state.phase == Phase::Consent && self.settings.recording && self.state.recording.is_none() {
            Target::Recording
        } else if self.state.current.is_some() {
            Target::Question
        } else {
            Target::Nothing
        }
    }

    /// What the interviewer says of its own accord.
    fn lines(&self) -> &'static Lines {
        &self.language.lines
    }

    /// Applies and records an event. There is no other way to record one.
    fn record(&mut self, event: Event) {
        self.state.apply(self.now, &event);
        self.out.push(Output::Record(event));
    }

    fn enter(&mut self, phase: Phase) {
        if self.state.phase != phase {
            self.record(Event::PhaseEntered { phase });
        }
    }

    fn notify(&mut self, notice: Notice) {
        self.out.push(Output::Notify(notice));
    }

    fn show(&mut self, value: CallState) {
        if self.shown != Some(value) {
            self.shown = Some(value);
            let wished = if self.state.paused { PauseReason::Requested } else { PauseReason::ConnectionLost };
            let reason = (value == CallState::Paused).then_some(wished);
            self.notify(Notice::State { value, reason });
        }
    }
}
