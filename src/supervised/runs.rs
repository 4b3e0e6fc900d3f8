//! The two forms that a part may have: a loop on a thread of its own, and an actor on an arbiter of
//! its own.
//!
//! Owns: how a run of each begins, and that a run which was replaced ends as soon as it can be
//! reached. A thread for each part, because what freezes one must not freeze another. Input and
//! output go through a runtime that lives as long as the process: connections that a run has opened
//! outlive it in their pool. Never does: decide when a run begins.

use std::io;
use std::sync::Arc;
use std::thread;

use actix::{Actor, Addr, Arbiter, Context, System};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

use super::heartbeat::{HEARTBEAT_INTERVAL, Heartbeat, Run};

/// Threads that move the input and output of all parts, and carry out tasks. They wait for others
/// most of the time.
const WORKERS: usize = 2;

/// The runtime of all parts. It lives as long as the process.
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

/// A loop on a thread of this name. It beats, and returns only where it is told to by
/// [`Heartbeat::superseded`]; it is dropped then in any case.
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
            // Whoever starts actors needs to know in which system.
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

/// An actor on an arbiter of its own. It holds its [`Run`], beats, and terminates when it is
/// superseded.
///
/// The arbiter is stopped when the actor is gone, and not before: what an actor that is dropped with
/// its arbiter had under way is dropped outside of any runtime, and a connection of the pool panics
/// then.
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
