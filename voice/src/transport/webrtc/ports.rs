//! Leases UDP ports, one per connection.
//!
//! Owns: which ports of the configured range are in use. Never does: open the sockets that carry
//! calls.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::transport::TransportError;

/// The range and the ports of it that are in use.
pub(super) struct Ports {
    range: RangeInclusive<u16>,
    taken: Mutex<Taken>,
}

struct Taken {
    ports: BTreeSet<u16>,
    /// Where the next search begins. A freed port is not used again while others are free, so that
    /// late packets of the previous call do not reach the next one.
    cursor: u16,
}

/// A port that is reserved until the lease is dropped.
pub(super) struct Lease {
    pub(super) port: u16,
    ports: Arc<Ports>,
}

impl Ports {
    pub(super) fn new(range: RangeInclusive<u16>) -> Arc<Self> {
        let cursor = *range.start();
        Arc::new(Self { range, taken: Mutex::new(Taken { ports: BTreeSet::new(), cursor }) })
    }

    /// Leases a port that no process uses on any of these addresses. Port 0 (a range of `0..=0`)
    /// means that the system chooses.
    pub(super) fn lease(self: &Arc<Self>, addresses: &[IpAddr]) -> Result<Lease, TransportError> {
        let mut taken = self.taken.lock();
        if *self.range.end() == 0 {
            return Ok(Lease { port: 0, ports: Arc::clone(self) });
        }
        let from = taken.cursor;
        let order = (from..=*self.range.end()).chain(*self.range.start()..from);
        for port in order {
            if !taken.ports.contains(&port) && is_free(addresses, port) {
                taken.ports.insert(port);
                taken.cursor = if port == *self.range.end() { *self.range.start() } else { port + 1 };
                return Ok(Lease { port, ports: Arc::clone(self) });
            }
        }
        Err(TransportError::NoPort(format!("{}-{}", self.range.start(), self.range.end())))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.ports.taken.lock().ports.remove(&self.port);
    }
}

fn is_free(addresses: &[IpAddr], port: u16) -> bool {
    addresses.iter().all(|address| UdpSocket::bind(SocketAddr::new(*address, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn ports_are_distinct_rest_after_use_and_run_out_with_an_error() {
        let home = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let ports = Ports::new(27_110..=27_112);
        let first = ports.lease(&home).unwrap();
        let second = ports.lease(&home).unwrap();
        assert_ne!(first.port, second.port);
        let freed = first.port;
        drop(first);
        let third = ports.lease(&home).unwrap();
        assert_ne!(third.port, freed, "a port just freed rests while another is free");
        let fourth = ports.lease(&home).unwrap();
        assert_eq!(fourth.port, freed);
        assert!(matches!(ports.lease(&home), Err(TransportError::NoPort(range)) if range == "27110-27112"));
    }

    #[test]
    fn a_port_somebody_else_has_is_passed_over() {
        let home = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let other = UdpSocket::bind((Ipv4Addr::LOCALHOST, 27_120)).unwrap();
        let ports = Ports::new(27_120..=27_121);
        assert_eq!(ports.lease(&home).unwrap().port, 27_121);
        drop(other);
    }
}
