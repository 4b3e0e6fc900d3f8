//! Where an answer names one of the options.
//!
//! Owns: finding options by their words, by synonyms, by one of their kind, and by their place.
//! Never does: choose among those that it found.

use super::found::Named;
use super::numbers::number_at;
use super::tokens::{Token, clause_start, longest_at, says, tokens, without_lead, without_tail};
use super::{extremes, frequency, spans};
use crate::guide::{Choice, Question};
use crate::language::values::Words;
use crate::lexicon as lex;

/// The least share of an option's words that must be said if several options may be named, 0…1.
const ENOUGH: f64 = 0.5;
/// The least share if only one option comes into question, 0…1.
const HINT: f64 = 0.3;

/// Returns every place where an option is named, in the order of the text.
pub(super) fn named(words: &Words, question: &Question, said: &[Token]) -> Vec<Named> {
    let options = &question.options;
    let mut found = by_words(words, options, said);
    found.extend(by_kind(&words.kinds, options, said, &found));
    found.extend(by_head(words, options, said, &found));
    if found.is_empty() {
        // People are mentioned along with what is chosen: "on the radio, with my sister".
        found = by_kind(&words.people, options, said, &[]);
    }
    if found.is_empty() {
        found = by_place(words, options.len(), said);
    }
    if found.is_empty() {
        found = by_part(words, question, said).into_iter().collect();
    }
    if found.is_empty() {
        found = extremes::by_superlative(words, options, said).into_iter().collect();
    }
    if found.is_empty() {
        let often = frequency::option(words, options, said);
        found = often.into_iter().map(|option| Named { option, from: 0, to: said.len() }).collect();
    }
    if found.is_empty() {
        found = spans::by_number(words, question, said).into_iter().collect();
    }
    if found.is_empty() {
        found = bare(words, options.len(), said);
    }
    found.sort_by_key(|named| named.from);
    found
}

/// Finds an option by one of its kind: "Instagram" is one of the "Social media". Each of `kinds`
/// begins with its name, which must be part of an option.
fn by_kind(kinds: &[Vec<String>], options: &[Choice], said: &[Token], named: &[Named]) -> Vec<Named> {
    let written: Vec<Vec<Token>> = options.iter().map(|option| tokens(&option.text)).collect();
    let mut found: Vec<Named> = Vec::new();
    let mut at = 0;
    while at < said.len() {
        let is_new = !named.iter().any(|named| (named.from..named.to).contains(&at));
        let longest = kinds
            .iter()
            .filter_map(|kind| {
                let length = longest_at(said, at, &kind[1..])?;
                let mut places = (0..options.len()).filter(|option| says(&written[*option], &kind[..1]));
                // A kind to which two options belong tells nothing.
                Some((length, places.next().filter(|_| places.next().is_none())?))
            })
            .max_by_key(|(length, _)| *length);
        match longest.filter(|_| is_new) {
            Some((length, option)) => {
                found.push(Named { option, from: at, to: at + length });
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// Finds an option by the head of a compound: a goldfish is a fish, if the clause tells of nothing
/// else.
fn by_head(words: &Words, options: &[Choice], said: &[Token], named: &[Named]) -> Vec<Named> {
    let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    let heads: Vec<Option<String>> = options
        .iter()
        .map(|option| match &tokens(&option.text)[..] {
            [only] if only.word.chars().count() >= 4 => Some(singular(&only.word)),
            _ => None,
        })
        .collect();
    let is_named = |at: usize| named.iter().any(|named| (named.from..named.to).contains(&at));
    let is_plain = |at: usize| {
        let token = &said[at];
        !lex::is_content(&token.word) || is_named(at) || token.is(&words.fillers) || token.is(&words.also)
    };
    let mut found = Vec::new();
    for at in (0..said.len()).filter(|at| !is_named(*at)) {
        let from = clause_start(said, at);
        let to = (at + 1..said.len()).find(|next| said[*next].breaks()).unwrap_or(said.len());
        if !(from..to).all(|other| other == at || is_plain(other)) {
            continue;
        }
        let word = singular(&said[at].word);
        let is_kind = |head: &Option<String>| {
            let front = head.as_ref().and_then(|head| word.strip_suffix(head.as_str()));
            front.is_some_and(|front| front.chars().count() >= 3 && !words.options.fronts.iter().any(|no| no == front))
        };
        let mut kinds = (0..options.len()).filter(|option| is_kind(&heads[*option]));
        if let (Some(option), None) = (kinds.next(), kinds.next()) {
            found.push(Named { option, from: at, to: at + 1 });
        }
    }
    found
}

/// Finds an option by its beginning or end: "Not very", if only one option begins like that, and
/// "not at all", if only one is "Not satisfied at all" and the question asks whether one is
/// satisfied.
fn by_part(words: &Words, question: &Question, said: &[Token]) -> Option<Named> {
    let options = &question.options;
    let asked: Vec<String> = lex::content(&question.text).iter().map(|word| lex::stem(word)).collect();
    let bare = without_tail(without_lead(said, &words.fillers), &words.fillers);
    let bare: Vec<String> = pieces(words, bare, false).into_iter().map(|piece| piece.stem).collect();
    // "Definitely not" is no beginning of "Not sure".
    if bare.len() == 1 && words.negators.contains(&bare[0]) {
        return None;
    }
    let whole = |option: &Choice| pieces(words, &tokens(&option.text), false).into_iter().map(|piece| piece.stem);
    let begins = |option: &Choice| {
        let whole: Vec<String> = whole(option).collect();
        whole.len() > bare.len() && whole.starts_with(&bare)
    };
    let is_rest = |option: &Choice| whole(option).filter(|stem| !asked.contains(stem)).eq(bare.iter().cloned());
    let only = |fits: &dyn Fn(&Choice) -> bool| {
        let mut places = options.iter().enumerate().filter(|(_, option)| fits(option)).map(|(place, _)| place);
        places.next().filter(|_| places.next().is_none() && !bare.is_empty())
    };
    let only = only(&begins).or_else(|| only(&is_rest))?;
    Some(Named { option: only, from: 0, to: said.len() })
}

/// A word in the form in which it is compared, with the tokens that it covers.
pub(super) struct Piece {
    pub stem: String,
    pub from: usize,
    pub to: usize,
}

pub(super) fn pieces(words: &Words, tokens: &[Token], with_synonyms: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let synonym = words
            .synonyms
            .iter()
            .filter(|_| with_synonyms)
            .filter_map(|line| {
                Some((longest_at(tokens, at, line).or_else(|| in_the_singular(&tokens[at], line))?, &line[0]))
            })
            .max_by_key(|(length, _)| *length);
        let number = number_at(&words.numbers, tokens, at).filter(|_| !tokens[at].is(&words.numbers.article));
        let one = &words.numbers.one;
        let (stem, to) = match (synonym, number) {
            (Some((length, name)), number) if number.is_none_or(|(_, to)| at + length >= to) => {
                (lex::stem(name), at + length)
            }
            (_, Some((number, to))) if tokens[at].word != *one || to > at + 1 => (number.to_string(), to),
            _ => (lex::stem(&tokens[at].word), at + 1),
        };
        if !tokens[at].is(&words.articles) || to > at + 1 {
            pieces.push(Piece { stem, from: at, to });
        }
        at = to;
    }
    pieces
}

/// Finds "tenants" where "tenant" is on the list.
fn in_the_singular(token: &Token, line: &[String]) -> Option<usize> {
    let singular = token.word.strip_suffix('s').filter(|word| word.len() >= 4 && !word.ends_with('s'))?;
    line.iter().any(|phrase| phrase == singular).then_some(1)
}

fn by_words(words: &Words, options: &[Choice], said: &[Token]) -> Vec<Named> {
    let written: Vec<Vec<Token>> = options.iter().map(|option| tokens(&option.text)).collect();
    let stems = |with_synonyms: bool| -> Vec<Vec<String>> {
        let of =
            |tokens: &Vec<Token>| pieces(words, tokens, with_synonyms).into_iter().map(|piece| piece.stem).collect();
        written.iter().map(of).collect()
    };
    let alike = |stems: &[Vec<String>]| stems.iter().enumerate().any(|(at, one)| stems[..at].contains(one));
    // Options that the list of synonyms makes equal are told apart without it.
    let with_synonyms = !alike(&stems(true));
    let wanted = stems(with_synonyms);
    let said = pieces(words, said, with_synonyms);
    let mut taken = vec![false; said.len()];
    let mut found = Vec::new();
    let mut order: Vec<usize> = (0..options.len()).filter(|option| !wanted[*option].is_empty()).collect();
    order.sort_by_key(|option| std::cmp::Reverse(wanted[*option].len()));
    for &option in &order {
        let length = wanted[option].len();
        for at in 0..(said.len() + 1).saturating_sub(length) {
            let fits = (0..length).all(|step| !taken[at + step] && said[at + step].stem == wanted[option][step]);
            if fits {
                taken[at..at + length].fill(true);
                found.push(Named { option, from: said[at].from, to: said[at + length - 1].to });
            }
        }
    }
    partly(words, &wanted, &said, &mut taken, &mut found);
    found
}

/// Finds options of which enough was said. The more options have a word, the less it counts.
fn partly(words: &Words, wanted: &[Vec<String>], said: &[Piece], taken: &mut [bool], found: &mut Vec<Named>) {
    let content = |stems: &Vec<String>| -> Vec<String> {
        let mut content: Vec<String> = Vec::new();
        for stem in stems {
            if !words.stop.iter().any(|stop| stop == stem || lex::stem(stop) == *stem) && !content.contains(stem) {
                content.push(stem.clone());
            }
        }
        content
    };
    let contents: Vec<Vec<String>> = wanted.iter().map(content).collect();
    let shared = |stem: &String| contents.iter().filter(|content| content.contains(stem)).count();
    let mut scored: Vec<(f64, Named, Vec<usize>)> = Vec::new();
    for (option, content) in contents.iter().enumerate() {
        // "Two or three hours" is not "One to two hours".
        let are_said = wanted[option]
            .iter()
            .filter(|stem| *stem == &words.numbers.one || stem.parse::<f64>().is_ok())
            .all(|number| said.iter().any(|piece| piece.stem == *number));
        if content.is_empty() || !are_said || found.iter().any(|named| named.option == option) {
            continue;
        }
        let (mut score, mut whole, mut hits, mut own) = (0.0, 0.0, Vec::new(), false);
        for stem in content {
            let weight = 1.0 / shared(stem) as f64;
            whole += weight;
            if let Some(at) = (0..said.len()).find(|at| !taken[*at] && is_of(&said[*at].stem, stem)) {
                score += weight;
                // "Five weeks" is not "One to five years".
                own |= shared(stem) == 1 && stem.parse::<f64>().is_err();
                hits.push(at);
            }
        }
        hits.sort_unstable();
        // Words that several options have are enough only if all of them were said.
        let complete = hits.len() == content.len();
        if let (Some(first), Some(last)) = (hits.first(), hits.last())
            && (own || complete)
            && score / whole >= HINT
        {
            scored.push((score / whole, Named { option, from: said[*first].from, to: said[*last].to }, hits));
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = scored.first().map_or(0.0, |best| best.0);
    let rivals = scored.iter().filter(|other| (other.0 - best).abs() < 1e-9).count();
    for (score, named, hits) in scored {
        let is_enough = score >= ENOUGH || (found.is_empty() && rivals == 1 && (score - best).abs() < 1e-9);
        if is_enough && hits.iter().all(|at| !taken[*at]) {
            for at in hits {
                taken[at] = true;
            }
            found.push(named);
        }
    }
}

/// Whether it is the word itself, another of its forms, or the part of a compound that stands for
/// it: a phone is a smartphone.
fn is_of(said: &str, wanted: &str) -> bool {
    let (count, length) = (said.chars().count(), wanted.chars().count());
    let form =
        count.min(length) >= 5 && count.abs_diff(length) <= 2 && (said.starts_with(wanted) || wanted.starts_with(said));
    said == wanted || form || (count >= 4 && !wanted.contains(' ') && wanted.ends_with(said))
}

/// Finds options by their place: "Option two", "the last one", "the first two".
fn by_place(words: &Words, count: usize, said: &[Token]) -> Vec<Named> {
    let options = &words.options;
    let mut found = Vec::new();
    let mut at = 0;
    // "Options two and three" continues a list that was begun.
    let mut chain = None;
    while at < said.len() {
        let leads = said[at].is(&options.lead);
        let led = leads || chain == Some(at) || (at > 0 && chain == Some(at - 1) && said[at - 1].is(&words.and));
        let here = if leads { at + 1 } else { at };
        let Some((places, to)) = place(words, count, said, here, led) else {
            at += 1;
            continue;
        };
        found.extend(places.into_iter().filter(|option| *option < count).map(|option| Named { option, from: at, to }));
        chain = led.then_some(to);
        at = to;
    }
    found
}

/// Returns the places that are named at `at`, and the token after them.
fn place(words: &Words, count: usize, said: &[Token], at: usize, led: bool) -> Option<(Vec<usize>, usize)> {
    let (options, token) = (&words.options, said.get(at)?);
    let ends =
        |to: usize| said.get(to).is_none_or(|next| next.breaks() || longest_at(said, to, &options.ones).is_some());
    let number = |to: usize| number_at(&words.numbers, said, to).filter(|(number, _)| *number >= 2.0);
    if led {
        if let Some((number, to)) = number_at(&words.numbers, said, at) {
            return (number >= 1.0).then(|| (vec![number as usize - 1], to));
        }
        if let Some(letter) = token.letter().and_then(place_of) {
            return Some((vec![letter], at + 1));
        }
    }
    let back = options.from_the_end.iter().enumerate();
    let back = back.filter_map(|(place, names)| Some((longest_at(said, at, names)?, place))).max();
    if let Some((length, place)) = back {
        let to = at + length;
        if let Some((number, to)) = number(to).filter(|_| place == 0) {
            let many = number as usize;
            return (many <= count).then(|| ((count - many..count).collect(), to));
        }
        return (ends(to) || led).then(|| (count.checked_sub(place + 1).into_iter().collect(), to));
    }
    if let Some(place) = options.ordinals.iter().position(|names| token.is(names)) {
        if let Some((number, to)) = number(at + 1).filter(|_| place == 0) {
            return Some(((0..(number as usize).min(count)).collect(), to));
        }
        return (ends(at + 1) || led).then(|| (vec![place], at + 1));
    }
    if let Some(length) = longest_at(said, at, &options.from_the_start) {
        return ends(at + length).then(|| (vec![0], at + length));
    }
    let middle = longest_at(said, at, &options.middle).filter(|_| count % 2 == 1)?;
    ends(at + middle).then(|| (vec![count / 2], at + middle))
}

/// Finds options by letters or numbers alone: "B", "two", "A and C".
fn bare(words: &Words, count: usize, said: &[Token]) -> Vec<Named> {
    let whole = without_tail(without_lead(said, &words.fillers), &words.fillers);
    let offset = said.len() - without_lead(said, &words.fillers).len();
    let mut found = Vec::new();
    let mut at = 0;
    while at < whole.len() {
        if let Some((number, to)) = number_at(&words.numbers, whole, at).filter(|(number, _)| *number >= 1.0) {
            found.push(Named { option: number as usize - 1, from: offset + at, to: offset + to });
            at = to;
        } else if let Some(letter) = whole[at].letter().and_then(place_of).filter(|letter| *letter < count) {
            found.push(Named { option: letter, from: offset + at, to: offset + at + 1 });
            at += 1;
        } else if whole[at].is(&words.and) || (at > 0 && whole[at].is(&words.corrections)) {
            at += 1;
        } else {
            return Vec::new();
        }
    }
    found.retain(|named| named.option < count);
    found
}

/// The place of a letter in the alphabet, counted from 0.
fn place_of(letter: char) -> Option<usize> {
    letter.is_ascii_lowercase().then(|| usize::from(letter as u8 - b'a'))
}
