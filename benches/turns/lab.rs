//! A call on a virtual clock: real endpointer, real models, the real interview, and no waiting.
//!
//! Owns: the order of things in virtual time. Sound passes as fast as it can be heard; what a model computes is
//! measured and passes as virtual time, so that decisions fall where they would fall in a live call. Never does: decide.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use interview::io::{Event, Input, Ms, Output, PauseId, Transcript, UtteranceId, Word};
use interview::turn::overlap::Limits;
use interview::{Guide, Interview, Settings};
use interviewer::session::Engines;
use tokio::sync::mpsc;
use voice::audio::Frame;
use voice::stt::Incremental;
use voice::turn::{Endpointer, EndpointerEvent, EndpointerHandle, EndpointerSettings};

/// Samples of a frame of 20 ms.
pub const FRAME: usize = 320;
const FRAME_MS: Ms = 20;
/// From `Speak` to the first packet, and from `StopSpeaking` to the last: a packet's time.
const PLAYOUT_MS: Ms = 20;
/// Level of a quiet room, 0…1: −70 dB of full scale.
const ROOM: f32 = 0.000_3;

/// What was seen, at a time of the call clock.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    SpeechStarted,
    /// The interview began to say something.
    Spoke(String),
    Ducked,
    Unducked,
    Stopped,
    /// Text, and milliseconds it took.
    Transcribed(String, Ms),
    /// The same of speech that went on.
    Looked(String, Ms),
    /// Probability by sound, and milliseconds it took.
    Judged(f32, Ms),
    Answered(String),
    Over,
}

/// One call.
pub struct Lab {
    engines: Arc<Engines>,
    interview: Interview,
    frames: mpsc::Sender<Frame>,
    events: mpsc::Receiver<EndpointerEvent>,
    endpointer: EndpointerHandle,
    incremental: Incremental,
    now: Ms,
    due: Vec<(Ms, Input)>,
    wake: Option<Ms>,
    playing: Option<(UtteranceId, Ms, String)>,
    /// Said by a respondent who needs no models: until the question of interest is put.
    scripted: Option<&'static str>,
    room: Noise,
    /// What every model is taken to need, where that is not measured.
    models_take: Option<Ms>,
    pub seen: Vec<(Ms, Seen)>,
}

impl Lab {
    /// A call in which consent was given and the guide's first question is about to be put.
    pub async fn call(engines: &Arc<Engines>, guide: Guide) -> anyhow::Result<Self> {
        Self::call_with(engines, guide, &Limits::default()).await
    }

    /// The same with other numbers for speech over ours.
    pub async fn call_with(engines: &Arc<Engines>, guide: Guide, limits: &Limits) -> anyhow::Result<Self> {
        let mut lab = Self::greeted(engines, guide, limits).await?;
        // A yes that needs no endpointer.
        lab.scripted = Some("Yes.");
        let said = lab.now;
        lab.feed(said, Input::SpeechStarted { at: said }).await?;
        lab.feed(said + 300, Input::SpeechPaused { end: said + 300 }).await?;
        while lab.playing.is_none() {
            anyhow::ensure!(!lab.is_over(), "the interview ended before its first question");
            lab.pass(lab.now + FRAME_MS).await?;
        }
        lab.scripted = None;
        lab.seen.clear();
        Ok(lab)
    }

    /// A call in which the greeting was heard to its end: consent is still to be given.
    pub async fn greeted(engines: &Arc<Engines>, guide: Guide, limits: &Limits) -> anyhow::Result<Self> {
        let settings = Settings { recording: false, ..Settings::default() };
        let (endpointer, handle) = Endpointer::new(EndpointerSettings::default(), engines.vad.detector());
        let (frames, inbox) = mpsc::channel(1);
        let (outbox, events) = mpsc::channel(64);
        tokio::spawn(endpointer.run(inbox, outbox));
        let mut lab = Self {
            engines: Arc::clone(engines),
            interview: Interview::new(Arc::new(guide), settings).with_overlap(limits.clone()),
            frames,
            events,
            endpointer: handle,
            incremental: Incremental::new(Arc::clone(&engines.transcriber)),
            now: 0,
            due: Vec::new(),
            wake: None,
            playing: None,
            scripted: None,
            room: Noise::new(5),
            models_take: models_take(),
            seen: Vec::new(),
        };
        lab.feed(0, Input::Connected).await?;
        lab.listen_to_the_end().await?;
        Ok(lab)
    }

    /// Call clock.
    pub fn now(&self) -> Ms {
        self.now
    }

    pub fn is_over(&self) -> bool {
        self.interview.is_over()
    }

    /// Lets the interview finish what it is saying; nothing is sent meanwhile.
    pub async fn listen_to_the_end(&mut self) -> anyhow::Result<()> {
        while self.playing.is_some() {
            self.pass(self.now + FRAME_MS).await?;
        }
        Ok(())
    }

    /// Quiet for so long.
    pub async fn quiet(&mut self, ms: Ms) -> anyhow::Result<()> {
        for _ in 0..ms / FRAME_MS {
            self.hear(&[0.0; FRAME]).await?;
        }
        Ok(())
    }

    /// Quiet until the interview speaks.
    pub async fn quiet_until_spoken_to(&mut self) -> anyhow::Result<()> {
        for _ in 0..10_000 / FRAME_MS {
            if self.playing.is_some() {
                return Ok(());
            }
            self.hear(&[0.0; FRAME]).await?;
        }
        anyhow::bail!("the interview says nothing")
    }

    /// Sound from the respondent's side, as long as it lasts.
    pub async fn sound(&mut self, samples: &[f32]) -> anyhow::Result<()> {
        for frame in samples.chunks(FRAME) {
            let mut whole = [0.0; FRAME];
            whole[..frame.len()].copy_from_slice(frame);
            self.hear(&whole).await?;
        }
        Ok(())
    }

    async fn hear(&mut self, sound: &[f32; FRAME]) -> anyhow::Result<()> {
        let mut samples = *sound;
        for sample in &mut samples {
            *sample += self.room.sample() * ROOM;
        }
        let deaf = || anyhow::anyhow!("the endpointer is deaf");
        let at_ms = self.now;
        self.frames.send(Frame { at_ms, samples, concealed: false }).await.map_err(|_| deaf())?;
        // A frame of the past is left out by the endpointer: once this one has been taken, the frame before it is done with.
        self.frames.send(Frame { at_ms: 0, samples: [0.0; FRAME], concealed: false }).await.map_err(|_| deaf())?;
        drop(self.frames.reserve().await.map_err(|_| deaf())?);
        let now = at_ms + FRAME_MS;
        self.pass(now).await?;
        while let Ok(event) = self.events.try_recv() {
            let input = match event {
                EndpointerEvent::SpeechStarted { at } => {
                    self.seen.push((now, Seen::SpeechStarted));
                    Input::SpeechStarted { at }
                }
                EndpointerEvent::SpeechPaused { end } => {
                    self.tell_level(now).await?;
                    Input::SpeechPaused { end }
                }
            };
            self.feed(now, input).await?;
        }
        Ok(())
    }

    /// Lets virtual time pass: everything that falls due happens in its order.
    async fn pass(&mut self, until: Ms) -> anyhow::Result<()> {
        loop {
            let first = self.due.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(index, (at, _))| (index, *at));
            let wake = self.wake.filter(|wake| first.is_none_or(|(_, at)| *wake < at));
            let (at, input) = match (wake, first) {
                (Some(wake), _) if wake <= until => {
                    self.wake = None;
                    (wake, Input::Timer)
                }
                (None, Some((index, at))) if at <= until => self.due.swap_remove(index),
                _ => break,
            };
            self.feed(at.max(self.now), input).await?;
        }
        self.now = until;
        Ok(())
    }

    async fn feed(&mut self, at: Ms, input: Input) -> anyhow::Result<()> {
        self.now = self.now.max(at);
        if let Input::PlaybackFinished { .. } | Input::PlaybackStopped { .. } = input {
            self.playing = None;
        }
        let (mut transcribe, mut judge, mut look, mut embed) = (None, None, None, None);
        for output in self.interview.handle(at, input) {
            match output {
                Output::Transcribe { pause } => transcribe = Some(pause),
                Output::JudgeTurn { pause } => judge = Some(pause),
                Output::TranscribeSoFar { look: number } => look = Some(number),
                Output::Embed { pause, texts } => embed = Some((pause, texts)),
                other => self.carry_out(at, other),
            }
        }
        if let Some(pause) = transcribe {
            self.compute(at, pause, judge).await?;
        }
        if let Some(look) = look {
            self.look(at, look).await?;
        }
        if let Some((pause, texts)) = embed {
            let began = Instant::now();
            let vectors = self.engines.encode(texts).await;
            self.due.push((at + self.took(began), Input::Embedded { pause, vectors }));
        }
        Ok(())
    }

    /// How loud the respondent is, as the driver tells it.
    async fn tell_level(&mut self, at: Ms) -> anyhow::Result<()> {
        match self.endpointer.level_db() {
            Some(db) => Box::pin(self.feed(at, Input::SpeechLevel { db })).await,
            None => Ok(()),
        }
    }

    /// Milliseconds since then, or what models are taken to need.
    fn took(&self, began: Instant) -> Ms {
        self.models_take.unwrap_or(began.elapsed().as_millis() as Ms)
    }

    /// The words so far, while speech goes on.
    async fn look(&mut self, at: Ms, look: PauseId) -> anyhow::Result<()> {
        let began = Instant::now();
        let transcript = match self.endpointer.snapshot() {
            Some(audio) => self.incremental.transcribe(&audio, "en").await.context("transcribing")?,
            None => Transcript::default(),
        };
        let ms = self.took(began);
        self.seen.push((at + ms, Seen::Looked(transcript.text(), ms)));
        if let Some(db) = self.endpointer.level_db() {
            self.due.push((at + ms, Input::SpeechLevel { db }));
        }
        self.due.push((at + ms, Input::TranscribedSoFar { look, transcript }));
        Ok(())
    }

    fn carry_out(&mut self, at: Ms, output: Output) {
        match output {
            Output::Speak { utterance, lines, .. } => {
                let text = lines.iter().map(|line| &line.text[line.from..]).collect::<Vec<_>>().join(" ");
                let ms = text.chars().count() as Ms * interview::turn::Policy::default().ms_per_char;
                self.due.push((at + PLAYOUT_MS, Input::PlaybackStarted { utterance }));
                self.due.push((at + PLAYOUT_MS + ms, Input::PlaybackFinished { utterance }));
                self.playing = Some((utterance, at + PLAYOUT_MS, text.clone()));
                self.seen.push((at, Seen::Spoke(text)));
            }
            Output::StopSpeaking => {
                self.seen.push((at, Seen::Stopped));
                if let Some((utterance, began, text)) = &self.playing {
                    let (utterance, began) = (*utterance, *began);
                    let share = at.saturating_sub(began) / interview::turn::Policy::default().ms_per_char;
                    let heard: String = text.chars().take(share as usize).collect();
                    let heard = heard.rsplit_once(' ').map_or(String::new(), |(whole, _)| whole.to_owned());
                    self.due.retain(|(_, input)| {
                        !matches!(input, Input::PlaybackStarted { .. } | Input::PlaybackFinished { .. })
                    });
                    self.due.push((at + PLAYOUT_MS, Input::PlaybackStopped { utterance, heard }));
                }
            }
            Output::Duck => self.seen.push((at, Seen::Ducked)),
            Output::Unduck => self.seen.push((at, Seen::Unducked)),
            Output::TurnTaken => {
                self.endpointer.turn_taken();
                self.incremental.reset();
            }
            Output::HearAnew => {
                self.endpointer.hear_anew();
                self.incremental.reset();
            }
            Output::Propose { pause, request } => {
                let proposals = interview::followup::propose(&request);
                self.due.push((at, Input::Proposed { pause, proposals }));
            }
            Output::WakeAt(wake) => self.wake = Some(wake),
            Output::Record(Event::Answered { response }) => self.seen.push((at, Seen::Answered(response.text))),
            Output::HangUp => self.seen.push((at, Seen::Over)),
            _ => {}
        }
    }

    /// Both models at once, as in a live call; their answers come as much later as they took.
    async fn compute(&mut self, at: Ms, pause: PauseId, judge: Option<PauseId>) -> anyhow::Result<()> {
        if let Some(text) = self.scripted {
            let word = Word { text: text.to_owned(), start_ms: at, end_ms: at, confidence: 1.0 };
            let transcript = Transcript { words: vec![word], rejected: None };
            self.due.push((at, Input::Transcribed { pause, transcript }));
            self.due.push((at, Input::TurnJudged { pause, probability: 1.0 }));
            return Ok(());
        }
        let Some(audio) = self.endpointer.snapshot() else {
            self.due.push((at, Input::Transcribed { pause, transcript: Transcript::default() }));
            return Ok(());
        };
        let began = Instant::now();
        let words = async { (self.incremental.transcribe(&audio, "en").await, self.took(began)) };
        let sound = async { (self.engines.turn.probability(audio.last_8_s()).await, self.took(began)) };
        let ((transcript, words_ms), (probability, sound_ms)) = tokio::join!(words, sound);
        let transcript = transcript.context("transcribing")?;
        self.seen.push((at + words_ms, Seen::Transcribed(transcript.text(), words_ms)));
        self.due.push((at + words_ms, Input::Transcribed { pause, transcript }));
        if let Some(pause) = judge {
            let probability = probability.context("judging")?;
            self.seen.push((at + sound_ms, Seen::Judged(probability, sound_ms)));
            self.due.push((at + sound_ms, Input::TurnJudged { pause, probability }));
        }
        Ok(())
    }
}

/// `MODELS_TAKE_MS`: so that figures do not depend on what else the machine does.
fn models_take() -> Option<Ms> {
    std::env::var("MODELS_TAKE_MS").ok().and_then(|ms| ms.parse().ok())
}

/// Noise from a seed, the same everywhere (xorshift).
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// −1…1.
    pub fn sample(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }

    /// From `low` to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + f32::midpoint(self.sample(), 1.0) * (high - low)
    }
}
