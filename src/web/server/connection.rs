//! One connection, from its first byte to its last.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::io::{InspectReader, InspectWriter};
use tokio_util::sync::CancellationToken;

use super::Server;
use super::activity::{Activity, TimedOut};
use super::connections::Connection;
use super::limits::{HTTP2_MAX_STREAMS, HTTP2_SEND_BUFFER, MAX_HEAD_BYTES, MAX_HEADERS};
use super::response::respond;
use super::turns::Turns;

/// How long a connection may take to end after its last request.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// The response to a client that speaks plain HTTP to a TLS port.
const TLS_REQUIRED: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

pub(super) async fn serve(
    server: Server,
    stream: TcpStream,
    connection: Connection,
    shutdown: CancellationToken,
) {
    let activity = connection.activity.clone();
    // Nagle's algorithm delays chunked bodies by 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let config = Arc::clone(&server.0.config.borrow());
    let Some(tls) = &config.tls else { return serve_http1(server, stream, activity, shutdown).await };
    let handshake = timeout(server.0.limits.handshake, handshake(stream, Arc::clone(tls)));
    let stream = tokio::select! {
        stream = handshake => stream,
        () = activity.evicted() => return,
        () = shutdown.cancelled() => return,
    };
    match stream {
        Ok(Some(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            serve_http2(server, stream, activity, shutdown).await;
        }
        Ok(Some(stream)) => serve_http1(server, stream, activity, shutdown).await,
        Ok(None) => {}
        Err(_) => tracing::debug!("the TLS handshake timed out"),
    }
}

/// Returns `None` after a failed handshake.
async fn handshake(mut stream: TcpStream, tls: Arc<ServerConfig>) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    stream.peek(&mut first).await.ok()?;
    // TLS begins with 0x16, HTTP/1 with the letters of a method.
    if first[0].is_ascii_uppercase() {
        refuse_plain_http(&mut stream).await;
        return None;
    }
    let accepted = TlsAcceptor::from(tls).accept(stream).await;
    accepted.map_err(|error| tracing::debug!(%error, "the TLS handshake failed")).ok()
}

/// Reads what was sent before it closes the connection: closing on unread bytes discards the response.
async fn refuse_plain_http(stream: &mut TcpStream) {
    let mut request = vec![0; usize::from(MAX_HEAD_BYTES)];
    let _ = stream.read(&mut request).await;
    if stream.write_all(TLS_REQUIRED).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = stream.read(&mut request).await;
    }
}

async fn serve_http1<S>(server: Server, stream: S, activity: Activity, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    activity.begin_protocol(true);
    let io = TokioIo::new(observed(stream, &server, &activity));
    let service = service_fn(|request| respond(server.clone(), activity.clone(), request));
    let connection = http1::Builder::new()
        // A client that has sent its last request may close its side.
        .half_close(true)
        // hyper's own limit does not tell an incomplete head from an idle connection.
        .header_read_timeout(None)
        .timer(TokioTimer::new())
        .max_buf_size(usize::from(MAX_HEAD_BYTES))
        .max_headers(MAX_HEADERS)
        .serve_connection(io, service);
    drive(connection, http1::Connection::graceful_shutdown, &activity, shutdown).await;
}

async fn serve_http2<S>(server: Server, stream: S, activity: Activity, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    activity.begin_protocol(false);
    let io = TokioIo::new(observed(stream, &server, &activity));
    let observer = activity.clone();
    let service = service_fn(move |request| respond(server.clone(), observer.clone(), request));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_MAX_STREAMS)
        .max_header_list_size(u32::from(MAX_HEAD_BYTES))
        .max_send_buf_size(HTTP2_SEND_BUFFER)
        .serve_connection(io, service);
    drive(connection, http2::Connection::graceful_shutdown, &activity, shutdown).await;
}

/// A stream that reports what it reads and writes to `activity`, and fails when its client receives nothing for too
/// long.
fn observed<S>(
    stream: S,
    server: &Server,
    activity: &Activity,
) -> impl AsyncRead + AsyncWrite + Unpin + use<S>
where
    S: AsyncRead + AsyncWrite,
{
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(server.0.limits.stalled));
    let (reading, writing) = (activity.clone(), activity.clone());
    let read = move |bytes: &[u8]| {
        if !bytes.is_empty() {
            reading.read();
        }
    };
    InspectWriter::new(InspectReader::new(Turns::new(Box::pin(stream)), read), move |_| writing.wrote())
}

/// Serves until the client closes the connection, a time limit is exceeded, or `shutdown`; `finish` makes the
/// connection end after the requests in progress.
async fn drive<C>(connection: C, finish: fn(Pin<&mut C>), activity: &Activity, shutdown: CancellationToken)
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return log(ended),
        limit = activity.timed_out() => match limit {
            TimedOut::Idle => {}
            // Without a farewell, which the client could delay.
            TimedOut::Evicted => return,
            TimedOut::Head | TimedOut::Response => {
                return tracing::debug!(?limit, "a client was too slow and was disconnected");
            }
        },
        () = shutdown.cancelled() => {}
    }
    finish(connection.as_mut());
    if let Ok(ended) = timeout(SHUTDOWN_GRACE, connection).await {
        log(ended);
    }
}

fn log(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection failed");
    }
}
