//! The form of a batch in the spool: one line, which begins with the checksum and the length of the
//! rest.
//!
//! Owns: writing such lines, and finding all complete ones in a damaged file. A line break precedes
//! and follows each record, and JSON contains none. So whatever happens to one record, the next one
//! begins after the next line break. Never does: touch files.

use storage::Batch;

/// Eight hexadecimal digits, a space, up to twenty decimal digits, and a space.
const LONGEST_HEAD: usize = 8 + 1 + 20 + 1;

/// Appends the record of a batch.
pub(super) fn write(batch: &Batch, into: &mut Vec<u8>) -> serde_json::Result<()> {
    let json = serde_json::to_vec(batch)?;
    into.extend_from_slice(format!("\n{:08x} {} ", crc32fast::hash(&json), json.len()).as_bytes());
    into.extend_from_slice(&json);
    into.push(b'\n');
    Ok(())
}

/// The content of a file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    /// The batches in their order.
    pub batches: Vec<Batch>,
    /// The lines that are not complete records, in their order.
    pub damaged: Vec<Vec<u8>>,
}

/// Reads all complete records.
pub(super) fn read(bytes: &[u8]) -> Read {
    let mut read = Read::default();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match whole(line) {
            Some(batch) => read.batches.push(batch),
            None => read.damaged.push(line.to_vec()),
        }
    }
    read
}

/// Returns the batch of a line whose record is intact. Anything after it on the line is the rest of
/// a damaged line break.
fn whole(line: &[u8]) -> Option<Batch> {
    // The development versions before 0.1.0 wrote records without a checksum.
    if line.starts_with(b"{") {
        return serde_json::from_slice(line).ok();
    }
    let head = std::str::from_utf8(&line[..line.len().min(LONGEST_HEAD)]);
    let head = match head {
        Ok(head) => head,
        // The head itself is ASCII. A multi-byte character of the JSON may be cut.
        Err(error) => std::str::from_utf8(&line[..error.valid_up_to()]).ok()?,
    };
    let (checksum, rest) = head.split_once(' ')?;
    let (length, _) = rest.split_once(' ')?;
    let begin = checksum.len() + 1 + length.len() + 1;
    let json = line.get(begin..begin.checked_add(length.parse().ok()?)?)?;
    let whole = checksum.len() == 8 && u32::from_str_radix(checksum, 16).ok()? == crc32fast::hash(json);
    if whole { serde_json::from_slice(json).ok() } else { None }
}
