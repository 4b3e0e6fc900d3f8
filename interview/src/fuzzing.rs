//! The parsers of this crate that strangers reach, as fuzz targets call them.
//!
//! Owns: what must hold of any input. Never does: run in the engine; the module exists in tests and
//! with the feature `fuzzing`, which `fuzz/` turns on.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::io::{Command, Input};
use crate::webhook::{self, Allow, TargetHost, name_fault, refusal, value_fault};
use crate::{Event, Guide, Interview, Ms, Settings, guide, lint};

/// The name of a target, and what it calls with an input.
pub type Target = (&'static str, fn(&[u8]));

/// The targets. Inputs are kept in a folder of the same name in `fuzz/corpus/`.
pub const TARGETS: [Target; 4] =
    [("guide_yaml", guide_yaml), ("guide_json", guide_json), ("events", events), ("webhook_url", webhook_url)];

/// A guide as the command line and the API read it.
pub fn guide_yaml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match guide::parse(text) {
        Ok(guide) => is_sound(guide),
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// A guide as the API reads it.
pub fn guide_json(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    match guide::from_value(document) {
        Ok(guide) => is_sound(guide),
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// What must hold of a guide that was accepted: it is written and read as the same, and an interview
/// can be held by it.
fn is_sound(guide: Guide) {
    lint::lint(&guide);
    let again = serde_json::to_value(&guide).map(guide::from_value);
    assert!(matches!(&again, Ok(Ok(again)) if *again == guide), "the guide is not read again as it was written");
    hold(Interview::new(Arc::new(guide), Settings::default()), 0);
}

/// Begins an interview, and says nothing.
fn hold(mut interview: Interview, began: Ms) {
    interview.handle(began, Input::Connected);
    for minute in 0..3 {
        interview.handle(began.saturating_add(minute * 60_000), Input::Timer);
    }
    interview.handle(began, Input::Command(Command::Leave));
}

/// The log of an interview, as it is read back from the database, the spool or a backup.
pub fn events(bytes: &[u8]) {
    static GUIDE: LazyLock<Option<Arc<Guide>>> = LazyLock::new(|| {
        let text =
            "{name: A, research_objective: B, sections: [{section_name: C, questions: [{text: Why?}, {text: How?}]}]}";
        guide::parse(text).ok().map(Arc::new)
    });
    let Some(guide) = &*GUIDE else { return };
    let Ok(events) = serde_json::from_slice::<Vec<(Ms, Event)>>(bytes) else { return };
    for (_, event) in &events {
        let (_, _) = (event.kind(), event.is_personal());
        // A number without an end is no JSON, and in no log.
        if let Ok(Ok(again)) = serde_json::to_value(event).map(serde_json::from_value::<Event>) {
            assert_eq!(again, *event);
        }
    }
    let interview =
        Interview::replay(Arc::clone(guide), Settings::default(), events.iter().map(|(at, event)| (*at, event)));
    hold(interview, events.last().map_or(0, |(at, _)| *at));
}

/// The address and the headers of a webhook: the first line, and `name: value` in the others.
pub fn webhook_url(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let url = lines.next().unwrap_or_default();
    match webhook::Target::read(url, &Allow::default()) {
        Ok(target) => {
            assert!(target.https && target.port != 0, "{target:?}");
            // It becomes part of the head of a request.
            let plain = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
            assert!(target.path.starts_with('/') && plain(&target.path) && plain(&target.authority), "{target:?}");
            match target.host {
                TargetHost::Address(address) => assert_eq!(refusal(address), None, "{address}"),
                TargetHost::Name(name) => {
                    let name = name.trim_end_matches('.');
                    assert!(name != "localhost" && !name.ends_with(".localhost"), "{name}");
                }
            }
        }
        Err(faults) => assert!(!faults.is_empty()),
    }
    if let Ok(allow) = Allow::read([url]) {
        let _ = webhook::Target::read(url, &allow);
    }
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let fits = name_fault(name).is_none() && value_fault(value).is_none();
        assert!(!fits || !name.contains(['\r', '\n', ':']) && !value.contains(['\r', '\n']));
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::TARGETS;

    /// Far more than any input takes.
    const LIMIT: Duration = Duration::from_secs(5);

    // The interview reads no clock. This test does, because reading must not take long.
    #[allow(clippy::disallowed_methods)]
    #[test]
    fn every_input_that_was_kept_is_read_without_harm() {
        for (target, run) in TARGETS {
            let folder = format!("{}/../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
            let mut count = 0;
            for file in files {
                let path = file.unwrap().path();
                println!("{}", path.display());
                let began = Instant::now();
                run(&std::fs::read(&path).unwrap());
                assert!(began.elapsed() < LIMIT, "{}: {:?}", path.display(), began.elapsed());
                count += 1;
            }
            assert!(count > 0, "{folder} is empty");
        }
    }
}
