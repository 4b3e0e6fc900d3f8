//! The transcript: who said what and when, from the event log and the responses.
//!
//! Owns: the transcript as JSON, text and WebVTT. Never does: contain what was not heard.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use entity::{Status, interview_responses};
use interview::Event;
use interview::io::{AskingId, Ms, Response, Speaker, TurnTiming, Word};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::StorageError;
use super::store::Storage;

/// A whole conversation, by the call clock.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Transcript {
    pub interview_id: Uuid,
    pub call_guide_id: Uuid,
    pub status: Status,
    pub turns: Vec<Turn>,
    pub responses: Vec<TranscriptAnswer>,
    /// The reason why there are no turns, if there cannot be any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The note about an interview made by `interviewer seed`.
const MADE_UP: &str = "This interview was made up by interviewer seed, so there is no transcript.";

/// A response, with the time that its respondent waited for the question.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TranscriptAnswer {
    #[serde(flatten)]
    pub response: interview_responses::Model,
    /// Missing for a question that did not follow speech of the respondent.
    #[schema(required)]
    pub latency_ms: Option<TurnTiming>,
}

/// One continuous segment of speech of one side.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = TranscriptTurn)]
pub struct Turn {
    /// The number of its event in the log.
    pub seq: i64,
    pub speaker: Speaker,
    /// The text of the interviewer is cut where playback stopped.
    pub text: String,
    pub start_ms: Ms,
    pub end_ms: Ms,
    /// True if the interviewer was interrupted here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question_id: Option<String>,
    /// Missing for requests and questions, which are not answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_id: Option<Uuid>,
    /// The respondent's words with their times. For the interviewer, only the whole utterance has a
    /// time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// The transcripts of a workspace.
pub struct Transcripts<'a>(pub(super) &'a Storage);

impl Transcripts<'_> {
    pub async fn of_interview(&self, interview_id: Uuid) -> Result<Transcript, StorageError> {
        let interview = self.0.interviews().get(interview_id).await?;
        let responses = self.0.responses().of_interview(interview_id).await?;
        let ids: HashMap<i32, Uuid> = responses.iter().map(|response| (response.asking, response.id)).collect();
        let events = self.0.event_log().load(interview_id).await?;
        let made_up = interview.is_seeded() && events.is_empty();
        let timings = timings(events.iter().map(|record| &record.event));
        let responses = responses
            .into_iter()
            .map(|response| TranscriptAnswer { latency_ms: timings.get(&(response.asking as u32)).copied(), response })
            .collect();
        let struck: HashSet<u32> = events
            .iter()
            .filter_map(|record| if let Event::AnswerStruck { asking } = record.event { Some(asking) } else { None })
            .collect();
        let mut turns: Vec<Turn> = events
            .into_iter()
            .filter_map(|record| match record.event {
                Event::Said { text, start_ms, end_ms, interrupted, .. } if !text.trim().is_empty() => Some(Turn {
                    seq: record.seq,
                    speaker: Speaker::Interviewer,
                    text,
                    start_ms,
                    end_ms,
                    interrupted,
                    question_id: None,
                    response_id: None,
                    words: Vec::new(),
                }),
                // An answer that was taken back is not shown.
                Event::Answered { response } if struck.contains(&response.asking) => None,
                Event::Answered { response } if !response.text.trim().is_empty() => {
                    Some(answer(record.seq, *response, &ids))
                }
                Event::SaidBeside { asking: Some(asking), .. } if struck.contains(&asking) => None,
                Event::SaidBeside { words, .. } => beside(record.seq, words),
                _ => None,
            })
            .collect();
        turns.sort_by_key(|turn| (turn.start_ms, turn.seq));
        Ok(Transcript {
            interview_id,
            call_guide_id: interview.call_guide_id,
            status: interview.status,
            turns,
            responses,
            note: made_up.then(|| MADE_UP.to_owned()),
        })
    }
}

/// Returns the response time of each question. It is the last timing before the question counted as
/// asked, because an answer may have continued over its first words. Repeating the question has no
/// effect.
fn timings<'a>(events: impl Iterator<Item = &'a Event>) -> HashMap<AskingId, TurnTiming> {
    let (mut timings, mut asked) = (HashMap::new(), HashSet::new());
    for event in events {
        match event {
            Event::TurnTimed { asking, timing } if !(asked.contains(asking) && timings.contains_key(asking)) => {
                timings.insert(*asking, *timing);
            }
            Event::QuestionAsked { asking, .. } => {
                asked.insert(*asking);
            }
            _ => {}
        }
    }
    timings
}

fn answer(seq: i64, response: Response, ids: &HashMap<i32, Uuid>) -> Turn {
    Turn {
        seq,
        speaker: Speaker::Respondent,
        start_ms: response.words.first().map_or(response.asked_ms, |word| word.start_ms),
        end_ms: response.words.last().map_or(response.answered_ms, |word| word.end_ms),
        interrupted: false,
        response_id: ids.get(&(response.asking as i32)).copied(),
        question_id: Some(response.question_id),
        text: response.text,
        words: response.words,
    }
}

/// Returns a request or a question of the respondent, or `None` without words.
fn beside(seq: i64, words: Vec<Word>) -> Option<Turn> {
    let (start_ms, end_ms) = (words.first()?.start_ms, words.last()?.end_ms);
    let text = words.iter().map(|word| word.text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(Turn {
        seq,
        speaker: Speaker::Respondent,
        text,
        start_ms,
        end_ms,
        interrupted: false,
        question_id: None,
        response_id: None,
        words,
    })
}

impl Transcript {
    /// Returns one line for each turn, such as `[01:02] Respondent: …`.
    pub fn to_text(&self) -> String {
        let mut text = self.note.as_ref().map_or_else(String::new, |note| format!("({note})\n"));
        for turn in &self.turns {
            let seconds = turn.start_ms / 1_000;
            let cut = if turn.interrupted { " —" } else { "" };
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "[{minutes:02}:{seconds:02}] {}: {}{cut}", name(turn.speaker), one_line(&turn.text));
        }
        text
    }

    /// Returns WebVTT for display beside the recording. Each cue has a voice span, and each word of
    /// the respondent has a timestamp, so that players can highlight the current word.
    pub fn to_vtt(&self) -> String {
        let mut vtt = String::from("WEBVTT\n");
        if let Some(note) = &self.note {
            let _ = write!(vtt, "\nNOTE {note}\n");
        }
        for turn in &self.turns {
            // A cue must have a positive duration.
            let end = turn.end_ms.max(turn.start_ms + 1);
            let words = timed(&turn.words, turn.start_ms, end).unwrap_or_else(|| escaped(&one_line(&turn.text)));
            let _ = write!(
                vtt,
                "\n{}\n{} --> {}\n<v {}>{words}\n",
                turn.seq,
                timestamp(turn.start_ms),
                timestamp(end),
                name(turn.speaker)
            );
        }
        vtt
    }
}

fn name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Interviewer => "Interviewer",
        Speaker::Respondent => "Respondent",
    }
}

/// Returns the words with timestamps between them. The timestamps must be within the cue and must
/// increase. A word that begins together with the previous one has no timestamp.
fn timed(words: &[Word], start: Ms, end: Ms) -> Option<String> {
    let mut text = String::new();
    let mut last = start;
    for word in words {
        let said = escaped(&one_line(&word.text));
        if said.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        if last < word.start_ms && word.start_ms < end {
            last = word.start_ms;
            // Writing to a String cannot fail.
            let _ = write!(text, "<{}>", timestamp(last));
        }
        text.push_str(&said);
    }
    (!text.is_empty()).then_some(text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn timestamp(at: Ms) -> String {
    let (seconds, ms) = (at / 1_000, at % 1_000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, start_ms: Ms) -> Word {
        Word { text: text.to_owned(), start_ms, end_ms: start_ms + 90, confidence: 0.9 }
    }

    #[test]
    fn what_is_said_beside_an_answer_is_a_turn_of_its_own() {
        let turn = beside(7, vec![word(" Could", 1_000), word("you", 1_200), word("repeat?", 1_300)]).unwrap();
        assert_eq!((turn.text.as_str(), turn.start_ms, turn.end_ms), ("Could you repeat?", 1_000, 1_390));
        assert_eq!((turn.speaker, turn.response_id), (Speaker::Respondent, None));
        assert!(beside(7, Vec::new()).is_none() && beside(7, vec![word(" ", 1_000)]).is_none());
    }

    #[test]
    fn words_in_a_cue_have_times_that_grow() {
        let words = [word("a", 1_000), word("<b>", 1_200), word(" ", 1_300), word("c", 1_200), word("d", 3_661_000)];
        let shown = timed(&words, 1_000, 3_661_500).unwrap();
        assert_eq!(shown, "a <00:00:01.200>&lt;b&gt; c <01:01:01.000>d");
        assert_eq!(timed(&words[..2], 1_000, 1_100).unwrap(), "a &lt;b&gt;", "beyond the cue");
        assert_eq!(timed(&[], 0, 1), None);
    }

    #[test]
    fn a_question_has_the_timing_of_its_first_time() {
        let timed = |asking, first_audio| Event::TurnTimed {
            asking,
            timing: TurnTiming { first_audio, ..TurnTiming::default() },
        };
        let asked = |asking| Event::QuestionAsked {
            asking,
            question_id: "work".to_owned(),
            section: "One".to_owned(),
            text: "What do you do?".to_owned(),
            follow_up_of: None,
            action: None,
            why: None,
            source: None,
        };
        // These are the first question after consent, and one whose preceding answer continued over
        // its first words, and which is repeated later.
        let log = [timed(1, 600), asked(1), timed(2, 700), timed(2, 800), asked(2), timed(2, 9_000)];
        let timings = timings(log.iter());
        assert_eq!((timings[&1].first_audio, timings[&2].first_audio), (600, 800));
    }
}
