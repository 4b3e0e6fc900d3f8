//! The content of made-up interviews: real guides, answers that are composed of sentences and
//! analysed like real ones, and realistic shares of outcomes.
//!
//! Owns: the content of the rows, which is the same for the same seed. Never does: write them.

use chrono::{DateTime, Duration, Utc};
use entity::{Channel, Status, interview_responses, interviews};
use interview::Guide;
use interview::analysis::Analysis;
use interview::io::Word;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use uuid::Uuid;

use super::{MARK, Plan};

/// The number of answers that are composed and analysed in advance for each question.
const ANSWERS: usize = 64;

const OPENINGS: [&str; 8] = [
    "Well, I think",
    "Honestly,",
    "In my team",
    "Most days",
    "I would say that",
    "To be fair,",
    "Since March",
    "Um, I mean,",
];
const MIDDLES: [&str; 16] = [
    "the app is easy to learn and I love it",
    "it crashes about twice a week, which is terrible",
    "we pay 40 dollars a month and that is too expensive",
    "the support team answers within an hour, great people",
    "my manager wants a spreadsheet from every client",
    "I worry about privacy, the data should be safe",
    "waiting for the website costs me 20 minutes",
    "my kids are at home and the office is the kitchen",
    "I compared it with a competitor and switched",
    "the interface is confusing and I hate the menus",
    "it works, nothing special",
    "I sleep badly before a deadline, the stress is bad",
    "the documentation helped me a lot, it is excellent",
    "nothing comes to mind",
    "it is stable and quick, I like that",
    "the subscription fee went up and nobody told us why",
];
const ENDINGS: [&str; 6] = [
    ".",
    ", and that is about it.",
    ", at least for now.",
    ", if you ask me.",
    ", but it gets better.",
    ", every time.",
];

/// A guide in the database.
pub(super) struct Source {
    pub guide_id: Uuid,
    pub version_id: Uuid,
    pub workspace_id: Uuid,
    pub guide: Guide,
}

/// A question, with answers to it.
struct Question {
    id: String,
    section: String,
    text: String,
    answers: Vec<(String, Analysis)>,
}

/// All interviews of a plan, in order.
pub(super) struct Content {
    random: StdRng,
    sources: Vec<(Source, Vec<Question>)>,
    outcomes: Vec<Status>,
    /// The number of outcomes so far that had a conversation.
    conversations: usize,
    responses: usize,
    days: u32,
    until: DateTime<Utc>,
    next: usize,
    held: usize,
}

impl Content {
    pub(super) fn new(plan: &Plan, sources: Vec<Source>) -> Self {
        let mut random = StdRng::seed_from_u64(plan.seed);
        let outcomes: Vec<Status> = (0..plan.interviews).map(|_| outcome(&mut random)).collect();
        let conversations = outcomes.iter().filter(|status| has_answers(**status)).count();
        let sources = sources
            .into_iter()
            .map(|source| {
                let questions = questions(&mut random, &source.guide);
                (source, questions)
            })
            .collect();
        Self {
            random,
            sources,
            outcomes,
            conversations,
            responses: plan.responses,
            days: plan.days,
            until: plan.until,
            next: 0,
            held: 0,
        }
    }

    /// Returns the next `count` interviews and their answers, or none when all have been returned.
    pub(super) fn next(&mut self, count: usize) -> (Vec<interviews::Model>, Vec<interview_responses::Model>) {
        let (mut rows, mut answers) = (Vec::new(), Vec::new());
        while rows.len() < count && self.next < self.outcomes.len() {
            let (row, mut its) = self.interview(self.outcomes[self.next]);
            self.next += 1;
            rows.push(row);
            answers.append(&mut its);
        }
        (rows, answers)
    }

    fn interview(&mut self, status: Status) -> (interviews::Model, Vec<interview_responses::Model>) {
        let span = Duration::days(i64::from(self.days)).num_milliseconds() as f64;
        let share = (self.next as f64 + self.random.random::<f64>()) / self.outcomes.len() as f64;
        // There is at most one hour between scheduling and the end, so that nothing is in the
        // future.
        let created_at = self.until - Duration::hours(1) - Duration::milliseconds((span * (1.0 - share)) as i64);
        let id = id_at(&mut self.random, created_at);
        let (source, questions) = &self.sources[self.random.random_range(0..self.sources.len())];
        let began = !matches!(status, Status::NoShow | Status::Scheduled);
        let started_at = began.then(|| created_at + Duration::seconds(self.random.random_range(20..600)));
        let mut answers = Vec::new();
        if let Some(started_at) = started_at.filter(|_| has_answers(status)) {
            // The plan's number of answers is met exactly.
            let upto = |held: usize| self.responses * held / self.conversations.max(1);
            let wanted = upto(self.held + 1) - upto(self.held);
            self.held += 1;
            let mut at = started_at;
            for asking in 1..=wanted {
                let answer = answer(&mut self.random, source, questions, id, asking, at, answers.last());
                at = answer.answered_at;
                answers.push(answer);
            }
        }
        let last = answers.last().map(|answer| answer.answered_at).or(started_at);
        let completed_at = match status {
            Status::Scheduled => None,
            Status::NoShow => Some(created_at + Duration::minutes(15)),
            _ => last.map(|last| last + Duration::seconds(12)),
        };
        let reason = match status {
            Status::Cancelled => Some("consent_declined"),
            Status::Failed => Some("connection_lost"),
            _ => None,
        };
        let row = interviews::Model {
            id,
            workspace_id: source.workspace_id,
            call_guide_id: source.guide_id,
            call_guide_version_id: source.version_id,
            channel: Channel::Webrtc,
            respondent_id: id.to_string(),
            respondent_name: None,
            respondent_phone: None,
            respondent_email: None,
            respondent_metadata: json!({ MARK: true }),
            status,
            status_reason: reason.map(str::to_owned),
            scheduled_at: Some(created_at),
            // Nobody waits for these interviews, so they keep their status.
            no_show_at: None,
            started_at,
            completed_at,
            duration_seconds: started_at.zip(completed_at).map(|(from, to)| (to - from).num_seconds() as i32),
            call_sid: None,
            recording_url: None,
            conversation_state: json!({}),
            current_section: None,
            current_question_id: None,
            sections_completed: json!([]),
            questions_skipped: json!([]),
            engagement_metrics: if answers.is_empty() { json!({}) } else { engagement(&mut self.random, &answers) },
            quality_metrics: if answers.is_empty() { json!({}) } else { quality(&mut self.random, status, &answers) },
            requires_human_review: self.random.random_bool(0.02),
            escalation_reason: None,
            interviewer_notes: json!([]),
            tags: json!([MARK]),
            consent_given: has_answers(status),
            consent_timestamp: started_at.filter(|_| has_answers(status)),
            gdpr_compliant: began,
            can_be_recorded: false,
            created_at,
            updated_at: completed_at.unwrap_or(created_at),
        };
        (row, answers)
    }
}

/// Returns an outcome. Four of five interviews are completed.
fn outcome(random: &mut StdRng) -> Status {
    match random.random_range(0..100) {
        0..80 => Status::Completed,
        80..87 => Status::NoShow,
        87..93 => Status::Cancelled,
        93..98 => Status::Failed,
        _ => Status::Scheduled,
    }
}

fn has_answers(status: Status) -> bool {
    matches!(status, Status::Completed | Status::Failed)
}

fn questions(random: &mut StdRng, guide: &Guide) -> Vec<Question> {
    guide
        .sections
        .iter()
        .flat_map(|section| section.questions.iter().map(move |question| (section, question)))
        .map(|(section, question)| Question {
            id: question.id.clone(),
            section: section.id.clone(),
            text: question.text.clone(),
            answers: (0..ANSWERS).map(|_| said(random, &question.text)).collect(),
        })
        .collect()
}

/// Returns an answer of one to three sentences, and its analysis.
fn said(random: &mut StdRng, question: &str) -> (String, Analysis) {
    let one_of = |random: &mut StdRng, list: &[&'static str]| list.choose(random).copied().unwrap_or_default();
    let sentences = random.random_range(1..=3);
    let text: Vec<String> = (0..sentences)
        .map(|_| {
            let (opening, middle) = (one_of(random, &OPENINGS), one_of(random, &MIDDLES));
            format!("{opening} {middle}{}", one_of(random, &ENDINGS))
        })
        .collect();
    let text = text.join(" ");
    let mut at = 0;
    let words: Vec<Word> = text
        .split(' ')
        .map(|word| {
            at += 320;
            let confidence = 1.0 - random.random::<f32>().powi(3) * 0.7;
            Word { text: word.to_owned(), start_ms: at - 300, end_ms: at, confidence }
        })
        .collect();
    let analysis = Analysis::of(question, &words);
    (text, analysis)
}

fn answer(
    random: &mut StdRng,
    source: &Source,
    questions: &[Question],
    interview_id: Uuid,
    asking: usize,
    after: DateTime<Utc>,
    before: Option<&interview_responses::Model>,
) -> interview_responses::Model {
    let asked_at = after + Duration::milliseconds(random.random_range(1_500..6_000));
    let response_time = random.random_range(300..4_000);
    let answered_at = asked_at + Duration::milliseconds(response_time + random.random_range(2_000..25_000));
    // Every fourth answer is to a follow-up on a question that is not itself a follow-up.
    let parent = before.filter(|before| asking.is_multiple_of(4) && !before.is_follow_up);
    let question = &questions[(asking - 1 - asking / 4) % questions.len()];
    let (text, analysis) = &question.answers[random.random_range(0..question.answers.len())];
    let widen = |value: f32| (f64::from(value) * 1e6).round() / 1e6;
    interview_responses::Model {
        id: id_at(random, answered_at),
        workspace_id: source.workspace_id,
        interview_id,
        asking: asking as i32,
        question_id: question.id.clone(),
        section_name: question.section.clone(),
        question_text: question.text.clone(),
        response_text: text.clone(),
        response_audio_url: None,
        asked_at,
        answered_at,
        response_time_seconds: response_time as f64 / 1_000.0,
        sentiment: serde_json::to_value(analysis.sentiment)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
        confidence_score: widen(analysis.confidence),
        key_phrases: json!(analysis.key_phrases),
        themes: json!(analysis.themes),
        information_density: widen(analysis.information_density),
        is_follow_up: parent.is_some(),
        parent_response_id: parent.map(|parent| parent.id),
        follow_up_count: 0,
        generated_follow_ups: json!([]),
        is_complete: true,
        requires_clarification: random.random_bool(0.08),
        flags: json!([]),
        hesitation: widen(analysis.hesitation),
        enthusiasm: widen(analysis.enthusiasm),
        completeness: widen(analysis.completeness),
        contradictions: json!([]),
        analysis_methods: storage::projection::methods(),
        value: None,
        answer_class: "answered".to_owned(),
        created_at: answered_at,
        updated_at: answered_at,
    }
}

fn engagement(random: &mut StdRng, answers: &[interview_responses::Model]) -> serde_json::Value {
    let words: usize = answers.iter().map(|answer| answer.response_text.split(' ').count()).sum();
    json!({ "engagement_score": score(random, 0.35, 0.95), "responses": answers.len(), "words": words })
}

fn quality(random: &mut StdRng, status: Status, answers: &[interview_responses::Model]) -> serde_json::Value {
    let count = answers.len() as f64;
    let clarified = answers.iter().filter(|answer| answer.requires_clarification).count();
    let completion = if status == Status::Completed { score(random, 0.7, 1.0) } else { score(random, 0.1, 0.7) };
    json!({
        "completion_rate": completion,
        "information_density": answers.iter().map(|answer| answer.information_density).sum::<f64>() / count,
        "clarification_rate": clarified as f64 / count,
        "stt_confidence": answers.iter().map(|answer| answer.confidence_score).sum::<f64>() / count,
        "data_quality_score": score(random, 0.4, 0.95),
        "responses": answers.len(),
        "follow_ups": answers.iter().filter(|answer| answer.is_follow_up).count(),
        "clarified": clarified,
    })
}

fn score(random: &mut StdRng, from: f64, to: f64) -> f64 {
    (random.random_range(from..to) * 1e3).round() / 1e3
}

/// Returns an id that sorts by its time, as all ids do.
fn id_at(random: &mut StdRng, at: DateTime<Utc>) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.timestamp_millis() as u64, &random.random()).into_uuid()
}
