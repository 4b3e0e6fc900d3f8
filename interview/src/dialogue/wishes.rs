//! What a respondent wants who does not answer: hear it again, think, decline, stop, speak to a person.
//!
//! Owns: the phrases of each wish. Never does: decide what follows from one.

use crate::lexicon as lex;

/// What the respondent wants, when it is not to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// "Could you repeat that?"
    Repeat,
    /// "Wait a moment."
    Wait,
    /// "I would rather not talk about that."
    Decline,
    /// "I don't know."
    DontKnow,
    /// "I want to stop."
    Stop,
    /// "Can I speak to a person?"
    Person,
    /// "I have nothing to add.": an answer, but no follow-up will bring more.
    NothingToAdd,
}

/// Phrases of a wish and the most words a text may have to be nothing but the wish.
const WISHES: &[(Wish, usize, &[&str])] = &[
    (
        Wish::Person,
        16,
        &[
            "real person",
            "speak to a person",
            "talk to a person",
            "speak with a person",
            "talk to a human",
            "speak to a human",
            "speak with a human",
            "talk with a human",
            "human being please",
            "speak to someone",
            "talk to someone real",
            "an actual person",
        ],
    ),
    (
        Wish::Stop,
        14,
        &[
            "want to stop",
            "like to stop",
            "stop the interview",
            "end the interview",
            "end the call",
            "end this call",
            "stop this interview",
            "stop here",
            "let's stop",
            "please stop",
            "have to go",
            "need to go",
            "gotta go",
            "got to go",
            "hang up now",
            "don't want to continue",
            "do not want to continue",
            "stop now",
        ],
    ),
    (
        Wish::Decline,
        16,
        &[
            "rather not",
            "prefer not",
            "don't want to answer",
            "don't want to talk about",
            "do not want to answer",
            "don't want to say",
            "skip this question",
            "skip that question",
            "skip that one",
            "skip this one",
            "skip it",
            "next question please",
            "no comment",
            "not going to answer",
            "won't answer",
            "none of your business",
            "too personal",
        ],
    ),
    (
        Wish::Repeat,
        14,
        &[
            "repeat that",
            "repeat the question",
            "repeat it",
            "repeat please",
            "please repeat",
            "say that again",
            "say it again",
            "come again",
            "what was the question",
            "what was that",
            "didn't catch",
            "did not catch",
            "didn't hear",
            "did not hear",
            "couldn't hear",
            "ask that again",
            "ask again",
            "can you repeat",
            "could you repeat",
            "one more time",
            "beg your pardon",
        ],
    ),
    (
        Wish::Wait,
        12,
        &[
            "wait a",
            "one moment",
            "just a moment",
            "a moment please",
            "hold on",
            "hang on",
            "give me a second",
            "give me a minute",
            "give me a moment",
            "one second",
            "just a second",
            "one sec",
            "let me think",
            "one minute",
            "need a moment",
            "need a minute",
        ],
    ),
    (
        Wish::DontKnow,
        9,
        &[
            "don't know",
            "do not know",
            "no idea",
            "dunno",
            "can't say",
            "couldn't say",
            "can't remember",
            "don't remember",
            "not sure",
        ],
    ),
    (
        Wish::NothingToAdd,
        9,
        &[
            "nothing to add",
            "nothing more to",
            "nothing else",
            "nothing more",
            "that's all",
            "that's it",
            "that is all",
            "that's about it",
        ],
    ),
];

/// The wish a text is nothing but, if it is.
pub fn wish(text: &str) -> Option<Wish> {
    let tokens = lex::tokens(text);
    if tokens.is_empty() {
        return None;
    }
    let joined = format!(" {} ", tokens.join(" "));
    for (wish, most, phrases) in WISHES {
        // A phrase may end a word early ("wait a" second), never begin inside one.
        if tokens.len() <= *most && phrases.iter().any(|phrase| joined.contains(&format!(" {phrase}"))) {
            return Some(*wish);
        }
    }
    match tokens.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["pardon" | "sorry" | "what"] | ["pardon" | "sorry", "what" | "me"] => Some(Wish::Repeat),
        ["wait" | "moment"] => Some(Wish::Wait),
        ["stop"] => Some(Wish::Stop),
        ["pass" | "skip"] => Some(Wish::Decline),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read() {
        assert_eq!(wish("I would rather not talk about that."), Some(Wish::Decline));
        assert_eq!(wish("Sorry, could you repeat that?"), Some(Wish::Repeat));
        assert_eq!(wish("Pardon?"), Some(Wish::Repeat));
        assert_eq!(wish("Wait a moment, please."), Some(Wish::Wait));
        assert_eq!(wish("I don't know."), Some(Wish::DontKnow));
        assert_eq!(wish("I want to stop."), Some(Wish::Stop));
        assert_eq!(wish("Can I talk to a real person?"), Some(Wish::Person));
        assert_eq!(wish("I have nothing to add."), Some(Wish::NothingToAdd));
        assert_eq!(wish("We wait a lot at the station because trains are late and nobody tells us anything."), None);
        assert_eq!(wish("I sell shoes."), None);
        assert_eq!(wish(""), None);
    }
}
