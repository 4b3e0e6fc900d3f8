//! Live calls: one actor an interview, and what keeps the actors honest.
//!
//! Owns: the actor that feeds the pure interview and carries out its outputs ([`actor`]), the legs
//! that its media comes over ([`leg`], listened to by `hearing`), what is made before it is said
//! ([`script`]), what the page is told ([`page`], and by other engines, `recall`), admission and
//! the list of live calls ([`registry`]), what a call is started from (`loading`), which of a
//! fleet's calls are ours, and the pages of those that are not ([`fleet`]), what the API may ask of
//! them (`calls`), the watcher that restarts calls whose actor died or froze ([`watcher`]), the
//! threads that the actors share (`threads`), what the log says about earlier calls (`history`),
//! and what is done after a start about calls that the last engine left (`recovery`). Never does:
//! decide what is said (the interview does), touch packets (the media tasks do).

pub mod actor;
mod calls;
pub mod engines;
pub mod fleet;
mod hearing;
mod history;
pub mod leg;
mod loading;
pub mod page;
mod recall;
mod recovery;
pub mod registry;
pub mod script;
mod threads;
pub mod timing;
pub mod watcher;

pub use engines::Engines;
pub use registry::Registry;
