//! The persona file: who is interviewed, and what they would say.
//!
//! Owns: the form of a persona file (product contract, section 10), its validation, and where a
//! pause is inserted in an answer. Never does: choose an answer, which [`super::answers`] does, or
//! speak.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Said in answer to a question whose id is in `declines`.
pub const DECLINE: &str = "I would rather not talk about that.";
/// Said once, at the third question, if `asks_to_repeat` is set.
pub const REPEAT: &str = "Could you repeat that, please?";

/// The longest pause inside an answer that is accepted, in ms.
const LONGEST_PAUSE_MS: u64 = 10_000;

#[derive(Debug, thiserror::Error)]
pub enum PersonaError {
    #[error("persona {path}: {reason}")]
    Unreadable { path: String, reason: String },
    /// The parser gives the line, the column and a snippet, and names unknown keys.
    #[error("persona {path}: {reason}")]
    Syntax { path: String, reason: String },
    /// Every problem, each with its path in the document.
    #[error("persona {path}: {}", problems.join("; "))]
    Invalid { path: String, problems: Vec<String> },
}

/// The simulated respondent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    pub name: String,
    /// A voice other than the interviewer's.
    pub voice: String,
    /// Said in answer to the first consent question (taking part).
    pub consent: String,
    /// Said in answer to the second consent question (being recorded).
    pub recording: String,
    #[serde(default)]
    pub answers: Vec<PreparedAnswer>,
    #[serde(default)]
    pub facts: Vec<Fact>,
    #[serde(default)]
    pub behaviours: Behaviours,
    /// Said if nothing else fits.
    #[serde(default = "nothing_to_add")]
    pub default: String,
}

/// A topic that the persona can talk about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedAnswer {
    /// Words of the question that this answers.
    pub about: Vec<String>,
    /// Said before the answer, one after the other, each when the interviewer has spoken and
    /// listens again.
    #[serde(default)]
    pub before: Vec<String>,
    /// Said the first time this answer is chosen.
    pub say: String,
    /// Said in answer to a follow-up on it, or to a question that matches no unused answer.
    #[serde(default)]
    pub then: Option<String>,
    /// A silence inside `say`, in ms.
    #[serde(default)]
    pub pause_ms: Option<u64>,
}

/// A fact that the interview should find out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    pub id: String,
    pub text: String,
    pub reveal: Reveal,
}

/// When the persona reveals a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    WhenAsked,
    OnFollowUp,
    NeverUnprompted,
}

/// Behaviours that make an interview difficult.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviours {
    /// Starts to answer the second question 1 s before its end.
    pub interrupts: bool,
    /// Asks once, at the third question, to have it repeated.
    pub asks_to_repeat: bool,
    /// Ids of questions that the persona declines to answer.
    pub declines: Vec<String>,
}

fn nothing_to_add() -> String {
    "I have nothing to add.".to_owned()
}

/// An utterance: one or two stretches of speech with a silence between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spoken {
    pub first: String,
    /// The silence in ms, and what follows it.
    pub rest: Option<(u64, String)>,
}

impl Spoken {
    pub fn plain(text: &str) -> Self {
        Self { first: text.trim().to_owned(), rest: None }
    }

    /// Returns `text` with a silence of `pause_ms` at the end of the sentence or clause nearest its
    /// middle. If it has neither, the silence is at the space nearest the middle.
    pub fn with_pause(text: &str, pause_ms: u64) -> Self {
        let text = text.trim();
        match split_near_middle(text) {
            Some((first, second)) => Self { first: first.to_owned(), rest: Some((pause_ms, second.to_owned())) },
            None => Self::plain(text),
        }
    }

    /// Returns the words without the silence.
    pub fn text(&self) -> String {
        match &self.rest {
            None => self.first.clone(),
            Some((_, second)) => format!("{} {second}", self.first),
        }
    }
}

/// Returns the two halves of `text`, or `None` if it cannot be split. The middle is measured in
/// characters. Of two equally near places, the first is taken.
fn split_near_middle(text: &str) -> Option<(&str, &str)> {
    let middle = text.len() / 2;
    let nearest = |is_mark: fn(char) -> bool| {
        text.char_indices()
            .filter(|&(_, c)| is_mark(c))
            .map(|(at, c)| at + c.len_utf8())
            // A mark inside a number, as in "1.5" or "1,000", is not followed by a space.
            .filter(|&at| text[at..].starts_with(char::is_whitespace) && !text[at..].trim().is_empty())
            .min_by_key(|&at| at.abs_diff(middle))
    };
    let at = nearest(|c| matches!(c, '.' | '!' | '?' | ',')).or_else(|| {
        text.char_indices()
            .filter(|&(at, c)| c.is_whitespace() && at > 0)
            .map(|(at, _)| at)
            .min_by_key(|at| at.abs_diff(middle))
    })?;
    let (first, second) = text.split_at(at);
    Some((first.trim(), second.trim()))
}

impl PreparedAnswer {
    /// Returns `say` with its pause, ready to be spoken.
    pub fn spoken(&self) -> Spoken {
        match self.pause_ms {
            Some(pause_ms) if pause_ms > 0 => Spoken::with_pause(&self.say, pause_ms),
            _ => Spoken::plain(&self.say),
        }
    }
}

impl Persona {
    /// Reads and validates a persona file.
    pub fn load(path: &Path) -> Result<Self, PersonaError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| PersonaError::Unreadable { path: name.clone(), reason: error.to_string() })?;
        Self::parse(&text, &name)
    }

    /// Parses and validates a persona. `path` appears only in messages.
    pub fn parse(yaml: &str, path: &str) -> Result<Self, PersonaError> {
        let persona: Self = serde_saphyr::from_str_with_options(yaml, interview::guide::yaml_options())
            .map_err(|error| PersonaError::Syntax { path: path.to_owned(), reason: error.to_string() })?;
        let problems = persona.problems();
        if problems.is_empty() { Ok(persona) } else { Err(PersonaError::Invalid { path: path.to_owned(), problems }) }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut required = |path: String, text: &str| {
            if text.trim().is_empty() {
                problems.push(format!("{path}: must not be empty"));
            }
        };
        required("name".to_owned(), &self.name);
        required("voice".to_owned(), &self.voice);
        required("consent".to_owned(), &self.consent);
        required("recording".to_owned(), &self.recording);
        required("default".to_owned(), &self.default);
        for (i, answer) in self.answers.iter().enumerate() {
            required(format!("answers[{i}].say"), &answer.say);
            for (j, text) in answer.before.iter().enumerate() {
                required(format!("answers[{i}].before[{j}]"), text);
            }
            if let Some(then) = &answer.then {
                required(format!("answers[{i}].then"), then);
            }
        }
        for (i, fact) in self.facts.iter().enumerate() {
            required(format!("facts[{i}].id"), &fact.id);
            required(format!("facts[{i}].text"), &fact.text);
        }
        for (i, answer) in self.answers.iter().enumerate() {
            if answer.about.is_empty() {
                problems.push(format!("answers[{i}].about: must name at least one word of a question"));
            }
            for (j, word) in answer.about.iter().enumerate() {
                if word.split_whitespace().count() != 1 {
                    problems.push(format!("answers[{i}].about[{j}]: `{word}` must be a single word"));
                }
            }
            if answer.pause_ms.is_some_and(|ms| ms > LONGEST_PAUSE_MS) {
                problems.push(format!("answers[{i}].pause_ms: must be at most {LONGEST_PAUSE_MS} ms"));
            }
        }
        let mut ids = BTreeSet::new();
        for (i, fact) in self.facts.iter().enumerate() {
            if !ids.insert(&fact.id) {
                problems.push(format!("facts[{i}].id: `{}` is used twice", fact.id));
            }
        }
        problems
    }

    /// Returns everything that the persona can say, so that all of it can be synthesised before the
    /// call.
    pub fn everything_said(&self) -> Vec<Spoken> {
        let plain = [&self.consent, &self.recording, &self.default].map(|text| Spoken::plain(text));
        let fixed = [DECLINE, REPEAT].map(Spoken::plain);
        let answers = self.answers.iter().flat_map(|answer| {
            let before = answer.before.iter().map(|text| Spoken::plain(text));
            before.chain([answer.spoken()]).chain(answer.then.as_deref().map(Spoken::plain))
        });
        let mut seen = BTreeSet::new();
        plain.into_iter().chain(fixed).chain(answers).filter(|spoken| seen.insert(format!("{spoken:?}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DANA: &str = r#"
name: Dana
voice: am_michael
consent: "Yes, that's fine."
recording: "Yes."
answers:
  - about: [kind, work, long]
    before: ["Who is asking?"]
    say: "I do bookkeeping for small shops."
    then: "Four years from home."
    pause_ms: 1800
facts:
  - {id: years, text: "four years", reveal: on_follow_up}
behaviours:
  interrupts: true
  declines: [manager]
"#;

    #[test]
    fn the_contracts_example_is_read() {
        let dana = Persona::parse(DANA, "dana.yaml").unwrap();
        assert_eq!(dana.name, "Dana");
        assert_eq!(dana.answers[0].pause_ms, Some(1800));
        assert_eq!(dana.facts[0].reveal, Reveal::OnFollowUp);
        assert!(dana.behaviours.interrupts && !dana.behaviours.asks_to_repeat);
        assert_eq!(dana.behaviours.declines, ["manager"]);
        assert_eq!(dana.default, "I have nothing to add.");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Persona::parse(&DANA.replace("pause_ms", "pause"), "dana.yaml").unwrap_err().to_string();
        assert!(error.contains("dana.yaml") && error.contains("pause"), "{error}");
    }

    #[test]
    fn an_unknown_reveal_is_refused() {
        assert!(Persona::parse(&DANA.replace("on_follow_up", "sometimes"), "dana.yaml").is_err());
    }

    #[test]
    fn every_problem_is_listed_with_its_path() {
        let yaml = DANA
            .replace("[kind, work, long]", "[]")
            .replace("\"I do bookkeeping for small shops.\"", "\" \"")
            .replace("text: \"four years\"", "text: \"\"");
        let error = Persona::parse(&yaml, "dana.yaml").unwrap_err();
        let PersonaError::Invalid { problems, .. } = error else { panic!("{error}") };
        for path in ["answers[0].about:", "answers[0].say:", "facts[0].text:"] {
            assert!(problems.iter().any(|problem| problem.starts_with(path)), "{path} not in {problems:?}");
        }
    }

    #[test]
    fn the_pause_falls_at_the_mark_nearest_the_middle() {
        let spoken = Spoken::with_pause("Yes. I work from home, mostly alone. It is fine.", 900);
        assert_eq!(spoken.first, "Yes. I work from home,");
        assert_eq!(spoken.rest, Some((900, "mostly alone. It is fine.".to_owned())));
        assert_eq!(spoken.text(), "Yes. I work from home, mostly alone. It is fine.");
    }

    #[test]
    fn a_mark_inside_a_number_or_at_the_end_is_no_place_for_a_pause() {
        let spoken = Spoken::with_pause("It is 1.5 now.", 500);
        assert_eq!(spoken.first, "It is");
        assert_eq!(Spoken::with_pause("Never.", 500), Spoken::plain("Never."));
    }

    #[test]
    fn everything_said_holds_each_line_once() {
        let dana = Persona::parse(DANA, "dana.yaml").unwrap();
        let lines: Vec<String> = dana.everything_said().iter().map(Spoken::text).collect();
        for text in ["Yes.", DECLINE, REPEAT, "Who is asking?", "Four years from home.", "I have nothing to add."] {
            assert_eq!(lines.iter().filter(|line| *line == text).count(), 1, "{text}");
        }
    }
}
