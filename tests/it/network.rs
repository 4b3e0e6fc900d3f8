//! Bad networks: what is lost for a moment, for longer, for good; networks that change; NAT.
//!
//! `scripts/check network` runs them with the times that people meet (2, 10 and 60 seconds); usually all is faster.

use std::time::Duration;

use interview::Event;
use interview::io::{CallState, Notice};
use storage::EventRecord;
use voice::audio::MediaRuntime;
use voice::transport::webrtc::{WebRtc, WebRtcSettings};

use crate::session::{Stage, answers, check_log, resumed};
use crate::support::caller::{Call, Caller, Invitation, Page, is_question, is_state};
use crate::support::relay::{Relay, RelayedCall, candidates, keep_candidates};

struct Times {
    /// ICE_LOST_AFTER_SECONDS and ICE_GIVE_UP_AFTER_SECONDS.
    settings: [(&'static str, &'static str); 2],
    short: Duration,
    long: Duration,
    /// Longer than anybody waits on the line.
    too_long: Duration,
}

fn times() -> Times {
    let times = |lost, given_up, short, long, too_long| Times {
        settings: [("ICE_LOST_AFTER_SECONDS", lost), ("ICE_GIVE_UP_AFTER_SECONDS", given_up)],
        short: Duration::from_millis(short),
        long: Duration::from_millis(long),
        too_long: Duration::from_millis(too_long),
    };
    if std::env::var_os("REAL_TIMES").is_some() {
        times("5", "30", 2_000, 10_000, 60_000)
    } else {
        times("1", "3", 400, 2_000, 5_000)
    }
}

/// A call over a relay, at its second question, which has been put.
async fn at_the_second_question(stage: &Stage) -> (Invitation, RelayedCall, Relay, Page) {
    let invitation = stage.invite(3).await;
    let mut page = stage.caller.page(&invitation.token, None).await;
    let (call, relay) = stage.caller.join_over_relay(&invitation.token, "").await;
    page.answer_until(&call.call, is_question("q2")).await;
    page.until(is_state(CallState::Listening)).await;
    (invitation, call, relay, page)
}

async fn answer_to_the_end(page: &mut Page, call: &Call) {
    call.speak().await;
    page.answer_until(call, is_state(CallState::Ended)).await;
}

fn was_paused(page: &Page) -> bool {
    page.seen.iter().any(|message| is_state(CallState::Paused)(&message.notice))
}

fn legs(events: &[EventRecord]) -> (usize, usize) {
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|record| wanted(&record.event)).count();
    let connected = count(|event| matches!(event, Event::LegConnected { .. }));
    (connected, count(|event| matches!(event, Event::LegLost { .. })))
}

#[actix_web::test]
async fn a_short_loss_is_invisible() {
    let times = times();
    let stage = Stage::start(&times.settings).await;
    let (invitation, call, relay, mut page) = at_the_second_question(&stage).await;
    relay.silence(true);
    tokio::time::sleep(times.short).await;
    relay.silence(false);
    answer_to_the_end(&mut page, &call.call).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!((legs(&events), answers(&events)), ((1, 0), 3));
    assert!(!was_paused(&page) && !resumed(&events, 2));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn loss_and_delay_are_lived_with() {
    let stage = Stage::start(&times().settings).await;
    let (invitation, call, relay, mut page) = at_the_second_question(&stage).await;
    relay.spoil(10, Duration::from_millis(80));
    answer_to_the_end(&mut page, &call.call).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!((legs(&events), answers(&events)), ((1, 0), 3));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn after_a_longer_loss_the_same_asking_goes_on() {
    let times = times();
    let stage = Stage::start(&times.settings).await;
    let (invitation, call, relay, mut page) = at_the_second_question(&stage).await;
    relay.silence(true);
    let began = tokio::time::Instant::now();
    page.until(is_state(CallState::Paused)).await;
    tokio::time::sleep_until(began + times.long).await;
    relay.silence(false);
    page.until(is_question("q2")).await;
    page.answer_until(&call.call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert!(resumed(&events, 2) && !resumed(&events, 1) && !resumed(&events, 3));
    assert_eq!((legs(&events), answers(&events)), ((2, 1), 3));
    assert_eq!(page.answers().len(), 3, "each answer once");
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn after_a_loss_too_long_the_link_takes_the_interview_up_again() {
    let times = times();
    let stage = Stage::start(&times.settings).await;
    let (invitation, call, relay, mut page) = at_the_second_question(&stage).await;
    relay.silence(true);
    let began = tokio::time::Instant::now();
    page.until(is_state(CallState::Paused)).await;
    stage.live(0).await;
    tokio::time::sleep_until(began + times.too_long).await;
    let interview = stage.interview(&invitation).await;
    assert_eq!((&interview["status"], &interview["completed_at"]), (&"in_progress".into(), &serde_json::Value::Null));
    assert_eq!(interview["conversation_state"]["connected"], false);
    assert_eq!(interview["current_question_id"], "q2");

    // The same link, the same page; nobody has to take anything over.
    let again = stage.caller.join(&invitation.token, "").await.expect("joined again");
    page.until(is_question("q2")).await;
    page.answer_until(&again, is_state(CallState::Ended)).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert!(resumed(&events, 2));
    assert_eq!((legs(&events), answers(&events)), ((2, 1), 3));
    assert_eq!(page.answers().len(), 3, "each answer once");
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    drop(call);
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_changed_network_is_followed_by_an_ice_restart() {
    let stage = Stage::start(&times().settings).await;
    let (invitation, call, relay, mut page) = at_the_second_question(&stage).await;
    let (before, paths) = (relay.path(), relay.paths());
    call.restart_ice(&relay).await;
    answer_to_the_end(&mut page, &call.call).await;
    assert!(relay.path() != before && relay.paths() > paths, "another address of the caller's");
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!((legs(&events), answers(&events)), ((1, 0), 3), "nobody noticed");
    assert!(!was_paused(&page));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_restart_ends_a_loss() {
    let stage = Stage::start(&times().settings).await;
    let (invitation, call, relay, mut page) = at_the_second_question(&stage).await;
    relay.silence(true);
    page.until(is_state(CallState::Paused)).await;
    // HTTP works over the new network before media does.
    relay.silence(false);
    call.restart_ice(&relay).await;
    page.until(is_question("q2")).await;
    page.answer_until(&call.call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert!(resumed(&events, 2));
    assert_eq!((legs(&events), answers(&events)), ((2, 1), 3));
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn who_is_taken_over_is_told() {
    let stage = Stage::start(&[]).await;
    let invitation = stage.invite(2).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q1")).await;
    let other = stage.caller.join(&invitation.token, "?takeover=true").await.expect("taken over");
    call.closed().await;
    let told = page.until(|notice| matches!(notice, Notice::Error { .. })).await;
    let Notice::Error { title, call_id, .. } = told.notice else { unreachable!() };
    assert_eq!(title, "Taken over");
    assert!(call.location.ends_with(&format!("/{}", call_id.unwrap())), "the other page is not meant");
    page.answer_until(&other, is_state(CallState::Ended)).await;
    stage.live(0).await;
    check_log(&stage.events(invitation.id).await);
    stage.engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn behind_nat_the_public_address_leads_to_the_engine() {
    // 127.0.0.2 is "outside": what arrives there is forwarded to the same port inside, as a NAT would do it.
    let stage = Stage::start(&[("ICE_PUBLIC_ADDRESSES", "127.0.0.2")]).await;
    let invitation = stage.invite(1).await;
    let mut page = stage.caller.page(&invitation.token, None).await;
    let offer = stage.caller.webrtc.offer().await.unwrap();
    let inside = keep_candidates(offer.sdp(), |_| false);
    let answer = stage.caller.post_offer(&invitation.token, "", &inside).await;
    let location = format!("{}{}", stage.caller.base, answer.headers()["location"].to_str().unwrap());
    let answer = answer.text().await.unwrap();
    let found = candidates(&answer);
    let [engine, public] = found.as_slice() else { panic!("{answer}") };
    assert_eq!((public.ip().to_string(), public.port()), ("127.0.0.2".to_owned(), engine.port()));
    let nat = Relay::towards(*engine, *public).await;
    let outside = keep_candidates(&answer, |line| line.contains(" 127.0.0.2 "));
    let link = offer.accept(&outside).await.unwrap();
    let call = Call::begin(link, location, stage.caller.http.clone()).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    assert_eq!(nat.paths(), 1);
    stage.live(0).await;
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    stage.engine.stop(Duration::ZERO).await;
}

/// A caller behind a network that lets nothing through but the way over the TURN server.
#[actix_web::test]
#[ignore = "needs a TURN server: scripts/check network starts one and names it in TURN_SERVER"]
async fn a_call_over_nothing_but_turn() {
    let server = std::env::var("TURN_SERVER").expect("TURN_SERVER is set");
    let stage = Stage::start(&[("ICE_SERVERS", &server)]).await;
    let invitation = stage.invite(1).await;
    let mut page = stage.caller.page(&invitation.token, None).await;
    let settings = WebRtcSettings {
        ice_servers: stage.engine.settings.ice_servers().unwrap(),
        relay_only: true,
        ..WebRtcSettings::default()
    };
    let media = MediaRuntime::start().unwrap();
    let far = Caller { webrtc: WebRtc::new(settings, media.handle().clone()), ..stage.caller.clone() };
    let offer = far.webrtc.offer().await.unwrap();
    let ways: Vec<&str> = offer.sdp().lines().filter(|line| line.starts_with("a=candidate:")).collect();
    assert!(!ways.is_empty() && ways.iter().all(|way| way.contains(" typ relay ")), "{ways:?}");
    let answer = far.post_offer(&invitation.token, "", offer.sdp()).await;
    assert!(answer.headers()["link"].to_str().unwrap().contains("rel=\"ice-server\""));
    let location = format!("{}{}", far.base, answer.headers()["location"].to_str().unwrap());
    // Neither side may find a shorter way: the engine is told only of the relay, and tells only of itself.
    let answer = keep_candidates(&answer.text().await.unwrap(), |way| way.contains(" typ host"));
    let link = offer.accept(&answer).await.unwrap();
    let call = Call::begin(link, location, far.http.clone()).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    stage.live(0).await;
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    stage.engine.stop(Duration::ZERO).await;
}
