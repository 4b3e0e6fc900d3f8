//! Language models: the client against a server that answers as it is told, and whole interviews with it.

mod client;
mod interviews;
