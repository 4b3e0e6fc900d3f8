//! What can be said about interviews once they have been held: quotes, findings, themes, moods, and numbers over many.
//!
//! Owns: the extraction by words alone, and every number. Never does: I/O, call a model, let a quote through that was not
//! said ([`quote::locate`]).
//!
//! [`material`] is what is looked at; [`extract`] makes an [`extract::Insight`] of one interview out of it with the help of
//! [`pick`] (quotes), [`finding`], [`theme`], [`mood`] and [`alignment`]; [`likeness`] adds what meaning tells, where a model can. A language model
//! has judged the answers before ([`judged`]), and words the report after that ([`worded`]); [`across`] counts over many, by [`stats`].

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

/// What each value was made with.
pub mod method {
    pub const LEXICON: &str = "lexicon";
    pub const EMBEDDING: &str = "embedding";
    /// Computed from counts.
    pub const STATISTICS: &str = "statistics";

    /// Worded or judged by a language model.
    pub fn llm(model: &str) -> String {
        format!("llm:{model}")
    }
}
