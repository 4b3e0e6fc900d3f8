//! Everything the interviewer says of its own accord.
//!
//! Owns: the words, in English, short and plain. Never does: choose when they are said.

use crate::guide::{Guide, Question, QuestionType};
use crate::io::AskingId;

pub(super) const CONSENT_AGAIN: &str = "I need a clear yes or no. Would you like to take part in this interview?";
pub(crate) const RECORDING: &str = "May I record this conversation?";
pub(super) const RECORDING_AGAIN: &str = "Please say yes or no. May I record this conversation?";
pub(super) const THANKS: &str = "Thank you.";
pub(super) const BEGIN: &str = "Let's begin.";
pub(super) const OF_COURSE: &str = "Of course.";
pub(super) const STILL_THERE: &str = "Are you still there?";
pub(super) const TAKE_YOUR_TIME: &str = "Take your time.";
pub(super) const AGAIN: &str = "Let me ask that again.";
pub(super) const GO_ON: &str = "Let's go on.";
pub(super) const NOT_CAUGHT: &str = "I'm sorry, I did not catch that.";
pub(super) const PERSON: &str =
    "I have noted that you would like to speak with a person. Someone will get back to you.";

const ACKNOWLEDGEMENTS: [&str; 5] = ["Thank you.", "I see.", "Got it.", "Thanks for telling me.", "Okay, thank you."];
const BEFORE_FOLLOW_UP: [&str; 4] = ["I see.", "Okay.", "Thank you.", "Alright."];

/// Why the interviewer says goodbye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Done,
    ConsentDeclined,
    Stopped,
    TimeUp,
    NoAnswer,
    Person,
}

impl Farewell {
    pub(super) const ALL: [Self; 6] =
        [Self::Done, Self::ConsentDeclined, Self::Stopped, Self::TimeUp, Self::NoAnswer, Self::Person];

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Done => "Those were all my questions. Thank you very much for your time. Goodbye.",
            Self::ConsentDeclined => "That's no problem. Nothing you said has been kept. Goodbye.",
            Self::Stopped => "Of course, we can stop here. Thank you for your time. Goodbye.",
            Self::TimeUp => "We have reached the end of our time. Thank you very much for your answers. Goodbye.",
            Self::NoAnswer => "It seems this is not a good moment. Thank you for your time. Goodbye.",
            Self::Person => "I will end our interview here, so that someone can get back to you. Thank you. Goodbye.",
        }
    }

    /// The reason stored with the interview's end.
    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::ConsentDeclined => Some("consent_declined"),
            Self::Stopped => Some("respondent_stopped"),
            Self::TimeUp => Some("time_up"),
            Self::NoAnswer => Some("no_answer"),
            Self::Person => Some("person_requested"),
        }
    }
}

/// Who is calling, why, how long, and the question of taking part: with the question of recording under 20 seconds.
pub(crate) fn consent(guide: &Guide, name: Option<&str>) -> Vec<String> {
    let mut lines = vec![
        match name.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => format!("Hello, {name}. I am an automated interviewer."),
            None => "Hello. I am an automated interviewer.".to_owned(),
        },
        format!("I am calling for a study called {}.", guide.name.trim().trim_end_matches('.')),
    ];
    // A long aim would make the greeting a lecture; the study's name has to do then.
    let aim = guide.research_objective.trim().trim_end_matches('.');
    if aim.split_whitespace().count() <= 12 {
        lines.push(format!("Its aim: {aim}."));
    }
    let minutes = guide.estimated_duration_minutes;
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    lines.push(format!("It takes about {minutes} {unit}."));
    lines.push("Would you like to take part?".to_owned());
    lines
}

/// The question as it is spoken: a multiple choice question names its options unless its text does.
pub(crate) fn question(question: &Question) -> String {
    let text = question.text.trim();
    if question.kind == QuestionType::MultipleChoice {
        let lower = text.to_lowercase();
        if !question.options.iter().all(|option| lower.contains(&option.text.to_lowercase())) {
            return format!("{text} Your choices are: {}.", listed(question));
        }
    }
    text.to_owned()
}

/// The question for somebody whose answer fits none of what it allows.
pub(super) fn reworded(question: &Question) -> String {
    match (question.kind, question.scale) {
        (QuestionType::Scale, Some(scale)) => {
            format!("Please answer with a number from {} to {}. {}", scale.min, scale.max, question.text.trim())
        }
        (QuestionType::MultipleChoice, _) => {
            format!("Please choose one of these: {}. {}", listed(question), question.text.trim())
        }
        _ => question.text.trim().to_owned(),
    }
}

fn listed(question: &Question) -> String {
    let texts: Vec<&str> = question.options.iter().map(|o| o.text.trim().trim_end_matches('.')).collect();
    match texts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{}, or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What is said between an answer and the next question; varied by the asking, never by chance.
pub(super) fn acknowledgement(asking: AskingId, flags: &[String], follow_up: bool) -> &'static str {
    let flag = |name: &str| flags.iter().any(|f| f == name);
    if flag("declined") {
        return "That's fine.";
    }
    if flag("dont_know") {
        return "That's alright.";
    }
    if flag("no_answer") {
        return "Let's move on.";
    }
    let list: &[&'static str] = if follow_up { &BEFORE_FOLLOW_UP } else { &ACKNOWLEDGEMENTS };
    list[asking as usize % list.len()]
}

/// Every line that may be needed, in the order of need.
pub(super) fn scripted(guide: &Guide, name: Option<&str>, recording: bool) -> Vec<String> {
    let mut texts = consent(guide, name);
    if recording {
        texts.extend([THANKS, RECORDING].map(str::to_owned));
    }
    texts.push(BEGIN.to_owned());
    let mut questions = guide.questions().map(|(_, q)| question(q));
    texts.extend(questions.next());
    texts.extend(ACKNOWLEDGEMENTS.iter().chain(&BEFORE_FOLLOW_UP).map(|t| (*t).to_owned()));
    texts.extend(["That's fine.", "That's alright.", "Let's move on."].map(str::to_owned));
    texts.extend(questions);
    texts.extend(crate::followup::scripted(guide));
    texts.push(CONSENT_AGAIN.to_owned());
    if recording {
        texts.push(RECORDING_AGAIN.to_owned());
    }
    texts.extend([OF_COURSE, STILL_THERE, TAKE_YOUR_TIME, AGAIN, GO_ON, NOT_CAUGHT, PERSON].map(str::to_owned));
    texts.extend(
        guide
            .questions()
            .filter(|(_, q)| matches!(q.kind, QuestionType::Scale | QuestionType::MultipleChoice))
            .map(|(_, q)| reworded(q)),
    );
    texts.extend(Farewell::ALL.map(|farewell| farewell.text().to_owned()));
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts
}
