//! Progress of a fetch on stderr: bars on a terminal, lines elsewhere.

use std::cell::Cell;
use std::io::{IsTerminal, Write as _};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

/// The interval at which a long download logs its progress.
const LINE_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub enum Progress {
    Bars(MultiProgress),
    Lines,
    Silent,
    /// Keeps the lines for a test to read.
    #[cfg(test)]
    Kept(std::sync::Arc<parking_lot::Mutex<Vec<String>>>),
}

/// A package or file that is being fetched.
pub struct Step<'a> {
    progress: &'a Progress,
    bar: Option<ProgressBar>,
    name: String,
    /// The expected size in bytes, or 0 if it is not known.
    bytes: u64,
    began: Instant,
    told: Cell<Instant>,
}

impl Progress {
    /// Shows bars if stderr is a terminal, and lines otherwise.
    pub fn for_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Bars(MultiProgress::new()) } else { Self::Lines }
    }

    pub fn say(&self, line: &str) {
        match self {
            // An error of a closed terminal must not stop the fetch.
            Self::Bars(bars) => drop(bars.println(line)),
            Self::Lines => to_stderr(line),
            Self::Silent => {}
            #[cfg(test)]
            Self::Kept(lines) => lines.lock().push(line.to_owned()),
        }
    }

    pub(super) fn start(&self, name: &str, bytes: u64, state: &str) -> Step<'_> {
        let bar = match self {
            Self::Bars(bars) => {
                let bar = bars.add(ProgressBar::new(bytes));
                let style = "  {prefix:34} {bar:24} {bytes:>10} of {total_bytes:<10} {msg}";
                bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_prefix(name.to_owned());
                bar.set_message(state.to_owned());
                bar.enable_steady_tick(Duration::from_millis(200));
                Some(bar)
            }
            Self::Lines => {
                to_stderr(&format!("  {name}{}: {state}", size(bytes)));
                None
            }
            Self::Silent => None,
            #[cfg(test)]
            Self::Kept(_) => None,
        };
        let began = Instant::now();
        Step { progress: self, bar, name: name.to_owned(), bytes, began, told: Cell::new(began) }
    }
}

/// Writes a line and ignores errors, because `eprintln!` would panic if stderr were closed.
fn to_stderr(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl Step<'_> {
    pub fn state(&self, state: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(state.to_owned());
        }
    }

    pub fn position(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(if self.bytes == 0 { bytes } else { bytes.min(self.bytes) });
        } else if self.told.get().elapsed() >= LINE_EVERY {
            self.told.set(Instant::now());
            self.progress.say(&format!("  {}: {} of {}", self.name, HumanBytes(bytes), HumanBytes(self.bytes)));
        }
    }

    /// Removes the bar and prints a line with the outcome.
    pub fn done(self, outcome: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.began.elapsed().as_secs_f32();
        self.progress.say(&format!("  {}{}: {outcome}, {seconds:.1} s", self.name, size(self.bytes)));
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Formats a size in brackets to follow a name. Returns nothing if the size is not known.
fn size(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format!(" ({})", HumanBytes(bytes)) }
}
