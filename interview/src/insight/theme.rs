//! What answers are about: the lexicon's themes, and topics that recur.
//!
//! Owns: counting them over answers, and merging those that a model finds similar. Never does: name
//! a theme that no answer has, by its words or by a model's judgement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judged;
use super::material::{Material, value_of};
use super::method;
use super::pick::topics;
use crate::analysis::sentence::sentences;
use crate::lexicon as lex;

/// The number of answers that must share a topic of their own words for it to be a theme.
const AGAIN: usize = 2;
/// The largest number of such topics of one interview.
const OWN: usize = 6;

/// A theme of one interview.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightTheme))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    pub theme: String,
    /// The number of answers that touch it.
    pub responses: usize,
    /// The share of the answers with words that touch it, 0…1.
    pub share: f64,
    /// The mean sentiment of these answers, −2…2.
    pub sentiment: f64,
    pub response_ids: Vec<String>,
    /// Other topics that were merged into it.
    #[serde(default)]
    pub merged: Vec<String>,
    /// How it was found: `lexicon`, `embedding` (merged by similarity) or `llm:<model>`.
    pub method: String,
}

/// The ids of answers, and their sentiments.
type Touched<'a> = Vec<(&'a str, f64)>;

/// Returns the themes of an interview, the most frequent first.
pub fn themes(material: &Material) -> Vec<Theme> {
    let total = material.spoken().count();
    let mut found: BTreeMap<String, Touched> = BTreeMap::new();
    let mut own: BTreeMap<String, (String, Touched)> = BTreeMap::new();
    let mut named_by: BTreeMap<String, String> = BTreeMap::new();
    for answer in material.spoken() {
        let value = value_of(answer.analysis.sentiment);
        for theme in &answer.analysis.themes {
            found.entry(theme.clone()).or_default().push((&answer.id, value));
            if let Some(by) = answer.judged.get(judged::THEMES_OF) {
                named_by.insert(theme.clone(), by.clone());
            }
        }
        let asked = topics(&answer.question_text);
        let mut here = BTreeMap::new();
        for word in sentences(&answer.text).iter().flat_map(|sentence| &sentence.words) {
            let stem = lex::stem(word);
            let tells = lex::is_content(word)
                && !lex::is_number(word)
                && !lex::is_positive(word)
                && !lex::is_negative(word)
                && !lex::is_intensifier(word)
                && word.len() > 3;
            if tells && !asked.contains(&stem) && lex::themes(std::slice::from_ref(&stem)).is_empty() {
                here.entry(stem).or_insert_with(|| word.clone());
            }
        }
        for (stem, word) in here {
            own.entry(stem).or_insert_with(|| (word, Vec::new())).1.push((&answer.id, value));
        }
    }
    let mut again: Vec<_> =
        own.into_values().filter(|(word, answers)| answers.len() >= AGAIN && !found.contains_key(word)).collect();
    again.sort_by_key(|(_, answers)| std::cmp::Reverse(answers.len()));
    again.truncate(OWN);
    found.extend(again);
    let mut themes: Vec<Theme> = found
        .into_iter()
        .map(|(theme, answers)| Theme {
            method: named_by.remove(&theme).unwrap_or_else(|| method::LEXICON.to_owned()),
            theme,
            responses: answers.len(),
            share: answers.len() as f64 / total.max(1) as f64,
            sentiment: answers.iter().map(|(_, value)| value).sum::<f64>() / answers.len() as f64,
            response_ids: answers.iter().map(|(id, _)| (*id).to_owned()).collect(),
            merged: Vec::new(),
        })
        .collect();
    themes.sort_by_key(|theme| std::cmp::Reverse(theme.responses));
    themes
}

/// Merges each theme into the first more frequent one that is similar. `alike` says whether two
/// names are.
pub fn merge(themes: Vec<Theme>, alike: impl Fn(&str, &str) -> bool, total: usize) -> Vec<Theme> {
    let mut kept: Vec<Theme> = Vec::new();
    for theme in themes {
        let Some(home) = kept.iter_mut().find(|known| alike(&known.theme, &theme.theme)) else {
            kept.push(theme);
            continue;
        };
        let (of_home, of_theme) = (home.responses as f64, theme.responses as f64);
        home.sentiment = (home.sentiment * of_home + theme.sentiment * of_theme) / (of_home + of_theme);
        for id in theme.response_ids {
            if !home.response_ids.contains(&id) {
                home.response_ids.push(id);
            }
        }
        home.responses = home.response_ids.len();
        home.share = home.responses as f64 / total.max(1) as f64;
        home.merged.push(theme.theme);
        method::EMBEDDING.clone_into(&mut home.method);
    }
    kept.sort_by_key(|theme| std::cmp::Reverse(theme.responses));
    kept
}

#[cfg(test)]
mod tests {
    use super::super::material::testing::material;
    use super::*;

    #[test]
    fn themes_are_counted_over_answers_and_merged() {
        let material = material(&[
            ("What do you do?", "I bake bread. Bread is great."),
            ("What is hard?", "The flour is expensive."),
            ("What else?", "Bread needs flour, and time."),
        ]);
        let found = themes(&material);
        let counted: Vec<_> = found.iter().map(|theme| (theme.theme.as_str(), theme.responses)).collect();
        assert_eq!(counted, [("bread", 2), ("flour", 2), ("price", 1), ("time", 1)]);
        assert!((found[0].share - 2.0 / 3.0).abs() < 1e-9 && found[0].sentiment > 0.4);
        let merged = merge(found, |one, other| one == "bread" && other == "flour", 3);
        assert_eq!((merged[0].responses, merged[0].merged.as_slice()), (3, ["flour".to_owned()].as_slice()));
        assert_eq!(merged[0].method, "embedding");
    }
}
