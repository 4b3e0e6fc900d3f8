//! The problems of a document while they are collected.
//!
//! Owns: how many of them are reported, and which ids and names were seen before. Never does: look
//! at the document.

use std::collections::HashMap;

use super::bounds;
use crate::guide::Problem;

#[derive(Default)]
pub(super) struct Check {
    pub problems: Vec<Problem>,
    /// The number of problems beyond those that are reported.
    pub untold: usize,
    /// Ids seen so far, by kind, with the place where they were first used.
    pub ids: HashMap<(&'static str, String), String>,
    /// Section names seen so far, with the place where they were first used.
    pub names: HashMap<String, String>,
}

impl Check {
    pub fn add(&mut self, path: &str, message: impl Into<String>) {
        if self.problems.len() < bounds::PROBLEMS {
            self.problems.push(Problem { path: path.to_owned(), message: message.into() });
        } else {
            self.untold += 1;
        }
    }
}
