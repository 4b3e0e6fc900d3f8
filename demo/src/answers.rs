//! Chooses the persona's answers.
//!
//! Owns: the rules of product contract, section 10, and what has been said already. Never does:
//! decide when to speak.

use super::persona::{DECLINE, Persona, Spoken};

/// The persona's answers, and which of them have been used.
#[derive(Debug, Clone)]
pub struct AnswerBook {
    persona: Persona,
    /// Whether each answer was given, by its index in `persona.answers`.
    said: Vec<bool>,
    then_said: Vec<bool>,
    /// The answers given to each question, as pairs of the question's id and the answer's index, in
    /// order.
    given: Vec<(String, usize)>,
}

impl AnswerBook {
    pub fn new(persona: Persona) -> Self {
        let count = persona.answers.len();
        Self { persona, said: vec![false; count], then_said: vec![false; count], given: Vec::new() }
    }

    /// Returns the answer to a question of the guide.
    ///
    /// This is the unused answer whose `about` has the most words of the question. If no unused
    /// answer has any, it is the `then` of the used answer with the most words whose `then` has not
    /// been said. In a tie, the first one is taken. Otherwise it is `default`.
    pub fn to_question(&mut self, id: &str, text: &str) -> Spoken {
        if self.persona.behaviours.declines.iter().any(|declined| declined == id) {
            return Spoken::plain(DECLINE);
        }
        let words = words(text);
        if let Some(best) = self.best(&words, 1, |book, i| !book.said[i]) {
            self.said[best] = true;
            self.given.push((id.to_owned(), best));
            return self.persona.answers[best].spoken();
        }
        match self.best(&words, 0, |book, i| book.said[i] && book.has_then(i)) {
            Some(best) => {
                self.given.push((id.to_owned(), best));
                self.then(best)
            }
            None => Spoken::plain(&self.persona.default),
        }
    }

    /// Returns what the persona says before it answers the question.
    pub fn before(&self, id: &str) -> Vec<Spoken> {
        let given = self.given.iter().rev().find(|(question, _)| question == id);
        let before = given.map(|&(_, answer)| self.persona.answers[answer].before.as_slice());
        before.unwrap_or_default().iter().map(|text| Spoken::plain(text)).collect()
    }

    /// Returns the answer to a follow-up on the question `parent`: the `then` of the answer given
    /// there, once.
    pub fn to_follow_up(&mut self, parent: &str) -> Spoken {
        if self.persona.behaviours.declines.iter().any(|declined| declined == parent) {
            return Spoken::plain(DECLINE);
        }
        let answer = self.given.iter().rev().find(|(id, _)| id == parent).or(self.given.last()).map(|&(_, i)| i);
        match answer {
            Some(i) if self.has_then(i) => self.then(i),
            _ => Spoken::plain(&self.persona.default),
        }
    }

    fn has_then(&self, i: usize) -> bool {
        self.persona.answers[i].then.is_some() && !self.then_said[i]
    }

    fn then(&mut self, i: usize) -> Spoken {
        self.then_said[i] = true;
        Spoken::plain(self.persona.answers[i].then.as_deref().unwrap_or(&self.persona.default))
    }

    /// Returns the allowed answer with the most matches, which must be at least `least`. In a tie,
    /// the first one is taken.
    fn best(&self, words: &[String], least: usize, allowed: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for i in (0..self.persona.answers.len()).filter(|&i| allowed(self, i)) {
            let matches =
                self.persona.answers[i].about.iter().filter(|about| words.contains(&about.to_lowercase())).count();
            if matches >= least && best.is_none_or(|(_, most)| matches > most) {
                best = Some((i, matches));
            }
        }
        best.map(|(i, _)| i)
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> AnswerBook {
        let persona = Persona::parse(
            r#"
name: Dana
voice: am_michael
consent: "Yes."
recording: "Yes."
answers:
  - {about: [kind, work, long], say: "Bookkeeping.", then: "Four years."}
  - {about: [work, day, hardest], before: ["Pardon?"], say: "The noise.", then: "The neighbours.", pause_ms: 500}
  - {about: [score], say: "Seven."}
behaviours: {declines: [manager]}
default: "Nothing."
"#,
            "test",
        )
        .unwrap();
        AnswerBook::new(persona)
    }

    #[test]
    fn most_words_win() {
        assert_eq!(book().to_question("q", "What is the hardest part of your work?").text(), "The noise.");
    }

    #[test]
    fn the_first_wins_a_tie() {
        assert_eq!(book().to_question("q", "Tell me about your WORK.").text(), "Bookkeeping.");
    }

    #[test]
    fn a_used_answer_leaves_the_next_best() {
        let mut book = book();
        book.to_question("a", "What kind of work?");
        assert_eq!(book.to_question("b", "What about work?").text(), "The noise.");
    }

    #[test]
    fn before_belongs_to_the_answer_that_was_chosen() {
        let mut book = book();
        book.to_question("a", "What kind of work?");
        book.to_question("b", "What is hardest?");
        assert_eq!(book.before("b"), [Spoken::plain("Pardon?")]);
        assert!(book.before("a").is_empty() && book.before("c").is_empty());
    }

    #[test]
    fn then_is_for_follow_ups_on_it() {
        let mut book = book();
        book.to_question("a", "What kind of work?");
        book.to_question("b", "What is hardest?");
        assert_eq!(book.to_follow_up("a").text(), "Four years.");
        assert_eq!(book.to_follow_up("b").text(), "The neighbours.");
        assert_eq!(book.to_follow_up("b").text(), "Nothing.");
    }

    #[test]
    fn then_is_for_questions_that_match_no_unused_answer() {
        let mut book = book();
        book.to_question("a", "What kind of work?");
        book.to_question("b", "What is hardest?");
        assert_eq!(book.to_question("c", "And the hardest day?").text(), "The neighbours.");
        assert_eq!(book.to_question("d", "Anything else?").text(), "Four years.");
        assert_eq!(book.to_question("e", "Really nothing?").text(), "Nothing.");
    }

    #[test]
    fn nothing_used_and_nothing_matching_is_the_default() {
        assert_eq!(book().to_question("x", "Do you like cats?").text(), "Nothing.");
    }

    #[test]
    fn a_follow_up_on_an_answer_without_then_gets_the_default() {
        let mut book = book();
        book.to_question("s", "Which score?");
        assert_eq!(book.to_follow_up("s").text(), "Nothing.");
    }

    #[test]
    fn a_declined_question_uses_no_answer_up() {
        let mut book = book();
        assert_eq!(book.to_question("manager", "What kind of work?").text(), DECLINE);
        assert_eq!(book.to_question("a", "What kind of work?").text(), "Bookkeeping.");
    }
}
