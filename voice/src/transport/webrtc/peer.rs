//! One peer connection behind a [`Link`].
//!
//! Owns: the connection, its port, its tasks and their end. Never does: negotiate.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use rtc::peer_connection::transport::RTCDtlsTransportState;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionEventHandler, RTCIceGatheringState, RTCPeerConnectionState,
};
use webrtc::rtp_transceiver::RtpSender;

use super::ports::Lease;
use crate::port::{EndCause, LegEvent};
use crate::transport::{Packet, TransportError};

/// Packets that are kept for a slow listener: 5 s.
const PACKET_QUEUE: usize = 256;
/// Changes of state that are kept for a slow listener.
const EVENT_QUEUE: usize = 32;
/// The interval at which the DTLS state is checked.
const GOODBYE_INTERVAL: Duration = Duration::from_millis(200);

/// What the connection's callbacks use. It is created before the connection.
pub(super) struct Callbacks {
    state: Mutex<EventState>,
    /// Removed at the end, so that the reader's stream ends.
    packets: Mutex<Option<mpsc::Sender<Packet>>>,
    pub(super) gathered: watch::Sender<bool>,
    pub(super) connected: AtomicBool,
    /// Counts the changes of the connection's state, so that a deadline can tell whether it still
    /// applies.
    changes: AtomicU64,
    lost_after: Duration,
    /// A connection that has not been established after this time is closed.
    give_up_after: Duration,
    dropped: AtomicU64,
    pub(super) cancel: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) runtime: Handle,
    /// Set once the connection exists. The reference is weak, because the connection owns its
    /// callbacks.
    connection: OnceLock<Weak<Connection>>,
    /// Knows the state of DTLS. Removed at the end, because it holds on to the connection.
    pub(super) sender: Mutex<Option<Arc<dyn RtpSender>>>,
}

/// The receiver of events, and the last event sent. An ICE restart within a call leaves and enters
/// `connected` without an event.
struct EventState {
    events: Option<mpsc::Sender<LegEvent>>,
    last: Option<LegEvent>,
}

/// The receiving ends that become part of the [`Link`].
pub(super) struct Receivers {
    pub(super) packets: mpsc::Receiver<Packet>,
    pub(super) events: mpsc::Receiver<LegEvent>,
}

impl Callbacks {
    pub(super) fn new(runtime: Handle, lost_after: Duration, give_up_after: Duration) -> (Arc<Self>, Receivers) {
        let (packets, packets_out) = mpsc::channel(PACKET_QUEUE);
        let (events, events_out) = mpsc::channel(EVENT_QUEUE);
        let callbacks = Arc::new(Self {
            state: Mutex::new(EventState { events: Some(events), last: None }),
            packets: Mutex::new(Some(packets)),
            gathered: watch::Sender::new(false),
            connected: AtomicBool::new(false),
            changes: AtomicU64::new(0),
            lost_after,
            give_up_after,
            dropped: AtomicU64::new(0),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
            runtime,
            connection: OnceLock::new(),
            sender: Mutex::default(),
        });
        (callbacks, Receivers { packets: packets_out, events: events_out })
    }

    fn tell(&self, event: LegEvent) {
        let mut state = self.state.lock();
        // Only a connected leg can be lost, and only a lost leg can be connected again.
        if state.last == Some(event) || (event == LegEvent::Lost && state.last.is_none()) {
            return;
        }
        state.last = Some(event);
        if let Some(events) = &state.events
            && events.try_send(event).is_err()
        {
            tracing::debug!(?event, "an event of the connection was dropped because its reader is gone or too slow");
        }
        if matches!(event, LegEvent::Ended(_)) {
            // This ends the stream even for a reader that missed the event.
            state.events = None;
        }
    }

    /// Tells that the leg is connected, if it is. The crate's state is `connected` as well when DTLS
    /// was closed before its handshake was over, for example because the certificate was not the
    /// offered one.
    fn confirm(self: &Arc<Self>, change: u64) {
        if self.connected.load(Ordering::Acquire) {
            self.tell(LegEvent::Connected);
            return;
        }
        let callbacks = Arc::clone(self);
        let cancel = self.cancel.clone();
        let confirmed = async move {
            let sender = callbacks.sender.lock().clone();
            let Some(sender) = sender else { return };
            if dtls_state(&*sender).await != Ok(Some(RTCDtlsTransportState::Connected)) {
                return;
            }
            callbacks.connected.store(true, Ordering::Release);
            if callbacks.changes.load(Ordering::Acquire) == change {
                callbacks.tell(LegEvent::Connected);
            }
        };
        self.tasks.spawn_on(async move { cancel.run_until_cancelled(confirmed).await }, &self.runtime);
    }

    /// Waits while ICE looks for a new path. A short search is not reported. If no path is found in
    /// time, the leg counts as lost, which the agent itself would report only when it gives up.
    fn expect_path(self: &Arc<Self>, change: u64) {
        let callbacks = Arc::clone(self);
        let cancel = self.cancel.clone();
        let overdue = async move {
            tokio::time::sleep(callbacks.lost_after).await;
            if callbacks.changes.load(Ordering::Acquire) == change {
                callbacks.tell(LegEvent::Lost);
            }
        };
        self.tasks.spawn_on(async move { cancel.run_until_cancelled(overdue).await }, &self.runtime);
    }

    async fn forward(&self, track: Arc<dyn TrackRemote>) {
        let Some(packets) = self.packets.lock().clone() else { return };
        while let Some(event) = track.poll().await {
            let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
            let packet = Packet {
                sequence: packet.header.sequence_number,
                timestamp: packet.header.timestamp,
                payload: packet.payload,
                arrived: Instant::now(),
            };
            if packets.try_send(packet).is_err() {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The handler type that the crate requires, around the shared callbacks.
pub(super) struct Handler(pub(super) Arc<Callbacks>);

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.0.gathered.send_replace(true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let change = self.0.changes.fetch_add(1, Ordering::AcqRel) + 1;
        match state {
            RTCPeerConnectionState::Connected => self.0.confirm(change),
            RTCPeerConnectionState::Disconnected => self.0.tell(LegEvent::Lost),
            RTCPeerConnectionState::Connecting if self.0.connected.load(Ordering::Acquire) => {
                self.0.expect_path(change);
            }
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                // This is not awaited here, because closing waits for the task that runs this
                // callback.
                if let Some(connection) = self.0.connection.get().and_then(Weak::upgrade) {
                    self.0.runtime.spawn(connection.shut(EndCause::Failed));
                }
            }
            _ => {}
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let callbacks = Arc::clone(&self.0);
        let cancel = self.0.cancel.clone();
        self.0.tasks.spawn_on(
            async move {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = callbacks.forward(track) => {}
                }
            },
            &self.0.runtime,
        );
    }
}

/// A connection and everything that ends with it.
pub(super) struct Connection {
    pub(super) peer: Arc<dyn PeerConnection>,
    pub(super) callbacks: Arc<Callbacks>,
    lease: Mutex<Option<Lease>>,
    pub(super) closed: OnceCell<()>,
}

impl Connection {
    pub(super) fn new(peer: Arc<dyn PeerConnection>, callbacks: Arc<Callbacks>, lease: Lease) -> Arc<Self> {
        let connection = Arc::new(Self { peer, callbacks, lease: Mutex::new(Some(lease)), closed: OnceCell::new() });
        let _ = connection.callbacks.connection.set(Arc::downgrade(&connection));
        connection
    }

    /// Closes everything once, however often and from wherever this is called.
    pub(super) async fn shut(self: Arc<Self>, cause: EndCause) {
        self.closed
            .get_or_init(|| async {
                self.callbacks.cancel.cancel();
                self.callbacks.packets.lock().take();
                self.callbacks.sender.lock().take();
                if let Err(error) = self.peer.close().await {
                    tracing::debug!(%error, "the connection could not be closed cleanly");
                }
                self.callbacks.tasks.close();
                self.callbacks.tasks.wait().await;
                // Only now is the socket closed and the port free for the next call.
                self.lease.lock().take();
                let dropped = self.callbacks.dropped.load(Ordering::Relaxed);
                if dropped > 0 {
                    tracing::debug!(dropped, "packets were dropped because the listener was too slow");
                }
                self.callbacks.tell(LegEvent::Ended(cause));
            })
            .await;
    }
}

/// Closes the connection when the other side has said goodbye, or could not be connected with in
/// time. The crate tells neither. It handles the DTLS `close_notify`, which browsers send when they
/// close, but its connection state stays `connected` until packets have been missed for seconds.
/// When the DTLS handshake fails, as with a certificate that is not the offered one, its state
/// stays `connecting` for as long as ICE finds the other side. The state of the DTLS transport is
/// therefore checked, and so is the time.
pub(super) async fn watch_end(connection: Weak<Connection>, sender: Arc<dyn RtpSender>) {
    let began = Instant::now();
    let mut interval = tokio::time::interval(GOODBYE_INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let Ok(state) = dtls_state(&*sender).await else { return };
        let Some(connection) = connection.upgrade() else { return };
        let callbacks = &connection.callbacks;
        let was_connected = callbacks.connected.load(Ordering::Acquire);
        let is_overdue = !was_connected && began.elapsed() > callbacks.give_up_after;
        if state == Some(RTCDtlsTransportState::Closed) || is_overdue {
            let cause = if was_connected { EndCause::HungUp } else { EndCause::Failed };
            // This runs as a task of its own, because closing waits for the present one.
            callbacks.runtime.clone().spawn(connection.shut(cause));
            return;
        }
    }
}

/// Returns the state of DTLS, which there is none of before the first description. An error means
/// that the connection is gone.
async fn dtls_state(sender: &dyn RtpSender) -> Result<Option<RTCDtlsTransportState>, TransportError> {
    match sender.transport().await.map_err(super::connection)? {
        Some(transport) => transport.state().await.map(Some).map_err(super::connection),
        None => Ok(None),
    }
}
