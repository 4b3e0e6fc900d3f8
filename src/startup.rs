//! From settings to a running engine, in one place for `serve`, the demo, tests and benchmarks.
//!
//! Owns: the order in which parts come up and go down. Never does: parse arguments or print.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use crate::api;
use crate::audio::media::MediaRuntime;
use crate::config::{ConfigError, Settings, SpeechEngine};
use crate::session::engines::EngineError;
use crate::session::registry::Parts;
use crate::session::{Engines, Registry, watcher};
use crate::storage::{Storage, StorageError};
use crate::supervisors::Persistence;
use crate::telemetry::Metrics;
use crate::transport::webrtc::{WebRtc, WebRtcSettings};

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
    #[error("web server: {0}")]
    Server(std::io::Error),
}

/// An engine that answers on its address.
pub struct Running {
    pub url: String,
    pub settings: Settings,
    pub registry: Registry,
    pub storage: Storage,
    pub engines: Arc<Engines>,
    pub metrics: Arc<Metrics>,
    persistence: Persistence,
    server: actix_web::dev::ServerHandle,
    watcher: actix_web::rt::task::JoinHandle<()>,
    /// Held for as long as we run: two engines on one data folder would hand out the same event numbers.
    _lock: std::fs::File,
}

/// Starts an engine. `settings.server.port` 0 takes a free port. Must be called inside an actix system.
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    let lock = lock_data_dir(&settings)?;
    let engines = match settings.speech.engine {
        SpeechEngine::Local => {
            let for_thread = settings.clone();
            // Reading weights takes a second or two: not on the system's own thread.
            actix_web::rt::task::spawn_blocking(move || Engines::local(&for_thread))
                .await
                .map_err(|error| EngineError::Start(error.to_string()))??
        }
        SpeechEngine::Scripted => Engines::scripted(&settings),
    };
    let engines = Arc::new(engines);
    engines.warm_up().await?;
    info!(speech = engines.info().speech, "engines ready");

    let storage = Storage::connect(&settings.database_url(), settings.storage.database_pool_size, &settings.storage.data_dir).await?;
    storage.migrate().await?;
    let metrics = Arc::new(Metrics::new());
    let persistence = Persistence::start(storage.clone(), Arc::clone(&metrics), &settings.storage.data_dir).await?;
    let webrtc = WebRtc::new(WebRtcSettings {
        bind_ips: vec![settings.server.host],
        udp_port_range: settings.udp_ports()?,
    });
    let registry = Registry::new(Parts {
        settings: settings.clone(),
        storage: storage.clone(),
        engines: Arc::clone(&engines),
        persistence: persistence.clone(),
        webrtc,
        media: MediaRuntime::start(),
        metrics: Arc::clone(&metrics),
    });
    let interrupted = registry.recover().await?;
    if interrupted > 0 {
        info!(interrupted, "interviews wait to be taken up again");
    }
    let watcher = actix_web::rt::spawn(watcher::watch(registry.clone()));

    let address = SocketAddr::new(settings.server.host, settings.server.port);
    let bind = |error: std::io::Error| StartError::Bind { address, reason: error.to_string() };
    let listener = TcpListener::bind(address).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    let mut settings = settings;
    settings.server.port = bound.port();
    let state = api::State::new(storage.clone(), Arc::new(registry.clone()), Arc::clone(&metrics), settings.public_url(), bound);
    let server = api::server(state, listener).map_err(StartError::Server)?;
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let url = format!("http://{bound}");
    info!(url, "listening");
    Ok(Running { url, settings, registry, storage, engines, metrics, persistence, server: handle, watcher, _lock: lock })
}

impl Running {
    /// Lets nobody in any more, gives the calls that are on `grace` to end, and closes everything in order.
    /// Returns how many calls were left to be taken up again.
    pub async fn stop(self, grace: Duration) -> usize {
        let left = self.registry.drain(grace).await;
        self.watcher.abort();
        self.server.stop(true).await;
        self.persistence.stop().await;
        self.storage.close().await;
        left
    }
}

fn lock_data_dir(settings: &Settings) -> Result<std::fs::File, StartError> {
    let folder = &settings.storage.data_dir;
    let error = |reason: String| StartError::DataDir { folder: folder.display().to_string(), reason };
    std::fs::create_dir_all(folder).map_err(|e| error(e.to_string()))?;
    let file = std::fs::File::create(folder.join("engine.lock")).map_err(|e| error(e.to_string()))?;
    file.try_lock().map_err(|_| error("another engine is using it; DATA_DIR chooses another folder".into()))?;
    Ok(file)
}
