//! `demo`: an engine of its own, a simulated respondent, and a report.
//!
//! Owns: the arguments, what is printed, the exit code. Never does: start an engine (the caller gives the way).

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use interview::Guide;
use llm::proposer::LlmPrompt;
use tokio::sync::mpsc;

use crate::config::{LlmProvider, Settings, SpeechEngine};
use crate::output::put;
use crate::startup::{self, Running};
use demo::live::{self, DemoEvent, Style};
use demo::model::ModelServer;
use demo::persona::Persona;
use demo::{Options, RunningEngine, Tools, render};
use voice::audio::MediaRuntime;
use voice::transport::webrtc::{WebRtc, WebRtcSettings};
use weights::{Manifest, Progress, Set, fetch};

/// Used without `--guide` and `--persona`; compiled in, so that the demo runs from anywhere.
const SHORT_GUIDE: &str = include_str!("../../guides/short.yaml");
const COOPERATIVE: &str = include_str!("../../personas/cooperative.yaml");

/// Lines waiting for the terminal.
const QUEUE: usize = 1_024;
/// What a model's first answer may take.
const WARM_UP_MS: u64 = 30_000;

/// Which Whisper listens, on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Whisper {
    #[value(name = "base")]
    Base,
    /// For small machines; English only.
    #[value(name = "tiny.en")]
    TinyEn,
}

impl Whisper {
    fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::TinyEn => "tiny.en",
        }
    }
}

/// Which language model words follow-ups; both are fetched on request only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LocalModel {
    /// SmolLM2-135M (127 MB to fetch): proves the wire, not the wit.
    Tiny,
    /// Qwen2.5-Coder-0.5B (512 MB to fetch): the better of the two.
    Small,
}

impl LocalModel {
    /// The set that brings it, its file under the weights folder, and its name.
    fn places(self) -> (Set, &'static str, &'static str) {
        match self {
            Self::Tiny => (Set::Llm, "llm/smollm2-135m-instruct-q4_1.gguf", "smollm2-135m"),
            Self::Small => (Set::LlmSmall, "llm/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen2.5-coder-0.5b"),
        }
    }
}

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The call guide, YAML or JSON [default: the two-minute one of guides/short.yaml]
    #[arg(long, value_name = "FILE")]
    pub guide: Option<PathBuf>,
    /// Who is interviewed [default: personas/cooperative.yaml]
    #[arg(long, value_name = "FILE")]
    pub persona: Option<PathBuf>,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Which Whisper model listens
    #[arg(long, value_enum, default_value = "base")]
    pub whisper: Whisper,
    /// Let a small language model on this machine word follow-ups: fetches it, and a server for it, when asked for
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "tiny", value_name = "MODEL")]
    pub llm: Option<LocalModel>,
    /// Where the engine's data, the recording and the transcript are kept
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    pub keep: PathBuf,
}

/// What the demo needs to be started for it: the engine, and models of the respondent's own.
pub struct Stage {
    pub engine: RunningEngine,
    pub tools: Tools,
    /// The engine, to be stopped at the end.
    pub running: Running,
    /// The respondent's side of the network.
    _media: MediaRuntime,
    /// Words follow-ups, with `--llm`.
    model: Option<ModelServer>,
}

/// Runs the demo. `start` starts an engine with its data in the folder given.
///
/// # Errors
/// Files that can't be read, an engine that doesn't start, a call that doesn't come about. An interview that went
/// wrong is no error but exit code 1 with its reasons printed.
pub async fn run(
    args: Args,
    start: impl AsyncFnOnce(Whisper, &Path) -> anyhow::Result<Stage>,
) -> anyhow::Result<ExitCode> {
    let options = Options { guide: guide(&args)?, persona: persona(&args)?, keep: args.keep.clone() };
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let style = Style { colour, persona: options.persona.name.clone() };
    let (events, queue) = mpsc::channel(QUEUE);
    let shown = tokio::spawn(live::show(queue, std::io::stdout(), style));
    let _ = events.try_send(DemoEvent::Step("starting an engine".to_owned()));
    let stage = start(args.whisper, &args.keep).await?;
    let result = demo::run(&options, &stage.engine, &stage.tools, events).await;
    // The queue is closed now; what is left in it comes before the report.
    shown.await.context("showing the conversation")?;
    stage.running.stop(Duration::ZERO).await;
    if let Some(model) = stage.model {
        model.stop().await;
    }
    let report = result?;
    if let Some(path) = &args.report {
        let json = serde_json::to_vec_pretty(&report)?;
        std::fs::write(path, json).with_context(|| path.display().to_string())?;
    }
    put(render::render(&report, colour))?;
    if let Some(path) = &args.report {
        say!("Report:     {}", path.display())?;
    }
    Ok(if report.verdict.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `interviewer demo`: with an engine of its own on a free port, and its data in the folder that is kept.
pub fn start(args: Args, mut settings: Settings) -> anyhow::Result<ExitCode> {
    // The conversation is what is to be seen; who wants the log asks for it.
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "error".to_owned());
    crate::telemetry::tracing::init(&level)?;
    settings.keep_local();
    settings.server.port = 0;
    settings.speech.engine = SpeechEngine::Local;
    settings.storage.database_url.clear();
    // Only what is asked for here words follow-ups, whatever the environment says.
    settings.llm.provider = LlmProvider::None;
    let local = args.llm;
    if let Some(model) = local {
        fetch(&Manifest::built_in()?, model.places().0, &settings.storage.models_dir, &Progress::for_stderr())?;
    }
    actix::System::new().block_on(run(args, async |whisper, folder| {
        whisper.name().clone_into(&mut settings.speech.whisper);
        folder.clone_into(&mut settings.storage.data_dir);
        let model = match local {
            Some(local) => Some(serve(local, &mut settings).await?),
            None => None,
        };
        let running = startup::start(settings).await?;
        if model.is_some() {
            warm_up(&running).await?;
        }
        stage(running, model)
    }))
}

/// Starts the model's server, and has the settings name it.
async fn serve(local: LocalModel, settings: &mut Settings) -> anyhow::Result<ModelServer> {
    let (_, file, name) = local.places();
    std::fs::create_dir_all(&settings.storage.data_dir)?;
    let log = settings.storage.data_dir.join("model-server.log");
    let server = ModelServer::start(&settings.storage.models_dir, file, name, &log).await?;
    settings.llm.provider = LlmProvider::Openai;
    settings.llm.openai_base_url.clone_from(&server.base_url);
    name.clone_into(&mut settings.llm.openai_model);
    settings.llm.openai_api_key.clear();
    settings.llm.prompt = LlmPrompt::Brief;
    Ok(server)
}

/// Has the model read what is the same in every question, so that the first answer waits no longer than the next.
async fn warm_up(running: &Running) -> anyhow::Result<()> {
    let guide = read_guide(SHORT_GUIDE, "guides/short.yaml")?;
    if let Some((_, question)) = guide.questions().next() {
        let request = interview::ProposalRequest::of(&guide, question, "I teach maths.");
        let request = interview::ProposalRequest { within_ms: WARM_UP_MS, ..request };
        running.engines.proposer.propose(uuid::Uuid::nil(), &request).await?;
    }
    Ok(())
}

/// The respondent shares the models with the engine, since both are on one machine, but nothing else.
fn stage(running: Running, model: Option<ModelServer>) -> anyhow::Result<Stage> {
    let media = MediaRuntime::start()?;
    let dial = WebRtc::new(WebRtcSettings::default(), media.handle().clone());
    Ok(Stage {
        engine: RunningEngine { base_url: running.url.clone() },
        tools: Tools {
            dial: Arc::new(dial),
            synthesizer: Arc::clone(&running.engines.synthesizer),
            transcriber: Arc::clone(&running.engines.transcriber),
        },
        running,
        _media: media,
        model,
    })
}

fn guide(args: &Args) -> anyhow::Result<Guide> {
    let (text, name) = match &args.guide {
        None => (SHORT_GUIDE.to_owned(), "guides/short.yaml".to_owned()),
        Some(path) => {
            let name = path.display().to_string();
            (std::fs::read_to_string(path).with_context(|| name.clone())?, name)
        }
    };
    read_guide(&text, &name)
}

/// A guide with problems is refused with all of them, one a line.
fn read_guide(text: &str, name: &str) -> anyhow::Result<Guide> {
    interview::guide::parse(text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{name} is not a guide that works:\n  {}", lines.join("\n  "))
    })
}

fn persona(args: &Args) -> anyhow::Result<Persona> {
    Ok(match &args.persona {
        None => Persona::parse(COOPERATIVE, "personas/cooperative.yaml")?,
        Some(path) => Persona::load(path)?,
    })
}

#[cfg(test)]
mod tests {
    use super::read_guide;

    #[test]
    fn every_problem_of_a_guide_has_a_line_with_its_place() {
        let text = "{name: '', research_objective: O, sections: [{section_name: S, questions: []}]}";
        let message = format!("{:#}", read_guide(text, "mine.yaml").unwrap_err());
        let lines: Vec<&str> = message.lines().collect();
        assert_eq!(lines.len(), 3, "{message}");
        assert!(lines[0].contains("mine.yaml"), "{message}");
        assert!(lines[1].starts_with("  /name: ") && lines[2].starts_with("  /sections/0/questions: "), "{message}");
    }
}
