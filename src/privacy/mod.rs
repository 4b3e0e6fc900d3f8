//! A person's rights over what is kept of them: to have it, and to have it erased; and the end of its time.
//!
//! Owns: the order of an erasure over calls, tables and files ([`erasure`], [`files`]), which data is past its time
//! ([`retention`]), everything that is held of somebody ([`export`]). Never does: know what is personal in a table
//! ([`storage::erasure`](storage::erasure) does).

pub mod erasure;
pub mod export;
pub mod files;
pub mod retention;

pub use erasure::{ErasureError, Place, erase};
pub use export::PersonalData;
pub use files::FileRemover;
pub use retention::Retention;
