//! What `deploy/` asks Prometheus for, held against what the engine serves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use regex::Regex;
use reqwest::Url;
use serde_json::Value;
use tokio::process::Command;

use crate::metrics::{Served, held, hold, vague_guide};
use crate::session::Stage;
use crate::support::caller::LIMIT;

const YES: &str = "Yes, that is fine.";
const VAGUE: &str = "It was fine, I guess.";

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file)
}

/// Passwords, keys and people's data do not get into the repository by `git add .`.
#[test]
fn what_the_documentation_has_written_is_ignored_by_git() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).current_dir(folder.path()).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(git(&["init", "--quiet"]).0);
    std::fs::copy(deploy("../.gitignore"), folder.path().join(".gitignore")).unwrap();
    let (secret, kept) = (
        [
            "deploy/.env",
            ".env",
            "key.pem",
            "chain.pem",
            "backup/interviews.dump",
            "person.json",
            "person.zip",
            "study.csv",
            "study.zip",
            "interview.ogg",
            "report.html",
            "report.json",
            "data/interviews.db",
        ],
        ["deploy/compose.yml", "guides/short.yaml", "src/main.rs"],
    );
    let (_, ignored) = git(&[&["check-ignore"][..], &secret, &kept].concat());
    assert_eq!(ignored.lines().collect::<Vec<_>>(), secret);
}

fn dashboard() -> Value {
    serde_json::from_str(&std::fs::read_to_string(deploy("grafana/dashboards/interviewer.json")).unwrap()).unwrap()
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter()
}

/// Each with the title of its panel, Grafana's variables filled in.
fn panel_expressions() -> Vec<(String, String)> {
    let dashboard = dashboard();
    let of = |panel: &Value| {
        let title = panel["title"].as_str().unwrap().to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        targets.into_iter().map(move |target| (title.clone(), target["expr"].as_str().unwrap().to_owned()))
    };
    let filled = |text: String| text.replace("$__rate_interval", "1m").replace("$call_guide", ".*");
    panels(&dashboard).flat_map(of).map(|(title, text)| (title, filled(text))).collect()
}

fn alert_expressions() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(deploy("prometheus/alerts.yml")).unwrap();
    let rules: Value = serde_saphyr::from_str(&text).unwrap();
    let groups = rules["groups"].as_array().unwrap();
    let of = |rule: &Value| (rule["alert"].as_str().unwrap().to_owned(), rule["expr"].as_str().unwrap().to_owned());
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).map(of).collect()
}

/// Series that an expression names, and the labels it picks them by or gathers them under.
fn named(expression: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let all = |pattern: &str, text: &str| -> BTreeSet<String> {
        Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let mut labels = all(r#"([a-z_]+)\s*(?:=~|!~|!=|=)\s*""#, expression);
    for list in all(r"\b(?:by|on)\s*\(([^)]*)\)", expression) {
        labels.extend(list.split(',').map(|label| label.trim().to_owned()));
    }
    let bare = Regex::new(r#""[^"]*"|\b(?:by|on)\s*\([^)]*\)|\[[^\]]*\]"#).unwrap().replace_all(expression, "");
    let bare = Regex::new(r"\{[^}]*\}").unwrap().replace_all(&bare, "");
    // What is called is a function.
    let bare = Regex::new(r"\b[a-z_]+\s*\(").unwrap().replace_all(&bare, "(");
    let names = all(r"\b([a-z][a-z_]+)\b", &bare);
    (names.into_iter().filter(|word| word != "and").collect(), labels)
}

#[test]
fn series_and_labels_are_told_apart_from_functions() {
    let (names, labels) =
        named(r#"sum by (le, reason) (rate(a_bucket{x="b c", y=~"d"}[5m])) / (e_f > 0) and on (instance) g_h"#);
    assert!(names.iter().eq(["a_bucket", "e_f", "g_h"]), "{names:?}");
    assert!(labels.iter().eq(["instance", "le", "reason", "x", "y"]), "{labels:?}");
}

#[test]
fn the_dashboard_has_its_six_panels_and_a_row_for_the_engine() {
    let dashboard = dashboard();
    let titles: Vec<&str> = panels(&dashboard).map(|panel| panel["title"].as_str().unwrap()).collect();
    for panel in [
        "Interview volume",
        "Completion rate",
        "Engagement distribution",
        "Quality alerts",
        "System latency heat map",
        "Token usage",
    ] {
        assert_eq!(titles.iter().filter(|title| **title == panel).count(), 1, "{panel}");
    }
    assert!(panels(&dashboard).any(|panel| panel["type"] == "row" && panel["title"] == "Engine"));
    let ids: BTreeSet<u64> = panels(&dashboard).map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), titles.len(), "ids are unique");
    // The dashboard names the data source that is provisioned.
    let sources = std::fs::read_to_string(deploy("grafana/provisioning/datasources/prometheus.yml")).unwrap();
    let sources: Value = serde_saphyr::from_str(&sources).unwrap();
    let uid = &sources["datasources"][0]["uid"];
    assert!(panels(&dashboard).filter(|panel| panel["type"] != "row").all(|panel| panel["datasource"]["uid"] == *uid));
}

#[actix_web::test]
async fn panels_and_alerts_ask_for_nothing_but_what_is_served() {
    let stage = Stage::hearing(&[], &[YES, YES, VAGUE]).await;
    held(&stage).await;
    let served = Served::by(&stage).await;
    let mut labels_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for sample in &served.samples {
        labels_of.entry(&sample.name).or_default().extend(sample.labels.keys().map(String::as_str));
    }
    // Prometheus's own: whether a target answers, and what it puts on every series.
    labels_of.insert("up", BTreeSet::new());
    let everywhere = ["instance", "job"];
    for (title, expression) in panel_expressions().into_iter().chain(alert_expressions()) {
        let (names, labels) = named(&expression);
        assert!(!names.is_empty(), "{title}: {expression}");
        let there = |name: &String| labels_of.get(name.as_str());
        let missing: Vec<_> = names.iter().filter(|name| there(name).is_none()).collect();
        assert!(missing.is_empty(), "{title}: {missing:?} is not served");
        for label in labels.iter().filter(|label| !everywhere.contains(&label.as_str())) {
            let known = names.iter().filter_map(there).any(|labels| labels.contains(label.as_str()));
            assert!(known, "{title}: nothing has the label {label}");
        }
    }
    stage.stop().await;
}

/// What has no data after one interview: no language model was asked, and every sentence had been made beforehand.
const EMPTY: [&str; 2] = ["llm_latency_seconds_bucket", "tts_latency_seconds_bucket"];

#[actix_web::test]
#[ignore = "a real Prometheus answers every panel: scripts/check deploy"]
async fn a_real_prometheus_answers_every_panel() {
    let stage = Stage::hearing(&[("METRICS_TOKEN", "of the engine")], &[YES, YES, VAGUE]).await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "of the engine").unwrap();
    let engine = stage.engine.url.strip_prefix("http://").unwrap();
    let config = std::fs::read_to_string(deploy("prometheus/prometheus.yml")).unwrap();
    assert!(config.contains("engine:8000") && config.contains("15s"));
    assert!(config.contains("/run/secrets/metrics_token"), "as the compose file has it");
    let config = config
        .replace("engine:8000", engine)
        .replace("15s", "1s")
        .replace("/run/secrets/metrics_token", token.to_str().unwrap())
        .replace("alerts.yml", deploy("prometheus/alerts.yml").to_str().unwrap());
    std::fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _prometheus = Command::new("prometheus")
        .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("tsdb").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Prometheus is installed: scripts/setup --for deploy");
    let base = format!("http://127.0.0.1:{port}/api/v1");
    let ask = async |path: &str, query: &str| -> Option<Value> {
        let url = Url::parse_with_params(&format!("{base}/{path}"), [("query", query)]).unwrap();
        let answer: Value = stage.caller.http.get(url).send().await.ok()?.json().await.ok()?;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        Some(answer["data"].clone())
    };
    // Growth is seen only by whoever has seen the beginning.
    let guide = stage.caller.guide(&vague_guide()).await;
    let invitation = stage.caller.schedule(&guide).await;
    let known = r#"interviews_total{status="in_progress"} == 0"#;
    until("the engine is scraped", async || ask("query", known).await).await;
    hold(&stage, &invitation).await;

    for (title, expression) in panel_expressions() {
        let empty = EMPTY.iter().any(|name| expression.contains(name));
        if empty {
            assert!(ask("query", &expression).await.is_some(), "{title}: {expression}");
        } else {
            until(&format!("{title}: {expression}"), async || ask("query", &expression).await).await;
        }
    }
    let rules = ask("rules", "").await.unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), alert_expressions().len());
    assert!(rules.iter().all(|rule| rule["health"] != "err"), "{rules:#?}");
    let firing: Vec<_> = rules.iter().filter(|rule| rule["state"] == "firing").map(|rule| &rule["name"]).collect();
    assert!(firing.is_empty(), "{firing:?} after an interview in which all went well");
    stage.stop().await;
}

/// Whether any series has a value that is a number.
fn has_numbers(data: &Value) -> bool {
    let series = data["result"].as_array();
    series.is_some_and(|series| series.iter().any(|one| one["value"][1].as_str().is_some_and(|value| value != "NaN")))
}

/// Asks again until the answer has numbers in it; twice a second, so that scrapes go on meanwhile.
async fn until(what: &str, ask: impl AsyncFn() -> Option<Value>) {
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let answer = ask().await;
        if answer.as_ref().is_some_and(has_numbers) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what}: {answer:?}");
        tick.tick().await;
    }
}
