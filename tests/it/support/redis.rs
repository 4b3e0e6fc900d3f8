//! A Redis of the test's own, which it may empty, stop and start again.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(20);

/// Stopped when dropped.
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl RedisServer {
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder: tempfile::tempdir().unwrap(), port, child: None };
        server.start_again();
        server
    }

    /// What `REDIS_URL` would be.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// On the same port, with nothing in it.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/redis.sh");
        let mut command = Command::new(script);
        command.arg(self.port.to_string()).arg(self.folder.path()).stdout(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "redis-server ended: is it installed (scripts/setup --for test)?");
            assert!(began.elapsed() < LIMIT, "redis-server does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL: whoever is connected learns of it by the reset.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// One command, on a connection of its own.
    pub fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        let mut asked = redis::cmd(command[0]);
        command[1..].iter().for_each(|argument| {
            asked.arg(argument);
        });
        asked.query(&mut connection).unwrap()
    }

    pub fn empty(&self) {
        self.ask::<()>(&["FLUSHALL"]);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
