//! What commands print.
//!
//! Owns: writing to the standard output and the standard error, and what follows when nobody reads them. Never does: decide
//! what is printed.
//!
//! `println!` panics when the reader of a pipe has ended, as in `interviewer config show | head`. Everything that is printed
//! therefore goes through this module; clippy refuses the macros of the standard library in this crate.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

/// What a shell sees of a program that SIGPIPE has ended: 128 + 13.
const CLOSED: u8 = 141;

#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("nobody reads the output any more")]
    Closed,
    #[error("the output cannot be written: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Closed } else { Self::Failed(error) }
    }
}

/// Text to the standard output, as it is.
pub fn put(text: impl Display) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")?;
    Ok(out.flush()?)
}

/// A line to the standard output.
pub fn line(text: impl Display) -> Result<(), OutputError> {
    put(format_args!("{text}\n"))
}

/// A line to the standard error. It is lost if nobody reads it: the command goes on.
pub fn hint(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// How the process ends after this error. A reader that has ended is no fault of the command, so nothing is said of it.
pub fn ended_by(error: &anyhow::Error) -> ExitCode {
    if let Some(OutputError::Closed) = error.downcast_ref() {
        return ExitCode::from(CLOSED);
    }
    hint(format_args!("interviewer: {error:#}"));
    ExitCode::FAILURE
}

/// `println!` that returns an error instead of panicking.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::output::line(format_args!($($text)*))
    };
}

/// `eprintln!` that does not panic.
macro_rules! hint {
    ($($text:tt)*) => {
        $crate::output::hint(format_args!($($text)*))
    };
}
