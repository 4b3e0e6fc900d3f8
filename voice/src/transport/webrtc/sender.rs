//! The sending side of a peer connection.
//!
//! Owns: the track, and the numbers of the packets on it. Never does: pace or encode them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use rtc::media_stream::MediaStreamTrack;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::PeerConnection;

use super::peer::{Connection, Receivers, watch_end};
use crate::port::EndCause;
use crate::transport::{Link, PacketSink, TransportError};

/// Samples per packet at 48 kHz.
const PACKET_SAMPLES: u32 = 960;
/// The payload type in the engine's offers. In an answer, the offer's own type is used.
pub(super) const PAYLOAD_TYPE: u8 = 111;

/// The only codec (RFC 7587), with in-band error correction.
pub(super) fn opus() -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: "audio/opus".into(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".into(),
            rtcp_feedback: vec![],
        },
        payload_type: PAYLOAD_TYPE,
    }
}

/// The numbers of the outgoing stream (RFC 3550, 5.1).
struct Outgoing {
    sequence: u16,
    timestamp: u32,
    payload_type: u8,
}

/// The sending side. Dropping the value closes the connection.
pub(super) struct Sender {
    connection: Arc<Connection>,
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    outgoing: Mutex<Outgoing>,
}

impl Sender {
    pub(super) async fn new(connection: Arc<Connection>) -> Result<Self, TransportError> {
        let ssrc: u32 = rand::random();
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
            codec: opus().rtp_codec,
            ..Default::default()
        };
        let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
            "call".into(),
            "voice".into(),
            "voice".into(),
            RtpCodecKind::Audio,
            vec![encoding],
        )));
        let outgoing =
            Mutex::new(Outgoing { sequence: rand::random(), timestamp: rand::random(), payload_type: PAYLOAD_TYPE });
        // The value is created first, so that a failure below closes the connection.
        let sender = Self { connection, track, ssrc, outgoing };
        let track = Arc::clone(&sender.track) as Arc<dyn TrackLocal>;
        let rtp = sender.peer().add_track(track).await.map_err(super::connection)?;
        let (callbacks, connection) = (&sender.connection.callbacks, Arc::downgrade(&sender.connection));
        *callbacks.sender.lock() = Some(Arc::clone(&rtp));
        let cancel = callbacks.cancel.clone();
        let watch = async move { cancel.run_until_cancelled(watch_end(connection, rtp)).await };
        callbacks.tasks.spawn_on(watch, &callbacks.runtime);
        Ok(sender)
    }

    pub(super) fn peer(&self) -> &Arc<dyn PeerConnection> {
        &self.connection.peer
    }

    /// Returns true if the connection has ended or is about to. There is then nothing left to
    /// negotiate, whoever still holds this value.
    pub(super) fn is_closed(&self) -> bool {
        self.connection.callbacks.cancel.is_cancelled()
    }

    pub(super) fn set_payload_type(&self, payload_type: u8) {
        self.outgoing.lock().payload_type = payload_type;
    }

    /// Waits until all candidates are known.
    pub(super) async fn gathered(&self) -> Result<(), TransportError> {
        let mut gathered = self.connection.callbacks.gathered.subscribe();
        gathered.wait_for(|done| *done).await.map(drop).map_err(super::connection)
    }

    /// Marks the known candidates as about to be replaced.
    pub(super) fn gather_anew(&self) {
        self.connection.callbacks.gathered.send_replace(false);
    }
}

impl Receivers {
    pub(super) fn into_link(self, sender: Arc<Sender>) -> Link {
        Link { packets: self.packets, events: self.events, sink: sender }
    }
}

#[async_trait]
impl PacketSink for Sender {
    async fn send(&self, payload: Bytes, marker: bool, skipped: u32) -> Result<(), TransportError> {
        let callbacks = &self.connection.callbacks;
        if callbacks.cancel.is_cancelled() {
            return Err(TransportError::Closed);
        }
        let connected = callbacks.connected.load(Ordering::Acquire);
        let mut packet = rtc::rtp::Packet::default();
        {
            let mut outgoing = self.outgoing.lock();
            outgoing.timestamp = outgoing.timestamp.wrapping_add(PACKET_SAMPLES.wrapping_mul(skipped));
            packet.header.timestamp = outgoing.timestamp;
            packet.header.sequence_number = outgoing.sequence;
            packet.header.payload_type = outgoing.payload_type;
            outgoing.timestamp = outgoing.timestamp.wrapping_add(PACKET_SAMPLES);
            if connected {
                outgoing.sequence = outgoing.sequence.wrapping_add(1);
            }
        }
        if !connected {
            // The other side could not decrypt the packet yet.
            return Ok(());
        }
        packet.header.version = 2;
        packet.header.marker = marker;
        packet.header.ssrc = self.ssrc;
        packet.payload = payload;
        self.track.write_rtp(packet).await.map_err(|_| TransportError::Closed)
    }

    async fn close(&self) {
        // This runs as a task of its own, so that a caller who stops waiting leaves nothing half
        // closed.
        let _ = self.connection.callbacks.runtime.spawn(Arc::clone(&self.connection).shut(EndCause::Closed)).await;
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if !self.connection.closed.initialized() {
            self.connection.callbacks.runtime.spawn(Arc::clone(&self.connection).shut(EndCause::Closed));
        }
    }
}
