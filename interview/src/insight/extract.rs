//! Everything that words alone tell about one interview.
//!
//! Owns: the insight as a whole, its summary and its confidence. Never does: hide that it is
//! extractive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alignment::{alignment, untouched};
use super::finding::{Conflict, Finding, InsightType, conflicts, findings};
use super::judged;
use super::material::Material;
use super::method;
use super::mood::{Mood, mood};
use super::pick::notable;
use super::quote::{Dropped, Quote, locate};
use super::theme::{Theme, themes};
use crate::analysis::contradiction::Kind;

/// The `generated_by` of an insight that no model has worded.
pub const EXTRACTIVE: &str = "extractive";
/// The `generated_by` of an insight that a language model has worded.
pub const WORDED: &str = "llm";

/// A recommendation of what to do or ask next, with its reason.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightAdvice))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    pub text: String,
    pub reason: String,
    pub response_ids: Vec<String>,
    pub method: String,
}

/// The content of `insight_extractions` about one interview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insight {
    pub executive_summary: String,
    pub key_findings: Vec<Finding>,
    pub themes: Vec<Theme>,
    pub notable_quotes: Vec<Quote>,
    pub sentiment_summary: Mood,
    pub contradictions: Vec<Conflict>,
    /// 0…1, or none if nothing was said.
    pub research_objective_alignment: Option<f64>,
    pub data_quality_score: Option<f64>,
    /// The confidence in the report, 0…1: see [`confidence`].
    pub confidence_level: f64,
    pub follow_up_recommendations: Vec<Advice>,
    pub suggested_next_questions: Vec<Advice>,
    /// The method of each value, by the name of the value.
    pub methods: BTreeMap<String, String>,
    /// The number of claimed quotes that were not said, by reason.
    pub dropped_quotes: BTreeMap<Dropped, usize>,
    pub generated_by: String,
    pub model_used: Option<String>,
}

/// Extracts the insight of an interview by words alone.
pub fn extract(material: &Material) -> Insight {
    let themes = themes(material);
    let conflicts = conflicts(material);
    let findings = findings(material, &themes, &conflicts);
    let mood = mood(material);
    let mut insight = Insight {
        executive_summary: String::new(),
        notable_quotes: notable(material),
        research_objective_alignment: alignment(material),
        data_quality_score: material.data_quality_score,
        confidence_level: 0.0,
        follow_up_recommendations: recommendations(material, &findings, &conflicts),
        suggested_next_questions: next_questions(material, &findings, &conflicts),
        methods: methods(material),
        dropped_quotes: BTreeMap::new(),
        generated_by: EXTRACTIVE.to_owned(),
        model_used: None,
        key_findings: findings,
        themes,
        sentiment_summary: mood,
        contradictions: conflicts,
    };
    insight.verify(material);
    insight.confidence_level = confidence(material, &insight);
    insight.executive_summary = summary(material, &insight);
    insight
}

fn methods(material: &Material) -> BTreeMap<String, String> {
    let mut methods: BTreeMap<String, String> =
        VALUES.iter().map(|value| ((*value).to_owned(), method::LEXICON.to_owned())).collect();
    methods.insert("sentiment_summary".to_owned(), judged::method_of(material, judged::SENTIMENT));
    methods.insert("themes".to_owned(), judged::method_of(material, judged::THEMES_OF));
    methods
}

/// The values that name their method.
const VALUES: [&str; 7] = [
    "executive_summary",
    "key_findings",
    "themes",
    "sentiment_summary",
    "contradictions",
    "research_objective_alignment",
    "follow_up_recommendations",
];

impl Insight {
    /// Compares every quote with what was said, whoever chose it. A quote that was not said is
    /// dropped and counted. This is the last step before an insight is stored.
    pub fn verify(&mut self, material: &Material) {
        let dropped = &mut self.dropped_quotes;
        let mut hold = |quote: &mut Quote| match verified(quote, material) {
            Ok(span) => {
                *quote = span;
                true
            }
            Err(reason) => {
                *dropped.entry(reason).or_default() += 1;
                false
            }
        };
        self.notable_quotes.retain_mut(&mut hold);
        for finding in &mut self.key_findings {
            finding.evidence.retain_mut(&mut hold);
        }
        // A finding without evidence is dropped.
        self.key_findings.retain(|finding| !finding.evidence.is_empty());
    }

    /// The number of claimed quotes that were not said.
    pub fn dropped(&self) -> usize {
        self.dropped_quotes.values().sum()
    }

    /// Every quote of the insight.
    pub fn quotes(&self) -> impl Iterator<Item = &Quote> {
        self.notable_quotes.iter().chain(self.key_findings.iter().flat_map(|finding| &finding.evidence))
    }
}

fn verified(claimed: &Quote, material: &Material) -> Result<Quote, Dropped> {
    let answer = material.answer(&claimed.response_id).ok_or(Dropped::NoResponse)?;
    let span = locate(answer, &claimed.quote)?;
    // The same words may occur twice in one answer. The claimed place is kept if it is one of
    // these.
    let (start_ms, end_ms) = if span.text == claimed.quote
        && answer.words.iter().any(|word| word.start_ms == claimed.start_ms)
        && answer.words.iter().any(|word| word.end_ms == claimed.end_ms)
        && heard(answer, claimed.start_ms, claimed.end_ms) == span.text
    {
        (claimed.start_ms, claimed.end_ms)
    } else {
        (span.start_ms, span.end_ms)
    };
    Ok(Quote {
        quote: span.text,
        context: answer.question_text.clone(),
        interview_id: material.interview_id.clone(),
        start_ms,
        end_ms,
        ..claimed.clone()
    })
}

/// Returns the words between two times.
fn heard(answer: &super::material::Answer, start_ms: u64, end_ms: u64) -> String {
    let words = answer.words.iter().filter(|word| word.start_ms >= start_ms && word.end_ms <= end_ms);
    words.map(|word| word.text.trim()).collect::<Vec<_>>().join(" ")
}

/// The confidence in the report, 0…1: c · (1 − exp(−w / 120)) · k. Here c is the mean confidence of
/// recognition over the answers with words, w the number of words said, and k the share of claimed
/// quotes that were said.
///
/// Example: recognition at 0.9, 120 words, 9 of 10 quotes: 0.9 · 0.632 · 0.9 = 0.51.
pub fn confidence(material: &Material, insight: &Insight) -> f64 {
    let (mut sure, mut count, mut words) = (0.0, 0, 0);
    for answer in material.spoken() {
        sure += f64::from(answer.analysis.confidence);
        count += 1;
        words += answer.analysis.words;
    }
    if count == 0 {
        return 0.0;
    }
    let kept = insight.quotes().count() as f64;
    let quotes = kept + insight.dropped() as f64;
    let honest = if quotes == 0.0 { 1.0 } else { kept / quotes };
    sure / f64::from(count) * (1.0 - (-f64::from(words) / 120.0).exp()) * honest
}

fn summary(material: &Material, insight: &Insight) -> String {
    let answers = material.spoken().count();
    if answers == 0 {
        return "Nothing was answered in this interview, so there is nothing to extract.".to_owned();
    }
    let words: u32 = material.spoken().map(|answer| answer.analysis.words).sum();
    let mut parts = vec![format!("Extracted without a language model from {answers} answers ({words} words).")];
    let names: Vec<&str> = insight.themes.iter().take(4).map(|theme| theme.theme.as_str()).collect();
    if !names.is_empty() {
        parts.push(format!("Mostly about {}.", listed(&names)));
    }
    let mood = &insight.sentiment_summary;
    parts.push(match mood.direction.as_str() {
        "steady" => format!("The tone is {} on the whole.", mood.overall.replace('_', " ")),
        direction => format!("The tone is {} on the whole, and {direction}.", mood.overall.replace('_', " ")),
    });
    let mut counts = BTreeMap::new();
    for finding in &insight.key_findings {
        *counts.entry(finding.kind).or_insert(0) += 1;
    }
    let counted: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {}{}", kind.title().to_lowercase(), if *count == 1 { "" } else { "s" }))
        .map(|text| {
            text.replace("unexpecteds", "surprises")
                .replace("unexpected", "surprise")
                .replace("hypothesiss", "hypotheses")
        })
        .collect();
    if !counted.is_empty() {
        parts.push(format!("Found: {}.", listed(&counted.iter().map(String::as_str).collect::<Vec<_>>())));
    }
    if let Some(first) = insight.notable_quotes.iter().max_by_key(|quote| quote.quote.len()) {
        parts.push(format!("In the respondent's words: “{}”", first.quote));
    }
    parts.join(" ")
}

fn recommendations(material: &Material, findings: &[Finding], conflicts: &[Conflict]) -> Vec<Advice> {
    let advice = |text: String, reason: &str, ids: Vec<String>| Advice {
        text,
        reason: reason.to_owned(),
        response_ids: ids,
        method: method::LEXICON.to_owned(),
    };
    let mut all = Vec::new();
    for finding in findings.iter().filter(|finding| finding.kind == InsightType::PainPoint) {
        let ids = finding.evidence.iter().map(|quote| quote.response_id.clone()).collect();
        all.push(advice(format!("Look into it: {}.", finding.statement.to_lowercase()), "a pain point", ids));
    }
    for finding in findings.iter().filter(|finding| finding.kind == InsightType::Opportunity) {
        let ids = finding.evidence.iter().map(|quote| quote.response_id.clone()).collect();
        all.push(advice(format!("Weigh it up: {}.", finding.statement.to_lowercase()), "an opportunity", ids));
    }
    if !conflicts.is_empty() {
        let ids = conflicts.iter().flat_map(|one| [one.earlier.response_id.clone(), one.later.response_id.clone()]);
        all.push(advice(
            "Listen to both passages that contradict each other.".to_owned(),
            "contradictions",
            ids.collect(),
        ));
    }
    let open: Vec<&str> = material
        .guide
        .questions()
        .filter(|(_, question)| question.required && !material.spoken().any(|answer| answer.question_id == question.id))
        .map(|(_, question)| question.text.as_str())
        .collect();
    for question in open {
        all.push(advice(
            format!("Ask elsewhere what was not answered here: {question}"),
            "a required question without an answer",
            Vec::new(),
        ));
    }
    let unsure: Vec<String> =
        material.spoken().filter(|answer| answer.analysis.confidence < 0.6).map(|answer| answer.id.clone()).collect();
    if !unsure.is_empty() {
        all.push(advice(
            "Check these answers against the recording: recognition was unsure.".to_owned(),
            "low confidence of recognition",
            unsure,
        ));
    }
    all
}

fn next_questions(material: &Material, findings: &[Finding], conflicts: &[Conflict]) -> Vec<Advice> {
    let advice = |text: String, reason: &str, ids: Vec<String>| Advice {
        text,
        reason: reason.to_owned(),
        response_ids: ids,
        method: method::LEXICON.to_owned(),
    };
    let mut all = Vec::new();
    for conflict in conflicts.iter().take(2) {
        let ids = vec![conflict.earlier.response_id.clone(), conflict.later.response_id.clone()];
        let text = match conflict.kind {
            Kind::Number => format!(
                "You said “{}” and “{}”. Which of them is right?",
                conflict.earlier.span.text, conflict.later.span.text
            ),
            _ => format!(
                "You said “{}” and “{}”. When is which of them so?",
                conflict.earlier.span.text, conflict.later.span.text
            ),
        };
        all.push(advice(text, "two answers that don't go together", ids));
    }
    for finding in findings.iter().filter(|finding| finding.kind == InsightType::PainPoint).take(3) {
        let Some(quote) = finding.evidence.first() else { continue };
        let text = format!("You said “{}” What happened the last time?", quote.quote);
        all.push(advice(text, "a pain point", vec![quote.response_id.clone()]));
    }
    for topic in untouched(material).into_iter().take(3) {
        all.push(advice(
            format!("What comes to your mind about {topic}?"),
            "a topic of the objective that nothing was said about",
            Vec::new(),
        ));
    }
    let short =
        material.spoken().filter(|answer| material.is_open(answer) && answer.analysis.information_density < 0.18);
    for answer in short.take(2) {
        all.push(advice(
            format!("Could you tell me more about this: {}", answer.question_text),
            "a short answer",
            vec![answer.id.clone()],
        ));
    }
    all
}

/// Joins names: `a, b and c`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::material::testing::material;
    use super::*;

    fn held() -> Material {
        material(&[
            ("What kind of work do you do?", "I do bookkeeping for forty small shops, mostly bakeries."),
            ("What is hard?", "The software is terrible. It crashes every week and I lose an hour."),
            ("What would help?", "I wish the software could read receipts by itself."),
        ])
    }

    #[test]
    fn an_insight_says_what_it_is_and_quotes_only_what_was_said() {
        let material = held();
        let insight = extract(&material);
        assert_eq!((insight.generated_by.as_str(), &insight.model_used, insight.dropped()), ("extractive", &None, 0));
        assert!(insight.executive_summary.starts_with("Extracted without a language model from 3 answers"));
        assert!(insight.quotes().count() >= 4);
        for quote in insight.quotes() {
            assert!(material.answer(&quote.response_id).unwrap().text.contains(&quote.quote), "{quote:?}");
        }
        assert!(insight.confidence_level > 0.1 && insight.confidence_level < 1.0);
        assert!(!insight.suggested_next_questions.is_empty() && !insight.follow_up_recommendations.is_empty());
    }

    #[test]
    fn invented_quotes_go_and_are_counted() {
        let material = held();
        let mut insight = extract(&material);
        let (quotes, findings) = (insight.notable_quotes.len(), insight.key_findings.len());
        let real = insight.notable_quotes[0].clone();
        let invented = Quote { quote: "I adore this software.".to_owned(), ..real.clone() };
        let nobodys = Quote { response_id: "r99".to_owned(), ..real.clone() };
        insight.notable_quotes.extend([invented.clone(), nobodys]);
        insight.key_findings.push(Finding {
            kind: InsightType::Opportunity,
            statement: "They adore it".to_owned(),
            support: 1,
            evidence: vec![invented],
            method: "llm:x".to_owned(),
        });
        insight.verify(&material);
        assert_eq!((insight.notable_quotes.len(), insight.key_findings.len()), (quotes, findings));
        assert_eq!(insight.dropped_quotes, BTreeMap::from([(Dropped::NotSaid, 2), (Dropped::NoResponse, 1)]));
        assert!(!insight.quotes().any(|quote| quote.quote.contains("adore")));
    }

    #[test]
    fn an_interview_without_words_says_so() {
        let insight = extract(&material(&[]));
        assert!(insight.executive_summary.contains("Nothing was answered"));
        assert!(insight.confidence_level.abs() < f64::EPSILON && insight.research_objective_alignment.is_none());
    }
}
