//! An engine of our own and a caller with prepared lines.
//!
//! Owns: starting the engine in this process on a free port, and holding an interview over a real peer connection.
//! Never does: judge the interview. Shared by `benches/turns` and `tests/it`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use demo::api_view;
use demo::capture::Capture;
use demo::client::Client;
use demo::persona::Persona;
use demo::policy::Policy;
use demo::script::Lines;
use demo::{self, Tools};
use interview::Guide;
use interviewer::config::Settings;
use interviewer::startup::{self, Running};
use serde_json::Value;
use tokio::sync::mpsc;
use voice::audio::MediaRuntime;
use voice::transport::webrtc::{WebRtc, WebRtcSettings};

/// The engine may take this long to store the end of an interview.
const SETTLE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// A running engine with its data in a temporary folder, and the caller's side of the network.
pub struct Stage {
    pub running: Running,
    pub tools: Tools,
    _media: MediaRuntime,
    _data: tempfile::TempDir,
}

/// An interview that was held.
pub struct Held {
    pub capture: Capture,
    pub interview: Value,
    pub transcript: Value,
}

impl Stage {
    /// Must be called inside an actix system. Consent to record is not asked for: nothing here needs a recording.
    pub async fn start(whisper: &str) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let settings = Settings::read(None, |name| {
            Some(match name {
                "API_PORT" => "0".to_owned(),
                "DATA_DIR" => data.path().display().to_string(),
                "MODELS_DIR" => crate::recordings::models_dir().display().to_string(),
                "WHISPER_MODEL" => whisper.to_owned(),
                "ENABLE_CALL_RECORDING" => "false".to_owned(),
                _ => return None,
            })
        })?;
        let running = startup::start(settings).await?;
        let media = MediaRuntime::start()?;
        let tools = Tools {
            dial: Arc::new(WebRtc::new(WebRtcSettings::default(), media.handle().clone())),
            synthesizer: Arc::clone(&running.engines.synthesizer),
            transcriber: Arc::clone(&running.engines.transcriber),
        };
        Ok(Self { running, tools, _media: media, _data: data })
    }

    /// Holds one interview to its end.
    pub async fn hold(&self, guide: &Guide, persona: Persona, lines: Lines) -> anyhow::Result<Held> {
        let client = Client::new(&self.running.url)?;
        let guide_id = client.create_guide(guide).await?;
        let scheduled = client.schedule(&guide_id, &persona.name).await?;
        let questions = guide.questions().map(|(_, q)| (q.id.clone(), q.text.clone())).collect();
        let policy = Policy::new(persona, questions, HashMap::new());
        // Nobody watches: what does not fit is dropped.
        let (events, _) = mpsc::channel(1);
        let (capture, trouble) = demo::call(&client, &scheduled, guide, policy, lines, &self.tools, events).await?;
        if let Some(trouble) = trouble {
            bail!("the call: {trouble}");
        }
        let deadline = Instant::now() + SETTLE;
        let interview = loop {
            let interview = client.interview(&scheduled.interview_id).await?;
            if api_view::is_final(&interview) {
                break interview;
            }
            if Instant::now() > deadline {
                bail!("the interview's end is not stored {} s after hanging up", SETTLE.as_secs());
            }
            tokio::time::sleep(POLL).await;
        };
        let transcript = client.transcript(&scheduled.interview_id).await.context("the transcript")?;
        Ok(Held { capture, interview, transcript })
    }
}
