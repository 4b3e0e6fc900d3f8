//! Tests of a persona in calls that consist of levels and messages.
//!
//! Owns: a clock of its own. Never does: open a connection or wait.

use super::super::capture::FLOOR_DB;
use super::super::envelope::tests::speech;
use super::*;

const PERSONA: &str = r#"
name: Dana
voice: am_michael
consent: "I take part."
recording: "Record me."
answers:
  - {about: [work], say: "Bookkeeping.", then: "Four years."}
  - {about: [day], say: "Noise."}
  - {about: [score], say: "Seven."}
"#;

struct Call {
    policy: Policy,
    now: u64,
    expected: Envelope,
}

impl Call {
    fn new(behaviours: &str) -> Self {
        Self::of(&format!("{PERSONA}{behaviours}"))
    }

    fn of(persona: &str) -> Self {
        let persona = Persona::parse(persona, "test").unwrap();
        let questions = [("work", "What work?"), ("day", "How is a day?"), ("score", "Which score?")];
        let questions = questions.map(|(id, text)| (id.to_owned(), text.to_owned())).into();
        let expected = speech(7, 150);
        let by_id = [("day".to_owned(), expected.clone())].into();
        Self { policy: Policy::new(persona, questions, by_id), now: 0, expected }
    }

    /// Feeds packets of these levels. Returns what the persona begins to say, and when.
    fn packets(&mut self, levels: &[f32]) -> Vec<(u64, String)> {
        let mut said = Vec::new();
        for &db in levels {
            self.policy.heard(&Heard { arrived_ms: self.now, start_ms: self.now, db });
            self.now += 20;
            said.extend(self.policy.act(self.now).map(|act| (self.now, act.spoken.text())));
        }
        said
    }

    /// Lets the interviewer speak for 1 s and then listen for 3 s. What the persona says is
    /// finished at once.
    fn exchange(&mut self) -> Option<String> {
        self.tell(&Notice::state(CallState::Speaking));
        assert!(self.packets(&[-20.0; 50]).is_empty());
        self.tell(&Notice::state(CallState::Listening));
        let said = self.packets(&[FLOOR_DB; 150]);
        assert!(said.len() <= 1, "{said:?}");
        self.policy.said(self.now);
        said.into_iter().next().map(|(_, text)| text)
    }

    fn tell(&mut self, notice: &Notice) {
        self.policy.told(self.now, notice);
    }

    fn ask(&mut self, id: &str, follow_up_of: Option<&str>) {
        self.tell(&Notice::Question {
            id: id.to_owned(),
            section: "s".to_owned(),
            number: 1,
            of: 3,
            follow_up_of: follow_up_of.map(str::to_owned),
        });
    }

    fn consent(&mut self, participation: Option<bool>, recording: Option<bool>) {
        self.tell(&Notice::Consent { participation, recording });
    }

    fn consented(behaviours: &str) -> Self {
        Self::consented_as(&format!("{PERSONA}{behaviours}"))
    }

    fn consented_as(persona: &str) -> Self {
        let mut call = Self::of(persona);
        assert_eq!(call.exchange().as_deref(), Some("I take part."));
        call.consent(Some(true), None);
        assert_eq!(call.exchange().as_deref(), Some("Record me."));
        call.consent(Some(true), Some(true));
        call
    }
}

#[test]
fn consent_is_given_in_order_without_any_message() {
    let mut call = Call::new("");
    assert_eq!(call.exchange().as_deref(), Some("I take part."));
    assert_eq!(call.exchange().as_deref(), Some("Record me."));
    assert_eq!(call.exchange(), None, "the introduction asks nothing");
}

#[test]
fn consent_asked_again_is_given_again() {
    let mut call = Call::new("");
    call.consent(None, None);
    assert_eq!(call.exchange().as_deref(), Some("I take part."));
    assert_eq!(call.exchange().as_deref(), Some("I take part."));
    call.consent(Some(true), None);
    assert_eq!(call.exchange().as_deref(), Some("Record me."));
}

#[test]
fn questions_and_follow_ups_are_answered_after_a_moment() {
    let mut call = Call::consented("");
    assert_eq!(call.exchange(), None);
    call.ask("work", None);
    assert_eq!(call.exchange().as_deref(), Some("Bookkeeping."));
    call.ask("work", Some("work"));
    assert_eq!(call.exchange().as_deref(), Some("Four years."));
    call.ask("work", Some("work"));
    assert_eq!(call.exchange().as_deref(), Some("I have nothing to add."));
    call.ask("day", None);
    assert_eq!(call.exchange().as_deref(), Some("Noise."));
    assert_eq!(call.policy.askings().len(), 4);
}

#[test]
fn what_comes_before_an_answer_is_said_first_and_the_answer_when_the_interviewer_has_spoken_again() {
    let persona = PERSONA.replace("{about: [work],", "{about: [work], before: [\"Who asks?\", \"Why?\"],");
    let mut call = Call::consented_as(&persona);
    call.ask("work", None);
    assert_eq!(call.exchange().as_deref(), Some("Who asks?"));
    assert!(call.packets(&[FLOOR_DB; 500]).is_empty(), "nobody has answered that yet");
    call.ask("work", None);
    assert_eq!(call.exchange().as_deref(), Some("Why?"));
    assert_eq!(call.exchange().as_deref(), Some("Bookkeeping."));
    assert_eq!(call.policy.askings().len(), 1);
}

#[test]
fn nobody_answers_while_the_interviewer_thinks() {
    let mut call = Call::consented("");
    call.ask("work", None);
    call.packets(&[-20.0; 50]);
    call.tell(&Notice::state(CallState::Thinking));
    assert!(call.packets(&[FLOOR_DB; 500]).is_empty());
}

#[test]
fn an_answer_that_was_not_understood_is_said_again_in_the_same_asking() {
    let mut call = Call::consented("");
    call.ask("work", None);
    call.exchange();
    assert_eq!(call.exchange().as_deref(), Some("Bookkeeping."));
    call.ask("work", None);
    assert_eq!(call.exchange().as_deref(), Some("Bookkeeping."));
    assert_eq!(call.exchange(), None, "but not for ever");
    assert_eq!(call.policy.askings().len(), 1);
}

#[test]
fn the_third_question_is_asked_for_again_once() {
    let mut call = Call::consented("behaviours: {asks_to_repeat: true}");
    for id in ["work", "day"] {
        call.ask(id, None);
        call.exchange();
    }
    call.ask("score", None);
    assert_eq!(call.exchange().as_deref(), Some(REPEAT));
    call.ask("score", None);
    assert_eq!(call.exchange().as_deref(), Some("Seven."));
    assert_eq!(call.policy.askings().len(), 3);
}

#[test]
fn the_second_question_is_interrupted_one_second_before_its_end() {
    let mut call = Call::consented("behaviours: {interrupts: true}");
    call.ask("work", None);
    call.exchange();
    call.ask("day", None);
    call.tell(&Notice::state(CallState::Speaking));
    // An acknowledgement of 0.6 s comes first.
    let mut levels = speech(8, 30).levels().to_vec();
    levels.extend([FLOOR_DB; 10]);
    let begins = call.now + levels.len() as u64 * 20;
    levels.extend(call.expected.levels());
    let ends = begins + call.expected.duration_ms();
    let said = call.packets(&levels);
    assert_eq!(said, [(ends - 1_000, "Noise.".to_owned())]);
}
