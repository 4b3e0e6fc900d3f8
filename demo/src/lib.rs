//! The demo: a whole interview without a human or a browser (product contract, section 10).
//!
//! Owns: the simulated respondent and the report on what it said, received and measured. It joins
//! through REST, SDP and the events socket like any other client. Never does: look inside the
//! engine.
//!
//! In the order of a call: [`persona`] and [`answers`] describe the respondent, and [`script`]
//! synthesises every line in advance. [`client`] and [`line`] join, [`policy`] decides when to speak,
//! [`respondent`] holds the call and fills the [`capture`], and [`live`] prints it. Afterwards,
//! [`measure`], [`envelope`] and [`heard`] evaluate the capture, [`api_view`] reads what the engine
//! stored, [`report`] joins the results, and [`render`] prints them.

pub mod answers;
pub mod api_view;
pub mod client;
pub mod envelope;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod heard;
pub mod line;
pub mod live;
pub mod measure;
pub mod policy;
pub mod model;
pub mod persona;
pub mod render;
pub mod report;
pub mod respondent;
pub mod capture;
pub mod script;
#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod wire_tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use interview::Guide;
use serde_json::Value;
use tokio::sync::mpsc;

use self::capture::Capture;
use self::client::{Client, ClientError, Scheduled};
use self::envelope::Envelope;
use self::line::Dial;
use self::live::DemoEvent;
use self::persona::Persona;
use self::policy::Policy;
use self::report::{Found, Material, Report};
use self::respondent::{Respondent, RespondentError};
use self::script::{Lines, VoiceError};
use voice::stt::{SttError, Transcriber};
use voice::transport::TransportError;
use voice::tts::{Synthesizer, TtsError, Voice};

/// The limit of the time that the engine takes to store the end of the interview.
const SETTLE: Duration = Duration::from_secs(20);
/// The interval at which long preparations report that they continue.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(250);
/// The time that is added to the guide's own limit before the respondent hangs up.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Voice(#[from] VoiceError),
    #[error("the interviewer's voice cannot be synthesised: {0}")]
    Interviewer(TtsError),
    #[error("the call failed: {0}")]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Respondent(#[from] RespondentError),
    #[error("the received audio cannot be transcribed: {0}")]
    Transcription(#[from] SttError),
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
}

/// The options of the demo. The guide's ids must be complete.
#[derive(Debug, Clone)]
pub struct Options {
    pub guide: Guide,
    pub persona: Persona,
    /// The folder for the recording and the transcript.
    pub keep: PathBuf,
}

/// An engine that is ready to accept calls.
#[derive(Debug, Clone)]
pub struct RunningEngine {
    /// The address, such as `http://127.0.0.1:8000`.
    pub base_url: String,
}

/// The respondent's own models and transport.
#[derive(Clone)]
pub struct Tools {
    pub dial: Arc<dyn Dial>,
    pub synthesizer: Arc<dyn Synthesizer>,
    pub transcriber: Arc<dyn Transcriber>,
}

/// Holds one interview and evaluates it. Progress is sent to `events` as it happens.
pub async fn run(
    options: &Options,
    engine: &RunningEngine,
    tools: &Tools,
    events: mpsc::Sender<DemoEvent>,
) -> Result<Report, DemoError> {
    let Options { guide, persona, .. } = options;
    let (interviewer, _) =
        tools.synthesizer.resolve(&guide.voice_profile, &guide.language).map_err(DemoError::Interviewer)?;
    if interviewer.name == persona.voice {
        return Err(VoiceError::SameVoice(interviewer.name).into());
    }
    let step = |text: String| {
        let _ = events.try_send(DemoEvent::Step(text));
    };
    // The interview is scheduled first, so that the engine prepares its lines while the demo
    // prepares its own.
    let client = Client::new(&engine.base_url)?;
    let guide_id = client.create_guide(guide).await?;
    let scheduled = client.schedule(&guide_id, &persona.name).await?;
    step(format!("preparing {}'s voice ({})", persona.name, persona.voice));
    let began = Instant::now();
    let mut told = began;
    let lines = Lines::prepare(persona, &tools.synthesizer, |done, all| {
        if told.elapsed() >= SIGN_OF_LIFE {
            told = Instant::now();
            step(format!("{done} of {all} lines are ready"));
        }
    })
    .await?;
    let policy = policy(guide, persona, &interviewer, &tools.synthesizer).await?;
    step(format!("every line is ready after {:.1} s", began.elapsed().as_secs_f32()));

    step(format!("joining interview {}", scheduled.interview_id));
    let (capture, trouble) = call(&client, &scheduled, guide, policy, lines, tools, events.clone()).await?;

    step("hung up; transcribing what was heard".to_owned());
    let interview = settled(&client, &scheduled.interview_id).await?;
    let transcript = client.transcript(&scheduled.interview_id).await?;
    let found = judge(guide, &capture, &interview, &transcript, &interviewer, tools).await?;
    let kept = keep(&client, &scheduled.interview_id, &options.keep).await?;
    Ok(report::make(Material {
        guide,
        persona,
        capture: &capture,
        interview,
        transcript: &transcript,
        found: &found,
        recording: kept.recording,
        transcript_at: kept.transcript,
        trouble: trouble.map(|trouble| trouble.to_string()),
    }))
}

async fn policy(
    guide: &Guide,
    persona: &Persona,
    interviewer: &Voice,
    synthesizer: &Arc<dyn Synthesizer>,
) -> Result<Policy, DemoError> {
    let mut questions = HashMap::new();
    let mut expected = HashMap::new();
    for question in guide.sections.iter().flat_map(|section| &section.questions) {
        if persona.behaviours.interrupts {
            let sound = script::expected(synthesizer, interviewer, &question.text).await?;
            expected.insert(question.id.clone(), sound);
        }
        questions.insert(question.id.clone(), question.text.clone());
    }
    Ok(Policy::new(persona.clone(), questions, expected))
}

/// Joins and holds the call to its end. Returns the capture, and the error of the call if there was
/// one.
pub async fn call(
    client: &Client,
    scheduled: &Scheduled,
    guide: &Guide,
    policy: Policy,
    lines: Lines,
    tools: &Tools,
    events: mpsc::Sender<DemoEvent>,
) -> Result<(Capture, Option<RespondentError>), DemoError> {
    let messages = client.follow(&scheduled.join_token).await?;
    let offer = tools.dial.offer().await?;
    let (answer, location) = client.call(&scheduled.join_token, offer.sdp()).await?;
    let link = offer.accept(&answer).await?;
    let limit = Duration::from_secs(u64::from(guide.max_duration_minutes) * 60) + PATIENCE;
    let respondent = Respondent { link, policy, lines, messages, events, limit };
    let held = respondent.hold().await;
    if let Some(location) = location {
        // The call is already over if all went well.
        client.hang_up(&location).await?;
    }
    Ok(held?)
}

/// Returns the interview once its end is stored, or as it is when that takes too long.
async fn settled(client: &Client, id: &str) -> Result<Value, DemoError> {
    let deadline = Instant::now() + SETTLE;
    loop {
        let interview = client.interview(id).await?;
        if api_view::is_final(&interview) || Instant::now() > deadline {
            return Ok(interview);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Transcribes and measures every asking in the capture.
async fn judge(
    guide: &Guide,
    capture: &Capture,
    interview: &Value,
    transcript: &Value,
    interviewer: &Voice,
    tools: &Tools,
) -> Result<Vec<Found>, DemoError> {
    let rows = api_view::rows(interview, transcript);
    let row_of = report::rows_of_askings(&capture.askings, &rows);
    let mut sounds: HashMap<&str, Envelope> = HashMap::new();
    let mut found = Vec::with_capacity(capture.askings.len());
    for (i, row) in row_of.iter().enumerate() {
        let (from, to) = capture.window(i);
        let heard_text = heard::transcribe(capture, from, to, &tools.transcriber, &guide.language).await?;
        let text = row.map(|row| rows[row].question_text.as_str()).filter(|text| !text.is_empty());
        if let Some(text) = text
            && !sounds.contains_key(text)
        {
            sounds.insert(text, script::expected(&tools.synthesizer, interviewer, text).await?);
        }
        let timing = measure::timing(capture, i, text.and_then(|text| sounds.get(text)));
        found.push(Found { heard_text, timing });
    }
    Ok(found)
}

struct Kept {
    recording: Option<String>,
    transcript: Option<String>,
}

/// Downloads the recording and the transcript into `folder`.
async fn keep(client: &Client, id: &str, folder: &Path) -> Result<Kept, DemoError> {
    let recording = client.download(&format!("/api/interviews/{id}/recording"), "audio/ogg").await?;
    let transcript = client.download(&format!("/api/interviews/{id}/transcript?format=text"), "text/plain").await?;
    Ok(Kept {
        recording: write(folder, "recording.ogg", recording).await?,
        transcript: write(folder, "transcript.txt", transcript).await?,
    })
}

async fn write(folder: &Path, name: &str, bytes: Option<Vec<u8>>) -> Result<Option<String>, DemoError> {
    let Some(bytes) = bytes else { return Ok(None) };
    let path = folder.join(name);
    let failed = |source| DemoError::File { path: path.display().to_string(), source };
    tokio::fs::create_dir_all(folder).await.map_err(failed)?;
    tokio::fs::write(&path, bytes).await.map_err(failed)?;
    Ok(Some(path.display().to_string()))
}
