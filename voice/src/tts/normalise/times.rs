//! Times of day with and without minutes, in 12 or 24 hours, single ones and ranges.
//!
//! Owns: their patterns and words. Never does: convert between time zones, or between 12 and 24
//! hours.

use regex::Captures;

use super::numbers::cardinal;
use super::tables::{Tables, alternatives};
use super::{Context, Rule};

/// Hours and, after a colon or a dot, minutes.
const TIME: &str = r"(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?";
const HALF: &str = r"[aApP](?:\.[mM]\.|\.?[mM]\b)";
/// A time with minutes after a colon.
const CLOCK: &str = r"(?:[01]?\d|2[0-4]):[0-5]\d";

pub fn rules(tables: &Tables) -> Vec<Rule> {
    let names = alternatives(tables.times_of_day.iter().cloned());
    vec![
        (format!(r"(?i)\b({names}) ?- ?(\d)"), |c, _| format!("{} to {}", &c[1], &c[2])),
        (format!(r"(?i)(\d|{HALF}) ?- ?({names})\b"), |c, _| format!("{} to {}", &c[1], &c[2])),
        // Examples are 5-7pm, 9am-5pm, 5:30-7.15 pm and 9 a.m.-5.
        (format!(r"\b(?P<from>{TIME})(?: ?(?P<half>{HALF}))? ?- ?(?P<to>{TIME}) ?(?P<to_half>{HALF})"), halves),
        (format!(r"\b(?P<from>{TIME}) ?(?P<half>{HALF}) ?- ?(?P<to>{TIME})\b"), halves),
        (format!(r"\b(\d{{1,2}})[:.]([0-5]\d)(?::([0-5]\d))? ?({HALF})"), |c, _| {
            format!("{}{} {}", clock(&c[1], &c[2], false), seconds(c, 3), half_day(&c[4]))
        }),
        (format!(r"\b(\d{{1,2}}) ?({HALF})"), |c, _| format!("{} {}", cardinal(&c[1]), half_day(&c[2]))),
        (format!(r"\b(?P<from>\d{{1,2}}|{CLOCK}) ?- ?(?P<to>{CLOCK})\b"), by_the_clock),
        (format!(r"\b(?P<from>{CLOCK}) ?- ?(?P<to>\d{{1,2}})\b"), by_the_clock),
        (r"\b([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?\b".into(), |c, _| {
            format!("{}{}", clock(&c[1], &c[2], true), seconds(c, 3))
        }),
    ]
}

fn seconds(c: &Captures, group: usize) -> String {
    c.get(group).filter(|text| text.as_str() != "00").map_or_else(String::new, |text| {
        let number = text.as_str().trim_start_matches('0');
        format!(" and {} second{}", cardinal(number), if number == "1" { "" } else { "s" })
    })
}

fn parts(time: &str) -> (&str, &str) {
    time.split_once([':', '.']).unwrap_or((time, "00"))
}

fn halves(c: &Captures, _: &Context) -> String {
    let said = |time: &str, half: &str| {
        let (hours, minutes) = parts(&c[time]);
        let half = c.name(half).map_or_else(String::new, |half| format!(" {}", half_day(half.as_str())));
        format!("{}{half}", clock(hours, minutes, false))
    };
    format!("{} to {}", said("from", "half"), said("to", "to_half"))
}

/// Returns a range such as "three to four o'clock", "nine o'clock to five thirty" or "seventeen
/// hundred to nineteen thirty".
fn by_the_clock(c: &Captures, _: &Context) -> String {
    let ((from, from_minutes), (to, to_minutes)) = (parts(&c["from"]), parts(&c["to"]));
    let full =
        |hours: &str, minutes: &str| minutes == "00" && hours.parse().is_ok_and(|hour: u8| (1..=12).contains(&hour));
    let shared = full(from, from_minutes) && full(to, to_minutes);
    let from = clock(from, from_minutes, !shared && c["from"].contains(':'));
    format!("{from} to {}", clock(to, to_minutes, c["to"].contains(':') || shared))
}

/// Returns a time in words. `bare` is true if nothing else shows that it is a time.
fn clock(hours: &str, minutes: &str, bare: bool) -> String {
    let hour = hours.trim_start_matches('0');
    match (hour, minutes) {
        ("" | "24", "00") if bare => "midnight".to_owned(),
        (_, "00") if bare && hour.len() == 2 && hour > "12" => format!("{} hundred", cardinal(hour)),
        (_, "00") if bare => format!("{} o'clock", cardinal(hour)),
        (_, "00") => cardinal(hour),
        _ => {
            let oh = if minutes.starts_with('0') { "oh " } else { "" };
            format!("{} {oh}{}", cardinal(hour), cardinal(minutes.trim_start_matches('0')))
        }
    }
}

fn half_day(written: &str) -> &'static str {
    if written.starts_with(['a', 'A']) { "eh M" } else { "P M" }
}
