//! Everything that was sent and received, on one local clock.
//!
//! Owns: what was received (decoded, with its level) and what was sent, each packet with its time.
//! The module is pure except for the Opus decoder. Never does: judge any of it, which
//! [`super::measure`] and [`super::heard`] do.

use std::time::Instant;

use voice::audio::LISTEN_RATE;
use voice::transport::Packet;

/// The level from which on a packet is audible. Speech is 25 dB to 40 dB higher, and coded silence
/// is 40 dB lower.
pub const AUDIBLE_DB: f32 = -50.0;
/// The level that stands for digital silence.
pub const FLOOR_DB: f32 = -100.0;
/// The duration of a packet in ms.
pub const PACKET_MS: u64 = 20;
/// If RTP time and arrival time differ by more than this, RTP time did not advance during silence,
/// and the arrival time is used.
const DRIFT_MS: u64 = 200;

/// A received packet.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The arrival, in ms since the capture began.
    pub arrived_ms: u64,
    /// The position of its first sample in the capture: the arrival, smoothed by RTP time.
    pub start_ms: u64,
    /// The RMS level in dBFS.
    pub db: f32,
}

impl Heard {
    pub fn audible(&self) -> bool {
        self.db >= AUDIBLE_DB
    }
}

/// The purpose of an utterance of the persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Consent,
    Recording,
    /// The answer to the asking with this index in [`Capture::askings`].
    Answer(usize),
    /// A request to repeat the asking with this index.
    Repeat(usize),
    /// Something that is said in the asking with this index, and is not an answer.
    Aside(usize),
}

/// An utterance of the persona as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    pub text: String,
    pub purpose: Purpose,
    /// When the first audible packet was sent.
    pub start_ms: u64,
    /// When the packet with the last audible sample was sent.
    pub end_ms: u64,
}

/// An asking as the `question` messages reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    pub question_id: String,
    pub section: String,
    pub follow_up_of: Option<String>,
    /// When the message arrived.
    pub opened_ms: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the received audio cannot be decoded: {0}")]
pub struct CaptureError(String);

/// The capture. Times are in ms since it began.
pub struct Capture {
    origin: Instant,
    decoder: opus::Decoder,
    last_rtp: Option<u32>,
    pub heard: Vec<Heard>,
    /// The received audio at 16 kHz mono, with silence in its gaps. Sample 0 is the capture's
    /// beginning.
    pub pcm: Vec<i16>,
    pub utterances: Vec<Utterance>,
    pub askings: Vec<Asking>,
    /// The number of packets that could not be decoded.
    pub undecodable: u32,
}

impl Capture {
    pub fn start(origin: Instant) -> Result<Self, CaptureError> {
        let decoder =
            opus::Decoder::new(LISTEN_RATE, opus::Channels::Mono).map_err(|error| CaptureError(error.to_string()))?;
        Ok(Self {
            origin,
            decoder,
            last_rtp: None,
            heard: Vec::new(),
            pcm: Vec::new(),
            utterances: Vec::new(),
            askings: Vec::new(),
            undecodable: 0,
        })
    }

    /// Returns the time of an instant in the capture.
    pub fn at(&self, instant: Instant) -> u64 {
        instant.saturating_duration_since(self.origin).as_millis() as u64
    }

    /// Decodes a packet and stores it at its position. Returns `None` if it cannot be decoded.
    pub fn receive(&mut self, packet: &Packet) -> Option<Heard> {
        // The longest Opus packet is 120 ms.
        let mut samples = [0i16; LISTEN_RATE as usize * 120 / 1000];
        let Ok(count) = self.decoder.decode(&packet.payload, &mut samples, false) else {
            self.undecodable += 1;
            return None;
        };
        let samples = &samples[..count];
        let arrived_ms = self.at(packet.arrived);
        let heard = Heard { arrived_ms, start_ms: self.place(arrived_ms, packet.timestamp), db: level_db(samples) };
        let from = (heard.start_ms * u64::from(LISTEN_RATE) / 1000) as usize;
        if self.pcm.len() < from + count {
            self.pcm.resize(from + count, 0);
        }
        self.pcm[from..from + count].copy_from_slice(samples);
        self.heard.push(heard.clone());
        Some(heard)
    }

    fn place(&mut self, arrived_ms: u64, rtp: u32) -> u64 {
        let by_rtp = self.heard.last().zip(self.last_rtp).map(|(last, last_rtp)| {
            // The step is signed, so that a late packet is stored at its earlier position.
            let step_ms = i64::from(rtp.wrapping_sub(last_rtp) as i32) / 48;
            last.start_ms.saturating_add_signed(step_ms)
        });
        self.last_rtp = Some(rtp);
        match by_rtp {
            Some(by_rtp) if by_rtp.abs_diff(arrived_ms) <= DRIFT_MS => by_rtp,
            _ => arrived_ms,
        }
    }

    /// Returns the end of everything in the capture, in ms.
    pub fn end_ms(&self) -> u64 {
        let heard = self.heard.last().map_or(0, |last| last.start_ms + PACKET_MS);
        heard.max(self.utterances.last().map_or(0, |last| last.end_ms))
    }

    /// Returns the received packets that start in `[from, to)`.
    pub fn between(&self, from_ms: u64, to_ms: u64) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(move |heard| (from_ms..to_ms).contains(&heard.start_ms))
    }

    /// Returns the received samples in `[from, to)`, up to the capture's end.
    pub fn samples(&self, from_ms: u64, to_ms: u64) -> &[i16] {
        let at = |ms: u64| ((ms * u64::from(LISTEN_RATE) / 1000) as usize).min(self.pcm.len());
        &self.pcm[at(from_ms)..at(to_ms.max(from_ms))]
    }

    /// Returns the window of the asking's own sound: from the end of the persona's previous
    /// utterance to the persona's last word in this asking, or to the next asking's window.
    pub fn window(&self, asking: usize) -> (u64, u64) {
        let opened = |i: usize| self.askings.get(i).map(|asking| asking.opened_ms);
        // The persona is heard up to the answer that led to the next asking. The next asking begins
        // at that answer's end.
        let start = |i: usize| {
            let opened = opened(i)?;
            let before = self.utterances.iter().filter(|u| u.start_ms <= opened && !belongs(u, i)).map(|u| u.end_ms);
            Some(before.max().unwrap_or(0))
        };
        let from = start(asking).unwrap_or(0);
        let to = match start(asking + 1) {
            Some(next) => next,
            // The window of the last asking ends with the last answer to it, and excludes the
            // farewell.
            None => self
                .utterances
                .iter()
                .filter(|utterance| belongs(utterance, asking))
                .map(|utterance| utterance.end_ms)
                .max()
                .unwrap_or_else(|| self.end_ms()),
        };
        (from, to.max(from))
    }
}

fn belongs(utterance: &Utterance, asking: usize) -> bool {
    matches!(utterance.purpose, Purpose::Answer(i) | Purpose::Repeat(i) | Purpose::Aside(i) if i == asking)
}

/// Returns the RMS level in dBFS.
pub fn level_db(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return FLOOR_DB;
    }
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    let rms = (sum / samples.len() as f64).sqrt() / f64::from(i16::MAX);
    if rms <= 0.0 { FLOOR_DB } else { (20.0 * rms.log10()).max(f64::from(FLOOR_DB)) as f32 }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a capture in which each packet of `levels` (in dB) arrived 20 ms after the one before.
    pub fn capture_of(levels: &[f32]) -> Capture {
        let mut capture = Capture::start(Instant::now()).unwrap();
        capture.heard = levels
            .iter()
            .enumerate()
            .map(|(i, &db)| Heard { arrived_ms: i as u64 * 20, start_ms: i as u64 * 20, db })
            .collect();
        capture
    }

    pub fn utterance(text: &str, purpose: Purpose, start_ms: u64, end_ms: u64) -> Utterance {
        Utterance { text: text.to_owned(), purpose, start_ms, end_ms }
    }

    pub fn asking(id: &str, follow_up_of: Option<&str>, opened_ms: u64) -> Asking {
        Asking {
            question_id: id.to_owned(),
            section: "s".to_owned(),
            follow_up_of: follow_up_of.map(str::to_owned),
            opened_ms,
        }
    }

    fn packet(capture: &Capture, ms: u64, rtp: u32, payload: &[u8]) -> Packet {
        Packet {
            sequence: 0,
            timestamp: rtp,
            payload: bytes::Bytes::copy_from_slice(payload),
            arrived: capture.origin + std::time::Duration::from_millis(ms),
        }
    }

    #[test]
    fn packets_lie_where_rtp_time_says_unless_it_stood_still() {
        let mut encoder = opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
        let loud: Vec<i16> = (0..320).map(|i| if i % 40 < 20 { 8000 } else { -8000 }).collect();
        let payload = encoder.encode_vec(&loud, 400).unwrap();
        let mut capture = Capture::start(Instant::now()).unwrap();
        for (ms, rtp) in [(100, u32::MAX - 959), (131, 0), (139, 960), (1000, 1920)] {
            assert!(capture.receive(&packet(&capture, ms, rtp, &payload)).is_some());
        }
        let starts: Vec<u64> = capture.heard.iter().map(|heard| heard.start_ms).collect();
        assert_eq!(starts, [100, 120, 140, 1000]);
        assert_eq!(capture.pcm.len(), 1020 * 16);
        assert!(capture.heard[2].audible());
    }

    #[test]
    fn levels() {
        assert!((level_db(&[i16::MAX; 10])).abs() < 0.01);
        assert!((level_db(&[0; 10]) - FLOOR_DB).abs() < 0.01);
        assert!((level_db(&[3277; 10]) + 20.0).abs() < 0.1);
    }

    #[test]
    fn an_askings_window_lies_between_the_answers() {
        let mut capture = capture_of(&[FLOOR_DB; 500]);
        capture.askings = vec![asking("a", None, 1000), asking("b", None, 5200)];
        capture.utterances = vec![
            utterance("Yes.", Purpose::Recording, 500, 900),
            utterance("One.", Purpose::Answer(0), 3000, 5000),
            utterance("Again?", Purpose::Repeat(1), 6000, 6500),
            utterance("Two.", Purpose::Answer(1), 7500, 8000),
        ];
        assert_eq!(capture.window(0), (900, 5000));
        assert_eq!(capture.window(1), (5000, 8000));
    }
}
