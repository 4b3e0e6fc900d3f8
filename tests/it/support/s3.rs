//! A real S3 server on a socket of this machine, whose buckets are folders.
//!
//! Owns: the server, its bucket and its credentials; being away and there again. Never does: forgive a wrong signature.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use files::{Bucket, Credentials, Place};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const BUCKET: &str = "interviews";
pub const KEY_ID: &str = "engine";
pub const SECRET: &str = "sixteen-characters-or-more";

/// A server that ends when it is dropped, with all that it holds.
pub struct S3 {
    pub address: SocketAddr,
    folder: TempDir,
    away: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
    // Held for its threads.
    runtime: Option<tokio::runtime::Runtime>,
}

impl S3 {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let service = service.build();
        // On threads of its own: a test's runtime may have only one, and may wait for the server in a blocking call.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (away, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (gone, counted) = (Arc::clone(&away), Arc::clone(&requests));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (service, gone, counted) = (service.clone(), Arc::clone(&gone), Arc::clone(&counted));
                tokio::spawn(async move {
                    let answer = hyper::service::service_fn(move |request| {
                        let (service, gone, counted) = (service.clone(), Arc::clone(&gone), Arc::clone(&counted));
                        async move {
                            counted.fetch_add(1, Ordering::Relaxed);
                            if gone.load(Ordering::Relaxed) {
                                return Err(std::io::Error::other("away"));
                            }
                            let answer = hyper::service::Service::call(&service, request).await;
                            answer.map_err(|error| std::io::Error::other(format!("{error:?}")))
                        }
                    });
                    let _ = Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { address, folder, away, requests, runtime: Some(runtime) }
    }

    /// Every request fails from now on, or none does.
    pub fn be_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// Requests so far, failed ones included.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// What FILES_ENDPOINT would be.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bucket as an engine knows it, with everything below `prefix`.
    pub fn place(&self, prefix: &str) -> Place {
        Place::S3(Box::new(Bucket {
            name: BUCKET.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: Some(self.endpoint().parse().unwrap()),
            region: String::new(),
            credentials: Some(Credentials {
                key_id: KEY_ID.to_owned(),
                secret: SECRET.to_owned(),
                session_token: String::new(),
            }),
        }))
    }

    /// What the server keeps on disk: objects, and parts of unfinished uploads.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The objects that are there.
    pub fn objects(&self) -> Vec<PathBuf> {
        let (mut open, mut found) = (vec![self.folder.path().join(BUCKET)], Vec::new());
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() { open.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // Dropping a runtime waits, which is not allowed in an asynchronous test.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
