//! Whether a follow-up that a model has worded may be spoken.
//!
//! Owns: the rules, each with the name under which it is counted. Never does: correct a text, or
//! ask a model.
//!
//! A respondent's words reach a model, and may instruct it. Therefore nothing here trusts the
//! model: a proposal is one plain question about what the guide asks and what the respondent said,
//! or it is not spoken. The author is responsible for the guide's own templates, which the lint
//! examines. The rules on wording apply to English. Guides in other languages get the rules on
//! form, repetition and addresses.

use std::collections::HashSet;

use crate::guide::Guide;
use crate::io::ProposalRequest;
use crate::lexicon as lex;
use crate::wording::question::{double, leading};
use crate::wording::spoken::is_speakable;

use super::words;

pub use crate::io::Unfit;

const MOST_WORDS: usize = 30;
const MOST_CHARS: usize = 220;
/// The largest number of consecutive words that a question may share with the answer. A longer run
/// is a recitation.
const MOST_QUOTED: usize = 5;
/// Two questions ask the same from this share of common content words on, 0…1.
const SAME: f32 = 0.6;
/// Two questions ask the same from this share of all words on, 0…1.
const ALMOST_ALL: f32 = 0.75;
/// The least share of plain English words in an English sentence, 0…1.
const ENGLISH: f32 = 0.25;

/// Judges the words of a follow-up that a model proposes to the answer of `request`.
///
/// ```
/// use interview::followup::check::{Unfit, check};
/// # let guide = interview::guide::parse("{name: Work, research_objective: How people work, sections: [
/// #     {section_name: S, questions: [{text: 'What kind of work do you do?'}]}]}").unwrap();
/// # let (_, question) = guide.questions().next().unwrap();
/// # let request = interview::ProposalRequest::of(&guide, question, "I fix invoices for small shops.");
/// assert_eq!(check("What makes those invoices hard to fix?", &request, &guide), Ok(()));
/// assert_eq!(check("Don't you think invoices are awful?", &request, &guide), Err(Unfit::Leading));
/// assert_eq!(check("What do you think of the moon?", &request, &guide), Err(Unfit::OffTopic));
/// ```
pub fn check(text: &str, request: &ProposalRequest, guide: &Guide) -> Result<(), Unfit> {
    let text = text.trim();
    let tokens = lex::tokens(text);
    let rule = |broken: bool, why: Unfit| if broken { Err(why) } else { Ok(()) };
    rule(tokens.is_empty(), Unfit::Empty)?;
    rule(tokens.len() > MOST_WORDS || text.chars().count() > MOST_CHARS, Unfit::TooLong)?;
    let english = is_english(&guide.language);
    rule(text.chars().any(char::is_control) || !is_speakable(text, english), Unfit::Unspeakable)?;
    let marks = text.matches('?').count();
    rule(marks == 0 || !text.ends_with(['?', '"', '”']), Unfit::NotAQuestion)?;
    rule(marks > 1 || english && double(text).is_some(), Unfit::SeveralQuestions)?;
    let answer = lex::tokens(&request.answer);
    if english {
        let known = tokens.iter().filter(|word| lex::is_stop(word)).count();
        rule(known as f32 / tokens.len() as f32 <= ENGLISH, Unfit::Language)?;
        rule(!tokens.iter().any(|word| words::ASKING.contains(&word.as_str())), Unfit::NotAQuestion)?;
        rule(words::says(&tokens, &words::ROLE), Unfit::RoleText)?;
        rule(words::says(&tokens, &words::PROMISES), Unfit::Promise)?;
        let own = lex::tokens(&format!("{} {}", request.question.text, request.research_objective));
        rule(words::says(&tokens, &words::SENSITIVE) && !words::says(&own, &words::SENSITIVE), Unfit::Sensitive)?;
        rule(words::says(&tokens, &words::RUDE) && !words::says(&own, &words::RUDE), Unfit::Rude)?;
        rule(words::says(&tokens, &words::INSTRUCTIONS), Unfit::Instruction)?;
        rule(leading(text).is_some(), Unfit::Leading)?;
        rule(words::steers(&request.answer), Unfit::Steered)?;
        rule(misquotes(text, request), Unfit::Misquotes)?;
    }
    rule(is_dictated(&tokens, &answer, request), Unfit::Dictated)?;
    let will_be = guide.questions().map(|(_, question)| question.text.as_str());
    let mut asked = request.asked_before.iter().map(String::as_str).chain(will_be);
    rule(asked.any(|earlier| is_same(text, earlier)), Unfit::Repeated)?;
    rule(english && is_off_topic(text, request), Unfit::OffTopic)
}

/// Whether a guide's language is English, in any of its regions.
pub fn is_english(language: &str) -> bool {
    let language = language.to_lowercase();
    language == "en" || language.starts_with("en-")
}

/// Returns the stems of the words that carry a topic. "Example" and "tell" carry none.
fn topic(text: &str) -> HashSet<String> {
    let carried = lex::content(text).into_iter().filter(|word| !words::GENERIC.contains(&word.as_str()));
    // The stem is taken twice, because "meetings" becomes "meeting", and that becomes "meet".
    carried.map(|word| lex::stem(&lex::stem(&word))).collect()
}

/// Whether a lead-in such as "You mentioned the noise." says something that the respondent did not
/// say.
fn misquotes(text: &str, request: &ProposalRequest) -> bool {
    let body = text.trim_end_matches(['?', '"', '”']);
    let Some((lead, _)) = body.rsplit_once(['.', '!', ':', ';', '–', '—']) else { return false };
    let said = said_stems(request);
    !topic(lead).is_subset(&said)
}

fn said_stems(request: &ProposalRequest) -> HashSet<String> {
    let said = request.earlier_answers.iter().map(String::as_str).chain([request.answer.as_str(), &request.asked_text]);
    said.flat_map(topic).collect()
}

/// Whether the whole question, or a long run of it, is found in the answer and not in what the
/// interviewer asked.
fn is_dictated(tokens: &[String], answer: &[String], request: &ProposalRequest) -> bool {
    let run = tokens.len().min(MOST_QUOTED + 1);
    let ours = lex::tokens(&format!("{} {}", request.asked_text, request.question.text));
    let holds = |hay: &[String], part: &[String]| hay.windows(part.len()).any(|window| window == part);
    run >= 3 && tokens.windows(run).any(|part| holds(answer, part) && !holds(&ours, part))
}

/// Whether two questions ask the same. It is judged by their content words, or by all words where
/// these are too few.
fn is_same(one: &str, other: &str) -> bool {
    let share =
        |a: &HashSet<String>, b: &HashSet<String>| a.intersection(b).count() as f32 / a.union(b).count().max(1) as f32;
    let all = |text: &str| -> HashSet<String> { lex::tokens(text).iter().map(|word| lex::stem(word)).collect() };
    let (these, those) = (topic(one), topic(other));
    let common = these.intersection(&those).count();
    if common >= 2 {
        return share(&these, &those) >= SAME || (common == these.len() && common * 2 >= those.len());
    }
    these == those && share(&all(one), &all(other)) >= ALMOST_ALL
}

/// Whether the text has a topic that is neither the question's, nor the objective's, nor the
/// answer's.
fn is_off_topic(text: &str, request: &ProposalRequest) -> bool {
    let topic_of = topic(text);
    if topic_of.is_empty() {
        return false;
    }
    let mut known = said_stems(request);
    let condition = request.question.follow_up_triggers.iter();
    let guide = condition.flat_map(|t| [Some(&t.condition), t.template.as_ref()]).flatten().map(String::as_str);
    let context = request.question.context.as_deref();
    let ours = [request.question.text.as_str(), &request.research_objective].into_iter().chain(guide).chain(context);
    known.extend(ours.flat_map(topic));
    let shared = topic_of.intersection(&known).count();
    // One common word among many new ones is no connection.
    shared == 0 || shared * 4 < topic_of.len()
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
