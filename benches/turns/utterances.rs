//! What is said to the interview: whole answers, and answers that stop in the middle.
//!
//! Owns: the set of utterances and how they are cut. Never does: hear or judge them.
//!
//! An unfinished utterance is a recording (or a synthesised sentence) cut where it is quietest, as a speaker's pause
//! would: nothing but silence follows. Its own melody says that more was to come.

use anyhow::Context;
use interview::guide::QuestionType;
use voice::audio::codec::{Codec as _, Decoder, encode_clip};
use voice::inference::Priority;
use voice::tts::{Synthesizer, Voice};

use crate::recordings::Recording;

/// 20 ms at 16 kHz.
const FRAME: usize = 320;
/// So far below its loudest frame an utterance still counts as speech …
const QUIET: f32 = 0.01;
/// … if it is so much above the room's noise (12 dB over the level that a tenth of the frames stays under).
const ABOVE_NOISE: f32 = 4.0;

/// Clips of the book that end at a comma or a semicolon and are read so: the sentence was to go on.
const GOES_ON: [&str; 2] = ["0880", "0930"];

const FINISHED_OPEN: [&str; 8] = [
    "I sell shoes in a small shop.",
    "It saves me about two hours a week.",
    "Mostly I work on my own.",
    "My manager calls me every Monday morning.",
    "We moved to the new system last year.",
    "It was cheaper than the other one.",
    "The children are at school until three.",
    "I would like to have a bigger desk.",
];
const FINISHED_CLOSED: [&str; 6] =
    ["Yes, I do.", "No.", "Yes.", "No, not at all.", "Yes, nearly every day.", "No, we stopped that last year."];
const CUT_OPEN: [&str; 5] = [
    "I usually start at eight in the morning and then I answer all of the mail that came in overnight.",
    "The hardest part of the day is when both of my neighbours decide to renovate at the same time.",
    "When I moved here from the city I had to buy a desk, a lamp and a much better chair.",
    "My team meets every morning for about a quarter of an hour to plan what everybody will do.",
    "It would help me a lot if the people in the office wrote down what they had decided.",
];
const CUT_CLOSED: [&str; 3] = [
    "Yes, although lately I have not been there very often because of the trains.",
    "No, but a colleague in the other team does it every single week.",
    "Yes, I have used it for the accounts and for most of the letters.",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Recorded,
    Synthesised,
}

impl Origin {
    pub fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Synthesised => "synthesised",
        }
    }
}

/// Something said in answer to a question: 16 kHz mono, −1…1, from its first audible 20 ms to its last.
#[derive(Debug, Clone)]
pub struct Utterance {
    pub name: String,
    pub samples: Vec<f32>,
    pub origin: Origin,
    pub finished: bool,
    /// Type of the question it answers.
    pub asked: QuestionType,
}

/// Sentences to their end (whole, and from a pause within them), and the same cut at their pauses.
pub fn recorded(recordings: &[Recording]) -> Vec<Utterance> {
    let mut all = Vec::new();
    let mut add = |name: String, samples: &[f32], finished| {
        let samples = trim(samples).to_vec();
        all.push(Utterance { name, samples, origin: Origin::Recorded, finished, asked: QuestionType::Open });
    };
    for Recording { name, samples, .. } in recordings {
        let ends = !GOES_ON.contains(&name.as_str());
        add(name.clone(), samples, ends);
        let places = quiet_places(samples, samples.len() / 26_000);
        for (number, place) in places.iter().enumerate() {
            add(format!("{name} to pause {}", number + 1), &samples[..*place], false);
            if ends && samples.len() - place > 20_000 && number < 3 {
                add(format!("{name} from pause {}", number + 1), &samples[*place..], true);
            }
        }
    }
    let clip = |wanted: &str| recordings.iter().find(|recording| recording.name == wanted);
    if let (Some(first), Some(second)) = (clip("0880"), clip("0890")) {
        // One sentence of the book in two clips, with the pause that the reader made.
        add("0880 and 0890".to_owned(), &[first.samples.as_slice(), &second.samples].concat(), true);
    }
    all
}

/// Answers in two voices, as a listener's decoder gives them out.
pub async fn synthesised(synthesizer: &dyn Synthesizer) -> anyhow::Result<Vec<Utterance>> {
    let mut all = Vec::new();
    let groups: [(&[&str], bool, QuestionType); 4] = [
        (&FINISHED_OPEN, true, QuestionType::Open),
        (&FINISHED_CLOSED, true, QuestionType::Closed),
        (&CUT_OPEN, false, QuestionType::Open),
        (&CUT_CLOSED, false, QuestionType::Closed),
    ];
    for (texts, finished, asked) in groups {
        for (number, text) in texts.iter().enumerate() {
            let samples = say(synthesizer, text, ["am_michael", "bf_emma"][number % 2]).await?;
            let mut add = |name: String, samples: &[f32]| {
                let samples = trim(samples).to_vec();
                all.push(Utterance { name, samples, origin: Origin::Synthesised, finished, asked });
            };
            if finished {
                add((*text).to_owned(), &samples);
                continue;
            }
            for (number, place) in quiet_places(&samples, 2).into_iter().enumerate() {
                add(format!("{text} (to pause {})", number + 1), &samples[..place]);
            }
        }
    }
    Ok(all)
}

/// `text` as it arrives: synthesised, encoded, decoded to 16 kHz.
pub async fn say(synthesizer: &dyn Synthesizer, text: &str, voice: &str) -> anyhow::Result<Vec<f32>> {
    let voice = Voice::new(voice.to_owned(), 1.0);
    let pcm = synthesizer.synthesize(text, &voice, Priority::Background).await.with_context(|| text.to_owned())?;
    let mut decoder = Decoder::new()?;
    let mut samples = Vec::new();
    for packet in encode_clip(text.to_owned(), pcm)?.packets {
        samples.extend_from_slice(decoder.decode(&packet)?);
    }
    Ok(trim(&samples).to_vec())
}

fn loudness(samples: &[f32]) -> Vec<f32> {
    samples.chunks(FRAME).map(|frame| (frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32).sqrt()).collect()
}

/// From the first audible 20 ms to the last.
pub fn trim(samples: &[f32]) -> &[f32] {
    let levels = loudness(samples);
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let noise = sorted.get(sorted.len() / 10).copied().unwrap_or(0.0);
    let loudest = sorted.last().copied().unwrap_or(0.0);
    // A clip without a pause has no quiet tenth.
    let least = (loudest * QUIET).max((noise * ABOVE_NOISE).min(loudest * QUIET * 4.0));
    let loud = |level: &f32| *level > least;
    let (Some(first), Some(last)) = (levels.iter().position(loud), levels.iter().rposition(loud)) else { return &[] };
    &samples[first * FRAME..((last + 1) * FRAME).min(samples.len())]
}

/// The `most` quietest places in order: word borders and pauses, at least 0.6 s apart and away from both ends.
fn quiet_places(samples: &[f32], most: usize) -> Vec<usize> {
    const APART: usize = 30;
    let levels = loudness(samples);
    // 60 ms around each frame: the closure inside a word is shorter.
    let around: Vec<f32> = levels.windows(3).map(|window| window.iter().sum()).collect();
    let mut order: Vec<usize> = (APART..around.len().saturating_sub(APART)).collect();
    order.sort_by(|a, b| around[*a].total_cmp(&around[*b]));
    let mut chosen: Vec<usize> = Vec::new();
    for place in order {
        if chosen.len() < most.max(1) && chosen.iter().all(|other| other.abs_diff(place) >= APART) {
            chosen.push(place);
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|place| (place + 1) * FRAME).collect()
}
