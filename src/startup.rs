//! The start of an engine from its settings, for `serve`, the demo, tests and benchmarks.
//!
//! Owns: the order in which parts are started and stopped. Never does: parse arguments or print.

mod data_dir;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tracing::info;

use self::data_dir::{engine_name, lock_data_dir};
use crate::access::Access;
use crate::api;
use crate::config::{ConfigError, Settings, SpeechEngine};
use crate::fleet::{Answers, Cache, Leases, Redis, RedisError, Sessions};
use crate::handles;
use crate::insights::Tools;
use crate::insights::task::ExtractInsights;
use crate::privacy::{FileRemover, Retention};
use crate::recordings::Uploader;
use crate::session::engines::EngineError;
use crate::session::registry::Parts;
use crate::session::{self, Engines, Registry, watcher};
use crate::signalling::Whip;
use crate::study::task::{Exporter, Remover};
use crate::supervised::{Part, Run, Stack, StatusBoard};
use crate::supervisors::{self, Appointments, Incidents, Patience, Persistence, Quality, components, database};
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
    #[error("the data folder {folder} cannot be used: {reason}")]
    DataDir { folder: String, reason: String },
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Engines(#[from] EngineError),
    #[error("{address} cannot be bound: {reason}. Is another engine running? Choose another port with API_PORT")]
    Bind { address: SocketAddr, reason: String },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("a thread could not be started: {0}")]
    Thread(#[from] io::Error),
    #[error(transparent)]
    Tasks(#[from] TaskError),
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error("web server: {0}")]
    Server(std::io::Error),
}

/// How long a join link is valid, in days.
const LINK_DAYS: i64 = 30;
/// How long a guide is cached, which is longer than a call. Versions that are in use never change.
const GUIDES_KEPT: Duration = Duration::from_hours(2);
/// How long running tasks may take when the engine stops. The rest is started again later.
const TASK_GRACE: Duration = Duration::from_secs(5);
/// How long waiting events may take to reach the database at the start and at the end. The rest is
/// in the spool.
const FLUSH_GRACE: Duration = Duration::from_secs(10);

/// An engine that answers at its address.
pub struct Running {
    /// The URL of the engine on this machine.
    pub url: String,
    pub settings: Settings,
    pub registry: Registry,
    pub storage: Storage,
    pub engines: Arc<Engines>,
    pub metrics: Arc<Metrics>,
    pub persistence: Persistence,
    pub quality: Quality,
    /// The states of the supervised parts.
    pub board: StatusBoard,
    /// Everything that was started, in order.
    stack: Stack,
    /// The lock on the data folder, held as long as the engine runs.
    _lock: std::fs::File,
}

/// Starts an engine. If `settings.server.port` is 0, a free port is chosen. It must be called
/// within an actix system.
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    let engines = match settings.speech.engine {
        SpeechEngine::Local => {
            let for_thread = settings.clone();
            // Reading weights takes a second or two, so it does not run on the system's thread.
            actix_web::rt::task::spawn_blocking(move || Engines::local(&for_thread))
                .await
                .map_err(|error| EngineError::Start(error.to_string()))??
        }
        SpeechEngine::Scripted => Engines::scripted(&settings)?,
    };
    // The future contains all that is started and is large.
    Box::pin(start_with(settings, engines)).await
}

/// Starts an engine with other speech engines, for tests with scripted words.
pub async fn start_with(settings: Settings, engines: Engines) -> Result<Running, StartError> {
    let tls = settings.tls()?.map(|(cert, key)| tls::server_config(cert, key)).transpose()?;
    let (settings, http) = within_handles(settings);
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
    let storage =
        storage.with_secret(secret).extracting(settings.insights.on_completion).with_open_work(settings.open_work());
    let storage = storage.with_files(settings.open_files().map_err(StorageError::from)?);
    storage.schema().migrate().await?;
    let metrics = Arc::new(Metrics::new()?);
    metrics.watch_queue(engines.inference.clone())?;
    if let Some(llm) = &llm {
        llm.count_into(Arc::clone(&metrics));
    }
    let mut stack = Stack::new(Arc::clone(&metrics)).map_err(StartError::Thread)?;
    let inference = engines.inference.clone();
    stack.on_stop("inference", move || async move {
        // An error means that the process is already ending.
        let _ = actix_web::rt::task::spawn_blocking(move || inference.close()).await;
    });
    let closing = storage.clone();
    stack.on_stop("storage", move || async move {
        if let Err(error) = closing.close().await {
            tracing::error!(%error, "the database cannot be closed");
        }
    });
    // The probe has its own connection, because an engine with a busy pool can still have an
    // available database.
    if let Some(probe) = Probe::to(&settings.database_url()).await? {
        database::watch(&mut stack, probe, storage.reach().clone(), Arc::clone(&metrics))?;
    }
    let engine = engine_name(&settings)?;
    let redis = Redis::open(&settings.storage.redis_url)?;
    if let Some(redis) = &redis {
        redis.watch(&mut stack)?;
    }
    if let (Some(llm), Some(redis)) = (&llm, &redis) {
        llm.cache_in(Arc::new(Answers::new(redis.clone())));
    }
    let leases = Leases::new(storage.clone(), engine.clone(), redis.clone());
    let incidents = Incidents::default();
    let persistence = Persistence::start(
        &mut stack,
        storage.clone(),
        Arc::clone(&metrics),
        incidents.clone(),
        leases.clone(),
        Patience::default(),
    )?;
    let (last, held) = (persistence.clone(), leases.clone());
    stack.on_stop("persistence", move || async move {
        if tokio::time::timeout(FLUSH_GRACE, last.flush()).await.is_err() {
            tracing::warn!("events are still waiting for the database. The next start appends them");
        }
        // Other engines may take these calls at once.
        if let Err(error) = held.release(|interview| last.has_waiting(interview)).await {
            tracing::warn!(%error, "leases of calls can't be released: they expire");
        }
    });
    // Events that the last process could not append come before anything that this one does about
    // their interviews.
    if tokio::time::timeout(FLUSH_GRACE, persistence.flush()).await.is_err() {
        tracing::warn!("events of the last run are still waiting, so their interviews are not changed yet");
    }
    let media = MediaRuntime::start().map_err(StartError::Thread)?;
    watch_media(&mut stack, &media)?;
    let recordings = start_recordings(&mut stack, local_root(&settings.storage.data_dir))?;
    let uploader = Uploader::new(storage.clone(), engine, recordings.changed());
    let last = uploader.clone();
    stack.on_stop("recording_store", move || async move { last.finish().await });
    uploader.start(&mut stack)?;
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
        uploader: uploader.clone(),
        metrics: Arc::clone(&metrics),
        leases,
        sessions: redis.clone().map(Sessions::new),
        llm: llm.clone(),
        guides: Cache::new("guide", GUIDES_KEPT, redis.clone()),
    });
    session::fleet::start(&mut stack, registry.clone())?;
    let interrupted = registry.recover().await?;
    if interrupted > 0 {
        info!(interrupted, "interrupted interviews are waiting to be continued");
    }
    let sources = components::Sources {
        storage: storage.clone(),
        metrics: Arc::clone(&metrics),
        board: stack.board(),
        incidents,
        quiet: Duration::from_secs(settings.quality.component_quiet_seconds.into()),
    };
    components::start(&mut stack, sources)?;
    // Interrupted calls are in the log by now, so the supervisor sees them.
    let watched = supervisors::quality::Parts {
        storage: storage.clone(),
        metrics: Arc::clone(&metrics),
        defaults: settings.thresholds(),
    };
    let quality = Quality::start(&mut stack, watched, persistence.clone())?;
    watcher::start(&mut stack, registry.clone())?;
    let retention = Retention {
        storage: storage.clone(),
        calls: Arc::new(registry.clone()),
        metrics: Arc::clone(&metrics),
        days: settings.storage.data_retention_days,
    };
    supervisors::retention::start(&mut stack, retention, chrono::Utc::now)?;

    let adopted = storage.interviews().adopt_appointments().await?;
    if adopted > 0 {
        info!(adopted, "tasks were created for scheduled interviews");
    }
    // Tasks that need calls can run only in an engine.
    let mut handlers: Vec<Arc<dyn Handler>> =
        vec![Arc::new(Appointments::new(Arc::clone(&metrics), Arc::new(registry.clone())))];
    let settled = Arc::new(Notify::new());
    if settings.tasks.in_serve {
        let tools = Tools::open(&settings, engines.inference.clone(), llm.clone(), Some(Arc::clone(&metrics))).await;
        handlers.extend(background(&settings, &storage, &metrics, &settled, tools));
    }
    let order = redis.clone().map(RedisQueue::new);
    let options = settings.task_options();
    let tasks = Runner::start_in(&mut stack, storage.clone(), handlers, options, order, Arc::clone(&metrics))?;
    stack.on_stop("tasks", move || async move { tasks.stop(TASK_GRACE).await });
    let delivery = settings.delivery()?;
    Relay::new(storage.clone(), delivery.clone(), Arc::clone(&metrics), settled).start(&mut stack)?;

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
        board: stack.board(),
        settings: Arc::new(api::Settings {
            public_url: settings.public_url(),
            link_lifetime: chrono::Duration::days(LINK_DAYS),
            open_before: chrono::Duration::minutes(settings.calls.open_before_minutes.into()),
            no_show_after: chrono::Duration::minutes(settings.calls.no_show_after_minutes.into()),
            recording: settings.calls.enable_call_recording,
            http,
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
    stack.on_stop("http", move || async move { handle.stop(true).await });
    // An engine that is bound to every address is reached at the loopback address from this
    // machine.
    let local = match bound.ip() {
        IpAddr::V4(all) if all.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(all) if all.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        one => one,
    };
    let url = format!("{scheme}://{}", SocketAddr::new(local, bound.port()));
    info!(url, "listening");
    let board = stack.board();
    Ok(Running { url, settings, registry, storage, engines, metrics, persistence, quality, board, stack, _lock: lock })
}

impl Running {
    /// Admits nobody any more, gives live calls `grace` to end, and closes everything in reverse
    /// order. Returns how many calls were interrupted.
    pub async fn stop(self, grace: Duration) -> usize {
        let left = self.registry.drain(grace).await;
        self.stack.stop().await;
        left
    }
}

/// Reduces the number of calls to what the file handles allow. Returns the settings, and the
/// options with the number of connections.
fn within_handles(mut settings: Settings) -> (Settings, api::listen::Options) {
    let wanted = settings.calls.max_concurrent_interviews;
    let share = handles::Share::of(handles::raise(), wanted, settings.storage.database_pool_size);
    if share.calls < wanted {
        tracing::warn!(
            handles = share.limit,
            wanted,
            calls = share.calls,
            "there are too few file handles for MAX_CONCURRENT_INTERVIEWS, so fewer calls are admitted. Raise the \
             hard limit (ulimit -Hn, LimitNOFILE= of systemd, --ulimit nofile= of Docker)"
        );
        settings.calls.max_concurrent_interviews = share.calls;
    }
    info!(handles = share.limit, calls = share.calls, connections = share.connections, "file handles");
    (settings, api::listen::Options { connections: share.connections, ..api::listen::Options::default() })
}

/// Watches the media thread. It cannot be replaced under the calls that it carries, so a freeze is
/// only reported.
fn watch_media(stack: &mut Stack, media: &MediaRuntime) -> Result<(), StartError> {
    let handle = media.handle().clone();
    let beat = move |run: Run| {
        handle.spawn(async move {
            let heartbeat = run.heartbeat();
            tokio::select! {
                () = run.superseded() => {}
                () = heartbeat.during(std::future::pending()) => {}
            }
        });
        Ok(())
    };
    stack.watch(Part::new("media").needed(), beat)?;
    Ok(())
}

/// Starts the recording thread. Another thread cannot continue a recording that is being written,
/// so a freeze is only reported.
fn start_recordings(stack: &mut Stack, folder: PathBuf) -> Result<Recordings, StartError> {
    let begin = move |run: Run| Recordings::start_beating(folder.clone(), move || run.beat());
    let recordings = stack.watch(Part::new("recordings"), begin)?;
    recordings.current().ok_or_else(|| StartError::Thread(io::Error::other("the recordings' thread has ended")))
}

/// Returns the handlers of the tasks that any process can run, in `serve` and in `worker`.
/// `start_with` adds those that need calls. `settled` is notified of webhook deliveries, and
/// `tools` are the models for insights.
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
        let (metrics, settled, resolver) = (Arc::clone(metrics), Arc::clone(settled), Arc::new(SystemResolver));
        handlers.push(Arc::new(Dispatcher::new(storage.clone(), delivery, resolver, metrics, settled)));
    }
    handlers
}
