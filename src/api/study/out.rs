//! The transport from a writer on a blocking thread to the client, in bounded chunks.
//!
//! Owns: that the writer waits for the reader, and stops when the reader is gone. Never does: know
//! what is written.

use std::io::{self, BufWriter, Write};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::study::ExportError;

const CHUNK: usize = 64 * 1024;
/// The number of chunks that may wait for the client. They take half a megabyte for each export.
const WAITING: usize = 8;

/// The writing end.
pub(super) struct Out(mpsc::Sender<io::Result<Bytes>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = Bytes::copy_from_slice(bytes);
        self.0.blocking_send(Ok(chunk)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the output of `write` as a stream, while it is written. If `write` fails, the stream
/// ends with an error, which closes the connection.
pub(super) fn stream(
    write: impl FnOnce(&mut BufWriter<Out>) -> Result<(), ExportError> + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    actix_web::rt::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(CHUNK, Out(sender.clone()));
        let written = write(&mut out).and_then(|()| Ok(out.flush()?));
        match written {
            Ok(()) => {}
            Err(ExportError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                tracing::debug!("the client disconnected during an export");
            }
            Err(error) => {
                tracing::error!(%error, "an export cannot be finished");
                // The buffered rest must not follow the error.
                let _ = out.into_parts();
                let _ = sender.blocking_send(Err(io::Error::other("the export could not be finished")));
            }
        }
    });
    ReceiverStream::new(receiver)
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[actix_web::test]
    async fn what_is_written_arrives_and_a_fault_is_no_end() {
        let whole = stream(|out| Ok(out.write_all(&vec![7; 3 * CHUNK])?));
        let chunks: Vec<Bytes> = whole.map(|chunk| chunk.unwrap()).collect().await;
        assert_eq!(chunks.iter().map(Bytes::len).sum::<usize>(), 3 * CHUNK);

        let broken = stream(|out| {
            out.write_all(b"half")?;
            Err(ExportError::Io(io::Error::other("the disk is gone")))
        });
        let chunks: Vec<_> = broken.collect().await;
        assert!(chunks.last().unwrap().is_err());
        assert_eq!(chunks.len(), 1, "what was buffered does not look like the end");
    }

    #[actix_web::test]
    async fn who_hangs_up_ends_the_writing() {
        let (ended, end) = tokio::sync::oneshot::channel();
        let chunk = vec![0; CHUNK];
        let mut endless = Box::pin(stream(move |out| {
            let fault = loop {
                if let Err(error) = out.write_all(&chunk) {
                    break error;
                }
            };
            let _ = ended.send(fault.kind());
            Err(fault.into())
        }));
        endless.next().await.unwrap().unwrap();
        drop(endless);
        assert_eq!(end.await.unwrap(), io::ErrorKind::BrokenPipe);
    }
}
