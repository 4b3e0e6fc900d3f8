//! The parsers of this crate that strangers reach, as fuzz targets call them.
//!
//! Owns: what must hold of any input. Never does: run in the engine; the module exists in tests and
//! with the feature `fuzzing`, which `fuzz/` turns on.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::audio::LISTEN_RATE;
use crate::audio::codec::{Codec as _, Decoder, RTP_RATE};
use crate::audio::jitter::{Jitter, Sound};
use crate::transport::Packet;
pub use crate::transport::webrtc::fuzzing::{fragment, offer};

/// The name of a target, and what it calls with an input.
pub type Target = (&'static str, fn(&[u8]));

/// The targets. Inputs are kept in a folder of the same name in `fuzz/corpus/`.
pub const TARGETS: [Target; 3] = [("offer", offer), ("fragment", fragment), ("rtp", rtp)];

/// The bytes of an input that describe a packet: how far its sequence number and its timestamp are
/// from the ones before, how many milliseconds later it arrives, and the length of its payload.
const HEAD: usize = 2 + 4 + 2 + 1;
/// More is the work of a call that lasts for minutes.
const MOST_PACKETS: usize = 200;
/// The longest pause between two packets.
const LONGEST_PAUSE_MS: u64 = 3_000;
/// What is heard at once at most, in pieces of about 20 ms: the packets that are held for a missing
/// one, each of which may be as far ahead as a stream may jump.
const MOST_PIECES: usize = 20_000;

/// A stream of packets with any numbers, times and payloads, through the jitter buffer and the
/// decoder.
pub fn rtp(bytes: &[u8]) {
    let Ok(mut decoder) = Decoder::new() else { return };
    let mut jitter = Jitter::new(decoder.clock());
    let (mut sequence, mut timestamp, mut now) = (0u16, 0u32, Instant::now());
    let mut rest = bytes;
    for _ in 0..MOST_PACKETS {
        let Some((head, after)) = rest.split_at_checked(HEAD) else { break };
        let number = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        sequence = sequence.wrapping_add(number(0));
        timestamp = timestamp.wrapping_add(u32::from_be_bytes([head[2], head[3], head[4], head[5]]));
        now += Duration::from_millis(u64::from(number(6)) % LONGEST_PAUSE_MS);
        let (payload, after) = after.split_at(usize::from(head[8]).min(after.len()));
        rest = after;
        jitter.insert(Packet { sequence, timestamp, payload: Bytes::copy_from_slice(payload), arrived: now });
        hear(&mut jitter, &mut decoder, now);
    }
    while let Some(piece) = jitter.drain() {
        assert!(piece.samples > 0);
    }
    let counts = jitter.counts();
    assert!(counts.malformed + counts.duplicate <= counts.received, "{counts:?}");
}

/// Takes what is due, as the receiving task of a leg does.
fn hear(jitter: &mut Jitter, decoder: &mut Decoder, now: Instant) {
    let mut pieces = 0;
    while let Some(piece) = jitter.poll(now) {
        pieces += 1;
        assert!(piece.samples > 0 && piece.samples <= RTP_RATE * 120 / 1000, "{piece:?}");
        let wanted = (u64::from(piece.samples) * u64::from(LISTEN_RATE) / u64::from(RTP_RATE)) as usize;
        let heard = match &piece.sound {
            Sound::Packet(payload) => decoder.decode(payload),
            Sound::Lost { following } => decoder.conceal(wanted, following.as_deref()),
            Sound::Silence => continue,
        };
        if let Ok(heard) = heard {
            assert!(heard.len() <= LISTEN_RATE as usize * 120 / 1000, "{}", heard.len());
        }
    }
    assert!(pieces < MOST_PIECES, "the buffer makes up sound without end");
    assert!(jitter.depth() <= Duration::from_millis(200), "{:?}", jitter.depth());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Far more than any input takes.
    const LIMIT: Duration = Duration::from_secs(5);

    #[test]
    fn every_input_that_was_kept_is_read_without_harm() {
        for (target, run) in TARGETS {
            let folder = format!("{}/../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
            let mut count = 0;
            for file in files {
                let path = file.unwrap().path();
                println!("{}", path.display());
                let began = Instant::now();
                run(&std::fs::read(&path).unwrap());
                assert!(began.elapsed() < LIMIT, "{}: {:?}", path.display(), began.elapsed());
                count += 1;
            }
            assert!(count > 0, "{folder} is empty");
        }
    }
}
