//! `interviewer worker`: runs background tasks until Ctrl-C. Any number of workers may run beside
//! the engines.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::Notify;

use super::serve::{say, wait_for_signal};
use crate::api::MetricsGate;
use crate::config::Settings;
use crate::fleet::Redis;
use crate::insights::Tools;
use crate::supervised::Stack;
use crate::supervisors::database;
use crate::tasks::{RedisQueue, Runner};
use crate::telemetry::{self, Metrics};
use crate::webhooks::Relay;
use crate::{api, handles, startup};
use storage::{Probe, Secret, Storage};
use voice::inference::Inference;

/// How long running tasks may continue after Ctrl-C.
const GRACE: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    /// The address at which Prometheus finds this worker's `/metrics`, such as 127.0.0.1:9464.
    /// Without it, there are no metrics. METRICS_TOKEN or a key of the default workspace is
    /// required under the same conditions as for an engine, and at every address other than
    /// loopback.
    #[arg(long, value_name = "ADDRESS:PORT", env = "WORKER_METRICS")]
    metrics: Option<SocketAddr>,
}

pub fn run(args: &WorkerArgs, settings: &Settings) -> anyhow::Result<ExitCode> {
    telemetry::tracing::init(&settings.server.log_level)?;
    actix::System::new().block_on(async move {
        let url = settings.database_url();
        handles::raise();
        let storage = Storage::connect(&url, settings.storage.database_pool_size, &settings.storage.data_dir).await?;
        let storage = storage.with_secret(Secret::load(&settings.server.secret_key, &settings.storage.data_dir)?);
        let storage = storage.with_files(settings.open_files()?);
        storage.schema().migrate().await?;
        let metrics = Arc::new(Metrics::new()?);
        let mut stack = Stack::new(Arc::clone(&metrics))?;
        let inference = Inference::start(settings.speech.inference_threads);
        let (closing, computing) = (storage.clone(), inference.clone());
        stack.on_stop("inference", move || async move {
            // An error means that the process is already ending.
            let _ = actix_web::rt::task::spawn_blocking(move || computing.close()).await;
        });
        stack.on_stop("storage", move || async move {
            if let Err(error) = closing.close().await {
                tracing::error!(%error, "the database cannot be closed");
            }
        });
        if let Some(address) = args.metrics {
            let gate = MetricsGate::new(address, settings.needs_key(), &settings.access()?, storage.clone());
            let listener = TcpListener::bind(address).with_context(|| format!("--metrics {address}"))?;
            let server = api::worker(listener, Arc::clone(&metrics), gate)?;
            let handle = server.handle();
            actix_web::rt::spawn(server);
            stack.on_stop("metrics", move || async move { handle.stop(false).await });
        }
        if let Some(probe) = Probe::to(&url).await? {
            database::watch(&mut stack, probe, storage.reach().clone(), Arc::clone(&metrics))?;
        }
        let redis = Redis::open(&settings.storage.redis_url)?;
        if let Some(redis) = &redis {
            redis.watch(&mut stack)?;
        }
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
        let options = settings.task_options();
        let runner = Runner::start_in(&mut stack, storage.clone(), handlers, options, order, Arc::clone(&metrics))?;
        // Webhooks are delivered even while no engine runs.
        Relay::new(storage.clone(), settings.delivery()?, metrics, settled).start(&mut stack)?;
        wait_for_signal().await?;
        let active = runner.active();
        if active > 0 {
            say(format_args!("Waiting for {active} task(s) to end, {} s at most.", GRACE.as_secs()));
        }
        runner.stop(GRACE).await;
        stack.stop().await;
        say("Stopped.");
        Ok(ExitCode::SUCCESS)
    })
}
