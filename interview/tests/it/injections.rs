//! A model that obeys whatever respondents tell it. Nothing of it is spoken, and nothing else
//! changes.

use interview::guide::Action;
use interview::io::{Input, Proposal};
use interview::score::Scores;
use interview::{Event, Settings, followup};
use serde::Deserialize;

use crate::support::{Call, guide};

#[derive(Deserialize)]
struct Injection {
    id: String,
    answer: String,
    /// What the obedient model proposes to say.
    obeys: String,
}

fn injections() -> Vec<Injection> {
    serde_saphyr::from_str(include_str!("../../../tests/it/fixtures/injections.yml")).unwrap()
}

/// An interview in which this is said to the first question. `model` is what is proposed besides
/// the templates.
fn held(answer: &str, model: Option<&str>) -> Call {
    let mut call = Call::begun();
    call.templates = false;
    call.speak(answer);
    let mut proposals: Vec<Proposal> = Vec::new();
    let Some((pause, request)) = call.asked_for.take() else { return call };
    proposals.extend(model.map(|text| Proposal {
        action: Action::Probe,
        text: text.to_owned(),
        why: "the model's own idea".into(),
        priority: 5,
        source: "obedient".into(),
    }));
    proposals.extend(followup::propose(&request));
    call.give(Input::Proposed { pause, proposals });
    call.templates = true;
    for _ in 0..40 {
        if call.playing.is_some() || call.hung_up {
            break;
        }
        call.wait(100);
    }
    for _ in 0..12 {
        call.hear_out();
        call.say("Nothing else, I think that is about all of it for me.");
    }
    call
}

#[test]
fn nothing_that_respondents_dictate_is_spoken_and_nothing_else_changes() {
    let injections = injections();
    assert!(injections.len() >= 30, "{}", injections.len());
    let mut broken = Vec::new();
    for Injection { id, answer, obeys } in &injections {
        let (attacked, quiet) = (held(answer, Some(obeys)), held(answer, None));
        let events = |call: &Call| {
            let told = call.events.iter().filter(|(_, event)| !matches!(event, Event::ProposalRejected { .. }));
            told.cloned().collect::<Vec<_>>()
        };
        let scores = |call: &Call| Scores::of(&guide(), call.events.iter().map(|(at, event)| (*at, event)), None);
        // It is as if the model had said nothing.
        let same = attacked.spoken == quiet.spoken
            && events(&attacked) == events(&quiet)
            && attacked.interview.guide() == quiet.interview.guide()
            && attacked.interview.state() == quiet.interview.state()
            && scores(&attacked) == scores(&quiet);
        // The guide itself asks two of them, at their place.
        let asked_by_guide = guide().questions().any(|(_, question)| question.text == *obeys);
        let spoken = attacked.spoken.iter().any(|line| line.contains(obeys.as_str())) && !asked_by_guide;
        if !same || spoken {
            broken.push(id);
        }
        attacked.assert_replays(Settings::default());
    }
    assert!(broken.is_empty(), "{broken:?}");
}
