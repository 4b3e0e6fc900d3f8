//! Thousands of random conversations. Whatever is said, in whatever order, nobody is hung up on,
//! nothing said is lost, and nothing is done without consent.
//!
//! What is said comes from the development half of the sets on which understanding is measured, and
//! from ordinary answers, mixed with silence, interruptions, lost connections and engines that die.
//! The variable `CONVERSATIONS` is the number of conversations: `CONVERSATIONS=10000 cargo nextest
//! run -p interview random_conversations`.

mod told;

use std::collections::{BTreeMap, HashSet};

use interview::Settings;
use interview::io::{EndStatus, Event, Ms, Output, Pending, Phase, Postponement};
use interview::language::Language;
use interview::understanding::{Kind, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use told::{Told, act};

/// Nothing is asked or recorded except after a yes, and no refusal is a yes.
fn consent_is_never_assumed(told: &Told) -> Result<(), TestCaseError> {
    let (mut takes_part, mut recorded) = (false, false);
    for (at, event) in told.events() {
        match event {
            Event::ConsentAnswered { recording, given: true } => {
                let words = told.turn_before(at);
                let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32;
                prop_assert!(!words.is_empty() && confidence >= 0.6, "nobody said yes: {words:?}");
                let asked = if *recording { "recording" } else { "participation" };
                for one in told.utterances_of(words) {
                    let refuses = one.kind == "consent" && one.name == "no" && one.asked == asked;
                    prop_assert!(!refuses, "{:?} began the interview, or its recording", one.text);
                }
                prop_assert!(!recording || takes_part);
                *(if *recording { &mut recorded } else { &mut takes_part }) = true;
            }
            Event::QuestionAsked { .. } => prop_assert!(takes_part, "asked before consent"),
            _ => prop_assert!(takes_part || !event.is_personal(), "words before consent: {event:?}"),
        }
    }
    let starts = told.call.outputs.iter().filter(|output| matches!(output, Output::StartRecording)).count();
    prop_assert_eq!(starts, usize::from(recorded));
    Ok(())
}

/// A respondent who is hung up on asked for it, or cannot be kept any longer.
fn nobody_is_hung_up_on(told: &Told) -> Result<(), TestCaseError> {
    for (at, event) in told.events() {
        let words = told.turn_before(at);
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let confirmed = told.confirmed_before(at);
        let state = told.call.interview.state();
        let why = match event {
            Event::ConsentAnswered { recording: false, given: false } => {
                // It was clear, or was confirmed.
                let refused = !told.utterances_of(words).iter().any(|one| one.kind == "consent" && one.name == "yes");
                confirmed == Some(Pending::EndCall) || refused
            }
            Event::PhaseEntered { phase: Phase::Closing } if state.consent == Some(true) => {
                let stop = Language::english().certain.read(&text, false) == Some(Kind::Request(Request::Stop));
                let done = Phase::Closing != state.phase
                    || told.call.interview.guide().questions().all(|(_, q)| state.is_settled(q));
                stop || done || matches!(confirmed, Some(Pending::Stop | Pending::Person | Pending::GoOn))
            }
            Event::Postponed { reason: Postponement::CallbackRequested, .. } => {
                matches!(confirmed, Some(Pending::Callback { .. }))
            }
            Event::Postponed { reason: Postponement::ChildOnTheLine, .. } => confirmed == Some(Pending::Adult),
            Event::Postponed { reason: Postponement::ConsentUnclear, .. } => {
                told.events()
                    .take(at)
                    .filter(|(_, one)| matches!(one, Event::ConsentAsked { recording: false }))
                    .count()
                    >= 2
            }
            Event::Ended { status, reason } => match reason.as_deref() {
                None => *status == EndStatus::Completed,
                Some("consent_declined") => state.consent == Some(false),
                Some("time_up") => told.call.now + 10_000 >= told.settings.timeout_ms.min(600_000),
                Some("no_answer") => told.call.responses().iter().rev().take(3).all(|one| one.flags == ["no_answer"]),
                // The respondent left during the farewell.
                Some("respondent_left") => told.events().take(at).any(|(_, one)| matches!(one, Event::LegLost { .. })),
                Some("respondent_stopped" | "person_requested" | "distress") => true,
                Some(_) => false,
            },
            _ => true,
        };
        prop_assert!(why, "{event:?} after {text:?}, confirmed {confirmed:?}");
    }
    let over = told.call.interview.is_over() || told.call.interview.state().postponed;
    prop_assert!(!told.call.hung_up || over, "hung up");
    Ok(())
}

/// Every word that was said after consent, and taken, is in an answer, in the begun one, or kept
/// besides.
fn nothing_said_is_lost(told: &Told) -> Result<(), TestCaseError> {
    let mut kept: HashSet<Ms> = HashSet::new();
    let mut consent = None;
    for (at, event) in &told.call.events {
        match event {
            Event::Answered { response } => kept.extend(response.words.iter().map(|word| word.start_ms)),
            Event::AnswerBegun { words, .. } | Event::SaidBeside { words, .. } => {
                kept.extend(words.iter().map(|word| word.start_ms));
            }
            Event::PhaseEntered { phase: Phase::Introduction } => consent = Some(*at),
            _ => {}
        }
    }
    let Some(consent) = consent else { return Ok(()) };
    let state = told.call.interview.state();
    if state.ended.is_some() {
        prop_assert!(state.carried.is_empty(), "begun and never stored: {:?}", state.carried);
    }
    // Words of a turn that was deleted are meant to be lost.
    let certain = &Language::english().certain;
    for (at, words) in &told.call.taken {
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let after = told.events().skip(*at).take(2);
        let wish = told.utterances_of(words).iter().any(|one| one.name == "delete");
        let struck = after.into_iter().any(|(_, event)| matches!(event, Event::AnswerStruck { .. }));
        let lost: Vec<&str> = words
            .iter()
            .filter(|word| {
                word.start_ms > consent && !kept.contains(&word.start_ms) && !told.died.contains(&word.start_ms)
            })
            .map(|word| word.text.as_str())
            .collect();
        let signs = certain.is_back_channel(&lost.join(" "));
        prop_assert!(lost.is_empty() || signs || struck || wish, "lost of {text:?}: {lost:?}");
    }
    Ok(())
}

/// How often each end was reached.
type Ends = BTreeMap<String, u32>;

fn hold(cases: u32, seed: u64) -> Result<Ends, String> {
    let config = Config { cases, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let conversations = (
        prop::collection::vec(act(), 1..40),
        prop::bool::weighted(0.8),
        prop_oneof![4 => Just(3_600_000_u64), 1 => 60_000_u64..300_000],
    );
    let ends = std::cell::RefCell::new(Ends::new());
    let mut seeds = [0; 32];
    seeds[..8].copy_from_slice(&seed.to_le_bytes());
    let chance = TestRng::from_seed(RngAlgorithm::ChaCha, &seeds);
    let outcome = TestRunner::new_with_rng(config, chance).run(&conversations, |(acts, consents, timeout_ms)| {
        let mut told = Told::new(Settings { timeout_ms, ..Settings::default() });
        if consents {
            told.answer("Yes.");
            told.answer("Yes.");
        }
        for act in &acts {
            told.perform(act);
        }
        consent_is_never_assumed(&told)
            .and_then(|()| nobody_is_hung_up_on(&told))
            .and_then(|()| nothing_said_is_lost(&told))
            .map_err(|fault| TestCaseError::fail(format!("{fault}; {}", told.told())))?;
        prop_assert_eq!(told.call.overlaps, 0, "the interviewer spoke over the respondent");
        told.call.assert_replays(told.settings.clone());
        let state = told.call.interview.state();
        let end = if state.postponed { "another time".to_owned() } else { format!("{:?}", state.ended) };
        *ends.borrow_mut().entry(end).or_default() += 1;
        Ok(())
    });
    outcome.map(|()| ends.into_inner()).map_err(|fault| fault.to_string())
}

#[test]
fn random_conversations_end_only_as_they_may_lose_nothing_and_assume_no_consent() {
    let all: u32 = std::env::var("CONVERSATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(250);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u32;
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let held: Vec<_> = (0..threads)
            .map(|thread| {
                let cases = all / threads + u32::from(thread < all % threads);
                scope.spawn(move || hold(cases, u64::from(thread)))
            })
            .collect();
        held.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut ends = Ends::new();
    for outcome in outcomes {
        for (end, count) in outcome.unwrap_or_else(|fault| panic!("{fault}")) {
            *ends.entry(end).or_default() += count;
        }
    }
    for (end, count) in &ends {
        println!("{count:6} {end}");
    }
    assert_eq!(ends.values().sum::<u32>(), all);
}
