//! Whole interviews and the moments in which they go wrong, written as conversations.

use crate::support::{Call, WORK, guide};
use interview::io::{EndStatus, Event, Input, Notice, Output, Postponement, RepeatReason};
use interview::{Interview, Settings};

#[test]
fn a_cooperative_interview_runs_from_hello_to_goodbye() {
    let mut call = Call::begun();
    assert_eq!(call.asked(), ["kind"]);
    call.say(WORK);
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    call.hear_out();
    call.say("Marta leaves me alone, we meet on Mondays and she signs the payroll without questions.");
    call.hear_out();
    call.say("Mornings are receipts and bank statements, afternoons I phone suppliers about missing paperwork.");
    call.hear_out();
    call.say("Nine.");
    call.hear_out();
    call.say("By email.");
    assert!(call.now_asking().contains("Goodbye"), "{}", call.now_asking());
    call.hear_out();
    assert!(call.hung_up && call.interview.is_over());
    assert_eq!(call.ended(), Some((EndStatus::Completed, None)));
    assert_eq!(call.asked(), ["kind", "manager", "hours", "rating", "how"]);
    assert_eq!(call.response("kind").text, WORK);
    assert_eq!(call.response("rating").text, "Nine.");
    assert!(call.outputs.contains(&Output::StartRecording));
    assert_eq!(call.overlaps, 0);
    assert_eq!(call.stops, 0);
    let numbers: Vec<(u32, u32)> = call
        .notices()
        .filter_map(|n| if let Notice::Question { number, of, .. } = n { Some((*number, *of)) } else { None })
        .collect();
    assert_eq!(numbers, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
    call.assert_replays(Settings::default());
}

#[test]
fn a_terse_respondent_is_asked_once_more_and_a_declined_question_never_again() {
    let mut call = Call::begun();
    call.say("Books.");
    call.hear_out();
    assert_eq!(call.kinds().iter().filter(|k| **k == "question_asked").count(), 2, "{:?}", call.kinds());
    call.say("Just books.");
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    call.hear_out();
    call.say("I would rather not talk about that.");
    assert_eq!(call.now_asking(), "What does a usual day look like?");
    call.hear_out();
    assert_eq!(call.response("manager").flags, ["declined"]);
    call.say("I don't know.");
    call.hear_out();
    call.say("Three.");
    assert_eq!(call.now_asking(), "What bothers you most about them?");
    call.hear_out();
    call.say("They crash.");
    call.hear_out();
    call.say("Email.");
    call.hear_out();
    assert_eq!(call.ended(), Some((EndStatus::Completed, None)));
    let follow_ups: Vec<_> = call.responses().into_iter().filter(|r| r.is_follow_up).collect();
    assert_eq!(follow_ups.len(), 2);
    assert_eq!(call.response("hours").flags, ["dont_know"]);
    call.assert_replays(Settings::default());
}

#[test]
fn a_refusal_leaves_one_event_and_no_words() {
    let mut call = Call::new(guide(), Settings::default());
    call.give(Input::Connected);
    call.hear_out();
    call.say("No, thank you, I'm cooking.");
    call.hear_out();
    if call.ended().is_none() {
        assert_eq!(call.last_spoken(), "Shall I end the call?");
        call.say("Yes.");
        call.hear_out();
    }
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("consent_declined"))));
    let refused = call
        .events
        .iter()
        .filter(|(_, e)| matches!(e, Event::ConsentAnswered { recording: false, given: false }))
        .count();
    assert_eq!(refused, 1);
    assert!(call.events.iter().all(|(_, e)| !e.is_personal()), "{:?}", call.kinds());
    let log = format!("{:?}", call.events);
    assert!(!log.contains("cooking"));
    assert!(!call.outputs.contains(&Output::StartRecording));
    assert!(call.hung_up);
    call.assert_replays(Settings::default());
}

#[test]
fn after_a_second_unclear_answer_the_link_stays_good() {
    let mut call = Call::new(guide(), Settings::default());
    call.give(Input::Connected);
    call.hear_out();
    call.say("Maybe, it depends.");
    assert!(call.now_asking().contains("Would you like to take part"), "{}", call.now_asking());
    call.hear_out();
    call.say("The weather is nice.");
    call.hear_out();
    assert_eq!(call.ended(), None);
    assert!(call.hung_up && call.interview.state().postponed);
    assert!(
        call.events.iter().any(|(_, e)| matches!(e, Event::Postponed { reason: Postponement::ConsentUnclear, .. }))
    );
    assert!(call.events.iter().all(|(_, e)| !e.is_personal()), "{:?}", call.kinds());
    assert_eq!(call.kinds().iter().filter(|k| **k == "consent_asked").count(), 2);
    call.assert_replays(Settings::default());
    // The next joining begins with the question again.
    let events: Vec<_> = call.events.clone();
    let again = Interview::replay(guide(), Settings::default(), events.iter().map(|(at, e)| (*at, e)));
    let mut call = Call::around(again, call.now + 1_000);
    call.give(Input::Connected);
    call.hear_out();
    call.say("Yes.");
    assert_eq!(call.now_asking(), "May I record this conversation?");
}

#[test]
fn without_consent_to_record_the_interview_goes_on() {
    let mut call = Call::new(guide(), Settings::default());
    call.give(Input::Connected);
    call.hear_out();
    call.say("Sure.");
    call.hear_out();
    call.say("No.");
    assert_eq!(call.now_asking(), "What kind of work do you do?");
    assert!(!call.outputs.contains(&Output::StartRecording));
    let mut call = Call::new(guide(), Settings { recording: false, ..Settings::default() });
    call.give(Input::Connected);
    call.hear_out();
    call.say("Sure.");
    assert_eq!(call.now_asking(), "What kind of work do you do?");
}

#[test]
fn repeating_belongs_to_the_same_asking() {
    let mut call = Call::begun();
    call.say("Sorry, could you repeat that?");
    assert_eq!(call.now_asking(), "What kind of work do you do?");
    call.hear_out();
    call.say(WORK);
    call.hear_out();
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert!(
        call.events
            .iter()
            .any(|(_, e)| matches!(e, Event::QuestionRepeated { asking: 1, reason: RepeatReason::Requested, .. }))
    );
    assert_eq!(call.response("kind").text, WORK);
}

#[test]
fn waiting_is_granted() {
    let mut call = Call::begun();
    call.speak("Wait a moment, please.");
    call.wait(20_000);
    assert!(call.playing.is_none(), "{:?}", call.playing);
    call.wait(16_000);
    assert_eq!(call.last_spoken(), "Take your time.");
    call.say(WORK);
    call.hear_out();
    assert_eq!(call.response("kind").text, WORK);
}

#[test]
fn stopping_ends_politely_and_says_so() {
    let mut call = Call::begun();
    call.say(WORK);
    call.hear_out();
    call.say("I want to stop.");
    assert!(call.now_asking().contains("we can stop here"));
    call.hear_out();
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_stopped"))));
    assert_eq!(call.response("kind").text, WORK);
}

#[test]
fn somebody_who_wants_a_person_is_noted_and_the_interview_goes_on() {
    let mut call = Call::begun();
    call.say("Can I talk to a real person?");
    assert!(call.kinds().contains(&"person_requested"));
    assert_eq!(call.now_asking(), "What kind of work do you do?");
    call.hear_out();
    call.say("I want to speak to a person.");
    assert_eq!(call.now_asking(), "Would you like to stop the interview here?");
    call.hear_out();
    call.say("Yes.");
    call.hear_out();
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("person_requested"))));
}

#[test]
fn an_answer_off_the_scale_is_reworded_once_and_then_taken() {
    let mut call = Call::begun();
    for _ in 0..3 {
        call.say("I don't know.");
        call.hear_out();
    }
    assert_eq!(call.asked().last(), Some(&"rating"));
    call.say("Purple.");
    assert!(call.now_asking().starts_with("Please answer with a number from 1 to 10."));
    call.hear_out();
    call.say("Still purple.");
    call.hear_out();
    assert_eq!(call.response("rating").flags, ["out_of_options"]);
    assert_eq!(call.response("rating").text, "Purple. Still purple.");
    assert_eq!(call.asked().last(), Some(&"how"));
}

#[test]
fn silence_is_asked_once_more_and_three_in_a_row_end_the_call() {
    let mut call = Call::begun();
    call.wait(12_000);
    assert!(call.spoken.iter().any(|s| s.starts_with("Are you still there?")), "{:?}", call.spoken);
    call.wait(100_000);
    assert!(call.hung_up);
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("no_answer"))));
    assert_eq!(call.responses().len(), 3);
    assert!(call.responses().iter().all(|r| r.flags == ["no_answer"] && r.text.is_empty()));
    call.assert_replays(Settings::default());
}

#[test]
fn when_time_runs_short_optional_questions_go_first() {
    let settings = Settings { timeout_ms: 150_000, ..Settings::default() };
    let mut call = Call::new(guide(), settings);
    call.give(Input::Connected);
    call.hear_out();
    call.say("Yes.");
    call.hear_out();
    call.say("Yes.");
    call.hear_out();
    call.say(WORK);
    call.hear_out();
    call.say("Marta leaves me alone, we meet on Mondays and she signs the payroll.");
    call.hear_out();
    assert_eq!(call.asked(), ["kind", "manager", "rating"]);
    assert!(call.events.iter().any(|(_, e)| matches!(e, Event::QuestionSkipped { question_id, reason, .. } if question_id == "hours" && reason == "time_short")));
}

#[test]
fn the_consent_questions_are_short() {
    let mut call = Call::new(guide(), Settings { respondent_name: Some("Dana".into()), ..Settings::default() });
    call.give(Input::Connected);
    call.hear_out();
    let greeting = call.last_spoken().to_owned();
    assert!(greeting.starts_with("Hello, Dana. I am an automated interviewer."), "{greeting}");
    assert!(greeting.contains("5 minutes") && greeting.contains("Bookkeeping today"), "{greeting}");
    call.say("Yes.");
    call.hear_out();
    let words = greeting.split_whitespace().count() + call.last_spoken().split_whitespace().count();
    // At 150 words a minute, 20 s are 50 words.
    assert!(words < 50, "{words}");
}

#[test]
fn branches_choose_the_next_section_and_skip_conditions_leave_one_out() {
    let text = r"
name: Paths
research_objective: Where branches lead
sections:
  - {section_name: Start, questions: [{id: start, text: 'Do you own a car?', type: closed, required: true}]}
  - {section_name: Trains, skip_conditions: ['start: answer is yes'],
     questions: [{id: train, text: 'Which train do you take?', required: true}]}
  - {section_name: Walking, questions: [{id: walk, text: 'How far do you walk?', required: true, max_follow_ups: 0}]}
  - {section_name: Cars, questions: [{id: car, text: 'Where do you park?', required: true, max_follow_ups: 0}]}
adaptive_rules:
  branching_logic: [{condition: 'start: answer is yes', target_section: Cars}]
";
    let guide = std::sync::Arc::new(interview::guide::parse(text).unwrap());
    let mut call = Call::new(guide, Settings { recording: false, ..Settings::default() });
    call.give(Input::Connected);
    call.hear_out();
    for answer in ["Yes.", "Yes.", "In a garage behind the baker's.", "Two miles every morning with my dog."] {
        call.say(answer);
        call.hear_out();
    }
    assert_eq!(call.asked(), ["start", "car", "walk"]);
    assert!(call.kinds().contains(&"branched") && call.kinds().contains(&"section_skipped"));
    assert_eq!(call.ended(), Some((EndStatus::Completed, None)));
    let completion = interview::score::completion(call.interview.guide(), call.interview.state());
    assert_eq!((completion.answered, completion.required), (3, 3));
}
