//! An engine with few file handles: it raises its limit, admits no more calls than these are enough for, and says so.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::support::process::ready;

/// Runs the binary with a soft limit below the hard one, which is too low for fifty calls.
fn limited(arguments: &[&str]) -> Command {
    let folder = std::env::temp_dir();
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -Sn 256 && ulimit -Hn 320 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_interviewer")])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("SPEECH_ENGINE", "scripted")
        .env("MAX_CONCURRENT_INTERVIEWS", "50")
        .env("API_PORT", "0");
    command
}

/// 320 handles, less 192 for everything else, 10 for the database, and 64 for connections: ten calls of five.
const CALLS: &str = "10";

#[actix_web::test]
async fn an_engine_with_few_handles_admits_fewer_calls_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = limited(&["serve"]);
    command.env("DATA_DIR", folder.path()).stderr(std::fs::File::create(folder.path().join("log")).unwrap());
    let (mut engine, rest) = ready(&mut command, "ready at ").await;
    let url = rest.split(' ').next().unwrap();
    let pid = engine.id().unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<&str> = line.split_whitespace().filter(|word| word.parse::<u32>().is_ok()).collect();
    assert_eq!(numbers, ["320", "320"], "the soft limit is raised to the hard one: {line}");
    let metrics = reqwest::get(format!("{url}/metrics")).await.unwrap().text().await.unwrap();
    assert!(metrics.contains(&format!("\ncall_capacity {CALLS}\n")), "{metrics}");
    engine.kill().await.unwrap();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let told = log.lines().find(|line| line.contains("too few file handles")).unwrap_or_else(|| panic!("{log}"));
    assert!(told.contains("MAX_CONCURRENT_INTERVIEWS") && told.contains("LimitNOFILE="), "{told}");
}

#[actix_web::test]
async fn the_doctor_sees_it_beforehand() {
    let output = limited(&["doctor", "--json"]).stderr(Stdio::null()).output().await.unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "file handles").unwrap();
    assert_eq!(found["state"], "optional", "{found}");
    assert!(found["detail"].as_str().unwrap().contains(&format!("enough for {CALLS} calls")), "{found}");
    assert!(found["remedy"].as_str().unwrap().contains("MAX_CONCURRENT_INTERVIEWS=50"), "{found}");
}
