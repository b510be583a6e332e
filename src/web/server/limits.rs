//! What a client may take of the server's time and memory.

use std::time::Duration;

/// What a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Scrapes of the metrics at a time; 0 is no limit.
    pub max_requests: usize,
    /// Connections at a time; the next one waits.
    pub max_connections: usize,
    /// From a connection to the end of TLS' handshake.
    pub handshake: Duration,
    /// To the end of a request's head, from its first byte or, for the first one, from the connection; and from there to
    /// the end of its body.
    pub reading: Duration,
    /// Between two requests of a connection.
    pub idle: Duration,
    /// How long a client may take nothing of an answer.
    pub stalled: Duration,
    /// How long a client may take for an answer, at whatever pace.
    pub answering: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_requests: 40,
            max_connections: 1024,
            handshake: Duration::from_secs(10),
            reading: Duration::from_secs(10),
            // Longer than between two scrapes, usually.
            idle: Duration::from_secs(150),
            stalled: Duration::from_secs(30),
            answering: Duration::from_secs(300),
        }
    }
}

/// Bytes of a request's head.
pub(super) const HEAD: u16 = 16 * 1024;

/// Headers of a request.
pub(super) const HEADERS: usize = 100;

/// Bytes of a request's body.
pub(super) const BODY: usize = 64 * 1024;

/// Requests of one HTTP/2 connection at a time. Fewer make clients wait or open more connections.
pub(super) const STREAMS: u32 = 100;

/// Bytes that HTTP/2 keeps of an answer that its client does not take.
pub(super) const UNSENT: usize = 64 * 1024;
