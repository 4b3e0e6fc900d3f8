//! From an answer to the next asking: follow-ups, the next question, or the farewell.
//!
//! Owns: choosing among proposals, and what is said between an answer and what follows. Never does:
//! read words.

use super::lines::{self, Farewell, Following};
use super::selection::{self, Next};
use super::state::Draft;
use super::timing::Budget;
use super::utterance::{Purpose, Speech};
use super::{Floor, Interview};
use crate::followup;
use crate::followup::check::{Unfit, check};
use crate::guide::{Action, QuestionType};
use crate::io::{CallState, EndStatus, Event, Ms, Notice, Output, Phase, Proposal, ProposalRequest, Response};
use crate::lexicon;
use crate::understanding::parts;

/// Flags of an answer that no follow-up would improve.
const CLOSED_FLAGS: [&str; 4] = ["declined", "dont_know", "no_answer", "nothing_to_add"];

impl Interview {
    pub(super) fn budget(&self) -> Budget<'_> {
        Budget::new(&self.guide, self.settings.timeout_ms)
    }

    /// Returns how many more follow-ups the question of this response may have, by number and by
    /// time.
    pub(super) fn follow_ups_left(&self, response: &Response) -> u32 {
        if response.text.is_empty() || response.flags.iter().any(|f| CLOSED_FLAGS.contains(&f.as_str())) {
            return 0;
        }
        let Some((index, question)) = self.guide.questions().find(|(_, q)| q.id == response.question_id) else {
            return 0;
        };
        let root = self.state.askings.iter().find(|a| a.question_id == response.question_id);
        let asked = root.map_or(0, |asking| asking.active_ms);
        let section = &self.guide.sections[index];
        if !self.budget().has_time_for_follow_up(&self.state, self.now, section, question, asked) {
            return 0;
        }
        let most = question.max_follow_ups.min(self.settings.max_follow_ups);
        most.saturating_sub(self.state.follow_ups_of(&question.id))
    }

    fn request(&self, response: &Response) -> Option<ProposalRequest> {
        let follow_ups_left = self.follow_ups_left(response);
        let (_, question) = self.guide.questions().find(|(_, q)| q.id == response.question_id)?;
        // Only open questions have follow-ups by themselves. The others need a trigger of the
        // guide, or ask two things.
        let possible = question.kind == QuestionType::Open && question.expects.is_none()
            || !question.follow_up_triggers.is_empty()
            || parts::of(self.language, &question.text).len() > 1;
        (follow_ups_left > 0 && possible).then(|| ProposalRequest {
            research_objective: self.guide.research_objective.clone(),
            question: question.clone(),
            asked_text: response.question_text.clone(),
            answer: response.text.clone(),
            analysis: response.analysis.clone(),
            asked_before: self.state.askings.iter().map(|a| a.text.clone()).collect(),
            earlier_answers: self
                .state
                .responses
                .iter()
                .filter(|r| r.question_id == question.id)
                .map(|r| r.text.clone())
                .collect(),
            follow_ups_left,
            value: response.value.clone().and_then(|value| serde_json::from_value(value).ok()),
            language: self.guide.language.clone(),
            interest_signals: self.guide.adaptive_rules.interest_signals.clone(),
            within_ms: self.turn.end().saturating_add(self.settings.proposal_deadline_ms).saturating_sub(self.now),
        })
    }

    /// Asks for proposals on what has been said so far, before it is known whether the turn is
    /// over.
    pub(super) fn propose_early(&mut self) {
        let Some(pause) = self.turn.pause() else { return };
        let Some(response) = self.response(Vec::new(), crate::io::EndRule::Complete) else { return };
        self.proposals = None;
        self.asked_for = None;
        if let Some(request) = self.request(&response) {
            self.asked_for = Some(pause);
            self.out.push(Output::Propose { pause, request: Box::new(request) });
        }
    }

    /// Takes proposals, and has the best one synthesised.
    pub(super) fn proposed(&mut self, pause: crate::io::PauseId, proposals: Vec<Proposal>) {
        if self.asked_for != Some(pause) {
            return;
        }
        let request = self.response(Vec::new(), crate::io::EndRule::Complete).and_then(|r| self.request(&r));
        let best = request.and_then(|request| self.judge(&request, &proposals).0);
        if let Some(best) = best {
            let lines = vec![self.line(best.text.clone())];
            self.out.push(Output::Prepare { lines, soon: true });
        }
        self.proposals = Some(proposals);
    }

    /// Returns the first proposal by priority that may be asked, and those before it that are not
    /// fit to be spoken.
    fn judge<'p>(
        &self,
        request: &ProposalRequest,
        proposals: &'p [Proposal],
    ) -> (Option<&'p Proposal>, Vec<(Unfit, &'p Proposal)>) {
        let question = &request.question;
        // The author's own words may be asked again at another question: "Could you give me an
        // example?"
        let own =
            |text: &str| question.follow_up_triggers.iter().any(|trigger| trigger.template.as_deref() == Some(text));
        let taken =
            |text: &str| {
                let tokens = lexicon::tokens(text);
                let own = own(text);
                tokens.is_empty()
                    || self.state.askings.iter().any(|asked| {
                        lexicon::tokens(&asked.text) == tokens && (!own || asked.question_id == question.id)
                    })
                    || self.guide.questions().any(|(_, q)| lexicon::tokens(&q.text) == tokens)
            };
        let mut order: Vec<&Proposal> = proposals.iter().collect();
        order.sort_by_key(|p| std::cmp::Reverse(p.priority));
        let mut unfit = Vec::new();
        for proposal in order {
            // The author is responsible for the guide's own words.
            if proposal.source == followup::TEMPLATE {
                if !taken(&proposal.text) {
                    return (Some(proposal), unfit);
                }
            } else {
                match check(&proposal.text, request, &self.guide) {
                    Ok(()) => return (Some(proposal), unfit),
                    Err(why) => unfit.push((why, proposal)),
                }
            }
        }
        (None, unfit)
    }

    /// Continues after an answer with a follow-up or the next question. Everything is a draft until
    /// that is well begun. `covered`: the answer has been acknowledged already.
    pub(super) fn advance(&mut self, mut response: Response, covered: bool) {
        let (mut follow_up, mut unfit) = (None, Vec::new());
        if let Some(request) = self.request(&response) {
            let proposals = self.proposals.clone().unwrap_or_else(|| followup::propose(&request));
            let (best, rejected) = self.judge(&request, &proposals);
            follow_up = best.cloned();
            unfit = rejected.into_iter().map(|(reason, proposal)| (reason, proposal.source.clone())).collect();
        }
        response.requires_clarification |= follow_up.as_ref().is_some_and(|p| p.action == Action::Clarify);
        let worded = follow_up.as_ref().is_some_and(|proposal| !self.scripted.contains(&proposal.text));
        let mut texts = self.unsaid();
        if !covered && texts.is_empty() {
            texts.extend(self.acknowledgement(&response, if worded { Following::Worded } else { Following::Scripted }));
        }
        let (parent, question_id, section) = (response.asking, response.question_id.clone(), response.section.clone());
        let mut draft = Draft::new(&self.state, self.now);
        draft.push(Event::Answered { response: Box::new(response) });
        for (reason, source) in unfit {
            draft.push(Event::ProposalRejected { asking: parent, reason, source });
        }
        let Some(proposal) = follow_up else {
            selection::branch(&self.guide, &mut draft);
            return self.ask_from(draft, texts);
        };
        draft.enter(Phase::FollowUps);
        let asking = draft.state.next_asking();
        draft.push(Event::QuestionAsked {
            asking,
            question_id,
            section,
            text: proposal.text.clone(),
            follow_up_of: Some(parent),
            action: Some(proposal.action),
            why: Some(proposal.why),
            source: Some(proposal.source),
        });
        texts.push(proposal.text);
        self.say(Speech::new(texts, Purpose::Question).asking(asking).draft(draft.events));
    }

    /// Acknowledges the answer while proposals are awaited, so that the respondent does not wait in
    /// silence.
    pub(super) fn cover(&mut self, response: Response, deadline: Ms) {
        let text = self.acknowledgement(&response, Following::Worded).unwrap_or_default();
        self.say(Speech::new(vec![text], Purpose::Cover));
        self.covering = Some((Box::new(response), deadline));
    }

    fn acknowledgement(&mut self, response: &Response, following: Following) -> Option<String> {
        let last = self.acknowledged.as_deref();
        let said = lines::acknowledgement(self.lines(), response, following, last)?.to_owned();
        self.acknowledged = Some(said.clone());
        Some(said)
    }

    /// Asks the next question of the guide, or says the farewell.
    pub(super) fn ask_next(&mut self, before: Vec<String>) {
        let draft = Draft::new(&self.state, self.now);
        self.ask_from(draft, before);
    }

    fn ask_from(&mut self, mut draft: Draft, mut texts: Vec<String>) {
        let guide = self.guide.clone();
        if draft.state.unanswered_in_a_row() >= 3 {
            selection::skip_rest(&guide, &mut draft, "no_answer");
            return self.say_goodbye(draft, Vec::new(), Farewell::NoAnswer);
        }
        let budget = Budget::new(&guide, self.settings.timeout_ms);
        let (section, question) = match selection::next(&guide, budget, &mut draft, self.now) {
            Next::Ask(section, question) => {
                let section = &guide.sections[section];
                (section, &section.questions[question])
            }
            Next::AllAsked => return self.say_goodbye(draft, texts, Farewell::Done),
            Next::TimeUp => return self.say_goodbye(draft, texts, Farewell::TimeUp),
        };
        draft.enter(Phase::MainInterview);
        let asking = draft.state.next_asking();
        let text = lines::question(lines::of(&guide), question);
        draft.push(Event::QuestionAsked {
            asking,
            question_id: question.id.clone(),
            section: section.section_name.clone(),
            text: text.clone(),
            follow_up_of: None,
            action: None,
            why: None,
            source: None,
        });
        texts.push(text);
        self.say(Speech::new(texts, Purpose::Question).asking(asking).draft(draft.events));
    }

    fn say_goodbye(&mut self, mut draft: Draft, mut texts: Vec<String>, farewell: Farewell) {
        draft.enter(Phase::Closing);
        texts.push(farewell.text(self.lines()).to_owned());
        self.say(Speech::new(texts, Purpose::Goodbye(farewell)).draft(draft.events));
    }

    /// Says the farewell without holding anything open.
    pub(super) fn close(&mut self, farewell: Farewell) {
        self.enter(Phase::Closing);
        let text = farewell.text(self.lines()).to_owned();
        self.say(Speech::new(vec![text], Purpose::Goodbye(farewell)));
    }

    /// Tells the page of a question that is well begun.
    pub(super) fn question_put(&mut self) {
        self.waiting = super::moment::Waiting { since: self.now, ..Default::default() };
        self.show_question();
    }

    /// Tells the page which question waits for its answer.
    pub(super) fn show_question(&mut self) {
        let Some(asking) = self.state.current_asking().cloned() else { return };
        let number = self.state.askings.iter().filter(|a| a.follow_up_of.is_none()).count() as u32;
        let settled = self.guide.questions().filter(|(_, q)| self.state.was_asked(&q.id)).count();
        let in_skipped = |index: usize| {
            let name = &self.guide.sections[index].section_name;
            self.state.skipped_sections.iter().any(|(skipped, _)| skipped == name)
        };
        let open = self.guide.questions().filter(|(index, q)| !self.state.is_settled(q) && !in_skipped(*index)).count();
        let of = (settled + open) as u32;
        let follow_up_of = asking.follow_up_of.map(|_| asking.question_id.clone());
        self.notify(Notice::Question { id: asking.question_id, section: asking.section, number, of, follow_up_of });
    }

    // --- The end --------------------------------------------------------------------------------------------

    /// Ends the call after the farewell.
    pub(super) fn finish(&mut self, farewell: Farewell) {
        if matches!(farewell, Farewell::Later(_)) {
            // The interview does not end. The next joining resumes it.
            self.floor = Floor::Over;
            self.show(CallState::Ended);
            return self.out.push(Output::HangUp);
        }
        let (answered, total) = self.state.required(&self.guide);
        let share = if total == 0 { 1.0 } else { answered as f32 / total as f32 };
        let enough = match farewell {
            Farewell::ConsentDeclined | Farewell::Later(_) => false,
            Farewell::Done => true,
            Farewell::TimeUp => share >= self.guide.min_completion_percentage,
            Farewell::Stopped | Farewell::NoAnswer | Farewell::Person | Farewell::Distress => {
                total > 0 && self.state.all_required_answered(&self.guide)
            }
        };
        let status = if enough { EndStatus::Completed } else { EndStatus::Cancelled };
        self.end(status, farewell.reason());
    }

    /// Ends the call at once.
    pub(super) fn end(&mut self, status: EndStatus, reason: Option<&str>) {
        self.stop_speaking();
        self.utterance = None;
        self.queued = None;
        if status == EndStatus::Completed {
            self.enter(Phase::Completed);
        }
        // Without a clear answer, the recording is deleted.
        if self.state.recording_unsettled {
            self.settle_recording(false);
        }
        self.record(Event::Ended { status, reason: reason.map(str::to_owned) });
        self.floor = Floor::Over;
        self.show(CallState::Ended);
        self.out.push(Output::HangUp);
    }

    /// Ends the interview because the respondent leaves or somebody cancels. What was said is kept.
    pub(super) fn leave(&mut self, status: EndStatus, reason: &str) {
        self.commit();
        self.keep_begun_answer();
        let all = self.state.required(&self.guide).1 > 0 && self.state.all_required_answered(&self.guide);
        let done = self.state.consent == Some(true) && status != EndStatus::Failed && all;
        let refused = self.state.consent == Some(false);
        let reason = if refused { "consent_declined" } else { reason };
        self.end(if done { EndStatus::Completed } else { status }, Some(reason));
    }
}
