//! The thread that moves the packets of all calls.
//!
//! Owns: one operating-system thread with its own timer and reactor. Its priority is raised where
//! the system permits, so that models computing on every core do not interrupt speech. Never does:
//! inference, file access, or anything else that blocks.

use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The niceness that is requested. It requires a privilege (`CAP_SYS_NICE` or a raised
/// `RLIMIT_NICE`). Without one, the thread keeps niceness 0.
const NICENESS: i32 = -10;

/// A handle on the media thread, cheap to clone. The thread ends when the last handle is dropped.
#[derive(Clone)]
pub struct MediaRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle,
    /// Dropping the sender ends the thread, and with it every task of every call.
    _alive: oneshot::Sender<()>,
}

impl MediaRuntime {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("media".into()).spawn(move || {
            // On Linux, niceness belongs to a thread, and `None` names the calling thread.
            if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                tracing::debug!(%error, "the priority of the media thread cannot be raised");
            }
            // The receiver returns an error when the sender is dropped, which is the signal to end.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { inner: Arc::new(Inner { handle, _alive: alive }) })
    }

    /// Returns the handle to spawn tasks on, and to pass to the transports.
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }
}
