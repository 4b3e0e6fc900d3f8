//! The simulated respondent during a call.
//!
//! Owns: its packets, one every 20 ms from the first to the last (silence between its words), and
//! the capture of everything sent and received. Never does: decide what to say, which [`super::policy`]
//! does, or access the engine except over its connection.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use super::capture::{AUDIBLE_DB, Capture, CaptureError, PACKET_MS, Purpose, Utterance, level_db};
use super::client::EngineMessage;
use super::live::DemoEvent;
use super::persona::Spoken;
use super::policy::Policy;
use super::script::Lines;
use voice::audio::Clip;
use voice::port::LegEvent;
use voice::transport::{Link, TransportError};

const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// How long the call is held after the engine has reported its end, so that the last words are on
/// the capture.
const FAREWELL: Duration = Duration::from_millis(1_500);

#[derive(Debug, thiserror::Error)]
pub enum RespondentError {
    #[error("the call did not connect within {} s", CONNECT_LIMIT.as_secs())]
    NotConnected,
    #[error("the call had not ended after {0} s, so the respondent hung up")]
    TooLong(u64),
    #[error("there is no clip for the line `{0}`")]
    NoClip(String),
    #[error(transparent)]
    Capture(#[from] CaptureError),
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// The utterance in progress, and the position in its clip.
struct UtteranceInProgress<'a> {
    clip: &'a Clip,
    next: usize,
    /// The last packet that is audible.
    last_audible: usize,
    purpose: Purpose,
    text: String,
    started_ms: Option<u64>,
    ended_ms: u64,
}

/// The respondent, with everything that it needs for one call.
pub struct Respondent {
    pub link: Link,
    pub policy: Policy,
    pub lines: Lines,
    pub messages: mpsc::Receiver<EngineMessage>,
    /// The queue of events for the terminal. If it is full, lines are lost, but never packets.
    pub events: mpsc::Sender<DemoEvent>,
    /// The limit of the call's duration, after which the respondent hangs up.
    pub limit: Duration,
}

impl Respondent {
    /// Holds the call to its end. Returns the capture, also if the respondent had to hang up.
    pub async fn hold(mut self) -> Result<(Capture, Option<RespondentError>), RespondentError> {
        self.connected().await?;
        let began = tokio::time::Instant::now();
        let mut capture = Capture::start(began.into_std())?;
        let mut trouble = None;
        let mut saying: Option<UtteranceInProgress<'_>> = None;
        let mut over_since = None;
        for packet in 0u64.. {
            let due = began + Duration::from_millis(packet * PACKET_MS);
            sleep_until(due).await;
            let now = capture.at(Instant::now());
            while let Ok(received) = self.link.packets.try_recv() {
                if let Some(heard) = capture.receive(&received) {
                    self.policy.heard(&heard);
                }
            }
            while let Ok(message) = self.messages.try_recv() {
                self.policy.told(now, &message.notice);
                let _ = self.events.try_send(DemoEvent::Told(message));
            }
            if is_gone(&mut self.link.events) || over_since.is_some_and(|since: Instant| since.elapsed() > FAREWELL) {
                break;
            }
            if self.policy.is_over() && over_since.is_none() {
                over_since = Some(Instant::now());
            }
            if began.elapsed() > self.limit {
                trouble = Some(RespondentError::TooLong(self.limit.as_secs()));
                break;
            }
            if saying.is_none()
                && let Some(act) = self.policy.act(now)
            {
                let _ = self.events.try_send(DemoEvent::Says { text: act.spoken.text() });
                saying = Some(begin(&self.lines, &act.spoken, act.purpose)?);
            }
            let (payload, marker) = match saying.as_mut() {
                Some(saying) => (saying.clip.packets[saying.next].clone(), saying.next == 0),
                None => (self.lines.silence.clone(), packet == 0),
            };
            match self.link.sink.send(payload, marker, 0).await {
                Ok(()) => {}
                // The engine hung up first.
                Err(TransportError::Closed) => break,
                Err(error) => {
                    trouble = Some(error.into());
                    break;
                }
            }
            if let Some(current) = saying.as_mut() {
                let sent = capture.at(Instant::now());
                current.started_ms.get_or_insert(sent);
                if current.next <= current.last_audible {
                    current.ended_ms = sent;
                }
                current.next += 1;
            }
            if let Some(done) = saying.take_if(|saying| saying.next >= saying.clip.packets.len()) {
                self.policy.said(done.ended_ms);
                capture.utterances.push(done.into());
            }
        }
        capture.utterances.extend(saying.take().filter(|saying| saying.started_ms.is_some()).map(Utterance::from));
        capture.askings = self.policy.askings().to_vec();
        self.link.sink.close().await;
        Ok((capture, trouble))
    }

    async fn connected(&mut self) -> Result<(), RespondentError> {
        let connected = async {
            loop {
                match self.link.events.recv().await {
                    Some(LegEvent::Connected) => return true,
                    Some(LegEvent::Ringing | LegEvent::Lost | LegEvent::Digit(_)) => {}
                    Some(LegEvent::Ended(_)) | None => return false,
                }
            }
        };
        if timeout(CONNECT_LIMIT, connected).await == Ok(true) {
            return Ok(());
        }
        self.link.sink.close().await;
        Err(RespondentError::NotConnected)
    }
}

fn is_gone(events: &mut mpsc::Receiver<LegEvent>) -> bool {
    loop {
        match events.try_recv() {
            Ok(LegEvent::Ended(_)) | Err(mpsc::error::TryRecvError::Disconnected) => return true,
            Ok(_) => {}
            Err(mpsc::error::TryRecvError::Empty) => return false,
        }
    }
}

fn begin<'a>(lines: &'a Lines, spoken: &Spoken, purpose: Purpose) -> Result<UtteranceInProgress<'a>, RespondentError> {
    let text = spoken.text();
    let clip = lines.get(spoken).filter(|clip| !clip.packets.is_empty());
    let clip = clip.ok_or_else(|| RespondentError::NoClip(text.clone()))?;
    let packet = clip.pcm.len().div_ceil(clip.packets.len()).max(1);
    let last_audible = clip.pcm.chunks(packet).collect::<Vec<_>>();
    let last_audible = last_audible.iter().rposition(|samples| level_db(samples) >= AUDIBLE_DB).unwrap_or(0);
    Ok(UtteranceInProgress { clip, next: 0, last_audible, purpose, text, started_ms: None, ended_ms: 0 })
}

impl From<UtteranceInProgress<'_>> for Utterance {
    fn from(saying: UtteranceInProgress<'_>) -> Self {
        Self {
            text: saying.text,
            purpose: saying.purpose,
            start_ms: saying.started_ms.unwrap_or(saying.ended_ms),
            end_ms: saying.ended_ms,
        }
    }
}
