//! From a URL to a connection that leads where it may.
//!
//! A name is resolved once; of its addresses those that may be called are tried, and the connection is made to that very
//! address. So an answer that changes between look-ups changes nothing. No proxy, no pool: each attempt is checked anew.
//!
//! Owns: resolving, connecting, TLS. Never does: send anything, or know which addresses may be called.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use interview::webhook::{Allow, Refusal, Target, TargetHost};
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;

/// A host may have many addresses; one that answers at none of so many is down.
const MOST_ADDRESSES: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error("{0}")]
    Target(String),
    #[error("the name can't be resolved: {0}")]
    Name(io::Error),
    #[error("the name resolves to no address")]
    Nowhere,
    #[error("the name resolves to {address}, {refusal}: the operator has to allow it (webhooks.allow, WEBHOOKS_ALLOW)")]
    Refused { address: IpAddr, refusal: Refusal },
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("TLS: {0}")]
    Tls(io::Error),
    #[error("TLS can't be used: {0}")]
    Client(rustls::Error),
}

/// Who knows the addresses of names; a parameter, so that tests can lie.
#[async_trait]
pub trait Resolve: Send + Sync {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// As this machine resolves names.
#[derive(Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Makes connections.
pub(super) struct Network {
    allow: Allow,
    resolver: Arc<dyn Resolve>,
    /// Trusted beside what this machine trusts.
    authorities: Vec<CertificateDer<'static>>,
    /// Made when the first one is called by https: loading the machine's certificates takes a moment.
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Network {
    pub(super) fn new(allow: Allow, resolver: Arc<dyn Resolve>, authorities: Vec<CertificateDer<'static>>) -> Self {
        Self { allow, resolver, authorities, tls: OnceCell::new() }
    }

    /// The URL, judged anew: the allow list may have changed since the webhook was made.
    pub(super) fn target(&self, url: &str) -> Result<Target, NetworkError> {
        Target::read(url, &self.allow).map_err(|faults| NetworkError::Target(faults.join("; ")))
    }

    /// A connection to one of the target's addresses that may be called.
    pub(super) async fn connect(&self, target: &Target) -> Result<Box<dyn Stream>, NetworkError> {
        let addresses = self.addresses(target).await?;
        let stream = reach(&addresses, target.port).await?;
        // An answer that can't be delayed by ours being complete or not.
        stream.set_nodelay(true).map_err(NetworkError::Connect)?;
        if !target.https {
            return Ok(Box::new(stream));
        }
        let server = match &target.host {
            TargetHost::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
                .map_err(|error| NetworkError::Target(error.to_string()))?,
            TargetHost::Address(address) => ServerName::IpAddress((*address).into()),
        };
        let made = async || outgoing::trusting(&self.authorities).map(Arc::new).map_err(NetworkError::Client);
        let trusted = self.tls.get_or_try_init(made).await?;
        let connector = TlsConnector::from(Arc::clone(trusted));
        Ok(Box::new(connector.connect(server, stream).await.map_err(NetworkError::Tls)?))
    }

    /// What may be called of what the host resolves to; when that is nothing, why.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, NetworkError> {
        let (name, found) = match &target.host {
            TargetHost::Address(address) => (target.name(), vec![*address]),
            TargetHost::Name(name) => (name.clone(), self.resolver.resolve(name).await.map_err(NetworkError::Name)?),
        };
        let mut refused = NetworkError::Nowhere;
        let mut may = Vec::new();
        for address in found {
            match self.allow.refusal(&name, address) {
                None => may.push(address),
                Some(refusal) => refused = NetworkError::Refused { address, refusal },
            }
        }
        may.truncate(MOST_ADDRESSES);
        if may.is_empty() { Err(refused) } else { Ok(may) }
    }
}

async fn reach(addresses: &[IpAddr], port: u16) -> Result<TcpStream, NetworkError> {
    let mut failed = NetworkError::Nowhere;
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(*address, port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = NetworkError::Connect(error),
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Answers with the next of these at each look-up, and with the last one from then on.
    struct Liar {
        answers: Vec<Vec<IpAddr>>,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Resolve for Liar {
        async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let turn = self.asked.fetch_add(1, Ordering::SeqCst);
            Ok(self.answers[turn.min(self.answers.len() - 1)].clone())
        }
    }

    fn network(answers: &[&[&str]], allow: &[&str]) -> (Network, Arc<Liar>) {
        let answers = answers.iter().map(|one| one.iter().map(|text| text.parse().unwrap()).collect()).collect();
        let liar = Arc::new(Liar { answers, asked: AtomicUsize::new(0) });
        (Network::new(Allow::read(allow.iter().copied()).unwrap(), liar.clone(), Vec::new()), liar)
    }

    #[actix_web::test]
    async fn what_a_name_resolves_to_is_judged_in_every_form() {
        for address in [
            "169.254.169.254",
            "127.0.0.1",
            "10.0.0.8",
            "192.168.0.1",
            "172.16.5.4",
            "100.64.0.9",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001::1",
        ] {
            let (network, liar) = network(&[&[address]], &["192.0.2.7"]);
            let target = network.target("https://hooks.example.org/").unwrap();
            let refused = network.connect(&target).await.err().unwrap();
            assert!(matches!(refused, NetworkError::Refused { .. }), "{address}: {refused}");
            assert_eq!(liar.asked.load(Ordering::SeqCst), 1);
        }
    }

    #[actix_web::test]
    async fn among_several_only_those_that_may_be_called_are_tried() {
        let (network, _) = network(&[&["10.0.0.1", "93.184.215.14", "::1", "2606:2800::1"]], &[]);
        let target = network.target("https://hooks.example.org/").unwrap();
        let may: Vec<String> = network.addresses(&target).await.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(may, ["93.184.215.14", "2606:2800::1"]);
    }

    #[actix_web::test]
    async fn one_look_up_decides_and_its_answer_is_what_is_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let forbidden = tokio::net::TcpListener::bind(("127.0.0.2", port)).await.unwrap();
        let (network, liar) = network(&[&["127.0.0.1"], &["127.0.0.2"]], &["127.0.0.1"]);
        let target =
            Target { https: false, ..network.target(&format!("https://rebinding.example.org:{port}/")).unwrap() };
        drop(network.connect(&target).await.map_err(|error| error.to_string()).err());
        let (_, from) = listener.accept().await.unwrap();
        assert!(from.ip().is_loopback());
        assert_eq!(liar.asked.load(Ordering::SeqCst), 1, "the second answer is never asked for");
        let second = network.connect(&target).await.err().unwrap().to_string();
        assert!(second.contains("127.0.0.2"), "{second}");
        let nobody = forbidden.into_std().unwrap();
        assert_eq!(nobody.accept().err().unwrap().kind(), io::ErrorKind::WouldBlock, "nobody came to 127.0.0.2");
    }
}
