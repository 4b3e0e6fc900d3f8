//! Events that the database could not take yet, on disk.
//!
//! Owns: one append-only file of batches, a JSON line each, flushed before it counts. Never does: decide when.
//! The lines are not encrypted (the keys are in the database that is away): the file is readable by its owner only, and
//! it is emptied as soon as the database took what it holds.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use storage::Batch;

#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
}

impl Spool {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("spool") }
    }

    /// What an earlier process left. A last line that was torn by its death was never acknowledged and is left out.
    pub(super) fn read(&self) -> io::Result<Vec<Batch>> {
        let text = match std::fs::read_to_string(self.waiting()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    pub(super) fn append(&self, batches: &[&Batch]) -> io::Result<()> {
        self.write(&self.waiting(), batches)
    }

    /// Keeps what the log refused for good, for a person to look at.
    pub(super) fn reject(&self, batch: &Batch) -> io::Result<()> {
        self.write(&self.rejected(), &[batch])
    }

    /// Removes what was refused of these interviews: how many events. What can't be read is removed as well, since nobody
    /// could tell whose it is.
    pub(super) fn forget(&self, interviews: &[Uuid]) -> io::Result<u64> {
        let text = match std::fs::read_to_string(self.rejected()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let batches: Vec<Batch> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let (gone, kept): (Vec<_>, Vec<_>) = batches.iter().partition(|batch| interviews.contains(&batch.interview_id));
        if gone.is_empty() {
            return Ok(0);
        }
        let rest = self.folder.join("rejected.part");
        // A half-written one of a process that died.
        match std::fs::remove_file(&rest) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if kept.is_empty() {
            std::fs::remove_file(self.rejected())?;
        } else {
            self.write(&rest, &kept)?;
            std::fs::rename(rest, self.rejected())?;
        }
        Ok(gone.iter().map(|batch| batch.records.len() as u64).sum())
    }

    /// The database has everything.
    pub(super) fn clear(&self) -> io::Result<()> {
        match std::fs::remove_file(self.waiting()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn rejected(&self) -> PathBuf {
        self.folder.join("rejected.jsonl")
    }

    fn waiting(&self) -> PathBuf {
        self.folder.join("events.jsonl")
    }

    fn write(&self, path: &Path, batches: &[&Batch]) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut lines = Vec::new();
        for batch in batches {
            serde_json::to_writer(&mut lines, batch)?;
            lines.push(b'\n');
        }
        let mut file = open(path)?;
        file.write_all(&lines)?;
        file.sync_data()
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

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use interview::Event;
    use uuid::Uuid;

    use super::*;
    use storage::EventRecord;

    #[test]
    fn what_was_refused_of_an_erased_person_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path());
        assert_eq!(spool.forget(&[Uuid::nil()]).unwrap(), 0);
        let other = Batch { interview_id: Uuid::max(), ..batch(1) };
        for refused in [&batch(1), &other, &batch(2)] {
            spool.reject(refused).unwrap();
        }
        assert_eq!(spool.forget(&[Uuid::nil()]).unwrap(), 2);
        let left = std::fs::read_to_string(spool.rejected()).unwrap();
        assert_eq!(left.lines().map(|line| serde_json::from_str::<Batch>(line).unwrap()).collect::<Vec<_>>(), [other]);
        assert_eq!(spool.forget(&[Uuid::max()]).unwrap(), 1);
        assert!(!spool.rejected().exists());
    }

    fn batch(seq: i64) -> Batch {
        let record = EventRecord { seq, at_ms: 5, event: Event::Resumed, actor: "interview".to_owned() };
        Batch { interview_id: Uuid::nil(), received_at: Utc::now(), records: vec![record] }
    }

    #[test]
    fn what_is_spooled_is_read_back_in_order_and_a_torn_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path());
        assert!(spool.read().unwrap().is_empty());
        let (one, two) = (batch(1), batch(2));
        spool.append(&[&one]).unwrap();
        spool.append(&[&two]).unwrap();
        open(&spool.waiting()).unwrap().write_all(b"{\"interview_id\":\"00").unwrap();
        assert_eq!(spool.read().unwrap(), vec![one, two]);
        spool.clear().unwrap();
        assert!(spool.read().unwrap().is_empty());
    }
}
