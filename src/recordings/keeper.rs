//! The loop that brings recordings to the store.
//!
//! Owns: which files go over next, and what becomes of those of erased people. Never does: decide that somebody is erased.

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

/// How often files that are being written are continued in the store: what an engine may lose that never starts again.
const EVERY: Duration = Duration::from_secs(3);
/// How often erasures by other engines are looked for, and an idle store is asked whether it answers.
const LOOK: Duration = Duration::from_secs(30);
/// Interviews brought over at once.
const AT_ONCE: usize = 8;
/// How long the last files may take when the engine stops. What is left goes over after the next start.
const LAST: Duration = Duration::from_secs(10);

const PART: Part = Part::new("recording_store");

#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("local files: {0}")]
    Local(#[from] io::Error),
}

/// What an erasure has removed of this engine's own files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Files that the store did not have.
    pub recordings: u64,
    pub bytes: u64,
}

/// Brings this engine's recordings to the store; cheap to clone.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    storage: Storage,
    /// What other engines know this one by.
    engine: String,
    changed: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    growth: HashMap<(Uuid, String), Growth>,
    /// Interviews that the database knows this engine to have files of.
    held: HashSet<Uuid>,
    /// Folders whose interview no database knows: said once.
    strange: HashSet<Uuid>,
}

impl Keeper {
    /// `changed` is told of complete files. `engine` is kept in DATA_DIR.
    pub fn new(storage: Storage, engine: String, changed: Arc<Notify>) -> Self {
        Self(Arc::new(Inner { storage, engine, changed, state: Mutex::default() }))
    }

    /// Starts the part that does so.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn start(&self, stack: &mut Stack) -> io::Result<()> {
        let keeper = self.clone();
        stack.supervise(PART, looping(PART.name, move |heartbeat| keeper.clone().run(heartbeat)))?;
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
                tracing::warn!(%error, "whether recordings are to go that lie here is not known");
                *looked = None;
            }
            // A fault is noted by the store itself.
            let _ = self.0.storage.files().ping().await;
        }
        let grow = grown.is_none_or(|at| at.elapsed() >= EVERY);
        if grow {
            *grown = Some(Instant::now());
        }
        self.round(grow).await;
    }

    /// Brings over what can be within some seconds: the engine stops.
    pub async fn finish(&self) {
        if tokio::time::timeout(LAST, self.round(true)).await.is_err() {
            tracing::warn!("some recordings go to the store after the next start");
        }
    }

    /// Every folder once. `grow`: files that are being written are continued as well.
    async fn round(&self, grow: bool) {
        let files = self.0.storage.files();
        let away = files.fault().is_some() && files.ping().await.is_err();
        let interviews = self.folders();
        let work = interviews.into_iter().map(|interview| async move {
            // That something is here is noted also while it cannot go elsewhere.
            let done = match self.hold(interview).await {
                Ok(Some(storage)) if !away => self.bring(&storage, interview, grow).await,
                Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = done {
                // A store that is away was told already, once.
                tracing::debug!(%interview, %error, "a recording does not go to the store now");
                if matches!(error, KeepError::Local(_)) {
                    tracing::error!(%interview, %error, "a recording cannot go to the store");
                }
            }
        });
        futures_util::stream::iter(work).buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
    }

    /// The interviews that have a folder here.
    fn folders(&self) -> Vec<Uuid> {
        let entries = std::fs::read_dir(local_root(self.0.storage.data_dir()));
        let named = |entry: std::fs::DirEntry| Uuid::parse_str(entry.file_name().to_str()?).ok();
        entries.into_iter().flatten().flatten().filter_map(named).collect()
    }

    fn path(&self, interview: Uuid) -> PathBuf {
        local_folder(self.0.storage.data_dir(), interview)
    }

    /// Notes that this engine has files of the interview; the store of its workspace.
    async fn hold(&self, interview: Uuid) -> Result<Option<Storage>, StorageError> {
        let Some(storage) = self.owner(interview).await? else { return Ok(None) };
        if !self.0.state.lock().held.contains(&interview) {
            storage.recordings().hold(interview, &self.0.engine).await?;
            self.0.state.lock().held.insert(interview);
        }
        Ok(Some(storage))
    }

    async fn bring(&self, storage: &Storage, interview: Uuid, grow: bool) -> Result<(), KeepError> {
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
        // Fails while there is anything in it.
        if std::fs::remove_dir(&path).is_ok() {
            self.leave(storage, interview).await?;
        }
        Ok(())
    }

    /// The store of the interview's workspace; none if the database does not know the interview.
    async fn owner(&self, interview: Uuid) -> Result<Option<Storage>, StorageError> {
        match self.0.storage.owning(interview).await {
            Ok(storage) => Ok(Some(storage)),
            Err(StorageError::NotFound(_)) => {
                if self.0.state.lock().strange.insert(interview) {
                    tracing::warn!(%interview, "a recording stays where it is: the database does not know its interview");
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
    ) -> Result<(), KeepError> {
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
    ) -> Result<(), KeepError> {
        let is_erased = async || Ok::<_, StorageError>(!storage.erased_files().erased(&[interview]).await?.is_empty());
        let gone = is_erased().await?;
        for name in names.iter().filter(|_| !gone) {
            match storage.recordings().complete(interview, name, &folder.join(name)).await {
                // Somebody was erased in this moment, and the files here with them.
                Err(FilesError::Local(error)) if error.kind() == io::ErrorKind::NotFound => {}
                completed => drop(completed?),
            }
        }
        // After the files: an erasure that was committed while they went over has not seen them.
        if gone || is_erased().await? {
            storage.recordings().remove(interview).await?;
        }
        for name in names {
            remove_file(&folder.join(name))?;
            self.0.state.lock().growth.remove(&(interview, name.clone()));
        }
        Ok(())
    }

    /// Nothing of the interview is in this engine's own folder any more.
    async fn leave(&self, storage: &Storage, interview: Uuid) -> Result<(), StorageError> {
        // Where the store is a folder of this engine as well, nobody else finds the files: they stay this engine's to remove.
        if !self.0.storage.files().are_within(self.0.storage.data_dir()) {
            storage.recordings().release(interview, &self.0.engine).await?;
            self.0.state.lock().held.remove(&interview);
        }
        Ok(())
    }

    /// Removes what lies here of people whom somebody else has erased.
    async fn look_for_erasures(&self) -> Result<(), KeepError> {
        for interview in self.0.storage.recordings().erased_with(&self.0.engine).await? {
            // Nobody is in a call of theirs, and nothing of theirs is written.
            let Some(storage) = self.owner(interview).await? else { continue };
            self.remove_local(interview)?;
            storage.recordings().remove(interview).await?;
            storage.recordings().release(interview, &self.0.engine).await?;
            self.0.state.lock().held.remove(&interview);
            tracing::info!(%interview, "the files of an erased person were removed here");
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

    /// Removes this engine's own files of interviews whose respondent is being erased; nobody is in a call of theirs. What cannot
    /// be removed stays known as held here, and is removed as soon as it can be.
    pub async fn forget(&self, interviews: &[Uuid]) -> Kept {
        let mut kept = Kept::default();
        for &interview in interviews {
            match self.forget_one(interview).await {
                Ok(one) => {
                    kept.recordings += one.recordings;
                    kept.bytes += one.bytes;
                }
                Err(error) => tracing::error!(%interview, %error, "recordings here cannot be removed now"),
            }
        }
        kept
    }

    async fn forget_one(&self, interview: Uuid) -> Result<Kept, KeepError> {
        let path = self.path(interview);
        let mut kept = Kept::default();
        let Some(storage) = self.owner(interview).await? else { return Ok(kept) };
        if let Some(folder) = Folder::read(&path)? {
            // What the store has as well is counted there.
            let stored = storage.recordings().stored(interview).await.unwrap_or_default();
            for (name, file) in folder.tracks().filter(|(name, _)| !stored.contains(*name)) {
                tracing::debug!(name, "a recording that the store does not have goes");
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
