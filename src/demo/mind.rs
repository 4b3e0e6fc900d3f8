//! When the persona speaks, and what.
//!
//! Owns: following the engine's messages and the loudness of its voice, and the behaviours of the persona. Pure: time
//! comes in as ms on the tape's clock. Never does: send, receive or measure anything.

use std::collections::HashMap;

use interview::io::{CallState, Notice};

use super::answers::AnswerBook;
use super::envelope::{Envelope, levels};
use super::persona::{Persona, REPEAT, Spoken};
use super::tape::{Asking, Heard, Purpose};

/// How long a person waits before answering.
const REACTION_MS: u64 = 700;
/// The same while the engine has never told its state.
const CAUTIOUS_MS: u64 = 1_500;
/// Silence after which we answer although the engine still claims to be speaking.
const STUCK_MS: u64 = 5_000;
/// Silence after which an answer that brought no new question is said again.
const SAY_AGAIN_MS: u64 = 2_500;
/// How often the same thing is said again at most.
const SAY_AGAIN: u32 = 2;
/// How long before the end of the second question an interrupting persona starts.
const INTERRUPT_MS: u64 = 1_000;
/// So much of a question's beginning is looked for in what is heard.
const RECOGNISE_MS: u64 = 1_200;

/// Something to be said now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub spoken: Spoken,
    pub purpose: Purpose,
}

/// The asking that waits for an answer, or had one.
#[derive(Debug, Clone, Default)]
struct Open {
    line: Option<Spoken>,
    said: u32,
    /// Put again (reworded, or taken up after an interruption) since the last answer.
    again: bool,
    repeat_requested: bool,
}

/// The persona's mind during a call.
#[allow(clippy::struct_excessive_bools, reason = "facts that hold or don't, in any combination")]
pub struct Mind {
    persona: Persona,
    book: AnswerBook,
    /// Texts of the guide's questions by id.
    questions: HashMap<String, String>,
    /// How the interviewer will sound asking them (only needed by personas that interrupt).
    expected: HashMap<String, Envelope>,
    state: Option<CallState>,
    participation: Option<bool>,
    recording: Option<bool>,
    consent_told: bool,
    consent_said: u32,
    recording_said: u32,
    /// The interviewer's last words mention recording.
    mentions_recording: bool,
    askings: Vec<Asking>,
    open: Option<Open>,
    speaking: bool,
    our_end: u64,
    last_audible: Option<u64>,
    since_opened: Vec<(u64, f32)>,
    question_began: Option<u64>,
    asked_to_repeat: bool,
    interrupted: bool,
}

impl Mind {
    pub fn new(persona: Persona, questions: HashMap<String, String>, expected: HashMap<String, Envelope>) -> Self {
        Self {
            book: AnswerBook::new(persona.clone()),
            persona,
            questions,
            expected,
            state: None,
            participation: None,
            recording: None,
            consent_told: false,
            consent_said: 0,
            recording_said: 0,
            mentions_recording: false,
            askings: Vec::new(),
            open: None,
            speaking: false,
            our_end: 0,
            last_audible: None,
            since_opened: Vec::new(),
            question_began: None,
            asked_to_repeat: false,
            interrupted: false,
        }
    }

    /// Every asking so far.
    pub fn askings(&self) -> &[Asking] {
        &self.askings
    }

    pub fn is_over(&self) -> bool {
        self.state == Some(CallState::Ended)
    }

    /// The engine said something on the events socket.
    pub fn told(&mut self, now: u64, notice: &Notice) {
        match notice {
            Notice::State { value } => self.state = Some(*value),
            Notice::Consent { participation, recording } => {
                self.consent_told = true;
                self.participation = *participation;
                self.recording = *recording;
            }
            Notice::Caption { speaker: interview::io::Speaker::Interviewer, text, .. } => {
                self.mentions_recording = text.to_lowercase().contains("record");
            }
            Notice::Question { id, section, follow_up_of, .. } => {
                self.asked(now, id, section, follow_up_of.as_deref());
            }
            Notice::Caption { .. } | Notice::Error { .. } => {}
        }
    }

    fn asked(&mut self, now: u64, id: &str, section: &str, follow_up_of: Option<&str>) {
        let same = self
            .askings
            .last()
            .is_some_and(|last| last.question_id == id && last.follow_up_of.as_deref() == follow_up_of);
        if let Some(open) = self.open.as_mut().filter(|_| same) {
            // Another follow-up may carry the same ids; a guide question put again belongs to the same asking.
            if open.said == 0 || follow_up_of.is_none() {
                open.again = open.said > 0;
                return;
            }
        }
        self.askings.push(Asking {
            question_id: id.to_owned(),
            section: section.to_owned(),
            follow_up_of: follow_up_of.map(str::to_owned),
            opened_ms: now,
        });
        self.open = Some(Open::default());
        self.since_opened.clear();
        self.question_began = None;
    }

    /// A packet of the interviewer's was received.
    pub fn heard(&mut self, heard: &Heard) {
        if heard.audible() {
            self.last_audible = Some(heard.start_ms);
        }
        if self.open.is_some() {
            self.since_opened.push((heard.start_ms, heard.db));
        }
    }

    /// What was begun has been said to its end.
    pub fn said(&mut self, now: u64) {
        self.speaking = false;
        self.our_end = now;
    }

    /// Called every packet: what to begin saying now, if anything.
    pub fn act(&mut self, now: u64) -> Option<Act> {
        if self.speaking || self.is_over() {
            return None;
        }
        let act = self.interruption(now).or_else(|| self.reply(now));
        self.speaking = act.is_some();
        act
    }

    fn reply(&mut self, now: u64) -> Option<Act> {
        let last = self.last_audible?;
        let patience = match self.state {
            Some(CallState::Listening) => REACTION_MS,
            None | Some(CallState::Connecting) => CAUTIOUS_MS,
            Some(CallState::Speaking) => STUCK_MS,
            Some(CallState::Thinking | CallState::Paused | CallState::Ended) => return None,
        };
        let quiet = now.saturating_sub(last);
        if quiet < patience {
            return None;
        }
        let spoken_since = last > self.our_end;
        let Some(open) = &self.open else { return self.consent(spoken_since) };
        let opened = self.askings.last()?.opened_ms;
        if open.said == 0 {
            let heard = if open.repeat_requested { spoken_since } else { last >= opened };
            return if heard { self.answer() } else { None };
        }
        let say_again = spoken_since && open.said <= SAY_AGAIN && (open.again || quiet >= SAY_AGAIN_MS);
        if say_again { self.answer() } else { None }
    }

    /// Consent is asked for before the first question: to taking part, then to being recorded.
    fn consent(&mut self, spoken_since: bool) -> Option<Act> {
        if !spoken_since {
            return None;
        }
        let participating = if self.consent_told && self.participation.is_some() {
            self.participation == Some(true)
        } else {
            self.consent_said > 0 && (!self.consent_told || self.mentions_recording)
        };
        if !participating {
            self.consent_said += 1;
            let act = Act { spoken: Spoken::plain(&self.persona.consent), purpose: Purpose::Consent };
            return (self.consent_said <= SAY_AGAIN).then_some(act);
        }
        if self.recording.is_some() {
            return None;
        }
        // Never told of any consent, the second thing said is taken for the second question, and no more.
        let times = if self.consent_told { SAY_AGAIN } else { 1 };
        self.recording_said += 1;
        let act = Act { spoken: Spoken::plain(&self.persona.recording), purpose: Purpose::Recording };
        (self.recording_said <= times).then_some(act)
    }

    fn guide_questions(&self) -> usize {
        self.askings.iter().filter(|asking| asking.follow_up_of.is_none()).count()
    }

    fn answer(&mut self) -> Option<Act> {
        let index = self.askings.len().checked_sub(1)?;
        let asking = &self.askings[index];
        let third = asking.follow_up_of.is_none() && self.guide_questions() == 3;
        let open = self.open.as_mut()?;
        if third && self.persona.behaviours.asks_to_repeat && !self.asked_to_repeat {
            self.asked_to_repeat = true;
            open.repeat_requested = true;
            return Some(Act { spoken: Spoken::plain(REPEAT), purpose: Purpose::Repeat(index) });
        }
        let spoken = match (&open.line, &asking.follow_up_of) {
            (Some(line), _) => line.clone(),
            (None, Some(parent)) => self.book.to_follow_up(parent),
            (None, None) => {
                let text = self.questions.get(&asking.question_id).map_or("", String::as_str);
                self.book.to_question(&asking.question_id, text)
            }
        };
        open.line = Some(spoken.clone());
        open.said += 1;
        open.again = false;
        Some(Act { spoken, purpose: Purpose::Answer(index) })
    }

    /// The second question of the guide, one second before its end.
    fn interruption(&mut self, now: u64) -> Option<Act> {
        let second = self.guide_questions() == 2 && self.askings.last()?.follow_up_of.is_none();
        let wanted = second && self.persona.behaviours.interrupts && !self.interrupted;
        if !wanted || self.open.as_ref()?.said > 0 {
            return None;
        }
        let asking = self.askings.last()?;
        let expected = self.expected.get(&asking.question_id)?;
        let from = asking.opened_ms;
        if self.question_began.is_none() {
            let heard = levels(self.since_opened.iter().copied(), from, now);
            let beginning = expected.beginning(RECOGNISE_MS);
            self.question_began = beginning.find_in(&heard).map(|at| from + at as u64 * super::tape::PACKET_MS);
        }
        // Not recognised: then the first sound since the message is taken for its beginning.
        let first = self.since_opened.iter().find(|(_, db)| *db >= super::tape::AUDIBLE_DB).map(|&(at, _)| at);
        let due = self.question_began.or(first)? + expected.duration_ms().saturating_sub(INTERRUPT_MS);
        if now < due {
            return None;
        }
        self.interrupted = true;
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use super::super::envelope::tests::speech;
    use super::super::tape::FLOOR_DB;
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
        mind: Mind,
        now: u64,
        expected: Envelope,
    }

    impl Call {
        fn new(behaviours: &str) -> Self {
            let persona = Persona::parse(&format!("{PERSONA}{behaviours}"), "test").unwrap();
            let questions = [("work", "What work?"), ("day", "How is a day?"), ("score", "Which score?")];
            let questions = questions.map(|(id, text)| (id.to_owned(), text.to_owned())).into();
            let expected = speech(7, 150);
            let by_id = [("day".to_owned(), expected.clone())].into();
            Self { mind: Mind::new(persona, questions, by_id), now: 0, expected }
        }

        /// Packets of these levels arrive; whatever the persona begins to say, and when.
        fn packets(&mut self, levels: &[f32]) -> Vec<(u64, String)> {
            let mut said = Vec::new();
            for &db in levels {
                self.mind.heard(&Heard { arrived_ms: self.now, start_ms: self.now, db });
                self.now += 20;
                said.extend(self.mind.act(self.now).map(|act| (self.now, act.spoken.text())));
            }
            said
        }

        /// The interviewer speaks for a second, then listens for three; what the persona says is finished at once.
        fn exchange(&mut self) -> Option<String> {
            self.tell(&Notice::State { value: CallState::Speaking });
            assert!(self.packets(&[-20.0; 50]).is_empty());
            self.tell(&Notice::State { value: CallState::Listening });
            let said = self.packets(&[FLOOR_DB; 150]);
            assert!(said.len() <= 1, "{said:?}");
            self.mind.said(self.now);
            said.into_iter().next().map(|(_, text)| text)
        }

        fn tell(&mut self, notice: &Notice) {
            self.mind.told(self.now, notice);
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
            let mut call = Self::new(behaviours);
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
        assert_eq!(call.mind.askings().len(), 4);
    }

    #[test]
    fn nobody_answers_while_the_interviewer_thinks() {
        let mut call = Call::consented("");
        call.ask("work", None);
        call.packets(&[-20.0; 50]);
        call.tell(&Notice::State { value: CallState::Thinking });
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
        assert_eq!(call.mind.askings().len(), 1);
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
        assert_eq!(call.mind.askings().len(), 3);
    }

    #[test]
    fn the_second_question_is_interrupted_one_second_before_its_end() {
        let mut call = Call::consented("behaviours: {interrupts: true}");
        call.ask("work", None);
        call.exchange();
        call.ask("day", None);
        call.tell(&Notice::State { value: CallState::Speaking });
        // An acknowledgement of 0.6 s comes first.
        let mut levels = speech(8, 30).levels().to_vec();
        levels.extend([FLOOR_DB; 10]);
        let begins = call.now + levels.len() as u64 * 20;
        levels.extend(call.expected.levels());
        let ends = begins + call.expected.duration_ms();
        let said = call.packets(&levels);
        assert_eq!(said, [(ends - 1_000, "Noise.".to_owned())]);
    }
}
