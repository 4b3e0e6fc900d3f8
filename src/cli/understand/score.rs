//! How well utterances are understood: a table of the meanings, over sets that the classifier was
//! not trained on.
//!
//! Owns: the counts, and the required values. Never does: show an utterance of a set other than the
//! development set.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use encoder::Encoder;
use interview::guide::slug;
use interview::language::Language;
use interview::understanding::{Consent, Kind, Request, relevance, value};
use serde_json::json;

use crate::output::OutputError;

use super::{hear, kind_of, read_with, sets};

/// How many confusions are shown for each meaning.
const SHOWN: usize = 8;

/// A meaning.
#[derive(Default)]
struct Row {
    utterances: usize,
    right: usize,
    /// Other meanings that were taken for this one.
    taken: usize,
    confusions: Vec<String>,
}

/// The counts over a folder of sets.
#[derive(Default)]
struct Score {
    rows: BTreeMap<String, Row>,
    /// Refusals that were taken for a yes to a question of consent.
    refusals_taken: usize,
    others_taken: usize,
    consents: Share,
    /// Answers that were taken for a request to stop, to wait, to decline or to reach a person.
    cut_off: Share,
    values: Share,
    /// Off-topic answers, and on-topic answers that were taken for off topic.
    off_topic: Share,
    asked_again: Share,
    wrong_values: Vec<String>,
    off_topic_confusions: Vec<String>,
}

#[derive(Default)]
struct Share {
    count: usize,
    of: usize,
}

impl Share {
    fn add(&mut self, counts: bool) {
        self.of += 1;
        self.count += usize::from(counts);
    }

    fn is_at_least(&self, percent: usize) -> bool {
        self.count * 100 >= self.of * percent
    }
}

/// `model` is the recognizer that heard the texts, if any did.
pub(super) fn run(folders: &[PathBuf], model: Option<&str>, encoder: &Encoder) -> anyhow::Result<ExitCode> {
    let mut holds = true;
    for folder in folders {
        let heard = model.map(|model| hear::heard(folder, model)).transpose()?;
        let score = count(folder, heard.as_ref(), encoder)?;
        say!("\n{}{}", folder.display(), model.map_or_else(String::new, |model| format!(", as {model} heard it")))?;
        holds &= score.print(folder.ends_with("development"))?;
    }
    say!("{}", if holds { "holds" } else { "does not hold" })?;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn count(folder: &Path, heard: Option<&HashMap<String, String>>, encoder: &Encoder) -> anyhow::Result<Score> {
    let mut score = Score::default();
    // Texts that were not transcribed yet are not counted.
    let said = |text: &String| heard.map_or(Some(text.clone()), |heard| heard.get(text).cloned());
    for block in sets(folder)?.iter().flat_map(|set| &set.blocks) {
        let meant = block.meaning().map_err(anyhow::Error::msg)?;
        for said in block.texts.iter().filter_map(said) {
            let understood = read_with(encoder, &block.asked, &said)?;
            score.meaning(meant, kind_of(&understood.reading, block.asked.asked()), &said);
            if let (Kind::Answer, Some(probability)) = (meant, understood.off_topic) {
                score.relevance(block.off_topic, relevance::is_off(probability), &said);
            }
        }
        for case in &block.cases {
            if let Some(said) = said(&case.text) {
                let reading = read_with(encoder, &block.asked, &said)?.reading;
                score.meaning(meant, kind_of(&reading, block.asked.asked()), &said);
                let Some(question) = block.asked.question() else { continue };
                let read = value::read(Language::english(), question, &said);
                let right = json!(read) == wanted(&case.value);
                score.values.add(right);
                if !right {
                    score.wrong_values.push(format!("{} instead of {} ← {said}", json!(read), case.value));
                }
            }
        }
    }
    Ok(score)
}

/// Returns a value in the form of [`value::Value`], where options are given by their ids. `{}`
/// names nothing.
fn wanted(value: &serde_json::Value) -> serde_json::Value {
    match value.get("options").and_then(serde_json::Value::as_array) {
        Some(options) => {
            let ids: Vec<String> = options.iter().filter_map(|one| Some(slug(one.as_str()?))).collect();
            json!({ "options": ids })
        }
        None if value.as_object().is_some_and(serde_json::Map::is_empty) => serde_json::Value::Null,
        None => value.clone(),
    }
}

impl Score {
    fn meaning(&mut self, meant: Kind, read: Kind, said: &str) {
        let yes = Kind::Consent(Consent::Yes);
        let row = self.rows.entry(name(meant)).or_default();
        row.utterances += 1;
        if read == meant {
            row.right += 1;
        } else {
            row.confusions.push(format!("{} ← {said}", name(read)));
            self.rows.entry(name(read)).or_default().taken += 1;
        }
        if meant == yes {
            self.consents.add(read == yes);
        } else if read == yes {
            let refused = meant == Kind::Consent(Consent::No);
            self.refusals_taken += usize::from(refused);
            self.others_taken += usize::from(!refused);
        }
        if meant == Kind::Answer {
            use Request::{Decline, Person, Stop, Wait};
            self.cut_off.add(matches!(read, Kind::Request(Stop | Wait | Decline | Person)));
        }
    }

    fn relevance(&mut self, is_off: bool, taken: bool, said: &str) {
        if is_off { &mut self.off_topic } else { &mut self.asked_again }.add(taken);
        if !is_off && taken {
            self.off_topic_confusions.push(format!("off topic ← {said}"));
        }
    }

    /// Prints the table and returns whether all requirements are met. `open` allows confusions to
    /// be shown.
    fn print(&self, open: bool) -> Result<bool, OutputError> {
        say!("| meaning | utterances | recall | precision |\n|---|---|---|---|")?;
        let mut short = Vec::new();
        for (name, row) in self.rows.iter().filter(|(_, row)| row.utterances > 0) {
            let (right, all) = (row.right as f64, row.utterances as f64);
            let precision = right / (row.right + row.taken).max(1) as f64;
            say!("| {name} | {} | {:.1} % | {:.1} % |", row.utterances, right / all * 100.0, precision * 100.0)?;
            if (name.starts_with("request") || name.starts_with("respondent")) && right < all * 0.92 {
                short.push(name.as_str());
            }
        }
        if open {
            for (name, row) in &self.rows {
                for confusion in row.confusions.iter().take(SHOWN) {
                    say!("{name}: {confusion}")?;
                }
            }
            self.wrong_values.iter().try_for_each(|wrong| say!("value: {wrong}"))?;
            self.off_topic_confusions.iter().try_for_each(|wrong| say!("{wrong}"))?;
        }
        say!("refusals taken for a yes: {}; anything else taken for one: {}", self.refusals_taken, self.others_taken)?;
        say!("consents understood: {} of {}", self.consents.count, self.consents.of)?;
        let Share { count, of } = self.cut_off;
        say!("answers taken for a request to stop, wait, decline or reach a person: {count} of {of}")?;
        say!("values read correctly: {} of {}", self.values.count, self.values.of)?;
        if self.off_topic.of > 0 {
            let Share { count, of } = self.off_topic;
            say!("off-topic answers found: {count} of {of}")?;
        }
        let Share { count, of } = self.asked_again;
        say!("on-topic answers to open questions taken for off topic: {count} of {of}")?;
        say!("requests and questions under 92 %: {}", if short.is_empty() { "none".into() } else { short.join(", ") })?;
        Ok(self.refusals_taken + self.others_taken == 0
            && self.consents.is_at_least(95)
            && self.cut_off.count * 100 <= self.cut_off.of
            && self.values.is_at_least(97)
            && short.is_empty())
    }
}

fn name(kind: Kind) -> String {
    let (kind, name) = kind.names();
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}
