//! Writing, reading, listing and removing files.
//!
//! Owns: the store, and whether its last answer was a failure. Never does: try again later (whoever asked does).

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload};
use parking_lot::Mutex;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::{FilesError, Key, Place, Writer};

/// Files removed at once.
const REMOVING: usize = 8;

/// The store of files; cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    /// The store's own folder, where it is one.
    folder: Option<PathBuf>,
    /// For local copies of what lies elsewhere.
    scratch: PathBuf,
    place: String,
    /// What the last failed request was answered, until one succeeds.
    fault: Mutex<Option<String>>,
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: Key,
    /// In bytes.
    pub size: u64,
    pub modified: DateTime<Utc>,
    /// Changes with the content; without quotes.
    pub tag: String,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    pub files: u64,
    pub bytes: u64,
}

impl std::ops::AddAssign for Removed {
    fn add_assign(&mut self, more: Self) {
        self.files += more.files;
        self.bytes += more.bytes;
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Files").field(&self.0.place).finish()
    }
}

impl Files {
    /// Opens the store. `scratch` is a folder of this machine for local copies of what lies in a bucket; they have no names
    /// there, so that none outlives the process.
    ///
    /// # Errors
    /// [`FilesError::Place`] if a folder cannot be made or a bucket's settings make no sense.
    pub fn open(place: &Place, scratch: &Path) -> Result<Self, FilesError> {
        let (store, folder) = place.open()?;
        let inner =
            Inner { store, folder, scratch: scratch.to_owned(), place: place.to_string(), fault: Mutex::new(None) };
        Ok(Self(Arc::new(inner)))
    }

    /// Where files lie, for people.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// Whether other machines may find the files: not if they lie in a folder below `folder`.
    pub fn are_within(&self, folder: &Path) -> bool {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        self.0.folder.as_ref().is_some_and(|own| own.starts_with(folder))
    }

    /// Why the last request failed; none if it succeeded.
    pub fn fault(&self) -> Option<String> {
        self.0.fault.lock().clone()
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.0.store)
    }

    /// Writes a small file at once; one with this key is replaced.
    pub async fn put(&self, key: &Key, bytes: impl Into<Bytes>) -> Result<(), FilesError> {
        self.heard(self.0.store.put(&key.0, PutPayload::from_bytes(bytes.into())).await).map(drop)
    }

    /// Copies a local file; returns its size in bytes. One with this key is replaced, when all of it is there.
    pub async fn copy_from(&self, key: &Key, path: &Path) -> Result<u64, FilesError> {
        let mut file = tokio::fs::File::open(path).await?;
        let mut writer = self.buffered(key);
        match tokio::io::copy(&mut file, &mut writer).await {
            Ok(bytes) => {
                self.heard_io(writer.shutdown().await)?;
                Ok(bytes)
            }
            Err(error) => {
                let _ = writer.abort().await;
                self.heard_io(Err(error))
            }
        }
    }

    /// A file to be written from front to back on a thread that may block. Must be called within a Tokio runtime.
    pub fn writer(&self, key: &Key) -> Writer {
        Writer::new(self.clone(), key)
    }

    /// The file with this key; none if there is none.
    pub async fn find(&self, key: &Key) -> Result<Option<Object>, FilesError> {
        match self.heard(self.0.store.head(&key.0).await) {
            Ok(meta) => Ok(Some(object(meta))),
            Err(FilesError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All files below `folder`, sorted by key.
    pub async fn list(&self, folder: &Key) -> Result<Vec<Object>, FilesError> {
        let listed = self.0.store.list(Some(&folder.0)).map_ok(object).try_collect::<Vec<_>>().await;
        let mut objects = self.heard(listed)?;
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    /// The names of the folders right below `folder`.
    pub async fn folders(&self, folder: &Key) -> Result<Vec<String>, FilesError> {
        let listed = self.heard(self.0.store.list_with_delimiter(Some(&folder.0)).await)?;
        Ok(listed.common_prefixes.into_iter().map(|path| Key(path).name().to_owned()).collect())
    }

    /// The bytes of a file in this range, as they come. A file that is gone is an error at once.
    pub async fn read(
        &self,
        key: &Key,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, FilesError>>, FilesError> {
        if range.is_empty() {
            return Ok(futures_util::stream::empty().boxed());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let got = self.heard(self.0.store.get_opts(&key.0, options).await)?;
        let files = self.clone();
        Ok(got.into_stream().map(move |bytes| files.heard(bytes)).boxed())
    }

    /// These files, one after the other, as one local file to read and seek in. It has no name, and is gone when it is closed.
    pub async fn local(&self, keys: &[Key]) -> Result<std::fs::File, FilesError> {
        if let [only] = keys {
            let got = self.heard(self.0.store.get(&only.0).await)?;
            if let GetResultPayload::File(file, _) = got.payload {
                return Ok(file);
            }
            let mut copy = self.scratch()?;
            self.append(&mut copy, got.into_stream()).await?;
            return rewound(copy).await;
        }
        let mut copy = self.scratch()?;
        for key in keys {
            let got = self.heard(self.0.store.get(&key.0).await)?;
            self.append(&mut copy, got.into_stream()).await?;
        }
        rewound(copy).await
    }

    fn scratch(&self) -> io::Result<tokio::fs::File> {
        std::fs::create_dir_all(&self.0.scratch)?;
        Ok(tokio::fs::File::from_std(tempfile::tempfile_in(&self.0.scratch)?))
    }

    async fn append(
        &self,
        file: &mut tokio::fs::File,
        mut bytes: BoxStream<'static, object_store::Result<Bytes>>,
    ) -> Result<(), FilesError> {
        while let Some(bytes) = bytes.next().await {
            file.write_all(&self.heard(bytes)?).await?;
        }
        Ok(())
    }

    /// Removes one file; whether there was one.
    pub async fn remove(&self, key: &Key) -> Result<bool, FilesError> {
        // A bucket does not say whether there was one.
        let found = self.find(key).await?.is_some();
        match self.heard(self.0.store.delete(&key.0).await) {
            Ok(()) => Ok(found),
            Err(FilesError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes every file below `folder`, in a folder of this machine also what a writer that died has left there.
    ///
    /// # Errors
    /// Some files may be gone and others not: ask again.
    pub async fn remove_all(&self, folder: &Key) -> Result<Removed, FilesError> {
        if folder.0.as_ref().is_empty() {
            return Err(self.away("everything would be removed"));
        }
        if let Some(root) = &self.0.folder {
            let (root, path) = (root.clone(), root.join(folder.0.as_ref()));
            let removing = tokio::task::spawn_blocking(move || remove_folder(&root, &path)).await;
            return self.heard_io(removing.unwrap_or_else(|error| Err(io::Error::other(error))));
        }
        let objects = self.list(folder).await?;
        let removing = objects.into_iter().map(|object| async move {
            match self.heard(self.0.store.delete(&object.key.0).await) {
                Ok(()) => Ok(Removed { files: 1, bytes: object.size }),
                Err(FilesError::NotFound) => Ok(Removed::default()),
                Err(error) => Err(error),
            }
        });
        let mut removing = futures_util::stream::iter(removing).buffer_unordered(REMOVING);
        let mut removed = Removed::default();
        while let Some(one) = removing.next().await {
            removed += one?;
        }
        Ok(removed)
    }

    /// Whether the store answers: it is asked for a file that is not there.
    pub async fn ping(&self) -> Result<(), FilesError> {
        self.find(&Key::of(["probe", "none"])).await.map(drop)
    }

    /// Writes a file, reads it, and removes it again.
    ///
    /// # Errors
    /// What could not be done; [`FilesError::Away`] also if the store returned something else than was written.
    pub async fn probe(&self) -> Result<(), FilesError> {
        let name = Uuid::now_v7().to_string();
        let key = Key::of(["probe", name.as_str()]);
        self.put(&key, name.clone().into_bytes()).await?;
        let read = self.read(&key, 0..name.len() as u64).await?.try_collect::<Vec<_>>().await;
        let removed = self.remove(&key).await;
        if read?.concat() != name.as_bytes() {
            return Err(self.away("it returns something else than was written"));
        }
        if removed? && self.find(&key).await?.is_none() {
            return Ok(());
        }
        Err(self.away("it keeps what was removed"))
    }

    fn away(&self, reason: &(impl std::fmt::Display + ?Sized)) -> FilesError {
        FilesError::Away { place: self.0.place.clone(), reason: reason.to_string() }
    }

    /// Takes note of how a request ended.
    fn heard<T>(&self, result: object_store::Result<T>) -> Result<T, FilesError> {
        use object_store::Error;
        let told = result.map_err(|error| match error {
            Error::NotFound { .. } => FilesError::NotFound,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                FilesError::Refused { place: self.0.place.clone(), reason: error.to_string() }
            }
            error => self.away(&error),
        });
        self.note(told.as_ref().err());
        told
    }

    /// The same for what came through a reader or a writer.
    pub(crate) fn heard_io<T>(&self, result: io::Result<T>) -> Result<T, FilesError> {
        let told = result.map_err(|error| match error.downcast::<object_store::Error>() {
            Ok(error) => self.heard::<()>(Err(error)).err().unwrap_or(FilesError::NotFound),
            Err(error) => self.away(&error),
        });
        self.note(told.as_ref().err());
        told
    }

    fn note(&self, error: Option<&FilesError>) {
        let mut fault = self.0.fault.lock();
        match error {
            None | Some(FilesError::NotFound) => {
                if fault.take().is_some() {
                    tracing::info!(place = self.0.place, "the store of files serves again");
                }
            }
            Some(error) => {
                if fault.is_none() {
                    tracing::error!(%error, "the store of files fails");
                }
                *fault = Some(error.to_string());
            }
        }
    }
}

fn object(meta: ObjectMeta) -> Object {
    let tag = meta.e_tag.unwrap_or_else(|| format!("{}-{}", meta.last_modified.timestamp_micros(), meta.size));
    let tag = tag.trim_start_matches("W/").trim_matches('"').to_owned();
    Object { key: Key(meta.location), size: meta.size, modified: meta.last_modified, tag }
}

async fn rewound(mut file: tokio::fs::File) -> Result<std::fs::File, FilesError> {
    file.flush().await?;
    file.seek(SeekFrom::Start(0)).await?;
    Ok(file.into_std().await)
}

/// Removes the folder with everything in it, and those above it that are empty then; up to `root`, which stays.
fn remove_folder(root: &Path, path: &Path) -> io::Result<Removed> {
    let mut removed = Removed::default();
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                // A file that was renamed or removed in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if meta.is_dir() {
                open.push(entry.path());
            } else {
                removed += Removed { files: 1, bytes: meta.len() };
            }
        }
    }
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let above = path.ancestors().skip(1).take_while(|above| *above != root && above.starts_with(root));
    for folder in above {
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(removed)
}
