//! The codec of a leg: what its payloads contain, and Opus in both directions.
//!
//! Owns: decoding packets to the rate that models require, concealing lost packets, and encoding
//! speech. Never does: pace, buffer or order packets.

use std::sync::OnceLock;

use bytes::Bytes;
use opus::{Application, Bitrate, Channels, Signal};

use super::{Clip, FRAME_MS, LISTEN_RATE, SPEAK_RATE};

/// Samples per frame of the interviewer's speech, at 24 kHz.
pub const SPEAK_SAMPLES: usize = SPEAK_RATE as usize * FRAME_MS as usize / 1000;
/// Samples per frame of the respondent's speech, at 16 kHz.
pub const LISTEN_SAMPLES: usize = LISTEN_RATE as usize * FRAME_MS as usize / 1000;
/// The rate of Opus timestamps in Hz, whatever the sampling rate is (RFC 7587, 4.1).
pub const RTP_RATE: u32 = 48_000;
/// Timestamp units per frame.
pub const RTP_SAMPLES: u32 = RTP_RATE / 1000 * FRAME_MS as u32;

const BITRATE: i32 = 32_000;
const COMPLEXITY: i32 = 9;
/// The packet loss that the encoder's in-band error correction is prepared for, in percent.
const EXPECTED_LOSS: i32 = 5;
/// Frames of silence after which the encoder's state no longer changes.
const SETTLING: usize = 10;
/// The size limit of a packet of one frame, in bytes (RFC 6716, 3.2.1).
const MAX_PACKET: usize = 1275;
/// Samples in the longest possible packet, which is 120 ms (RFC 6716, 3.2.5).
const MAX_DECODED: usize = LISTEN_RATE as usize * 120 / 1000;

#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("Opus failed: {0}")]
    Opus(#[from] opus::Error),
    #[error("a frame must have {expected} samples, and this one has {got}")]
    FrameSize { expected: usize, got: usize },
}

/// Returns the duration of a packet in samples at 48 kHz, as its first bytes state it, or `None` if
/// they are invalid.
pub fn packet_samples(payload: &[u8]) -> Option<u32> {
    if payload.is_empty() {
        return None;
    }
    let samples = opus::packet::get_nb_samples(payload, RTP_RATE).ok()? as u32;
    (1..=RTP_RATE * 120 / 1000).contains(&samples).then_some(samples)
}

/// How the timestamps of a codec's packets advance.
#[derive(Debug, Clone, Copy)]
pub struct PayloadClock {
    /// Timestamp units per second: 48,000 for Opus (RFC 7587, 4.1), 8,000 for PCMU, PCMA and G.722
    /// (RFC 3551, 6).
    pub rate: u32,
    /// Returns the duration of a packet in timestamp units, or `None` for an invalid packet.
    pub duration: fn(&[u8]) -> Option<u32>,
    /// A packet of at most this many bytes means that its sender is silent (discontinuous
    /// transmission).
    pub silent_bytes: usize,
}

impl PayloadClock {
    /// Opus. A muted or silent sender's packets have one or two bytes.
    pub const OPUS: Self = Self { rate: RTP_RATE, duration: packet_samples, silent_bytes: 2 };
}

/// A decoder of one stream to 16 kHz mono, and the clock of its packets.
pub trait Codec: Send {
    fn clock(&self) -> PayloadClock;
    /// Returns the samples of this packet, between -1 and 1. The decoder remains usable after an
    /// error.
    fn decode(&mut self, payload: &[u8]) -> Result<&[f32], CodecError>;
    /// Returns `samples` samples at 16 kHz in place of a lost stretch. `samples` must be a multiple
    /// of 40 (2.5 ms). `following` is the packet right after the lost one, if it has arrived. It
    /// may contain error correction for the lost packet.
    fn conceal(&mut self, samples: usize, following: Option<&[u8]>) -> Result<&[f32], CodecError>;
    /// Returns true if the packets are Opus, so that they can be recorded unchanged.
    fn is_opus(&self) -> bool {
        false
    }
}

/// A decoder of one Opus stream. It keeps the state that concealment needs.
pub struct Decoder {
    inner: opus::Decoder,
    scratch: Vec<f32>,
}

impl Decoder {
    pub fn new() -> Result<Self, CodecError> {
        Ok(Self { inner: opus::Decoder::new(LISTEN_RATE, Channels::Mono)?, scratch: vec![0.0; MAX_DECODED] })
    }
}

impl Codec for Decoder {
    fn clock(&self) -> PayloadClock {
        PayloadClock::OPUS
    }

    fn decode(&mut self, payload: &[u8]) -> Result<&[f32], CodecError> {
        let samples = self.inner.decode_float(payload, &mut self.scratch, false)?;
        Ok(&self.scratch[..samples])
    }

    fn conceal(&mut self, samples: usize, following: Option<&[u8]>) -> Result<&[f32], CodecError> {
        let wanted = samples.min(MAX_DECODED);
        let (payload, fec) = following.map_or((&[][..], false), |payload| (payload, true));
        let samples = self.inner.decode_float(payload, &mut self.scratch[..wanted], fec)?;
        Ok(&self.scratch[..samples])
    }

    fn is_opus(&self) -> bool {
        true
    }
}

/// An encoder of mono sound, 20 ms at a time.
pub struct Encoder {
    inner: opus::Encoder,
    scratch: Vec<u8>,
    /// Samples per 20 ms.
    frame: usize,
}

impl Encoder {
    /// Returns an encoder for the interviewer's speech, at 24 kHz.
    pub fn new() -> Result<Self, CodecError> {
        Self::at(SPEAK_RATE)
    }

    /// Returns an encoder for the respondent's speech, at 16 kHz.
    pub fn listening() -> Result<Self, CodecError> {
        Self::at(LISTEN_RATE)
    }

    fn at(rate: u32) -> Result<Self, CodecError> {
        let mut inner = opus::Encoder::new(rate, Channels::Mono, Application::Voip)?;
        inner.set_bitrate(Bitrate::Bits(BITRATE))?;
        inner.set_complexity(COMPLEXITY)?;
        inner.set_signal(Signal::Voice)?;
        inner.set_inband_fec(true)?;
        inner.set_packet_loss_perc(EXPECTED_LOSS)?;
        Ok(Self { inner, scratch: vec![0; MAX_PACKET], frame: rate as usize * FRAME_MS as usize / 1000 })
    }

    /// Returns an encoder that has settled on silence. Its next packet continues smoothly after
    /// [`silence`], which is what the listener's decoder has received before.
    fn after_silence() -> Result<Self, CodecError> {
        let mut encoder = Self::new()?;
        for _ in 0..SETTLING {
            encoder.encode(&[0; SPEAK_SAMPLES])?;
        }
        Ok(encoder)
    }

    /// Encodes 480 samples at 24 kHz as one packet of 20 ms.
    pub fn encode(&mut self, frame: &[i16]) -> Result<Bytes, CodecError> {
        self.check(frame.len())?;
        let length = self.inner.encode(frame, &mut self.scratch)?;
        Ok(Bytes::copy_from_slice(&self.scratch[..length]))
    }

    /// Encodes 320 samples at 16 kHz, between -1 and 1, as one packet of 20 ms.
    pub fn encode_float(&mut self, frame: &[f32]) -> Result<Bytes, CodecError> {
        self.check(frame.len())?;
        let length = self.inner.encode_float(frame, &mut self.scratch)?;
        Ok(Bytes::copy_from_slice(&self.scratch[..length]))
    }

    fn check(&self, got: usize) -> Result<(), CodecError> {
        if got == self.frame { Ok(()) } else { Err(CodecError::FrameSize { expected: self.frame, got }) }
    }
}

/// Encodes 24 kHz mono speech once, so that it can be sent many times. The last frame is padded
/// with silence.
pub fn encode_clip(text: String, pcm: Vec<i16>) -> Result<Clip, CodecError> {
    let mut encoder = Encoder::after_silence()?;
    let packets = (0..pcm.len().div_ceil(SPEAK_SAMPLES))
        .map(|index| encoder.encode(&frame_of(&pcm, index)))
        .collect::<Result<_, _>>()?;
    Ok(Clip { text, pcm, packets })
}

/// Returns frame `index` of the PCM, padded with silence at the end.
pub(crate) fn frame_of(pcm: &[i16], index: usize) -> [i16; SPEAK_SAMPLES] {
    let mut frame = [0; SPEAK_SAMPLES];
    let rest = pcm.get(index * SPEAK_SAMPLES..).unwrap_or_default();
    let length = rest.len().min(SPEAK_SAMPLES);
    frame[..length].copy_from_slice(&rest[..length]);
    frame
}

/// Returns a packet of 20 ms of silence. It is encoded once, after the encoder has settled.
pub fn silence() -> Bytes {
    // This is a valid Opus packet of one empty frame, which decodes to silence: hybrid
    // super-wideband, 20 ms, mono (RFC 6716, 3.2.1).
    const EMPTY: &[u8] = &[0x68];
    static SILENCE: OnceLock<Bytes> = OnceLock::new();
    SILENCE
        .get_or_init(|| {
            let settled = Encoder::after_silence().and_then(|mut encoder| encoder.encode(&[0; SPEAK_SAMPLES]));
            settled.unwrap_or(Bytes::from_static(EMPTY))
        })
        .clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::testing::{correlation, speech_24k, sweep_24k, thirds};

    fn decode_all(packets: &[Bytes]) -> Vec<f32> {
        let mut decoder = Decoder::new().unwrap();
        for _ in 0..10 {
            decoder.decode(&silence()).unwrap();
        }
        packets.iter().flat_map(|packet| decoder.decode(packet).unwrap().to_vec()).collect()
    }

    #[test]
    fn a_clip_decodes_to_the_same_sound_at_the_listening_rate() {
        for pcm in [sweep_24k(1.0), speech_24k(2.0)] {
            let clip = encode_clip("x".into(), pcm.clone()).unwrap();
            assert_eq!(clip.packets.len(), pcm.len().div_ceil(480));
            let heard = decode_all(&clip.packets);
            assert_eq!(heard.len(), clip.packets.len() * 320);
            let same = correlation(&thirds(&pcm), &heard);
            assert!(same > 0.9, "correlation {same}");
        }
    }

    #[test]
    fn a_lost_packet_comes_back_from_the_next_one() {
        let pcm = speech_24k(2.0);
        let clip = encode_clip("x".into(), pcm).unwrap();
        let whole = decode_all(&clip.packets);
        let mut decoder = Decoder::new().unwrap();
        let mut patched = Vec::new();
        let mut guessed = Vec::new();
        for (index, packet) in clip.packets.iter().enumerate() {
            if index % 10 == 9 && index + 1 < clip.packets.len() {
                let samples = decoder.conceal(320, Some(&clip.packets[index + 1])).unwrap().to_vec();
                guessed.push((index, samples.clone()));
                patched.extend(samples);
            } else {
                patched.extend_from_slice(decoder.decode(packet).unwrap());
            }
        }
        assert_eq!(patched.len(), whole.len());
        let same = correlation(&whole, &patched);
        assert!(same > 0.9, "correlation {same}");
        assert!(guessed.iter().any(|(_, samples)| samples.iter().any(|s| s.abs() > 0.01)));
    }

    #[test]
    fn odd_lengths_are_padded_and_nothing_gives_nothing() {
        assert_eq!(encode_clip(String::new(), vec![1; 481]).unwrap().packets.len(), 2);
        assert!(encode_clip(String::new(), Vec::new()).unwrap().packets.is_empty());
        assert!(Encoder::new().unwrap().encode(&[0; 100]).is_err());
    }

    #[test]
    fn silence_is_small_and_silent() {
        let packet = silence();
        assert!(packet.len() < 30, "{} bytes", packet.len());
        assert_eq!(packet_samples(&packet), Some(960));
        let heard = decode_all(&vec![packet; 10]);
        assert!(heard.iter().all(|sample| sample.abs() < 0.001));
    }

    #[test]
    fn nonsense_is_an_error_and_not_a_panic() {
        let mut decoder = Decoder::new().unwrap();
        assert_eq!(packet_samples(&[]), None);
        let mut seed = 7u32;
        for length in 1..200usize {
            let junk: Vec<u8> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .collect();
            if packet_samples(&junk).is_some() {
                let _ = decoder.decode(&junk);
            }
        }
        assert_eq!(decoder.conceal(320, None).unwrap().len(), 320);
    }
}
