//! How much of what was said serves the research objective.
//!
//! Owns: the measure by words alone. Never does: compare meanings (`likeness` does).

use super::material::Material;
use super::pick::topics;

/// The alignment by words alone, 0…1: the share of the objective's topics that are in an answer of
/// at least three content words, or in the question that it answers. It is none if the objective
/// has no topics or nothing was said.
///
/// Example: the objective is "work", "home", "hard". Answers to "What is hard about your work?"
/// touch two of three topics: 0.67.
pub fn alignment(material: &Material) -> Option<f64> {
    let objective = topics(&material.guide.research_objective);
    let telling: Vec<_> = material.spoken().filter(|answer| topics(&answer.text).len() >= 3).collect();
    if objective.is_empty() || material.spoken().next().is_none() {
        return None;
    }
    let touched = objective
        .iter()
        .filter(|topic| {
            telling
                .iter()
                .any(|answer| topics(&answer.text).contains(*topic) || topics(&answer.question_text).contains(*topic))
        })
        .count();
    Some(touched as f64 / objective.len() as f64)
}

/// The objective's topics about which nothing was said, as they are written there.
pub fn untouched(material: &Material) -> Vec<String> {
    let said: std::collections::BTreeSet<String> = material
        .spoken()
        .flat_map(|answer| topics(&answer.text).into_iter().chain(topics(&answer.question_text)))
        .collect();
    let words = crate::lexicon::content(&material.guide.research_objective);
    let mut open: Vec<String> = words.into_iter().filter(|word| !said.contains(&crate::lexicon::stem(word))).collect();
    open.dedup();
    open
}

#[cfg(test)]
mod tests {
    use super::super::material::testing::material;
    use super::*;

    #[test]
    fn topics_of_the_objective_are_looked_for() {
        let material = material(&[("What is hard about your work?", "Clients pay their invoices late.")]);
        // "learn", "people", "work", "home", "hard"
        let share = alignment(&material).unwrap();
        assert!((share - 2.0 / 5.0).abs() < 1e-9, "{share}");
        assert_eq!(untouched(&material), ["learn", "people", "home"]);
    }
}
