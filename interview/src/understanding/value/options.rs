//! The options that an answer chooses.
//!
//! Owns: both, all, none, all but one, options that are refused, and options that replace others.
//! Never does: choose between options with the same name if one is asked for.

use super::closed;
use super::found::Named;
use super::mentions::named;
use super::tokens::{Token, clause_start, longest_at, says, sentence_start, tokens};
use crate::guide::{Question, Select};
use crate::language::values::Words;
use crate::lexicon as lex;
use crate::meaning::Value;

pub(super) fn read(words: &Words, question: &Question, text: &str) -> Option<Value> {
    let said = tokens(text);
    let answer = Answer { words, question, said: &said, named: named(words, question, &said) };
    let chosen = answer.chosen(text)?;
    let mut ids = Vec::new();
    for (at, option) in question.options.iter().enumerate() {
        if chosen.contains(&at) {
            ids.push(option.id.clone());
        }
    }
    match (question.select, ids.len()) {
        (_, 0) if !question.allow_none => None,
        (Select::One, 2..) => None,
        _ => Some(Value::Options(ids)),
    }
}

/// Returns the texts of the options if several are named.
pub(super) fn several<'q>(words: &Words, question: &'q Question, text: &str) -> Vec<&'q str> {
    let said = tokens(text);
    let answer = Answer { words, question, said: &said, named: named(words, question, &said) };
    let chosen = answer.chosen(text).filter(|chosen| chosen.len() > 1).unwrap_or_default();
    chosen.into_iter().map(|option| question.options[option].text.as_str()).collect()
}

struct Answer<'a> {
    words: &'a Words,
    question: &'a Question,
    said: &'a [Token],
    named: Vec<Named>,
}

impl Answer<'_> {
    /// Returns the places of the options.
    fn chosen(&self, text: &str) -> Option<Vec<usize>> {
        let options = &self.words.options;
        if let Some(option) = self.by_yes_or_no(text) {
            return Some(vec![option]);
        }
        let concluded = self.conclusion().unwrap_or(self.said.len());
        if let Some(rest) = self.all_but(concluded) {
            return Some(rest);
        }
        let mut positive = self.positive();
        let withdrawn = self.withdraw(&mut positive);
        // Judges "Anything but a café, so the workshop."
        if positive.iter().any(|named| named.from >= concluded) {
            positive.retain(|named| named.from >= concluded);
        }
        if let Some(option) = positive.iter().find(|named| self.is_none_option(named.option) && positive.len() == 1) {
            return Some(vec![option.option]);
        }
        if positive.is_empty() {
            let refused = self.named.iter().map(|named| named.option).collect::<Vec<_>>();
            if refused.is_empty() && self.says_none() {
                let none = (0..self.question.options.len()).find(|option| self.is_none_option(*option));
                return Some(none.into_iter().collect());
            }
            if refused.is_empty() {
                let many =
                    self.says_free(&options.both).then_some(2) == Some(self.question.options.len()) || self.says_all();
                return many.then(|| self.all());
            }
            // The one that is not refused.
            let left: Vec<usize> = self.all().into_iter().filter(|option| !refused.contains(option)).collect();
            if self.says_free(&options.rest) {
                return Some(left);
            }
            // An option may be chosen by elimination.
            let is_sure = self.question.select == Select::One || self.question.options.len() == 2;
            return (left.len() == 1 && is_sure).then_some(left);
        }
        let mut chosen: Vec<usize> = self.decided(positive, withdrawn);
        chosen.sort_unstable();
        chosen.dedup();
        Some(chosen)
    }

    /// Returns all options except a "none of these".
    fn all(&self) -> Vec<usize> {
        (0..self.question.options.len()).filter(|option| !self.is_none_option(*option)).collect()
    }

    fn is_none_option(&self, option: usize) -> bool {
        let text = tokens(&self.question.options[option].text);
        longest_at(&text, 0, &self.words.options.none).is_some_and(|length| length == text.len() || length > 1)
    }

    /// Reads options that are yes and no like the answer to a closed question.
    fn by_yes_or_no(&self, text: &str) -> Option<usize> {
        let meaning = |text: &str| {
            let short = tokens(text).len() <= 3;
            short.then(|| closed::read(self.words, "", text)).flatten()
        };
        let meanings: Vec<Option<bool>> = self.question.options.iter().map(|option| meaning(&option.text)).collect();
        let only = |wanted: bool| {
            let mut places = meanings.iter().enumerate().filter(|(_, meaning)| **meaning == Some(wanted));
            places.next().filter(|_| places.next().is_none()).map(|(place, _)| place)
        };
        let (yes, no) = (only(true)?, only(false)?);
        if self.named.iter().any(|named| named.option != yes && named.option != no) {
            return None;
        }
        closed::read(self.words, "", text).map(|meant| if meant { yes } else { no })
    }

    /// Returns where the clause begins in which the speaker sums up the choice: "so it's the bike
    /// now".
    fn conclusion(&self) -> Option<usize> {
        let concludes = |at: &usize| {
            let begins = *at > 0 && (self.said[*at].breaks() || self.said[at - 1].is(&self.words.and));
            begins && longest_at(self.said, *at, &self.words.conclusions).is_some()
        };
        let at = (0..self.said.len()).rev().find(concludes)?;
        // "I have jam, so I need butter, too" adds to what was said.
        let adds = self.said[at..].iter().any(|token| token.is(&self.words.also) && !token.is(&self.words.and));
        let after: Vec<&Named> = self.named.iter().filter(|named| named.from >= at).collect();
        (!adds && !after.is_empty()).then_some(at)
    }

    /// Reads "Everything but email", unless the speaker concludes something from it at `concluded`.
    fn all_but(&self, concluded: usize) -> Option<Vec<usize>> {
        let options = &self.words.options;
        for at in 0..self.said.len() {
            let Some(length) = longest_at(self.said, at, &options.anything) else { continue };
            if self.is_inside(at) {
                continue;
            }
            let except = (at + length..(at + length + 3).min(self.said.len()))
                .find(|from| longest_at(self.said, *from, &options.except).is_some());
            let Some(except) = except else { continue };
            let excluded: Vec<usize> =
                self.named.iter().filter(|named| named.to > except).map(|named| named.option).collect();
            if self.named.iter().any(|named| named.from >= concluded) {
                continue;
            }
            if !excluded.is_empty() {
                return Some(self.all().into_iter().filter(|option| !excluded.contains(option)).collect());
            }
        }
        None
    }

    /// Whether the token is part of an option's name.
    fn is_inside(&self, at: usize) -> bool {
        self.named.iter().any(|named| (named.from..named.to).contains(&at))
    }

    fn says_free(&self, phrases: &[String]) -> bool {
        (0..self.said.len()).any(|at| !self.is_inside(at) && longest_at(self.said, at, phrases).is_some())
    }

    /// Whether the text says "all" by itself, and not as in "it's all doom and gloom".
    fn says_all(&self) -> bool {
        let asked = lex::content(&self.question.text);
        let is_asked = |word: &str| asked.iter().any(|asked| lex::stem(asked) == lex::stem(word));
        let ends = |to: usize| {
            let clause = self.said[to..].iter().take_while(|token| !token.breaks());
            let next = clause.into_iter().find(|token| lex::is_content(&token.word));
            next.is_none_or(|next| next.is(&self.words.closed.after) || is_asked(&next.word))
        };
        (0..self.said.len()).any(|at| {
            let length = longest_at(self.said, at, &self.words.options.all).filter(|_| !self.is_inside(at));
            length.is_some_and(|length| length > 1 || ends(at + 1))
        })
    }

    fn says_none(&self) -> bool {
        let options = &self.words.options;
        let negated = (0..self.said.len()).any(|at| {
            longest_at(self.said, at, &options.anything).is_some()
                && self.said[clause_start(self.said, at)..at].iter().any(|token| token.is(&self.words.closed.negators))
        });
        // "I don't use social media" is a refusal of all if that is what was asked.
        let asked = lex::content(&self.question.text);
        let denied = self.said.iter().any(|token| token.is(&self.words.closed.negators))
            && self.said.iter().any(|token| asked.iter().any(|word| lex::stem(word) == lex::stem(&token.word)));
        self.says_free(&options.none) || negated || (denied && self.question.allow_none)
    }

    /// Returns the options that are named and not refused.
    fn positive(&self) -> Vec<Named> {
        let mut positive = Vec::new();
        let mut before = None;
        for (at, named) in self.named.iter().enumerate() {
            let is_negated = self.is_negated(at, before == Some(true));
            before = Some(is_negated);
            if !is_negated {
                positive.push(*named);
            }
        }
        positive
    }

    /// Removes options that are withdrawn, as in "German, English, no, scratch English". Returns
    /// how many there were.
    fn withdraw(&self, positive: &mut Vec<Named>) -> usize {
        let refused: Vec<Named> = self.named.iter().filter(|named| !positive.contains(named)).copied().collect();
        let before = positive.len();
        positive.retain(|named| {
            !refused.iter().any(|no| no.option == named.option && no.from >= named.to && self.takes_back(*named, *no))
        });
        before - positive.len()
    }

    /// Whether a correction leads to the refusal of what was named, and the clause says nothing
    /// else: not "actually I don't like it much".
    fn takes_back(&self, named: Named, refused: Named) -> bool {
        let (words, said) = (self.words, self.said);
        let clause = clause_start(said, refused.from).max(named.to);
        let leads = [&words.corrections, &words.negators, &words.options.withdrawals, &words.fillers, &words.articles];
        // The "out" of "leave out" is part of the wording.
        let is_part = |at: usize| words.options.withdrawals.iter().any(|phrase| phrase.ends_with(&said[at].word));
        let is_bare = (clause..refused.from).all(|at| leads.iter().any(|list| said[at].is(list)) || is_part(at));
        let corrects = |at: usize| longest_at(said, at, &words.corrections).is_some() && !self.is_inside(at);
        is_bare && ((named.to..refused.from).any(corrects) || (clause..refused.from).any(|at| self.is_withdrawal(at)))
    }

    /// Whether "scratch" or "leave out" is at the beginning of a clause.
    fn is_withdrawal(&self, at: usize) -> bool {
        let words = self.words;
        let lead = &self.said[clause_start(self.said, at)..at];
        longest_at(self.said, at, &words.options.withdrawals).is_some()
            && lead.iter().all(|token| token.is(&words.corrections) || token.is(&words.fillers))
    }

    /// Whether the option is negated. `joined`: the option before it is joined to it and was
    /// negated as well, as in "not by post or by phone".
    fn is_negated(&self, at: usize, joined: bool) -> bool {
        let named = self.named[at];
        let floor = at.checked_sub(1).map_or(0, |before| self.named[before].to);
        if joined && named.from > floor && !self.said[named.from].breaks() {
            let between = &self.said[floor..named.from];
            let plain = |token: &Token| {
                token.is(&self.words.and) || token.is(&self.words.stop) || token.is(&self.words.articles)
            };
            if between.iter().any(|token| token.is(&self.words.and)) && between.iter().all(plain) {
                return true;
            }
        }
        let start = clause_start(self.said, named.from).max(floor);
        let (mut negators, mut step) = (0, start);
        while step < named.from {
            let no = self.said[step].breaks() && at > 0 && self.said[step].is(&self.words.corrections);
            let withdrawal = Some(1).filter(|_| at > 0 && self.is_withdrawal(step));
            let negator = longest_at(self.said, step, &self.words.negators).or(withdrawal);
            match negator.filter(|length| step + length <= named.from && !self.is_mild(step) && !no) {
                Some(length) => (negators, step) = (negators + 1, step + length),
                None => step += 1,
            }
        }
        if negators % 2 == 1 {
            return true;
        }
        // "Post isn't for me" and "email I don't use" negate the option before.
        let next = self.named.get(at + 1).map_or(self.said.len(), |next| next.from);
        let after = &self.said[named.to.min(next)..(named.to + 2).min(next)];
        let clause = after.iter().take_while(|token| !token.breaks()).count();
        let another = self
            .named
            .get(at + 1)
            .is_some_and(|next| !self.said[named.to.min(next.from)..=next.from].iter().any(Token::breaks));
        // "Lunch I skip."
        let refuses = matches!(&after[..clause], [who, verb]
            if who.is(&self.words.closed.pronouns) && verb.is(&self.words.negators));
        !another
            && (refuses
                || after[..clause]
                    .iter()
                    .enumerate()
                    .any(|(step, token)| token.is(&self.words.closed.negators) && !self.is_mild(named.to + step)))
    }

    /// Whether the negator at `at` negates nothing.
    fn is_mild(&self, at: usize) -> bool {
        (at.saturating_sub(3)..=at)
            .any(|from| longest_at(self.said, from, &self.words.not_negations).is_some_and(|length| from + length > at))
    }

    /// Returns the options that count if several are named: those that replace the others, are said
    /// plainly, or are stressed.
    fn decided(&self, mut positive: Vec<Named>, withdrawn: usize) -> Vec<usize> {
        let places = |positive: &[Named]| positive.iter().map(|named| named.option).collect::<Vec<_>>();
        if positive.iter().any(|named| !self.is_aside(*named)) {
            positive.retain(|named| !self.is_aside(*named));
        }
        if let Some(at) = self.correction(&positive) {
            let (before, after): (Vec<Named>, Vec<Named>) = positive.iter().partition(|named| named.from < at);
            // As many options of a list are replaced as are said anew, unless the list is said once
            // more, or "just" introduces what is left.
            let is_anew = self.is_relisted(at, &before, &after);
            let replaced = after.len().saturating_sub(withdrawn);
            let kept = if is_anew { 0 } else { before.len().saturating_sub(replaced) };
            positive = match self.question.select {
                Select::One => after,
                Select::Many => before[..kept].iter().chain(&after).copied().collect(),
            };
        }
        if self.question.select == Select::Many {
            return places(&positive);
        }
        let differ = positive.iter().any(|named| named.option != positive[0].option);
        if !differ {
            return places(&positive[..1]);
        }
        let stressed: Vec<Named> = positive.iter().copied().filter(|named| self.is_stressed(*named)).collect();
        if !stressed.is_empty() && stressed.iter().all(|named| named.option == stressed[0].option) {
            return vec![stressed[0].option];
        }
        // In "Post or email, email" the option that is said again counts.
        let last = positive[positive.len() - 1].option;
        let again = positive.iter().filter(|named| named.option == last).count() > 1;
        if again { vec![last] } else { places(&positive) }
    }

    /// Whether nothing new is named after the correction at `at` and nothing else is said, or
    /// "just" introduces it.
    fn is_relisted(&self, at: usize, before: &[Named], after: &[Named]) -> bool {
        let words = self.words;
        let plain = |at: usize| {
            let token = &self.said[at];
            !lex::is_content(&token.word)
                || self.is_inside(at)
                || token.is(&words.corrections)
                || token.is(&words.fillers)
        };
        let is_again = after.iter().all(|named| before.iter().any(|other| other.option == named.option))
            && (at..self.said.len()).all(plain);
        let is_only = after.first().is_some_and(|first| {
            let from = clause_start(self.said, first.from).max(at);
            says(&self.said[from..first.from], &words.options.only)
        });
        is_again || is_only
    }

    /// Returns where the last correction between two of them is.
    fn correction(&self, positive: &[Named]) -> Option<usize> {
        let (first, last) = (positive.first()?, positive.last()?);
        let found = (first.to..last.from).rev().find(|at| {
            let next = positive.iter().map(|named| named.from).find(|from| from > at).unwrap_or(last.from);
            // "Actually Polish, too" adds to what was said.
            let after = positive.iter().find(|named| named.from == next).map_or(next, |named| named.to);
            let adds =
                longest_at(self.said, after, self.words.also.iter().filter(|also| **also != self.words.numbers.and));
            let again = adds.is_some() || self.said[*at..next].iter().any(|token| token.is(&self.words.also));
            !self.is_inside(*at) && longest_at(self.said, *at, &self.words.corrections).is_some() && !again
        })?;
        Some(found)
    }

    fn is_aside(&self, named: Named) -> bool {
        let sentence = sentence_start(self.said, named.from).max(self.end_before(named));
        let from = clause_start(self.said, named.from).max(sentence);
        let seldom = self.question.select == Select::One && says(&self.said[from..named.from], &self.words.seldom);
        seldom
            || says(&self.said[from..named.from], &self.words.aside)
            || self
                .said
                .get(named.to)
                .is_some_and(|next| !next.breaks() && longest_at(self.said, named.to, &self.words.aside).is_some())
    }

    fn is_stressed(&self, named: Named) -> bool {
        let from = clause_start(self.said, named.from).max(self.end_before(named));
        let after =
            self.said[named.to..].iter().take_while(|token| !token.breaks() && !token.is(&self.words.and)).count();
        let next = self.named.iter().map(|other| other.from).find(|from| *from >= named.to).unwrap_or(self.said.len());
        says(&self.said[from..named.from], &self.words.emphasis)
            || says(&self.said[named.to..next.min(named.to + after)], &self.words.emphasis)
    }

    fn end_before(&self, named: Named) -> usize {
        self.named.iter().map(|other| other.to).filter(|to| *to <= named.from).max().unwrap_or(0)
    }
}
