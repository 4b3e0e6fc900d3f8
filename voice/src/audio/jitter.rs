//! The jitter buffer: packets in as they arrive, sound out in order.
//!
//! Owns: reordering, duplicates, late and lost packets, pauses, restarts of the stream, the time each packet belongs to.
//! Never does: decode, read a clock, sleep. It is told the time; the caller asks [`Jitter::deadline`] when to come back.
//!
//! Nobody plays what comes out of here: it is listened to by models, which need order but no even pace. So a packet whose
//! turn it is leaves at once, and waiting (the *depth*) is only ever for one that is missing. On a clean network the
//! buffer therefore adds no delay; the depth decides how long a gap holds up what follows it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::codec::PayloadClock;
use crate::transport::Packet;

/// Waiting for a missing packet: at the beginning, and its bounds.
const START_DEPTH_US: i64 = 40_000;
const MIN_DEPTH_US: i64 = 20_000;
const MAX_DEPTH_US: i64 = 200_000;
/// A stream that stops in mid-speech is more often held up than lost: wait at least this long before making sound up.
const STALL_US: i64 = 100_000;
/// How much of a stall is filled by the decoder's guess; silence after that.
const GUESSED_FRAMES: u32 = 5;
/// What a packet's delay counts for after the next one; half of it is forgotten in 3.5 s.
const FORGET: f64 = 0.996;
/// The fastest transit is looked for over the last one to two of these, so that clocks may drift.
const BASELINE_WINDOW_US: i64 = 5_000_000;
/// More packets than this are not waited with.
const MAX_HELD: usize = 48;
/// Beyond this the sequence number or the timestamp has begun anew.
const RESTART_PACKETS: i64 = 1000;
const RESTART_US: i64 = 2_000_000;

/// What comes out, in order and without holes.
#[derive(Debug, Clone, PartialEq)]
pub enum Sound {
    /// A packet as it came.
    Packet(Bytes),
    /// A packet that should have been here; the next one, where it is there already, may hold its error correction.
    Lost { following: Option<Bytes> },
    /// The sender sends nothing.
    Silence,
}

/// One piece of sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub sound: Sound,
    /// When its first sample was recorded, as far as the fastest packets of late tell: arrival less duration.
    pub at: Instant,
    /// Its length in units of the payload clock.
    pub samples: u32,
}

/// What was counted.
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

/// Unwrapped state of one stream.
struct Stream {
    /// Units of the payload clock a second.
    rate: i64,
    origin: Instant,
    /// Highest seen, unwrapped.
    sequence: i64,
    timestamp: i64,
    /// Arrival of the highest seen, µs after the origin.
    arrived_us: i64,
    /// The timestamp that comes out next.
    next: i64,
    /// Sequence number of what came out (or was given up) last.
    played: i64,
    baseline: Baseline,
    /// Recent delay beyond the baseline, µs.
    spread: f64,
    /// Consecutive frames made up because nothing came.
    stalled: u32,
    quiet: bool,
}

/// The smallest transit time (arrival less timestamp, µs) of the last five to ten seconds.
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

/// Units of a payload clock to µs.
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

    /// When a packet of this timestamp arrives that is not held up, µs after the origin.
    fn expected_us(&self, timestamp: i64) -> i64 {
        self.baseline.get() + self.micros(timestamp)
    }

    fn depth_us(&self) -> i64 {
        (self.spread as i64 + MIN_DEPTH_US).clamp(MIN_DEPTH_US, MAX_DEPTH_US)
    }

    /// Until when the next piece is waited for.
    fn deadline_us(&self, holding: bool) -> i64 {
        let depth =
            if holding || self.quiet || self.stalled > 0 { self.depth_us() } else { self.depth_us().max(STALL_US) };
        self.expected_us(self.next) + depth
    }

    /// Whether a packet's numbers go on from where the stream is, as far as the time that has passed allows.
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
    /// The sender began anew.
    Restart,
    /// An old number with a time that can't be.
    Stray,
}

/// See the module.
pub struct Jitter {
    clock: PayloadClock,
    stream: Option<Stream>,
    held: BTreeMap<i64, Held>,
    counts: Counts,
}

impl Jitter {
    /// For packets that count by this clock.
    pub fn new(clock: PayloadClock) -> Self {
        Self { clock, stream: None, held: BTreeMap::new(), counts: Counts::default() }
    }

    /// Takes a packet.
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
                // Another stream, a rejoin: what was held of the old one can't be placed any more.
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

    /// The next piece that is due at `now`; ask until there is none.
    pub fn poll(&mut self, now: Instant) -> Option<Piece> {
        let stream = self.stream.as_mut()?;
        let now_us = stream.us(now);
        let due = now_us >= stream.deadline_us(!self.held.is_empty());
        // 20 ms.
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
            // Overlaps what was made up already by less than itself: it counts from where it begins.
            stream.next += gap;
            return Some(take(stream, Sound::Packet(held.payload), i64::from(held.samples)));
        }
        let step = gap.min(frame);
        if head.get().sequence == stream.played + 1 {
            // Nothing is missing: the sender paused.
            return Some(take(stream, Sound::Silence, step));
        }
        if !due && self.held.len() <= MAX_HELD {
            return None;
        }
        let head = self.held.first_key_value().map(|(_, held)| held.payload.clone());
        self.counts.lost += 1;
        Some(take(stream, Sound::Lost { following: head.filter(|_| gap <= frame) }, step))
    }

    /// When to call [`poll`](Self::poll) at the latest, if no packet comes before. None before the first packet.
    pub fn deadline(&self) -> Option<Instant> {
        let stream = self.stream.as_ref()?;
        Some(stream.instant(stream.deadline_us(!self.held.is_empty())))
    }

    /// What is still held when the stream has ended, without waiting for anything.
    pub fn drain(&mut self) -> Option<Piece> {
        if self.held.is_empty() {
            return None;
        }
        let far = self.deadline()? + Duration::from_secs(1);
        self.poll(far)
    }

    /// How long a missing packet is waited for at present.
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
