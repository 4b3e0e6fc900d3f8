//! The persona file, as its fuzz target calls it.
//!
//! Owns: what must hold of any input. Never does: run in the engine; the module exists in tests and
//! with the feature `fuzzing`, which `fuzz/` turns on.

use crate::persona::{Persona, PersonaError};

/// A persona as `interviewer demo --persona` reads it.
pub fn persona(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Persona::parse(text, "persona.yaml") {
        Ok(persona) => {
            for spoken in persona.everything_said() {
                assert!(!spoken.text().trim().is_empty(), "{spoken:?}");
            }
        }
        Err(PersonaError::Invalid { problems, .. }) => assert!(!problems.is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    /// Far more than any input takes.
    const LIMIT: Duration = Duration::from_secs(5);

    #[test]
    fn every_input_that_was_kept_is_read_without_harm() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/persona");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let path = file.unwrap().path();
            println!("{}", path.display());
            let began = Instant::now();
            super::persona(&std::fs::read(&path).unwrap());
            assert!(began.elapsed() < LIMIT, "{}: {:?}", path.display(), began.elapsed());
            count += 1;
        }
        assert!(count > 0, "{folder} is empty");
    }
}
