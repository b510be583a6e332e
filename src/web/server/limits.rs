//! How much of the server's time and memory clients may use.

use std::time::Duration;

/// How much clients may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Concurrent scrapes of the metrics; 0 is no limit.
    pub max_requests: usize,
    /// Concurrent connections. A further one closes the one that is idle longest, and waits while all have requests in
    /// progress.
    pub max_connections: usize,
    /// From a connection to the end of the TLS handshake.
    pub handshake: Duration,
    /// To the end of a request's head, from its first byte or, for the first request, from the connection; and from
    /// there to the end of its body.
    pub reading: Duration,
    /// Between two requests of a connection.
    pub idle: Duration,
    /// The same after a response that refuses the client (401, 429).
    pub refused_idle: Duration,
    /// How long a client may receive nothing of a response. In HTTP/2 this is each stream's own.
    pub stalled: Duration,
    /// How long a response may take in total.
    pub answering: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_requests: 40,
            max_connections: 1024,
            handshake: Duration::from_secs(10),
            reading: Duration::from_secs(10),
            // Longer than most scrape intervals.
            idle: Duration::from_secs(150),
            refused_idle: Duration::from_secs(5),
            stalled: Duration::from_secs(30),
            answering: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// These limits for a process that may open this many files; `None` is no limit. Connections get half of the files
    /// at most, so that idle clients leave the other half to polls.
    #[must_use]
    pub fn within_open_files(self, open_files: Option<u64>) -> Self {
        let half = open_files.map_or(usize::MAX, |files| usize::try_from(files / 2).unwrap_or(usize::MAX));
        Self { max_connections: self.max_connections.min(half).max(1), ..self }
    }
}

/// Bytes of a request's head.
pub(super) const MAX_HEAD_BYTES: u16 = 16 * 1024;

/// Headers of a request.
pub(super) const MAX_HEADERS: usize = 100;

/// Bytes of a request's body.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;

/// Concurrent requests of one HTTP/2 connection. With fewer, clients wait or open more connections.
pub(super) const HTTP2_MAX_STREAMS: u32 = 100;

/// Bytes of a response that HTTP/2 buffers while its client does not receive them.
pub(super) const HTTP2_SEND_BUFFER: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_half_of_the_open_files_to_polls() {
        for (open_files, expected) in [
            (Some(0), 1),
            (Some(64), 32),
            (Some(1024), 512),
            (Some(2047), 1023),
            (Some(2048), 1024),
            (Some(u64::MAX), 1024),
            (None, 1024),
        ] {
            let limits = Limits::default().within_open_files(open_files);
            assert_eq!(limits.max_connections, expected, "{open_files:?}");
        }
    }
}
