//! The check of STUN and TURN servers, which sends the requests that a call would send.
//!
//! Owns: one request to one server. Never does: keep a connection open.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::crypto;
use rtc::sansio::Protocol as _;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use rtc::turn::client::{Client, ClientConfig, Event};

use crate::config::network::address_of;
use voice::transport::IceServer;

/// A slower server would delay every call.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server.
///
/// # Errors
/// The reason why it does not answer.
pub fn ask(server: &IceServer) -> Result<String, String> {
    let url = server.urls.first().ok_or("it has no URL")?;
    let (host, port) = address_of(url).ok_or("its address cannot be parsed")?;
    let addresses = (host.as_str(), port).to_socket_addrs().map_err(|error| format!("{host}: {error}"))?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    let found = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    let address = *found.ok_or_else(|| format!("{host} has no address"))?;
    if url.starts_with("turns:") || url.starts_with("stuns:") || url.ends_with("=tcp") {
        // TURN over TCP is used by browsers only. The engine itself uses UDP.
        return match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => Ok(format!("{address} accepts TCP connections (nothing else was tested)")),
            Err(error) => Err(format!("{address}: {error}")),
        };
    }
    over_udp(server, address, url.starts_with("turn:"))
}

fn over_udp(server: &IceServer, address: SocketAddr, relays: bool) -> Result<String, String> {
    let failed = |error: io::Error| format!("{address}: {error}");
    let any: SocketAddr = if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).map_err(failed)?;
    socket.connect(address).map_err(failed)?;
    let local_addr = socket.local_addr().map_err(failed)?;
    let config = ClientConfig {
        stun_serv_addr: address.to_string(),
        turn_serv_addr: address.to_string(),
        local_addr,
        transport_protocol: TransportProtocol::UDP,
        username: server.username.clone().unwrap_or_default(),
        password: server.credential.clone().unwrap_or_default(),
        realm: String::new(),
        software: String::new(),
        rto_in_ms: 0,
        allocation_refresh_interval_cap: None,
    };
    let wrong = |error: &dyn std::fmt::Display| format!("{address}: {error}");
    let provider = crypto::default_provider().map_err(|error| wrong(&error))?;
    let mut client = Client::new(config, provider).map_err(|error| wrong(&error))?;
    let begun = if relays { client.allocate(Instant::now()) } else { client.send_binding_request(Instant::now()) };
    begun.map_err(|error| wrong(&error))?;
    let deadline = Instant::now() + PATIENCE;
    let mut buffer = [0; 2048];
    let answer = loop {
        send(&mut client, &socket).map_err(failed)?;
        match client.poll_event() {
            Some(Event::BindingResponse(_, ours)) => break Ok(format!("{address} sees this machine as {ours}")),
            Some(Event::AllocateResponse(_, relayed)) => {
                break Ok(format!(
                    "{address} relays for this machine at \
                {relayed}"
                ));
            }
            Some(Event::BindingError(_, error) | Event::AllocateError(_, error)) => break Err(wrong(&error)),
            Some(Event::TransactionTimeout(_)) => break Err(format!("{address} does not answer")),
            Some(_) => continue,
            None => {}
        }
        let now = Instant::now();
        if now >= deadline {
            break Err(format!("{address} does not answer (UDP)"));
        }
        let wake = client.poll_timeout().unwrap_or(deadline).min(deadline);
        let wait = wake.saturating_duration_since(now).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(wait)).map_err(failed)?;
        match socket.recv(&mut buffer) {
            Ok(length) => {
                let transport = TransportContext {
                    local_addr,
                    peer_addr: address,
                    transport_protocol: TransportProtocol::UDP,
                    ecn: None,
                };
                let message = BytesMut::from(&buffer[..length]);
                let read = TaggedBytesMut { now: Instant::now(), transport, message };
                client.handle_read(read).map_err(|error| wrong(&error))?;
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                client.handle_timeout(Instant::now()).map_err(|error| wrong(&error))?;
            }
            Err(error) => break Err(failed(error)),
        }
    };
    // This releases the allocation.
    let _ = client.close();
    let _ = send(&mut client, &socket);
    answer
}

fn send(client: &mut Client, socket: &UdpSocket) -> io::Result<()> {
    while let Some(packet) = client.poll_write() {
        socket.send(&packet.message)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::stun::message::{BINDING_SUCCESS, Message, Setter as _};
    use rtc::stun::xoraddr::XorMappedAddress;

    fn server(url: String) -> IceServer {
        IceServer { urls: vec![url], username: None, credential: None }
    }

    #[test]
    fn a_server_that_answers_tells_our_address_and_a_silent_one_is_named() {
        let there = UdpSocket::bind("127.0.0.1:0").unwrap();
        let url = format!("stun:{}", there.local_addr().unwrap());
        let answering = std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            let (length, from) = there.recv_from(&mut buffer).unwrap();
            let mut asked = Message::new();
            asked.unmarshal_binary(&buffer[..length]).unwrap();
            let mut answer = Message::new();
            let address = XorMappedAddress { ip: from.ip(), port: from.port() };
            answer.build(&[Box::new(asked.transaction_id), Box::new(BINDING_SUCCESS)]).unwrap();
            address.add_to(&mut answer).unwrap();
            there.send_to(&answer.raw, from).unwrap();
        });
        let said = ask(&server(url)).unwrap();
        assert!(said.contains("sees this machine as 127.0.0.1:"), "{said}");
        answering.join().unwrap();

        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let error = ask(&server(format!("stun:{address}"))).unwrap_err();
        assert!(error.contains(&address), "{error}");
    }
}
