//! The parsers of the engine itself that strangers reach, as fuzz targets call them.
//!
//! Owns: the list of targets. Never does: run in the engine; the module exists in tests and with the
//! feature `fuzzing`, which `fuzz/` turns on.

pub use crate::api::fuzzing::{if_match, page_message};
pub use crate::supervisors::fuzzing::spool;

/// The name of a target, and what it calls with an input.
pub type Target = (&'static str, fn(&[u8]));

/// The targets. Inputs are kept in a folder of the same name in `fuzz/corpus/`.
pub const TARGETS: [Target; 3] = [("if_match", if_match), ("page_message", page_message), ("spool", spool)];

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::TARGETS;

    /// Far more than any input takes.
    const LIMIT: Duration = Duration::from_secs(5);

    #[test]
    fn every_input_that_was_kept_is_read_without_harm() {
        for (target, run) in TARGETS {
            let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
            let mut count = 0;
            for file in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}")) {
                let path = file.unwrap().path();
                // Shown if it panics.
                let name = path.display().to_string();
                let bytes = std::fs::read(&path).unwrap();
                let began = Instant::now();
                let read = std::panic::catch_unwind(|| run(&bytes));
                assert!(read.is_ok() && began.elapsed() < LIMIT, "{name}: {:?}", began.elapsed());
                count += 1;
            }
            assert!(count > 0, "{folder} is empty");
        }
    }
}
