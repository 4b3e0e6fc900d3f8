//! The output of commands.
//!
//! Owns: writing to stdout and stderr, and what happens when nobody reads them. Never does: decide
//! what is printed.
//!
//! `println!` panics when the reader of a pipe has ended, as in `interviewer config show | head`.
//! Therefore everything that is printed goes through this module, and clippy forbids the macros of
//! the standard library in this crate.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

/// The exit code that a shell reports for a program that SIGPIPE has ended: 128 + 13.
const CLOSED: u8 = 141;

#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("the reader of the output has ended")]
    Closed,
    #[error("the output cannot be written: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Closed } else { Self::Failed(error) }
    }
}

/// Writes text to stdout without a line break.
pub fn put(text: impl Display) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Writes a line to stdout.
pub fn line(text: impl Display) -> Result<(), OutputError> {
    put(format_args!("{text}\n"))
}

/// Writes a line to stderr. If nobody reads it, it is lost and the command continues.
pub fn hint(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Returns the exit code after this error. A closed output is not an error of the command, so
/// nothing is printed then.
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
