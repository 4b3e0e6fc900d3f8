//! From settings to a running engine, in one place for `serve`, the demo, tests and benchmarks.
//!
//! Owns: the order in which parts come up and go down. Never does: parse arguments or print.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use tokio::sync::Notify;
use tracing::info;
use uuid::Uuid;

use crate::access::Access;
use crate::api;
use crate::config::{ConfigError, Settings, SpeechEngine};
use crate::fleet::{Answers, Cache, Fleet, Holders, Redis, RedisError, Sessions};
use crate::insights::Tools;
use crate::insights::task::ExtractInsights;
use crate::privacy::{FileRemover, Retention};
use crate::recordings::Keeper;
use crate::session::engines::EngineError;
use crate::session::registry::Parts;
use crate::session::{self, Engines, Registry, watcher};
use crate::signalling::Whip;
use crate::study::task::{Exporter, Remover};
use crate::supervisors::{self, Appointments, Flush, Persistence, Quality, database};
use crate::tasks::{Handler, RedisQueue, Runner, TaskError};
use crate::telemetry::Metrics;
use crate::tls::{self, TlsError};
use crate::webhooks::{Dispatcher, Relay, SystemResolver};
use llm::proposer::LlmProposer;
use storage::recordings::local_root;
use storage::{Probe, Secret, Storage, StorageError};
use voice::audio::MediaRuntime;
use voice::audio::recording::{self, Recordings};
use voice::transport::webrtc::{WebRtc, WebRtcSettings};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the data folder {folder} can't be used: {reason}")]
    DataDir { folder: String, reason: String },
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Engines(#[from] EngineError),
    #[error("{address} can't be bound: {reason}. Is another engine running? API_PORT chooses another port")]
    Bind { address: SocketAddr, reason: String },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("a thread could not be started: {0}")]
    Thread(io::Error),
    #[error(transparent)]
    Tasks(#[from] TaskError),
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error("web server: {0}")]
    Server(std::io::Error),
}

/// How long a join link is good for.
const LINK_DAYS: i64 = 30;
/// How long a guide is kept at hand: longer than a call. Versions that are in use never change.
const GUIDES_KEPT: Duration = Duration::from_hours(2);
/// How long tasks under way may take to end; what is not done then is begun anew later.
const TASK_GRACE: Duration = Duration::from_secs(5);
/// Threads that serve HTTP: it carries control and reports, not media.
const HTTP_WORKERS: usize = 2;

/// An engine that answers on its address.
pub struct Running {
    /// Where this machine itself finds it.
    pub url: String,
    pub settings: Settings,
    pub registry: Registry,
    pub storage: Storage,
    pub engines: Arc<Engines>,
    pub metrics: Arc<Metrics>,
    persistence: Addr<Persistence>,
    pub quality: Quality,
    server: actix_web::dev::ServerHandle,
    watcher: actix_web::rt::task::JoinHandle<()>,
    /// Asks whether the database answers; SQLite's always does.
    database: Option<actix_web::rt::task::JoinHandle<()>>,
    retention: actix_web::rt::task::JoinHandle<()>,
    keeper: Keeper,
    /// Brings recordings to the store of files.
    keeping: actix_web::rt::task::JoinHandle<()>,
    /// Its threads outlive the pool of connections, some of which are theirs.
    tasks: Runner,
    /// What looks after Redis, where there is one.
    redis: Vec<actix_web::rt::task::JoinHandle<()>>,
    webhooks: actix_web::rt::task::JoinHandle<()>,
    /// Held for as long as we run: two engines on one data folder would hand out the same event numbers.
    _lock: std::fs::File,
}

/// Starts an engine. `settings.server.port` 0 takes a free port. Must be called inside an actix system.
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    let engines = match settings.speech.engine {
        SpeechEngine::Local => {
            let for_thread = settings.clone();
            // Reading weights takes a second or two: not on the system's own thread.
            actix_web::rt::task::spawn_blocking(move || Engines::local(&for_thread))
                .await
                .map_err(|error| EngineError::Start(error.to_string()))??
        }
        SpeechEngine::Scripted => Engines::scripted(&settings)?,
    };
    start_with(settings, engines).await
}

/// The same with engines of the caller's: for tests, which have their own words spoken.
pub async fn start_with(settings: Settings, engines: Engines) -> Result<Running, StartError> {
    let tls = settings.tls()?.map(|(cert, key)| tls::server_config(cert, key)).transpose()?;
    let lock = lock_data_dir(&settings)?;
    let llm = settings.language_model();
    let mut engines = engines;
    if let Some(llm) = &llm {
        engines.proposer =
            Arc::new(LlmProposer::new(llm.clone(), settings.llm.prompt, settings.llm.tokens_per_interview));
        info!(model = llm.model(), server = llm.base_url(), "a language model words follow-ups");
    }
    let engines = Arc::new(engines);
    engines.warm_up().await?;
    info!(engines = engines.describe(), "ready");

    let storage =
        Storage::connect(&settings.database_url(), settings.storage.database_pool_size, &settings.storage.data_dir)
            .await?;
    let secret = Secret::load(&settings.server.secret_key, &settings.storage.data_dir).map_err(StorageError::from)?;
    let storage = storage.with_secret(secret).extracting(settings.insights.on_completion);
    let storage = storage.with_files(settings.open_files().map_err(StorageError::from)?);
    storage.migrate().await?;
    let metrics = Arc::new(Metrics::new()?);
    metrics.watch_queue(engines.inference.clone())?;
    if let Some(llm) = &llm {
        llm.count_into(Arc::clone(&metrics));
    }
    // Beside the pool: an engine whose connections are all in use is not one whose database is away.
    let database = Probe::to(&settings.database_url())
        .await?
        .map(|probe| actix_web::rt::spawn(database::watch(probe, storage.reach().clone(), Arc::clone(&metrics))));
    let engine = engine_name(&settings)?;
    let redis = Redis::open(&settings.storage.redis_url)?;
    let mut beside = Vec::new();
    if let (Some(llm), Some(redis)) = (&llm, &redis) {
        llm.cache_in(Arc::new(Answers::new(redis.clone())));
    }
    if let Some(redis) = &redis {
        beside.push(actix_web::rt::spawn(redis.clone().watch()));
    }
    let fleet = match &redis {
        Some(redis) => Some(Fleet {
            holders: Holders::new(redis.clone(), engine.clone()),
            sessions: Sessions::new(redis.clone()),
        }),
        None => None,
    };
    let persistence = Persistence::start_on_own_thread(storage.clone(), Arc::clone(&metrics));
    flush(&persistence).await;
    let media = MediaRuntime::start().map_err(StartError::Thread)?;
    let recordings = Recordings::start(local_root(&settings.storage.data_dir)).map_err(StartError::Thread)?;
    let keeper = Keeper::new(storage.clone(), engine, recordings.changed());
    let keeping = actix_web::rt::spawn(keeper.clone().run());
    let whip = Arc::new(Whip::new(Arc::new(WebRtc::new(
        WebRtcSettings {
            bind_ips: settings.media_addresses(),
            udp_port_range: settings.udp_ports()?,
            ice_servers: settings.own_ice_servers()?,
            relay_only: false,
            public_addresses: settings.public_addresses()?,
            lost_after: settings.lost_after(),
            give_up_after: settings.give_up_after(),
        },
        media.handle().clone(),
    ))));
    let registry = Registry::new(Parts {
        settings: settings.clone(),
        storage: storage.clone(),
        engines: Arc::clone(&engines),
        persistence: persistence.clone(),
        media,
        recordings,
        keeper: keeper.clone(),
        metrics: Arc::clone(&metrics),
        fleet: fleet.clone(),
        llm: llm.clone(),
        guides: Cache::new("guide", GUIDES_KEPT, redis.clone()),
    });
    if let Some(fleet) = fleet {
        beside.push(actix_web::rt::spawn(session::fleet::keep(registry.clone(), fleet)));
    }
    let interrupted = registry.recover().await?;
    if interrupted > 0 {
        info!(interrupted, "interviews wait to be taken up again");
    }
    // What was interrupted stands in the log by now: the supervisor begins with it.
    let watched = supervisors::quality::Parts {
        storage: storage.clone(),
        metrics: Arc::clone(&metrics),
        defaults: settings.thresholds(),
        quiet: Duration::from_secs(settings.quality.component_quiet_seconds.into()),
    };
    let quality = Quality::start(watched, persistence.clone());
    let watcher = actix_web::rt::spawn(watcher::watch(registry.clone()));
    let retention = Retention {
        storage: storage.clone(),
        calls: Arc::new(registry.clone()),
        metrics: Arc::clone(&metrics),
        days: settings.storage.data_retention_days,
    };
    let retention = actix_web::rt::spawn(supervisors::retention::keep(retention, chrono::Utc::now));

    let adopted = storage.adopt_appointments().await?;
    if adopted > 0 {
        info!(adopted, "scheduled interviews have a task now");
    }
    // What needs calls can be done nowhere else.
    let mut handlers: Vec<Arc<dyn Handler>> =
        vec![Arc::new(Appointments::new(Arc::clone(&metrics), Arc::new(registry.clone())))];
    let settled = Arc::new(Notify::new());
    if settings.tasks.in_serve {
        let tools = Tools::open(&settings, engines.inference.clone(), llm.clone(), Some(Arc::clone(&metrics))).await;
        handlers.extend(background(&settings, &storage, &metrics, &settled, tools));
    }
    let order = redis.clone().map(RedisQueue::new);
    let tasks = Runner::start(storage.clone(), handlers, settings.task_options(), order, Arc::clone(&metrics))?;
    let delivery = settings.delivery()?;
    let relay = Relay::new(storage.clone(), delivery.clone(), Arc::clone(&metrics), settled);
    let webhooks = actix_web::rt::spawn(relay.run());

    let address = SocketAddr::new(settings.server.host, settings.server.port);
    let bind = |error: std::io::Error| StartError::Bind { address, reason: error.to_string() };
    let listener = TcpListener::bind(address).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    let mut settings = settings;
    settings.server.port = bound.port();
    let access = Access::new(settings.access()?, settings.oidc()?, storage.secret());
    let state = api::AppState {
        storage: storage.clone(),
        calls: Arc::new(registry.clone()),
        whip,
        llm: llm.clone(),
        metrics: Arc::clone(&metrics),
        access: Arc::new(access),
        redis: redis.clone(),
        settings: Arc::new(api::Settings {
            public_url: settings.public_url(),
            link_lifetime: chrono::Duration::days(LINK_DAYS),
            open_before: chrono::Duration::minutes(settings.calls.open_before_minutes.into()),
            no_show_after: chrono::Duration::minutes(settings.calls.no_show_after_minutes.into()),
            recording: settings.calls.enable_call_recording,
            workers: HTTP_WORKERS,
            ice_servers: settings.ice_servers()?,
            webhooks: api::WebhookRules { allow: delivery.allow.clone(), overlap: delivery.overlap },
            thresholds: settings.thresholds(),
        }),
        mixer: Arc::new(|files, mixed| {
            let mut mixed = io::BufWriter::new(mixed);
            recording::mix(files, &mut mixed).map_err(io::Error::other)?;
            io::Write::flush(&mut mixed)
        }),
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let server = api::server(state, listener, tls).map_err(StartError::Server)?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    // Bound to every address it is reached here by the loopback one.
    let local = match bound.ip() {
        IpAddr::V4(all) if all.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(all) if all.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        one => one,
    };
    let url = format!("{scheme}://{}", SocketAddr::new(local, bound.port()));
    info!(url, "listening");
    Ok(Running {
        url,
        settings,
        registry,
        storage,
        engines,
        metrics,
        persistence,
        quality,
        server: handle,
        watcher,
        database,
        retention,
        keeper,
        keeping,
        tasks,
        redis: beside,
        webhooks,
        _lock: lock,
    })
}

impl Running {
    /// Lets nobody in any more, gives the calls that are on `grace` to end, and closes everything in order.
    /// Returns how many calls were left to be taken up again.
    pub async fn stop(self, grace: Duration) -> usize {
        let left = self.registry.drain(grace).await;
        self.watcher.abort();
        self.retention.abort();
        self.webhooks.abort();
        self.server.stop(true).await;
        self.tasks.stop(TASK_GRACE).await;
        self.redis.iter().for_each(actix_web::rt::task::JoinHandle::abort);
        flush(&self.persistence).await;
        self.keeping.abort();
        self.keeper.finish().await;
        self.quality.stop().await;
        if let Some(database) = self.database {
            database.abort();
        }
        if let Err(error) = self.storage.close().await {
            tracing::error!(%error, "closing the database");
        }
        let engines = self.engines;
        // An error means that the process is ending already.
        let _ = actix_web::rt::task::spawn_blocking(move || engines.inference.close()).await;
        left
    }
}

/// What can be done in the background by any process: `serve` and `worker`. What needs calls is added by `start_with`.
/// `settled` is told of deliveries to webhooks; `tools` is what insights are made with.
pub fn background(
    settings: &Settings,
    storage: &Storage,
    metrics: &Arc<Metrics>,
    settled: &Arc<Notify>,
    tools: Tools,
) -> Vec<Arc<dyn Handler>> {
    let mut handlers: Vec<Arc<dyn Handler>> =
        vec![Arc::new(ExtractInsights { tools }), Arc::new(Exporter), Arc::new(Remover), Arc::new(FileRemover)];
    // They were checked when they were read.
    if let Ok(delivery) = settings.delivery() {
        let (metrics, settled) = (Arc::clone(metrics), Arc::clone(settled));
        let resolver = Arc::new(SystemResolver);
        handlers.push(Arc::new(Dispatcher::new(storage.clone(), delivery, resolver, metrics, settled)));
    }
    handlers
}

/// Everything handed over before is committed.
async fn flush(persistence: &Addr<Persistence>) {
    let (flushed, done) = tokio::sync::oneshot::channel();
    persistence.do_send(Flush(flushed));
    // An error means that the supervisor is gone: it has said so itself.
    let _ = done.await;
}

/// What other engines know this one by: kept in its data folder, which no other engine uses.
fn engine_name(settings: &Settings) -> Result<String, StartError> {
    let file = settings.storage.data_dir.join("engine.id");
    if let Ok(name) = std::fs::read_to_string(&file)
        && Uuid::parse_str(&name).is_ok()
    {
        return Ok(name);
    }
    let name = Uuid::now_v7().to_string();
    let error =
        |reason: io::Error| StartError::DataDir { folder: file.display().to_string(), reason: reason.to_string() };
    std::fs::write(&file, &name).map_err(error)?;
    Ok(name)
}

fn lock_data_dir(settings: &Settings) -> Result<std::fs::File, StartError> {
    let folder = &settings.storage.data_dir;
    let error = |reason: String| StartError::DataDir { folder: folder.display().to_string(), reason };
    std::fs::create_dir_all(folder).map_err(|e| error(e.to_string()))?;
    let file = std::fs::File::create(folder.join("engine.lock")).map_err(|e| error(e.to_string()))?;
    file.try_lock().map_err(|_| error("another engine is using it; DATA_DIR chooses another folder".into()))?;
    Ok(file)
}
