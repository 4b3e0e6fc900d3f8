//! Live quality: what a monitor finds in the events of a call.

use std::collections::BTreeMap;
use std::sync::Arc;

use interview::analysis::Analysis;
use interview::guide::{Action, Guide};
use interview::io::{EndStatus, Endpointing, Event, Ms, Rejection, Response, TurnTiming, Word};
use interview::quality::{Alert, Consequence, Metric, Monitor, Reason, Severity, Subject, Threshold, Thresholds};
use proptest::prelude::*;
use serde_json::json;

/// Ten required open questions in ten minutes.
fn guide() -> Arc<Guide> {
    let question =
        |n: usize| json!({ "id": format!("q{n}"), "text": format!("What about number {n}?"), "required": true });
    let questions: Vec<_> = (1..=10).map(question).collect();
    let document = json!({
        "name": "Ten", "research_objective": "Ten things", "estimated_duration_minutes": 10,
        "sections": [{ "id": "s", "section_name": "S", "order": 1, "questions": questions }],
    });
    Arc::new(serde_json::from_value(document).unwrap())
}

/// Eight content words, different ones for each number.
fn rich(n: usize) -> String {
    (0..8).map(|word| format!("zork{n}x{word}a")).collect::<Vec<_>>().join(" ")
}

fn answer(number: usize, text: &str, confidence: f32, clarified: bool, follow_up: bool) -> Event {
    let question_text = format!("What about number {number}?");
    let words: Vec<Word> = text
        .split_whitespace()
        .map(|word| Word { text: word.to_owned(), start_ms: 0, end_ms: 1, confidence })
        .collect();
    Event::Answered {
        response: Box::new(Response {
            asking: number as u32,
            question_id: format!("q{number}"),
            section: "S".to_owned(),
            question_text: question_text.clone(),
            text: text.to_owned(),
            analysis: Analysis::of(&question_text, &words),
            words,
            asked_ms: 0,
            answered_ms: 1,
            response_time_ms: 0,
            is_follow_up: follow_up,
            parent: None,
            flags: Vec::new(),
            is_complete: true,
            requires_clarification: clarified,
            endpointing: Endpointing::default(),
            value: None,
            class: interview::understanding::AnswerClass::Answered,
        }),
    }
}

fn timed(first_audio: Ms) -> Event {
    Event::TurnTimed { asking: 1, timing: TurnTiming { first_audio, ..TurnTiming::default() } }
}

fn ended() -> Event {
    Event::Ended { status: EndStatus::Completed, reason: None }
}

/// A monitor that gets events at times of the call clock.
struct Watched {
    monitor: Monitor,
    thresholds: Thresholds,
    seq: i64,
}

impl Watched {
    fn call() -> Self {
        let mut watched = Self { monitor: Monitor::new(guide(), Some(8.0)), thresholds: Thresholds::default(), seq: 0 };
        watched.at(0, &Event::LegConnected { leg: 1 });
        watched.at(0, &Event::ConsentAnswered { recording: false, given: true });
        watched
    }

    fn at(&mut self, ms: Ms, event: &Event) -> Vec<String> {
        self.seq += 1;
        let findings = self.monitor.observe(self.seq, ms, event, &self.thresholds);
        assert!(self.monitor.observe(self.seq, ms, event, &self.thresholds).is_empty(), "the same event again");
        findings.iter().map(name).collect()
    }

    fn good_answer(&mut self, number: usize, ms: Ms) -> Vec<String> {
        self.at(ms, &answer(number, &rich(number), 0.95, false, false))
    }
}

fn name(finding: &Consequence) -> String {
    match finding {
        Consequence::Raised(alert) => format!("+{}", alert.subject.name()),
        Consequence::Recovered(subject) => format!("-{}", subject.name()),
        Consequence::Escalated(escalation) => format!("!{}", escalation.reason.name()),
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_good_interview_raises_nothing() {
    let mut call = Watched::call();
    for number in 1..=10 {
        assert_eq!(call.good_answer(number, number as Ms * 55_000), NOTHING);
        assert_eq!(call.at(number as Ms * 55_000 + 500, &timed(900)), NOTHING);
    }
    let follow_up = answer(10, "entirely fresh news about gardening tools", 0.95, false, true);
    assert_eq!(call.at(560_000, &follow_up), NOTHING);
    assert_eq!(call.at(570_000, &ended()), NOTHING);
}

#[test]
fn a_mean_is_judged_from_the_third_answer_on_and_recovers_with_a_margin() {
    let mut call = Watched::call();
    let unsure = |number| answer(number, &rich(number), 0.7, false, false);
    assert_eq!(call.at(1_000, &unsure(1)), NOTHING);
    assert_eq!(call.at(2_000, &unsure(2)), NOTHING);
    assert_eq!(call.at(3_000, &unsure(3)), ["+stt_confidence"]);
    // The alert is over at a mean of 0.88, a tenth more than the threshold: 0.775, 0.82, 0.85,
    // 0.87, 0.89.
    let sure = |number| answer(number, &rich(number), 1.0, false, false);
    for number in 4..=7 {
        assert_eq!(call.at(4_000, &sure(number)), NOTHING, "one alert is enough, and it needs the margin to end");
    }
    assert_eq!(call.at(8_000, &sure(8)), ["-stt_confidence"]);
}

#[test]
fn the_end_is_judged_as_it_is_without_patience_and_margin() {
    let mut call = Watched::call();
    for number in 1..=9 {
        call.good_answer(number, 1_000);
    }
    // Nine of ten were answered, and one respondent had nothing to say.
    assert_eq!(call.at(2_000, &ended()), NOTHING);

    let mut call = Watched::call();
    for number in 1..=7 {
        call.good_answer(number, 1_000);
    }
    assert_eq!(call.at(2_000, &ended()), ["+completion_rate"], "0.7 is not above 0.7");
    assert!(call.monitor.is_over());
}

#[test]
fn during_a_call_only_two_poor_projections_in_a_row_count() {
    let mut call = Watched::call();
    assert_eq!(call.good_answer(1, 140_000), NOTHING, "before a quarter of the time");
    // At half of the time five are expected. Two of them give 0.4.
    assert_eq!(call.good_answer(2, 300_000), NOTHING, "one poor projection");
    assert_eq!(call.good_answer(3, 360_000), ["+completion_rate"], "0.5, the second one");
    // Ten are expected at the end. Eight of them are enough again.
    for number in 4..=7 {
        assert_eq!(call.good_answer(number, 600_000), NOTHING);
    }
    assert_eq!(call.good_answer(8, 600_000), ["-completion_rate"]);
}

#[test]
fn a_poor_completion_escalates_when_two_projections_or_the_end_are_below_thirty_percent() {
    let mut call = Watched::call();
    assert_eq!(call.good_answer(1, 400_000), NOTHING);
    assert_eq!(call.good_answer(2, 599_000), ["+completion_rate", "!completion_rate"], "0.15 and 0.2");
    // 0.3 × 0.2 + 0.3 × 0.41 + 0.2 × 0.95 + 0.2 = 0.57. The rest was reported before.
    assert_eq!(call.at(600_000, &ended()), ["+data_quality_score"]);

    let mut call = Watched::call();
    call.good_answer(1, 1_000);
    assert_eq!(call.at(2_000, &ended()), ["+completion_rate", "+data_quality_score", "!completion_rate"]);
}

#[test]
fn each_latency_counts_by_itself() {
    let mut call = Watched::call();
    assert_eq!(call.at(1, &timed(2_999)), NOTHING);
    assert_eq!(call.at(2, &timed(3_000)), ["+response_latency"]);
    assert_eq!(call.at(3, &timed(4_000)), NOTHING);
    assert_eq!(call.at(4, &timed(2_800)), NOTHING);
    assert_eq!(call.at(5, &timed(2_700)), ["-response_latency"]);
}

#[test]
fn what_was_recognised_poorly_is_withheld_and_not_judged() {
    let mut call = Watched::call();
    for number in 1..=10 {
        let guessed = answer(number, "so so", 0.4, false, false);
        let found = call.at(number as Ms, &guessed);
        assert_eq!(found, if number == 3 { vec!["+stt_confidence"] } else { vec![] });
    }
    assert_eq!(call.at(11, &ended()), NOTHING, "neither density nor engagement nor the data's quality are told");
}

#[test]
fn clarifications_and_empty_follow_ups_are_seen() {
    let mut call = Watched::call();
    for number in 1..=2 {
        call.good_answer(number, 1);
    }
    let unclear = answer(3, &rich(3), 0.95, true, false);
    assert_eq!(call.at(2, &unclear), NOTHING, "a third of them");
    let unclear = answer(4, &rich(4), 0.95, true, false);
    assert_eq!(call.at(3, &unclear), ["+clarification_rate"], "half of them");
    let same_again = answer(4, &rich(4), 0.95, false, true);
    assert_eq!(call.at(4, &same_again), ["+follow_up_value"]);
}

#[test]
fn recognition_that_fails_twice_is_critical_and_escalates() {
    let failed = || Event::NotUnderstood { reason: Rejection::Failed };
    let mut call = Watched::call();
    assert_eq!(call.at(1, &failed()), NOTHING);
    assert_eq!(call.at(2, &Event::NotUnderstood { reason: Rejection::NoSpeech }), NOTHING, "that one worked");
    assert_eq!(call.at(3, &failed()), NOTHING);
    assert_eq!(call.at(4, &failed()), ["+component.stt", "!critical_alert"]);
    assert_eq!(call.at(5, &failed()), NOTHING);
    assert_eq!(call.good_answer(1, 6), ["-component.stt"]);
}

#[test]
fn thresholds_are_live_and_another_severity_escalates() {
    let mut call = Watched::call();
    for number in 1..=4 {
        assert_eq!(call.at(1, &answer(number, &rich(number), 0.85, false, false)), NOTHING);
    }
    let set = |value, edited_ms| Threshold { value, severity: Severity::Critical, edited_ms };
    call.thresholds.set(Metric::SttConfidence, set(0.9, 7));
    let found: Vec<String> = call.monitor.reconsider(&call.thresholds).iter().map(name).collect();
    assert_eq!(found, ["+stt_confidence", "!critical_alert"]);
    assert!(call.monitor.reconsider(&call.thresholds).is_empty());
    let Alert { occasion, .. } = call.monitor.open().next().unwrap().clone();
    assert_eq!(occasion, "6@7", "the event, and the setting");
    call.thresholds.set(Metric::SttConfidence, set(0.8, 8));
    let found: Vec<String> = call.monitor.reconsider(&call.thresholds).iter().map(name).collect();
    assert_eq!(found, ["-stt_confidence"], "whoever loosens a threshold asks for no margin");
}

#[test]
fn three_error_alerts_within_five_minutes_escalate() {
    let mut call = Watched::call();
    for metric in [Metric::SttConfidence, Metric::ClarificationRate, Metric::ResponseLatency] {
        let value = metric.default_threshold();
        call.thresholds.set(metric, Threshold { value, severity: Severity::Error, edited_ms: 1 });
    }
    for number in 1..=2 {
        call.at(1, &answer(number, &rich(number), 0.7, true, false));
    }
    assert_eq!(
        call.at(2, &answer(3, &rich(3), 0.7, true, false)),
        ["+stt_confidence", "+clarification_rate"],
        "two errors"
    );
    assert_eq!(call.at(3, &timed(5_000)), ["+response_latency", "!error_alerts"]);
}

#[test]
fn nobody_who_declined_is_judged() {
    let mut call = Watched { monitor: Monitor::new(guide(), None), thresholds: Thresholds::default(), seq: 0 };
    call.at(0, &Event::LegConnected { leg: 1 });
    call.at(1, &Event::ConsentAnswered { recording: false, given: false });
    assert_eq!(call.at(2, &ended()), NOTHING);
}

#[derive(Debug, Clone)]
enum Act {
    Answer { words: usize, confidence: f32, clarified: bool, follow_up: bool },
    Timed(Ms),
    Missed(bool),
    Set(usize, f64),
    Ended,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0_usize..12, 0.0_f32..=1.0, any::<bool>(), any::<bool>())
            .prop_map(|(words, confidence, clarified, follow_up)| Act::Answer { words, confidence, clarified, follow_up }),
        3 => (0_u64..6_000).prop_map(Act::Timed),
        2 => any::<bool>().prop_map(Act::Missed),
        1 => (0..Metric::ALL.len(), 0.01_f64..0.99).prop_map(|(metric, value)| Act::Set(metric, value)),
        1 => Just(Act::Ended),
    ]
}

fn event(number: usize, act: &Act) -> Event {
    match act {
        Act::Answer { words, confidence, clarified, follow_up } => {
            let text = rich(number).split(' ').take(*words).collect::<Vec<_>>().join(" ");
            answer(number % 10 + 1, &text, *confidence, *clarified, *follow_up)
        }
        Act::Timed(ms) => timed(*ms),
        Act::Missed(failed) => {
            Event::NotUnderstood { reason: if *failed { Rejection::Failed } else { Rejection::Repetition } }
        }
        Act::Set(..) => Event::QuestionAsked {
            asking: number as u32,
            question_id: "q1".to_owned(),
            section: "S".to_owned(),
            text: "What?".to_owned(),
            follow_up_of: None,
            action: Some(Action::Probe),
            why: None,
            source: None,
        },
        Act::Ended => ended(),
    }
}

proptest! {
    /// Whatever happens, no subject is raised twice without a recovery, none recovers that was not
    /// raised, each reason escalates once, what is open is what was found, and a replay of the log
    /// leads to the same alerts.
    #[test]
    fn findings_are_consistent(acts in proptest::collection::vec((act(), 0_u64..90_000), 0..40)) {
        let mut thresholds = Thresholds::default();
        let mut monitor = Monitor::new(guide(), None);
        let mut log = vec![(0, Event::LegConnected { leg: 1 }), (0, Event::ConsentAnswered { recording: false, given: true })];
        let mut now = 0;
        for (number, (act, passes)) in acts.iter().enumerate() {
            now += passes;
            log.push((now, event(number, act)));
            if matches!(act, Act::Ended) {
                break;
            }
        }
        let mut open: BTreeMap<Subject, Alert> = BTreeMap::new();
        let mut reasons: Vec<Reason> = Vec::new();
        let mut note = |findings: Vec<Consequence>, open: &mut BTreeMap<Subject, Alert>| {
            for finding in findings {
                match finding {
                    Consequence::Raised(alert) => assert!(open.insert(alert.subject, alert).is_none(), "raised twice"),
                    Consequence::Recovered(subject) => assert!(open.remove(&subject).is_some(), "nothing to recover"),
                    Consequence::Escalated(escalation) => {
                        assert!(!reasons.contains(&escalation.reason), "escalated twice");
                        assert!(escalation.text.starts_with(escalation.reason.words()));
                        reasons.push(escalation.reason);
                    }
                }
            }
        };
        for (index, (at, event)) in log.iter().enumerate() {
            note(monitor.observe(index as i64 + 1, *at, event, &thresholds), &mut open);
            if let Some((Act::Set(metric, value), _)) = index.checked_sub(2).and_then(|index| acts.get(index)) {
                let metric = Metric::ALL[*metric];
                let edited_ms = index as i64;
                thresholds.set(metric, Threshold { value: *value, severity: Severity::Error, edited_ms });
                note(monitor.reconsider(&thresholds), &mut open);
            }
        }
        prop_assert_eq!(monitor.open().cloned().collect::<Vec<_>>(), open.values().cloned().collect::<Vec<_>>());

        // If no threshold was edited in between, a replay finds exactly the same.
        if !acts.iter().any(|(act, _)| matches!(act, Act::Set(..))) {
            let mut replayed = Monitor::new(guide(), None);
            for (index, (at, event)) in log.iter().enumerate() {
                replayed.observe(index as i64 + 1, *at, event, &thresholds);
            }
            prop_assert_eq!(replayed.open().collect::<Vec<_>>(), monitor.open().collect::<Vec<_>>());
            prop_assert_eq!(replayed.escalated(), monitor.escalated());
        }
    }
}
