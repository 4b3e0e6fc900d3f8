//! Tests of whole calls over loopback, with real sockets, ICE, DTLS, SRTP and Opus. Times are
//! counted in frames instead of wall-clock time.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::audio::RtpAudio;
use crate::audio::codec::{Codec as _, Decoder};
use crate::audio::codec::{encode_clip, silence};
use crate::audio::recording::{Recordings, decode};
use crate::audio::testing::{correlation, rms, speech_24k, sweep_24k, thirds};
use crate::port::EndCause;
use crate::transport::webrtc::{WebRtc, WebRtcSettings};
use crate::transport::{Link, Packet};

/// Much longer than anything in these tests takes.
const LIMIT: Duration = Duration::from_secs(30);

struct Call {
    runtime: MediaRuntime,
    ours: Media,
    theirs: Link,
}

async fn call(recorder: Option<Recorder>) -> Call {
    let runtime = MediaRuntime::start().unwrap();
    let engine = WebRtc::new(WebRtcSettings::default(), runtime.handle().clone());
    let offer = engine.offer().await.unwrap();
    let answer = engine.answer(offer.sdp()).await.unwrap();
    let mut theirs = offer.accept(&answer.sdp).await.unwrap();
    let mut ours =
        Media::start(&runtime, Box::new(RtpAudio::opus(answer.link).unwrap()), CallClock::starting_at(0), recorder);
    for events in [&mut ours.leg_events, &mut theirs.events] {
        let event = tokio::time::timeout(LIMIT, events.recv()).await.unwrap();
        assert_eq!(event, Some(LegEvent::Connected));
    }
    Call { runtime, ours, theirs }
}

async fn next<T>(queue: &mut mpsc::Receiver<T>) -> T {
    tokio::time::timeout(LIMIT, queue.recv()).await.expect("in time").expect("not over")
}

fn clip(text: &str, pcm: Vec<i16>) -> Arc<super::super::Clip> {
    Arc::new(encode_clip(text.into(), pcm).unwrap())
}

/// Receives packets until `done` returns true for the loudness of one of them, and returns them
/// all.
async fn receive(theirs: &mut Link, mut done: impl FnMut(f32) -> bool) -> Vec<(Packet, f32)> {
    let mut decoder = Decoder::new().unwrap();
    let mut got = Vec::new();
    loop {
        let packet = next(&mut theirs.packets).await;
        let loudness = rms(decoder.decode(&packet.payload).unwrap());
        got.push((packet, loudness));
        if done(loudness) {
            return got;
        }
    }
}

#[tokio::test]
async fn what_the_caller_says_is_heard_as_it_was_said() {
    let Call { runtime, mut ours, theirs } = call(None).await;
    let pcm = speech_24k(4.0);
    let said = clip("", pcm.clone());
    let caller = Media::start(&runtime, Box::new(RtpAudio::opus(theirs).unwrap()), CallClock::starting_at(0), None);
    caller.playout.speak(1, Arc::clone(&said), true);
    let mut heard = Vec::new();
    let mut frames = Vec::new();
    // The caller's silence before and after the clip is included.
    while heard.len() < thirds(&pcm).len() + 16_000 {
        let frame = next(&mut ours.frames).await;
        heard.extend_from_slice(&frame.samples);
        frames.push(frame);
    }
    let begin = heard.iter().position(|sample| sample.abs() > 0.02).unwrap();
    let reference = thirds(&pcm);
    let loud = reference.iter().position(|sample| sample.abs() > 0.02).unwrap();
    let from = begin.saturating_sub(loud + 800);
    let same = correlation(&reference, &heard[from..]);
    assert!(same > 0.85, "correlation {same}");
    assert!(frames.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms), "time goes on");
    let (first, last) = (&frames[0], &frames[frames.len() - 1]);
    let (by_clock, by_frames) = (last.at_ms - first.at_ms, (frames.len() as u64 - 1) * 20);
    assert!(by_clock.abs_diff(by_frames) < 100, "{by_clock} ms for {by_frames} ms of sound");
    // Dropping the media and the caller ends every task.
    drop((ours, caller));
    let gone = async {
        while runtime.handle().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.expect("no task is left");
}

#[tokio::test]
async fn what_we_say_arrives_whole_in_order_and_evenly_numbered() {
    let dir = tempfile::tempdir().unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    let recorder = recordings.recorder("i", 1);
    recorder.start();
    let Call { runtime: _runtime, mut ours, mut theirs } = call(Some(recorder.clone())).await;
    let (first, second) = (clip("One.", sweep_24k(0.6)), clip("Two.", speech_24k(1.0)));
    ours.playout.speak(1, Arc::clone(&first), false);
    ours.playout.speak(1, Arc::clone(&second), true);
    let expected: Vec<Bytes> = first.packets.iter().chain(&second.packets).cloned().collect();
    let mut got: Vec<Packet> = Vec::new();
    // Frames are counted from the first packet after the initial silence.
    let mut begin = None;
    while begin.is_none_or(|begin| got.len() < begin + expected.len()) {
        let packet = next(&mut theirs.packets).await;
        if packet.payload == expected[0] {
            begin = begin.or(Some(got.len()));
        }
        got.push(packet);
    }
    let begin = begin.unwrap_or_default();
    let speech: Vec<Bytes> = got[begin..begin + expected.len()].iter().map(|packet| packet.payload.clone()).collect();
    assert!(expected[0] != silence() && speech == expected, "every packet of both clips, once, in order, untouched");
    for pair in got.windows(2) {
        assert_eq!(pair[1].sequence.wrapping_sub(pair[0].sequence), 1, "no gap");
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(step >= 960 && step % 960 == 0, "{step}");
    }
    let mut events = Vec::new();
    while !matches!(events.last(), Some(PlayoutEvent::Finished { .. })) {
        events.push(next(&mut ours.playout_events).await);
    }
    let (
        PlayoutEvent::Started { utterance: 1, at_ms: began },
        Some(PlayoutEvent::Finished { utterance: 1, at_ms: ended }),
    ) = (&events[0], events.last())
    else {
        panic!("{events:?}");
    };
    let length = expected.len() as u64 * 20;
    assert!((ended - began).abs_diff(length) < 200, "{} ms for {length} ms", ended - began);
    recorder.finish().await.unwrap();
    let stored = decode(recorder.path(Side::Interviewer), 16_000).unwrap();
    let stored: Vec<f32> = stored.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
    let from = (*began as usize * 16).saturating_sub(1200);
    assert!(correlation(&thirds(&first.pcm), &stored[from..]) > 0.85, "the recording lies on the call clock");
    assert!(!recorder.path(Side::Respondent).exists(), "they sent nothing");
}

#[tokio::test]
async fn ducking_and_stopping_reach_the_caller_within_200_ms() {
    let Call { runtime: _runtime, mut ours, mut theirs } = call(None).await;
    let text = "one two three four five six seven eight nine ten";
    ours.playout.speak(1, clip(text, sweep_24k(10.0)), true);
    let mut loud = 0;
    receive(&mut theirs, |loudness| {
        loud += usize::from(loudness > 0.1);
        loud == 25
    })
    .await;
    // After the command, only packets that were already on their way are at full volume.
    ours.playout.duck();
    let mut quiet = 0;
    let ducking = receive(&mut theirs, |loudness| {
        quiet = if loudness < 0.06 { quiet + 1 } else { 0 };
        quiet == 10
    })
    .await;
    assert!(ducking.len() - 10 <= 10, "{} frames until the voice was down", ducking.len() - 10);
    assert!(ducking.iter().rev().take(9).all(|(_, loudness)| *loudness > 0.01), "down, not gone");
    ours.playout.stop();
    let mut silent = 0;
    let stopping = receive(&mut theirs, |loudness| {
        silent = if loudness < 0.002 { silent + 1 } else { 0 };
        silent == 10
    })
    .await;
    assert!(stopping.len() - 10 <= 10, "{} frames until silence", stopping.len() - 10);
    let heard = loop {
        if let PlayoutEvent::Stopped { utterance: 1, heard, .. } = next(&mut ours.playout_events).await {
            break heard;
        }
    };
    assert!(text.starts_with(&heard) && heard.len() < text.len() / 2, "{heard:?}");
    let frames = loud + ducking.len() + stopping.len() - 10;
    let most = text.len() * (frames + 25) / 500;
    assert!(heard.len() <= most, "{heard:?} in {frames} frames");
}

#[tokio::test]
async fn when_the_caller_hangs_up_the_frames_end_after_the_last_of_them() {
    let Call { runtime: _runtime, mut ours, mut theirs } = call(None).await;
    let word = clip("Bye.", sweep_24k(0.1));
    for packet in &word.packets {
        theirs.sink.send(packet.clone(), false, 0).await.unwrap();
    }
    let mut heard = Vec::new();
    while heard.len() < word.packets.len() {
        heard.push(next(&mut ours.frames).await);
    }
    assert!(heard.iter().all(|frame| rms(&frame.samples) > 0.01 && !frame.concealed), "the word itself");
    theirs.sink.close().await;
    assert_eq!(next(&mut theirs.events).await, LegEvent::Ended(EndCause::Closed));
    assert_eq!(next(&mut ours.leg_events).await, LegEvent::Ended(EndCause::HungUp));
    let ended = async { while ours.frames.recv().await.is_some() {} };
    tokio::time::timeout(LIMIT, ended).await.expect("the frames end with the link");
}

/// A port without packets, as a sound card would be.
struct Frames {
    heard: mpsc::Receiver<Frame>,
    said: mpsc::UnboundedSender<OutFrame>,
}

struct Said(mpsc::UnboundedSender<OutFrame>);

#[async_trait::async_trait]
impl AudioOutput for Said {
    async fn send(&self, frame: OutFrame) -> Result<(), crate::port::LegEnded> {
        self.0.send(frame).map_err(|_| crate::port::LegEnded)
    }

    async fn close(&self) {}
}

impl AudioPort for Frames {
    fn open(self: Box<Self>, _: PortContext) -> OpenPort {
        let (_, events) = mpsc::channel(1);
        OpenPort { frames: self.heard, events, output: Arc::new(Said(self.said)), records_input: false }
    }
}

#[tokio::test]
async fn a_port_of_frames_is_heard_spoken_to_and_recorded_on_both_sides() {
    let dir = tempfile::tempdir().unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    let recorder = recordings.recorder("i", 1);
    let runtime = MediaRuntime::start().unwrap();
    let (theirs, heard) = mpsc::channel(FRAME_QUEUE);
    let (said, mut spoken) = mpsc::unbounded_channel();
    let port = Box::new(Frames { heard, said });
    let mut ours = Media::start(&runtime, port, CallClock::starting_at(0), Some(recorder.clone()));
    let before = Frame { at_ms: 0, samples: [0.5; 320], concealed: false };
    theirs.send(before).await.unwrap();
    next(&mut ours.frames).await;
    recorder.start();
    let voice = thirds(&speech_24k(2.0));
    for (index, samples) in voice.chunks_exact(320).enumerate() {
        let frame = Frame { at_ms: 1_000 + index as u64 * 20, samples: samples.try_into().unwrap(), concealed: false };
        theirs.send(frame).await.unwrap();
        let heard = next(&mut ours.frames).await.samples.map(f32::to_bits);
        assert!(samples.iter().map(|sample| sample.to_bits()).eq(heard), "what is heard goes on untouched");
    }
    let clip = clip("One.", sweep_24k(0.6));
    ours.playout.speak(1, Arc::clone(&clip), true);
    let mut pcm = Vec::new();
    while pcm.len() < clip.pcm.len() {
        let frame = tokio::time::timeout(LIMIT, spoken.recv()).await.unwrap().unwrap();
        assert_eq!(frame.marker, pcm.is_empty() && !frame.is_silence());
        if !frame.is_silence() {
            pcm.extend(frame.pcm());
        }
    }
    assert_eq!(pcm, clip.pcm);
    recorder.finish().await.unwrap();
    let stored = |side| -> Vec<f32> {
        let samples = decode(recorder.path(side), 16_000).unwrap();
        samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect()
    };
    let respondent = stored(Side::Respondent);
    assert!(respondent[..15_000].iter().all(|sample| sample.abs() < 0.01), "nothing of the time before consent");
    assert!(correlation(&voice, &respondent[16_000 - 800..]) > 0.85, "the recording lies on the call clock");
    assert!(rms(&stored(Side::Interviewer)) > 0.01);
}
