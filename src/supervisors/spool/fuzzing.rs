//! What the fuzz target calls of the spool.
//!
//! Owns: what must hold of any file. Never does: touch one.

use super::record;

/// The spool that an earlier process left, damaged in any way.
pub fn spool(bytes: &[u8]) {
    let read = record::read(bytes);
    let mut again = Vec::new();
    for batch in &read.batches {
        if record::write(batch, &mut again).is_err() {
            return;
        }
    }
    let written = record::read(&again);
    assert_eq!(written.batches, read.batches);
    assert_eq!(written.damaged.len(), 0);
    // Every byte that is no line break is either read or put aside.
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    assert_eq!(lines, read.batches.len() + read.damaged.len());
}
