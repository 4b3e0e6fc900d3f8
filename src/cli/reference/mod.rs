//! `interviewer reference DIR`: the pages of the reference that are made from the code, and the description of the API, which
//! the types of the console are made from.
//!
//! Owns: which files these are, and what stands in them. `tests/it/reference.rs` fails when a file in the repository is not
//! what this makes. Never does: describe anything that the code does not say itself.

mod events;
mod settings;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::telemetry::Metrics;

#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// The folder of the pages: docs/reference.
    dir: PathBuf,
}

impl ReferenceArgs {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        for (name, text) in pages()? {
            let path = self.dir.join(name);
            std::fs::write(&path, text)?;
            say!("{}", path.display())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Every page: its file name and its text.
pub fn pages() -> anyhow::Result<[(&'static str, String); 5]> {
    Ok([
        ("openapi.json", crate::api::openapi().to_pretty_json()? + "\n"),
        ("settings.md", settings::page()),
        ("cli.md", commands()),
        ("metrics.md", metrics()?),
        ("events.md", events::page()?),
    ])
}

/// Says on a page where it comes from.
fn head(title: &str, introduction: &str) -> String {
    format!(
        "# {title}\n\n<!-- Made by `interviewer reference docs/reference` from the code: change the code. -->\n\n{introduction}\n"
    )
}

fn commands() -> String {
    let options = clap_markdown::MarkdownOptions::new().show_footer(false).show_table_of_contents(false);
    let text = clap_markdown::help_markdown_custom::<super::Cli>(&options);
    // Its own title and introduction are replaced.
    let body = text.find("\n## ").map_or(text.as_str(), |from| &text[from..]);
    let body = body.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    head(
        "Command line",
        "Every command takes `--help`. Settings come from the environment and a settings file (see [Settings](settings.md)).",
    ) + body.trim_end()
        + "\n"
}

fn metrics() -> anyhow::Result<String> {
    let mut page = head(
        "Metrics",
        "`GET /metrics` shows these families in the Prometheus text format. Names and labels are stable. A label's values that \
         can be known beforehand stand at 0 from the start.",
    );
    page += "\n| family | type | labels | what it counts |\n|---|---|---|---|\n";
    for family in Metrics::new()?.families()? {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{}` | {} | {} | {} |", family.name, family.kind, labels.join(", "), cell(&family.help))?;
    }
    Ok(page)
}

/// Text as it may stand in a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
