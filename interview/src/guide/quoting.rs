//! Texts that YAML cannot read, or reads only in part, unless they are in quotes: `'Don't'`, `>10`,
//! `our #1 product`, `&c`.
//!
//! Owns: finding their lines, and writing them with quotes. Never does: change the document, which
//! the author does.

use serde_json::Value;

use super::read::yaml_options;

/// Returns what to do about an error of the reader. If quotes are enough, that is the corrected
/// line.
pub(super) fn hint(text: &str, error: &str) -> String {
    // Quotes would make the tab a part of the text.
    if error.contains("found a tab") {
        return "indent by spaces, not by tabs".to_owned();
    }
    let line = error.split("line ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|line| line.parse().ok());
    let quoted = line.and_then(|line: usize| quoted_line(text, line.checked_sub(1)?));
    quoted.map_or_else(|| way_out(error).to_owned(), |line| format!("write {line}"))
}

/// Returns what to do about a common mistake, which is recognised by the reader's message.
fn way_out(error: &str) -> &'static str {
    for (words, hint) in [
        ("duplicate mapping key", "the field stands there twice; keep one of them"),
        ("multiple YAML documents", "a guide is one document; remove what follows the second ---"),
        (
            "mapping values are not allowed",
            "a text with a colon and a space in it goes in quotes, e.g. text: \"Price: is it fair?\"",
        ),
        ("unexpected character", "a text that begins with @, % or ` goes in quotes"),
        ("simple key expected", "a hyphen before an item and a colon behind a name need a space behind them"),
        ("did not find expected '-'", "indent all fields of an item alike"),
        ("tabs disallowed", "indent by spaces, not by tabs"),
        ("unclosed bracket", "close the bracket, on the same line"),
    ] {
        if error.contains(words) {
            return hint;
        }
    }
    "correct the document there"
}

/// Returns a message about a text of which YAML silently reads only a part. What follows ` #` is a
/// comment, and a first word with & is a name for the text.
pub(super) fn silently_cut(text: &str) -> Option<String> {
    let mut block: Option<usize> = None;
    for (at, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|outer| line.trim().is_empty() || indent > outer) {
            continue;
        }
        block = None;
        let Some((lead, value)) = split(line) else { continue };
        if value.starts_with(['|', '>']) && value.len() <= 3 {
            block = Some(indent);
            continue;
        }
        let plain = !value.starts_with(['"', '\'', '[', '{', '#']);
        let comment = value.find(" #").is_some_and(|at| value[at + 2..].starts_with(|c: char| !c.is_whitespace()));
        let name = value.strip_prefix('&').and_then(|rest| rest.split_once(' ')).map(|(name, _)| name);
        let is_name = name.is_some_and(|name| !text.contains(&format!("*{name}")));
        if plain && (comment || is_name) {
            let why = if comment { "what stands behind a # is a comment" } else { "a word behind & is a name in YAML" };
            return Some(format!(
                "line {}: {why}; write {lead}{}{}",
                at + 1,
                Value::from(value),
                if comment { ", or a space behind the # if it is one" } else { "" }
            ));
        }
    }
    None
}

/// Returns the line with its text, or the items of its list, in quotes, if the document can then be
/// read further.
fn quoted_line(text: &str, at: usize) -> Option<String> {
    let line = text.lines().nth(at)?;
    let (lead, value) = split(line)?;
    if value.starts_with('{') && value.ends_with('}') || value.starts_with('[') && !value.ends_with(']') {
        return None;
    }
    let list = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(|items| {
        let items: Vec<String> = items.split(", ").map(|item| in_quotes(item.trim())).collect();
        format!("[{}]", items.join(", "))
    });
    let value = list.unwrap_or_else(|| in_quotes(value));
    let indent = &line[..line.len() - line.trim_start().len()];
    let corrected: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(i, line)| if i == at { format!("{indent}{lead}{value}") } else { line.to_owned() })
        .collect();
    let further = match serde_saphyr::from_str_with_options::<Value>(&corrected.join("\n"), yaml_options()) {
        Ok(_) => true,
        Err(error) => error.location().is_some_and(|place| place.line() as usize > at + 1),
    };
    further.then(|| format!("{lead}{value}"))
}

fn in_quotes(value: &str) -> String {
    let stripped = ['"', '\''].iter().find_map(|mark| value.strip_prefix(*mark)?.strip_suffix(*mark));
    Value::from(stripped.unwrap_or(value)).to_string()
}

/// Splits a line into `- text: ` and its value. Returns none if the line has no value.
fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let mut start = 0;
    while line[start..].starts_with("- ") {
        start += 2;
    }
    let key = line[start..].split_once(": ").filter(|(key, _)| key.chars().all(|c| c.is_alphanumeric() || c == '_'));
    if let Some((key, _)) = key {
        start += key.len() + 2;
    }
    let value = line[start..].trim();
    (start > 0 && !value.is_empty()).then(|| (&line[..start], value))
}
