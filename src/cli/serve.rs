//! `interviewer serve`: the engine, until Ctrl-C.

use std::process::ExitCode;
use std::time::Duration;

use crate::config::Settings;
use crate::{startup, telemetry};

/// How long calls may go on after the first Ctrl-C.
const GRACE: Duration = Duration::from_mins(1);

pub fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::tracing::init(&settings.server.log_level)?;
    actix::System::new().block_on(async move {
        let running = startup::start(settings).await?;
        greet(&running);
        wait_for_signal().await?;
        let live = crate::api::Calls::active(&running.registry);
        if live > 0 {
            println!("Waiting for {live} live call(s) to end, {} s at most; once more to stop now.", GRACE.as_secs());
        }
        let grace = if live > 0 { GRACE } else { Duration::ZERO };
        let registry = running.registry.clone();
        let stop = running.stop(grace);
        tokio::pin!(stop);
        let left = tokio::select! {
            left = &mut stop => left,
            _ = wait_for_signal() => {
                registry.drain(Duration::ZERO).await;
                stop.await
            }
        };
        if left > 0 {
            println!(
                "{left} call(s) interrupted: their respondents can go on with the same link after the next start."
            );
        }
        println!("Stopped.");
        Ok(ExitCode::SUCCESS)
    })
}

fn greet(running: &startup::Running) {
    let url = &running.url;
    println!();
    println!("The engine is ready on {url} ({}).", running.engines.describe());
    println!();
    println!("Next:");
    println!("  be interviewed       {url}/ in a browser");
    println!("  hear it at work      scripts/run demo");
    println!("  health               curl {url}/api/health/");
    println!(
        "  add a guide          curl -H 'content-type: application/yaml' --data-binary @guides/short.yaml {url}/api/call-guides/"
    );
    println!("  schedule a call      curl --json '{{\"call_guide_id\": \"…\"}}' {url}/api/interviews/schedule");
    println!("Ctrl-C stops it: calls that are on may end first.");
}

async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}
