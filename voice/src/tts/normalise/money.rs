//! Amounts of money with the sign before or after them, in any grouping, single ones and ranges.
//!
//! Owns: their patterns and words. Never does: convert currencies.

use regex::Captures;

use super::numbers::{cardinal, regrouped};
use super::tables::{Currency, Tables, alternatives};
use super::{Context, Rule};

/// Digits in any grouping. [`regrouped`] decides whether they are one number.
const AMOUNT: &str = r"\d+(?:[.,']\d+| \d{3}\b)*";

pub fn rules(tables: &Tables) -> Vec<Rule> {
    let signs = || tables.currencies.iter().flat_map(|currency| currency.signs.iter().cloned());
    let starts_with_letter = |sign: &String| sign.starts_with(|c: char| c.is_alphabetic());
    let ends_with_letter = |sign: &String| sign.ends_with(|c: char| c.is_alphabetic());
    let before = format!(
        r"(?:\b(?:{})|(?:{}))",
        alternatives(signs().filter(starts_with_letter)),
        alternatives(signs().filter(|sign| !starts_with_letter(sign)))
    );
    let after = format!(
        r"(?:(?:{})\b|(?:{}))",
        alternatives(signs().filter(ends_with_letter)),
        alternatives(signs().filter(|sign| !ends_with_letter(sign)))
    );
    let magnitude = alternatives(tables.magnitudes.keys().cloned());
    let per = alternatives(tables.per.keys().cloned());
    let minus = r"(?:(?P<lead>^|[\s(])(?P<minus>[-−]) ?)?";
    let from = format!(r"(?P<from>{AMOUNT})(?: ?(?P<times>{magnitude})\b)?");
    let to = format!(r"(?P<to>{AMOUNT})(?: ?(?P<to_times>{magnitude})\b)?");
    let per = format!(r"(?: ?/ ?(?P<per>{per})\b)?");
    // Whole amounts may end in a dash, as in 5,- and 500/-.
    let round = r"(?:/-|[.,]-+)?";
    vec![
        // 50 €, 5-7 € and $20 CAD are matched before the other form, which would join the sign to
        // the next number.
        (
            format!(
                r"{minus}(?P<first>{before} ?)?{from}{round}(?:(?: ?{after})? ?- ?{to}{round})? ?(?P<sign>{after}){per}(?P<end>$|[^\w$€£¥₹]|−)"
            ),
            spoken,
        ),
        (
            format!(
                r"{minus}(?P<sign>{before}) ?(?P<inner>[-−])?{from}{round}(?: ?- ?(?:{before})? ?{to}{round})?{per}(?P<end>)"
            ),
            spoken,
        ),
    ]
}

/// 50p is read as pence only where pounds are the currency. Elsewhere, p may mean pages or the
/// lines of a screen.
pub fn pence() -> Rule {
    (r"\b([1-9]\d?)p\b".into(), |c, context| match context.tables.currency("£").map(|pound| &pound.names[..]) {
        Some([_, _, penny, pence]) if context.locale.pounds => {
            format!("{} {}", cardinal(&c[1]), if &c[1] == "1" { penny } else { pence })
        }
        _ => c[0].to_owned(),
    })
}

fn spoken(c: &Captures, context: &Context) -> String {
    amounts(c, context).unwrap_or_else(|| c[0].to_owned())
}

fn amounts(c: &Captures, context: &Context) -> Option<String> {
    let currency = context.tables.currency(&c["sign"])?;
    let times = |name: &str| c.name(name).and_then(|sign| context.tables.magnitudes.get(sign.as_str()));
    let from = regrouped(&c["from"], currency.dots)?;
    let said = match c.name("to") {
        None => amount(&from, times("times"), currency, context),
        Some(to) => {
            let to = regrouped(to.as_str(), currency.dots)?;
            let whole = |number: &str| !number.contains('.');
            let shared = times("to_times").is_some() || whole(&from) && whole(&to);
            let end = amount(&to, times("to_times"), currency, context);
            // Examples are "five to ten dollars" and "one dollar and fifty cents to two dollars".
            if shared {
                let own = times("times").filter(|own| Some(*own) != times("to_times"));
                let own = own.map_or_else(String::new, |own| format!(" {own}"));
                format!("{}{own} to {end}", context.cardinal(&from))
            } else {
                format!("{} to {end}", amount(&from, times("times"), currency, context))
            }
        }
    };
    let lead = c.name("lead").map_or("", |lead| lead.as_str());
    let minus = if c.name("minus").is_some() || c.name("inner").is_some() { "minus " } else { "" };
    let per = c.name("per").and_then(|per| context.tables.per.get(per.as_str()));
    let per = per.map_or_else(String::new, |per| format!(" per {per}"));
    Some(format!("{lead}{minus}{said}{per}{}", &c["end"]))
}

fn amount(number: &str, times: Option<&String>, currency: &Currency, context: &Context) -> String {
    let [one, several, ..] = &currency.names[..] else { return number.to_owned() };
    if let Some(times) = times {
        return format!("{} {times} {several}", context.cardinal(number));
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let name = if whole == "1" { one } else { several };
    match (part, &currency.names[2..]) {
        ("" | "0" | "00", _) => format!("{} {name}", context.cardinal(whole)),
        (part, [hundredth, hundredths]) if part.len() == 2 => {
            let spoken = cardinal(part.trim_start_matches('0'));
            let part = format!("{spoken} {}", if part == "01" { hundredth } else { hundredths });
            if whole == "0" { part } else { format!("{} {name} and {part}", context.cardinal(whole)) }
        }
        _ => format!("{} {several}", context.cardinal(number)),
    }
}
