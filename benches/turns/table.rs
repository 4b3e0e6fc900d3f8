//! Figures as markdown.
//!
//! Owns: rows, shares, percentiles and the facts of the machine. Never does: measure.

use std::fmt::Write;

use demo::measure::percentile;

/// A table under construction.
pub struct Table(String);

impl Table {
    pub fn new(columns: &[&str]) -> Self {
        Self(format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len())))
    }

    pub fn row(&mut self, cells: &[String]) {
        // Writing to a string never fails.
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    pub fn finish(self) -> String {
        self.0
    }
}

/// `17 of 19 (89 %)`.
pub fn share(part: usize, whole: usize) -> String {
    let percent = (part * 100).checked_div(whole);
    percent.map_or_else(|| "none".to_owned(), |percent| format!("{part} of {whole} ({percent} %)"))
}

/// The percentile in ms, or a dash.
pub fn at(values: &[u64], p: f64) -> String {
    percentile(values, p).map_or_else(|| "–".to_owned(), |value| value.to_string())
}

/// Cores, processor, memory, compiler, profile and what else the machine was doing.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let gib = memory.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1_048_576.0;
    let rust = std::process::Command::new("rustc").arg("--version").output();
    let rust = rust.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let load = read("/proc/loadavg").split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let mut text = String::new();
    let _ = write!(text, "{cores} cores ({}), {gib:.0} GiB; ", field(&read("/proc/cpuinfo"), "model name"));
    let _ = write!(text, "{rust}, {profile} build; load average at start {load}");
    text
}
