//! English wordings that a follow-up must not have.
//!
//! Owns: the lists, which are in `words.txt`, and whether a text has one of their wordings. Never
//! does: decide what follows.

use std::sync::LazyLock;

use crate::lexicon as lex;

const TEXT: &str = include_str!("words.txt");

type Words = LazyLock<Vec<&'static str>>;

/// Words with which a question is asked.
pub(super) static ASKING: Words = LazyLock::new(|| section("asking"));
/// Content words without a topic of their own.
pub(super) static GENERIC: Words = LazyLock::new(|| section("generic"));
/// The model speaks of itself, its role or its rules.
pub(super) static ROLE: Words = LazyLock::new(|| section("role"));
/// The text offers, promises or praises.
pub(super) static PROMISES: Words = LazyLock::new(|| section("promises"));
/// The text asks the respondent to do something.
pub(super) static INSTRUCTIONS: Words = LazyLock::new(|| section("instructions"));
/// Insults and other rude wordings.
pub(super) static RUDE: Words = LazyLock::new(|| section("rude"));
/// Personal matters that a study does not ask about unprompted.
pub(super) static SENSITIVE: Words = LazyLock::new(|| section("sensitive"));
/// Wordings by which an answer instructs the interviewer.
pub(super) static STEERING: Words = LazyLock::new(|| section("steering"));
/// The first words of an answer that gives orders, after a word of [`LEADING_IN`].
static ORDERS: Words = LazyLock::new(|| section("orders"));
static LEADING_IN: Words = LazyLock::new(|| section("leading_in"));

/// Returns the wordings between a section's name and the next one.
fn section(name: &str) -> Vec<&'static str> {
    let body =
        TEXT.split_once(&format!("\n[{name}]\n")).map_or("", |(_, rest)| rest.split("\n[").next().unwrap_or(rest));
    body.split([',', '\n']).map(str::trim).filter(|wording| !wording.is_empty()).collect()
}

/// Whether the answer instructs the interviewer.
pub(super) fn steers(answer: &str) -> bool {
    let orders = |clause: &str| {
        let words = lex::tokens(clause);
        let order = words.iter().find(|word| !LEADING_IN.contains(&word.as_str()));
        // A single word is an answer.
        words.len() > 1 && order.is_some_and(|word| ORDERS.contains(&word.as_str()))
    };
    says(&lex::tokens(answer), &STEERING) || answer.split(['.', ',', ';', ':', '!', '?', '–', '—']).any(orders)
}

/// Whether the tokens have any of the wordings, word for word.
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
