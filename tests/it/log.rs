//! The log at `info` and above holds no name, no number and no word that anybody said.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use interview::io::CallState;
use interviewer::telemetry;
use parking_lot::Mutex;
use reqwest::StatusCode;
use serde_json::json;

use crate::privacy::{ANSWER, NAME, RESPONDENT, SECRETS, invite, quoting_guide};
use crate::session::Stage;
use crate::support::caller::is_state;

/// Where the log goes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).unwrap()
    }

    /// Which of the secrets stand in it.
    fn told(&self) -> Vec<&'static str> {
        let text = self.text().to_lowercase();
        SECRETS.into_iter().filter(|secret| text.contains(&secret.to_lowercase())).collect()
    }
}

/// The engine's own subscriber, filter and format, writing into memory. This test alone sets one up.
#[actix_web::test]
async fn nobody_is_named_or_quoted_in_the_log_of_a_whole_interview() {
    let log = Lines::default();
    let writer = log.clone();
    telemetry::tracing::init_to("info", move || writer.clone()).expect("the only log of this process");

    let yes = "Yes, that is fine.";
    let stage = Stage::hearing(&[], &[yes, yes, ANSWER]).await;
    let guide = stage.caller.guide(&quoting_guide()).await;
    let invitation = invite(&stage, &guide).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    // What else may be asked about a person, well and badly.
    for route in ["", "/responses", "/transcript", "/recording", "/personal-data", "/personal-data?format=zip"] {
        let answer = stage.caller.get(&format!("/api/interviews/{}{route}", invitation.id)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{route}");
    }
    let refused = stage.caller.http.post(format!("{}/api/interviews/schedule", stage.caller.base));
    let refused = refused.json(&json!({ "respondent_name": NAME, "respondent_phone": 7 })).send().await.unwrap();
    assert!(refused.status().is_client_error());
    let by_name = stage.caller.get(&format!("/api/respondents/{RESPONDENT}-x/personal-data")).await;
    assert_eq!(by_name.status(), StatusCode::NOT_FOUND);
    let url = format!("{}/api/interviews/{}/personal-data", stage.caller.base, invitation.id);
    assert_eq!(stage.caller.http.delete(url).send().await.unwrap().status(), StatusCode::OK);
    stage.engine.stop(Duration::ZERO).await;

    let text = log.text();
    for known in ["\"call over\"", "\"listening\"", "personal data was erased"] {
        assert!(text.contains(known), "{known} is not in the log:\n{text}");
    }
    assert_eq!(log.told(), Vec::<&str>::new(), "{text}");
    // And it would have been noticed: every secret, in a field or in a line's own words.
    for secret in SECRETS {
        tracing::info!(canary = secret.to_uppercase(), "a field");
        tracing::warn!("in words: {secret}");
    }
    assert_eq!(log.told(), SECRETS);
    assert_eq!(log.text().matches("a field").count(), SECRETS.len());
    tracing::debug!("Wilhelmina below info");
    assert!(!log.text().contains("below info"), "the level is info indeed");
}
