//! What a file is called in the store.
//!
//! Owns: the form of a key. Never does: decide what is laid out where.

use std::fmt;

use object_store::path::Path;

/// A path of names, separated by slashes: of one file, or of all files below it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(crate) Path);

impl Key {
    /// The key that consists of these names. A name is one step: a slash in it does not become two.
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().collect())
    }

    /// The key one step below.
    #[must_use]
    pub fn with(&self, name: &str) -> Self {
        Self(self.0.clone().join(name))
    }

    /// The last name; empty for the key of everything.
    pub fn name(&self) -> &str {
        self.0.filename().unwrap_or_default()
    }

    /// The names below `folder`, from the outside in; none if this key lies elsewhere.
    pub fn below(&self, folder: &Key) -> Option<Vec<String>> {
        Some(self.0.prefix_match(&folder.0)?.map(|part| part.as_ref().to_owned()).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_step_whatever_is_in_it() {
        let folder = Key::of(["workspace", "interview"]);
        assert_eq!(folder.with("respondent.ogg").to_string(), "workspace/interview/respondent.ogg");
        assert_eq!(folder.with("respondent.ogg").name(), "respondent.ogg");
        assert!(!folder.with("../../etc/passwd").to_string().contains("/../"));
        assert_eq!(folder.with("a/b").below(&folder).unwrap().len(), 1);
        assert_eq!(folder.below(&Key::of(["elsewhere"])), None);
        assert_eq!(Key::of(["workspaces", "x"]).below(&Key::of(["workspace"])), None, "names are compared whole");
    }
}
