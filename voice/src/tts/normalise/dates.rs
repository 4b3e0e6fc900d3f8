//! Dates in figures or with names of months, single ones and ranges, in the order of the locale.
//!
//! Owns: their patterns and words. Never does: check dates beyond days 1 to 31 and months 1 to 12.

use regex::Captures;

use super::numbers::{digits, ordinal, year};
use super::tables::{Tables, alternatives};
use super::{Context, Rule};

pub fn rules(tables: &Tables) -> Vec<Rule> {
    let month = tables.month_pattern();
    let weekday = tables.weekday_pattern();
    let before_days = alternatives(tables.before_days.iter().chain(&tables.before_days_or_parts).cloned());
    let day = r"\d{1,2}(?:st|nd|rd|th)?";
    let iso = r"\d{4}-\d{1,2}-\d{1,2}";
    let short = r"\d{1,2}[./]\d{1,2}";
    let figures = format!(r"{short}[./]\d{{2,4}}");
    let month_day = format!(r"\b{month} {day}(?:,? \d{{4}})?");
    vec![
        (r"\b(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z\b)?".into(), |c, _| {
            format!("{} at {}{}", &c[1], &c[2], if c.get(3).is_some() { " U T C" } else { "" })
        }),
        // The dash of a range is replaced before its ends become words.
        (format!(r"\b({iso}) ?[-/] ?({iso})\b"), to),
        (format!(r"\b({figures}) ?- ?({figures})\b"), to),
        (format!(r"\b({month})((?: {day})?(?:,? \d{{4}})?) ?- ?((?:{day} )?{month})"), |c, context| {
            format!("{}{} to {}", context.tables.month(&c[1]).unwrap_or(&c[1]), &c[2], &c[3])
        }),
        (format!(r"\b({day} {month}(?: \d{{4}})?) ?- ?({day} {month})"), to),
        (format!(r"({month_day}) ?- ?({month_day})"), to),
        (r"\b(?:[Tt]he )?(\d{1,2})\.? ?- ?(\d{1,2}[./]\d{1,2}[./]\d{4})\b".to_owned(), |c, _| {
            nth(&c[1]).map_or_else(|| c[0].to_owned(), |day| format!("the {day} to {}", &c[2]))
        }),
        (format!(r"\b(?P<the>[Tt]he )?(\d{{1,2}}) (to|and|or|until|till|through) ({day}(?: of)? {month})"), |c, _| {
            nth(&c[2]).map_or_else(|| c[0].to_owned(), |day| format!("the {day} {} {}", &c[3], &c[4]))
        }),
        (format!(r"\b({month} \d{{1,2}})(?:st|nd|rd|th)? (?:to|through) (\d{{1,2}})\b"), |c, _| {
            format!("{}-{}", &c[1], &c[2])
        }),
        (format!(r"\b({weekday}) ?- ?({weekday})"), |c, context| {
            let name = |written: &str| context.tables.weekday(written).unwrap_or(written).to_owned();
            format!("{} to {}", name(&c[1]), name(&c[2]))
        }),
        (format!(r"\b({weekday})(,? \d)"), |c, context| {
            format!("{}{}", context.tables.weekday(&c[1]).unwrap_or(&c[1]), &c[2])
        }),
        (r"(?P<the>\b[Tt]he )?\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b".into(), |c, context| {
            in_figures(c, context, &c[2], &c[3], &c[4])
        }),
        (r"(?P<the>\b[Tt]he )?\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b".into(), by_locale),
        (r"(?P<the>\b[Tt]he )?\b(\d{1,2})-(\d{1,2})-(\d{4})\b".into(), by_locale),
        (r"(?P<the>\b[Tt]he )?\b(\d{2})-(\d{2})-(\d{2})\b(?P<end>$|[^-\d])".into(), |c, context| {
            // Three rising numbers, such as 10-15-20, are not a date.
            let rises = c[2] < c[3] && c[3] < c[4] && !c[0].contains("-0") && &c[2] > "09";
            if rises { c[0].to_owned() } else { by_locale(c, context) }
        }),
        // With dots, the day comes first in every locale.
        (r"(?P<the>\b[Tt]he )?\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b".into(), |c, context| {
            in_figures(c, context, &c[4], &c[3], &c[2])
        }),
        (r"(?P<the>\b[Tt]he )?\b(\d{2})\.(\d{2})\.(\d{2})\b".into(), |c, context| {
            in_figures(c, context, &c[4], &c[3], &c[2])
        }),
        (
            format!(
                r"(?i)\b(?P<word>{before_days}) (?P<the>the )?(\d{{1,2}})/(\d{{1,2}})(?: ?(-|to|until|till|and) ?(\d{{1,2}})/(\d{{1,2}}))?(?P<end>$|[^\w/%])"
            ),
            without_year,
        ),
        (
            format!(
                r"\b(?P<the>[Tt]he )?(?P<from>\d{{1,2}})(?:st|nd|rd|th)? ?- ?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{month})(?: (?P<year>\d{{4}})\b)?"
            ),
            day_month,
        ),
        (
            format!(
                r"\b(?P<month>{month}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: ?- ?(?P<to>\d{{1,2}})(?:st|nd|rd|th)?)?\b(?:,? (?P<year>\d{{4}})\b)?"
            ),
            month_then_day,
        ),
        (
            format!(
                r"\b(?P<the>[Tt]he )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{month})(?: (?P<year>\d{{4}})\b)?"
            ),
            day_month,
        ),
        (format!(r"\b({month})(?: of)? ((?:19|20)\d\d)\b"), |c, context| {
            format!("{} {}", context.tables.month(&c[1]).unwrap_or(&c[1]), a_year(&c[2]))
        }),
        (r"\b(0?[1-9]|1[0-2])/((?:19|20)\d\d)\b".into(), |c, context| month_of(&c[1], &c[2], context)),
        // 2024/25 and 2024-25 are a season, whereas 2024-05 is a month.
        (r"\b((?:19|20)\d\d)([/-])(\d\d)\b".into(), |c, context| {
            let next = c[1].get(2..).and_then(|end| end.parse::<u8>().ok()).map(|end| (end + 1) % 100);
            match c[3].parse() {
                Ok(end) if Some(end) == next => format!("{} to {}", a_year(&c[1]), super::numbers::cardinal(&c[3])),
                Ok(1..=12) if &c[2] == "-" => month_of(&c[3], &c[1], context),
                _ => c[0].to_owned(),
            }
        }),
    ]
}

/// Returns a year in words.
pub fn a_year(text: &str) -> String {
    text.parse().map_or_else(|_| digits(text), year)
}

fn to(c: &Captures, _: &Context) -> String {
    format!("{} to {}", &c[1], &c[2])
}

fn by_locale(c: &Captures, context: &Context) -> String {
    let (day, month) = context.day_and_month(&c[2], &c[3]);
    in_figures(c, context, &c[4], month, day)
}

/// Returns a date in words, or unchanged if there is no such date.
fn in_figures(c: &Captures, context: &Context, year: &str, month: &str, day: &str) -> String {
    // A year of two digits is in this century or up to a lifetime ago.
    let year = match year.parse::<u16>() {
        Ok(short) if year.len() == 2 => (if short < 70 { 2000 + short } else { 1900 + short }).to_string(),
        _ => year.to_owned(),
    };
    let the = c.name("the").is_some();
    let end = c.name("end").map_or("", |end| end.as_str());
    context.day(month, day, the).map_or_else(|| c[0].to_owned(), |said| format!("{said}, {}{end}", a_year(&year)))
}

fn without_year(c: &Captures, context: &Context) -> String {
    // "by 1/3" is a fraction, whereas "on 1/3" is a date.
    let fraction = ["2", "3", "4", "5", "8", "10"].contains(&&c[4]) && c[3].len() <= c[4].len() && c[3] < c[4];
    if fraction && context.tables.before_days_or_parts.contains(&c["word"].to_lowercase()) {
        return c[0].to_owned();
    }
    let the = c.name("the").is_some();
    let said = |a: usize, b: usize, the: bool| {
        let (day, month) = context.day_and_month(c.get(a)?.as_str(), c.get(b)?.as_str());
        context.day(month, day, the)
    };
    let Some(first) = said(3, 4, the) else { return c[0].to_owned() };
    let rest = match (c.get(5), said(6, 7, false)) {
        (Some(word), Some(second)) => {
            format!(" {} {second}", if word.as_str() == "-" { "to" } else { word.as_str() })
        }
        (None, _) => String::new(),
        _ => return c[0].to_owned(),
    };
    format!("{} {first}{rest}{}", &c["word"], &c["end"])
}

fn month_of(month: &str, year: &str, context: &Context) -> String {
    let name = month.parse::<usize>().ok().and_then(|month| context.tables.months.get(month.wrapping_sub(1)));
    format!("{} {}", name.map_or(month, String::as_str), a_year(year))
}

fn nth(day: &str) -> Option<String> {
    day.parse().ok().filter(|day| (1..=31).contains(day)).map(ordinal)
}

fn month_then_day(c: &Captures, context: &Context) -> String {
    let year = c.name("year").map_or_else(String::new, |year| format!(", {}", a_year(year.as_str())));
    let to = c.name("to").map(|to| nth(to.as_str()));
    match (context.tables.month(&c["month"]), nth(&c["day"]), to) {
        (Some(month), Some(day), None) => format!("{month} {day}{year}"),
        (Some(month), Some(day), Some(Some(to))) => format!("{month} {day} to {to}{year}"),
        _ => c[0].to_owned(),
    }
}

fn day_month(c: &Captures, context: &Context) -> String {
    let year = c.name("year").map_or_else(String::new, |year| format!(" {}", a_year(year.as_str())));
    let the = c.name("the").map_or("the ", |the| the.as_str());
    let from = c.name("from").map(|from| nth(from.as_str()));
    match (context.tables.month(&c["month"]), nth(&c["day"]), from) {
        (Some(month), Some(day), None) => format!("{the}{day} of {month}{year}"),
        (Some(month), Some(day), Some(Some(from))) => format!("{the}{from} to the {day} of {month}{year}"),
        _ => c[0].to_owned(),
    }
}

impl Context {
    /// Returns which of two numbers is the day and which the month. The locale decides, unless only
    /// the other order is a date.
    fn day_and_month<'a>(&self, first: &'a str, second: &'a str) -> (&'a str, &'a str) {
        let is_month = |text: &str| text.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
        let month_first = if self.locale.month_first { is_month(first) } else { !is_month(second) };
        if month_first { (second, first) } else { (first, second) }
    }

    /// Returns "May twelfth" or "the twelfth of May", according to the locale.
    fn day(&self, month: &str, day: &str, the: bool) -> Option<String> {
        let name = month.parse::<usize>().ok().and_then(|month| self.tables.months.get(month.wrapping_sub(1)))?;
        let day = nth(day)?;
        Some(match (self.locale.month_first, the) {
            (true, true) => format!("the {name} {day}"),
            (true, false) => format!("{name} {day}"),
            (false, _) => format!("the {day} of {name}"),
        })
    }
}
