//! Where files lie.
//!
//! Owns: the kinds of places, and opening the store of each. Never does: read settings.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use url::Url;

use crate::FilesError;
use crate::http::Outgoing;

/// A request is repeated for so long while the store fails: whoever waits for it is told in time.
const RETRIES: usize = 3;
const RETRY_FOR: Duration = Duration::from_secs(15);

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder, on this machine or shared with other machines.
    Folder(PathBuf),
    /// A bucket of S3 or of a store that speaks its protocol.
    S3(Box<Bucket>),
}

/// A bucket, and the part of it that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// In front of every key, without slashes at its ends; empty if the whole bucket is ours.
    pub prefix: String,
    /// The store's URL, for stores other than Amazon's. The bucket is then a part of the path.
    pub endpoint: Option<Url>,
    /// Such as `eu-central-1`; empty: what the environment says, or the default.
    pub region: String,
    /// None: what the AWS tools would find (web identity, container, instance role).
    pub credentials: Option<Credentials>,
}

/// Whom the store takes us for.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub key_id: String,
    pub secret: String,
    /// Empty for credentials that last.
    pub session_token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "the folder {}", path.display()),
            Self::S3(bucket) => {
                let Bucket { name, prefix, endpoint, .. } = bucket.as_ref();
                write!(f, "s3://{name}")?;
                if !prefix.is_empty() {
                    write!(f, "/{prefix}")?;
                }
                endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, " at {endpoint}"))
            }
        }
    }
}

impl Place {
    fn unusable(&self, reason: impl fmt::Display) -> FilesError {
        FilesError::Place { place: self.to_string(), reason: reason.to_string() }
    }

    /// The store, and its folder if it is one. A folder is made when it is missing; a bucket is not asked for anything.
    pub(crate) fn open(&self) -> Result<(Arc<dyn ObjectStore>, Option<PathBuf>), FilesError> {
        match self {
            Self::Folder(path) => {
                std::fs::create_dir_all(path).map_err(|error| self.unusable(error))?;
                // What is written here must outlast a power cut, as it does in a bucket: local copies are removed for it.
                let store = LocalFileSystem::new_with_prefix(path).map_err(|error| self.unusable(error))?;
                let root = path.canonicalize().map_err(|error| self.unusable(error))?;
                Ok((Arc::new(store.with_automatic_cleanup(true).with_fsync(true)), Some(root)))
            }
            Self::S3(bucket) => {
                let store = bucket.store().map_err(|error| self.unusable(error))?;
                let store: Arc<dyn ObjectStore> = if bucket.prefix.is_empty() {
                    Arc::new(store)
                } else {
                    Arc::new(PrefixStore::new(store, bucket.prefix.as_str()))
                };
                Ok((store, None))
            }
        }
    }
}

impl Bucket {
    fn store(&self) -> object_store::Result<AmazonS3> {
        let mut builder = match &self.credentials {
            Some(Credentials { key_id, secret, session_token }) => {
                let builder = AmazonS3Builder::new().with_access_key_id(key_id).with_secret_access_key(secret);
                if session_token.is_empty() { builder } else { builder.with_token(session_token) }
            }
            None => from_environment(),
        };
        if !self.region.is_empty() {
            builder = builder.with_region(&self.region);
        }
        if let Some(endpoint) = &self.endpoint {
            let plain = endpoint.scheme() == "http";
            let endpoint = endpoint.as_str().trim_end_matches('/');
            builder = builder.with_endpoint(endpoint).with_allow_http(plain).with_virtual_hosted_style_request(false);
        }
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() };
        builder
            .with_bucket_name(&self.name)
            .with_retry(retry)
            // Not every store that speaks the protocol can remove several objects at once.
            .with_disable_bulk_delete(true)
            .with_http_connector(Outgoing)
            .build()
    }
}

/// What the AWS tools would find in the environment. An empty variable is one that is not set: compose files leave such behind.
fn from_environment() -> AmazonS3Builder {
    let set = std::env::vars().filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty());
    set.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
        .fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value))
}
