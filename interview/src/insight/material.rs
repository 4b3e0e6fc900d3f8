//! The material of an insight: the answers of one interview with their words and times, and the
//! questions.
//!
//! Owns: the form of the material. Never does: read it from a database.

use std::collections::BTreeMap;

use crate::analysis::{Analysis, Sentiment};
use crate::guide::{Guide, QuestionType};
use crate::io::{AskingId, Ms, Response, Word};

/// An interview that was held.
#[derive(Debug, Clone, PartialEq)]
pub struct Material {
    pub interview_id: String,
    pub guide: Guide,
    pub answers: Vec<Answer>,
    /// The ids of guide questions that were skipped.
    pub skipped: Vec<String>,
    /// The score that is stored with the interview, 0…1.
    pub data_quality_score: Option<f64>,
}

/// One answer, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The id of the stored response.
    pub id: String,
    pub asking: AskingId,
    pub question_id: String,
    pub question_text: String,
    pub section: String,
    /// The stored text, with which quotes are compared.
    pub text: String,
    /// The same words with their times on the call clock.
    pub words: Vec<Word>,
    pub analysis: Analysis,
    /// The model that judged a value of the analysis, by the value's name. A value without an entry
    /// was judged by words alone.
    pub judged: BTreeMap<String, String>,
    pub flags: Vec<String>,
    pub is_follow_up: bool,
}

impl Answer {
    /// Makes the answer of a response in the event log, with the id and the text of the stored row.
    pub fn of(id: String, stored_text: String, response: Response) -> Self {
        Self {
            id,
            asking: response.asking,
            question_id: response.question_id,
            question_text: response.question_text,
            section: response.section,
            text: stored_text,
            words: response.words,
            analysis: response.analysis,
            judged: BTreeMap::new(),
            flags: response.flags,
            is_follow_up: response.is_follow_up,
        }
    }

    pub fn start_ms(&self) -> Ms {
        self.words.first().map_or(0, |word| word.start_ms)
    }
}

impl Material {
    /// The answers that have words.
    pub fn spoken(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter().filter(|answer| !answer.text.trim().is_empty())
    }

    pub fn answer(&self, id: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.id == id)
    }

    pub fn is_open(&self, answer: &Answer) -> bool {
        answer.is_follow_up
            || self
                .guide
                .questions()
                .all(|(_, question)| question.id != answer.question_id || question.kind == QuestionType::Open)
    }
}

/// The sentiment as a number, from −2 (very negative) to 2 (very positive).
pub fn value_of(sentiment: Sentiment) -> f64 {
    match sentiment {
        Sentiment::VeryPositive => 2.0,
        Sentiment::Positive => 1.0,
        Sentiment::Neutral => 0.0,
        Sentiment::Negative => -1.0,
        Sentiment::VeryNegative => -2.0,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    pub(crate) fn words(text: &str, from: Ms) -> Vec<Word> {
        (0..)
            .zip(text.split(' '))
            .map(|(at, word)| Word {
                text: word.to_owned(),
                start_ms: from + at * 300,
                end_ms: from + at * 300 + 250,
                confidence: 0.9,
            })
            .collect()
    }

    pub(crate) fn answer(asking: AskingId, question: &str, text: &str) -> Answer {
        let words = words(text, u64::from(asking) * 10_000);
        Answer {
            id: format!("r{asking}"),
            asking,
            question_id: format!("q{asking}"),
            question_text: question.to_owned(),
            section: "all".to_owned(),
            text: text.to_owned(),
            analysis: Analysis::of(question, &words),
            words,
            judged: BTreeMap::new(),
            flags: Vec::new(),
            is_follow_up: false,
        }
    }

    /// An interview about working from home, with these answers.
    pub(crate) fn material(said: &[(&str, &str)]) -> Material {
        let questions: Vec<_> = said
            .iter()
            .zip(1..)
            .map(|((question, _), at): (_, u32)| serde_json::json!({ "id": format!("q{at}"), "text": question }))
            .collect();
        let questions =
            if questions.is_empty() { vec![serde_json::json!({ "id": "q1", "text": "What?" })] } else { questions };
        let guide = crate::guide::from_value(serde_json::json!({
            "name": "Home", "research_objective": "Learn how people work from home and what makes it hard",
            "sections": [{ "section_name": "All", "questions": questions }],
        }))
        .unwrap();
        Material {
            interview_id: "i1".to_owned(),
            guide,
            answers: said.iter().zip(1..).map(|((question, text), at)| answer(at, question, text)).collect(),
            skipped: Vec::new(),
            data_quality_score: Some(0.8),
        }
    }
}
