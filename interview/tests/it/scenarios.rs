//! Whole interviews and the moments that go wrong in them, told as conversations.

use crate::support::{Call, guide};
use interview::io::{Command, EndStatus, Event, Input, Notice, Output, RepeatReason};
use interview::{Interview, Settings};

const WORK: &str = "I keep the books for eleven small shops and restaurants around Leeds, mostly from home.";

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
fn a_second_unclear_answer_is_a_refusal() {
    let mut call = Call::new(guide(), Settings::default());
    call.give(Input::Connected);
    call.hear_out();
    call.say("Who is this?");
    assert!(call.now_asking().contains("clear yes or no"));
    call.hear_out();
    call.say("The weather is nice.");
    call.hear_out();
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("consent_declined"))));
    assert_eq!(call.kinds().iter().filter(|k| **k == "consent_asked").count(), 2);
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
    call.wait(12_000);
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
fn an_interruption_near_the_end_of_a_question_is_its_answer() {
    let mut call = Call::begun();
    call.say(WORK);
    let playing = call.playing.clone().unwrap();
    let length = playing.lines.join(" ").len() as u64 * 60;
    call.wait(length - 700);
    call.say("Marta leaves me alone, and she signs the payroll without questions.");
    assert_eq!(call.stops, 1);
    call.hear_out();
    assert!(call.outputs.contains(&Output::Duck));
    assert_eq!(call.response("manager").text, "Marta leaves me alone, and she signs the payroll without questions.");
    assert_eq!(call.asked().iter().filter(|id| **id == "manager").count(), 1);
}

#[test]
fn an_interruption_at_the_beginning_brings_the_question_again_and_loses_no_word() {
    let mut call = Call::begun();
    call.say(WORK);
    call.wait(1_100);
    call.say("Also I paint houses.");
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    call.hear_out();
    call.say("Well enough, Marta is patient with my invoices.");
    call.hear_out();
    assert!(
        call.events.iter().any(|(_, e)| matches!(e, Event::QuestionRepeated { reason: RepeatReason::Resumed, .. }))
    );
    assert!(call.response("manager").text.contains("paint houses"), "{}", call.response("manager").text);
    assert_eq!(call.asked().iter().filter(|id| **id == "manager").count(), 1);
}

#[test]
fn words_over_a_question_that_has_hardly_begun_still_belong_to_the_answer_before() {
    let mut call = Call::begun();
    call.say(WORK);
    let answer = call.spoken.len();
    call.wait(500);
    call.say("Also I paint houses.");
    call.hear_out();
    assert!(call.spoken.len() > answer, "the question is put again, in full");
    assert!(call.response("kind").text.ends_with("Also I paint houses."), "{}", call.response("kind").text);
    assert_eq!(call.asked().iter().filter(|id| **id == "manager").count(), 1);
    call.assert_replays(Settings::default());
}

#[test]
fn words_right_after_an_answer_still_belong_to_it() {
    let mut call = Call::begun();
    call.say("I keep the books for eleven small shops around Leeds.");
    assert!(call.playing.is_some());
    call.wait(100);
    call.say("And for two restaurants in Bradford.");
    call.hear_out();
    assert_eq!(
        call.response("kind").text,
        "I keep the books for eleven small shops around Leeds. And for two restaurants in Bradford."
    );
    assert_eq!(call.responses().len(), 1);
}

#[test]
fn a_back_channel_or_a_cough_leaves_us_speaking() {
    let mut call = Call::begun();
    call.say(WORK);
    call.wait(900);
    call.speak("Okay.");
    assert_eq!(call.stops, 0);
    assert!(call.outputs.contains(&Output::Unduck));
    call.hear_out();
    call.cough(200);
    assert!(call.playing.is_none());
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert!(call.kinds().contains(&"not_understood"));
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
    call.say("Well.");
    call.hear_out();
    assert_eq!(call.asked(), ["kind", "manager", "rating"]);
    assert!(call.events.iter().any(|(_, e)| matches!(e, Event::QuestionSkipped { question_id, reason, .. } if question_id == "hours" && reason == "time_short")));
}

#[test]
fn a_lost_peer_pauses_the_clock_and_the_same_asking_is_taken_up() {
    let mut call = Call::begun();
    call.say(WORK);
    call.hear_out();
    call.give(Input::PeerLost);
    call.playing = None;
    call.wait(1_000_000);
    assert_eq!(call.ended(), None);
    call.give(Input::Connected);
    assert_eq!(call.now_asking(), "How do you get on with your manager?");
    assert_eq!(call.asked(), ["kind", "manager"]);
    call.assert_replays(Settings::default());

    // The same from the log alone, on another machine.
    let events = call.events.clone();
    let again = Interview::replay(guide(), Settings::default(), events.iter().map(|(at, e)| (*at, e)));
    let mut resumed = Call::around(again, call.now);
    resumed.give(Input::Connected);
    assert_eq!(resumed.now_asking(), "How do you get on with your manager?");
    assert!(resumed.asked().is_empty());
}

#[test]
fn words_before_a_loss_belong_to_the_answer_and_come_once() {
    let mut call = Call::begun();
    call.speak("I keep the books for");
    assert!(call.playing.is_none(), "the pause is no end");
    call.give(Input::PeerLost);
    call.wait(10_000);
    // The same leg comes back, with an ear that has heard all of it.
    call.give(Input::Connected);
    call.hear_out();
    call.say("three small shops in the old town.");
    call.hear_out();
    assert_eq!(call.response("kind").text, "I keep the books for three small shops in the old town.");
    assert_eq!(call.asked()[0], "kind");
    call.assert_replays(Settings::default());
}

#[test]
fn what_was_being_said_when_the_peer_was_lost_is_not_said_on() {
    let mut call = Call::begun();
    call.say(WORK);
    assert!(call.playing.is_some());
    call.give(Input::PeerLost);
    assert!(call.playing.is_none(), "nobody hears it");
    call.give(Input::Connected);
    assert_eq!(call.overlaps, 0);
    assert!(call.playing.is_some());
}

#[test]
fn pausing_and_leaving_on_command() {
    let mut call = Call::begun();
    call.command(Command::Pause);
    call.wait(100_000);
    assert!(call.playing.is_none());
    call.command(Command::Resume);
    assert_eq!(call.now_asking(), "What kind of work do you do?");
    call.hear_out();
    call.speak("I keep books and");
    call.command(Command::Leave);
    assert_eq!(call.ended(), Some((EndStatus::Cancelled, Some("respondent_left"))));
    assert_eq!(call.response("kind").text, "I keep books and");
    assert_eq!(call.response("kind").flags, ["cut_short"]);
    assert!(call.hung_up);
}

#[test]
fn a_hesitant_pause_is_not_cut_off() {
    let mut call = Call::begun();
    call.speak("I keep the books because");
    call.wait(2_000);
    assert!(call.playing.is_none(), "cut off after a hanging word");
    call.say("my father did and somebody had to, in a town of nine hundred people.");
    call.hear_out();
    assert!(call.response("kind").text.contains("because my father did"));
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
    // 150 words a minute: 20 s are 50 words.
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

#[test]
fn a_voice_that_fails_does_not_stall_the_call() {
    let mut call = Call::begun();
    call.say(WORK);
    let playing = call.playing.take().unwrap();
    call.give(Input::PlaybackStopped { utterance: playing.id, heard: String::new() });
    call.wait(9_000);
    assert_eq!(call.asked(), ["kind", "manager"]);
    assert!(call.now_asking().contains("manager") || call.last_spoken().contains("manager"));
}
