//! Playout: the interviewer's audio, frame by frame.
//!
//! Owns: the queue of clips, ducking, fading out, and the record of what was played. Never does:
//! sleep, send, or read a clock. The media task calls [`Player::tick`] once per frame.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use interview::io::{Ms, UtteranceId};
use tokio::sync::mpsc;

use super::Clip;
use super::codec::{self, Encoder, frame_of};
use super::heard_text::heard_text;
use crate::port::{OutFrame, scaled};

/// The gain of a ducked voice, -15 dB: clearly lowered, but still intelligible.
const DUCKED: f32 = 0.178;
/// Frames of the fade-out after a stop: 40 ms.
const FADE_FRAMES: u32 = 2;
/// Frames that a fresh encoder is fed before it is used, so that it has settled. Each takes 0.1 ms.
const PRIMING: usize = 5;
/// Commands that can wait for the media task, which takes them at every frame.
const COMMANDS: usize = 256;

/// An event of the playout, with its time on the call clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// The first packet of the utterance is being sent.
    Started { utterance: UtteranceId, at_ms: Ms },
    /// The first packet of the utterance's clip `index`, counted from 0, is being sent.
    ClipStarted { utterance: UtteranceId, index: u32, at_ms: Ms },
    /// The whole utterance was played.
    Finished { utterance: UtteranceId, at_ms: Ms },
    /// The utterance was stopped. `heard` is the part of its text that was played, cut at a word.
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
    /// Sets the factor by which samples are multiplied.
    Gain(f32),
    Stop,
}

/// A handle that sends commands to the media task. It is cheap to clone and never blocks. A command
/// takes effect within one frame.
#[derive(Clone)]
pub struct Playout {
    commands: mpsc::Sender<Command>,
}

impl Playout {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(COMMANDS);
        (Self { commands }, receiver)
    }

    /// Queues a clip. The clips of an utterance are played in the order of the calls. `last` marks
    /// the final one. Utterance numbers increase, and a clip of an utterance that was stopped is no
    /// longer played.
    pub fn speak(&self, utterance: UtteranceId, clip: Arc<Clip>, last: bool) {
        self.send(Command::Speak { utterance, clip, last });
    }

    /// Ends an utterance without another clip, for callers that learn only afterwards which clip
    /// was the last. An utterance that never had a clip is `Finished` without having been
    /// `Started`.
    pub fn end(&self, utterance: UtteranceId) {
        self.send(Command::End { utterance });
    }

    /// Lowers the voice by 15 dB.
    pub fn duck(&self) {
        self.send(Command::Duck);
    }

    /// Sets the gain in dB relative to the voice's own loudness. With 0 dB, packets are sent as
    /// they were encoded.
    pub fn set_gain(&self, gain_db: f32) {
        self.send(Command::Gain(10.0_f32.powf(gain_db / 20.0)));
    }

    /// Restores the full volume.
    pub fn unduck(&self) {
        self.send(Command::Unduck);
    }

    /// Fades out within 40 ms, empties the queue, and reports `Stopped` for the present utterance
    /// and for each queued one. If there is none, nothing is reported.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    fn send(&self, command: Command) {
        if let Err(error) = self.commands.try_send(command) {
            // A closed queue means that the call is over. A full queue means that the media task
            // has not run for a long time, which the deadline counters report.
            tracing::debug!(%error, "playout command dropped");
        }
    }
}

struct Utterance {
    id: UtteranceId,
    /// The clips that were played or are still to be played.
    clips: Vec<Arc<Clip>>,
    /// The present clip, as an index into `clips`.
    clip: usize,
    frame: usize,
    complete: bool,
    started: bool,
}

impl Utterance {
    fn new(id: UtteranceId) -> Self {
        Self { id, clips: Vec::new(), clip: 0, frame: 0, complete: false, started: false }
    }

    /// Returns the next clip and frame, skipping clips that have ended.
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

    /// Returns the text that was played.
    fn heard(&self) -> String {
        let whole = self.clips.iter().take(self.clip).map(|clip| clip.text.trim().to_owned());
        let part = self.clips.get(self.clip).map(|clip| heard_text(clip, self.frame));
        let parts: Vec<String> = whole.chain(part).filter(|text| !text.is_empty()).collect();
        parts.join(" ")
    }
}

/// The state of the interviewer's side of the call.
#[derive(Default)]
pub(crate) struct Player {
    queue: VecDeque<Utterance>,
    /// Utterances up to this number were stopped.
    stopped: Option<UtteranceId>,
    ducked: bool,
    /// The factor on the samples while the voice is not ducked.
    loudness: f32,
    /// The gain at the end of the last frame.
    gain: f32,
    /// Present while packets are encoded live instead of taken from the clip.
    live: Option<Encoder>,
    /// The remaining frames of the fade-out.
    fading: Option<u32>,
}

impl Player {
    pub(crate) fn new() -> Self {
        Self { loudness: 1.0, gain: 1.0, ..Self::default() }
    }

    /// Returns the target gain when nothing is fading.
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

    /// Returns the utterance to append to, or `None` if it was stopped or is being stopped.
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

    /// Returns the frame to send now. `at_ms` is the time at which it is sent, on the call clock.
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
            // In silence, the gain can change at once without being heard.
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

    /// Returns the packet of the clip, or a newly encoded one if the gain is not 1.
    fn opus(&mut self, clip: &Clip, index: usize, gain: (f32, f32)) -> Bytes {
        let untouched = (gain.0 - 1.0).abs() < f32::EPSILON && (gain.1 - 1.0).abs() < f32::EPSILON;
        if untouched {
            self.live = None;
            return clip.packets[index].clone();
        }
        match self.encode(clip, index, gain) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::warn!(%error, "live encoding failed; silence is sent instead");
                // Silence is acceptable here, because the voice was to be lowered anyway.
                codec::silence()
            }
        }
    }

    fn encode(&mut self, clip: &Clip, index: usize, gain: (f32, f32)) -> Result<Bytes, codec::CodecError> {
        let encoder = match &mut self.live {
            Some(encoder) => encoder,
            none => {
                // The encoder depends on earlier frames. It is fed the preceding ones, so that the
                // sound continues smoothly.
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
