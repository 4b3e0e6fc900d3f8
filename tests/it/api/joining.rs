//! `/api/join/…`: WHIP and the events socket.

use futures_util::{SinkExt as _, StreamExt as _};
use interview::io::{CallState, Command, Notice, Speaker};
use interviewer::calls::JoinError;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use voice::transport::TransportError;

use super::{App, message, problem};

#[actix_web::test]
async fn a_call_is_joined_as_whip_does_it() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    problem(app.offer("unknown", "").await, 404).await;
    let joined = app.offer(token, "").await;
    assert_eq!(joined.status(), StatusCode::CREATED);
    assert_eq!(joined.headers()["content-type"], "application/sdp");
    assert_eq!(joined.headers()["etag"], "\"tag-1\"");
    let server = "<turn:turn.example.org>; rel=\"ice-server\"; username=\"dana\"; \
        credential=\"a \\\"word\\\"\"; credential-type=\"password\"";
    assert_eq!(joined.headers()["link"], server);
    let call = joined.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(joined.text().await.unwrap(), "answer to offer");

    problem(app.offer(token, "").await, 409).await;
    problem(app.offer(token, "?takeover=maybe").await, 400).await;
    assert_eq!(app.offer(token, "?takeover=true").await.status(), StatusCode::CREATED);
    let wrong = app.request(Method::POST, &format!("/api/join/{token}/call")).json(&json!({})).send().await.unwrap();
    problem(wrong, 415).await;
    assert_eq!(app.request(Method::DELETE, &call).send().await.unwrap().status(), StatusCode::OK);
    problem(app.request(Method::DELETE, &call).send().await.unwrap(), 404).await;

    let refusals = [
        (TransportError::NoCodec.into(), 406),
        (JoinError::Over, 410),
        (TransportError::BadOffer("no audio".to_owned()).into(), 400),
        (JoinError::Unavailable("draining".to_owned()), 503),
        (JoinError::Full { retry_after_s: 30 }, 503),
    ];
    for (refusal, status) in refusals {
        *app.calls.refusal.lock() = Some(refusal.clone());
        let response = app.offer(token, "").await;
        if refusal == (JoinError::Full { retry_after_s: 30 }) {
            assert_eq!(response.headers()["retry-after"], "30");
        }
        problem(response, status).await;
    }
    let metrics = app.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("admission_refusals_total 1"), "{metrics}");
    app.stop().await;
}

#[actix_web::test]
async fn a_call_is_patched_as_whip_does_it() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    let about = app.request(Method::OPTIONS, &format!("/api/join/{token}/call")).send().await.unwrap();
    assert_eq!(
        (about.status(), &about.headers()["accept-post"]),
        (StatusCode::NO_CONTENT, &"application/sdp".parse().unwrap())
    );
    let joined = app.offer(token, "").await;
    let (call, tag) = (joined.headers()["location"].to_str().unwrap(), joined.headers()["etag"].clone());
    let fragments = "application/trickle-ice-sdpfrag";
    assert_eq!(joined.headers()["accept-patch"], fragments);
    let about = app.request(Method::OPTIONS, call).send().await.unwrap();
    assert_eq!(
        (about.status(), about.headers()["accept-patch"].to_str().unwrap()),
        (StatusCode::NO_CONTENT, fragments)
    );

    let patch =
        |path: &str, body: &'static str| app.request(Method::PATCH, path).header("content-type", fragments).body(body);
    let trickled = patch(call, "candidates").header("if-match", &tag).send().await.unwrap();
    assert_eq!(trickled.status(), StatusCode::NO_CONTENT);
    let restarted = patch(call, "restart").header("if-match", "*").send().await.unwrap();
    assert_eq!(restarted.status(), StatusCode::OK);
    assert_eq!(restarted.headers()["etag"], "\"tag-2\"");
    assert_eq!(restarted.headers()["content-type"], fragments);
    assert_eq!(restarted.text().await.unwrap(), "a=ice-ufrag:new");

    problem(patch(call, "candidates").send().await.unwrap(), 428).await;
    problem(patch(call, "candidates").header("if-match", "\"other\"").send().await.unwrap(), 412).await;
    problem(patch(call, "nonsense").header("if-match", &tag).send().await.unwrap(), 400).await;
    let unlabelled = app.request(Method::PATCH, call).header("if-match", &tag).body("candidates");
    problem(unlabelled.send().await.unwrap(), 415).await;
    let other = format!("/api/join/{token}/call/another");
    problem(patch(&other, "restart").header("if-match", "*").send().await.unwrap(), 404).await;
    problem(patch("/api/join/unknown/call/call-1", "restart").header("if-match", "*").send().await.unwrap(), 404).await;
    app.stop().await;
}

#[actix_web::test]
async fn the_events_socket_misses_nothing_and_tells_nothing_twice() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    let caption = |text: &str| Notice::Caption {
        speaker: Speaker::Interviewer,
        text: text.to_owned(),
        r#final: true,
        start_ms: 0,
        end_ms: 900,
    };
    *app.calls.told.lock() = (1..=10).map(|seq| message(seq, caption(&format!("caption {seq}")))).collect();
    *app.calls.live.lock() = true;
    let url = format!("{}/api/join/{token}/events?after=8", app.base.replace("http", "ws"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut texts = Vec::new();
    while texts.len() < 2 {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            texts.push(serde_json::from_str::<Value>(&text).unwrap());
        }
    }
    assert_eq!(
        texts[0],
        json!({ "type": "caption", "speaker": "interviewer", "text": "caption 9", "final": true,
                "start_ms": 0, "end_ms": 900, "seq": 9, "at_ms": 900 })
    );
    assert_eq!(texts[1]["seq"], 10);

    // In the backlog already: not told again. Then the answer to a command, to nonsense, and the end.
    app.calls.page.send(message(10, caption("caption 10"))).unwrap();
    socket.send(Message::text("{\"type\":\"pause\"}")).await.unwrap();
    let mut seen = Vec::new();
    while let Some(Ok(received)) = socket.next().await {
        let Message::Text(text) = received else { continue };
        let value: Value = serde_json::from_str(&text).unwrap();
        match value["type"].as_str() {
            Some("state") if value["value"] == "paused" => {
                socket.send(Message::text("{\"type\":\"dance\"}")).await.unwrap();
            }
            Some("error") => {
                let ended = Notice::state(CallState::Ended);
                app.calls.page.send(message(21, ended)).unwrap();
            }
            _ => {}
        }
        seen.push((value["type"].as_str().unwrap().to_owned(), value["seq"].as_u64().unwrap()));
    }
    let wanted = [("state", 20), ("error", 20), ("state", 21)].map(|(kind, seq)| (kind.to_owned(), seq));
    assert_eq!(seen, wanted, "and then the socket is closed");
    assert_eq!(*app.calls.commands.lock(), [Command::Pause]);
    app.stop().await;
}

/// Whoever was sent an older link, or found it, is out.
#[actix_web::test]
async fn a_fresh_link_makes_older_ones_worthless() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let old = scheduled["join_token"].as_str().unwrap();
    let joined = app.offer(old, "").await;
    let call = joined.headers()["location"].to_str().unwrap().to_owned();
    let start = format!("/api/interviews/{}/start", scheduled["id"].as_str().unwrap());
    let fresh: Value = app.post(&start, &json!({})).await.json().await.unwrap();
    let new = fresh["join_token"].as_str().unwrap();
    assert_ne!(old, new);

    problem(app.offer(old, "?takeover=true").await, 404).await;
    let fragments = "application/trickle-ice-sdpfrag";
    for request in [
        app.get(&format!("/api/join/{old}")),
        app.get(&format!("/api/join/{old}/events")),
        app.request(Method::OPTIONS, &format!("/api/join/{old}/call")),
        app.request(Method::OPTIONS, &call),
        app.request(Method::PATCH, &call).header("content-type", fragments).header("if-match", "*").body("restart"),
        app.request(Method::DELETE, &call),
    ] {
        problem(request.send().await.unwrap(), 404).await;
    }
    assert_eq!(app.offer(new, "?takeover=true").await.status(), StatusCode::CREATED);
    // The newest one alone is good.
    let newest: Value = app.post(&start, &json!({})).await.json().await.unwrap();
    problem(app.offer(new, "?takeover=true").await, 404).await;
    assert_eq!(app.offer(newest["join_token"].as_str().unwrap(), "?takeover=true").await.status(), StatusCode::CREATED);
    app.stop().await;
}
