//! `interviewer understand`: shows how an utterance is understood, and measures how well utterances
//! are understood.
//!
//! Owns: arguments, files and what is printed. Never does: interpret an utterance
//! (`interview::understanding` does).

mod hear;
mod score;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use encoder::Encoder;
use interview::guide::{self, Question};
use interview::language::Language;
use interview::understanding::read::{self, Reading};
use interview::understanding::utterances::{AskedForm, Utterances};
use interview::understanding::{Asked, By, Kind, relevance};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Settings;
use crate::session::engines::tuned_encoder;

#[derive(Debug, Clone, Args)]
pub struct UnderstandArgs {
    /// The utterance, as an answer to the question of `--question` or else to the question about
    /// taking part
    utterance: Option<String>,
    /// A call guide, for --question
    #[arg(long, value_name = "FILE", requires = "question")]
    guide: Option<PathBuf>,
    /// The id of the question that was asked
    #[arg(long, value_name = "ID", requires = "guide")]
    question: Option<String>,
    /// Read lines of JSON from this file: {"asked": {"consent": "participation" | "recording"} |
    /// {"question": {…}}, "text": "…"}
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["utterance", "guide"])]
    file: Option<PathBuf>,
    /// Measure with the sets of utterances in this folder. Confusions are printed only for a set
    /// called `development`
    #[arg(long, value_name = "DIR", conflicts_with_all = ["utterance", "guide", "file"])]
    score: Vec<PathBuf>,
    /// Measure with what this recognizer (base, tiny.en) heard instead of the texts. --hear writes
    /// that
    #[arg(long, value_name = "MODEL", requires = "score")]
    as_heard: Option<String>,
    /// Speak the sets of utterances in this folder with synthetic voices, and store what the
    /// recognizers hear. This takes long, and continues where an earlier run stopped
    #[arg(long, value_name = "DIR", conflicts_with_all = ["utterance", "guide", "file", "score"])]
    hear: Option<PathBuf>,
}

/// A line of `--file`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    asked: LineAsked,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineAsked {
    Consent(AskedForm),
    Question(AskedForm),
}

impl UnderstandArgs {
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        if let Some(folder) = &self.hear {
            return hear::run(folder, settings);
        }
        let encoder = tuned_encoder(&settings.storage.models_dir)?;
        if !self.score.is_empty() {
            return score::run(&self.score, self.as_heard.as_deref(), &encoder);
        }
        if let Some(file) = &self.file {
            let open = std::fs::File::open(file).with_context(|| file.display().to_string())?;
            for (number, line) in BufReader::new(open).lines().enumerate() {
                let line = line?;
                if line.trim().is_empty() {
                    continue;
                }
                let place = || format!("{}, line {}", file.display(), number + 1);
                let line: Line = serde_json::from_str(&line).with_context(place)?;
                let (LineAsked::Consent(asked) | LineAsked::Question(asked)) = line.asked;
                say!("{}", read_with(&encoder, &asked, &line.text)?.shown(&line.text))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let Some(utterance) = &self.utterance else {
            bail!("an utterance or --file is required. interviewer understand --help shows more");
        };
        let asked = match (&self.guide, &self.question) {
            (Some(file), Some(id)) => AskedForm::Question(Box::new(question(file, id)?)),
            _ => AskedForm::Consent(interview::understanding::utterances::ConsentForm::Participation),
        };
        say!("{}", read_with(&encoder, &asked, utterance)?.shown(utterance))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn question(file: &Path, id: &str) -> anyhow::Result<Question> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let guide = guide::parse(&text)
        .map_err(|problems| anyhow::anyhow!(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    let found = guide.questions().find(|(_, question)| question.id == id).map(|(_, question)| question.clone());
    let known = || guide.questions().map(|(_, question)| question.id.clone()).collect::<Vec<_>>().join(", ");
    found.with_context(|| format!("no question has the id {id}. The questions are {}", known()))
}

/// The meaning of an utterance. For an answer to an open question, it includes the probability that
/// the answer is off topic.
struct Understood {
    reading: Reading,
    off_topic: Option<f32>,
}

fn read_with(encoder: &Encoder, asked: &AskedForm, text: &str) -> anyhow::Result<Understood> {
    let language = Language::english();
    let texts = read::texts(asked.asked(), text);
    let vectors: Vec<Vec<f32>> = texts.iter().map(|text| encoder.encode(text)).collect::<Result<_, _>>()?;
    let reading = read::read(language, asked.asked(), asked.question(), text, &vectors);
    let pair = asked.question().and_then(|question| relevance::text(question, text));
    let pair = pair.filter(|_| reading.kind == Kind::Answer).map(|pair| encoder.encode(&pair)).transpose()?;
    let off_topic = pair.and_then(|vector| language.classifier.relevance().off_topic(&vector));
    Ok(Understood { reading, off_topic })
}

impl Understood {
    /// Returns the result as a line of JSON.
    fn shown(&self, text: &str) -> Value {
        let mut shown = shown(&self.reading, text);
        if let Some(probability) = self.off_topic {
            shown["off_topic"] = rounded(probability);
        }
        shown
    }
}

fn rounded(probability: f32) -> Value {
    json!((f64::from(probability) * 1000.0).round() / 1000.0)
}

/// Returns the reading as a line of JSON.
fn shown(reading: &Reading, text: &str) -> Value {
    let (kind, name) = reading.kind.names();
    let is_consent = matches!(reading.kind, Kind::Consent(_));
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut shown = json!({
        "kind": kind,
        "value": if is_consent { json!(name) } else { Value::Null },
        "name": if is_consent { Value::Null } else { json!(name) },
        "probability": rounded(reading.probability),
        "by": if reading.by == By::Rule { "rule" } else { "model" },
        "span": words.get(reading.words.clone()).map(|words| words.join(" ")),
    });
    if reading.recording {
        shown["about"] = json!("recording");
    }
    if !reading.also.is_empty() {
        shown["also"] = reading.also.iter().map(|also| self::shown(also, text)).collect();
    }
    shown
}

/// Reads every file of utterances in a folder, in the order of their names.
fn sets(folder: &Path) -> anyhow::Result<Vec<Utterances>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| folder.display().to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("{} holds no sets of utterances (*.toml)", folder.display());
    }
    files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            toml::from_str(&text).with_context(|| path.display().to_string())
        })
        .collect()
}

/// Returns the kind of the reading, with consent in the form that the sets use.
fn kind_of(reading: &Reading, asked: Asked) -> Kind {
    // "Yes, but don't record" is a single condition, and at the same time an answer to both
    // questions.
    let both = !asked.is_question() && reading.also.iter().any(|also| also.recording);
    if both { Kind::Consent(interview::understanding::Consent::Conditional) } else { reading.kind }
}
