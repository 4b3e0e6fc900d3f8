//! A person's rights over their data, which are export and erasure, and the retention of data.
//!
//! Owns: the order of an erasure over calls, tables and files ([`erasure`], [`files`]), which data
//! has expired ([`retention`]), and everything that is stored about a person ([`export`]). Never
//! does: know what is personal in a table ([`storage::erasure`](storage::erasure) does).

pub mod erasure;
pub mod export;
pub mod files;
pub mod retention;

pub use erasure::{ErasureContext, ErasureError, erase};
pub use export::PersonalData;
pub use files::FileRemover;
pub use retention::Retention;
