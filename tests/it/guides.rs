//! Guides over the API: findings, versions, differences, export and import; and the command line's lint.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{App, problem};
use crate::support::guide_document;

async fn put(app: &App, id: &str, document: &Value) -> Value {
    let response = app.request(Method::PUT, &format!("/api/call-guides/{id}")).json(document).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

async fn json_of(app: &App, path: &str) -> Value {
    let response = app.get(path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

/// A guide of two versions: the first was used, the second has another name, another first question and one question less.
async fn two_versions(app: &App) -> String {
    let scheduled = app.schedule().await;
    let id = scheduled["call_guide_id"].as_str().unwrap().to_owned();
    let mut changed = guide_document();
    changed["name"] = json!("Work, again");
    changed["sections"][0]["questions"][0]["text"] = json!("What do you do for a living?");
    changed["sections"][0]["questions"].as_array_mut().unwrap().remove(1);
    assert_eq!(put(app, &id, &changed).await["version"], 2);
    id
}

/// The document with each value in it, and a field beside it, replaced by this one.
fn with_each_replaced(document: &Value, by: &Value) -> Vec<Value> {
    let replaced = |key: &dyn Fn(&mut Value) -> &mut Value, part: &Value| -> Vec<Value> {
        let with = |value: Value| {
            let mut changed = document.clone();
            *key(&mut changed) = value;
            changed
        };
        let inner = with_each_replaced(part, by).into_iter().map(with);
        inner.chain([with(by.clone())]).collect()
    };
    match document {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, part)| replaced(&|changed| &mut changed[name], part))
            .chain(replaced(&|changed| &mut changed["unheard"], &Value::Null))
            .collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, part)| replaced(&|changed| &mut changed[at], part)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_place_of_a_guide_has_one_fault() {
    let short = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("guides/short.yaml")).unwrap();
    let documents = [interview::guide::read_text(&short).unwrap(), guide_document()];
    let wrong =
        [json!(7), json!(-1), json!(""), json!("x"), json!([]), json!([7, 7]), json!({}), json!(null), json!(1e300)];
    let mut refused = 0;
    for document in &documents {
        for changed in wrong.iter().flat_map(|by| with_each_replaced(document, by)) {
            let Err(problems) = interview::guide::from_value(changed) else { continue };
            refused += 1;
            let places: HashSet<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(places.len(), problems.len(), "{problems:?}");
        }
    }
    assert!(refused > 200, "{refused}");
}

#[actix_web::test]
async fn validation_tells_what_is_doubtful_with_the_way_out() {
    let app = App::start().await;
    let mut guide = guide_document();
    guide["sections"][0]["questions"][0]["text"] = json!("Don't you like your work, and what would you change?");
    let verdict: Value = app.post("/api/call-guides/validate", &guide).await.json().await.unwrap();
    assert_eq!((&verdict["valid"], &verdict["errors"]), (&json!(true), &json!([])));
    let findings = verdict["findings"].as_array().unwrap();
    let at = |code: &str| findings.iter().find(|finding| finding["code"] == code).unwrap();
    for code in ["leading-question", "double-question"] {
        let finding = at(code);
        assert_eq!(finding["path"], "/sections/0/questions/0/text");
        assert_eq!(finding["severity"], "warning");
        assert!(
            !finding["message"].as_str().unwrap().is_empty() && !finding["suggestion"].as_str().unwrap().is_empty()
        );
    }
    // The document's own second question doesn't say its scale.
    assert_eq!(at("scale-not-said")["path"], "/sections/0/questions/1/text");
    guide["max_duration_minutes"] = json!(1);
    guide["estimated_duration_minutes"] = json!(1);
    guide["sections"][0]["questions"] = (0..9)
        .map(|n| json!({ "text": format!("What happened in week number {n} of the year?"), "required": true, "time_allocation": 60 }))
        .collect();
    let verdict: Value = app.post("/api/call-guides/validate", &guide).await.json().await.unwrap();
    let finding = &verdict["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&json!("time-required-over-maximum"), &json!("error")));
    let sum: f64 = finding["arithmetic"].as_array().unwrap().iter().map(|step| step["seconds"].as_f64().unwrap()).sum();
    assert!(sum > 60.0 && finding["message"].as_str().unwrap().contains(&format!("together {sum:.0} s")), "{finding}");
    guide.as_object_mut().unwrap().remove("name");
    let verdict: Value = app.post("/api/call-guides/validate", &guide).await.json().await.unwrap();
    assert_eq!((&verdict["valid"], &verdict["findings"]), (&json!(false), &json!([])));
    app.stop().await;
}

#[actix_web::test]
async fn versions_are_listed_read_and_compared() {
    let app = App::start().await;
    let id = two_versions(&app).await;
    let path = format!("/api/call-guides/{id}");
    let first = json_of(&app, &format!("{path}/versions?limit=1")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = json_of(&app, &format!("{path}/versions?limit=1&cursor={cursor}")).await;
    let told = |page: &Value| (page["items"][0]["version"].clone(), page["items"][0]["interviews"].clone());
    assert_eq!((told(&first), told(&second)), ((json!(2), json!(0)), (json!(1), json!(1))));
    assert_eq!(second["next_cursor"], Value::Null);

    let old = json_of(&app, &format!("{path}/versions/1")).await;
    assert_eq!((&old["version"], &old["document"]["name"]), (&json!(1), &json!("Work")));
    assert_eq!(old["document"]["min_completion_percentage"], json!(0.7), "as it was written");
    let row = json_of(&app, &format!("{path}?version=1")).await;
    assert_eq!((&row["version"], &row["name"], &row["id"]), (&json!(1), &json!("Work"), &json!(id)));
    assert_eq!(json_of(&app, &format!("{path}?version=2")).await["name"], json_of(&app, &path).await["name"]);

    let difference = json_of(&app, &format!("{path}/diff")).await;
    assert_eq!((&difference["from"], &difference["to"]), (&json!(1), &json!(2)));
    let changes = difference["changes"].as_array().unwrap();
    assert_eq!(
        changes[0],
        json!({ "change": "changed", "element": "guide", "ids": [], "field": "name", "old": "Work", "new": "Work, again" })
    );
    assert_eq!((&changes[1]["change"], &changes[1]["ids"]), (&json!("changed"), &json!(["start", "kind"])));
    assert_eq!((&changes[2]["change"], &changes[2]["ids"]), (&json!("removed"), &json!(["start", "rating"])));
    assert_eq!(changes[2]["old"]["scale"], json!({ "min": 1, "max": 5 }));
    let back = app.get(&format!("{path}/diff?from=2&to=1")).header("Accept", "text/plain").send().await.unwrap();
    assert!(back.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(
        back.text().await.unwrap(),
        "~ guide name: \"Work, again\" → \"Work\"\n\
         ~ question start/kind text: \"What do you do for a living?\" → \"What kind of work do you do?\"\n\
         + question start/rating \"How much do you like it?\"\n"
    );
    for (path, status) in [
        (format!("{path}/versions/3"), 404),
        (format!("{path}/diff?from=1&to=9"), 404),
        (format!("{path}/diff?from=0"), 400),
        (format!("{path}?version=x"), 400),
        (format!("{path}/export?format=xml"), 400),
        (format!("/api/call-guides/{}/versions", uuid::Uuid::now_v7()), 404),
    ] {
        problem(app.get(&path).send().await.unwrap(), status).await;
    }
    problem(app.get(&format!("{path}/diff")).header("Accept", "image/png").send().await.unwrap(), 406).await;
    app.stop().await;
}

#[actix_web::test]
async fn what_is_exported_comes_back_the_same() {
    let app = App::start().await;
    let id = two_versions(&app).await;
    for (format, kind, version) in [("json", "application/json", 2), ("yaml", "application/yaml", 1)] {
        let path = format!("/api/call-guides/{id}/export?format={format}&version={version}");
        let exported = app.get(&path).send().await.unwrap();
        assert_eq!(exported.headers()["content-type"], kind);
        let disposition = exported.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(disposition.starts_with("attachment") && disposition.contains(&format!(".{format}")), "{disposition}");
        let text = exported.text().await.unwrap();
        let imported = app.request(Method::POST, "/api/call-guides/").header("Content-Type", kind).body(text.clone());
        let imported = imported.send().await.unwrap();
        assert_eq!(imported.status(), StatusCode::CREATED);
        let again: Value = imported.json().await.unwrap();
        let path = format!("/api/call-guides/{}/export?format={format}", again["id"].as_str().unwrap());
        assert_eq!(app.get(&path).send().await.unwrap().text().await.unwrap(), text);
    }
    app.stop().await;
}

/// The command, and what it printed; settings from nowhere but here.
fn command(folder: &std::path::Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_interviewer"))
        .args(arguments)
        .env("DATA_DIR", folder)
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[test]
fn the_command_line_lints_imports_and_exports() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| command(folder.path(), arguments);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/guides/short.yaml");
    let (fine, text) = run(&["guide", "lint", shipped]);
    assert!(fine && text.contains("no findings"), "{text}");

    let file = folder.path().join("bad.json");
    let mut guide = guide_document();
    guide["sections"][0]["questions"][0]["follow_up_triggers"] =
        json!([{ "condition": "not always", "action": "probe" }]);
    std::fs::write(&file, guide.to_string()).unwrap();
    let (fine, text) = run(&["guide", "lint", "--format", "json", file.to_str().unwrap()]);
    let findings: Value = serde_json::from_str(&text).unwrap();
    assert!(!fine, "an error fails");
    assert_eq!(findings[0]["findings"][0]["code"], "condition-never-met");
    std::fs::write(&file, "name: x").unwrap();
    let (fine, text) = run(&["guide", "lint", file.to_str().unwrap()]);
    assert!(!fine && text.contains("error invalid at /sections"), "{text}");

    let (fine, text) = run(&["guide", "import", shipped]);
    assert!(fine, "{text}");
    let id = text.split(' ').next().unwrap().to_owned();
    let (fine, yaml) = run(&["guide", "export", &id]);
    assert!(fine, "{yaml}");
    let written = interview::guide::parse(&std::fs::read_to_string(shipped).unwrap()).unwrap();
    assert_eq!(interview::guide::parse(&yaml).unwrap(), written);
    let (fine, text) = run(&["guide", "import", "--into", &id, shipped]);
    assert!(fine && text.starts_with(&id), "{text}");
}
