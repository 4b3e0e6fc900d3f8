//! Formats the report as text.
//!
//! Owns: its words and its layout. The module is pure. Never does: judge; the verdict is made in
//! [`super::report`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::report::{Kind, Report, Spread, Turn};

/// Returns the whole report as plain text. `colour` colours the verdict.
pub fn render(report: &Report, colour: bool) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\nReport: {} interviewed with “{}”\n", report.persona, report.guide);
    for (number, turn) in report.turns.iter().enumerate() {
        render_turn(&mut text, number + 1, turn);
    }
    let _ = writeln!(text, "Latency from the last sample of speech, on the wire");
    let rows = [
        ("first audible packet", report.summary.first_audio_ms),
        ("  guide questions", report.summary.question_first_audio_ms),
        ("  follow-ups", report.summary.follow_up_first_audio_ms),
        ("first packet of the question", report.summary.question_start_ms),
    ];
    for (name, spread) in rows {
        let _ = writeln!(text, "  {name:<30} {}", spread_text(spread));
    }
    for barge_in in &report.barge_ins {
        let (duck, stop) = (barge_in.onset_to_duck_ms, barge_in.onset_to_stop_ms);
        let _ = writeln!(text, "  interrupted: quieter after {duck} ms, silent after {stop} ms");
    }
    let _ = writeln!(text, "\nCut off: {} of {} turns", report.cut_offs, report.turns.len());
    if let Some(wer) = report.wer {
        let _ = writeln!(text, "Word error rate of the stored responses: {:.1} %", wer * 100.0);
    }
    let (found, total) = (report.facts_recovered.len(), report.facts_total);
    let _ = writeln!(text, "Facts recovered: {found} of {total} {}", report.facts_recovered.join(", "));
    follow_ups(&mut text, report);
    let _ = writeln!(text, "Recording:  {}", report.recording.as_deref().unwrap_or("none"));
    let _ = writeln!(text, "Transcript: {}\n", report.transcript.as_deref().unwrap_or("none"));
    verdict(&mut text, report, colour);
    text
}

/// Writes who worded the follow-ups, and which proposals of a model were rejected.
fn follow_ups(text: &mut String, report: &Report) {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for turn in report.turns.iter().filter(|turn| turn.kind == Kind::FollowUp) {
        *sources.entry(turn.source.as_deref().unwrap_or("unknown")).or_default() += 1;
    }
    let worded: Vec<String> = sources.iter().map(|(source, count)| format!("{count} by {source}")).collect();
    let worded = if worded.is_empty() { "none".to_owned() } else { worded.join(", ") };
    let _ = writeln!(text, "Follow-ups worded: {worded}");
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for rejected in &report.follow_ups_rejected {
        *reasons.entry((&rejected.source, &rejected.reason)).or_default() += 1;
    }
    for ((source, reason), count) in reasons {
        let _ = writeln!(text, "Follow-ups of {source} not spoken: {count} ({reason})");
    }
}

fn render_turn(text: &mut String, number: usize, turn: &Turn) {
    let kind = match turn.kind {
        Kind::Question if turn.required => "",
        Kind::Question => " (optional)",
        Kind::FollowUp => " (follow-up)",
    };
    let _ = writeln!(text, "{number}. {}{kind}", turn.asked_text);
    let mut line = |name: &str, what: &str| {
        if !what.is_empty() {
            let _ = writeln!(text, "   {name:<10} {what}");
        }
    };
    if turn.kind == Kind::FollowUp {
        line("why", turn.why.as_deref().unwrap_or("not reported by the engine"));
        line("source", turn.source.as_deref().unwrap_or("not reported by the engine"));
    }
    line("said", &turn.truth_text);
    line("stored", if turn.response_text.is_empty() { "(nothing)" } else { &turn.response_text });
    let analysis = &turn.analysis;
    let mut parts = Vec::new();
    parts.extend(analysis.sentiment.clone());
    parts.extend(analysis.information_density.map(|density| format!("density {density:.2}")));
    parts.extend(analysis.confidence.map(|confidence| format!("confidence {confidence:.2}")));
    if !analysis.key_phrases.is_empty() {
        parts.push(format!("key phrases: {}", analysis.key_phrases.join(", ")));
    }
    parts.extend(analysis.flags.iter().cloned());
    line("analysis", &parts.join(" · "));
    let latency = &turn.latency_ms;
    let times: Vec<String> = [
        ("first audio", latency.first_audio),
        ("question", latency.question_start),
        ("endpoint", latency.endpoint),
        ("stt", latency.stt),
        ("decide", latency.decide),
        ("tts", latency.tts),
    ]
    .iter()
    .filter_map(|(name, ms)| ms.map(|ms| format!("{name} {ms}")))
    .collect();
    let times = if times.is_empty() { String::new() } else { format!("{} ms", times.join(", ")) };
    line("latency", &times);
    if turn.repeats > 0 {
        line("repeated", &format!("{} time(s), on request", turn.repeats));
    }
    if turn.cut_off {
        line("cut off", "the interviewer spoke before the answer was over");
    }
    text.push('\n');
}

fn spread_text(spread: Spread) -> String {
    match (spread.p50, spread.p95) {
        (Some(p50), Some(p95)) => format!("p50 {p50} ms, p95 {p95} ms ({} turns)", spread.turns),
        _ => "not measured".to_owned(),
    }
}

fn verdict(text: &mut String, report: &Report, colour: bool) {
    let paint = |word: &str, code: &str| if colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() };
    if report.verdict.passed {
        let _ = writeln!(
            text,
            "{}: the interview completed; every required question was asked once, and heard",
            paint("PASS", "1;32")
        );
    }
    for reason in &report.verdict.reasons {
        let _ = writeln!(text, "{}: {reason}", paint("FAIL", "1;31"));
    }
}
