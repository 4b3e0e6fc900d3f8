//! Thousands of random conversations: whatever is said, in whatever order, nobody is hung up on, nothing said is lost, and
//! nothing is done without consent.
//!
//! What is said is drawn from the development half of the sets by which understanding is measured, and from ordinary
//! answers, mixed with silence, interruptions, lost connections and dying engines. The variable `CONVERSATIONS` says how
//! many: `CONVERSATIONS=10000 cargo nextest run -p interview random_conversations`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use crate::support::{Call, guide};
use interview::Settings;
use interview::io::{EndStatus, Event, Input, Ms, Output, Pending, Phase, Postponement, Word};
use interview::language::Language;
use interview::understanding::{Kind, Request};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;

/// Something to say, and what it was written down as.
#[derive(Debug, Clone)]
struct Utterance {
    asked: String,
    kind: String,
    name: String,
    text: String,
}

#[derive(Deserialize)]
struct File {
    block: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    asked: toml::Value,
    kind: String,
    #[serde(alias = "value")]
    name: Option<String>,
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
}

const ORDINARY: [&str; 14] = [
    "I keep the books for eleven small shops in Leeds.",
    "Mostly by email, now and then on paper.",
    "Marta leaves me alone, we meet on Mondays.",
    "Seven.",
    "I'd say an eight.",
    "By email.",
    "By post.",
    "It crashes all the time and I hate it.",
    "I start at seven and I'm done by three.",
    "And then, because",
    "Well, it depends on the season.",
    "Yes.",
    "Yes, that's fine.",
    "No.",
];

/// Every utterance of the sets, and those that nobody would call anything but an answer.
fn utterances() -> &'static [Utterance] {
    static ALL: OnceLock<Vec<Utterance>> = OnceLock::new();
    ALL.get_or_init(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/understanding/development");
        let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let blocks = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml")).flat_map(|path| {
            toml::from_str::<File>(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|e| panic!("{e}")).block
        });
        blocks
            .flat_map(|block| {
                let texts = block.texts.into_iter().chain(block.cases.into_iter().map(|case| case.text));
                let asked = block.asked.as_str().unwrap_or("question").to_owned();
                let (kind, name) = (block.kind, block.name.unwrap_or_default());
                texts.map(move |text| Utterance { asked: asked.clone(), kind: kind.clone(), name: name.clone(), text })
            })
            .collect()
    })
}

#[derive(Debug, Clone)]
enum Act {
    /// Something from the sets, and then what comes back is heard out.
    Exchange(prop::sample::Index),
    /// The same of the ordinary answers.
    Answer(usize),
    /// Said so long after whatever is going on, without listening for what comes back.
    Interrupt(prop::sample::Index, Ms),
    /// Words of which recognition is unsure.
    Mumble(prop::sample::Index),
    Cough(Ms),
    Silence(Ms),
    Lose(Ms),
    Die,
}

fn act() -> impl Strategy<Value = Act> {
    let any = any::<prop::sample::Index>;
    prop_oneof![
        8 => any().prop_map(Act::Exchange),
        9 => (0..ORDINARY.len()).prop_map(Act::Answer),
        3 => (any(), 0_u64..4_000).prop_map(|(one, after)| Act::Interrupt(one, after)),
        1 => any().prop_map(Act::Mumble),
        1 => (50_u64..2_500).prop_map(Act::Cough),
        1 => (0_u64..20_000).prop_map(Act::Silence),
        1 => (0_u64..60_000).prop_map(Act::Lose),
        1 => Just(Act::Die),
    ]
}

/// A conversation, and what was said in it.
struct Told {
    call: Call,
    settings: Settings,
    /// By the time its first word began.
    said: BTreeMap<Ms, Utterance>,
    /// Words that no engine has a log of: it died before the turn was over.
    died: HashSet<Ms>,
}

impl Told {
    fn new(settings: Settings) -> Self {
        let mut call = Call::new(guide(), settings.clone());
        call.give(Input::Connected);
        call.hear_out();
        Self { call, settings, said: BTreeMap::new(), died: HashSet::new() }
    }

    fn perform(&mut self, act: &Act) {
        if self.call.hung_up {
            return;
        }
        let all = utterances();
        match act {
            Act::Exchange(index) => {
                self.say(index.get(all).clone());
                self.call.hear_out();
            }
            Act::Answer(index) => {
                self.answer(ORDINARY[*index]);
            }
            Act::Interrupt(index, after) => {
                self.call.wait(*after);
                if !self.call.hung_up {
                    self.said.insert(self.call.now, index.get(all).clone());
                    self.call.speak(&index.get(all).text);
                }
            }
            Act::Mumble(index) => {
                self.call.confidence = 0.4;
                self.say(index.get(all).clone());
                self.call.confidence = 0.95;
                self.call.hear_out();
            }
            Act::Cough(ms) => self.call.cough(*ms),
            Act::Silence(ms) => self.call.wait(*ms),
            Act::Lose(ms) => {
                self.call.give(Input::PeerLost);
                self.call.wait(*ms);
                if !self.call.hung_up {
                    self.call.give(Input::Connected);
                }
            }
            Act::Die => {
                self.died.extend(self.call.turn.iter().map(|word| word.start_ms));
                self.call.restart(self.settings.clone());
            }
        }
    }

    fn answer(&mut self, text: &str) {
        let (asked, kind) = ("question".to_owned(), "answer".to_owned());
        self.say(Utterance { asked, kind, name: String::new(), text: text.to_owned() });
        self.call.hear_out();
    }

    fn say(&mut self, utterance: Utterance) {
        let text = utterance.text.clone();
        self.said.insert(self.call.now, utterance);
        self.call.say(&text);
    }

    /// The words that the interview had taken last before this event.
    fn turn_before(&self, event: usize) -> &[Word] {
        let taken = self.call.taken.iter().rev().find(|(at, words)| *at <= event && !words.is_empty());
        taken.map_or(&[], |(_, words)| words)
    }

    /// What was said in this turn.
    fn utterances_of(&self, words: &[Word]) -> Vec<&Utterance> {
        words.iter().filter_map(|word| self.said.get(&word.start_ms)).collect()
    }

    /// All of it, for whoever has to find out why.
    fn told(&self) -> String {
        let said = self.said.iter().map(|(at, one)| format!("{at} {:?} ({} {})", one.text, one.kind, one.name));
        let events = self
            .call
            .events
            .iter()
            .filter(|(_, one)| !matches!(one, Event::Answered { .. } | Event::PhaseEntered { .. }));
        let events = events.map(|(at, one)| match one {
            Event::AnswerBegun { words, .. } => format!("{at} begun {}", words.len()),
            Event::SaidBeside { words, .. } => format!("{at} beside {}", words.len()),
            one => format!("{at} {one:?}"),
        });
        format!("{}\n{}", said.collect::<Vec<_>>().join("\n"), events.collect::<Vec<_>>().join("\n"))
    }

    fn events(&self) -> impl DoubleEndedIterator<Item = (usize, &Event)> {
        self.call.events.iter().map(|(_, event)| event).enumerate()
    }

    /// The question of ours that was settled last before this event.
    fn confirmed_before(&self, at: usize) -> Option<Pending> {
        let (settled, _) =
            self.events().take(at).filter(|(_, one)| matches!(one, Event::ConfirmationSettled)).last()?;
        let taken = self.call.taken.iter().rev().find(|(before, words)| *before <= at && !words.is_empty())?.0;
        let asked = self.events().take(settled).filter_map(|(_, one)| match one {
            Event::ConfirmationAsked { about } => Some(*about),
            _ => None,
        });
        // By the reply that was just given.
        (settled >= taken).then(|| asked.last()).flatten()
    }
}

/// Nothing is asked or recorded but after a yes; and none of the refusals is one.
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

/// Whoever is hung up on wanted it, or cannot be held any longer.
fn nobody_is_hung_up_on(told: &Told) -> Result<(), TestCaseError> {
    for (at, event) in told.events() {
        let words = told.turn_before(at);
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let confirmed = told.confirmed_before(at);
        let state = told.call.interview.state();
        let why = match event {
            Event::ConsentAnswered { recording: false, given: false } => {
                // Plain, or confirmed.
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
                // Gone while we said goodbye.
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

/// Every word that was said after consent, and taken, stands in an answer, in the begun one, or beside them.
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
    // Words of a turn that was struck out are meant to go.
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
    let all: u32 = std::env::var("CONVERSATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(500);
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
