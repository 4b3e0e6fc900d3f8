//! What many interviews show together: frequencies, comparisons of groups, and trends. Everything
//! is counted.
//!
//! Owns: which comparisons are made, and their common correction. Never does: word anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::stats::{
    Interval, Point, Z_95, benjamini_hochberg, cochran_armitage, difference_of_ranks, fisher_exact, mann_kendall,
    wilson,
};

/// The least number of interviews in a group that is shown. A smaller group tells little, and
/// reveals who is in it.
pub const LEAST_GROUP: usize = 5;
/// The largest number of values of a segment. A key with more is a name or a number.
const MOST_VALUES: usize = 12;
/// The number of themes that are compared, which are the most frequent ones.
const COMPARED: usize = 20;
/// The least number of interviews for a trend.
const LEAST_TREND: usize = 8;
/// The accepted share of false discoveries, 0…1.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// One interview, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Case {
    pub interview_id: String,
    /// Days since a date that is the same for all cases.
    pub day: f64,
    pub themes: BTreeSet<String>,
    /// The mean over its answers, −2…2.
    pub sentiment: Option<f64>,
    /// 0…1.
    pub data_quality_score: Option<f64>,
    /// The segments to which the respondent belongs: key → value.
    pub segments: BTreeMap<String, String>,
}

/// How often a theme is mentioned.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ThemeFrequency))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frequency {
    pub theme: String,
    /// The number of interviews that mention it, out of `of`.
    pub interviews: u64,
    pub of: u64,
    /// The share with Wilson's interval at 95 %.
    #[serde(flatten)]
    pub interval: Interval,
}

/// One group, compared with all other interviews that have the key.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SegmentComparison))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub key: String,
    pub value: String,
    /// `theme` or `sentiment`.
    pub measure: String,
    /// The theme, if a theme is compared.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub theme: Option<String>,
    /// The share of interviews with the theme, or the mean sentiment, in the group and in the
    /// others.
    pub here: f64,
    pub elsewhere: f64,
    pub group: usize,
    pub others: usize,
    /// `fisher_exact` or `mann_whitney`.
    pub test: String,
    pub p: f64,
    /// The q value of Benjamini and Hochberg, over all comparisons and trends of the report.
    pub q: f64,
    pub significant: bool,
}

/// How a value changes over time.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightTrend))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `theme` or `sentiment`.
    pub measure: String,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub theme: Option<String>,
    /// `rising` or `falling`, or `steady` if the change is not significant.
    pub direction: String,
    /// `cochran_armitage` or `mann_kendall`.
    pub test: String,
    /// The standard normal deviate of the test.
    pub statistic: f64,
    pub p: f64,
    pub q: f64,
    pub significant: bool,
    /// For each day the value, a share or a mean.
    pub series: Vec<DayValue>,
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightDay))]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DayValue {
    pub day: f64,
    pub value: f64,
    pub interviews: usize,
}

/// All statistics of a report.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InsightStatistics))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Statistics {
    pub interviews: usize,
    pub themes: Vec<Frequency>,
    pub comparisons: Vec<Comparison>,
    pub trends: Vec<Change>,
    /// The number of tests that were made and corrected together.
    pub tests: usize,
    /// The number of interviews in groups that are too small to be compared or shown.
    pub in_small_groups: usize,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub mean_sentiment: Option<f64>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub mean_data_quality_score: Option<f64>,
}

/// Counts over all cases. Segments are made by these keys, or by every suitable key if none is
/// named.
pub fn across(cases: &[Case], keys: &[String]) -> Statistics {
    let themes = frequencies(cases);
    let compared: Vec<String> = themes.iter().take(COMPARED).map(|theme| theme.theme.clone()).collect();
    let (mut comparisons, in_small_groups) = comparisons(cases, keys, &compared);
    let mut trends = trends(cases, &compared);
    let p: Vec<f64> = comparisons.iter().map(|one| one.p).chain(trends.iter().map(|one| one.p)).collect();
    let q = benjamini_hochberg(&p);
    let (of_comparisons, of_trends) = q.split_at(comparisons.len());
    for (comparison, q) in comparisons.iter_mut().zip(of_comparisons) {
        (comparison.q, comparison.significant) = (*q, *q <= FALSE_DISCOVERIES);
    }
    for (trend, q) in trends.iter_mut().zip(of_trends) {
        (trend.q, trend.significant) = (*q, *q <= FALSE_DISCOVERIES);
        if !trend.significant {
            "steady".clone_into(&mut trend.direction);
        }
    }
    comparisons.sort_by(|a, b| a.q.total_cmp(&b.q).then(a.p.total_cmp(&b.p)));
    trends.sort_by(|a, b| a.q.total_cmp(&b.q).then(a.p.total_cmp(&b.p)));
    Statistics {
        interviews: cases.len(),
        tests: p.len(),
        mean_sentiment: mean(cases.iter().filter_map(|case| case.sentiment)),
        mean_data_quality_score: mean(cases.iter().filter_map(|case| case.data_quality_score)),
        themes,
        comparisons,
        trends,
        in_small_groups,
    }
}

fn frequencies(cases: &[Case]) -> Vec<Frequency> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for theme in cases.iter().flat_map(|case| &case.themes) {
        *counts.entry(theme).or_default() += 1;
    }
    let of = cases.len() as u64;
    let mut themes: Vec<Frequency> = counts
        .into_iter()
        .filter_map(|(theme, interviews)| {
            let interval = wilson(interviews, of, Z_95)?;
            Some(Frequency { theme: theme.to_owned(), interviews, of, interval })
        })
        .collect();
    themes.sort_by_key(|theme| std::cmp::Reverse(theme.interviews));
    themes
}

fn comparisons(cases: &[Case], keys: &[String], themes: &[String]) -> (Vec<Comparison>, usize) {
    let mut wanted: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted = cases.iter().flat_map(|case| case.segments.keys().map(String::as_str)).collect();
    }
    let (mut found, mut small) = (Vec::new(), 0);
    for key in wanted {
        let mut groups: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in cases {
            if let Some(value) = case.segments.get(key) {
                groups.entry(value).or_default().push(case);
            }
        }
        if groups.len() > MOST_VALUES {
            continue;
        }
        let with_key: usize = groups.values().map(Vec::len).sum();
        for (value, here) in &groups {
            let others = with_key - here.len();
            if here.len() < LEAST_GROUP || others < LEAST_GROUP {
                small += if here.len() < LEAST_GROUP { here.len() } else { 0 };
                continue;
            }
            let elsewhere: Vec<&Case> =
                groups.iter().filter(|(other, _)| *other != value).flat_map(|(_, cases)| cases).copied().collect();
            let compare = |measure: &str, theme: Option<&String>, values: (f64, f64), test: &str, p: f64| Comparison {
                key: key.to_owned(),
                value: (*value).to_owned(),
                measure: measure.to_owned(),
                theme: theme.cloned(),
                here: values.0,
                elsewhere: values.1,
                group: here.len(),
                others,
                test: test.to_owned(),
                p,
                q: 1.0,
                significant: false,
            };
            for theme in themes {
                let count = |cases: &[&Case]| {
                    let hits = cases.iter().filter(|case| case.themes.contains(theme)).count() as u64;
                    (hits, cases.len() as u64)
                };
                let (one, other) = (count(here), count(&elsewhere));
                if let Some(p) = fisher_exact(one, other) {
                    let share = |(hits, all): (u64, u64)| hits as f64 / all as f64;
                    found.push(compare("theme", Some(theme), (share(one), share(other)), "fisher_exact", p));
                }
            }
            let moods = |cases: &[&Case]| cases.iter().filter_map(|case| case.sentiment).collect::<Vec<f64>>();
            let (one, other) = (moods(here), moods(&elsewhere));
            if let (Some(p), Some(a), Some(b)) =
                (difference_of_ranks(&one, &other), mean(one.iter().copied()), mean(other.iter().copied()))
            {
                found.push(compare("sentiment", None, (a, b), "mann_whitney", p));
            }
        }
        // The comparison of two groups is the same in both directions.
        if groups.len() == 2 {
            let first = groups.keys().next().copied().unwrap_or_default();
            found.retain(|comparison| comparison.key != key || comparison.value == first);
        }
    }
    (found, small)
}

fn trends(cases: &[Case], themes: &[String]) -> Vec<Change> {
    let mut cases: Vec<&Case> = cases.iter().filter(|case| case.day.is_finite()).collect();
    cases.sort_by(|a, b| a.day.total_cmp(&b.day));
    if cases.len() < LEAST_TREND {
        return Vec::new();
    }
    let days: Vec<&[&Case]> = cases.chunk_by(|a, b| a.day.total_cmp(&b.day).is_eq()).collect();
    let change = |measure: &str, theme: Option<&String>, trend: super::stats::Trend, test: &str, series| Change {
        measure: measure.to_owned(),
        theme: theme.cloned(),
        direction: if trend.statistic > 0.0 { "rising" } else { "falling" }.to_owned(),
        test: test.to_owned(),
        statistic: trend.statistic,
        p: trend.p,
        q: 1.0,
        significant: false,
        series,
    };
    let mut found = Vec::new();
    for theme in themes {
        let points: Vec<Point> = days
            .iter()
            .map(|day| Point {
                time: day[0].day,
                hits: day.iter().filter(|case| case.themes.contains(theme)).count() as u64,
                total: day.len() as u64,
            })
            .collect();
        if let Some(trend) = cochran_armitage(&points) {
            let series = points.iter().map(|point| DayValue {
                day: point.time,
                value: point.hits as f64 / point.total as f64,
                interviews: point.total as usize,
            });
            found.push(change("theme", Some(theme), trend, "cochran_armitage", series.collect()));
        }
    }
    let moods: Vec<f64> = cases.iter().filter_map(|case| case.sentiment).collect();
    if let Some(trend) = mann_kendall(&moods) {
        let series = days.iter().filter_map(|day| {
            let value = mean(day.iter().filter_map(|case| case.sentiment))?;
            Some(DayValue { day: day[0].day, value, interviews: day.len() })
        });
        found.push(change("sentiment", None, trend, "mann_kendall", series.collect()));
    }
    found
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
#[path = "across_tests.rs"]
mod tests;
