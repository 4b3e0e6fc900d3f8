//! Who may do what, and what is remembered of it.

mod audit;
mod calls;
mod cli;
mod exposed;
mod headers;
mod keys;
mod limits;
mod matrix;
mod oidc;
mod tokens;
mod workspaces;

pub use keys::new_key;
