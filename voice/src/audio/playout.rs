//! What we say, frame by frame.
//!
//! Owns: the queue of clips, ducking, fading out, and the account of what was really played.
//! Never does: sleep, send, read a clock. [`Player::tick`] is called once a frame by the media task.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use interview::io::{Ms, UtteranceId};
use tokio::sync::mpsc;

use super::Clip;
use super::codec::{self, Encoder, frame_of};
use super::place::heard_text;
use crate::port::{OutFrame, scaled};

/// −15 dB: clearly back, still understood.
const DUCKED: f32 = 0.178;
/// Frames of fading out after a stop: 40 ms.
const FADE_FRAMES: u32 = 2;
/// Frames a fresh encoder is fed until it has settled; 0.1 ms each.
const PRIMING: usize = 5;
/// Commands that wait for the media task; it takes them every frame.
const COMMANDS: usize = 256;

/// What became of what was said, on the call clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// The first packet of the utterance is going out.
    Started { utterance: UtteranceId, at_ms: Ms },
    /// The first packet of its clip `index` (from 0) is going out.
    ClipStarted { utterance: UtteranceId, index: u32, at_ms: Ms },
    /// All of it was played.
    Finished { utterance: UtteranceId, at_ms: Ms },
    /// It was stopped; `heard` is the part of its text that was played, cut at a word.
    Stopped { utterance: UtteranceId, heard: String, at_ms: Ms },
}

#[derive(Debug)]
pub(crate) enum Command {
    Speak {
        utterance: UtteranceId,
        clip: Arc<Clip>,
        last: bool,
    },
    End {
        utterance: UtteranceId,
    },
    Duck,
    Unduck,
    /// A factor on the samples.
    Gain(f32),
    Stop,
}

/// Commands for the media task; cheap to clone, never blocks, and takes effect within a frame.
#[derive(Clone)]
pub struct Playout {
    commands: mpsc::Sender<Command>,
}

impl Playout {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(COMMANDS);
        (Self { commands }, receiver)
    }

    /// Queues a clip. Clips of one utterance are played in the order in which they come; `last` marks the final one.
    /// Utterances count up: a clip of one that was stopped is not played any more.
    pub fn speak(&self, utterance: UtteranceId, clip: Arc<Clip>, last: bool) {
        self.send(Command::Speak { utterance, clip, last });
    }

    /// Nothing more will come for this utterance: for those who learn it only after the final clip. One that never had
    /// a clip is `Finished` without having been `Started`.
    pub fn end(&self, utterance: UtteranceId) {
        self.send(Command::End { utterance });
    }

    /// Lowers the voice by 15 dB.
    pub fn duck(&self) {
        self.send(Command::Duck);
    }

    /// How loud we speak from here on, in dB beyond the voice's own loudness; 0 plays packets as they were encoded.
    pub fn set_gain(&self, gain_db: f32) {
        self.send(Command::Gain(10.0_f32.powf(gain_db / 20.0)));
    }

    /// Back to full voice.
    pub fn unduck(&self) {
        self.send(Command::Unduck);
    }

    /// Fades out within 40 ms, forgets what is queued and answers with `Stopped` for the utterance under way, and for
    /// those behind it. Without any there is nothing to stop and no answer.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    fn send(&self, command: Command) {
        if let Err(error) = self.commands.try_send(command) {
            // Closed: the call is over. Full: the media task hasn't run for long, and the watchers of deadlines say so.
            tracing::debug!(%error, "playout command dropped");
        }
    }
}

struct Utterance {
    id: UtteranceId,
    /// Played and still to be played.
    clips: Vec<Arc<Clip>>,
    /// Where we are: clip, and frame in it.
    clip: usize,
    frame: usize,
    complete: bool,
    started: bool,
}

impl Utterance {
    fn new(id: UtteranceId) -> Self {
        Self { id, clips: Vec::new(), clip: 0, frame: 0, complete: false, started: false }
    }

    /// The clip and frame that is next, past the ends of clips.
    fn next(&mut self) -> Option<(Arc<Clip>, usize)> {
        while let Some(clip) = self.clips.get(self.clip) {
            if self.frame < clip.packets.len() {
                return Some((Arc::clone(clip), self.frame));
            }
            self.clip += 1;
            self.frame = 0;
        }
        None
    }

    /// The text of what was played.
    fn heard(&self) -> String {
        let whole = self.clips.iter().take(self.clip).map(|clip| clip.text.trim().to_owned());
        let part = self.clips.get(self.clip).map(|clip| heard_text(clip, self.frame));
        let parts: Vec<String> = whole.chain(part).filter(|text| !text.is_empty()).collect();
        parts.join(" ")
    }
}

/// The state of our side of the call.
#[derive(Default)]
pub(crate) struct Player {
    queue: VecDeque<Utterance>,
    /// Utterances up to this one were stopped.
    stopped: Option<UtteranceId>,
    ducked: bool,
    /// A factor on the samples while we are not ducked.
    loudness: f32,
    /// Gain at the end of the last frame.
    gain: f32,
    /// There while packets are made live instead of taken from the clip.
    live: Option<Encoder>,
    /// Frames of fading left.
    fading: Option<u32>,
}

impl Player {
    pub(crate) fn new() -> Self {
        Self { loudness: 1.0, gain: 1.0, ..Self::default() }
    }

    /// The gain where nothing fades.
    fn level(&self) -> f32 {
        if self.ducked { self.loudness * DUCKED } else { self.loudness }
    }

    pub(crate) fn command(&mut self, command: Command) {
        match command {
            Command::Speak { utterance, clip, last } => {
                if let Some(utterance) = self.utterance(utterance) {
                    utterance.clips.push(clip);
                    utterance.complete |= last;
                }
            }
            Command::End { utterance } => {
                if let Some(utterance) = self.utterance(utterance) {
                    utterance.complete = true;
                }
            }
            Command::Duck => self.ducked = true,
            Command::Unduck => self.ducked = false,
            Command::Gain(factor) => self.loudness = factor,
            Command::Stop => {
                if !self.queue.is_empty() && self.fading.is_none() {
                    self.fading = Some(FADE_FRAMES);
                }
            }
        }
    }

    /// The utterance to append to; none when it was stopped, or is being stopped.
    fn utterance(&mut self, id: UtteranceId) -> Option<&mut Utterance> {
        let is_over = self.stopped.is_some_and(|stopped| id <= stopped);
        let is_ending = self.fading.is_some() && self.queue.back().is_some_and(|queued| id <= queued.id);
        if is_over || is_ending {
            return None;
        }
        if let Some(position) = self.queue.iter().position(|queued| queued.id == id) {
            return self.queue.get_mut(position);
        }
        self.queue.push_back(Utterance::new(id));
        self.queue.back_mut()
    }

    /// The frame to send now. `at_ms` is the call clock at which it goes out.
    pub(crate) fn tick(&mut self, at_ms: Ms, events: &mut Vec<PlayoutEvent>) -> OutFrame {
        if self.fading == Some(0) {
            self.finish_stop(at_ms, events);
        }
        while self.queue.front_mut().is_some_and(|front| front.complete && front.next().is_none()) {
            if let Some(done) = self.queue.pop_front() {
                events.push(PlayoutEvent::Finished { utterance: done.id, at_ms });
            }
            if self.queue.is_empty() {
                self.fading = None;
            }
        }
        let next = self.queue.front_mut().and_then(Utterance::next);
        let Some((clip, index)) = next else {
            if self.fading.is_some() {
                self.finish_stop(at_ms, events);
            }
            // Nobody hears the gain change in silence.
            self.gain = self.level();
            self.live = None;
            return OutFrame::silence(codec::silence());
        };
        let target = match self.fading {
            Some(left) => {
                self.fading = Some(left - 1);
                self.gain * (left - 1) as f32 / left as f32
            }
            None => self.level(),
        };
        if let Some(front) = self.queue.front_mut() {
            if !front.started {
                front.started = true;
                events.push(PlayoutEvent::Started { utterance: front.id, at_ms });
            }
            if index == 0 {
                events.push(PlayoutEvent::ClipStarted { utterance: front.id, index: front.clip as u32, at_ms });
            }
            front.frame += 1;
        }
        let gain = (std::mem::replace(&mut self.gain, target), target);
        let opus = self.opus(&clip, index, gain);
        OutFrame::speech(opus, clip, index, gain)
    }

    /// The packet as it was encoded before, or one made now when the gain isn't 1.
    fn opus(&mut self, clip: &Clip, index: usize, gain: (f32, f32)) -> Bytes {
        let untouched = (gain.0 - 1.0).abs() < f32::EPSILON && (gain.1 - 1.0).abs() < f32::EPSILON;
        if untouched {
            self.live = None;
            return clip.packets[index].clone();
        }
        match self.encode(clip, index, gain) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::warn!(%error, "live encoding failed");
                // Being quiet is what was asked for.
                codec::silence()
            }
        }
    }

    fn encode(&mut self, clip: &Clip, index: usize, gain: (f32, f32)) -> Result<Bytes, codec::CodecError> {
        let encoder = match &mut self.live {
            Some(encoder) => encoder,
            none => {
                // The encoder looks back: it is given the frames before, so that the sound goes on where it was.
                let mut encoder = Encoder::new()?;
                for before in index.saturating_sub(PRIMING)..index {
                    encoder.encode(&scaled(&frame_of(&clip.pcm, before), (gain.0, gain.0)))?;
                }
                none.insert(encoder)
            }
        };
        encoder.encode(&scaled(&frame_of(&clip.pcm, index), gain))
    }

    fn finish_stop(&mut self, at_ms: Ms, events: &mut Vec<PlayoutEvent>) {
        self.fading = None;
        self.live = None;
        for stopped in self.queue.drain(..) {
            self.stopped = self.stopped.max(Some(stopped.id));
            events.push(PlayoutEvent::Stopped { utterance: stopped.id, heard: stopped.heard(), at_ms });
        }
        self.gain = self.level();
    }
}

#[cfg(test)]
#[path = "playout_tests.rs"]
mod tests;
