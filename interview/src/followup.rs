//! Follow-ups from the guide's triggers and built-in templates.
//!
//! Owns: which triggers an answer fires, and the words of a template; `check` looks at what models propose. Never does:
//! decide whether one is asked.
//!
//! A template may hold `{topic}` (or `{key_phrase}`): the longest phrase of the answer. Templates with it are passed
//! over when the answer has none.

pub mod check;
mod words;

use std::cmp::Reverse;

use crate::analysis::Sentiment;
use crate::dialogue::condition::{Subject, holds, is_vague};
use crate::guide::{Action, Guide, InterestSignal, Question, QuestionType};
use crate::io::{Proposal, ProposalRequest};
use crate::lexicon as lex;

/// The source of proposals that no model made.
pub const TEMPLATE: &str = "template";

/// Wordings used where the guide gives none.
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

/// Every follow-up text that is known before the call: the guide's own templates, then the built-in ones.
pub fn scripted(guide: &Guide) -> Vec<String> {
    let own = guide.questions().flat_map(|(_, question)| scripted_of(question));
    let built_in = [Action::DrillDeeper, Action::Probe, Action::Clarify, Action::Example, Action::Compare]
        .into_iter()
        .flat_map(|action| templates(action).iter().map(|t| (*t).to_owned()));
    own.chain(built_in).collect()
}

/// The guide's own of one question.
pub fn scripted_of(question: &Question) -> impl Iterator<Item = String> {
    question.follow_up_triggers.iter().filter_map(|t| t.template.clone()).filter(|t| !t.contains('{'))
}

/// The template proposer: triggers of the question, then what the analysis suggests; best first.
///
/// Built-in suggestions are made for the first answer to an open question only: who stays vague after one follow-up is
/// not pressed.
pub fn propose(request: &ProposalRequest) -> Vec<Proposal> {
    if request.follow_ups_left == 0 || request.answer.trim().is_empty() {
        return Vec::new();
    }
    let subject =
        Subject { question: &request.question, text: &request.answer, analysis: &request.analysis, flags: &[] };
    let mut used = Used::new(request);
    let mut triggers: Vec<_> = request.question.follow_up_triggers.iter().collect();
    triggers.sort_by_key(|trigger| Reverse(trigger.priority));
    let mut proposals = Vec::new();
    for trigger in triggers.into_iter().filter(|trigger| holds(&trigger.condition, subject)) {
        let why = format!("trigger: {}", trigger.condition);
        let text = match &trigger.template {
            Some(template) => used.fill(template),
            // Without words of its own a trigger speaks twice at most, so that it does not nag.
            None if request.earlier_answers.len() < 2 => used.default_for(trigger.action),
            None => None,
        };
        proposals.extend(text.map(|text| proposal(trigger.action, text, why, trigger.priority)));
    }
    for (action, why, priority) in suggestions(request) {
        proposals.extend(used.default_for(action).map(|text| proposal(action, text, why.to_owned(), priority)));
    }
    proposals
}

fn proposal(action: Action, text: String, why: String, priority: u8) -> Proposal {
    Proposal { action, text, why, priority, source: TEMPLATE.to_owned() }
}

fn suggestions(request: &ProposalRequest) -> Vec<(Action, &'static str, u8)> {
    let analysis = &request.analysis;
    if request.question.kind != QuestionType::Open || !request.earlier_answers.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    if is_vague(analysis) {
        // Who says little gets an easy question; who says something general gets asked for a case.
        let action = if analysis.words < 6 { Action::DrillDeeper } else { Action::Example };
        found.push((action, "the answer says little (low information density)", 2));
    }
    if analysis.signals.contains(&InterestSignal::Confusion) {
        found.push((Action::Clarify, "the answer sounds confused", 2));
    }
    if analysis.signals.contains(&InterestSignal::Hesitation) {
        found.push((Action::Probe, "the answer hesitates", 1));
    }
    if matches!(analysis.sentiment, Sentiment::VeryPositive | Sentiment::VeryNegative) {
        found.push((Action::Probe, "the answer shows strong feeling", 1));
    }
    found
}

/// Texts that may not be asked any more, and the phrase that fills templates.
struct Used<'a> {
    asked: Vec<Vec<String>>,
    topic: Option<&'a str>,
    /// Where to start among a list of variants: differs from follow-up to follow-up, not by chance.
    turn: usize,
}

impl<'a> Used<'a> {
    fn new(request: &'a ProposalRequest) -> Self {
        Self {
            asked: request.asked_before.iter().map(|text| lex::tokens(text)).collect(),
            topic: request.analysis.key_phrases.first().map(String::as_str),
            turn: request.asked_before.len(),
        }
    }

    fn fill(&mut self, template: &str) -> Option<String> {
        let mut text = template.to_owned();
        if text.contains("{topic}") || text.contains("{key_phrase}") {
            text = text.replace("{topic}", self.topic?).replace("{key_phrase}", self.topic?);
        }
        self.take(text)
    }

    fn default_for(&mut self, action: Action) -> Option<String> {
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
