//! The thread that moves the packets of all calls.
//!
//! Owns: one operating-system thread with its own timer and reactor, raised in priority where the system permits, so
//! that models computing on every core do not make speech stutter.
//! Never does: inference, file access, anything that blocks.

use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Niceness asked for. Needs a privilege (`CAP_SYS_NICE` or a raised `RLIMIT_NICE`); without it the thread stays at 0.
const NICENESS: i32 = -10;

/// A handle on the media thread; cheap to clone. The thread ends when the last one is dropped.
#[derive(Clone)]
pub struct MediaRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle,
    /// Dropping it ends the thread, and with it every task of every call.
    _alive: oneshot::Sender<()>,
}

impl MediaRuntime {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("media".into()).spawn(move || {
            // On Linux niceness belongs to the thread, and `None` names the calling one.
            if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                tracing::debug!(%error, "the media thread keeps its ordinary priority");
            }
            // Ends with an error when the sender is dropped, which is the signal.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { inner: Arc::new(Inner { handle, _alive: alive }) })
    }

    /// To spawn on, and to give to the transports.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }
}
