//! The rewriting rules, in the order in which they are applied.
//!
//! Owns: their order, and the patterns of plain numbers, fractions, units and ordinals. Never does:
//! change text that no pattern matches.

use regex::Captures;

use super::dates::a_year;
use super::numbers::{cardinal, decade, digits, fraction, ordinal, regrouped};
use super::tables::{Tables, alternatives};
use super::{Context, Rule, dates, money, phones, times, words};

/// A whole or decimal number, grouped by thousands, grouped as in India, or not grouped.
const NUMBER: &str = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)(?:\.\d+)?";
/// Four digits that may be a year.
const YEAR: &str = r"(?:1\d|20)\d\d";

pub fn all(tables: &Tables) -> Vec<Rule> {
    let mut rules = words::addresses();
    rules.extend([
        // Markdown's emphasis has no sound.
        (
            r"(^|[\s(])[*_]{1,3}([^\s*_][^*_]*)[*_]{1,3}".into(),
            (|c, _| format!("{}{}", &c[1], &c[2])) as super::Rewrite,
        ),
        (format!(r"\b(?:{})\b", alternatives(tables.named.keys().cloned())), |c, context| {
            context.tables.named.get(&c[0]).map_or_else(|| c[0].to_owned(), Clone::clone)
        }),
    ]);
    rules.extend([
        // Non-breaking spaces group a number, unless what follows is no group, as in a telephone
        // number.
        (
            r"\b[1-9]\d{0,2}(?:\u{a0}\d{3})+\b(\u{a0}\d)?".into(),
            (|c, _| {
                if c.get(1).is_some() { c[0].to_owned() } else { c[0].replace('\u{a0}', "'") }
            }) as super::Rewrite,
        ),
        ("\u{a0}".into(), |_, _| " ".into()),
    ]);
    rules.extend(dates::rules(tables));
    rules.extend(times::rules(tables));
    rules.extend(phones::rules(tables));
    rules.extend(money::rules(tables));
    rules.push(money::pence());
    rules.extend(numbers(tables));
    rules.extend(words::rules(tables));
    rules.extend(rest());
    rules
}

fn numbers(tables: &Tables) -> Vec<Rule> {
    let units = alternatives(tables.units.keys().cloned());
    let per = alternatives(tables.per.keys().cloned());
    let before_numbers = alternatives(tables.before_numbers.keys().cloned());
    let months = tables.months.iter().map(|month| month.to_lowercase());
    let before_years = alternatives(tables.before_years.iter().cloned().chain(months));
    vec![
        // Numbers that are grouped as in other languages are converted to the grouping that the
        // rules below expect.
        (r"\b\d{1,3}(?:\.\d{3})+,\d+\b".into(), in_english),
        (r"(^|[\s(+-])\.(\d)".into(), |c, _| format!("{}0.{}", &c[1], &c[2])),
        (r#"\b([1-9])'(\d{1,2})(?:"|'')?(\W|$)"#.into(), |c, _| format!("{} foot {}{}", &c[1], &c[2], &c[3])),
        (r"\b([1-9]\d*)x(\d)".into(), |c, _| format!("{} by {}", &c[1], &c[2])),
        (r"\b(\d+) ([1-9]/(?:[2-9]|1[0-6]))\b".into(), |c, _| format!("{} and {}", &c[1], &c[2])),
        (r"\b[1-9]\d{0,2}(?:'\d{3})+(?:[.,]\d+)?\b".into(), in_english),
        (r"\b[1-9]\d{0,2}(?: \d{3}){2,}(?:[.,]\d+)?\b|\b[1-9]\d{0,2} 000\b".into(), in_english),
        (r"\b[1-9]\d{0,2}(?:\.\d{3}){2,}\b".into(), |c, context| {
            // Four groups may be an IP address.
            let is_address = c[0].split('.').count() == 4 && c[0].split('.').all(|part| part.parse::<u8>().is_ok());
            if is_address { c[0].to_owned() } else { in_english(c, context) }
        }),
        // Before a unit, a comma followed by one or two digits is a decimal comma, in ranges too.
        (format!(r"(^|[^\d,.])(\d+(?:,\d{{1,2}})? ?- ?)?(\d+),(\d{{1,2}})( ?(?:{units})(?:[^\w]|$))"), |c, _| {
            let from = c.get(2).map_or("", |from| from.as_str()).replace(',', ".");
            format!("{}{from}{}.{}{}", &c[1], &c[3], &c[4], &c[5])
        }),
        (r"(?i)\b(v)?(\d+(?:\.\d+){2,})\b".into(), |c, _| {
            let version = if c.get(1).is_some() { "version " } else { "" };
            format!("{version}{}", c[2].split('.').map(cardinal).collect::<Vec<_>>().join(" point "))
        }),
        (r"\bv(\d+(?:\.\d+)?)\b".into(), |c, _| format!("version {}", cardinal(&c[1]))),
        (r"(?i)\b(\d+)(?:st|nd|rd|th) ?- ?(\d+(?:st|nd|rd|th))\b".into(), |c, _| {
            format!("{} to {}", an_ordinal(&c[1]), &c[2])
        }),
        (r"(?i)\b((?:\d{1,3}(?:,\d{3})+|\d+))(?:st|nd|rd|th)\b".into(), |c, _| an_ordinal(&c[1])),
        (r"'?\b(\d{2}|[12]\d\d)0s\b".into(), |c, _| {
            c[1].parse::<i64>().map_or_else(|_| digits(&c[1]), |tens| decade(tens * 10))
        }),
        (r"'?\b([2-9]0)s\b".into(), |c, _| c[1].parse().map_or_else(|_| digits(&c[1]), decade)),
        (r"\b((?:1[1-9]|20)\d\d)\s?-\s?((?:1[1-9]|20)\d\d)\b".into(), |c, _| {
            format!("{} to {}", a_year(&c[1]), a_year(&c[2]))
        }),
        (r"\b\d{1,3}(?:-\d{1,3}){2,}\b".into(), |c, _| c[0].replace('-', ", ")),
        (r"(\d) - (\d+ ?=)".into(), |c, _| format!("{} minus {}", &c[1], &c[2])),
        // Examples are 5%-7%, 5-7% and 20°C-25°C.
        (
            format!(
                r"\b(?P<from>{NUMBER}) ?(?P<unit>{units})\s?-\s?(?P<to>{NUMBER}) ?(?P<same>{units})(?P<end>[^\w²³/]|$)"
            ),
            |c, _| {
                let unit = if c["unit"] == c["same"] { "" } else { &c["unit"] };
                format!("{}{unit} to {}{}{}", &c["from"], &c["to"], &c["same"], &c["end"])
            },
        ),
        (format!(r"\b({NUMBER})\s?-\s?({NUMBER}(?:{units})?)\b"), |c, _| format!("{} to {}", &c[1], &c[2])),
        (format!(r"(\d%?) ?/ ?({per})\b"), |c, context| {
            format!("{} per {}", &c[1], context.tables.per.get(&c[2]).map_or(&c[2], String::as_str))
        }),
        (r"\b(\d{1,2})/(10|100|5|7)\b".into(), |c, context| match (&c[1], &c[2]) {
            ("1", "5") => fraction(1, 5),
            (part, whole) => format!("{} out of {}", context.cardinal(part), context.cardinal(whole)),
        }),
        (r"\b(\d{1,2})/(\d{1,2})\b".into(), |c, _| match (c[1].parse::<i64>(), c[2].parse::<i64>()) {
            (Ok(part), Ok(whole)) if whole > 1 && whole <= 20 && part < whole => fraction(part, whole),
            // Examples are 50/50 and 20/20.
            (Ok(part), Ok(whole)) if part == whole => format!("{0} {0}", cardinal(&c[1])),
            _ => format!("{} over {}", cardinal(&c[1]), cardinal(&c[2])),
        }),
        (r"\b(\d+):(\d+)\b".into(), |c, _| format!("{} to {}", cardinal(&c[1]), cardinal(&c[2]))),
        (r"#\s?(\d)".into(), |c, _| format!("number {}", &c[1])),
        (r"(^|[\s(])[-−](\d)".into(), |c, _| format!("{}minus {}", &c[1], &c[2])),
        (format!(r"\b(?P<number>{NUMBER}) ?(?P<unit>{units})(?P<end>[^\w²³/]|$)"), unit),
        (
            format!(r"\b(?i:{before_years}) (?:the )?{YEAR}(?:(?:,| and| or| to| until|, and|, or) {YEAR})*\b"),
            |c, _| {
                let word = |word: &str| match word.trim_end_matches(',') {
                    year if year.len() == 4 && year.parse::<u16>().is_ok() => word.replace(year, &a_year(year)),
                    _ => word.to_owned(),
                };
                c[0].split(' ').map(word).collect::<Vec<_>>().join(" ")
            },
        ),
        (format!(r"(?i)(^|[\s(])({before_numbers}) ?(\d)"), words::before_number),
    ]
}

/// Rules for numbers that the rules before have not rewritten.
fn rest() -> Vec<Rule> {
    vec![
        (r"\b((?:19|20)\d\d)( [a-z]*[a-rt-z]\b|[.,;:!?)]|$)".into(), |c, _| format!("{}{}", a_year(&c[1]), &c[2])),
        // Letters and digits that touch are read one after the other, as in Q3, MP3 and COVID-19.
        (r"([A-Za-z])-?(\d)".into(), |c, _| format!("{} {}", &c[1], &c[2])),
        (r"(\d)-?([A-Za-z])".into(), |c, _| format!("{} {}", &c[1], &c[2])),
        (r"\bA (\d)".into(), |c, _| format!("eh {}", &c[1])),
        // Long numbers are identifiers and are read digit by digit, unless they are round.
        (r"\d{8,}".into(), |c, context| {
            let is_round = !c[0].starts_with('0') && c[0].ends_with("0000");
            if is_round { context.cardinal(&c[0]) } else { digits(&c[0]) }
        }),
        (NUMBER.into(), |c, context| format!(" {} ", context.cardinal(&c[0]))),
        (r"\*+".into(), |c, _| if c[0].len() > 1 { " ".into() } else { " asterisk ".into() }),
    ]
}

fn in_english(c: &Captures, _: &Context) -> String {
    regrouped(&c[0], true).unwrap_or_else(|| c[0].to_owned())
}

fn an_ordinal(number: &str) -> String {
    number.replace(',', "").parse().map_or_else(|_| digits(number), ordinal)
}

fn unit(c: &Captures, context: &Context) -> String {
    let (number, sign, end) = (&c["number"], &c["unit"], &c["end"]);
    match context.tables.units.get(sign) {
        Some([one, several]) => {
            format!("{} {}{end}", context.cardinal(number), if number == "1" { one } else { several })
        }
        None => c[0].to_owned(),
    }
}
