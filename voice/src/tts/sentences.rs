//! The places at which a text may be cut.
//!
//! Owns: sentence boundaries and the cut of a short opening. Never does: change a word.

/// Words that end in a full stop without ending the sentence.
const ABBREVIATIONS: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "approx", "no", "fig", "dept", "est", "min", "max",
    "jr", "sr", "gen", "col", "rev", "hon", "inc", "ltd", "co", "corp", "jan", "feb", "mar", "apr", "jun", "jul",
    "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "cf", "al", "ca",
    "resp",
];

/// The minimum number of words of an opening that becomes a clip of its own.
const OPENING_WORDS: usize = 3;
/// A first sentence of at most this many words is not cut.
const SHORT_WORDS: usize = 10;

/// Returns the sentences of `text`, trimmed and in order. Joined by single spaces, they are the
/// text again except for white space.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut ends = text.char_indices().peekable();
    while let Some((at, c)) = ends.next() {
        let terminal = matches!(c, '.' | '!' | '?' | '…' | '\n');
        if !terminal {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some(&(next_at, next)) = ends.peek() {
            if !matches!(next, '.' | '!' | '?' | '…' | '"' | '\'' | ')' | '”' | '’') {
                break;
            }
            end = next_at + next.len_utf8();
            ends.next();
        }
        let rest = &text[end..];
        if c != '\n' && !(rest.is_empty() || rest.starts_with(char::is_whitespace)) {
            continue;
        }
        if c == '.' && !ends_sentence(&text[start..at], rest) {
            continue;
        }
        push(&mut found, &text[start..end]);
        start = end;
    }
    push(&mut found, &text[start..]);
    found
}

/// Returns the sentences. A long first sentence is cut at a clause, so that the first sound comes
/// sooner.
pub fn with_short_opening(text: &str) -> Vec<&str> {
    let mut parts = sentences(text);
    let Some(first) = parts.first().copied() else { return parts };
    if first.split_whitespace().count() <= SHORT_WORDS {
        return parts;
    }
    let cut = first.char_indices().find_map(|(at, c)| {
        let end = at + c.len_utf8();
        let clause = matches!(c, ',' | ';' | ':' | '—') && first[end..].starts_with(char::is_whitespace);
        let before = first[..end].split_whitespace().count();
        let after = first[end..].split_whitespace().count();
        (clause && before >= OPENING_WORDS && after >= OPENING_WORDS).then_some(end)
    });
    if let Some(cut) = cut {
        let (opening, rest) = first.split_at(cut);
        parts.splice(0..1, [opening.trim(), rest.trim()]);
    }
    parts
}

/// Returns true if the full stop after `before` ends a sentence, given what follows.
fn ends_sentence(before: &str, rest: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("").to_lowercase();
    let next = rest.trim_start().chars().next();
    let starts_low = next.is_some_and(|c| c.is_lowercase() || c.is_ascii_digit());
    if ABBREVIATIONS.contains(&word.as_str()) {
        // "No." is more often a whole answer than the abbreviation of "number", unless a number
        // follows.
        return word == "no" && !next.is_some_and(|c| c.is_ascii_digit());
    }
    let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1);
    if initial && word != "i" {
        return next.is_none();
    }
    !((dotted || word == "etc") && starts_low)
}

fn push<'a>(found: &mut Vec<&'a str>, piece: &'a str) {
    let piece = piece.trim();
    if piece.chars().any(char::is_alphanumeric) {
        found.push(piece);
    } else if let Some(last) = found.last_mut() {
        // A piece of punctuation alone is not a sentence. The last sentence found stays as it is.
        *last = last.trim();
    } else if piece.chars().any(|c| !c.is_ascii_punctuation() && !c.is_whitespace()) {
        found.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_stops_that_end_them() {
        assert_eq!(sentences("Hello there. How are you? Fine!"), ["Hello there.", "How are you?", "Fine!"]);
        assert_eq!(
            sentences("Dr. Smith paid $3.50 at 5 p.m. on Main St. today."),
            ["Dr. Smith paid $3.50 at 5 p.m. on Main St. today."]
        );
        assert_eq!(sentences("He said \"stop.\" Then J. Doe left."), ["He said \"stop.\"", "Then J. Doe left."]);
        assert_eq!(
            sentences("No. I mean tools, e.g. Excel. See No. 5."),
            ["No.", "I mean tools, e.g. Excel.", "See No. 5."]
        );
        assert_eq!(sentences("One\nTwo"), ["One", "Two"]);
        assert!(sentences("  ... ").is_empty());
    }

    #[test]
    fn a_long_opening_is_cut_at_a_clause() {
        let text = "You said it takes a while, so tell me about the last time that this happened to you. Why?";
        assert_eq!(
            with_short_opening(text),
            ["You said it takes a while,", "so tell me about the last time that this happened to you.", "Why?"]
        );
        assert_eq!(with_short_opening("Well, yes, of course."), ["Well, yes, of course."]);
    }
}
