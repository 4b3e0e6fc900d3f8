//! The events socket of one page: the messages to the page, and its commands.
//!
//! Owns: that the page neither misses nor repeats a final message. Never does: store messages (the
//! session layer does).

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_ws::{CloseCode, CloseReason, Closed, Message, MessageStream, Session};
use interview::io::{CallState, Command, Means, Notice};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::calls::{Calls, PageMessage};

/// A ping keeps proxies from closing an idle socket, and detects a page that is gone.
const PING_EVERY: Duration = Duration::from_secs(20);
const GONE_AFTER: Duration = PING_EVERY.saturating_mul(3);
/// Commands are short.
const MAX_FRAME: usize = 4 * 1024;

/// A command that a page may send over the events socket.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = CallCommand)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Request {
    Pause,
    Resume,
    /// The respondent leaves, and the interview ends.
    Leave,
    /// Repeats the current question.
    Repeat,
    /// Withdraws the consent to record.
    StopRecording {
        /// If true, everything recorded so far is deleted as well.
        delete_so_far: bool,
    },
}

impl Request {
    /// Reads what a page sends.
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

impl From<Request> for Command {
    fn from(request: Request) -> Self {
        match request {
            Request::Pause => Command::Pause,
            Request::Resume => Command::Resume,
            Request::Leave => Command::Leave,
            Request::Repeat => Command::Repeat,
            Request::StopRecording { delete_so_far } => Command::StopRecording { delete_so_far, by: Means::Page },
        }
    }
}

pub(super) struct Socket {
    calls: Arc<dyn Calls>,
    interview_id: Uuid,
    /// The number of the last message that was sent.
    last: Option<u64>,
    last_at_ms: u64,
    session: Session,
    ended: bool,
}

impl Socket {
    pub(super) fn new(calls: Arc<dyn Calls>, interview_id: Uuid, after: Option<u64>, session: Session) -> Self {
        Self { calls, interview_id, last: after, last_at_ms: 0, session, ended: false }
    }

    pub(super) async fn run(mut self, messages: MessageStream) {
        // An error means that the page closed the socket, so there is no recipient.
        if self.serve(messages.max_frame_size(MAX_FRAME)).await.is_ok() {
            let _ = self.session.close(Some(CloseReason::from(CloseCode::Normal))).await;
        }
    }

    async fn serve(&mut self, mut messages: MessageStream) -> Result<(), Closed> {
        let (told, mut live) = self.calls.subscribe(self.interview_id, self.last);
        for message in &told {
            self.tell(message).await?;
        }
        let mut ping = tokio::time::interval(PING_EVERY);
        let mut heard = Instant::now();
        while !self.ended {
            tokio::select! {
                message = live.recv() => match message {
                    Ok(message) => self.tell(&message).await?,
                    // The page is too slow. Final messages come from the store of messages, and the
                    // others are out of date.
                    Err(RecvError::Lagged(_)) => {
                        let (missed, fresh) = self.calls.subscribe(self.interview_id, self.last);
                        live = fresh;
                        for message in &missed {
                            self.tell(message).await?;
                        }
                    }
                    Err(RecvError::Closed) => return Ok(()),
                },
                message = messages.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.obey(&text).await?,
                        Some(Ok(Message::Ping(bytes))) => self.session.pong(&bytes).await?,
                        Some(Ok(Message::Pong(_) | Message::Nop)) => {}
                        Some(Ok(_) | Err(_)) | None => return Ok(()),
                    }
                }
                _ = ping.tick() => {
                    if heard.elapsed() > GONE_AFTER {
                        return Ok(());
                    }
                    self.session.ping(b"").await?;
                }
            }
        }
        Ok(())
    }

    async fn tell(&mut self, message: &PageMessage) -> Result<(), Closed> {
        if self.last.is_some_and(|last| message.seq <= last) {
            return Ok(());
        }
        self.last = Some(message.seq);
        self.last_at_ms = message.at_ms;
        self.ended |= matches!(message.notice, Notice::State { value: CallState::Ended, .. });
        self.send(message).await
    }

    async fn obey(&mut self, text: &str) -> Result<(), Closed> {
        let Ok(request) = Request::read(text) else {
            return self
                .complain(
                    "Not understood",
                    "A command must be pause, resume, leave, repeat or stop_recording, as {\"type\": …}.",
                )
                .await;
        };
        match self.calls.command(self.interview_id, request.into()).await {
            Ok(()) => Ok(()),
            Err(not_live) => self.complain("Not possible now", &super::error::sentence(&not_live)).await,
        }
    }

    /// Tells only this page, with the number and time of the last message, so that `?after=`
    /// remains correct.
    async fn complain(&mut self, title: &str, detail: &str) -> Result<(), Closed> {
        let notice = Notice::Error { title: title.to_owned(), detail: detail.to_owned(), call_id: None };
        let seq = self.last.unwrap_or_default();
        self.send(&PageMessage { seq, at_ms: self.last_at_ms, notice, replaces: None }).await
    }

    async fn send(&mut self, message: &PageMessage) -> Result<(), Closed> {
        // These values always serialize.
        let Ok(text) = serde_json::to_string(message) else { return Ok(()) };
        self.session.text(text).await
    }
}
