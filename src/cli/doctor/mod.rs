//! `interviewer doctor`: checks whether this machine has what an interview needs, and how to get
//! what is missing.
//!
//! Owns: the checks and the advice. Never does: change anything, or have other settings than the
//! engine.

mod files;
mod ice;
mod network;
pub(super) mod running;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use indicatif::HumanBytes;
use serde::Serialize;

use crate::config::{ConfigError, Settings};
use crate::handles;
use crate::output::put;
use weights::{Manifest, Problem, Set, required, verify};

/// Space in bytes for the weights, their packages during the download, and a few recordings.
const DISK_TO_FETCH: u64 = 1_500_000_000;
const DISK_TO_RUN: u64 = 200_000_000;
/// Memory in bytes for Whisper base and Kokoro at work.
const MEMORY: u64 = 1_500_000_000;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The folder of the weights, if not that of the settings.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The Whisper model to check, if not that of the settings: base, tiny.en, or the path of a
    /// ggml file.
    #[arg(long)]
    whisper: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// It is not required now, but recommended.
    Optional,
    Missing,
}

#[derive(Debug, Serialize)]
struct CheckResult {
    check: &'static str,
    state: State,
    detail: String,
    /// How to get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl CheckResult {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, state: State::Ok, detail: detail.into(), remedy: None }
    }

    fn missing(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, state: State::Missing, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    fn or_optional(mut self, needed: bool) -> Self {
        if self.state == State::Missing && !needed {
            self.state = State::Optional;
        }
        self
    }
}

impl DoctorArgs {
    /// Checks the machine for `settings`. If the settings cannot be read, that is a finding, and
    /// the other checks use the defaults.
    pub fn run(self, settings: Result<Settings, ConfigError>) -> anyhow::Result<ExitCode> {
        let findings = self.examine(settings)?;
        if self.json {
            say!("{}", serde_json::to_string_pretty(&findings)?)?;
        } else {
            put(text(&findings))?;
        }
        let missing = findings.iter().any(|f| f.state == State::Missing);
        Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn examine(&self, settings: Result<Settings, ConfigError>) -> anyhow::Result<Vec<CheckResult>> {
        let (settings, said) = match settings {
            Ok(settings) => (settings, CheckResult::ok("settings", "read")),
            Err(error) => {
                let remedy = "correct them. The other checks use the defaults meanwhile";
                (Settings::read(None, |_| None)?, CheckResult::missing("settings", error.to_string(), remedy))
            }
        };
        let dir = self.dir.as_deref().unwrap_or(&settings.storage.models_dir);
        let whisper = self.whisper.as_deref().unwrap_or(&settings.speech.whisper);
        let mut findings = vec![said, processor(), memory(), file_handles(&settings)];
        let weights = weights(whisper, dir);
        let fetching = weights.iter().any(|f| f.state == State::Missing);
        findings.push(disk(dir, if fetching { DISK_TO_FETCH } else { DISK_TO_RUN }));
        // A built program with its weights needs none of these.
        for (check, command, package) in [
            ("python3 with pip", &["python3", "-m", "pip", "--version"][..], "python3-pip"),
            ("npm", &["npm", "--version"], "npm"),
        ] {
            findings.push(tool(check, command, package).or_optional(fetching));
        }
        for (check, command, package) in [
            ("cmake", &["cmake", "--version"][..], "cmake"),
            ("C++ compiler", &["c++", "--version"], "g++"),
            ("make", &["make", "--version"], "make"),
        ] {
            findings.push(tool(check, command, package).or_optional(false));
        }
        findings.extend(weights);
        findings.push(runtime(&dir.join("libonnxruntime.so")));
        findings.push(test_recordings(dir)?);
        findings.push(files::examine(&settings)?);
        findings.extend(network::examine(&settings)?);
        Ok(findings)
    }
}

fn text(findings: &[CheckResult]) -> String {
    let mut out = String::new();
    for finding in findings {
        let state = match finding.state {
            State::Ok => "ok      ",
            State::Optional => "optional",
            State::Missing => "MISSING ",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{state}  {:18} {}", finding.check, finding.detail);
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(out, "{:29}→ {remedy}", "");
        }
    }
    let missing = findings.iter().filter(|f| f.state == State::Missing).count();
    let verdict = match missing {
        0 => "This machine is ready: scripts/run demo".to_owned(),
        n => format!("{n} of {} checks failed.", findings.len()),
    };
    let _ = writeln!(out, "{verdict}");
    out
}

fn tool(check: &'static str, command: &[&str], package: &str) -> CheckResult {
    let output = Command::new(command[0]).args(&command[1..]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout);
            let version = said.lines().next().unwrap_or_default();
            CheckResult::ok(check, version.split(" from ").next().unwrap_or_default())
        }
        _ => CheckResult::missing(check, "not found", format!("scripts/setup, or: apt-get install {package}")),
    }
}

fn processor() -> CheckResult {
    const CHECK: &str = "processor";
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let said = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = said.lines().find(|l| l.starts_with("flags")).unwrap_or_default();
    let absent: Vec<_> =
        ["avx2", "fma", "f16c"].into_iter().filter(|f| !flags.split_whitespace().any(|w| w == *f)).collect();
    if !cfg!(target_arch = "x86_64") {
        let detail = format!("{}, but the packaged ONNX Runtime is for x86-64", std::env::consts::ARCH);
        return CheckResult::missing(CHECK, detail, "run on an x86-64 machine");
    }
    match (absent.is_empty(), cores) {
        (true, 2..) => CheckResult::ok(CHECK, format!("{cores} cores, AVX2, FMA, F16C")),
        (true, _) => CheckResult::missing(
            CHECK,
            "one core, so answers will be late",
            "use two cores or \
            more",
        )
        .or_optional(false),
        (false, _) => {
            let detail = format!("without {}, so speech processing will be slow", absent.join(", "));
            CheckResult::missing(CHECK, detail, "a processor from 2013 or later").or_optional(false)
        }
    }
}

fn memory() -> CheckResult {
    let said = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = said.lines().find_map(|l| l.strip_prefix("MemAvailable:"));
    let Some(kib) = available.and_then(|v| v.split_whitespace().next()?.parse::<u64>().ok()) else {
        return CheckResult::missing(
            "memory",
            "unknown, because there is no /proc/meminfo",
            "run on \
            Linux",
        )
        .or_optional(false);
    };
    let bytes = kib * 1024;
    let detail = format!("{} available", HumanBytes(bytes));
    if bytes >= MEMORY {
        CheckResult::ok("memory", detail)
    } else {
        CheckResult::missing("memory", detail, format!("{} are required. End other programs", HumanBytes(MEMORY)))
    }
}

fn file_handles(settings: &Settings) -> CheckResult {
    handles_of(handles::hard_limit(), settings.calls.max_concurrent_interviews, settings.storage.database_pool_size)
}

/// Computes what the engine does with so many handles. At its start it raises the soft limit to the
/// hard limit.
fn handles_of(limit: u64, wanted: usize, pool: u32) -> CheckResult {
    const CHECK: &str = "file handles";
    let share = handles::Share::of(limit, wanted, pool);
    let number = if limit == u64::MAX { "no limit".to_owned() } else { format!("{limit} at most") };
    let detail = format!("{number}, enough for {} calls and {} connections", share.calls, share.connections);
    if share.calls == wanted {
        return CheckResult::ok(CHECK, detail);
    }
    let remedy = format!(
        "MAX_CONCURRENT_INTERVIEWS={wanted} needs more. Raise the hard limit (ulimit -Hn, LimitNOFILE= of systemd, \
         --ulimit nofile= of Docker)"
    );
    CheckResult::missing(CHECK, detail, remedy).or_optional(false)
}

fn disk(dir: &Path, needed: u64) -> CheckResult {
    // The folder may not exist yet. Its nearest existing ancestor is on the same disk.
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let there: PathBuf = absolute.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/")).to_owned();
    match rustix::fs::statvfs(&there) {
        Ok(stat) => {
            let free = stat.f_bavail * stat.f_frsize;
            let detail = format!("{} free at {}", HumanBytes(free), there.display());
            if free >= needed {
                CheckResult::ok("disk space", detail)
            } else {
                CheckResult::missing("disk space", detail, format!("{} are required", HumanBytes(needed)))
            }
        }
        Err(e) => CheckResult::missing("disk space", format!("{}: {e}", there.display()), "choose another MODELS_DIR"),
    }
}

/// Returns a single finding for all weights, because one command fetches them all.
fn weights(whisper: &str, dir: &Path) -> Vec<CheckResult> {
    const CHECK: &str = "weights";
    let Err(problems) = verify(&required(whisper), dir) else {
        return vec![CheckResult::ok(CHECK, format!("complete, in {}", dir.display()))];
    };
    let mut by_command: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    for problem in problems {
        by_command.entry(problem.remedy.clone()).or_default().push(problem);
    }
    let told = |(remedy, problems): (String, Vec<Problem>)| {
        let detail = match problems.as_slice() {
            [one] => format!("{} {}", one.file.display(), one.what),
            many => {
                let bytes = HumanBytes(many.iter().map(|problem| problem.bytes).sum());
                let damaged: Vec<String> = many.iter().filter(|one| !one.missing).map(Problem::short).collect();
                let state = if damaged.is_empty() { "missing" } else { "missing or damaged" };
                let whole = format!("{} files ({bytes}) are {state}, in {}", many.len(), dir.display());
                [vec![whole], damaged].concat().join("; ")
            }
        };
        CheckResult::missing(CHECK, detail, remedy)
    };
    by_command.into_iter().map(told).collect()
}

/// Loads the library, as the engine does.
fn runtime(library: &Path) -> CheckResult {
    const CHECK: &str = "ONNX Runtime";
    const REMEDY: &str = "run scripts/run models fetch. The library requires glibc 2.28 or later (Debian 10)";
    if !library.is_file() {
        return CheckResult::missing(CHECK, format!("{} is missing", library.display()), REMEDY);
    }
    match ort::init_from(library) {
        Ok(_) => CheckResult::ok(CHECK, "loads"),
        Err(e) => CheckResult::missing(CHECK, format!("cannot be loaded: {e}"), REMEDY),
    }
}

fn test_recordings(dir: &Path) -> anyhow::Result<CheckResult> {
    let manifest = Manifest::built_in()?;
    let missing = manifest
        .items_of(Set::Test)
        .filter(|i| i.name.starts_with("test-"))
        .flat_map(|i| &i.files)
        .filter(|f| !dir.join(&f.path).is_file())
        .count();
    Ok(match missing {
        0 => CheckResult::ok("test recordings", "present"),
        n => CheckResult::missing(
            "test recordings",
            format!("{n} files are missing"),
            "run scripts/test, which fetches \
            them",
        )
        .or_optional(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'f>(findings: &'f [CheckResult], check: &str) -> &'f CheckResult {
        findings.iter().find(|f| f.check == check).unwrap()
    }

    #[test]
    fn what_is_checked_is_what_the_settings_say() {
        let dir = tempfile::tempdir().unwrap();
        let set = |name: &str| match name {
            "API_PORT" => Some("0".to_owned()),
            "ICE_PORT_RANGE" => Some("50000-50003".to_owned()),
            "WHISPER_MODEL" => Some("tiny.en".to_owned()),
            "MODELS_DIR" => Some(dir.path().display().to_string()),
            _ => None,
        };
        let args = DoctorArgs { dir: None, whisper: None, json: false };
        let findings = args.examine(Settings::read(None, set)).unwrap();
        assert_eq!(found(&findings, "settings").state, State::Ok);
        assert!(found(&findings, "HTTP port").detail.starts_with("127.0.0.1:0 "));
        assert!(found(&findings, "UDP ports").detail.contains(" of 4 ports from 50000 to 50003 "));
        let weights = found(&findings, "weights");
        assert!(weights.detail.ends_with(&format!(", in {}", dir.path().display())), "{weights:?}");
        assert!(weights.remedy.as_ref().unwrap().contains("models fetch --set small "), "{weights:?}");
    }

    #[test]
    fn too_few_handles_for_the_calls_are_a_finding_with_the_way_out() {
        let enough = handles_of(1_024, 8, 10);
        assert_eq!(
            (enough.state, enough.detail.as_str()),
            (State::Ok, "1024 at most, enough for 8 calls and 782 connections")
        );
        let few = handles_of(1_024, 1_000, 10);
        assert!(few.state == State::Optional && few.detail.contains("enough for 151 calls"), "{few:?}");
        let remedy = few.remedy.unwrap();
        assert!(remedy.contains("MAX_CONCURRENT_INTERVIEWS=1000") && remedy.contains("LimitNOFILE="), "{remedy}");
        assert!(handles_of(u64::MAX, 1_000, 10).detail.starts_with("no limit, "));
    }

    #[test]
    fn settings_that_cannot_be_read_are_a_finding_and_the_defaults_serve() {
        let set = |name: &str| (name == "ICE_PORT_RANGE").then(|| "9-1".to_owned());
        let args = DoctorArgs { dir: Some(PathBuf::from("nowhere")), whisper: None, json: false };
        let findings = args.examine(Settings::read(None, set)).unwrap();
        let settings = found(&findings, "settings");
        assert!(settings.state == State::Missing && settings.detail.contains("9-1"), "{settings:?}");
        assert!(found(&findings, "UDP ports").detail.contains(" of 848 ports from 49152 to 49999 "));
    }

    #[test]
    fn a_tool_that_is_not_there_says_how_to_get_it() {
        let finding = tool("a tool", &["no-such-program"], "a-package");
        assert_eq!(finding.state, State::Missing);
        assert!(text(&[finding]).contains("apt-get install a-package"));
    }

    #[test]
    fn missing_weights_are_one_line_with_their_number_their_size_and_one_command() {
        let dir = tempfile::tempdir().unwrap();
        for (whisper, set) in [("base", "default"), ("tiny.en", "small")] {
            let findings = weights(whisper, dir.path());
            let [one] = findings.as_slice() else { panic!("one line, not {findings:?}") };
            let manifest = Manifest::built_in().unwrap();
            let items = required(whisper);
            let files: Vec<_> = items.iter().flat_map(|name| &manifest.item(name).unwrap().files).collect();
            let bytes = HumanBytes(files.iter().map(|file| file.final_bytes()).sum());
            assert_eq!(one.detail, format!("{} files ({bytes}) are missing, in {}", files.len(), dir.path().display()));
            let command = format!("scripts/run models fetch --set {set} --dir {}", dir.path().display());
            assert_eq!((one.state, one.remedy.as_deref()), (State::Missing, Some(command.as_str())));
        }
        std::fs::write(dir.path().join("silero_vad.onnx"), b"half of it").unwrap();
        let detail = &weights("base", dir.path())[0].detail;
        assert!(
            detail.contains("missing or damaged") && detail.contains("; silero_vad.onnx is damaged: it has 10 bytes"),
            "{detail}"
        );
        let own = tempfile::NamedTempFile::new().unwrap();
        let one = weights(own.path().to_str().unwrap(), dir.path());
        assert!(one.len() == 1 && one[0].remedy.as_ref().unwrap().contains("--set default "), "{one:?}");
    }
}
