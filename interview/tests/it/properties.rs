//! Properties that always hold: random conversations, and inputs that no driver would send.

use std::collections::HashSet;

use crate::support::{Call, guide};
use interview::guide::Action;
use interview::io::{Command, EndStatus, Event, Input, Output, Proposal, Rejection, Transcript, Word};
use interview::{Interview, Settings};
use proptest::prelude::*;

const TEXTS: &[&str] = &[
    "Yes.",
    "Yes, that's fine.",
    "No.",
    "Maybe.",
    "Seven.",
    "By email.",
    "I keep the books for eleven small shops in Leeds.",
    "Well, um, I guess it depends.",
    "And then, because",
    "I would rather not talk about that.",
    "I don't know.",
    "Could you repeat that?",
    "Wait a moment.",
    "Mm-hm.",
    "It crashes all the time and I hate it.",
    "I have nothing to add.",
    "Can I talk to a real person?",
    "I want to stop.",
];

#[derive(Debug, Clone)]
enum Act {
    Say(usize),
    /// Says something, and hears the reaction to its end.
    Answer(usize),
    /// Speaks without listening to the reaction.
    Speak(usize),
    Cough(u64),
    HearOut,
    Wait(u64),
    Lose,
    Connect,
    Command(Command),
}

fn act() -> impl Strategy<Value = Act> {
    // The last texts end interviews, so they occur less often.
    prop_oneof![
        5 => (0..TEXTS.len() - 2).prop_map(Act::Say),
        8 => (0..TEXTS.len() - 2).prop_map(Act::Answer),
        1 => (0..TEXTS.len()).prop_map(Act::Say),
        3 => (0..TEXTS.len() - 2).prop_map(Act::Speak),
        1 => (50_u64..3_000).prop_map(Act::Cough),
        5 => Just(Act::HearOut),
        3 => (0_u64..12_000).prop_map(Act::Wait),
        1 => Just(Act::Lose),
        2 => Just(Act::Connect),
        1 => prop_oneof![
            3 => Just(Command::Repeat),
            3 => Just(Command::Resume),
            2 => Just(Command::Pause),
            1 => Just(Command::Leave)
        ]
        .prop_map(Act::Command),
    ]
}

fn perform(call: &mut Call, act: &Act) {
    match act {
        Act::Say(text) => call.say(TEXTS[*text]),
        Act::Answer(text) => {
            call.say(TEXTS[*text]);
            call.hear_out();
        }
        Act::Speak(text) => call.speak(TEXTS[*text]),
        Act::Cough(ms) => call.cough(*ms),
        Act::HearOut => call.hear_out(),
        Act::Wait(ms) => call.wait(*ms),
        Act::Lose => call.give(Input::PeerLost),
        Act::Connect => {
            call.give(Input::PeerLost);
            call.give(Input::Connected);
        }
        Act::Command(command) => call.command(*command),
    }
}

/// Whether no event holds words before a clear yes.
fn silent_before_consent(events: &[(u64, Event)]) -> bool {
    let yes = |e: &Event| matches!(e, Event::ConsentAnswered { recording: false, given: true });
    events.iter().take_while(|(_, e)| !yes(e)).all(|(_, e)| !e.is_personal())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn conversations_keep_the_rules(
        acts in prop::collection::vec(act(), 1..80),
        consents in prop::bool::weighted(0.85),
        timeout in prop_oneof![Just(3_600_000_u64), 30_000_u64..300_000],
    ) {
        let settings = Settings { timeout_ms: timeout, ..Settings::default() };
        let mut call = Call::new(guide(), settings.clone());
        call.give(Input::Connected);
        if consents {
            call.hear_out();
            call.say("Yes.");
            call.hear_out();
            call.say("Yes.");
        }
        for act in &acts {
            perform(&mut call, act);
        }

        let asked = call.asked();
        prop_assert_eq!(asked.iter().collect::<HashSet<_>>().len(), asked.len(), "a question was put twice");
        let follow_ups: Vec<&str> = call.events.iter().filter_map(|(_, e)| match e {
            Event::QuestionAsked { text, follow_up_of: Some(_), .. } => Some(text.as_str()),
            _ => None,
        }).collect();
        prop_assert_eq!(follow_ups.iter().collect::<HashSet<_>>().len(), follow_ups.len(), "a follow-up was put twice");
        let answered: Vec<u32> = call.responses().iter().map(|r| r.asking).collect();
        prop_assert_eq!(answered.iter().collect::<HashSet<_>>().len(), answered.len(), "an asking was answered twice");
        prop_assert!(silent_before_consent(&call.events), "words before consent");
        prop_assert_eq!(call.overlaps, 0, "the interviewer spoke over the respondent");
        let guide = guide();
        let required: HashSet<&str> =
            guide.questions().filter(|(_, q)| q.required).map(|(_, q)| q.id.as_str()).collect();
        for (at, event) in &call.events {
            if let Event::QuestionSkipped { question_id, reason, .. } = event
                && required.contains(question_id.as_str())
            {
                let over = *at + 8_000 >= timeout.min(600_000);
                prop_assert!(reason == "no_answer" || (reason == "time_up" && over), "{question_id} skipped: {reason} at {at}");
            }
        }
        if call.ended() == Some((EndStatus::Completed, None)) {
            prop_assert!(required.iter().all(|id| asked.contains(id)), "a required question was left out");
        }
        let replayed = Interview::replay(guide.clone(), settings, call.events.iter().map(|(at, e)| (*at, e)));
        prop_assert_eq!(replayed.state(), call.interview.state());
        let (over, postponed) = (call.interview.is_over(), call.interview.state().postponed);
        prop_assert!(!over || call.hung_up, "over, and nobody hung up");
        prop_assert!(!call.hung_up || over || postponed, "hung up on somebody");
    }

    #[test]
    fn nonsense_never_panics(
        begun in any::<bool>(),
        inputs in prop::collection::vec((0_u64..20_000, nonsense()), 0..80),
    ) {
        let settings = Settings::default();
        let call = if begun { Call::begun() } else { Call::new(guide(), settings.clone()) };
        let (mut interview, mut now, mut events) = (call.interview, call.now, call.events);
        for (step, input) in inputs {
            now += step;
            for output in interview.handle(now, input) {
                if let Output::Record(event) = output {
                    events.push((now, event));
                }
            }
        }
        prop_assert!(silent_before_consent(&events));
        let replayed = Interview::replay(guide(), settings, events.iter().map(|(at, e)| (*at, e)));
        prop_assert_eq!(replayed.state(), interview.state());
    }

    #[test]
    fn any_text_is_a_guide_or_a_list_of_problems(text in ".{0,200}") {
        if let Err(problems) = interview::guide::parse(&text) {
            prop_assert!(!problems.is_empty());
        }
    }
}

fn nonsense() -> impl Strategy<Value = Input> {
    let words = prop::collection::vec(("[a-zA-Z0-9.,? ]{0,12}", any::<u64>(), any::<f32>()), 0..4).prop_map(|words| {
        words
            .into_iter()
            .map(|(text, at, confidence)| Word { text, start_ms: at, end_ms: at / 2, confidence })
            .collect::<Vec<_>>()
    });
    let pause = 0_u32..12;
    prop_oneof![
        2 => Just(Input::Connected),
        2 => (0..TEXTS.len(), pause.clone()).prop_map(|(text, pause)| Input::Transcribed {
            pause,
            transcript: Transcript {
                words: vec![Word { text: TEXTS[text].into(), start_ms: 1, end_ms: 2, confidence: 0.5 }],
                rejected: None,
            },
        }),
        2 => (words, pause.clone(), any::<bool>()).prop_map(|(words, pause, rejected)| Input::Transcribed {
            pause,
            transcript: Transcript { words, rejected: rejected.then_some(Rejection::Failed) },
        }),
        3 => any::<u64>().prop_map(|at| Input::SpeechStarted { at }),
        3 => any::<u64>().prop_map(|end| Input::SpeechPaused { end }),
        2 => (pause.clone(), any::<f32>()).prop_map(|(pause, probability)| Input::TurnJudged { pause, probability }),
        1 => (pause, any::<u8>()).prop_map(|(pause, priority)| Input::Proposed {
            pause,
            proposals: vec![Proposal {
                action: Action::Probe,
                text: "Why?".into(),
                why: String::new(),
                priority,
                source: "test".into(),
            }],
        }),
        2 => (0_u32..12).prop_map(|utterance| Input::PlaybackStarted { utterance }),
        2 => (0_u32..12).prop_map(|utterance| Input::PlaybackFinished { utterance }),
        2 => (0_u32..12, ".{0,40}").prop_map(|(utterance, heard)| Input::PlaybackStopped { utterance, heard }),
        1 => Just(Input::PeerLost),
        1 => prop_oneof![Just(Command::Pause), Just(Command::Resume), Just(Command::Repeat)].prop_map(Input::Command),
        4 => Just(Input::Timer),
    ]
}
