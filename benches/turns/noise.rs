//! Sound without speech: silence, noise and something like music must bring no words.
//!
//! Owns: the sounds, made from a seed, and counting what came of them. Never does: know how words are guarded against.

use std::f32::consts::TAU;
use std::sync::Arc;

use interview::guide::from_value;
use interviewer::session::Engines;
use serde_json::json;

use crate::decisions::Judged;
use crate::lab::{Lab, Noise, Seen};
use crate::table::Table;

const RATE: f32 = 16_000.0;
const SECONDS: usize = 10;
const KINDS: [&str; 8] =
    ["silence", "hiss", "rumble", "mains hum", "clicks and knocks", "chords", "melody over a beat", "sweeps"];

/// `minutes` of it through endpointer, voice activity, Whisper and interview, in one call after the other.
pub async fn run(engines: &Arc<Engines>, minutes: usize, seed: u64) -> anyhow::Result<Judged> {
    let mut random = Noise::new(seed);
    let mut heard = [[0_usize; 4]; KINDS.len()];
    let mut lab = None;
    for piece in 0..minutes * 60 / SECONDS {
        eprint!("\r{} s of {} without speech ", piece * SECONDS, minutes * 60);
        let kind = piece % KINDS.len();
        let mut call = match lab.take().filter(|call: &Lab| !call.is_over()) {
            Some(call) => call,
            None => Lab::call(engines, guide()?).await?,
        };
        call.seen.clear();
        call.sound(&sound(kind, &mut random)).await?;
        let count = |wanted: fn(&Seen) -> bool| call.seen.iter().filter(|(_, seen)| wanted(seen)).count();
        heard[kind][0] += count(|seen| matches!(seen, Seen::SpeechStarted));
        heard[kind][1] += count(|seen| *seen == Seen::Stopped);
        heard[kind][2] += count(|seen| matches!(seen, Seen::Transcribed(text, _) if !text.is_empty()));
        heard[kind][3] += count(|seen| matches!(seen, Seen::Answered(text) if !text.is_empty()));
        lab = Some(call);
    }
    eprintln!();
    let columns = ["sound", "taken for speech by the VAD", "stopped us", "texts recognised", "answers stored"];
    let mut table = Table::new(&columns);
    for (name, counts) in KINDS.iter().zip(heard) {
        table.row(&[vec![(*name).to_owned()], counts.iter().map(ToString::to_string).collect()].concat());
    }
    let texts: usize = heard.iter().map(|counts| counts[2] + counts[3]).sum();
    let failures = if texts == 0 { Vec::new() } else { vec![format!("{texts} texts from sound without speech")] };
    Ok(Judged { text: format!("{minutes} minutes, seed {seed}.\n\n{}", table.finish()), failures })
}

fn guide() -> anyhow::Result<interview::Guide> {
    let questions: Vec<_> = (1..=6).map(|n| json!({"text": format!("What do you think of number {n}?")})).collect();
    let document = json!({
        "name": "Silence", "research_objective": "Nothing",
        "sections": [{"section_name": "All", "questions": questions}],
    });
    from_value(document).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

/// Ten seconds of a kind, as loud and as high as chance has it.
fn sound(kind: usize, random: &mut Noise) -> Vec<f32> {
    let gain = random.between(0.05, 0.6);
    let root = random.between(90.0, 330.0);
    let beat = random.between(5_000.0, 11_000.0) as usize;
    let (mut low, mut phase, mut pitch) = (0.0_f32, 0.0_f32, root);
    let tone = |n: usize, hz: f32| (n as f32 * hz * TAU / RATE).sin();
    (0..SECONDS * RATE as usize)
        .map(|n| match kind {
            0 => 0.0,
            1 => random.sample() * gain,
            2 => {
                low += 0.02 * (random.sample() - low);
                low * gain * 4.0
            }
            3 => (tone(n, 50.0) + tone(n, 150.0) * 0.5 + tone(n, 250.0) * 0.2) * gain * 0.6 + random.sample() * 0.003,
            4 if n % beat < 160 => random.sample() * gain,
            4 if n % beat < 2_400 => tone(n, root) * gain * (-((n % beat) as f32) / 500.0).exp(),
            4 => random.sample() * 0.002,
            5 => {
                let root = root * [1.0, 0.794, 1.189, 0.891][n / (2 * beat) % 4];
                let fade = (-((n % (2 * beat)) as f32) / 9_000.0).exp();
                let voice = |step: f32| tone(n, root * step) + 0.4 * tone(n, root * step * 2.0);
                (voice(1.0) + voice(1.26) + voice(1.498)) * 0.25 * gain * fade
            }
            6 => {
                if n % beat == 0 {
                    pitch = root * 2.0_f32.powf((random.between(0.0, 12.99)).floor() / 12.0);
                }
                // Vibrato of 5 Hz, four harmonics.
                phase += pitch * (1.0 + 0.012 * tone(n, 5.0)) * TAU / RATE;
                let melody: f32 = (1..=4).map(|k| (phase * k as f32).sin() / k as f32).sum();
                let drum = (-((n % beat) as f32) / 900.0).exp();
                (melody * 0.3 + drum * (tone(n, 55.0) + random.sample() * 0.4)) * gain
            }
            _ => {
                let slow = (n as f32 / RATE / 2.5).fract();
                phase += (root + slow * 1_800.0) * TAU / RATE;
                phase.sin() * gain * 0.5
            }
        })
        .map(|sample| sample.clamp(-1.0, 1.0))
        .collect()
}
