//! Reading a document as a [`Guide`].
//!
//! Owns: reading JSON and YAML, and filling in ids and order. Never does: accept a document with a
//! problem.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::slug::slug;
use super::{Guide, Problem, check, quoting, spelling};

/// What anchors in YAML may add to a document, in values and marks of their beginnings and ends. It
/// is more than a guide of the largest size needs. Without a limit, 300 bytes of anchors that name
/// each other several times take seconds to read.
const MOST_REPEATED: usize = 50_000;

/// Reads a guide in JSON or YAML. An error lists every problem at once.
///
/// ```
/// let guide = interview::guide::parse("
/// name: Coffee
/// research_objective: How people choose coffee
/// sections:
///   - section_name: Habits
///     questions:
///       - {text: 'How do you make your coffee?', required: true}
/// ").unwrap();
/// assert_eq!(guide.sections[0].questions[0].id, "how-do-you-make-your-coffee");
/// ```
pub fn parse(text: &str) -> Result<Guide, Vec<Problem>> {
    from_value(read_text(text)?)
}

/// Reads a text in JSON or YAML as a document, without checking it.
pub fn read_text(text: &str) -> Result<Value, Vec<Problem>> {
    let whole = |message: String| vec![Problem { path: String::new(), message }];
    if text.trim().is_empty() {
        return Err(whole("the document is empty; write at least name, research_objective and sections".into()));
    }
    // JSON has its own reader, whose errors name line and column in the terms of JSON.
    if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(value) => Ok(value),
            // `{a: b}` is YAML's flow style, so the YAML reader is tried before the error is
            // reported.
            Err(json) => {
                read_yaml(text).map_err(|_| whole(format!("this is not JSON: {json}; correct the document there")))
            }
        }
    } else {
        read_yaml(text).map_err(|error| whole(format!("this cannot be read as YAML: {error}")))
    }
}

/// Reads a guide's document in YAML, without checking it. YAML guesses at the type of texts such as
/// `Yes`, `5` and `1.10`. Here they stay texts, because the guide knows which of its fields are
/// texts.
///
/// # Errors
/// Says where the text is no YAML, and what to do about it.
pub fn read_yaml(text: &str) -> Result<Value, String> {
    if let Some(cut) = quoting::silently_cut(text) {
        return Err(cut);
    }
    let value = serde_saphyr::from_str_with_options(text, yaml_options()).map_err(|error| {
        let error = error.to_string();
        format!("{error}; {}", quoting::hint(text, &error))
    })?;
    Ok(spelling::kept(value, text))
}

/// Returns the limits within which YAML from outside is read.
pub fn yaml_options() -> serde_saphyr::Options {
    let limits = serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPEATED };
    serde_saphyr::options! { alias_limits: limits }
}

/// Checks a document and makes a guide of it. Missing ids are made from texts, and sections are
/// sorted by `order`.
pub fn from_value(mut value: Value) -> Result<Guide, Vec<Problem>> {
    let problems = check::document(&value);
    if !problems.is_empty() {
        return Err(problems);
    }
    options_as_objects(&mut value);
    let mut guide: Guide = serde_json::from_value(value).map_err(|error| {
        vec![Problem { path: String::new(), message: format!("the document does not fit: {error}") }]
    })?;
    guide.sections.sort_by_key(|section| section.order);
    fill_ids(&mut guide);
    Ok(guide)
}

/// Turns options that are plain texts into `{id, text}`, which is the form in the guide.
fn options_as_objects(value: &mut Value) {
    let sections = value.get_mut("sections").and_then(Value::as_array_mut).into_iter().flatten();
    for section in sections {
        for question in section.get_mut("questions").and_then(Value::as_array_mut).into_iter().flatten() {
            for option in question.get_mut("options").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(text) = option.as_str() {
                    *option = serde_json::json!({ "text": text });
                }
            }
        }
    }
}

fn fill_ids(guide: &mut Guide) {
    let mut sections = Ids::of(guide.sections.iter().map(|section| &section.id));
    let mut questions = Ids::of(guide.questions().map(|(_, question)| &question.id));
    let mut options =
        Ids::of(guide.questions().flat_map(|(_, question)| question.options.iter().map(|option| &option.id)));
    for section in &mut guide.sections {
        sections.fill(&mut section.id, &section.section_name);
        for question in &mut section.questions {
            questions.fill(&mut question.id, &question.text);
            for option in &mut question.options {
                options.fill(&mut option.id, &option.text);
            }
        }
    }
}

/// The ids of one kind that are taken.
struct Ids {
    taken: HashSet<String>,
    /// The next number to try for a text, so that many equal texts do not each begin at 1.
    next: HashMap<String, usize>,
}

impl Ids {
    fn of<'a>(ids: impl Iterator<Item = &'a String>) -> Self {
        Self { taken: ids.cloned().collect(), next: HashMap::new() }
    }

    /// Makes an id that is free. The author's own ids are never changed.
    fn fill(&mut self, id: &mut String, text: &str) {
        if !id.is_empty() {
            return;
        }
        let base = slug(text);
        let next = self.next.entry(base.clone()).or_insert(1);
        *id = loop {
            let candidate = if *next == 1 { base.clone() } else { format!("{base}-{next}") };
            *next += 1;
            if self.taken.insert(candidate.clone()) {
                break candidate;
            }
        };
    }
}
