//! What to write instead of a value that is not of its field's type, where it can be told what was meant.
//!
//! Owns: numbers in quotes or with their unit, shares in percent, times, words for yes and no. Never does: change the
//! document: the author does.

use serde_json::Value;

/// `; write max_follow_ups: 2`, or nothing. Whole numbers only if `is_whole`.
pub(super) fn number(key: &str, value: &Value, min: f64, max: f64, is_whole: bool) -> String {
    let meant = match value {
        Value::Number(number) => number.as_f64().map(|number| (number, false)),
        Value::String(text) => of_text(text),
        _ => None,
    };
    let Some((mut number, mut percent)) = meant else { return String::new() };
    // 70 for a share of 0.7 is a percentage, too.
    percent |= !is_whole && max <= 1.0 && number > 1.0 && number <= 100.0;
    if percent && max <= 1.0 {
        number /= 100.0;
    }
    let fits = (min..=max).contains(&number) && (!is_whole || number.fract() == 0.0);
    if fits { format!("; write {key}: {number}") } else { String::new() }
}

/// The number of a text such as `2`, `0,7`, `70%`, `30 minutes` or `2:30` (in seconds), and whether it is a percentage.
fn of_text(text: &str) -> Option<(f64, bool)> {
    let text = text.trim();
    if let Some((minutes, seconds)) = text.split_once(':') {
        let (minutes, seconds) = (minutes.parse::<u32>().ok()?, seconds.parse::<u32>().ok()?);
        return Some((f64::from(minutes) * 60.0 + f64::from(seconds), false));
    }
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | ',' | '-' | '+' | '_')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = digits.replace('_', "").replace(',', ".");
    Some((digits.parse().ok()?, unit.trim() == "%"))
}

/// `; write required: true`, or nothing.
pub(super) fn switch(key: &str, value: &Value) -> String {
    let meant = match value {
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => Some(true),
            "false" | "no" | "off" | "n" | "0" => Some(false),
            _ => None,
        },
        Value::Number(number) => number.as_u64().filter(|number| *number <= 1).map(|number| number == 1),
        _ => None,
    };
    meant.map_or_else(String::new, |meant| format!("; write {key}: {meant}"))
}

/// `; write tags: [trains]`, or nothing.
pub(super) fn list(path: &str, value: &Value) -> String {
    let key = path.rsplit('/').next().unwrap_or_default();
    match value {
        Value::Null => format!("; write {key}: [] or leave it out"),
        Value::String(text) => {
            let items: Vec<String> = text
                .split([',', ';'])
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::from(item).to_string())
                .collect();
            format!("; write {key}: [{}]", items.join(", "))
        }
        Value::Bool(_) | Value::Number(_) => format!("; write {key}: [{value}]"),
        Value::Object(_) => "; begin each of its items with a hyphen".to_owned(),
        Value::Array(_) => String::new(),
    }
}

/// `; write scale: {min: 1, max: 10}`, or nothing.
pub(super) fn scale(value: &Value) -> String {
    let bounds: Vec<i64> = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_i64).collect(),
        Value::String(text) => {
            text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
        }
        Value::Number(number) => number.as_i64().map(|max| vec![1, max]).unwrap_or_default(),
        _ => Vec::new(),
    };
    match bounds[..] {
        // Perhaps written out in full: 1, 2, 3, 4, 5.
        [min, .., max] if min < max => format!("; write scale: {{min: {min}, max: {max}}}"),
        _ => "; write for example scale: {min: 1, max: 10}".to_owned(),
    }
}
