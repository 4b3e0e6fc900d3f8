//! The contract of the API, held against what is served.

mod document;
