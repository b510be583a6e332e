//! What systemd learns of the exporter (`Type=notify`, `WatchdogSec=`). Without systemd nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The sockets are bound and the configuration is good. From now on the watchdog hears that the exporter is alive.
pub(super) fn ready() {
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(%error, "cannot notify systemd; remove Type=notify from the unit");
    }
    if let Some(timeout) = sd_notify::watchdog_enabled() {
        tokio::spawn(report_alive(timeout / 2));
    }
}

/// The exporter answers what it has begun, and ends.
pub(super) fn stopping() {
    // systemd also sees the end itself.
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
}

/// Runs on the thread that polls and serves, so that systemd restarts an exporter whose thread hangs.
async fn report_alive(interval: Duration) {
    let mut ticks = tokio::time::interval(interval);
    loop {
        ticks.tick().await;
        // If it fails, systemd restarts the exporter, as after any silence.
        let _ = sd_notify::notify(&[NotifyState::Watchdog]);
    }
}
