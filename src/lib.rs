//! The engine, in the order in which data flows through it.

pub mod transport;
pub mod audio;
pub mod vad;
pub mod turn;
pub mod stt;
pub mod dialogue;
pub mod llm;
pub mod tts;
pub mod inference;
pub mod session;
pub mod startup;
pub mod supervisors;
pub mod tasks;
pub mod webhooks;
pub mod storage;
pub mod insights;
pub mod privacy;
pub mod access;
pub mod seed;
pub mod api;
pub mod tls;
mod outgoing;
pub mod telemetry;
pub mod models;
pub mod config;
pub mod cli;
pub mod demo;
