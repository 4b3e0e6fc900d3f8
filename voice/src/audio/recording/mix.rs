//! Decodes recordings, and mixes both sides of a call.
//!
//! Owns: decoding and mixing finished or truncated files. Never does: write the files of running
//! calls.

use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;

use ogg::{PacketReader, PacketWriteEndInfo, PacketWriter};
use opus::Channels;

use super::RecordingError;
use super::ogg::{PRE_SKIP, head, tags};
use crate::audio::SPEAK_RATE;
use crate::audio::codec::{CodecError, Encoder, RTP_RATE, RTP_SAMPLES, SPEAK_SAMPLES};

/// Samples in the longest possible packet: 120 ms at 48 kHz.
const MAX_SAMPLES: usize = 5760;

/// Decodes an Ogg/Opus file to mono samples of 16 bits at `rate` Hz (8,000, 12,000, 16,000, 24,000
/// or 48,000). A truncated file is read as far as it goes.
pub fn decode(path: &Path, rate: u32) -> Result<Vec<i16>, RecordingError> {
    let file = File::open(path).map_err(|source| RecordingError::File { path: path.to_owned(), source })?;
    let mut reader = Reader::open(file, rate)?;
    let mut pcm = Vec::new();
    while reader.more(&mut pcm)? {}
    Ok(pcm)
}

/// Mixes the recordings of one call, both sides and all legs, into one mono Ogg/Opus stream. They
/// share the call clock. Mixing is streamed, so that an hour takes no more memory than a second.
pub fn mix<R: Read + Seek>(recordings: Vec<R>, out: impl Write) -> Result<(), RecordingError> {
    let mut inputs = recordings
        .into_iter()
        .map(|recording| Ok((Reader::open(recording, SPEAK_RATE)?, Vec::new(), false)))
        .collect::<Result<Vec<_>, RecordingError>>()?;
    let mut pages = PacketWriter::new(out);
    let serial = rand::random();
    pages.write_packet(head().to_vec(), serial, PacketWriteEndInfo::EndPage, 0)?;
    pages.write_packet(tags().to_vec(), serial, PacketWriteEndInfo::EndPage, 0)?;
    let mut encoder = Encoder::new()?;
    let mut position = 0;
    loop {
        for (reader, pending, is_over) in &mut inputs {
            while !*is_over && pending.len() < SPEAK_SAMPLES {
                *is_over = !reader.more(pending)?;
            }
        }
        let mut frame = [0i16; SPEAK_SAMPLES];
        for (_, pending, _) in &mut inputs {
            let length = pending.len().min(SPEAK_SAMPLES);
            for (sum, sample) in frame.iter_mut().zip(pending.drain(..length)) {
                *sum = sum.saturating_add(sample);
            }
        }
        let is_last = inputs.iter().all(|(_, pending, is_over)| *is_over && pending.is_empty());
        position += u64::from(RTP_SAMPLES);
        let end = match position % u64::from(RTP_RATE) {
            _ if is_last => PacketWriteEndInfo::EndStream,
            0 => PacketWriteEndInfo::EndPage,
            _ => PacketWriteEndInfo::NormalPacket,
        };
        pages.write_packet(encoder.encode(&frame)?.to_vec(), serial, end, position)?;
        if is_last {
            pages.inner_mut().flush()?;
            return Ok(());
        }
    }
}

/// A file that is being decoded.
struct Reader<R: Read + Seek> {
    packets: PacketReader<BufReader<R>>,
    decoder: opus::Decoder,
    scratch: Vec<i16>,
    /// Samples that are still to be skipped.
    skip: usize,
}

impl<R: Read + Seek> Reader<R> {
    fn open(recording: R, rate: u32) -> Result<Self, RecordingError> {
        let mut packets = PacketReader::new(BufReader::new(recording));
        for magic in [b"OpusHead", b"OpusTags"] {
            let packet = packets.read_packet().ok().flatten();
            if packet.is_none_or(|packet| !packet.data.starts_with(magic)) {
                let reason = format!("{} is missing", String::from_utf8_lossy(magic));
                return Err(RecordingError::Format(reason));
            }
        }
        let decoder = opus::Decoder::new(rate, Channels::Mono).map_err(CodecError::from)?;
        let skip = usize::from(PRE_SKIP) * rate as usize / RTP_RATE as usize;
        Ok(Self { packets, decoder, scratch: vec![0; MAX_SAMPLES], skip })
    }

    /// Appends the samples of the next packet. Returns false at the end of the file.
    fn more(&mut self, pcm: &mut Vec<i16>) -> Result<bool, RecordingError> {
        let packet = match self.packets.read_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(false),
            Err(error) => {
                tracing::debug!(%error, "the recording ends in the middle of a page");
                return Ok(false);
            }
        };
        // A damaged packet is concealed in the same way as a lost one.
        let decoded = self.decoder.decode(&packet.data, &mut self.scratch, false);
        let samples = match decoded {
            Ok(samples) => samples,
            Err(_) => self.decoder.decode(&[], &mut self.scratch[..SPEAK_SAMPLES], false).map_err(CodecError::from)?,
        };
        let skipped = self.skip.min(samples);
        self.skip -= skipped;
        pcm.extend_from_slice(&self.scratch[skipped..samples]);
        Ok(true)
    }
}
