//! `demo`: a separate engine, a simulated respondent, and a report.
//!
//! Owns: the arguments, what is printed, and the exit code. Never does: start an engine (the caller
//! passes a function for that).

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

/// The guide that is used without `--guide`. It is compiled in, as is the persona, so that the demo
/// can be run from any folder.
const SHORT_GUIDE: &str = include_str!("../../guides/short.yaml");
const COOPERATIVE: &str = include_str!("../../personas/cooperative.yaml");

/// The number of lines that may wait for the terminal.
const QUEUE: usize = 1_024;
/// How long the first answer of a language model may take.
const WARM_UP_MS: u64 = 30_000;

/// The Whisper model that both sides use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Whisper {
    #[value(name = "base")]
    Base,
    /// For small machines. English only.
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

/// The language model that words follow-ups. A model is fetched only on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LocalModel {
    /// SmolLM2-135M (127 MB to fetch), which shows that the connection works but words follow-ups
    /// poorly.
    Tiny,
    /// Qwen2.5-Coder-0.5B (512 MB to fetch), which words follow-ups better.
    Small,
}

impl LocalModel {
    /// Returns the set that contains the model, its file under the weights folder, and its name.
    fn places(self) -> (Set, &'static str, &'static str) {
        match self {
            Self::Tiny => (Set::Llm, "llm/smollm2-135m-instruct-q4_1.gguf", "smollm2-135m"),
            Self::Small => (Set::LlmSmall, "llm/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen2.5-coder-0.5b"),
        }
    }
}

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The call guide, in YAML or JSON [default: the two-minute guide guides/short.yaml]
    #[arg(long, value_name = "FILE")]
    pub guide: Option<PathBuf>,
    /// The persona of the simulated respondent [default: personas/cooperative.yaml]
    #[arg(long, value_name = "FILE")]
    pub persona: Option<PathBuf>,
    /// Write the report to this file, as JSON
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// The Whisper model for speech recognition
    #[arg(long, value_enum, default_value = "base")]
    pub whisper: Whisper,
    /// Let a small language model on this machine word follow-ups. The model and a server for it
    /// are fetched first
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "tiny", value_name = "MODEL")]
    pub llm: Option<LocalModel>,
    /// The folder for the engine's data, the recording and the transcript
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    pub keep: PathBuf,
}

/// What the demo has started: the engine, and the models of the respondent.
pub struct Stage {
    pub engine: RunningEngine,
    pub tools: Tools,
    /// The engine, which is to be stopped at the end.
    pub running: Running,
    /// The respondent's side of the network.
    _media: MediaRuntime,
    /// The server of the language model that words follow-ups, with `--llm`.
    model: Option<ModelServer>,
}

/// Runs the demo. `start` starts an engine with its data in the given folder.
///
/// # Errors
/// If a file cannot be read, the engine does not start, or the call cannot be established. A failed
/// interview is not an error. The exit code is 1 and the reasons are printed.
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
    // The queue is closed now. Its remaining lines are printed before the report.
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

/// `interviewer demo`: runs a separate engine on a free port, with its data in the folder of
/// `--keep`.
pub fn start(args: Args, mut settings: Settings) -> anyhow::Result<ExitCode> {
    // The log is hidden by default, because the conversation is what the user wants to see.
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "error".to_owned());
    crate::telemetry::tracing::init(&level)?;
    settings.keep_local();
    settings.server.port = 0;
    settings.speech.engine = SpeechEngine::Local;
    settings.storage.database_url.clear();
    // Only `--llm` may choose a language model, regardless of the environment.
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

/// Starts the server of the language model, and enters its address in the settings.
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

/// Lets the model process the part of the prompt that all questions share, so that the first answer
/// is as fast as the next ones.
async fn warm_up(running: &Running) -> anyhow::Result<()> {
    let guide = read_guide(SHORT_GUIDE, "guides/short.yaml")?;
    if let Some((_, question)) = guide.questions().next() {
        let request = interview::ProposalRequest::of(&guide, question, "I teach maths.");
        let request = interview::ProposalRequest { within_ms: WARM_UP_MS, ..request };
        running.engines.proposer.propose(uuid::Uuid::nil(), &request).await?;
    }
    Ok(())
}

/// Builds the stage. The respondent shares the models with the engine, because both run on one
/// machine, but nothing else.
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

/// Reads a guide. A guide with problems is refused with all of them, one on each line.
fn read_guide(text: &str, name: &str) -> anyhow::Result<Guide> {
    interview::guide::parse(text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{name} is not a valid guide:\n  {}", lines.join("\n  "))
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
