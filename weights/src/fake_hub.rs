//! An HTTP server on loopback that stands in for the hub in tests.
//!
//! Owns: files with a behaviour each, and a record of the requests. Never does: support more of
//! HTTP than `curl` needs here.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

/// How a file is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// The whole file, or the part that a range request asks for.
    Whole,
    /// Always the whole file, even for a range request.
    WithoutRanges,
    /// Only this many bytes in the first response, whose content length promises the whole file.
    /// Later responses are whole.
    CutOnce(usize),
    /// One byte at a time, ten bytes per second.
    Slow,
    /// The whole file without a content length.
    Unmeasured,
}

#[derive(Default)]
struct Shelf {
    files: HashMap<String, (Behaviour, Vec<u8>)>,
    requests: Vec<String>,
}

pub struct FakeHub {
    pub base: String,
    shelf: Arc<Mutex<Shelf>>,
}

impl FakeHub {
    /// Serves `files` by their path below the hub's address until the test process ends.
    pub fn serving(files: &[(&str, Behaviour, &[u8])]) -> Self {
        let files = files.iter().map(|(path, behaviour, bytes)| (format!("/{path}"), (*behaviour, bytes.to_vec())));
        let shelf = Arc::new(Mutex::new(Shelf { files: files.collect(), requests: Vec::new() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shelf = Arc::clone(&served);
                // Some tests make the client disconnect in the middle, so errors are ignored.
                std::thread::spawn(move || drop(answer(stream, &shelf)));
            }
        });
        Self { base, shelf }
    }

    /// Returns the path of each request for a file, in order and with repetitions. Probes of the
    /// hub itself are not included.
    pub fn requests(&self) -> Vec<String> {
        self.shelf.lock().requests.clone()
    }
}

fn answer(mut stream: TcpStream, shelf: &Mutex<Shelf>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut from = None;
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse::<usize>().ok();
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    if first.starts_with("HEAD") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let found = {
        let mut shelf = shelf.lock();
        shelf.requests.push(path.clone());
        let found = shelf.files.get(&path).cloned();
        if let Some((behaviour @ Behaviour::CutOnce(_), _)) = shelf.files.get_mut(&path) {
            *behaviour = Behaviour::Whole;
        }
        found
    };
    let Some((behaviour, bytes)) = found else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\nconnection: close\r\n\r\ngone");
    };
    let from = from.filter(|from| behaviour != Behaviour::WithoutRanges && *from < bytes.len());
    let body = &bytes[from.unwrap_or(0)..];
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\n")?;
    if let Some(from) = from {
        write!(stream, "content-range: bytes {from}-{}/{}\r\n", bytes.len() - 1, bytes.len())?;
    }
    if behaviour != Behaviour::Unmeasured {
        write!(stream, "content-length: {}\r\n", body.len())?;
    }
    stream.write_all(b"\r\n")?;
    match behaviour {
        Behaviour::CutOnce(bytes) => stream.write_all(&body[..bytes]),
        Behaviour::Slow => {
            for byte in body {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        }
        _ => stream.write_all(body),
    }
}
