//! What meaning tells better than words: themes that are one, answers that serve the objective, and
//! contradictions in different words.
//!
//! Owns: which texts are compared, and which similarity is enough. Never does: compute a
//! similarity, which a model outside does, or remove anything that words alone have found except by
//! merging it.

use super::extract::Insight;
use super::finding::{Cited, Conflict};
use super::material::{Answer, Material};
use super::method;
use super::pick::topics;
use super::theme::{Theme, merge};
use crate::analysis::contradiction::Kind;
use crate::analysis::sentence::{Sentence, sentences};
use crate::spans::{timed, tokens};

/// The cosine from which two themes are one. `price` and `cost` have 0.73, and `price` and `time`
/// 0.29.
const SAME_THEME: f32 = 0.70;
/// The cosine from which two sentences are about the same.
const SAME_SUBJECT: f32 = 0.65;
/// The largest number of contradictions that are added.
const MOST: usize = 3;

/// Returns the texts whose vectors are needed.
pub fn texts(material: &Material, themes: &[Theme]) -> Vec<String> {
    let mut texts: Vec<String> = themes.iter().map(|theme| theme.theme.clone()).collect();
    texts.push(material.guide.research_objective.clone());
    for answer in material.spoken() {
        texts.push(asked_and_said(answer));
        texts.extend(telling(answer).into_iter().map(|(_, text)| text));
    }
    texts
}

/// Adds what meaning tells to the insight. `cosine` returns none for texts that could not be
/// compared.
pub fn refine(insight: &mut Insight, material: &Material, cosine: impl Fn(&str, &str) -> Option<f32>) {
    let embedding = || method::EMBEDDING.to_owned();
    let alike = |one: &str, other: &str| cosine(one, other).is_some_and(|cosine| cosine >= SAME_THEME);
    let before = insight.themes.len();
    insight.themes = merge(std::mem::take(&mut insight.themes), alike, material.spoken().count());
    if insight.themes.len() < before {
        insight.methods.insert("themes".to_owned(), embedding());
    }
    if let Some(alignment) = alignment(material, &cosine) {
        insight.research_objective_alignment = Some(alignment);
        insight.methods.insert("research_objective_alignment".to_owned(), embedding());
    }
    let found = conflicts(material, &insight.contradictions, &cosine);
    if !found.is_empty() {
        insight.contradictions.extend(found);
        insight.methods.insert("contradictions".to_owned(), format!("{}, {}", method::LEXICON, method::EMBEDDING));
    }
}

/// The alignment, 0…1: the mean cosine of the objective and each question with its answer, weighted
/// by the answer's topics. A negative cosine counts as 0. Example: cosines of 0.5 and 0.2 for
/// answers with three topics and one give (3 · 0.5 + 1 · 0.2) / 4 = 0.425.
fn alignment(material: &Material, cosine: impl Fn(&str, &str) -> Option<f32>) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for answer in material.spoken() {
        let topics = topics(&answer.text).len() as f64;
        let likeness = cosine(&material.guide.research_objective, &asked_and_said(answer))?;
        sum += topics * f64::from(likeness.clamp(0.0, 1.0));
        weight += topics;
    }
    (weight > 0.0).then(|| sum / weight)
}

fn asked_and_said(answer: &Answer) -> String {
    format!("{} {}", answer.question_text, answer.text)
}

/// Returns the sentences with enough content, with their texts.
fn telling(answer: &Answer) -> Vec<(Sentence, String)> {
    let ranges = tokens(&answer.text);
    sentences(&answer.text)
        .into_iter()
        .filter(|sentence| sentence.stems.len() >= 2)
        .filter_map(|sentence| {
            let (from, to) = (ranges.get(sentence.tokens.start)?, ranges.get(sentence.tokens.end - 1)?);
            let text = answer.text[from.start..to.end].to_owned();
            Some((sentence, text))
        })
        .collect()
}

/// Returns sentences of different answers that are about the same, where one denies it and words
/// alone did not find it.
fn conflicts(material: &Material, known: &[Conflict], cosine: impl Fn(&str, &str) -> Option<f32>) -> Vec<Conflict> {
    let all: Vec<(&Answer, Sentence, String)> = material
        .spoken()
        .flat_map(|answer| telling(answer).into_iter().map(move |(sentence, text)| (answer, sentence, text)))
        .collect();
    let mut found: Vec<Conflict> = Vec::new();
    for (at, (later, sentence, text)) in all.iter().enumerate() {
        for (earlier, other, other_text) in &all[..at] {
            let is_known =
                known.iter().any(|one| one.earlier.response_id == earlier.id && one.later.response_id == later.id);
            if earlier.id == later.id || is_known || sentence.is_negated() == other.is_negated() {
                continue;
            }
            let Some(likeness) = cosine(other_text, text).filter(|cosine| *cosine >= SAME_SUBJECT) else { continue };
            let cited = |answer: &Answer, sentence: &Sentence| {
                let span = timed(&answer.text, &tokens(&answer.text), &answer.words, sentence.tokens.clone())?;
                Some(Cited { response_id: answer.id.clone(), span })
            };
            if let (Some(earlier), Some(later)) = (cited(earlier, other), cited(later, sentence)) {
                found.push(Conflict {
                    kind: Kind::Negation,
                    interview_id: material.interview_id.clone(),
                    earlier,
                    later,
                    overlap: f64::from(likeness),
                    method: method::EMBEDDING.to_owned(),
                });
            }
        }
    }
    found.sort_by(|a, b| b.overlap.total_cmp(&a.overlap));
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::super::extract::extract;
    use super::super::material::testing::material;
    use super::*;

    #[test]
    fn what_means_the_same_is_put_together() {
        let material = material(&[
            ("What do you bake?", "I bake bread from flour. My loaves are popular with neighbours."),
            ("What else?", "Bread takes flour, patience, neighbours."),
            ("And today?", "People nearby do not buy what leaves my oven."),
        ]);
        let mut insight = extract(&material);
        let before = insight.themes.iter().find(|theme| theme.theme == "bread").unwrap().clone();
        assert!(insight.contradictions.is_empty(), "not by words");
        let alike = |one: &str, other: &str| {
            let pair = [one, other];
            let both =
                |a: &str, b: &str| pair.iter().any(|text| text.contains(a)) && pair.iter().any(|text| text.contains(b));
            Some(if both("popular", "leaves my oven") && !one.contains('?') && !other.contains('?') {
                0.7
            } else if pair.contains(&"bread") && pair.contains(&"flour") {
                0.8
            } else {
                0.2
            })
        };
        refine(&mut insight, &material, alike);
        let bread = insight.themes.iter().find(|theme| theme.theme == "bread").unwrap();
        assert_eq!((bread.merged.as_slice(), bread.method.as_str()), (["flour".to_owned()].as_slice(), "embedding"));
        assert!(bread.responses >= before.responses);
        assert!((insight.research_objective_alignment.unwrap() - 0.2).abs() < 1e-6);
        let conflict = &insight.contradictions[0];
        assert_eq!((conflict.method.as_str(), conflict.earlier.response_id.as_str()), ("embedding", "r1"));
        assert_eq!(conflict.later.span.text, "People nearby do not buy what leaves my oven.");
        for text in texts(&material, &insight.themes) {
            assert!(!text.is_empty());
        }
    }
}
