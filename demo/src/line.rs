//! Placing a call: offer, answer, link.
//!
//! Owns: what the demo needs of a transport, so that a test can stand in for the other side. Never
//! does: carry audio.

use async_trait::async_trait;

use voice::transport::webrtc::{Offer, WebRtc};
use voice::transport::{Link, TransportError};

/// The calling side of a transport.
#[async_trait]
pub trait Dial: Send + Sync {
    async fn offer(&self) -> Result<Box<dyn Offered>, TransportError>;
}

/// An offer that waits for its answer.
#[async_trait]
pub trait Offered: Send {
    fn sdp(&self) -> &str;
    async fn accept(self: Box<Self>, answer: &str) -> Result<Link, TransportError>;
}

#[async_trait]
impl Dial for WebRtc {
    async fn offer(&self) -> Result<Box<dyn Offered>, TransportError> {
        Ok(Box::new(WebRtc::offer(self).await?))
    }
}

#[async_trait]
impl Offered for Offer {
    fn sdp(&self) -> &str {
        Offer::sdp(self)
    }

    async fn accept(self: Box<Self>, answer: &str) -> Result<Link, TransportError> {
        Offer::accept(*self, answer).await
    }
}
