//! Tests of the report on a small interview, and on variants of it with one fault each.

use serde_json::json;

use super::super::capture::FLOOR_DB;
use super::super::capture::tests::{asking, capture_of, utterance};
use super::*;

const GUIDE: &str = r"
name: Tiny
research_objective: none
sections:
  - section_name: One
    questions:
      - {id: work, text: What kind of work do you do from home?, required: true}
      - {id: day, text: How does a typical day of yours look?, required: true}
";

const PERSONA: &str = r#"
name: Dana
voice: am_michael
consent: "Yes."
recording: "Yes."
facts:
  - {id: years, text: four years, reveal: on_follow_up}
  - {id: dog, text: a dog, reveal: never_unprompted}
"#;

struct Case {
    guide: Guide,
    persona: Persona,
    capture: Capture,
    interview: Value,
    transcript: Value,
    found: Vec<Found>,
    trouble: Option<String>,
}

impl Case {
    fn new() -> Self {
        let mut capture = capture_of(&[FLOOR_DB; 1_000]);
        capture.askings =
            vec![asking("work", None, 1_000), asking("work", Some("work"), 5_000), asking("day", None, 9_000)];
        capture.utterances = vec![
            utterance("I keep books.", Purpose::Answer(0), 3_000, 4_000),
            utterance("For four years.", Purpose::Answer(1), 7_000, 8_000),
            utterance("Could you repeat that, please?", Purpose::Repeat(2), 11_000, 12_000),
            utterance("Very quiet.", Purpose::Answer(2), 14_000, 15_000),
        ];
        let found = |heard: &str, first_audio| Found {
            heard_text: heard.to_owned(),
            timing: Timing { first_audio: Some(first_audio), question_start: None, cut_off: false },
        };
        Self {
            guide: serde_saphyr::from_str(GUIDE).unwrap(),
            persona: Persona::parse(PERSONA, "test").unwrap(),
            capture,
            interview: json!({"status": "completed"}),
            transcript: json!({"responses": [
                {"id": "1", "asking": 1, "question_id": "work", "question_text": "What kind of work do you do from home?",
                 "response_text": "I keep books.", "is_follow_up": false, "latency_ms": {"endpoint": 160, "stt": 210, "decide": 5, "tts": 9},
                 "generated_follow_ups": [{"asking": 2, "text": "Since when?", "why": "vague response"}]},
                {"id": "2", "asking": 2, "question_id": "work", "question_text": "Since when?",
                 "response_text": "For Four years!", "is_follow_up": true, "parent_response_id": "1", "latency_ms": {"endpoint": 200}},
                {"id": "3", "asking": 3, "question_id": "day", "question_text": "How does a typical day of yours look?",
                 "response_text": "Very quite.", "is_follow_up": false},
            ]}),
            found: vec![
                found("Thank you. What kind of work do you do from home?", 300),
                found("Since when?", 500),
                found("How does a typical day of yours look? How does a typical day of yours look?", 400),
            ],
            trouble: None,
        }
    }

    fn report(self) -> Report {
        make(Material {
            guide: &self.guide,
            persona: &self.persona,
            capture: &self.capture,
            interview: self.interview,
            transcript: &self.transcript,
            found: &self.found,
            recording: None,
            transcript_at: None,
            trouble: self.trouble,
        })
    }
}

#[test]
fn a_good_interview_passes() {
    let report = Case::new().report();
    assert!(report.verdict.passed, "{:?}", report.verdict.reasons);
    assert!(report.required_asked_once);
    assert_eq!(report.facts_recovered, ["years"]);
    assert_eq!(report.facts_total, 2);
    assert_eq!(report.turns.len(), 3);
    let follow_up = &report.turns[1];
    assert_eq!(follow_up.kind, Kind::FollowUp);
    assert_eq!(follow_up.why.as_deref(), Some("vague response"));
    assert_eq!(follow_up.latency_ms.endpoint, Some(200));
    let first = report.turns[0].latency_ms;
    let stamps = (first.endpoint, first.stt, first.decide, first.tts);
    assert_eq!(stamps, (Some(160), Some(210), Some(5), Some(9)), "of the turn after consent, too");
    assert_eq!(follow_up.latency_ms.question_start, Some(500), "nothing was said before the question");
    assert_eq!(report.turns[0].latency_ms.question_start, None, "an acknowledgement was said before the question");
    assert_eq!(report.turns[2].repeats, 1);
    assert_eq!(report.turns[2].truth_text, "Very quiet.");
    assert_eq!(report.summary.first_audio_ms, Spread { p50: Some(400), p95: Some(500), turns: 3 });
    // One of eight words was stored incorrectly.
    assert!((report.wer.unwrap() - 0.125).abs() < 0.001);
}

#[test]
fn an_interview_that_did_not_complete_fails() {
    let mut case = Case::new();
    case.interview = json!({"status": "failed", "status_reason": "peer lost"});
    let verdict = case.report().verdict;
    assert!(!verdict.passed);
    assert!(verdict.reasons[0].contains("failed (peer lost)"), "{verdict:?}");
}

#[test]
fn a_required_question_that_was_not_heard_fails_whatever_is_stored() {
    let mut case = Case::new();
    case.found[2].heard_text = "Thank you for your time.".to_owned();
    let report = case.report();
    assert!(!report.required_asked_once && !report.verdict.passed);
    assert!(report.verdict.reasons[0].contains("`day` was heard in 0"), "{:?}", report.verdict);
}

#[test]
fn a_required_question_asked_twice_fails() {
    let mut case = Case::new();
    case.found[1].heard_text = "What kind of work do you do from home?".to_owned();
    let report = case.report();
    assert!(report.verdict.reasons[0].contains("`work` was heard in 2"), "{:?}", report.verdict);
}

#[test]
fn a_required_question_without_a_response_fails() {
    let mut case = Case::new();
    case.transcript["responses"].as_array_mut().unwrap().pop();
    let report = case.report();
    assert!(report.verdict.reasons[0].contains("`day` has 0"), "{:?}", report.verdict);
}

#[test]
fn an_answer_of_which_a_part_is_lost_fails_and_one_that_was_misheard_does_not() {
    let spoil = |stored: &str| {
        let mut case = Case::new();
        case.capture.utterances[3].text = "It is very quiet until my children come home.".to_owned();
        case.transcript["responses"][2]["response_text"] = json!(stored);
        case.report().verdict
    };
    assert!(spoil("It is very quite until my children comes home.").passed);
    let verdict = spoil("It is very quiet.");
    assert!(verdict.reasons[0].contains("words were lost"), "{verdict:?}");
    assert!(!spoil("").passed);
}

#[test]
fn trouble_on_the_line_fails() {
    let mut case = Case::new();
    case.trouble = Some("the call is still going on".to_owned());
    assert!(!case.report().verdict.passed);
}

#[test]
fn only_what_the_persona_talked_over_may_be_missing() {
    let text = "What is the hardest part of working from home for you personally?";
    assert!((needed_share(text, false) - FOUND).abs() < 0.001);
    let share = needed_share(text, true);
    assert!((0.4..0.6).contains(&share), "{share}");
}

#[test]
fn the_reports_keys_are_the_contracts() {
    let json = serde_json::to_value(Case::new().report()).unwrap();
    for key in [
        "interview",
        "turns",
        "required_asked_once",
        "facts_recovered",
        "facts_total",
        "cut_offs",
        "barge_ins",
        "wer",
        "recording",
        "transcript",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
    let turn = &json["turns"][1];
    for key in
        ["question_id", "asked_text", "heard_text", "response_text", "truth_text", "repeats", "why", "latency_ms"]
    {
        assert!(turn.get(key).is_some(), "{key}");
    }
    assert_eq!(turn["kind"], "follow_up");
    assert_eq!(turn["follow_up_of"], "work");
    for key in ["first_audio", "question_start", "endpoint", "stt", "decide", "tts"] {
        assert!(turn["latency_ms"].get(key).is_some(), "{key}");
    }
}
