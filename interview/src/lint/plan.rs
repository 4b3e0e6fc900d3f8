//! What several checks need to know: where questions stand, and which section can come before which.
//!
//! Owns: the dialogue's order (`dialogue::selection`) as far as it can be known beforehand. Never does: judge it.

use crate::condition::Condition;
use crate::guide::{Guide, Question, Section};

/// A question and where it stands.
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
    /// By section: some branch leads to it.
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

    /// Whether section `a` can be held before section `b`: sections come in their order, but a branch may bring one forward;
    /// none is held twice, and the first is always first.
    pub(super) fn may_precede(&self, a: usize, b: usize) -> bool {
        b != 0 && (a < b || a > b && self.is_target[a])
    }

    /// Whether section `a` is over (held or left out) whenever section `b` is held.
    pub(super) fn always_precedes(&self, a: usize, b: usize) -> bool {
        a != b && !self.may_precede(b, a)
    }

    /// The question that a condition names, and the rest of it. `Err` with the id that is none.
    pub(super) fn bound(&self, condition: &str) -> Result<Option<(Place<'a>, bool)>, String> {
        // Read for any question: what matters here is the id in front.
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

/// A key as a JSON pointer's part.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A condition as it is read for one question after the other. All that its reading depends on is whether the question has a
/// scale, so it is read twice at most.
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
