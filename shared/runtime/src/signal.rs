//! When the operating system asks to stop.

/// Returns once the program is asked to stop: by SIGTERM, or by SIGINT (Ctrl-C).
///
/// Where signals can't be had, it never returns: the program then runs until it is killed.
#[cfg(unix)]
pub async fn stop_requested() {
    use tokio::signal::unix::{SignalKind, signal};
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(error.message = %error, "signals can't be received; stop the program by killing it");
            std::future::pending().await
        }
    }
}

/// Returns once the program is asked to stop by Ctrl-C.
#[cfg(not(unix))]
pub async fn stop_requested() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(error.message = %error, "signals can't be received; stop the program by killing it");
        std::future::pending().await
    }
}
