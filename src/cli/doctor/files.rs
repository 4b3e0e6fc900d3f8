//! The check that recordings and exports can be stored where the settings say.
//!
//! Owns: this check. Never does: create a folder, or leave a file behind.

use super::CheckResult;
use crate::config::Settings;
use files::{FilesError, Place};

const CHECK: &str = "files";

pub fn examine(settings: &Settings) -> anyhow::Result<CheckResult> {
    let place = settings.files_place()?;
    if let Place::Folder(folder) = &place
        && settings.files.url.is_empty()
        && !folder.exists()
    {
        return Ok(CheckResult::ok(CHECK, format!("{place} will be created")));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let probed = settings.open_files().and_then(|files| runtime.block_on(files.probe()));
    Ok(match probed {
        Ok(()) => CheckResult::ok(CHECK, format!("{place}: a test file was written, read and deleted")),
        Err(error) => {
            let remedy = match &error {
                FilesError::Refused { .. } => {
                    "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or grant this key reading, \
                                               writing, listing and deleting in the bucket"
                }
                _ => "correct FILES_URL, FILES_ENDPOINT and AWS_REGION, or start the store",
            };
            CheckResult::missing(CHECK, error.to_string(), remedy)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_place_is_tried_and_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let found = |url: &str| {
            let set = |name: &str| match name {
                "DATA_DIR" => Some(data.display().to_string()),
                "FILES_URL" => Some(url.to_owned()),
                _ => None,
            };
            examine(&Settings::read(None, set).unwrap()).unwrap()
        };
        let finding = found("");
        assert!(finding.state == State::Ok && finding.detail.ends_with("data/files will be created"), "{finding:?}");
        assert!(!data.exists());
        let shared = dir.path().join("shared");
        let url = format!("file://{}", shared.display());
        let finding = found(&url);
        assert!(finding.state == State::Missing && finding.detail.contains("does not exist"), "{finding:?}");
        std::fs::create_dir(&shared).unwrap();
        let finding = found(&url);
        assert!(finding.state == State::Ok && finding.detail.contains("written, read and deleted"), "{finding:?}");
        assert_eq!(std::fs::read_dir(&shared).unwrap().count(), 0, "no file is left behind");
    }
}
