//! The jitter buffer: packets enter as they arrive, and sound leaves in order.
//!
//! Owns: reordering, duplicates, late and lost packets, pauses, restarts of the stream, and the
//! time of each packet. Never does: decode, read a clock, or sleep. The caller passes the time in,
//! and asks [`Jitter::deadline`] when to call again.
//!
//! The sound that leaves the buffer is not played. It goes to models, which need the right order
//! but no even pace. A packet that is next in order therefore leaves at once. The buffer waits only
//! for missing packets, for at most the *depth*. On a clean network it adds no delay. The depth
//! decides how long a gap delays the packets after it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::codec::PayloadClock;
use crate::transport::Packet;

/// The depth in µs: how long a missing packet is waited for, at the beginning and at its bounds.
const START_DEPTH_US: i64 = 40_000;
const MIN_DEPTH_US: i64 = 20_000;
const MAX_DEPTH_US: i64 = 200_000;
/// A stream that stops in the middle of speech is more often delayed than lost. Concealment starts
/// only after this many µs.
const STALL_US: i64 = 100_000;
/// Frames of a stall that the decoder conceals. Silence follows.
const GUESSED_FRAMES: u32 = 5;
/// The factor by which the weight of a packet's delay shrinks with each later packet. Half of it is
/// forgotten after 3.5 s.
const FORGET: f64 = 0.996;
/// The fastest transit is measured over the last one to two windows of this many µs, so that clock
/// drift is tolerated.
const BASELINE_WINDOW_US: i64 = 5_000_000;
/// The buffer does not wait while it holds more packets than this.
const MAX_HELD: usize = 48;
/// A larger jump of the sequence number or the timestamp means that the stream has restarted.
const RESTART_PACKETS: i64 = 1000;
const RESTART_US: i64 = 2_000_000;

/// Sound in order and without gaps.
#[derive(Debug, Clone, PartialEq)]
pub enum Sound {
    /// A packet as it arrived.
    Packet(Bytes),
    /// A packet that is missing. `following` is the next packet, if it has arrived. It may contain
    /// error correction.
    Lost { following: Option<Bytes> },
    /// The sender transmits nothing.
    Silence,
}

/// A piece of sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub sound: Sound,
    /// The time at which its first sample was recorded: arrival less duration, estimated from the
    /// fastest recent packets.
    pub at: Instant,
    /// The duration in units of the payload clock.
    pub samples: u32,
}

/// Counters of the buffer since it was created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub received: u64,
    pub duplicate: u64,
    pub late: u64,
    pub lost: u64,
    pub malformed: u64,
    pub restarts: u64,
}

struct Held {
    sequence: i64,
    samples: u32,
    payload: Bytes,
}

/// The state of one stream, with unwrapped sequence numbers and timestamps.
struct Stream {
    /// Units of the payload clock per second.
    rate: i64,
    origin: Instant,
    /// The highest sequence number seen, unwrapped.
    sequence: i64,
    timestamp: i64,
    /// The arrival of the packet with the highest sequence number, in µs after the origin.
    arrived_us: i64,
    /// The timestamp of the next piece.
    next: i64,
    /// The sequence number of the last packet that left or was given up.
    played: i64,
    baseline: Baseline,
    /// The recent delay beyond the baseline, in µs.
    spread: f64,
    /// The number of consecutive concealed frames because nothing arrived.
    stalled: u32,
    quiet: bool,
}

/// The smallest transit time (arrival less timestamp, in µs) of the last 5 s to 10 s.
struct Baseline {
    began_us: i64,
    current: i64,
    before: i64,
}

impl Baseline {
    fn add(&mut self, now_us: i64, transit: i64) {
        if now_us - self.began_us > BASELINE_WINDOW_US {
            self.before = self.current;
            self.current = transit;
            self.began_us = now_us;
        }
        self.current = self.current.min(transit);
    }

    fn get(&self) -> i64 {
        self.current.min(self.before)
    }
}

/// Converts units of a payload clock to µs.
fn micros(units: i64, rate: i64) -> i64 {
    units * 1_000_000 / rate
}

impl Stream {
    fn new(packet: &Packet, rate: i64) -> Self {
        let (sequence, timestamp) = (i64::from(packet.sequence), i64::from(packet.timestamp));
        let transit = -micros(timestamp, rate);
        Self {
            rate,
            origin: packet.arrived,
            sequence,
            timestamp,
            arrived_us: 0,
            next: timestamp,
            played: sequence - 1,
            baseline: Baseline { began_us: 0, current: transit, before: transit },
            spread: (START_DEPTH_US - MIN_DEPTH_US) as f64,
            stalled: 0,
            quiet: false,
        }
    }

    fn micros(&self, units: i64) -> i64 {
        micros(units, self.rate)
    }

    fn us(&self, instant: Instant) -> i64 {
        let ahead = instant.saturating_duration_since(self.origin).as_micros() as i64;
        ahead - self.origin.saturating_duration_since(instant).as_micros() as i64
    }

    fn instant(&self, us: i64) -> Instant {
        let distance = Duration::from_micros(us.unsigned_abs());
        let moved = if us < 0 { self.origin.checked_sub(distance) } else { self.origin.checked_add(distance) };
        moved.unwrap_or(self.origin)
    }

    /// Returns when an undelayed packet with this timestamp arrives, in µs after the origin.
    fn expected_us(&self, timestamp: i64) -> i64 {
        self.baseline.get() + self.micros(timestamp)
    }

    fn depth_us(&self) -> i64 {
        (self.spread as i64 + MIN_DEPTH_US).clamp(MIN_DEPTH_US, MAX_DEPTH_US)
    }

    /// Returns until when the buffer waits for the next piece, in µs after the origin.
    fn deadline_us(&self, holding: bool) -> i64 {
        let depth =
            if holding || self.quiet || self.stalled > 0 { self.depth_us() } else { self.depth_us().max(STALL_US) };
        self.expected_us(self.next) + depth
    }

    /// Classifies a packet: whether its numbers continue the stream, given the time that has
    /// passed.
    fn continuity(&self, ahead: i64, timestamp: i64, arrived_us: i64) -> Continuity {
        let by_stream = self.micros(timestamp - self.timestamp);
        let is_off = (by_stream - (arrived_us - self.arrived_us)).abs() > RESTART_US;
        match ahead {
            _ if ahead.abs() > RESTART_PACKETS => Continuity::Restart,
            1.. if is_off => Continuity::Restart,
            _ if is_off => Continuity::Stray,
            _ => Continuity::GoesOn,
        }
    }
}

enum Continuity {
    GoesOn,
    /// The sender restarted the stream.
    Restart,
    /// An old sequence number with an impossible timestamp.
    Stray,
}

/// A jitter buffer. The module's documentation describes it.
pub struct Jitter {
    clock: PayloadClock,
    stream: Option<Stream>,
    held: BTreeMap<i64, Held>,
    counts: Counts,
}

impl Jitter {
    /// Returns an empty buffer for packets with this clock.
    pub fn new(clock: PayloadClock) -> Self {
        Self { clock, stream: None, held: BTreeMap::new(), counts: Counts::default() }
    }

    /// Adds a packet.
    pub fn insert(&mut self, packet: Packet) {
        self.counts.received += 1;
        let Some(samples) = (self.clock.duration)(&packet.payload) else {
            self.counts.malformed += 1;
            return;
        };
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(Stream::new(&packet, i64::from(self.clock.rate))),
        };
        let mut arrived_us = stream.us(packet.arrived);
        let mut ahead = i64::from(packet.sequence.wrapping_sub(stream.sequence as u16) as i16);
        let mut timestamp = stream.timestamp + i64::from(packet.timestamp.wrapping_sub(stream.timestamp as u32) as i32);
        match stream.continuity(ahead, timestamp, arrived_us) {
            Continuity::GoesOn => {}
            Continuity::Stray => {
                self.counts.late += 1;
                return;
            }
            Continuity::Restart => {
                // This is a new stream, for example after a rejoin. The packets of the old one can
                // no longer be placed.
                self.counts.restarts += 1;
                self.held.clear();
                *stream = Stream::new(&packet, stream.rate);
                (arrived_us, ahead, timestamp) = (0, 0, stream.timestamp);
            }
        }
        let sequence = stream.sequence + ahead;
        let transit = arrived_us - stream.micros(timestamp);
        stream.baseline.add(arrived_us, transit);
        stream.spread = ((transit - stream.baseline.get()) as f64).max(stream.spread * FORGET);
        if ahead > 0 {
            (stream.sequence, stream.timestamp, stream.arrived_us) = (sequence, timestamp, arrived_us);
        }
        if timestamp + i64::from(samples) <= stream.next {
            if sequence > stream.played {
                stream.played = sequence;
                self.counts.late += 1;
            } else {
                self.counts.duplicate += 1;
            }
            return;
        }
        let held = Held { sequence, samples, payload: packet.payload };
        if self.held.insert(timestamp, held).is_some() {
            self.counts.duplicate += 1;
        }
    }

    /// Returns the next piece that is due at `now`. The caller repeats the call until it returns
    /// `None`.
    pub fn poll(&mut self, now: Instant) -> Option<Piece> {
        let stream = self.stream.as_mut()?;
        let now_us = stream.us(now);
        let due = now_us >= stream.deadline_us(!self.held.is_empty());
        // The duration of 20 ms.
        let frame = stream.rate / 50;
        let Some(head) = self.held.first_entry() else {
            if !due {
                return None;
            }
            stream.stalled += 1;
            let guess = stream.stalled <= GUESSED_FRAMES && !stream.quiet;
            let sound = if guess { Sound::Lost { following: None } } else { Sound::Silence };
            self.counts.lost += u64::from(guess);
            return Some(take(stream, sound, frame));
        };
        let gap = head.key() - stream.next;
        if gap <= 0 {
            let held = head.remove();
            stream.played = held.sequence;
            stream.stalled = 0;
            stream.quiet = held.payload.len() <= self.clock.silent_bytes;
            // The packet partly overlaps sound that was concealed already, so its own beginning
            // counts.
            stream.next += gap;
            return Some(take(stream, Sound::Packet(held.payload), i64::from(held.samples)));
        }
        let step = gap.min(frame);
        if head.get().sequence == stream.played + 1 {
            // No packet is missing, because the sender paused.
            return Some(take(stream, Sound::Silence, step));
        }
        if !due && self.held.len() <= MAX_HELD {
            return None;
        }
        let head = self.held.first_key_value().map(|(_, held)| held.payload.clone());
        self.counts.lost += 1;
        Some(take(stream, Sound::Lost { following: head.filter(|_| gap <= frame) }, step))
    }

    /// Returns when to call [`poll`](Self::poll) at the latest if no packet arrives before. Returns
    /// `None` before the first packet.
    pub fn deadline(&self) -> Option<Instant> {
        let stream = self.stream.as_ref()?;
        Some(stream.instant(stream.deadline_us(!self.held.is_empty())))
    }

    /// Returns the next held piece after the end of the stream, without waiting for missing
    /// packets.
    pub fn drain(&mut self) -> Option<Piece> {
        if self.held.is_empty() {
            return None;
        }
        let far = self.deadline()? + Duration::from_secs(1);
        self.poll(far)
    }

    /// Returns how long the buffer waits for a missing packet at present.
    pub fn depth(&self) -> Duration {
        Duration::from_micros(self.stream.as_ref().map_or(START_DEPTH_US, Stream::depth_us) as u64)
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }
}

fn take(stream: &mut Stream, sound: Sound, samples: i64) -> Piece {
    let at = stream.instant(stream.expected_us(stream.next) - stream.micros(samples));
    stream.next += samples;
    Piece { sound, at, samples: samples as u32 }
}

#[cfg(test)]
#[path = "jitter_tests.rs"]
mod tests;
