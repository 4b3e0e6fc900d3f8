//! When turns end: finished answers, unfinished ones, and speech over ours.
//!
//! Owns: feeding each utterance to a call of its own, and judging what the interview did. Never does: make utterances.

use std::fmt::Write;
use std::sync::Arc;

use interview::Guide;
use interview::guide::{QuestionType, from_value};
use interview::io::Ms;
use interviewer::session::Engines;
use serde_json::json;

use crate::lab::{Lab, Noise, Seen};
use crate::table::{Table, at, share};
use crate::utterances::{Origin, Utterance, say, trim};

/// A finished answer must be recognised as one before the silence that ends any turn (3 s).
const IN_TIME_MS: i64 = 2_900;
/// Pauses after which a speaker goes on.
const PAUSES_MS: [i64; 4] = [500, 1_000, 1_500, 2_000];
const WATCHED_MS: Ms = 3_600;
/// Our voice must be lower so long after a respondent's first sound.
pub const DUCKED_MS: Ms = 200;
/// Shares that must be right.
const NEEDED: f32 = 0.8;

/// Long enough to be spoken over.
const SECOND: &str =
    "And when you think of the weeks before that one, what was it that took most of your time at work?";

/// What the decision looked like; times in ms after the utterance's last sample.
struct Outcome<'a> {
    utterance: &'a Utterance,
    decided: Option<i64>,
    text: String,
    probability: f32,
    stt_ms: Ms,
}

/// Tables and whether enough was right.
pub struct Judged {
    pub text: String,
    pub failures: Vec<String>,
}

pub fn guide(kind: QuestionType) -> anyhow::Result<Guide> {
    let question = |id: &str, text: &str| json!({"id": id, "text": text, "type": kind, "max_follow_ups": 0});
    let document = json!({
        "name": "Turns", "research_objective": "Who speaks when",
        "sections": [{"section_name": "All", "questions": [
            question("first", "Please tell me about the thing that you remember best from the last few weeks of your work."),
            question("second", SECOND),
            question("third", "And what came last?"),
        ]}],
    });
    from_value(document).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

/// A call in which the first question has just been put.
async fn listening(engines: &Arc<Engines>, kind: QuestionType) -> anyhow::Result<Lab> {
    let mut lab = Lab::call(engines, guide(kind)?).await?;
    lab.listen_to_the_end().await?;
    lab.quiet(500).await?;
    lab.seen.clear();
    Ok(lab)
}

/// Every utterance in a call of its own.
pub async fn run(engines: &Arc<Engines>, utterances: &[Utterance]) -> anyhow::Result<Judged> {
    let mut outcomes = Vec::new();
    println!("decided_ms\tfinished\tasked\tkind\tp\tstt_ms\tutterance\theard");
    for utterance in utterances {
        let outcome = decide(engines, utterance).await?;
        let Utterance { name, origin, finished, asked, .. } = utterance;
        let Outcome { decided, text, probability, stt_ms, .. } = &outcome;
        let decided = decided.map_or_else(|| "never".to_owned(), |ms| ms.to_string());
        println!("{decided}\t{finished}\t{asked:?}\t{}\t{probability:.2}\t{stt_ms}\t{name}\t{text}", origin.name());
        outcomes.push(outcome);
    }
    Ok(tables(&outcomes))
}

async fn decide<'a>(engines: &Arc<Engines>, utterance: &'a Utterance) -> anyhow::Result<Outcome<'a>> {
    let mut lab = listening(engines, utterance.asked).await?;
    lab.sound(&utterance.samples).await?;
    let last = lab.now() as i64;
    lab.quiet(WATCHED_MS).await?;
    let mut outcome = Outcome { utterance, decided: None, text: String::new(), probability: 0.0, stt_ms: 0 };
    for (at, seen) in &lab.seen {
        match seen {
            Seen::Spoke(_) => {
                outcome.decided = Some(*at as i64 - last);
                break;
            }
            Seen::Transcribed(text, ms) => (outcome.text, outcome.stt_ms) = (text.clone(), *ms),
            Seen::Judged(probability, _) => outcome.probability = *probability,
            _ => {}
        }
    }
    Ok(outcome)
}

fn tables(outcomes: &[Outcome]) -> Judged {
    let groups = [
        (Origin::Recorded, QuestionType::Open),
        (Origin::Synthesised, QuestionType::Open),
        (Origin::Synthesised, QuestionType::Closed),
    ];
    let name = |kind: QuestionType| if kind == QuestionType::Open { "open" } else { "closed" };
    let mut finished = Table::new(&[
        "finished answers",
        "question",
        "right",
        "cut before their end",
        "left to the 3 s timeout",
        "decided after p50, ms",
        "p95",
    ]);
    let mut unfinished =
        Table::new(&["unfinished answers", "question", "left alone for 0.5 s", "1.0 s", "1.5 s", "2.0 s"]);
    let mut failures = Vec::new();
    let mut all_finished = (0, 0);
    let mut all_unfinished = (0, 0);
    for (origin, kind) in groups {
        let group = |whole: bool| {
            let of = move |o: &&Outcome| {
                o.utterance.origin == origin && o.utterance.asked == kind && o.utterance.finished == whole
            };
            outcomes.iter().filter(of).collect::<Vec<_>>()
        };
        let whole = group(true);
        let times: Vec<i64> = whole.iter().map(|o| o.decided.unwrap_or(WATCHED_MS as i64)).collect();
        let right: Vec<u64> = times.iter().filter(|ms| (0..=IN_TIME_MS).contains(ms)).map(|ms| *ms as u64).collect();
        let early = times.iter().filter(|ms| **ms < 0).count();
        finished.row(&[
            origin.name().to_owned(),
            name(kind).to_owned(),
            share(right.len(), whole.len()),
            early.to_string(),
            (whole.len() - right.len() - early).to_string(),
            at(&right, 0.5),
            at(&right, 0.95),
        ]);
        all_finished = (all_finished.0 + right.len(), all_finished.1 + whole.len());
        let cut = group(false);
        let mut cells = vec![origin.name().to_owned(), name(kind).to_owned()];
        for pause in PAUSES_MS {
            let alone = cut.iter().filter(|o| o.decided.is_none_or(|ms| ms >= pause)).count();
            cells.push(share(alone, cut.len()));
            if pause == PAUSES_MS[0] {
                all_unfinished = (all_unfinished.0 + alone, all_unfinished.1 + cut.len());
            }
        }
        unfinished.row(&cells);
    }
    let mut need = |what: &str, (right, all): (usize, usize)| {
        if (right as f32) < NEEDED * all as f32 {
            failures.push(format!("{what}: {} right, {:.0} % are needed", share(right, all), NEEDED * 100.0));
        }
    };
    need("finished answers", all_finished);
    need("unfinished answers with a pause of 0.5 s", all_unfinished);
    let of = |origin| outcomes.iter().filter(|o| o.utterance.origin == origin).count();
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} utterances, {} of them cut from recordings of people. Right: decided between the last sample and {:.1} s \
         after it; virtual time of the sound plus measured time of the models.\n",
        outcomes.len(),
        of(Origin::Recorded),
        IN_TIME_MS as f32 / 1000.0
    );
    let _ = write!(text, "{}\n{}", finished.finish(), unfinished.finish());
    Judged { text, failures }
}

/// A sound over our voice, and whether it should make us stop.
struct Interruption {
    name: String,
    samples: Vec<f32>,
    meant: bool,
}

async fn interruptions(engines: &Arc<Engines>, utterances: &[Utterance]) -> anyhow::Result<Vec<Interruption>> {
    let mut all = Vec::new();
    for utterance in utterances.iter().filter(|u| u.origin == Origin::Recorded && u.finished).step_by(2) {
        all.push(Interruption { name: utterance.name.clone(), samples: utterance.samples.clone(), meant: true });
    }
    let synthesizer = engines.synthesizer.as_ref();
    let said = [
        ("Sorry, could you repeat that?", true),
        ("Wait a moment, please.", true),
        ("I already told you about that.", true),
        ("Actually, I would like to add something.", true),
        ("Mm-hmm.", false),
        ("Uh-huh.", false),
        ("Okay.", false),
        ("Yeah.", false),
    ];
    for (number, (text, meant)) in said.into_iter().enumerate() {
        let samples = say(synthesizer, text, ["am_michael", "bf_emma"][number % 2]).await?;
        all.push(Interruption { name: text.to_owned(), samples, meant });
    }
    let mut random = Noise::new(11);
    for number in 0..4 {
        all.push(Interruption { name: format!("cough {}", number + 1), samples: cough(&mut random), meant: false });
    }
    Ok(all)
}

/// One to three bursts of noise, each with a sharp beginning, coloured by a throat.
pub fn cough(random: &mut Noise) -> Vec<f32> {
    let mut samples = Vec::new();
    for _ in 0..=(random.between(0.0, 2.99) as usize) {
        let (fall, mut low) = (random.between(600.0, 1_800.0), 0.0);
        for n in 0..4_000 {
            low += 0.25 * (random.sample() - low);
            samples.push(low * 0.9 * (-(n as f32) / fall).exp());
        }
    }
    trim(&samples).to_vec()
}

/// Speech, signs of listening and coughs while the first question is being put.
pub async fn barge_ins(engines: &Arc<Engines>, utterances: &[Utterance]) -> anyhow::Result<Judged> {
    let (mut ducks, mut stops) = (Vec::new(), Vec::new());
    let (mut meant, mut stopped, mut in_time, mut others, mut spared) = (0, 0, 0, 0, 0);
    let mut lines = String::new();
    for interruption in interruptions(engines, utterances).await? {
        let mut lab = Lab::call(engines, guide(QuestionType::Open)?).await?;
        lab.quiet(2_000).await?;
        let onset = lab.now();
        lab.sound(&interruption.samples).await?;
        lab.quiet(2_500).await?;
        let first = |wanted: &Seen| lab.seen.iter().find(|(_, seen)| seen == wanted).map(|(at, _)| at - onset);
        let (duck, stop) = (first(&Seen::Ducked), first(&Seen::Stopped));
        let shown = |ms: Option<Ms>| ms.map_or_else(|| "never".to_owned(), |ms| format!("after {ms} ms"));
        let _ = writeln!(lines, "{}: ducked {}, stopped {}", interruption.name, shown(duck), shown(stop));
        if interruption.meant {
            meant += 1;
            stopped += usize::from(stop.is_some());
            in_time += usize::from(duck.is_some_and(|ms| ms <= DUCKED_MS));
            ducks.extend(duck);
            stops.extend(stop);
        } else {
            others += 1;
            spared += usize::from(stop.is_none());
        }
    }
    print!("{lines}");
    let mut table = Table::new(&["speech over ours", "right", "p50, ms", "p95"]);
    let timed = |values: &[Ms]| [at(values, 0.5), at(values, 0.95)];
    let [p50, p95] = timed(&ducks);
    table.row(&[format!("ducked within {DUCKED_MS} ms"), share(in_time, meant), p50, p95]);
    let [p50, p95] = timed(&stops);
    table.row(&["stopped for speech".to_owned(), share(stopped, meant), p50, p95]);
    let none = || "–".to_owned();
    table.row(&["went on through mm-hm, okay and coughs".to_owned(), share(spared, others), none(), none()]);
    Ok(Judged { text: table.finish(), failures: Vec::new() })
}
