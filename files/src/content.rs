//! Something to be read from front to back or in part, wherever its pieces lie.
//!
//! Owns: the seams between pieces, and a tag for the whole. Never does: know what is in it.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::{Files, FilesError, Key, Object};

/// Bytes read from a local file at once.
const CHUNK: usize = 64 * 1024;

/// Where a piece lies.
#[derive(Debug, Clone)]
enum Piece {
    Here { path: PathBuf, size: u64 },
    Stored { key: Key, size: u64 },
}

impl Piece {
    fn size(&self) -> u64 {
        match self {
            Self::Here { size, .. } | Self::Stored { size, .. } => *size,
        }
    }
}

/// A file, or several that follow one another, as they were when they were looked up.
#[derive(Debug, Clone)]
pub struct Content {
    files: Files,
    pieces: Vec<Piece>,
    /// In bytes.
    pub size: u64,
    pub modified: DateTime<Utc>,
    /// Changes with the content; without quotes.
    pub tag: String,
}

/// The bytes of a content as they come.
pub type ByteStream = BoxStream<'static, Result<Bytes, FilesError>>;

impl Content {
    /// A local file, as far as it is written now.
    pub fn here(files: &Files, path: PathBuf) -> io::Result<Self> {
        let meta = path.metadata()?;
        let (size, modified) = (meta.len(), DateTime::<Utc>::from(meta.modified()?));
        let tag = format!("{:x}-{size:x}", modified.timestamp_micros());
        Ok(Self { files: files.clone(), pieces: vec![Piece::Here { path, size }], size, modified, tag })
    }

    /// Files of the store, one after the other; none for no files.
    pub fn stored(files: &Files, objects: Vec<Object>) -> Option<Self> {
        let size = objects.iter().map(|object| object.size).sum();
        let last = objects.last()?;
        let tag = match objects.len() {
            1 => last.tag.clone(),
            pieces => format!("{pieces}-{size:x}-{}", last.tag),
        };
        let modified = objects.iter().map(|object| object.modified).max()?;
        let pieces = objects.into_iter().map(|object| Piece::Stored { key: object.key, size: object.size }).collect();
        Some(Self { files: files.clone(), pieces, size, modified, tag })
    }

    /// All of it as one local file to read and seek in. What had to be copied from the store has no name, and is gone when it is
    /// closed.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] if a piece was removed meanwhile.
    pub async fn open(&self) -> Result<File, FilesError> {
        let mut keys = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Here { path, .. } => return Ok(opened(path).await?.into_std().await),
                Piece::Stored { key, .. } => keys.push(key.clone()),
            }
        }
        self.files.local(&keys).await
    }

    /// The bytes in this range.
    ///
    /// # Errors
    /// [`FilesError::NotFound`] at once if the first piece was removed meanwhile; as an item of the stream for a later one.
    pub async fn stream(&self, range: Range<u64>) -> Result<ByteStream, FilesError> {
        let (mut wanted, mut begin) = (Vec::new(), 0);
        for piece in &self.pieces {
            let end = begin + piece.size();
            let part = range.start.max(begin)..range.end.min(end);
            if !part.is_empty() {
                wanted.push((piece.clone(), part.start - begin..part.end - begin));
            }
            begin = end;
        }
        let mut wanted = wanted.into_iter();
        let Some((piece, part)) = wanted.next() else { return Ok(stream::empty().boxed()) };
        let first = read(&self.files, &piece, part).await?;
        let files = self.files.clone();
        let rest = stream::iter(wanted).then(move |(piece, part)| {
            let files = files.clone();
            async move { read(&files, &piece, part).await }
        });
        Ok(first.chain(rest.try_flatten()).boxed())
    }
}

async fn read(files: &Files, piece: &Piece, part: Range<u64>) -> Result<ByteStream, FilesError> {
    match piece {
        Piece::Stored { key, .. } => files.read(key, part).await,
        Piece::Here { path, .. } => {
            let mut file = opened(path).await?;
            file.seek(SeekFrom::Start(part.start)).await?;
            let left = part.end - part.start;
            Ok(stream::try_unfold((file, left), |(mut file, left)| async move {
                if left == 0 {
                    return Ok(None);
                }
                let mut chunk = BytesMut::with_capacity(CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)));
                let read = (&mut file).take(left).read_buf(&mut chunk).await?;
                if read == 0 {
                    return Err(FilesError::Local(io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(Some((chunk.freeze(), (file, left - read as u64))))
            })
            .boxed())
        }
    }
}

async fn opened(path: &PathBuf) -> Result<tokio::fs::File, FilesError> {
    match tokio::fs::File::open(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(FilesError::NotFound),
        opened => Ok(opened?),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::Place;

    async fn text(content: &Content, range: Range<u64>) -> String {
        let bytes = content.stream(range).await.unwrap().try_collect::<Vec<_>>().await.unwrap().concat();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn pieces_are_one_text_whatever_range_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&Place::Folder(dir.path().join("files")), dir.path()).unwrap();
        let folder = Key::of(["parts"]);
        for (name, part) in [("0", "abc"), ("3", "de"), ("5", "fghi")] {
            files.put(&folder.with(name), part).await.unwrap();
        }
        let content = Content::stored(&files, files.list(&folder).await.unwrap()).unwrap();
        assert_eq!(content.size, 9);
        for from in 0..9 {
            for to in from..=9 {
                let expected = &"abcdefghi"[from as usize..to as usize];
                assert_eq!(text(&content, from..to).await, expected);
            }
        }
        let mut whole = String::new();
        content.open().await.unwrap().read_to_string(&mut whole).unwrap();
        assert_eq!(whole, "abcdefghi");
        assert!(Content::stored(&files, Vec::new()).is_none());
        files.remove(&folder.with("0")).await.unwrap();
        assert!(matches!(content.stream(0..9).await, Err(FilesError::NotFound)));
        assert!(matches!(content.open().await, Err(FilesError::NotFound)));
    }

    #[tokio::test]
    async fn a_local_file_is_read_as_far_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(&Place::Folder(dir.path().join("files")), dir.path()).unwrap();
        let path = dir.path().join("growing");
        let long = "x".repeat(3 * CHUNK);
        std::fs::write(&path, &long).unwrap();
        let content = Content::here(&files, path.clone()).unwrap();
        std::fs::write(&path, format!("{long}more")).unwrap();
        assert_eq!(text(&content, 0..content.size).await, long);
        assert_eq!(text(&content, 5..8).await, "xxx");
        assert_ne!(Content::here(&files, path.clone()).unwrap().tag, content.tag);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(content.open().await, Err(FilesError::NotFound)));
    }
}
