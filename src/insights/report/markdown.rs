//! A report as Markdown.
//!
//! Owns: headings and escaping. Never does: contain audio. Each quote names its place on the call
//! clock.

use std::fmt::Write as _;

use interview::insight::extract::Advice;
use interview::insight::quote::Quote;

use super::{Report, clock, percent};

pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# {}\n", escaped(&report.title()));
    let _ = writeln!(text, "{}\n", escaped(&report.origin()));
    for (name, value) in facts(report) {
        let _ = writeln!(text, "- {name}: {}", escaped(&value));
    }
    let _ = writeln!(text, "\n## Summary\n\n{}", escaped(&report.row.executive_summary));
    section(&mut text, "Findings", !report.findings.is_empty());
    for finding in &report.findings {
        let (kind, statement) = (finding.kind.title(), escaped(&finding.statement));
        let _ =
            writeln!(text, "### {kind}: {statement}\n\n{} ({})\n", support(report, finding.support), finding.method);
        finding.evidence.iter().for_each(|quote| cite(&mut text, quote));
    }
    section(&mut text, "Quotes", !report.quotes.is_empty());
    report.quotes.iter().for_each(|quote| cite(&mut text, quote));
    section(&mut text, "Themes", !report.themes.is_empty());
    if !report.themes.is_empty() {
        text.push_str("| theme | answers | share | sentiment | method |\n|---|---|---|---|---|\n");
        for theme in &report.themes {
            let (name, share) = (escaped(&theme.theme), percent(Some(theme.share)));
            let _ = writeln!(
                text,
                "| {name} | {} | {share} | {:+.1} | {} |",
                theme.responses, theme.sentiment, theme.method
            );
        }
    }
    statistics(&mut text, report);
    section(&mut text, "Contradictions", !report.conflicts.is_empty());
    for conflict in &report.conflicts {
        for (when, cited) in [("first", &conflict.earlier), ("later", &conflict.later)] {
            let _ = writeln!(text, "- {when}, at {}: “{}”", clock(cited.span.start_ms), escaped(&cited.span.text));
        }
        text.push('\n');
    }
    advice(&mut text, "Recommendations", &report.recommendations);
    advice(&mut text, "Questions to ask next", &report.questions);
    let _ = writeln!(text, "\n## How it was made\n");
    for (value, method) in report.row.methods.as_object().into_iter().flatten() {
        let _ = writeln!(text, "- {value}: {}", method.as_str().unwrap_or_default());
    }
    let _ = writeln!(text, "- quotes dropped because nobody said them: {}", report.dropped());
    text
}

/// Returns the facts at the head of a report in every format.
pub(super) fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Objective", report.objective.clone())];
    if let Some(id) = report.row.interview_id {
        facts.push(("Interview", id.to_string()));
    }
    if let Some(held) = report.held_at {
        facts.push(("Held", held.format("%Y-%m-%d %H:%M UTC").to_string()));
    }
    facts.push(("Made", report.row.generated_at.format("%Y-%m-%d %H:%M UTC").to_string()));
    facts.push(("Data quality", percent(report.row.data_quality_score)));
    if report.row.interview_id.is_some() {
        facts.push(("Alignment with the objective", percent(report.row.research_objective_alignment)));
    }
    facts.push(("Confidence", percent(report.row.confidence_level)));
    if report.row.erased_interviews > 0 {
        let count = report.row.erased_interviews;
        facts.push(("Erased since", format!("{count} of its interviews, whose words were removed")));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// Returns the number of answers or interviews that support a finding.
pub(super) fn support(report: &Report, count: usize) -> String {
    let unit = if report.statistics.is_some() { "interview" } else { "answer" };
    format!("Supported by {count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn statistics(text: &mut String, report: &Report) {
    let Some(statistics) = &report.statistics else { return };
    section(text, "Frequencies", true);
    text.push_str("| theme | interviews | share | 95 % interval |\n|---|---|---|---|\n");
    for theme in &statistics.themes {
        let (name, interval) = (escaped(&theme.theme), theme.interval);
        let _ = writeln!(
            text,
            "| {name} | {} of {} | {} | {} to {} |",
            theme.interviews,
            theme.of,
            percent(Some(interval.share)),
            percent(Some(interval.low)),
            percent(Some(interval.high))
        );
    }
    section(text, "Groups compared", !statistics.comparisons.is_empty());
    if !statistics.comparisons.is_empty() {
        text.push_str("| group | measure | here | elsewhere | test | p | q |\n|---|---|---|---|---|---|---|\n");
    }
    for one in &statistics.comparisons {
        let _ = writeln!(
            text,
            "| {} = {} ({}) | {} | {:.2} | {:.2} | {} | {:.4} | {:.4}{} |",
            escaped(&one.key),
            escaped(&one.value),
            one.group,
            escaped(one.theme.as_deref().unwrap_or("sentiment")),
            one.here,
            one.elsewhere,
            one.test,
            one.p,
            one.q,
            if one.significant { " *" } else { "" }
        );
    }
    section(text, "Trends", !statistics.trends.is_empty());
    for trend in &statistics.trends {
        let _ = writeln!(
            text,
            "- {}: {} ({}, z = {:.2}, p = {:.4}, q = {:.4})",
            escaped(trend.theme.as_deref().unwrap_or("sentiment")),
            trend.direction,
            trend.test,
            trend.statistic,
            trend.p,
            trend.q
        );
    }
    let _ = writeln!(
        text,
        "\n{} tests were corrected together (Benjamini and Hochberg). For * and for directions other than steady, q \
         is at most 0.05.",
        statistics.tests
    );
}

fn section(text: &mut String, title: &str, wanted: bool) {
    if wanted {
        let _ = writeln!(text, "\n## {title}\n");
    }
}

fn cite(text: &mut String, quote: &Quote) {
    let place = format!("{} to {}", clock(quote.start_ms), clock(quote.end_ms));
    let _ = writeln!(text, "> “{}”", escaped(&quote.quote));
    let _ = writeln!(
        text,
        ">\n> {place} (ms {} to {}), interview {}, asked: {} ({})\n",
        quote.start_ms,
        quote.end_ms,
        quote.interview_id,
        escaped(&quote.context),
        escaped(&quote.significance)
    );
}

fn advice(text: &mut String, title: &str, list: &[Advice]) {
    section(text, title, !list.is_empty());
    for one in list {
        let _ = writeln!(text, "- {} ({})", escaped(&one.text), escaped(&one.reason));
    }
}

/// Escapes the words of a respondent, so that they are not read as markup.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => safe.push(' '),
            // Markdown allows HTML.
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}
