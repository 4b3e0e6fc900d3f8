//! Reading the settings of a webhook, with all of their faults at once.

use std::collections::BTreeMap;

use interview::webhook::{Allow, Target, WebhookEvent, name_fault, value_fault};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Problem;
use crate::api::described::{Described, escaped};
use storage::WebhookSettings;

const MOST_HEADERS: usize = 20;

#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookSettings)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookBody {
    /// The purpose of the webhook.
    #[schema(pattern = r"\S", max_length = 200)]
    name: String,
    /// An https URL with a host of the public internet. The operator can allow others
    /// (WEBHOOKS_ALLOW).
    #[schema(format = "uri", max_length = 2048)]
    url: String,
    #[schema(min_items = 1)]
    events: Vec<WebhookEvent>,
    /// At most 20 headers that are sent with every delivery, such as `Authorization`. Headers that
    /// the engine sets are not allowed.
    headers: Option<BTreeMap<String, String>>,
    /// True if missing.
    is_active: Option<bool>,
}

pub(super) fn read(body: Value, allow: &Allow) -> Result<WebhookSettings, Problem> {
    let mut body = Described::<WebhookBody>::of(body);
    body.check("url", |url: String| Target::read(&url, allow).map(drop).map_err(|faults| faults.join("; ")));
    body.check("headers", |headers: BTreeMap<String, String>| {
        if headers.len() <= MOST_HEADERS { Ok(()) } else { Err(format!("At most {MOST_HEADERS} headers are allowed.")) }
    });
    // Each header is checked by itself, so that a value that is not text does not hide the faults
    // of the others.
    let given = body.raw("headers").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in &given {
        let twice =
            seen.iter().any(|other| other.eq_ignore_ascii_case(name)).then_some("This header may appear only once.");
        if let Some(fault) = name_fault(name).or(value.as_str().and_then(value_fault)).or(twice) {
            body.fault(&format!("headers/{}", escaped(name)), fault);
        }
        seen.push(name);
    }
    let WebhookBody { name, url, events: listed, headers, is_active } = body.finish()?;
    let mut events = Vec::new();
    for event in listed {
        // A repeated event has no effect.
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(WebhookSettings {
        name,
        url,
        events,
        headers: headers.unwrap_or_default(),
        is_active: is_active.unwrap_or(true),
    })
}
