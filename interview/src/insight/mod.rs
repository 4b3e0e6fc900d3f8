//! What can be said about interviews after they were held: quotes, findings, themes, sentiment, and
//! statistics over many.
//!
//! Owns: the extraction by words alone, and every number. Never does: I/O, call a model, or accept
//! a quote that was not said ([`quote::locate`]).
//!
//! [`extract`] turns the [`material`] of one interview into an [`extract::Insight`]. It uses
//! [`pick`] (quotes), [`finding`], [`theme`], [`mood`] and [`alignment`]. [`likeness`] adds what
//! meaning tells, if there is a model for it. A language model may judge the answers before
//! ([`judged`]), and word the report afterwards ([`worded`]). [`across`] counts over many
//! interviews with [`stats`].

pub mod across;
pub mod alignment;
pub mod extract;
pub mod finding;
pub mod judged;
pub mod likeness;
pub mod material;
pub mod mood;
pub mod pick;
pub mod quote;
pub mod stats;
pub mod theme;
pub mod worded;

/// The names of the methods by which values were made.
pub mod method {
    pub const LEXICON: &str = "lexicon";
    pub const EMBEDDING: &str = "embedding";
    /// The value is computed from counts.
    pub const STATISTICS: &str = "statistics";

    /// The value is worded or judged by this language model.
    pub fn llm(model: &str) -> String {
        format!("llm:{model}")
    }
}
