//! The loop that uploads recordings to the store.
//!
//! Owns: which files are uploaded next, and deleting those of erased people. Never does: decide
//! that somebody is erased.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::folder::{Folder, Growth, part, remove_file};
use crate::supervised::{Heartbeat, Part, Stack, looping};
use files::FilesError;
use storage::recordings::{DISCARDED, local_folder, local_root};
use storage::{Storage, StorageError};

/// The interval at which files that are being written are uploaded. If an engine never starts
/// again, at most this much is lost.
const EVERY: Duration = Duration::from_secs(3);
/// The interval at which erasures by other engines are looked for, and an idle store is probed.
const LOOK: Duration = Duration::from_secs(30);
/// The number of interviews that are uploaded at the same time.
const AT_ONCE: usize = 8;
/// How long the last uploads may take when the engine stops. The remaining files are uploaded after
/// the next start.
const LAST: Duration = Duration::from_secs(10);

const PART: Part = Part::new("recording_store");

#[derive(Debug, thiserror::Error)]
enum UploadError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("local files: {0}")]
    Local(#[from] io::Error),
}

/// What an erasure has deleted of this engine's local files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeletedLocally {
    /// Files that the store did not have.
    pub recordings: u64,
    pub bytes: u64,
}

/// Uploads this engine's recordings to the store. Cloning it is cheap.
#[derive(Clone)]
pub struct Uploader(Arc<Inner>);

struct Inner {
    storage: Storage,
    /// The name of this engine.
    engine: String,
    changed: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    growth: HashMap<(Uuid, String), Growth>,
    /// The interviews that are registered in the database as having files on this engine.
    held: HashSet<Uuid>,
    /// Folders whose interview is not in the database. They are logged once.
    strange: HashSet<Uuid>,
}

impl Uploader {
    /// `changed` is notified of complete files. `engine` is the name stored in DATA_DIR.
    pub fn new(storage: Storage, engine: String, changed: Arc<Notify>) -> Self {
        Self(Arc::new(Inner { storage, engine, changed, state: Mutex::default() }))
    }

    /// Starts the part that uploads recordings.
    ///
    /// # Errors
    /// The error of the operating system if a thread cannot be started.
    pub fn start(&self, stack: &mut Stack) -> io::Result<()> {
        let uploader = self.clone();
        stack.supervise(PART, looping(PART.name, move |heartbeat| uploader.clone().run(heartbeat)))?;
        Ok(())
    }

    async fn run(self, heartbeat: Arc<Heartbeat>) {
        let (mut looked, mut grown): (Option<Instant>, Option<Instant>) = (None, None);
        loop {
            heartbeat.during(self.step(&mut looked, &mut grown)).await;
            tokio::select! {
                () = heartbeat.pause(EVERY) => {}
                () = self.0.changed.notified() => {}
            }
        }
    }

    async fn step(&self, looked: &mut Option<Instant>, grown: &mut Option<Instant>) {
        if looked.is_none_or(|at| at.elapsed() >= LOOK) {
            *looked = Some(Instant::now());
            if let Err(error) = self.look_for_erasures().await {
                tracing::warn!(%error, "erasures by other engines cannot be looked for");
                *looked = None;
            }
            // The store itself records the failure.
            let _ = self.0.storage.files().ping().await;
        }
        let grow = grown.is_none_or(|at| at.elapsed() >= EVERY);
        if grow {
            *grown = Some(Instant::now());
        }
        self.round(grow).await;
    }

    /// Uploads what is possible within some seconds, because the engine stops.
    pub async fn finish(&self) {
        if tokio::time::timeout(LAST, self.round(true)).await.is_err() {
            tracing::warn!("some recordings will be uploaded after the next start");
        }
    }

    /// Processes every folder once. If `grow` is true, files that are being written are uploaded as
    /// well.
    async fn round(&self, grow: bool) {
        let files = self.0.storage.files();
        let away = files.fault().is_some() && files.ping().await.is_err();
        let interviews = self.folders();
        let work = interviews.into_iter().map(|interview| async move {
            // The database has to know that files are here, even while they cannot be uploaded.
            let done = match self.hold(interview).await {
                Ok(Some(storage)) if !away => self.bring(&storage, interview, grow).await,
                Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = done {
                // An unavailable store has already been logged once.
                tracing::debug!(%interview, %error, "a recording cannot be uploaded yet");
                if matches!(error, UploadError::Local(_)) {
                    tracing::error!(%interview, %error, "a recording cannot be uploaded");
                }
            }
        });
        futures_util::stream::iter(work).buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
    }

    /// Returns the interviews that have a local folder.
    fn folders(&self) -> Vec<Uuid> {
        let entries = std::fs::read_dir(local_root(self.0.storage.data_dir()));
        let named = |entry: std::fs::DirEntry| Uuid::parse_str(entry.file_name().to_str()?).ok();
        entries.into_iter().flatten().flatten().filter_map(named).collect()
    }

    fn path(&self, interview: Uuid) -> PathBuf {
        local_folder(self.0.storage.data_dir(), interview)
    }

    /// Registers that this engine has files of the interview. Returns the storage of its workspace.
    async fn hold(&self, interview: Uuid) -> Result<Option<Storage>, StorageError> {
        let Some(storage) = self.owner(interview).await? else { return Ok(None) };
        if !self.0.state.lock().held.contains(&interview) {
            storage.recordings().hold(interview, &self.0.engine).await?;
            self.0.state.lock().held.insert(interview);
        }
        Ok(Some(storage))
    }

    async fn bring(&self, storage: &Storage, interview: Uuid, grow: bool) -> Result<(), UploadError> {
        let path = self.path(interview);
        let Some(folder) = Folder::read(&path)? else { return Ok(()) };
        if folder.discarded {
            storage.recordings().remove(interview).await?;
            self.0.state.lock().growth.retain(|(of, _), _| *of != interview);
            remove_file(&path.join(DISCARDED))?;
        }
        for file in &folder.superfluous {
            remove_file(file)?;
        }
        for name in folder.growing.iter().filter(|_| grow) {
            self.continue_file(storage, interview, name, &path).await?;
        }
        if !folder.complete.is_empty() {
            self.complete(storage, interview, &folder.complete, &path).await?;
        }
        // This fails while there is anything in the folder.
        if std::fs::remove_dir(&path).is_ok() {
            self.leave(storage, interview).await?;
        }
        Ok(())
    }

    /// Returns the storage of the interview's workspace, or `None` if the interview is not in the
    /// database.
    async fn owner(&self, interview: Uuid) -> Result<Option<Storage>, StorageError> {
        match self.0.storage.owning(interview).await {
            Ok(storage) => Ok(Some(storage)),
            Err(StorageError::NotFound(_)) => {
                if self.0.state.lock().strange.insert(interview) {
                    tracing::warn!(%interview, "the interview of a recording is not in the database");
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn continue_file(
        &self,
        storage: &Storage,
        interview: Uuid,
        name: &str,
        folder: &Path,
    ) -> Result<(), UploadError> {
        let key = (interview, name.to_owned());
        let growth = self.0.state.lock().growth.get(&key).copied().unwrap_or_default();
        if let Some(bytes) = growth.due(&folder.join(part(name)))? {
            let length = bytes.len();
            storage.recordings().put_part(interview, name, growth.begin, bytes).await?;
            self.0.state.lock().growth.insert(key, growth.sent(length));
        }
        Ok(())
    }

    async fn complete(
        &self,
        storage: &Storage,
        interview: Uuid,
        names: &[String],
        folder: &Path,
    ) -> Result<(), UploadError> {
        let is_erased = async || Ok::<_, StorageError>(!storage.erased_files().erased(&[interview]).await?.is_empty());
        let gone = is_erased().await?;
        for name in names.iter().filter(|_| !gone) {
            match storage.recordings().complete(interview, name, &folder.join(name)).await {
                // The person was erased in the meantime, together with the local files.
                Err(FilesError::Local(error)) if error.kind() == io::ErrorKind::NotFound => {}
                completed => drop(completed?),
            }
        }
        // This check comes after the upload, because an erasure that was committed during the
        // upload has not seen the files.
        if gone || is_erased().await? {
            storage.recordings().remove(interview).await?;
        }
        for name in names {
            remove_file(&folder.join(name))?;
            self.0.state.lock().growth.remove(&(interview, name.clone()));
        }
        Ok(())
    }

    /// Records that this engine has no local files of the interview any more.
    async fn leave(&self, storage: &Storage, interview: Uuid) -> Result<(), StorageError> {
        // If the store is a folder of this engine, no other engine can find the files, so this
        // engine has to delete them.
        if !self.0.storage.files().are_within(self.0.storage.data_dir()) {
            storage.recordings().release(interview, &self.0.engine).await?;
            self.0.state.lock().held.remove(&interview);
        }
        Ok(())
    }

    /// Deletes the local files of people whom another engine has erased.
    async fn look_for_erasures(&self) -> Result<(), UploadError> {
        for interview in self.0.storage.recordings().erased_with(&self.0.engine).await? {
            // These people are not in a call, so nothing of theirs is being written.
            let Some(storage) = self.owner(interview).await? else { continue };
            self.remove_local(interview)?;
            storage.recordings().remove(interview).await?;
            storage.recordings().release(interview, &self.0.engine).await?;
            self.0.state.lock().held.remove(&interview);
            tracing::info!(%interview, "the local files of an erased person were deleted");
        }
        Ok(())
    }

    fn remove_local(&self, interview: Uuid) -> io::Result<()> {
        match std::fs::remove_dir_all(self.path(interview)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.0.state.lock().growth.retain(|(of, _), _| *of != interview);
        Ok(())
    }

    /// Deletes this engine's local files of interviews whose respondent is being erased. None of
    /// these interviews has a live call. Files that cannot be deleted now remain registered and are
    /// deleted as soon as possible.
    pub async fn forget(&self, interviews: &[Uuid]) -> DeletedLocally {
        let mut kept = DeletedLocally::default();
        for &interview in interviews {
            match self.forget_one(interview).await {
                Ok(one) => {
                    kept.recordings += one.recordings;
                    kept.bytes += one.bytes;
                }
                Err(error) => tracing::error!(%interview, %error, "local recordings cannot be deleted yet"),
            }
        }
        kept
    }

    async fn forget_one(&self, interview: Uuid) -> Result<DeletedLocally, UploadError> {
        let path = self.path(interview);
        let mut kept = DeletedLocally::default();
        let Some(storage) = self.owner(interview).await? else { return Ok(kept) };
        if let Some(folder) = Folder::read(&path)? {
            // Files that are also in the store are counted there.
            let stored = storage.recordings().stored(interview).await.unwrap_or_default();
            for (name, file) in folder.tracks().filter(|(name, _)| !stored.contains(*name)) {
                tracing::debug!(name, "a recording that was not uploaded is deleted");
                kept.recordings += 1;
                kept.bytes += path.join(file).metadata().map_or(0, |meta| meta.len());
            }
            self.remove_local(interview)?;
        }
        storage.recordings().release(interview, &self.0.engine).await?;
        self.0.state.lock().held.remove(&interview);
        Ok(kept)
    }
}
