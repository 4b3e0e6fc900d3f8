//! E-mail addresses, written or dictated.
//!
//! Owns: "john dot smith at example dot com", spelled letters, and signs by their names. Never
//! does: complete an address.

use super::dictated::letters;
use super::numbers::number_at;
use super::tokens::{Token, longest_at, tokens};
use crate::language::values::Words;

/// Returns the last complete address of the text, in lower case.
pub(super) fn read(words: &Words, text: &str) -> Option<String> {
    let tokens = tokens(text);
    let at_signs = (0..tokens.len()).filter(|at| longest_at(&tokens, *at, &words.dictated.at).is_some());
    at_signs.filter_map(|at| address(words, &tokens, at)).next_back()
}

/// Whether an address is unfinished: "john dot smith at", "j o h n".
pub(super) fn is_partial(words: &Words, text: &str) -> bool {
    let tokens = tokens(text);
    let dictated = &words.dictated;
    let Some(last) = tokens.last() else { return false };
    if tokens.iter().any(|token| token.is(&dictated.refusals)) {
        return false;
    }
    let hangs = last.is(&dictated.at) || last.is(&dictated.dot) || dictated.symbols.contains_key(&last.word);
    if hangs {
        return true;
    }
    if read(words, text).is_some() {
        return false;
    }
    let sign = (0..tokens.len()).any(|at| {
        longest_at(&tokens, at, &dictated.at).is_some()
            || tokens[at].is(&dictated.dot)
            || symbol(words, &tokens, at).is_some()
            || (tokens[at].before == "." && at > 0)
    });
    let spelled = (0..tokens.len()).any(|at| letters(words, &tokens, at).0.chars().count() >= 2);
    let lead = tokens.iter().rposition(|token| token.is(&dictated.email_leads)).map_or(0, |at| at + 1);
    // "It's john" has one or two words that may begin an address.
    let begun = (1..=2).contains(&(tokens.len() - lead)) && (lead > 0 || tokens.len() == 1);
    sign || spelled || begun
}

fn address(words: &Words, tokens: &[Token], at: usize) -> Option<String> {
    let length = longest_at(tokens, at, &words.dictated.at)?;
    let domain = domain(words, tokens, at + length)?;
    let local = local(words, tokens, at)?;
    Some(format!("{local}@{domain}").to_lowercase())
}

/// Returns the local part, from where the sentence leads into it.
fn local(words: &Words, tokens: &[Token], end: usize) -> Option<String> {
    let dictated = &words.dictated;
    let mut from = end;
    while from > 0 {
        let token = &tokens[from - 1];
        let single = token.letter().is_some();
        let literal = tokens
            .get(from)
            .filter(|_| from < end)
            .is_some_and(|next| next.before.is_empty() || next.before == "." || next.before == "-");
        if token.is(&dictated.at) {
            break;
        }
        // Wordings such as "all lower case" are skipped, with the commas around them.
        let ignored = (0..from)
            .find(|start| longest_at(tokens, *start, &dictated.ignored).is_some_and(|length| start + length == from));
        if let Some(start) = ignored.filter(|_| !single) {
            from = start;
            continue;
        }
        if !literal && !single && token.is(&dictated.email_leads) && !is_name(words, tokens, from, end) {
            break;
        }
        // A full stop, or a comma between whole words, ends it.
        let next = &tokens[from.min(tokens.len() - 1)];
        let spelling = single || next.letter().is_some();
        if from < end
            && (next.ends()
                || (next.breaks()
                    && !spelling
                    && !is_ignored(words, tokens, from)
                    && !sign_at(words, tokens, from)
                    && !sign_at(words, tokens, from - 1)))
        {
            break;
        }
        from -= 1;
    }
    let local = joined(words, &tokens[from..end]);
    let local = local.trim_matches(['.', '-', '_']).to_owned();
    (!local.is_empty()).then_some(local)
}

/// Whether one of the wordings that are skipped begins here, or ends before this token.
fn is_ignored(words: &Words, tokens: &[Token], at: usize) -> bool {
    longest_at(tokens, at, &words.dictated.ignored).is_some()
}

/// Whether a word that leads into addresses is part of one, because a sign follows it at once: "my
/// dot name".
fn is_name(words: &Words, tokens: &[Token], from: usize, end: usize) -> bool {
    from < end && sign_at(words, tokens, from)
}

fn sign_at(words: &Words, tokens: &[Token], at: usize) -> bool {
    tokens[at].is(&words.dictated.dot) || symbol(words, tokens, at).is_some()
}

/// Reads a domain as long as dots follow: "example dot co dot uk".
fn domain(words: &Words, tokens: &[Token], from: usize) -> Option<String> {
    let dictated = &words.dictated;
    let mut domain = String::new();
    let (mut at, mut dots) = (from, 0);
    while at < tokens.len() {
        let glued = tokens[at].before == "." && at > from;
        if tokens[at].is(&dictated.dot) || glued {
            if domain.is_empty() || at + usize::from(!glued) >= tokens.len() {
                break;
            }
            domain.push('.');
            dots += 1;
            at += usize::from(!glued);
        } else if dots > 0 {
            break;
        } else if tokens[at].ends() && at > from {
            return None;
        }
        let (label, to) = label(words, tokens, at, dots > 0)?;
        domain.push_str(&label);
        at = to;
        if to >= tokens.len() {
            break;
        }
    }
    (dots > 0 && !domain.ends_with('.')).then_some(domain)
}

/// Reads one part of a domain. The last part is a single word or a run of letters, and an earlier
/// part is everything before the dot.
fn label(words: &Words, tokens: &[Token], from: usize, is_last: bool) -> Option<(String, usize)> {
    let mut at = from;
    while let Some(length) = longest_at(tokens, at, &words.dictated.ignored) {
        if length == 0 {
            break;
        }
        at += length;
    }
    let (spelled, to) = letters(words, tokens, at);
    if spelled.chars().count() >= 2 {
        return Some((spelled, to));
    }
    if is_last {
        return tokens.get(at).map(|token| (token.word.clone(), at + 1));
    }
    let piece = piece(words, tokens, at)?;
    Some(piece)
}

/// Joins the signs, letters, words and digits of a part.
fn joined(words: &Words, tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].before == "." && !text.is_empty() {
            text.push('.');
        } else if tokens[at].before == "-"
            && !text.is_empty()
            && tokens[at].letter().is_none()
            && at > 0
            && tokens[at - 1].letter().is_none()
        {
            text.push('-');
        }
        match piece(words, tokens, at) {
            Some((piece, to)) => {
                text.push_str(&piece);
                at = to;
            }
            None => at += 1,
        }
    }
    text
}

fn piece(words: &Words, tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let dictated = &words.dictated;
    let token = tokens.get(at)?;
    if token.is(&dictated.dot) {
        return Some((".".to_owned(), at + 1));
    }
    if let Some((sign, to)) = symbol(words, tokens, at) {
        return Some((sign, to));
    }
    let (letters, to) = letters(words, tokens, at);
    if !letters.is_empty() {
        return Some((letters, to));
    }
    if let Some(length) = longest_at(tokens, at, &dictated.ignored) {
        return Some((String::new(), at + length));
    }
    if let Some(times) = dictated.double.get(&token.word)
        && let Some((number, to)) = number_at(&words.numbers, tokens, at + 1)
    {
        return Some((number.to_string().repeat(*times), to));
    }
    // "Twenty twenty" is two numbers. Digits keep their zeros.
    if !token.is_digits()
        && let Some((number, to)) = number_at(&words.numbers, tokens, at)
        && number.fract() == 0.0
        && number >= 0.0
        && !token.is(&words.numbers.article)
    {
        return Some((number.to_string(), to));
    }
    Some((token.word.replace('\'', ""), at + 1))
}

fn symbol(words: &Words, tokens: &[Token], at: usize) -> Option<(String, usize)> {
    if tokens[at].word == "_" {
        return Some(("_".to_owned(), at + 1));
    }
    let named = words.dictated.symbols.keys().filter_map(|name| Some((longest_at(tokens, at, [name])?, name)));
    let (length, name) = named.max()?;
    Some((words.dictated.symbols[name].clone(), at + length))
}
