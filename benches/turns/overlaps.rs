//! What does not want the floor: signs of listening, coughs, words for somebody else in the room. And what does.
//!
//! Owns: the sounds, made by voices and from a seed, and counting what they did to us. Never does: know how they are told
//! apart.

use std::f32::consts::TAU;
use std::fmt::Write;
use std::sync::Arc;

use interview::guide::QuestionType;
use interview::io::Ms;
use interview::turn::overlap::Limits;
use interviewer::session::Engines;

use crate::decisions::{DUCKED_MS, Judged, cough, guide};
use crate::lab::{Lab, Noise, Seen};
use crate::table::{Table, at, share};
use crate::utterances::{say, trim};

const VOICES: [&str; 4] = ["am_michael", "bf_emma", "af_bella", "bm_daniel"];
const LISTENING: [&str; 10] =
    ["Mm-hmm.", "Uh-huh.", "Okay.", "Yeah.", "Right.", "I see.", "Okay, I see.", "Oh, okay.", "Got it.", "Yeah, yeah."];
/// To a child, a partner, a dog.
const IN_THE_ROOM: [&str; 6] = [
    "Not now, put it on the table.",
    "The keys are in my coat.",
    "Close the door, please.",
    "Dinner is in the oven.",
    "I'm on the phone.",
    "Come here, lie down.",
];
const MEANT: [&str; 12] = [
    "Sorry, could you repeat that?",
    "Wait a moment, please.",
    "I already told you about that.",
    "Actually, I would like to add something.",
    "Can I say something first?",
    "No, that's not what I meant.",
    "Please stop.",
    "What do you mean by that?",
    "Hold on, somebody is at the door.",
    "I didn't understand the question.",
    "That was last year, not this year.",
    "Okay, but I have a question.",
];
const ANSWER: &str = "We moved to the new system last year, and it saves me two hours a week.";
/// Who turns away from the microphone is so much quieter than before, in dB.
const TURNED_AWAY_DB: f32 = -14.0;
/// Share of what wants nothing that may stop us.
const MOST: f32 = 0.05;
/// For comparison: any speech of so long stops us, as it did before its words were looked at.
const LENGTH_ALONE_MS: Ms = 500;
/// Into the question over which it comes.
const INTO_MS: Ms = 2_500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Listening,
    Noise,
    Room,
    Meant,
}

struct Case {
    name: String,
    kind: Kind,
    samples: Vec<f32>,
    /// The same person, answering.
    answer: Option<usize>,
}

async fn cases(engines: &Arc<Engines>) -> anyhow::Result<Vec<Case>> {
    let synthesizer = engines.synthesizer.as_ref();
    let mut all = Vec::new();
    for voice in VOICES {
        for text in LISTENING {
            let samples = say(synthesizer, text, voice).await?;
            all.push(Case { name: format!("{text} ({voice})"), kind: Kind::Listening, samples, answer: None });
        }
    }
    let mut random = Noise::new(23);
    for number in 1..=8 {
        all.push(Case {
            name: format!("cough {number}"),
            kind: Kind::Noise,
            samples: cough(&mut random),
            answer: None,
        });
    }
    for number in 1..=4 {
        let samples = knocks(&mut random);
        all.push(Case { name: format!("knocks {number}"), kind: Kind::Noise, samples, answer: None });
    }
    for (number, text) in IN_THE_ROOM.into_iter().cycle().take(12).enumerate() {
        let voice = number % 2 + number / 6;
        let near = say(synthesizer, text, VOICES[voice]).await?;
        let (name, samples) = (format!("{text} (to the room)"), from_afar(&near));
        all.push(Case { name, kind: Kind::Room, samples, answer: Some(voice) });
    }
    for (number, text) in MEANT.into_iter().cycle().take(24).enumerate() {
        let voice = VOICES[(number + number / 12) % 4];
        let samples = say(synthesizer, text, voice).await?;
        all.push(Case { name: format!("{text} ({voice})"), kind: Kind::Meant, samples, answer: None });
    }
    Ok(all)
}

/// Two to four knocks on wood.
fn knocks(random: &mut Noise) -> Vec<f32> {
    let mut samples = Vec::new();
    for _ in 0..(random.between(2.0, 4.99) as usize) {
        let (hz, fall) = (random.between(90.0, 300.0), random.between(300.0, 900.0));
        for n in 0..4_500 {
            let tone = (n as f32 * hz * TAU / 16_000.0).sin() * 0.5 + random.sample() * 0.1;
            samples.push(tone * (-(n as f32) / fall).exp());
        }
    }
    trim(&samples).to_vec()
}

/// Quieter, duller, and with the room's echo.
fn from_afar(near: &[f32]) -> Vec<f32> {
    let gain = 10.0_f32.powf(TURNED_AWAY_DB / 20.0);
    let mut low = 0.0;
    let mut far: Vec<f32> = near
        .iter()
        .map(|sample| {
            low += 0.45 * (sample - low);
            low * gain
        })
        .chain(std::iter::repeat_n(0.0, 3_200))
        .collect();
    for (delay, part) in [(480, 0.35), (910, 0.25), (1_700, 0.15)] {
        for n in delay..far.len() {
            far[n] += far[n - delay] * part;
        }
    }
    trim(&far).to_vec()
}

struct Outcome {
    duck: Option<Ms>,
    stop: Option<Ms>,
    /// After its end.
    rise: Option<Ms>,
    looks: String,
}

async fn hold(
    engines: &Arc<Engines>,
    case: &Case,
    answers: &[(Vec<f32>, Vec<f32>)],
    limits: &Limits,
) -> anyhow::Result<Outcome> {
    let mut lab = match case.answer {
        None => Lab::call_with(engines, guide(QuestionType::Open)?, limits).await?,
        // Their voice is known from two answers by then.
        Some(who) => {
            let (yes, answer) = &answers[who];
            let mut lab = Lab::greeted(engines, guide(QuestionType::Open)?, limits).await?;
            lab.sound(yes).await?;
            lab.quiet_until_spoken_to().await?;
            lab.listen_to_the_end().await?;
            lab.quiet(500).await?;
            lab.sound(answer).await?;
            lab.quiet_until_spoken_to().await?;
            lab
        }
    };
    lab.quiet(INTO_MS).await?;
    lab.seen.clear();
    let onset = lab.now();
    lab.sound(&case.samples).await?;
    let end = lab.now();
    lab.quiet(2_500).await?;
    let first = |wanted: &Seen| lab.seen.iter().find(|(_, seen)| seen == wanted).map(|(at, _)| *at);
    let looks = lab.seen.iter().filter_map(|(at, seen)| match seen {
        Seen::Looked(text, _) | Seen::Transcribed(text, _) => Some(format!("{} ms “{text}”", at - onset)),
        _ => None,
    });
    Ok(Outcome {
        duck: first(&Seen::Ducked).map(|at| at - onset),
        stop: first(&Seen::Stopped).map(|at| at - onset),
        rise: first(&Seen::Unducked).map(|at| at.saturating_sub(end)),
        looks: looks.collect::<Vec<_>>().join(", "),
    })
}

/// Every sound over a question, each in a call of its own.
pub async fn run(engines: &Arc<Engines>) -> anyhow::Result<Judged> {
    let mut answers = Vec::new();
    for voice in VOICES {
        let synthesizer = engines.synthesizer.as_ref();
        answers.push((say(synthesizer, "Yes, that's fine.", voice).await?, say(synthesizer, ANSWER, voice).await?));
    }
    let mut outcomes = Vec::new();
    println!("kind\tlasts\tducked\tstopped\trose\tstopped by length alone\tsound\theard");
    for case in cases(engines).await? {
        let outcome = hold(engines, &case, &answers, &Limits::default()).await?;
        let alone = hold(engines, &case, &answers, &Limits::of_length_alone(LENGTH_ALONE_MS)).await?;
        let shown = |ms: Option<Ms>| ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        let Outcome { duck, stop, rise, looks } = &outcome;
        let times = [Some(case.samples.len() as Ms / 16), *duck, *stop, *rise].map(shown).join("\t");
        println!("{:?}\t{times}\t{}\t{}\t{looks}", case.kind, shown(alone.stop), case.name);
        outcomes.push((case.kind, outcome, alone));
    }
    Ok(tables(&outcomes))
}

fn tables(outcomes: &[(Kind, Outcome, Outcome)]) -> Judged {
    let of = |kind: Kind| outcomes.iter().filter(move |(one, ..)| *one == kind);
    let names = [
        (Kind::Listening, "signs of listening"),
        (Kind::Noise, "coughs and knocks"),
        (Kind::Room, "words for somebody else in the room"),
    ];
    let mut table = Table::new(&[
        "over our voice",
        "left us speaking",
        "by length alone",
        "back at full voice after its end p50, ms",
        "p95",
    ]);
    let (mut spared, mut spared_alone, mut all) = (0, 0, 0);
    for (kind, name) in names {
        let whole = of(kind).count();
        let here = of(kind).filter(|(_, outcome, _)| outcome.stop.is_none()).count();
        let alone = of(kind).filter(|(.., alone)| alone.stop.is_none()).count();
        let rises: Vec<Ms> = of(kind).filter_map(|(_, outcome, _)| outcome.rise).collect();
        table.row(&[name.to_owned(), share(here, whole), share(alone, whole), at(&rises, 0.5), at(&rises, 0.95)]);
        (spared, spared_alone, all) = (spared + here, spared_alone + alone, all + whole);
    }
    let none = || "–".to_owned();
    table.row(&["all of these".to_owned(), share(spared, all), share(spared_alone, all), none(), none()]);
    let meant = of(Kind::Meant).count();
    let times = |of_outcome: fn(&(Kind, Outcome, Outcome)) -> Option<Ms>| -> Vec<Ms> {
        of(Kind::Meant).filter_map(of_outcome).collect()
    };
    let ducks = times(|(_, outcome, _)| outcome.duck);
    let in_time = ducks.iter().filter(|ms| **ms <= DUCKED_MS).count();
    let stops = times(|(_, outcome, _)| outcome.stop);
    let mut interruptions = Table::new(&["interruptions", "right", "p50, ms", "p95"]);
    let mut row = |name: String, right: usize, times: &[Ms]| {
        interruptions.row(&[name, share(right, meant), at(times, 0.5), at(times, 0.95)]);
    };
    row(format!("ducked within {DUCKED_MS} ms"), in_time, &ducks);
    row("stopped us".to_owned(), stops.len(), &stops);
    let alone = times(|(.., alone)| alone.stop);
    row(format!("by length alone ({LENGTH_ALONE_MS} ms)"), alone.len(), &alone);
    let mut text = table.finish();
    let _ = write!(text, "\n{}", interruptions.finish());
    let mut failures = Vec::new();
    if (all - spared) as f32 > MOST * all as f32 {
        let stopped = all - spared;
        failures.push(format!("{stopped} of {all} that wanted nothing stopped us, {:.0} % may", MOST * 100.0));
    }
    if stops.len() < meant {
        failures.push(format!("{} of {meant} interruptions did not stop us", meant - stops.len()));
    }
    Judged { text, failures }
}
