//! Wordings by which a follow-up that may not be spoken is told, in English.
//!
//! Owns: the lists (they stand in `words.txt`), and whether a text has one of their wordings. Never does: decide what follows
//! from it.

use std::sync::LazyLock;

use crate::lexicon as lex;

const TEXT: &str = include_str!("words.txt");

type Words = LazyLock<Vec<&'static str>>;

/// What a question is asked with.
pub(super) static ASKING: Words = LazyLock::new(|| section("asking"));
/// Content words without a topic of their own.
pub(super) static GENERIC: Words = LazyLock::new(|| section("generic"));
/// The machine talks of itself, its role or its rules.
pub(super) static ROLE: Words = LazyLock::new(|| section("role"));
/// It offers, promises or praises.
pub(super) static PROMISES: Words = LazyLock::new(|| section("promises"));
/// It wants something done.
pub(super) static INSTRUCTIONS: Words = LazyLock::new(|| section("instructions"));
/// What nobody wants to be called or told.
pub(super) static RUDE: Words = LazyLock::new(|| section("rude"));
/// What no study asks of somebody out of the blue.
pub(super) static SENSITIVE: Words = LazyLock::new(|| section("sensitive"));
/// The answer speaks to the interviewer about what to do, not about what was asked.
pub(super) static STEERING: Words = LazyLock::new(|| section("steering"));
/// What an answer that gives orders begins with, after [`LEADING_IN`].
static ORDERS: Words = LazyLock::new(|| section("orders"));
static LEADING_IN: Words = LazyLock::new(|| section("leading_in"));

/// The wordings between a section's name and the next one's.
fn section(name: &str) -> Vec<&'static str> {
    let body =
        TEXT.split_once(&format!("\n[{name}]\n")).map_or("", |(_, rest)| rest.split("\n[").next().unwrap_or(rest));
    body.split([',', '\n']).map(str::trim).filter(|wording| !wording.is_empty()).collect()
}

/// Whether the answer tells the interviewer what to do.
pub(super) fn steers(answer: &str) -> bool {
    let orders = |clause: &str| {
        let words = lex::tokens(clause);
        let order = words.iter().find(|word| !LEADING_IN.contains(&word.as_str()));
        // A word alone is an answer.
        words.len() > 1 && order.is_some_and(|word| ORDERS.contains(&word.as_str()))
    };
    says(&lex::tokens(answer), &STEERING) || answer.split(['.', ',', ';', ':', '!', '?', '–', '—']).any(orders)
}

/// Whether the tokens hold any of the wordings, word for word.
pub(super) fn says(tokens: &[String], wordings: &[&str]) -> bool {
    let spoken = format!(" {} ", tokens.join(" "));
    wordings.iter().any(|wording| spoken.contains(&format!(" {wording} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_there_and_its_wordings_are_such_as_texts_are_cut_into() {
        for list in
            [&ASKING, &GENERIC, &ROLE, &PROMISES, &INSTRUCTIONS, &RUDE, &SENSITIVE, &STEERING, &ORDERS, &LEADING_IN]
        {
            assert!(list.len() > 10);
            for wording in list.iter() {
                assert_eq!(lex::tokens(wording).join(" "), *wording);
            }
        }
    }
}
