//! The page about the settings, made from the file that holds their defaults and describes them.

use std::fmt::Write as _;

use super::{cell, head};
use crate::config::DEFAULTS;

struct Setting<'a> {
    key: &'a str,
    default: &'a str,
    variable: &'a str,
    meaning: String,
}

pub(super) fn page() -> String {
    let mut page = head(
        "Settings",
        "Every setting has a default, so none is required. A settings file (`--config FILE`, or `INTERVIEWER_CONFIG`) \
         is TOML with the sections below. The environment variable beside a setting takes precedence over both. \
         `interviewer config show` prints the current value of each setting, and where its value comes from.",
    );
    for section in DEFAULTS.split("\n[").skip(1) {
        let Some((name, body)) = section.split_once(']') else { continue };
        let (notes, settings) = read(body);
        let _ = write!(page, "\n## `[{name}]`\n\n");
        if !notes.is_empty() {
            let _ = write!(page, "{notes}\n\n");
        }
        page += "| setting | environment | default | meaning |\n|---|---|---|---|\n";
        for Setting { key, default, variable, meaning } in settings {
            let _ = writeln!(page, "| `{key}` | `{variable}` | `{default}` | {} |", cell(&meaning));
        }
    }
    page
}

/// Reads the notes of a section, and its settings. Indented comment lines continue the comment
/// above them.
fn read(body: &str) -> (String, Vec<Setting<'_>>) {
    let (mut notes, mut settings) = (Vec::new(), Vec::<Setting>::new());
    for line in body.lines() {
        if let Some(note) = line.strip_prefix("# ") {
            notes.push(note.trim());
        } else if let Some(more) = line.trim_start().strip_prefix("# ") {
            if let Some(setting) = settings.last_mut() {
                setting.meaning = format!("{} {}", setting.meaning, more.trim());
            }
        } else if let Some((key, rest)) = line.split_once(" = ")
            && let Some((default, comment)) = rest.split_once(" # ")
        {
            let end = comment.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            let (variable, meaning) = comment.split_at(end.unwrap_or(comment.len()));
            let meaning = meaning.trim_start_matches([':', ',', ';', ' ']).to_owned();
            settings.push(Setting { key, default: default.trim(), variable, meaning });
        }
    }
    (notes.join(" "), settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ENVIRONMENT;

    #[test]
    fn every_setting_is_on_the_page_with_its_variable() {
        let page = page();
        for (variable, key) in ENVIRONMENT {
            let (_, name) = key.split_once('.').unwrap();
            assert!(page.contains(&format!("| `{name}` | `{variable}` | `")), "{key} is missing");
        }
        assert_eq!(page.matches("\n| `").count(), ENVIRONMENT.len());
    }
}
