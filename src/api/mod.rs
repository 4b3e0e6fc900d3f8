//! The REST API, the join routes and `/metrics`.
//!
//! Owns: HTTP in and out, a file a resource. Never does: hold state of its own; calls are behind [`Calls`], rows behind
//! [`Storage`](storage::Storage).

use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::App;
use actix_web::dev::Server;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::web;
use interview::quality::Thresholds;
use interview::webhook::Allow;
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Access;
use crate::calls::Calls;
use crate::fleet::Redis;
use crate::signalling::Whip;
use crate::supervised::Board;
use crate::telemetry::Metrics;
use llm::Llm;
use storage::Storage;
use voice::transport::IceServer;

mod accept;
mod analytics;
mod audit;
mod auth;
mod body;
mod call_guides;
mod caller;
mod compression;
mod conditional;
mod connection;
mod credentials;
mod dashboard;
mod described;
mod docs;
mod error;
mod events;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub mod kind;
mod problems;
mod guard;
mod guide_versions;
mod headers;
mod health;
mod idempotency;
mod insights;
mod interviews;
mod invitation;
mod join;
mod keys;
mod limits;
pub mod listen;
mod measured;
mod oidc;
mod openapi;
mod pages;
mod personal_data;
mod quality;
mod query;
mod queued;
mod reach;
mod received;
mod recording;
mod reviews;
mod root;
mod routes;
mod stored;
mod study;
mod tasks;
mod timeouts;
mod transcript;
mod users;
mod webhooks;
mod worker;

pub use caller::{Admin, Caller, Researcher, Role, Viewer};
pub use error::{Fault, Problem};
pub(crate) use guide_versions::written as written_guide;
pub use kind::Kind;
pub use openapi::openapi;
pub use worker::{MetricsGate, worker};

/// Largest request body: a guide of hundreds of questions is far smaller.
const MAX_BODY: usize = 1 << 20;
/// Mixes recordings of one interview (both sides, all legs: they share the clock) into one; blocking.
pub type Mixer = Arc<dyn Fn(Vec<File>, &mut dyn io::Write) -> io::Result<()> + Send + Sync>;

/// What the operator's settings fix for the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme and authority that respondents reach us under, without a slash at the end (PUBLIC_URL).
    pub public_url: String,
    /// How long a join link is good for after the scheduled time.
    pub link_lifetime: chrono::Duration,
    /// How long before an appointment its link lets in (OPEN_BEFORE_MINUTES).
    pub open_before: chrono::Duration,
    /// How long after an appointment nobody is waited for any more (NO_SHOW_AFTER_MINUTES).
    pub no_show_after: chrono::Duration,
    /// Consent to record is asked for (ENABLE_CALL_RECORDING).
    pub recording: bool,
    /// How requests are received.
    pub http: listen::Options,
    /// STUN and TURN servers for the respondents' side.
    pub ice_servers: Vec<IceServer>,
    pub webhooks: WebhookRules,
    /// What calls are judged by while nobody has set anything else.
    pub thresholds: Thresholds,
}

/// What the operator's settings fix for webhooks.
#[derive(Debug, Clone)]
pub struct WebhookRules {
    /// Where they may go beyond the public internet (WEBHOOKS_ALLOW).
    pub allow: Allow,
    /// How long an old secret signs as well (WEBHOOKS_SECRET_OVERLAP_HOURS).
    pub overlap: chrono::Duration,
}

/// Everything that handlers need; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub storage: Storage,
    pub calls: Arc<dyn Calls>,
    pub whip: Arc<Whip>,
    /// None where LLM_PROVIDER is `none`.
    pub llm: Option<Llm>,
    pub metrics: Arc<Metrics>,
    pub access: Arc<Access>,
    /// None when none is configured.
    pub redis: Option<Redis>,
    /// How the supervised parts stand.
    pub board: Board,
    pub settings: Arc<Settings>,
    pub mixer: Mixer,
}

impl AppState {
    /// What a page gives to its `RTCPeerConnection` as `iceServers`. Credentials are in it: only for who holds a join
    /// token.
    pub fn ice_servers_for_page(&self) -> &[IceServer] {
        &self.settings.ice_servers
    }
}

/// All routes. Those of the API describe themselves (see `routes`); pages for people are no part of the description.
fn configure(cfg: &mut ServiceConfig) {
    cfg.app_data(web::PathConfig::default().error_handler(|_, request| Problem::unknown_route(request.path()).into()))
        .app_data(web::PayloadConfig::new(MAX_BODY))
        .configure(root::routes)
        .configure(openapi::routes)
        .configure(health::routes)
        .configure(call_guides::routes)
        .configure(guide_versions::routes)
        .configure(study::routes)
        .configure(reviews::routes)
        .configure(interviews::routes)
        .configure(transcript::routes)
        .configure(recording::routes)
        .configure(dashboard::routes)
        .configure(analytics::routes)
        .configure(insights::routes)
        .configure(quality::routes)
        .configure(personal_data::routes)
        .configure(invitation::routes)
        .configure(join::routes)
        .configure(auth::routes)
        .configure(oidc::routes)
        .configure(keys::routes)
        .configure(users::routes)
        .configure(webhooks::routes)
        .configure(audit::routes)
        .configure(tasks::routes)
        .map(|pages| pages.configure(docs::routes).configure(problems::routes).configure(pages::routes))
        .default_service(web::to(root::not_found));
}

/// The server on a listener that is bound already, with TLS of its own where a configuration is given. Who may ask for
/// what depends on where the request comes from: see `guard`.
///
/// Signals are the caller's: stop it through `Server::handle`.
pub fn server(state: AppState, listener: TcpListener, tls: Option<rustls::ServerConfig>) -> io::Result<Server> {
    let exposure = guard::Exposure::of(&listener, &state.settings.public_url, &state.access.settings)?;
    let options = state.settings.http;
    listen::start(listener, tls, options, move || {
        let origins = &state.access.settings.cors_origins;
        let (app, described) = App::new().into_utoipa_app().configure(configure).split_for_parts();
        app.app_data(web::Data::new(openapi::Document::of(described)))
            .app_data(web::Data::new(state.clone()))
            .app_data(web::Data::new(exposure.clone()))
            // The first wrapped is the innermost: an Idempotency-Key counts for who was admitted, and refusals of the
            // guard come out as problem documents as well.
            .wrap(from_fn(idempotency::once))
            // Nobody's body is read who is not let in.
            .wrap(from_fn(received::whole))
            .wrap(from_fn(guard::admit))
            .wrap(from_fn(reach::refuse_while_away))
            .wrap(Condition::new(!origins.is_empty(), headers::cors(origins)))
            .wrap(from_fn(error::as_problem_document))
            .wrap(Compress::default())
            .wrap(from_fn(compression::settle))
            .wrap(from_fn(measured::measure))
            .wrap(from_fn(headers::protect))
            .wrap(from_fn(connection::hold))
    })
}
