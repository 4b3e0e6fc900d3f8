//! What to write instead of a value of the wrong type, where the intention can be recognised.
//!
//! Owns: numbers in quotes or with a unit, durations, percentages, words for yes and no, lists and
//! scales in other forms, and misspelled names. Never does: change the document, which the author
//! does.

use serde_json::Value;

use crate::language::Language;

/// Returns `; write max_follow_ups: 2`, or nothing. `is_whole`: only whole numbers are allowed.
pub(super) fn number(key: &str, value: &Value, min: f64, max: f64, is_whole: bool) -> String {
    let meant = match value {
        Value::Number(number) => number.as_f64().map(|number| (number, false)),
        Value::String(text) => duration(key, text).map(|number| (number, false)).or_else(|| of_text(text)),
        _ => None,
    };
    let Some((mut number, mut percent)) = meant else { return String::new() };
    // 70 for a share of 0.7 is a percentage as well.
    percent |= !is_whole && max <= 1.0 && number > 1.0 && number <= 100.0;
    if percent && max <= 1.0 {
        number /= 100.0;
    }
    let fits = (min..=max).contains(&number) && (!is_whole || number.fract() == 0.0);
    if fits { format!("; write {key}: {number}") } else { String::new() }
}

/// Returns the duration in `90 min`, `1h30`, `1m30s` or `2:30`, in the unit of its field, or none
/// if the field has no unit.
fn duration(key: &str, text: &str) -> Option<f64> {
    let in_minutes = key.ends_with("_minutes");
    if !in_minutes && !["time_limit", "time_allocation"].contains(&key) {
        return None;
    }
    let text = text.trim().to_lowercase();
    let seconds = if text.contains(':') {
        // The last part is in the field's own unit.
        let parts = text.split(':').map(str::parse::<u32>).collect::<Result<Vec<_>, _>>().ok()?;
        let own = parts.iter().fold(0.0, |sum, part| sum * 60.0 + f64::from(*part));
        if in_minutes { own * 60.0 } else { own }
    } else {
        let mut seconds = 0.0;
        let mut rest = text.as_str();
        // A number without a unit has the next smaller one.
        let mut factor = if in_minutes { 60.0 } else { 1.0 };
        while !rest.is_empty() {
            let (number, unit, after) = amount(rest)?;
            factor = match unit.chars().next() {
                None => factor,
                Some('h') => 3600.0,
                Some('m') => 60.0,
                Some('s') => 1.0,
                Some(_) => return None,
            };
            seconds += number * factor;
            (rest, factor) = (after, f64::max(factor / 60.0, 1.0));
        }
        seconds
    };
    Some(if in_minutes { (seconds / 60.0).ceil() } else { seconds })
}

/// Returns the first number of a text, its unit, and the rest.
fn amount(text: &str) -> Option<(f64, &str, &str)> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | ',')).unwrap_or(text.len());
    let number = text[..end].replace(',', ".").parse().ok()?;
    let rest = text[end..].trim_start();
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    Some((number, &rest[..end], rest[end..].trim_start()))
}

/// Returns the number of a text such as `2`, `0,7`, `70%`, `v2`, `150 wpm` or `two`, and whether it
/// is a percentage.
fn of_text(text: &str) -> Option<(f64, bool)> {
    let text = text.trim();
    if let Some(number) = Language::english().times.number(&text.to_lowercase()) {
        return Some((f64::from(number), false));
    }
    if text.eq_ignore_ascii_case("none") {
        return Some((0.0, false));
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | '-' | '+' | '_')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = digits.replace('_', "").replace(',', ".");
    Some((digits.parse().ok()?, unit.trim() == "%"))
}

/// Returns `; write required: true`, or nothing.
pub(super) fn switch(key: &str, value: &Value) -> String {
    let meant = match value {
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" | "required" => Some(true),
            "false" | "no" | "off" | "n" | "0" | "optional" => Some(false),
            _ => None,
        },
        Value::Number(number) => number.as_u64().filter(|number| *number <= 1).map(|number| number == 1),
        Value::Null => return format!("; write {key}: true or leave it out"),
        _ => None,
    };
    meant.map_or_else(String::new, |meant| format!("; write {key}: {meant}"))
}

/// Returns `; write tags: [trains]`, or nothing.
pub(super) fn list(path: &str, value: &Value) -> String {
    let key = path.rsplit('/').next().unwrap_or_default();
    match value {
        Value::Null => format!("; write {key}: [] or leave it out"),
        Value::String(text) if ["none", "no", "n/a", "-"].contains(&text.trim().to_lowercase().as_str()) => {
            format!("; write {key}: [] or leave it out")
        }
        Value::String(text) => format!("; write {key}: [{}]", items(text).join(", ")),
        Value::Object(fields) if key == "options" && fields.values().all(Value::is_string) => {
            let options: Vec<String> =
                fields.iter().map(|(id, text)| format!("{{id: {}, text: {text}}}", Value::from(id.as_str()))).collect();
            format!("; write {key}: [{}]", options.join(", "))
        }
        Value::Bool(_) | Value::Number(_) => format!("; write {key}: [{value}]"),
        Value::Object(_) => "; begin each of its items with a hyphen".to_owned(),
        Value::Array(_) => String::new(),
    }
}

/// Returns the items of a list that was written as one text.
fn items(text: &str) -> Vec<String> {
    let text = text.trim();
    let lines = text.replace(" -", "\n-");
    let items: Vec<&str> = if text.starts_with('-') || text.contains('\n') {
        lines.lines().collect()
    } else {
        let sign = ['|', ';', ','].into_iter().find(|sign| text.contains(*sign));
        sign.map_or_else(|| vec![text], |sign| text.split(sign).collect())
    };
    items
        .into_iter()
        .map(|item| item.trim().trim_start_matches('-').trim())
        .filter(|item| !item.is_empty())
        .map(|item| Value::from(item).to_string())
        .collect()
}

/// Returns `; write options: ["Yes", "No"]` if all options were written as one item, or nothing.
pub(super) fn options(options: &[Value]) -> String {
    let [Value::String(all)] = options else { return String::new() };
    let items = items(all);
    if items.len() < 2 { String::new() } else { format!("; write options: [{}]", items.join(", ")) }
}

/// Returns `; write 10,000 in quotes` for an item that is the end of a number, split at its comma.
pub(super) fn cut_number(items: &[Value], at: usize) -> Option<String> {
    let text = |at: usize| items.get(at).and_then(Value::as_str);
    let (before, end) = (text(at.checked_sub(1)?)?, text(at)?);
    let digits = |text: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let amount = before.trim_start_matches(|c: char| !c.is_alphanumeric());
    let is_cut = end.starts_with('0') && end.get(..3).is_some_and(|end| digits(end, 3..=3)) && digits(amount, 1..=3);
    is_cut.then(|| format!("a comma ends an item of a list; write {:?}, in quotes", format!("{before},{end}")))
}

/// Returns the one of `names` that was intended. Case, hyphens, a plural or one letter may differ.
pub(super) fn near<'n>(written: &str, names: &[&'n str]) -> Option<&'n str> {
    let plain = |name: &str| -> String {
        let name = name.split(':').next().unwrap_or_default();
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(written);
    let mut like = names.iter().copied().filter(|name| plain(name) == wanted);
    like.next().or_else(|| {
        let close = |name: &&&str| {
            let name = plain(name);
            wanted.len() > 3 && a_letter_apart(&name, &wanted)
        };
        names.iter().find(close).copied()
    })
}

/// Whether two words differ by one letter.
fn a_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let back = a[front..].iter().rev().zip(b[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    a.len() - front - back <= 1 && b.len() - front - back <= 1
}

/// Returns the whole numbers of a text. A hyphen before a digit is a minus unless it follows
/// another digit.
fn numbers(text: &str) -> Vec<i64> {
    let mut found = Vec::new();
    let mut number = String::new();
    let mut before = ' ';
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() || (c == '-' && number.is_empty() && !before.is_ascii_digit()) {
            number.push(c);
        } else {
            found.extend(number.parse::<i64>());
            number.clear();
        }
        before = c;
    }
    found
}

/// Returns `; write scale: {min: 1, max: 10}`, or nothing.
pub(super) fn scale(value: &Value) -> String {
    let mut bounds: Vec<i64> = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_i64).collect(),
        Value::String(text) => numbers(text),
        Value::Number(number) => number.as_i64().map(|max| vec![1, max]).unwrap_or_default(),
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| numbers(&format!("{key} {value}"))).collect(),
        _ => Vec::new(),
    };
    if value.is_object() {
        bounds.sort_unstable();
    }
    match bounds[..] {
        // The scale may be written out in full: 1, 2, 3, 4, 5.
        [min, .., max] if min < max => format!("; write scale: {{min: {min}, max: {max}}}"),
        _ => "; write for example scale: {min: 1, max: 10}".to_owned(),
    }
}
