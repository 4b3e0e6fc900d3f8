//! The check before the engine starts: whether every weight is there and intact.

use std::fmt;
use std::path::{Path, PathBuf};

use super::index::{Depth, Fault, Index};
use super::{Manifest, Set, Weights};

/// A problem that keeps the engine from starting: the file, what is wrong with it, and the command
/// that repairs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    pub what: String,
    pub remedy: String,
    /// True if the file does not exist.
    pub missing: bool,
    /// The expected size of the file in bytes, or 0 if it is not known.
    pub bytes: u64,
}

impl Problem {
    /// Returns the file's name and what is wrong with it.
    pub fn short(&self) -> String {
        let name = self.file.file_name().unwrap_or_default();
        format!("{} {}", name.to_string_lossy(), self.what)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}. To repair it: {}", self.file.display(), self.what, self.remedy)
    }
}

/// Formats the problems as lines of a message.
pub fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// Returns the items that an interview needs with this Whisper model, which is `base`, `tiny.en`,
/// or the path of another ggml file.
pub fn required(whisper: &str) -> Vec<String> {
    let mut names: Vec<String> = [
        "kokoro",
        "kokoro-voices",
        "kokoro-vocab",
        "g2p",
        "silero",
        "smart-turn",
        "onnxruntime",
        "minilm",
        "minilm-vocab",
    ]
    .map(String::from)
    .to_vec();
    if !Path::new(whisper).is_file() {
        names.push(format!("whisper-{whisper}"));
    }
    names
}

/// Checks the named items, and hashes only files that changed since the last check. Returns the
/// paths of the weights, or all problems.
pub fn verify<S: AsRef<str>>(required: &[S], dir: &Path) -> Result<Weights, Vec<Problem>> {
    let manifest = Manifest::built_in().map_err(|e| {
        vec![Problem {
            file: "models/manifest.toml".into(),
            what: e.to_string(),
            remedy: "build the engine again".into(),
            missing: false,
            bytes: 0,
        }]
    })?;
    verify_with(&manifest, required, dir, Depth::Quick)
}

/// Like [`verify`], with a given manifest and depth.
pub fn verify_with<S: AsRef<str>>(
    manifest: &Manifest,
    required: &[S],
    dir: &Path,
    depth: Depth,
) -> Result<Weights, Vec<Problem>> {
    let mut index = Index::load(dir);
    let mut problems = Vec::new();
    let set = smallest_set(manifest, required);
    for name in required.iter().map(AsRef::as_ref) {
        let Some(item) = manifest.item(name) else {
            let known = manifest.items.iter().map(|i| i.name.as_str()).collect::<Vec<_>>().join(", ");
            problems.push(Problem {
                file: dir.join(name),
                what: format!("is not in the manifest, which lists {known}"),
                remedy: "correct the name in the settings".to_owned(),
                missing: false,
                bytes: 0,
            });
            continue;
        };
        for file in &item.files {
            if let Err(fault) = index.check(file, dir, depth) {
                problems.push(Problem {
                    file: dir.join(&file.path),
                    what: fault.to_string(),
                    remedy: format!("scripts/run models fetch --set {} --dir {}", set.name(), dir.display()),
                    missing: fault == Fault::Missing,
                    bytes: file.final_bytes(),
                });
            }
        }
    }
    // An error is ignored. If the folder is not writable, the next start hashes the files again.
    let _ = index.save(dir);
    if problems.is_empty() { Ok(Weights::new(dir)) } else { Err(problems) }
}

/// Returns the smallest set that contains everything named, so that one command fetches it.
fn smallest_set<S: AsRef<str>>(manifest: &Manifest, required: &[S]) -> Set {
    let items: Vec<_> = required.iter().filter_map(|name| manifest.item(name.as_ref())).collect();
    let holds_all = |set: &Set| items.iter().all(|item| item.sets.contains(set));
    Set::NARROWEST_FIRST.into_iter().find(holds_all).unwrap_or(Set::All)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file "abc" with its SHA-256.
    const MANIFEST: &str = "[[package]]\nclient='npm'\nname='p'\nversion='1'\nbytes=1\nsha256='0'
        [[item]]\nname='letters'\npurpose='x'\nlicence='MIT'\nsets=['small']
        files=[{path='d/abc.bin', bytes=3, parts=[{package='p', file='f'}], \
                sha256='ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'}]";

    fn check(dir: &Path, depth: Depth) -> Result<Weights, Vec<Problem>> {
        verify_with(&Manifest::parse(MANIFEST).unwrap(), &["letters"], dir, depth)
    }

    fn folder(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("d/abc.bin");
        std::fs::create_dir(dir.path().join("d")).unwrap();
        std::fs::write(&file, content).unwrap();
        (dir, file)
    }

    #[test]
    fn whole_files_pass_and_are_remembered() {
        let (dir, _) = folder(b"abc");
        assert!(check(dir.path(), Depth::Quick).is_ok());
        assert!(std::fs::read_to_string(dir.path().join(".verified")).unwrap().contains("d/abc.bin"));
        assert!(check(dir.path(), Depth::Quick).is_ok());
        assert!(check(dir.path(), Depth::Full).is_ok());
    }

    #[test]
    fn a_missing_file_is_named_with_the_command_that_mends_it() {
        let dir = tempfile::tempdir().unwrap();
        let problems = check(dir.path(), Depth::Quick).unwrap_err();
        let text = problems[0].to_string();
        assert!(text.contains("d/abc.bin is missing"), "{text}");
        assert!(text.contains("models fetch --set small --dir"), "{text}");
    }

    #[test]
    fn a_truncated_file_is_found() {
        let (dir, _) = folder(b"ab");
        let problems = check(dir.path(), Depth::Quick).unwrap_err();
        assert!(problems[0].what.contains("2 bytes instead of 3"), "{}", problems[0]);
    }

    #[test]
    fn a_flipped_byte_is_found_after_a_good_check() {
        let (dir, file) = folder(b"abc");
        assert!(check(dir.path(), Depth::Quick).is_ok());
        std::fs::write(&file, b"abd").unwrap();
        // The modification time is set by hand, because the clock may be too coarse to show the
        // change.
        let changed = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(changed).unwrap();
        let problems = check(dir.path(), Depth::Quick).unwrap_err();
        assert!(problems[0].what.contains("sha256"), "{}", problems[0]);
    }

    #[test]
    fn a_byte_flipped_behind_the_indexs_back_is_found_by_the_full_check() {
        let (dir, file) = folder(b"abc");
        let before = std::fs::metadata(&file).unwrap().modified().unwrap();
        assert!(check(dir.path(), Depth::Quick).is_ok());
        std::fs::write(&file, b"abd").unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(before).unwrap();
        assert!(check(dir.path(), Depth::Full).is_err());
    }

    #[test]
    fn a_name_the_manifest_does_not_know_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let problems = verify_with(&manifest, &["whisper-huge"], dir.path(), Depth::Quick).unwrap_err();
        assert!(problems[0].what.contains("which lists letters"), "{}", problems[0]);
    }
}
