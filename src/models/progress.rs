//! What a person sees while weights are fetched: bars on a terminal, lines elsewhere. Always on stderr.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

#[derive(Debug, Clone)]
pub enum Progress {
    Bars(MultiProgress),
    Lines,
    Silent,
}

/// One package or file on its way.
pub struct Step<'a> {
    progress: &'a Progress,
    bar: Option<ProgressBar>,
    name: String,
    bytes: u64,
    began: Instant,
}

impl Progress {
    /// Bars where a person watches, lines in a log.
    pub fn for_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Bars(MultiProgress::new()) } else { Self::Lines }
    }

    pub fn say(&self, line: &str) {
        match self {
            // A terminal that went away is no reason to stop fetching.
            Self::Bars(bars) => drop(bars.println(line)),
            Self::Lines => hint!("{line}"),
            Self::Silent => {}
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
                hint!("  {name} ({}): {state}", HumanBytes(bytes));
                None
            }
            Self::Silent => None,
        };
        Step { progress: self, bar, name: name.to_owned(), bytes, began: Instant::now() }
    }
}

impl Step<'_> {
    pub fn state(&self, state: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(state.to_owned());
        }
    }

    pub fn position(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes.min(self.bytes));
        }
    }

    /// The bar goes; a line with the outcome stays.
    pub fn done(self, outcome: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.began.elapsed().as_secs_f32();
        self.progress.say(&format!("  {} ({}): {outcome}, {seconds:.1} s", self.name, HumanBytes(self.bytes)));
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
