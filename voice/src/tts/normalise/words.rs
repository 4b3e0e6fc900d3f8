//! Abbreviations, letters and addresses.
//!
//! Owns: what is written in short form or read letter by letter. Never does: numbers.

use regex::Captures;

use super::tables::{Tables, alternatives};
use super::{Context, Rule};

/// Rules for e-mail and web addresses. They come before all others, because addresses contain all
/// kinds of signs.
pub fn addresses() -> Vec<Rule> {
    vec![
        (r"(?i)\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b".into(), |c, _| address(&c[0])),
        (r#"(?i)\b(?:https?://|www\.)[^\s<>"()]*[\w/]"#.into(), |c, _| address(&c[0])),
        (
            r"(?i)\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|ai|uk|de|eu|app|edu|gov|info|hu|fr)\b(?:/[\w./?=&%#-]*\w)?".into(),
            |c, _| address(&c[0]),
        ),
    ]
}

/// Rules for short forms, and for letters that touch digits. They come after the rules for numbers.
pub fn rules(tables: &Tables) -> Vec<Rule> {
    let short = alternatives(tables.abbreviations.keys().cloned());
    let short = format!(r"(?i)(?P<before>^|[\s(/-])(?P<short>{short})(?P<after>$|[^\w'])");
    vec![
        (short.clone(), abbreviation),
        // The rule is applied twice, because two abbreviations in a row share the space between
        // them.
        (short, abbreviation),
        (r"\bSt\. ?([A-Z])".into(), |c, _| format!("Saint {}", &c[1])),
        (r"\bSt\.( [a-z]|,|$)".into(), |c, _| format!("Street{}", &c[1])),
        (r"\b(yes|his|he|pass|true|on|either)/(no|her|she|fail|false|off|or)\b".into(), |c, _| {
            format!("{} or {}", &c[1], &c[2])
        }),
        (r"\b([A-Za-z])&([A-Za-z])\b".into(), |c, _| format!("{} and {}", letter(&c[1]), letter(&c[2]))),
        (r"([A-Za-z]{2,})\.([a-z]{2,})".into(), |c, _| format!("{} dot {}", &c[1], &c[2])),
        // A full stop without a space after it is given one.
        (r"([a-z]{2,}[.!?])([A-Z])".into(), |c, _| format!("{} {}", &c[1], &c[2])),
    ]
}

/// Reads every sign of an address, such as `joe.doe@acme.io` or `https://a.b/c`, by its name.
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

pub fn before_number(c: &Captures, context: &Context) -> String {
    let word = context.tables.before_numbers.get(&c[2].to_lowercase());
    word.map_or_else(|| c[0].to_owned(), |word| format!("{}{word} {}", &c[1], &c[3]))
}

fn abbreviation(c: &Captures, context: &Context) -> String {
    let (before, short, after) = (&c["before"], c["short"].to_lowercase(), &c["after"]);
    let word = context.tables.abbreviations.get(&short);
    word.map_or_else(|| c[0].to_owned(), |word| format!("{before}{word}{after}"))
}

/// Returns the name of a letter. A single "A" would be read as the article.
fn letter(text: &str) -> String {
    if text.eq_ignore_ascii_case("a") { "eh".to_owned() } else { text.to_uppercase() }
}
