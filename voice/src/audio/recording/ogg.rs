//! Writes one Ogg/Opus file.
//!
//! Owns: pages, granule positions, and filling gaps. Never does: know which call the file belongs
//! to.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use interview::io::Ms;
use ogg::{PacketWriteEndInfo, PacketWriter};

use super::{PART, RecordingError};
use crate::audio::codec::{RTP_RATE, RTP_SAMPLES, packet_samples, silence};

/// Samples that a decoder skips at the beginning, which is the look-ahead of libopus's encoder: 6.5
/// ms.
pub(super) const PRE_SKIP: u16 = 312;
/// Packets are written one after the other until the file is this many samples (40 ms) behind the
/// clock. Then silence is inserted.
const BEHIND: u64 = 2 * RTP_SAMPLES as u64;
/// A packet whose place in the file would be this many samples too late is dropped. This happens if
/// the sender's clock runs fast.
const AHEAD: u64 = 5 * RTP_SAMPLES as u64;
/// The longest duration of a page in samples: 1 s.
const PAGE: u64 = RTP_RATE as u64;

/// A file that is always valid up to its last page. It has the name [`part`] until it is complete.
pub(super) struct Track {
    path: PathBuf,
    pages: PacketWriter<'static, BufWriter<File>>,
    serial: u32,
    /// Samples written at 48 kHz, including `pending`.
    position: u64,
    /// The last packet. It is held back, because the writer must state whether a page ends with it.
    pending: Option<Bytes>,
    page_began: u64,
}

impl Track {
    pub(super) fn create(path: PathBuf) -> Result<Self, RecordingError> {
        let open = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            File::create(part(&path))
        };
        // The folder may be removed between the two, because it was empty.
        let file = open().or_else(|_| open()).map_err(|source| RecordingError::File { path: path.clone(), source })?;
        let pages = PacketWriter::new(BufWriter::new(file));
        let mut track = Self { path, pages, serial: rand::random(), position: 0, pending: None, page_began: 0 };
        track.page(&head(), PacketWriteEndInfo::EndPage, 0)?;
        track.page(&tags(), PacketWriteEndInfo::EndPage, 0)?;
        Ok(track)
    }

    /// Appends a packet whose first sample is at `at_ms`, after silence where it is due.
    pub(super) fn write(&mut self, at_ms: Ms, payload: Bytes) -> Result<(), RecordingError> {
        let due = at_ms * u64::from(RTP_RATE) / 1000;
        let Some(samples) = packet_samples(&payload) else { return Ok(()) };
        if self.position > due + AHEAD {
            return Ok(());
        }
        if self.position + BEHIND <= due {
            // The gap is rounded to whole packets.
            while self.position + u64::from(RTP_SAMPLES) / 2 <= due {
                self.append(silence(), u64::from(RTP_SAMPLES))?;
            }
        }
        self.append(payload, u64::from(samples))
    }

    /// Completes the open page and passes it to the operating system.
    pub(super) fn flush(&mut self) -> Result<(), RecordingError> {
        if let Some(pending) = self.pending.take() {
            self.page(&pending, PacketWriteEndInfo::EndPage, self.position)?;
            self.page_began = self.position;
        }
        self.pages.inner_mut().flush().map_err(|source| self.failed(source))
    }

    /// Writes the last page with the end-of-stream mark, and gives the file its name.
    pub(super) fn finish(mut self) -> Result<(), RecordingError> {
        let written = self.last_page();
        // What there is can be played without its end as well.
        written.and(complete(&self.path))
    }

    /// Leaves the file as it is, and gives it its name: nothing more can be written.
    pub(super) fn abandon(self) -> Result<(), RecordingError> {
        let Self { path, pages, .. } = self;
        // What is buffered cannot be written either, or not in its place.
        let _ = pages.into_inner().into_parts();
        complete(&path)
    }

    fn last_page(&mut self) -> Result<(), RecordingError> {
        let last = self.pending.take().unwrap_or_else(|| {
            self.position += u64::from(RTP_SAMPLES);
            silence()
        });
        self.page(&last, PacketWriteEndInfo::EndStream, self.position)?;
        self.pages.inner_mut().flush().map_err(|source| self.failed(source))
    }

    /// Completes the file without what was heard from `from_ms` on. Only whole pages can be
    /// removed, so that up to 1 s before `from_ms` may be removed as well.
    pub(super) fn cut(mut self, from_ms: Ms) -> Result<(), RecordingError> {
        // If there is no room for the last page, the pages before it are cut all the same.
        let _ = self.last_page();
        let Self { path: complete_path, pages, .. } = self;
        let _ = pages.into_inner().into_parts();
        let path = part(&complete_path);
        let failed = |source| RecordingError::File { path: path.clone(), source };
        let bytes = std::fs::read(&path).map_err(failed)?;
        // A packet may be a little earlier in the file than it was heard.
        let granule = (from_ms * u64::from(RTP_RATE) / 1000).saturating_sub(BEHIND);
        let end = end_of_pages(&bytes, granule);
        let file = File::options().write(true).open(&path).map_err(failed)?;
        file.set_len(end as u64).and_then(|()| file.sync_all()).map_err(failed)?;
        // Only now: a complete file holds nothing that was said without consent.
        complete(&complete_path)
    }

    fn append(&mut self, payload: Bytes, samples: u64) -> Result<(), RecordingError> {
        if let Some(before) = self.pending.replace(payload) {
            let is_full = self.position - self.page_began >= PAGE;
            let end = if is_full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
            if is_full {
                self.page_began = self.position;
            }
            self.page(&before, end, self.position)?;
        }
        self.position += samples;
        Ok(())
    }

    fn page(&mut self, packet: &Bytes, end: PacketWriteEndInfo, granule: u64) -> Result<(), RecordingError> {
        let written = self.pages.write_packet(packet.to_vec(), self.serial, end, granule);
        written.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> RecordingError {
        RecordingError::File { path: self.path.clone(), source }
    }
}

/// What a file is called until it is complete.
pub(super) fn part(path: &Path) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(".");
    name.push(PART);
    name.into()
}

fn complete(path: &Path) -> Result<(), RecordingError> {
    std::fs::rename(part(path), path).map_err(|source| RecordingError::File { path: path.to_owned(), source })
}

/// Returns the offset in bytes at which the last page ends that holds nothing beyond `granule`
/// samples. A page header has 27 bytes, with the granule position at byte 6, and is followed by the
/// segment table, whose bytes add up to the size of the body (RFC 3533).
fn end_of_pages(bytes: &[u8], granule: u64) -> usize {
    let mut end = 0;
    while let Some(header) = bytes.get(end..end + 27).filter(|header| header.starts_with(b"OggS")) {
        let position = header[6..14].iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let segments = usize::from(header[26]);
        let Some(table) = bytes.get(end + 27..end + 27 + segments) else { break };
        if position > granule {
            break;
        }
        end += 27 + segments + table.iter().map(|length| usize::from(*length)).sum::<usize>();
    }
    end
}

/// Returns the identification header: version 1, mono, mapping family 0 (RFC 7845, 5.1).
pub(super) fn head() -> Bytes {
    head_skipping(PRE_SKIP)
}

/// Like [`head`], for a stream whose first `pre_skip` samples at 48 kHz must not be heard.
pub(super) fn head_skipping(pre_skip: u16) -> Bytes {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend(pre_skip.to_le_bytes());
    head.extend(RTP_RATE.to_le_bytes());
    head.extend([0, 0, 0]);
    Bytes::from(head)
}

/// Returns the comment header without comments (RFC 7845, 5.2).
pub(super) fn tags() -> Bytes {
    let vendor = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor.as_bytes());
    tags.extend(0u32.to_le_bytes());
    Bytes::from(tags)
}
