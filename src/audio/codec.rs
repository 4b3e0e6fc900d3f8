//! Opus encoding of what is spoken.
//!
//! Owns: one clip's packets. Never does: pace or send them.

use bytes::Bytes;

use super::{Clip, SPEAK_RATE};

/// Samples of 20 ms at 24 kHz.
const FRAME: usize = SPEAK_RATE as usize / 50;

#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("opus: {0}")]
    Opus(#[from] opus::Error),
}

/// Encodes 24 kHz mono PCM into packets of 20 ms; the last frame is filled up with silence.
pub fn encode_clip(text: String, pcm: Vec<i16>) -> Result<Clip, CodecError> {
    let mut encoder = opus::Encoder::new(SPEAK_RATE, opus::Channels::Mono, opus::Application::Voip)?;
    encoder.set_bitrate(opus::Bitrate::Bits(32_000))?;
    encoder.set_complexity(9)?;
    let mut packets = Vec::with_capacity(pcm.len().div_ceil(FRAME));
    for chunk in pcm.chunks(FRAME) {
        let mut frame = [0i16; FRAME];
        frame[..chunk.len()].copy_from_slice(chunk);
        packets.push(Bytes::from(encoder.encode_vec(&frame, 1_275)?));
    }
    Ok(Clip { text, pcm, packets })
}
