//! Tests of the respondent in a call whose other end is the test, with real packets and real pacing
//! but no network.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use interview::guide::VoiceProfile;
use interview::io::{CallState, Notice};
use tokio::sync::mpsc;

use super::capture::{Capture, Purpose};
use super::client::EngineMessage;
use super::persona::Persona;
use super::policy::Policy;
use super::respondent::Respondent;
use super::script::Lines;
use super::{live::DemoEvent, measure};
use voice::inference::Priority;
use voice::port::{EndCause, LegEvent};
use voice::transport::{Link, Packet, PacketSink, TransportError};
use voice::tts::{Synthesizer, TtsError, Voice};

/// A synthesiser that produces 60 ms of tone per letter, with silence around it.
struct Tone;

#[async_trait]
impl Synthesizer for Tone {
    async fn synthesize(&self, text: &str, _: &Voice, _: Priority) -> Result<Vec<i16>, TtsError> {
        let mut pcm = vec![0; 2_400];
        pcm.extend((0..text.len() * 1_440).map(|i| if i / 40 % 2 == 0 { 6_000 } else { -6_000 }));
        pcm.extend([0; 4_800]);
        Ok(pcm)
    }
    fn resolve(&self, _: &VoiceProfile, _: &str) -> Result<(Voice, Vec<String>), TtsError> {
        Ok((Voice::new("tone", 1.0), Vec::new()))
    }
    fn name(&self) -> &'static str {
        "tone"
    }
}

/// A sink that passes every packet to the test.
struct Wire(mpsc::UnboundedSender<(Instant, Bytes)>);

#[async_trait]
impl PacketSink for Wire {
    async fn send(&self, payload: Bytes, _: bool, _: u32) -> Result<(), TransportError> {
        self.0.send((Instant::now(), payload)).map_err(|_| TransportError::Closed)
    }
    async fn close(&self) {}
}

struct Interviewer {
    packets: mpsc::Sender<Packet>,
    messages: mpsc::Sender<EngineMessage>,
    sent: mpsc::UnboundedReceiver<(Instant, Bytes)>,
    decoder: opus::Decoder,
    clip: voice::audio::Clip,
    rtp: u32,
}

impl Interviewer {
    async fn tell(&self, notice: Notice) {
        self.messages.send(EngineMessage { seq: 0, notice }).await.unwrap();
    }

    /// Sends one packet for each of the respondent's, so that both sides have the same pace.
    /// Returns true while the respondent is audible.
    async fn tick(&mut self, payload: Option<Bytes>) -> bool {
        let (_, sent) = self.sent.recv().await.unwrap();
        self.rtp += 960;
        if let Some(payload) = payload {
            let packet = Packet { sequence: 0, timestamp: self.rtp, payload, arrived: Instant::now() };
            self.packets.send(packet).await.unwrap();
        }
        let mut samples = [0i16; 960];
        let count = self.decoder.decode(&sent, &mut samples, false).unwrap();
        super::capture::level_db(&samples[..count]) > -40.0
    }

    /// Speaks, listens, and waits until the respondent has answered.
    async fn exchange(&mut self) {
        self.tell(Notice::state(CallState::Speaking)).await;
        for payload in self.clip.packets.clone() {
            self.tick(Some(payload)).await;
        }
        self.tell(Notice::state(CallState::Listening)).await;
        while !self.tick(None).await {}
        while self.tick(None).await {}
    }
}

async fn held() -> Capture {
    let persona = "{name: D, voice: v, consent: 'Yes I do', recording: 'Right', default: 'Nothing', \
                   answers: [{about: [work], say: 'One, two', pause_ms: 400}]}";
    let persona = Persona::parse(persona, "test").unwrap();
    let synthesizer: Arc<dyn Synthesizer> = Arc::new(Tone);
    let lines = Lines::prepare(&persona, &synthesizer, |_, _| {}).await.unwrap();
    let questions: HashMap<String, String> = [("q".to_owned(), "What work?".to_owned())].into();
    let (packets, packets_in) = mpsc::channel(100);
    let (link_events, events_in) = mpsc::channel(4);
    let (messages, messages_in) = mpsc::channel(100);
    let (out, sent) = mpsc::unbounded_channel();
    let (events, _shown) = mpsc::channel::<DemoEvent>(100);
    let respondent = Respondent {
        link: Link { packets: packets_in, events: events_in, sink: Arc::new(Wire(out)) },
        policy: Policy::new(persona, questions, HashMap::new()),
        lines,
        messages: messages_in,
        events,
        limit: Duration::from_mins(1),
    };
    let call = tokio::spawn(respondent.hold());
    link_events.send(LegEvent::Connected).await.unwrap();
    let pcm = (0..12_000).map(|i| if i / 60 % 2 == 0 { 5_000 } else { -5_000 }).collect();
    let mut interviewer = Interviewer {
        packets,
        messages,
        sent,
        decoder: opus::Decoder::new(48_000, opus::Channels::Mono).unwrap(),
        clip: voice::audio::codec::encode_clip(String::new(), pcm).unwrap(),
        rtp: 0,
    };
    interviewer.exchange().await;
    interviewer.tell(Notice::Consent { participation: Some(true), recording: None }).await;
    interviewer.exchange().await;
    interviewer.tell(Notice::Consent { participation: Some(true), recording: Some(true) }).await;
    let section = "s".to_owned();
    interviewer.tell(Notice::Question { id: "q".to_owned(), section, number: 1, of: 1, follow_up_of: None }).await;
    interviewer.exchange().await;
    interviewer.tell(Notice::state(CallState::Ended)).await;
    link_events.send(LegEvent::Ended(EndCause::HungUp)).await.unwrap();
    let (capture, trouble) = call.await.unwrap().unwrap();
    assert!(trouble.is_none());
    capture
}

#[tokio::test]
async fn consent_and_an_answer_go_over_the_wire_and_into_the_capture() {
    let capture = held().await;
    let said: Vec<(&str, Purpose)> = capture.utterances.iter().map(|u| (u.text.as_str(), u.purpose)).collect();
    let expected = [("Yes I do", Purpose::Consent), ("Right", Purpose::Recording), ("One, two", Purpose::Answer(0))];
    // The test hangs up in the pause of the answer. What was begun is still in the capture.
    assert_eq!(said, expected);
    assert_eq!(capture.askings.len(), 1);
    assert_eq!(capture.undecodable, 0);
    let (from, to) = capture.window(0);
    assert!(from > 0 && to > from);
    // The interviewer's voice is heard three times for 0.5 s.
    let audible = capture.heard.iter().filter(|heard| heard.audible()).count();
    assert!((72..=81).contains(&audible), "{audible}");
    assert!(measure::timing(&capture, 0, None).first_audio.is_some());
    assert!(measure::barge_ins(&capture).is_empty());
}
