//! The pages as the engine serves them, and what the call page asks first. They need `web/dist`: scripts/test builds it.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::api::{App, problem};

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn each_page_comes_with_its_protection() {
    let app = App::start().await;
    let pages = [("/", "/assets/index"), ("/join/any-token", "/assets/index")];
    let views = ["/console", "/console/", "/console/interviews/some/where"].map(|path| (path, "/assets/console"));
    for (path, script) in pages.into_iter().chain(views) {
        let response = app.get(path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}: was web/ built? scripts/test does it");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "cache-control"), "no-store");
        let policy = header(&response, "content-security-policy").to_owned();
        for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        assert!(header(&response, "permissions-policy").contains("microphone=(self)"));
        let page = response.text().await.unwrap();
        assert!(page.contains("<div id=\"root\">") && page.contains(script), "{page}");
        assert!(!page.contains("<script>") && !page.contains("style="), "nothing inline: {page}");
    }
    assert_eq!(app.request(Method::HEAD, "/").send().await.unwrap().status(), StatusCode::OK);
    problem(app.request(Method::POST, "/").send().await.unwrap(), 405).await;
    app.stop().await;
}

/// Addresses of the assets that the page names.
async fn assets(app: &App) -> Vec<String> {
    let page = app.get("/").send().await.unwrap().text().await.unwrap();
    page.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned).collect()
}

fn is(path: &str, kind: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == kind)
}

#[actix_web::test]
async fn assets_are_kept_for_ever_and_come_compressed() {
    let app = App::start().await;
    let assets = assets(&app).await;
    for kind in ["js", "css"] {
        assert!(assets.iter().any(|path| is(path, kind)), "{assets:?}");
    }
    for path in &assets {
        let plain = app.get(path).send().await.unwrap();
        assert_eq!(plain.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&plain, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&plain, "vary"), "accept-encoding");
        assert_eq!(header(&plain, "content-encoding"), "");
        let bytes = plain.bytes().await.unwrap();
        for (accepted, encoding) in [("gzip, br", "br"), ("gzip", "gzip"), ("gzip;q=0, br;q=0", ""), ("zstd", "")] {
            let response = app.get(path).header("accept-encoding", accepted).send().await.unwrap();
            let encoded = header(&response, "content-encoding").to_owned();
            let got = response.bytes().await.unwrap();
            match encoded.as_str() {
                // What is tiny is not compressed at all.
                "" => assert!((encoding.is_empty() || bytes.len() < 512) && got == bytes, "{path} for {accepted}"),
                _ => assert!(encoded == encoding && got.len() < bytes.len(), "{path} for {accepted}: {encoded}"),
            }
        }
    }
    let script = assets.iter().find(|path| is(path, "js")).unwrap();
    for missing in ["/assets/none.js", "/assets/..%2Findex.html", "/assets/", &format!("{script}.br")] {
        problem(app.get(missing).send().await.unwrap(), 404).await;
    }
    app.stop().await;
}

#[actix_web::test]
async fn an_invitation_says_what_the_call_is_about_and_how_it_stands() {
    let app = App::start().await;
    let guide = app.guide_id().await;
    let scheduled: Value = app
        .post("/api/interviews/schedule", &json!({ "call_guide_id": guide, "respondent_name": "Dana" }))
        .await
        .json()
        .await
        .unwrap();
    let path = format!("/api/join/{}", scheduled["join_token"].as_str().unwrap());
    let response = app.get(&path).send().await.unwrap();
    assert_eq!(header(&response, "cache-control"), "no-store");
    let mut invitation: Value = response.json().await.unwrap();
    let opens: chrono::DateTime<chrono::Utc> = invitation["opens_at"].as_str().unwrap().parse().unwrap();
    assert!(opens <= chrono::Utc::now(), "without an appointment it is open");
    invitation.as_object_mut().unwrap().remove("opens_at");
    let wanted = json!({
        "call_guide_name": "Work", "research_objective": "How people work", "language": "en",
        "estimated_duration_minutes": 30, "max_duration_minutes": 60, "questions": 2, "recording": true,
        "respondent_name": "Dana", "scheduled_at": scheduled["scheduled_at"], "status": "scheduled",
        "opens_in_seconds": 0, "status_reason": null, "consent_given": false, "can_be_recorded": false, "recording_kept": false,
        "ice_servers": [{"urls": ["turn:turn.example.org"], "username": "dana", "credential": "a \"word\""}],
    });
    assert_eq!(invitation, wanted);

    problem(app.get("/api/join/unknown").send().await.unwrap(), 404).await;
    let id = scheduled["id"].as_str().unwrap();
    app.request(Method::DELETE, &format!("/api/interviews/{id}")).send().await.unwrap();
    let over: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    assert_eq!((&over["status"], &over["status_reason"]), (&json!("cancelled"), &json!("cancelled")));
    app.stop().await;
}

#[actix_web::test]
async fn an_expired_invitation_is_gone() {
    let app = App::start_with_links_of(chrono::Duration::seconds(-1)).await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    problem(app.get(&format!("/api/join/{token}")).send().await.unwrap(), 410).await;
    app.stop().await;
}
