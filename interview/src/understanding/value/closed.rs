//! Yes or no.
//!
//! Owns: which of the two an answer to a closed question means. Never does: take a "sometimes" for
//! either.

use super::found::Verdict;
use super::numbers::number_at;
use super::opposites;
use super::tokens::{Token, longest_at, says, tokens, without_tail};
use crate::language::values::Words;
use crate::lexicon as lex;

pub(super) fn read(words: &Words, question: &str, text: &str) -> Option<bool> {
    let tokens = tokens(text);
    let mut verdict = None;
    // The clause so far was a particle only. In "yeah, no" the second one counts.
    let mut is_bare = false;
    // The text announces another answer: "No, wait, I did."
    let mut awaits = false;
    for clause in clauses(&tokens) {
        let closed = &words.closed;
        let corrects = longest_at(clause, 0, &closed.corrections).is_some() || awaits;
        awaits = verdict.is_some() && longest_at(clause, 0, &closed.corrections) == Some(clause.len());
        let Some((judged, is_head)) = judge(words, question, clause) else { continue };
        let replaces = match verdict {
            None | Some(Verdict::Neither) => true,
            Some(_) => judged != Verdict::Neither && (corrects || (is_bare && is_head)),
        };
        if replaces {
            verdict = Some(judged);
        }
        is_bare = clause.len() == 1;
    }
    match verdict? {
        Verdict::Yes => Some(true),
        Verdict::No => Some(false),
        Verdict::Neither => None,
    }
}

fn clauses(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    tokens.chunk_by(|_, next| !next.breaks())
}

/// Returns what one clause says, and whether its first words say it.
fn judge(words: &Words, question: &str, clause: &[Token]) -> Option<(Verdict, bool)> {
    let closed = &words.closed;
    let rest = opened(words, clause);
    if let Some(verdict) = utmost(words, clause).or_else(|| scornful(words, clause)) {
        return Some((verdict, true));
    }
    let head = head(words, rest);
    // "Never had any worries" denies the opposite of what was asked.
    let negates = head.is_some_and(|(_, length)| {
        rest[..length].iter().any(|token| token.is(&closed.negators) || token.is(&closed.without))
    });
    if (head.is_none() || negates)
        && let Some(verdict) = opposites::read(words, question, clause, rest)
    {
        return Some((verdict, false));
    }
    if let Some((verdict, length)) = head {
        let after = &rest[length..];
        // "Yes and no" and "no idea" are on the list of wordings that are neither, and are longer.
        let neither = longest_at(rest, 0, &closed.neither).is_some_and(|neither| neither >= length);
        if neither {
            return Some((Verdict::Neither, true));
        }
        // In "yeah no" and "no yeah" the second word counts.
        let bare = length == 1;
        if bare
            && let Some((second, _)) = self::head(words, opened(words, after))
            && after.len() <= 3
        {
            return Some((second, true));
        }
        return Some((verdict, true));
    }
    if says(clause, &closed.neither) {
        return Some((Verdict::Neither, false));
    }
    let mild = longest_at(rest, 0, &words.not_negations).is_some();
    if rest.first().is_some_and(|first| first.is(&closed.not)) && !mild {
        return Some((Verdict::No, false));
    }
    if let Some(verdict) = amount(words, question, rest) {
        return Some((verdict, false));
    }
    if let [.., subject, auxiliary] = rest
        && subject.is(&closed.pronouns)
        && auxiliary.is(&closed.auxiliaries)
        && !rest.iter().any(|token| token.is(&closed.negators))
    {
        return Some((Verdict::Yes, false));
    }
    if let Some(verdict) = elliptic(words, question, rest) {
        return Some((verdict, false));
    }
    let anywhere = |phrases: &[String]| {
        let long: Vec<String> = phrases.iter().filter(|phrase| phrase.contains(' ')).cloned().collect();
        says(clause, &long)
    };
    if anywhere(&closed.no) {
        return Some((Verdict::No, false));
    }
    anywhere(&closed.yes).then_some((Verdict::Yes, false))
}

/// Returns the clause without the words at its beginning that change nothing.
fn opened<'t>(words: &Words, clause: &'t [Token]) -> &'t [Token] {
    let mut rest = clause;
    loop {
        let closed = &words.closed;
        let before = closed.before.iter().chain(&closed.corrections).chain(&closed.yes_alone);
        let skipped = longest_at(rest, 0, before).filter(|length| *length < rest.len());
        let head = longest_at(rest, 0, closed.yes.iter().chain(&closed.no).chain(&closed.neither));
        match skipped {
            // "I think so" and "actually not" are more than the words with which they begin.
            Some(length) if head.is_none_or(|head| head < length) => rest = &rest[length..],
            _ => return rest,
        }
    }
}

fn head(words: &Words, rest: &[Token]) -> Option<(Verdict, usize)> {
    let closed = &words.closed;
    // "None at the moment."
    let bare = without_tail(rest, &closed.before);
    let whole = |phrases: &[String]| {
        longest_at(rest, 0, phrases).filter(|length| *length == rest.len() || *length == bare.len())
    };
    // `None` is less than any length.
    let yes = longest_at(rest, 0, &closed.yes).max(whole(&closed.yes_alone));
    let no = longest_at(rest, 0, &closed.no).max(whole(&closed.no_alone));
    match (yes, no) {
        (None, None) => None,
        (yes, no) if yes >= no => yes.map(|length| (Verdict::Yes, length)),
        (_, no) => no.map(|length| (Verdict::No, length)),
    }
}

/// Judges clauses such as "Couldn't be happier."
fn utmost(words: &Words, clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    let at = (0..clause.len()).find(|at| longest_at(clause, *at, &closed.could_not).is_some())?;
    let rest = &clause[at..];
    if says(rest, &closed.unhappier) {
        return Some(Verdict::No);
    }
    let compares = |pair: &[Token]| pair[0].word == closed.be && pair[1].word.ends_with(&closed.comparative);
    (says(rest, &closed.happier) || rest.windows(2).any(compares)).then_some(Verdict::Yes)
}

/// Judges clauses such as "did he heck" and "like hell it did".
fn scornful(words: &Words, clause: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    let after = match clause {
        [auxiliary, who, heck, ..] if auxiliary.is(&closed.auxiliaries) && who.is(&closed.pronouns) => {
            return heck.is(&closed.heck).then_some(Verdict::No);
        }
        [lead, heck, after @ ..] if lead.is(&closed.heck_leads) && heck.is(&closed.heck) => after,
        _ => return None,
    };
    let denies = matches!(after, [who, auxiliary, ..]
        if who.is(&closed.pronouns) && auxiliary.is(&closed.auxiliaries));
    denies.then_some(Verdict::No)
}

/// Judges amounts such as "Two of them" and "several times". They are a yes unless the amount is
/// none. What is counted must not be something else, as in "four pages long" and "once bitten,
/// twice shy".
fn amount(words: &Words, question: &str, rest: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    let phrase = longest_at(rest, 0, &closed.quantities);
    let number = number_at(&words.numbers, rest, 0);
    let asked: Vec<String> = lex::tokens(question).iter().map(|word| lex::stem(word)).collect();
    if let Some((number, to)) = number.filter(|(_, to)| phrase.is_none_or(|length| length <= *to)) {
        let counts = |token: &Token| {
            let is_asked = asked.contains(&lex::stem(&token.word));
            !lex::is_content(&token.word) || is_asked || token.is(&closed.after) || token.is(&words.numbers.units)
        };
        // "Two more to go" counts what is missing.
        let is_left = rest.get(to).is_some_and(|token| token.is(&closed.more));
        // A thing that is counted is one that was asked for, if the question asks for things.
        let is_thing =
            lex::tokens(question).iter().any(|word| closed.any.contains(word) || closed.having.contains(word));
        let is_plain =
            rest[to..].iter().all(counts) || (is_thing && rest.get(to).is_some_and(|token| token.word.ends_with('s')));
        return (!is_left && is_plain).then_some(if number == 0.0 { Verdict::No } else { Verdict::Yes });
    }
    phrase.map(|_| Verdict::Yes)
}

/// Judges elliptic clauses such as "I do", "we haven't", "I use it every day".
fn elliptic(words: &Words, question: &str, rest: &[Token]) -> Option<Verdict> {
    let closed = &words.closed;
    let mut at = 0;
    let subject = rest.first()?;
    let is_contracted = subject.is(&closed.contracted);
    let is_mild = |at: usize| {
        (0..=at).any(|from| longest_at(rest, from, &words.not_negations).is_some_and(|length| from + length > at))
    };
    let negators = |at: &usize| rest[*at].is(&closed.negators) && !is_mild(*at);
    let is_negated = |from: usize| (from..rest.len()).filter(negators).count() % 2 == 1;
    if subject.is(&closed.pronouns) || is_contracted {
        at = 1;
    } else if !subject.is(&closed.auxiliaries) && !subject.is(&closed.negators) {
        // "Cars are expensive" is about cars in general. "Didn't get round to it" and "use it
        // daily" leave out an "I".
        let is_general = rest.iter().any(|token| token.is(&closed.auxiliaries));
        return if is_general { None } else { statement(words, question, rest, is_negated(0)) };
    }
    if is_negated(0) {
        return Some(Verdict::No);
    }
    if says(rest, &closed.stopped) {
        return Some(Verdict::No);
    }
    let auxiliary = rest.get(at).is_some_and(|token| token.is(&closed.auxiliaries));
    let after = rest.get(at + usize::from(auxiliary)..).unwrap_or_default();
    // An adverb may come before the auxiliary: "I certainly do".
    let late = !auxiliary
        && rest.get(at..).is_some_and(|rest| {
            let end = rest.iter().position(|token| token.is(&closed.auxiliaries));
            end.is_some_and(|end| {
                end <= 2 && rest[..end].iter().chain(&rest[end + 1..]).all(|token| token.is(&closed.after))
            })
        });
    // "I was there only yesterday" is a yes if the question is whether one has been there.
    let is_visit = lex::tokens(question).iter().any(|word| closed.visiting.contains(word));
    let plain = |token: &Token| token.is(&closed.after) || (is_visit && token.is(&closed.there));
    if late || (auxiliary && after.iter().all(plain)) {
        return Some(Verdict::Yes);
    }
    statement(words, question, rest, false)
}

/// Judges a statement. It is a yes if it says what was asked: "I use it every day", "I live alone".
fn statement(words: &Words, question: &str, rest: &[Token], is_negated: bool) -> Option<Verdict> {
    let closed = &words.closed;
    let asked: Vec<String> = lex::tokens(question)
        .iter()
        .filter(|word| lex::is_content(word) || *word == "have" || *word == "own")
        .filter(|word| !words.stop.contains(word) || *word == "have")
        .map(|word| stem(words, word))
        .collect();
    let mut said: Vec<String> = rest.iter().map(|token| stem(words, &token.word)).collect();
    said.dedup();
    let hits = asked.iter().filter(|stem| said.contains(stem)).count();
    if hits == 0 {
        return None;
    }
    if is_negated || says(rest, &closed.stopped) {
        return Some(Verdict::No);
    }
    let refers = rest.iter().any(|token| token.is(&closed.it) || token.is_digits());
    // "Quite happy" has only what was asked.
    let fragment = rest.first().is_some_and(|first| !first.is(&closed.pronouns) && !first.is(&closed.contracted));
    let echoes = fragment
        && rest.iter().all(|token| {
            !lex::is_content(&token.word) || token.is(&closed.after) || asked.contains(&stem(words, &token.word))
        });
    (2 * hits >= asked.len() || refers || echoes).then_some(Verdict::Yes)
}

fn stem(words: &Words, word: &str) -> String {
    lex::stem(words.closed.irregular.get(word).map_or(word, String::as_str))
}
