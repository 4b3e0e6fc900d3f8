//! Tests of the recordings.
//!
//! Owns: files in a folder of their own. Never does: place a call.

use super::ogg::part;
use super::*;
use crate::audio::codec::{encode_clip, silence};
use crate::audio::testing::{correlation, rms, speech_24k, sweep_24k, thirds};

fn floats(pcm: &[i16]) -> Vec<f32> {
    pcm.iter().map(|sample| f32::from(*sample) / 32_768.0).collect()
}

fn write(recorder: &Recorder, side: Side, at_ms: Ms, packets: &[Bytes]) {
    for (index, packet) in packets.iter().enumerate() {
        recorder.write(side, at_ms + index as Ms * 20, packet.clone());
    }
}

#[tokio::test]
async fn both_sides_lie_on_the_call_clock_and_mix_into_one() {
    let dir = tempfile::tempdir().unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    let recorder = recordings.recorder("interview-1", 1);
    let speech = speech_24k(2.0);
    let sweep = sweep_24k(1.0);
    let voice = encode_clip("v".into(), speech.clone()).unwrap();
    let tone = encode_clip("t".into(), sweep.clone()).unwrap();
    write(&recorder, Side::Interviewer, 0, &tone.packets);
    recorder.start();
    write(&recorder, Side::Interviewer, 1_000, &tone.packets);
    write(&recorder, Side::Respondent, 3_000, &voice.packets);
    write(&recorder, Side::Interviewer, 6_000, &tone.packets);
    recorder.finish().await.unwrap();

    let interviewer = decode(&dir.path().join("interview-1/interviewer.ogg"), 16_000).unwrap();
    let interviewer = floats(&interviewer);
    assert!(rms(&interviewer[..15_500]) < 0.001, "nothing from before consent");
    let same = correlation(&thirds(&sweep), &interviewer[15_800..]);
    assert!(same > 0.9, "correlation {same}");
    assert!(rms(&interviewer[33_000..95_000]) < 0.001, "the hole is silence");
    assert!(correlation(&thirds(&sweep), &interviewer[95_800..]) > 0.9);
    let respondent = floats(&decode(recorder.path(Side::Respondent), 16_000).unwrap());
    assert!(correlation(&thirds(&speech), &respondent[47_800..]) > 0.9);

    let mixed = dir.path().join("mixed.ogg");
    let both = [Side::Respondent, Side::Interviewer].map(|side| recorder.path(side).to_owned());
    let both = both.map(|path| std::fs::File::open(path).unwrap());
    mix(Vec::from(both), std::fs::File::create(&mixed).unwrap()).unwrap();
    let mixed = floats(&decode(&mixed, 16_000).unwrap());
    assert!((mixed.len() as i64 - 7 * 16_000).abs() < 1000, "{} samples", mixed.len());
    assert!(correlation(&thirds(&sweep), &mixed[15_800..]) > 0.9);
    assert!(correlation(&thirds(&speech), &mixed[47_800..]) > 0.9);
}

#[tokio::test]
async fn without_consent_there_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    let recorder = recordings.recorder("quiet", 1);
    write(&recorder, Side::Respondent, 0, &vec![silence(); 100]);
    recorder.finish().await.unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_file_cut_off_anywhere_plays_up_to_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), "cut", Side::Respondent, 2);
    assert!(path.ends_with("cut/respondent-leg2.ogg"));
    let tone = encode_clip("t".into(), sweep_24k(3.0)).unwrap();
    let mut track = Track::create(path.clone()).unwrap();
    assert!(!path.exists(), "it is not complete");
    let path = part(&path);
    for (index, packet) in tone.packets.iter().enumerate() {
        track.write(index as Ms * 20, packet.clone()).unwrap();
    }
    track.flush().unwrap();
    // The recorder is not finished, as if the process had been killed here.
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(decode(&path, 16_000).unwrap().len(), 3 * 16_000 - 104);
    for part in [bytes.len() / 2, bytes.len() - 1, bytes.len() - 300] {
        std::fs::write(&path, &bytes[..part]).unwrap();
        let samples = decode(&path, 16_000).unwrap().len();
        assert!(samples >= 16_000 - 1000, "{samples} samples of a file cut at {part}");
    }
    std::fs::write(&path, &bytes[..20]).unwrap();
    assert!(matches!(decode(&path, 16_000), Err(RecordingError::Format(_))));
}

#[test]
fn a_clock_that_runs_fast_or_slow_does_not_carry_the_file_away() {
    let dir = tempfile::tempdir().unwrap();
    for (name, interval_us) in [("slow", 20_400), ("fast", 19_600)] {
        let path = path(dir.path(), name, Side::Respondent, 1);
        let mut track = Track::create(path.clone()).unwrap();
        for index in 0..1500u64 {
            track.write(index * interval_us / 1000, silence()).unwrap();
        }
        track.finish().unwrap();
        let ms = decode(&path, 16_000).unwrap().len() as i64 / 16;
        let expected = (1500 * interval_us / 1000) as i64;
        assert!((ms - expected).abs() < 200, "{name}: {ms} instead of {expected} ms");
    }
}

#[tokio::test]
async fn a_packet_that_comes_after_consent_ended_neither_stays_nor_harms_what_stays() {
    let dir = tempfile::tempdir().unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    for (name, discard) in [("kept", false), ("deleted", true)] {
        let recorder = recordings.recorder(name, 1);
        recorder.start();
        write(&recorder, Side::Respondent, 0, &vec![silence(); 150]);
        if discard {
            recorder.discard();
        } else {
            recorder.cut(2_000);
        }
        // The packet was being offered when consent ended.
        recorder.start();
        write(&recorder, Side::Respondent, 3_000, &vec![silence(); 10]);
        recorder.finish().await.unwrap();
        recorder.start();
        write(&recorder, Side::Respondent, 4_000, &[silence()]);
        recordings.recorder("another", 1).finish().await.unwrap();
        let path = recorder.path(Side::Respondent);
        assert_eq!(path.exists(), !discard, "{name}");
        assert_eq!(dir.path().join(name).join(DISCARDED).exists(), discard, "whoever has copies learns of it");
        assert!(!part(path).exists());
        if !discard {
            let ms = decode(path, 16_000).unwrap().len() / 16;
            assert!((900..=2_000).contains(&ms), "{ms} ms");
        }
    }
}

#[tokio::test]
async fn what_a_process_that_died_was_writing_is_complete_after_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = path(dir.path(), "dead", Side::Respondent, 1);
    let mut track = Track::create(path.clone()).unwrap();
    for index in 0..100 {
        track.write(index * 20, silence()).unwrap();
    }
    track.flush().unwrap();
    std::mem::forget(track);
    assert!(part(&path).exists() && !path.exists());
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    assert_eq!(decode(&path, 16_000).unwrap().len(), 2 * 16_000 - 104);
    let next = recordings.recorder("dead", 2);
    next.start();
    write(&next, Side::Respondent, 5_000, &[silence()]);
    let changed = recordings.changed();
    next.finish().await.unwrap();
    changed.notified().await;
    assert!(path.exists() && next.path(Side::Respondent).exists());
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_is_reported_and_harms_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("blocked"), "a file, not a folder").unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    let (blocked, fine) = (recordings.recorder("blocked", 1), recordings.recorder("fine", 1));
    for recorder in [&blocked, &fine] {
        recorder.start();
        write(recorder, Side::Respondent, 0, &vec![silence(); 10]);
    }
    assert!(matches!(blocked.finish().await, Err(RecordingError::File { .. })));
    fine.finish().await.unwrap();
    assert!(fine.path(Side::Respondent).exists());
}
