//! The contract of the API, held against what is served: each answer against the document's schema, the document against
//! the keys that the product contract names, and every route of the document at least once.

mod answers;
mod document;
mod keys;
mod operators;
mod schema;
