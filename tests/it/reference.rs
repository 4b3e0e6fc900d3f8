//! What is written about the code says what the code says: the pages of the reference that are made from it, and the names of
//! files in comments.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use regex::Regex;

/// Every Rust file of the workspace, but for what was built.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                if !["target", "node_modules", "data"].iter().any(|made| name == *made)
                    && !name.to_string_lossy().starts_with('.')
                {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn a_file_that_a_comment_names_exists() {
    let files = sources();
    let known: HashSet<String> = files
        .iter()
        .map(|file| file.to_string_lossy().into_owned())
        .flat_map(|path| {
            path.match_indices('/').map(|(at, _)| path[at + 1..].to_owned()).chain([path.clone()]).collect::<Vec<_>>()
        })
        .collect();
    let named = Regex::new(r"[\w/]+\.rs\b").unwrap();
    let mut stale = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("//")) {
            let unknown = named.find_iter(line).map(|name| name.as_str()).filter(|name| !known.contains(*name));
            stale.extend(unknown.map(|name| format!("{}:{}: {name}", file.display(), number + 1)));
        }
    }
    assert!(known.len() > 500 && stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn the_reference_is_what_the_code_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for (name, text) in interviewer::cli::reference::pages().unwrap() {
        let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(written == text, "{name} is out of date. Run: cargo run -- reference docs/reference");
    }
}
