//! The REST API, the join routes and `/metrics`.
//!
//! Owns: HTTP in and out, with one file for each resource. Never does: hold state. Calls are behind
//! [`Calls`], and rows are behind [`Storage`](storage::Storage).

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
use crate::supervised::StatusBoard;
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

/// The largest request body in bytes. A guide with hundreds of questions is far smaller.
const MAX_BODY: usize = 1 << 20;
/// Mixes the recordings of one interview into one file. The recordings are of both sides and of all
/// legs, and share a clock. The call blocks.
pub type Mixer = Arc<dyn Fn(Vec<File>, &mut dyn io::Write) -> io::Result<()> + Send + Sync>;

/// The operator's settings for the API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The scheme and the authority under which respondents reach the engine, without a slash at
    /// the end (PUBLIC_URL).
    pub public_url: String,
    /// How long a join link is valid after the scheduled time.
    pub link_lifetime: chrono::Duration,
    /// How long before an appointment its link can be used (OPEN_BEFORE_MINUTES).
    pub open_before: chrono::Duration,
    /// How long after an appointment the engine waits for the respondent (NO_SHOW_AFTER_MINUTES).
    pub no_show_after: chrono::Duration,
    /// Respondents are asked for consent to record (ENABLE_CALL_RECORDING).
    pub recording: bool,
    /// The options of the web server.
    pub http: listen::Options,
    /// The STUN and TURN servers for the respondents' browsers.
    pub ice_servers: Vec<IceServer>,
    pub webhooks: WebhookRules,
    /// The default quality thresholds.
    pub thresholds: Thresholds,
}

/// The operator's settings for webhooks.
#[derive(Debug, Clone)]
pub struct WebhookRules {
    /// The addresses outside the public internet that webhooks may use (WEBHOOKS_ALLOW).
    pub allow: Allow,
    /// How long a replaced secret still signs (WEBHOOKS_SECRET_OVERLAP_HOURS).
    pub overlap: chrono::Duration,
}

/// Everything that handlers need. Cloning it is cheap.
#[derive(Clone)]
pub struct AppState {
    pub storage: Storage,
    pub calls: Arc<dyn Calls>,
    pub whip: Arc<Whip>,
    /// `None` if LLM_PROVIDER is `none`.
    pub llm: Option<Llm>,
    pub metrics: Arc<Metrics>,
    pub access: Arc<Access>,
    /// `None` if Redis is not configured.
    pub redis: Option<Redis>,
    /// The state of the supervised parts.
    pub board: StatusBoard,
    pub settings: Arc<Settings>,
    pub mixer: Mixer,
}

impl AppState {
    /// Returns the `iceServers` of the page's `RTCPeerConnection`. They include credentials, so
    /// they are given only to the holder of a join token.
    pub fn ice_servers_for_page(&self) -> &[IceServer] {
        &self.settings.ice_servers
    }
}

/// Registers all routes. The routes of the API describe themselves (see `routes`). Pages for people
/// are not part of the description.
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

/// Starts the server on a bound listener, with TLS if a configuration is given. The access rules
/// depend on where a request comes from: see `guard`.
///
/// The server ignores signals. The caller stops it through `Server::handle`.
pub fn server(state: AppState, listener: TcpListener, tls: Option<rustls::ServerConfig>) -> io::Result<Server> {
    let exposure = guard::Exposure::of(&listener, &state.settings.public_url, &state.access.settings)?;
    let options = state.settings.http;
    listen::Web::start(listener, tls, options, move || {
        let origins = &state.access.settings.cors_origins;
        let (app, described) = App::new().into_utoipa_app().configure(configure).split_for_parts();
        app.app_data(web::Data::new(openapi::Document::of(described)))
            .app_data(web::Data::new(state.clone()))
            .app_data(web::Data::new(exposure.clone()))
            // The middleware that is added first is the innermost. An Idempotency-Key belongs to
            // the caller whom the guard has identified, and refusals of the guard become problem
            // documents as well.
            .wrap(from_fn(idempotency::once))
            // The body of a refused request is not read.
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
