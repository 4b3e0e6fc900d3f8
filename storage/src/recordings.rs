//! The layout of recordings in the store of files, and on the disk of the engine that holds the
//! call until they are uploaded.
//!
//! | key, below `<workspace>/interviews/<interview>/` | content |
//! |---|---|
//! | `recordings/<side>.ogg`, `<side>-leg<n>.ogg` | one side of one leg, complete |
//! | `recordings/parts/<name>/<offset>` | the bytes of such a file from `offset` on, during the call |
//! | `recordings/mixed/<fingerprint>.ogg` | both sides, or all legs of one side, made at the first request |
//!
//! Local files are in `DATA_DIR/recordings/<interview>/`: `<name>.part` while a file is being
//! written, and `<name>` when it is complete. They are ahead of the store, so the engine that has
//! them reads these.
//!
//! Owns: the layout, and which engines have files that may not be in the store. Never does: write
//! or mix audio.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::Utc;
use entity::erasures;
use entity::local_recordings::{self, Column};
use files::{Content, Files, FilesError, Key, Object, Removed, Writer};
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::error::StorageError;
use super::store::Storage;

/// The extension of a local file while it is being written.
pub const PART: &str = "part";
/// A local file with this name requests that everything stored earlier for the interview is
/// deleted.
pub const DISCARDED: &str = "discarded";

/// One side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Interviewer,
    Respondent,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Interviewer => "interviewer",
            Side::Respondent => "respondent",
        }
    }
}

/// One side of one leg of a call, on the call clock.
#[derive(Debug, Clone)]
pub struct Track {
    pub side: Side,
    /// The number of the leg, from 1.
    pub leg: u32,
    /// The name, such as `respondent-leg2.ogg`.
    pub name: String,
    pub content: Content,
    interview_id: Uuid,
    recordings: Recordings,
}

impl Track {
    /// Opens the whole track as a local file for reading and seeking. Returns `None` if it was
    /// deleted. A track that is being moved (from the engine to the store, or from its parts to a
    /// single file) is looked up a second time.
    ///
    /// # Errors
    /// The errors of the place where it is stored.
    pub async fn open(&self) -> Result<Option<File>, FilesError> {
        if let Some(file) = there(self.content.open().await)? {
            return Ok(Some(file));
        }
        let now = self.recordings.tracks(self.interview_id, Some(self.side)).await?;
        match now.iter().find(|track| track.name == self.name) {
            Some(track) => there(track.content.open().await),
            None => Ok(None),
        }
    }
}

fn there(opened: Result<File, FilesError>) -> Result<Option<File>, FilesError> {
    match opened {
        Err(FilesError::NotFound) => Ok(None),
        opened => opened.map(Some),
    }
}

/// The recordings of a workspace.
#[derive(Debug, Clone)]
pub struct Recordings {
    storage: Storage,
}

/// Returns the folder of local files of an interview.
pub fn local_folder(data_dir: &Path, interview_id: Uuid) -> PathBuf {
    local_root(data_dir).join(interview_id.to_string())
}

/// Returns the folder of local files of all interviews.
pub fn local_root(data_dir: &Path) -> PathBuf {
    data_dir.join("recordings")
}

impl Recordings {
    pub(super) fn of(storage: &Storage) -> Self {
        Self { storage: storage.clone() }
    }

    fn files(&self) -> &Files {
        self.storage.files()
    }

    /// Returns the prefix of all files of an interview.
    fn interview(&self, interview_id: Uuid) -> Key {
        interviews(self.storage.workspace()).with(&interview_id.to_string())
    }

    fn folder(&self, interview_id: Uuid) -> Key {
        self.interview(interview_id).with("recordings")
    }

    fn parts(&self, interview_id: Uuid, name: &str) -> Key {
        self.folder(interview_id).with("parts").with(name)
    }

    /// Lists the tracks of one side or of both, ordered by side and leg. A leg without sound has no
    /// track, so legs may be missing. An incomplete track ends a few seconds before the engine that
    /// wrote it stopped.
    pub async fn tracks(&self, interview_id: Uuid, side: Option<Side>) -> Result<Vec<Track>, FilesError> {
        let folder = self.folder(interview_id);
        let mut stored: BTreeMap<String, Vec<Object>> = BTreeMap::new();
        let mut complete = BTreeMap::new();
        for object in self.files().list(&folder).await? {
            let below = object.key.below(&folder).unwrap_or_default();
            match below.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                [name] => drop(complete.insert((*name).to_owned(), vec![object])),
                ["parts", name, _] => stored.entry((*name).to_owned()).or_default().push(object),
                _ => {}
            }
        }
        stored.values_mut().for_each(contiguous);
        // A complete file replaces its parts, some of which may still exist.
        stored.extend(complete);
        let mut contents: BTreeMap<String, Content> = BTreeMap::new();
        for (name, objects) in stored {
            contents.extend(Content::stored(self.files(), objects).map(|content| (name, content)));
        }
        for (name, path) in self.here(interview_id) {
            if let Ok(content) = Content::here(self.files(), path) {
                contents.insert(name, content);
            }
        }
        let track = |(name, content): (String, Content)| {
            let (side, leg) = side_and_leg(&name)?;
            Some(Track { side, leg, name, content, interview_id, recordings: self.clone() })
        };
        let mut tracks: Vec<Track> = contents.into_iter().filter_map(track).collect();
        tracks.retain(|track| side.is_none_or(|wanted| track.side == wanted));
        // The order is numeric, so that the tenth leg follows the ninth.
        tracks.sort_by_key(|track| (track.side, track.leg));
        Ok(tracks)
    }

    /// Lists the local files of the interview, by their names when complete.
    fn here(&self, interview_id: Uuid) -> Vec<(String, PathBuf)> {
        let entries = std::fs::read_dir(local_folder(self.storage.data_dir(), interview_id));
        let named = |path: PathBuf| {
            let is_part = path.extension().is_some_and(|extension| extension == PART);
            let name = if is_part { path.file_stem()? } else { path.file_name()? };
            Some((name.to_string_lossy().into_owned(), path))
        };
        entries.into_iter().flatten().flatten().filter_map(|entry| named(entry.path())).collect()
    }

    /// Returns these tracks as one file, if it has been made.
    pub async fn mixed(&self, interview_id: Uuid, tracks: &[Track]) -> Result<Option<Content>, FilesError> {
        let found = self.files().find(&self.mix_key(interview_id, tracks)).await?;
        Ok(found.and_then(|object| Content::stored(self.files(), vec![object])))
    }

    /// Returns a writer for a file with these tracks, and deletes the files of earlier tracks. It
    /// must be called within a Tokio runtime.
    pub async fn mix(&self, interview_id: Uuid, tracks: &[Track]) -> Result<Writer, FilesError> {
        self.files().remove_all(&self.folder(interview_id).with("mixed")).await?;
        Ok(self.files().writer(&self.mix_key(interview_id, tracks)))
    }

    /// The key depends on the tracks and their sizes, so that a longer track leads to another file.
    fn mix_key(&self, interview_id: Uuid, tracks: &[Track]) -> Key {
        let mut made_of = Sha256::new();
        for track in tracks {
            made_of.update(format!("{} {}\n", track.name, track.content.size));
        }
        let name = format!("{}.ogg", hex::encode(&made_of.finalize()[..12]));
        self.folder(interview_id).with("mixed").with(&name)
    }

    /// Writes the bytes of an incomplete file from `offset` on. It replaces what was written from
    /// there before.
    pub async fn put_part(
        &self,
        interview_id: Uuid,
        name: &str,
        offset: u64,
        bytes: Vec<u8>,
    ) -> Result<(), FilesError> {
        self.files().put(&self.parts(interview_id, name).with(&format!("{offset:012}")), bytes).await
    }

    /// Stores a complete file, which replaces its parts. Returns its size in bytes.
    pub async fn complete(&self, interview_id: Uuid, name: &str, path: &Path) -> Result<u64, FilesError> {
        let bytes = self.files().copy_from(&self.folder(interview_id).with(name), path).await?;
        self.files().remove_all(&self.parts(interview_id, name)).await?;
        Ok(bytes)
    }

    /// Deletes everything of the interview from the store. The parts of a file count as one file.
    pub async fn remove(&self, interview_id: Uuid) -> Result<Removed, FilesError> {
        let folder = self.folder(interview_id);
        let parts = folder.with("parts");
        let mut broken_up: BTreeMap<String, u64> = BTreeMap::new();
        for object in self.files().list(&parts).await? {
            let name = object.key.below(&parts).unwrap_or_default().into_iter().next().unwrap_or_default();
            *broken_up.entry(name).or_default() += 1;
        }
        let mut removed = self.files().remove_all(&self.interview(interview_id)).await?;
        let surplus: u64 = broken_up.values().map(|parts| parts - 1).sum();
        removed.files = removed.files.saturating_sub(surplus);
        Ok(removed)
    }

    /// Returns the names of the tracks in the store, complete or in parts.
    pub async fn stored(&self, interview_id: Uuid) -> Result<HashSet<String>, FilesError> {
        let folder = self.folder(interview_id);
        let listed = self.files().list(&folder).await?;
        let names =
            listed.iter().filter_map(|object| object.key.below(&folder)?.into_iter().find(|name| is_track(name)));
        Ok(names.collect())
    }

    /// Lists the interviews of the workspace that have files in the store.
    pub async fn interviews(&self) -> Result<Vec<Uuid>, FilesError> {
        let names = self.files().folders(&interviews(self.storage.workspace())).await?;
        Ok(names.iter().filter_map(|name| Uuid::parse_str(name).ok()).collect())
    }

    /// Registers that this engine has files of the interview that may not be in the store.
    pub async fn hold(&self, interview_id: Uuid, engine: &str) -> Result<(), StorageError> {
        let row = local_recordings::ActiveModel {
            id: Set(Uuid::now_v7()),
            workspace_id: Set(self.storage.workspace()),
            interview_id: Set(interview_id),
            engine: Set(engine.to_owned()),
            created_at: Set(Utc::now()),
        };
        let once = OnConflict::columns([Column::InterviewId, Column::Engine]).do_nothing().to_owned();
        local_recordings::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(self.storage.connection())
            .await?;
        Ok(())
    }

    /// Registers that this engine has no such files any more.
    pub async fn release(&self, interview_id: Uuid, engine: &str) -> Result<(), StorageError> {
        local_recordings::Entity::delete_many()
            .filter(Column::InterviewId.eq(interview_id))
            .filter(Column::Engine.eq(engine))
            .exec(self.storage.connection())
            .await?;
        Ok(())
    }

    /// Lists the interviews of all workspaces of which this engine has such files and whose
    /// respondent was erased.
    pub async fn erased_with(&self, engine: &str) -> Result<Vec<Uuid>, StorageError> {
        let erased = Query::select().column(erasures::Column::InterviewId).from(erasures::Entity).to_owned();
        let rows = local_recordings::Entity::find()
            .filter(Column::Engine.eq(engine))
            .filter(Column::InterviewId.in_subquery(erased));
        Ok(rows.select_only().column(Column::InterviewId).into_tuple().all(self.storage.connection()).await?)
    }

    /// Lists the engines that have such files of one of these interviews.
    pub async fn holders(&self, interviews: &[Uuid]) -> Result<Vec<String>, StorageError> {
        let rows = local_recordings::Entity::find().filter(Column::InterviewId.is_in(interviews.iter().copied()));
        let rows = rows.select_only().column(Column::Engine).distinct();
        Ok(rows.into_tuple().all(self.storage.connection()).await?)
    }
}

fn interviews(workspace: Uuid) -> Key {
    Key::of([workspace.to_string().as_str(), "interviews"])
}

/// Keeps the parts that follow one another without a gap from the beginning. They are sorted by
/// their offsets.
fn contiguous(parts: &mut Vec<Object>) {
    let mut end = 0;
    let follow = |part: &&Object| {
        let follows = part.key.name().parse() == Ok(end);
        end += part.size;
        follows
    };
    let whole = parts.iter().take_while(follow).count();
    parts.truncate(whole);
}

/// Returns true if a file with this name contains one side of one leg.
pub fn is_track(name: &str) -> bool {
    side_and_leg(name).is_some()
}

/// Parses the name of a file. Returns `None` if it is not that of a side and a leg.
fn side_and_leg(name: &str) -> Option<(Side, u32)> {
    let stem = name.strip_suffix(".ogg")?;
    let (side, leg) = match stem.split_once("-leg") {
        Some((side, leg)) => (side, leg.parse().ok()?),
        None => (stem, 1),
    };
    [Side::Interviewer, Side::Respondent].into_iter().find(|known| known.name() == side).map(|side| (side, leg))
}
