//! `cargo bench --bench turns`: who speaks when, how soon, and that nothing is heard where nothing is said.
//!
//! Owns: the order of the measurements and the exit code. `--quick`: one short interview on the wire with `tiny.en` and
//! one minute without speech. `--only decisions|overlaps|wire|noise`: one part. `--whisper NAME --questions N`: interviews of another
//! kind on the wire. LOG_LEVEL shows the engine's log (nothing but errors by default). Figures come last, as markdown for
//! `benches/RESULTS.md`.

mod decisions;
mod lab;
mod noise;
mod overlaps;
mod recordings;
mod stage;
mod table;
mod utterances;
mod wire;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use interviewer::config::Settings;
use interviewer::session::Engines;

use crate::decisions::Judged;

/// Of the sound without speech.
const SEED: u64 = 20;
const QUESTIONS: usize = 32;

struct Args {
    quick: bool,
    only: Option<String>,
    whisper: Option<String>,
    questions: Option<usize>,
}

impl Args {
    fn read() -> anyhow::Result<Self> {
        let mut args = Self { quick: false, only: None, whisper: None, questions: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => args.quick = true,
                "--only" => args.only = Some(words.next().context("--only wants decisions, overlaps, wire or noise")?),
                "--whisper" => args.whisper = Some(words.next().context("--whisper wants base, tiny.en or a path")?),
                "--questions" => {
                    let number = words.next().context("--questions wants a number")?;
                    args.questions = Some(number.parse().context("--questions wants a number")?);
                }
                // Cargo says so to every benchmark.
                "--bench" => {}
                other => bail!("there is no argument {other}: --quick, --only, --whisper, --questions"),
            }
        }
        match args.only.as_deref() {
            None | Some("decisions" | "overlaps" | "wire" | "noise") => Ok(args),
            Some(other) => bail!("there is no part {other}: decisions, overlaps, wire or noise"),
        }
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::read()?;
    interviewer::telemetry::tracing::init(&std::env::var("LOG_LEVEL").unwrap_or_else(|_| "error".to_owned()))?;
    let machine = table::machine();
    println!("Machine: {machine}.");
    let parts = actix::System::new().block_on(run(&args))?;
    // Once more and together: what came as each part was done is far above by now.
    println!("\n# All parts\n\nMachine: {machine}.");
    for Part { title, judged } in &parts {
        println!("\n## {title}\n\n{}", judged.text);
    }
    let failures: Vec<&String> = parts.iter().flat_map(|part| &part.judged.failures).collect();
    for failure in &failures {
        println!("FALLS SHORT: {failure}");
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Part {
    title: String,
    judged: Judged,
}

/// A measurement that takes minutes is shown when it is done, not when all of them are.
fn done(title: impl Into<String>, judged: Judged) -> Part {
    let title = title.into();
    println!("\n## {title}\n\n{}", judged.text);
    Part { title, judged }
}

async fn run(args: &Args) -> anyhow::Result<Vec<Part>> {
    let recordings = recordings::all(&recordings::models_dir())?;
    let mut parts = Vec::new();
    if ["decisions", "overlaps", "noise"].iter().any(|part| args.wants(part)) {
        let engines = engines().await?;
        if args.wants("decisions") {
            let mut all = utterances::recorded(&recordings);
            all.extend(utterances::synthesised(engines.synthesizer.as_ref()).await?);
            parts.push(done("Turn-taking", decisions::run(&engines, &all).await?));
            parts.push(done("Barge-ins", decisions::barge_ins(&engines, &all).await?));
        }
        if args.wants("overlaps") {
            parts.push(done("Over our voice", overlaps::run(&engines).await?));
        }
        if args.wants("noise") {
            let minutes = if args.quick { 1 } else { 10 };
            parts.push(done("Silence and noise", noise::run(&engines, minutes, SEED).await?));
        }
    }
    if args.wants("wire") {
        let (both, questions): (&[&str], _) =
            if args.quick { (&["tiny.en"], 6) } else { (&["base", "tiny.en"], QUESTIONS) };
        let questions = args.questions.unwrap_or(questions);
        let whispers = args.whisper.as_deref().map_or(both.to_vec(), |one| vec![one]);
        for whisper in whispers {
            let judged = Box::pin(wire::run(whisper, questions, &recordings)).await?;
            parts.push(done(format!("Latency on the wire, {whisper}"), judged));
        }
    }
    Ok(parts)
}

/// Silero, Smart Turn, Whisper base and Kokoro, as a call has them.
async fn engines() -> anyhow::Result<Arc<Engines>> {
    let data = tempfile::tempdir()?;
    let settings = Settings::read(None, |name| match name {
        "MODELS_DIR" => Some(recordings::models_dir().display().to_string()),
        "DATA_DIR" => Some(data.path().display().to_string()),
        _ => None,
    })?;
    let engines = actix_web::rt::task::spawn_blocking(move || Engines::local(&settings)).await??;
    engines.warm_up().await?;
    Ok(Arc::new(engines))
}
