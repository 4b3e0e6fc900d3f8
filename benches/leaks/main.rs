//! `scripts/check leaks`: 1,000 joins and hang-ups, and what is left of them.
//!
//! Owns: the calls, in batches, ended in every way a call can end, and the count before and after. The engine is a
//! process of its own with scripted models, so that what is counted is its alone; it is this program again, started with
//! [`ENGINE`] set, because only from inside can tasks be counted.
//! Never does: judge by time. What must come back is awaited up to a limit.

// The caller is the tests' own, where a fault is a panic.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/it/support/caller.rs"]
mod caller;
mod figures;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use interview::io::CallState;
use interviewer::config::Settings;
use interviewer::{startup, telemetry};
use reqwest::StatusCode;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use voice::audio::MediaRuntime;

use caller::{Caller, is_state, open_guide};
use figures::{Engine, Figures};

/// Set for the process that is the engine.
const ENGINE: &str = "LEAKS_ENGINE";
const BATCH: usize = 20;
/// Batches before the first count, beside one that fills the engine and one that vanishes: 100 calls.
const WARM_UP: usize = 3;
/// Batches between the counts, beside one that vanishes: 900 calls.
const MEASURED: usize = 44;
/// What 900 calls may leave in memory: the allocator's slack and the statistics that are kept, no more.
const MAX_GROWTH_KB: i64 = 30 * 1024;

fn main() -> ExitCode {
    if std::env::var_os(ENGINE).is_some() {
        return engine();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(check())
}

/// The engine's side: says its address, then answers each line with a census.
fn engine() -> ExitCode {
    telemetry::tracing::init("error,rtc=error").unwrap();
    actix::System::new().block_on(async {
        let running = startup::start(Settings::load(None).unwrap()).await.unwrap();
        println!("{}", running.url);
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while lines.next_line().await.unwrap().is_some() {
            println!("{}", serde_json::to_string(&running.registry.census()).unwrap());
        }
        running.stop(Duration::ZERO).await;
        ExitCode::SUCCESS
    })
}

async fn check() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Engine::start(folder.path(), BATCH).await;
    let media = MediaRuntime::start().unwrap();
    let caller = Caller::new(&engine.url, &media);
    let guide = caller.guide(&open_guide(2)).await;

    let idle = engine.census().await;
    fill(&caller, &guide).await;
    for number in 0..WARM_UP {
        batch(&caller, &guide, number).await;
    }
    vanish(&caller, &guide).await;
    let before = engine.settled().await;
    println!("100 calls to warm up; now {} more", MEASURED * BATCH + BATCH);
    let began = Instant::now();
    for number in 0..MEASURED {
        batch(&caller, &guide, number).await;
        if number % 11 == 10 {
            println!("{} calls after {:.0} s", (number + 1) * BATCH, began.elapsed().as_secs_f32());
        }
    }
    vanish(&caller, &guide).await;
    let took = began.elapsed();
    let after = engine.settled().await;
    engine.stop().await;
    report(&before, &after, took, before.census == idle && after.census == idle)
}

/// Exactly as many calls as there may be: the next one is refused politely, and so is a second join.
async fn fill(caller: &Caller, guide: &str) {
    let calls = join_all((0..BATCH).map(|_| async {
        let invitation = caller.schedule(guide).await;
        (caller.join(&invitation.token, "").await.expect("there is room"), invitation)
    }))
    .await;
    let refused = caller.offer_only(&caller.schedule(guide).await.token, "").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(caller.offer_only(&calls[0].1.token, "").await.status(), StatusCode::CONFLICT);
    join_all(calls.into_iter().map(|(call, _)| async { assert_eq!(call.delete().await, StatusCode::OK) })).await;
}

async fn batch(caller: &Caller, guide: &str, number: usize) {
    join_all((0..BATCH).map(|place| one(caller, guide, number, place))).await;
}

/// One join and one end of it.
async fn one(caller: &Caller, guide: &str, number: usize, place: usize) {
    let invitation = caller.schedule(guide).await;
    let mut page = caller.page(&invitation.token, None).await;
    // The batch before may still be closing.
    let call = loop {
        match caller.join(&invitation.token, "").await {
            Ok(call) => break call,
            Err(refused) => assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    page.until(is_state(CallState::Speaking)).await;
    match place {
        // The tab is closed: a goodbye of the connection, nothing over HTTP.
        0..5 => call.close().await,
        5 => drop(call),
        // Another device takes over, then hangs up.
        6..8 => {
            let taken = caller.join(&invitation.token, "?takeover=true").await.expect("taken over");
            drop(call);
            assert_eq!(taken.delete().await, StatusCode::OK);
        }
        // Left for good: a farewell, an end.
        8 => {
            page.send("leave").await;
            page.until(is_state(CallState::Ended)).await;
        }
        // Both consents and the first question: recordings are begun. It takes seconds, so not always.
        9 if number.is_multiple_of(5) => {
            page.answer_until(&call, caller::is_question("q1")).await;
            assert_eq!(call.delete().await, StatusCode::OK);
        }
        _ => assert_eq!(call.delete().await, StatusCode::OK),
    }
}

/// Half of them lose their network and never say goodbye, half take an answer and never connect.
async fn vanish(caller: &Caller, guide: &str) {
    let network = MediaRuntime::start().unwrap();
    let lost = Caller::new(&caller.base, &network);
    let calls = join_all((0..BATCH / 2).map(|_| async {
        let token = caller.schedule(guide).await.token;
        loop {
            match lost.join(&token, "").await {
                Ok(call) => break call,
                Err(refused) => assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }))
    .await;
    // Its sockets are gone with the thread, before anything could be sent.
    drop(lost);
    drop(network);
    drop(calls);
    join_all((0..BATCH / 2).map(|_| async {
        let invitation = caller.schedule(guide).await;
        let answer = caller.offer_only(&invitation.token, "").await;
        assert_eq!(answer.status(), StatusCode::CREATED);
    }))
    .await;
}

fn report(before: &Figures, after: &Figures, took: Duration, clean: bool) -> ExitCode {
    let calls = (MEASURED * BATCH + BATCH) as i64;
    println!("{calls} joins and hang-ups in {:.0} s", took.as_secs_f32());
    println!("{:<28}{:>10}{:>10}", "", "before", "after");
    let mut passed = clean;
    for ((name, was), (_, is)) in before.exact().into_iter().zip(after.exact()) {
        let mark = if is > was { "  <- left behind" } else { "" };
        passed &= is <= was;
        println!("{name:<28}{was:>10}{is:>10}{mark}");
    }
    let growth = after.rss_kb - before.rss_kb;
    passed &= growth <= MAX_GROWTH_KB;
    println!("{:<28}{:>10}{:>10}", "memory (RSS), KB", before.rss_kb, after.rss_kb);
    println!("memory grew by {growth} KB, {:.1} KB a call (at most {MAX_GROWTH_KB} KB)", growth as f64 / calls as f64);
    println!("{}", if passed { "PASSED" } else { "FAILED" });
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
