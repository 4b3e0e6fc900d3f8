//! A whole interview through a port of frames: what a telephone, a sound card or a WebSocket needs of the engine.

use std::sync::Arc;

use async_trait::async_trait;
use interviewer::calls::{Calls as _, Connect};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use voice::audio::{CallClock, Frame};
use voice::port::{AudioOutput, AudioPort, EndCause, LegEnded, LegEvent, OpenPort, OutFrame, PortContext};
use voice::transport::TransportError;

use super::{Stage, answers, check_log};

/// Somebody who hums for 0.6 s whenever the interviewer has been silent for 0.8 s.
struct Loopback;

struct Line {
    clock: CallClock,
    frames: mpsc::Sender<Frame>,
    events: mpsc::Sender<LegEvent>,
    /// Frames of silence since the interviewer last spoke; frames of humming that are left.
    state: Mutex<(u32, u32)>,
}

impl AudioPort for Loopback {
    fn open(self: Box<Self>, context: PortContext) -> OpenPort {
        let ((frames, heard), (events, told)) = (mpsc::channel(256), mpsc::channel(4));
        let _ = events.try_send(LegEvent::Connected);
        let line = Line { clock: context.clock, frames, events, state: Mutex::new((u32::MAX / 2, 0)) };
        OpenPort { frames: heard, events: told, output: Arc::new(line), records_input: false }
    }
}

#[async_trait]
impl AudioOutput for Line {
    async fn send(&self, frame: OutFrame) -> Result<(), LegEnded> {
        let mut state = self.state.lock();
        state.0 = if frame.is_silence() { state.0 + 1 } else { 0 };
        state.1 = if state.0 == 40 { 30 } else { state.1.saturating_sub(1) };
        let level = if state.1 > 0 { 0.2 } else { 0.0 };
        let samples = std::array::from_fn(|at| level * (at as f32 * 0.15).sin());
        let _ = self.frames.try_send(Frame { at_ms: self.clock.now_ms(), samples, concealed: false });
        Ok(())
    }

    async fn close(&self) {
        let _ = self.events.try_send(LegEvent::Ended(EndCause::Closed));
    }
}

#[async_trait]
impl Connect for Loopback {
    async fn connect(&mut self) -> Result<Box<dyn AudioPort>, TransportError> {
        Ok(Box::new(Loopback))
    }
}

#[actix_web::test]
async fn a_port_of_frames_holds_a_whole_interview() {
    let stage = Stage::start(&[]).await;
    let invitation = stage.invite(2).await;
    stage.engine.registry.join(invitation.id, false, &mut Loopback).await.unwrap();
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!(answers(&events), 2, "{events:#?}");
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    let recording = format!("/api/interviews/{}/recording", invitation.id);
    assert!(stage.caller.get(&recording).await.bytes().await.unwrap().starts_with(b"OggS"));
}
