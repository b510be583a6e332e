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
