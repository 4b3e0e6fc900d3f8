//! What the log of an interview says about how its calls went.
//!
//! Owns: telling a pause that the engine's end made from one that the respondent asked for, and
//! what is known to be missing of the recording. Never does: read or write a log.

use interview::Event;
use interview::io::RecordingFault;
use storage::EventRecord;
use storage::projection::ENGINE_RESTARTED;

/// Whether the interview stands still only because the engine stopped in the middle of a call. A
/// pause that the respondent asked for before that stays one.
pub(super) fn stopped_by_engine(events: &[EventRecord]) -> bool {
    let mut pauses = events
        .iter()
        .rev()
        .take_while(|record| !matches!(record.event, Event::Resumed))
        .filter_map(|record| if let Event::Paused { reason } = &record.event { Some(reason) } else { None })
        .peekable();
    pauses.peek().is_some() && pauses.all(|reason| reason == ENGINE_RESTARTED)
}

/// Why the recording is incomplete.
pub(super) fn recording_faults(events: &[EventRecord]) -> Vec<RecordingFault> {
    let fault = |record: &EventRecord| match record.event {
        Event::RecordingIncomplete { reason } => Some(reason),
        _ => None,
    };
    events.iter().filter_map(fault).collect()
}
