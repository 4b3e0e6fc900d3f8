//! How well utterances are read: a table a meaning, over sets that the classifier was not trained on.
//!
//! Owns: counting, and what must hold. Never does: show an utterance of a set that is not the development set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use encoder::Encoder;
use interview::understanding::{Consent, Kind, Request};

use super::{kind_of, read_with, sets};

/// Confusions shown a meaning.
const SHOWN: usize = 8;

#[derive(Default)]
struct Row {
    utterances: usize,
    right: usize,
    /// Others that were taken for it.
    taken: usize,
    confusions: Vec<String>,
}

pub(super) fn run(folders: &[PathBuf], encoder: &Encoder) -> anyhow::Result<ExitCode> {
    let mut holds = true;
    for folder in folders {
        holds &= table(folder, encoder)?;
    }
    println!("{}", if holds { "holds" } else { "falls short" });
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(folder: &Path, encoder: &Encoder) -> anyhow::Result<bool> {
    let open = folder.ends_with("development");
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let (mut assumed, mut answers, mut cut_off, mut consents) = (0, 0, 0, [0, 0]);
    for set in sets(folder)? {
        for block in &set.blocks {
            let meant = block.meaning().map_err(anyhow::Error::msg)?;
            for text in block.texts.iter().chain(block.cases.iter().map(|case| &case.text)) {
                let read = kind_of(&read_with(encoder, &block.asked, text), block.asked.asked());
                let row = rows.entry(name(meant)).or_default();
                row.utterances += 1;
                if read == meant {
                    row.right += 1;
                } else {
                    row.confusions.push(format!("{} ← {text}", name(read)));
                    rows.entry(name(read)).or_default().taken += 1;
                }
                assumed += usize::from(meant != Kind::Consent(Consent::Yes) && read == Kind::Consent(Consent::Yes));
                if meant == Kind::Answer {
                    answers += 1;
                    cut_off += usize::from(matches!(
                        read,
                        Kind::Request(Request::Stop | Request::Wait | Request::Decline | Request::Person)
                    ));
                }
                if meant == Kind::Consent(Consent::Yes) {
                    consents[0] += 1;
                    consents[1] += usize::from(read == meant);
                }
            }
        }
    }
    println!("\n{}\n| meaning | utterances | recall | precision |\n|---|---|---|---|", folder.display());
    let mut holds = assumed == 0 && cut_off * 100 <= answers && consents[1] * 100 >= consents[0] * 95;
    for (name, row) in rows.iter().filter(|(_, row)| row.utterances > 0) {
        let (right, all) = (row.right as f64, row.utterances as f64);
        let precision = right / (row.right + row.taken).max(1) as f64;
        println!("| {name} | {} | {:.1} % | {:.1} % |", row.utterances, right / all * 100.0, precision * 100.0);
        if name.starts_with("request") || name.starts_with("respondent") {
            holds &= right >= all * 0.92;
        }
    }
    if open {
        for (name, row) in &rows {
            for confusion in row.confusions.iter().take(SHOWN) {
                println!("{name}: {confusion}");
            }
        }
    }
    println!("not a yes, but taken for one: {assumed}");
    println!("consents understood: {} of {}", consents[1], consents[0]);
    println!("answers taken for a request to stop, wait, decline or reach a person: {cut_off} of {answers}");
    Ok(holds)
}

fn name(kind: Kind) -> String {
    let (kind, name) = kind.names();
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}
