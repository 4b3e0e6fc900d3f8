//! Time budgets that cannot be kept, with the arithmetic.
//!
//! Owns: the least time that speaking and answering take. Never does: decide in a call what there
//! is time for. `dialogue::timing` does, and its rules are applied here.
//!
//! The estimate is in the guide's favour, so that a finding is certain:
//!
//! - A question takes its words (with the options that are read out) at
//!   `voice_profile.speaking_rate`.
//! - An answer takes 3 s (closed, scale), 5 s (multiple choice) or 12 s (open: about 30 words), or
//!   5 s for each of the `expected_response_patterns` if that is more.
//! - Each turn takes 2 s more: the silence that ends it, and a word of thanks.
//! - The greeting and consent take their words and two answers of 2 s. The farewell takes 8 s.
//! - A follow-up takes 10 words, 10 s of answer and its turn.

use super::diagnostic::{Level, Report, Step};
use super::plan::{Place, Plan};
use crate::dialogue::lines;
use crate::dialogue::timing::{Budget, FAREWELL_MS};
use crate::guide::{Question, QuestionType};
use crate::language::lines::Lines;

const TURN_S: f32 = 2.0;
const CONSENT_ANSWERS_S: f32 = 4.0;
const FAREWELL_S: f32 = FAREWELL_MS as f32 / 1_000.0;
const FOLLOW_UP_WORDS: usize = 10;
const FOLLOW_UP_ANSWER_S: f32 = 10.0;
const PATTERN_S: f32 = 5.0;

/// Returns the number of words that count for the speaking rate.
pub(super) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Returns the least time that an answer to the question takes, in seconds.
fn answer_s(question: &Question) -> f32 {
    match question.kind {
        QuestionType::Closed | QuestionType::Scale => 3.0,
        QuestionType::MultipleChoice => 5.0,
        QuestionType::Open => (question.expected_response_patterns.len() as f32 * PATTERN_S).max(12.0),
    }
}

pub(super) struct Clock {
    /// In words per minute.
    rate: f32,
    /// What is said besides the guide's own words.
    pub(super) lines: &'static Lines,
}

impl Clock {
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        Self { rate: plan.guide.voice_profile.speaking_rate.max(1.0), lines: lines::of(plan.guide) }
    }

    pub(super) fn spoken_s(&self, words: usize) -> f32 {
        words as f32 * 60.0 / self.rate
    }

    fn speaking(&self, what: &str, words: usize) -> Step {
        Step { what: format!("{what}: {words} words at {} words/min", self.rate), seconds: self.spoken_s(words) }
    }

    fn question_s(&self, question: &Question) -> f32 {
        self.spoken_s(words(&lines::question(self.lines, question))) + answer_s(question) + TURN_S
    }

    /// Returns the time that these questions take without any follow-up.
    fn questions(&self, questions: &[&Question]) -> Vec<Step> {
        let count = questions.len();
        let spoken = questions.iter().map(|q| words(&lines::question(self.lines, q))).sum();
        vec![
            self.speaking(&format!("asking {count} question(s)"), spoken),
            Step {
                what: format!("{count} answer(s), short ones"),
                seconds: questions.iter().map(|q| answer_s(q)).sum(),
            },
            Step { what: format!("{count} turn(s) of {TURN_S} s"), seconds: count as f32 * TURN_S },
        ]
    }

    fn frame(&self, plan: &Plan<'_>) -> Vec<Step> {
        let greeting = lines::consent(plan.guide, None).iter().map(|line| words(line)).sum::<usize>();
        vec![
            self.speaking("greeting and consent", greeting + words(&self.lines.consent.recording)),
            Step { what: "two answers about consent".to_owned(), seconds: CONSENT_ANSWERS_S },
            Step { what: "goodbye".to_owned(), seconds: FAREWELL_S },
        ]
    }
}

fn total(steps: &[Step]) -> f32 {
    steps.iter().map(|step| step.seconds).sum()
}

/// Writes `asking 5 question(s): 58 words at 160 words/min = 22 s; …; together 97 s`.
fn shown(steps: &[Step]) -> String {
    let mut parts: Vec<String> = steps.iter().map(|step| format!("{} = {:.0} s", step.what, step.seconds)).collect();
    parts.push(format!("together {:.0} s", total(steps)));
    parts.join("; ")
}

pub(super) fn check(plan: &Plan<'_>, report: &mut Report) {
    let clock = Clock::of(plan);
    interview(plan, &clock, report);
    for index in 0..plan.guide.sections.len() {
        section(plan, &clock, index, report);
    }
    for place in &plan.places {
        allocation(place, &clock, report);
    }
    // A branch may bring a section forward, and then the place of a question says little.
    if plan.guide.adaptive_rules.branching_logic.is_empty() {
        optional(plan, &clock, report);
    }
    follow_ups(plan, &clock, report);
}

fn interview(plan: &Plan<'_>, clock: &Clock, report: &mut Report) {
    let guide = plan.guide;
    let estimated = guide.estimated_duration_minutes as f32 * 60.0;
    let most = guide.max_duration_minutes as f32 * 60.0;
    let all: Vec<&Question> = plan.places.iter().map(|place| place.question).collect();
    let required: Vec<&Question> = all.iter().copied().filter(|question| question.required).collect();
    let with_frame = |questions: &[&Question]| {
        let mut steps = clock.frame(plan);
        steps.extend(clock.questions(questions));
        steps
    };
    let (least, whole) = (with_frame(&required), with_frame(&all));
    if total(&least) > most {
        report.with_arithmetic(
            Level::Error,
            "time-required-over-maximum",
            "/max_duration_minutes",
            format!(
                "the required questions alone need more than the {most:.0} s allowed, without any follow-up: {}",
                shown(&least)
            ),
            "raise max_duration_minutes, or make some questions optional",
            least,
        );
    } else if total(&whole) > most {
        report.with_arithmetic(
            Level::Warning,
            "time-over-maximum",
            "/max_duration_minutes",
            format!("all questions need more than the {most:.0} s allowed, without any follow-up, so optional ones are left out: {}", shown(&whole)),
            "raise max_duration_minutes, or remove questions",
            whole,
        );
    } else if total(&whole) > estimated {
        report.with_arithmetic(
            Level::Warning,
            "time-over-estimate",
            "/estimated_duration_minutes",
            format!(
                "respondents are told {estimated:.0} s, but all questions need more, without any follow-up: {}",
                shown(&whole)
            ),
            "raise estimated_duration_minutes, or remove questions",
            whole,
        );
    }
}

fn section(plan: &Plan<'_>, clock: &Clock, index: usize, report: &mut Report) {
    let section = plan.section(index);
    let Some(limit) = section.time_limit else { return };
    let limit = limit as f32;
    let all: Vec<&Question> = section.questions.iter().collect();
    let required: Vec<&Question> = all.iter().copied().filter(|question| question.required).collect();
    let (least, whole) = (clock.questions(&required), clock.questions(&all));
    let path = format!("/sections/{index}/time_limit");
    if total(&least) > limit {
        report.with_arithmetic(
            Level::Warning,
            "section-required-over-limit",
            path,
            format!(
                "the required questions of {:?} need more than its {limit:.0} s; they are asked all the same: {}",
                section.section_name,
                shown(&least)
            ),
            "raise time_limit, or make some questions optional",
            least,
        );
    } else if total(&whole) > limit {
        report.with_arithmetic(
            Level::Warning,
            "section-over-limit",
            path,
            format!(
                "the questions of {:?} need more than its {limit:.0} s, so optional ones are left out: {}",
                section.section_name,
                shown(&whole)
            ),
            "raise time_limit, or remove questions",
            whole,
        );
    }
}

/// Checks the allocation of a question, which begins when it is asked. Follow-ups end with it.
fn allocation(place: &Place<'_>, clock: &Clock, report: &mut Report) {
    let question = place.question;
    let steps = clock.questions(&[question]);
    let allocation = question.time_allocation as f32;
    if question.max_follow_ups == 0 || question.follow_up_triggers.is_empty() || total(&steps) < allocation {
        return;
    }
    report.with_arithmetic(
        Level::Warning,
        "allocation-leaves-no-follow-up",
        format!("{}/time_allocation", place.path()),
        format!("a short answer uses up the {allocation:.0} s, so that no follow-up is ever asked: {}", shown(&steps)),
        "raise time_allocation, or set max_follow_ups to 0",
        steps,
    );
}

/// Checks optional questions. They are asked only while the remaining required ones still fit
/// (`dialogue::timing`).
fn optional(plan: &Plan<'_>, clock: &Clock, report: &mut Report) {
    let budget = Budget::new(plan.guide, u64::MAX);
    let most = plan.guide.max_duration_minutes as f32 * 60.0;
    let expected = |question: &Question| budget.expected(question) as f32 / 1_000.0;
    for (at, place) in plan.places.iter().enumerate().filter(|(_, place)| !place.question.required) {
        let required = |places: &[Place<'_>]| -> Vec<f32> {
            places.iter().filter(|p| p.question.required).map(|p| expected(p.question)).collect()
        };
        let before: Vec<&Question> =
            plan.places[..at].iter().map(|p| p.question).filter(|question| question.required).collect();
        let left = required(&plan.places[at + 1..]);
        let steps = vec![
            Step {
                what: format!("greeting, consent and {} required question(s) before it", before.len()),
                seconds: total(&clock.frame(plan)) - FAREWELL_S
                    + before.iter().map(|q| clock.question_s(q)).sum::<f32>(),
            },
            Step { what: format!("kept for {} required question(s) after it", left.len()), seconds: left.iter().sum() },
            Step { what: "kept for itself".to_owned(), seconds: expected(place.question) },
            Step { what: "goodbye".to_owned(), seconds: FAREWELL_S },
        ];
        if total(&steps) > most {
            report.with_arithmetic(
                Level::Warning,
                "question-unreachable-in-time",
                place.path(),
                format!(
                    "there is never time for this optional question within the {most:.0} s allowed: {}",
                    shown(&steps)
                ),
                "raise max_duration_minutes, make it required, or put it earlier",
                steps,
            );
        }
    }
}

fn follow_ups(plan: &Plan<'_>, clock: &Clock, report: &mut Report) {
    let most = plan.guide.max_duration_minutes as f32 * 60.0;
    let one = clock.spoken_s(FOLLOW_UP_WORDS) + FOLLOW_UP_ANSWER_S + TURN_S;
    let all: Vec<&Question> = plan.places.iter().map(|place| place.question).collect();
    let mut steps = clock.frame(plan);
    steps.extend(clock.questions(&all));
    if total(&steps) > most {
        // It was reported already.
        return;
    }
    // Only questions with triggers have follow-ups here, within their allocation.
    let followed: Vec<&Question> = all.into_iter().filter(|question| !question.follow_up_triggers.is_empty()).collect();
    let seconds = followed.iter().map(|question| {
        let room = (question.time_allocation as f32 - clock.question_s(question)).max(0.0);
        (question.max_follow_ups as f32 * one).min(room)
    });
    let seconds = seconds.sum();
    steps.push(Step { what: format!("follow-ups to {} question(s), {one:.0} s each", followed.len()), seconds });
    if total(&steps) > most {
        report.with_arithmetic(
            Level::Info,
            "time-follow-ups-over-maximum",
            "/max_duration_minutes",
            format!("not all follow-ups fit into the {most:.0} s allowed: {}", shown(&steps)),
            "raise max_duration_minutes, or lower max_follow_ups where less is needed",
            steps,
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{changed, summary};

    fn many(guide: &mut Value, count: usize, required: bool) {
        let questions: Vec<Value> = (0..count)
            .map(|n| json!({ "id": format!("q{n}"), "text": "What did you do after that, in a word?", "required": required }))
            .collect();
        guide["sections"][2]["questions"] = json!(questions);
    }

    #[test]
    fn what_does_not_fit_is_reckoned_up() {
        let findings = changed(|guide| many(guide, 40, true));
        assert_eq!(summary(&findings)[0], "time-required-over-maximum /max_duration_minutes");
        let arithmetic = &findings[0].arithmetic;
        // 42 required questions: 9 + 12 + 40 × 9 words at 150 words/min = 152.4 s.
        let asking = arithmetic.iter().find(|step| step.what.starts_with("asking 42 question(s): 381 words")).unwrap();
        assert!((asking.seconds - 152.4).abs() < 0.01, "{asking:?}");
        let sum: f32 = arithmetic.iter().map(|step| step.seconds).sum();
        assert!(findings[0].message.contains(&format!("together {sum:.0} s")), "{}", findings[0].message);
        assert!(sum > 600.0);

        let codes = |count, required| {
            changed(|guide| many(guide, count, required)).into_iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(40, false).iter().filter(|code| *code == "time-over-maximum").count(), 1);
        assert_eq!(codes(16, false), ["time-over-estimate"]);
        assert_eq!(codes(8, false), [""; 0]);
    }

    #[test]
    fn limits_of_sections_and_questions() {
        let with = |path: &str, value: Value| summary(&changed(|guide| *guide.pointer_mut(path).unwrap() = value));
        let limit = |seconds: u32| summary(&changed(|guide| guide["sections"][0]["time_limit"] = json!(seconds)));
        assert_eq!(limit(10), ["section-required-over-limit /sections/0/time_limit"]);
        assert_eq!(limit(25), ["section-over-limit /sections/0/time_limit"]);
        assert_eq!(limit(60), [""; 0]);
        let question = json!({ "id": "why", "text": "Why did you take the train?", "required": true, "time_allocation": 10,
            "follow_up_triggers": [{ "condition": "vague", "action": "example" }] });
        assert_eq!(
            with("/sections/0/questions/0", question),
            ["allocation-leaves-no-follow-up /sections/0/questions/0/time_allocation"]
        );
    }

    #[test]
    fn optional_questions_need_room_before_the_required_ones() {
        let findings = changed(|guide| {
            guide["max_duration_minutes"] = json!(5);
            guide["sections"][2]["questions"] = json!([
                { "id": "wish", "text": "Which one thing would you change?" },
                { "id": "last", "text": "What else?", "required": true },
            ]);
            for n in 0..15 {
                guide["sections"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "section_name": format!("More {n}"), "order": 4 + n,
                    "questions": [{ "text": format!("What about {n}?"), "required": true }] }));
            }
        });
        assert!(
            summary(&findings).contains(&"question-unreachable-in-time /sections/0/questions/1".to_owned()),
            "{findings:#?}"
        );
    }
}
