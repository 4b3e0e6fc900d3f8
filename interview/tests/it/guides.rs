//! Guides as authors write them, and every fault that they can have.

use interview::guide::diff::diff;
use interview::guide::{Expects, Guide, QuestionType, Select, from_value, parse};
use interview::io::{EndStatus, Event, Phase, Response};
use interview::score::Scores;

const BROKEN: &str = r"
name: ''
research_objective: x
colour: red
estimated_duration_minutes: 90
max_duration_minutes: 60
sections:
  - section_name: A
    id: one
    questions:
      - {id: q, text: '', type: essay}
      - {id: q, text: Hello?, type: scale, scale: {min: 5, max: 5}}
      - {text: Which?, type: multiple_choice}
      - {text: How?, required: perhaps, follow_up_triggers: [{condition: vague, action: shout, priority: 9}]}
  - section_name: B
    id: one
    questions: []
adaptive_rules:
  interest_signals: [boredom]
  branching_logic: [{condition: low score, target_section: Nowhere}]
";

#[test]
fn every_problem_is_listed_with_its_place() {
    let problems = parse(BROKEN).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|p| p.path.as_str()).collect();
    for path in [
        "/name",
        "/colour",
        "/max_duration_minutes",
        "/sections/0/questions/0/text",
        "/sections/0/questions/0/type",
        "/sections/0/questions/1/id",
        "/sections/0/questions/1/scale",
        "/sections/0/questions/2/options",
        "/sections/0/questions/3/required",
        "/sections/0/questions/3/follow_up_triggers/0/action",
        "/sections/0/questions/3/follow_up_triggers/0/priority",
        "/sections/1/id",
        "/sections/1/questions",
        "/adaptive_rules/interest_signals/0",
        "/adaptive_rules/branching_logic/0/target_section",
    ] {
        assert_eq!(paths.iter().filter(|p| **p == path).count(), 1, "{path} in {paths:#?}");
    }
    assert_eq!(paths.len(), 15, "{problems:#?}");
}

#[test]
fn sections_have_names_of_their_own() {
    let guide = |names: [&str; 3]| {
        let sections: Vec<_> = names
            .iter()
            .map(|name| serde_json::json!({ "section_name": name, "questions": [{ "text": "Why?" }] }))
            .collect();
        from_value(serde_json::json!({ "name": "G", "research_objective": "O", "sections": sections }))
    };
    guide(["Habits", "Wishes", "habits of old"]).unwrap();
    let problems = guide(["Habits", "Wishes", "Habits "]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].path, "/sections/2/section_name");
    assert!(problems[0].message.contains("/sections/0/section_name"), "{}", problems[0]);
}

#[test]
fn json_and_yaml_say_the_same_and_come_back_unchanged() {
    let yaml = "
name: Trains
research_objective: Why people take trains
sections:
  - {section_name: Second, order: 2, questions: [{text: Why?, required: true}]}
  - {section_name: First, order: 1, questions: [{text: How?, type: multiple_choice, options: [By train, {id: car, text: By car}]}, {text: How?}]}
";
    let guide = parse(yaml).unwrap();
    assert_eq!(guide.sections[0].section_name, "First");
    let first = &guide.sections[0].questions;
    assert_eq!((first[0].id.as_str(), first[1].id.as_str()), ("how", "how-2"));
    assert_eq!(first[0].kind, QuestionType::MultipleChoice);
    assert_eq!((first[0].options[0].id.as_str(), first[0].options[1].id.as_str()), ("by-train", "car"));
    let json = serde_json::to_string(&guide).unwrap();
    assert_eq!(parse(&json).unwrap(), guide);
    assert_eq!(from_value(serde_json::to_value(&guide).unwrap()).unwrap(), guide);
    assert_eq!(parse(&serde_saphyr::to_string(&guide).unwrap()).unwrap(), guide);
}

const READING: &str = "
name: Trains
language: en-GB
research_objective: Why people take trains
answers_to_respondents: {sponsor: The railways., contact: Write to us.}
sections:
  - section_name: First
    questions:
      - {text: Which?, type: multiple_choice, options: [By train, By car], select: many, allow_none: true}
      - {text: Your address?, expects: email, patience: 2.5}
      - {text: Why?}
";

#[test]
fn how_answers_are_read_is_written_in_the_guide() {
    let guide = parse(READING).unwrap();
    assert_eq!(guide.answers_to_respondents.sponsor.as_deref(), Some("The railways."));
    assert_eq!(guide.answers_to_respondents.privacy, None);
    let [which, address, why] = guide.sections[0].questions.as_slice() else { panic!() };
    assert_eq!((which.select, which.allow_none), (Select::Many, true));
    assert_eq!((address.expects, address.patience), (Some(Expects::Email), 2.5));
    assert_eq!((why.select, why.allow_none, why.expects, why.patience), (Select::One, false, None, 1.0));
    assert_eq!(parse(&serde_json::to_string(&guide).unwrap()).unwrap(), guide);
    assert_eq!(parse(&serde_saphyr::to_string(&guide).unwrap()).unwrap(), guide);
    let other = parse(&READING.replace("email", "phone").replace("The railways.", "Nobody.")).unwrap();
    let fields: Vec<_> = diff(&guide, &other).into_iter().filter_map(|change| change.field).collect();
    assert_eq!(fields, ["answers_to_respondents.sponsor", "expects"]);
}

#[test]
fn what_does_not_fit_a_question_is_refused_with_the_way_out() {
    for (written, instead, path, mend) in [
        ("language: en-GB", "language: de", "/language", "write en or a region of it such as en-GB"),
        ("sponsor: The railways.", "sponsor: ''", "/answers_to_respondents/sponsor", "write a text or leave it out"),
        ("sponsor:", "owner:", "/answers_to_respondents/owner", "known here: identity, sponsor"),
        ("select: many", "select: all", "/sections/0/questions/0/select", "write one of one, many"),
        ("allow_none: true", "allow_none: 3", "/sections/0/questions/0/allow_none", "must be true or false"),
        ("Why?}", "Why?, select: many}", "/sections/0/questions/2/select", "this one is open; change its type"),
        ("Why?}", "Why?, allow_none: true}", "/sections/0/questions/2/allow_none", "change its type or remove it"),
        ("expects: email", "expects: fax", "/sections/0/questions/1/expects", "number, email, phone, name, date"),
        ("Why?}", "Why?, type: closed, expects: name}", "/sections/0/questions/2/expects", "write type: open"),
        ("patience: 2.5", "patience: 4", "/sections/0/questions/1/patience", "from 0.5 to 3"),
    ] {
        assert!(READING.contains(written), "{written}");
        let problems = parse(&READING.replace(written, instead)).unwrap_err();
        assert_eq!((problems.len(), problems[0].path.as_str()), (1, path), "{problems:#?}");
        assert!(problems[0].message.contains(mend), "{} ({mend})", problems[0]);
    }
}

#[test]
fn documents_that_are_none_say_where() {
    assert!(parse("{\"name\": ").unwrap_err()[0].message.contains("line 1"));
    assert!(parse("").unwrap_err()[0].message.contains("empty"));
    assert_eq!(parse("- a\n- b").unwrap_err()[0].message, "must be an object with named fields, not a list");
    let missing = parse("name: x").unwrap_err();
    assert_eq!(missing.len(), 2, "{missing:?}");
}

fn answer(guide: &Guide, asking: u32, question: &str, text: &str, follow_up: bool) -> Vec<(u64, Event)> {
    let words: Vec<_> = text
        .split_whitespace()
        .map(|t| interview::io::Word { text: t.into(), start_ms: 0, end_ms: 1, confidence: 0.8 })
        .collect();
    let (_, q) = guide.questions().find(|(_, q)| q.id == question).unwrap();
    let asked = Event::QuestionAsked {
        asking,
        question_id: question.into(),
        section: "S".into(),
        text: q.text.clone(),
        follow_up_of: follow_up.then_some(1),
        action: None,
        why: None,
        source: None,
    };
    let response = Response {
        asking,
        question_id: question.into(),
        section: "S".into(),
        question_text: q.text.clone(),
        text: text.into(),
        analysis: interview::analysis::Analysis::of(&q.text, &words),
        words,
        asked_ms: 0,
        answered_ms: 1,
        response_time_ms: 1,
        is_follow_up: follow_up,
        parent: None,
        flags: vec![],
        is_complete: true,
        requires_clarification: false,
        endpointing: interview::io::Endpointing::default(),
        value: None,
        class: interview::understanding::AnswerClass::Answered,
    };
    vec![(1, asked), (2, Event::Answered { response: Box::new(response) })]
}

#[test]
fn scores_can_be_recomputed_from_the_log() {
    let guide = parse("{name: G, research_objective: O, sections: [{section_name: S, questions: [{id: a, text: 'Who?', required: true}, {id: b, text: 'Why?', required: true}]}]}").unwrap();
    let mut events = vec![(0, Event::PhaseEntered { phase: Phase::Consent })];
    events.extend(answer(&guide, 1, "a", "Clients pay late.", false));
    events.extend(answer(&guide, 2, "a", "Clients forget invoices.", true));
    events.push((3, Event::NotUnderstood { reason: interview::io::Rejection::NoSpeech }));
    events.push((4, Event::Ended { status: EndStatus::Cancelled, reason: None }));
    let scores = Scores::of(&guide, events.iter().map(|(at, e)| (*at, e)), None);
    let near =
        |value: Option<f32>, expected: f32| assert!((value.unwrap() - expected).abs() < 1e-3, "{value:?} {expected}");
    near(scores.completion_rate, 0.5);
    near(scores.information_density, 1.0 - (-0.2_f32).exp());
    near(scores.follow_up_value, 2.0 / 3.0);
    near(scores.stt_confidence, 0.8);
    near(scores.stt_error_rate, 1.0 / 3.0);
    near(scores.clarification_rate, 0.0);
    // The length is the median: 1. No hesitation: 1. No open question with a density of 0.3: 0.
    near(scores.engagement_score, 2.0 / 3.0);
    near(scores.data_quality_score, 0.15 + 0.3 * 0.1813 + 0.16 + 0.2);
    assert_eq!(Scores::of(&guide, [], None).data_quality_score, None);
}
