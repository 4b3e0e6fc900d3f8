//! The rewriting rules, in the order they are applied.
//!
//! Owns: patterns and what each becomes. Never does: anything to text that no pattern matches.

use regex::Captures;

use super::Rewrite;
use super::numbers::{cardinal, decade, digits, fraction, ordinal, year};
use super::tables::{ABBREVIATIONS, BEFORE_NUMBERS, CURRENCIES, MONTHS, UNITS};

/// A whole or decimal number, thousands grouped or not.
const NUMBER: &str = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?";
/// Words of magnitude after money.
const MAGNITUDE: &str = r"(?:k|K|m|M|mn|bn|B|thousand|million|billion|trillion)\b";
/// Words after which four digits are a year.
const BEFORE_YEARS: &str = r"(?i:in|since|by|until|till|before|after|during|around|circa|early|late|mid|year|from|summer|winter|spring|fall|autumn|january|february|march|april|may|june|july|august|september|october|november|december)";

pub fn all() -> Vec<(String, Rewrite)> {
    let months = MONTHS.iter().map(|(short, _)| *short).collect::<Vec<_>>().join("|");
    let month = format!(r"(?P<month>{months})[a-z]*\.?");
    let money = CURRENCIES.iter().map(|(sign, ..)| regex::escape(sign)).collect::<Vec<_>>().join("|");
    let mut units: Vec<&str> = UNITS.iter().map(|(sign, ..)| *sign).collect();
    units.sort_by_key(|sign| std::cmp::Reverse(sign.len()));
    let units = units.iter().map(|sign| regex::escape(sign)).collect::<Vec<_>>().join("|");
    let mut rules: Vec<(String, Rewrite)> = vec![
        (r"(?i)\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b".into(), |c| address(&c[0])),
        (r#"(?i)\b(?:https?://|www\.)[^\s<>"()]*[\w/]"#.into(), |c| address(&c[0])),
        (
            r"(?i)\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|ai|uk|de|eu|app|edu|gov|info|hu|fr)\b(?:/[\w./?=&%#-]*\w)?".into(),
            |c| address(&c[0]),
        ),
        // Markdown's emphasis has no sound.
        (r"(^|[\s(])[*_]{1,3}([^\s*_][^*_]*)[*_]{1,3}".into(), |c| format!("{}{}", &c[1], &c[2])),
        (r"\b24/7\b".into(), |_| "twenty-four seven".into()),
        (r"\b(\d{4})-(\d{2})-(\d{2})\b".into(), |c| date(&c[1], &c[2], &c[3])),
        (r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b".into(), |c| date(&c[3], &c[1], &c[2])),
        (format!(r"\b{month} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>\d{{4}})\b)?"), month_day),
        (format!(r"\b(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{month}(?: (?P<year>\d{{4}})\b)?"), day_month),
        (r"\b(\d{1,2}):(\d{2})(?::\d{2})?\s*([aApP])\.?[mM]\b\.?".into(), |c| {
            format!("{} {}", clock(&c[1], &c[2], false), half_day(&c[3]))
        }),
        (r"\b(\d{1,2})\s*([aApP])(?:\.[mM]\.|[mM]\b)".into(), |c| format!("{} {}", cardinal(&c[1]), half_day(&c[2]))),
        (r"\b([01]?\d|2[0-3]):([0-5]\d)\b".into(), |c| clock(&c[1], &c[2], true)),
        (format!(r"(?:\b(?:US|A|CA))?(?P<sign>{money}) ?(?P<number>{NUMBER})(?: ?(?P<magnitude>{MAGNITUDE}))?"), currency),
        (format!(r"\b(?P<number>{NUMBER})(?: ?(?P<magnitude>{MAGNITUDE}))? ?(?P<sign>{money})"), currency),
        (r"(?i)\b(v)?(\d+(?:\.\d+){2,})\b".into(), |c| {
            let version = if c.get(1).is_some() { "version " } else { "" };
            format!("{version}{}", c[2].split('.').map(cardinal).collect::<Vec<_>>().join(" point "))
        }),
        (r"\bv(\d+(?:\.\d+)?)\b".into(), |c| format!("version {}", cardinal(&c[1]))),
        (
            r"\+\d{1,3}(?:[ .-]?\(?\d{2,4}\)?){2,5}|\(\d{2,4}\) ?\d{2,4}(?:[ .-]\d{2,4})+|\b\d{3}[-.]\d{3}[-.]\d{4}\b|\b\d{3}-\d{4}\b|\b0\d{1,4}(?:[ -]\d{2,4}){2,4}\b".into(),
            |c| telephone(&c[0]),
        ),
        (r"(?i)\b(\d+)(?:st|nd|rd|th)\b".into(), |c| c[1].parse().map_or_else(|_| digits(&c[1]), ordinal)),
        (r"'?\b(\d{2}|[12]\d\d)0s\b".into(), |c| c[1].parse::<i64>().map_or_else(|_| digits(&c[1]), |tens| decade(tens * 10))),
        (r"'?\b([2-9]0)s\b".into(), |c| c[1].parse().map_or_else(|_| digits(&c[1]), decade)),
        (r"\b((?:1[1-9]|20)\d\d)\s?-\s?((?:1[1-9]|20)\d\d)\b".into(), |c| format!("{} to {}", a_year(&c[1]), a_year(&c[2]))),
        (format!(r"\b({NUMBER})\s?-\s?({NUMBER})\b"), |c| format!("{} to {}", &c[1], &c[2])),
        (r"\b(\d{1,2})/(10|100|5|7)\b".into(), |c| match (&c[1], &c[2]) {
            ("1", "5") => fraction(1, 5),
            (part, whole) => format!("{} out of {}", cardinal(part), cardinal(whole)),
        }),
        (r"\b(\d{1,2})/(\d{1,2})\b".into(), |c| match (c[1].parse(), c[2].parse()) {
            (Ok(part), Ok(whole)) if whole > 1 && whole <= 20 && part < whole => fraction(part, whole),
            _ => format!("{} over {}", cardinal(&c[1]), cardinal(&c[2])),
        }),
        (r"\b(\d+):(\d+)\b".into(), |c| format!("{} to {}", cardinal(&c[1]), cardinal(&c[2]))),
        (r"#\s?(\d)".into(), |c| format!("number {}", &c[1])),
        (r"(^|[\s(])[-−](\d)".into(), |c| format!("{}minus {}", &c[1], &c[2])),
        (format!(r"\b(?P<number>{NUMBER}) ?(?P<unit>{units})(?P<end>[^\w²³/]|$)"), unit),
        (format!(r"\b{BEFORE_YEARS} (?:the )?((?:1[1-9]|20)\d\d)\b"), |c| c[0].replace(&c[1], &a_year(&c[1]))),
    ];
    rules.extend(
        BEFORE_NUMBERS
            .iter()
            .map(|(short, _)| (format!(r"(?i)(^|[\s(]){} ?(\d)", regex::escape(short)), before_number as Rewrite)),
    );
    let mut short: Vec<&str> = ABBREVIATIONS.iter().map(|(short, _)| *short).collect();
    short.sort_by_key(|short| std::cmp::Reverse(short.len()));
    let short = short.iter().map(|short| regex::escape(short)).collect::<Vec<_>>().join("|");
    let words: Vec<(String, Rewrite)> = vec![
        (format!(r"(?i)(?P<before>^|[\s(/-])(?P<short>{short})(?P<after>$|[^\w'])"), abbreviation),
        // Once more: two abbreviations in a row share the space between them.
        (format!(r"(?i)(?P<before>^|[\s(/-])(?P<short>{short})(?P<after>$|[^\w'])"), abbreviation),
        (r"\bSt\. ?([A-Z])".into(), |c| format!("Saint {}", &c[1])),
        (r"\bSt\.( [a-z]|,|$)".into(), |c| format!("Street{}", &c[1])),
        (r"\b(yes|his|he|pass|true|on|either)/(no|her|she|fail|false|off|or)\b".into(), |c| {
            format!("{} or {}", &c[1], &c[2])
        }),
        (r"\b([A-Za-z])&([A-Za-z])\b".into(), |c| format!("{} and {}", letter(&c[1]), letter(&c[2]))),
        (r"([A-Za-z]{2,})\.([a-z]{2,})".into(), |c| format!("{} dot {}", &c[1], &c[2])),
        // A full stop without a space after it.
        (r"([a-z]{2,}[.!?])([A-Z])".into(), |c| format!("{} {}", &c[1], &c[2])),
        (r"\b((?:19|20)\d\d)( [a-z]*[a-rt-z]\b|[.,;:!?)]|$)".into(), |c| format!("{}{}", a_year(&c[1]), &c[2])),
        // Letters and digits that touch are read one after the other: Q3, MP3, COVID-19.
        (r"([A-Za-z])-?(\d)".into(), |c| format!("{} {}", &c[1], &c[2])),
        (r"(\d)-?([A-Za-z])".into(), |c| format!("{} {}", &c[1], &c[2])),
        (r"\bA (\d)".into(), |c| format!("eh {}", &c[1])),
        (r"\d{8,}".into(), |c| digits(&c[0])),
        (NUMBER.into(), |c| format!(" {} ", cardinal(&c[0]))),
        (r"\*+".into(), |c| if c[0].len() > 1 { " ".into() } else { " asterisk ".into() }),
    ];
    rules.extend(words);
    rules
}

/// `joe.doe@acme.io`, `https://a.b/c`: every sign of it by name.
fn address(text: &str) -> String {
    let lower = text.to_lowercase();
    let text = lower.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let text = text.strip_prefix("www.").map_or_else(|| text.to_owned(), |rest| format!("W W W.{rest}"));
    let mut out = String::new();
    for c in text.chars() {
        out.push_str(match c {
            '.' => " dot ",
            '-' => " dash ",
            '_' => " underscore ",
            '?' => " question mark ",
            '#' => " hash ",
            ':' => " colon ",
            ',' => " comma ",
            c => {
                out.push(c);
                continue;
            }
        });
    }
    out
}

fn date(year: &str, month: &str, day: &str) -> String {
    let name = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match (name, day.parse()) {
        (Some((_, name)), Ok(day)) if (1..=31).contains(&day) => format!("{name} {}, {}", ordinal(day), a_year(year)),
        _ => format!("{} {} {}", cardinal(year), cardinal(month), cardinal(day)),
    }
}

fn month_name(c: &Captures) -> String {
    MONTHS
        .iter()
        .find(|(short, _)| *short == &c["month"])
        .map_or_else(|| c["month"].to_owned(), |(_, long)| (*long).to_owned())
}

/// Words such as "Marketing" begin like a month: they are left alone.
fn is_month(c: &Captures) -> bool {
    let written = c[0].split(|x: char| !x.is_alphabetic()).find(|word| word.starts_with(&c["month"])).unwrap_or("");
    written.len() <= 4 || MONTHS.iter().any(|(_, long)| *long == written)
}

fn month_day(c: &Captures) -> String {
    match c["day"].parse() {
        Ok(day) if (1..=31).contains(&day) && is_month(c) => {
            let year = c.name("year").map_or_else(String::new, |year| format!(", {}", a_year(year.as_str())));
            format!("{} {}{year}", month_name(c), ordinal(day))
        }
        _ => c[0].to_owned(),
    }
}

fn day_month(c: &Captures) -> String {
    match c["day"].parse() {
        Ok(day) if (1..=31).contains(&day) && is_month(c) => {
            let year = c.name("year").map_or_else(String::new, |year| format!(" {}", a_year(year.as_str())));
            format!("the {} of {}{year}", ordinal(day), month_name(c))
        }
        _ => c[0].to_owned(),
    }
}

fn clock(hours: &str, minutes: &str, bare: bool) -> String {
    match minutes {
        "00" if bare => format!("{} o'clock", cardinal(hours)),
        "00" => cardinal(hours),
        _ if minutes.starts_with('0') => format!("{} oh {}", cardinal(hours), cardinal(&minutes[1..])),
        _ => format!("{} {}", hour(hours), cardinal(minutes)),
    }
}

fn hour(hours: &str) -> String {
    cardinal(if hours.len() > 1 { hours.trim_start_matches('0') } else { hours })
}

fn half_day(letter: &str) -> &'static str {
    if letter.eq_ignore_ascii_case("a") { "eh M" } else { "P M" }
}

fn currency(c: &Captures) -> String {
    let Some((_, one, several, hundredth, hundredths)) = CURRENCIES.iter().find(|(sign, ..)| *sign == &c["sign"])
    else {
        return c[0].to_owned();
    };
    let number = &c["number"];
    if let Some(magnitude) = c.name("magnitude") {
        let magnitude = match magnitude.as_str() {
            "k" | "K" => "thousand",
            "m" | "M" | "mn" => "million",
            "bn" | "B" => "billion",
            word => word,
        };
        return format!("{} {magnitude} {several}", cardinal(number));
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let name = if whole == "1" { one } else { several };
    match part {
        "" | "00" => format!("{} {name}", cardinal(whole)),
        cents if cents.len() == 2 => {
            let spoken = cardinal(cents.trim_start_matches('0'));
            let cents = format!("{spoken} {}", if cents == "01" { hundredth } else { hundredths });
            if whole == "0" { cents } else { format!("{} {name} and {cents}", cardinal(whole)) }
        }
        _ => format!("{} {several}", cardinal(number)),
    }
}

/// Groups of digits, a pause between them.
fn telephone(text: &str) -> String {
    let plus = if text.starts_with('+') { "plus " } else { "" };
    let groups: Vec<String> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).map(digits).collect();
    format!("{plus}{}", groups.join(", "))
}

fn unit(c: &Captures) -> String {
    let (number, sign, end) = (&c["number"], &c["unit"], &c["end"]);
    match UNITS.iter().find(|(unit, ..)| unit == &sign) {
        Some((_, one, several)) => format!("{} {}{end}", cardinal(number), if number == "1" { one } else { several }),
        None => c[0].to_owned(),
    }
}

fn a_year(text: &str) -> String {
    text.parse().map_or_else(|_| digits(text), year)
}

fn before_number(c: &Captures) -> String {
    let short = c[0].trim_start_matches(|x: char| x.is_whitespace() || x == '(');
    let short = short[..short.len() - c[2].len()].trim_end().to_lowercase();
    match BEFORE_NUMBERS.iter().find(|(written, _)| *written == short) {
        Some((_, word)) => format!("{}{word} {}", &c[1], &c[2]),
        None => c[0].to_owned(),
    }
}

fn abbreviation(c: &Captures) -> String {
    let (before, short, after) = (&c["before"], c["short"].to_lowercase(), &c["after"]);
    let Some((_, word)) = ABBREVIATIONS.iter().find(|(written, _)| *written == short) else {
        return c[0].to_owned();
    };
    // The full stop of an abbreviation at the end also ends the sentence.
    let stop = if short.ends_with('.') && after.is_empty() { "." } else { "" };
    format!("{before}{}{stop}{after}", if stop.is_empty() { word } else { word.trim_end_matches(',') })
}

/// The name of a letter: a lone "A" would be read as the article.
fn letter(text: &str) -> String {
    if text.eq_ignore_ascii_case("a") { "eh".to_owned() } else { text.to_uppercase() }
}
