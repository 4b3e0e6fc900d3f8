//! Latency as the respondent has it: whole interviews over a real peer connection, measured from its own packets.
//!
//! Owns: a guide of short questions, the answers to them, and the times found in the capture. Never does: ask the engine
//! how fast it was, except to tell what took the time.

use std::fmt::Write;

use demo::api_view::{self, EngineTimes};
use demo::envelope::Envelope;
use demo::measure::{self, Timing};
use demo::persona::{Behaviours, Persona, PreparedAnswer, Spoken};
use demo::report;
use demo::script::{self, Lines};
use interview::Guide;
use interview::guide::from_value;
use serde_json::json;
use voice::inference::Priority;
use voice::tts::{self, Voice};

use crate::decisions::Judged;
use crate::recordings::{Recording, at_24k};
use crate::stage::Stage;
use crate::table::{Table, at};
use crate::utterances::{Utterance, recorded};

/// What the questions are about, one word each; every fourth is answered with a recording.
const SUBJECTS: [&str; 32] = [
    "desk",
    "chair",
    "lamp",
    "window",
    "kitchen",
    "garden",
    "phone",
    "laptop",
    "printer",
    "headset",
    "keyboard",
    "calendar",
    "manager",
    "team",
    "client",
    "neighbour",
    "commute",
    "lunch",
    "coffee",
    "music",
    "weather",
    "holiday",
    "budget",
    "training",
    "meeting",
    "email",
    "report",
    "project",
    "deadline",
    "customer",
    "contract",
    "salary",
];
const CLOSED: [&str; 4] = [
    "Yes, I use it nearly every day.",
    "No, that has never been a problem for me.",
    "Yes, we have had that for two years now.",
    "No, I don't need one for my work.",
];
const OPEN: [&str; 6] = [
    "It is very old and it makes a lot of noise.",
    "I bought it last summer from a friend of mine.",
    "My colleagues and I look after that together.",
    "It helps me to stay calm when there is a lot to do.",
    "I would change it if I had a little more money.",
    "It takes me about an hour every single morning.",
];
/// Each with a subject of its own: the same follow-up is never put twice.
const OF_A_TOPIC: [&str; 8] = [
    "My brother repaired the old charger for me.",
    "I pay my rent from the savings account.",
    "The delivery van comes on Thursday afternoon.",
    "We plan our work on a paper calendar.",
    "I take the night train to the harbour.",
    "My dentist sends me a friendly reminder.",
    "The insurance company wants a new form.",
    "Our warehouse is next to the football stadium.",
];
const THEN: [&str; 4] = [
    "Because the old one broke in the middle of the winter.",
    "Last week it kept me busy for a whole afternoon.",
    "I think that everybody in my family would agree.",
    "It was a present, so I never thought about it.",
];

/// How each question of the guide is answered, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Closed,
    /// Followed up with words of the guide's.
    Template,
    Recorded,
    /// Followed up with words of the answer's: synthesised on the spot.
    Topic,
}

fn kind(number: usize) -> Kind {
    [Kind::Closed, Kind::Template, Kind::Recorded, Kind::Topic][number % 4]
}

fn guide(questions: usize) -> anyhow::Result<Guide> {
    let question = |(number, subject): (usize, &&str)| {
        let template = match kind(number) {
            Kind::Template => Some(format!("And how did it come to that with the {subject}?")),
            Kind::Topic => Some("What else should I know about {topic}?".to_owned()),
            Kind::Closed | Kind::Recorded => None,
        };
        let text = match kind(number) {
            Kind::Closed => format!("Do you have a {subject}?"),
            _ => format!("What can you tell me about your {subject}?"),
        };
        let closed = if kind(number) == Kind::Closed { "closed" } else { "open" };
        let triggers: Vec<_> = template
            .into_iter()
            .map(|text| json!({"condition": "not mentions elephants", "action": "probe", "template": text}))
            .collect();
        json!({"text": text, "type": closed, "max_follow_ups": triggers.len(), "follow_up_triggers": triggers})
    };
    let questions: Vec<_> = SUBJECTS.iter().enumerate().take(questions).map(question).collect();
    let document = json!({
        "name": "Things", "research_objective": "What people say about things",
        "estimated_duration_minutes": 20, "max_duration_minutes": 40,
        "voice_profile": {"voice": "af_heart", "speaking_rate": 170},
        "sections": [{"section_name": "Things", "questions": questions}],
    });
    from_value(document).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

fn persona(questions: usize, clips: &[Utterance]) -> Persona {
    let answers = SUBJECTS.iter().enumerate().take(questions).map(|(number, subject)| {
        let of = |texts: &[&str]| texts[number / 2 % texts.len()].to_owned();
        let say = match kind(number) {
            Kind::Closed => of(&CLOSED),
            Kind::Recorded => clips[number / 4 % clips.len()].name.clone(),
            Kind::Template => of(&OPEN),
            Kind::Topic => OF_A_TOPIC[number / 4 % OF_A_TOPIC.len()].to_owned(),
        };
        let then = matches!(kind(number), Kind::Template | Kind::Topic).then(|| of(&THEN));
        PreparedAnswer { about: vec![(*subject).to_owned()], before: Vec::new(), say, then, pause_ms: None }
    });
    Persona {
        name: "Dana".to_owned(),
        voice: "am_michael".to_owned(),
        consent: "Yes, that's fine.".to_owned(),
        recording: "Yes, that's fine.".to_owned(),
        answers: answers.collect(),
        facts: Vec::new(),
        behaviours: Behaviours::default(),
        default: "I have nothing to add.".to_owned(),
    }
}

/// Synthesised but for the recordings, all of it before the call.
async fn lines(stage: &Stage, persona: &Persona, clips: &[Utterance]) -> anyhow::Result<Lines> {
    let voice = Voice::new(persona.voice.clone(), 1.0);
    let mut sounds = Vec::new();
    for spoken in persona.everything_said() {
        let sound = match clips.iter().find(|clip| spoken == Spoken::plain(&clip.name)) {
            Some(clip) => at_24k(&clip.samples),
            None => stage.tools.synthesizer.synthesize(&spoken.text(), &voice, Priority::Background).await?,
        };
        sounds.push((spoken, sound));
    }
    Ok(Lines::of(sounds)?)
}

/// One measured turn.
struct Turn {
    follow_up: bool,
    topic: bool,
    timing: Timing,
    engine: EngineTimes,
}

/// An interview of so many questions with this Whisper; half of them are followed up.
pub async fn run(whisper: &str, questions: usize, recordings: &[Recording]) -> anyhow::Result<Judged> {
    let fits = |clip: &Utterance| clip.finished && (24_000..=72_000).contains(&clip.samples.len());
    let clips: Vec<Utterance> = recorded(recordings).into_iter().filter(fits).collect();
    anyhow::ensure!(!clips.is_empty(), "no recording is between 1.5 and 4.5 s long");
    let stage = Stage::start(whisper).await?;
    let (guide, persona) = (guide(questions)?, persona(questions, &clips));
    let (interviewer, _) = stage.tools.synthesizer.resolve(&guide.voice_profile, &guide.language)?;
    eprintln!("{whisper}: preparing both voices");
    let lines = lines(&stage, &persona, &clips).await?;
    // As the second interview with a guide finds it: its scripted lines are in the store already.
    let interview = interview::Interview::new(guide.clone().into(), interview::Settings::default());
    let clips = &stage.running.engines.clips;
    let scripted = interview.scripted_texts().into_iter().map(|text| tts::Wanted { text, keep: true }).collect();
    clips.prepare(scripted, interviewer.clone(), Priority::Background).finished().await;
    eprintln!("{whisper}: {questions} questions and their follow-ups, live; about {} minutes", 1 + questions / 5);
    let held = stage.hold(&guide, persona, lines).await?;
    let rows = api_view::rows(&held.interview, &held.transcript);
    let row_of = report::rows_of_askings(&held.capture.askings, &rows);
    let mut turns = Vec::new();
    let mut answered = "(consent)".to_owned();
    println!("first_audio\tquestion\tendpoint\tstt\tdecide\ttts\tasked\tafter");
    for (number, asking) in held.capture.askings.iter().enumerate() {
        let row = row_of[number].map(|row| &rows[row]);
        let sound = match row {
            Some(row) => Some(envelope(&stage, &interviewer, &row.question_text).await?),
            None => None,
        };
        let timing = measure::timing(&held.capture, number, sound.as_ref());
        let topic = row.is_some_and(|row| row.question_text.starts_with("What else should I know"));
        let engine = row.map(|row| row.engine).unwrap_or_default();
        let shown = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        let EngineTimes { endpoint, stt, decide, tts } = engine;
        let times = [timing.first_audio, timing.question_start, endpoint, stt, decide, tts].map(shown).join("\t");
        println!("{times}\t{}\t{answered}", row.map_or("", |row| row.question_text.as_str()));
        answered = row.map(|row| row.response_text.clone()).unwrap_or_default();
        turns.push(Turn { follow_up: asking.follow_up_of.is_some(), topic, timing, engine });
    }
    let expected = (0..questions).map(|n| 1 + usize::from(matches!(kind(n), Kind::Template | Kind::Topic))).sum();
    stage.running.stop(std::time::Duration::ZERO).await;
    Ok(tables(whisper, &turns, expected))
}

/// How the question sounds: from the engine's store, or made anew.
async fn envelope(stage: &Stage, interviewer: &Voice, text: &str) -> anyhow::Result<Envelope> {
    Ok(match stage.running.engines.clips.at_hand(text, interviewer) {
        Some(clip) => Envelope::of_speech(&clip.pcm),
        None => script::expected(&stage.tools.synthesizer, interviewer, text).await?,
    })
}

/// Which turns stand in a row of the tables.
type Wanted = fn(&&Turn) -> bool;

fn tables(whisper: &str, turns: &[Turn], expected: usize) -> Judged {
    let columns =
        ["Whisper", "what is asked", "turns", "first audio p50, ms", "p95", "question p50", "p95", "cut-offs"];
    let mut latency = Table::new(&columns);
    let mut steps = Table::new(&["Whisper", "what is asked", "endpoint p50, ms", "stt p50", "decide p50", "tts p50"]);
    let groups: [(&str, Wanted); 3] = [
        ("scripted questions", |turn| !turn.follow_up),
        ("template follow-ups", |turn| turn.follow_up && !turn.topic),
        ("follow-ups with words of the answer", |turn| turn.topic),
    ];
    for (name, wanted) in groups {
        let turns: Vec<&Turn> = turns.iter().filter(wanted).collect();
        let timed =
            |of: fn(&Timing) -> Option<u64>| turns.iter().filter_map(|turn| of(&turn.timing)).collect::<Vec<_>>();
        let (first, question) = (timed(|t| t.first_audio), timed(|t| t.question_start));
        let cut_offs = turns.iter().filter(|turn| turn.timing.cut_off).count();
        latency.row(&[
            whisper.to_owned(),
            name.to_owned(),
            turns.len().to_string(),
            at(&first, 0.5),
            at(&first, 0.95),
            at(&question, 0.5),
            at(&question, 0.95),
            cut_offs.to_string(),
        ]);
        let told = |of: fn(&EngineTimes) -> Option<u64>| {
            at(&turns.iter().filter_map(|turn| of(&turn.engine)).collect::<Vec<_>>(), 0.5)
        };
        steps.row(&[
            whisper.to_owned(),
            name.to_owned(),
            told(|t| t.endpoint),
            told(|t| t.stt),
            told(|t| t.decide),
            told(|t| t.tts),
        ]);
    }
    let mut failures = Vec::new();
    if turns.len() < expected {
        failures.push(format!("{whisper}: {} of {expected} turns took place", turns.len()));
    }
    let unheard = turns.iter().filter(|turn| turn.timing.question_start.is_none()).count();
    let mut text = latency.finish();
    let _ = write!(text, "\nWhat took the time, by the engine's own stamps:\n\n{}", steps.finish());
    if unheard > 0 {
        let _ = write!(text, "\n{whisper}: {unheard} questions were not recognised in what was heard.\n");
    }
    Judged { text, failures }
}
