//! The respondent's sentiment over the interview.
//!
//! Owns: its mean, its direction and its timeline. Never does: judge an answer.

use serde::{Deserialize, Serialize};

use super::judged;
use super::material::{Material, value_of};
use super::stats::mann_kendall;
use crate::analysis::Sentiment;
use crate::io::Ms;

/// A trend is reported if its p is below this.
const SURE: f64 = 0.05;

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightMood))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Mood {
    /// The mean over the answers, from −2 (very negative) to 2 (very positive), or none without
    /// answers.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub mean: Option<f64>,
    /// The level nearest to the mean.
    pub overall: String,
    pub very_positive: usize,
    pub positive: usize,
    pub neutral: usize,
    pub negative: usize,
    pub very_negative: usize,
    /// `rising`, `falling` or `steady`, by the Mann–Kendall test at 5 %.
    pub direction: String,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub direction_p: Option<f64>,
    /// The answers in the order of the call.
    pub timeline: Vec<Moment>,
    pub method: String,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightMoodMoment))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    pub at_ms: Ms,
    pub response_id: String,
    pub question: String,
    /// −2…2.
    pub value: f64,
    /// 0…1.
    pub hesitation: f64,
    /// 0…1.
    pub enthusiasm: f64,
}

pub fn mood(material: &Material) -> Mood {
    let timeline: Vec<Moment> = material
        .spoken()
        .map(|answer| Moment {
            at_ms: answer.start_ms(),
            response_id: answer.id.clone(),
            question: answer.question_text.clone(),
            value: value_of(answer.analysis.sentiment),
            hesitation: rounded(answer.analysis.hesitation),
            enthusiasm: rounded(answer.analysis.enthusiasm),
        })
        .collect();
    let values: Vec<f64> = timeline.iter().map(|moment| moment.value).collect();
    let count = |sentiment| material.spoken().filter(|answer| answer.analysis.sentiment == sentiment).count();
    let trend = mann_kendall(&values);
    let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
    Mood {
        mean,
        overall: level(mean.unwrap_or_default()).to_owned(),
        very_positive: count(Sentiment::VeryPositive),
        positive: count(Sentiment::Positive),
        neutral: count(Sentiment::Neutral),
        negative: count(Sentiment::Negative),
        very_negative: count(Sentiment::VeryNegative),
        direction: match trend.filter(|trend| trend.p <= SURE) {
            Some(trend) if trend.statistic > 0.0 => "rising",
            Some(_) => "falling",
            None => "steady",
        }
        .to_owned(),
        direction_p: trend.map(|trend| trend.p),
        timeline,
        method: judged::method_of(material, judged::SENTIMENT),
    }
}

/// The level nearest to a value.
pub fn level(value: f64) -> &'static str {
    match value {
        value if value >= 1.5 => "very_positive",
        value if value >= 0.5 => "positive",
        value if value <= -1.5 => "very_negative",
        value if value <= -0.5 => "negative",
        _ => "neutral",
    }
}

fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::super::material::testing::material;
    use super::*;

    #[test]
    fn a_mood_that_falls_is_seen() {
        let said = ["I love it.", "It is great.", "It is good.", "It is a shop.", "It is bad.", "I hate it.", "Awful."];
        let asked: Vec<_> = said.iter().map(|said| ("How is it?", *said)).collect();
        let mood = mood(&material(&asked));
        assert_eq!((mood.direction.as_str(), mood.timeline.len()), ("falling", 7));
        assert!(mood.direction_p.unwrap() < 0.05);
        assert_eq!(mood.neutral, 1);
        assert_eq!(super::mood(&material(&[])).mean, None);
    }
}
