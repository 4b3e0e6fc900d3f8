//! Answers to closed questions that say neither yes nor no, but what decides between them.
//!
//! Owns: the opposite of what was asked, who helped where anyone is asked for, what is not finished yet. Never does: read a
//! yes or a no that was said.

use super::found::Verdict;
use super::numbers::number_at;
use super::tokens::{Token, longest_at, says, tokens};
use crate::language::values::Words;
use crate::lexicon as lex;

/// `rest` is the clause without what changes nothing at its beginning.
pub(super) fn read(words: &Words, question: &str, clause: &[Token], rest: &[Token]) -> Option<Verdict> {
    let asked = tokens(question);
    // Some wordings begin with what may be left out before others: "a doddle".
    alike_or_opposite(words, &asked, rest)
        .or_else(|| alike_or_opposite(words, &asked, clause))
        .or_else(|| finished(words, &asked, clause))
        .or_else(|| was_done(words, &asked, clause))
        .or_else(|| somebody(words, &asked, rest))
        .or_else(|| list(words, &asked, rest))
}

/// "I'm scared stiff" where safety was asked for; "never had any worries" is the yes to it, and so is "at ease".
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

/// What a clause says by a word for what was asked, of its `own` side, or by one for the `other`.
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
    // The word that was asked is judged with all that it is asked with.
    if is_own && asked.iter().any(|token| token.word == clause[at].word) {
        return None;
    }
    // Of others, of another time, or as it might be.
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

/// "An hour and a half late": how much of it there is, is no other thing.
fn is_measure(words: &Words, token: &Token) -> bool {
    let numbers = &words.numbers;
    let is_part = |phrase: &String| phrase.split(' ').any(|word| word == token.word);
    numbers.spans.contains_key(&token.word)
        || numbers.units_of.get(&token.word).is_some_and(|unit| *unit > 0)
        || numbers.tens.contains_key(&token.word)
        || (token.is_digits() && token.word != "0")
        || numbers.parts.keys().any(is_part)
}

/// "Got it done last week", where one is asked whether something was done.
fn was_done(words: &Words, asked: &[Token], clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    if !asked.first().is_some_and(|first| first.is(&closed.perfect)) {
        return None;
    }
    let at = (0..clause.len()).find(|at| longest_at(clause, *at, &closed.had_done).is_some())?;
    let denies = clause.iter().any(|token| token.is(&closed.negators) || token.is(&closed.without));
    // By the speaker, and not as it might be: not "she got it done" nor "I wish I'd got it done".
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

/// "All done and dusted", "still at it", "three pages left".
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

/// "Did anyone help you?" "My daughter did it with me." "I did it by myself."
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
    // "My son" alone, or that he did what was asked, or did something with the speaker: not "my son is seven".
    let shares = clause.iter().any(|token| token.is(&closed.with_me));
    let is_plain = clause.iter().all(|token| {
        let stem = lex::stem(&token.word);
        !lex::is_content(&token.word)
            || words.people.iter().any(|kind| token.is(&kind[1..]))
            || asked.iter().any(|asked| lex::stem(&asked.word) == stem)
    });
    (person && !denies && !is_aside && (shares || is_plain)).then_some(Verdict::Yes)
}

/// "Peanuts and cats", where any were asked for.
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
