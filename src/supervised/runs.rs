//! The two forms of a part: a loop on its own thread, and an actor on its own arbiter.
//!
//! Owns: how a run of each form begins, and that a superseded run ends as soon as possible. Each
//! part has a thread, because a frozen part must not freeze another. Input and output use a runtime
//! that lives as long as the process, so that pooled connections outlive the run that opened them.
//! Never does: decide when a run begins.

use std::io;
use std::sync::Arc;
use std::thread;

use actix::{Actor, Addr, Arbiter, Context, System};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

use super::heartbeat::{HEARTBEAT_INTERVAL, Heartbeat, Run};

/// The number of threads that perform the input and output of all parts, and run tasks. They wait
/// most of the time.
const WORKERS: usize = 2;

/// Returns the runtime of all parts. It lives as long as the process.
pub fn runtime() -> io::Result<Handle> {
    static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock();
    if let Some(running) = &*runtime {
        return Ok(running.handle().clone());
    }
    let started = Builder::new_multi_thread().worker_threads(WORKERS).thread_name("parts").enable_all().build()?;
    let handle = started.handle().clone();
    *runtime = Some(started);
    Ok(handle)
}

/// Builds a loop on a thread with this name. The loop beats, and returns only after
/// [`Heartbeat::superseded`]. It is dropped then in any case.
pub fn looping<F>(
    name: &'static str,
    body: impl Fn(Arc<Heartbeat>) -> F + Send + Sync + 'static,
) -> impl FnMut(Run) -> io::Result<()> + Send + 'static
where
    F: Future<Output = ()>,
{
    let (body, system) = (Arc::new(body), System::try_current());
    move |run| {
        let (body, system, runtime) = (Arc::clone(&body), system.clone(), runtime()?);
        thread::Builder::new().name(name.into()).spawn(move || {
            // Starting an actor requires the current system.
            if let Some(system) = system {
                System::set_current(system);
            }
            let heartbeat = run.heartbeat();
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = run.superseded() => {}
                    () = body(heartbeat) => {}
                }
            });
        })?;
        Ok(())
    }
}

/// Builds an actor on its own arbiter. It holds its [`Run`], beats, and terminates when it is
/// superseded.
///
/// The arbiter is stopped after the actor has ended, and not before. Futures that are dropped with
/// an arbiter are dropped outside of any runtime, and a pooled connection panics then.
pub fn acting<A>(
    make: impl Fn(Run) -> A + Send + Sync + 'static,
) -> impl FnMut(Run) -> io::Result<Addr<A>> + Send + 'static
where
    A: Actor<Context = Context<A>>,
{
    let make = Arc::new(make);
    move |run| {
        let arbiter = Arbiter::try_new()?;
        let (make, heartbeat) = (Arc::clone(&make), run.heartbeat());
        let actor = A::start_in_arbiter(&arbiter.handle(), move |_| make(run));
        arbiter.spawn(async move {
            heartbeat.superseded().await;
            while heartbeat.end().is_none() {
                tokio::time::sleep(HEARTBEAT_INTERVAL).await;
            }
            Arbiter::current().stop();
        });
        Ok(actor)
    }
}
