//! The upstream model hub: the first source of every file whose manifest entry names one.
//!
//! Owns: the hub's address, whether the hub is used in this run, and the download of one file with
//! `curl`, which is resumed after an interruption and abandoned when it is too slow. Never does:
//! name a host, which the user's settings do, or keep a file whose SHA-256 is not the pinned one.
//!
//! After a failure to connect, the hub is not used for the rest of the run, so that a machine
//! without internet access waits only once and briefly. A useless answer, such as a 404 or the
//! wrong content, affects that file only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::WeightsError;
use super::digest::sha256;
use super::manifest::HubFile;
use super::process::{Failure, run};
use super::progress::Step;

/// The environment variables that may hold the hub's address, in order of precedence. Other
/// programs that use a hub read the second one.
const VARIABLES: [&str; 2] = ["MODELS_HUB", "HF_ENDPOINT"];
const REDIRECTS: &str = "5";
/// The maximum number of attempts at one download.
const ATTEMPTS: u32 = 3;

/// curl's exit codes, by what they say about the hub.
mod code {
    /// The address cannot be resolved, connected to or trusted, or nothing answers in time.
    pub const AWAY: [i32; 8] = [5, 6, 7, 28, 35, 52, 58, 60];
    /// The connection broke while the file was being transferred.
    pub const BROKEN: [i32; 4] = [18, 55, 56, 92];
    /// The server cannot resume in the middle of the file, or the part on disk is longer than the
    /// file.
    pub const NO_RESUMING: [i32; 2] = [33, 36];
}

/// The time limits for the hub.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The limit for the first probe, before any file is requested.
    pub probe: Duration,
    /// The limit for each further connection.
    pub connect: Duration,
    /// A download that stays below this many bytes per second …
    pub slow_bytes: u32,
    /// … for this many seconds is abandoned.
    pub slow_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let [probe, connect] = [4, 10].map(Duration::from_secs);
        Self { probe, connect, slow_bytes: 32 * 1024, slow_seconds: 20 }
    }
}

/// The reason why a file did not come from the hub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The hub is not used again in this run.
    #[error("the hub cannot be reached, or is too slow: {0}")]
    Away(String),
    #[error("{0}")]
    Answer(String),
    #[error("this is not the content that the manifest pins (sha256 {is} instead of {pinned})")]
    Hash { is: String, pinned: String },
}

/// A file to download, and what is known about its content.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub from: &'a HubFile,
    /// The size in bytes, where it is known. A longer file is refused.
    pub bytes: Option<u64>,
    pub sha256: &'a str,
}

/// A hub at one address, for one run.
#[derive(Debug)]
pub struct Hub {
    base: String,
    limits: Limits,
    /// Set after a failure to connect. Asking the hub again would only cost time.
    away: AtomicBool,
}

impl Hub {
    /// Returns the hub that the environment names, if any. The first variable that is set decides,
    /// even if it is empty. Returns an error if its value is not an HTTP address.
    pub fn from_environment() -> Result<Option<Self>, WeightsError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, WeightsError> {
        let Some((variable, base)) = VARIABLES.into_iter().find_map(|name| Some((name, read(name)?))) else {
            return Ok(None);
        };
        match base.trim() {
            "" => Ok(None),
            base if base.starts_with("https://") || base.starts_with("http://") => {
                Ok(Some(Self::at(base, Limits::default())))
            }
            _ => Err(WeightsError::HubAddress { variable }),
        }
    }

    pub fn at(base: &str, limits: Limits) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), limits, away: AtomicBool::new(false) }
    }

    /// Checks whether anything answers at the hub's address. Any HTTP status will do.
    pub fn probe(&self, workshop: &Path) -> Result<(), HubError> {
        let mut command = self.curl(self.limits.probe);
        command.args(["--head", "--output", "/dev/null", "--max-time", &seconds(self.limits.probe)]);
        command.arg("--url").arg(&self.base);
        run(command, &workshop.join("hub.log"), || None).map_err(|failure| self.left_out(told(&failure)))
    }

    /// Returns true if the hub is no longer used because of a failure to connect.
    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Downloads a file to `to` through a `.part` file beside it that a later run can resume. The
    /// result always has the pinned SHA-256.
    pub fn bring(&self, wanted: Wanted<'_>, to: &Path, step: &Step<'_>) -> Result<(), HubError> {
        if sha256(to).is_ok_and(|is| is == wanted.sha256) {
            return Ok(());
        }
        let part = beside(to);
        // A part that an earlier run left may belong to another file, or the server may be unable
        // to resume. In both cases the download starts again from the first byte.
        let resumed = length(&part) > 0;
        match self.bring_part(wanted, &part, to, step) {
            Err(HubError::Answer(_) | HubError::Hash { .. }) if resumed => {
                let _ = fs::remove_file(&part);
                self.bring_part(wanted, &part, to, step)
            }
            outcome => outcome,
        }
    }

    fn bring_part(&self, wanted: Wanted<'_>, part: &Path, to: &Path, step: &Step<'_>) -> Result<(), HubError> {
        if wanted.bytes.is_none_or(|bytes| length(part) < bytes) {
            self.download(wanted, part, step)?;
        }
        let is = sha256(part).map_err(|error| HubError::Answer(error.to_string()))?;
        if is != wanted.sha256 {
            let _ = fs::remove_file(part);
            return Err(HubError::Hash { is, pinned: wanted.sha256.to_owned() });
        }
        fs::rename(part, to).map_err(|error| HubError::Answer(error.to_string()))
    }

    fn download(&self, wanted: Wanted<'_>, part: &Path, step: &Step<'_>) -> Result<(), HubError> {
        let mut attempt = 1;
        loop {
            let outcome = run(self.get(wanted, part), &part.with_extension("log"), || {
                let is = length(part);
                step.position(is);
                let more = wanted.bytes.filter(|bytes| is > *bytes)?;
                Some(format!("the file is longer than the {more} bytes that the manifest names"))
            });
            let Err(failure) = outcome else { return Ok(()) };
            let reason = told(&failure);
            match failure.code {
                Some(code) if code::BROKEN.contains(&code) && attempt < ATTEMPTS => {
                    step.state(&format!("connection lost, attempt {} of {ATTEMPTS}", attempt + 1));
                    attempt += 1;
                }
                Some(code) if code::AWAY.contains(&code) || code::BROKEN.contains(&code) => {
                    return Err(self.left_out(reason));
                }
                Some(code) if code::NO_RESUMING.contains(&code) && attempt < ATTEMPTS => {
                    let _ = fs::remove_file(part);
                    attempt += 1;
                }
                // curl could not be started.
                None if length(part) == 0 => return Err(self.left_out(reason)),
                // The server answered something else, or sent more than the file.
                _ => {
                    let _ = fs::remove_file(part);
                    return Err(HubError::Answer(reason));
                }
            }
        }
    }

    fn get(&self, wanted: Wanted<'_>, part: &Path) -> Command {
        let HubFile { repo, revision, file } = wanted.from;
        let mut command = self.curl(self.limits.connect);
        command.args(["--fail", "--location", "--max-redirs", REDIRECTS, "--continue-at", "-"]);
        command.args(["--speed-limit", &self.limits.slow_bytes.to_string()]);
        command.args(["--speed-time", &self.limits.slow_seconds.to_string()]);
        if let Some(bytes) = wanted.bytes {
            command.args(["--max-filesize", &bytes.to_string()]);
        }
        command.arg("--output").arg(part).arg("--url").arg(format!("{}/{repo}/resolve/{revision}/{file}", self.base));
        command
    }

    fn curl(&self, connect_within: Duration) -> Command {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--globoff", "--connect-timeout", &seconds(connect_within)]);
        // A redirect from an https address to plain http is refused.
        command.args(["--proto", "=http,https", "--proto-redir"]);
        command.arg(if self.base.starts_with("https:") { "=https" } else { "=http,https" });
        command
    }

    fn left_out(&self, reason: String) -> HubError {
        self.away.store(true, Ordering::Relaxed);
        HubError::Away(reason)
    }
}

/// Returns the path of a file's unfinished download.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

/// Returns curl's own message: its last line, without its name and exit code.
fn told(failure: &Failure) -> String {
    let said = failure.reason.rsplit_once("curl: (").and_then(|(_, rest)| rest.split_once(") "));
    said.map_or(failure.reason.as_str(), |(_, said)| said).to_owned()
}

/// Formats a duration as curl expects it: in seconds.
fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Option<String>, String> {
        let read = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Hub::from_variables(read).map(|hub| hub.map(|hub| hub.base)).map_err(|error| error.to_string())
    }

    #[test]
    fn only_what_curl_says_is_told() {
        let failure = |reason: &str| told(&Failure { code: Some(7), reason: reason.to_owned() });
        assert_eq!(failure("curl ended with exit status: 7: curl: (7) Couldn't connect"), "Couldn't connect");
        assert_eq!(failure("curl can't be started: not found"), "curl can't be started: not found");
    }

    #[test]
    fn the_first_variable_that_is_set_names_the_hub() {
        let other = ("HF_ENDPOINT", "https://other.example.org");
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&[other]), Ok(Some(other.1.to_owned())));
        let ours = ("MODELS_HUB", "https://hub.example.org/");
        assert_eq!(with(&[other, ours]), Ok(Some("https://hub.example.org".to_owned())));
        assert_eq!(with(&[other, ("MODELS_HUB", "")]), Ok(None), "an empty address leaves the hub out");
        assert!(with(&[("MODELS_HUB", "hub.example.org")]).unwrap_err().contains("MODELS_HUB"));
    }
}
