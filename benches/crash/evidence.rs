//! What the respondent's side can prove: messages of the page and responses of the API, against the log on disk.

use std::collections::HashSet;

use anyhow::ensure;
use demo::client::EngineMessage;
use interview::io::{Notice, Speaker};
use interview::{Event, Guide};
use interviewer::config::Settings;
use serde_json::Value;
use storage::{EventRecord, Storage};
use uuid::Uuid;

/// What was acknowledged so far.
#[derive(Default)]
pub struct Evidence {
    messages: Vec<EngineMessage>,
    /// The longest transcript that the API gave out.
    transcript: Value,
}

impl Evidence {
    pub fn told(&mut self, message: EngineMessage) {
        self.messages.push(message);
    }

    pub fn given_out(&mut self, transcript: Value) {
        self.transcript = transcript;
    }

    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    pub fn responses(&self) -> usize {
        answers_in(&self.transcript).len()
    }

    /// All of it is in the log, which has no gap. The engine is dead: the file is read as it left it. The number of
    /// events.
    pub async fn check(&self, settings: &Settings, interview: &str) -> anyhow::Result<usize> {
        let events = events(settings, interview).await?;
        ensure!(events.iter().map(|record| record.seq).eq(1..=events.len() as i64), "the log has a gap");
        let asked: HashSet<&str> = events
            .iter()
            .filter_map(|record| match &record.event {
                Event::QuestionAsked { question_id, .. } => Some(question_id.as_str()),
                _ => None,
            })
            .collect();
        let answered: Vec<&str> = events
            .iter()
            .filter_map(|record| match &record.event {
                Event::Answered { response } => Some(response.text.as_str()),
                _ => None,
            })
            .collect();
        let said: Vec<&str> = events
            .iter()
            .filter_map(|record| if let Event::Said { text, .. } = &record.event { Some(text.as_str()) } else { None })
            .collect();
        let mut consented = false;
        for message in &self.messages {
            match &message.notice {
                Notice::Question { id, .. } => {
                    ensure!(asked.contains(id.as_str()), "question {id} was shown, and is lost");
                }
                Notice::Caption { speaker: Speaker::Respondent, text, r#final: true, .. } => {
                    ensure!(answered.contains(&text.as_str()), "an answer was shown, and is lost");
                }
                // Before consent nothing that is said is kept.
                Notice::Caption { speaker: Speaker::Interviewer, text, r#final: true, .. } if consented => {
                    ensure!(said.contains(&text.as_str()), "words of ours were shown, and are lost");
                }
                Notice::Consent { participation, recording } => {
                    consented = *participation == Some(true);
                    for (given, about) in [(participation, false), (recording, true)] {
                        let Some(given) = *given else { continue };
                        let wanted = Event::ConsentAnswered { recording: about, given };
                        ensure!(
                            events.iter().any(|record| record.event == wanted),
                            "{wanted:?} was shown, and is lost"
                        );
                    }
                }
                _ => {}
            }
        }
        for answer in answers_in(&self.transcript) {
            ensure!(answered.contains(&answer), "an answer was given out by the API, and is lost");
        }
        Ok(events.len())
    }

    /// At the end: every question was put once, every required one was answered, each interruption is told.
    pub async fn check_whole(&self, settings: &Settings, interview: &str, guide: &Guide) -> anyhow::Result<()> {
        let events = events(settings, interview).await?;
        for (_, question) in guide.questions().filter(|(_, question)| question.required) {
            let puts = |record: &&EventRecord| matches!(&record.event, Event::QuestionAsked { question_id, follow_up_of: None, .. } if *question_id == question.id);
            let times = events.iter().filter(puts).count();
            ensure!(times == 1, "question {} was put {times} times", question.id);
            let answers = |record: &&EventRecord| matches!(&record.event, Event::Answered { response } if response.question_id == question.id && !response.is_follow_up);
            let times = events.iter().filter(answers).count();
            ensure!(times == 1, "question {} was answered {times} times", question.id);
        }
        let mut waiting = false;
        let mut taken_up = 0;
        for record in &events {
            match &record.event {
                Event::Paused { reason } if reason == "engine_restarted" => waiting = true,
                // Whoever comes back ends such a pause by coming.
                Event::LegConnected { .. } if std::mem::take(&mut waiting) => taken_up += 1,
                _ => {}
            }
        }
        ensure!(taken_up == 3, "three kills, and {taken_up} pauses that a connection ended, are in the log");
        Ok(())
    }
}

async fn events(settings: &Settings, interview: &str) -> anyhow::Result<Vec<EventRecord>> {
    let storage = Storage::connect(&settings.database_url(), 1, &settings.storage.data_dir).await?;
    let events = storage.event_log().load(Uuid::parse_str(interview)?).await?;
    storage.close().await?;
    Ok(events)
}

/// The respondent's answers in a transcript document.
fn answers_in(transcript: &Value) -> Vec<&str> {
    fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                if let Some(text) = fields.get("response_text").and_then(Value::as_str) {
                    found.push(text);
                }
                fields.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(transcript, &mut found);
    found.retain(|text| !text.is_empty());
    found
}
