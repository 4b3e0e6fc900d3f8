//! Lists: pages, orders and filters.

use entity::Status;
use interview::io::EndStatus;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, pointers, problem};
use crate::support::guide_document;
use storage::{Actor, Edit};

/// Everything that a list gives, page by page; `between` may change the list meanwhile.
async fn all(app: &App, path: &str, name: &str, between: impl AsyncFn(usize)) -> Vec<String> {
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page: Value = app.get(&format!("{path}{cursor}")).send().await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item[name].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
        pages += 1;
        between(pages).await;
    }
}

async fn named(app: &App, name: &str, tags: &[&str]) -> Value {
    let mut guide = guide_document();
    guide["name"] = json!(name);
    guide["tags"] = json!(tags);
    app.post("/api/call-guides/", &guide).await.json().await.unwrap()
}

#[actix_web::test]
async fn pages_stay_right_under_every_order_while_rows_come_and_go() {
    let app = App::start().await;
    for name in ["cherry", "apple", "elder", "banana", "apple", "date"] {
        named(&app, name, &[]).await;
    }
    let nothing = async |_| {};
    let list = "/api/call-guides/?limit=2";
    let sorted = ["apple", "apple", "banana", "cherry", "date", "elder"];
    assert_eq!(all(&app, &format!("{list}&sort=name"), "name", nothing).await, sorted);
    let backwards: Vec<&str> = sorted.into_iter().rev().collect();
    assert_eq!(all(&app, &format!("{list}&sort=-name"), "name", nothing).await, backwards);
    let made = ["cherry", "apple", "elder", "banana", "apple", "date"];
    assert_eq!(all(&app, &format!("{list}&sort=created_at"), "name", nothing).await, made);
    // One that comes before where we are, and one that goes there: neither moves what is still to come.
    let changing = async |page: usize| {
        if page == 1 {
            named(&app, "aardvark", &[]).await;
            let first: Value =
                app.get("/api/call-guides/?sort=name&name=apple&limit=1").send().await.unwrap().json().await.unwrap();
            let path = format!("/api/call-guides/{}", first["items"][0]["id"].as_str().unwrap());
            app.request(reqwest::Method::DELETE, &path).send().await.unwrap().error_for_status().unwrap();
        }
    };
    assert_eq!(all(&app, &format!("{list}&sort=name"), "name", changing).await, sorted);
    app.stop().await;
}

#[actix_web::test]
async fn what_a_list_does_not_know_is_said() {
    let app = App::start().await;
    for _ in 0..3 {
        app.guide_id().await;
    }
    let page: Value = app.get("/api/call-guides/?limit=1&sort=name").send().await.unwrap().json().await.unwrap();
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/api/call-guides/?cursor={cursor}&sort=colour&limit=0&lmit=3&tag=a&tag=b");
    let faults = problem(app.get(&path).send().await.unwrap(), 400).await;
    let mut at = pointers(&faults);
    at.sort_unstable();
    assert_eq!(at, ["/cursor", "/limit", "/lmit", "/sort", "/tag"]);
    // An empty text is none where any text is taken, and a fault elsewhere.
    let empty = app.get("/api/tasks/?kind=&queue=&state=&interview_id=").send().await.unwrap();
    let faults = problem(empty, 400).await;
    let mut at = pointers(&faults);
    at.sort_unstable();
    assert_eq!(at, ["/interview_id", "/queue", "/state"]);
    // A place in one order is none in another.
    let elsewhere = app.get(&format!("/api/call-guides/?cursor={cursor}&sort=-name")).send().await.unwrap();
    assert_eq!(pointers(&problem(elsewhere, 400).await), ["/cursor"]);
    app.stop().await;
}

#[actix_web::test]
async fn guides_and_interviews_are_found() {
    let app = App::start().await;
    let guide = named(&app, "Coffee at home", &["pilot", "100%"]).await;
    named(&app, "Tea", &["pilot"]).await;
    let names = async |query: &str| -> Vec<String> {
        let page: Value = app.get(&format!("/api/call-guides/?{query}")).send().await.unwrap().json().await.unwrap();
        page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("tag=pilot&sort=name").await, ["Coffee at home", "Tea"]);
    assert_eq!(names("tag=100%25").await, ["Coffee at home"]);
    assert_eq!(names("name=COFFEE").await, ["Coffee at home"]);
    assert!(names("tag=pil").await.is_empty());
    assert!(names("name=%25").await.is_empty(), "a sign of the database's is a sign like any other");

    let mut ids = Vec::new();
    for (name, at) in [("Dana Doe", "2030-01-01T09:00:00Z"), ("Émile", "2030-02-01T09:00:00Z")] {
        let body = json!({ "call_guide_id": guide["id"], "respondent_name": name, "scheduled_at": at });
        let made: Value = app.post("/api/interviews/schedule", &body).await.json().await.unwrap();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let gone: Uuid = ids[0].parse().unwrap();
    let ended =
        app.storage.interviews().end(gone, EndStatus::Cancelled, "cancelled", &Edit::by(Actor::ENGINE)).await.unwrap();
    assert_eq!(ended.status, Status::Cancelled);
    let found = async |query: &str| -> Vec<String> {
        let page: Value = app.get(&format!("/api/interviews/?{query}")).send().await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("sort=scheduled_at").await, ids);
    assert_eq!(found("q=dana").await, ids[..1]);
    assert_eq!(found("status=scheduled").await, ids[1..]);
    assert_eq!(found("scheduled_from=2030-01-01T09:00:00Z&scheduled_to=2030-02-01T09:00:00Z").await, ids[..1]);
    assert_eq!(found("created_from=2100-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(found("requires_human_review=true").await, Vec::<String>::new());
    assert_eq!(found("channel=webrtc&sort=-scheduled_at&limit=1").await, ids[1..]);
    app.stop().await;
}
