//! Tests that a cut passage contains what was heard at that time.
//!
//! Owns: files in a folder of their own. Never does: place a call.

use std::path::Path;

use super::*;
use crate::audio::SPEAK_RATE;
use crate::audio::codec::{Encoder, SPEAK_SAMPLES};
use crate::audio::recording::decode;
use crate::audio::recording::ogg::Track;

/// Writes a recording of silence with a tone from 1,000 ms to 1,500 ms.
fn recorded(path: &Path) {
    let mut track = Track::create(path.to_owned()).unwrap();
    let mut encoder = Encoder::new().unwrap();
    for packet in 0..150_u64 {
        let at_ms = packet * 20;
        let frame: Vec<i16> = (0..SPEAK_SAMPLES)
            .map(|n| if (50..75).contains(&packet) { ((n as f32 * 0.2).sin() * 9_000.0) as i16 } else { 0 })
            .collect();
        track.write(at_ms, encoder.encode(&frame).unwrap()).unwrap();
    }
    track.finish().unwrap();
}

fn energy(pcm: &[i16]) -> f64 {
    pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / pcm.len().max(1) as f64
}

#[test]
fn a_passage_sounds_as_long_as_it_is_and_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("respondent.ogg");
    recorded(&path);
    let passages = [(1_000, 1_500), (0, 300), (2_900, 3_700), (9_000, 9_500), (1_010, 1_017)];
    let clips = cut(std::fs::File::open(&path).unwrap(), &passages).unwrap();
    let pcm = |clip: &Option<Clip>| {
        let file = folder.path().join("clip.ogg");
        std::fs::write(&file, &clip.as_ref().unwrap().bytes).unwrap();
        decode_whole(&file)
    };
    let tone = pcm(&clips[0]);
    let samples = |ms: usize| SPEAK_RATE as usize * ms / 1_000;
    assert!(tone.len().abs_diff(samples(500)) <= samples(20), "{} samples", tone.len());
    // The tone is loud from its first tenth to its last, and silent before and after.
    for part in tone.chunks(tone.len() / 10).take(10) {
        assert!(energy(part) > 1e6, "{}", energy(part));
    }
    assert!(energy(&pcm(&clips[1])) < 1e4);
    assert!(clips[0].as_ref().unwrap().sound > clips[1].as_ref().unwrap().sound);
    assert!(clips[2].is_some(), "as far as the file goes");
    assert_eq!(clips[3], None, "beyond its end");
    assert!(clips[4].is_some());
}

/// Decodes a clip with its own pre-skip and end.
fn decode_whole(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap();
    let head = bytes.windows(8).position(|window| window == b"OpusHead").unwrap();
    let skip = usize::from(u16::from_le_bytes([bytes[head + 10], bytes[head + 11]]));
    let mut reader = PacketReader::new(std::io::Cursor::new(&bytes));
    let mut last = 0;
    while let Some(packet) = reader.read_packet().unwrap() {
        last = packet.absgp_page();
    }
    // `decode` skips the pre-skip of ordinary recordings. The rest of this one is skipped here.
    let pcm = decode(path, SPEAK_RATE).unwrap();
    let at = |samples: usize| samples * SPEAK_RATE as usize / RTP_RATE as usize;
    let (own, end) = (at(usize::from(PRE_SKIP)), at(last as usize));
    pcm[at(skip) - own..(end - own).min(pcm.len())].to_vec()
}
