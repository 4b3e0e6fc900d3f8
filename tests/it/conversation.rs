//! Recorded human speech over a real peer connection into a live interview: the words that are stored are the words
//! that were said.

use std::time::Duration;

use demo::persona::{Behaviours, Persona, PreparedAnswer, Spoken};
use demo::script::Lines;
use interview::guide::from_value;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use voice::inference::Priority;
use voice::stt::wer::{normalise, wer};
use voice::tts::Voice;

use crate::recordings::{self, Recording, at_24k};
use crate::stage::Stage;

/// Most errors a hundred words that are acceptable with Whisper base.
const MOST: f32 = 0.10;
/// The questions, and the one word of each that tells the caller which recording answers it.
const QUESTIONS: [(&str, &str); 6] =
    [("Who?", "who"), ("Why?", "why"), ("When?", "when"), ("Where?", "where"), ("How?", "how"), ("What else?", "else")];

#[test]
fn recorded_human_speech_is_stored_word_for_word() {
    actix::System::new().block_on(async {
        let recordings = recordings::all(&recordings::models_dir()).unwrap();
        assert_eq!(recordings.len(), QUESTIONS.len());
        let stage = Stage::start("base").await.unwrap();
        let persona = persona(&recordings);
        let lines = lines(&stage, &persona, &recordings).await;
        let held = stage.hold(&guide(), persona, lines).await.unwrap();
        let cut_offs = (0..held.capture.askings.len())
            .filter(|asking| demo::measure::timing(&held.capture, *asking, None).cut_off)
            .count();
        let stored = entity::interview_responses::Entity::find()
            .order_by_asc(entity::interview_responses::Column::Asking)
            .all(stage.running.storage.connection())
            .await
            .unwrap();
        println!("word error rates, normaliser: stt::wer, plain English words, version 1");
        for (recording, row) in recordings.iter().zip(&stored) {
            let rate = wer(&recording.text, &row.response_text);
            println!("{:5.1} % {}: {}", rate * 100.0, recording.name, row.response_text);
        }
        let (mut said, mut heard) = (String::new(), String::new());
        for (recording, row) in recordings.iter().zip(&stored) {
            said.extend([recording.text.as_str(), " "]);
            heard.extend([row.response_text.as_str(), " "]);
        }
        let rate = wer(&said, &heard);
        let words = normalise(&said).len();
        println!("{:5.1} % of {words} words in all; the interviewer cut in {cut_offs} times", rate * 100.0);
        let said: Vec<_> = held.capture.utterances.iter().map(|u| (u.start_ms, u.end_ms, u.text.as_str())).collect();
        assert_eq!(stored.len(), recordings.len(), "an answer for every question: {said:#?} {:#}", held.transcript);
        assert!(rate <= MOST, "{rate}");
        assert_eq!(held.interview["status"], "completed");
        stage.running.stop(Duration::ZERO).await;
    });
}

fn guide() -> interview::Guide {
    let questions: Vec<_> = QUESTIONS
        .iter()
        .map(|(text, _)| json!({"text": text, "type": "open", "required": true, "max_follow_ups": 0}))
        .collect();
    from_value(json!({
        "name": "Books", "research_objective": "What people read",
        "voice_profile": {"voice": "af_heart", "speaking_rate": 220},
        "sections": [{"section_name": "All", "questions": questions}],
    }))
    .unwrap()
}

/// Answers each question with a recording.
fn persona(recordings: &[Recording]) -> Persona {
    let answers = QUESTIONS.iter().zip(recordings).map(|((_, about), recording)| PreparedAnswer {
        about: vec![(*about).to_owned()],
        before: Vec::new(),
        say: recording.text.clone(),
        then: None,
        pause_ms: None,
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

/// The recordings as they are; what no recording says, synthesised.
async fn lines(stage: &Stage, persona: &Persona, recordings: &[Recording]) -> Lines {
    let voice = Voice::new(persona.voice.clone(), 1.0);
    let mut sounds = Vec::new();
    for spoken in persona.everything_said() {
        let recorded = recordings.iter().find(|recording| spoken == Spoken::plain(&recording.text));
        let sound = match recorded {
            Some(recording) => at_24k(&recording.samples),
            None => stage.tools.synthesizer.synthesize(&spoken.text(), &voice, Priority::Background).await.unwrap(),
        };
        sounds.push((spoken, sound));
    }
    Lines::of(sounds).unwrap()
}
