//! The engines of this process: loaded once, warmed up, shared by all calls.
//!
//! Owns: which engine does what (local models, or scripted stand-ins named as such). Never does: fall back silently.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::calls::EngineInfo;
use crate::config::Settings;
use crate::sentences::{self, SentencesError};
use encoder::Encoder;
use interview::language::Language;
use llm::proposer::{Proposer, ScriptedProposer, TemplateProposer};
use voice::inference::{Inference, Priority};
use voice::stt::{Speech, Transcriber, Whisper, WhisperSettings};
use voice::tts::{ClipStore, Kokoro, KokoroSettings, StoreSettings, Synthesizer};
use voice::turn::{ScriptedTurn, SmartTurn, TurnDetector};
use voice::vad::{ActivityEngine, Energy, Vad};
use voice::{stt, tts};

/// Disk for clips made before.
const CLIP_FOLDER: &str = "clips";

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("model weights are missing or damaged:\n{0}")]
    Weights(String),
    #[error(transparent)]
    Model(#[from] weights::WeightsError),
    #[error(transparent)]
    Ort(#[from] onnx::OrtError),
    #[error(transparent)]
    Vad(#[from] voice::vad::VadError),
    #[error(transparent)]
    Turn(#[from] voice::turn::TurnError),
    #[error(transparent)]
    Stt(#[from] voice::stt::SttError),
    #[error(transparent)]
    Tts(#[from] voice::tts::TtsError),
    #[error(transparent)]
    Encoder(#[from] SentencesError),
    #[error("the engines did not start: {0}")]
    Start(String),
}

pub struct Engines {
    pub transcriber: Arc<dyn Transcriber>,
    pub synthesizer: Arc<dyn Synthesizer>,
    pub clips: ClipStore,
    pub turn: Arc<dyn TurnDetector>,
    pub vad: Arc<dyn ActivityEngine>,
    pub proposer: Arc<dyn Proposer>,
    pub inference: Inference,
    encoder: Option<Arc<Encoder>>,
    scripted: bool,
}

impl Engines {
    /// Whisper, Kokoro, Silero and Smart Turn. Blocks while it reads the weights; must run inside a tokio runtime.
    /// A weight file that is missing or damaged is an error that names it.
    pub fn local(settings: &Settings) -> Result<Self, EngineError> {
        let speech = &settings.speech;
        let weights = weights::verify(&weights::required(&speech.whisper), &settings.storage.models_dir)
            .map_err(|problems| EngineError::Weights(weights::lines(&problems)))?;
        let inference = Inference::start(speech.inference_threads);
        let environment = onnx::environment(&weights.onnxruntime())?;
        let vad = Vad::start(environment, &weights.silero())?;
        let turn = SmartTurn::load(environment, &weights.smart_turn(), inference.clone())?;
        let whisper = Whisper::load(
            &weights.whisper(&speech.whisper)?,
            inference.clone(),
            WhisperSettings { threads: speech.stt_threads },
        )?;
        let kokoro = Kokoro::load(
            weights.dir(),
            inference.clone(),
            KokoroSettings { threads: speech.tts_threads, ..KokoroSettings::default() },
        )?;
        let synthesizer: Arc<dyn Synthesizer> = Arc::new(kokoro);
        Ok(Self {
            transcriber: Arc::new(whisper),
            clips: clips(settings, &synthesizer)?,
            synthesizer,
            turn: Arc::new(turn),
            vad: Arc::new(vad),
            proposer: Arc::new(TemplateProposer),
            encoder: Some(Arc::new(tuned_encoder(&settings.storage.models_dir)?)),
            inference,
            scripted: false,
        })
    }

    /// Stand-ins with fixed delays for tests of logic and for load; health and log say so.
    pub fn scripted(settings: &Settings) -> Result<Self, EngineError> {
        let delay = Duration::from_millis(settings.speech.scripted_delay_ms);
        // What was "heard" is understood as in earnest where the weights are there.
        let encoder = tuned_encoder(&settings.storage.models_dir)
            .inspect_err(|error| tracing::warn!(%error, "only utterances whose meaning is certain are understood"))
            .ok()
            .map(Arc::new);
        let synthesizer: Arc<dyn Synthesizer> = Arc::new(tts::Scripted::new(delay));
        Ok(Self {
            transcriber: Arc::new(stt::Scripted::new(delay, |_, _| "Yes, that is fine.".to_owned())),
            clips: clips(settings, &synthesizer)?,
            synthesizer,
            turn: Arc::new(ScriptedTurn { probability: 0.9, delay }),
            vad: Arc::new(Energy::default()),
            proposer: Arc::new(ScriptedProposer { delay }),
            inference: Inference::start(settings.speech.inference_threads),
            encoder,
            scripted: true,
        })
    }

    /// Runs every model once, so that the first call is as quick as the next.
    pub async fn warm_up(&self) -> Result<(), EngineError> {
        if self.scripted {
            return Ok(());
        }
        let (voice, _) = self.synthesizer.resolve(&interview::guide::VoiceProfile::default(), "en")?;
        self.synthesizer.synthesize("Ready.", &voice, Priority::FirstSentence).await?;
        let samples: Arc<[f32]> = vec![0.0; 16_000].into();
        self.turn.probability(Arc::clone(&samples)).await?;
        let noise: Vec<f32> = (0..32_000_u32).map(|n| (n as f32 * 0.07).sin() * 0.1).collect();
        let speech = Speech { samples: noise.into(), start_ms: 0, language: "en".to_owned(), voiced: 1.0 };
        self.transcriber.transcribe(speech).await?;
        Ok(())
    }

    /// These texts as vectors, in their order; none where there is no encoder.
    pub async fn encode(&self, texts: Vec<String>) -> Vec<Vec<f32>> {
        let Some(encoder) = self.encoder.clone() else { return Vec::new() };
        let work = move || texts.iter().map(|text| encoder.encode(text)).collect::<Result<Vec<_>, _>>();
        let failed = |error: &dyn std::fmt::Display| tracing::error!(%error, "what was said could not be understood");
        match self.inference.run(Priority::EndOfTurn, work).await {
            Ok(vectors) => vectors.inspect_err(|error| failed(error)).unwrap_or_default(),
            Err(error) => {
                failed(&error);
                Vec::new()
            }
        }
    }

    /// Who does what, in words.
    pub fn describe(&self) -> String {
        let scripted = if self.scripted { " (SCRIPTED stand-ins: nothing is really heard or said)" } else { "" };
        format!("listens with {}, speaks with {}{scripted}", self.transcriber.name(), self.synthesizer.name())
    }

    pub fn info(&self, accepting: bool, capacity: usize) -> EngineInfo {
        EngineInfo {
            stt: self.transcriber.name().to_owned(),
            tts: self.synthesizer.name().to_owned(),
            turn: self.turn.name().to_owned(),
            vad: self.vad.name().to_owned(),
            proposer: self.proposer.name().to_owned(),
            scripted: self.scripted,
            accepting,
            capacity,
        }
    }
}

fn clips(settings: &Settings, synthesizer: &Arc<dyn Synthesizer>) -> Result<ClipStore, EngineError> {
    let store = StoreSettings::new(settings.storage.data_dir.join(CLIP_FOLDER));
    Ok(ClipStore::new(&store, Arc::clone(synthesizer), tokio::runtime::Handle::current())?)
}

/// MiniLM as the training of what people say has adapted it.
pub fn tuned_encoder(models_dir: &Path) -> Result<Encoder, SentencesError> {
    sentences::encoder(models_dir, Some(Language::english().encoder))
}
