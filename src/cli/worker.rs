//! `interviewer worker`: background tasks alone, until Ctrl-C. Any number of them may run beside the engines.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use anyhow::Context as _;
use tokio::sync::Notify;

use super::serve::{say, wait_for_signal};
use crate::config::Settings;
use crate::fleet::Redis;
use crate::insights::Tools;
use crate::supervisors::database;
use crate::tasks::{RedisQueue, Runner};
use crate::telemetry::{self, Metrics};
use crate::webhooks::Relay;
use crate::{api, startup};
use storage::{Probe, Secret, Storage};
use voice::inference::Inference;

/// How long tasks under way may go on after Ctrl-C.
const GRACE: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    /// Where Prometheus finds this worker's `/metrics`, such as 127.0.0.1:9464; METRICS_TOKEN guards it. Nowhere without.
    #[arg(long, value_name = "ADDRESS:PORT", env = "WORKER_METRICS")]
    metrics: Option<SocketAddr>,
}

pub fn run(args: &WorkerArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    telemetry::tracing::init(&settings.server.log_level)?;
    actix::System::new().block_on(async move {
        let url = settings.database_url();
        let storage = Storage::connect(&url, settings.storage.database_pool_size, &settings.storage.data_dir).await?;
        let storage = storage.with_secret(Secret::load(&settings.server.secret_key, &settings.storage.data_dir)?);
        let storage = storage.with_files(settings.open_files()?);
        storage.migrate().await?;
        let metrics = Arc::new(Metrics::new()?);
        let mut beside = Vec::new();
        if let Some(address) = args.metrics {
            let server = measured(address, Arc::clone(&metrics), settings.access()?.metrics_token)?;
            beside.push(actix_web::rt::spawn(async move { drop(server.await) }));
        }
        if let Some(probe) = Probe::to(&url).await? {
            let watch = database::watch(probe, storage.reach().clone(), Arc::clone(&metrics));
            beside.push(actix_web::rt::spawn(watch));
        }
        let redis = Redis::open(&settings.storage.redis_url)?;
        if let Some(redis) = &redis {
            beside.push(actix_web::rt::spawn(redis.clone().watch()));
        }
        let inference = Inference::start(settings.speech.inference_threads);
        let llm = settings.language_model();
        if let Some(llm) = &llm {
            llm.count_into(Arc::clone(&metrics));
        }
        let tools = Tools::open(settings, inference.clone(), llm, Some(Arc::clone(&metrics))).await;
        let settled = Arc::new(Notify::new());
        let handlers = startup::background(settings, &storage, &metrics, &settled, tools);
        let kinds: Vec<&str> = handlers.iter().map(|handler| handler.kind()).collect();
        let place = if redis.is_some() { "Redis and the database" } else { "the database" };
        say(format_args!("The worker is ready: {} from {place}. Ctrl-C stops it.", kinds.join(", ")));
        let order = redis.map(RedisQueue::new);
        let runner = Runner::start(storage.clone(), handlers, settings.task_options(), order, Arc::clone(&metrics))?;
        // Webhooks are told of what happened also while no engine runs.
        let relay = Relay::new(storage.clone(), settings.delivery()?, metrics, settled);
        beside.push(actix_web::rt::spawn(relay.run()));
        wait_for_signal().await?;
        let active = runner.active();
        if active > 0 {
            say(format_args!("Waiting for {active} task(s) to end, {} s at most.", GRACE.as_secs()));
        }
        runner.stop(GRACE).await;
        beside.iter().for_each(actix_web::rt::task::JoinHandle::abort);
        storage.close().await?;
        drop(runner);
        actix_web::rt::task::spawn_blocking(move || inference.close()).await?;
        say("Stopped.");
        Ok(ExitCode::SUCCESS)
    })
}

/// Serves `/metrics`, and nothing else.
fn measured(address: SocketAddr, metrics: Arc<Metrics>, token: String) -> anyhow::Result<Server> {
    let listener = TcpListener::bind(address).with_context(|| format!("--metrics {address}"))?;
    let (metrics, token) = (Data::from(metrics), Data::new(api::MetricsToken(token)));
    let app = move || {
        App::new()
            .app_data(metrics.clone())
            .app_data(token.clone())
            .route("/metrics", web::get().to(api::worker_metrics))
    };
    Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
}
