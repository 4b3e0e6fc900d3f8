//! Findings by insight type, each with the quotes on which it rests.
//!
//! Owns: what makes a sentence a pain point, an opportunity or a surprise. Never does: state
//! anything that no quote shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::material::{Answer, Material, value_of};
use super::pick::{Candidate, candidates, topics};
use super::quote::Quote;
use super::theme::Theme;
use crate::analysis::contradiction::{Contradiction, Kind};
use crate::analysis::sentence::Sentence;
use crate::guide::InterestSignal;
use crate::spans::Span;

/// The largest number of quotes of a finding.
const EVIDENCE: usize = 3;
/// The largest number of findings of one type.
const MOST: usize = 4;
/// The number of answers that make a pattern.
const PATTERN: usize = 3;

/// The type of a finding (product contract, section 2).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsightType {
    PainPoint,
    Opportunity,
    Pattern,
    Contradiction,
    HypothesisValidation,
    Unexpected,
}

impl InsightType {
    pub const ALL: [Self; 6] = [
        Self::PainPoint,
        Self::Opportunity,
        Self::Pattern,
        Self::Contradiction,
        Self::HypothesisValidation,
        Self::Unexpected,
    ];

    /// The type as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::PainPoint => "Pain point",
            Self::Opportunity => "Opportunity",
            Self::Pattern => "Pattern",
            Self::Contradiction => "Contradiction",
            Self::HypothesisValidation => "Hypothesis",
            Self::Unexpected => "Unexpected",
        }
    }
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = KeyFinding))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    #[serde(rename = "type")]
    pub kind: InsightType,
    pub statement: String,
    /// The number of answers (of one interview) or of interviews (across many) on which it rests.
    pub support: usize,
    pub evidence: Vec<Quote>,
    /// The method by which it was found.
    pub method: String,
}

/// Two spans of one respondent that contradict each other.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightContradiction))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    pub kind: Kind,
    pub interview_id: String,
    pub earlier: Cited,
    pub later: Cited,
    /// The degree to which both are about the same, 0…1.
    pub overlap: f64,
    pub method: String,
}

/// A span, and the response in which it is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CitedSpan))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cited {
    pub response_id: String,
    #[serde(flatten)]
    pub span: Span,
}

/// Returns the contradictions that were noticed in the call, with the ids of the stored responses.
pub fn conflicts(material: &Material) -> Vec<Conflict> {
    let by_asking: BTreeMap<_, &Answer> = material.answers.iter().map(|answer| (answer.asking, answer)).collect();
    let cited = |answer: &Answer, span: &Span| Cited { response_id: answer.id.clone(), span: span.clone() };
    let of = |answer: &Answer, found: &Contradiction| {
        let earlier = by_asking.get(&found.earlier_asking)?;
        Some(Conflict {
            kind: found.kind,
            interview_id: material.interview_id.clone(),
            earlier: cited(earlier, &found.earlier),
            later: cited(answer, &found.now),
            overlap: f64::from(found.overlap),
            method: super::method::LEXICON.to_owned(),
        })
    };
    material
        .spoken()
        .flat_map(|answer| answer.analysis.contradictions.iter().filter_map(move |one| of(answer, one)))
        .collect()
}

/// Returns the findings of every type.
pub fn findings(material: &Material, themes: &[Theme], conflicts: &[Conflict]) -> Vec<Finding> {
    let candidates = candidates(material);
    let mut found = Vec::new();
    let pains =
        by_topic(&candidates, material, |candidate| value_of(candidate.sentiment) < -0.5 || frustrated(candidate));
    found.extend(pains.into_iter().map(|group| group.finding(InsightType::PainPoint, material)));
    let wishes = by_topic(&candidates, material, |candidate| wishes(&candidate.sentence));
    found.extend(wishes.into_iter().map(|group| group.finding(InsightType::Opportunity, material)));
    found.extend(patterns(material, themes, &candidates));
    found.extend(conflicts.iter().take(MOST).map(|conflict| contradicting(material, conflict)));
    found.extend(hypotheses(material));
    let surprises = by_topic(&candidates, material, |candidate| surprises(&candidate.sentence));
    found.extend(surprises.into_iter().map(|group| group.finding(InsightType::Unexpected, material)));
    found
}

/// Sentences that say the same kind of thing about one topic.
struct Group<'a, 'm> {
    topic: String,
    members: Vec<&'a Candidate<'m>>,
}

impl Group<'_, '_> {
    fn finding(&self, kind: InsightType, material: &Material) -> Finding {
        let mut answers: Vec<&str> = self.members.iter().map(|member| member.answer.id.as_str()).collect();
        answers.sort_unstable();
        answers.dedup();
        let topic = &self.topic;
        let statement = match kind {
            InsightType::PainPoint => format!("Trouble with {topic}"),
            InsightType::Opportunity => format!("A wish about {topic}"),
            _ => format!("A surprise about {topic}"),
        };
        let evidence = self.members.iter().take(EVIDENCE);
        let quotes =
            evidence.filter_map(|member| member.quote(&material.interview_id, statement.to_lowercase())).collect();
        Finding { kind, support: answers.len(), evidence: quotes, statement, method: super::method::LEXICON.to_owned() }
    }
}

fn by_topic<'a, 'm>(
    candidates: &'a [Candidate<'m>],
    material: &Material,
    wanted: impl Fn(&Candidate) -> bool,
) -> Vec<Group<'a, 'm>> {
    let mut groups: Vec<Group> = Vec::new();
    for candidate in candidates.iter().filter(|candidate| wanted(candidate)) {
        let topic = topic_of(candidate, material);
        match groups.iter_mut().find(|group| group.topic == topic) {
            Some(group) => group.members.push(candidate),
            None => groups.push(Group { topic, members: vec![candidate] }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups.truncate(MOST);
    groups
}

/// Returns the theme of the sentence, or its longest word that is no judgement.
fn topic_of(candidate: &Candidate, material: &Material) -> String {
    let stems: Vec<String> = candidate.sentence.stems.iter().cloned().collect();
    if let Some(theme) = crate::lexicon::themes(&stems).into_iter().next() {
        return theme;
    }
    let asked = topics(&candidate.answer.question_text);
    let longest = |fresh: bool| {
        let words = candidate.sentence.words.iter().filter(|word| {
            crate::lexicon::is_content(word)
                && !crate::lexicon::is_positive(word)
                && !crate::lexicon::is_negative(word)
                && (!fresh || !asked.contains(&crate::lexicon::stem(word)))
        });
        words.max_by_key(|word| word.chars().count()).cloned()
    };
    longest(true).or_else(|| longest(false)).unwrap_or_else(|| material.guide.name.clone())
}

fn frustrated(candidate: &Candidate) -> bool {
    candidate.sentence.has(&["frustrated", "frustrating", "annoying", "annoyed", "nightmare", "stuck", "hate"])
        && candidate.answer.analysis.signals.contains(&InterestSignal::Frustration)
}

fn wishes(sentence: &Sentence) -> bool {
    sentence.has(&["wish", "hopefully", "ideally", "missing"])
        || [
            "would be nice",
            "would be great",
            "would help",
            "i'd love",
            "if only",
            "would love",
            "i need",
            "we need",
            "would like",
        ]
        .iter()
        .any(|phrase| sentence.says(phrase))
}

fn surprises(sentence: &Sentence) -> bool {
    sentence.has(&[
        "surprised",
        "surprising",
        "surprisingly",
        "unexpected",
        "unexpectedly",
        "strangely",
        "weird",
        "funny",
    ]) || ["turns out", "turned out", "didn't expect", "never expected", "to my surprise"]
        .iter()
        .any(|phrase| sentence.says(phrase))
}

fn patterns(material: &Material, themes: &[Theme], candidates: &[Candidate]) -> Vec<Finding> {
    let frequent = themes.iter().filter(|theme| theme.responses >= PATTERN).take(MOST);
    frequent
        .map(|theme| {
            let touching = candidates.iter().filter(|candidate| theme.response_ids.contains(&candidate.answer.id));
            let mut seen = Vec::new();
            let statement = format!("{} comes up again and again", capitalised(&theme.theme));
            let mut evidence = Vec::new();
            for candidate in touching {
                let about = candidate.sentence.stems.iter().any(|stem| {
                    *stem == crate::lexicon::stem(&theme.theme)
                        || crate::lexicon::themes(std::slice::from_ref(stem)).contains(&theme.theme)
                });
                if evidence.len() == EVIDENCE || !about || seen.contains(&&candidate.answer.id) {
                    continue;
                }
                seen.push(&candidate.answer.id);
                evidence.extend(candidate.quote(&material.interview_id, format!("about {}", theme.theme)));
            }
            Finding {
                kind: InsightType::Pattern,
                statement,
                support: theme.responses,
                evidence,
                method: theme.method.clone(),
            }
        })
        .filter(|finding| !finding.evidence.is_empty())
        .collect()
}

fn contradicting(material: &Material, conflict: &Conflict) -> Finding {
    let quote = |cited: &Cited, significance: &str| Quote {
        quote: cited.span.text.clone(),
        context: material.answer(&cited.response_id).map(|answer| answer.question_text.clone()).unwrap_or_default(),
        significance: significance.to_owned(),
        interview_id: conflict.interview_id.clone(),
        response_id: cited.response_id.clone(),
        start_ms: cited.span.start_ms,
        end_ms: cited.span.end_ms,
    };
    Finding {
        kind: InsightType::Contradiction,
        statement: match conflict.kind {
            Kind::Number => "Two different numbers for the same",
            Kind::Opposite => "Opposite words about the same",
            Kind::Negation => "Said once, denied once",
        }
        .to_owned(),
        support: 2,
        evidence: vec![quote(&conflict.earlier, "said first"), quote(&conflict.later, "said later")],
        method: conflict.method.clone(),
    }
}

/// Returns findings about the author's hypotheses, which are the answers that the guide expects:
/// whether the answers confirm them.
fn hypotheses(material: &Material) -> Vec<Finding> {
    let mut found = Vec::new();
    for (_, question) in
        material.guide.questions().filter(|(_, question)| !question.expected_response_patterns.is_empty())
    {
        let answers: Vec<&Answer> = material.spoken().filter(|answer| answer.question_id == question.id).collect();
        for expected in &question.expected_response_patterns {
            let wanted = topics(expected);
            let meets = |candidate: &Candidate| !wanted.is_empty() && wanted.is_subset(&candidate.sentence.stems);
            let of_question = candidates(material);
            let met: Vec<&Candidate> = of_question
                .iter()
                .filter(|candidate| answers.iter().any(|answer| answer.id == candidate.answer.id) && meets(candidate))
                .collect();
            if let Some(best) = met.first() {
                let statement = format!("Borne out, as expected: {expected}");
                found.push(Finding {
                    kind: InsightType::HypothesisValidation,
                    support: met.len(),
                    evidence: best
                        .quote(&material.interview_id, format!("as expected: {expected}"))
                        .into_iter()
                        .collect(),
                    statement,
                    method: super::method::LEXICON.to_owned(),
                });
            }
        }
    }
    found.truncate(MOST);
    found
}

pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::super::material::testing::material;
    use super::super::theme::themes;
    use super::*;
    use crate::analysis::contradiction::{Earlier, with_earlier};

    #[test]
    fn each_type_is_found_with_its_quote() {
        let mut material = material(&[
            ("What do you do?", "I always check the invoices myself."),
            ("What is hard?", "The software is terrible and crashes every week."),
            ("What would help?", "I wish the software could write invoices for clients."),
            ("What else?", "It turned out that clients read every invoice. I never check the invoices myself."),
        ]);
        let words = material.answers[3].words.clone();
        let first = &material.answers[0];
        let earlier = [Earlier { asking: first.asking, text: &first.text, words: &first.words }];
        let contradictions = with_earlier(&material.answers[3].text, &words, &earlier);
        material.answers[3].analysis.contradictions = contradictions;
        let conflicts = conflicts(&material);
        let found = findings(&material, &themes(&material), &conflicts);
        let shown: Vec<_> = found.iter().map(|finding| (finding.kind, finding.statement.as_str())).collect();
        assert!(shown.contains(&(InsightType::PainPoint, "Trouble with reliability")), "{shown:?}");
        assert!(shown.contains(&(InsightType::Opportunity, "A wish about work")), "{shown:?}");
        assert!(shown.contains(&(InsightType::Contradiction, "Opposite words about the same")), "{shown:?}");
        assert!(shown.iter().any(|(kind, _)| *kind == InsightType::Unexpected), "{shown:?}");
        for quote in found.iter().flat_map(|finding| &finding.evidence) {
            let answer = material.answer(&quote.response_id).unwrap();
            assert!(answer.text.contains(&quote.quote) && quote.start_ms < quote.end_ms, "{quote:?}");
        }
    }

    #[test]
    fn expected_answers_are_hypotheses() {
        let mut material =
            material(&[("Why?", "I save time since there is no commute."), ("What?", "Nothing in particular.")]);
        material.guide.sections[0].questions[0].expected_response_patterns = vec!["no commute".into(), "money".into()];
        let found = findings(&material, &[], &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].statement, "Borne out, as expected: no commute");
    }
}
