//! `scripts/check crash`: an engine is killed (SIGKILL) three times in the middle of one interview, with real models.
//!
//! Owns: when it is killed, and the proof that nothing acknowledged is lost: every message that the page was shown and
//! every response that the API gave out is in the log, the log has no gap, the interview says what happened, and the
//! same link takes it up with the same asking, to its end.
//! Never does: help the engine (it is a process of its own; the respondent is the demo's).

mod evidence;
mod process;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use demo::client::{Client, Scheduled};
use demo::live::DemoEvent;
use demo::persona::Persona;
use demo::policy::Policy;
use demo::respondent::Respondent;
use demo::script::Lines;
use interview::Guide;
use interview::io::{CallState, Notice};
use interviewer::config::Settings;
use interviewer::session::Engines;
use serde_json::Value;
use tokio::sync::mpsc;
use voice::audio::MediaRuntime;
use voice::transport::webrtc::{WebRtc, WebRtcSettings};
use voice::tts::Synthesizer;

use evidence::Evidence;
use process::Process;

const GUIDE: &str = include_str!("../../guides/short.yaml");
const PERSONA: &str = include_str!("../../personas/cooperative.yaml");
/// The whole interview takes two to three minutes.
const LIMIT: Duration = Duration::from_mins(10);
/// Into the second answer, which takes some five seconds.
const MID_ANSWER: Duration = Duration::from_millis(1_500);

/// When the engine is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The respondent begins to answer the question of consent.
    Consent,
    /// In the middle of the second answer; what the API gave out just before counts, too.
    MidAnswer,
    /// The very moment in which the page is told the next question: the answer before it is acknowledged.
    Acknowledged,
    /// Not at all.
    Never,
}

fn main() -> ExitCode {
    let result = actix::System::new().block_on(check());
    match result {
        Ok(()) => {
            println!("PASSED");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Everything the respondent needs.
struct Dana {
    guide: Guide,
    persona: Persona,
    synthesizer: Arc<dyn Synthesizer>,
    dial: WebRtc,
    scheduled: Scheduled,
}

async fn check() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let models = models();
    let own = tempfile::tempdir()?;
    let settings = settings(&models, own.path())?;
    // The respondent's own models; weights that are missing are named here.
    let engines = tokio::task::spawn_blocking({
        let settings = settings.clone();
        move || Engines::local(&settings)
    })
    .await??;
    let guide: Guide = serde_saphyr::from_str(GUIDE).context("guides/short.yaml")?;
    let persona = Persona::parse(PERSONA, "personas/cooperative.yaml")?;
    let media = MediaRuntime::start()?;
    let dial = WebRtc::new(WebRtcSettings::default(), media.handle().clone());

    let mut process = Process::start(folder.path(), &models).await?;
    let client = Client::new(&process.url)?;
    let guide_id = client.create_guide(&guide).await?;
    let scheduled = client.schedule(&guide_id, &persona.name).await?;
    let id = scheduled.interview_id.clone();
    let dana = Dana { guide, persona, synthesizer: Arc::clone(&engines.synthesizer), dial, scheduled };
    let mut evidence = Evidence::default();

    for moment in [Moment::Consent, Moment::MidAnswer, Moment::Acknowledged] {
        dana.talk(&mut process, moment, &mut evidence).await.with_context(|| format!("{moment:?}"))?;
        let settings = self::settings(&models, folder.path())?;
        let found = evidence.check(&settings, &id).await.with_context(|| format!("killed: {moment:?}"))?;
        process = Process::start(folder.path(), &models).await?;
        let interview = Client::new(&process.url)?.interview(&id).await?;
        let state = (text(&interview, "status"), text(&interview, "status_reason"));
        ensure!(state == ("in_progress", "engine_restarted"), "after the start the interview is {state:?}");
        println!(
            "killed: {moment:?}: {} messages of the page, {} responses of the API, all in a log of {found} events; then {}, {}",
            evidence.messages(),
            evidence.responses(),
            state.0,
            state.1
        );
    }
    dana.talk(&mut process, Moment::Never, &mut evidence).await.context("the end")?;
    let client = Client::new(&process.url)?;
    let interview = client.interview(&id).await?;
    ensure!(text(&interview, "status") == "completed", "the interview is {}", text(&interview, "status"));
    ensure!(interview["status_reason"].is_null(), "status_reason is {}", interview["status_reason"]);
    process.kill().await?;
    let settings = self::settings(&models, folder.path())?;
    let found = evidence.check(&settings, &id).await.context("at the end")?;
    evidence.check_whole(&settings, &id, &dana.guide).await?;
    println!("three kills, four calls, one interview: completed, {found} events, every question put once");
    Ok(())
}

impl Dana {
    /// Joins with the link and talks up to the moment; then the engine is dead, or the interview over.
    async fn talk(&self, process: &mut Process, moment: Moment, evidence: &mut Evidence) -> anyhow::Result<()> {
        let client = Client::new(&process.url)?;
        let token = &self.scheduled.join_token;
        let lines = Lines::prepare(&self.persona, &self.synthesizer, |_, _| {}).await?;
        let questions = self.guide.sections.iter().flat_map(|section| &section.questions);
        let questions: HashMap<_, _> = questions.map(|q| (q.id.clone(), q.text.clone())).collect();
        let policy = Policy::new(self.persona.clone(), questions, HashMap::new());
        let messages = client.follow(token).await?;
        let offer = WebRtc::offer(&self.dial).await?;
        let (answer, _) = client.call(token, offer.sdp()).await?;
        let link = offer.accept(&answer).await?;
        let (events, mut told) = mpsc::channel(1_024);
        let respondent = Respondent { link, policy, lines, messages, events, limit: LIMIT };
        let call = tokio::task::spawn_local(respondent.hold());
        let watched = self.watch(&client, process, moment, evidence, &mut told);
        let watched = tokio::time::timeout(LIMIT, watched).await.context("it takes too long")?;
        // The line is dead, or hung up: nobody waits for it to be noticed.
        call.abort();
        watched
    }

    async fn watch(
        &self,
        client: &Client,
        process: &mut Process,
        moment: Moment,
        evidence: &mut Evidence,
        told: &mut mpsc::Receiver<DemoEvent>,
    ) -> anyhow::Result<()> {
        let mut questions = 0;
        while let Some(event) = told.recv().await {
            match event {
                DemoEvent::Says { .. } if moment == Moment::Consent => return process.kill().await,
                DemoEvent::Says { text } => {
                    println!("  Dana: {text}");
                    if moment == Moment::MidAnswer && questions == 2 {
                        tokio::time::sleep(MID_ANSWER).await;
                        evidence.given_out(client.transcript(&self.scheduled.interview_id).await?);
                        return process.kill().await;
                    }
                }
                DemoEvent::Told(message) => {
                    let question = matches!(message.notice, Notice::Question { .. });
                    let ended = matches!(message.notice, Notice::State { value: CallState::Ended, .. });
                    if let Notice::Question { id, .. } = &message.notice {
                        println!("  question: {id}");
                    }
                    questions += u32::from(question);
                    if moment == Moment::Acknowledged && questions == 2 {
                        process.kill().await?;
                        evidence.told(message);
                        return Ok(());
                    }
                    evidence.told(message);
                    if ended {
                        ensure!(moment == Moment::Never, "the interview ended before {moment:?}");
                        return Ok(());
                    }
                }
                DemoEvent::Step(_) => {}
            }
        }
        bail!("the call ended by itself")
    }
}

fn text<'a>(interview: &'a Value, key: &str) -> &'a str {
    interview[key].as_str().unwrap_or("null")
}

/// Where the weights are: `MODELS_DIR`, or where `models fetch` puts them.
fn models() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("models/weights");
    std::env::var_os("MODELS_DIR").map_or_else(default, PathBuf::from)
}

fn settings(models: &Path, data: &Path) -> anyhow::Result<Settings> {
    Ok(Settings::read(None, |name| match name {
        "MODELS_DIR" => Some(models.display().to_string()),
        "DATA_DIR" => Some(data.display().to_string()),
        _ => None,
    })?)
}
