//! The way between the engine and a TCP server, which a test can block: cut, or silent as a broken network is.
//!
//! Owns: the sockets in between. Never does: understand what it carries.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How the way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections stand, new ones are taken, and nothing comes through.
    Silent,
    /// Connections are cut, and new ones as well.
    Cut,
}

/// Gone when dropped.
pub struct Proxy {
    pub address: SocketAddr,
    way: watch::Sender<Way>,
    _stop: DropGuard,
}

impl Proxy {
    pub async fn towards(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, seen) = watch::channel(Way::Open);
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((front, _)) = listener.accept().await {
                tokio::spawn(carry(front, server, seen.clone()));
            }
        }));
        Self { address, way, _stop: stop.drop_guard() }
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

/// Both directions of one connection, until it ends or is cut.
async fn carry(front: TcpStream, server: SocketAddr, way: watch::Receiver<Way>) {
    let mut until_cut = way.clone();
    let both = async {
        open(&mut way.clone()).await;
        let Ok(back) = TcpStream::connect(server).await else { return };
        let ((front_in, front_out), (back_in, back_out)) = (front.into_split(), back.into_split());
        // One side that ends, ends the other.
        tokio::select! {
            () = copy(front_in, back_out, way.clone()) => {}
            () = copy(back_in, front_out, way) => {}
        }
    };
    tokio::select! {
        () = both => {}
        _ = until_cut.wait_for(|way| *way == Way::Cut) => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        open(&mut way).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Waits while nothing comes through.
async fn open(way: &mut watch::Receiver<Way>) {
    // An error means that the proxy is gone, and this connection with it.
    let _ = way.wait_for(|way| *way != Way::Silent).await;
}
