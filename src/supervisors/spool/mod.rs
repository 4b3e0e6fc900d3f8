//! Events that the database could not take yet, on disk.
//!
//! - `record`: how a batch stands in the file
//!
//! Owns: one append-only file of batches, flushed before it counts, and the two files beside it for
//! what a person has to look at: batches that the log refused, and parts of the file that are
//! damaged. Never does: decide when. Nothing is encrypted (the keys are in the database that is
//! away): the files are readable by their owner only, and the spool is emptied as soon as the
//! database took what it holds.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod record;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use storage::Batch;

#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
}

/// What an earlier process left.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In their order.
    pub batches: Vec<Batch>,
    /// Records that are not whole. They have been put aside.
    pub damaged: usize,
}

impl Spool {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("spool") }
    }

    /// What an earlier process left. A record that was torn by its death, or damaged since, is put
    /// into a file of its own and costs no other record.
    pub(super) fn take_over(&self) -> io::Result<Found> {
        let record::Read { batches, damaged } = record::read(&read(&self.waiting())?);
        if !damaged.is_empty() {
            let mut bytes = Vec::new();
            for line in &damaged {
                bytes.extend_from_slice(line);
                bytes.push(b'\n');
            }
            self.write(&self.damaged(), &bytes)?;
        }
        Ok(Found { batches, damaged: damaged.len() })
    }

    /// Returns when they are on disk.
    pub(super) fn append(&self, batches: &[&Batch]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for batch in batches {
            record::write(batch, &mut bytes)?;
        }
        self.write(&self.waiting(), &bytes)
    }

    /// Keeps what the log does not take for good, for a person to look at: a JSON line a batch.
    pub(super) fn reject(&self, batch: &Batch) -> io::Result<()> {
        self.write(&self.rejected(), &line(batch)?)
    }

    /// Removes what was refused of these interviews: how many events. What can't be read is removed
    /// as well, since nobody could tell whose it is.
    pub(super) fn forget(&self, interviews: &[Uuid]) -> io::Result<u64> {
        remove(&self.damaged())?;
        let lines = read(&self.rejected())?;
        let parsed = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(serde_json::from_slice);
        let batches: Vec<Result<Batch, _>> = parsed.collect();
        let unreadable = batches.iter().any(Result::is_err);
        let (gone, kept): (Vec<_>, Vec<_>) =
            batches.into_iter().flatten().partition(|batch| interviews.contains(&batch.interview_id));
        if gone.is_empty() && !unreadable {
            return Ok(0);
        }
        let rest = self.folder.join("rejected.part");
        // A half-written one of a process that died.
        remove(&rest)?;
        if kept.is_empty() {
            remove(&self.rejected())?;
        } else {
            let lines: Vec<Vec<u8>> = kept.iter().map(line).collect::<Result<_, _>>()?;
            self.write(&rest, &lines.concat())?;
            std::fs::rename(rest, self.rejected())?;
        }
        Ok(gone.iter().map(|batch| batch.records.len() as u64).sum())
    }

    /// The database has everything.
    pub(super) fn clear(&self) -> io::Result<()> {
        remove(&self.waiting())
    }

    fn damaged(&self) -> PathBuf {
        self.folder.join("damaged")
    }

    fn rejected(&self) -> PathBuf {
        self.folder.join("rejected.jsonl")
    }

    fn waiting(&self) -> PathBuf {
        self.folder.join("events.jsonl")
    }

    /// Appends and flushes. What a full disk takes of it only half is taken back, so that it can be
    /// written again.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut file = open(path)?;
        let before = file.metadata()?.len();
        let written = file.write_all(bytes).and_then(|()| file.sync_data());
        if written.is_err() {
            // Should this fail as well, the half of a record is found to be damaged later.
            let _ = file.set_len(before);
        }
        if before == 0 {
            // A file that was just made is there after a power failure when its folder is on disk
            // as well.
            File::open(&self.folder)?.sync_all()?;
        }
        written
    }
}

/// A line break precedes it: what stands there may have been torn.
fn line(batch: &Batch) -> serde_json::Result<Vec<u8>> {
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, batch)?;
    line.push(b'\n');
    Ok(line)
}

/// The whole file; nothing where there is none.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}
