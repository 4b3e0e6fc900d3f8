//! Everything that the interviewer says of its own accord.
//!
//! Owns: filling in the language's lines (`languages/<code>/lines.toml`). Never does: choose when
//! they are said.

use crate::guide::{Expects, Guide, Question, QuestionType};
use crate::io::{Postponement, Response};
use crate::language::Language;
use crate::language::lines::{Lines, fill};

/// The largest number of words of an aim in the greeting. A longer one is left out, and the study's
/// name suffices.
const LONGEST_AIM: usize = 12;

/// Why the interviewer says the farewell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Done,
    ConsentDeclined,
    /// The interview is continued another time.
    Later(Postponement),
    Stopped,
    TimeUp,
    NoAnswer,
    Person,
    Distress,
}

impl Farewell {
    const ALL: [Self; 10] = [
        Self::Done,
        Self::ConsentDeclined,
        Self::Later(Postponement::ConsentUnclear),
        Self::Later(Postponement::CallbackRequested),
        Self::Stopped,
        Self::TimeUp,
        Self::NoAnswer,
        Self::Person,
        Self::Later(Postponement::ChildOnTheLine),
        Self::Distress,
    ];

    pub(super) fn text(self, lines: &Lines) -> &str {
        let farewells = &lines.farewells;
        match self {
            Self::Done => &farewells.done,
            Self::ConsentDeclined => &farewells.consent_declined,
            Self::Later(Postponement::ConsentUnclear) => &farewells.consent_unclear,
            Self::Later(Postponement::CallbackRequested) => &farewells.callback,
            Self::Later(Postponement::ChildOnTheLine) => &farewells.child,
            Self::Stopped => &farewells.stopped,
            Self::TimeUp => &farewells.time_up,
            Self::NoAnswer => &farewells.no_answer,
            Self::Person => &farewells.person,
            Self::Distress => &farewells.distress,
        }
    }

    /// The reason that is stored with the interview's end.
    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::ConsentDeclined => Some("consent_declined"),
            Self::Later(reason) => Some(reason.name()),
            Self::Stopped => Some("respondent_stopped"),
            Self::TimeUp => Some("time_up"),
            Self::NoAnswer => Some("no_answer"),
            Self::Person => Some("person_requested"),
            Self::Distress => Some("distress"),
        }
    }
}

/// Returns the lines of a guide's language, or those of English if it does not exist here. The
/// checks refuse such a guide.
pub(crate) fn of(guide: &Guide) -> &'static Lines {
    &Language::of(&guide.language).unwrap_or_else(Language::english).lines
}

/// Returns who is calling, why, for how long, and the question of taking part. Together with the
/// question of recording they take less than 20 s.
pub(crate) fn consent(guide: &Guide, name: Option<&str>) -> Vec<String> {
    let words = &of(guide).consent;
    let mut lines = vec![
        match name.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => fill(&words.greeting_name, &[("name", name)]),
            None => words.greeting.clone(),
        },
        words.introduction.clone(),
        fill(&words.study, &[("study", study(guide))]),
    ];
    let aim = aim(guide);
    if aim.split_whitespace().count() <= LONGEST_AIM {
        lines.push(fill(&words.aim, &[("aim", aim)]));
    }
    let minutes = guide.estimated_duration_minutes;
    let length = if minutes == 1 { &words.length_one } else { &words.length_many };
    lines.push(fill(length, &[("minutes", &minutes.to_string())]));
    lines.push(words.question.clone());
    lines
}

pub(super) fn study(guide: &Guide) -> &str {
    guide.name.trim().trim_end_matches('.')
}

pub(super) fn aim(guide: &Guide) -> &str {
    guide.research_objective.trim().trim_end_matches('.')
}

/// Returns the question as it is spoken. A multiple-choice question names its options unless its
/// text does.
pub(crate) fn question(lines: &Lines, question: &Question) -> String {
    let text = question.text.trim();
    if question.kind == QuestionType::MultipleChoice {
        let lower = text.to_lowercase();
        if !question.options.iter().all(|option| lower.contains(&option.text.to_lowercase())) {
            let choices = fill(&lines.asides.your_choices, &[("options", &listed(lines, question))]);
            return format!("{text} {choices}");
        }
    }
    text.to_owned()
}

/// Returns the question for a respondent whose answer fits none of its options.
pub(super) fn reworded(lines: &Lines, question: &Question) -> String {
    let text = question.text.trim();
    match (question.kind, question.scale) {
        (QuestionType::Scale, Some(scale)) => {
            let ends = [("min", &*scale.min.to_string()), ("max", &*scale.max.to_string())];
            format!("{} {text}", fill(&lines.asides.please_number, &ends))
        }
        (QuestionType::MultipleChoice, _) => {
            format!("{} {text}", fill(&lines.asides.please_choose, &[("options", &listed(lines, question))]))
        }
        _ => text.to_owned(),
    }
}

/// Returns the question for a respondent whose answer names no allowed value, with what is allowed.
pub(super) fn asked_about(lines: &Lines, question: &Question) -> String {
    let naming = &lines.naming;
    let wanted = match (question.kind, question.expects) {
        (QuestionType::Closed, _) => &naming.yes_or_no,
        (QuestionType::Open, Some(Expects::Number)) => &naming.number,
        (QuestionType::Open, Some(Expects::Email)) => &naming.email,
        (QuestionType::Open, Some(Expects::Phone)) => &naming.phone,
        (QuestionType::Open, Some(Expects::Name)) => &naming.name,
        (QuestionType::Open, Some(Expects::Date)) => &naming.date,
        _ => return reworded(lines, question),
    };
    format!("{wanted} {}", question.text.trim())
}

/// Asks which number of a range is meant.
pub(super) fn which_number(lines: &Lines, low: f64, high: f64) -> String {
    let (low, high) = (low.min(high), low.max(high));
    let (one, other) = (low.to_string(), high.to_string());
    if high - low > 1.0 {
        return fill(&lines.naming.which_number, &[("low", &one), ("high", &other)]);
    }
    fill(&lines.naming.which_of_two, &[("one", &one), ("other", &other)])
}

/// Asks which of these options is meant. Returns none if there are not two.
pub(super) fn which_option(lines: &Lines, options: &[&str]) -> Option<String> {
    (options.len() > 1).then(|| fill(&lines.naming.which_option, &[("options", &either(lines, options))]))
}

fn listed(lines: &Lines, question: &Question) -> String {
    let texts: Vec<&str> = question.options.iter().map(|option| option.text.as_str()).collect();
    either(lines, &texts)
}

fn either(lines: &Lines, texts: &[&str]) -> String {
    let texts: Vec<&str> = texts.iter().map(|text| text.trim().trim_end_matches('.')).collect();
    match texts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{}, {} {last}", rest.join(", "), lines.asides.or),
        None => String::new(),
    }
}

/// What comes after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Following {
    /// A line of the guide, which is ready to be sent.
    Scripted,
    /// A wording that was made from the answer, or that is still awaited.
    Worded,
}

/// An answer of this many words is acknowledged whatever follows. They take about eight seconds.
const LONG_ANSWER_WORDS: usize = 20;

/// Returns what is said between an answer and what follows it, if anything.
///
/// An acknowledgement delays the question that comes after it. It is therefore said only where it
/// spares the respondent a silence, because the wording that follows must be synthesised, where
/// somebody has spoken for long, and where no answer was given. It differs from `last`, the one
/// before it, and otherwise varies with the asking and not by chance.
pub(super) fn acknowledgement<'a>(
    lines: &'a Lines,
    response: &Response,
    following: Following,
    last: Option<&str>,
) -> Option<&'a str> {
    let words = &lines.acknowledgements;
    let settled = [("declined", &words.declined), ("dont_know", &words.dont_know), ("no_answer", &words.no_answer)];
    if let Some((_, line)) = settled.iter().find(|(name, _)| response.flags.iter().any(|flag| flag == name)) {
        return Some(line);
    }
    let list = match following {
        Following::Worded => &words.before_follow_up,
        Following::Scripted if response.text.split_whitespace().count() >= LONG_ANSWER_WORDS => &words.plain,
        Following::Scripted => return None,
    };
    let from = response.asking as usize % list.len().max(1);
    let (before, after) = list.split_at(from);
    after.iter().chain(before).map(String::as_str).find(|line| Some(*line) != last)
}

/// Returns every line that may be needed, the most urgent first: what comes first in any call, then
/// what most calls need, then what few do.
pub(super) fn scripted(guide: &Guide, name: Option<&str>, recording: bool) -> Vec<String> {
    let lines = of(guide);
    let (consent, asides, acknowledgements) = (&lines.consent, &lines.asides, &lines.acknowledgements);
    let mut texts = self::consent(guide, name);
    if recording {
        texts.extend([&asides.thanks, &consent.recording].map(Clone::clone));
    }
    texts.push(asides.begin.clone());
    let mut questions = guide.questions().map(|(_, q)| question(lines, q));
    texts.extend(questions.next());
    if recording {
        texts.push(consent.not_recorded.clone());
    }
    texts.extend(acknowledgements.plain.iter().chain(&acknowledgements.before_follow_up).cloned());
    texts.extend(
        [&acknowledgements.declined, &acknowledgements.dont_know, &acknowledgements.no_answer].map(Clone::clone),
    );
    texts.extend(questions);
    texts.extend(crate::followup::scripted(guide));
    texts.extend([&consent.again, &consent.unheard, &consent.end_call, &consent.conditional].map(Clone::clone));
    if recording {
        texts.extend(
            [&consent.recording_again, &consent.unrecorded, &consent.recording_unheard, &consent.recording_conditional]
                .map(Clone::clone),
        );
    }
    texts.extend(
        [
            &asides.of_course,
            &asides.still_there,
            &asides.take_your_time,
            &asides.again,
            &asides.go_on,
            &asides.not_caught,
            &asides.noise,
            &asides.person,
            &asides.slower,
            &asides.louder,
            &asides.stop,
            &lines.answers.robot,
        ]
        .map(Clone::clone),
    );
    texts.extend(
        guide
            .questions()
            .filter(|(_, q)| q.kind != QuestionType::Open || q.expects.is_some())
            .map(|(_, q)| asked_about(lines, q)),
    );
    texts.extend(Farewell::ALL.map(|farewell| farewell.text(lines).to_owned()));
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    texts
}
