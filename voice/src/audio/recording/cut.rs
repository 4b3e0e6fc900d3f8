//! Cuts passages out of a recording packet by packet, without decoding and so without loss.
//!
//! Owns: the arithmetic of pre-skip and granule positions (RFC 7845). Never does: know what is said
//! in a passage.

use std::io::{BufReader, Read, Seek};

use interview::io::Ms;
use ogg::{PacketReader, PacketWriteEndInfo, PacketWriter};

use super::RecordingError;
use super::ogg::{PRE_SKIP, head_skipping, tags};
use crate::audio::codec::{RTP_RATE, packet_samples};

/// Samples that a decoder must process before its output is correct: 80 ms (RFC 7845, 4.6).
const PREROLL: u64 = 3_840;

/// A passage: its first and its last millisecond on the call clock.
pub type Passage = (Ms, Ms);

/// A passage as a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// An Ogg/Opus file.
    pub bytes: Vec<u8>,
    /// The size of its packets in bytes. Packets of silence are very small, so that this shows
    /// whether there is sound.
    pub sound: usize,
}

/// Cuts the passages out of one side's file, and returns `None` for a passage beyond the file's
/// end. Reads the file once. Blocking.
pub fn cut(recording: impl Read + Seek, passages: &[Passage]) -> Result<Vec<Option<Clip>>, RecordingError> {
    let mut packets = PacketReader::new(BufReader::new(recording));
    let mut drafts: Vec<Draft> = passages.iter().map(|passage| Draft::of(*passage)).collect();
    let last = drafts.iter().map(|draft| draft.to).max().unwrap_or_default();
    let (mut position, mut headers) = (0, 2);
    while position < last {
        // An error means that the file was truncated here.
        let Ok(Some(packet)) = packets.read_packet() else { break };
        if headers > 0 {
            headers -= 1;
            continue;
        }
        let Some(samples) = packet_samples(&packet.data).map(u64::from) else { continue };
        for draft in &mut drafts {
            if position + samples > draft.from.saturating_sub(PREROLL) && position < draft.to {
                draft.begin.get_or_insert(position);
                draft.packets.push((packet.data.clone(), samples));
            }
        }
        position += samples;
    }
    drafts.into_iter().map(|draft| draft.written(position)).collect()
}

/// A passage in samples of the encoded stream, which is ahead of the call clock by the pre-skip.
struct Draft {
    from: u64,
    to: u64,
    begin: Option<u64>,
    packets: Vec<(Vec<u8>, u64)>,
}

impl Draft {
    fn of((start_ms, end_ms): Passage) -> Self {
        let at = |ms: Ms| ms * u64::from(RTP_RATE) / 1_000 + u64::from(PRE_SKIP);
        Self { from: at(start_ms), to: at(end_ms.max(start_ms + 1)), begin: None, packets: Vec::new() }
    }

    fn written(self, end_of_file: u64) -> Result<Option<Clip>, RecordingError> {
        let Some(begin) = self.begin.filter(|begin| *begin < self.to && end_of_file > self.from) else {
            return Ok(None);
        };
        let skip = u16::try_from(self.from.saturating_sub(begin)).unwrap_or(u16::MAX);
        let sound = self.packets.iter().map(|(data, _)| data.len()).sum();
        let mut pages = PacketWriter::new(Vec::new());
        let serial = rand::random();
        pages.write_packet(head_skipping(skip).to_vec(), serial, PacketWriteEndInfo::EndPage, 0)?;
        pages.write_packet(tags().to_vec(), serial, PacketWriteEndInfo::EndPage, 0)?;
        let (mut granule, mut on_page, count) = (0, 0, self.packets.len());
        for (at, (data, samples)) in self.packets.into_iter().enumerate() {
            granule += samples;
            on_page += samples;
            let is_last = at + 1 == count;
            let end = match on_page {
                _ if is_last => PacketWriteEndInfo::EndStream,
                full if full >= u64::from(RTP_RATE) => PacketWriteEndInfo::EndPage,
                _ => PacketWriteEndInfo::NormalPacket,
            };
            if end == PacketWriteEndInfo::EndPage {
                on_page = 0;
            }
            // A last page whose granule position is before the end of its last packet tells the
            // player to stop there.
            let told = if is_last { granule.min(self.to - begin) } else { granule };
            pages.write_packet(data, serial, end, told)?;
        }
        Ok(Some(Clip { bytes: pages.into_inner(), sound }))
    }
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
