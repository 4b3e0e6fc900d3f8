//! A text as tokens that keep what stood between them.
//!
//! Owns: splitting a text, and finding wordings in it. Never does: know a word of any language.

/// A word, a number in digits, or a sign that has a meaning in addresses and shares.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// In lower case, with straight apostrophes, and without the commas that group digits.
    pub word: String,
    /// The token as it was written.
    pub written: String,
    /// The text between it and the token before.
    pub before: String,
}

impl Token {
    /// Whether a clause ends before it.
    pub fn breaks(&self) -> bool {
        self.before.contains([',', ';', ':', '!', '?', '…', '—', '–', '(', ')'])
            || self.before.contains(". ")
            || self.before.contains("..")
            || self.before.contains(" - ")
            || self.before.contains('\n')
    }

    /// Whether a sentence ends before it.
    pub fn ends(&self) -> bool {
        self.before.contains(['!', '?', ';', '…']) || self.before.contains(". ") || self.before.contains("..")
    }

    /// Whether it continues the token before, as the words of a number do.
    pub fn is_joined(&self) -> bool {
        self.before.chars().all(|c| c == ' ' || c == '-')
    }

    pub fn is(&self, words: &[String]) -> bool {
        words.contains(&self.word)
    }

    pub fn letter(&self) -> Option<char> {
        let mut chars = self.word.chars();
        chars.next().filter(|c| c.is_alphabetic() && chars.next().is_none())
    }

    pub fn is_digits(&self) -> bool {
        self.word.starts_with(|c: char| c.is_ascii_digit())
    }
}

const SIGNS: &[char] = &['@', '%', '/', '+', '&', '_'];

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.replace(['’', '‘'], "'").chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut before) = (0, String::new());
    while at < chars.len() {
        let c = chars[at];
        let from = at;
        if SIGNS.contains(&c) {
            at += 1;
        } else if c.is_alphanumeric() {
            while at < chars.len() && goes_on(&chars, at) {
                at += 1;
            }
        } else {
            before.push(c);
            at += 1;
            continue;
        }
        let written: String = chars[from..at].iter().collect();
        let mut word = written.to_lowercase();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            word = word.replace(',', "");
        }
        tokens.push(Token { word, written, before: std::mem::take(&mut before) });
    }
    tokens
}

/// Whether the character is part of a token: an apostrophe inside a word, the point of a decimal,
/// or a comma between thousands.
fn goes_on(chars: &[char], at: usize) -> bool {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let alphanumeric = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric());
    match chars[at] {
        c if c.is_alphanumeric() => true,
        '\'' => at > 0 && alphanumeric(at - 1) && alphanumeric(at + 1),
        // The points in 03.05.2024 are none of a decimal, because a second one follows.
        '.' => at > 0 && digit(at - 1) && digit(at + 1) && !is_dated(chars, at),
        ',' => at > 0 && digit(at - 1) && (1..=3).all(|next| digit(at + next)) && !digit(at + 4),
        _ => false,
    }
}

/// Whether this point is one of several in a run of digits.
fn is_dated(chars: &[char], at: usize) -> bool {
    let in_run = |c: &&char| c.is_ascii_digit() || **c == '.';
    let before: String = chars[..at].iter().rev().take_while(in_run).collect();
    let after: String = chars[at + 1..].iter().take_while(in_run).collect();
    // A point at the end is a full stop.
    before.contains('.') || after.trim_end_matches('.').contains('.')
}

/// Returns how many tokens from `at` on are this wording. Commas inside it do not matter.
pub(super) fn says_at(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut length = 0;
    for word in phrase.split([' ', '-']) {
        let token = tokens.get(at + length)?;
        if token.word != word || (length > 0 && token.ends()) {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Returns the length of the longest of these wordings at `at`.
pub(super) fn longest_at<'a>(
    tokens: &[Token],
    at: usize,
    phrases: impl IntoIterator<Item = &'a String>,
) -> Option<usize> {
    phrases.into_iter().filter_map(|phrase| says_at(tokens, at, phrase)).max()
}

/// Whether one of these wordings is in the text.
pub(super) fn says(tokens: &[Token], phrases: &[String]) -> bool {
    (0..tokens.len()).any(|at| longest_at(tokens, at, phrases).is_some())
}

/// The tokens without the wordings of `phrases` at their beginning.
pub(super) fn without_lead<'t>(mut tokens: &'t [Token], phrases: &[String]) -> &'t [Token] {
    while let Some(length) = longest_at(tokens, 0, phrases).filter(|length| *length > 0) {
        tokens = &tokens[length..];
    }
    tokens
}

/// The tokens without the wordings of `phrases` at their end.
pub(super) fn without_tail<'t>(mut tokens: &'t [Token], phrases: &[String]) -> &'t [Token] {
    'again: loop {
        for at in 0..tokens.len() {
            if longest_at(tokens, at, phrases).is_some_and(|length| at + length == tokens.len()) {
                tokens = &tokens[..at];
                continue 'again;
            }
        }
        return tokens;
    }
}

/// Returns where the clause of the token at `at` begins.
pub(super) fn clause_start(tokens: &[Token], at: usize) -> usize {
    (0..=at).rev().find(|at| *at == 0 || tokens[*at].breaks()).unwrap_or(0)
}

pub(super) fn sentence_start(tokens: &[Token], at: usize) -> usize {
    (0..=at).rev().find(|at| *at == 0 || tokens[*at].ends()).unwrap_or(0)
}
