//! Telephone numbers, read digit by digit with a pause between groups.
//!
//! Owns: what counts as a telephone number. Never does: know numbering plans.

use regex::Captures;

use super::numbers::digits;
use super::tables::{Tables, alternatives};
use super::{Context, Rule};

/// The minimum number of digits, if only its form shows that a number is a telephone number.
const FEWEST: usize = 7;
/// The maximum number of digits without a space that are read without a pause.
const BREATH: usize = 5;

pub fn rules(tables: &Tables) -> Vec<Rule> {
    let words = alternatives(tables.before_phones.iter().cloned());
    let emergencies = alternatives(tables.emergencies.iter().cloned());
    vec![
        (r"(?i)\b(?:ext\.?|extension) ?(\d{1,6})\b".into(), |c, _| format!("extension {}", digits(&c[1]))),
        (
            format!(
                r"(?i)\b((?:{words})(?: (?:us|me|at|on|is|number|back))*:?) ({emergencies})(\s*(?:$|[.,;!?)]|\b(?:in|if|for|when|immediately|now|or)\b))"
            ),
            |c, _| format!("{} {}{}", &c[1], digits(&c[2]), &c[3]),
        ),
        (
            format!(
                r"(?i)\b(?P<before>(?:{words})(?:\.|\b)(?: (?:us|me|him|her|them|at|on|is|number|back))*:? )(?P<number>[+(]?\d(?:[ ().-]{{0,2}}\d)+)\b"
            ),
            after_word,
        ),
        (
            [
                r"\+\d{1,3}(?:[ ./-]{0,2}\(?\d{1,12}\)?)+",
                r"\(\d{2,5}\) ?\d{2,8}(?:[ .-]\d{2,5})*",
                r"\b(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b",
                r"\b0\d{1,5}(?:[ /-]\d{2,8}){1,4}\b",
            ]
            .join("|"),
            by_shape,
        ),
        // 555-0199 is a telephone number, whereas 500-1000 is a range.
        (r"\b(\d{3})-(\d{4})\b".into(), |c, _| {
            let is_range =
                c[1].ends_with('0') && c[2].ends_with('0') && !c[1].starts_with('0') && !c[2].starts_with('0');
            if is_range { c[0].to_owned() } else { telephone(&c[0]) }
        }),
    ]
}

fn count(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

fn after_word(c: &Captures, _: &Context) -> String {
    let number = &c["number"];
    if count(number) < FEWEST { c[0].to_owned() } else { format!("{}{}", &c["before"], telephone(number)) }
}

fn by_shape(c: &Captures, _: &Context) -> String {
    if count(&c[0]) < FEWEST { c[0].to_owned() } else { telephone(&c[0]) }
}

fn telephone(text: &str) -> String {
    let plus = if text.starts_with('+') { "plus " } else { "" };
    let groups = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
    let groups: Vec<String> = groups.flat_map(breaths).map(digits).collect();
    format!("{plus}{}", groups.join(", "))
}

/// Splits a long group into threes. The last group has up to four digits.
fn breaths(group: &str) -> Vec<&str> {
    let mut rest = group;
    let mut parts = Vec::new();
    while group.len() > BREATH && rest.len() > 4 {
        let (part, others) = rest.split_at(3);
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts
}
