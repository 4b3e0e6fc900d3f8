//! The log.
//!
//! Owns: the subscriber and its filter. Never does: decide what is logged.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{DefaultFields, Format};
use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder};

#[derive(Debug, thiserror::Error)]
pub enum TracingError {
    #[error("LOG_LEVEL {level:?}: {reason}")]
    Level { level: String, reason: String },
    #[error("a log has already been set up")]
    Twice,
}

/// Libraries that log too much, or log every packet, at the level that the engine itself uses.
const QUIET: [&str; 9] = [
    "ort=warn",
    "whisper_rs=warn",
    "webrtc=error",
    "rtc=error",
    "sqlx=warn",
    "sea_orm=warn",
    "sea_orm_migration=warn",
    "actix_server=warn",
    "hyper=warn",
];

/// Sets up the log of the process. `level` is LOG_LEVEL (`info`, or directives such as
/// `info,interviewer::session=debug`). The log goes to stderr, as coloured text on a terminal and
/// as JSON lines otherwise.
pub fn init(level: &str) -> Result<(), TracingError> {
    if !std::io::stderr().is_terminal() {
        return init_to(level, std::io::stderr);
    }
    let set = builder(level, std::io::stderr)?.with_target(false).try_init();
    set.map_err(|_| TracingError::Twice)
}

/// Sets up the log as JSON lines to another writer, for tests.
pub fn init_to<W>(level: &str, writer: W) -> Result<(), TracingError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    builder(level, writer)?.json().flatten_event(true).try_init().map_err(|_| TracingError::Twice)
}

fn builder<W>(level: &str, writer: W) -> Result<SubscriberBuilder<DefaultFields, Format, EnvFilter, W>, TracingError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // A line that cannot be written is lost. Reporting that on the same closed pipe would panic.
    let builder = tracing_subscriber::fmt().with_env_filter(filter(level)?).log_internal_errors(false);
    Ok(builder.with_writer(writer))
}

/// Returns the filter for a level. Libraries are quiet unless the level names them.
fn filter(level: &str) -> Result<EnvFilter, TracingError> {
    let bad = |reason: String| TracingError::Level { level: level.to_owned(), reason };
    let named = |quiet: &&str| {
        let library = quiet.split('=').next().unwrap_or(quiet);
        !level.split(',').any(|directive| directive.trim().split(['=', ':']).next() == Some(library))
    };
    let level_lower = level.to_ascii_lowercase();
    let mut directives: Vec<&str> = QUIET.iter().copied().filter(named).collect();
    directives.push(if level.contains(['=', ',']) { level } else { &level_lower });
    EnvFilter::try_new(directives.join(",")).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn libraries_are_quiet_unless_they_are_named() {
        assert!(filter("INFO").unwrap().to_string().contains("ort=warn"));
        let named = filter("info,ort=debug").unwrap().to_string();
        assert!(named.contains("ort=debug") && !named.contains("ort=warn"), "{named}");
    }

    #[test]
    fn a_level_that_means_nothing_is_an_error() {
        assert!(filter("interviewer=loudly").is_err());
    }
}
