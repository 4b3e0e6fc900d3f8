//! One leg of a call: the media that comes over one connection, and its ear.
//!
//! Owns: the media tasks of the connection, the audio of the turn, the recording. Outlives the actor: when that dies,
//! the next one attaches to the same leg and the respondent notices nothing but a repeated question.
//! Never does: decide anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use interview::io::Transcript;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::engines::Engines;
use crate::audio::clock::CallClock;
use crate::audio::media::{Media, Playout, PlayoutEvent};
use crate::transport::{Link, LinkEvent};
use crate::turn::{EarEvent, EarHandle};

/// What a leg tells its actor.
#[derive(Debug)]
pub enum Happening {
    Ear(EarEvent),
    Playout(PlayoutEvent),
    Link(LinkEvent),
}

/// Control messages a slow actor may fall behind by before the leg waits for it.
const QUEUE: usize = 256;
