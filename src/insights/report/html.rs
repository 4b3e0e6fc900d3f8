//! A report as one HTML page. It contains its style, its charts and its audio, and loads nothing.
//!
//! Owns: the page. Its policy forbids scripts and connections, so that the words of a respondent
//! cannot do anything. Never does: decide what is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interview::insight::extract::Advice;
use interview::insight::finding::{Cited, Finding};
use interview::insight::quote::Quote;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::markdown::{facts, support};
use super::{Report, charts, clock, percent};

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:; base-uri 'none'; \
                      form-action 'none'";

pub(super) fn of(report: &Report) -> String {
    let title = report.title();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                h1 { (title) }
                p.notice { (report.origin()) }
                dl { @for (name, value) in facts(report) { dt { (name) } dd { (value) } } }
                section { h2 { "Summary" } p lang=(report.language) { (report.row.executive_summary) } }
                (findings(report))
                (quotes(report))
                (mood(report))
                (themes(report))
                (numbers(report))
                (conflicts(report))
                (advice("Recommendations", &report.recommendations))
                (advice("Questions to ask next", &report.questions))
                (made(report))
            } }
        }
    };
    page.into_string()
}

fn findings(report: &Report) -> Markup {
    html! { @if !report.findings.is_empty() { section {
        h2 { "Findings" }
        @for finding in &report.findings { (finding_of(report, finding)) }
    } } }
}

fn finding_of(report: &Report, finding: &Finding) -> Markup {
    html! { article {
        h3 { span.kind { (finding.kind.title()) ": " } (finding.statement) }
        p.quiet { (support(report, finding.support)) " · " (finding.method) }
        @for quote in &finding.evidence { (quoted(report, quote)) }
    } }
}

fn quotes(report: &Report) -> Markup {
    html! { @if !report.quotes.is_empty() { section {
        h2 { "Quotes" }
        @for quote in &report.quotes { (quoted(report, quote)) }
    } } }
}

fn quoted(report: &Report, quote: &Quote) -> Markup {
    html! { figure data-response=(quote.response_id) data-start=(quote.start_ms) data-end=(quote.end_ms) {
        blockquote lang=(report.language) { "“" (quote.quote) "”" }
        (player(report, &quote.interview_id, quote.start_ms, quote.end_ms, &quote.quote))
        figcaption {
            (clock(quote.start_ms)) " to " (clock(quote.end_ms)) " · asked: " (quote.context) " · " (quote.significance)
            @if report.statistics.is_some() { " · interview " (quote.interview_id) }
        }
    } }
}

/// Returns an audio element for a passage, with the audio in the page.
fn player(report: &Report, interview: &str, start_ms: u64, end_ms: u64, said: &str) -> Markup {
    let label = format!("Recording of: {said}");
    html! {
        @match report.clips.get(&(interview.to_owned(), start_ms, end_ms)) {
            Some(clip) => {
                audio controls preload="metadata" aria-label=(label)
                    src=(format!("data:audio/ogg;base64,{}", STANDARD.encode(clip))) {}
            }
            None => { p.quiet { "There is no recording of this passage." } }
        }
    }
}

fn mood(report: &Report) -> Markup {
    let mood = &report.mood;
    html! { @if mood.mean.is_some() { section {
        h2 { "Sentiment" }
        p {
            "Very positive " (mood.very_positive) ", positive " (mood.positive) ", neutral " (mood.neutral)
            ", negative " (mood.negative) ", very negative " (mood.very_negative) "; "
            (mood.overall.replace('_', " ")) " overall, " (mood.direction) "."
        }
        @if mood.timeline.len() > 1 { figure { (charts::mood(mood)) figcaption { "Each point is an answer. Method: " (mood.method) } } }
    } } }
}

fn themes(report: &Report) -> Markup {
    html! { @if !report.themes.is_empty() { section {
        h2 { "Themes" }
        figure { (charts::themes(&report.themes)) }
        // The region can also be scrolled by keyboard in a narrow window.
        div.scroll role="region" aria-label="Themes, as a table" tabindex="0" { table {
            thead { tr { th { "Theme" } th { "Answers" } th { "Share" } th { "Sentiment" } th { "Method" } } }
            tbody { @for theme in &report.themes { tr {
                td { (theme.theme) @if !theme.merged.is_empty() { " (with " (theme.merged.join(", ")) ")" } }
                td { (theme.responses) } td { (percent(Some(theme.share))) }
                td { (format!("{:+.1}", theme.sentiment)) } td { (theme.method) }
            } } }
        } }
    } } }
}

fn numbers(report: &Report) -> Markup {
    let Some(statistics) = &report.statistics else { return html! {} };
    html! { section {
        h2 { "Frequencies" }
        @if statistics.themes.is_empty() { p { "No theme of the lexicon came up." } } @else {
            figure { (charts::frequencies(&statistics.themes)) figcaption { "Lines are Wilson's intervals at 95 %." } }
        }
        @if !statistics.comparisons.is_empty() {
            h2 { "Groups compared" }
            div.scroll role="region" aria-label="Groups compared, as a table" tabindex="0" { table {
                thead { tr { th { "Group" } th { "Measure" } th { "Here" } th { "Elsewhere" } th { "Test" } th { "p" } th { "q" } } }
                tbody { @for one in &statistics.comparisons { tr {
                    td { (one.key) " = " (one.value) " (" (one.group) ")" }
                    td { (one.theme.as_deref().unwrap_or("sentiment")) }
                    td { (format!("{:.2}", one.here)) } td { (format!("{:.2}", one.elsewhere)) }
                    td { (one.test.replace('_', " ")) } td { (format!("{:.4}", one.p)) }
                    td { (format!("{:.4}", one.q)) @if one.significant { strong { " holds" } } }
                } } }
            } }
        }
        @if !statistics.trends.is_empty() {
            h2 { "Trends" }
            @for (at, trend) in statistics.trends.iter().enumerate().take(6) {
                figure { (charts::trend(at, trend)) figcaption {
                    (trend.test.replace('_', " ")) ", z = " (format!("{:.2}", trend.statistic)) ", p = "
                    (format!("{:.4}", trend.p)) ", q = " (format!("{:.4}", trend.q))
                } }
            }
        }
        p.quiet {
            (statistics.tests) " tests were corrected together (Benjamini and Hochberg, 5 %). "
            "Groups of fewer than " (interview::insight::across::LEAST_GROUP) " interviews are not compared. "
            (statistics.in_small_groups) " interviews are in such groups."
        }
    } }
}

fn conflicts(report: &Report) -> Markup {
    let passage = |interview: &str, when: &str, cited: &Cited| {
        html! { figure {
            blockquote lang=(report.language) { "“" (cited.span.text) "”" }
            (player(report, interview, cited.span.start_ms, cited.span.end_ms, &cited.span.text))
            figcaption { (when) ", " (clock(cited.span.start_ms)) " to " (clock(cited.span.end_ms)) }
        } }
    };
    html! { @if !report.conflicts.is_empty() { section {
        h2 { "Contradictions" }
        @for conflict in &report.conflicts { article {
            p.quiet { "Found by " (conflict.method) ". The statements overlap by " (percent(Some(conflict.overlap))) "." }
            (passage(&conflict.interview_id, "First", &conflict.earlier))
            (passage(&conflict.interview_id, "Later", &conflict.later))
        } }
    } } }
}

fn advice(title: &str, list: &[Advice]) -> Markup {
    html! { @if !list.is_empty() { section {
        h2 { (title) }
        ul { @for one in list { li { (one.text) " " span.quiet { "(" (one.reason) ", " (one.method) ")" } } } }
    } } }
}

fn made(report: &Report) -> Markup {
    html! { footer {
        h2 { "How it was made" }
        p {
            @for (value, method) in report.row.methods.as_object().into_iter().flatten() {
                (value.replace('_', " ")) ": " (method.as_str().unwrap_or_default()) ". "
            }
            (report.dropped()) " quotes were dropped because nobody said them."
        }
    } }
}
