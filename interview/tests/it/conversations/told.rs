//! The steps of a random conversation, and a conversation that consists of them.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::OnceLock;

use interview::Settings;
use interview::io::{Event, Input, Ms, Pending, Word};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::{Call, guide};

/// Something to say, and the meaning that the sets give it.
#[derive(Debug, Clone)]
pub struct Utterance {
    pub asked: String,
    pub kind: String,
    pub name: String,
    pub text: String,
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

pub const ORDINARY: [&str; 14] = [
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

/// Every utterance of the sets, and those that are certainly answers.
pub fn utterances() -> &'static [Utterance] {
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
pub enum Act {
    /// Says something from the sets, and hears the reaction to its end.
    Exchange(prop::sample::Index),
    /// The same with ordinary answers.
    Answer(usize),
    /// Says something this long after whatever is going on, without listening to the reaction.
    Interrupt(prop::sample::Index, Ms),
    /// Says words of which recognition is unsure.
    Mumble(prop::sample::Index),
    Cough(Ms),
    Silence(Ms),
    Lose(Ms),
    Die,
}

pub fn act() -> impl Strategy<Value = Act> {
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
pub struct Told {
    pub call: Call,
    pub settings: Settings,
    /// What was said, by the time at which its first word began.
    pub said: BTreeMap<Ms, Utterance>,
    /// Words of which no engine has a log, because it died before the turn was over.
    pub died: HashSet<Ms>,
}

impl Told {
    pub fn new(settings: Settings) -> Self {
        let mut call = Call::new(guide(), settings.clone());
        call.give(Input::Connected);
        call.hear_out();
        Self { call, settings, said: BTreeMap::new(), died: HashSet::new() }
    }

    pub fn perform(&mut self, act: &Act) {
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

    pub fn answer(&mut self, text: &str) {
        let (asked, kind) = ("question".to_owned(), "answer".to_owned());
        self.say(Utterance { asked, kind, name: String::new(), text: text.to_owned() });
        self.call.hear_out();
    }

    pub fn say(&mut self, utterance: Utterance) {
        let text = utterance.text.clone();
        self.said.insert(self.call.now, utterance);
        self.call.say(&text);
    }

    /// The words that the interview had taken last before this event.
    pub fn turn_before(&self, event: usize) -> &[Word] {
        let taken = self.call.taken.iter().rev().find(|(at, words)| *at <= event && !words.is_empty());
        taken.map_or(&[], |(_, words)| words)
    }

    /// What was said in this turn.
    pub fn utterances_of(&self, words: &[Word]) -> Vec<&Utterance> {
        words.iter().filter_map(|word| self.said.get(&word.start_ms)).collect()
    }

    /// Everything that happened, for whoever has to find a fault.
    pub fn told(&self) -> String {
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

    pub fn events(&self) -> impl DoubleEndedIterator<Item = (usize, &Event)> {
        self.call.events.iter().map(|(_, event)| event).enumerate()
    }

    /// The interviewer's own question that was settled last before this event.
    pub fn confirmed_before(&self, at: usize) -> Option<Pending> {
        let (settled, _) =
            self.events().take(at).filter(|(_, one)| matches!(one, Event::ConfirmationSettled)).last()?;
        let taken = self.call.taken.iter().rev().find(|(before, words)| *before <= at && !words.is_empty())?.0;
        let asked = self.events().take(settled).filter_map(|(_, one)| match one {
            Event::ConfirmationAsked { about } => Some(*about),
            _ => None,
        });
        // It was settled by the reply that was just given.
        (settled >= taken).then(|| asked.last()).flatten()
    }
}
