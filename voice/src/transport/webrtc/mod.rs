//! WebRTC: one audio section, Opus, ICE, DTLS and SRTP.
//!
//! Owns: negotiation, UDP ports, peer connections. Never does: decode, pace or understand audio.
//!
//! Every connection has a socket and a task of its own, all on the runtime passed to
//! [`WebRtc::new`]. Once `sink.close()` has returned, everything that the link owned is released,
//! and its port is free.

mod fragment;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod hostile_packets;
#[cfg(test)]
mod hostile_tests;
mod ice;
#[cfg(test)]
mod offer_tests;
mod peer;
mod ports;
#[cfg(test)]
mod restart_tests;
mod sdp;
mod sender;
mod sources;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Once};
use std::time::Duration;

use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio::runtime::Handle;
use webrtc::peer_connection::{
    CipherSuiteId, MediaEngine, PeerConnection, PeerConnectionBuilder, RTCConfigurationBuilder, RTCIceServer,
    RTCIceTransportPolicy, RTCSessionDescription, Registry, SettingEngineBuilder, SrtpProtectionProfile,
    configure_rtcp_reports,
};

pub use self::fragment::BadFragment;
pub use self::ice::{CallerIce, IceCondition, IceSession, PatchError, Patched};
use self::peer::{Callbacks, Connection, Handler, Receivers};
use self::ports::Ports;
use self::sdp::ReadOffer;
use self::sender::Sender;
use super::{IceServer, Link, TransportError};

/// Silence on the connection after which the other side counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(5);
/// Silence after which the connection is closed.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);
/// The interval of ICE checks. The agent judges by their answers alone and not by media. Even with
/// 2 s of silence or 10 % packet loss, enough answers must remain to show that the other side is
/// there.
const KEEP_ALIVE: Duration = Duration::from_millis(500);
/// Candidates are host addresses and the answers of STUN and TURN servers. Those that have not
/// arrived after this time are left out.
const GATHERING_LIMIT: Duration = Duration::from_secs(3);
/// What may be negotiated for DTLS: authenticated encryption with forward secrecy. The crate would
/// also accept CBC with SHA-1. RSA is for callers that are no browsers and have such a certificate.
const CIPHER_SUITES: [CipherSuiteId; 4] = [
    CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
    CipherSuiteId::Tls_Ecdhe_Ecdsa_With_ChaCha20_Poly1305_Sha256,
    CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
    CipherSuiteId::Tls_Ecdhe_Rsa_With_ChaCha20_Poly1305_Sha256,
];
/// What may be negotiated for SRTP. Not every caller has AES-GCM. Tags of 32 bits are not accepted.
const SRTP_PROFILES: [SrtpProtectionProfile; 3] = [
    SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
    SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
    SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
];
/// Another process may take a port between its choice and its binding.
const PORT_ATTEMPTS: usize = 3;

/// The network settings of connections.
#[derive(Debug, Clone)]
pub struct WebRtcSettings {
    /// Local addresses to listen on. `0.0.0.0` means every interface except loopback.
    pub bind_ips: Vec<IpAddr>,
    /// The range of UDP ports. Each connection uses one, the same on every address. `0..=0` lets
    /// the system choose.
    pub udp_port_range: RangeInclusive<u16>,
    /// Servers that are asked for the engine's own candidates. Only STUN and TURN over UDP are
    /// used.
    pub ice_servers: Vec<IceServer>,
    /// Uses relayed candidates only, like a caller whose network permits nothing else.
    pub relay_only: bool,
    /// Public addresses from which NAT forwards the engine's ports. They are added to the
    /// candidates.
    pub public_addresses: Vec<IpAddr>,
    /// Silence on the connection after which the other side counts as lost.
    pub lost_after: Duration,
    /// Silence after which the connection is closed, and the time in which it must be established.
    pub give_up_after: Duration,
}

impl Default for WebRtcSettings {
    fn default() -> Self {
        Self {
            bind_ips: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            udp_port_range: 0..=0,
            ice_servers: Vec::new(),
            relay_only: false,
            public_addresses: Vec::new(),
            lost_after: LOST_AFTER,
            give_up_after: GIVE_UP_AFTER,
        }
    }
}

/// Creates connections. It is cheap to clone.
#[derive(Clone)]
pub struct WebRtc {
    settings: Arc<WebRtcSettings>,
    ports: Arc<Ports>,
    runtime: Handle,
}

/// The answer to an offer.
pub struct SdpAnswer {
    /// The description with all candidates.
    pub sdp: String,
    pub link: Link,
    pub ice: IceSession,
}

/// The calling side before its answer. Dropping the value closes the connection.
pub struct Offer {
    sdp: String,
    sender: Sender,
    receivers: Receivers,
    runtime: Handle,
}

impl WebRtc {
    /// Returns a factory whose connections run on `runtime` (the media thread's), whichever runtime
    /// requests them.
    pub fn new(settings: WebRtcSettings, runtime: Handle) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Two rustls providers are compiled in, and rustls panics when it has to choose. An
            // error means that a provider was installed already.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let ports = Ports::new(settings.udp_port_range.clone());
        Self { settings: Arc::new(settings), ports, runtime }
    }

    /// Creates the engine's side of a call.
    ///
    /// # Errors
    /// Returns `BadOffer` if the offer does not have exactly one live two-way audio section,
    /// `NoCodec` if that does not offer Opus, `NoPort` if every port is in use, and `Connection` for
    /// everything else.
    pub async fn answer(&self, offer_sdp: &str) -> Result<SdpAnswer, TransportError> {
        let (engine, offer_sdp) = (self.clone(), offer_sdp.to_owned());
        on(&self.runtime, async move { engine.negotiate_answer(&offer_sdp).await }).await
    }

    /// Creates the caller's side, as a browser would, for the simulated respondent, tests and load.
    pub async fn offer(&self) -> Result<Offer, TransportError> {
        let engine = self.clone();
        on(&self.runtime, async move { engine.negotiate_offer().await }).await
    }

    async fn negotiate_answer(&self, offer_sdp: &str) -> Result<SdpAnswer, TransportError> {
        let (offer_sdp, candidates) = fragment::with_usable_candidates(offer_sdp);
        let offer = ReadOffer::read(&offer_sdp)?;
        let (sender, receivers) = self.open(Side::Answering).await?;
        sender.set_payload_type(offer.payload_type);
        let peer = sender.peer();
        let audio_only = offer.audio_only.clone();
        peer.set_remote_description(audio_only).await.map_err(|error| TransportError::BadOffer(error.to_string()))?;
        let answer = peer.create_answer(None).await.map_err(connection)?;
        peer.set_local_description(answer).await.map_err(connection)?;
        let public = &self.settings.public_addresses;
        let sdp = fragment::with_public_addresses(&gathered_description(&sender).await?, public);
        let sender = Arc::new(sender);
        let ice =
            IceSession::new(&sender, (offer.audio_only.sdp.clone(), candidates), &sdp, public, self.runtime.clone())?;
        Ok(SdpAnswer { sdp: offer.complete(&sdp)?, link: receivers.into_link(sender), ice })
    }

    async fn negotiate_offer(&self) -> Result<Offer, TransportError> {
        let (sender, receivers) = self.open(Side::Calling).await?;
        let offer = sender.peer().create_offer(None).await.map_err(connection)?;
        sender.peer().set_local_description(offer).await.map_err(connection)?;
        let sdp = gathered_description(&sender).await?;
        Ok(Offer { sdp, sender, receivers, runtime: self.runtime.clone() })
    }

    async fn open(&self, side: Side) -> Result<(Sender, Receivers), TransportError> {
        let mut attempt = 1;
        let (connection, receivers) = loop {
            match self.build(side).await {
                Err(TransportError::Connection(_)) if attempt < PORT_ATTEMPTS => attempt += 1,
                done => break done?,
            }
        };
        Ok((Sender::new(connection).await?, receivers))
    }

    async fn build(&self, side: Side) -> Result<(Arc<Connection>, Receivers), TransportError> {
        let lease = self.ports.lease(&self.settings.bind_ips)?;
        let lost_after = self.settings.lost_after;
        let given_up_after = self.settings.give_up_after.saturating_sub(lost_after);
        let mut codecs = MediaEngine::default();
        codecs.register_codec(sender::opus(), RtpCodecKind::Audio).map_err(connection)?;
        // Only RTCP reports are registered. The full default set costs a third more, for repairs
        // that Opus packets of 20 ms do themselves.
        let interceptors = configure_rtcp_reports(Registry::new());
        // mDNS is off. It would open one more socket per call, and a browser that hides its address
        // still reaches the engine's.
        let engine = SettingEngineBuilder::new()
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_ice_timeouts(Some(lost_after), Some(given_up_after), Some(KEEP_ALIVE.min(lost_after / 5)))
            .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
            .with_dtls_cipher_suites(CIPHER_SUITES.to_vec())
            .with_srtp_protection_profiles(SRTP_PROFILES.to_vec())
            // A caller restarts because its network has changed, so its old sockets are useless.
            // The engine's sockets still work, and the other side, its NAT and its firewall know
            // their addresses. The engine therefore keeps them.
            .with_discard_local_candidates_during_ice_restart(side == Side::Calling)
            .build();
        let servers = self.settings.ice_servers.iter().map(own_server).collect();
        let policy = if self.settings.relay_only { RTCIceTransportPolicy::Relay } else { RTCIceTransportPolicy::All };
        let addresses = self.settings.bind_ips.iter().map(|ip| SocketAddr::new(*ip, lease.port)).collect();
        let (callbacks, receivers) = Callbacks::new(self.runtime.clone(), lost_after, self.settings.give_up_after);
        let building = PeerConnectionBuilder::<SocketAddr>::new()
            .with_configuration(
                RTCConfigurationBuilder::default().with_ice_servers(servers).with_ice_transport_policy(policy).build(),
            )
            .with_media_engine(codecs)
            .with_interceptor_registry(interceptors)
            .with_setting_engine(engine)
            .with_handler(Arc::new(Handler(Arc::clone(&callbacks))))
            .with_runtime(Arc::new(sources::Guarded))
            .with_udp_addrs(addresses)
            .build();
        // The future is boxed, because its 20 kB would otherwise be part of every future that
        // awaits the beginning of a call.
        let peer = Box::pin(building).await.map_err(connection)?;
        Ok((Connection::new(Arc::new(peer) as Arc<dyn PeerConnection>, callbacks, lease), receivers))
    }
}

/// The side of a call that a connection is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Answering,
    Calling,
}

fn own_server(server: &IceServer) -> RTCIceServer {
    RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone().unwrap_or_default(),
        credential: server.credential.clone().unwrap_or_default(),
    }
}

impl Offer {
    /// The offer with all candidates.
    pub fn sdp(&self) -> &str {
        &self.sdp
    }

    /// Applies the other side's answer. The link reports when it is connected.
    pub async fn accept(self, answer_sdp: &str) -> Result<Link, TransportError> {
        Ok(self.accept_with_ice(answer_sdp).await?.0)
    }

    /// Like [`Self::accept`], with a handle that restarts ICE.
    pub async fn accept_with_ice(self, answer_sdp: &str) -> Result<(Link, CallerIce), TransportError> {
        let answer_sdp = answer_sdp.to_owned();
        let runtime = self.runtime.clone();
        on(&runtime, async move {
            let answer = RTCSessionDescription::answer(answer_sdp.clone())
                .map_err(|error| TransportError::Connection(format!("the answer cannot be parsed: {error}")))?;
            self.sender.set_payload_type(sdp::payload_type_of_answer(&answer).ok_or(TransportError::NoCodec)?);
            self.sender.peer().set_remote_description(answer).await.map_err(connection)?;
            let sender = Arc::new(self.sender);
            let ice = CallerIce::new(&sender, answer_sdp, self.runtime);
            Ok((self.receivers.into_link(sender), ice))
        })
        .await
    }
}

async fn gathered_description(sender: &Sender) -> Result<String, TransportError> {
    if tokio::time::timeout(GATHERING_LIMIT, sender.gathered()).await.is_err() {
        tracing::warn!("some ICE servers did not answer in time, so their candidates are missing");
    }
    let description = sender.peer().local_description().await;
    description.map(|description| description.sdp).ok_or(TransportError::Closed)
}

/// Runs negotiation as a task of the media runtime. The connection's own tasks start there, a
/// caller who stops waiting leaves nothing half done, and a panic of the parser is reported as an
/// error.
async fn on<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = Result<T, TransportError>> + Send + 'static,
) -> Result<T, TransportError> {
    match runtime.spawn(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(TransportError::BadOffer("the negotiation failed".into())),
        Err(_) => Err(TransportError::Closed),
    }
}

fn connection(error: impl std::fmt::Display) -> TransportError {
    TransportError::Connection(error.to_string())
}
