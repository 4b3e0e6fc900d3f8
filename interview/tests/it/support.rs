//! A scripted respondent and a perfect driver. Time is advanced, never waited for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use encoder::Encoder;
use interview::followup;
use interview::guide::{self, Action, Guide};
use interview::io::{
    Command, EndStatus, Event, Input, Ms, Notice, Output, PauseId, Proposal, ProposalRequest, Rejection, Response,
    Transcript, UtteranceId, Word,
};
use interview::language::Language;
use interview::{Interview, Settings};

/// A full answer.
pub const WORK: &str = "I keep the books for eleven small shops and restaurants around Leeds, mostly from home.";

pub const GUIDE: &str = r"
name: Bookkeeping today
research_objective: How small firms keep their books
estimated_duration_minutes: 5
max_duration_minutes: 10
sections:
  - section_name: Work
    questions:
      - {id: kind, text: 'What kind of work do you do?', required: true, max_follow_ups: 1}
      - {id: manager, text: 'How do you get on with your manager?', required: true}
      - {id: hours, text: 'What does a usual day look like?', max_follow_ups: 1}
  - section_name: Tools
    questions:
      - {id: rating, text: 'How happy are you with your tools?', type: scale, scale: {min: 1, max: 10}, required: true,
         follow_up_triggers: [{condition: low score, action: probe, priority: 5, template: 'What bothers you most about them?'}]}
      - {id: how, text: 'How do you send invoices?', type: multiple_choice, options: [By post, By email], required: true}
";

pub fn guide() -> Arc<Guide> {
    Arc::new(guide::parse(GUIDE).unwrap())
}

/// The real encoder, which is loaded once.
pub fn encoder() -> &'static Encoder {
    static ENCODER: OnceLock<Encoder> = OnceLock::new();
    ENCODER.get_or_init(|| {
        let dir = std::env::var("MODELS_DIR")
            .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/weights"), PathBuf::from);
        let environment = onnx::environment(&dir.join("libonnxruntime.so")).expect("weights: scripts/run models fetch");
        let (model, pieces) = (dir.join("minilm-l6-int8.onnx"), dir.join("minilm-vocab.json"));
        Encoder::open(environment, &model, &pieces, Some(Language::english().encoder)).expect("weights are whole")
    })
}

/// The vector of a text, which is computed once.
pub fn vector(text: &str) -> Vec<f32> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Vec<f32>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    if let Some(vector) = known.lock().unwrap().get(text) {
        return vector.clone();
    }
    let vector = encoder().encode(text).unwrap();
    known.lock().unwrap().insert(text.to_owned(), vector.clone());
    vector
}

/// What the interviewer is saying now.
#[derive(Debug, Clone)]
pub struct Utterance {
    pub id: UtteranceId,
    pub lines: Vec<String>,
    started: Ms,
    ends: Ms,
}

/// Drives an interview: plays what it says, and transcribes what the test says.
#[allow(clippy::struct_excessive_bools)]
pub struct Call {
    pub interview: Interview,
    pub now: Ms,
    pub events: Vec<(Ms, Event)>,
    pub outputs: Vec<Output>,
    pub playing: Option<Utterance>,
    /// Everything that was said, with whether it was cut.
    pub spoken: Vec<String>,
    pub stops: usize,
    wake: Option<Ms>,
    /// Words of the respondent's turn so far.
    pub turn: Vec<Word>,
    /// Turns that are over, and how many events there were before each.
    pub taken: Vec<(usize, Vec<Word>)>,
    /// What is being said. It is heard as far as time has advanced.
    saying: Vec<Word>,
    /// The respondent's level in dB, if the driver can measure it.
    pub level_db: Option<f32>,
    pub hung_up: bool,
    respondent_speaks: bool,
    pub overlaps: usize,
    /// Whether proposals come at once from the templates. Otherwise the test gives them.
    pub templates: bool,
    /// Whether sentences are turned into vectors. Otherwise only certain wordings are understood.
    pub encodes: bool,
    /// The confidence of recognition in every word.
    pub confidence: f32,
    /// The last request for proposals.
    pub asked_for: Option<(PauseId, Box<ProposalRequest>)>,
}

const MS_PER_CHAR: Ms = 60;

impl Call {
    pub fn new(guide: Arc<Guide>, settings: Settings) -> Self {
        Self::around(Interview::new(guide, settings), 0)
    }

    pub fn around(interview: Interview, now: Ms) -> Self {
        Self {
            interview,
            now,
            events: Vec::new(),
            outputs: Vec::new(),
            playing: None,
            spoken: Vec::new(),
            stops: 0,
            wake: None,
            turn: Vec::new(),
            taken: Vec::new(),
            saying: Vec::new(),
            level_db: None,
            hung_up: false,
            respondent_speaks: false,
            overlaps: 0,
            templates: true,
            encodes: true,
            confidence: 0.95,
            asked_for: None,
        }
    }

    /// A call that has reached the first question.
    pub fn begun() -> Self {
        Self::begun_with(Settings::default())
    }

    pub fn begun_with(settings: Settings) -> Self {
        let mut call = Self::new(guide(), settings);
        call.give(Input::Connected);
        call.hear_out();
        call.say("Yes, that's fine.");
        call.hear_out();
        call.say("Yes.");
        call.hear_out();
        call
    }

    pub fn give(&mut self, input: Input) {
        let outputs = self.interview.handle(self.now, input);
        let mut answers = Vec::new();
        for output in outputs {
            self.outputs.push(output.clone());
            match output {
                Output::Speak { utterance, lines, .. } => {
                    assert!(self.playing.is_none(), "the interviewer speaks over itself");
                    if self.respondent_speaks {
                        self.overlaps += 1;
                    }
                    let lines: Vec<String> = lines.into_iter().map(|l| l.text[l.from..].to_owned()).collect();
                    let length = lines.join(" ").len() as Ms * MS_PER_CHAR;
                    self.playing = Some(Utterance { id: utterance, lines, started: self.now, ends: self.now + length });
                    answers.push(Input::PlaybackStarted { utterance });
                }
                Output::StopSpeaking => {
                    self.stops += 1;
                    if let Some(playing) = self.playing.take() {
                        let share =
                            (self.now - playing.started) as f64 / (playing.ends - playing.started).max(1) as f64;
                        let text = playing.lines.join(" ");
                        let words: Vec<&str> = text.split(' ').collect();
                        let heard = words[..(words.len() as f64 * share.min(1.0)) as usize].join(" ");
                        self.spoken.push(heard.clone());
                        answers.push(Input::PlaybackStopped { utterance: playing.id, heard });
                    }
                }
                Output::Transcribe { pause } => {
                    let transcript = if self.turn.is_empty() {
                        Transcript { words: vec![], rejected: Some(Rejection::NoSpeech) }
                    } else {
                        Transcript { words: self.turn.clone(), rejected: None }
                    };
                    answers.push(Input::Transcribed { pause, transcript });
                }
                Output::TranscribeSoFar { look } => {
                    let so_far = self.saying.iter().filter(|word| word.end_ms <= self.now);
                    let words: Vec<Word> = self.turn.iter().chain(so_far).cloned().collect();
                    let rejected = words.is_empty().then_some(Rejection::NoSpeech);
                    answers.extend(self.level_db.map(|db| Input::SpeechLevel { db }));
                    answers.push(Input::TranscribedSoFar { look, transcript: Transcript { words, rejected } });
                }
                Output::Embed { pause, texts } => {
                    let vectors = if self.encodes { texts.iter().map(|text| vector(text)).collect() } else { vec![] };
                    answers.push(Input::Embedded { pause, vectors });
                }
                Output::JudgeTurn { pause } => answers.push(Input::TurnJudged { pause, probability: 0.9 }),
                Output::Propose { pause, request } => {
                    if self.templates {
                        answers.push(Input::Proposed { pause, proposals: followup::propose(&request) });
                    }
                    self.asked_for = Some((pause, request));
                }
                Output::TurnTaken => {
                    let words = std::mem::take(&mut self.turn);
                    self.taken.push((self.events.len(), words));
                }
                Output::HearAnew => {
                    self.turn.clear();
                    self.saying.clear();
                    if self.respondent_speaks {
                        answers.push(Input::SpeechStarted { at: self.now });
                    }
                }
                Output::Record(event) => self.events.push((self.now, event)),
                Output::WakeAt(at) => self.wake = Some(at),
                Output::HangUp => self.hung_up = true,
                _ => {}
            }
        }
        for answer in answers {
            self.give(answer);
        }
    }

    /// Advances time, with the timers and ends of playback on the way.
    pub fn wait(&mut self, ms: Ms) {
        let until = self.now + ms;
        while !self.hung_up {
            let next = [self.wake, self.playing.as_ref().map(|p| p.ends)].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            if self.playing.as_ref().is_some_and(|p| p.ends <= self.now) {
                let played = self.playing.take().unwrap();
                self.spoken.push(played.lines.join(" "));
                self.give(Input::PlaybackFinished { utterance: played.id });
            } else {
                self.wake = None;
                self.give(Input::Timer);
            }
        }
        self.now = self.now.max(until);
    }

    /// Advances time until the interviewer has finished speaking.
    pub fn hear_out(&mut self) {
        for _ in 0..20 {
            let Some(playing) = &self.playing else { break };
            self.wait(playing.ends.saturating_sub(self.now));
        }
        self.wait(300);
    }

    /// Says something and lets the interviewer react, until it speaks or four seconds have passed.
    pub fn say(&mut self, text: &str) {
        self.speak(text);
        for _ in 0..40 {
            if self.playing.is_some() || self.hung_up {
                break;
            }
            self.wait(100);
        }
    }

    /// Says something at 250 ms a word. Then the pause is noticed.
    pub fn speak(&mut self, text: &str) {
        let start = self.now;
        self.wait(120);
        self.respondent_speaks = true;
        self.give(Input::SpeechStarted { at: start });
        let mut at = start;
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            words.push(Word { text: word.into(), start_ms: at, end_ms: at + 200, confidence: self.confidence });
            at += 250;
        }
        self.saying = words;
        self.wait(at.saturating_sub(self.now) + 150);
        let words = std::mem::take(&mut self.saying);
        self.turn.extend(words);
        self.respondent_speaks = false;
        if let Some(db) = self.level_db {
            self.give(Input::SpeechLevel { db });
        }
        self.give(Input::SpeechPaused { end: at });
    }

    /// Lets a model propose these to the last answer about which it was asked.
    pub fn propose(&mut self, texts: &[&str]) {
        let (pause, _) = self.asked_for.take().expect("proposals were asked for");
        let proposal = |text: &&str| Proposal {
            action: Action::Probe,
            text: (*text).to_owned(),
            why: "a model".into(),
            priority: 5,
            source: "some-model".into(),
        };
        self.give(Input::Proposed { pause, proposals: texts.iter().map(proposal).collect() });
    }

    /// Makes a noise without words.
    pub fn cough(&mut self, ms: Ms) {
        let start = self.now;
        self.wait(100);
        self.respondent_speaks = true;
        self.give(Input::SpeechStarted { at: start });
        self.wait(ms);
        self.respondent_speaks = false;
        self.give(Input::SpeechPaused { end: start + ms });
    }

    /// Replaces the engine by another, which resumes the call from the log with the respondent
    /// connected.
    pub fn restart(&mut self, settings: Settings) {
        let guide = self.interview.guide().clone();
        self.interview = Interview::replay(guide, settings, self.events.iter().map(|(at, event)| (*at, event)));
        self.now += 1_000;
        (self.playing, self.wake, self.hung_up) = (None, None, false);
        self.turn.clear();
        self.give(Input::Connected);
    }

    /// Begins a sound that does not stop, such as a television's.
    pub fn noise_begins(&mut self) {
        self.respondent_speaks = true;
        self.give(Input::SpeechStarted { at: self.now });
    }

    /// Says words within sound that does not stop.
    pub fn speak_through_noise(&mut self, text: &str) {
        let start = self.now;
        let words = text.split_whitespace().enumerate().map(|(n, word)| {
            let start_ms = start + n as Ms * 250;
            Word { text: word.into(), start_ms, end_ms: start_ms + 200, confidence: 0.95 }
        });
        self.saying.extend(words);
    }

    pub fn command(&mut self, command: Command) {
        self.give(Input::Command(command));
    }

    pub fn responses(&self) -> Vec<&Response> {
        self.events
            .iter()
            .filter_map(|(_, e)| if let Event::Answered { response } = e { Some(&**response) } else { None })
            .collect()
    }

    pub fn response(&self, question: &str) -> &Response {
        self.responses().into_iter().find(|r| r.question_id == question && !r.is_follow_up).expect("a response")
    }

    /// The ids of the guide questions put, in order.
    pub fn asked(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|(_, e)| match e {
                Event::QuestionAsked { question_id, follow_up_of: None, .. } => Some(question_id.as_str()),
                _ => None,
            })
            .collect()
    }

    pub fn kinds(&self) -> Vec<&'static str> {
        self.events.iter().map(|(_, e)| e.kind()).collect()
    }

    pub fn ended(&self) -> Option<(EndStatus, Option<&str>)> {
        self.events.iter().find_map(|(_, e)| match e {
            Event::Ended { status, reason } => Some((*status, reason.as_deref())),
            _ => None,
        })
    }

    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.outputs.iter().filter_map(|o| if let Output::Notify(n) = o { Some(n) } else { None })
    }

    pub fn now_asking(&self) -> &str {
        self.playing.as_ref().and_then(|p| p.lines.last()).map_or("", String::as_str)
    }

    pub fn last_spoken(&self) -> &str {
        self.spoken.last().map_or("", String::as_str)
    }

    /// Asserts that the log restores the state from which it was written.
    pub fn assert_replays(&self, settings: Settings) {
        let replayed =
            Interview::replay(self.interview.guide().clone(), settings, self.events.iter().map(|(at, e)| (*at, e)));
        assert_eq!(replayed.state(), self.interview.state());
    }
}
