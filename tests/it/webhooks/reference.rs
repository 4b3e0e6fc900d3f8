//! Signatures, held against the reference library of another language.
//!
//! `WEBHOOKS_PYTHON` names a Python that has the package `standardwebhooks`; `scripts/check supervision` makes one.

use std::process::{Command, Stdio};
use std::sync::Arc;

use interview::webhook::WebhookEvent;
use serde_json::json;

use super::receiver::{FINE, Receiver};
use super::{Names, Office};
use crate::support::{conversation, scheduled};
use storage::Actor;

/// Reads messages, a line each, and says of each whether the library accepts it.
const VERIFY: &str = r#"
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        print("accepted")
    except WebhookVerificationError as error:
        print("refused:", error)
"#;

#[actix_web::test]
async fn the_python_reference_library_accepts_what_is_sent() {
    let Ok(python) = std::env::var("WEBHOOKS_PYTHON") else {
        println!("skipped: WEBHOOKS_PYTHON names no Python with the reference library");
        return;
    };
    let receiver = Receiver::start(|_, _| FINE).await;
    let office = Office::open(Arc::new(Names::default()), &[]).await;
    let (webhook, old) = office.webhook(&receiver.url("/"), &WebhookEvent::ALL).await;
    let id = scheduled(&office.storage).await;
    office.storage.event_log().append(id, &conversation()).await.unwrap();
    office.settled(webhook.id).await;
    let (_, new) =
        office.storage.webhooks().rotate_secret(webhook.id, chrono::Duration::hours(1), Actor::ENGINE).await.unwrap();
    office.storage.webhooks().test(webhook.id, Actor::ENGINE).await.unwrap();
    let received = receiver.until(|received| received.len() == 5).await;

    let mut messages = Vec::new();
    let mut message = |index: usize, secret: &str, body: String, expected: &'static str| {
        let headers: serde_json::Map<_, _> = received[index]
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
            .collect();
        messages.push((json!({ "secret": secret, "headers": headers, "body": body }).to_string(), expected));
    };
    let body = |index: usize| String::from_utf8(received[index].body.clone()).unwrap();
    for index in 0..5 {
        message(index, &old, body(index), "accepted");
    }
    message(4, &new, body(4), "accepted");
    message(0, &new, body(0), "refused");
    message(0, &old, body(0).replace("scheduled", "completed"), "refused");
    let mut child =
        Command::new(python).args(["-c", VERIFY]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input: String = messages.iter().flat_map(|(message, _)| [message.as_str(), "\n"]).collect();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<&str> = said.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(verdicts, messages.iter().map(|(_, expected)| *expected).collect::<Vec<_>>());
    println!("{} messages, as the reference library for Python judges them: {verdicts:?}", messages.len());
}
