//! Opus encoding of finished clips.

use super::{Clip, SPEAK_RATE};

/// 24 kHz mono PCM to Opus packets of 20 ms; the last one is filled up with silence.
pub fn encode_clip(text: String, pcm: Vec<i16>) -> Result<Clip, opus::Error> {
    let mut encoder = opus::Encoder::new(SPEAK_RATE, opus::Channels::Mono, opus::Application::Voip)?;
    let mut packets = Vec::new();
    for chunk in pcm.chunks(480) {
        let mut frame = [0i16; 480];
        frame[..chunk.len()].copy_from_slice(chunk);
        packets.push(encoder.encode_vec(&frame, 1275)?.into());
    }
    Ok(Clip { text, pcm, packets })
}
