//! Who may do what, and what is remembered of it.

mod audit;
mod calls;
mod cli;
mod headers;
mod keys;
mod matrix;
mod oidc;
mod tokens;
mod workspaces;
