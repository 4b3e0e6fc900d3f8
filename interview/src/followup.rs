//! Follow-ups from the guide's triggers, its interest signals and built-in rules.
//!
//! Owns: which triggers an answer fires, and the words of a template. `check` judges what models
//! propose. Never does: decide whether a follow-up is asked.
//!
//! A template may hold `{topic}` or `{key_phrase}`, which stands for the longest phrase of the
//! answer. A template that holds one is skipped when the answer has no such phrase.

pub mod check;
mod words;

use std::cmp::Reverse;

use crate::analysis::Sentiment;
use crate::condition::{Subject, holds, is_vague};
use crate::guide::{Action, Guide, InterestSignal, Question, QuestionType};
use crate::io::{Proposal, ProposalRequest};
use crate::language::Language;
use crate::language::lines::fill;
use crate::lexicon as lex;
use crate::understanding::parts;

/// The source of proposals that no model made.
pub const TEMPLATE: &str = "template";

/// Priority of the part of the question that was not answered. It is above every priority that an
/// author can give.
const MISSING: u8 = 6;
/// Priority of a signal that the guide lists in `interest_signals`. It comes after the triggers of
/// the question.
const INTEREST: u8 = 1;
/// Priority of what an answer suggests by itself. It is below every priority that an author can
/// give.
const SUGGESTED: u8 = 0;

/// Returns the wordings of an action that are used where the guide gives none.
pub fn templates(action: Action) -> &'static [&'static str] {
    match action {
        Action::DrillDeeper => &[
            "Could you tell me more about that?",
            "Could you go into a little more detail?",
            "What else comes to mind about that?",
            "What is behind that for you?",
            "What matters most to you in that?",
        ],
        Action::Probe => &[
            "What makes you say that?",
            "How did that come about?",
            "What led you to see it that way?",
            "What do you think is the reason for that?",
            "What was going on for you there?",
        ],
        Action::Clarify => &[
            "Could you explain what you mean by that?",
            "How do you mean that, exactly?",
            "Could you put that in other words?",
            "What should I picture when you say that?",
        ],
        Action::Example => &[
            "Could you give me an example?",
            "Can you think of a time when that happened?",
            "What did that look like the last time?",
            "Could you describe one case of that?",
        ],
        Action::Compare => &[
            "How does that compare with what you did before?",
            "How is that different from other things you have tried?",
            "How would you describe it next to the alternatives?",
            "What is better, and what is worse, than before?",
        ],
    }
}

/// Returns every follow-up text that is known before the call: the guide's own templates, then the
/// built-in ones.
pub fn scripted(guide: &Guide) -> Vec<String> {
    let own = guide.questions().flat_map(|(_, question)| scripted_of(question));
    let built_in = [Action::DrillDeeper, Action::Probe, Action::Clarify, Action::Example, Action::Compare]
        .into_iter()
        .flat_map(|action| templates(action).iter().map(|t| (*t).to_owned()));
    own.chain(built_in).collect()
}

/// Returns the templates of one question that have no placeholder.
pub fn scripted_of(question: &Question) -> impl Iterator<Item = String> {
    question.follow_up_triggers.iter().filter_map(|t| t.template.clone()).filter(|t| !t.contains('{'))
}

/// The template proposer. It proposes, best first, the part of the question that was not answered,
/// the triggers of the question, the guide's interest signals, and what the analysis suggests.
///
/// The last two apply to the first answer to an open question only, so that a respondent who stays
/// vague after one follow-up is not pressed.
pub fn propose(request: &ProposalRequest) -> Vec<Proposal> {
    if request.follow_ups_left == 0 || request.answer.trim().is_empty() {
        return Vec::new();
    }
    let subject = Subject {
        question: &request.question,
        text: &request.answer,
        analysis: &request.analysis,
        flags: &[],
        value: request.value.as_ref(),
    };
    let mut used = Used::new(request);
    let mut triggers: Vec<_> = request.question.follow_up_triggers.iter().collect();
    triggers.sort_by_key(|trigger| Reverse(trigger.priority));
    let mut proposals: Vec<Proposal> = missing(request)
        .into_iter()
        .filter_map(|text| used.take(text))
        .map(|text| {
            proposal(
                Action::DrillDeeper,
                text,
                "the question asks two things, and one was answered".to_owned(),
                MISSING,
            )
        })
        .collect();
    for trigger in triggers.into_iter().filter(|trigger| holds(&trigger.condition, subject)) {
        let why = format!("trigger: {}", trigger.condition);
        let text = match &trigger.template {
            Some(template) => used.fill(template),
            // A trigger without a template of its own is used at most twice, so that the
            // interviewer does not nag.
            None if request.earlier_answers.len() < 2 => used.default_for(trigger.action),
            None => None,
        };
        proposals.extend(text.map(|text| proposal(trigger.action, text, why, trigger.priority)));
    }
    if suggests(request) {
        for signal in signals(request) {
            let why = format!("interest signal: {}", signal.name());
            let action = asks_about(signal);
            proposals.extend(used.default_for(action).map(|text| proposal(action, text, why, INTEREST)));
        }
        for (action, why) in suggestions(request) {
            proposals.extend(used.default_for(action).map(|text| proposal(action, text, why.to_owned(), SUGGESTED)));
        }
    }
    proposals
}

fn language(request: &ProposalRequest) -> &'static Language {
    Language::of(&request.language).unwrap_or_else(Language::english)
}

/// Returns questions for the parts of the question that the answers so far leave open.
fn missing(request: &ProposalRequest) -> Vec<String> {
    let language = language(request);
    let mut said = request.earlier_answers.clone();
    said.push(request.answer.clone());
    let line = &language.lines.naming.missing_half;
    let parts = parts::missing(language, &request.question, &said.join(". "));
    parts.iter().map(|part| fill(line, &[("half", &part.inside(language))])).collect()
}

fn proposal(action: Action, text: String, why: String, priority: u8) -> Proposal {
    Proposal { action, text, why, priority, source: TEMPLATE.to_owned() }
}

/// Whether an answer may lead to a follow-up without a trigger. It may if it is the first answer to
/// an open question, and does not say that there is nothing of what was asked about.
fn suggests(request: &ProposalRequest) -> bool {
    let question = &request.question;
    question.kind == QuestionType::Open
        && question.expects.is_none()
        && request.earlier_answers.is_empty()
        && !parts::denies(language(request), &question.text, &request.answer)
}

/// Returns the guide's interest signals that the answer shows, in the guide's order.
fn signals(request: &ProposalRequest) -> impl Iterator<Item = InterestSignal> {
    request.interest_signals.iter().copied().filter(|signal| request.analysis.signals.contains(signal))
}

/// Returns the action for an answer that shows this signal.
fn asks_about(signal: InterestSignal) -> Action {
    match signal {
        InterestSignal::Enthusiasm | InterestSignal::Emotional => Action::DrillDeeper,
        InterestSignal::Hesitation | InterestSignal::Agreement | InterestSignal::Disagreement => Action::Probe,
        InterestSignal::Confusion => Action::Clarify,
        InterestSignal::Frustration => Action::Example,
    }
}

/// Returns the actions that the answer suggests by itself, the most needed first, each with its
/// reason.
fn suggestions(request: &ProposalRequest) -> Vec<(Action, &'static str)> {
    let analysis = &request.analysis;
    let (language, question, answer) = (language(request), &request.question, request.answer.as_str());
    let mut found = Vec::new();
    if is_vague(analysis) && !parts::is_counted(language, &question.text, answer) {
        // A respondent who says little gets an easy question. One who speaks in general terms is
        // asked for a case.
        let action = if analysis.words < 6 { Action::DrillDeeper } else { Action::Example };
        found.push((action, "the answer says little (low information density)"));
    }
    if analysis.signals.contains(&InterestSignal::Confusion) {
        found.push((Action::Clarify, "the answer sounds confused"));
    }
    if analysis.signals.contains(&InterestSignal::Hesitation) {
        found.push((Action::Probe, "the answer hesitates"));
    }
    if matches!(analysis.sentiment, Sentiment::VeryPositive | Sentiment::VeryNegative) {
        found.push((Action::Probe, "the answer shows strong feeling"));
    }
    found
}

/// The texts that must not be asked again, and the phrase that fills templates.
struct Used<'a> {
    asked: Vec<Vec<String>>,
    /// The actions whose answer the respondent has already given.
    told: Vec<Action>,
    topic: Option<&'a str>,
    /// Where to start in a list of variants. It differs between follow-ups, and does not depend on
    /// chance.
    turn: usize,
}

impl<'a> Used<'a> {
    fn new(request: &'a ProposalRequest) -> Self {
        let language = language(request);
        let reason = parts::gives_reason(language, &request.answer).then_some(Action::Probe);
        let case = parts::tells_case(language, &request.answer).then_some(Action::Example);
        Self {
            told: reason.into_iter().chain(case).collect(),
            asked: request.asked_before.iter().map(|text| lex::tokens(text)).collect(),
            topic: request.analysis.key_phrases.first().map(String::as_str),
            turn: request.asked_before.len(),
        }
    }

    /// Fills in the author's own words, which may be asked again at another question.
    fn fill(&mut self, template: &str) -> Option<String> {
        let mut text = template.to_owned();
        if text.contains("{topic}") || text.contains("{key_phrase}") {
            text = text.replace("{topic}", self.topic?).replace("{key_phrase}", self.topic?);
        }
        self.asked.push(lex::tokens(&text));
        Some(text)
    }

    fn default_for(&mut self, action: Action) -> Option<String> {
        if self.told.contains(&action) {
            return None;
        }
        let variants = templates(action);
        (0..variants.len()).find_map(|i| self.take(variants[(self.turn + i) % variants.len()].to_owned()))
    }

    fn take(&mut self, text: String) -> Option<String> {
        let tokens = lex::tokens(&text);
        if tokens.is_empty() || self.asked.contains(&tokens) {
            return None;
        }
        self.asked.push(tokens);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analysis;
    use crate::io::Word;

    fn request(question: &str, answer: &str) -> ProposalRequest {
        let words: Vec<Word> =
            answer.split(' ').map(|t| Word { text: t.into(), start_ms: 0, end_ms: 1, confidence: 1.0 }).collect();
        let question: crate::guide::Question = serde_json::from_str(question).unwrap();
        ProposalRequest {
            research_objective: "x".into(),
            asked_text: question.text.clone(),
            analysis: Analysis::of(&question.text, &words),
            question,
            answer: answer.into(),
            asked_before: vec![],
            earlier_answers: vec![],
            follow_ups_left: 3,
            language: "en".into(),
            within_ms: 2_000,
            value: None,
            interest_signals: vec![],
        }
    }

    const TRIGGERS: &str = r#"{"text": "How do you work?", "follow_up_triggers": [
        {"condition": "mentions spreadsheet", "action": "example", "priority": 2, "template": "When did {topic} last fail you?"},
        {"condition": "vague_response", "action": "drill_deeper", "priority": 5}]}"#;

    #[test]
    fn triggers_come_by_priority_and_templates_are_filled() {
        let proposals = propose(&request(TRIGGERS, "With a spreadsheet."));
        assert_eq!(proposals[0].action, Action::DrillDeeper);
        assert_eq!(proposals[0].why, "trigger: vague_response");
        assert_eq!(proposals[1].text, "When did spreadsheet last fail you?");
    }

    #[test]
    fn the_authors_own_trigger_goes_before_what_an_answer_suggests() {
        let question = r#"{"text": "How do you work?", "follow_up_triggers": [
            {"condition": "vague_response", "action": "example", "priority": 1, "template": "What did you do yesterday?"}]}"#;
        let mut request = request(question, "Fine.");
        let proposals = propose(&request);
        assert_eq!(proposals[0].text, "What did you do yesterday?");
        assert!(proposals.iter().skip(1).all(|proposal| proposal.priority < proposals[0].priority));
        // Asked at another question, it is asked here, too.
        request.asked_before.push("What did you do yesterday?".into());
        assert_eq!(propose(&request)[0].text, "What did you do yesterday?");
    }

    #[test]
    fn a_missing_half_goes_before_everything_and_is_asked_once() {
        let question = r#"{"text": "What tool do you use, and how long have you been using it?", "follow_up_triggers": [
            {"condition": "vague_response", "action": "example", "priority": 5, "template": "What did you do yesterday?"}]}"#;
        let mut request = request(question, "Excel.");
        let half = "And how long have you been using it?";
        assert_eq!(propose(&request)[0].text, half);
        request.asked_before.push(half.into());
        request.earlier_answers.push("Excel.".into());
        request.answer = "Well, you know.".into();
        assert!(propose(&request).iter().all(|proposal| proposal.text != half));
    }

    #[test]
    fn a_signal_that_the_guide_names_gets_a_follow_up() {
        let answer = "The forms are annoying, I was stuck on page three of seventeen for an hour with two kids around.";
        let mut request = request(r#"{"text": "How do you work?"}"#, answer);
        assert_eq!(propose(&request), [], "nothing suggests a follow-up by itself");
        request.interest_signals = vec![InterestSignal::Enthusiasm, InterestSignal::Frustration];
        let proposals = propose(&request);
        assert_eq!(proposals.len(), 1);
        assert_eq!((proposals[0].action, proposals[0].priority), (Action::Example, INTEREST));
        assert_eq!(proposals[0].why, "interest signal: frustration");
        // One follow-up is enough, and the author's own trigger goes first.
        request.earlier_answers.push("Alone.".into());
        assert_eq!(propose(&request), []);
        request.earlier_answers.clear();
        let trigger =
            r#"{"condition": "frustration", "action": "probe", "priority": 1, "template": "What stopped you?"}"#;
        request.question.follow_up_triggers = vec![serde_json::from_str(trigger).unwrap()];
        assert_eq!(propose(&request)[0].text, "What stopped you?");
    }

    #[test]
    fn what_was_just_said_is_not_asked_for() {
        let none = |question: &str, answer: &str| {
            let question = serde_json::json!({ "text": question }).to_string();
            let proposals = propose(&request(&question, answer));
            assert!(proposals.is_empty(), "{answer}: {proposals:?}");
        };
        none("How do you get on with your manager?", "I have no manager, I work for myself.");
        none("How many people work with you?", "There are twelve of us.");
        none(
            "How do you like it?",
            "I hate it because it is awful, terrible and horrible, broken and slow every single day.",
        );
    }

    #[test]
    fn no_text_comes_twice_and_variants_run_out() {
        let mut request = request(r#"{"text": "How do you work?"}"#, "Fine.");
        let mut seen = std::collections::HashSet::new();
        for _ in 0..20 {
            let Some(first) = propose(&request).into_iter().next() else { break };
            assert!(seen.insert(first.text.clone()), "{} was proposed twice", first.text);
            request.asked_before.push(first.text);
        }
        assert_eq!(seen.len(), templates(Action::DrillDeeper).len());
    }

    #[test]
    fn who_has_answered_a_follow_up_is_not_pressed() {
        let mut request = request(r#"{"text": "How do you work?"}"#, "Fine.");
        assert!(!propose(&request).is_empty());
        request.earlier_answers.push("Alone.".into());
        assert!(propose(&request).is_empty());
        request.follow_ups_left = 0;
        assert!(propose(&request).is_empty());
    }
}
