//! The registries' own clients, run as subprocesses: `pip download` and `npm pack`.
//!
//! The clients apply the user's own proxies, mirrors and credentials. No registry address is stored
//! in this code.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use super::manifest::Pin;
use super::process::run;
use super::progress::Step;
use super::{Package, WeightsError};

/// Most wheels contain only data. Two contain machine code: ONNX Runtime, whose library is the same
/// for every Python version, and the llama.cpp server, which any Python from 3.10 on can load. One
/// wheel of each is pinned.
const PIP_TARGET: [&str; 8] = [
    "--python-version",
    "3.11",
    "--implementation",
    "cp",
    "--platform",
    "manylinux_2_28_x86_64",
    "--platform",
    "manylinux2014_x86_64",
];
const ATTEMPTS: u32 = 3;
/// Before the second one. Each further pause is twice as long.
const PAUSE: Duration = Duration::from_secs(2);

/// Downloads a package's archive into `into`, which must be an empty folder, and returns the
/// archive's path. The archive is not yet verified.
pub fn download(package: &Package, into: &Path, step: &Step<'_>) -> Result<PathBuf, WeightsError> {
    let partial = into.join("tmp");
    let mut attempt = 1;
    let mut pauses = ExponentialBuilder::new().with_min_delay(PAUSE).build();
    loop {
        std::fs::create_dir_all(&partial).map_err(WeightsError::io(&partial))?;
        let mut command = match package {
            Package::Pypi(pin) => pip(pin, into)?,
            Package::Npm(pin) => npm(pin, into)?,
            Package::Debian { name } => {
                return Err(WeightsError::Manifest(format!(
                    "{name} is a Debian package, which is installed by scripts/setup and cannot be downloaded"
                )));
            }
        };
        // pip keeps unfinished downloads in TMPDIR. Setting it makes the progress visible, and
        // leaves nothing behind elsewhere.
        command.env("TMPDIR", &partial);
        let outcome = run(command, &into.join("client.log"), || {
            step.position(bytes_under(&partial));
            None
        });
        let _ = std::fs::remove_dir_all(&partial);
        match outcome {
            Ok(()) => return archive_in(into, package),
            Err(failure) if attempt == ATTEMPTS => {
                return Err(WeightsError::Download { package: package.name().to_owned(), reason: failure.reason });
            }
            Err(_) => step.state(&format!("failed, attempt {} of {ATTEMPTS}", attempt + 1)),
        }
        std::thread::sleep(pauses.next().unwrap_or(PAUSE));
        attempt += 1;
    }
}

/// Returns an error if the client that fetches this package is not installed. It is called before
/// any download begins.
pub fn available(package: &Package) -> Result<(), WeightsError> {
    match package {
        Package::Pypi(pin) => pip_command(pin).map(drop),
        Package::Npm(pin) => npm_command(pin).map(drop),
        Package::Debian { .. } => Ok(()),
    }
}

fn answers(command: &[&str]) -> bool {
    let mut asked = Command::new(command[0]);
    asked.args(&command[1..]).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|s| s.success())
}

fn pip_command(pin: &Pin) -> Result<&'static [&'static str], WeightsError> {
    static PIP: OnceLock<Option<&[&str]>> = OnceLock::new();
    let candidates: [&'static [&'static str]; 2] = [&["python3", "-m", "pip"], &["pip3"]];
    PIP.get_or_init(|| candidates.into_iter().find(|c| answers(c))).ok_or_else(|| WeightsError::NoTool {
        tool: "pip",
        package: pin.name.clone(),
        install: "scripts/setup, or apt-get install python3-pip",
    })
}

fn npm_command(pin: &Pin) -> Result<&'static str, WeightsError> {
    static NPM: OnceLock<bool> = OnceLock::new();
    if *NPM.get_or_init(|| answers(&["npm"])) {
        return Ok("npm");
    }
    let install = "scripts/setup, or apt-get install npm";
    Err(WeightsError::NoTool { tool: "npm", package: pin.name.clone(), install })
}

fn pip(pin: &Pin, into: &Path) -> Result<Command, WeightsError> {
    let pip = pip_command(pin)?;
    let requirement = into.join("requirement.txt");
    std::fs::write(&requirement, format!("{}=={} --hash=sha256:{}\n", pin.name, pin.version, pin.sha256))
        .map_err(WeightsError::io(&requirement))?;
    let mut command = Command::new(pip[0]);
    command.args(&pip[1..]).args(["download", "--no-deps", "--require-hashes", "--only-binary=:all:"]);
    command.args(["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]).args(PIP_TARGET);
    command.arg("--requirement").arg(requirement).arg("--dest").arg(into);
    Ok(command)
}

fn npm(pin: &Pin, into: &Path) -> Result<Command, WeightsError> {
    let mut command = Command::new(npm_command(pin)?);
    command.args(["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination"]).arg(into);
    command.arg(format!("{}@{}", pin.name, pin.version));
    Ok(command)
}

fn archive_in(dir: &Path, package: &Package) -> Result<PathBuf, WeightsError> {
    let ending = if matches!(package, Package::Npm(_)) { "tgz" } else { "whl" };
    let entries = std::fs::read_dir(dir).map_err(WeightsError::io(dir))?;
    entries.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == ending)).ok_or_else(|| {
        WeightsError::Download {
            package: package.name().to_owned(),
            reason: format!("the client ended without an error, but left no .{ending} file"),
        }
    })
}

fn bytes_under(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|e| match e.metadata() {
            Ok(meta) if meta.is_dir() => bytes_under(&e.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_what_lies_in_folders_below() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        std::fs::write(dir.path().join("a/b"), [0; 7]).unwrap();
        std::fs::write(dir.path().join("c"), [0; 3]).unwrap();
        assert_eq!(bytes_under(dir.path()), 10);
    }
}
