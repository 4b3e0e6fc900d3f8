//! What several checks need to know: where questions are, and which section can come before which.
//!
//! Owns: the order of the dialogue (`dialogue::selection`), as far as it is known beforehand. Never
//! does: judge it.

use crate::condition::Condition;
use crate::guide::{Guide, Question, Section};

/// A question, and its place in the guide.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub section: usize,
    pub index: usize,
    pub question: &'a Question,
}

impl Place<'_> {
    pub(super) fn path(&self) -> String {
        format!("/sections/{}/questions/{}", self.section, self.index)
    }
}

pub(super) struct Plan<'a> {
    pub guide: &'a Guide,
    pub places: Vec<Place<'a>>,
    /// For each section, whether a branch leads to it.
    is_target: Vec<bool>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(guide: &'a Guide) -> Self {
        let places = guide.sections.iter().enumerate().flat_map(|(section, s)| {
            s.questions.iter().enumerate().map(move |(index, question)| Place { section, index, question })
        });
        let branches = &guide.adaptive_rules.branching_logic;
        let targets: Vec<usize> = branches.iter().filter_map(|b| guide.section_index(&b.target_section)).collect();
        let is_target = (0..guide.sections.len()).map(|index| targets.contains(&index)).collect();
        Self { guide, places: places.collect(), is_target }
    }

    pub(super) fn section(&self, index: usize) -> &'a Section {
        &self.guide.sections[index]
    }

    pub(super) fn question(&self, id: &str) -> Option<Place<'a>> {
        self.places.iter().copied().find(|place| place.question.id == id)
    }

    /// Whether section `a` can be held before section `b`. Sections come in their order, but a
    /// branch may bring one forward. None is held twice, and the first is always first.
    pub(super) fn may_precede(&self, a: usize, b: usize) -> bool {
        b != 0 && (a < b || a > b && self.is_target[a])
    }

    /// Whether section `a` was held or left out whenever section `b` is held.
    pub(super) fn always_precedes(&self, a: usize, b: usize) -> bool {
        a != b && !self.may_precede(b, a)
    }

    /// Returns the question that a condition names, and whether the rest is negated. The error is
    /// an id that no question has.
    pub(super) fn bound(&self, condition: &str) -> Result<Option<(Place<'a>, bool)>, String> {
        // Only the id at the beginning matters, so the condition may be read for any question.
        let Some(any) = self.places.first() else { return Ok(None) };
        let mut read = Condition::read(condition, any.question);
        let mut negated = false;
        loop {
            match read {
                Condition::Not(rest) => {
                    negated = !negated;
                    read = *rest;
                }
                Condition::Of(id, _) => {
                    return self.question(&id).map(|place| Some((place, negated))).ok_or(id);
                }
                _ => return Ok(None),
            }
        }
    }
}

/// Escapes a key as a part of a JSON pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The readings of a condition for one question after another. A reading depends only on whether
/// the question has a scale, so the condition is read at most twice.
pub(super) struct Readings<'a> {
    text: &'a str,
    read: [Option<Condition>; 2],
}

impl<'a> Readings<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, read: [None, None] }
    }

    pub(super) fn by(&mut self, question: &Question) -> &Condition {
        let text = self.text;
        self.read[usize::from(question.scale.is_some())].get_or_insert_with(|| Condition::read(text, question))
    }
}
