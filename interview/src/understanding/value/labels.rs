//! What a question calls the points of its scale: "from 1, strongly disagree, to 7, strongly
//! agree".
//!
//! Owns: finding such names in a question and in an answer, and which end of the scale is the good
//! one. Never does: take a weaker form of a name for the name.

use super::mentions::{Piece, pieces};
use super::numbers::number_at;
use super::tokens::{Token, longest_at, says, tokens};
use crate::guide::Scale;
use crate::language::values::Words;
use crate::lexicon as lex;

/// The largest number of tokens of a name. More are a sentence.
const LONGEST: usize = 6;

/// The name of a point of the scale.
struct Label {
    number: f64,
    /// The words in the form in which they are compared.
    stems: Vec<String>,
    tokens: Vec<Token>,
}

/// What a question says about its scale.
pub(super) struct Labels<'a> {
    words: &'a Words,
    named: Vec<Label>,
    asked: Vec<Token>,
    min: f64,
    max: f64,
}

/// Which end of the scale is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Best {
    /// The highest number is the best, as is usual.
    Highest,
    /// The question says that the lowest number is the best.
    Lowest,
    /// The scale measures something bad, so that "the worst" is the most of it.
    LowestOfIlls,
}

impl<'a> Labels<'a> {
    pub fn of(words: &'a Words, scale: Scale, question: &str) -> Self {
        let asked = tokens(question);
        let (min, max) = (f64::from(scale.min), f64::from(scale.max));
        let mut labels = Vec::new();
        let mut listed = Vec::new();
        let mut end = 0;
        for at in 0..asked.len() {
            // The "three" of "minus three" is no point of its own.
            let Some((number, to)) = number_at(&words.numbers, &asked, at).filter(|_| at >= end) else { continue };
            end = to;
            if !(min..=max).contains(&number) {
                continue;
            }
            let Some(next) = asked.get(to) else { continue };
            let (from, is_said) = if next.before.contains('=') {
                (to, true)
            } else if next.is_joined() && (next.is(&words.scale.being) || next.is(&words.scale.is)) {
                // "Stands for".
                let leads = asked.get(to + 1).is_some_and(|token| token.is(&words.numbers.each));
                (to + 1 + usize::from(leads), true)
            } else if next.is_joined() && next.is(&words.numbers.each) {
                (to + 1, false)
            } else if next.before.contains([',', '(']) {
                (to, false)
            } else {
                continue;
            };
            if let Some(label) = label(words, &asked, from, number) {
                if is_said { labels.push(label) } else { listed.push(label) }
            }
        }
        // Words after a number are a name only if both ends have one: not in "from 1 to 10, how
        // good is it?".
        let has = |end: f64| labels.iter().chain(&listed).any(|label| (label.number - end).abs() < f64::EPSILON);
        if has(min) && has(max) {
            labels.append(&mut listed);
        }
        Self { words, named: labels, asked, min, max }
    }

    pub fn best(&self) -> Best {
        let scale = &self.words.scale;
        let named = |end: f64, phrases: &[String]| {
            self.named.iter().any(|label| {
                (label.number - end).abs() < f64::EPSILON
                    && says(&label.tokens, phrases)
                    && !label.tokens.iter().any(|token| token.is(&self.words.closed.negators))
            })
        };
        if named(self.min, &scale.good) || named(self.max, &scale.ill) {
            return if named(self.max, &scale.good) { Best::Highest } else { Best::Lowest };
        }
        // "1 is very noisy and 10 is very quiet" has the good at the top.
        let is_ill = !named(self.max, &scale.good) && !named(self.min, &scale.ills) && says(&self.asked, &scale.ills);
        if is_ill { Best::LowestOfIlls } else { Best::Highest }
    }

    /// Returns the point that these tokens name, in any context.
    pub fn named(&self, phrase: &[Token]) -> Option<f64> {
        let said: Vec<String> = pieces(self.words, phrase, true).into_iter().map(|piece| piece.stem).collect();
        self.named.iter().find(|label| label.stems == said).map(|label| label.number)
    }

    /// Returns the point that a clause names. The clause says nothing else than the name and what
    /// was asked.
    pub fn said(&self, said: &[Token]) -> Option<f64> {
        let mut found = None;
        for clause in said.chunk_by(|_, next| !next.breaks()) {
            if says(clause, &self.words.aside) {
                continue;
            }
            let pieces = pieces(self.words, clause, true);
            let mut numbers: Vec<f64> = Vec::new();
            let longest = self.named.iter().filter_map(|label| Some((label.stems.len(), Self::at(&pieces, label)?)));
            let longest = longest.map(|(length, _)| length).max().unwrap_or(0);
            for label in self.named.iter().filter(|label| label.stems.len() == longest) {
                if let Some((from, to)) = Self::at(&pieces, label)
                    && self.is_plain(&clause[..from], true)
                    && self.is_plain(&clause[to..], false)
                {
                    numbers.push(label.number);
                }
            }
            match numbers[..] {
                [number] => found = Some(number),
                [_, _, ..] => return None,
                [] => {}
            }
        }
        found
    }

    /// Reads a share, such as "half of it" on a scale of a hundred.
    pub fn share(&self, said: &[Token]) -> Option<f64> {
        if self.min != 0.0 || (self.max - 100.0).abs() > f64::EPSILON {
            return None;
        }
        let mut found = None;
        for clause in said.chunk_by(|_, next| !next.breaks()) {
            let shares = &self.words.scale.shares;
            for (phrase, share) in shares {
                let at = (0..clause.len()).find_map(|at| Some((at, at + longest_at(clause, at, [phrase])?)));
                if at.is_some_and(|(from, to)| {
                    self.is_plain(&clause[..from], true) && self.is_plain(&clause[to..], false)
                }) {
                    found = Some(*share);
                }
            }
        }
        found
    }

    /// Returns the tokens of the clause that are this name.
    fn at(pieces: &[Piece], label: &Label) -> Option<(usize, usize)> {
        let length = label.stems.len();
        let at = (0..(pieces.len() + 1).checked_sub(length)?)
            .find(|at| pieces[*at..*at + length].iter().zip(&label.stems).all(|(piece, stem)| piece.stem == *stem))?;
        Some((pieces[at].from, pieces[at + length - 1].to))
    }

    /// Whether the words around a name change nothing. Before it, no word may weaken it.
    fn is_plain(&self, around: &[Token], before: bool) -> bool {
        let words = self.words;
        let weak = |token: &Token| {
            token.is(&words.scale.weaker) || token.is(&words.closed.negators) || token.is(&words.negators)
        };
        let is_asked = |token: &Token| {
            let stem = lex::stem(&token.word);
            self.asked.iter().any(|asked| lex::stem(&asked.word) == stem)
        };
        let plain = |at: usize| {
            let token = &around[at];
            !lex::is_content(&token.word)
                || is_asked(token)
                || token.is(&words.scale.utmost)
                || longest_at(around, at, &words.fillers).is_some()
        };
        !(before && (around.iter().any(weak) || says(around, &words.scale.weaker))) && (0..around.len()).all(plain)
    }
}

/// Returns the name that begins at `from`. It ends with the clause, or where the text leads to the
/// next number.
fn label(words: &Words, asked: &[Token], from: usize, number: f64) -> Option<Label> {
    let is_number = |at: usize| number_at(&words.numbers, asked, at).is_some();
    let mut to = from;
    while let Some(token) = asked.get(to) {
        let leads = (token.is(&words.numbers.ranges) || token.is(&words.and)) && is_number(to + 1);
        if (to > from && token.breaks()) || leads || token.before.contains('=') && to > from {
            break;
        }
        to += 1;
    }
    let tokens = asked.get(from..to)?.to_vec();
    let opens = tokens.first()?;
    if tokens.len() > LONGEST || is_number(from) && !opens.is(&words.articles) || opens.is(&words.scale.asking) {
        return None;
    }
    let stems: Vec<String> = pieces(words, &tokens, true).into_iter().map(|piece| piece.stem).collect();
    (!stems.is_empty()).then_some(Label { number, stems, tokens })
}
