//! Answers to closed questions that say neither yes nor no, but decide between them.
//!
//! Owns: the opposite of what was asked, who helped if the question asks for anybody, and what is
//! not finished yet. Never does: read a yes or a no that was said.

use super::found::Verdict;
use super::numbers::number_at;
use super::tokens::{Token, longest_at, says, tokens};
use crate::language::values::Words;
use crate::lexicon as lex;

/// Judges a clause. `rest` is the clause without the words at its beginning that change nothing.
pub(super) fn read(words: &Words, question: &str, clause: &[Token], rest: &[Token]) -> Option<Verdict> {
    let asked = tokens(question);
    // Some wordings begin with words that may be left out elsewhere: "a doddle".
    alike_or_opposite(words, &asked, rest)
        .or_else(|| alike_or_opposite(words, &asked, clause))
        .or_else(|| finished(words, &asked, clause))
        .or_else(|| was_done(words, &asked, clause))
        .or_else(|| somebody(words, &asked, rest))
        .or_else(|| list(words, &asked, rest))
}

/// Judges a clause by the word that was asked or its opposite. If the question is about safety,
/// "I'm scared stiff" is a no, and "never had any worries" and "at ease" are a yes.
fn alike_or_opposite(words: &Words, asked: &[Token], clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    if asked.iter().any(|token| token.is(&closed.negators)) || says(clause, &closed.neither) {
        return None;
    }
    // "Safe or dangerous?" asks for more than yes or no.
    closed.opposites.iter().find_map(|[one, other]| match (says(asked, one), says(asked, other)) {
        (true, false) => by_sides(words, asked, clause, one, other),
        (false, true) => by_sides(words, asked, clause, other, one),
        _ => None,
    })
}

/// Judges a clause by words for what was asked, in `own`, and words for the opposite, in `other`.
fn by_sides(words: &Words, asked: &[Token], clause: &[Token], own: &[String], other: &[String]) -> Option<Verdict> {
    let closed = &words.closed;
    let find = |side: &[String]| (0..clause.len()).find_map(|at| Some(at..at + longest_at(clause, at, side)?));
    let (at, is_own) = match (find(own), find(other)) {
        (Some(own), None) => (own.start, true),
        // "Out of work" is not work.
        (own, Some(other)) if own.as_ref().is_none_or(|own| other.contains(&own.start)) => (other.start, false),
        _ => return None,
    };
    let lead = &clause[..at];
    // The word of the question is judged together with the words around it there.
    if is_own && asked.iter().any(|token| token.word == clause[at].word) {
        return None;
    }
    // The clause speaks of others, of another time, or of a possibility.
    let is_aside = says(lead, &words.aside) || lead.iter().any(|token| token.is(&closed.others));
    let is_plain = lead.iter().all(|token| {
        !lex::is_content(&token.word)
            || token.is(&closed.negators)
            || token.is(&closed.without)
            || token.is(&closed.after)
            || token.is(&words.scale.utmost)
            || is_measure(words, token)
            || {
                let stem = lex::stem(&token.word);
                asked.iter().any(|asked| lex::stem(&asked.word) == stem)
            }
    });
    if is_aside || !is_plain {
        return None;
    }
    let no = |token: &Token| token.is(&closed.negators) || token.is(&closed.without);
    // In "no I'm scared" the no is an answer by itself.
    let own_answer =
        lead.windows(2).any(|pair| no(&pair[0]) && (pair[1].is(&closed.pronouns) || pair[1].is(&closed.contracted)));
    let negators = lead.iter().filter(|token| no(token)).count();
    (!own_answer).then_some(if (negators % 2 == 1) == is_own { Verdict::No } else { Verdict::Yes })
}

/// Whether the token is part of a measure, which names no other thing: "An hour and a half late".
fn is_measure(words: &Words, token: &Token) -> bool {
    let numbers = &words.numbers;
    let is_part = |phrase: &String| phrase.split(' ').any(|word| word == token.word);
    numbers.spans.contains_key(&token.word)
        || numbers.units_of.get(&token.word).is_some_and(|unit| *unit > 0)
        || numbers.tens.contains_key(&token.word)
        || (token.is_digits() && token.word != "0")
        || numbers.parts.keys().any(is_part)
}

/// Judges "Got it done last week", if the question is whether something was done.
fn was_done(words: &Words, asked: &[Token], clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    if !asked.first().is_some_and(|first| first.is(&closed.perfect)) {
        return None;
    }
    let at = (0..clause.len()).find(|at| longest_at(clause, *at, &closed.had_done).is_some())?;
    let denies = clause.iter().any(|token| token.is(&closed.negators) || token.is(&closed.without));
    // The speaker did it, and really did: not "she got it done" or "I wish I'd got it done".
    let plain = |token: &Token| {
        let leads = [&closed.before, &closed.contracted, &closed.pronouns, &closed.after];
        leads.iter().any(|list| token.is(list)) && !token.is(&closed.others) && !token.is(&words.scale.near)
    };
    if says(clause, &closed.would) {
        return Some(Verdict::Neither);
    }
    let is_open = says(clause, &closed.unfinished) || says(clause, &closed.neither);
    (clause[..at].iter().all(plain) && !denies && !is_open).then_some(Verdict::Yes)
}

/// Judges "All done and dusted", "still at it", "three pages left".
fn finished(words: &Words, asked: &[Token], clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    if !says(asked, &closed.finish) {
        return None;
    }
    let is_left = clause.last().is_some_and(|last| last.is(&closed.more))
        && (0..clause.len()).any(|at| number_at(&words.numbers, clause, at).is_some());
    if is_left || says(clause, &closed.unfinished) {
        return Some(Verdict::No);
    }
    let denies = clause.iter().any(|token| token.is(&closed.negators) || token.is(&closed.without));
    (says(clause, &closed.done) && !denies && !says(clause, &closed.neither)).then_some(Verdict::Yes)
}

/// Judges replies such as "My daughter did it with me." and "I did it by myself." to "Did anyone
/// help you?"
fn somebody(words: &Words, asked: &[Token], clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    // "Both of my parents" are two people.
    let vague = |at: usize| longest_at(clause, at, &closed.neither).is_some() && !clause[at].is(&words.options.both);
    if !asked.iter().any(|token| token.is(&closed.anyone)) || (0..clause.len()).any(vague) {
        return None;
    }
    if says(clause, &closed.alone) {
        let is_denied = clause.iter().any(|token| token.is(&closed.negators));
        return (!is_denied).then_some(Verdict::No);
    }
    let person = clause.iter().take(4).any(|token| words.people.iter().any(|kind| token.is(&kind[1..])));
    let denies = clause.iter().any(|token| token.is(&closed.negators) || token.is(&closed.without));
    let is_aside = says(clause, &closed.would);
    // "My son" counts by itself, or if he did what was asked, or did something with the speaker:
    // not "my son is seven".
    let shares = clause.iter().any(|token| token.is(&closed.with_me));
    let is_plain = clause.iter().all(|token| {
        let stem = lex::stem(&token.word);
        !lex::is_content(&token.word)
            || words.people.iter().any(|kind| token.is(&kind[1..]))
            || asked.iter().any(|asked| lex::stem(&asked.word) == stem)
    });
    (person && !denies && !is_aside && (shares || is_plain)).then_some(Verdict::Yes)
}

/// Judges a list such as "Peanuts and cats", if the question asks for any.
fn list(words: &Words, asked: &[Token], clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    let and = clause.iter().position(|token| token.word == words.numbers.and)?;
    let plain = |token: &Token| lex::is_content(&token.word) && !token.is(&closed.negators);
    let is_list = matches!(clause.len(), 3..=5)
        && and > 0
        && and + 1 < clause.len()
        && clause.iter().enumerate().all(|(at, token)| at == and || plain(token))
        && clause.iter().any(|token| token.word.ends_with('s'));
    (asked.iter().any(|token| token.is(&closed.any)) && is_list).then_some(Verdict::Yes)
}
