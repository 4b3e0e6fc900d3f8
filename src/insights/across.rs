//! Insights across many interviews.
//!
//! Owns: reading them page by page, the sentences that state numbers, and the quotes that
//! illustrate them. Never does: count (`interview::insight::across` does), state anything that was
//! not counted, or quote without naming the place in the recording.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{insight_extractions, interview_responses, interviews};
use interview::analysis::Sentiment;
use interview::insight::across::{Case, Comparison, Statistics, across};
use interview::insight::extract::{Advice, EXTRACTIVE, Insight, listed};
use interview::insight::finding::{Conflict, Finding, InsightType, conflicts};
use interview::insight::material::{Material, value_of};
use interview::insight::method;
use interview::insight::mood::{Mood, level};
use interview::insight::pick::candidates;
use interview::insight::quote::Quote;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{InsightError, material};
use storage::{Actor, NewInsight, Scope, Storage};

/// The maximum number of interviews in one report.
pub const MOST: usize = 20_000;
const PAGE: u64 = 200;
/// The number of interviews whose words are read to illustrate the counts.
const READ: usize = 24;
/// The number of themes that are illustrated, and the number of quotes for each.
const THEMES: usize = 6;
const QUOTES: usize = 3;
const SECONDS_A_DAY: f64 = 86_400.0;

/// The interviews and groups of a report.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub scope: Scope,
    /// The keys of the respondents' metadata to compare by. If empty, all keys that form groups are
    /// used.
    pub segment_by: Vec<String>,
}

/// Counts, words and stores the insight. `progress` receives the progress.
pub async fn of_many(
    storage: &Storage,
    wanted: &Wanted,
    task_id: Option<Uuid>,
    cancelled: &CancellationToken,
    progress: impl Fn(f32),
) -> Result<insight_extractions::Model, InsightError> {
    let mut cases: Vec<Case> = Vec::new();
    let mut ids = Vec::new();
    let (mut after, mut guide) = (None, None);
    loop {
        let page = storage.insights().completed(&wanted.scope, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id);
        for (interview, answers) in &page {
            ids.push(interview.id);
            guide.get_or_insert(interview.call_guide_id);
            cases.push(case(interview, answers));
        }
        if ids.len() > MOST {
            return Err(InsightError::TooMany(MOST));
        }
        if cancelled.is_cancelled() {
            return Err(InsightError::Cancelled);
        }
    }
    if cases.is_empty() {
        return Err(InsightError::Nothing);
    }
    progress(0.4);
    let statistics = across(&cases, &wanted.segment_by);
    let read = read(storage, &cases, &statistics, cancelled).await?;
    progress(0.9);
    let insight = worded(&statistics, &cases, &read);
    let (call_guide_id, window) = match &wanted.scope {
        Scope::Guide { call_guide_id, from, to } => (Some(*call_guide_id), (*from, *to)),
        Scope::These(_) => (guide, (None, None)),
    };
    let corrupt = |error: serde_json::Error| InsightError::Corrupt(error.to_string());
    let new = NewInsight {
        interview_id: None,
        interview_ids: ids,
        call_guide_id,
        window,
        insight,
        answers: Vec::new(),
        themes: Some(serde_json::to_value(&statistics.themes).map_err(corrupt)?),
        statistics: serde_json::to_value(&statistics).map_err(corrupt)?,
        task_id,
    };
    Ok(storage.insights().keep(new, Actor::ENGINE).await?)
}

/// Returns the data of one interview that are counted.
fn case(interview: &interviews::Model, answers: &[interview_responses::Model]) -> Case {
    let spoken = || answers.iter().filter(|answer| !answer.response_text.is_empty());
    let themes = spoken().flat_map(|answer| answer.themes.as_array().into_iter().flatten());
    let values: Vec<f64> = spoken()
        .filter_map(|answer| serde_json::from_value::<Sentiment>(json!(answer.sentiment)).ok())
        .map(value_of)
        .collect();
    Case {
        interview_id: interview.id.to_string(),
        day: day(interview.completed_at.or(interview.started_at).unwrap_or(interview.created_at)),
        themes: themes.filter_map(|theme| theme.as_str().map(str::to_owned)).collect(),
        sentiment: (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64),
        data_quality_score: interview.quality_metrics.get("data_quality_score").and_then(Value::as_f64),
        segments: segments(&interview.respondent_metadata),
    }
}

/// Returns the number of days since 1970, including the fraction.
fn day(at: DateTime<Utc>) -> f64 {
    (at.timestamp() as f64 / SECONDS_A_DAY).floor()
}

/// Returns the texts, numbers and flags of the metadata by their keys.
fn segments(metadata: &Value) -> BTreeMap<String, String> {
    let fields = metadata.as_object().into_iter().flatten();
    fields
        .filter_map(|(key, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                _ => return None,
            };
            Some((key.clone(), value))
        })
        .collect()
}

/// Reads interviews that touch the most frequent themes, for their words. Interviews that are
/// erased in the meantime are left out.
async fn read(
    storage: &Storage,
    cases: &[Case],
    statistics: &Statistics,
    cancelled: &CancellationToken,
) -> Result<Vec<Material>, InsightError> {
    let mut chosen: BTreeSet<&str> = BTreeSet::new();
    for theme in statistics.themes.iter().take(THEMES) {
        // The newest interviews are used, because they reflect current opinions.
        let touching = cases.iter().rev().filter(|case| case.themes.contains(&theme.theme));
        chosen.extend(touching.take(READ / THEMES).map(|case| case.interview_id.as_str()));
    }
    let mut read = Vec::new();
    for id in chosen {
        if cancelled.is_cancelled() {
            return Err(InsightError::Cancelled);
        }
        let Ok(id) = Uuid::parse_str(id) else { continue };
        match material::load(storage, id).await {
            Ok(material) => read.push(material),
            Err(InsightError::Storage(error)) if error.is_permanent() => {
                tracing::debug!(interview_id = %id, %error, "the words of an interview cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn worded(statistics: &Statistics, cases: &[Case], read: &[Material]) -> Insight {
    let mut findings = Vec::new();
    let mut quotes: Vec<Quote> = Vec::new();
    for theme in statistics.themes.iter().take(THEMES) {
        let illustrating = about(read, &theme.theme);
        quotes.extend(illustrating.first().cloned());
        findings.push(Finding {
            kind: InsightType::Pattern,
            statement: format!(
                "{} comes up in {} of {} interviews ({}, 95 % interval {} to {})",
                theme.theme,
                theme.interviews,
                theme.of,
                percent(theme.interval.share),
                percent(theme.interval.low),
                percent(theme.interval.high)
            ),
            support: theme.interviews as usize,
            evidence: illustrating,
            method: method::STATISTICS.to_owned(),
        });
    }
    for one in statistics.comparisons.iter().filter(|one| one.significant).take(THEMES) {
        findings.push(Finding {
            kind: InsightType::Pattern,
            statement: compared(one),
            support: one.group,
            evidence: Vec::new(),
            method: method::STATISTICS.to_owned(),
        });
    }
    for trend in statistics.trends.iter().filter(|trend| trend.significant).take(THEMES) {
        let what = trend.theme.clone().unwrap_or_else(|| "sentiment".to_owned());
        findings.push(Finding {
            kind: InsightType::Pattern,
            statement: format!(
                "{what} is {} over time (z = {:.2}, q = {:.3})",
                trend.direction, trend.statistic, trend.q
            ),
            support: statistics.interviews,
            evidence: Vec::new(),
            method: method::STATISTICS.to_owned(),
        });
    }
    let contradictions: Vec<Conflict> = read.iter().flat_map(conflicts).take(THEMES).collect();
    Insight {
        executive_summary: summary(statistics),
        key_findings: findings,
        themes: Vec::new(),
        notable_quotes: quotes,
        sentiment_summary: mood(statistics, cases),
        contradictions,
        research_objective_alignment: None,
        data_quality_score: statistics.mean_data_quality_score,
        confidence_level: reach(statistics),
        follow_up_recommendations: recommendations(statistics),
        suggested_next_questions: questions(statistics),
        methods: ["executive_summary", "key_findings", "themes", "sentiment_summary", "statistics"]
            .iter()
            .map(|value| ((*value).to_owned(), method::STATISTICS.to_owned()))
            .collect(),
        dropped_quotes: BTreeMap::new(),
        generated_by: EXTRACTIVE.to_owned(),
        model_used: None,
    }
}

/// Returns the best sentence about the theme from some of the interviews.
fn about(read: &[Material], theme: &str) -> Vec<Quote> {
    let mut found = Vec::new();
    for material in read {
        if found.len() == QUOTES {
            break;
        }
        let candidates = candidates(material);
        let best = candidates.iter().find(|candidate| candidate.touches(theme));
        found.extend(best.and_then(|candidate| candidate.quote(&material.interview_id, format!("about {theme}"))));
    }
    found
}

/// Returns how narrow the widest interval of a frequent theme is: 1 minus its width, or 0 without
/// themes. With few interviews, intervals are wide.
fn reach(statistics: &Statistics) -> f64 {
    let widths = statistics.themes.iter().take(THEMES).map(|theme| theme.interval.high - theme.interval.low);
    let widest = widths.fold(f64::NAN, f64::max);
    if widest.is_nan() { 0.0 } else { (1.0 - widest).clamp(0.0, 1.0) }
}

fn mood(statistics: &Statistics, cases: &[Case]) -> Mood {
    let trend = statistics.trends.iter().find(|trend| trend.measure == "sentiment");
    let count =
        |wanted: &str| cases.iter().filter(|case| case.sentiment.is_some_and(|mean| level(mean) == wanted)).count();
    Mood {
        mean: statistics.mean_sentiment,
        overall: level(statistics.mean_sentiment.unwrap_or_default()).to_owned(),
        very_positive: count("very_positive"),
        positive: count("positive"),
        neutral: count("neutral"),
        negative: count("negative"),
        very_negative: count("very_negative"),
        direction: trend.map_or_else(|| "steady".to_owned(), |trend| trend.direction.clone()),
        direction_p: trend.map(|trend| trend.p),
        timeline: Vec::new(),
        method: method::STATISTICS.to_owned(),
    }
}

fn summary(statistics: &Statistics) -> String {
    let mut parts = vec![format!("Counted over {} interviews, without a language model.", statistics.interviews)];
    let frequent: Vec<String> = statistics
        .themes
        .iter()
        .take(3)
        .map(|theme| format!("{} ({})", theme.theme, percent(theme.interval.share)))
        .collect();
    if !frequent.is_empty() {
        parts.push(format!("Most often about {}.", listed(&frequent.iter().map(String::as_str).collect::<Vec<_>>())));
    }
    let differ = statistics.comparisons.iter().filter(|one| one.significant).count();
    let change = statistics.trends.iter().filter(|trend| trend.significant).count();
    parts.push(format!(
        "Of {} comparisons of groups and {} trends, {differ} and {change} are significant after correction for \
         multiple tests (false discovery rate 5 %).",
        statistics.comparisons.len(),
        statistics.trends.len()
    ));
    parts.join(" ")
}

fn compared(one: &Comparison) -> String {
    let (what, here, elsewhere) = match &one.theme {
        Some(theme) => (theme.clone(), percent(one.here), percent(one.elsewhere)),
        None => ("mean sentiment".to_owned(), format!("{:.2}", one.here), format!("{:.2}", one.elsewhere)),
    };
    format!(
        "{what}: {here} where {} is {}, {elsewhere} elsewhere ({} against {} interviews, q = {:.3})",
        one.key, one.value, one.group, one.others, one.q
    )
}

fn recommendations(statistics: &Statistics) -> Vec<Advice> {
    let advice = |text: String, reason: &str| Advice {
        text,
        reason: reason.to_owned(),
        response_ids: Vec::new(),
        method: method::STATISTICS.to_owned(),
    };
    let mut all = Vec::new();
    if let Some(theme) = statistics.themes.first().filter(|theme| theme.interval.high - theme.interval.low > 0.3) {
        let text = format!(
            "Hold more interviews before relying on these shares: that of {} lies between {} and {}.",
            theme.theme,
            percent(theme.interval.low),
            percent(theme.interval.high)
        );
        all.push(advice(text, "wide intervals"));
    }
    if statistics.in_small_groups > 0 {
        let text = format!("{} interviews are in groups too small to be compared.", statistics.in_small_groups);
        all.push(advice(text, "small groups"));
    }
    if statistics.mean_data_quality_score.is_some_and(|score| score < 0.6) {
        all.push(advice(
            "Look at the quality alerts: the mean data quality is below 0.6.".to_owned(),
            "low data quality",
        ));
    }
    all
}

fn questions(statistics: &Statistics) -> Vec<Advice> {
    let differing = statistics.comparisons.iter().filter(|one| one.significant && one.theme.is_some());
    differing
        .take(3)
        .map(|one| Advice {
            text: format!(
                "What makes {} matter {} where {} is {}?",
                one.theme.as_deref().unwrap_or_default(),
                if one.here > one.elsewhere { "more" } else { "less" },
                one.key,
                one.value
            ),
            reason: "groups that differ".to_owned(),
            response_ids: Vec::new(),
            method: method::STATISTICS.to_owned(),
        })
        .collect()
}

/// Formats a share as a whole percentage.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
