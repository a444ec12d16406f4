//! Ctrl+C and SIGTERM, and a runtime that ends in time.

use std::{future::Future, time::Duration};

use anyhow::{Context, Result};

/// How long closing may take: the process is to be gone within 2 s, and the rest is for the runtime to stop.
const CLOSING: Duration = Duration::from_millis(1_200);
const STOPPING: Duration = Duration::from_millis(300);

/// Runs a server to its end on a runtime of its own. What it left running does not hold the process up.
///
/// # Errors
/// When there is no runtime to be had; else the server's own.
pub fn run<T>(server: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let result = runtime.block_on(server);
    runtime.shutdown_timeout(STOPPING);
    result
}

/// Listens for the wish to end from when it is made, so that none is missed while a server starts.
pub struct Shutdown {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Shutdown {
    /// # Errors
    /// When the system gives no signals.
    pub fn listen() -> Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).context("signals can't be listened for");
            Ok(Self {
                terminate: listen(SignalKind::terminate())?,
                interrupt: listen(SignalKind::interrupt())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for Ctrl+C or SIGTERM.
    pub async fn requested(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            // Without it the process is ended from outside.
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for a server to close, but not for long.
pub async fn close(closing: impl Future<Output = ()>) {
    if tokio::time::timeout(CLOSING, closing).await.is_err() {
        tracing::warn!("some sessions did not end in time");
    }
}
