//! What a respondent wants or asks who does not answer, and what is at stake besides: met, then the same asking goes on.
//!
//! Owns: requests, respondents' own questions, concerns, and our questions about them that want a yes or a no. Never
//! does: end anything on words that were not plain, or lose what was said beside a request.

use super::lines::{self, Farewell, fill};
use super::speaking::{Purpose, Speech};
use super::{Floor, Interview, Target};
use crate::io::{Event, Means, Ms, Output, Postponement, RepeatReason, When};
use crate::turn::text_of;
use crate::understanding::{Concern, Consent, Kind, Reading, Request, Topic};

/// Each "slower" takes so much of the speaking rate, down to [`SLOWEST`].
const SLOWER: f32 = 0.85;
const SLOWEST: f32 = 0.6;
/// Each "louder" adds so many dB, up to [`LOUDEST`].
const LOUDER: f32 = 4.0;
const LOUDEST: f32 = 12.0;

/// Speech may begin so long before it is noticed.
const ONSET_MS: Ms = 200;

/// A question of ours within the asking at hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pending {
    /// "Shall I end the call?", after a refusal that was not plain.
    EndCall,
    /// "You would take part, but without a recording: is that right?"
    Unrecorded,
    /// "Would you like to stop the interview here?"
    Stop,
    /// The same, of somebody who asked for a person twice.
    Person,
    /// "Would you like to do this another time?"
    Callback(Option<When>),
    /// "Shall I delete what was recorded before?"
    DeleteRecording,
    /// "Would you like to go on with the interview?", after distress.
    GoOn,
    /// "Is there a grown-up with you?"
    Adult,
    /// "Which of the two is it?": the next answer is one to the question itself.
    Which,
}

impl Interview {
    /// Meets what is met alike at consent and at any other question. False for what is none of that.
    pub(super) fn meet(&mut self, reading: &Reading, text: &str) -> bool {
        match reading.kind {
            Kind::Request(Request::Repeat) => self.repeat(),
            Kind::Request(Request::Person) => self.person_requested(),
            Kind::Request(Request::Callback) => {
                let when = self.language.times.when(text);
                self.confirm(Pending::Callback(when), self.lines().asides.callback.clone());
            }
            Kind::Request(Request::Slower | Request::Louder) => {
                let said = self.adjust(reading.kind == Kind::Request(Request::Slower));
                self.resume_asking(RepeatReason::Requested, vec![said]);
            }
            Kind::Request(Request::StopRecording) => {
                let from = self.turn_began();
                self.withdraw_recording(Means::Voice, from);
            }
            Kind::Question(Topic::Meaning) if self.target() == Target::Question => self.explain(),
            Kind::Question(topic) => {
                let said = self.answer_respondent(topic, text);
                self.resume_asking(RepeatReason::Resumed, vec![said]);
            }
            Kind::Concern(concern) => self.attend_to(concern),
            _ => return false,
        }
        true
    }

    fn repeat(&mut self) {
        match self.target() {
            Target::Question => self.again(RepeatReason::Requested, vec![self.lines().asides.of_course.clone()]),
            target => self.ask_consent(target == Target::Recording, false),
        }
    }

    /// The asking at hand goes on after something else was said.
    pub(super) fn resume_asking(&mut self, reason: RepeatReason, before: Vec<String>) {
        match self.target() {
            Target::Participation | Target::Recording => self.consent_after(before),
            Target::Question => self.again(reason, before),
            Target::Nothing => self.ask_next(before),
        }
    }

    /// Asks something of our own that wants a yes or a no.
    pub(super) fn confirm(&mut self, pending: Pending, text: String) {
        self.waiting.pending = Some(pending);
        self.say(Speech::new(vec![text], Purpose::Confirmation));
    }

    /// The answer to such a question.
    pub(super) fn confirmed(&mut self, pending: Pending, reading: &Reading, text: &str) {
        let yes = reading.kind == Kind::Consent(Consent::Yes);
        let no = reading.kind == Kind::Consent(Consent::No);
        let resume = RepeatReason::Resumed;
        // Who says again that they want to leave has confirmed it.
        let wished = self.language.certain.read(text, false);
        let insists = matches!(wished, Some(Kind::Request(Request::Stop | Request::Person | Request::Callback)));
        let yes = yes || insists && matches!(pending, Pending::Stop | Pending::Person | Pending::Callback(_));
        match pending {
            Pending::Stop if yes => self.stop(Farewell::Stopped),
            Pending::Person if yes => self.stop(Farewell::Person),
            Pending::Callback(when) if yes => {
                let named = self.language.times.when(text).or(when);
                self.postpone(Postponement::CallbackRequested, named);
            }
            // No clear answer means deleted.
            Pending::DeleteRecording => {
                let keep = self.language.certain.keeps(text).unwrap_or(no);
                self.settle_recording(keep);
                let asides = &self.lines().asides;
                let said = if keep { &asides.recording_kept } else { &asides.recording_deleted };
                self.resume_asking(resume, vec![said.clone()]);
            }
            Pending::GoOn if no => self.stop(Farewell::Distress),
            Pending::GoOn if !yes && self.waiting.waits < 1 => {
                self.waiting.waits += 1;
                self.confirm(pending, self.lines().concerns.distress_go_on.clone());
            }
            Pending::Adult if no => self.postpone(Postponement::ChildOnTheLine, None),
            Pending::Adult if yes => {
                self.be_patient();
                self.say(Speech::new(vec![self.lines().concerns.child_wait.clone()], Purpose::Aside));
            }
            _ if !yes && !no && self.meet(reading, text) => {}
            _ => self.resume_asking(resume, vec![self.lines().asides.go_on.clone()]),
        }
    }

    // --- Ending ---------------------------------------------------------------------------------------------

    /// The respondent wants to end it: at once when that is plain, or else it is asked about.
    pub(super) fn stop_requested(&mut self, plain: bool) {
        if plain {
            self.stop(Farewell::Stopped);
        } else {
            self.confirm(Pending::Stop, self.lines().asides.stop.clone());
        }
    }

    /// Ends the interview with what was said of the answer kept.
    fn stop(&mut self, farewell: Farewell) {
        self.keep_begun_answer();
        self.close(farewell);
    }

    /// Words of an answer that is broken off stay.
    pub(super) fn keep_begun_answer(&mut self) {
        let said = !self.waiting.carried.is_empty() || !text_of(self.turn.words()).is_empty();
        if said
            && self.state.consent == Some(true)
            && let Some(response) = self.response(vec!["cut_short".to_owned()], crate::io::EndRule::Silence)
        {
            self.record_all(vec![Event::Answered { response: Box::new(response) }]);
        }
    }

    /// The interview goes on another time: the same link, and the same asking if there is one.
    pub(super) fn postpone(&mut self, reason: Postponement, until: Option<When>) {
        self.record(Event::Postponed { reason, until });
        let farewell = Farewell::Later(reason);
        let text = farewell.text(self.lines()).to_owned();
        self.say(Speech::new(vec![text], Purpose::Goodbye(farewell)));
    }

    pub(super) fn person_requested(&mut self) {
        let before = self.state.person_requests;
        // Before consent nothing but that they asked is known.
        self.record(Event::PersonRequested);
        if before > 0 && self.target() == Target::Question {
            return self.confirm(Pending::Person, self.lines().asides.stop.clone());
        }
        let mut said = vec![self.lines().asides.person.clone()];
        said.extend(self.guide.answers_to_respondents.contact.clone());
        self.resume_asking(RepeatReason::Resumed, said);
    }

    // --- How we speak, and what is kept ---------------------------------------------------------------------

    /// Speaks more slowly, or louder, from here on; what is said about it.
    pub(super) fn adjust(&mut self, slower: bool) -> String {
        let (mut rate, mut gain_db) = (self.state.rate, self.state.gain_db);
        if slower {
            rate = (rate * SLOWER).max(SLOWEST);
        } else {
            gain_db = (gain_db + LOUDER).min(LOUDEST);
        }
        self.record(Event::SpeechAdjusted { rate, gain_db });
        self.out.push(Output::AdjustSpeech { rate, gain_db });
        let asides = &self.lines().asides;
        if slower { asides.slower.clone() } else { asides.louder.clone() }
    }

    /// Recording stops now; what was recorded before is asked about.
    pub(super) fn withdraw_recording(&mut self, by: Means, from_ms: Ms) {
        if self.state.recording != Some(true) {
            let said = self.lines().asides.recording_off.clone();
            return self.resume_asking(RepeatReason::Resumed, vec![said]);
        }
        self.stop_recording(by, from_ms);
        self.confirm(Pending::DeleteRecording, self.lines().asides.recording_stopped.clone());
    }

    pub(super) fn stop_recording(&mut self, by: Means, from_ms: Ms) {
        self.record(Event::RecordingWithdrawn { by, from_ms });
        self.out.push(Output::StopRecording { from_ms });
        self.notify_consent();
    }

    pub(super) fn settle_recording(&mut self, keep: bool) {
        if !keep {
            self.out.push(Output::DeleteRecording);
        }
        self.record(Event::RecordingSettled { keep });
    }

    /// Takes back the answer that is being given, or else the one before.
    pub(super) fn strike(&mut self, own_content: bool) {
        let begun = own_content || !self.waiting.carried.is_empty();
        self.waiting.carried.clear();
        let earlier = self.state.responses.iter().rev().find(|r| !r.text.is_empty()).map(|r| r.asking);
        let asides = &self.lines().asides;
        let said = match earlier {
            _ if begun => asides.struck.clone(),
            Some(asking) => {
                let said = asides.struck.clone();
                self.record(Event::AnswerStruck { asking });
                said
            }
            None => asides.nothing_to_strike.clone(),
        };
        self.resume_asking(RepeatReason::Resumed, vec![said]);
    }

    // --- Their questions ------------------------------------------------------------------------------------

    /// The question in other words, from what the guide says about it, or else more slowly.
    fn explain(&mut self) {
        self.record(Event::RespondentAsked { topic: Topic::Meaning, answered: true, text: None });
        let context = self.answering().and_then(|(question, _)| question.context.clone());
        if let Some(context) = context {
            return self.again(RepeatReason::Reworded, vec![context]);
        }
        let reworded =
            self.answering().filter(|(_, follow_up)| !follow_up).map(|(q, _)| lines::reworded(self.lines(), q));
        let differs = reworded.filter(|text| self.state.current_asking().is_some_and(|a| a.text != *text));
        if differs.is_some() {
            return self.reword();
        }
        let (rate, gain_db) = (self.state.rate, self.state.gain_db);
        self.out.push(Output::AdjustSpeech { rate: (rate * SLOWER).max(SLOWEST), gain_db });
        self.again(RepeatReason::Reworded, vec![self.lines().asides.again.clone()]);
        self.out.push(Output::AdjustSpeech { rate, gain_db });
    }

    /// Answers a question of the respondent's; what can't be answered is noted for whoever runs the study.
    pub(super) fn answer_respondent(&mut self, topic: Topic, text: &str) -> String {
        let own = &self.guide.answers_to_respondents;
        let lines = &self.lines().answers;
        let (study, aim) = (lines::study(&self.guide), lines::aim(&self.guide));
        let of_study = |line: &str| fill(line, &[("study", study), ("aim", aim)]);
        let minutes = self.guide.estimated_duration_minutes;
        let known = match topic {
            Topic::Identity => Some(own.identity.clone().unwrap_or_else(|| of_study(&lines.identity))),
            Topic::Robot => Some(lines.robot.clone()),
            Topic::Sponsor => own.sponsor.clone(),
            Topic::Purpose => Some(own.purpose.clone().unwrap_or_else(|| of_study(&lines.purpose))),
            Topic::Duration => {
                let line = if minutes == 1 { &lines.duration_one } else { &lines.duration_many };
                Some(fill(line, &[("minutes", &minutes.to_string())]))
            }
            Topic::Remaining => Some(self.remaining()),
            Topic::Privacy => Some(own.privacy.clone().unwrap_or_else(|| lines.privacy.clone())),
            Topic::Recorded => Some(match self.state.recording {
                Some(true) => lines.recorded_yes.clone(),
                None if self.settings.recording && self.state.phase == crate::io::Phase::Consent => {
                    lines.recorded_later.clone()
                }
                _ => lines.recorded_no.clone(),
            }),
            Topic::Incentive => own.incentive.clone(),
            Topic::Contact => own.contact.clone(),
            // Outside a question there is nothing to explain but what the call is about.
            Topic::Meaning => Some(own.purpose.clone().unwrap_or_else(|| of_study(&lines.purpose))),
            Topic::Source | Topic::Other => None,
        };
        let unknown = match topic {
            Topic::Sponsor => &lines.sponsor,
            Topic::Source => &lines.source,
            Topic::Incentive => &lines.incentive,
            Topic::Contact => &lines.contact,
            _ => &lines.other,
        };
        let said = known.clone().unwrap_or_else(|| format!("{unknown} {}", lines.noted));
        let answered = known.is_some();
        let noted = !answered && self.state.consent == Some(true) && !text.is_empty();
        self.record(Event::RespondentAsked { topic, answered, text: noted.then(|| text.to_owned()) });
        said
    }

    fn remaining(&self) -> String {
        let lines = &self.lines().answers;
        let open = self.guide.questions().filter(|(_, q)| !self.state.is_settled(q)).count();
        match open {
            0 => lines.remaining_none.clone(),
            1 => lines.remaining_one.clone(),
            open => fill(&lines.remaining_many, &[("questions", &open.to_string())]),
        }
    }

    // --- Concerns -------------------------------------------------------------------------------------------

    /// The questions wait: something matters more.
    fn attend_to(&mut self, concern: Concern) {
        self.record(Event::ConcernRaised { concern });
        let lines = &self.lines().concerns;
        match concern {
            Concern::Child => self.confirm(Pending::Adult, lines.child.clone()),
            Concern::Distress => {
                let contact = self.guide.answers_to_respondents.contact.as_deref();
                let first = match contact {
                    Some(contact) => fill(&lines.distress_contact, &[("contact", contact)]),
                    None => lines.distress.clone(),
                };
                let text = format!("{first} {}", lines.distress_go_on);
                self.confirm(Pending::GoOn, text);
            }
        }
    }

    /// When the turn at hand began, or now: neither its first word nor its first sound is later.
    fn turn_began(&self) -> Ms {
        let first_word = self.turn.words().first().map_or(self.now, |word| word.start_ms);
        let first_sound = if self.turn.is_open() { self.turn.began() } else { self.now };
        first_word.min(first_sound).min(self.now).saturating_sub(ONSET_MS)
    }

    pub(super) fn be_patient(&mut self) {
        self.waiting.patience = super::answers::Patience::Granted;
        self.waiting.since = self.now;
        self.floor = Floor::Listening;
    }
}
