//! Charts as inline SVG, without scripts, with both colour schemes (by the page's variables), and
//! with a description in words for people who cannot see them.
//!
//! Owns: their geometry. Never does: compute the values.

use interview::insight::across::{Change, Frequency};
use interview::insight::mood::Mood;
use interview::insight::theme::Theme;
use maud::{Markup, html};

use super::{clock, percent};

const WIDTH: f64 = 640.0;
const ROW: f64 = 26.0;
/// The bars begin here, to the right of the names.
const NAMES: f64 = 170.0;
const BAR_WIDTH: f64 = WIDTH - NAMES - 60.0;
const MOST: usize = 12;

/// Draws the sentiment of each answer over the call, −2 to 2.
pub(super) fn mood(mood: &Mood) -> Markup {
    let (height, left, right) = (200.0, 90.0, 20.0);
    let from = mood.timeline.first().map_or(0, |moment| moment.at_ms);
    let span = mood.timeline.last().map_or(1, |moment| (moment.at_ms - from).max(1)) as f64;
    let x = |at: u64| left + (at - from) as f64 / span * (WIDTH - left - right);
    let y = |value: f64| height / 2.0 - 10.0 - value * 40.0;
    let line: Vec<String> =
        mood.timeline.iter().map(|one| format!("{:.1},{:.1}", x(one.at_ms), y(one.value))).collect();
    let told = format!(
        "{} answers, from {} to {}. Overall {}, {}.",
        mood.timeline.len(),
        clock(from),
        clock(mood.timeline.last().map_or(0, |moment| moment.at_ms)),
        mood.overall.replace('_', " "),
        mood.direction
    );
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby="mood-title mood-desc" {
            title id="mood-title" { "Sentiment over the interview" }
            desc id="mood-desc" { (told) }
            @for (name, value) in [("very positive", 2.0), ("positive", 1.0), ("neutral", 0.0), ("negative", -1.0), ("very negative", -2.0)] {
                line class="grid" x1=(left) x2=(WIDTH - right) y1=(y(value)) y2=(y(value)) {}
                text class="axis" x=(left - 8.0) y=(y(value) + 4.0) text-anchor="end" { (name) }
            }
            polyline class="line" points=(line.join(" ")) {}
            @for moment in &mood.timeline {
                circle class="dot" cx=(format!("{:.1}", x(moment.at_ms))) cy=(format!("{:.1}", y(moment.value))) r="4" {
                    title { (clock(moment.at_ms)) ": " (moment.question) }
                }
            }
            text class="axis" x=(left) y=(height - 4.0) { (clock(from)) }
            text class="axis" x=(WIDTH - right) y=(height - 4.0) text-anchor="end" {
                (clock(mood.timeline.last().map_or(0, |moment| moment.at_ms)))
            }
        }
    }
}

/// Draws the number of answers for each theme.
pub(super) fn themes(themes: &[Theme]) -> Markup {
    let rows: Vec<Bar> = themes
        .iter()
        .take(MOST)
        .map(|theme| Bar { name: &theme.theme, share: theme.share, interval: None, told: theme.responses.to_string() })
        .collect();
    bars("themes", "Themes by answers", &rows)
}

/// Draws the share of interviews for each theme, with its interval.
pub(super) fn frequencies(themes: &[Frequency]) -> Markup {
    let rows: Vec<Bar> = themes
        .iter()
        .take(MOST)
        .map(|theme| Bar {
            name: &theme.theme,
            share: theme.interval.share,
            interval: Some((theme.interval.low, theme.interval.high)),
            told: percent(Some(theme.interval.share)),
        })
        .collect();
    bars("frequencies", "Share of interviews by theme, with 95 % intervals", &rows)
}

struct Bar<'a> {
    name: &'a str,
    share: f64,
    interval: Option<(f64, f64)>,
    told: String,
}

fn bars(id: &str, title: &str, rows: &[Bar]) -> Markup {
    let height = ROW * rows.len() as f64 + 8.0;
    let told: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.told)).collect();
    let (title_id, desc_id) = (format!("{id}-title"), format!("{id}-desc"));
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby=(format!("{title_id} {desc_id}")) {
            title id=(title_id) { (title) }
            desc id=(desc_id) { (told.join(", ")) "." }
            @for (at, row) in (0_u32..).zip(rows) {
                @let y = f64::from(at) * ROW + 6.0;
                text class="axis" x=(NAMES - 8.0) y=(y + 14.0) text-anchor="end" { (row.name) }
                rect class="bar" x=(NAMES) y=(y) height=(ROW - 8.0) width=(format!("{:.1}", (row.share * BAR_WIDTH).max(1.0))) rx="2" {}
                @if let Some((low, high)) = row.interval {
                    @let (from, to) = (NAMES + low * BAR_WIDTH, NAMES + high * BAR_WIDTH);
                    line class="whisker" x1=(format!("{from:.1}")) x2=(format!("{to:.1}")) y1=(y + 9.0) y2=(y + 9.0) {}
                    line class="whisker" x1=(format!("{from:.1}")) x2=(format!("{from:.1}")) y1=(y + 4.0) y2=(y + 14.0) {}
                    line class="whisker" x1=(format!("{to:.1}")) x2=(format!("{to:.1}")) y1=(y + 4.0) y2=(y + 14.0) {}
                }
                text class="axis" x=(WIDTH - 4.0) y=(y + 14.0) text-anchor="end" { (row.told) }
            }
        }
    }
}

/// Draws a trend by day.
pub(super) fn trend(at: usize, change: &Change) -> Markup {
    let (height, left, right) = (110.0, 20.0, 20.0);
    let first = change.series.first().map_or(0.0, |day| day.day);
    let span = change.series.last().map_or(1.0, |day| (day.day - first).max(1.0));
    let (low, high) = if change.theme.is_some() { (0.0, 1.0) } else { (-2.0, 2.0) };
    let point = |day: &interview::insight::across::DayValue| {
        let x = left + (day.day - first) / span * (WIDTH - left - right);
        let y = 10.0 + (high - day.value) / (high - low) * (height - 30.0);
        format!("{x:.1},{y:.1}")
    };
    let line: Vec<String> = change.series.iter().map(point).collect();
    let what = change.theme.as_deref().unwrap_or("sentiment");
    let (title, desc) = (format!("trend-{at}-title"), format!("trend-{at}-desc"));
    let days = change.series.len();
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby=(format!("{title} {desc}")) {
            title id=(title) { (what) " over time" }
            desc id=(desc) { (what) " is " (change.direction) " over " (days) " days with interviews." }
            line class="grid" x1=(left) x2=(WIDTH - right) y1=(height - 20.0) y2=(height - 20.0) {}
            polyline class="line" points=(line.join(" ")) {}
            text class="axis" x=(left) y=(height - 4.0) { (what) ": " (change.direction) }
        }
    }
}
