//! `interviewer serve`: runs the engine until Ctrl-C.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use crate::config::Settings;
use crate::{startup, telemetry};

/// How long calls may continue after the first Ctrl-C.
const GRACE: Duration = Duration::from_mins(1);

pub fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    telemetry::tracing::init(&settings.server.log_level)?;
    actix::System::new().block_on(async move {
        let running = startup::start(settings).await?;
        greet(&running);
        wait_for_signal().await?;
        let live = crate::calls::Calls::active(&running.registry);
        if live > 0 {
            let grace = GRACE.as_secs();
            say(format_args!(
                "Waiting for {live} live call(s) to end, {grace} s at most. Press Ctrl-C again to stop \
                now."
            ));
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
            say(format_args!(
                "{left} call(s) were interrupted. Their respondents can continue with the same link after the next \
                    start."
            ));
        }
        say("Stopped.");
        Ok(ExitCode::SUCCESS)
    })
}

fn greet(running: &startup::Running) {
    let (url, engines) = (&running.url, running.engines.describe());
    say(format_args!(
        "
The engine is ready at {url} ({engines}).

Next:
  be interviewed       open {url}/ in a browser
  watch an interview   scripts/run demo
  check the health     curl {url}/api/health/
  add a guide          curl -H 'content-type: application/yaml' --data-binary @guides/short.yaml {url}/api/call-guides/
  schedule a call      curl --json '{{\"call_guide_id\": \"…\"}}' {url}/api/interviews/schedule"
    ));
    let public = running.settings.public_url();
    if running.settings.needs_key() {
        say(
            "Every request needs a key, also on this machine. `interviewer key create --role admin` creates the first \
            one.",
        );
    }
    if running.settings.reaches_out() {
        say(format_args!("Links lead to {public}."));
        if !public.starts_with("https://") {
            say("Browsers refuse pages without https access to the microphone. Set TLS_CERT and TLS_KEY, or\n\
                 PUBLIC_URL to a proxy with TLS in front. `interviewer doctor` checks what callers from outside need.");
        }
    }
    say("Ctrl-C stops the engine. Live calls may end first.");
}

/// Prints a line for the person who started the engine. An error is ignored, because a closed pipe
/// must not end calls.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

pub(super) async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}
