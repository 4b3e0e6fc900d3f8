//! Clips on disk: ready-to-send packets, found by a key of what they say.
//!
//! Owns: the names and the format of the files, and the size limit of the folder. Never does:
//! decide which clips may be stored.
//!
//! A file contains a magic number (8 bytes), the SHA-256 of the rest (32 bytes), and then the
//! length (u16, little-endian) and the bytes of each packet. The PCM is decoded from the packets
//! again, which takes milliseconds and makes files twelve times smaller.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::normalise::READING;
use super::{Locale, TtsError, Voice};
use crate::audio::{Clip, SPEAK_RATE};

const MAGIC: &[u8; 8] = b"clip v1\n";
const HEADER: usize = MAGIC.len() + 32;
/// Samples in the longest frame that Opus allows at this rate (120 ms).
const LONGEST_FRAME: usize = SPEAK_RATE as usize * 120 / 1000;

/// The name of a clip's file. It changes with everything that changes the clip's sound.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    pub fn new(engine: &str, voice: &Voice, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        let Locale { month_first, lakhs, pounds } = voice.locale;
        let reading = [READING, u8::from(month_first), u8::from(lakhs), u8::from(pounds)];
        for part in [engine.as_bytes(), voice.name.as_bytes(), &voice.speed.to_le_bytes(), &reading, text.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hex::encode(hash.finalize()))
    }
}

/// A folder of clips.
pub struct Disk {
    folder: PathBuf,
    max_bytes: u64,
}

impl Disk {
    /// Creates the folder and deletes what an earlier process left unfinished. `max_bytes` limits
    /// the size of the folder.
    pub fn open(folder: &Path, max_bytes: u64) -> Result<Self, TtsError> {
        let failed =
            |error: std::io::Error| TtsError::Cache { path: folder.display().to_string(), reason: error.to_string() };
        fs::create_dir_all(folder).map_err(failed)?;
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|end| end == "part") {
                fs::remove_file(path).map_err(failed)?;
            }
        }
        Ok(Self { folder: folder.to_owned(), max_bytes })
    }

    /// Returns the clip, or `None` if it is missing or damaged. A damaged file is deleted, so that
    /// the clip is made again.
    pub fn read(&self, key: &Key, text: &str) -> Option<Clip> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let clip = parse(&bytes).and_then(|packets| {
            let pcm = decode(&packets)?;
            Some(Clip { text: text.to_owned(), pcm, packets })
        });
        if clip.is_none() {
            tracing::warn!(file = %path.display(), "a cached clip is damaged and will be made again");
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(file = %path.display(), %error, "a damaged clip cannot be removed");
            }
        }
        clip
    }

    /// Stores the clip completely or not at all, and then deletes the oldest clips until the folder
    /// is within its limit.
    pub fn write(&self, key: &Key, clip: &Clip) -> Result<(), TtsError> {
        let path = self.path(key);
        let failed =
            |error: std::io::Error| TtsError::Cache { path: path.display().to_string(), reason: error.to_string() };
        let part = self.folder.join(format!("{}-{}.part", key.0, uuid::Uuid::new_v4()));
        fs::write(&part, form(clip)).map_err(failed)?;
        fs::rename(&part, &path).map_err(failed)?;
        self.make_room(&path).map_err(failed)
    }

    fn make_room(&self, newest: &Path) -> std::io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another writer may have deleted the file meanwhile.
            let Ok(about) = entry.metadata() else { continue };
            if about.is_file() {
                files.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), about.len(), entry.path()));
            }
        }
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        files.sort();
        for (_, size, path) in files {
            if total <= self.max_bytes {
                break;
            }
            if path != newest && fs::remove_file(&path).is_ok() {
                total -= size;
            }
        }
        Ok(())
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.clip", key.0))
    }
}

fn form(clip: &Clip) -> Vec<u8> {
    let mut body = Vec::new();
    for packet in &clip.packets {
        // An Opus packet has at most 1,275 bytes per frame (RFC 6716, 3.2.1), so the length fits.
        body.extend((packet.len() as u16).to_le_bytes());
        body.extend_from_slice(packet);
    }
    let mut file = MAGIC.to_vec();
    file.extend_from_slice(&Sha256::digest(&body));
    file.extend(body);
    file
}

fn parse(file: &[u8]) -> Option<Vec<Bytes>> {
    let (header, mut body) = file.split_at_checked(HEADER)?;
    if !header.starts_with(MAGIC) || header[MAGIC.len()..] != Sha256::digest(body)[..] {
        return None;
    }
    let mut packets = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_at_checked(2)?;
        let (packet, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([length[0], length[1]])))?;
        packets.push(Bytes::copy_from_slice(packet));
        body = rest;
    }
    (!packets.is_empty()).then_some(packets)
}

fn decode(packets: &[Bytes]) -> Option<Vec<i16>> {
    let mut decoder = opus::Decoder::new(SPEAK_RATE, opus::Channels::Mono).ok()?;
    let mut pcm = Vec::new();
    let mut frame = [0i16; LONGEST_FRAME];
    for packet in packets {
        let length = decoder.decode(packet, &mut frame, false).ok()?;
        pcm.extend_from_slice(&frame[..length]);
    }
    Some(pcm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::encode_clip;

    fn key(text: &str) -> Key {
        Key::new("engine", &Voice::new("voice", 1.0), text)
    }

    fn clip(text: &str) -> Clip {
        let pcm = (0..4_800).map(|i| ((i as f32 * 0.05).sin() * 8_000.0) as i16).collect();
        encode_clip(text.to_owned(), pcm).unwrap()
    }

    #[test]
    fn a_clip_comes_back_with_its_packets_and_sound() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path(), u64::MAX).unwrap();
        let written = clip("hello");
        disk.write(&key("hello"), &written).unwrap();
        let read = disk.read(&key("hello"), "hello").unwrap();
        assert_eq!((read.text.as_str(), &read.packets, read.pcm.len()), ("hello", &written.packets, 4_800));
        assert!(read.pcm.iter().any(|s| *s > 4_000));
        assert!(disk.read(&key("other"), "other").is_none());
    }

    #[test]
    fn damage_is_noticed_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path(), u64::MAX).unwrap();
        for damage in [(|file| file.truncate(60)) as fn(&mut Vec<u8>), |file| file[50] ^= 1, Vec::clear] {
            disk.write(&key("x"), &clip("x")).unwrap();
            let path = disk.path(&key("x"));
            let mut file = fs::read(&path).unwrap();
            damage(&mut file);
            fs::write(&path, file).unwrap();
            assert!(disk.read(&key("x"), "x").is_none());
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_oldest_make_room_and_leftovers_are_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let size = form(&clip("a")).len() as u64;
        let disk = Disk::open(folder.path(), size * 2).unwrap();
        for (age, text) in [(3, "a"), (2, "b"), (1, "c")] {
            disk.write(&key(text), &clip(text)).unwrap();
            if let Ok(file) = fs::File::options().write(true).open(disk.path(&key(text))) {
                file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age * 100)).unwrap();
            }
        }
        assert!(disk.read(&key("a"), "a").is_none());
        assert!(disk.read(&key("b"), "b").is_some() && disk.read(&key("c"), "c").is_some());
        fs::write(folder.path().join("left.part"), b"half").unwrap();
        Disk::open(folder.path(), size).unwrap();
        assert!(!folder.path().join("left.part").exists());
    }

    #[test]
    fn keys_differ_by_everything_that_sounds() {
        let voice = |name: &str, speed| Voice::new(name, speed);
        let abroad = Voice { locale: Locale::of("en-GB"), ..voice("a", 1.0) };
        let keys = [
            Key::new("e", &voice("a", 1.0), "t"),
            Key::new("f", &voice("a", 1.0), "t"),
            Key::new("e", &voice("b", 1.0), "t"),
            Key::new("e", &voice("a", 1.1), "t"),
            Key::new("e", &voice("a", 1.0), "u"),
            Key::new("e", &abroad, "t"),
        ];
        assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), keys.len());
    }
}
