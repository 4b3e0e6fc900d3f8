//! The document itself: whole, in agreement with itself, and browsable without anybody else.

use std::collections::HashSet;

use reqwest::StatusCode;
use serde_json::Value;

use crate::api::App;

#[actix_web::test]
async fn the_document_is_openapi_3_1_and_hangs_together() {
    let app = App::start().await;
    let served = app.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/json");
    let document: Value = served.json().await.unwrap();
    if let Some(path) = std::env::var_os("OPENAPI_JSON") {
        std::fs::write(path, serde_json::to_string_pretty(&document).unwrap()).unwrap();
    }
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    let (mut ids, mut missing) = (HashSet::new(), Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "twice: {id}");
            let of = |what: &str| format!("{method} {path}: {what}");
            if operation["summary"].as_str().is_none_or(str::is_empty) {
                missing.push(of("summary"));
            }
            for parameter in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let mut parameters = operation["parameters"].as_array().into_iter().flatten();
                if !parameters.any(|described| described["name"] == parameter && described["in"] == "path") {
                    missing.push(of(parameter));
                }
            }
        }
    }
    assert!(missing.is_empty(), "not described: {missing:?}");
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is named and not there");
    }
    app.stop().await;
}

/// OpenAPI has no place for the messages of a WebSocket, so the operation's description lists them; the schemas are made
/// from the types.
#[test]
fn the_events_socket_is_described_with_every_message_and_command() {
    let document = serde_json::to_value(interviewer::api::openapi()).unwrap();
    let text = document["paths"]["/api/join/{token}/events"]["get"]["description"].as_str().unwrap();
    let schemas = &document["components"]["schemas"];
    let (mut missing, mut kinds) = (Vec::new(), 0);
    for name in ["CallMessage", "CallCommand"] {
        let mut open = vec![&schemas[name]];
        while let Some(schema) = open.pop() {
            open.extend(["oneOf", "allOf"].into_iter().flat_map(|list| schema[list].as_array().into_iter().flatten()));
            if let Some(target) = schema["$ref"].as_str() {
                open.push(document.pointer(target.trim_start_matches('#')).unwrap());
            }
            for (field, described) in schema["properties"].as_object().into_iter().flatten() {
                let kind = (field == "type").then(|| described["enum"][0].as_str().unwrap());
                kinds += usize::from(kind.is_some());
                missing.extend(
                    [Some(field.as_str()), kind]
                        .into_iter()
                        .flatten()
                        .filter(|word| !text.contains(&format!("`{word}`"))),
                );
            }
        }
    }
    assert_eq!((missing, kinds), (Vec::new(), 10), "{text}");
}

#[actix_web::test]
async fn the_docs_page_asks_nobody_else() {
    let app = App::start().await;
    let page = app.get("/docs").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.url().path().ends_with("/docs/"));
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let text = page.text().await.unwrap();
    for part in text.split("src=\"").chain(text.split("href=\"")).skip(1) {
        let address = part.split('"').next().unwrap();
        assert!(!address.contains("//"), "{address}");
    }
    for file in ["swagger-initializer.js", "swagger-ui-bundle.js", "swagger-ui.css"] {
        assert!(text.contains(file), "{file}");
        assert_eq!(app.get(&format!("/docs/{file}")).send().await.unwrap().status(), StatusCode::OK, "{file}");
    }
    let start = app.get("/docs/swagger-initializer.js").send().await.unwrap().text().await.unwrap();
    assert!(
        start.contains("\"url\": \"/api/openapi.json\"") && start.contains("\"validatorUrl\": \"none\""),
        "{start}"
    );
    assert_eq!(app.get("/docs/nothing.js").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    app.stop().await;
}
