//! Tests of the playout, frame by frame.
//!
//! Owns: clips and commands made for them. Never does: send a packet or read a clock.

use super::*;
use crate::audio::codec::Codec as _;
use crate::audio::codec::{Decoder, encode_clip};
use crate::audio::testing::{rms, sweep_24k};

const LOUD: f64 = 8000.0 / 32_768.0 / std::f64::consts::SQRT_2;

fn clip(text: &str, seconds: f64) -> Arc<Clip> {
    Arc::new(encode_clip(text.into(), sweep_24k(seconds)).unwrap())
}

/// A player on a virtual clock, and a listener.
struct Call {
    player: Player,
    now: Ms,
    decoder: Decoder,
    events: Vec<PlayoutEvent>,
    /// The loudness of each frame.
    heard: Vec<f32>,
    /// The payload of each frame.
    payloads: Vec<Bytes>,
}

impl Call {
    fn new() -> Self {
        Self {
            player: Player::new(),
            now: 0,
            decoder: Decoder::new().unwrap(),
            events: Vec::new(),
            heard: Vec::new(),
            payloads: Vec::new(),
        }
    }

    fn say(&mut self, utterance: u32, clip: &Arc<Clip>, last: bool) {
        self.player.command(Command::Speak { utterance, clip: Arc::clone(clip), last });
    }

    fn run(&mut self, frames: usize) {
        for _ in 0..frames {
            let frame = self.player.tick(self.now, &mut self.events);
            self.heard.push(rms(self.decoder.decode(frame.opus()).unwrap()));
            self.payloads.push(frame.opus().clone());
            self.now += 20;
        }
    }
}

#[test]
fn clips_of_an_utterance_are_played_in_order_untouched_and_reported() {
    let (first, second) = (clip("One two.", 0.2), clip("Three four.", 0.1));
    let mut call = Call::new();
    call.run(2);
    call.say(7, &first, false);
    call.say(7, &second, true);
    call.run(20);
    let expected: Vec<Bytes> = first.packets.iter().chain(&second.packets).cloned().collect();
    assert_eq!(call.payloads[2..17], expected[..]);
    assert!(call.payloads[17..].iter().all(|payload| *payload == codec::silence()));
    assert_eq!(
        call.events,
        [
            PlayoutEvent::Started { utterance: 7, at_ms: 40 },
            PlayoutEvent::ClipStarted { utterance: 7, index: 0, at_ms: 40 },
            PlayoutEvent::ClipStarted { utterance: 7, index: 1, at_ms: 240 },
            PlayoutEvent::Finished { utterance: 7, at_ms: 340 },
        ]
    );
}

#[test]
fn a_gap_between_clips_is_waited_out_and_the_end_may_come_late() {
    let first = clip("One.", 0.1);
    let mut call = Call::new();
    call.say(1, &first, false);
    call.run(10);
    assert!(!call.events.iter().any(|event| matches!(event, PlayoutEvent::Finished { .. })));
    call.say(1, &first, false);
    call.run(10);
    call.player.command(Command::End { utterance: 1 });
    call.run(1);
    assert_eq!(call.events.last(), Some(&PlayoutEvent::Finished { utterance: 1, at_ms: 400 }));
    let clips = call.events.iter().filter(|event| matches!(event, PlayoutEvent::ClipStarted { .. })).count();
    assert_eq!(clips, 2);
}

#[test]
fn ducking_lowers_the_voice_within_two_frames_and_unducking_brings_the_packets_back() {
    let long = clip("A long sentence to be interrupted.", 2.0);
    let mut call = Call::new();
    call.say(1, &long, true);
    call.run(30);
    assert!((f64::from(call.heard[20]) - LOUD).abs() < LOUD * 0.2);
    call.player.command(Command::Duck);
    call.run(30);
    for level in &call.heard[33..60] {
        let decibels = 20.0 * (f64::from(*level) / LOUD).log10();
        assert!((-18.0..-12.0).contains(&decibels), "{decibels} dB");
    }
    call.player.command(Command::Unduck);
    call.run(30);
    assert!(call.heard[63..90].iter().all(|level| f64::from(*level) > LOUD * 0.7));
    assert_eq!(call.payloads[61..90], long.packets[61..90]);
}

#[test]
fn stop_fades_out_forgets_the_rest_and_says_what_was_heard() {
    let whole = clip("First sentence.", 0.2);
    let long = clip("one two three four five six seven eight nine ten", 2.0);
    let mut call = Call::new();
    call.say(3, &whole, false);
    call.say(3, &long, true);
    call.run(10 + 50);
    call.player.command(Command::Stop);
    call.run(2);
    assert!(!call.events.iter().any(|event| matches!(event, PlayoutEvent::Stopped { .. })));
    call.say(3, &whole, true);
    call.run(5);
    assert!(call.heard[63..].iter().all(|level| *level < 0.01), "silent 40 ms after the command");
    let stopped = call.events.iter().find_map(|event| match event {
        PlayoutEvent::Stopped { utterance: 3, heard, at_ms } => Some((heard.clone(), *at_ms)),
        _ => None,
    });
    // Half of the second clip was played, which is 24 of its 48 letters. The fifth word ("five")
    // ends at letter 23 and was played in full.
    assert_eq!(stopped, Some(("First sentence. one two three four five".into(), 62 * 20)));
    call.say(3, &whole, true);
    call.run(2);
    assert!(call.heard.last().unwrap() < &0.01, "a stopped utterance stays stopped");
    call.say(4, &whole, true);
    call.run(5);
    assert!(f64::from(*call.heard.last().unwrap()) > LOUD * 0.5, "the next one is at full voice");
}

#[test]
fn stopping_between_clips_is_at_once_and_without_anything_to_stop_says_nothing() {
    let first = clip("Only this.", 0.1);
    let mut call = Call::new();
    call.player.command(Command::Stop);
    call.run(3);
    assert_eq!(call.events, []);
    call.say(1, &first, false);
    call.run(8);
    call.player.command(Command::Stop);
    call.run(1);
    let stopped = PlayoutEvent::Stopped { utterance: 1, heard: "Only this.".into(), at_ms: 220 };
    assert_eq!(call.events.last(), Some(&stopped));
}

#[test]
fn what_was_heard_counts_the_voiced_part_only() {
    // The clip has 0.5 s of silence, 1 s of sound and 0.5 s of silence.
    let mut pcm = vec![0; 12_000];
    pcm.extend(sweep_24k(1.0));
    pcm.extend(vec![0; 12_000]);
    let clip = encode_clip("alpha beta gamma delta".into(), pcm).unwrap();
    assert_eq!(heard_text(&clip, 20), "");
    assert_eq!(heard_text(&clip, 25), "");
    assert_eq!(heard_text(&clip, 50), "alpha beta");
    assert_eq!(heard_text(&clip, 76), "alpha beta gamma delta");
    assert_eq!(heard_text(&clip, 100), "alpha beta gamma delta");
    let silent = encode_clip("nothing".into(), vec![0; 4800]).unwrap();
    assert_eq!(heard_text(&silent, 10), "nothing");
}
