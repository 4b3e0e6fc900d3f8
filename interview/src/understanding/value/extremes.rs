//! Options that are sizes, chosen by a superlative: "the biggest you have".
//!
//! Owns: which option a superlative means. Never does: rank options that name no size.

use super::found::Named;
use super::tokens::{Token, longest_at, says, tokens};
use crate::guide::Choice;
use crate::language::values::Words;

/// Returns the option that a superlative names. Returns none if another option is counted from it,
/// as in "the second biggest".
pub(super) fn by_superlative(words: &Words, options: &[Choice], said: &[Token]) -> Option<Named> {
    let written: Vec<Vec<Token>> = options.iter().map(|option| tokens(&option.text)).collect();
    (0..said.len()).find_map(|at| {
        let named = |[superlatives, sizes]: &[Vec<String>; 2]| {
            let length = longest_at(said, at, superlatives)?;
            // The first size, from the most extreme one on, that an option is called by.
            let option = sizes.iter().find_map(|size| {
                let mut called =
                    (0..options.len()).filter(|option| says(&written[*option], std::slice::from_ref(size)));
                called.next().map(|option| (option, called.next().is_none()))
            });
            let (option, is_only) = option?;
            is_only.then_some(Named { option, from: at, to: at + length })
        };
        let named = words.options.sizes.iter().find_map(named)?;
        let is_ranked = at > 0 && {
            let before = &said[at - 1];
            words.options.ordinals.iter().any(|names| before.is(names)) || before.is(&words.scale.next)
        };
        let ends = said.get(named.to).is_none_or(|next| {
            next.breaks() || next.is(&words.scale.offered) || longest_at(said, named.to, &words.options.ones).is_some()
        });
        (ends && !is_ranked && !is_counted_back(words, said, named.to)).then_some(named)
    })
}

/// Whether something is counted from the superlative: "The biggest but one."
fn is_counted_back(words: &Words, said: &[Token], at: usize) -> bool {
    longest_at(said, at, &words.scale.but).is_some()
        && said.get(at + 1).is_some_and(|next| words.numbers.units_of.contains_key(&next.word))
}
