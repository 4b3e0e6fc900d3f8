//! A file that is written from front to back, and appears when it is whole.
//!
//! Owns: that nothing of an unfinished file stays. Never does: know what is written.

use std::io::{self, Write};

use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt as _;
use tokio::runtime::Handle;

use crate::{Files, FilesError, Key};

/// Bytes that are held in memory, and the size of the parts that a larger file is sent in. S3 accepts no smaller ones than
/// 5 MiB, except for the last.
const PART: usize = 8 * 1024 * 1024;
/// Parts on their way at once.
const AT_ONCE: usize = 2;

/// Writes one file, for threads that may block. The file is there once [`finish`](Self::finish) has returned; a writer that is
/// dropped before leaves nothing behind.
pub struct Writer {
    files: Files,
    inner: Option<BufWriter>,
    runtime: Handle,
    bytes: u64,
}

impl Writer {
    /// Must be called within a Tokio runtime, which then carries the requests.
    pub(crate) fn new(files: Files, key: &Key) -> Self {
        let inner = files.buffered(key);
        Self { files, inner: Some(inner), runtime: Handle::current(), bytes: 0 }
    }

    /// Completes the file; returns its size in bytes.
    ///
    /// # Errors
    /// [`FilesError::Away`] and its like if the store could not take all of it. There is no such file then.
    pub fn finish(mut self) -> Result<u64, FilesError> {
        if let Some(mut inner) = self.inner.take() {
            // A store that fails here has been told by `object_store` to forget the parts.
            let finished = self.runtime.block_on(inner.shutdown());
            self.files.heard_io(finished)?;
        }
        Ok(self.bytes)
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(inner) = &mut self.inner else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let written = self.runtime.block_on(inner.write(bytes));
        let written = self.files.heard_io(written)?;
        self.bytes += written as u64;
        Ok(written)
    }

    /// Nothing is flushed before the end: a part must have its size.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some(mut inner) = self.inner.take() else { return };
        self.runtime.spawn(async move {
            if let Err(error) = inner.abort().await {
                tracing::warn!(%error, "the parts of an unfinished file may stay in the store");
            }
        });
    }
}

impl Files {
    pub(crate) fn buffered(&self, key: &Key) -> BufWriter {
        BufWriter::with_capacity(self.store(), key.0.clone(), PART).with_max_concurrency(AT_ONCE)
    }
}
