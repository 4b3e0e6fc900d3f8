//! `interviewer reference DIR`: the pages of the reference that are generated from the code, and the
//! description of the API, from which the types of the console are made.
//!
//! Owns: which files these are, and their content. `tests/it/reference.rs` fails if a file in the
//! repository differs from the generated one. Never does: describe anything that is not in the
//! code.

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

/// Returns every page with its file name and its text.
pub fn pages() -> anyhow::Result<[(&'static str, String); 5]> {
    Ok([
        ("openapi.json", crate::api::openapi().to_pretty_json()? + "\n"),
        ("settings.md", settings::page()),
        ("cli.md", commands()),
        ("metrics.md", metrics()?),
        ("events.md", events::page()?),
    ])
}

/// Returns the title and introduction of a page, with a comment that says how it is made.
fn head(title: &str, introduction: &str) -> String {
    format!(
        "# {title}\n\n<!-- Made by `interviewer reference docs/reference` from the code: change the code. \
            -->\n\n{introduction}\n"
    )
}

fn commands() -> String {
    let options = clap_markdown::MarkdownOptions::new().show_footer(false).show_table_of_contents(false);
    let text = clap_markdown::help_markdown_custom::<super::Cli>(&options);
    // The title and introduction of clap's text are replaced.
    let body = text.find("\n## ").map_or(text.as_str(), |from| &text[from..]);
    let body = body.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    head(
        "Command line",
        "Every command takes `--help`. Settings come from the environment and from a settings file (see \
            [Settings](settings.md)).",
    ) + body.trim_end()
        + "\n"
}

fn metrics() -> anyhow::Result<String> {
    let mut page = head(
        "Metrics",
        "`GET /metrics` returns these families in the Prometheus text format. Names and labels are stable. If the \
         values of a label are known in advance, their counters are present with 0 from the start.",
    );
    page += "\n| family | type | labels | meaning |\n|---|---|---|---|\n";
    for family in Metrics::new()?.families()? {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{}` | {} | {} | {} |", family.name, family.kind, labels.join(", "), cell(&family.help))?;
    }
    Ok(page)
}

/// Escapes text for a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
