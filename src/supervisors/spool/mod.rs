//! Events on disk that the database could not accept yet.
//!
//! - `record`: the form of a batch in the file
//!
//! Owns: one append-only file of batches, which is flushed before it counts, and two files beside
//! it for a person to inspect: batches that the log refused, and damaged parts of the file. Never
//! does: decide when to write. Nothing is encrypted, because the keys are in the database that is
//! unavailable. The files can be read by their owner only, and the spool is emptied as soon as the
//! database has accepted its content.

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

/// The content that an earlier process left.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The batches in their order.
    pub batches: Vec<Batch>,
    /// The number of damaged records. They have been moved to another file.
    pub damaged: usize,
}

impl Spool {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("spool") }
    }

    /// Reads what an earlier process left. A record that is incomplete or damaged is moved to
    /// another file, and no other record is lost.
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

    /// Appends batches. Returns when they are on disk.
    pub(super) fn append(&self, batches: &[&Batch]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for batch in batches {
            record::write(batch, &mut bytes)?;
        }
        self.write(&self.waiting(), &bytes)
    }

    /// Keeps a batch that the log refuses permanently, for a person to inspect, as a line of JSON.
    pub(super) fn reject(&self, batch: &Batch) -> io::Result<()> {
        self.write(&self.rejected(), &line(batch)?)
    }

    /// Deletes the refused batches of these interviews, and returns the number of events. Lines
    /// that cannot be read are deleted as well, because nobody can tell whose they are.
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
        // This is the incomplete file of a process that died.
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

    /// Empties the spool, because the database has everything.
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

    /// Appends and flushes. If the disk is full, a partly written record is removed again, so that
    /// it can be written later.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut file = open(path)?;
        let before = file.metadata()?.len();
        let written = file.write_all(bytes).and_then(|()| file.sync_data());
        if written.is_err() {
            // If this fails as well, the partial record is later found to be damaged.
            let _ = file.set_len(before);
        }
        if before == 0 {
            // A new file survives a power failure only if its folder is flushed as well.
            File::open(&self.folder)?.sync_all()?;
        }
        written
    }
}

/// Returns a batch as a line, preceded by a line break, because the previous record may be
/// incomplete.
fn line(batch: &Batch) -> serde_json::Result<Vec<u8>> {
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, batch)?;
    line.push(b'\n');
    Ok(line)
}

/// Returns the whole file, or nothing if it does not exist.
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
