//! The `/metrics` of a worker, which has no calls and no other routes.
//!
//! Owns: who may read the metrics. Never does: count anything.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse};

use super::credentials::Credentials;
use super::root::{METRICS, rendered, shows_token, token_wanted};
use super::{Problem, connection, limits, listen};
use crate::access::limits::{Limits, Who};
use crate::access::{AccessSettings, Recognised};
use crate::telemetry::Metrics;
use storage::Storage;

/// The access rule for a worker's `/metrics`. As for an engine, it is METRICS_TOKEN or a key of the
/// default workspace.
pub struct MetricsGate {
    token: String,
    /// No other machine can reach the worker, so nothing is required.
    open: bool,
    storage: Storage,
    limits: Limits,
    recognised: Recognised,
}

impl MetricsGate {
    /// Builds the rule. `needs_key` is true if an engine with these settings can be reached from
    /// elsewhere.
    pub fn new(bound: SocketAddr, needs_key: bool, access: &AccessSettings, storage: Storage) -> Self {
        let token = access.metrics_token.clone();
        let open = token.is_empty() && !needs_key && bound.ip().to_canonical().is_loopback();
        Self { token, open, storage, limits: Limits::new(access.quotas), recognised: Recognised::default() }
    }

    async fn check(&self, request: &HttpRequest) -> Result<(), Problem> {
        if self.open || shows_token(&self.token, request.headers()) {
            return Ok(());
        }
        let shown = Credentials::of(request.headers()).ok().flatten();
        let Some(Credentials::Key(key)) = shown else { return Err(token_wanted()) };
        // A worker has no public address, so there is no proxy to consider.
        let peer = request.peer_addr().map(|peer| peer.ip());
        let who = self.recognised.who(&key).or_else(|| peer.map(Who::at));
        let status = who.and_then(|who| self.limits.request(&who));
        if let Some(seconds) = status.and_then(|status| status.retry_after_s) {
            return Err(limits::too_many(seconds));
        }
        let known = self.storage.keys().recognise(&key).await?;
        let known = known.filter(|key| key.workspace_id == migration::DEFAULT_WORKSPACE);
        let id = known.ok_or_else(token_wanted)?.id;
        self.recognised.remember(&key, Who::Key(id));
        Ok(())
    }
}

/// Serves a worker's `/metrics`, and nothing else.
///
/// # Errors
/// If the listener cannot be used.
pub fn worker(listener: TcpListener, metrics: Arc<Metrics>, gate: MetricsGate) -> io::Result<Server> {
    let (metrics, gate) = (Data::from(metrics), Data::new(gate));
    let options = listen::Options { workers: 1, ..listen::Options::default() };
    listen::Web::start(listener, None, options, move || {
        App::new()
            .app_data(metrics.clone())
            .app_data(gate.clone())
            .route(METRICS, web::get().to(worker_metrics))
            .wrap(from_fn(connection::hold))
    })
}

/// Answers with the metrics in the Prometheus text format, if the access rule allows it.
async fn worker_metrics(
    metrics: Data<Metrics>,
    gate: Data<MetricsGate>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    gate.check(&request).await?;
    rendered(&metrics)
}
