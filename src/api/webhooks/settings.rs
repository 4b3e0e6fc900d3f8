//! Reading what somebody wants of a webhook: everything that is wrong with it at once.

use std::collections::BTreeMap;

use interview::webhook::{Allow, Target, WebhookEvent, name_fault, value_fault};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Problem;
use crate::api::body::Fields;
use storage::WebhookSettings;

const MOST_HEADERS: usize = 20;
const LONGEST_NAME: usize = 200;

/// What [`read`] takes, for the description.
#[derive(ToSchema)]
#[schema(as = WebhookSettings)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub(super) struct WebhookBody {
    /// What it is for.
    #[schema(pattern = r"\S", max_length = 200)]
    name: String,
    /// By https, and to a host of the public internet, but for what the operator allows (WEBHOOKS_ALLOW).
    #[schema(format = "uri", max_length = 2048)]
    url: String,
    #[schema(min_items = 1)]
    events: Vec<WebhookEvent>,
    /// Sent with every delivery, such as `Authorization`; at most 20. Not what the engine itself sets.
    headers: Option<BTreeMap<String, String>>,
    /// True when missing.
    is_active: Option<bool>,
}

pub(super) fn read(body: Value, allow: &Allow) -> Result<WebhookSettings, Problem> {
    let mut fields = Fields::of(body);
    let name = fields.needed("name", Fields::text).unwrap_or_default();
    if name.chars().count() > LONGEST_NAME {
        fields.fault("name", &format!("at most {LONGEST_NAME} characters are taken"));
    }
    let url = fields.needed("url", Fields::text).unwrap_or_default();
    if !url.is_empty()
        && let Err(faults) = Target::read(&url, allow)
    {
        fields.fault("url", &faults.join("; "));
    }
    let events = events(&mut fields);
    let headers = headers(&mut fields);
    let is_active = fields.flag("is_active").unwrap_or(true);
    fields.finish()?;
    Ok(WebhookSettings { name, url, events, headers, is_active })
}

fn events(fields: &mut Fields) -> Vec<WebhookEvent> {
    let names = WebhookEvent::ALL.map(WebhookEvent::as_str).join(", ");
    let Some(Value::Array(listed)) = fields.needed("events", Fields::take) else {
        fields.fault("events", &format!("a list of these is wanted here: {names}"));
        return Vec::new();
    };
    if listed.is_empty() {
        fields.fault("events", &format!("at least one of these is wanted here: {names}"));
    }
    let mut events = Vec::new();
    for (index, name) in listed.iter().enumerate() {
        match name.as_str().and_then(WebhookEvent::named) {
            // Naming one twice changes nothing.
            Some(event) if events.contains(&event) => {}
            Some(event) => events.push(event),
            None => fields.fault(&format!("events/{index}"), &format!("one of these is wanted here: {names}")),
        }
    }
    events
}

fn headers(fields: &mut Fields) -> BTreeMap<String, String> {
    let Some(Value::Object(given)) = fields.object("headers") else { return BTreeMap::new() };
    if given.len() > MOST_HEADERS {
        fields.fault("headers", &format!("at most {MOST_HEADERS} are taken"));
    }
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in given {
        let pointer = format!("headers/{}", name.replace('~', "~0").replace('/', "~1"));
        let twice = headers.keys().any(|other| other.eq_ignore_ascii_case(&name));
        let value_fault = value.as_str().map_or(Some("a text is wanted here"), value_fault);
        match name_fault(&name).or(value_fault) {
            Some(fault) => fields.fault(&pointer, fault),
            None if twice => fields.fault(&pointer, "once is enough"),
            None => {
                headers.insert(name, value.as_str().unwrap_or_default().to_owned());
            }
        }
    }
    headers
}
