//! Who may do what, and what is remembered of it.

mod audit;
mod calls;
mod workspaces;
